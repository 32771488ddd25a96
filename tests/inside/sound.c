/* The arena, looked at as a whole. */

#include "tests/inside/inside.h"

static carom__object_t *object_at(uint32_t index)
{
    uint64_t chunk = atomic_load(&carom__arena_root->table_chunks[index / CAROM__OBJECTS_A_CHUNK]);
    carom__object_t *objects = carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK);

    return objects + index % CAROM__OBJECTS_A_CHUNK;
}

static carom__slot_t *slot_at(uint32_t index)
{
    uint64_t chunk = atomic_load(&carom__arena_root->slot_chunks[index / CAROM__SLOTS_A_CHUNK]);
    carom__slot_t *slots = carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK);

    return slots + index % CAROM__SLOTS_A_CHUNK;
}

static int is_free(const carom__object_t *object)
{
    return atomic_load(&object->holders[0]) == CAROM__NOBODY && atomic_load(&object->holders[1]) == CAROM__NOBODY;
}

/* Each free object is in the list of its size, once. */
static const char *list_trouble(void)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), listed = 0, unheld = 0, i, at;
    unsigned size_class;

    for (i = 0; i < count; i++)
        unheld += is_free(object_at(i));
    for (size_class = 0; size_class <= CAROM__BARE; size_class++)
        for (at = carom__arena_root->free[size_class]; at != 0; at = object_at(at - 1)->next) {
            if (at > count || ++listed > unheld)
                return "a list goes on for ever, or to no object";
            if (!is_free(object_at(at - 1)) || object_at(at - 1)->size_class != size_class)
                return "an object in a list is held, or of another size";
        }
    return listed == unheld ? NULL : "a free object is in no list";
}

static uint32_t places_of(carom__holder_t holder)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), places = 0, i;

    for (i = 0; i < count; i++)
        places += (atomic_load(&object_at(i)->holders[0]) == holder) + (atomic_load(&object_at(i)->holders[1]) == holder);
    return places;
}

static const char *count_trouble(void)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), slots = atomic_load(&carom__arena_root->slot_count), i;
    carom__id_t id;

    for (i = 0; i < slots; i++) {
        id.index = i;
        id.generation = carom__slot_generation(slot_at(i));
        if (carom__slot_state(slot_at(i)) != CAROM__SLOT_FREE && slot_at(i)->holds != places_of(carom__holder_process(id)))
            return "a process holds another number of places than is counted";
    }
    for (i = 0; i < count; i++) {
        id.index = i;
        id.generation = atomic_load(&object_at(i)->generation);
        if (!is_free(object_at(i)) && object_at(i)->keeps != places_of(carom__holder_object(id)))
            return "an object holds another number of places than is counted";
    }
    return NULL;
}

static uint64_t block_of(uint32_t index)
{
    return (uint64_t) object_at(index)->block * CAROM__BLOCK_MIN;
}

static int is_reference(const carom__object_t *object)
{
    return object->size_class == CAROM__BARE && !is_free(object);
}

static uint32_t references_to(uint32_t index)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), references = 0, i;

    for (i = 0; i < count; i++)
        references += is_reference(object_at(i)) && object_at(i)->block == index;
    return references;
}

/* Who is referred to is there, and knows how often. */
static const char *reference_trouble(void)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), i, target;

    for (i = 0; i < count; i++) {
        if (!is_reference(object_at(i)))
            continue;
        target = object_at(i)->block;
        if (target >= count || is_free(object_at(target)))
            return "a reference to nothing";
        if ((uint32_t) atomic_load(&object_at(target)->holders[1]) != references_to(target))
            return "an object has another number of references than is counted";
    }
    return NULL;
}

/* Blocks begin one behind the other in the order of a chunk; two that begin at the same place are one too many. */
static const char *block_trouble(void)
{
    uint32_t count = atomic_load(&carom__arena_root->object_count), i;

    uint64_t before = 0;

    for (i = 0; i < count; i++) {
        if (object_at(i)->size_class == CAROM__BARE)
            continue;
        if (block_of(i) == before)
            return "two objects have the same block";
        before = block_of(i);
    }
    for (i = 0; i < count; i++)
        if (object_at(i)->size_class != CAROM__BARE && block_of(i) + ((uint64_t) CAROM__BLOCK_MIN << object_at(i)->size_class) > carom__arena_root->bump)
            return "an object lies behind the end";
    return NULL;
}

const char *arena_trouble(void)
{
    const char *trouble;

    if (carom__arena_shared() == NULL)
        return NULL;
    if (carom__arena_enter(carom_plat_now() + CAROM__ARENA_PATIENCE) != CAROM_OK)
        return "its lock is taken";
    trouble = list_trouble();
    if (trouble == NULL)
        trouble = count_trouble();
    if (trouble == NULL)
        trouble = block_trouble();
    if (trouble == NULL)
        trouble = reference_trouble();
    carom__arena_leave();
    return trouble;
}

/* Objects after the death of one who had the arena's lock: lists and counts are made again. */

#include "core/object_table.h"

#include <string.h>

static int is_held(carom__holder_t holder)
{
    carom__id_t id = {index_of(holder), (uint32_t) holder};

    return kind_of(holder) != OBJECT || find(id) != NULL;
}

static void set_references(carom__object_t *target, uint32_t count)
{
    carom__holder_t before = atomic_load(&target->holders[1]);
    carom__holder_t now = count > 0 ? (carom__holder_t) REFERENCES << 60 | count : CAROM__NOBODY;

    if (before != now && (before == CAROM__NOBODY || kind_of(before) == REFERENCES))
        atomic_store(&target->holders[1], now);
}

/* By the references that somebody holds.  In the links of lists, which are made again later: others look whether an object is
 * free without the lock, and one that references alone hold must not seem so in between. */
static void count_references_again(void)
{
    uint32_t n = atomic_load(&carom__arena_root->object_count), i;
    carom__object_t *object, *target;

    for (i = 0; i < n; i++)
        if ((object = object_at(i)) != NULL)
            object->next = 0;
    for (i = 0; i < n; i++) {
        object = object_at(i);
        target = object && is_reference(object) && !is_free(object) ? target_of(object) : NULL;
        if (target)
            target->next++;
    }
    for (i = 0; i < n; i++)
        if ((object = object_at(i)) != NULL)
            set_references(object, object->next);
}

/* What is held by objects that are free goes too, until nothing more does. */
static int release_unheld(void)
{
    uint32_t n = atomic_load(&carom__arena_root->object_count), i;
    int place, changed = 0;

    for (i = 0; i < n; i++) {
        carom__object_t *object = object_at(i);

        for (place = 0; object && place < CAROM__HOLDERS; place++)
            if (!is_held(atomic_load(&object->holders[place]))) {
                atomic_store(&object->holders[place], CAROM__NOBODY);
                changed = 1;
            }
    }
    return changed;
}

static uint64_t larger(uint64_t one, uint64_t other)
{
    return one > other ? one : other;
}

/* What is known: where slots and table are, what is being carved, and the blocks of all objects. */
static uint64_t end_of_chunks(void)
{
    carom__root_t *root = carom__arena_root;
    uint32_t n = atomic_load(&root->object_count), i;
    uint64_t end = larger(CAROM__CHUNK, root->carve_end);

    for (i = 0; i < CAROM__SLOT_CHUNKS; i++)
        end = larger(end, ((uint64_t) root->slot_chunks[i] + 1) * CAROM__CHUNK);
    for (i = 0; i < CAROM__TABLE_CHUNKS; i++)
        end = larger(end, ((uint64_t) root->table_chunks[i] + 1) * CAROM__CHUNK);
    for (i = 0; i < n; i++) {
        const carom__object_t *object = object_at(i);

        if (object && has_block(object))
            end = larger(end, (uint64_t) object->block * CAROM__BLOCK_MIN + size_of_class(object->size_class));
    }
    return end;
}

/* A chunk that was being told of is behind the last that is known. */
static void recover_chunk(void)
{
    carom__root_t *root = carom__arena_root;

    if (root->carve_end == 0)
        root->carve_at = root->carve_end = CAROM__CHUNK;
    root->bump = end_of_chunks();
}

static void count_again(void)
{
    carom__root_t *root = carom__arena_root;
    uint32_t n = atomic_load(&root->object_count), i;
    carom__object_t *object;
    int place;

    for (i = 0; i < n; i++) {
        object = object_at(i);
        if (object == NULL || object->size_class > CAROM__BARE)
            continue;
        for (place = 0; place < CAROM__HOLDERS; place++)
            count(atomic_load(&object->holders[place]), 1);
        if (is_free(object))
            push(&root->free[object->size_class], object, i);
    }
}

static int are_all_mapped(uint32_t n)
{
    uint32_t i;

    for (i = 0; i < n; i += CAROM__OBJECTS_A_CHUNK)
        if (object_at(i) == NULL)
            return 0;
    return 1;
}

int carom__objects_recover(void)
{
    carom__root_t *root = carom__arena_root;
    uint32_t n = atomic_load(&root->object_count), i;

    if (!are_all_mapped(n) || !carom__slots_count_none())
        return 0;
    memset(root->free, 0, sizeof root->free);
    for (i = 0; i < n; i++)
        if (object_at(i))
            object_at(i)->keeps = 0;
    carom__fault("object.recover");
    do
        count_references_again();
    while (release_unheld());
    recover_chunk();
    carom__fault("object.recovering");
    count_again();
    carom__fault("object.recovered");
    return 1;
}

/* Objects in the arena: their blocks, by size, and who holds them.
 *
 * A reference is an object without a block, whose holder holds another object by it.
 *
 * A block belongs to its object for ever, and with it to its size: freeing and making are a step on a list.  All lists and
 * counts can be made again from the objects, so that whoever has the lock may be killed at any instruction. */

#include "core/object_table.h"
#include "core/time.h"

#include <string.h>

/* ---- holders ---- */

static carom__holder_t holder_of(unsigned kind, carom__id_t id)
{
    return (carom__holder_t) kind << 60 | (carom__holder_t) id.index << 32 | id.generation;
}

carom__holder_t carom__holder_process(carom__id_t process)
{
    return holder_of(PROCESS, process);
}

carom__holder_t carom__holder_object(carom__id_t object)
{
    return holder_of(OBJECT, object);
}

carom__holder_t carom__holder_self(void)
{
    return carom__holder_process(carom__arena_self);
}

/* ---- the table ---- */

/* What is read of another process's table is not believed. */
static void *block_of(const carom__object_t *object)
{
    uint64_t offset = (uint64_t) object->block * CAROM__BLOCK_MIN, size;

    if (!has_block(object))
        return NULL;
    size = size_of_class(object->size_class);
    if (offset < CAROM__CHUNK || offset > carom__arena_root->limit || size > carom__arena_root->limit - offset)
        return NULL;
    if (offset % (size < CAROM__SEGMENT ? size : CAROM__SEGMENT) != 0)
        return NULL;
    return carom__arena_map(offset, size);
}

/* ---- references ---- */

/* Places of other holders are in nobody's way, but the second: there the references are counted. */
static int takes_references(const carom__object_t *target)
{
    carom__holder_t second = atomic_load(&target->holders[1]);

    return !is_reference(target) && (second == CAROM__NOBODY || kind_of(second) == REFERENCES);
}

static void count_reference(carom__object_t *target, uint32_t change)
{
    uint32_t count = (uint32_t) atomic_load(&target->holders[1]) + change;

    atomic_store(&target->holders[1], count == 0 ? CAROM__NOBODY : (carom__holder_t) REFERENCES << 60 | count);
}

/* ---- letting go ---- */

static void set_holder(carom__object_t *object, int place, carom__holder_t holder)
{
    count(atomic_load(&object->holders[place]), -1);
    carom__fault("object.uncounted");
    atomic_store(&object->holders[place], holder);
    carom__fault("object.held");
    count(holder, 1);
}

static carom__object_t *pop(carom__list_t *list, uint32_t *index)
{
    carom__object_t *object = *list ? object_at(*list - 1) : NULL;

    if (object) {
        *index = *list - 1;
        *list = object->next;
        carom__fault("object.popped");
    }
    return object;
}

/* Takes one place out of a holder's hands; an object that has no holder left is doomed. */
static void take(carom__object_t *object, uint32_t index, int place, carom__list_t *doomed)
{
    set_holder(object, place, CAROM__NOBODY);
    carom__fault("object.taken");
    if (is_free(object))
        push(doomed, object, index);
}

/* Tells an object that a process which held it is dead.  Before the place is taken: who is killed in between is followed by one
 * who tells it again.  0: it could not be mapped, and is to be told later. */
static int mourn(const carom__object_t *object, uint32_t index, carom__holder_t holder)
{
    const carom__object_t *target = is_reference(object) ? target_of(object) : object;
    carom__id_t dead = {index_of(holder), (uint32_t) holder}, id = {is_reference(object) ? object->block : index, 0};
    void *block;

    if (kind_of(holder) != PROCESS)
        return 1;
    if (target == NULL)
        return id.index >= atomic_load(&carom__arena_root->object_count);
    if (carom__object_mourners[target->type] == NULL || !has_block(target))
        return 1;
    block = block_of(target);
    if (block == NULL)
        return 0;
    id.generation = atomic_load(&target->generation);
    carom__object_mourners[target->type](block, id, dead);
    return 1;
}

static void mourn_all(int type, carom__id_t dead)
{
    uint32_t n = atomic_load(&carom__arena_root->object_count), i;

    for (i = 0; i < n; i++) {
        const carom__object_t *object = object_at(i);

        if (object && object->type == type && !is_free(object))
            (void) mourn(object, i, carom__holder_process(dead));
    }
}

void carom__objects_mourn(int type, carom__id_t dead)
{
    if (carom__arena_shared() == NULL || carom__arena_enter(carom__deadline(CAROM__ARENA_HASTE)) != CAROM_OK)
        return;
    mourn_all(type, dead);
    carom__arena_leave();
}

/* 0: not all could be mapped. */
static int take_places(uint32_t index, carom__holder_t holder, carom__list_t *doomed)
{
    carom__object_t *object = object_at(index);
    int place, is_done = object != NULL;

    for (place = 0; object && place < CAROM__HOLDERS; place++) {
        if (atomic_load(&object->holders[place]) != holder)
            continue;
        if (mourn(object, index, holder))
            take(object, index, place, doomed);
        else
            is_done = 0;
    }
    return is_done;
}

static int take_all_of(carom__holder_t holder, carom__list_t *doomed)
{
    uint32_t n = atomic_load(&carom__arena_root->object_count), i;
    int is_done = 1;

    for (i = 0; i < n; i++)
        is_done &= take_places(i, holder, doomed);
    return is_done;
}

/* What an object holds.  Most of it was made soon after it, and so is near: looks from there on, until all is found. */
static void take_kept(const carom__object_t *keeper, carom__id_t id, carom__list_t *doomed)
{
    uint32_t n = atomic_load(&carom__arena_root->object_count), i;

    for (i = 1; i < n && keeper->keeps > 0; i++)
        (void) take_places((uint32_t) (((uint64_t) id.index + i) % n), carom__holder_object(id), doomed);
}

/* A reference that is gone was one of its target's. */
static void give_back_target(const carom__object_t *reference, carom__list_t *doomed)
{
    carom__object_t *target = target_of(reference);

    if (target == NULL)
        return;
    count_reference(target, UINT32_MAX);
    carom__fault("object.unreferenced");
    if (is_free(target))
        push(doomed, target, reference->block);
}

/* Frees them, and whatever they held. */
static void bury(carom__list_t *doomed)
{
    carom__object_t *object;
    carom__id_t id;

    while ((object = pop(doomed, &id.index)) != NULL) {
        id.generation = atomic_load(&object->generation);
        take_kept(object, id, doomed);
        if (is_reference(object))
            give_back_target(object, doomed);
        carom__fault("object.buried");
        object->keeps = 0;
        push(&carom__arena_root->free[object->size_class], object, id.index);
    }
}

int carom__objects_release(carom__holder_t holder)
{
    carom__list_t doomed = 0;
    int is_done = take_all_of(holder, &doomed);

    bury(&doomed);
    return is_done;
}

static carom_status_t hand(carom__id_t id, int place, carom__holder_t from, carom__holder_t to)
{
    carom__object_t *object = find(id);
    carom__list_t doomed = 0;

    if (object == NULL || atomic_load(&object->holders[place]) != from)
        return CAROM_EBADMSG;
    if (to == CAROM__NOBODY)
        take(object, id.index, place, &doomed);
    else
        set_holder(object, place, to);
    carom__fault("object.handed");
    bury(&doomed);
    return CAROM_OK;
}

static carom_status_t hand_within(carom_duration_t patience, carom__id_t id, int place, carom__holder_t from,
                                  carom__holder_t to)
{
    carom_status_t status;

    if (carom__arena_shared() == NULL)
        return CAROM_EFORKED;
    status = carom__arena_enter(carom__deadline(patience));
    if (status != CAROM_OK)
        return status;
    status = hand(id, place, from, to);
    carom__arena_leave();
    return status;
}

carom_status_t carom__object_hand(carom__id_t id, int place, carom__holder_t from, carom__holder_t to)
{
    return hand_within(CAROM__ARENA_HASTE, id, place, from, to);
}

carom_status_t carom__object_adopt(carom__id_t id, int place, carom__holder_t from)
{
    return hand_within(CAROM__ARENA_CARE, id, place, from, carom__holder_self());
}

void carom__object_let_go_locked(carom__id_t id, int place, carom__holder_t from)
{
    (void) hand(id, place, from, CAROM__NOBODY);
}

void carom__object_let_go(carom__id_t id, int place, carom__holder_t from)
{
    int64_t patience = carom__debts_any() ? 0 : CAROM__ARENA_HASTE;

    if (from == CAROM__NOBODY || carom__arena_shared() == NULL)
        return;
    /* There may be many of them, so that one alone waits. */
    if (carom__arena_enter(carom__deadline(patience)) != CAROM_OK) {
        carom__debt_owe(id, place, from);
        return;
    }
    carom__object_let_go_locked(id, place, from);
    carom__arena_leave();
}

/* ---- more of them ---- */

static carom_status_t reserve_entry(uint32_t index)
{
    _Atomic uint32_t *chunk = &carom__arena_root->table_chunks[index / CAROM__OBJECTS_A_CHUNK];
    uint64_t offset;
    carom_status_t status;

    if (atomic_load(chunk) != 0)
        return CAROM_OK;
    status = carom__arena_chunk(&offset, CAROM__CHUNK, CAROM__CHUNK);
    carom__fault("object.table");
    if (status == CAROM_OK)
        atomic_store(chunk, (uint32_t) (offset / CAROM__CHUNK));
    return status;
}

/* The next object of the chunk that is being carved.  After a death it may be there already. */
static carom_status_t carve_one(void)
{
    carom__root_t *root = carom__arena_root;
    uint32_t index = atomic_load(&root->object_count), block = (uint32_t) (root->carve_at / CAROM__BLOCK_MIN);
    carom__object_t *last = index > 0 ? object_at(index - 1) : NULL;
    carom_status_t status = CAROM_OK;

    if (last == NULL || !has_block(last) || last->block != block) {
        carom__object_t *object;

        status = index == CAROM__OBJECTS_MAX ? CAROM_ENOMEM : reserve_entry(index);
        object = status == CAROM_OK ? object_at(index) : NULL;
        if (object == NULL)
            return status == CAROM_OK ? CAROM_ENOMEM : status;
        object->block = block;
        object->size_class = (uint8_t) root->carve_class;
        carom__fault("object.carving");
        atomic_store(&root->object_count, index + 1);
        carom__fault("object.carved");
        push(&root->free[root->carve_class], object, index);
    }
    carom__fault("object.listed");
    root->carve_at += size_of_class(root->carve_class);
    return CAROM_OK;
}

static carom_status_t carve_rest(void)
{
    carom_status_t status = CAROM_OK;

    while (status == CAROM_OK && carom__arena_root->carve_at < carom__arena_root->carve_end)
        status = carve_one();
    return status;
}

static carom_status_t new_chunk(unsigned size_class)
{
    carom__root_t *root = carom__arena_root;
    uint64_t size = size_of_class(size_class) > CAROM__CHUNK ? size_of_class(size_class) : CAROM__CHUNK, begin;
    carom_status_t status = carom__arena_chunk(&begin, size, size < CAROM__SEGMENT ? size : CAROM__SEGMENT);

    if (status != CAROM_OK)
        return status;
    root->carve_end = 0;
    carom__fault("object.chunk");
    root->carve_class = size_class;
    root->carve_at = begin;
    carom__fault("object.begun");
    root->carve_end = begin + size;
    return CAROM_OK;
}

/* One without a block.  Nothing is being carved then: what is carved goes by the last object. */
static carom_status_t new_bare(void)
{
    carom__root_t *root = carom__arena_root;
    uint32_t index = atomic_load(&root->object_count);
    carom_status_t status = index == CAROM__OBJECTS_MAX ? CAROM_ENOMEM : reserve_entry(index);
    carom__object_t *object = status == CAROM_OK ? object_at(index) : NULL;

    if (object == NULL)
        return status == CAROM_OK ? CAROM_ENOMEM : status;
    object->block = 0;
    object->size_class = CAROM__BARE;
    carom__fault("object.bare");
    atomic_store(&root->object_count, index + 1);
    push(&root->free[CAROM__BARE], object, index);
    return CAROM_OK;
}

static carom_status_t more_of(unsigned size_class)
{
    carom_status_t status = size_class == CAROM__BARE ? new_bare() : new_chunk(size_class);

    return status == CAROM_OK ? carve_rest() : status;
}

/* What dead processes held may be enough. */
static carom_status_t grow(unsigned size_class)
{
    carom__root_t *root = carom__arena_root;
    carom_status_t status = carve_rest();

    if (root->free[size_class] == 0)
        carom__slots_sweep();
    if (root->free[size_class] == 0 && status == CAROM_OK)
        status = more_of(size_class);
    return root->free[size_class] != 0 ? CAROM_OK : status;
}

static unsigned class_of(size_t size)
{
    unsigned size_class = 0;

    while (size_class < CAROM__CLASSES && size_of_class(size_class) < size)
        size_class++;
    return size_class;
}

/* A free one, which is one of the type from then on, and nobody's yet. */
static carom_status_t take_free(carom__object_t **taken, carom__id_t *id, int type, unsigned size_class)
{
    carom__root_t *root = carom__arena_root;
    carom_status_t status = root->free[size_class] ? CAROM_OK : grow(size_class);
    carom__object_t *object = status == CAROM_OK ? pop(&root->free[size_class], &id->index) : NULL;

    if (object == NULL)
        return status == CAROM_OK ? CAROM_ENOMEM : status;
    id->generation = atomic_load(&object->generation) + 1;
    if (id->generation == 0)
        id->generation = 1;
    object->type = (uint8_t) type;
    object->keeps = 0;
    carom__fault("object.make");
    atomic_store(&object->generation, id->generation);
    carom__fault("object.born");
    *taken = object;
    return CAROM_OK;
}

static carom_status_t make_locked(carom__id_t *id, int type, unsigned size_class, const carom__holder_t *holders)
{
    carom__object_t *object;
    carom_status_t status = take_free(&object, id, type, size_class);
    int i;

    for (i = 0; status == CAROM_OK && i < CAROM__HOLDERS; i++)
        set_holder(object, i, holders[i]);
    return status;
}

carom_status_t carom__object_make(carom__id_t *id, void **at, int type, size_t size,
                                  const carom__holder_t holders[CAROM__HOLDERS], carom_duration_t patience)
{
    unsigned size_class = class_of(size);
    carom_status_t status = carom__arena_start();
    int i;

    *at = NULL;
    memset(id, 0, sizeof *id);
    if (status == CAROM_OK && size_class >= CAROM__CLASSES)
        status = CAROM_ENOMEM;
    if (status != CAROM_OK)
        return status;
    status = carom__arena_enter(carom__deadline(patience));
    if (status != CAROM_OK)
        return status;
    status = make_locked(id, type, size_class, holders);
    carom__arena_leave();
    if (status != CAROM_OK)
        return status;
    *at = carom__object_at(*id, type, NULL);
    carom_plat_memory_taken(*at);
    if (*at)
        return CAROM_OK;
    for (i = 0; i < CAROM__HOLDERS; i++)
        carom__object_let_go(*id, i, holders[i]);
    return CAROM_ENOMEM;
}

static carom_status_t refer_locked(carom__id_t *id, carom__id_t target, carom__holder_t holder)
{
    carom__object_t *object, *to = find(target);
    carom_status_t status;

    if (to == NULL || !takes_references(to))
        return CAROM_EBADMSG;
    status = take_free(&object, id, CAROM__OBJECT_REFERENCE, CAROM__BARE);
    if (status != CAROM_OK)
        return status;
    object->block = target.index;
    carom__fault("object.refers");
    set_holder(object, 0, holder);
    carom__fault("object.referenced");
    count_reference(to, 1);
    return CAROM_OK;
}

carom_status_t carom__reference_make(carom__id_t *id, carom__id_t target, carom__holder_t holder)
{
    return carom__reference_make_until(id, target, holder, carom__deadline(CAROM__ARENA_HASTE));
}

carom_status_t carom__reference_make_until(carom__id_t *id, carom__id_t target, carom__holder_t holder, int64_t deadline)
{
    carom_status_t status;

    memset(id, 0, sizeof *id);
    if (carom__arena_shared() == NULL)
        return CAROM_EFORKED;
    status = carom__arena_enter(deadline);
    if (status != CAROM_OK)
        return status;
    status = refer_locked(id, target, holder);
    carom__arena_leave();
    return status;
}

int carom__reference_target(carom__id_t *target, int *type, carom__id_t reference, carom__holder_t holder)
{
    const carom__object_t *object = carom__arena_shared() ? find(reference) : NULL, *to;

    if (object == NULL || !is_reference(object) || atomic_load(&object->holders[0]) != holder)
        return 0;
    to = target_of(object);
    if (to == NULL || is_free(to))
        return 0;
    target->index = object->block;
    target->generation = atomic_load(&to->generation);
    *type = to->type;
    return 1;
}

void *carom__object_at(carom__id_t id, int type, size_t *size)
{
    carom__object_t *object;

    if (carom__arena_shared() == NULL)
        return NULL;
    object = find(id);
    if (object == NULL || object->type != type)
        return NULL;
    if (size)
        *size = (size_t) size_of_class(object->size_class);
    return block_of(object);
}

int carom__object_is_held(carom__id_t id, int place, carom__holder_t holder)
{
    const carom__object_t *object = carom__arena_shared() ? find(id) : NULL;

    return object && atomic_load(&object->holders[place]) == holder;
}

/* ---- for those who ask ---- */

static uint64_t bytes_of_chunks(const _Atomic uint32_t *chunks, size_t count)
{
    uint64_t bytes = 0;
    size_t i;

    for (i = 0; i < count; i++)
        if (atomic_load(&chunks[i]) != 0)
            bytes += CAROM__CHUNK;
    return bytes;
}

/* The root, slots, the table, and what is still to be carved: all but the objects. */
static uint64_t bytes_of_the_rest(const carom__root_t *root)
{
    uint64_t at = root->carve_at, end = root->carve_end;

    return CAROM__CHUNK + bytes_of_chunks(root->slot_chunks, CAROM__SLOT_CHUNKS) +
           bytes_of_chunks(root->table_chunks, CAROM__TABLE_CHUNKS) + (end > at ? end - at : 0);
}

void carom_arena_usage(carom_arena_usage_t *use)
{
    carom__root_t *root = carom__arena_root;
    uint32_t n, i;

    use->objects = use->bytes = 0;
    if (carom__arena_shared() == NULL)
        return;
    use->bytes = bytes_of_the_rest(root);
    n = atomic_load(&root->object_count);
    for (i = 0; i < n; i++) {
        const carom__object_t *object = object_at(i);

        if (object == NULL || !has_block(object))
            continue;
        use->objects += !is_free(object);
        use->bytes += size_of_class(object->size_class);
    }
    if (use->bytes < root->first)
        use->bytes = root->first;
}

/* How objects stand in their table: for object.c, and for object_recover.c, which makes lists and counts again.
 *
 * What changes them is called with the arena's lock. */

#ifndef CAROM_CORE_OBJECT_TABLE_H
#define CAROM_CORE_OBJECT_TABLE_H

#include "core/arena_layout.h"

#include "platform/fault.h"

/* ---- holders ---- */

enum { PROCESS = 1, OBJECT = 2, REFERENCES = 3 /* as many as the lower half says */ };

static inline unsigned kind_of(carom__holder_t holder)
{
    return (unsigned) (holder >> 60);
}

static inline uint32_t index_of(carom__holder_t holder)
{
    return (uint32_t) (holder >> 32) & 0x0FFFFFFFu;
}

/* ---- the table ---- */

static inline carom__object_t *object_at(uint32_t index)
{
    uint64_t chunk = atomic_load(&carom__arena_root->table_chunks[index / CAROM__OBJECTS_A_CHUNK]);
    carom__object_t *objects = chunk ? carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK) : NULL;

    return objects ? objects + index % CAROM__OBJECTS_A_CHUNK : NULL;
}

static inline uint64_t size_of_class(unsigned size_class)
{
    return (uint64_t) CAROM__BLOCK_MIN << size_class;
}

static inline int is_free(const carom__object_t *object)
{
    int i;

    for (i = 0; i < CAROM__HOLDERS; i++)
        if (atomic_load(&object->holders[i]) != CAROM__NOBODY)
            return 0;
    return 1;
}

/* The object of an id, or NULL. */
static inline carom__object_t *find(carom__id_t id)
{
    carom__object_t *object;

    if (id.index >= atomic_load(&carom__arena_root->object_count) || id.index >= CAROM__OBJECTS_MAX)
        return NULL;
    object = object_at(id.index);
    return object && atomic_load(&object->generation) == id.generation && !is_free(object) ? object : NULL;
}

static inline int has_block(const carom__object_t *object)
{
    return object->size_class < CAROM__CLASSES;
}

/* ---- references ---- */

static inline int is_reference(const carom__object_t *object)
{
    return object->type == CAROM__OBJECT_REFERENCE && object->size_class == CAROM__BARE;
}

/* What a reference refers to, which is there as long as somebody holds it. */
static inline carom__object_t *target_of(const carom__object_t *reference)
{
    return reference->block < atomic_load(&carom__arena_root->object_count) ? object_at(reference->block) : NULL;
}

/* ---- lists and counts ---- */

#define MANY UINT16_MAX

static inline void count(carom__holder_t holder, int change)
{
    carom__object_t *keeper;

    if (kind_of(holder) == PROCESS)
        carom__slot_count(index_of(holder), (uint32_t) holder, change);
    if (kind_of(holder) != OBJECT || index_of(holder) >= atomic_load(&carom__arena_root->object_count))
        return;
    keeper = object_at(index_of(holder));
    if (keeper && atomic_load(&keeper->generation) == (uint32_t) holder && keeper->keeps != MANY)
        keeper->keeps = (uint16_t) (keeper->keeps + change);
}

static inline void push(carom__list_t *list, carom__object_t *object, uint32_t index)
{
    object->next = *list;
    carom__fault("object.push");
    *list = index + 1;
}

#endif

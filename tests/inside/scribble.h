/* Somebody scribbles over what he shares with us: where he can do that, what he writes, and things beside it that must stay as
 * they are. */

#ifndef CAROM_TESTS_SCRIBBLE_H
#define CAROM_TESTS_SCRIBBLE_H

#include "tests/inside/inside.h"

#include <string.h>

enum { GUARDS = 64, PLACES_MOST = 16 };

/* Objects that lie about those that are scribbled over. */
typedef struct guards_t {
    carom__id_t ids[GUARDS];
    unsigned char *at[GUARDS];
    size_t sizes[GUARDS];
} guards_t;

CAROM_UNUSED static void make_guards(guards_t *guards, size_t size, unsigned first, unsigned step)
{
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    unsigned i;
    void *at;

    for (i = first; i < GUARDS; i += step) {
        CAROM_ASSERT_OK(carom__object_make(&guards->ids[i], &at, CAROM__OBJECT_RING, size, holders,
                                         CAROM__ARENA_PATIENCE));
        guards->at[i] = at;
        guards->sizes[i] = size;
        memset(at, 0x5A, size);
    }
}

CAROM_UNUSED static void end_guards(guards_t *guards)
{
    unsigned i;
    size_t k;

    for (i = 0; i < GUARDS; i++) {
        for (k = 0; k < guards->sizes[i] && guards->at[i][k] == 0x5A; k++)
            continue;
        CAROM_ASSERT_INT(k, guards->sizes[i]);
        CAROM_ASSERT_OK(carom__object_hand(guards->ids[i], 0, carom__holder_self(), CAROM__NOBODY));
    }
}

/* The block of an object, and those of the rings and the like that it holds. */
typedef struct area_t {
    unsigned char *at[PLACES_MOST];
    size_t sizes[PLACES_MOST];
    carom__id_t ids[PLACES_MOST];
    unsigned count;
} area_t;

static void add_place(area_t *area, carom__id_t id, int type)
{
    area->ids[area->count] = id;
    area->at[area->count] = carom__object_at(id, type, &area->sizes[area->count]);
    area->count += area->at[area->count] != NULL;
}

CAROM_UNUSED static void find_area(area_t *area, carom__id_t id, int type, carom__holder_t holder)
{
    uint32_t index;

    area->count = 0;
    add_place(area, id, type);
    CAROM_ASSERT(area->count == 1);
    for (index = 0; index < atomic_load(&carom__arena_root->object_count) && area->count < PLACES_MOST; index++) {
        uint64_t chunk = atomic_load(&carom__arena_root->table_chunks[index / CAROM__OBJECTS_A_CHUNK]);
        carom__object_t *objects = carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK);
        const carom__object_t *object = objects + index % CAROM__OBJECTS_A_CHUNK;

        if (atomic_load(&object->holders[0]) != holder)
            continue;
        id.index = index;
        id.generation = atomic_load(&object->generation);
        add_place(area, id, CAROM__OBJECT_RING);
    }
}

/* Nonsense, a number that is not large, the name of an object, nothing. */
CAROM_UNUSED static uint64_t any_word(const area_t *area, uint64_t *lot)
{
    const carom__id_t *id = &area->ids[draw(lot) % area->count];

    switch (draw(lot) % 4) {
    case 0:
        return (uint64_t) draw(lot) << 32 | draw(lot);
    case 1:
        return draw(lot) % 3000;
    case 2:
        return (uint64_t) id->generation << 32 | id->index;
    default:
        return 0;
    }
}

CAROM_UNUSED static void scribble(const area_t *area, uint64_t (*some_word)(const area_t *area, uint64_t *lot), uint64_t *lot)
{
    unsigned words = 1 + draw(lot) % 20;

    while (words-- > 0) {
        unsigned which = draw(lot) % 2 ? 0 : draw(lot) % area->count;
        size_t most = area->sizes[which] < 4096 || draw(lot) % 4 == 0 ? area->sizes[which] : 4096;
        uint64_t word = some_word(area, lot);

        memcpy(area->at[which] + draw(lot) % (most / 8) * 8, &word, sizeof word);
    }
}

#endif

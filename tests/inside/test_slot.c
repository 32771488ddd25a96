/* Slots of processes. */

#include "tests/inside/inside.h"

#include "core/arena_layout.h"

static carom_plat_mark_t *mark_of(carom__id_t id)
{
    uint64_t chunk = atomic_load(&carom__arena_root->slot_chunks[id.index / CAROM__SLOTS_A_CHUNK]);
    carom__slot_t *slots = carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK);

    return &slots[id.index % CAROM__SLOTS_A_CHUNK].mark;
}

/* The end of a process can be seen a moment before the system has done with it, where all that tells of it is a descriptor
 * that it closes. */
CAROM_TEST_ONCE(slot, whose_process_is_on_its_way_out)
{
    carom__id_t leaving, next, thread;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom__slot_make(&leaving));
    CAROM_ASSERT_OK(carom_plat_shared_claim(carom__arena_memory(), leaving.index, mark_of(leaving)));
    carom__slot_end(leaving);
    CAROM_ASSERT_OK(carom__slot_make(&next));
    CAROM_ASSERT(next.index != leaving.index);
    carom__slot_end(next);
    CAROM_ASSERT_OK(carom__slot_make_thread(&thread));
    CAROM_ASSERT_INT(thread.index, leaving.index);
    carom__slot_end(thread);
}

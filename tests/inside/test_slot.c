/* Slots of processes, and what hears of the end of one. */

#include "tests/inside/inside.h"

#include "core/kinds.h"
#include "core/lock.h"

#include <carom/array.h>
#include <carom/barrier.h>
#include <carom/condition.h>

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

/* ---- locks that other objects lend ---- */

CAROM_TASK(slot_keeps_two_locks)
{
    carom_connection_t *word = carom_arg_connection(call, 2);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(carom_arg_condition(call, 0)), 0));
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(carom_arg_array(call, 1)), 0));
    CAROM_ASSERT_OK(carom_connection_send(word, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, word, PATIENCE));
    return 0;
}

static int is_marked(const carom_lock_t *lock)
{
    const carom__lock_t *block = lock->share.at;

    return (atomic_load(&block->owner) & CAROM__LOCK_DEAD) != 0;
}

/* Who has a condition or an array alone holds its lock by that. */
CAROM_TEST_WITH(slot, lent_locks_hear_of_a_death, .modes = CAROM_TEST_SPAWN)
{
    carom_condition_t *condition;
    carom_process_t *child;
    carom_array_t *array;
    carom_value_t value;
    uint64_t before;
    pair_t pair;

    skip_without_sharing();
    before = objects_in_use();
    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, NULL));
    CAROM_ASSERT_OK(carom_array_create(&array, test->context, CAROM_ITEM_I64, 1, NULL));
    pair = make_pair();
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(slot_keeps_two_locks, condition, array, pair.b)));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT(is_marked(carom_condition_lock(condition)));
    CAROM_ASSERT(is_marked(carom_array_lock(array)));
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_condition_lock(condition), 0), CAROM_EOWNERDEAD);
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_array_lock(array), 0), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(condition)));
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(array)));
    carom_condition_destroy(&condition);
    carom_array_destroy(&array);
    carom_process_destroy(&child);
    close_pair(&pair);
    expect_objects(before);
}

/* ---- a barrier ---- */

/* As for two handles of one process: who resets the barrier in between has mended it. */
CAROM_TEST_ONCE(slot, a_death_breaks_a_barrier_once)
{
    carom__id_t one, other;
    carom_barrier_t *barrier;
    carom__share_t *share;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_barrier_create(&barrier, NULL, 2));
    CAROM_ASSERT_OK(carom__slot_make(&one));
    CAROM_ASSERT_OK(carom__slot_make(&other));
    share = (carom__share_t *) (void *) barrier;
    carom__barrier_mourn(share->at, share->object, one);
    CAROM_ASSERT(carom_barrier_is_broken(barrier));
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    carom__barrier_mourn(share->at, share->object, one);
    CAROM_ASSERT(!carom_barrier_is_broken(barrier));
    carom__barrier_mourn(share->at, share->object, other);
    CAROM_ASSERT(carom_barrier_is_broken(barrier));
    carom__slot_end(one);
    carom__slot_end(other);
    carom_barrier_destroy(&barrier);
}

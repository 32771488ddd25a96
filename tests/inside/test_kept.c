/* While somebody has the arena's lock and does not go on. */

#include "tests/inside/inside.h"

#include <carom/lock.h>

/* A lock in an item cannot be taken over meanwhile: that item is lost, and no other. */
CAROM_TEST_WITH(kept, an_item_with_a_lock, .modes = CAROM_TEST_SPAWN, .timeout_ms = 60000)
{
    carom_connection_t *to_keeper;
    carom_process_t *keeper;
    carom_queue_t *queue;
    carom_lock_t *lock;
    carom_value_t value;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_lock_create(&lock, test->context, NULL));
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, 0, NULL));
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_lock(lock), PATIENCE));
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_int(5), PATIENCE));
    keeper = start_keeper(&to_keeper, test->context);
    CAROM_ASSERT_STATUS(carom_queue_get(&value, queue, PATIENCE), CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    end_keeper(&keeper, &to_keeper);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
}

/* ---- somebody who goes on late ---- */

CAROM_TASK(kept_keeps_for_a_while)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom__arena_enter(carom_plat_now() + PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, carom_milliseconds(200)), CAROM_ETIMEOUT);
    carom__arena_leave();
    carom_connection_close(&connection);
    return 0;
}

/* What is taken over meanwhile waits for it, whatever the timeout: a message is received once. */
static carom_process_t *start_late_one(carom_connection_t **to, carom_context_t *context)
{
    pair_t word = make_pair();
    carom_process_t *late;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_process_start(&late, context, carom_call(kept_keeps_for_a_while, word.b)));
    carom_connection_close(&word.b);
    CAROM_ASSERT_OK(carom_connection_receive(&value, word.a, PATIENCE));
    *to = word.a;
    return late;
}

CAROM_TEST_WITH(kept, a_lock_for_a_while, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *to_late;
    carom_process_t *late;
    carom_queue_t *queue;
    carom_lock_t *lock;
    carom_value_t item;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_lock_create(&lock, test->context, NULL));
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, 0, NULL));
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_lock(lock), PATIENCE));
    late = start_late_one(&to_late, test->context);
    CAROM_ASSERT_OK(carom_queue_get(&item, queue, 0));
    CAROM_ASSERT_OK(carom_lock_acquire(carom_value_lock(item), 0));
    CAROM_ASSERT_OK(carom_lock_release(carom_value_lock(item)));
    end_child(&late, 0);
    carom_connection_close(&to_late);
    carom_value_clear(&item);
    carom_queue_destroy(&queue);
    carom_lock_destroy(&lock);
}

CAROM_TEST_WITH(kept, an_end_for_a_while, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *to_late;
    carom_process_t *late;
    carom_value_t end;
    pair_t pair, moved;

    skip_without_sharing();
    skip_without_transfer();
    pair = make_pair();
    moved = make_pair();
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_connection(moved.b), PATIENCE));
    carom_connection_close(&moved.b);
    late = start_late_one(&to_late, test->context);
    CAROM_ASSERT_OK(carom_connection_receive(&end, pair.b, 0));
    CAROM_ASSERT_OK(carom_value_take_connection(&moved.b, &end));
    CAROM_ASSERT_OK(carom_connection_send(moved.b, carom_value_from_int(7), PATIENCE));
    end_child(&late, 0);
    carom_connection_close(&to_late);
    close_pair(&moved);
    close_pair(&pair);
}

/* ---- a thread that ends with a lock ---- */

static carom_lock_t *left_lock;
static carom_connection_t *left_word;

CAROM_TASK(kept_leaves_a_lock)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_lock_acquire(left_lock, 0));
    CAROM_ASSERT_OK(carom_connection_send(left_word, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, left_word, PATIENCE));
    return 0;
}

/* Who waits for it hears of its end, though nobody can be told. */
CAROM_TEST_WITH(kept, a_thread_that_ends_with_a_lock, .modes = CAROM_TEST_SPAWN, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 60000)
{
    carom_connection_t *to_keeper;
    carom_process_t *keeper, *thread;
    carom_context_t *threads;
    carom_value_t value;
    pair_t pair;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    CAROM_ASSERT_OK(carom_lock_create(&left_lock, test->context, NULL));
    pair = make_pair();
    left_word = pair.b;
    CAROM_ASSERT_OK(carom_process_start(&thread, threads, carom_call(kept_leaves_a_lock)));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    keeper = start_keeper(&to_keeper, test->context);
    CAROM_ASSERT_STATUS(carom_lock_acquire(left_lock, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_none(), PATIENCE));
    CAROM_ASSERT_STATUS(carom_lock_acquire(left_lock, PATIENCE), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_recover(left_lock));
    CAROM_ASSERT_OK(carom_lock_release(left_lock));
    end_keeper(&keeper, &to_keeper);
    end_child(&thread, 0);
    close_pair(&pair);
    carom_lock_destroy(&left_lock);
    carom_context_destroy(&threads);
}

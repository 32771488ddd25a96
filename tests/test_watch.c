/* Watches: what a loop of the host waits on, for locks, semaphores, events and queues. */

#include "shares.h"

static carom_watch_t *make_watch(carom_value_t object)
{
    carom_watch_t *watch;

    CAROM_ASSERT_OK(carom_watch_create(&watch, object));
    CAROM_ASSERT(carom_watch_native(watch) != CAROM_NATIVE_NONE);
    return watch;
}

/* As a loop would. */
static carom_status_t wait_on(const carom_watch_t *watch, carom_duration_t timeout)
{
    carom_wait_item_t item = carom_wait_file(carom_watch_native(watch));

    return carom_wait(&item, 1, NULL, timeout);
}

static void expect_nothing(carom_watch_t *watch)
{
    CAROM_ASSERT_STATUS(carom_watch_poll(watch), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(wait_on(watch, carom_milliseconds(60)), CAROM_ETIMEOUT);
}

/* It tells of it, and goes on telling until it is polled. */
static void expect_told(carom_watch_t *watch)
{
    CAROM_ASSERT_OK(wait_on(watch, PATIENCE));
    CAROM_ASSERT_OK(wait_on(watch, 0));
    CAROM_ASSERT_OK(carom_watch_poll(watch));
}

static carom_queue_t *make_queue(const carom_test_t *test)
{
    carom_queue_t *queue;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, 0, NULL));
    return queue;
}

CAROM_TEST_ONCE(watch, bad_arguments)
{
    carom_barrier_t *barrier;
    carom_watch_t *watch;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, 1));
    CAROM_ASSERT_STATUS(carom_watch_create(&watch, carom_value_from(barrier)), CAROM_ETYPE);
    CAROM_ASSERT(watch == NULL);
    CAROM_ASSERT_STATUS(carom_watch_create(&watch, carom_value_from(1)), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_watch_create(&watch, carom_value_none()), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_watch_poll(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_watch_poll((carom_watch_t *) barrier), CAROM_EINVAL);
    CAROM_ASSERT(carom_watch_native(NULL) == CAROM_NATIVE_NONE);
    carom_watch_destroy(&watch);
    carom_barrier_destroy(&barrier);
}

/* The first poll alone starts the thread. */
CAROM_TEST_WITH(watch, destroyed_at_once, .warm_up = CAROM_TEST_THREAD)
{
    carom_event_t *event = make_event(test);
    carom_watch_t *watch = make_watch(carom_value_from(event));

    carom_watch_destroy(&watch);
    CAROM_ASSERT(watch == NULL);
    watch = make_watch(carom_value_from(event));
    CAROM_ASSERT_STATUS(carom_watch_poll(watch), CAROM_ETIMEOUT);
    carom_watch_destroy(&watch);
    carom_event_destroy(&event);
}

CAROM_TASK(watch_sets)
{
    CAROM_ASSERT_OK(carom_semaphore_acquire(carom_arg_semaphore(call, 1), PATIENCE));
    return carom_event_set(carom_arg_event(call, 0)) != CAROM_OK;
}

CAROM_TEST_WITH(watch, an_event, .warm_up = CAROM_TEST_THREAD)
{
    carom_event_t *event = make_event(test);
    carom_semaphore_t *go = make_semaphore(test, 0);
    carom_watch_t *watch = make_watch(carom_value_from(event));
    carom_process_t *child = start(test, carom_call(watch_sets, event, go));

    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    expect_told(watch);
    end_child(&child, 0);
    CAROM_ASSERT_OK(carom_event_clear(event));
    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_event_set(event));
    expect_told(watch);
    carom_watch_destroy(&watch);
    carom_event_destroy(&event);
    carom_semaphore_destroy(&go);
}

CAROM_TASK(watch_releases)
{
    CAROM_ASSERT_OK(carom_semaphore_acquire(carom_arg_semaphore(call, 1), PATIENCE));
    return carom_semaphore_release(carom_arg_semaphore(call, 0), 3) != CAROM_OK;
}

CAROM_TEST_WITH(watch, a_semaphore, .warm_up = CAROM_TEST_THREAD)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0), *go = make_semaphore(test, 0);
    carom_watch_t *watch = make_watch(carom_value_from(semaphore));
    carom_process_t *child = start(test, carom_call(watch_releases, semaphore, go));
    int i;

    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    expect_told(watch);
    end_child(&child, 0);
    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(carom_watch_poll(watch));
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    }
    expect_nothing(watch);
    carom_watch_destroy(&watch);
    carom_semaphore_destroy(&semaphore);
    carom_semaphore_destroy(&go);
}

CAROM_TASK(watch_keeps_lock)
{
    carom_lock_t *lock = carom_arg_lock(call, 0);

    CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_OK(carom_semaphore_acquire(carom_arg_semaphore(call, 2), CAROM_FOREVER));
    return carom_lock_release(lock) != CAROM_OK;
}

CAROM_TEST_WITH(watch, a_lock, .warm_up = CAROM_TEST_THREAD)
{
    carom_lock_t *lock = make_lock(test);
    carom_semaphore_t *has = make_semaphore(test, 0), *go = make_semaphore(test, 0);
    carom_watch_t *watch = make_watch(carom_value_from(lock));
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_watch_poll(watch));
    child = start(test, carom_call(watch_keeps_lock, lock, has, go));
    hear(has, 1);
    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    expect_told(watch);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    end_child(&child, 0);
    carom_watch_destroy(&watch);
    carom_lock_destroy(&lock);
    carom_semaphore_destroy(&has);
    carom_semaphore_destroy(&go);
}

CAROM_TEST_WITH(watch, a_lock_whose_owner_is_killed, .modes = CAROM_TEST_PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    carom_lock_t *lock = make_lock(test);
    carom_semaphore_t *has = make_semaphore(test, 0), *go = make_semaphore(test, 0);
    carom_watch_t *watch = make_watch(carom_value_from(lock));
    carom_process_t *child = start(test, carom_call(watch_keeps_lock, lock, has, go));

    hear(has, 1);
    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_process_kill(child));
    expect_told(watch);
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, PATIENCE), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_watch_destroy(&watch);
    carom_lock_destroy(&lock);
    carom_semaphore_destroy(&has);
    carom_semaphore_destroy(&go);
}

enum { ITEMS = 2000 };

CAROM_TASK(watch_puts)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    int64_t i;

    for (i = 0; i < ITEMS; i++)
        CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from(i), PATIENCE));
    return carom_queue_close(queue) != CAROM_OK;
}

/* A loop that gets all there is, and then waits. */
static int64_t get_all(carom_queue_t *queue, carom_watch_t *watch)
{
    carom_status_t status = CAROM_OK;
    carom_value_t value;
    int64_t count = 0;

    while (status != CAROM_EEOF) {
        while (carom_watch_poll(watch) == CAROM_OK && (status = carom_queue_get(&value, queue, 0)) == CAROM_OK)
            CAROM_ASSERT_INT(carom_value_int(value), count++);
        if (status != CAROM_EEOF)
            CAROM_ASSERT_OK(wait_on(watch, PATIENCE));
    }
    return count;
}

CAROM_TEST_WITH(watch, a_queue, .warm_up = CAROM_TEST_THREAD)
{
    carom_queue_t *queue = make_queue(test);
    carom_watch_t *watch = make_watch(carom_value_from(queue));
    carom_process_t *child;

    expect_nothing(watch);
    child = start(test, carom_call(watch_puts, queue));
    CAROM_ASSERT_INT(get_all(queue, watch), ITEMS);
    end_child(&child, 0);
    CAROM_ASSERT_OK(carom_watch_poll(watch));
    carom_watch_destroy(&watch);
    carom_queue_destroy(&queue);
}

/* The watch takes nothing, so who waits beside it gets all. */
CAROM_TEST_WITH(watch, beside_one_who_waits, .warm_up = CAROM_TEST_THREAD)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0), *go = make_semaphore(test, 0);
    carom_watch_t *watch = make_watch(carom_value_from(semaphore));
    carom_process_t *child;
    int i;

    child = start(test, carom_call(watch_releases, semaphore, go));
    CAROM_ASSERT_STATUS(carom_watch_poll(watch), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    for (i = 0; i < 3; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
    end_child(&child, 0);
    carom_watch_destroy(&watch);
    carom_semaphore_destroy(&semaphore);
    carom_semaphore_destroy(&go);
}

/* Its own handle is enough. */
CAROM_TEST_WITH(watch, outlives_the_handle, .warm_up = CAROM_TEST_THREAD)
{
    carom_event_t *event = make_event(test), *other;
    carom_watch_t *watch = make_watch(carom_value_from(event));
    carom_semaphore_t *go = make_semaphore(test, 0);
    carom_process_t *child = start(test, carom_call(watch_sets, event, go));

    other = event;
    carom_event_destroy(&other);
    expect_nothing(watch);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    expect_told(watch);
    end_child(&child, 0);
    carom_watch_destroy(&watch);
    carom_semaphore_destroy(&go);
}

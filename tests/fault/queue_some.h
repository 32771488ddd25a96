/* What a child does with queues that is to be killed at each of their points. */

#ifndef CAROM_TESTS_QUEUE_SOME_H
#define CAROM_TESTS_QUEUE_SOME_H

#include "tests/inside/inside.h"

#include <pthread.h>

/* What never lies in a ring, and what may. */
enum { QUEUE_LONG = 300000, QUEUE_MIDDLE = 20000 };

static char queue_filler[QUEUE_LONG];

CAROM_UNUSED static carom_queue_t *queue_of(uint32_t items, uint64_t bytes)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue;

    options.bytes = bytes;
    CAROM_ASSERT_OK(carom_queue_create(&queue, NULL, items, &options));
    return queue;
}

/* Bytes of a length and a lock. */
CAROM_UNUSED static void put_lock(carom_queue_t *queue, carom_lock_t *lock, size_t length)
{
    carom_value_t value, part = carom_value_borrow_bytes(queue_filler, length), other = carom_value_from_lock(lock);

    CAROM_ASSERT_OK(carom_value_list(&value));
    CAROM_ASSERT_OK(carom_value_append(&value, &part));
    CAROM_ASSERT_OK(carom_value_append(&value, &other));
    CAROM_ASSERT_OK(carom_queue_put(queue, value, PATIENCE));
    carom_value_clear(&value);
}

CAROM_UNUSED static void get_lock(carom_queue_t *queue, size_t length)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(*carom_value_at(value, 0)), length);
    CAROM_ASSERT(carom_value_lock(*carom_value_at(value, 1)) != NULL);
    carom_value_clear(&value);
}

/* One of bytes, one apart, an array, and work that is done. */
static void queue_bytes(void)
{
    carom_queue_t *queue = queue_of(0, 0);
    char place[300];
    size_t length, count;
    void *got;

    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, queue_filler, 100, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, queue_filler, QUEUE_LONG, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, queue_filler, QUEUE_MIDDLE, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_put_array(&count, queue, queue_filler, 30, 10, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_get_into(place, sizeof place, &length, queue, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_get_bytes(&got, &length, queue, 0, PATIENCE));
    CAROM_ASSERT_INT(length, QUEUE_LONG);
    carom_free(got);
    CAROM_ASSERT_OK(carom_queue_get_bytes(&got, &length, queue, 0, PATIENCE));
    CAROM_ASSERT_INT(length, QUEUE_MIDDLE);
    carom_free(got);
    CAROM_ASSERT_OK(carom_queue_get_array(place, 30, 10, &count, queue, PATIENCE));
    CAROM_ASSERT_INT(count, 10);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 13));
    CAROM_ASSERT_OK(carom_queue_join(queue, PATIENCE));
    CAROM_ASSERT_OK(carom_queue_close(queue));
    carom_queue_destroy(&queue);
}

/* Through a larger ring, and round the first. */
static void queue_rings(void)
{
    carom_queue_t *queue = queue_of(0, 0), *small = queue_of(0, 8192);
    char place[2000];
    size_t length;
    int i;

    for (i = 0; i < 10; i++) {
        CAROM_ASSERT_OK(carom_queue_put_bytes(queue, queue_filler, 2000, PATIENCE));
        CAROM_ASSERT_OK(carom_queue_put_bytes(small, queue_filler, 900, PATIENCE));
        CAROM_ASSERT_OK(carom_queue_get_into(place, sizeof place, &length, small, PATIENCE));
    }
    for (i = 0; i < 10; i++)
        CAROM_ASSERT_OK(carom_queue_get_into(place, sizeof place, &length, queue, PATIENCE));
    carom_queue_destroy(&queue);
    carom_queue_destroy(&small);
}

/* Taken out, and left in. */
static void queue_locks(void)
{
    static const size_t lengths[] = {10, 1000, QUEUE_MIDDLE, QUEUE_LONG};
    carom_queue_t *queue = queue_of(0, 0);
    carom_lock_t *lock;
    size_t i;

    CAROM_ASSERT_OK(carom_lock_create(&lock, NULL, NULL));
    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_lock(queue, lock, lengths[i]);
        get_lock(queue, lengths[i]);
    }
    put_lock(queue, lock, 10);
    put_lock(queue, lock, QUEUE_LONG);
    carom_lock_destroy(&lock);
    carom_queue_destroy(&queue);
}

/* ---- who waits ---- */

static void *queue_gets(void *queue)
{
    size_t length;

    CAROM_ASSERT_OK(carom_queue_get_into(NULL, 0, &length, queue, PATIENCE));
    return NULL;
}

static void *queue_puts(void *queue)
{
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, NULL, 0, PATIENCE));
    return NULL;
}

/* Somebody has said that he sleeps. */
CAROM_UNUSED static void see_asleep(const _Atomic uint32_t *sleep)
{
    int64_t deadline = carom_plat_now() + PATIENCE;

    while (atomic_load(sleep) == 0 && carom_plat_now() < deadline)
        carom_plat_yield();
    CAROM_ASSERT(atomic_load(sleep) != 0);
}

static void queue_waits(void)
{
    carom_queue_t *queue = queue_of(1, 0);
    carom__queue_t *block = carom__queue_block(queue);
    pthread_t thread;

    CAROM_ASSERT_INT(pthread_create(&thread, NULL, queue_gets, queue), 0);
    see_asleep(&block->getters_sleep);
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, NULL, 0, PATIENCE));
    pthread_join(thread, NULL);
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, NULL, 0, PATIENCE));
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, queue_puts, queue), 0);
    see_asleep(&block->putters_sleep);
    queue_gets(queue);
    pthread_join(thread, NULL);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    carom_queue_destroy(&queue);
}

/* ---- what the dead leave, as if this process were dead already ---- */

static void queue_enter(carom_queue_t *queue, carom__latch_t *latch)
{
    carom__party_t *party;

    CAROM_ASSERT_OK(carom__party(&party));
    CAROM_ASSERT_OK(carom__latch_enter(latch, queue->share.object.index, party, carom_plat_now() + PATIENCE));
}

/* With the producers' latch, and then with the consumers', an item in his hands. */
static void queue_dead(void)
{
    carom_queue_t *queue = queue_of(0, 0);
    carom__queue_t *block = carom__queue_block(queue);
    carom_lock_t *lock;

    CAROM_ASSERT_OK(carom_lock_create(&lock, NULL, NULL));
    queue_enter(queue, &block->putting);
    carom__objects_mourn(CAROM_QUEUE, carom__arena_slot());
    put_lock(queue, lock, 10);
    queue_enter(queue, &block->getting);
    block->cost_kept = 0;
    atomic_store(&block->taken, atomic_load(&block->written));
    carom__objects_mourn(CAROM_QUEUE, carom__arena_slot());
    put_lock(queue, lock, QUEUE_LONG);
    get_lock(queue, QUEUE_LONG);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, 0), CAROM_EDIED);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 2));
    CAROM_ASSERT_OK(carom_queue_join(queue, 0));
    carom_lock_destroy(&lock);
    carom_queue_destroy(&queue);
}

CAROM_UNUSED static void queue_some(void)
{
    queue_bytes();
    queue_rings();
    queue_locks();
    queue_waits();
    queue_dead();
}

#endif

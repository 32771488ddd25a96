/* What tests of locks and their like share: making them where they can be made, and children that have them. */

#ifndef CAROM_TESTS_SHARES_H
#define CAROM_TESTS_SHARES_H

#include "pairs.h"

/* Before a test makes what it would leave behind. */
CAROM_UNUSED static void skip_without_shares(const carom_test_t *test)
{
    carom_event_t *event;

    if (!carom_context_can(test->context, CAROM_CAN_SHARE)) {
        CAROM_ASSERT_STATUS(carom_event_create(&event, test->context), CAROM_ENOTSUP);
        CAROM_ASSERT(event == NULL);
        CAROM_SKIP("no-shared-memory");
    }
}

/* Likewise, where threads alone can have them, and no message can be told to stay among threads. */
CAROM_UNUSED static void skip_without_shares_in_messages(const carom_test_t *test)
{
    carom_event_t *event;
    pair_t ends;

    skip_without_shares(test);
    if (carom_context_can(NULL, CAROM_CAN_SHARE))
        return;
    CAROM_ASSERT_OK(carom_event_create(&event, test->context));
    ends = make_pair();
    CAROM_ASSERT_STATUS(carom_connection_send(ends.a, carom_value_from_event(event), 0), CAROM_ENOTSUP);
    close_pair(&ends);
    carom_event_destroy(&event);
    CAROM_SKIP("no-handles-in-messages");
}

CAROM_UNUSED static carom_lock_t *make_lock(const carom_test_t *test)
{
    carom_lock_t *lock;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_lock_create(&lock, test->context, NULL));
    return lock;
}

CAROM_UNUSED static carom_event_t *make_event(const carom_test_t *test)
{
    carom_event_t *event;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_event_create(&event, test->context));
    return event;
}

CAROM_UNUSED static carom_semaphore_t *make_semaphore(const carom_test_t *test, uint32_t count)
{
    carom_semaphore_t *semaphore;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_semaphore_create(&semaphore, test->context, count, NULL));
    return semaphore;
}

CAROM_UNUSED static carom_process_t *start(const carom_test_t *test, carom_request_t request)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, request));
    return child;
}

CAROM_UNUSED static void start_all(carom_process_t **children, int count, const carom_test_t *test, carom_request_t request)
{
    int i;

    for (i = 0; i < count; i++)
        children[i] = start(test, request);
}

CAROM_UNUSED static void end_all(carom_process_t **children, int count)
{
    int i;

    for (i = 0; i < count; i++)
        end_child(&children[i], 0);
}

/* Waits until so many have released it. */
CAROM_UNUSED static void hear(carom_semaphore_t *semaphore, int count)
{
    int i;

    for (i = 0; i < count; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
}

/* Nobody releases it, as far as one can see. */
CAROM_UNUSED static void hear_nothing(carom_semaphore_t *semaphore)
{
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, carom_milliseconds(30)), CAROM_ETIMEOUT);
}

/* What began then took that long, and not much longer. */
CAROM_UNUSED static void expect_took(carom_duration_t since, carom_duration_t wanted)
{
    carom_duration_t took = carom_now() - since;

    CAROM_ASSERT(took >= wanted);
    CAROM_ASSERT(took < wanted + in_time(1000000));
}

/* How many objects the tree has in its arena. */
CAROM_UNUSED static int64_t objects(void)
{
    carom_arena_usage_t usage;

    carom_arena_usage(&usage);
    return (int64_t) usage.objects;
}

#endif

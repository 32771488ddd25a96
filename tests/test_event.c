/* Events: set and clear, and who is woken. */

#include "shares.h"

/* ---- in one thread ---- */

CAROM_TEST(event, set_and_clear)
{
    carom_event_t *event = make_event(test);

    CAROM_ASSERT_INT(carom_event_is_set(event), 0);
    CAROM_ASSERT_STATUS(carom_event_wait(event, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_event_clear(event));
    CAROM_ASSERT_INT(carom_event_is_set(event), 0);
    CAROM_ASSERT_OK(carom_event_set(event));
    CAROM_ASSERT_OK(carom_event_set(event));
    CAROM_ASSERT_INT(carom_event_is_set(event), 1);
    CAROM_ASSERT_OK(carom_event_wait(event, 0));
    CAROM_ASSERT_OK(carom_event_wait(event, CAROM_FOREVER));
    CAROM_ASSERT_INT(carom_event_is_set(event), 1);
    CAROM_ASSERT_OK(carom_event_clear(event));
    CAROM_ASSERT_INT(carom_event_is_set(event), 0);
    CAROM_ASSERT_STATUS(carom_event_wait(event, 0), CAROM_ETIMEOUT);
    carom_event_destroy(&event);
    CAROM_ASSERT(event == NULL);
    carom_event_destroy(&event);
}

CAROM_TEST(event, timeouts)
{
    carom_event_t *event = make_event(test);
    carom_duration_t before = carom_now();

    CAROM_ASSERT_STATUS(carom_event_wait(event, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_event_wait(event, -5), CAROM_ETIMEOUT);
    expect_took(before, 0);
    carom_event_destroy(&event);
}

/* A flag that was set and taken back before somebody began to wait is not his. */
CAROM_TEST(event, a_pulse_is_not_kept)
{
    carom_event_t *event = make_event(test);
    int i;

    for (i = 0; i < 5; i++) {
        CAROM_ASSERT_OK(carom_event_set(event));
        CAROM_ASSERT_OK(carom_event_clear(event));
        CAROM_ASSERT_STATUS(carom_event_wait(event, carom_milliseconds(5)), CAROM_ETIMEOUT);
    }
    carom_event_destroy(&event);
}

CAROM_TEST_ONCE(event, bad_arguments)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 1);
    carom_event_t *event = (carom_event_t *) semaphore;

    CAROM_ASSERT_STATUS(carom_event_set(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_event_set(event), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_event_clear(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_event_clear(event), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_event_wait(NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_event_wait(event, 0), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_event_is_set(NULL), 0);
    CAROM_ASSERT_INT(carom_event_is_set(event), 0);
    CAROM_ASSERT_STATUS(carom_event_create(&event, (carom_context_t *) semaphore), CAROM_EINVAL);
    CAROM_ASSERT(event == NULL);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_event(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_event(carom_value_from_semaphore(semaphore)) == NULL);
    carom_semaphore_destroy(&semaphore);
}

/* ---- between processes ---- */

CAROM_TASK(event_waits)
{
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_OK(carom_event_wait(carom_arg_event(call, 0), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return 0;
}

CAROM_TEST(event, wakes_all_who_wait)
{
    carom_event_t *event = make_event(test);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[4];

    start_all(children, 4, test, carom_call(event_waits, event, here));
    hear(here, 4);
    hear_nothing(here);
    CAROM_ASSERT_OK(carom_event_set(event));
    hear(here, 4);
    end_all(children, 4);
    CAROM_ASSERT_INT(carom_event_is_set(event), 1);
    carom_event_destroy(&event);
    carom_semaphore_destroy(&here);
}

/* Who comes late finds it set. */
CAROM_TEST(event, stays_set)
{
    carom_event_t *event = make_event(test);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_event_set(event));
    child = start(test, carom_call(event_waits, event, here));
    end_child(&child, 0);
    carom_event_destroy(&event);
    carom_semaphore_destroy(&here);
}

/* How many of them were waiting one cannot see; but whoever was is woken, though the flag is gone when he looks. */
CAROM_TEST(event, a_pulse_wakes_who_waits)
{
    carom_event_t *event = make_event(test);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[4];
    int pulses = 0, woken = 0;

    start_all(children, 4, test, carom_call(event_waits, event, here));
    hear(here, 4);
    while (woken < 4 && pulses++ < 100) {
        hear_nothing(here);
        CAROM_ASSERT_OK(carom_event_set(event));
        CAROM_ASSERT_OK(carom_event_clear(event));
        while (woken < 4 && carom_semaphore_acquire(here, carom_milliseconds(200)) == CAROM_OK)
            woken++;
    }
    CAROM_NOTE("%d pulses", pulses);
    CAROM_ASSERT_INT(woken, 4);
    CAROM_ASSERT_INT(carom_event_is_set(event), 0);
    end_all(children, 4);
    carom_event_destroy(&event);
    carom_semaphore_destroy(&here);
}

enum { ROUNDS = 1000 };

/* Waits for one, and sets the other. */
CAROM_TASK(event_answers)
{
    carom_event_t *mine = carom_arg_event(call, 0), *other = carom_arg_event(call, 1);
    int64_t i, rounds = carom_arg_int(call, 2);

    for (i = 0; i < rounds; i++) {
        CAROM_ASSERT_OK(carom_event_wait(mine, PATIENCE));
        CAROM_ASSERT_OK(carom_event_clear(mine));
        CAROM_ASSERT_OK(carom_event_set(other));
    }
    return 0;
}

CAROM_TEST(event, there_and_back)
{
    carom_event_t *there = make_event(test), *back = make_event(test);
    int64_t rounds = for_sanitizers(ROUNDS, 10), i;
    carom_process_t *child = start(test, carom_call(event_answers, there, back, rounds));

    for (i = 0; i < rounds; i++) {
        CAROM_ASSERT_OK(carom_event_set(there));
        CAROM_ASSERT_OK(carom_event_wait(back, PATIENCE));
        CAROM_ASSERT_INT(carom_event_is_set(there), 0);
        CAROM_ASSERT_OK(carom_event_clear(back));
    }
    end_child(&child, 0);
    carom_event_destroy(&there);
    carom_event_destroy(&back);
}

/* ---- under way ---- */

CAROM_TASK(event_arguments)
{
    CAROM_ASSERT_OK(carom_event_set(carom_arg_event(call, 0)));
    CAROM_ASSERT(carom_arg_event(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_event(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_lock(call, 0) == NULL);
    return 0;
}

CAROM_TEST(event, arguments)
{
    carom_event_t *event = make_event(test);
    carom_process_t *child = start(test, carom_call(event_arguments, event, "event"));

    end_child(&child, 0);
    CAROM_ASSERT_INT(carom_event_is_set(event), 1);
    carom_event_destroy(&event);
}

CAROM_TASK(event_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(event, sent_there_and_back)
{
    carom_event_t *event, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &event_echoes);
    event = make_event(test);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_event(event), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_EVENT);
    CAROM_ASSERT(carom_value_event(value) != NULL);
    CAROM_ASSERT(carom_value_semaphore(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_event(&back, &value));
    CAROM_ASSERT_OK(carom_event_set(event));
    CAROM_ASSERT_OK(carom_event_wait(back, 0));
    carom_event_destroy(&event);
    CAROM_ASSERT_INT(carom_event_is_set(back), 1);
    CAROM_ASSERT_STATUS(carom_value_take_event(&event, &value), CAROM_ETYPE);
    CAROM_ASSERT(event == NULL);
    carom_event_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

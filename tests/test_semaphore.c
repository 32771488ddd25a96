/* Semaphores: exact counts, bounds, time, and the waking of as many as were released. */

#include "shares.h"

static carom_semaphore_t *make_bounded(const carom_test_t *test, uint32_t count, uint32_t most)
{
    carom_semaphore_options_t options = CAROM_SEMAPHORE_OPTIONS_INIT;
    carom_semaphore_t *semaphore;

    skip_without_shares(test);
    options.most = most;
    CAROM_ASSERT_OK(carom_semaphore_create(&semaphore, test->context, count, &options));
    return semaphore;
}

/* ---- in one thread ---- */

CAROM_TEST(semaphore, counts)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 2);

    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 2);
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, CAROM_FOREVER));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, -5), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 0));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 3));
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 4);
    carom_semaphore_destroy(&semaphore);
    CAROM_ASSERT(semaphore == NULL);
    carom_semaphore_destroy(&semaphore);
}

CAROM_TEST(semaphore, bounded)
{
    carom_semaphore_t *semaphore = make_bounded(test, 3, 3);

    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, 1), CAROM_EOVERFLOW);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 3);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 0));
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, 2), CAROM_EOVERFLOW);
    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, UINT32_MAX), CAROM_EOVERFLOW);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 2);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 3);
    carom_semaphore_destroy(&semaphore);
}

CAROM_TEST(semaphore, the_most_there_is)
{
    carom_semaphore_t *semaphore = make_semaphore(test, CAROM_SEMAPHORE_MAX);

    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), CAROM_SEMAPHORE_MAX);
    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, 1), CAROM_EOVERFLOW);
    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, UINT32_MAX), CAROM_EOVERFLOW);
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), CAROM_SEMAPHORE_MAX - 1);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1));
    carom_semaphore_destroy(&semaphore);
    semaphore = make_bounded(test, 0, CAROM_SEMAPHORE_MAX);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, CAROM_SEMAPHORE_MAX));
    CAROM_ASSERT_STATUS(carom_semaphore_release(semaphore, 1), CAROM_EOVERFLOW);
    carom_semaphore_destroy(&semaphore);
}

static void expect_refused(carom_semaphore_options_t *options, uint32_t count, uint32_t most)
{
    carom_semaphore_t *semaphore = (carom_semaphore_t *) options;

    options->most = most;
    CAROM_ASSERT_STATUS(carom_semaphore_create(&semaphore, NULL, count, options), CAROM_EINVAL);
    CAROM_ASSERT(semaphore == NULL);
}

CAROM_TEST_ONCE(semaphore, bad_arguments)
{
    carom_semaphore_options_t options = CAROM_SEMAPHORE_OPTIONS_INIT;
    carom_event_t *event = make_event(test);
    carom_semaphore_t *semaphore;

    expect_refused(&options, 4, 3);
    expect_refused(&options, 0, CAROM_SEMAPHORE_MAX + 1);
    expect_refused(&options, CAROM_SEMAPHORE_MAX + 1, 0);
    options.size = 1;
    expect_refused(&options, 0, 1);
    CAROM_ASSERT_STATUS(carom_semaphore_create(&semaphore, (carom_context_t *) event, 1, NULL), CAROM_EINVAL);
    CAROM_ASSERT(semaphore == NULL);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire((carom_semaphore_t *) event, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_semaphore_release(NULL, 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_semaphore_release((carom_semaphore_t *) event, 1), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_semaphore_count(NULL), 0);
    CAROM_ASSERT_INT(carom_semaphore_count((carom_semaphore_t *) event), 0);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_semaphore(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_semaphore(carom_value_from_event(event)) == NULL);
    carom_event_destroy(&event);
}

CAROM_TEST(semaphore, timeouts)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0);
    carom_duration_t before = carom_now();

    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, 0), CAROM_ETIMEOUT);
    expect_took(before, 0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    carom_semaphore_destroy(&semaphore);
}

/* ---- between processes ---- */

CAROM_TASK(semaphore_acquires)
{
    carom_semaphore_t *semaphore = carom_arg_semaphore(call, 0), *here = carom_arg_semaphore(call, 1);

    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    return 0;
}

CAROM_TEST(semaphore, one_release_wakes_as_many)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0), *here = make_semaphore(test, 0);
    carom_process_t *children[4];

    start_all(children, 4, test, carom_call(semaphore_acquires, semaphore, here));
    hear(here, 4);
    hear_nothing(here);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 3));
    hear(here, 3);
    hear_nothing(here);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 2));
    end_all(children, 4);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 1);
    carom_semaphore_destroy(&semaphore);
    carom_semaphore_destroy(&here);
}

enum { GOODS = 2000, SHELF = 10, SIDES = 4 };

/* Moves one after the other from a semaphore to another, which has a bound. */
CAROM_TASK(semaphore_moves)
{
    carom_semaphore_t *from = carom_arg_semaphore(call, 0), *to = carom_arg_semaphore(call, 1);
    int64_t i, count = carom_arg_int(call, 2);

    for (i = 0; i < count; i++) {
        CAROM_ASSERT_OK(carom_semaphore_acquire(from, PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_release(to, 1));
    }
    return 0;
}

/* Producers and consumers: a shelf with more on it than there is room for would be an overflow. */
CAROM_TEST_WITH(semaphore, nothing_is_lost_or_doubled, .timeout_ms = 60000)
{
    carom_semaphore_t *room = make_bounded(test, SHELF, SHELF), *goods = make_bounded(test, 0, SHELF);
    int64_t count = for_sanitizers(GOODS, 10);
    carom_process_t *producers[SIDES], *consumers[SIDES];

    start_all(producers, SIDES, test, carom_call(semaphore_moves, room, goods, count));
    start_all(consumers, SIDES, test, carom_call(semaphore_moves, goods, room, count));
    end_all(producers, SIDES);
    end_all(consumers, SIDES);
    CAROM_ASSERT_INT(carom_semaphore_count(room), SHELF);
    CAROM_ASSERT_INT(carom_semaphore_count(goods), 0);
    carom_semaphore_destroy(&room);
    carom_semaphore_destroy(&goods);
}

CAROM_TASK(semaphore_releases)
{
    carom_semaphore_t *semaphore = carom_arg_semaphore(call, 0);
    int64_t i, count = carom_arg_int(call, 1);

    for (i = 0; i < count; i++)
        CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1 + (uint32_t) (i & 1)));
    return 0;
}

CAROM_TASK(semaphore_takes)
{
    carom_semaphore_t *semaphore = carom_arg_semaphore(call, 0);
    int64_t i, count = carom_arg_int(call, 1);

    for (i = 0; i < count; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
    return 0;
}

/* Without a bound, by ones and by twos. */
CAROM_TEST_WITH(semaphore, exact_in_a_crowd, .timeout_ms = 60000)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 5);
    int64_t count = for_sanitizers(GOODS, 10);
    carom_process_t *producers[SIDES], *consumers[SIDES];

    start_all(consumers, SIDES, test, carom_call(semaphore_takes, semaphore, count / 2 * 3));
    start_all(producers, SIDES, test, carom_call(semaphore_releases, semaphore, count));
    end_all(producers, SIDES);
    end_all(consumers, SIDES);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 5);
    carom_semaphore_destroy(&semaphore);
}

/* It has no owner: who takes need not be who gives. */
CAROM_TEST(semaphore, what_another_has_taken)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 1);
    carom_process_t *child = start(test, carom_call(semaphore_takes, semaphore, 1));

    end_child(&child, 0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1));
    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    carom_semaphore_destroy(&semaphore);
}

CAROM_TASK(semaphore_taken_for_good)
{
    carom_semaphore_t *semaphore = carom_arg_semaphore(call, 0);

    CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_semaphore_acquire(semaphore, CAROM_FOREVER) == CAROM_OK;
}

CAROM_TEST(semaphore, a_dead_one_gives_nothing_back)
{
    carom_semaphore_t *semaphore, *here;
    carom_process_t *child;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    semaphore = make_semaphore(test, 1);
    here = make_semaphore(test, 0);
    child = start(test, carom_call(semaphore_taken_for_good, semaphore, here));
    hear(here, 1);
    CAROM_ASSERT_OK(carom_process_kill(child));
    end_child(&child, -9);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, carom_milliseconds(150)), CAROM_ETIMEOUT);
    carom_semaphore_destroy(&semaphore);
    carom_semaphore_destroy(&here);
}

/* ---- under way ---- */

CAROM_TASK(semaphore_arguments)
{
    CAROM_ASSERT(carom_arg_semaphore(call, 0) != NULL);
    CAROM_ASSERT(carom_arg_semaphore(call, 0) == carom_arg_semaphore(call, 0));
    CAROM_ASSERT(carom_arg_semaphore(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_semaphore(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_event(call, 0) == NULL);
    return 0;
}

CAROM_TEST(semaphore, arguments)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 1);
    carom_process_t *child = start(test, carom_call(semaphore_arguments, semaphore, 4));

    end_child(&child, 0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 1);
    carom_semaphore_destroy(&semaphore);
}

CAROM_TASK(semaphore_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(semaphore, sent_there_and_back)
{
    carom_semaphore_t *semaphore, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    int64_t before;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &semaphore_echoes);
    before = objects();
    semaphore = make_semaphore(test, 2);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_semaphore(semaphore), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_SEMAPHORE);
    CAROM_ASSERT(carom_value_semaphore(value) != NULL);
    CAROM_ASSERT(carom_value_lock(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_semaphore(&back, &value));
    CAROM_ASSERT_OK(carom_semaphore_acquire(back, 0));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 1);
    carom_semaphore_destroy(&semaphore);
    CAROM_ASSERT_OK(carom_semaphore_acquire(back, 0));
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(back, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_value_take_semaphore(&semaphore, &value), CAROM_ETYPE);
    CAROM_ASSERT(semaphore == NULL);
    carom_semaphore_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT(objects() <= before);
}

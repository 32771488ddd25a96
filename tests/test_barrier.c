/* Barriers: numbers, rounds, what breaks them, and what mends them. */

#include "shares.h"

static carom_barrier_t *make_barrier(const carom_test_t *test, uint32_t parties)
{
    carom_barrier_t *barrier;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, parties));
    return barrier;
}

static void expect(const carom_barrier_t *barrier, uint32_t waiting, int is_broken)
{
    CAROM_ASSERT_INT(carom_barrier_waiting(barrier), waiting);
    CAROM_ASSERT_INT(carom_barrier_is_broken(barrier), is_broken);
}

/* Until so many wait. */
static void see_waiting(const carom_barrier_t *barrier, uint32_t count)
{
    carom_duration_t deadline = carom_now() + PATIENCE;

    while (carom_barrier_waiting(barrier) != count && carom_now() < deadline)
        continue;
    CAROM_ASSERT_INT(carom_barrier_waiting(barrier), count);
}

/* *index is set, whatever comes of it. */
static carom_status_t wait_at(uint32_t *index, carom_barrier_t *barrier, carom_duration_t timeout)
{
    carom_status_t status;

    *index = 99;
    status = carom_barrier_wait(index, barrier, timeout);
    if (status != CAROM_OK)
        CAROM_ASSERT_INT(*index, 0);
    return status;
}

/* ---- in one thread ---- */

CAROM_TEST(barrier, of_one)
{
    carom_barrier_t *barrier = make_barrier(test, 1);
    uint32_t index;
    int i;

    CAROM_ASSERT_INT(carom_barrier_parties(barrier), 1);
    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(wait_at(&index, barrier, i ? 0 : CAROM_FOREVER));
        CAROM_ASSERT_INT(index, 0);
        expect(barrier, 0, 0);
    }
    CAROM_ASSERT_OK(carom_barrier_wait(NULL, barrier, 0));
    carom_barrier_destroy(&barrier);
    CAROM_ASSERT(barrier == NULL);
    carom_barrier_destroy(&barrier);
}

static void expect_no_barrier_of(uint32_t parties)
{
    carom_barrier_t *barrier = (carom_barrier_t *) &parties;

    CAROM_ASSERT_STATUS(carom_barrier_create(&barrier, NULL, parties), CAROM_EINVAL);
    CAROM_ASSERT(barrier == NULL);
}

CAROM_TEST_ONCE(barrier, bad_arguments)
{
    carom_event_t *event = make_event(test);
    carom_barrier_t *none = (carom_barrier_t *) event, *barrier = make_barrier(test, CAROM_PARTIES_MAX);
    uint32_t index;

    CAROM_ASSERT_INT(carom_barrier_parties(barrier), CAROM_PARTIES_MAX);
    carom_barrier_destroy(&barrier);
    expect_no_barrier_of(0);
    expect_no_barrier_of(CAROM_PARTIES_MAX + 1);
    CAROM_ASSERT_STATUS(carom_barrier_create(&barrier, (carom_context_t *) event, 1), CAROM_EINVAL);
    CAROM_ASSERT(barrier == NULL);
    CAROM_ASSERT_STATUS(wait_at(&index, NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(wait_at(&index, none, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_barrier_abort(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_barrier_reset(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_barrier_reset(none), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_barrier_action_set(NULL, NULL, NULL), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_barrier_parties(NULL), 0);
    CAROM_ASSERT_INT(carom_barrier_parties(none), 0);
    expect(NULL, 0, 0);
    expect(none, 0, 0);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_barrier(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_barrier(carom_value_from_event(event)) == NULL);
    carom_event_destroy(&event);
}

/* ---- rounds ---- */

CAROM_TASK(barrier_comes)
{
    carom_status_t status;
    uint32_t index;

    status = wait_at(&index, carom_arg_barrier(call, 0), PATIENCE);
    return status == CAROM_OK ? carom_return(call, index) : carom_fail(call, status, "broken");
}

static void end_barrier_comer(carom_process_t **child, carom_status_t wanted)
{
    CAROM_ASSERT_OK(carom_process_join(*child, PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_outcome(*child)->status, wanted);
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

CAROM_TEST(barrier, numbers_in_the_order_of_coming)
{
    carom_barrier_t *barrier = make_barrier(test, 3);
    carom_process_t *first, *second;
    carom_value_t result;
    uint32_t index;

    first = start(test, carom_call(barrier_comes, barrier));
    see_waiting(barrier, 1);
    second = start(test, carom_call(barrier_comes, barrier));
    see_waiting(barrier, 2);
    CAROM_ASSERT_OK(wait_at(&index, barrier, 0));
    CAROM_ASSERT_INT(index, 2);
    expect(barrier, 0, 0);
    CAROM_ASSERT_OK(carom_process_join(first, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, first));
    CAROM_ASSERT_INT(carom_value_int(result), 0);
    CAROM_ASSERT_OK(carom_process_join(second, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, second));
    CAROM_ASSERT_INT(carom_value_int(result), 1);
    CAROM_ASSERT_OK(carom_process_destroy(&first));
    CAROM_ASSERT_OK(carom_process_destroy(&second));
    carom_barrier_destroy(&barrier);
}

enum { PARTIES = 4, ROUNDS = 300 };

/* Puts all the numbers back that were taken in this round. */
static carom_status_t puts_back(void *baton)
{
    carom_semaphore_t **numbers = baton;
    int i;

    for (i = 0; i < PARTIES; i++) {
        if (carom_semaphore_count(numbers[i]) != 0)
            return CAROM_EFAILED;
        CAROM_ASSERT_OK(carom_semaphore_release(numbers[i], 1));
    }
    return CAROM_OK;
}

/* Each takes its number after the first barrier, which fails where another had the same; at the second, all are taken. */
static void go_round(carom_barrier_t *first, carom_barrier_t *second, carom_semaphore_t **numbers, int64_t rounds)
{
    uint32_t index;
    int64_t i;

    CAROM_ASSERT_OK(carom_barrier_action_set(second, puts_back, numbers));
    for (i = 0; i < rounds; i++) {
        CAROM_ASSERT_OK(wait_at(&index, first, PATIENCE));
        CAROM_ASSERT(index < PARTIES);
        CAROM_ASSERT_OK(carom_semaphore_acquire(numbers[index], 0));
        CAROM_ASSERT_OK(wait_at(&index, second, PATIENCE));
    }
}

CAROM_TASK(barrier_goes_round)
{
    carom_semaphore_t *numbers[PARTIES];
    size_t i;

    for (i = 0; i < PARTIES; i++)
        numbers[i] = carom_arg_semaphore(call, 3 + i);
    go_round(carom_arg_barrier(call, 0), carom_arg_barrier(call, 1), numbers, carom_arg_int(call, 2));
    return 0;
}

CAROM_TEST_WITH(barrier, a_number_for_each_in_each_round, .timeout_ms = 60000)
{
    carom_barrier_t *first = make_barrier(test, PARTIES), *second = make_barrier(test, PARTIES);
    int64_t rounds = for_sanitizers(ROUNDS, 10);
    carom_process_t *children[PARTIES - 1];
    carom_semaphore_t *numbers[PARTIES];
    int i;

    for (i = 0; i < PARTIES; i++)
        numbers[i] = make_semaphore(test, 1);
    start_all(children, PARTIES - 1, test,
              carom_call(barrier_goes_round, first, second, rounds, numbers[0], numbers[1], numbers[2], numbers[3]));
    go_round(first, second, numbers, rounds);
    end_all(children, PARTIES - 1);
    expect(first, 0, 0);
    for (i = 0; i < PARTIES; i++)
        carom_semaphore_destroy(&numbers[i]);
    carom_barrier_destroy(&first);
    carom_barrier_destroy(&second);
}

/* ---- what the last to come does ---- */

static carom_status_t counts_rounds(void *baton)
{
    return carom_semaphore_release(baton, 1);
}

static void count_rounds(carom_barrier_t *barrier, carom_semaphore_t *done, int64_t rounds)
{
    int64_t i;

    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, counts_rounds, done));
    for (i = 1; i <= rounds; i++) {
        CAROM_ASSERT_OK(carom_barrier_wait(NULL, barrier, PATIENCE));
        CAROM_ASSERT(carom_semaphore_count(done) >= i);
        CAROM_ASSERT(carom_semaphore_count(done) <= i + 1);
    }
}

CAROM_TASK(barrier_counts_rounds)
{
    count_rounds(carom_arg_barrier(call, 0), carom_arg_semaphore(call, 1), carom_arg_int(call, 2));
    return 0;
}

CAROM_TEST_WITH(barrier, an_action_in_each_round, .timeout_ms = 60000)
{
    carom_barrier_t *barrier = make_barrier(test, PARTIES);
    carom_semaphore_t *done = make_semaphore(test, 0);
    int64_t rounds = for_sanitizers(ROUNDS, 10);
    carom_process_t *children[PARTIES - 1];

    start_all(children, PARTIES - 1, test, carom_call(barrier_counts_rounds, barrier, done, rounds));
    count_rounds(barrier, done, rounds);
    end_all(children, PARTIES - 1);
    CAROM_ASSERT_INT(carom_semaphore_count(done), rounds);
    carom_barrier_destroy(&barrier);
    carom_semaphore_destroy(&done);
}

static carom_status_t fails(void *baton)
{
    ++*(int *) baton;
    return CAROM_EFAILED;
}

CAROM_TEST(barrier, an_action_that_fails)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_process_t *child = start(test, carom_call(barrier_comes, barrier));
    uint32_t index;
    int calls = 0;

    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, fails, &calls));
    see_waiting(barrier, 1);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EFAILED);
    expect(barrier, 0, 1);
    end_barrier_comer(&child, CAROM_EBROKEN);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    CAROM_ASSERT_INT(calls, 1);
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, NULL, NULL));
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    CAROM_ASSERT_INT(calls, 1);
    carom_barrier_destroy(&barrier);
}

CAROM_TASK(barrier_comes_last)
{
    carom_barrier_t *barrier = carom_arg_barrier(call, 0);

    see_waiting(barrier, 1);
    return carom__task_barrier_comes(call);
}

/* It is the handle's: who comes last through another runs another, or none. */
CAROM_TEST(barrier, an_action_of_who_is_not_the_last)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_process_t *child;
    uint32_t index;
    int calls = 0;

    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, fails, &calls));
    child = start(test, carom_call(barrier_comes_last, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    CAROM_ASSERT_INT(index, 0);
    end_barrier_comer(&child, CAROM_OK);
    CAROM_ASSERT_INT(calls, 0);
    carom_barrier_destroy(&barrier);
}

/* ---- broken ---- */

CAROM_TEST(barrier, timeouts)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_duration_t before = carom_now();
    uint32_t index;

    CAROM_ASSERT_STATUS(wait_at(&index, barrier, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    expect(barrier, 0, 1);
    before = carom_now();
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, CAROM_FOREVER), CAROM_EBROKEN);
    expect_took(before, 0);
    expect(barrier, 0, 1);
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    expect(barrier, 0, 0);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, -5), CAROM_ETIMEOUT);
    expect(barrier, 0, 1);
    carom_barrier_destroy(&barrier);
}

CAROM_TEST(barrier, one_whose_time_is_over)
{
    carom_barrier_t *barrier = make_barrier(test, 3);
    carom_process_t *child = start(test, carom_call(barrier_comes, barrier));
    uint32_t index;

    see_waiting(barrier, 1);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, carom_milliseconds(20)), CAROM_ETIMEOUT);
    end_barrier_comer(&child, CAROM_EBROKEN);
    expect(barrier, 0, 1);
    child = start(test, carom_call(barrier_comes, barrier));
    end_barrier_comer(&child, CAROM_EBROKEN);
    carom_barrier_destroy(&barrier);
}

CAROM_TEST(barrier, aborted)
{
    carom_barrier_t *barrier = make_barrier(test, 4);
    carom_process_t *children[2];
    uint32_t index;

    start_all(children, 2, test, carom_call(barrier_comes, barrier));
    see_waiting(barrier, 2);
    CAROM_ASSERT_OK(carom_barrier_abort(barrier));
    end_barrier_comer(&children[0], CAROM_EBROKEN);
    end_barrier_comer(&children[1], CAROM_EBROKEN);
    CAROM_ASSERT_OK(carom_barrier_abort(barrier));
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    expect(barrier, 0, 1);
    CAROM_ASSERT_INT(carom_barrier_parties(barrier), 4);
    carom_barrier_destroy(&barrier);
}

/* ---- reset ---- */

CAROM_TEST(barrier, whole_again)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_process_t *child;
    uint32_t index;

    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    CAROM_ASSERT_OK(carom_barrier_abort(barrier));
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    expect(barrier, 0, 0);
    carom_barrier_destroy(&barrier);
}

CAROM_TEST(barrier, reset_while_some_wait)
{
    carom_barrier_t *barrier = make_barrier(test, 3);
    carom_process_t *before[2], *after[2];
    uint32_t index;

    start_all(before, 2, test, carom_call(barrier_comes, barrier));
    see_waiting(barrier, 2);
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    expect(barrier, 0, 0);
    start_all(after, 2, test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&before[0], CAROM_EBROKEN);
    end_barrier_comer(&before[1], CAROM_EBROKEN);
    end_barrier_comer(&after[0], CAROM_OK);
    end_barrier_comer(&after[1], CAROM_OK);
    expect(barrier, 0, 0);
    carom_barrier_destroy(&barrier);
}

/* ---- participants that end ---- */

static carom_status_t ends_its_entry(void *baton)
{
    carom_exit(baton, 3);
}

CAROM_TASK(barrier_ends_in_its_action)
{
    carom_barrier_t *barrier = carom_arg_barrier(call, 0);

    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, ends_its_entry, call));
    see_waiting(barrier, 1);
    return carom_barrier_wait(NULL, barrier, PATIENCE) == CAROM_OK;
}

CAROM_TEST(barrier, an_action_that_ends_its_entry)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_process_t *child = start(test, carom_call(barrier_ends_in_its_action, barrier));
    uint32_t index;

    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    end_child(&child, 3);
    expect(barrier, 0, 1);
    carom_barrier_destroy(&barrier);
}

CAROM_TASK(barrier_has_no_time)
{
    CAROM_ASSERT(carom_arg_barrier(call, 0) != NULL);
    return (int) carom_arg_int(call, 1);
}

CAROM_TASK(barrier_exits)
{
    carom_exit(call, 3);
}

/* What its entry returns does not matter: it said that it was ready. */
CAROM_TEST(barrier, one_that_returned)
{
    carom_barrier_t *barrier = make_barrier(test, 2);
    carom_process_t *child = start(test, carom_call(barrier_has_no_time, barrier, 0));
    uint32_t index;

    end_child(&child, 0);
    child = start(test, carom_call(barrier_has_no_time, barrier, 5));
    end_child(&child, 5);
    child = start(test, carom_call(barrier_exits, barrier));
    end_child(&child, 3);
    expect(barrier, 0, 0);
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    carom_barrier_destroy(&barrier);
}

static carom_barrier_t *barrier_kept;

CAROM_TASK(barrier_is_kept)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_barrier(&barrier_kept, &value));
    carom_connection_close(&connection);
    return 0;
}

/* It came in a message, and nobody destroyed it.  (In a thread the process has it still.) */
CAROM_TEST_WITH(barrier, one_that_returned_and_had_it, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *connection;
    carom_barrier_t *barrier;
    carom_process_t *child;
    uint32_t index;

    skip_without_shares(test);
    child = start_with(&connection, test, &barrier_is_kept);
    barrier = make_barrier(test, 2);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_barrier(barrier), PATIENCE));
    end_child(&child, 0);
    carom_connection_close(&connection);
    expect(barrier, 0, 0);
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    carom_barrier_destroy(&barrier);
}

CAROM_TASK(barrier_stays_away)
{
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_event_wait(carom_arg_event(call, 2), CAROM_FOREVER) != CAROM_OK;
}

static void kill_it(carom_process_t **child)
{
    CAROM_ASSERT_OK(carom_process_kill(*child));
    end_child(child, -9);
}

/* One waits, one is somewhere else, and is killed. */
CAROM_TEST(barrier, one_that_is_killed)
{
    carom_barrier_t *barrier;
    carom_semaphore_t *here;
    carom_event_t *never;
    carom_process_t *victim, *child;
    carom_duration_t before;
    uint32_t index;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    barrier = make_barrier(test, 3);
    here = make_semaphore(test, 0);
    never = make_event(test);
    victim = start(test, carom_call(barrier_stays_away, barrier, here, never));
    child = start(test, carom_call(barrier_comes, barrier));
    hear(here, 1);
    see_waiting(barrier, 1);
    before = carom_now();
    CAROM_ASSERT_OK(carom_process_kill(victim));
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    end_barrier_comer(&child, CAROM_EBROKEN);
    expect_took(before, 0);
    end_child(&victim, -9);
    expect(barrier, 0, 1);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    carom_barrier_destroy(&barrier);
    carom_semaphore_destroy(&here);
    carom_event_destroy(&never);
}

/* And one that waits itself; once it is reset, the dead one is forgotten. */
CAROM_TEST(barrier, one_that_is_killed_while_it_waits)
{
    carom_barrier_t *barrier;
    carom_process_t *child;
    uint32_t index;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    barrier = make_barrier(test, 2);
    child = start(test, carom_call(barrier_comes, barrier));
    see_waiting(barrier, 1);
    kill_it(&child);
    CAROM_ASSERT_STATUS(wait_at(&index, barrier, PATIENCE), CAROM_EBROKEN);
    CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    expect(barrier, 0, 0);
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    carom_barrier_destroy(&barrier);
}

typedef struct ends_t {
    carom_semaphore_t *here;
    carom_event_t *never;
} ends_t;

static carom_status_t goes_on_for_ever(void *baton)
{
    const ends_t *self = baton;

    CAROM_ASSERT_OK(carom_semaphore_release(self->here, 1));
    return carom_event_wait(self->never, CAROM_FOREVER);
}

CAROM_TASK(barrier_acts_for_ever)
{
    carom_barrier_t *barrier = carom_arg_barrier(call, 0);
    ends_t ends = {carom_arg_semaphore(call, 1), carom_arg_event(call, 2)};

    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, goes_on_for_ever, &ends));
    see_waiting(barrier, 1);
    return carom_barrier_wait(NULL, barrier, CAROM_FOREVER) != CAROM_OK;
}

/* And one that runs the action, which nobody else can end. */
CAROM_TEST(barrier, one_that_is_killed_in_its_action)
{
    carom_barrier_t *barrier;
    carom_semaphore_t *here;
    carom_event_t *never;
    carom_process_t *victim, *child;
    carom_duration_t before;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    barrier = make_barrier(test, 2);
    here = make_semaphore(test, 0);
    never = make_event(test);
    child = start(test, carom_call(barrier_comes, barrier));
    victim = start(test, carom_call(barrier_acts_for_ever, barrier, here, never));
    hear(here, 1);
    expect(barrier, 2, 0);
    before = carom_now();
    kill_it(&victim);
    end_barrier_comer(&child, CAROM_EBROKEN);
    expect_took(before, 0);
    expect(barrier, 0, 1);
    carom_barrier_destroy(&barrier);
    carom_semaphore_destroy(&here);
    carom_event_destroy(&never);
}

/* Gets a barrier, and wants no more of it. */
CAROM_TASK(barrier_is_let_go)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_barrier_t *barrier;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_barrier(&barrier, &value));
    carom_barrier_destroy(&barrier);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    return carom_connection_receive(&value, connection, CAROM_FOREVER) == CAROM_OK;
}

CAROM_TEST(barrier, one_that_is_killed_and_has_nothing_to_do_with_it)
{
    carom_connection_t *connection;
    carom_barrier_t *barrier;
    carom_process_t *child;
    carom_value_t value;
    uint32_t index;

    skip_without_shares(test);
    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    child = start_with(&connection, test, &barrier_is_let_go);
    barrier = make_barrier(test, 2);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_barrier(barrier), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    kill_it(&child);
    carom_connection_close(&connection);
    expect(barrier, 0, 0);
    child = start(test, carom_call(barrier_comes, barrier));
    CAROM_ASSERT_OK(wait_at(&index, barrier, PATIENCE));
    end_barrier_comer(&child, CAROM_OK);
    carom_barrier_destroy(&barrier);
}

/* ---- under way ---- */

CAROM_TASK(barrier_arguments)
{
    CAROM_ASSERT_INT(carom_barrier_parties(carom_arg_barrier(call, 0)), 7);
    CAROM_ASSERT(carom_arg_barrier(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_barrier(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_lock(call, 0) == NULL);
    return 0;
}

CAROM_TEST(barrier, arguments)
{
    carom_barrier_t *barrier = make_barrier(test, 7);
    carom_process_t *child = start(test, carom_call(barrier_arguments, barrier, 4));

    end_child(&child, 0);
    carom_barrier_destroy(&barrier);
}

CAROM_TASK(barrier_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(barrier, sent_there_and_back)
{
    carom_barrier_t *barrier, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &barrier_echoes);
    barrier = make_barrier(test, 7);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_barrier(barrier), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BARRIER);
    CAROM_ASSERT(carom_value_barrier(value) != NULL);
    CAROM_ASSERT(carom_value_lock(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_barrier(&back, &value));
    CAROM_ASSERT_INT(carom_barrier_parties(back), 7);
    CAROM_ASSERT_OK(carom_barrier_abort(back));
    expect(barrier, 0, 1);
    carom_barrier_destroy(&barrier);
    expect(back, 0, 1);
    CAROM_ASSERT_STATUS(carom_value_take_barrier(&barrier, &value), CAROM_ETYPE);
    CAROM_ASSERT(barrier == NULL);
    carom_barrier_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

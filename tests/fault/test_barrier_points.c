/* What a barrier must see that happens between two steps. */

#include "tests/fault/points.h"

#include <carom/barrier.h>

#include <pthread.h>

static carom_status_t does_nothing(void *baton)
{
    (void) baton;
    return CAROM_OK;
}

/* Comes as the last one, and then takes longer than its process. */
static void *comes(void *barrier)
{
    CAROM_CHECK(carom_barrier_wait(NULL, barrier, CAROM_FOREVER) == CAROM_OK);
    return NULL;
}

static void wait_for_waiting(const carom_barrier_t *barrier, uint32_t count)
{
    int64_t latest = carom_plat_now() + PATIENCE;

    while (carom_barrier_waiting(barrier) != count)
        CAROM_ASSERT(carom_plat_now() < latest);
}

/* Its arguments go with the entry, and what it has received does not. */
CAROM_TASK(barrier_points_returns)
{
    static carom_barrier_t *barrier;
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    pthread_t thread;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_value_take_barrier(&barrier, &value));
    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, does_nothing, NULL));
    wait_for_waiting(barrier, 1);
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, comes, barrier), 0);
    wait_for_waiting(barrier, 2);
    return 0;
}

/* Nobody else can end the round. */
CAROM_TEST_WITH(barrier_points, the_last_to_come_is_late, COUNTED, .modes = PROCESSES)
{
    static const char *const environment[] = {"CAROM_FAULT=barrier.come:1:delay=60000000", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_barrier_t *barrier;
    carom_process_t *child;
    pair_t pair = make_pair();

    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, 2));
    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(barrier_points_returns, pair.b), &options));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_barrier(barrier), PATIENCE));
    CAROM_ASSERT_STATUS(carom_barrier_wait(NULL, barrier, PATIENCE), CAROM_EBROKEN);
    end_child(&child, 0);
    carom_barrier_destroy(&barrier);
    close_pair(&pair);
}

CAROM_TASK(barrier_points_comes)
{
    return carom_barrier_wait(NULL, carom_arg_barrier(call, 0), PATIENCE) != CAROM_OK;
}

/* It was to come, and nobody joins it. */
CAROM_TEST_WITH(barrier_points, one_that_dies_before_it_is_here, COUNTED, .modes = PROCESSES)
{
    static const char *const environment[] = {"CAROM_FAULT=worker.adopted:1:kill", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_barrier_t *barrier;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, 2));
    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(barrier_points_comes, barrier), &options));
    CAROM_ASSERT_STATUS(carom_barrier_wait(NULL, barrier, PATIENCE), CAROM_EBROKEN);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_barrier_destroy(&barrier);
}

/* SIGKILL at the points of a notification: who was told goes on, and what was counted is as if nobody had died. */

#include "tests/fault/points.h"

#include <carom/condition.h>
#include <carom/semaphore.h>

#include <signal.h>

/* Who was told and not woken goes on after 50 ms. */
#define A_WHILE carom_milliseconds(150)

enum { WAITERS = 2 };

static carom_condition_t *said;
static carom_semaphore_t *come, *gone;

CAROM_TASK(condition_points_victim)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);

    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(condition), PATIENCE));
    if (carom_arg_int(call, 1))
        CAROM_ASSERT_OK(carom_condition_notify_all(condition));
    else
        CAROM_ASSERT_OK(carom_condition_notify(condition, 1));
    return carom_lock_release(carom_condition_lock(condition)) != CAROM_OK;
}

/* Whether the lock is suspect does not matter here. */
static void take_lock(void)
{
    carom_status_t status = carom_lock_acquire(carom_condition_lock(said), PATIENCE);

    CAROM_ASSERT(status == CAROM_OK || status == CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_recover(carom_condition_lock(said)));
}

static void drop_lock(void)
{
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(said)));
}

CAROM_TASK(condition_points_waits)
{
    carom_status_t status;

    take_lock();
    CAROM_ASSERT_OK(carom_semaphore_release(come, 1));
    status = carom_condition_wait(said, PATIENCE);
    drop_lock();
    CAROM_ASSERT(status == CAROM_OK || status == CAROM_EOWNERDEAD);
    return carom_semaphore_release(gone, 1) != CAROM_OK;
}

/* Whoever has the lock after they have come knows that they wait. */
static void start_waiters(carom_process_t *waiters[WAITERS], carom_context_t *threads)
{
    int i;

    for (i = 0; i < WAITERS; i++)
        CAROM_ASSERT_OK(carom_process_start(&waiters[i], threads, carom_call(condition_points_waits)));
    for (i = 0; i < WAITERS; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(come, PATIENCE));
    take_lock();
    drop_lock();
}

/* So many are woken, and nobody else. */
static void expect_woken(int wanted)
{
    for (; wanted > 0; wanted--)
        CAROM_ASSERT_OK(carom_semaphore_acquire(gone, PATIENCE));
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(gone, A_WHILE), CAROM_ETIMEOUT);
}

static void kill_notifier(carom_test_t *test, const char *point, int all)
{
    char fault[60];
    const char *environment[] = {fault, NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *victim;

    snprintf(fault, sizeof fault, "CAROM_FAULT=%s:1:kill", point);
    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&victim, test->context, carom_call(condition_points_victim, said, all),
                                             &options));
    CAROM_ASSERT_OK(carom_process_join(victim, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(victim), -SIGKILL);
    CAROM_ASSERT_OK(carom_process_destroy(&victim));
}

static void notify(uint32_t most)
{
    take_lock();
    CAROM_ASSERT_OK(most > 0 ? carom_condition_notify(said, most) : carom_condition_notify_all(said));
    drop_lock();
}

static void end_waiters(carom_process_t *waiters[WAITERS], int woken)
{
    int i;

    notify(0);
    for (i = 0; i < WAITERS; i++)
        end_child(&waiters[i], 0);
    for (i = woken; i < WAITERS; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(gone, 0));
}

/* With nobody left who waits a notification is for nobody, and one is for one. */
static void expect_nothing_left(carom_context_t *threads)
{
    carom_process_t *waiters[WAITERS];

    notify(1);
    start_waiters(waiters, threads);
    notify(1);
    expect_woken(1);
    end_waiters(waiters, 1);
}

CAROM_TEST_WITH(condition_points, the_notifier_is_killed, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    static const struct {
        const char *point;
        int all;
        int woken;                     /* by the dead */
    } kills[] = {{"condition.eligible", 0, 0}, {"condition.notified", 0, 1}, {"condition.all", 1, WAITERS},
                 {"condition.notified", 1, WAITERS}};
    carom_process_t *waiters[WAITERS];
    carom_context_t *threads;
    size_t i;

    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    CAROM_ASSERT_OK(carom_condition_create(&said, test->context, NULL));
    CAROM_ASSERT_OK(carom_semaphore_create(&come, threads, 0, NULL));
    CAROM_ASSERT_OK(carom_semaphore_create(&gone, threads, 0, NULL));
    for (i = 0; i < sizeof kills / sizeof kills[0]; i++) {
        start_waiters(waiters, threads);
        kill_notifier(test, kills[i].point, kills[i].all);
        expect_woken(kills[i].woken);
        end_waiters(waiters, kills[i].woken);
        expect_nothing_left(threads);
    }
    carom_semaphore_destroy(&come);
    carom_semaphore_destroy(&gone);
    carom_condition_destroy(&said);
    carom_context_destroy(&threads);
}

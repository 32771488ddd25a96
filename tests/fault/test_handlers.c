/* Semaphores and events in signal handlers; threads of the host; and a fork of the host, where all handles are the parent's. */

#include "tests/shares.h"

#include <pthread.h>
#include <signal.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- in a handler ---- */

static carom_semaphore_t *to_release;
static carom_event_t *to_set;
static volatile sig_atomic_t times, wrong;

static void releases(int number)
{
    (void) number;
    times++;
    if (to_release && carom_semaphore_release(to_release, 1) != CAROM_OK)
        wrong = 1;
    if (to_set && carom_event_set(to_set) != CAROM_OK)
        wrong = 1;
}

static void handle_alarms(struct sigaction *before, carom_semaphore_t *semaphore, carom_event_t *event)
{
    struct sigaction action = {.sa_handler = releases};

    to_release = semaphore;
    to_set = event;
    CAROM_ASSERT_INT(sigaction(SIGALRM, &action, before), 0);
}

/* One that is still pending, as under valgrind, goes with that. */
static void forget_alarms(const struct sigaction *before)
{
    signal(SIGALRM, SIG_IGN);
    sigaction(SIGALRM, before, NULL);
}

static void ring_every(int64_t microseconds)
{
    struct itimerval often = {{0, microseconds}, {0, microseconds}};

    CAROM_ASSERT_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* The thread that waits is the one that releases: the handler interrupts its wait, which is not ended by that alone. */
CAROM_TEST(fault, a_handler_releases_what_its_thread_waits_for)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0);
    struct sigaction before;
    int i;

    handle_alarms(&before, semaphore, NULL);
    ring_every(2000);
    for (i = 0; i < 100; i++)
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, PATIENCE));
    ring_every(0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore) + 100, times);
    CAROM_ASSERT_INT(wrong, 0);
    forget_alarms(&before);
    carom_semaphore_destroy(&semaphore);
}

CAROM_TEST(fault, a_handler_sets_what_its_thread_waits_for)
{
    carom_event_t *event = make_event(test);
    struct sigaction before;
    int i;

    handle_alarms(&before, NULL, event);
    ring_every(2000);
    for (i = 0; i < 100; i++) {
        CAROM_ASSERT_OK(carom_event_wait(event, PATIENCE));
        CAROM_ASSERT_OK(carom_event_clear(event));
    }
    ring_every(0);
    CAROM_ASSERT_INT(wrong, 0);
    forget_alarms(&before);
    carom_event_destroy(&event);
}

/* In the midst of the same calls: nothing is lost, and nothing hangs. */
CAROM_TEST(fault, a_handler_releases_while_its_thread_does)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0);
    struct sigaction before;
    uint32_t i;

    handle_alarms(&before, semaphore, NULL);
    ring_every(200);
    for (i = 0; times < 200; i++) {
        CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 2));
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
        CAROM_ASSERT_OK(carom_semaphore_acquire(semaphore, 0));
    }
    ring_every(0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), times);
    CAROM_ASSERT_INT(wrong, 0);
    forget_alarms(&before);
    carom_semaphore_destroy(&semaphore);
}

/* Signals end no wait before its time. */
CAROM_TEST(fault, a_handler_ends_no_wait)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0);
    carom_event_t *event = make_event(test);
    carom_duration_t since = carom_now();
    struct sigaction before;

    handle_alarms(&before, NULL, NULL);
    ring_every(1000);
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(semaphore, carom_milliseconds(50)), CAROM_ETIMEOUT);
    expect_took(since, 50000);
    since = carom_now();
    CAROM_ASSERT_STATUS(carom_event_wait(event, carom_milliseconds(50)), CAROM_ETIMEOUT);
    expect_took(since, 50000);
    ring_every(0);
    CAROM_ASSERT(times > 0);
    forget_alarms(&before);
    carom_semaphore_destroy(&semaphore);
    carom_event_destroy(&event);
}

/* ---- threads of the host ---- */

typedef struct host_t {
    carom_lock_t *lock;
    carom_semaphore_t *inside;
    carom_barrier_t *barrier;
    carom_status_t status;
} host_t;

static void *goes_in_and_out(void *argument)
{
    host_t *self = argument;
    int i;

    CAROM_ASSERT_OK(carom_barrier_wait(NULL, self->barrier, PATIENCE));
    for (i = 0; i < 1000; i++) {
        CAROM_ASSERT_OK(carom_lock_acquire(self->lock, PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_acquire(self->inside, 0));
        CAROM_ASSERT_OK(carom_semaphore_release(self->inside, 1));
        CAROM_ASSERT_OK(carom_lock_release(self->lock));
    }
    CAROM_ASSERT_OK(carom_barrier_wait(NULL, self->barrier, PATIENCE));
    return NULL;
}

CAROM_TEST_WITH(fault, threads_of_the_host_share_handles, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    host_t self = {make_lock(test), make_semaphore(test, 1), NULL, CAROM_OK};
    pthread_t threads[3];
    int i;

    CAROM_ASSERT_OK(carom_barrier_create(&self.barrier, test->context, 4));
    for (i = 0; i < 3; i++)
        CAROM_ASSERT_INT(pthread_create(&threads[i], NULL, goes_in_and_out, &self), 0);
    (void) goes_in_and_out(&self);
    for (i = 0; i < 3; i++)
        CAROM_ASSERT_INT(pthread_join(threads[i], NULL), 0);
    carom_lock_destroy(&self.lock);
    carom_semaphore_destroy(&self.inside);
    carom_barrier_destroy(&self.barrier);
}

static void *tries(void *argument)
{
    host_t *self = argument;

    CAROM_ASSERT_STATUS(carom_lock_release(self->lock), CAROM_ENOTOWNER);
    CAROM_ASSERT_STATUS(carom_lock_recover(self->lock), CAROM_ENOTOWNER);
    self->status = carom_lock_acquire(self->lock, carom_milliseconds(10));
    return NULL;
}

/* The owner is a thread, not its process. */
CAROM_TEST_WITH(fault, a_thread_of_the_host_owns, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    host_t self = {make_lock(test), NULL, NULL, CAROM_OK};
    pthread_t thread;

    CAROM_ASSERT_OK(carom_lock_acquire(self.lock, 0));
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, tries, &self), 0);
    CAROM_ASSERT_INT(pthread_join(thread, NULL), 0);
    CAROM_ASSERT_STATUS(self.status, CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(self.lock));
    carom_lock_destroy(&self.lock);
}

/* ---- in a fork of the host ---- */

#define IS_FORKED(call) ((call) == CAROM_EFORKED)

static int lock_in_fork(carom_lock_t *lock, carom_event_t *event)
{
    carom_lock_owner_t owner;

    if (!IS_FORKED(carom_lock_acquire(lock, 0)) || !IS_FORKED(carom_lock_release(lock)))
        return 1;
    if (!IS_FORKED(carom_lock_recover(lock)) || !IS_FORKED(carom_lock_owner(&owner, lock)) || owner.pid != 0)
        return 2;
    if (carom_lock_is_locked(lock))
        return 3;
    if (!IS_FORKED(carom_event_set(event)) || !IS_FORKED(carom_event_clear(event)) || !IS_FORKED(carom_event_wait(event, 0)))
        return 4;
    if (carom_event_is_set(event))
        return 5;
    carom_lock_destroy(&lock);
    carom_event_destroy(&event);
    return lock == NULL && event == NULL ? 0 : 6;
}

static int semaphore_in_fork(carom_semaphore_t *semaphore, carom_condition_t *condition)
{
    if (!IS_FORKED(carom_semaphore_acquire(semaphore, 0)) || !IS_FORKED(carom_semaphore_release(semaphore, 1)))
        return 11;
    if (carom_semaphore_count(semaphore) != 0)
        return 12;
    if (!IS_FORKED(carom_condition_wait(condition, 0)) || !IS_FORKED(carom_condition_notify(condition, 1)))
        return 13;
    if (!IS_FORKED(carom_condition_notify_all(condition)))
        return 14;
    carom_semaphore_destroy(&semaphore);
    carom_condition_destroy(&condition);
    return 0;
}

static int barrier_in_fork(carom_barrier_t *barrier)
{
    uint32_t index = 9;

    if (!IS_FORKED(carom_barrier_wait(&index, barrier, 0)) || index != 0)
        return 21;
    if (!IS_FORKED(carom_barrier_abort(barrier)) || !IS_FORKED(carom_barrier_reset(barrier)))
        return 22;
    if (!IS_FORKED(carom_barrier_action_set(barrier, NULL, NULL)) || carom_barrier_parties(barrier) != 0)
        return 23;
    carom_barrier_destroy(&barrier);
    return 0;
}

static void expect_no_complaint(pid_t pid)
{
    int how;

    CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
    CAROM_ASSERT(WIFEXITED(how));
    CAROM_ASSERT_INT(WEXITSTATUS(how), 0);
}

CAROM_TEST_WITH(fault, a_lock_and_an_event_are_the_parent_s, .modes = CAROM_TEST_PROCESSES)
{
    carom_lock_t *lock = make_lock(test);
    carom_event_t *event = make_event(test);
    pid_t pid;

    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_event_set(event));
    pid = fork();
    if (pid == 0)
        _exit(lock_in_fork(lock, event));
    expect_no_complaint(pid);
    CAROM_ASSERT_INT(carom_event_is_set(event), 1);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
    carom_event_destroy(&event);
}

CAROM_TEST_WITH(fault, semaphores_and_the_like_are_the_parent_s, .modes = CAROM_TEST_PROCESSES)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 2);
    carom_condition_t *condition;
    carom_barrier_t *barrier;
    pid_t pid;
    int code;

    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, NULL));
    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, 1));
    pid = fork();
    if (pid == 0) {
        code = semaphore_in_fork(semaphore, condition);
        _exit(code ? code : barrier_in_fork(barrier));
    }
    expect_no_complaint(pid);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 2);
    CAROM_ASSERT_OK(carom_barrier_wait(NULL, barrier, 0));
    carom_semaphore_destroy(&semaphore);
    carom_condition_destroy(&condition);
    carom_barrier_destroy(&barrier);
}

/* Numbers of its descriptors may be others' by then, and its thread is not here. */
static int watch_in_fork(carom_watch_t *watch)
{
    int first = dup(STDIN_FILENO), second = dup(STDIN_FILENO);

    alarm(10);
    if (carom_watch_poll(watch) != CAROM_EFORKED || carom_watch_native(watch) != CAROM_NATIVE_NONE)
        return 1;
    carom_watch_destroy(&watch);
    return watch != NULL || close(first) != 0 || close(second) != 0;
}

CAROM_TEST_WITH(fault, a_watch_is_the_parent_s, .modes = CAROM_TEST_PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    carom_event_t *event = make_event(test);
    carom_watch_t *watch;
    pid_t pid;

    CAROM_ASSERT_OK(carom_watch_create(&watch, carom_value_from(event)));
    CAROM_ASSERT_STATUS(carom_watch_poll(watch), CAROM_ETIMEOUT);
    pid = fork();
    if (pid == 0)
        _exit(watch_in_fork(watch));
    expect_no_complaint(pid);
    CAROM_ASSERT_OK(carom_event_set(event));
    CAROM_ASSERT_OK(carom_watch_poll(watch));
    carom_watch_destroy(&watch);
    carom_event_destroy(&event);
}

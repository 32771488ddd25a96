/* What only Unix can do to a program: raw forks, signals, limits, and hosts that collect children that are not theirs. */

#include "tests/shares.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

CAROM_TASK(unix_no_op)
{
    return 0;
}

CAROM_TASK(unix_echo)
{
    return echo(carom_arg_connection(call, 0));
}

/* ---- a thread of the program's own, which has a lock when the entry returns ---- */

static carom_lock_t *kept_lock;

static void *keeps_the_lock(void *nothing)
{
    if (carom_lock_acquire(kept_lock, 0) == CAROM_OK)
        for (;;)
            pause();
    return nothing;
}

/* At the exit, while the thread still runs: it has the lock, and nobody else gets it. */
static void look_at_the_lock(void)
{
    _exit(carom_lock_acquire(kept_lock, 0) == CAROM_ETIMEOUT ? 0 : 9);
}

CAROM_TASK(returns_beside_an_owner)
{
    carom_duration_t deadline = carom_now() + PATIENCE;
    carom_lock_t *own;
    pthread_t thread;

    CAROM_ASSERT_OK(carom_lock_create(&kept_lock, NULL, NULL));
    CAROM_ASSERT_OK(carom_lock_create(&own, NULL, NULL));
    CAROM_ASSERT_OK(carom_lock_acquire(own, 0));
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, keeps_the_lock, NULL), 0);
    while (!carom_lock_is_locked(kept_lock) && carom_now() < deadline)
        continue;
    CAROM_ASSERT(carom_lock_is_locked(kept_lock));
    return atexit(look_at_the_lock);
}

CAROM_TEST_WITH(fault, an_owner_beside_the_entry_that_returns, .modes = CAROM_TEST_SPAWN)
{
    carom_process_t *child;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(returns_beside_an_owner)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* ---- grandchildren behind our back ---- */

/* Leaves a forked child that sleeps until it is killed; the number of it is the result. */
CAROM_TASK(forks_a_sleeper)
{
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    return carom_return(call, pid);
}

static pid_t sleeper_of(carom_process_t *child)
{
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_result(&result, child));
    return (pid_t) carom_value_int(result);
}

/* It is our child once its parent has been collected: the harness takes orphans in. */
static void kill_sleeper(pid_t pid)
{
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

/* join waits for the child and nobody else. */
CAROM_TEST_WITH(fault, join_with_a_living_grandchild, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    carom_duration_t before;
    pid_t sleeper;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(forks_a_sleeper)));
    before = carom_now();
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_NOTE("joined after %lld us", (long long) (carom_now() - before));
    sleeper = sleeper_of(child);
    CAROM_ASSERT_INT(kill(sleeper, 0), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    kill_sleeper(sleeper);
}

/* Ends after it left a sleeper, and tells the moment of its end: the join must follow within 50 ms. */
CAROM_TASK(forks_a_sleeper_and_tells_the_time)
{
    struct timespec now;
    pid_t pid = fork();
    carom_value_t list, item;

    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    CAROM_ASSERT_OK(carom_value_list(&list));
    item = carom_value_from_int(pid);
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    clock_gettime(CLOCK_MONOTONIC, &now);
    item = carom_value_from_int((int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000);
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    return carom_return(call, list);
}

CAROM_TEST_WITH(fault, join_within_50_ms_of_the_death, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    carom_value_t result;
    struct timespec now;
    int64_t late;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(forks_a_sleeper_and_tells_the_time)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    clock_gettime(CLOCK_MONOTONIC, &now);
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    late = (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000 - carom_value_int(*carom_value_at(result, 1));
    CAROM_NOTE("joined %lld us after the entry's last word", (long long) late);
    CAROM_CHECK(late < in_time(50000));
    kill_sleeper((pid_t) carom_value_int(*carom_value_at(result, 0)));
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* A sleeper forked by the peer holds no copy of its end. */
CAROM_TASK(forks_a_sleeper_with_an_end)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    pid_t pid = fork();

    if (pid == 0) {
        setpgid(0, 0);
        for (;;)
            pause();
    }
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(pid), PATIENCE));
    for (;;)
        pause();
    return 0;
}

CAROM_TEST_WITH(fault, the_end_is_seen_though_a_grandchild_lives, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &forks_a_sleeper_with_an_end);
    carom_value_t value;
    carom_duration_t before, took;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_process_kill(child));
    before = carom_now();
    {
        carom_value_t nothing;

        CAROM_ASSERT_STATUS(carom_connection_receive(&nothing, connection, PATIENCE), CAROM_EEOF);
    }
    took = carom_now() - before;
    CAROM_NOTE("the end was seen %lld us after the kill", (long long) took);
    CAROM_CHECK(took < in_time(50000));
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    kill_sleeper((pid_t) carom_value_int(value));
}

/* ---- a loop of the host ---- */

static int is_readable(carom_native_t file, int milliseconds)
{
    struct pollfd one = {.fd = (int) file, .events = POLLIN};

    return poll(&one, 1, milliseconds);
}

CAROM_TEST_WITH(fault, a_loop_of_the_host, .modes = CAROM_TEST_SPAWN)
{
    enum { COUNT = 1000, AT_ONCE = 100 };
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &unix_echo);
    carom_native_t native;
    carom_value_t value;
    int sent = 0, got = 0;

    CAROM_ASSERT_OK(carom_connection_native(&native, connection));
    CAROM_ASSERT_STATUS(carom_connection_poll(connection, 0), CAROM_ETIMEOUT);
    /* What sends were woken by is told nobody else without epoll: a poll comes before each waiting. */
    while (got < COUNT) {
        for (; sent < COUNT && sent < got / AT_ONCE * AT_ONCE + AT_ONCE; sent++)
            CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(sent), PATIENCE));
        while (carom_connection_poll(connection, 0) == CAROM_OK) {
            CAROM_ASSERT_OK(carom_connection_receive(&value, connection, 0));
            CAROM_ASSERT_INT(carom_value_int(value), got++);
        }
        if (got < sent)
            CAROM_ASSERT_INT(is_readable(native, 20000), 1);
    }
    /* It may be ready without a reason, for what was rung late, but does not stay so. */
    while (is_readable(native, 0))
        CAROM_ASSERT_STATUS(carom_connection_poll(connection, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_kill(child));
    do
        CAROM_ASSERT_INT(is_readable(native, 20000), 1);
    while (carom_connection_poll(connection, 0) == CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, 0), CAROM_EEOF);
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* ---- a child forked by the host ---- */

static int in_forked_child(carom_connection_t *connection, carom_process_t *process)
{
    carom_value_t value;

    if (carom_connection_send(connection, carom_value_none(), 0) != CAROM_EFORKED)
        return 1;
    if (carom_connection_receive(&value, connection, 0) != CAROM_EFORKED)
        return 2;
    if (carom_connection_poll(connection, 0) != CAROM_EFORKED)
        return 3;
    if (carom_process_join(process, 0) != CAROM_EFORKED)
        return 4;
    if (carom_process_kill(process) != CAROM_EFORKED)
        return 5;
    carom_connection_close(&connection);
    return carom_process_destroy(&process) == CAROM_EFORKED ? 0 : 6;
}

CAROM_TEST_WITH(fault, objects_are_the_parent_s, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &unix_echo);
    carom_value_t value;
    int how;
    pid_t pid = fork();

    if (pid == 0)
        _exit(in_forked_child(connection, child));
    CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
    CAROM_ASSERT_INT(WEXITSTATUS(how), 0);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(4), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 4);
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* An end that lies in a message which cannot go yet is in no table of objects, and yet not in the child. */
CAROM_TEST_WITH(fault, a_fork_has_nothing_that_is_under_way, .modes = CAROM_TEST_THREAD)
{
    carom_value_t value;
    stuck_t stuck;
    pair_t pair;
    pid_t pid;

    if (!carom_context_can(NULL, CAROM_CAN_SEND_CONNECTION))
        CAROM_SKIP("no-handles-in-messages");
    pair = make_pair();
    stuck = make_stuck(test->context, pair.b);
    pid = fork();
    if (pid == 0)
        for (;;)
            pause();
    receive_stuck(&value, &stuck);
    end_stuck(&stuck, CAROM_OK);
    carom_connection_close(&pair.b);
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.a, carom_milliseconds(50)), CAROM_OK);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, 0), CAROM_EEOF);
    carom_connection_close(&pair.a);
    kill_sleeper(pid);
}

/* Nothing moves, and nothing starts. */
static int start_in_forked_child(carom_context_t *context, carom_connection_t *connection)
{
    carom_process_t *child = (carom_process_t *) context;

    if (carom_process_start(&child, context, carom_call(unix_echo, connection)) != CAROM_EFORKED)
        return 1;
    return child == NULL ? 0 : 2;
}

CAROM_TEST(fault, an_argument_is_the_parent_s)
{
    carom_connection_t *a, *b;
    carom_value_t value;
    pid_t pid;
    int how;

    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    pid = fork();
    if (pid == 0)
        _exit(start_in_forked_child(test->context, b));
    CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
    CAROM_ASSERT(WIFEXITED(how));
    CAROM_ASSERT_INT(WEXITSTATUS(how), 0);
    CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_int(4), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 4);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

/* ---- hosts that collect everything; children of a forkserver are not theirs ---- */

CAROM_TEST_WITH(fault, a_host_that_waits_for_everything, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORK)
{
    carom_process_t *child;
    pid_t got;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(unix_no_op)));
    do
        got = waitpid(-1, NULL, 0);
    while (got < 0 && errno == EINTR);
    CAROM_ASSERT_INT(got, carom_process_pid(child));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_EREAPED);
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST_WITH(fault, a_host_that_ignores_children, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORK)
{
    carom_process_t *child;

    CAROM_ASSERT(signal(SIGCHLD, SIG_IGN) != SIG_ERR);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(unix_no_op)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_EREAPED);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(signal(SIGCHLD, SIG_DFL) != SIG_ERR);
}

/* Other children of the host are the host's. */
CAROM_TEST_WITH(fault, children_of_the_host_are_left_alone, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    pid_t own = fork();
    int how;

    if (own == 0)
        _exit(7);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(unix_no_op)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_active(NULL, 0), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT_INT(waitpid(own, &how, 0), own);
    CAROM_ASSERT_INT(WEXITSTATUS(how), 7);
}

/* ---- what a child inherits ---- */

/* The open descriptors below 1000, as text. */
static const char *open_descriptors(char *text, size_t size)
{
    size_t used = 0;
    int fd;

    for (fd = 0; fd < 1000 && used + 8 < size; fd++)
        if (fcntl(fd, F_GETFD) >= 0)
            used += (size_t) snprintf(text + used, size - used, "%d ", fd);
    text[used] = '\0';
    return text;
}

CAROM_TASK(reports_descriptors)
{
    char text[2000];

    return carom_return(call, open_descriptors(text, sizeof text));
}

static int count_words(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += *text == ' ';
    return count;
}

/* stdin, stdout, stderr, control and lifeline, what is shared, a sentinel where there are no descriptors of processes, and
 * what a forkserver's worker says its end with; not what the host left inheritable. */
CAROM_TEST_WITH(fault, only_wanted_descriptors, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORKSERVER)
{
    carom_process_t *child;
    carom_value_t result;
    int leaky = open("/dev/null", O_RDONLY), high = fcntl(leaky, F_DUPFD, 700);
    int wanted = 5 + carom_context_can(test->context, CAROM_CAN_SHARE) + !carom_feature("HAVE_PIDFD_OPEN") +
                 (strcmp(test->mode, "forkserver") == 0);

    CAROM_ASSERT(leaky >= 0 && high >= 700);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(reports_descriptors)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_NOTE("it has %s", carom_value_text(result));
    CAROM_ASSERT(strncmp(carom_value_text(result), "0 1 2 ", 6) == 0);
    CAROM_ASSERT(strstr(carom_value_text(result), " 700 ") == NULL);
    CAROM_ASSERT_INT(count_words(carom_value_text(result)), wanted);
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    close(leaky);
    close(high);
}

CAROM_TASK(reports_flags)
{
    int fd;

    for (fd = 3; fd < 8; fd++)
        CAROM_ASSERT(fcntl(fd, F_GETFD) < 0 || fcntl(fd, F_GETFD) == FD_CLOEXEC);
    return 0;
}

CAROM_TEST_WITH(fault, a_worker_s_own_descriptors_are_close_on_exec, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORKSERVER)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(reports_flags)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(reports_signals)
{
    struct sigaction action;
    sigset_t mask;

    CAROM_ASSERT_INT(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
    CAROM_ASSERT(!sigismember(&mask, SIGUSR1) && !sigismember(&mask, SIGTERM));
    CAROM_ASSERT_INT(sigaction(SIGUSR2, NULL, &action), 0);
    CAROM_ASSERT(action.sa_handler == SIG_DFL);
    return 0;
}

CAROM_TEST_WITH(fault, signals_are_default_in_a_worker, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    sigset_t mask, before;

    sigemptyset(&mask);
    sigaddset(&mask, SIGUSR1);
    sigaddset(&mask, SIGTERM);
    CAROM_ASSERT_INT(sigprocmask(SIG_BLOCK, &mask, &before), 0);
    CAROM_ASSERT(signal(SIGUSR2, SIG_IGN) != SIG_ERR);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(reports_signals)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(signal(SIGUSR2, SIG_DFL) != SIG_ERR);
    CAROM_ASSERT_INT(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

/* The host's standard streams may be closed: our descriptors must not land where the child's streams go. */
CAROM_TEST_WITH(fault, a_host_without_standard_streams, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    carom_status_t status;
    int saved[3], fd, code;

    for (fd = 0; fd < 3; fd++) {
        saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 100);
        close(fd);
    }
    status = carom_process_start(&child, test->context, carom_call(unix_no_op));
    if (status == CAROM_OK)
        status = carom_process_join(child, PATIENCE);
    code = status == CAROM_OK ? carom_process_exit_code(child) : -1000;
    carom_process_destroy(&child);
    for (fd = 0; fd < 3; fd++) {
        dup2(saved[fd], fd);
        close(saved[fd]);
    }
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_INT(code, 0);
}

/* ---- a guest changes nothing ---- */

static int same_handlers(struct sigaction before[65])
{
    struct sigaction now;
    int number;

    for (number = 1; number < 65; number++)
        if (sigaction(number, NULL, &now) == 0 && now.sa_handler != before[number].sa_handler)
            return 0;
    return 1;
}

static int same_masks(const sigset_t *one, const sigset_t *other)
{
    int number;

    for (number = 1; number < 65; number++)
        if (sigismember(one, number) != sigismember(other, number))
            return 0;
    return 1;
}

CAROM_TEST(fault, the_host_keeps_its_signals)
{
    static struct sigaction before[65];
    sigset_t mask, mask_before;
    carom_process_t *child;
    int number;

    for (number = 1; number < 65; number++)
        sigaction(number, NULL, &before[number]);
    sigprocmask(SIG_BLOCK, NULL, &mask_before);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(unix_no_op)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(same_handlers(before));
    sigprocmask(SIG_BLOCK, NULL, &mask);
    CAROM_ASSERT(same_masks(&mask, &mask_before));
}

CAROM_TASK(reports_mask)
{
    sigset_t mask;

    CAROM_ASSERT_INT(sigprocmask(SIG_BLOCK, NULL, &mask), 0);
    CAROM_ASSERT(sigismember(&mask, SIGUSR1) && sigismember(&mask, SIGTERM) && !sigismember(&mask, SIGSEGV));
    return 0;
}

CAROM_TEST_WITH(fault, threads_of_carom_take_no_signals, .modes = CAROM_TEST_THREAD)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(reports_mask)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* ---- signals without SA_RESTART, 1,000 a second ---- */

static volatile sig_atomic_t ticks;

static void tick(int number)
{
    (void) number;
    ticks++;
}

static void start_ticking(void)
{
    struct sigaction action = {.sa_handler = tick};
    struct itimerval every = {{0, 1000}, {0, 1000}};

    CAROM_ASSERT_INT(sigaction(SIGALRM, &action, NULL), 0);
    CAROM_ASSERT_INT(setitimer(ITIMER_REAL, &every, NULL), 0);
}

static void stop_ticking(void)
{
    struct itimerval never = {{0, 0}, {0, 0}};

    setitimer(ITIMER_REAL, &never, NULL);
    /* One that is still pending, as under valgrind, goes with that. */
    signal(SIGALRM, SIG_IGN);
    signal(SIGALRM, SIG_DFL);
}

static void work_among_signals(carom_test_t *test)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &unix_echo);
    char *bytes = calloc(1, 3000000);
    carom_value_t value;
    int i;

    for (i = 0; i < 30; i++) {
        CAROM_ASSERT_OK(carom_connection_send_bytes(connection, bytes, 3000000, PATIENCE));
        CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
        CAROM_ASSERT_INT(carom_value_count(value), 3000000);
        carom_value_clear(&value);
    }
    free(bytes);
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(fault, signals_change_nothing)
{
    carom_connection_t *a, *b;
    carom_duration_t before;
    carom_value_t value;
    int64_t took;

    start_ticking();
    work_among_signals(test);
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, a, carom_milliseconds(300)), CAROM_ETIMEOUT);
    took = carom_now() - before;
    stop_ticking();
    CAROM_ASSERT(took >= 300000 && took < 3000000);
    CAROM_ASSERT(ticks > 100);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

/* ---- a closed peer is a status, not a signal ---- */

CAROM_TEST_ONCE(fault, no_sigpipe)
{
    carom_connection_t *a, *b;

    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    carom_connection_close(&b);
    CAROM_ASSERT(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    CAROM_ASSERT_STATUS(carom_connection_send(a, carom_value_none(), PATIENCE), CAROM_EEOF);
    carom_connection_close(&a);
}

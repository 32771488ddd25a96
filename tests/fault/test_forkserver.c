/* forkserver: servers that die, what they fork ahead of need, strangers, preloading. */

#include "tests/fault/forks.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

CAROM_TASK(tells_its_parent)
{
    return carom_return(call, getppid());
}

static pid_t server_of(carom_context_t *context)
{
    return (pid_t) call_for_int(context, carom_call(tells_its_parent));
}

/* What it had forked ahead of need may serve once more. */
static void expect_another(carom_context_t *context, pid_t dead)
{
    if (server_of(context) == dead)
        CAROM_ASSERT(server_of(context) != dead);
}

/* In this test the server that the warm-up made is not that of the end. */
#define LEAVES_SERVER .leaves = CAROM_LEAVES_PROCESSES | CAROM_LEAVES_DESCRIPTORS

/* It ends with us, and we see how: the harness gets the orphans of its cases, others get CAROM_EREAPED. */
CAROM_TEST_WITH(fault, a_worker_outlives_its_forkserver, .modes = CAROM_TEST_FORKSERVER, LEAVES_SERVER)
{
    pid_t server = server_of(test->context);
    listener_t worker = start_listener(test->context);
    const carom_outcome_t *outcome;

    CAROM_ASSERT_INT(kill(server, SIGKILL), 0);
    CAROM_ASSERT_STATUS(carom_process_join(worker.process, carom_milliseconds(100)), CAROM_ETIMEOUT);
    carom_connection_close(&worker.connection);
    CAROM_ASSERT_OK(carom_process_join(worker.process, PATIENCE));
    outcome = carom_process_outcome(worker.process);
    CAROM_NOTE("outcome: %s, %d", carom_status_name(outcome->status), outcome->exit_code);
    CAROM_ASSERT(outcome->exit_code == 7 || (outcome->status == CAROM_EREAPED && outcome->exit_code == 255));
    CAROM_ASSERT_OK(carom_process_destroy(&worker.process));
    expect_another(test->context, server);
}

/* Only a descriptor of the process tells of it then. */
CAROM_TEST_WITH(fault, a_stopped_forkserver_hides_no_end, .modes = CAROM_TEST_FORKSERVER, LEAVES_SERVER)
{
    pid_t server = server_of(test->context);
    listener_t worker;

    if (!carom_feature("HAVE_PIDFD_OPEN") || in_valgrind())
        CAROM_SKIP("no-pidfd");
    worker = start_listener(test->context);
    CAROM_ASSERT_INT(kill(server, SIGSTOP), 0);
    CAROM_ASSERT_OK(carom_process_kill(worker.process));
    CAROM_ASSERT_OK(carom_process_join(worker.process, carom_seconds(5)));
    CAROM_ASSERT(carom_process_exit_code(worker.process) != 0);
    CAROM_ASSERT_OK(carom_process_destroy(&worker.process));
    carom_connection_close(&worker.connection);
    CAROM_ASSERT_INT(kill(server, SIGKILL), 0);
    expect_another(test->context, server);
}

CAROM_TEST_WITH(fault, a_forkserver_ignores_the_terminal_s_interrupt, .modes = CAROM_TEST_FORKSERVER)
{
    pid_t server = server_of(test->context);

    CAROM_ASSERT_INT(kill(server, SIGINT), 0);
    CAROM_ASSERT_INT(server_of(test->context), server);
}

/* ---- the worker that a server has forked ahead of need ---- */

/* The state of a process as /proc has it; Z when it is no more. */
static char state_of(pid_t pid)
{
    char path[64], text[1024] = "", state = 'Z';
    const char *after;
    FILE *file;

    snprintf(path, sizeof path, "/proc/%ld/stat", (long) pid);
    file = fopen(path, "r");
    if (file == NULL)
        return state;
    if (fgets(text, sizeof text, file) && (after = strrchr(text, ')')) != NULL)
        state = after[2];
    fclose(file);
    return state;
}

static int has_state(pid_t pid, const char *states)
{
    carom_duration_t until = carom_now() + PATIENCE;

    while (strchr(states, state_of(pid)) == NULL)
        if (carom_now() > until)
            return 0;
    return 1;
}

/* The only child of a server that has nothing to do, waiting; 0: the system does not tell. */
static pid_t spare_of(pid_t server)
{
    carom_duration_t until = carom_now() + PATIENCE;
    long first = 0, second = 0;
    char path[64];
    int n = 0;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/children", (long) server, (long) server);
    while ((n != 1 || state_of((pid_t) first) != 'S') && carom_now() < until) {
        FILE *file = fopen(path, "r");

        if (file == NULL)
            return 0;
        n = fscanf(file, "%ld %ld", &first, &second);
        fclose(file);
    }
    CAROM_ASSERT(carom_now() < until);
    return (pid_t) first;
}

CAROM_TASK(says_once)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_status_t status = carom_connection_send(connection, carom_value_none(), PATIENCE);

    carom_connection_close(&connection);
    return status == CAROM_OK ? 0 : 1;
}

CAROM_TASK(tells_its_number)
{
    return carom_return(call, getpid());
}

/* Once it is dead, and what it had forked ahead of need with it. */
CAROM_TEST_WITH(fault, a_dead_forkserver_is_replaced, .modes = CAROM_TEST_FORKSERVER, LEAVES_SERVER)
{
    pid_t first = server_of(test->context), spare, second;

    CAROM_ASSERT_INT(server_of(test->context), first);
    CAROM_ASSERT_INT(carom_process_active(NULL, 0), 0);
    spare = spare_of(first);
    CAROM_ASSERT_INT(kill(first, SIGKILL), 0);
    CAROM_ASSERT(has_state(first, "ZX"));
    CAROM_ASSERT(spare == 0 || has_state(spare, "ZX"));
    second = server_of(test->context);
    CAROM_ASSERT(second != first);
    /* The dead one has been collected. */
    CAROM_ASSERT(waitpid(first, NULL, WNOHANG) < 0 && errno == ECHILD);
}

/* In the moment of its death a start comes to it, to its spare, or to neither: and is done, once. */
CAROM_TEST_WITH(fault, a_forkserver_dies_while_it_is_asked, .modes = CAROM_TEST_FORKSERVER, LEAVES_SERVER)
{
    int i;

    for (i = 0; i < 50; i++) {
        pid_t server = server_of(test->context);
        carom_connection_t *ours, *theirs;
        carom_process_t *child;
        carom_value_t value;

        if (i % 2)
            (void) spare_of(server);
        CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
        CAROM_ASSERT_INT(kill(server, SIGKILL), 0);
        CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(says_once, theirs)));
        carom_connection_close(&theirs);
        CAROM_ASSERT_OK(carom_connection_receive(&value, ours, PATIENCE));
        end_child(&child, 0);
        CAROM_ASSERT_STATUS(carom_connection_receive(&value, ours, PATIENCE), CAROM_EEOF);
        carom_connection_close(&ours);
    }
}

CAROM_TEST_WITH(fault, a_worker_is_forked_ahead_of_need, .modes = CAROM_TEST_FORKSERVER)
{
    pid_t spare = spare_of(server_of(test->context));

    if (spare == 0)
        CAROM_SKIP("no-list-of-children");
    /* What the terminal sends to all of a group is not for the worker that it will be. */
    CAROM_ASSERT_INT(kill(spare, SIGINT), 0);
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(tells_its_number)), spare);
}

static void expect_no_loss(carom_context_t *context, int signal_number)
{
    pid_t server = server_of(context);
    int i;

    for (i = 0; i < 20; i++) {
        pid_t spare = spare_of(server);

        if (spare == 0)
            CAROM_SKIP("no-list-of-children");
        CAROM_ASSERT_INT(kill(spare, signal_number), 0);
        CAROM_ASSERT(call_for_int(context, carom_call(tells_its_number)) != spare);
    }
    CAROM_ASSERT_INT(server_of(context), server);
}

/* One that is killed is nobody's loss, whether the server has noticed or not. */
CAROM_TEST_WITH(fault, a_dead_spare_is_replaced, .modes = CAROM_TEST_FORKSERVER)
{
    expect_no_loss(test->context, SIGKILL);
}

/* One that is stopped would hold up all who ask: it is ended, and they have another. */
CAROM_TEST_WITH(fault, a_stopped_spare_holds_up_nobody, .modes = CAROM_TEST_FORKSERVER)
{
    expect_no_loss(test->context, SIGSTOP);
}

/* Whatever becomes of the server, and whatever the spare is doing. */
CAROM_TEST_WITH(fault, a_spare_ends_with_its_server, .modes = CAROM_TEST_FORKSERVER, LEAVES_SERVER)
{
    pid_t server = 0, spare;
    int stopped;

    for (stopped = 0; stopped < (carom_feature("HAVE_SIGIO_LIFELINE") ? 2 : 1); stopped++) {
        server = server_of(test->context);
        spare = spare_of(server);
        if (spare == 0)
            CAROM_SKIP("no-list-of-children");
        CAROM_ASSERT_INT(kill(spare, stopped ? SIGSTOP : SIGINT), 0);
        CAROM_ASSERT(has_state(spare, stopped ? "TZX" : "S"));
        CAROM_ASSERT_INT(kill(server, SIGKILL), 0);
        CAROM_ASSERT(has_state(spare, "ZX"));
    }
    CAROM_ASSERT(server_of(test->context) != server);
}

/* ---- strangers with a descriptor of the server's socket ---- */

static int find_server_socket(void)
{
    int fd, type;

    for (fd = 3; fd < 1000; fd++) {
        socklen_t size = sizeof type;

        if (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_SEQPACKET)
            return fd;
    }
    return -1;
}

static void send_with(int fd, const void *bytes, size_t length, int file)
{
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } ancillary;
    struct iovec where = {(void *) bytes, length};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary};

    memset(&ancillary, 0, sizeof ancillary);
    CMSG_FIRSTHDR(&message)->cmsg_level = SOL_SOCKET;
    CMSG_FIRSTHDR(&message)->cmsg_type = SCM_RIGHTS;
    CMSG_FIRSTHDR(&message)->cmsg_len = CMSG_LEN(sizeof file);
    memcpy(CMSG_DATA(CMSG_FIRSTHDR(&message)), &file, sizeof file);
    CAROM_ASSERT_INT(sendmsg(fd, &message, MSG_NOSIGNAL), (int64_t) length);
}

/* A message of any length, and one of the right length with another key: the server closes what came along, and serves on. */
CAROM_TEST_WITH(fault, a_forkserver_refuses_strangers, .modes = CAROM_TEST_FORKSERVER)
{
    pid_t server = server_of(test->context);
    int socket = find_server_socket(), ends[2];
    unsigned char junk[4096];
    size_t length, i;
    char byte;

    CAROM_ASSERT(socket >= 0);
    for (length = 1; length < 200; length++) {
        CAROM_ASSERT_INT(pipe(ends), 0);
        for (i = 0; i < length; i++)
            junk[i] = (unsigned char) (rand() >> 3);
        /* What a request begins with is no secret. */
        if (length >= 8)
            memcpy(junk, (const unsigned char[]) {'1', 'f', '-', 'm', 'o', 'r', 'a', 'c'}, 8);
        send_with(socket, junk, length, ends[1]);
        close(ends[1]);
        CAROM_ASSERT_INT(read(ends[0], &byte, 1), 0);
        close(ends[0]);
    }
    memset(junk, 1, sizeof junk);
    CAROM_ASSERT_INT(send(socket, junk, sizeof junk, MSG_NOSIGNAL), sizeof junk);
    CAROM_ASSERT_INT(server_of(test->context), server);
}

/* ---- preloading ---- */

static int64_t preloaded = 1;

CAROM_TASK(tells_what_is_preloaded)
{
    return carom_return(call, preloaded);
}

CAROM_TASK(preload_remembers)
{
    preloaded = 42;
    return carom_arg_count(call) == 0 ? 0 : 1;
}

CAROM_TASK(preload_fails)
{
    return carom_fail(call, CAROM_ENOKEY, "nothing to load from");
}

CAROM_TASK(preload_returns)
{
    (void) call;
    return 5;
}

CAROM_TASK(preload_dies)
{
    (void) call;
    raise(SIGKILL);
    return 0;
}

CAROM_TASK(preload_leaves_a_thread)
{
    pthread_t thread;

    (void) call;
    return pipe(gate) == 0 && pthread_create(&thread, NULL, wait_at_gate, NULL) == 0 ? 0 : 1;
}

static void expect_preload(carom_context_t *context, const carom_entry_t *entry, carom_status_t status, const char *words)
{
    carom_process_t *child;

    keep_log();
    CAROM_ASSERT_OK(carom_forkserver_preload_set(entry));
    CAROM_ASSERT_STATUS(carom_process_start(&child, context, carom_call(fork_no_op)), status);
    CAROM_ASSERT(child == NULL);
    expect_words(words);
}

CAROM_TEST_WITH(fault, preloading_that_fails, .modes = CAROM_TEST_ONCE_ONLY, LEAVES_SERVER)
{
    carom_context_t *context = context_of("forkserver");

    (void) test;
    expect_preload(context, &preload_fails, CAROM_ENOKEY, "nothing to load from");
    expect_preload(context, &preload_returns, CAROM_EFAILED, "preload_returns gave 5");
    expect_preload(context, &preload_dies, CAROM_EDIED, "signal 9");
    expect_preload(context, &preload_leaves_a_thread, CAROM_EBUSY, "left threads behind");
    carom_context_destroy(&context);
}

/* A server forks: with something of the program's in it, only when it is alone. */
CAROM_TEST_WITH(fault, preloading, .modes = CAROM_TEST_ONCE_ONLY, LEAVES_SERVER)
{
    carom_context_t *context;

    (void) test;
    if (!can_fork())
        CAROM_SKIP("no-fork");
    context = context_of("forkserver");
    CAROM_ASSERT_OK(carom_forkserver_preload_set(&preload_remembers));
    CAROM_ASSERT_INT(call_for_int(context, carom_call(tells_what_is_preloaded)), 42);
    CAROM_ASSERT_STATUS(carom_forkserver_preload_set(NULL), CAROM_EBUSY);
    CAROM_ASSERT_INT(preloaded, 1);
    carom_context_destroy(&context);
}

CAROM_TEST_ONCE(fault, preloading_what_is_no_entry)
{
    static const carom_entry_t nothing = {NULL, 1, NULL, NULL};

    (void) test;
    CAROM_ASSERT_STATUS(carom_forkserver_preload_set(&nothing), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_forkserver_preload_set(NULL));
}

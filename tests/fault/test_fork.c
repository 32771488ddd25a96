/* fork and forkserver: threads, templates, servers that die, and what a fork must not do twice. */

#include <carom-harness.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define PATIENCE carom_seconds(20)

CAROM_TASK(fork_no_op)
{
    return 0;
}

/* Ends with its connection. */
CAROM_TASK(fork_listen)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 7 : 1;
}

typedef struct listener_t {
    carom_process_t *process;
    carom_connection_t *connection;
} listener_t;

static listener_t start_listener(carom_context_t *context)
{
    carom_connection_t *theirs;
    listener_t self;

    CAROM_ASSERT_OK(carom_connection_pair(&self.connection, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&self.process, context, carom_call(fork_listen, theirs)));
    carom_connection_close(&theirs);
    return self;
}

static void end_listener(listener_t *self)
{
    carom_connection_close(&self->connection);
    CAROM_ASSERT_OK(carom_process_join(self->process, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(self->process), 7);
    CAROM_ASSERT_OK(carom_process_destroy(&self->process));
}

static carom_context_t *context_of(const char *mode)
{
    carom_context_t *context;

    CAROM_ASSERT_OK(carom_context_create(&context, mode));
    return context;
}

static int64_t call_for_int(carom_context_t *context, carom_request_t request)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, context, request));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return carom_value_int(result);
}

/* ---- what the log said last of a failure ---- */

static char last_words[1000];

static void keep_words(carom_level_t level, const char *process, const char *text)
{
    (void) process;
    if (level <= CAROM_LOG_WARNING)
        snprintf(last_words, sizeof last_words, "%s", text);
}

static carom_log_hook_t keeper = {"keeper", keep_words, NULL};

static void keep_log(void)
{
    last_words[0] = '\0';
    carom_log_register(&keeper);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_WARNING, &keeper));
}

static void expect_words(const char *words)
{
    CAROM_NOTE("the log: %s", last_words);
    CAROM_CHECK(strstr(last_words, words) != NULL);
    carom_log_unregister(&keeper);
}

/* ---- threads of the host ---- */

static int gate[2];

static void *wait_at_gate(void *nothing)
{
    char byte;

    (void) nothing;
    while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    return NULL;
}

CAROM_TEST_WITH(fault, no_fork_beside_a_thread_of_the_host, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD)
{
    carom_process_t *child;
    carom_channel_t *half;
    pthread_t thread;

    keep_log();
    CAROM_ASSERT_INT(pipe(gate), 0);
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, wait_at_gate, NULL), 0);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_call(fork_no_op)), CAROM_EBUSY);
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT_STATUS(carom_channel_create(&half, test->context, NULL), CAROM_EBUSY);
    CAROM_ASSERT(half == NULL);
    close(gate[1]);
    CAROM_ASSERT_INT(pthread_join(thread, NULL), 0);
    close(gate[0]);
    expect_words("threads that are not carom's");
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(fork_no_op)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* ---- threads of carom ---- */

CAROM_TEST_WITH(fault, no_fork_beside_our_threads_without_a_template, .modes = CAROM_TEST_THREAD)
{
    listener_t thread = start_listener(test->context);
    carom_context_t *forks = context_of("fork");
    carom_process_t *child;

    keep_log();
    CAROM_ASSERT_STATUS(carom_process_start(&child, forks, carom_call(fork_no_op)), CAROM_EBUSY);
    CAROM_ASSERT(child == NULL);
    end_listener(&thread);
    expect_words("threads of carom run");
    CAROM_ASSERT_OK(carom_process_start(&child, forks, carom_call(fork_no_op)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_context_destroy(&forks);
}

static int64_t remembered = 1;

CAROM_TASK(recalls)
{
    return carom_return(call, remembered);
}

/* The warm-up makes the template: it has the memory of that moment.  A fork of this process has that of now. */
CAROM_TEST_WITH(fault, a_template_is_of_its_time, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD)
{
    carom_context_t *threads = context_of("thread");
    listener_t thread;

    remembered = 2;
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 2);
    thread = start_listener(threads);
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 1);
    end_listener(&thread);
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 2);
    carom_context_destroy(&threads);
}

/* 1,000 with ROUNDS=1000 or make soak; fewer in make check. */
static int rounds(void)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS");
    int count = wanted ? atoi(wanted) : 0;

    return count > 0 ? count : 200;
}

static void start_and_end(carom_context_t *context, int number)
{
    listener_t child = start_listener(context);

    if (number % 2 == 0) {
        end_listener(&child);
        return;
    }
    CAROM_ASSERT_OK(carom_process_kill(child.process));
    CAROM_ASSERT_OK(carom_process_join(child.process, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child.process), -9);
    CAROM_ASSERT_OK(carom_process_destroy(&child.process));
    carom_connection_close(&child.connection);
}

/* Allocates and frees, and so holds locks of the C library often: a fork of this very process would soon hang. */
static atomic_int is_over;

CAROM_TASK(keeps_busy)
{
    while (!atomic_load(&is_over))
        free(malloc((size_t) (1 + rand() % 5000)));
    return 0;
}

CAROM_TEST_WITH(fault, forks_from_a_template_beside_busy_threads, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 300000)
{
    carom_context_t *threads = context_of("thread");
    carom_process_t *busy[2];
    int count = rounds(), i;

    for (i = 0; i < 2; i++)
        CAROM_ASSERT_OK(carom_process_start(&busy[i], threads, carom_call(keeps_busy)));
    for (i = 0; i < count; i++)
        start_and_end(test->context, i);
    atomic_store(&is_over, 1);
    for (i = 0; i < 2; i++) {
        CAROM_ASSERT_OK(carom_process_join(busy[i], PATIENCE));
        CAROM_ASSERT_OK(carom_process_destroy(&busy[i]));
    }
    carom_context_destroy(&threads);
}

/* ---- servers ---- */

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

    if (!carom_feature("HAVE_PIDFD_OPEN"))
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
        CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
        CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
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

/* One that is killed is nobody's loss, whether the server has noticed or not. */
CAROM_TEST_WITH(fault, a_dead_spare_is_replaced, .modes = CAROM_TEST_FORKSERVER)
{
    pid_t server = server_of(test->context);
    int i;

    for (i = 0; i < 20; i++) {
        pid_t spare = spare_of(server);

        if (spare == 0)
            CAROM_SKIP("no-list-of-children");
        CAROM_ASSERT_INT(kill(spare, SIGKILL), 0);
        CAROM_ASSERT(call_for_int(test->context, carom_call(tells_its_number)) != spare);
    }
    CAROM_ASSERT_INT(server_of(test->context), server);
}

/* One that is stopped would hold up all who ask: it is ended, and they have another. */
CAROM_TEST_WITH(fault, a_stopped_spare_holds_up_nobody, .modes = CAROM_TEST_FORKSERVER)
{
    pid_t server = server_of(test->context);
    int i;

    for (i = 0; i < 20; i++) {
        pid_t spare = spare_of(server);

        if (spare == 0)
            CAROM_SKIP("no-list-of-children");
        CAROM_ASSERT_INT(kill(spare, SIGSTOP), 0);
        CAROM_ASSERT(call_for_int(test->context, carom_call(tells_its_number)) != spare);
    }
    CAROM_ASSERT_INT(server_of(test->context), server);
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

CAROM_TASK(preload_remembers)
{
    remembered = 42;
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

CAROM_TEST_WITH(fault, preloading, .modes = CAROM_TEST_ONCE_ONLY, LEAVES_SERVER)
{
    carom_context_t *context = context_of("forkserver");

    (void) test;
    expect_preload(context, &preload_fails, CAROM_ENOKEY, "nothing to load from");
    expect_preload(context, &preload_returns, CAROM_EFAILED, "preload_returns gave 5");
    expect_preload(context, &preload_dies, CAROM_EDIED, "signal 9");
    expect_preload(context, &preload_leaves_a_thread, CAROM_EBUSY, "left threads behind");
    CAROM_ASSERT_OK(carom_forkserver_preload_set(&preload_remembers));
    CAROM_ASSERT_INT(call_for_int(context, carom_call(recalls)), 42);
    CAROM_ASSERT_STATUS(carom_forkserver_preload_set(NULL), CAROM_EBUSY);
    CAROM_ASSERT_INT(remembered, 1);
    carom_context_destroy(&context);
}

CAROM_TEST_ONCE(fault, preloading_what_is_no_entry)
{
    static const carom_entry_t nothing = {NULL, 1, NULL, NULL};

    (void) test;
    CAROM_ASSERT_STATUS(carom_forkserver_preload_set(&nothing), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_forkserver_preload_set(NULL));
}

/* ---- as they are now ---- */

static void say(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
}

CAROM_TASK(looks_round)
{
    char here[4096];

    CAROM_ASSERT_TEXT(getenv("CAROM_TEST_NOW"), "late");
    CAROM_ASSERT(getcwd(here, sizeof here) != NULL);
    CAROM_ASSERT_TEXT(strrchr(here, '/'), "/");
    say("here I am");
    return 0;
}

/* Also by a server that was there before. */
CAROM_TEST_WITH(fault, a_child_has_what_its_parent_has_now, .modes = CAROM_TEST_PROCESSES)
{
    int before = open(".", O_RDONLY | O_CLOEXEC), out = fcntl(1, F_DUPFD_CLOEXEC, 3), ends[2];
    carom_process_t *child;
    char text[100] = "";

    CAROM_ASSERT(before >= 0 && out >= 0 && pipe(ends) == 0);
    setenv("CAROM_TEST_NOW", "late", 1);
    CAROM_ASSERT_INT(chdir("/"), 0);
    fflush(stdout);
    dup2(ends[1], 1);
    CAROM_CHECK(carom_process_start(&child, test->context, carom_call(looks_round)) == CAROM_OK);
    dup2(out, 1);
    close(ends[1]);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(read(ends[0], text, sizeof text - 1) > 0);
    CAROM_ASSERT_TEXT(text, "here I am");
    CAROM_ASSERT_INT(fchdir(before), 0);
    unsetenv("CAROM_TEST_NOW");
    close(ends[0]);
    close(before);
    close(out);
}

/* ---- what must not be done twice ---- */

static void read_file(char *text, size_t size, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t length;

    CAROM_ASSERT(file != NULL);
    length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
    CAROM_ASSERT_INT(remove(path), 0);
}

CAROM_TASK(says_its_part)
{
    (void) call;
    fputs("child ", stdout);      /* in a buffer when the entry returns */
    return 0;
}

static void run_one(carom_context_t *context, carom_request_t request)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, context, request));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* What waits in the buffer of stdout is written before the fork, by the parent; other files are nobody's but the parent's. */
CAROM_TEST_WITH(fault, buffers_are_written_once, .modes = CAROM_TEST_PROCESSES)
{
    char out[1000], other[1000], text[200];
    int saved = fcntl(1, F_DUPFD_CLOEXEC, 3), file;
    FILE *stream;

    snprintf(out, sizeof out, "%s/out", test->directory);
    snprintf(other, sizeof other, "%s/other", test->directory);
    fflush(stdout);
    file = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    stream = fopen(other, "w");
    CAROM_ASSERT(saved >= 0 && file >= 0 && stream != NULL);
    dup2(file, 1);
    fputs("parent ", stdout);
    fputs("only once", stream);
    run_one(test->context, carom_call(says_its_part));
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    close(file);
    fclose(stream);
    read_file(text, sizeof text, out);
    CAROM_ASSERT(strcmp(text, strcmp(test->mode, "fork") == 0 ? "parent child " : "child parent ") == 0);
    read_file(text, sizeof text, other);
    CAROM_ASSERT_TEXT(text, "only once");
}

CAROM_TASK(reads_stdin)
{
    char line[20] = "";

    if (fgets(line, sizeof line, stdin) == NULL)
        return carom_return(call, "nothing");
    return carom_return(call, line);
}

static void expect_to_read(carom_context_t *context, carom_stdio_t kind, int file, const char *wanted)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    carom_value_t result;

    options.standard_input.kind = kind;
    options.standard_input.file = file;
    CAROM_ASSERT_OK(carom_process_start_with(&child, context, carom_call(reads_stdin), &options));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_TEXT(carom_value_text(result), wanted);
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* What stdin had read ahead in the parent is the parent's, who goes on where it was. */
CAROM_TEST_WITH(fault, stdin_is_read_once, .modes = CAROM_TEST_PROCESSES)
{
    char path[1000];
    int saved = fcntl(0, F_DUPFD_CLOEXEC, 3), file, ends[2];

    snprintf(path, sizeof path, "%s/in", test->directory);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CAROM_ASSERT(saved >= 0 && file >= 0 && pipe(ends) == 0);
    CAROM_ASSERT_INT(write(file, "abc\n", 4), 4);
    CAROM_ASSERT_INT(write(ends[1], "from a pipe\n", 12), 12);
    CAROM_ASSERT_INT(lseek(file, 0, SEEK_SET), 0);
    dup2(file, 0);
    CAROM_ASSERT_INT(getchar(), 'a');
    expect_to_read(test->context, CAROM_STDIO_DEFAULT, -1, "nothing");
    expect_to_read(test->context, CAROM_STDIO_FILE, ends[0], "from a pipe\n");
    CAROM_ASSERT_INT(getchar(), 'b');
    CAROM_ASSERT_INT(lseek(file, 0, SEEK_CUR), 4);
    dup2(saved, 0);
    close(saved);
    close(file);
    close(ends[0]);
    close(ends[1]);
    CAROM_ASSERT_INT(remove(path), 0);
}

/* They say so in a file when they run in another process than that which asked for them. */
static char told_at[1000];
static pid_t asker;

static void tell(void)
{
    int file = told_at[0] && getpid() != asker ? open(told_at, O_WRONLY | O_CREAT, 0600) : -1;

    if (file >= 0)
        close(file);
}

__attribute__((destructor)) static void tell_at_last(void)
{
    tell();
}

CAROM_TEST_WITH(fault, a_fork_leaves_the_host_s_exit_alone, .modes = CAROM_TEST_FORK)
{
    snprintf(told_at, sizeof told_at, "%s/told", test->directory);
    asker = getpid();
    CAROM_ASSERT_INT(atexit(tell), 0);
    run_one(test->context, carom_call(fork_no_op));
    CAROM_ASSERT(access(told_at, F_OK) != 0 && errno == ENOENT);
    told_at[0] = '\0';
}

/* ---- nothing of carom's goes along ---- */

/* The other end of a pair is in the parent only, though a fork of it lives. */
CAROM_TEST_WITH(fault, a_fork_holds_no_ends_of_its_parent, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *one, *other;
    listener_t child;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_pair(&one, &other, NULL));
    child = start_listener(test->context);
    carom_connection_close(&other);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, one, PATIENCE), CAROM_EEOF);
    carom_connection_close(&one);
    end_listener(&child);
}

static carom_process_t *known_process;
static carom_connection_t *known_connection;

CAROM_TASK(uses_the_parent_s)
{
    carom_value_t value;

    CAROM_ASSERT_INT(carom_process_active(NULL, 0), 0);
    CAROM_ASSERT_OK(carom_process_join_all(0));
    CAROM_ASSERT_STATUS(carom_process_join(known_process, 0), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, known_connection, 0), CAROM_EFORKED);
    (void) call;
    return 0;
}

CAROM_TEST_WITH(fault, a_fork_s_family_is_empty, .modes = CAROM_TEST_FORK)
{
    listener_t child = start_listener(test->context);

    known_process = child.process;
    known_connection = child.connection;
    run_one(test->context, carom_call(uses_the_parent_s));
    end_listener(&child);
}

/* ---- each mode in each ---- */

CAROM_TASK(starts_one_in_each_mode)
{
    carom_context_t *contexts[10];
    size_t i;

    for (i = 0; carom_mode_at(i); i++)
        contexts[i] = context_of(carom_mode_at(i));
    while (i-- > 0) {
        run_one(contexts[i], carom_call(fork_no_op));
        carom_context_destroy(&contexts[i]);
    }
    (void) call;
    return 0;
}

/* In thread mode a template of this process is made, and kept. */
CAROM_TEST_WITH(fault, each_mode_in_each, .leaves = CAROM_LEAVES_PROCESSES | CAROM_LEAVES_DESCRIPTORS)
{
    carom_context_t *forks = context_of("fork");

    run_one(test->context, carom_call(starts_one_in_each_mode));
    carom_context_destroy(&forks);
}

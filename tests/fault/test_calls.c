/* Calls that fail, one after the other, until all is done without coming by another: with --enable-fault-injection. */

#include "tests/fault/points.h"

#include "tests/exchanges.h"

#include <carom/array.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char filler[1000];

/* ---- calls that fail, one after the other ---- */

static int count_descriptors(void)
{
    int fd, n = 0;

    for (fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static int may_be(carom_status_t status)
{
    return status == CAROM_OK || status == CAROM_ENOMEM || status == CAROM_EMFILE || status == CAROM_EAGAIN;
}

/* How often something has failed in this attempt. */
static unsigned failed_so_far;

/* In an attempt: what comes now is to show that nothing is broken. */
static void fail_no_more(void)
{
    failed_so_far += carom__fault_fired();
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
}

/* One attempt while this fails at that pass, or at each with 0: a status, and nothing is left. */
static carom_status_t attempt_with(carom_test_t *test, const char *fault, carom_status_t (*attempt)(carom_test_t *test))
{
    uint64_t objects = objects_in_use();
    int descriptors = count_descriptors();
    carom_status_t status;

    failed_so_far = 0;
    CAROM_ASSERT_INT(carom__fault_set(fault), 0);
    status = attempt(test);
    fail_no_more();
    if (!may_be(status) || count_descriptors() != descriptors || objects_in_use() != objects)
        CAROM_NOTE("%s: %s, %d descriptors, %llu objects", fault, carom_status_name(status),
                   count_descriptors() - descriptors, (unsigned long long) (objects_in_use() - objects));
    CAROM_ASSERT(may_be(status));
    CAROM_ASSERT_INT(count_descriptors(), descriptors);
    CAROM_ASSERT_INT(objects_in_use(), objects);
    CAROM_ASSERT(arena_trouble() == NULL);
    return status;
}

/* For a while, or for ever: handles and ends that have come must not be lost because they could not be fetched just then. */
static int is_tried_again(const char *point, int error)
{
    static const char *const fetching[] = {"stream.read", "call.recv", "call.recvmsg"};
    size_t i;

    for (i = 0; i < sizeof fetching / sizeof fetching[0]; i++)
        if (strcmp(point, fetching[i]) == 0)
            return 1;
    return error == EINTR;
}

/* Lets the first, the second, … pass of a point fail in `attempt`, until it comes to its end before that; then all of
 * them. */
static void fail_at_each(carom_test_t *test, const char *point, int error, carom_status_t (*attempt)(carom_test_t *test))
{
    carom_status_t status = CAROM_OK;
    unsigned pass, failures = 0;
    char fault[100];

    failed_so_far = 1;
    for (pass = 1; pass < 2000 && failed_so_far > 0; pass++) {
        snprintf(fault, sizeof fault, "%s:%u:fail=%d", point, pass, error);
        status = attempt_with(test, fault, attempt);
        failures += status != CAROM_OK;
    }
    CAROM_ASSERT_INT(failed_so_far, 0);
    CAROM_ASSERT_OK(status);
    if (!is_tried_again(point, error)) {
        snprintf(fault, sizeof fault, "%s:0:fail=%d", point, error);
        failures += attempt_with(test, fault, attempt) != CAROM_OK;
    }
    if (failures > 0)
        CAROM_NOTE("%s, errno %d: refused %u times", point, error, failures);
}

static const struct { const char *point; int error; } refusals[] = {
    {"memory.*", ENOMEM}, {"shared.*", ENOMEM}, {"stream.pair", EMFILE}, {"stream.write", ENOMEM}, {"stream.read", ENOMEM},
    {"stream.short", 1}, {"stream.read", EINTR}, {"stream.write", EINTR},
    {"call.malloc", ENOMEM}, {"call.calloc", ENOMEM}, {"call.mmap", ENOMEM}, {"call.posix_fallocate", ENOSPC},
    {"call.posix_fallocate", EINTR}, {"call.open", EMFILE}, {"call.open", EINTR}, {"call.pipe2", EMFILE},
    {"call.socketpair", EMFILE}, {"call.socketpair", ENOBUFS}, {"call.fcntl", EMFILE},
    {"call.pidfd_open", EMFILE}, {"call.pidfd_open", ENOMEM}, {"call.read", EINTR}, {"call.write", EINTR}, {"call.recv", EINTR},
    {"call.recv", ENOMEM}, {"call.send", EINTR}, {"call.send", ENOBUFS}, {"call.recvmsg", EINTR}, {"call.recvmsg", ENOMEM},
    {"call.sendmsg", EINTR}, {"call.sendmsg", ENOBUFS}, {"call.poll", EINTR}, {"call.poll", ENOMEM}, {"call.waitid", EINTR},
    {"call.waitpid", EINTR}, {"call.fork", EAGAIN}, {"call.posix_spawn", ENOMEM}, {"call.posix_spawn", EAGAIN},
    {"call.epoll_create1", EMFILE}, {"call.epoll_ctl", ENOSPC}, {"call.eventfd", EMFILE}, {"call.pthread_create", EAGAIN},
    {"call.pthread_mutex_init", ENOMEM}, {"call.pthread_cond_init", ENOMEM},
    {"call.shm_open", EMFILE}, {"call.shm_open", EINTR}, {"call.flock", ENOLCK}, {"call.flock", EINTR},
    {"call.pwrite", ENOSPC}, {"call.pwrite", EINTR}, {"call.pread", EINTR}, {"call.fchmod", ENOMEM},
};

static void refuse_all(carom_test_t *test, carom_status_t (*attempt)(carom_test_t *test))
{
    size_t i;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        fail_at_each(test, refusals[i].point, refusals[i].error, attempt);
}

static carom_status_t attempt_pair(carom_test_t *test)
{
    carom_connection_t *a, *b;
    carom_status_t status = carom_connection_pair(&a, &b, NULL);

    (void) test;
    CAROM_ASSERT((a == NULL && b == NULL) == (status != CAROM_OK));
    carom_connection_close(&a);
    carom_connection_close(&b);
    return status;
}

/* Mappings of shared memory, by the name that the system shows for it. */
static int count_mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    char line[1000];
    int n = 0;

    while (file && fgets(line, sizeof line, file))
        n += strstr(line, "carom") != NULL && strstr(line, "rw-s") != NULL;
    if (file)
        fclose(file);
    return n;
}

/* The first pair of a process makes the arena; a fork is a process without one.  0, or which expectation failed. */
static int refuse_the_arena(carom_test_t *test, const char *point, int error)
{
    int mappings = count_mappings(), descriptors = count_descriptors();
    unsigned pass;
    char fault[100];

    for (pass = 1; carom__arena_shared() == NULL && pass < 100; pass++) {
        snprintf(fault, sizeof fault, "%s:%u:fail=%d", point, pass, error);
        if (carom__fault_set(fault) != 0)
            return 1;
        if (attempt_pair(test) == CAROM_OK)
            break;
        if (carom__arena_shared() == NULL && (count_mappings() != mappings || count_descriptors() != descriptors))
            return 2;
    }
    carom__fault_set(NULL);
    if ((pass < 2 && error != EINTR) || attempt_pair(test) != CAROM_OK)
        return 3;
    return objects_in_use() == 0 && count_mappings() == mappings + 1 ? 0 : 4;
}

/* Not each variant makes each call. */
static int is_point(const char *name)
{
    unsigned i;

    for (i = 0; carom__fault_name(i); i++)
        if (strncmp(carom__fault_name(i), name, strcspn(name, "*")) == 0)
            return 1;
    return 0;
}

CAROM_TEST_WITH(calls, the_arena_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    static const struct { const char *point; int error; } points[] = {
        {"shared.*", ENOMEM}, {"call.mmap", ENOMEM}, {"call.posix_fallocate", ENOSPC}, {"call.posix_fallocate", EINTR},
        {"call.memfd_create", EMFILE}, {"call.shm_open", EMFILE}, {"call.shm_open", EINTR}, {"call.malloc", ENOMEM},
        {"call.calloc", ENOMEM},
    };
    size_t i;

    for (i = 0; i < sizeof points / sizeof points[0]; i++) {
        /* Where the arena has no name shm_open only looks for names that the dead left. */
        int counts = strcmp(points[i].point, "call.shm_open") != 0 || !is_point("call.memfd_create");
        pid_t pid = counts && is_point(points[i].point) ? fork() : -1;
        int how;

        if (pid < 0)
            continue;
        if (pid == 0)
            _exit(refuse_the_arena(test, points[i].point, points[i].error));
        CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
        if (how != 0)
            CAROM_NOTE("%s", points[i].point);
        CAROM_ASSERT_INT(how, 0);
    }
}

CAROM_TEST_WITH(calls, a_pair_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_pair);
}

/* What could not be unlinked is, when nothing fails any more; what could not be made has no name. */
static carom_status_t attempt_memory(carom_test_t *test)
{
    carom_shared_memory_t *one, *other;
    carom_status_t status = carom_shared_memory_create(&one, "test-refused", 5000, NULL);

    (void) test;
    CAROM_ASSERT((one == NULL) == (status != CAROM_OK));
    if (status == CAROM_OK) {
        status = carom_shared_memory_attach(&other, "test-refused", 5000);
        carom_shared_memory_close(&other);
        if (status == CAROM_OK)
            status = carom_shared_memory_unlink(one);
        if (status != CAROM_OK) {
            fail_no_more();
            CAROM_ASSERT_OK(carom_shared_memory_unlink(one));
        }
        carom_shared_memory_close(&one);
    }
    fail_no_more();
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&other, "test-refused", 0), CAROM_ENOENT);
    return status;
}

CAROM_TEST_WITH(calls, memory_with_a_name_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_memory);
}

/* An end goes through a pair, and a long message. */
static carom_status_t send_through(pair_t *pair, carom_connection_t **end)
{
    carom_value_t value;
    carom_status_t status = carom_connection_send(pair->a, carom_value_from_connection(*end), PATIENCE);

    if (status == CAROM_OK)
        status = carom_connection_receive(&value, pair->b, PATIENCE);
    else if (carom_connection_poll(*end, 0) != CAROM_ETIMEOUT)
        return CAROM_EBUSY;
    if (status == CAROM_OK) {
        carom_connection_close(end);
        CAROM_ASSERT_OK(carom_value_take_connection(end, &value));
    }
    return status;
}

static carom_status_t attempt_to_send(carom_test_t *test)
{
    pair_t pair, inner;
    carom_status_t status;

    (void) test;
    if (carom_connection_pair(&pair.a, &pair.b, NULL) != CAROM_OK)
        return CAROM_ENOMEM;
    status = carom_connection_pair(&inner.a, &inner.b, NULL);
    if (status == CAROM_OK) {
        status = send_through(&pair, &inner.b);
        close_pair(&inner);
    }
    close_pair(&pair);
    return status;
}

CAROM_TEST_WITH(calls, sending_an_end_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_to_send);
}

static carom_status_t attempt_long_message(carom_test_t *test)
{
    pair_t pair;
    carom_status_t status;
    void *bytes = NULL;
    size_t length;

    (void) test;
    status = carom_connection_pair(&pair.a, &pair.b, NULL);
    if (status != CAROM_OK)
        return status;
    status = carom_connection_send_bytes(pair.a, filler, 600, PATIENCE);
    if (status == CAROM_OK)
        status = carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE);
    carom_free(bytes);
    if (status == CAROM_OK)
        status = carom_connection_send_bytes(pair.a, filler, 900, 0);
    if (status == CAROM_OK)
        status = carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE);
    if (status == CAROM_OK)
        carom_free(bytes);
    close_pair(&pair);
    return status;
}

CAROM_TEST_WITH(calls, a_long_message_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_long_message);
}

static carom_status_t on_a_pair(carom_status_t (*what)(const pair_t *pair))
{
    pair_t pair;
    carom_status_t status = carom_connection_pair(&pair.a, &pair.b, NULL);

    if (status != CAROM_OK)
        return status;
    status = what(&pair);
    close_pair(&pair);
    return status;
}

/* An end that listens in vain, and goes on as if it had not: what the bell cannot be heard for is not its end. */
static carom_status_t listen_in_vain(const pair_t *pair)
{
    carom_status_t status = CAROM_OK;
    size_t length;
    int i;

    CAROM_ASSERT_STATUS(carom_connection_poll(pair->b, carom_milliseconds(1)), CAROM_ETIMEOUT);
    for (i = 0; i < 130 && status == CAROM_OK; i++) {
        status = carom_connection_send_bytes(pair->a, filler, 64, PATIENCE);
        if (status == CAROM_OK)
            status = carom_connection_receive_into(filler, sizeof filler, &length, pair->b, PATIENCE);
    }
    return status;
}

static carom_status_t attempt_to_listen(carom_test_t *test)
{
    (void) test;
    return on_a_pair(listen_in_vain);
}

CAROM_TEST_WITH(calls, listening_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_to_listen);
}

/* An end that a loop of the host waits on. */
static carom_status_t send_to_a_loop(const pair_t *pair)
{
    carom_native_t native;
    carom_status_t status = carom_connection_native(&native, pair->b);

    if (status == CAROM_OK)
        status = carom_connection_send_bytes(pair->a, filler, 64, PATIENCE);
    if (status == CAROM_OK)
        status = carom_connection_skip(pair->b, PATIENCE);
    return status;
}

static carom_status_t attempt_in_a_loop(carom_test_t *test)
{
    (void) test;
    return on_a_pair(send_to_a_loop);
}

CAROM_TEST_WITH(calls, a_loop_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_in_a_loop);
}

/* A connection owns its file, also one that was refused. */
static carom_status_t through_pipes(const int ends[2])
{
    carom_connection_t *in, *out;
    carom_status_t status = carom_connection_open(&in, ends[0], CAROM_RECEIVES, NULL);
    carom_status_t other = carom_connection_open(&out, ends[1], CAROM_SENDS, NULL);

    status = status == CAROM_OK ? other : status;
    if (status == CAROM_OK)
        status = carom_connection_send_bytes(out, filler, sizeof filler, PATIENCE);
    if (status == CAROM_OK)
        status = carom_connection_skip(in, PATIENCE);
    carom_connection_close(&in);
    carom_connection_close(&out);
    return status;
}

static carom_status_t attempt_pipes(carom_test_t *test)
{
    int ends[2];

    (void) test;
    CAROM_ASSERT_INT(pipe(ends), 0);
    return through_pipes(ends);
}

CAROM_TEST_WITH(calls, pipes_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_pipes);
}

/* One after the other is put and got: a value that lies apart, and one with a lock. */
static carom_status_t pass_through(carom_queue_t *queue, carom_lock_t *lock)
{
    static char lot[300000];
    carom_value_t values[2] = {carom_value_borrow_bytes(lot, sizeof lot), carom_value_from_lock(lock)}, value;
    carom_status_t status = CAROM_OK;
    int i;

    for (i = 0; i < 2 && status == CAROM_OK; i++) {
        status = carom_queue_put(queue, values[i], PATIENCE);
        if (status == CAROM_OK)
            status = carom_queue_get(&value, queue, PATIENCE);
        if (status == CAROM_OK)
            carom_value_clear(&value);
    }
    if (status == CAROM_OK)
        status = carom_queue_close(queue);
    return status;
}

static carom_status_t attempt_queue(carom_test_t *test)
{
    carom_queue_t *queue;
    carom_lock_t *lock;
    carom_status_t status = carom_lock_create(&lock, NULL, NULL);

    (void) test;
    if (status != CAROM_OK)
        return status;
    status = carom_queue_create(&queue, NULL, 0, NULL);
    CAROM_ASSERT((queue == NULL) == (status != CAROM_OK));
    if (status == CAROM_OK)
        status = pass_through(queue, lock);
    carom_lock_destroy(&lock);
    carom_queue_destroy(&queue);
    return status;
}

CAROM_TEST_WITH(calls, a_queue_refused, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    refuse_all(test, attempt_queue);
}

static carom_status_t attempt_start(carom_test_t *test)
{
    carom_process_t *child;
    pair_t pair;
    carom_status_t status = carom_connection_pair(&pair.a, &pair.b, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom_process_start(&child, test->context, carom_call(points_listens, pair.b));
    close_pair(&pair);
    if (status == CAROM_OK) {
        /* What was refused while it waits is no harm to the child. */
        if (carom_process_join(child, PATIENCE) != CAROM_OK) {
            fail_no_more();
            CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
        }
        if (carom_process_exit_code(child) != 0)
            status = carom_process_outcome(child)->status;
    }
    carom_process_destroy(&child);
    return status;
}

CAROM_TEST_WITH(calls, a_start_refused, COUNTED, .timeout_ms = 120000)
{
    refuse_all(test, attempt_start);
}

/* Something fails in the child at some moment: a status of it, or of the start.  Its exit code. */
static int fail_in_child(carom_test_t *test, const char *fault)
{
    uint64_t objects = objects_in_use();
    carom_connection_t *connection;
    carom_process_t *child;
    carom_status_t status = start_child(&child, &connection, test, &points_listens, fault);
    int code = 1;

    carom_connection_close(&connection);
    if (status == CAROM_OK) {
        CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
        code = carom_process_exit_code(child);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
    }
    if ((status != CAROM_OK && status != CAROM_EDIED) || (code != 0 && code != 1 && code != 70))
        CAROM_NOTE("%s: %s, exit code %d", fault, carom_status_name(status), code);
    CAROM_CHECK(status == CAROM_OK || status == CAROM_EDIED);
    CAROM_CHECK(code == 0 || code == 1 || code == 70);
    expect_sound(fault, objects);
    return code;
}

CAROM_TEST_WITH(calls, a_child_refused, COUNTED, .modes = PROCESSES, .timeout_ms = 120000)
{
    unsigned i, pass;
    char fault[100];
    int code;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++) {
        for (pass = 1, code = 1; pass < 200 && code != 0; pass++) {
            snprintf(fault, sizeof fault, "CAROM_FAULT=%s:%u:fail=%d", refusals[i].point, pass, refusals[i].error);
            code = fail_in_child(test, fault);
            if (refusals[i].error == EINTR && code != 0)
                CAROM_NOTE("%s: exit code %d", fault, code);
            CAROM_CHECK(refusals[i].error != EINTR || code == 0);
        }
        CAROM_ASSERT_INT(code, 0);
    }
}

/* ---- handles that find no room in the process that gets them ---- */

static void send_pipe(carom_connection_t *connection, int *reading)
{
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    *reading = ends[0];
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_file(ends[1]), PATIENCE));
    close(ends[1]);
}

/* 1 when the pipe came that was sent, 0 when none did: never another. */
static int receive_pipe(carom_connection_t *connection, int reading)
{
    carom_native_t file;
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);
    char byte;

    if (status == CAROM_ENOMEM)
        status = carom_connection_receive(&value, connection, PATIENCE);
    if (status == CAROM_OK) {
        CAROM_ASSERT_OK(carom_value_take_file(&file, &value));
        CAROM_ASSERT_INT(write((int) file, "x", 1), 1);
        close((int) file);
        CAROM_ASSERT_INT(read(reading, &byte, 1), 1);
    } else {
        CAROM_ASSERT_STATUS(status, CAROM_EMFILE);
    }
    CAROM_ASSERT_INT(read(reading, &byte, 1), 0);
    close(reading);
    return status == CAROM_OK;
}

/* Each message gets its own handle or none, and says so at once.  All of them are heard before the first is received. */
CAROM_TEST_WITH(calls, handles_without_memory, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    enum { MESSAGES = 5 };
    int64_t before = carom_plat_now();
    int reading[MESSAGES], pass, i, good = 0;
    char fault[100];

    for (pass = 1; pass < 8; pass++) {
        pair_t pair = make_pair();

        for (i = 0; i < MESSAGES; i++)
            send_pipe(pair.a, &reading[i]);
        snprintf(fault, sizeof fault, "memory.*:%d:fail=%d", pass, ENOMEM);
        CAROM_ASSERT_INT(carom__fault_set(fault), 0);
        for (i = 0; i < MESSAGES; i++)
            good += receive_pipe(pair.b, reading[i]);
        CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
        close_pair(&pair);
    }
    CAROM_NOTE("%d of %d were received", good, MESSAGES * (pass - 1));
    CAROM_ASSERT(carom_plat_now() - before < 3000000);
}

/* ---- a result in memory that the exchange's process cannot map just then ---- */

/* The channel's larger ring lies behind the array. */
CAROM_TASK(calls_sends_from_afar)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;
    carom_array_t *array;
    int code;

    options.raw = 1;
    CAROM_ASSERT_OK(carom_array_create(&array, NULL, CAROM_ITEM_U8, 8 << 20, &options));
    code = fill(call, carom_call_channel(call));
    carom_array_destroy(&array);
    return code;
}

/* It is not lost, nor told of as lost. */
CAROM_TEST_WITH(calls, a_result_that_cannot_be_mapped_yet, COUNTED, .modes = PROCESSES)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(calls_sends_from_afar)));
    CAROM_ASSERT_INT(carom__fault_set("shared.map:0:fail=12"), 0);
    CAROM_ASSERT_STATUS(carom_exchange_store(exchange, PATIENCE), CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
    CAROM_ASSERT_INT(record.count, 0);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 2);
    expect_note(0, 0, CAROM_OK, MORE_THAN_FITS, 0);
}

/* At the limit of descriptors, and after ten thousand starts. */

#include "tests/runtime.h"
#include "tests/shares.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG carom_seconds(20)

/* The thread sanitizer, when it starts in a worker that is at its limit, leaves a file of its own in the temporary folder. */
#if defined(__SANITIZE_THREAD__)
#define SANITIZER_LEAVES CAROM_LEAVES_FILES
#else
#define SANITIZER_LEAVES 0
#endif

CAROM_TASK(limits_no_op)
{
    return 0;
}

/* Ends with its connection. */
CAROM_TASK(limits_listen)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, LONG);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

/* ---- out of descriptors, at each number ---- */

static int count_descriptors(void)
{
    int fd, n = 0;

    for (fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

/* The lowest number that the next descriptor could have: others may be open far above it. */
static int first_free(void)
{
    int fd = 0;

    while (fcntl(fd, F_GETFD) >= 0)
        fd++;
    return fd;
}

/* Valgrind keeps what a process sets for itself from the kernel: then some calls know of no limit, and socketpair gives numbers
 * that are not open.  It lets pass what another process sets. */
static int set_from_outside(const struct rlimit *limit)
{
#if defined(__linux__)
    pid_t self = getpid(), other = fork();
    int state = 1;

    if (other == 0)
        _exit(prlimit(self, RLIMIT_NOFILE, limit, NULL) == 0 ? 0 : 1);
    return other > 0 && waitpid(other, &state, 0) == other && state == 0 ? 0 : -1;
#else
    return setrlimit(RLIMIT_NOFILE, limit);
#endif
}

/* What was set last: valgrind would tell its own. */
static rlim_t limit_now;

static void set_limit(rlim_t limit)
{
    struct rlimit now;

    CAROM_ASSERT_INT(getrlimit(RLIMIT_NOFILE, &now), 0);
    now.rlim_cur = limit_now = limit;
    CAROM_ASSERT_INT(in_valgrind() ? set_from_outside(&now) : setrlimit(RLIMIT_NOFILE, &now), 0);
}

/* Runs `attempt` with room for 0, 1, 2, … more descriptors, until it succeeds: each failure is CAROM_EMFILE, and leaves none
 * open. */
static void fail_at_each(carom_test_t *test, carom_status_t (*attempt)(carom_test_t *test))
{
    struct rlimit before;
    carom_status_t status = CAROM_EMFILE;
    int open = count_descriptors(), first = first_free(), room;

    CAROM_ASSERT_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    for (room = 0; room < 1000 && status == CAROM_EMFILE; room++) {
        set_limit((rlim_t) (first + room));
        status = attempt(test);
        set_limit(before.rlim_cur);
        CAROM_ASSERT_INT(count_descriptors(), open);
    }
    CAROM_ASSERT_OK(status);
    CAROM_NOTE("succeeded with room for %d", room - 1);
}

static carom_status_t attempt_pair(carom_test_t *test)
{
    carom_connection_t *a, *b;
    carom_status_t status = carom_connection_pair(&a, &b, NULL);

    (void) test;
    carom_connection_close(&a);
    carom_connection_close(&b);
    return status;
}

CAROM_TEST_ONCE(fault, pair_without_descriptors)
{
    fail_at_each(test, attempt_pair);
}

static carom_status_t attempt_native(carom_test_t *test)
{
    carom_connection_t *a, *b;
    carom_status_t status = carom_connection_pair(&a, &b, NULL);
    carom_native_t native;

    (void) test;
    if (status != CAROM_OK)
        return status;
    status = carom_connection_native(&native, a);
    CAROM_ASSERT((status == CAROM_OK) == (native != CAROM_NATIVE_NONE));
    carom_connection_close(&a);
    carom_connection_close(&b);
    return status;
}

CAROM_TEST_ONCE(fault, a_loop_without_descriptors)
{
    fail_at_each(test, attempt_native);
}

/* The first of them makes what the tree shares. */
static carom_status_t attempt_shared(carom_test_t *test)
{
    carom_lock_t *lock;
    carom_queue_t *queue = NULL;
    carom_status_t status = carom_lock_create(&lock, test->context, NULL);

    if (status == CAROM_OK)
        status = carom_queue_create(&queue, test->context, 0, NULL);
    CAROM_ASSERT((status == CAROM_OK) == (queue != NULL));
    carom_queue_destroy(&queue);
    carom_lock_destroy(&lock);
    return status;
}

CAROM_TEST_WITH(fault, shared_things_without_descriptors, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1,
                .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_arena_usage_t usage;
    struct rlimit before;
    carom_status_t status;

    skip_without_shares(test);
    carom_arena_usage(&usage);
    CAROM_ASSERT_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    set_limit((rlim_t) first_free());
    status = attempt_shared(test);
    set_limit(before.rlim_cur);
    /* With --no-isolate there is what another test has made. */
    CAROM_ASSERT_STATUS(status, usage.bytes == 0 ? CAROM_EMFILE : CAROM_OK);
    CAROM_ASSERT_OK(attempt_shared(test));
}

static carom_status_t attempt_start(carom_test_t *test)
{
    carom_process_t *child;
    carom_status_t status = carom_process_start(&child, test->context, carom_call(limits_no_op));

    if (status == CAROM_OK)
        status = carom_process_join(child, LONG);
    /* A worker has the same limit: it says so when it cannot begin. */
    if (status == CAROM_OK && carom_process_exit_code(child) != 0)
        status = CAROM_EMFILE;
    carom_process_destroy(&child);
    return status;
}

CAROM_TEST_WITH(fault, start_without_descriptors, .leaves = SANITIZER_LEAVES)
{
    fail_at_each(test, attempt_start);
}

static carom_status_t attempt_start_with_end(carom_test_t *test)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_status_t status = carom_connection_pair(&ours, &theirs, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom_process_start(&child, test->context, carom_call(limits_listen, theirs));
    carom_connection_close(&theirs);
    carom_connection_close(&ours);
    if (status == CAROM_OK)
        status = carom_process_join(child, LONG);
    if (status == CAROM_OK && carom_process_exit_code(child) != 0)
        status = CAROM_EMFILE;
    carom_process_destroy(&child);
    return status;
}

CAROM_TEST_WITH(fault, start_with_an_end_without_descriptors, .leaves = SANITIZER_LEAVES)
{
    fail_at_each(test, attempt_start_with_end);
}

/* The receiver has no room for the handle that comes: the message is lost, and says why; the next one is received. */
static carom_status_t attempt_receive_end(carom_test_t *test)
{
    rlim_t before = limit_now;
    carom_connection_t *a, *b, *ours, *theirs;
    carom_value_t value;
    carom_status_t status;

    (void) test;
    set_limit(1000);
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_connection(theirs), LONG));
    carom_connection_close(&theirs);
    CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_int(1), LONG));
    set_limit(before);
    status = carom_connection_receive(&value, b, LONG);
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_connection_receive(&value, b, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    carom_connection_close(&a);
    carom_connection_close(&b);
    carom_connection_close(&ours);
    return status;
}

CAROM_TEST_ONCE(fault, receive_a_handle_without_descriptors)
{
    if (!carom_context_can(NULL, CAROM_CAN_SEND_CONNECTION))
        CAROM_SKIP("no-handles-in-messages");
    fail_at_each(test, attempt_receive_end);
}

/* Of a running thread something to wait on is made at the first asking: by `ask`, which says how that went. */
static carom_status_t ask_for_flag(carom_test_t *test, carom_status_t (*ask)(carom_process_t *child))
{
    rlim_t before = limit_now;
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_status_t status;

    set_limit(1000);
    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(limits_listen, theirs)));
    set_limit(before);
    status = ask(child);
    carom_connection_close(&theirs);
    carom_connection_close(&ours);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return status;
}

static carom_status_t ask_sentinel(carom_process_t *child)
{
    carom_native_t sentinel = 0;
    carom_status_t status = carom_process_sentinel(&sentinel, child);

    CAROM_ASSERT_INT(sentinel == CAROM_NATIVE_NONE, status != CAROM_OK);
    return status;
}

static carom_status_t ask_wait(carom_process_t *child)
{
    carom_wait_item_t item = carom_wait_process(child);
    carom_status_t status = carom_wait(&item, 1, NULL, 0);

    return status == CAROM_ETIMEOUT ? CAROM_OK : status;
}

static carom_status_t attempt_sentinel(carom_test_t *test)
{
    return ask_for_flag(test, ask_sentinel);
}

static carom_status_t attempt_wait(carom_test_t *test)
{
    return ask_for_flag(test, ask_wait);
}

CAROM_TEST_WITH(fault, sentinel_without_descriptors, .modes = CAROM_TEST_THREAD)
{
    fail_at_each(test, attempt_sentinel);
}

CAROM_TEST_WITH(fault, wait_without_descriptors, .modes = CAROM_TEST_THREAD)
{
    fail_at_each(test, attempt_wait);
}

/* The same end many times is more than the system takes at once. */
CAROM_TEST_ONCE(fault, wait_on_more_than_there_may_be)
{
    enum { COUNT = 200 };
    carom_wait_item_t items[COUNT];
    carom_connection_t *a, *b;
    struct rlimit before;
    int i;

    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    for (i = 0; i < COUNT; i++)
        items[i] = carom_wait_connection(a);
    CAROM_ASSERT_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    set_limit(COUNT - 1);
    CAROM_ASSERT_STATUS(carom_wait(items, COUNT, NULL, 0), CAROM_EMFILE);
    CAROM_ASSERT_STATUS(carom_wait(items, COUNT - 1, NULL, 0), CAROM_ETIMEOUT);
    set_limit(before.rlim_cur);
    CAROM_ASSERT_STATUS(carom_wait(items, COUNT, NULL, 0), CAROM_ETIMEOUT);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

/* ---- ten thousand starts ---- */

/* KiB in use, by the system's count. */
static long resident(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    long size, pages = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%ld %ld", &size, &pages) != 2)
        pages = 0;
    fclose(file);
    return pages * (sysconf(_SC_PAGESIZE) / 1024);
}

static void start_and_join(carom_test_t *test, unsigned rounds)
{
    carom_process_t *child;

    while (rounds-- > 0) {
        CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(limits_no_op)));
        CAROM_ASSERT_OK(carom_process_join(child, LONG));
        CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
    }
}

/* Descriptors, threads, children and zombies are the harness's to count; memory is counted here. */
CAROM_TEST_WITH(fault, ten_thousand_starts, .timeout_ms = 300000)
{
    unsigned rounds = for_starts(in_qemu() ? 500 : for_sanitizers(10000, 20), test->mode);
    long before, after;
    int descriptors = count_descriptors();

    start_and_join(test, for_starts(200, test->mode));
    before = resident();
    start_and_join(test, rounds);
    after = resident();
    CAROM_NOTE("%u starts: %ld KiB before, %ld KiB after", rounds, before, after);
    CAROM_ASSERT_INT(count_descriptors(), descriptors);
    /* Qemu-user's own memory is counted with ours. */
    CAROM_ASSERT(has_sanitizer() || in_qemu() || after - before < 512);
}

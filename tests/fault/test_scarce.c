/* Out of memory, and out of processes and threads. */

#include "tests/runtime.h"

#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define LONG carom_seconds(20)

CAROM_TASK(scarce_no_op)
{
    return 0;
}

static void end_child(carom_process_t **child)
{
    CAROM_ASSERT_OK(carom_process_join(*child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(*child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

/* ---- memory: this process may have so much more than it has ---- */

enum { MUCH = 48 << 20, LITTLE = 12 << 20 };

/* Sanitizers reserve more memory than any limit leaves them. */
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
enum { CAN_LIMIT = 0 };
#else
enum { CAN_LIMIT = 1 };
#endif

static struct rlimit unlimited;

/* Bytes of address space in use, by the system's count; 0 where it does not tell. */
static rlim_t memory_in_use(void)
{
    FILE *file = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;

    if (file == NULL)
        return 0;
    if (fscanf(file, "%lu", &pages) != 1)
        pages = 0;
    fclose(file);
    return (rlim_t) pages * (rlim_t) sysconf(_SC_PAGESIZE);
}

/* Qemu-user takes the limit, and forgets it. */
static int keeps_limits(void)
{
    struct rlimit before, limit;

    CAROM_ASSERT_INT(getrlimit(RLIMIT_AS, &before), 0);
    limit = before;
    limit.rlim_cur = memory_in_use() * 2;
    CAROM_ASSERT_INT(setrlimit(RLIMIT_AS, &limit), 0);
    CAROM_ASSERT_INT(getrlimit(RLIMIT_AS, &limit), 0);
    CAROM_ASSERT_INT(setrlimit(RLIMIT_AS, &before), 0);
    return limit.rlim_cur != before.rlim_cur;
}

static void skip_without_limits(void)
{
    if (!CAN_LIMIT || memory_in_use() == 0 || !keeps_limits())
        CAROM_SKIP("no-memory-limit");
}

static void limit_memory(void)
{
    struct rlimit limit;

    CAROM_ASSERT_INT(getrlimit(RLIMIT_AS, &unlimited), 0);
    limit = unlimited;
    limit.rlim_cur = memory_in_use() + LITTLE;
    CAROM_ASSERT_INT(setrlimit(RLIMIT_AS, &limit), 0);
}

static void free_memory(void)
{
    CAROM_ASSERT_INT(setrlimit(RLIMIT_AS, &unlimited), 0);
}

static char *take_much(void)
{
    char *bytes = malloc(MUCH);

    CAROM_ASSERT(bytes != NULL);
    memset(bytes, 'm', MUCH);
    return bytes;
}

/* A number gets through. */
static void expect_usable(carom_connection_t *from, carom_connection_t *to)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(from, carom_value_from_int(3), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, to, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 3);
}

CAROM_TEST_ONCE(fault, values_without_memory)
{
    carom_value_t value, copy;
    char *bytes;
    void *encoded;
    size_t length;

    skip_without_limits();
    bytes = take_much();
    bytes[MUCH - 1] = '\0';
    limit_memory();
    CAROM_ASSERT_STATUS(carom_value_from_bytes(&value, bytes, MUCH), CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_STATUS(carom_value_from_text(&value, bytes), CAROM_ENOMEM);
    value = carom_value_borrow_bytes(bytes, MUCH);
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom_value_type(copy), CAROM_NONE);
    CAROM_ASSERT_STATUS(carom_value_encode(&encoded, &length, value, NULL, NULL), CAROM_ENOMEM);
    CAROM_ASSERT(encoded == NULL);
    free_memory();
    CAROM_ASSERT_OK(carom_value_copy(&copy, &value));
    carom_value_clear(&copy);
    free(bytes);
}

/* Nothing is started, and the connection stays. */
CAROM_TEST(fault, start_without_memory)
{
    carom_process_t *child = (carom_process_t *) test;
    carom_connection_t *a, *b;
    char *bytes;

    skip_without_limits();
    bytes = take_much();
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    limit_memory();
    CAROM_ASSERT_STATUS(
        carom_process_start(&child, test->context, carom_call(scarce_no_op, b, carom_value_borrow_bytes(bytes, MUCH))),
        CAROM_ENOMEM);
    CAROM_ASSERT(child == NULL);
    expect_usable(a, b);
    free_memory();
    carom_connection_close(&a);
    carom_connection_close(&b);
    free(bytes);
}

CAROM_TEST_ONCE(fault, send_without_memory)
{
    carom_connection_t *a, *b;
    char *bytes;

    skip_without_limits();
    bytes = take_much();
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    limit_memory();
    CAROM_ASSERT_STATUS(carom_connection_send(a, carom_value_borrow_bytes(bytes, MUCH), LONG), CAROM_ENOMEM);
    expect_usable(a, b);
    free_memory();
    carom_connection_close(&a);
    carom_connection_close(&b);
    free(bytes);
}

/* ---- receiving what is larger than the memory there is: the senders have memory of their own ---- */

CAROM_TASK(scarce_sends_bytes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = take_much();

    CAROM_ASSERT_OK(carom_connection_send_bytes(connection, bytes, MUCH, LONG));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(3), LONG));
    free(bytes);
    carom_connection_close(&connection);
    return 0;
}

/* A byte an item on its way, and more when it is there. */
CAROM_TASK(scarce_sends_items)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t list, item;
    int i;

    CAROM_ASSERT_OK(carom_value_list(&list));
    for (i = 0; i < CAROM_COUNT_MAX; i++) {
        item = carom_value_none();
        CAROM_ASSERT_OK(carom_value_append(&list, &item));
    }
    CAROM_ASSERT_OK(carom_connection_send(connection, list, LONG));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(3), LONG));
    carom_value_clear(&list);
    carom_connection_close(&connection);
    return 0;
}

static carom_process_t *start_sender(carom_connection_t **ours, carom_test_t *test, const carom_entry_t *entry)
{
    carom_connection_t *theirs;
    carom_process_t *child;
    carom_value_t argument;

    CAROM_ASSERT_OK(carom_connection_pair(ours, &theirs, NULL));
    argument = carom_value_from_connection(theirs);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_request(entry, &argument, 1)));
    carom_connection_close(&theirs);
    return child;
}

static void expect_three(carom_connection_t *connection)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 3);
}

CAROM_TEST_WITH(fault, receive_without_memory, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    void *bytes;
    size_t length;

    skip_without_limits();
    child = start_sender(&connection, test, &scarce_sends_bytes);
    limit_memory();
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, connection, 0, LONG), CAROM_ENOMEM);
    CAROM_ASSERT(bytes == NULL);
    CAROM_ASSERT_OK(carom_connection_poll(connection, 0));
    free_memory();
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, connection, 0, LONG));
    CAROM_ASSERT_INT(length, MUCH);
    CAROM_ASSERT(memchr(bytes, 0, MUCH) == NULL && ((char *) bytes)[MUCH - 1] == 'm');
    carom_free(bytes);
    expect_three(connection);
    carom_connection_close(&connection);
    end_child(&child);
}

/* One that nobody has memory for can be skipped. */
CAROM_TEST_WITH(fault, skip_without_memory, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;

    skip_without_limits();
    child = start_sender(&connection, test, &scarce_sends_bytes);
    limit_memory();
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ENOMEM);
    CAROM_ASSERT_OK(carom_connection_skip(connection, LONG));
    expect_three(connection);
    free_memory();
    carom_connection_close(&connection);
    end_child(&child);
}

/* Its bytes were received, and its value found no room: it is lost, and the next one is received. */
CAROM_TEST_WITH(fault, a_value_without_memory, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;

    skip_without_limits();
    child = start_sender(&connection, test, &scarce_sends_items);
    limit_memory();
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    expect_three(connection);
    free_memory();
    carom_connection_close(&connection);
    end_child(&child);
}

/* ---- processes and threads ---- */

enum { NO_LIMIT = -1, NOBODY = 65534 };

/* For root, and where the system does not mind it, there is no limit. */
static int can_fork(void)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    if (pid > 0)
        waitpid(pid, NULL, 0);
    return pid > 0;
}

/* Qemu-user finds a program by its name alone: who is not root any more may not get to it. */
static int can_start(carom_context_t *context)
{
    carom_process_t *child;
    carom_status_t status = carom_process_start(&child, context, carom_call(scarce_no_op));

    if (status == CAROM_OK)
        status = carom_process_join(child, LONG);
    carom_process_destroy(&child);
    return status == CAROM_OK;
}

/* The status of a start when this user has too many processes already, or NO_LIMIT.  No assertions: who is not root any more
 * cannot report them. */
static carom_status_t start_beyond_the_limit(const char *mode)
{
    struct rlimit before, limit;
    carom_status_t status = NO_LIMIT;
    carom_context_t *context;
    carom_process_t *child = NULL;

    if (carom_context_create(&context, mode) != CAROM_OK || getrlimit(RLIMIT_NPROC, &before) != 0)
        return status;
    limit = before;
    limit.rlim_cur = 0;
    if ((!in_qemu() || can_start(context)) && setrlimit(RLIMIT_NPROC, &limit) == 0 && !can_fork())
        status = carom_process_start(&child, context, carom_call(scarce_no_op));
    setrlimit(RLIMIT_NPROC, &before);
    carom_process_destroy(&child);
    carom_context_destroy(&context);
    return status;
}

/* After a fork that failed valgrind leaves all signals blocked, also that by which it makes the stack longer: it is made long
 * enough before. */
static void make_stack_long(void)
{
    volatile char room[256 << 10];
    size_t i;

    for (i = sizeof room; i > 0; i -= 1 << 10)
        room[i - 1] = 0;
}

/* In a process of its own, which stops being root's. */
CAROM_TASK(scarce_starts_another)
{
    make_stack_long();
    if (getuid() == 0 && setuid(NOBODY) != 0)
        return carom_return(call, NO_LIMIT);
    return carom_return(call, start_beyond_the_limit(carom_arg_text(call, 0)));
}

CAROM_TEST_WITH(fault, start_without_processes, .warm_up = CAROM_TEST_SPAWN)
{
    carom_context_t *spawn;
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_context_create(&spawn, "spawn"));
    CAROM_ASSERT_OK(carom_process_start(&child, spawn, carom_call(scarce_starts_another, test->mode)));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_context_destroy(&spawn);
    if (carom_value_int(result) == NO_LIMIT)
        CAROM_SKIP("no-process-limit");
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(result), CAROM_EAGAIN);
}

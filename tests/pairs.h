/* What tests of connections share: pairs, and children with one end of them. */

#ifndef CAROM_TESTS_PAIRS_H
#define CAROM_TESTS_PAIRS_H

#include "tests/runtime.h"

/* Longer where all takes longer, as the harness's own limits are. */
CAROM_UNUSED static carom_duration_t patience(void)
{
    const char *text = getenv("CAROM_TEST_TIMEOUT_MULTIPLIER");
    double times = text ? atof(text) : 1;

    return (carom_duration_t) ((double) carom_seconds(20) * (times > 0 ? times : 1));
}

#define PATIENCE patience()

typedef struct pair_t {
    carom_connection_t *a, *b;
} pair_t;

CAROM_UNUSED static pair_t make_pair(void)
{
    pair_t pair;

    CAROM_ASSERT_OK(carom_connection_pair(&pair.a, &pair.b, NULL));
    return pair;
}

/* Before a test makes what it would leave behind. */
CAROM_UNUSED static void skip_without_transfer(void)
{
    if (!carom_context_can(NULL, CAROM_CAN_SEND_CONNECTION))
        CAROM_SKIP("no-handles-in-messages");
}

/* Where threads alone can share things, pairs are streams. */
CAROM_UNUSED static void skip_without_sharing(void)
{
    if (!carom_context_can(NULL, CAROM_CAN_SHARE))
        CAROM_SKIP("no-shared-memory");
}

/* Valgrind and qemu-user fork where a program asks for vfork, so that posix_spawn cannot tell what its child could not do. */
CAROM_UNUSED static int tells_failed_exec(void)
{
    return !in_valgrind() && !in_qemu();
}

CAROM_UNUSED static void skip_without_vfork(const carom_test_t *test)
{
    if (!tells_failed_exec() && strcmp(test->mode, "spawn") == 0)
        CAROM_SKIP("no-vfork");
}

/* Qemu-user has a thread of its own in each process, beside which carom does not fork. */
CAROM_UNUSED static int can_fork(void)
{
    return !in_qemu();
}

CAROM_UNUSED static void close_pair(pair_t *pair)
{
    carom_connection_close(&pair->a);
    carom_connection_close(&pair->b);
}

/* A child with the other end of a pair. */
CAROM_UNUSED static carom_process_t *start_with(carom_connection_t **ours, carom_test_t *test, const carom_entry_t *entry)
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

CAROM_UNUSED static void end_child(carom_process_t **child, int code)
{
    CAROM_ASSERT_OK(carom_process_join(*child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(*child), code);
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

/* Joins a child whose result is a status. */
CAROM_UNUSED static void end_with(carom_process_t **child, carom_status_t wanted)
{
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_join(*child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, *child));
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(result), wanted);
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

/* Sends one message of more bytes than the way holds: the body of an entry, whose result is the status. */
enum { MORE_THAN_FITS = 8000000 };

CAROM_UNUSED static int fill(carom_call_t *call, carom_connection_t *connection)
{
    char *bytes = calloc(1, MORE_THAN_FITS);
    carom_status_t status;

    CAROM_ASSERT(bytes != NULL);
    status = carom_connection_send_bytes(connection, bytes, MORE_THAN_FITS, PATIENCE);
    free(bytes);
    return carom_return(call, status);
}

/* Sends back whatever comes, until the end: the body of an entry. */
CAROM_UNUSED static int echo(carom_connection_t *connection)
{
    carom_status_t status;
    carom_value_t value;

    while ((status = carom_connection_receive(&value, connection, PATIENCE)) == CAROM_OK) {
        CAROM_ASSERT_OK(carom_connection_send(connection, value, PATIENCE));
        carom_value_clear(&value);
    }
    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

/* ---- in thread mode: an end in a message that does not fit, so that it goes when it is received ---- */

typedef struct stuck_t {
    carom_connection_t *sender, *receiver;
    carom_process_t *child;
} stuck_t;

static carom_connection_t *stuck_sender, *stuck_end;

/* Busy is what it is while make_stuck looks at it. */
CAROM_TASK(sends_an_end)
{
    static char lot[8 << 20];
    carom_value_t list, bytes = carom_value_borrow_bytes(lot, sizeof lot), end = carom_value_from_connection(stuck_end);
    carom_status_t status;

    CAROM_ASSERT_OK(carom_value_list(&list));
    CAROM_ASSERT_OK(carom_value_append(&list, &bytes));
    CAROM_ASSERT_OK(carom_value_append(&list, &end));
    do
        status = carom_connection_send(stuck_sender, list, PATIENCE);
    while (status == CAROM_EBUSY);
    carom_value_clear(&list);
    return carom_return(call, status);
}

CAROM_UNUSED static stuck_t make_stuck(carom_context_t *threads, carom_connection_t *end)
{
    pair_t carrier = make_pair();
    stuck_t stuck = {carrier.a, carrier.b, NULL};

    stuck_sender = carrier.a;
    stuck_end = end;
    CAROM_ASSERT_OK(carom_process_start(&stuck.child, threads, carom_call(sends_an_end)));
    while (carom_connection_poll(end, 0) != CAROM_EMOVED)
        continue;
    return stuck;
}

/* Makes `value` the end. */
CAROM_UNUSED static void receive_stuck(carom_value_t *value, const stuck_t *stuck)
{
    carom_value_t list;

    CAROM_ASSERT_OK(carom_connection_receive(&list, stuck->receiver, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take(value, &list, 1));
    carom_value_clear(&list);
}

/* The sender got that status. */
CAROM_UNUSED static void end_stuck(stuck_t *stuck, carom_status_t expected)
{
    carom_value_t status;

    CAROM_ASSERT_OK(carom_process_join(stuck->child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&status, stuck->child));
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(status), expected);
    CAROM_ASSERT_OK(carom_process_destroy(&stuck->child));
    carom_connection_close(&stuck->sender);
    carom_connection_close(&stuck->receiver);
}

#endif

/* What tests of connections share: pairs, and children with one end of them. */

#ifndef CAROM_TESTS_PAIRS_H
#define CAROM_TESTS_PAIRS_H

#include <carom-harness.h>

#define PATIENCE carom_seconds(20)

typedef struct pair_t {
    carom_connection_t *a, *b;
} pair_t;

CAROM_UNUSED static pair_t make_pair(void)
{
    pair_t pair;

    CAROM_ASSERT_OK(carom_connection_pair(&pair.a, &pair.b, NULL));
    return pair;
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

#endif

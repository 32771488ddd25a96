/* Connections and open files that go to another process, as arguments and in messages. */

#include "pairs.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_portable.h>

#include <stdio.h>
#include <string.h>

CAROM_TASK(moving_echo)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(connection, an_end_as_argument_moves)
{
    pair_t pair = make_pair();
    carom_process_t *child;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(moving_echo, pair.b)));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), 0), CAROM_EMOVED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, 0), CAROM_EMOVED);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(7), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 7);
    close_pair(&pair);
    end_child(&child, 0);
}

CAROM_TEST(connection, a_failed_start_moves_nothing)
{
    carom_entry_t nobody = {"nobody", 1, NULL, NULL};
    carom_process_t *child;
    carom_value_t args[2], value;
    pair_t pair = make_pair();

    args[0] = carom_value_from_connection(pair.b);
    args[1] = carom_value_borrow_text("\xff");
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&nobody, args, 1)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&moving_echo, args, 2)), CAROM_EUTF8);
    args[1] = args[0];
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&moving_echo, args, 2)), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    close_pair(&pair);
}

/* Receives an end over its own, answers on it. */
CAROM_TASK(answers_on_what_comes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0), *other;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_connection(&other, &value));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_OK(carom_connection_send(other, carom_value_borrow_text("through the new one"), PATIENCE));
    carom_connection_close(&other);
    carom_connection_close(&connection);
    return 0;
}

CAROM_TEST(connection, an_end_in_a_message)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    pair_t pair;

    skip_without_transfer();
    child = start_with(&connection, test, &answers_on_what_comes);
    pair = make_pair();
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_connection(pair.b), PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), 0), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_TEXT(carom_value_text(value), "through the new one");
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, PATIENCE), CAROM_EEOF);
    close_pair(&pair);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* An end that nobody takes out of its message is closed with the value. */
CAROM_TEST_ONCE(connection, untaken_ends_are_closed)
{
    pair_t carrier, pair;
    carom_value_t value;

    skip_without_transfer();
    carrier = make_pair();
    pair = make_pair();
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_CONNECTION);
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, PATIENCE), CAROM_EEOF);
    close_pair(&pair);
    close_pair(&carrier);
}

/* And so is one whose message is never received. */
CAROM_TEST_ONCE(connection, unreceived_ends_are_closed)
{
    pair_t carrier, pair;
    carom_value_t value;

    skip_without_transfer();
    carrier = make_pair();
    pair = make_pair();
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_skip(carrier.b, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, PATIENCE), CAROM_EEOF);
    close_pair(&pair);
    close_pair(&carrier);
}

CAROM_TEST_ONCE(connection, at_most_64_handles)
{
    enum { COUNT = 65 };
    carom_connection_t *ours[COUNT], *theirs[COUNT];
    carom_value_t list, item;
    pair_t carrier;
    int i;

    skip_without_transfer();
    carrier = make_pair();
    CAROM_ASSERT_OK(carom_value_list(&list));
    for (i = 0; i < COUNT; i++) {
        CAROM_ASSERT_OK(carom_connection_pair(&ours[i], &theirs[i], NULL));
        item = carom_value_from_connection(theirs[i]);
        CAROM_ASSERT_OK(carom_value_append(&list, &item));
    }
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, list, PATIENCE), CAROM_ECOUNT);
    for (i = 0; i < COUNT; i++)
        CAROM_ASSERT_OK(carom_connection_send(theirs[i], carom_value_none(), PATIENCE));
    item = carom_value_none();
    CAROM_ASSERT_OK(carom_value_take(&item, &list, 64));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, list, PATIENCE));
    carom_value_clear(&list);
    CAROM_ASSERT_OK(carom_connection_receive(&list, carrier.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(list), COUNT);
    CAROM_ASSERT_INT(carom_value_type(*carom_value_at(list, 63)), CAROM_CONNECTION);
    carom_value_clear(&list);
    for (i = 0; i < COUNT; i++) {
        carom_connection_close(&ours[i]);
        carom_connection_close(&theirs[i]);
    }
    close_pair(&carrier);
}

CAROM_TEST_ONCE(connection, one_with_half_a_message_cannot_be_sent)
{
    pair_t pair, carrier;
    carom_value_t value;
    char small[2];
    size_t length;

    skip_without_transfer();
    pair = make_pair();
    carrier = make_pair();
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "four", 4, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(small, sizeof small, &length, pair.b, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), PATIENCE), CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, PATIENCE));
    carom_value_clear(&value);
    close_pair(&pair);
    close_pair(&carrier);
}

static carom_connection_t *filled;

CAROM_TASK(moving_fills)
{
    return fill(call, filled);
}

CAROM_TEST_WITH(connection, one_in_use_cannot_be_sent, .modes = CAROM_TEST_THREAD)
{
    pair_t pair, carrier;
    carom_process_t *filler;
    carom_value_t value;

    skip_without_transfer();
    pair = make_pair();
    carrier = make_pair();
    filled = pair.a;
    CAROM_ASSERT_OK(carom_process_start(&filler, test->context, carom_call(moving_fills)));
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), PATIENCE), CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    carom_value_clear(&value);
    end_with(&filler, CAROM_OK);
    close_pair(&pair);
    close_pair(&carrier);
}

CAROM_TEST_ONCE(connection, a_broken_one_cannot_be_sent)
{
    pair_t pair, carrier;
    void *bytes;

    skip_without_transfer();
    bytes = calloc(1, MORE_THAN_FITS);
    CAROM_ASSERT(bytes != NULL);
    pair = make_pair();
    carrier = make_pair();
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, bytes, MORE_THAN_FITS, carom_milliseconds(30)), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), PATIENCE), CAROM_EBUSY);
    free(bytes);
    close_pair(&pair);
    close_pair(&carrier);
}

CAROM_TEST_ONCE(connection, a_closed_one_cannot_be_sent)
{
    pair_t pair, carrier;
    carom_value_t value;

    skip_without_transfer();
    pair = make_pair();
    carrier = make_pair();
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), PATIENCE), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, PATIENCE));
    carom_value_clear(&value);
    close_pair(&pair);
    close_pair(&carrier);
}

/* The receiver could take no message of that length. */
CAROM_TEST_ONCE(connection, what_is_said_of_an_end_counts)
{
    carom_connection_options_t options = CAROM_CONNECTION_OPTIONS_INIT;
    carom_value_t list, bytes, end, came;
    pair_t pair, carrier;

    skip_without_transfer();
    options.limits.length = 80;
    pair = make_pair();
    CAROM_ASSERT_OK(carom_connection_pair(&carrier.a, &carrier.b, &options));
    CAROM_ASSERT_OK(carom_value_list(&list));
    bytes = carom_value_borrow_bytes("forty bytes of which none is worth a look", 40);
    end = carom_value_from_connection(pair.a);
    CAROM_ASSERT_OK(carom_value_append(&list, &bytes));
    CAROM_ASSERT_OK(carom_value_append(&list, &end));
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, list, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&came, pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&came, carrier.b, PATIENCE));
    carom_value_clear(&list);
    close_pair(&pair);
    close_pair(&carrier);
}

/* ---- closed by one thread while another sends it ---- */

CAROM_TEST_WITH(connection, closed_while_it_is_sent, .modes = CAROM_TEST_THREAD)
{
    pair_t pair;
    stuck_t stuck;
    carom_value_t value;
    carom_connection_t *moved;

    skip_without_transfer();
    pair = make_pair();
    stuck = make_stuck(test->context, pair.b);
    carom_connection_close(&pair.b);
    receive_stuck(&value, &stuck);
    CAROM_ASSERT_OK(carom_value_take_connection(&moved, &value));
    CAROM_ASSERT_OK(carom_connection_send(moved, carom_value_from_int(3), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 3);
    carom_connection_close(&moved);
    end_stuck(&stuck, CAROM_OK);
    close_pair(&pair);
}

CAROM_TEST_WITH(connection, closed_while_its_sending_fails, .modes = CAROM_TEST_THREAD)
{
    pair_t pair;
    stuck_t stuck;
    carom_value_t value;

    skip_without_transfer();
    pair = make_pair();
    stuck = make_stuck(test->context, pair.b);
    carom_connection_close(&pair.b);
    carom_connection_close(&stuck.sender);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, PATIENCE), CAROM_EEOF);
    end_stuck(&stuck, CAROM_ECLOSED);
    close_pair(&pair);
}

/* ---- open files ---- */

/* A file that is gone when it is closed. */
static void open_scratch(apr_file_t **file, apr_pool_t **pool, carom_test_t *test)
{
    char path[1000];

    snprintf(path, sizeof path, "%s/scratch", test->directory);
    CAROM_ASSERT_INT(apr_pool_create(pool, NULL), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_file_open(file, path, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_DELONCLOSE,
                                   APR_FPROT_OS_DEFAULT, *pool),
                     APR_SUCCESS);
}

static carom_value_t native_of(apr_file_t *file)
{
    apr_os_file_t native;

    CAROM_ASSERT_INT(apr_os_file_get(&native, file), APR_SUCCESS);
    return carom_value_from_file((carom_native_t) native);
}

static void close_native(carom_native_t native)
{
    apr_os_file_t theirs = (apr_os_file_t) native;
    apr_file_t *file;
    apr_pool_t *pool;

    CAROM_ASSERT_INT(apr_initialize(), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_pool_create(&pool, NULL), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_os_file_put(&file, &theirs, APR_FOPEN_WRITE, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_file_close(file), APR_SUCCESS);
    apr_pool_destroy(pool);
}

CAROM_TASK(prints_a_line)
{
    return puts("a line") < 0;
}

CAROM_TASK(writes_to_a_file)
{
    carom_native_t file = carom_arg_file(call, 0);
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    carom_context_t *spawn;

    CAROM_ASSERT(file != CAROM_NATIVE_NONE);
    CAROM_ASSERT(carom_arg_file(call, 0) == CAROM_NATIVE_NONE);
    options.standard_output.kind = CAROM_STDIO_FILE;
    options.standard_output.file = file;
    CAROM_ASSERT_OK(carom_context_create(&spawn, "spawn"));
    CAROM_ASSERT_OK(carom_process_start_with(&child, spawn, carom_request(&prints_a_line, NULL, 0), &options));
    end_child(&child, 0);
    carom_context_destroy(&spawn);
    close_native(file);
    return 0;
}

/* An open file goes to a child, which makes it the output of its own. */
CAROM_TEST(connection, an_open_file_as_argument)
{
    carom_process_t *child;
    char line[100] = "";
    apr_file_t *file;
    apr_pool_t *pool;
    apr_off_t start = 0;

    open_scratch(&file, &pool, test);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(writes_to_a_file, native_of(file))));
    end_child(&child, 0);
    CAROM_ASSERT_INT(apr_file_seek(file, APR_SET, &start), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_file_gets(line, sizeof line, file), APR_SUCCESS);
    CAROM_ASSERT(strncmp(line, "a line", 6) == 0);
    apr_pool_destroy(pool);
}

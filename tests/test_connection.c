/* Connections: messages whole and in order, five statuses, and ends that move. */

#include <carom-harness.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_portable.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG carom_seconds(20)
#define SOON carom_milliseconds(30)

typedef struct pair_t {
    carom_connection_t *a, *b;
} pair_t;

static pair_t make_pair(void)
{
    pair_t pair;

    CAROM_ASSERT_OK(carom_connection_pair(&pair.a, &pair.b, NULL));
    return pair;
}

static void close_pair(pair_t *pair)
{
    carom_connection_close(&pair->a);
    carom_connection_close(&pair->b);
}

/* A child with the other end of a pair. */
static carom_process_t *start_with(carom_connection_t **ours, carom_test_t *test, const carom_entry_t *entry)
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

static void end_child(carom_process_t **child, int code)
{
    CAROM_ASSERT_OK(carom_process_join(*child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(*child), code);
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

/* ---- bytes ---- */

CAROM_TEST_ONCE(connection, bytes_there_and_back)
{
    pair_t pair = make_pair();
    char buffer[100];
    void *bytes;
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "hello", 5, LONG));
    CAROM_ASSERT_OK(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, LONG));
    CAROM_ASSERT_INT(length, 5);
    CAROM_ASSERT(memcmp(buffer, "hello", 5) == 0);
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.b, "x", 1, LONG));
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.a, 0, LONG));
    CAROM_ASSERT_INT(length, 1);
    carom_free(bytes);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, NULL, 1, LONG), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(NULL, "x", 1, LONG), CAROM_EINVAL);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, empty_message)
{
    pair_t pair = make_pair();
    carom_value_t value;
    char buffer[1];
    void *bytes;
    size_t length = 9;
    int i;

    for (i = 0; i < 3; i++)
        CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, NULL, 0, LONG));
    CAROM_ASSERT_OK(carom_connection_receive_into(buffer, 0, &length, pair.b, LONG));
    CAROM_ASSERT_INT(length, 0);
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, LONG));
    CAROM_ASSERT(bytes != NULL && length == 0);
    carom_free(bytes);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, LONG));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    CAROM_ASSERT_INT(carom_value_count(value), 0);
    carom_value_clear(&value);
    close_pair(&pair);
}

/* Sends back whatever comes, until the end. */
CAROM_TASK(echoes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_status_t status;
    carom_value_t value;

    while ((status = carom_connection_receive(&value, connection, LONG)) == CAROM_OK) {
        CAROM_ASSERT_OK(carom_connection_send(connection, value, LONG));
        carom_value_clear(&value);
    }
    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

CAROM_TEST(connection, sizes)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 4095, 4096, 65535, 65536, 65537, 1000000, 20000000};
    unsigned char *sent = malloc(20000000);
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes);
    size_t i, length, k;
    void *bytes;

    CAROM_ASSERT(sent != NULL);
    for (k = 0; k < 20000000; k++)
        sent[k] = (unsigned char) (k * 2654435761u >> 13);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CAROM_ASSERT_OK(carom_connection_send_bytes(connection, sent, sizes[i], LONG));
        CAROM_ASSERT_OK(carom_connection_poll(connection, LONG));
        {
            carom_value_t value;

            CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
            CAROM_ASSERT_INT(carom_value_count(value), sizes[i]);
            CAROM_ASSERT(sizes[i] == 0 || memcmp(carom_value_bytes(value), sent, sizes[i]) == 0);
            carom_value_clear(&value);
        }
    }
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, connection, 0, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT(bytes == NULL);
    carom_connection_close(&connection);
    end_child(&child, 0);
    free(sent);
}

CAROM_TEST(connection, values)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes);
    carom_value_t dict, list, item, back;

    CAROM_ASSERT_OK(carom_value_list(&list));
    item = carom_value_from_float(-0.5);
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    CAROM_ASSERT_OK(carom_value_from_decimal(&item, "123456789012345678901234567890"));
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    CAROM_ASSERT_OK(carom_value_dict(&dict));
    CAROM_ASSERT_OK(carom_value_put_text(&dict, "key", &list));
    CAROM_ASSERT_OK(carom_connection_send(connection, dict, LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&back, connection, LONG));
    CAROM_ASSERT(carom_value_equal(dict, back));
    carom_value_clear(&back);
    carom_value_clear(&dict);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* ---- the five statuses ---- */

CAROM_TEST_ONCE(connection, timeout_loses_nothing)
{
    pair_t pair = make_pair();
    carom_value_t value;
    carom_duration_t before = carom_now();

    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, SOON), CAROM_ETIMEOUT);
    CAROM_ASSERT(carom_now() - before >= 30000);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.a, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(pair.b, carom_value_from_int(5), LONG));
    CAROM_ASSERT_OK(carom_connection_poll(pair.a, 0));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, 0));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, end_after_all_messages)
{
    pair_t pair = make_pair();
    carom_value_t value;
    int i;

    for (i = 0; i < 3; i++)
        CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(i), LONG));
    carom_connection_close(&pair.a);
    CAROM_ASSERT(pair.a == NULL);
    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, 0));
        CAROM_ASSERT_INT(carom_value_int(value), i);
    }
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, 0));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, LONG), CAROM_EEOF);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, LONG), CAROM_EEOF);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), LONG), CAROM_EEOF);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, too_big_stays)
{
    pair_t pair = make_pair();
    char buffer[10];
    void *bytes;
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "a longer message", 16, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, LONG), CAROM_ETOOBIG);
    CAROM_ASSERT_INT(length, 16);
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, 0));
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 15, LONG), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.b, 16, LONG));
    CAROM_ASSERT(length == 16 && memcmp(bytes, "a longer message", 16) == 0);
    carom_free(bytes);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, limits_of_the_connection)
{
    carom_connection_options_t options = CAROM_CONNECTION_OPTIONS_INIT;
    carom_value_t value, text;
    pair_t pair;

    options.limits.length = 100;
    CAROM_ASSERT_OK(carom_connection_pair(&pair.a, &pair.b, &options));
    CAROM_ASSERT_OK(carom_value_from_text_n(&text, "0123456789", 10));
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "0123456789"
                                                        "0123456789012345678901234567890123456789012345678901234567890"
                                                        "0123456789012345678901234567890",
                                                101, LONG));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, text, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, LONG), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, LONG));
    CAROM_ASSERT_TEXT(carom_value_text(value), "0123456789");
    carom_value_clear(&value);
    carom_value_clear(&text);
    close_pair(&pair);
}

CAROM_TASK(sends_a_large_value)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    size_t size = (size_t) carom_arg_int(call, 1);
    char *bytes = calloc(1, size);
    carom_status_t status;

    CAROM_ASSERT(bytes != NULL);
    status = carom_connection_send(connection, carom_value_borrow_bytes(bytes, size), LONG);
    free(bytes);
    carom_connection_close(&connection);
    return carom_return(call, status);
}

static void send_large(carom_test_t *test, uint64_t limit, carom_status_t wanted)
{
    const size_t size = ((size_t) 64 << 20) + 1000;
    carom_connection_options_t options = CAROM_CONNECTION_OPTIONS_INIT;
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_value_t value;

    options.limits.length = limit;
    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, &options));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(sends_a_large_value, theirs, size)));
    carom_connection_close(&theirs);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, ours, LONG), wanted == CAROM_OK ? CAROM_OK : CAROM_EEOF);
    CAROM_ASSERT_INT(carom_value_count(value), wanted == CAROM_OK ? size : 0);
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_result(&value, child));
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(value), wanted);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_connection_close(&ours);
}

/* The limit of 64 MiB is a default, for both directions. */
CAROM_TEST(connection, values_above_the_default_limit)
{
    send_large(test, 0, CAROM_ETOOBIG);
    send_large(test, (uint64_t) 128 << 20, CAROM_OK);
}

CAROM_TEST_ONCE(connection, bytes_or_value)
{
    pair_t pair = make_pair();
    carom_value_t value;
    char buffer[10];
    void *bytes;
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, LONG), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, LONG), CAROM_ETYPE);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, bad_values_are_refused_before_anything_goes)
{
    pair_t pair = make_pair();
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_borrow_text("\xc0\x80"), LONG), CAROM_EUTF8);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_from_connection(pair.a), LONG), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, one_way)
{
    carom_connection_options_t options = CAROM_CONNECTION_OPTIONS_INIT;
    carom_connection_t *reader, *writer;
    carom_value_t value;

    options.direction = CAROM_ONE_WAY;
    CAROM_ASSERT_OK(carom_connection_pair(&reader, &writer, &options));
    CAROM_ASSERT(carom_connection_readable(reader) && !carom_connection_writable(reader));
    CAROM_ASSERT(!carom_connection_readable(writer) && carom_connection_writable(writer));
    CAROM_ASSERT_OK(carom_connection_send(writer, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, reader, LONG));
    CAROM_ASSERT_STATUS(carom_connection_send(reader, carom_value_from_int(1), LONG), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, writer, LONG), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_connection_poll(writer, 0), CAROM_ENOTSUP);
    carom_connection_close(&reader);
    carom_connection_close(&writer);
    carom_connection_close(&writer);
}

/* Fills the way until nothing more goes in: the last send has begun and is cut off. */
CAROM_TEST_ONCE(connection, send_timeout_breaks_the_sending_side)
{
    pair_t pair = make_pair();
    char *bytes = calloc(1, 8000000);
    carom_value_t value;

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, bytes, 8000000, SOON), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, bytes, 1, SOON), CAROM_EBROKEN);
    CAROM_ASSERT_OK(carom_connection_send(pair.b, carom_value_from_int(3), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, LONG));
    carom_connection_close(&pair.a);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, LONG), CAROM_ETRUNCATED);
    free(bytes);
    close_pair(&pair);
}

CAROM_TASK(sends_slowly)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = malloc(4000000);

    CAROM_ASSERT(bytes != NULL);
    memset(bytes, 's', 4000000);
    CAROM_ASSERT_OK(carom_connection_send_bytes(connection, bytes, 4000000, LONG));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(2), LONG));
    free(bytes);
    carom_connection_close(&connection);
    return 0;
}

/* Timeouts in the middle of a message lose nothing: the next call goes on. */
CAROM_TEST(connection, receive_in_pieces)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &sends_slowly);
    char *buffer = malloc(4000000);
    carom_status_t status;
    carom_value_t value;
    size_t length;
    int tries = 0;

    CAROM_ASSERT(buffer != NULL);
    do {
        status = carom_connection_receive_into(buffer, 4000000, &length, connection, 0);
        tries++;
    } while (status == CAROM_ETIMEOUT && tries < 10000000);
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_INT(length, 4000000);
    CAROM_ASSERT(buffer[0] == 's' && buffer[3999999] == 's' && buffer[2000000] == 's');
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 2);
    free(buffer);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

CAROM_TEST(connection, skip_in_pieces)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &sends_slowly);
    carom_status_t status;
    carom_value_t value;

    do
        status = carom_connection_skip(connection, 0);
    while (status == CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 2);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* ---- threads of one end ---- */

static carom_connection_t *shared;

CAROM_TASK(waits_on_the_shared_end)
{
    carom_value_t value;

    return carom_return(call, carom_connection_receive(&value, shared, LONG));
}

CAROM_TASK(polls_the_shared_end)
{
    return carom_return(call, carom_connection_poll(shared, LONG));
}

/* Close wakes them all; which of them were waiting already does not matter. */
CAROM_TEST_WITH(connection, close_wakes_waiting_threads, .modes = CAROM_TEST_THREAD)
{
    carom_process_t *children[3];
    carom_value_t result;
    pair_t pair = make_pair();
    int i;

    shared = pair.a;
    CAROM_ASSERT_OK(carom_process_start(&children[0], test->context, carom_call(waits_on_the_shared_end)));
    CAROM_ASSERT_OK(carom_process_start(&children[1], test->context, carom_call(waits_on_the_shared_end)));
    CAROM_ASSERT_OK(carom_process_start(&children[2], test->context, carom_call(polls_the_shared_end)));
    CAROM_ASSERT_STATUS(carom_process_join(children[0], carom_milliseconds(100)), CAROM_ETIMEOUT);
    carom_connection_close(&pair.a);
    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(carom_process_join(children[i], LONG));
        CAROM_ASSERT_OK(carom_process_result(&result, children[i]));
        CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(result), CAROM_ECLOSED);
        CAROM_ASSERT_OK(carom_process_destroy(&children[i]));
    }
    close_pair(&pair);
}

enum { SENDERS = 4, EACH = 500 };

CAROM_TASK(sends_numbers)
{
    int64_t base = carom_arg_int(call, 0);
    char bytes[300];
    int i;

    for (i = 0; i < EACH; i++) {
        memset(bytes, (int) base, sizeof bytes);
        memcpy(bytes, &i, sizeof i);
        CAROM_ASSERT_OK(carom_connection_send_bytes(shared, bytes, sizeof bytes, LONG));
    }
    return 0;
}

/* Messages of many threads stay whole, and each thread's in order. */
CAROM_TEST_WITH(connection, senders_take_turns, .modes = CAROM_TEST_THREAD)
{
    carom_process_t *children[SENDERS];
    int next[SENDERS] = {0}, i, number;
    pair_t pair = make_pair();
    char bytes[300];
    size_t length;

    shared = pair.a;
    for (i = 0; i < SENDERS; i++)
        CAROM_ASSERT_OK(carom_process_start(&children[i], test->context, carom_call(sends_numbers, i)));
    for (i = 0; i < SENDERS * EACH; i++) {
        CAROM_ASSERT_OK(carom_connection_receive_into(bytes, sizeof bytes, &length, pair.b, LONG));
        memcpy(&number, bytes, sizeof number);
        CAROM_ASSERT_INT(number, next[(int) bytes[200]]++);
        CAROM_ASSERT_INT(bytes[299], bytes[200]);
    }
    for (i = 0; i < SENDERS; i++)
        end_child(&children[i], 0);
    close_pair(&pair);
}

/* ---- ends and files that move ---- */

CAROM_TEST(connection, an_end_as_argument_moves)
{
    pair_t pair = make_pair();
    carom_process_t *child;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(echoes, pair.b)));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), 0), CAROM_EMOVED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, 0), CAROM_EMOVED);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(7), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, LONG));
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
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&echoes, args, 2)), CAROM_EUTF8);
    args[1] = args[0];
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&echoes, args, 2)), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, LONG));
    close_pair(&pair);
}

/* Receives an end over its own, answers on it. */
CAROM_TASK(answers_on_what_comes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0), *other;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_OK(carom_value_take_connection(&other, &value));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_OK(carom_connection_send(other, carom_value_borrow_text("through the new one"), LONG));
    carom_connection_close(&other);
    carom_connection_close(&connection);
    return 0;
}

static void skip_without_transfer(void)
{
    if (!carom_context_can(NULL, CAROM_CAN_SEND_CONNECTION))
        CAROM_SKIP("no-handles-in-messages");
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
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_connection(pair.b), LONG));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), 0), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, LONG));
    CAROM_ASSERT_TEXT(carom_value_text(value), "through the new one");
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, LONG), CAROM_EEOF);
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
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, LONG));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_CONNECTION);
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, LONG), CAROM_EEOF);
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
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), LONG));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_skip(carrier.b, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, LONG), CAROM_EEOF);
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
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, list, LONG), CAROM_ECOUNT);
    for (i = 0; i < COUNT; i++)
        CAROM_ASSERT_OK(carom_connection_send(theirs[i], carom_value_none(), LONG));
    item = carom_value_none();
    CAROM_ASSERT_OK(carom_value_take(&item, &list, 64));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, list, LONG));
    carom_value_clear(&list);
    CAROM_ASSERT_OK(carom_connection_receive(&list, carrier.b, LONG));
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
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "four", 4, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(small, sizeof small, &length, pair.b, LONG), CAROM_ETOOBIG);
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), LONG), CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, LONG));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, LONG));
    carom_value_clear(&value);
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
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), LONG));
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(pair.a), LONG), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, LONG));
    carom_value_clear(&value);
    close_pair(&pair);
    close_pair(&carrier);
}

/* The peer's end is seen while a call waits for it. */
CAROM_TASK(goes_away)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);

    carom_connection_close(&connection);
    return 0;
}

CAROM_TEST(connection, end_while_waiting)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &goes_away);
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, CAROM_FOREVER), CAROM_EEOF);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

CAROM_TEST_WITH(connection, killed_peer, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, CAROM_FOREVER), CAROM_EEOF);
    carom_connection_close(&connection);
    end_child(&child, -9);
}

/* Dies in the middle of a message that is larger than what the way holds. */
CAROM_TASK(sends_what_nobody_takes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = calloc(1, 30000000);
    carom_status_t status = carom_connection_send_bytes(connection, bytes, 30000000, LONG);

    free(bytes);
    carom_connection_close(&connection);
    return status == CAROM_OK ? 0 : 1;
}

CAROM_TEST_WITH(connection, killed_inside_a_message, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &sends_what_nobody_takes);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_poll(connection, LONG));
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, CAROM_FOREVER), CAROM_ETRUNCATED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, 0), CAROM_ETRUNCATED);
    carom_connection_close(&connection);
    end_child(&child, -9);
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

/* Connections: messages whole and in order, and the five statuses. */

#include "pairs.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

#define SOON carom_milliseconds(30)

/* ---- bytes ---- */

CAROM_TEST_ONCE(connection, bytes_there_and_back)
{
    pair_t pair = make_pair();
    char buffer[100];
    void *bytes;
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "hello", 5, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE));
    CAROM_ASSERT_INT(length, 5);
    CAROM_ASSERT(memcmp(buffer, "hello", 5) == 0);
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.b, "x", 1, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.a, 0, PATIENCE));
    CAROM_ASSERT_INT(length, 1);
    carom_free(bytes);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, NULL, 1, PATIENCE), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(NULL, "x", 1, PATIENCE), CAROM_EINVAL);
    if (sizeof length > 4)
        CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, "x", (size_t) (((uint64_t) 1 << 62) + 1), 0), CAROM_ETOOBIG);
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
        CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, NULL, 0, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive_into(buffer, 0, &length, pair.b, PATIENCE));
    CAROM_ASSERT_INT(length, 0);
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE));
    CAROM_ASSERT(bytes != NULL && length == 0);
    carom_free(bytes);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    CAROM_ASSERT_INT(carom_value_count(value), 0);
    carom_value_clear(&value);
    close_pair(&pair);
}

CAROM_TASK(echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(connection, sizes)
{
    static const size_t sizes[] = {0, 1, 15, 16, 17, 43, 44, 45, 107, 108, 109, 4095, 4096, 65535, 65536, 65537, 1000000,
                                   20000000};
    unsigned char *sent = malloc(20000000);
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes);
    size_t i, length, k;
    void *bytes;

    CAROM_ASSERT(sent != NULL);
    for (k = 0; k < 20000000; k++)
        sent[k] = (unsigned char) (k * 2654435761u >> 13);
    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        CAROM_ASSERT_OK(carom_connection_send_bytes(connection, sent, sizes[i], PATIENCE));
        CAROM_ASSERT_OK(carom_connection_poll(connection, PATIENCE));
        {
            carom_value_t value;

            CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
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
    CAROM_ASSERT_OK(carom_connection_send(connection, dict, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&back, connection, PATIENCE));
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
    CAROM_ASSERT_OK(carom_connection_send(pair.b, carom_value_from_int(5), PATIENCE));
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
        CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(i), PATIENCE));
    carom_connection_close(&pair.a);
    CAROM_ASSERT(pair.a == NULL);
    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, 0));
        CAROM_ASSERT_INT(carom_value_int(value), i);
    }
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, 0));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, PATIENCE), CAROM_EEOF);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, PATIENCE), CAROM_EEOF);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.b, carom_value_none(), PATIENCE), CAROM_EEOF);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, too_big_stays)
{
    pair_t pair = make_pair();
    char buffer[10];
    void *bytes;
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "a longer message", 16, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_INT(length, 16);
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, 0));
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 15, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.b, 16, PATIENCE));
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
                                                101, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, text, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
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
    status = carom_connection_send(connection, carom_value_borrow_bytes(bytes, size), PATIENCE);
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
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, ours, PATIENCE), wanted == CAROM_OK ? CAROM_OK : CAROM_EEOF);
    CAROM_ASSERT_INT(carom_value_count(value), wanted == CAROM_OK ? size : 0);
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
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

    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    close_pair(&pair);
}

CAROM_TEST_ONCE(connection, bad_values_are_refused_before_anything_goes)
{
    pair_t pair = make_pair();
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_borrow_text("\xc0\x80"), PATIENCE), CAROM_EUTF8);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_from_connection(pair.a), PATIENCE), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    close_pair(&pair);
}

/* An end's limits are those of what it sends, too. */
CAROM_TEST_ONCE(connection, limits_of_values)
{
    carom_connection_options_t options = CAROM_CONNECTION_OPTIONS_INIT;
    carom_value_t deep = nest(3), many = made(carom_value_list), value;
    pair_t pair;
    int i;

    options.limits.depth = 2;
    options.limits.count = 3;
    CAROM_ASSERT_OK(carom_connection_pair(&pair.a, &pair.b, &options));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, deep, PATIENCE), CAROM_EDEPTH);
    for (i = 0; i < 3; i++)
        append(&many, carom_value_from_int(i));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, many, PATIENCE));
    append(&many, carom_value_from_int(i));
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, many, PATIENCE), CAROM_ECOUNT);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(value), 3);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_ETIMEOUT);
    carom_value_clear(&value);
    carom_value_clear(&many);
    carom_value_clear(&deep);
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
    CAROM_ASSERT_OK(carom_connection_send(writer, carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, reader, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_send(reader, carom_value_from_int(1), PATIENCE), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, writer, PATIENCE), CAROM_ENOTSUP);
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
    CAROM_ASSERT_OK(carom_connection_send(pair.b, carom_value_from_int(3), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    carom_connection_close(&pair.a);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, PATIENCE), CAROM_ETRUNCATED);
    free(bytes);
    close_pair(&pair);
}

CAROM_TASK(sends_slowly)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = malloc(4000000);

    CAROM_ASSERT(bytes != NULL);
    memset(bytes, 's', 4000000);
    CAROM_ASSERT_OK(carom_connection_send_bytes(connection, bytes, 4000000, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(2), PATIENCE));
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
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
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
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 2);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* ---- threads of one end ---- */

static carom_connection_t *shared;

CAROM_TASK(waits_on_the_shared_end)
{
    carom_value_t value;

    return carom_return(call, carom_connection_receive(&value, shared, PATIENCE));
}

CAROM_TASK(polls_the_shared_end)
{
    return carom_return(call, carom_connection_poll(shared, PATIENCE));
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
        CAROM_ASSERT_OK(carom_process_join(children[i], PATIENCE));
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
        CAROM_ASSERT_OK(carom_connection_send_bytes(shared, bytes, sizeof bytes, PATIENCE));
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
        CAROM_ASSERT_OK(carom_connection_receive_into(bytes, sizeof bytes, &length, pair.b, PATIENCE));
        memcpy(&number, bytes, sizeof number);
        CAROM_ASSERT_INT(number, next[(int) bytes[200]]++);
        CAROM_ASSERT_INT(bytes[299], bytes[200]);
    }
    for (i = 0; i < SENDERS; i++)
        end_child(&children[i], 0);
    close_pair(&pair);
}

CAROM_TASK(fills_the_shared_end)
{
    return fill(call, shared);
}

/* A thread that is inside a send on pair->a: some of its message has come, for the rest there is no room. */
static carom_process_t *start_filler(carom_test_t *test, const pair_t *pair)
{
    carom_process_t *filler;

    shared = pair->a;
    CAROM_ASSERT_OK(carom_process_start(&filler, test->context, carom_call(fills_the_shared_end)));
    CAROM_ASSERT_OK(carom_connection_poll(pair->b, PATIENCE));
    return filler;
}

/* A message whose turn did not come was not begun: nothing is broken. */
CAROM_TEST_WITH(connection, send_timeout_before_the_turn, .modes = CAROM_TEST_THREAD)
{
    pair_t pair = make_pair();
    carom_process_t *filler = start_filler(test, &pair);
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, "x", 1, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_from_int(1), SOON), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(value), MORE_THAN_FITS);
    carom_value_clear(&value);
    end_with(&filler, CAROM_OK);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(2), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 2);
    close_pair(&pair);
}

CAROM_TEST_WITH(connection, close_wakes_a_sender, .modes = CAROM_TEST_THREAD)
{
    pair_t pair = make_pair();
    carom_process_t *filler = start_filler(test, &pair);
    carom_value_t value;

    carom_connection_close(&pair.a);
    end_with(&filler, CAROM_ECLOSED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.b, PATIENCE), CAROM_ETRUNCATED);
    close_pair(&pair);
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

CAROM_TEST_WITH(connection, killed_peer, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
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
    carom_status_t status = carom_connection_send_bytes(connection, bytes, 30000000, PATIENCE);

    free(bytes);
    carom_connection_close(&connection);
    return status == CAROM_OK ? 0 : 1;
}

CAROM_TEST_WITH(connection, killed_inside_a_message, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &sends_what_nobody_takes);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_poll(connection, PATIENCE));
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, CAROM_FOREVER), CAROM_ETRUNCATED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, 0), CAROM_ETRUNCATED);
    carom_connection_close(&connection);
    end_child(&child, -9);
}

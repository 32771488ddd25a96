/* Connections on sockets and pipes of the host, and what may come over them. */

#include <carom-harness.h>

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define LONG carom_seconds(20)

/* ---- connections on descriptors of the host ---- */

CAROM_TEST_ONCE(fault, connection_on_a_pipe)
{
    carom_connection_t *reader, *writer;
    carom_value_t value;
    char *much = calloc(1, 1000000);
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&reader, ends[0], CAROM_RECEIVES, NULL));
    CAROM_ASSERT_OK(carom_connection_open(&writer, ends[1], CAROM_SENDS, NULL));
    CAROM_ASSERT_OK(carom_connection_send(writer, carom_value_from_int(5), LONG));
    CAROM_ASSERT_OK(carom_connection_poll(reader, LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, reader, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, reader, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_send(reader, value, 0), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(writer, much, 1000000, carom_milliseconds(20)), CAROM_ETIMEOUT);
    carom_connection_close(&writer);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, reader, LONG), CAROM_ETRUNCATED);
    carom_connection_close(&reader);
    free(much);
}

/* Half of a message makes it ready for who may receive it, and not for who has received that half. */
CAROM_TEST_ONCE(fault, half_a_message)
{
    static const unsigned char head[128] = {0xca, 1, 0, 0, 0, 0, 0, 0, 5};
    carom_connection_t *reader;
    carom_wait_item_t items[2];
    carom_value_t value;
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&reader, ends[0], CAROM_RECEIVES, NULL));
    CAROM_ASSERT_INT(write(ends[1], head, 64), 64);
    items[0] = carom_wait_connection(reader);
    items[1] = carom_wait_more(reader);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, NULL, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, reader, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_wait(items, 2, NULL, LONG));
    CAROM_ASSERT_INT(items[0].ready, 1);
    CAROM_ASSERT_INT(items[1].ready, 0);
    CAROM_ASSERT_STATUS(carom_wait(&items[1], 1, NULL, carom_milliseconds(5)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(write(ends[1], head + 64, 64), 64);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, NULL, LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, reader, 0));
    CAROM_ASSERT_INT(carom_value_count(value), 5);
    carom_value_clear(&value);
    close(ends[1]);
    carom_connection_close(&reader);
}

CAROM_TEST_ONCE(fault, no_sigpipe_on_a_pipe)
{
    carom_connection_t *writer;
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&writer, ends[1], CAROM_SENDS, NULL));
    close(ends[0]);
    CAROM_ASSERT(signal(SIGPIPE, SIG_DFL) != SIG_ERR);
    CAROM_ASSERT_STATUS(carom_connection_send(writer, carom_value_none(), LONG), CAROM_EEOF);
    carom_connection_close(&writer);
}

static carom_connection_t *waited_on;

CAROM_TASK(waits_on_a_pipe)
{
    carom_value_t value;

    return carom_return(call, carom_connection_receive(&value, waited_on, LONG));
}

CAROM_TEST_WITH(fault, close_wakes_a_reader_of_a_pipe, .modes = CAROM_TEST_THREAD)
{
    carom_connection_t *reader;
    carom_process_t *child;
    carom_value_t result;
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&reader, ends[0], CAROM_RECEIVES, NULL));
    waited_on = reader;
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(waits_on_a_pipe)));
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(100)), CAROM_ETIMEOUT);
    carom_connection_close(&reader);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(result), CAROM_ECLOSED);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    close(ends[1]);
}

CAROM_TASK(polls_a_pipe)
{
    return carom_return(call, carom_connection_poll(waited_on, CAROM_FOREVER));
}

CAROM_TEST_WITH(fault, close_wakes_who_polls_a_pipe, .modes = CAROM_TEST_THREAD)
{
    carom_connection_t *reader;
    carom_process_t *child;
    carom_value_t result;
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&reader, ends[0], CAROM_RECEIVES, NULL));
    waited_on = reader;
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(polls_a_pipe)));
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(100)), CAROM_ETIMEOUT);
    carom_connection_close(&reader);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_STATUS((carom_status_t) carom_value_int(result), CAROM_ECLOSED);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    close(ends[1]);
}

/* A handle that cannot go along is refused before anything moves. */
CAROM_TEST_ONCE(fault, no_handles_over_a_pipe)
{
    carom_connection_t *reader, *writer, *a, *b;
    carom_value_t value;
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&reader, ends[0], CAROM_RECEIVES, NULL));
    CAROM_ASSERT_OK(carom_connection_open(&writer, ends[1], CAROM_SENDS, NULL));
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    CAROM_ASSERT_STATUS(carom_connection_send(writer, carom_value_from_connection(a), LONG), CAROM_ENOTSUP);
    CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, b, LONG));
    carom_connection_close(&reader);
    carom_connection_close(&writer);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

CAROM_TEST_ONCE(fault, connection_on_what_is_none)
{
    carom_connection_t *connection;

    CAROM_ASSERT_STATUS(carom_connection_open(&connection, open("/dev/null", O_RDWR), CAROM_SENDS, NULL), CAROM_ENOTSUP);
    CAROM_ASSERT(connection == NULL);
    CAROM_ASSERT_STATUS(carom_connection_open(&connection, open("/dev/null", O_RDWR), 0, NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_connection_open(&connection, open("/dev/null", O_RDWR), 7, NULL), CAROM_EINVAL);
}

/* ---- hostile bytes ---- */

/* A connection whose other end is a bare socket. */
static carom_connection_t *with_bare_end(int *bare)
{
    carom_connection_t *connection;
    int ends[2];

    CAROM_ASSERT_INT(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
    CAROM_ASSERT_OK(carom_connection_open(&connection, ends[0], CAROM_RECEIVES | CAROM_SENDS, NULL));
    *bare = ends[1];
    return connection;
}

static void feed(int bare, const void *bytes, size_t length)
{
    CAROM_ASSERT_INT(send(bare, bytes, length, MSG_NOSIGNAL), (int64_t) length);
}

/* With the zeros that make a short message a whole one. */
static void feed_message(int bare, const void *bytes, size_t length)
{
    unsigned char message[128] = {0};

    memcpy(message, bytes, length);
    feed(bare, message, sizeof message);
}

CAROM_TEST_ONCE(fault, garbage_instead_of_a_message)
{
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    feed(bare, "GET / HTTP/1.1\r\n\r\n", 18);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_EBROKEN);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_EBROKEN);
    CAROM_ASSERT_OK(carom_connection_poll(connection, 0));
    carom_connection_close(&connection);
    close(bare);
}

CAROM_TEST_ONCE(fault, a_header_in_part)
{
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    feed(bare, "\xCA\x02\0\0\0", 5);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, carom_milliseconds(20)), CAROM_ETIMEOUT);
    close(bare);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ETRUNCATED);
    carom_connection_close(&connection);
}

/* Announces 2^61 bytes: refused for what it is, and no memory is taken. */
CAROM_TEST_ONCE(fault, a_length_that_lies)
{
    static const char header[] = "\xCA\x02\0\0\0\0\0\0\0\0\0\0\0\0\0\x20";
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    feed(bare, header, 16);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ETOOBIG);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_ETOOBIG);
    carom_connection_close(&connection);
    close(bare);
}

/* A bad value spoils its message only. */
CAROM_TEST_ONCE(fault, a_bad_value)
{
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    feed_message(bare, "\xCA\x02\0\0\0\0\0\0\x03\0\0\0\0\0\0\0\xff\xff\xff", 19);
    feed_message(bare, "\xCA\x01\0\0\0\0\0\0\x02\0\0\0\0\0\0\0ok", 18);
    CAROM_ASSERT(carom_connection_receive(&value, connection, LONG) != CAROM_OK);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_count(value), 2);
    carom_value_clear(&value);
    carom_connection_close(&connection);
    close(bare);
}

static void expect_bad(const void *body, size_t length, carom_status_t wanted)
{
    unsigned char message[300] = {0xCA, 2};
    size_t whole = 16 + length < 128 ? 128 : 16 + length;
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    message[8] = (unsigned char) length;
    memcpy(message + 16, body, length);
    feed(bare, message, whole);
    feed_message(bare, "\xCA\x01\0\0\0\0\0\0\x02\0\0\0\0\0\0\0ok", 18);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), wanted);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_count(value), 2);
    carom_value_clear(&value);
    carom_connection_close(&connection);
    close(bare);
}

/* Each trouble is a status of its own, and spoils its message only. */
CAROM_TEST_ONCE(fault, bad_values_and_their_statuses)
{
    unsigned char deep[132] = {1};
    size_t i;

    for (i = 1; i + 1 < sizeof deep; i += 2) {
        deep[i] = 0x0a;
        deep[i + 1] = 1;
    }
    deep[sizeof deep - 1] = 0;
    expect_bad("\x01", 1, CAROM_EBADMSG);
    expect_bad("\x01\0\0", 3, CAROM_EBADMSG);
    expect_bad("\x02\0", 2, CAROM_EVERSION);
    expect_bad("\x01\x09\x01\xff", 4, CAROM_EUTF8);
    expect_bad("\x01\x0a\xc1\x84\x3d\0\0", 7, CAROM_ECOUNT);
    expect_bad(deep, sizeof deep, CAROM_EDEPTH);
}

/* A send that was cut off ends its direction: the other side is told, though this one stays open. */
CAROM_TEST_ONCE(fault, half_a_message_is_told_at_once)
{
    carom_connection_t *a, *b;
    carom_value_t value;
    char *much = calloc(1, 8000000);

    CAROM_ASSERT(much != NULL);
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(a, much, 8000000, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, b, LONG), CAROM_ETRUNCATED);
    CAROM_ASSERT_OK(carom_connection_send(b, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, a, LONG));
    carom_connection_close(&a);
    carom_connection_close(&b);
    free(much);
}

/* A short message goes as a whole or, where there is no room, not at all: nothing is broken. */
CAROM_TEST_ONCE(fault, a_full_way_breaks_nothing)
{
    carom_connection_t *a, *b;
    carom_status_t status;
    carom_value_t value;
    int64_t sent, got;

    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    for (sent = 0; (status = carom_connection_send(a, carom_value_from_int(sent), 0)) == CAROM_OK; sent++)
        ;
    CAROM_ASSERT_STATUS(status, CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_send(a, carom_value_from_int(sent), carom_milliseconds(20)), CAROM_ETIMEOUT);
    for (got = 0; got < sent; got++) {
        CAROM_ASSERT_OK(carom_connection_receive(&value, b, LONG));
        CAROM_ASSERT_INT(carom_value_int(value), got);
    }
    CAROM_ASSERT_STATUS(carom_connection_poll(b, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_int(sent), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, b, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), sent);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

/* Who is at the other end of a file of the host's need not be of this tree. */
CAROM_TEST_ONCE(fault, no_end_leaves_the_tree)
{
    int bare;
    carom_connection_t *connection, *a, *b;
    carom_value_t value;

    if (!carom_context_can(NULL, CAROM_CAN_SHARE))
        CAROM_SKIP("no-shared-memory");
    connection = with_bare_end(&bare);
    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    CAROM_ASSERT_STATUS(carom_connection_send(connection, carom_value_from_connection(b), LONG), CAROM_ENOTSUP);
    CAROM_ASSERT_OK(carom_connection_send(b, carom_value_from_int(6), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, a, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 6);
    carom_connection_close(&a);
    carom_connection_close(&b);
    carom_connection_close(&connection);
    close(bare);
}

/* Announces handles that do not come. */
CAROM_TEST_ONCE(fault, handles_that_do_not_come)
{
    unsigned char message[16 + 3 + 56] = {0xCA, 2, 1, 0, 0, 0, 0, 0, 59};
    carom_value_t value;
    int bare;
    carom_connection_t *connection = with_bare_end(&bare);

    feed_message(bare, message, sizeof message);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_EMFILE);
    carom_connection_close(&connection);
    close(bare);
}

/* A program in another language at the other end of a connection: pipes of the host, and doc/wire.md in Python. */

#include "tests/python.h"

#include <apr_portable.h>
#include <fcntl.h>

/* More than the 128 bytes that every message has. */
#define LENGTHY 5000

/* Each message comes back turned round, bytes as bytes, text as text. */
static const char speaker[] =
    "import struct, sys\n"
    "def message(kind, body):\n"
    "    sys.stdout.buffer.write((struct.pack('<BBHIQ', 0xca, kind, 0, 0, len(body)) + body).ljust(128, b'\\0'))\n"
    "    sys.stdout.buffer.flush()\n"
    "while True:\n"
    "    first = sys.stdin.buffer.read(128)\n"
    "    if not first: break\n"
    "    magic, kind, handles, zero, length = struct.unpack('<BBHIQ', first[:16])\n"
    "    assert magic == 0xca and handles == zero == 0\n"
    "    body = (first[16:] + sys.stdin.buffer.read(max(0, length - 112)))[:length]\n"
    "    if kind == 1: message(1, body[::-1])\n"
    "    else:\n"
    "        assert body[:2] == b'\\1\\t' and body[2] == len(body) - 3\n"
    "        message(2, body[:3] + body[3:].decode('utf-8')[::-1].encode('utf-8'))\n";

/* A connection owns its file, and so does APR. */
static carom_connection_t *open_on(apr_file_t *pipe, int able)
{
    carom_connection_t *connection;
    apr_os_file_t file;

    CAROM_ASSERT(apr_os_file_get(&file, pipe) == APR_SUCCESS);
    CAROM_ASSERT_OK(carom_connection_open(&connection, fcntl(file, F_DUPFD_CLOEXEC, 0), able, NULL));
    apr_file_close(pipe);
    return connection;
}

static void turn_bytes(carom_connection_t *there, carom_connection_t *back, size_t length)
{
    char sent[LENGTHY], came[LENGTHY];
    size_t got, i;

    for (i = 0; i < length; i++)
        sent[i] = (char) (i * 7 + 1);
    CAROM_ASSERT_OK(carom_connection_send_bytes(there, sent, length, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive_into(came, sizeof came, &got, back, PATIENCE));
    CAROM_ASSERT_INT(got, length);
    for (i = 0; i < length && came[i] == sent[length - 1 - i]; i++)
        ;
    CAROM_ASSERT_INT(i, length);
}

static void turn_text(carom_connection_t *there, carom_connection_t *back, const char *text, const char *wanted)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(there, carom_value_borrow_text(text), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, back, PATIENCE));
    CAROM_ASSERT_TEXT(carom_value_text(value), wanted);
    carom_value_clear(&value);
}

CAROM_TASK(talks_with_python)
{
    carom_connection_t *there, *back;
    python_t python;
    carom_value_t value;

    start_python(&python, speaker);
    there = open_on(python.process.in, CAROM_SENDS);
    back = open_on(python.process.out, CAROM_RECEIVES);
    turn_bytes(there, back, 0);
    turn_bytes(there, back, 5);
    turn_bytes(there, back, 112);
    turn_bytes(there, back, 113);
    turn_bytes(there, back, LENGTHY);
    turn_text(there, back, "", "");
    turn_text(there, back, "carom", "morac");
    turn_text(there, back, "a\303\244\342\202\254z", "z\342\202\254\303\244a");
    carom_connection_close(&there);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, back, PATIENCE), CAROM_EEOF);
    carom_connection_close(&back);
    end_well(&python);
    return 0;
}

CAROM_TEST(python, speaks_the_wire_form)
{
    run_driver(test, &talks_with_python);
}

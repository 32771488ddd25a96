/* Values: numbers, strings, handles, decimal, print.  (Containers: test_container.c; the wire form: test_wire.c.) */

#include "values.h"

#include <float.h>
#include <math.h>
#include <string.h>

/* ---- numbers ---- */

CAROM_TEST_ONCE(value, size_is_for_ever)
{
    CAROM_ASSERT_INT(sizeof(carom_value_t), 24);
}

CAROM_TEST_ONCE(value, numbers)
{
    CAROM_ASSERT_INT(carom_value_bool(carom_value_from_bool(7)), 1);
    CAROM_ASSERT_INT(carom_value_int(carom_value_from_bool(7)), 1);
    CAROM_ASSERT_INT(carom_value_int(carom_value_from_int(INT64_MIN)), INT64_MIN);
    CAROM_ASSERT_INT(carom_value_bool(carom_value_from_int(-3)), 1);
    CAROM_ASSERT_INT(carom_value_bool(carom_value_from_int(0)), 0);
    CAROM_ASSERT_INT(carom_value_bool(carom_value_from_float(1)), 0);
    CAROM_ASSERT(carom_value_float(carom_value_from_float(2.5)) == 2.5);
    CAROM_ASSERT(carom_value_float(carom_value_from_int(INT64_MAX)) == 9223372036854775808.0);
    CAROM_ASSERT(carom_value_real(carom_value_from_complex(1, 2)) == 1);
    CAROM_ASSERT(carom_value_imaginary(carom_value_from_complex(1, 2)) == 2);
    CAROM_ASSERT(carom_value_real(carom_value_from_int(4)) == 4);
    CAROM_ASSERT(carom_value_real(carom_value_from_float(4.5)) == 4.5);
    CAROM_ASSERT(carom_value_imaginary(carom_value_from_float(4)) == 0);
    CAROM_ASSERT(carom_value_float(carom_value_from_complex(1, 2)) == 0);
}

CAROM_TEST_ONCE(value, uint)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_uint(&value, INT64_MAX));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_INT);
    CAROM_ASSERT_INT(carom_value_int(value), INT64_MAX);
    CAROM_ASSERT_OK(carom_value_from_uint(&value, (uint64_t) INT64_MAX + 1));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BIGINT);
    check_print(value, "9223372036854775808");
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_value_from_uint(&value, UINT64_MAX));
    check_print(value, "18446744073709551615");
    CAROM_ASSERT_INT(carom_value_int(value), 0);
    carom_value_clear(&value);
}

CAROM_TEST_ONCE(value, reading_what_is_not_there)
{
    carom_value_t none = carom_value_none(), list = made(carom_value_list);

    CAROM_ASSERT_INT(carom_value_int(none), 0);
    CAROM_ASSERT_INT(carom_value_int(list), 0);
    CAROM_ASSERT(carom_value_float(list) == 0);
    CAROM_ASSERT_TEXT(carom_value_text(none), NULL);
    CAROM_ASSERT_TEXT(carom_value_text(carom_value_borrow_bytes("x", 1)), NULL);
    CAROM_ASSERT(carom_value_bytes(list) == NULL);
    CAROM_ASSERT_INT(carom_value_count(none), 0);
    CAROM_ASSERT_INT(carom_value_count(carom_value_from_int(5)), 0);
    CAROM_ASSERT(carom_value_at(list, 0) == NULL);
    CAROM_ASSERT(carom_value_at(none, 0) == NULL);
    CAROM_ASSERT(carom_value_key_at(list, 0) == NULL);
    CAROM_ASSERT(carom_value_get(list, none) == NULL);
    CAROM_ASSERT(carom_value_get(none, none) == NULL);
    CAROM_ASSERT(carom_value_get_text(list, "x") == NULL);
    carom_value_clear(&list);
    carom_value_clear(&none);
    carom_value_clear(NULL);
}

CAROM_TEST_ONCE(value, type_names)
{
    static const char *const names[] = {"none", "bool", "int",  "bigint", "float",     "complex",    "bytes", "text",
                                        "list", "tuple", "dict", "set",   "frozenset", "connection", "file",   "lock",
                                        "semaphore", "event", "condition", "barrier", "queue", "array", "heap"};

    for (int i = 0; i <= CAROM_HEAP; i++)
        CAROM_ASSERT_TEXT(carom_type_name((carom_type_t) i), names[i]);
    CAROM_ASSERT_TEXT(carom_type_name((carom_type_t) 99), "unknown");
}

/* ---- strings ---- */

CAROM_TEST_ONCE(value, bytes)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_bytes(&value, "a\0b", 3));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    CAROM_ASSERT_INT(carom_value_count(value), 3);
    CAROM_ASSERT(memcmp(carom_value_bytes(value), "a\0b", 4) == 0);
    carom_value_clear(&value);
    check_none(value);

    CAROM_ASSERT_OK(carom_value_from_bytes(&value, NULL, 0));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    CAROM_ASSERT_INT(carom_value_count(value), 0);
    CAROM_ASSERT_TEXT(carom_value_bytes(value), "");
    carom_value_clear(&value);

    CAROM_ASSERT_STATUS(carom_value_from_bytes(&value, NULL, 1), CAROM_EINVAL);
    check_none(value);
}

CAROM_TEST_ONCE(value, texts)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_text(&value, "h\xC3\xA9llo"));
    CAROM_ASSERT_TEXT(carom_value_text(value), "h\xC3\xA9llo");
    CAROM_ASSERT_TEXT(carom_value_bytes(value), "h\xC3\xA9llo");
    CAROM_ASSERT_INT(carom_value_count(value), 6);
    carom_value_clear(&value);

    CAROM_ASSERT_OK(carom_value_from_text_n(&value, "a\0b", 3));
    CAROM_ASSERT_INT(carom_value_count(value), 3);
    CAROM_ASSERT(memcmp(carom_value_text(value), "a\0b", 4) == 0);
    carom_value_clear(&value);

    CAROM_ASSERT_OK(carom_value_from_text_n(&value, NULL, 0));
    CAROM_ASSERT_TEXT(carom_value_text(value), "");
    CAROM_ASSERT_STATUS(carom_value_from_text_n(&value, NULL, 2), CAROM_EINVAL);
    check_none(value);
    CAROM_ASSERT_STATUS(carom_value_from_text(&value, NULL), CAROM_EINVAL);
    check_none(value);
}

/* Lengths that the system cannot have in memory are refused before a byte is read. */
CAROM_TEST_ONCE(value, too_long_strings)
{
    carom_value_t value = carom_value_borrow_bytes("x", UINT32_MAX), list = made(carom_value_list), copy;

    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ETOOBIG);
    check_none(copy);
    CAROM_ASSERT_STATUS(carom_value_append(&list, &value), CAROM_ETOOBIG);
    check_none(value);
    CAROM_ASSERT_INT(carom_value_count(list), 0);
    CAROM_ASSERT_STATUS(carom_value_from_bytes(&value, "x", UINT32_MAX), CAROM_ETOOBIG);
    check_none(value);
    CAROM_ASSERT_STATUS(carom_value_from_text_n(&value, "x", UINT32_MAX), CAROM_ETOOBIG);
    check_none(value);
    carom_value_clear(&list);
}

static void check_utf8(const char *bytes, carom_status_t wanted)
{
    char padded[40];
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_value_from_text(&value, bytes), wanted);
    carom_value_clear(&value);
    /* Behind ASCII that is read eight bytes at a time, at each place in the eight. */
    for (int before = 0; before < 17; before++) {
        memset(padded, 'x', sizeof padded);
        strcpy(padded + before, bytes);
        CAROM_ASSERT_STATUS(carom_value_from_text(&value, padded), wanted);
        carom_value_clear(&value);
    }
}

CAROM_TEST_ONCE(value, utf8)
{
    static const char *const good[] = {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                                       "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF", "a\xC3\xA9z\xE2\x82\xAC"};
    static const char *const bad[] = {
        "\x80",                 /* a byte that continues nothing */
        "\xC3", "\xE2\x82", "\xF0\x9F\x98", "\xC3x", "\xE2\x82x",   /* cut short */
        "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", /* overlong */
        "\xED\xA0\x80", "\xED\xBF\xBF",                             /* surrogates */
        "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"              /* above U+10FFFF */
    };

    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        check_utf8(good[i], CAROM_OK);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        check_utf8(bad[i], CAROM_EUTF8);
}

CAROM_TEST_ONCE(value, borrowed)
{
    char bytes[] = "abc";
    carom_value_t borrowed = carom_value_borrow_text(bytes), list = made(carom_value_list), copy;

    CAROM_ASSERT(carom_value_text(borrowed) == bytes);
    CAROM_ASSERT_OK(carom_value_copy(&copy, &borrowed));
    append(&list, borrowed);
    bytes[0] = 'x';
    CAROM_ASSERT_TEXT(carom_value_text(copy), "abc");
    CAROM_ASSERT_TEXT(carom_value_text(*carom_value_at(list, 0)), "abc");
    carom_value_clear(&borrowed);
    CAROM_ASSERT_TEXT(bytes, "xbc");
    carom_value_clear(&copy);
    carom_value_clear(&list);

    check_none(carom_value_borrow_text(NULL));
    check_none(carom_value_borrow_bytes(NULL, 3));
    CAROM_ASSERT_INT(carom_value_type(carom_value_borrow_text("")), CAROM_TEXT);
}

CAROM_TEST_ONCE(value, borrowed_text_is_checked_when_put)
{
    carom_value_t list = made(carom_value_list), set = made(carom_value_set), dict = made(carom_value_dict), bad, key, copy;

    bad = text("\xFF");
    CAROM_ASSERT_STATUS(carom_value_append(&list, &bad), CAROM_EUTF8);
    check_none(bad);
    bad = text("\xFF");
    CAROM_ASSERT_STATUS(carom_value_append(&set, &bad), CAROM_EUTF8);
    bad = text("\xFF"), key = text("key");
    CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &bad), CAROM_EUTF8);
    check_none(key);
    check_none(bad);
    bad = carom_value_from_int(1);
    CAROM_ASSERT_STATUS(carom_value_put_text(&dict, "\xFF", &bad), CAROM_EUTF8);
    check_none(bad);
    put(&dict, text("key"), carom_value_from_int(1));
    bad = text("\xFF"), key = text("key");
    CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &bad), CAROM_EUTF8);
    check_print(dict, "{\"key\": 1}");
    bad = text("\xFF");
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &bad), CAROM_EUTF8);
    check_none(copy);
    carom_value_clear(&list);
    carom_value_clear(&set);
    carom_value_clear(&dict);
}

/* ---- decimal ---- */

static void check_decimal(const char *digits, const char *wanted, carom_type_t type)
{
    char line[400];
    size_t needed;
    carom_value_t value = decimal(digits);

    CAROM_ASSERT_INT(carom_value_type(value), type);
    CAROM_ASSERT_OK(carom_value_to_decimal(line, sizeof line, &needed, value));
    CAROM_ASSERT_TEXT(line, wanted);
    CAROM_ASSERT_INT(needed, strlen(wanted) + 1);
    CAROM_ASSERT_OK(carom_value_to_decimal(line, needed, NULL, value));
    line[0] = '#';
    CAROM_ASSERT_STATUS(carom_value_to_decimal(line, needed - 1, &needed, value), CAROM_ETOOBIG);
    CAROM_ASSERT_INT(line[0], '#');
    CAROM_ASSERT_INT(needed, strlen(wanted) + 1);
    CAROM_ASSERT_STATUS(carom_value_to_decimal(NULL, 0, &needed, value), CAROM_ETOOBIG);
    carom_value_clear(&value);
}

CAROM_TEST_ONCE(value, decimal)
{
    static const char *const same[] = {
        "9223372036854775808", "-9223372036854775809", "18446744073709551616", "1000000000000000000000000000000",
        "-340282366920938463463374607431768211456",
        /* 30!, and 3 to the 300th */
        "265252859812191058636308480000000",
        ("13689147905858837599132602738208831596646369562533743647148019007836899717749907659380020615568894138825048444059799"
         "4042813512732765695774566001"),
    };

    check_decimal("0", "0", CAROM_INT);
    check_decimal("-0", "0", CAROM_INT);
    check_decimal("+42", "42", CAROM_INT);
    check_decimal("0000000000000000000000000007", "7", CAROM_INT);
    check_decimal("-00000000000000000000000000000000000009223372036854775808", "-9223372036854775808", CAROM_INT);
    check_decimal("9223372036854775807", "9223372036854775807", CAROM_INT);
    check_decimal("-9223372036854775807", "-9223372036854775807", CAROM_INT);
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        check_decimal(same[i], same[i], CAROM_BIGINT);
}

CAROM_TEST_ONCE(value, decimal_refused)
{
    static const char *const wrong[] = {"", "-", "+", "--1", "1 ", " 1", "0x10", "1e5", "12a", "1.0"};
    carom_value_t value;
    char line[40];
    size_t needed;

    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        CAROM_ASSERT_STATUS(carom_value_from_decimal(&value, wrong[i]), CAROM_EINVAL);
        check_none(value);
    }
    CAROM_ASSERT_STATUS(carom_value_from_decimal(&value, NULL), CAROM_EINVAL);
    check_none(value);
    CAROM_ASSERT_STATUS(carom_value_to_decimal(line, sizeof line, &needed, carom_value_from_float(1)), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_value_to_decimal(line, sizeof line, NULL, carom_value_from_bool(1)), CAROM_ETYPE);
}

/* The longest that is allowed, there and back; one digit more. */
CAROM_TEST_ONCE(value, decimal_limit)
{
    static char digits[65536 + 3], back[65536 + 3];
    carom_value_t value;
    size_t needed;

    digits[0] = '-';
    memset(digits + 1, '9', 65536);
    value = decimal(digits);
    CAROM_ASSERT_OK(carom_value_to_decimal(back, sizeof back, &needed, value));
    CAROM_ASSERT_INT(needed, 65536 + 2);
    CAROM_ASSERT(strcmp(digits, back) == 0);
    carom_value_clear(&value);
    digits[65537] = '9';
    CAROM_ASSERT_STATUS(carom_value_from_decimal(&value, digits), CAROM_ETOOBIG);
    check_none(value);
}

/* A bigint can come with more digits than decimal is offered for: version, tag, length 27,214 and 27,215 as varints. */
CAROM_TEST_ONCE(value, decimal_of_longer_bigints)
{
    static unsigned char bytes[27215 + 5];
    carom_value_t value;
    char back[8];
    size_t needed = 1;

    for (unsigned length = 27214; length <= 27215; length++) {
        memset(bytes, 0xFF, sizeof bytes);
        memcpy(bytes, "\1\4\0\0\1", 5);
        bytes[2] = (unsigned char) (length | 0x80);
        bytes[3] = (unsigned char) (length >> 7 | 0x80);
        CAROM_ASSERT_OK(carom_value_decode(&value, bytes, length + 5, NULL, NULL));
        CAROM_ASSERT_STATUS(carom_value_to_decimal(back, sizeof back, &needed, value), CAROM_ETOOBIG);
        CAROM_ASSERT_INT(needed, 0);
        carom_value_clear(&value);
    }
}

/* ---- handles ---- */

CAROM_TEST_ONCE(value, files)
{
    carom_value_t value = carom_value_from_file(7), copy, list = made(carom_value_list);
    carom_native_t file;

    CAROM_ASSERT_INT(carom_value_type(value), CAROM_FILE);
    CAROM_ASSERT(carom_value_equal(value, carom_value_from_file(7)));
    CAROM_ASSERT(!carom_value_equal(value, carom_value_from_file(8)));
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOTSUP);
    check_none(copy);
    append(&list, value);
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &list), CAROM_ENOTSUP);
    check_none(copy);
    carom_value_clear(&list);             /* and the file, which is only borrowed, stays open */
    value = carom_value_from_file(7);
    CAROM_ASSERT_OK(carom_value_take_file(&file, &value));
    CAROM_ASSERT_INT(file, 7);
    check_none(value);
    CAROM_ASSERT_STATUS(carom_value_take_file(&file, &value), CAROM_ETYPE);
    CAROM_ASSERT_INT(file, CAROM_NATIVE_NONE);
    check_none(carom_value_from_file(CAROM_NATIVE_NONE));
}

CAROM_TEST_ONCE(value, connections)
{
    static char nothing[1];
    struct carom_connection_t *connection = (struct carom_connection_t *) (void *) nothing, *taken;
    carom_value_t value = carom_value_from_connection(connection), copy;

    CAROM_ASSERT_INT(carom_value_type(value), CAROM_CONNECTION);
    CAROM_ASSERT(carom_value_equal(value, carom_value_from_connection(connection)));
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOTSUP);
    check_print(value, "<connection>");
    CAROM_ASSERT_OK(carom_value_take_connection(&taken, &value));
    CAROM_ASSERT(taken == connection);
    check_none(value);
    value = carom_value_from_int(1);
    CAROM_ASSERT_STATUS(carom_value_take_connection(&taken, &value), CAROM_ETYPE);
    CAROM_ASSERT(taken == NULL);
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    check_none(carom_value_from_connection(NULL));
}

/* ---- print ---- */

CAROM_TEST_ONCE(value, print_of_numbers)
{
    check_print(carom_value_none(), "none");
    check_print(carom_value_from_bool(1), "true");
    check_print(carom_value_from_bool(0), "false");
    check_print(carom_value_from_int(INT64_MIN), "-9223372036854775808");
    check_print(carom_value_from_float(3), "3.0");
    check_print(carom_value_from_float(-0.0), "-0.0");
    check_print(carom_value_from_float(0.1), "0.1");
    check_print(carom_value_from_float(1.0 / 3), "0.3333333333333333");
    check_print(carom_value_from_float(1e300), "1e+300");
    check_print(carom_value_from_float(1.5e-300), "1.5e-300");
    check_print(carom_value_from_float(DBL_MAX), "1.7976931348623157e+308");
    check_print(carom_value_from_float(NAN), "nan");
    check_print(carom_value_from_float(INFINITY), "inf");
    check_print(carom_value_from_float(-INFINITY), "-inf");
    check_print(carom_value_from_complex(1, -2.5), "(1.0-2.5j)");
    check_print(carom_value_from_complex(0, 1), "(0.0+1.0j)");
    check_print(carom_value_from_file(5), "<file 5>");
}

CAROM_TEST_ONCE(value, print_of_strings)
{
    check_print(text("a\"b\\c\n\r\t"), "\"a\\\"b\\\\c\\n\\r\\t\"");
    check_print(text("\x01\x7F\xC2\x85\xE2\x80\xA8"), "\"\\u0001\\u007f\\u0085\\u2028\"");
    check_print(text("\xE2\x82\xAC \xF0\x9F\x98\x80"), "\"\xE2\x82\xAC \xF0\x9F\x98\x80\"");
    check_print(text("bad \xFF\xC3"), "\"bad \\xff\\xc3\"");
    check_print(carom_value_borrow_bytes("a\0\xC3\xA9\"\n\x7F", 7), "b\"a\\x00\\xc3\\xa9\\\"\\n\\x7f\"");
}

CAROM_TEST_ONCE(value, print_of_containers)
{
    carom_value_t all = made(carom_value_list), dict = made(carom_value_dict), tuple = made(carom_value_tuple);

    append(&tuple, carom_value_from_int(1));
    append(&all, made(carom_value_list));
    append(&all, made(carom_value_tuple));
    append(&all, made(carom_value_dict));
    append(&all, made(carom_value_set));
    append(&all, made(carom_value_frozenset));
    append(&all, tuple);
    append(&all, pair(carom_value_tuple, text("a"), text("b")));
    append(&all, pair(carom_value_set, text("a"), text("b")));
    append(&all, pair(carom_value_frozenset, text("a"), text("b")));
    put(&dict, text("three"), carom_value_from_float(3));
    append(&all, dict);
    check_print(all, "[[], (), {}, set(), frozenset(), (1,), (\"a\", \"b\"), {\"a\", \"b\"}, frozenset({\"a\", \"b\"}), "
                     "{\"three\": 3.0}]");
    carom_value_clear(&all);
}

CAROM_TEST_ONCE(value, print_of_long_bigints)
{
    static char digits[4000], line[4000];
    carom_value_t value;

    memset(digits, '7', 1200);
    digits[1200] = 0;
    value = decimal(digits);
    CAROM_ASSERT(strcmp(carom_value_print(line, sizeof line, value), digits) == 0);
    carom_value_clear(&value);

    /* The 4,104th power of two: 1 and 513 bytes of zeros. */
    unsigned char bytes[4 + 514] = {1, 5, 0x82, 0x04};
    bytes[517] = 1;
    CAROM_ASSERT_OK(carom_value_decode(&value, bytes, sizeof bytes, NULL, NULL));
    carom_value_print(line, sizeof line, value);
    CAROM_ASSERT_INT(strlen(line), 4 + 1026);
    CAROM_ASSERT(strncmp(line, "-0x100000", 9) == 0);
    carom_value_clear(&value);
}

CAROM_TEST_ONCE(value, print_is_cut)
{
    char line[40];
    carom_value_t list = pair(carom_value_list, text("\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC"), nest(4));

    memset(line, '#', sizeof line);
    CAROM_ASSERT_TEXT(carom_value_print(line, 1, list), "");
    CAROM_ASSERT_INT(line[1], '#');
    CAROM_ASSERT_TEXT(carom_value_print(line, 2, list), ".");
    CAROM_ASSERT_TEXT(carom_value_print(line, 3, list), "..");
    CAROM_ASSERT_TEXT(carom_value_print(line, 4, list), "...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 6, list), "[\"...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 8, list), "[\"...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 9, list), "[\"\xE2\x82\xAC...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 16, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 23, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\", [[[[]...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 24, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\", [[[[]]]]]");
    carom_value_clear(&list);
}

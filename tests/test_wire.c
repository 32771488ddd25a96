/* The wire form of values (doc/wire.md): its exact bytes, round trips, limits, and bytes from people who mean no good. */

#include "values.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

/* The bytes of "01 0a ff"; returns how many. */
static size_t from_hex(unsigned char *bytes, const char *hex)
{
    size_t length = 0;

    for (; *hex != 0; hex++)
        if (*hex != ' ') {
            char two[3] = {hex[0], hex[1], 0};
            bytes[length++] = (unsigned char) strtoul(two, NULL, 16);
            hex++;
        }
    return length;
}

static void check_bytes(const void *bytes, size_t length, const char *hex)
{
    unsigned char wanted[400];
    size_t wanted_length = from_hex(wanted, hex);

    CAROM_ASSERT_INT(length, wanted_length);
    CAROM_ASSERT(memcmp(bytes, wanted, length) == 0);
}

/* There and back again, to the same value and the same bytes.  Clears the value.  hex may be NULL. */
static void round_trip(carom_value_t value, const char *hex)
{
    void *bytes, *again;
    size_t length, length_again;
    carom_value_t back;

    CAROM_ASSERT_OK(carom_value_encode(&bytes, &length, value, NULL, NULL));
    if (hex != NULL)
        check_bytes(bytes, length, hex);
    CAROM_ASSERT_OK(carom_value_decode(&back, bytes, length, NULL, NULL));
    CAROM_ASSERT(carom_value_equal(value, back));
    CAROM_ASSERT_OK(carom_value_encode(&again, &length_again, back, NULL, NULL));
    CAROM_ASSERT_INT(length_again, length);
    CAROM_ASSERT(memcmp(bytes, again, length) == 0);
    carom_free(bytes);
    carom_free(again);
    carom_value_clear(&value);
    carom_value_clear(&back);
}

/* Decodes a copy of exactly the bytes, so that a sanitizer sees each step beyond them. */
static carom_status_t decode(const unsigned char *bytes, size_t length, const carom_limits_t *limits,
                             carom_value_error_t *error)
{
    unsigned char *exact = malloc(length > 0 ? length : 1);
    carom_value_t value;

    CAROM_ASSERT(exact != NULL);
    memcpy(exact, bytes, length);
    carom_status_t status = carom_value_decode(&value, exact, length, limits, error);
    if (status != CAROM_OK)
        check_none(value);
    free(exact);
    carom_value_clear(&value);
    return status;
}

static void refused(const char *hex, carom_status_t wanted, const char *place)
{
    unsigned char bytes[400];
    carom_value_error_t error;
    size_t length = from_hex(bytes, hex);

    CAROM_ASSERT_STATUS(decode(bytes, length, NULL, &error), wanted);
    CAROM_ASSERT_STATUS(error.status, wanted);
    CAROM_ASSERT_TEXT(error.place, place);
    CAROM_ASSERT_STATUS(decode(bytes, length, NULL, NULL), wanted);
}

static void not_encoded(carom_value_t value, const carom_limits_t *limits, carom_status_t wanted, const char *place)
{
    void *bytes = &bytes;
    size_t length = 1;
    carom_value_error_t error;

    CAROM_ASSERT_STATUS(carom_value_encode(&bytes, &length, value, limits, &error), wanted);
    CAROM_ASSERT(bytes == NULL);
    CAROM_ASSERT_INT(length, 0);
    CAROM_ASSERT_STATUS(error.status, wanted);
    CAROM_ASSERT_TEXT(error.place, place);
}

/* The examples of doc/wire.md and more. */
CAROM_TEST_ONCE(wire, exact_bytes)
{
    round_trip(carom_value_none(), "01 00");
    round_trip(carom_value_from_bool(0), "01 01");
    round_trip(carom_value_from_bool(1), "01 02");
    round_trip(carom_value_from_int(0), "01 03 00");
    round_trip(carom_value_from_int(-1), "01 03 01");
    round_trip(carom_value_from_int(1), "01 03 02");
    round_trip(carom_value_from_int(63), "01 03 7e");
    round_trip(carom_value_from_int(-64), "01 03 7f");
    round_trip(carom_value_from_int(64), "01 03 80 01");
    round_trip(carom_value_from_int(300), "01 03 d8 04");
    round_trip(carom_value_from_int(INT64_MAX), "01 03 fe ff ff ff ff ff ff ff ff 01");
    round_trip(carom_value_from_int(INT64_MIN), "01 03 ff ff ff ff ff ff ff ff ff 01");
    round_trip(carom_value_from_float(1.5), "01 06 00 00 00 00 00 00 f8 3f");
    round_trip(carom_value_from_float(-0.0), "01 06 00 00 00 00 00 00 00 80");
    round_trip(carom_value_from_float(INFINITY), "01 06 00 00 00 00 00 00 f0 7f");
    round_trip(carom_value_from_complex(1.5, -0.0), "01 07 00 00 00 00 00 00 f8 3f 00 00 00 00 00 00 00 80");
    round_trip(carom_value_borrow_bytes("\0\xFF", 2), "01 08 02 00 ff");
    round_trip(carom_value_borrow_bytes("", 0), "01 08 00");
    round_trip(text("h\xC3\xA9"), "01 09 03 68 c3 a9");
    round_trip(text(""), "01 09 00");
}

CAROM_TEST_ONCE(wire, exact_bytes_of_bigints)
{
    round_trip(decimal("9223372036854775808"), "01 04 08 00 00 00 00 00 00 00 80");
    round_trip(decimal("-9223372036854775809"), "01 05 08 01 00 00 00 00 00 00 80");
    round_trip(decimal("18446744073709551616"), "01 04 09 00 00 00 00 00 00 00 00 01");
    round_trip(decimal("-1000000000000000000000000000000"), "01 05 0d 00 00 00 40 ea ed 74 46 d0 9c 2c 9f 0c");
    round_trip(decimal("170141183460469231731687303715884105727"), "01 04 10 ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff 7f");
    round_trip(decimal("265252859812191058636308480000000"), "01 04 0e 00 00 00 54 dd f5 5d 86 96 0f 37 f6 13 0d");
    round_trip(decimal("136891479058588375991326027382088315966463695625337436471480190078368997177499076593800206155688941388"
                       "250484440597994042813512732765695774566001"),
               "01 04 3c 71 26 5c dc 67 4e b3 39 be 44 3a 62 b4 e1 74 38 9e 3e 87 8a 02 6e 3c 12 3a 54 0c e4 24 5e 9c c1 85 39"
               "ba 5b f8 d7 d8 9c 38 ba 6b ec b0 bf 91 0b 03 ae 6a 4d bf 5d 5a 48 ff cf 39 0b");
}

CAROM_TEST_ONCE(wire, exact_bytes_of_containers)
{
    carom_value_t list = pair(carom_value_list, carom_value_from_int(1), text("two")), dict = made(carom_value_dict);

    put(&dict, text("three"), carom_value_from_float(3));
    append(&list, dict);
    round_trip(list, "01 0a 03 03 02 09 03 74 77 6f 0c 01 09 05 74 68 72 65 65 06 00 00 00 00 00 00 08 40");
    round_trip(made(carom_value_list), "01 0a 00");
    round_trip(made(carom_value_tuple), "01 0b 00");
    round_trip(made(carom_value_dict), "01 0c 00");
    round_trip(made(carom_value_set), "01 0d 00");
    round_trip(made(carom_value_frozenset), "01 0e 00");
    round_trip(pair(carom_value_tuple, carom_value_none(), carom_value_none()), "01 0b 02 00 00");
    round_trip(pair(carom_value_set, text("b"), text("a")), "01 0d 02 09 01 62 09 01 61");
    round_trip(pair(carom_value_frozenset, carom_value_from_int(2), made(carom_value_tuple)), "01 0e 02 03 04 0b 00");
}

CAROM_TEST_ONCE(wire, extremes)
{
    static const double floats[] = {0, DBL_MAX, DBL_MIN, -DBL_MAX, NAN, -NAN, -INFINITY, 4.9406564584124654e-324};
    static char digits[65538];
    carom_value_t list = made(carom_value_list);

    for (size_t i = 0; i < sizeof floats / sizeof floats[0]; i++)
        append(&list, carom_value_from_float(floats[i]));
    for (int i = 0; i < 64; i++) {
        append(&list, carom_value_from_int((int64_t) ((uint64_t) 1 << i)));
        append(&list, carom_value_from_int((int64_t) ~((uint64_t) 1 << i)));
    }
    memset(digits, '9', 65536);
    append(&list, decimal(digits));
    append(&list, nest(CAROM_DEPTH_MAX - 1));
    append(&list, carom_value_borrow_bytes(digits, sizeof digits));
    append(&list, text("\xF4\x8F\xBF\xBF"));
    round_trip(list, NULL);
}

CAROM_TEST_ONCE(wire, zero_bytes_in_text)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_text_n(&value, "a\0b", 3));
    round_trip(value, "01 09 03 61 00 62");
}

/* ---- what is not the wire form ---- */

CAROM_TEST_ONCE(wire, versions)
{
    refused("", CAROM_EBADMSG, "");
    refused("00", CAROM_EBADMSG, "");
    refused("00 00", CAROM_EBADMSG, "");
    refused("01", CAROM_EBADMSG, "");
    refused("02", CAROM_EVERSION, "");
    refused("02 00", CAROM_EVERSION, "");
    refused("ff 00 00", CAROM_EVERSION, "");
}

CAROM_TEST_ONCE(wire, malformed)
{
    refused("01 11", CAROM_EBADMSG, "");                              /* no such tag */
    refused("01 ff", CAROM_EBADMSG, "");
    refused("01 00 00", CAROM_EBADMSG, "");                           /* bytes left over */
    refused("01 0a 00 00", CAROM_EBADMSG, "");
    refused("01 03", CAROM_EBADMSG, "");                              /* cut short */
    refused("01 03 80", CAROM_EBADMSG, "");
    refused("01 06 00 00 00 00 00 00 f8", CAROM_EBADMSG, "");
    refused("01 07 00 00 00 00 00 00 f8 3f 00 00 00 00 00 00 00", CAROM_EBADMSG, "");
    refused("01 08 02 00", CAROM_EBADMSG, "");
    refused("01 09 ff ff ff ff ff ff ff ff ff 01 61", CAROM_EBADMSG, "");
    refused("01 0a 01", CAROM_EBADMSG, "");
    refused("01 0c 01 00", CAROM_EBADMSG, "");
}

CAROM_TEST_ONCE(wire, another_form_of_the_same)
{
    refused("01 03 80 00", CAROM_EBADMSG, "");                        /* 0 in two bytes */
    refused("01 03 82 80 00", CAROM_EBADMSG, "");
    refused("01 03 fe ff ff ff ff ff ff ff ff 02", CAROM_EBADMSG, ""); /* bit 64 */
    refused("01 03 fe ff ff ff ff ff ff ff ff 81 00", CAROM_EBADMSG, "");
    refused("01 03 80 80 80 80 80 80 80 80 80 80 01", CAROM_EBADMSG, "");
    refused("01 08 81 00 61", CAROM_EBADMSG, "");
    refused("01 0a 81 00 00", CAROM_EBADMSG, "");
    refused("01 04 00", CAROM_EBADMSG, "");                           /* bigints that ints hold, or with a zero at the end */
    refused("01 04 01 07", CAROM_EBADMSG, "");
    refused("01 04 08 ff ff ff ff ff ff ff 7f", CAROM_EBADMSG, "");
    refused("01 05 08 00 00 00 00 00 00 00 80", CAROM_EBADMSG, "");
    refused("01 04 09 00 00 00 00 00 00 00 80 00", CAROM_EBADMSG, "");
    refused("01 05 09 01 00 00 00 00 00 00 80 00", CAROM_EBADMSG, "");
}

CAROM_TEST_ONCE(wire, text_that_is_none)
{
    refused("01 09 01 ff", CAROM_EUTF8, "");
    refused("01 09 02 c0 80", CAROM_EUTF8, "");
    refused("01 0a 02 00 09 03 ed a0 80", CAROM_EUTF8, "[1]");
}

CAROM_TEST_ONCE(wire, keys_that_are_none)
{
    refused("01 0c 02 03 02 00 03 02 00", CAROM_EBADMSG, "{1}");         /* {1: none, 1: none} */
    refused("01 0c 02 03 02 00 0a 00 00", CAROM_EBADMSG, "{1}");         /* {1: none, []: none} */
    refused("01 0c 01 0b 01 0c 00 00", CAROM_EBADMSG, "{0}");            /* {({},): none} */
    refused("01 0d 02 09 01 61 09 01 61", CAROM_EBADMSG, "[1]");         /* {"a", "a"} */
    refused("01 0d 01 0d 00", CAROM_EBADMSG, "[0]");                     /* {set()} */
    refused("01 0e 02 0e 02 03 02 03 04 0e 02 03 04 03 02", CAROM_EBADMSG, "[1]");
}

/* The last of many is one of the first again. */
CAROM_TEST_ONCE(wire, key_twice_among_many)
{
    unsigned char bytes[400];

    for (unsigned count = 2; count < 100; count++)
        for (unsigned again = 0; again < count - 1; again += 1 + count / 5) {
            size_t length = from_hex(bytes, "01 0d");
            bytes[length++] = (unsigned char) count;
            for (unsigned i = 0; i < count; i++) {
                bytes[length++] = 9;
                bytes[length++] = 1;
                bytes[length++] = (unsigned char) (i + 1 < count ? i + 1 : again + 1);
            }
            CAROM_ASSERT_STATUS(decode(bytes, length, NULL, NULL), CAROM_EBADMSG);
            bytes[length - 1] = 127;
            CAROM_ASSERT_OK(decode(bytes, length, NULL, NULL));
        }
}

CAROM_TEST_ONCE(wire, handles)
{
    refused("01 0f 00", CAROM_ENOTSUP, "");
    refused("01 0a 01 10 05", CAROM_ENOTSUP, "[0]");
    refused("01 0f", CAROM_EBADMSG, "");
    refused("01 0f 80 80 80 80 10", CAROM_EBADMSG, "");               /* above 2^32 - 1 */
    not_encoded(carom_value_from_file(1), NULL, CAROM_ENOTSUP, "");
    carom_value_t list = pair(carom_value_list, carom_value_none(), carom_value_from_file(1));
    not_encoded(list, NULL, CAROM_ENOTSUP, "[1]");
    carom_value_clear(&list);
}

/* ---- limits ---- */

CAROM_TEST_ONCE(wire, length)
{
    carom_value_t value = carom_value_borrow_bytes("0123456789", 10), numbers = made(carom_value_list);
    unsigned char bytes[13] = {1, 8, 10};
    carom_limits_t limits = {13, 0, 0};
    carom_value_error_t error;
    void *encoded;
    size_t length;

    CAROM_ASSERT_OK(carom_value_encode(&encoded, &length, value, &limits, &error));
    CAROM_ASSERT_STATUS(error.status, CAROM_OK);
    CAROM_ASSERT_TEXT(error.place, "");
    CAROM_ASSERT_INT(length, 13);
    carom_free(encoded);
    CAROM_ASSERT_OK(decode(bytes, 13, &limits, NULL));
    limits.length = 12;
    not_encoded(value, &limits, CAROM_ETOOBIG, "");
    CAROM_ASSERT_STATUS(decode(bytes, 13, &limits, &error), CAROM_ETOOBIG);

    for (int i = 0; i < 5; i++)
        append(&numbers, carom_value_from_float(i));
    limits.length = 3 + 5 * 9;
    CAROM_ASSERT_OK(carom_value_encode(&encoded, &length, numbers, &limits, NULL));
    carom_free(encoded);
    limits.length--;
    not_encoded(numbers, &limits, CAROM_ETOOBIG, "[4]");
    carom_value_clear(&numbers);
}

CAROM_TEST_ONCE(wire, default_length)
{
    size_t size = (size_t) CAROM_LENGTH_MAX;
    char *much = calloc(size, 1);
    void *bytes;
    size_t length;

    CAROM_ASSERT(much != NULL);
    /* 1 byte of version, 1 of tag, 4 of length */
    not_encoded(carom_value_borrow_bytes(much, size - 5), NULL, CAROM_ETOOBIG, "");
    CAROM_ASSERT_OK(carom_value_encode(&bytes, &length, carom_value_borrow_bytes(much, size - 6), NULL, NULL));
    CAROM_ASSERT_INT(length, size);
    CAROM_ASSERT_OK(decode(bytes, length, NULL, NULL));
    carom_free(bytes);
    much[0] = 1;
    much[1] = 8;
    carom_value_t value;
    CAROM_ASSERT_STATUS(carom_value_decode(&value, much, size + 1, NULL, NULL), CAROM_ETOOBIG);
    not_encoded(carom_value_borrow_bytes(much, UINT32_MAX), NULL, CAROM_ETOOBIG, "");
    free(much);
}

CAROM_TEST_ONCE(wire, depth)
{
    unsigned char bytes[1 + 65 * 2] = {1};
    carom_limits_t limits = {0, 3, 0}, more = {0, 1000, 0};
    carom_value_t deep = nest(4);

    for (int i = 0; i < 65; i++) {
        bytes[1 + i * 2] = (unsigned char) (i % 2 == 0 ? 0x0a : 0x0b);
        bytes[2 + i * 2] = 1;
    }
    bytes[64 * 2] = 0;
    CAROM_ASSERT_OK(decode(bytes, 1 + 64 * 2, NULL, NULL));
    bytes[64 * 2] = 1;
    bytes[65 * 2] = 0;
    CAROM_ASSERT_STATUS(decode(bytes, sizeof bytes, NULL, NULL), CAROM_EDEPTH);
    CAROM_ASSERT_STATUS(decode(bytes, sizeof bytes, &more, NULL), CAROM_EDEPTH);
    not_encoded(deep, &limits, CAROM_EDEPTH, "[0][0][0]");
    refused("01 0a 01 0c 01 09 01 78 0a 02 00 09 01 ff", CAROM_EUTF8, "[0][\"x\"][1]");
    limits.depth = 2;
    CAROM_ASSERT_STATUS(decode(bytes, sizeof bytes, &limits, NULL), CAROM_EDEPTH);
    carom_value_clear(&deep);
}

CAROM_TEST_ONCE(wire, count)
{
    /* Two items, of which one has three, in a dict of one pair: six in all. */
    carom_value_t list = pair(carom_value_list, carom_value_none(), carom_value_none()), dict = made(carom_value_dict);
    carom_limits_t limits = {0, 0, 6};
    void *bytes;
    size_t length;

    append(&list, carom_value_none());
    put(&dict, text("key"), pair(carom_value_tuple, list, carom_value_none()));
    CAROM_ASSERT_OK(carom_value_encode(&bytes, &length, dict, &limits, NULL));
    CAROM_ASSERT_OK(decode(bytes, length, &limits, NULL));
    limits.count = 5;
    CAROM_ASSERT_STATUS(decode(bytes, length, &limits, NULL), CAROM_ECOUNT);
    not_encoded(dict, &limits, CAROM_ECOUNT, "[\"key\"][0]");
    carom_free(bytes);
    carom_value_clear(&dict);
}

/* A list of nones has a byte an item. */
CAROM_TEST_ONCE(wire, default_count)
{
    static unsigned char bytes[5 + CAROM_COUNT_MAX + 1] = {1, 0x0a, 0xc0, 0x84, 0x3d};      /* 1,000,000 */
    carom_limits_t limits = {0, 0, 2000000};

    CAROM_ASSERT_OK(decode(bytes, 5 + CAROM_COUNT_MAX, NULL, NULL));
    bytes[2] = 0xc1;
    CAROM_ASSERT_STATUS(decode(bytes, 5 + CAROM_COUNT_MAX + 1, NULL, NULL), CAROM_ECOUNT);
    CAROM_ASSERT_STATUS(decode(bytes, 5 + CAROM_COUNT_MAX + 1, &limits, NULL), CAROM_ECOUNT);
}

/* What is claimed and not there is refused at once, also when it is claimed again inside. */
CAROM_TEST_ONCE(wire, claims)
{
    unsigned char bytes[1 + 60 * 3 + 3000];

    refused("01 0a c0 84 3d 00 00 00 00 00", CAROM_EBADMSG, "");
    refused("01 0c 03 00 00 00 00 00", CAROM_EBADMSG, "");
    refused("01 0a ff ff ff ff ff ff ff ff ff 01 00", CAROM_ECOUNT, "");
    refused("01 0a 03 08 05 61 62 63 64 65", CAROM_EBADMSG, "[0]");    /* the string eats what the list was promised */
    memset(bytes, 0, sizeof bytes);
    bytes[0] = 1;
    for (int i = 0; i < 60; i++)
        memcpy(bytes + 1 + 3 * i, "\x0a\xb8\x17", 3);                  /* 3,000 items each */
    CAROM_ASSERT_STATUS(decode(bytes, sizeof bytes, NULL, NULL), CAROM_EBADMSG);
}

/* ---- places ---- */

CAROM_TEST_ONCE(wire, places)
{
    carom_value_t dict = made(carom_value_dict), inner = made(carom_value_dict), bad;

    put(&inner, carom_value_from_int(7), pair(carom_value_list, carom_value_none(), carom_value_from_file(0)));
    put(&dict, text("a \"b\""), carom_value_none());
    put(&dict, text("x"), inner);
    bad = pair(carom_value_tuple, carom_value_none(), dict);
    not_encoded(bad, NULL, CAROM_ENOTSUP, "[1][\"x\"][7][1]");
    not_encoded(carom_value_borrow_text("\xFF"), NULL, CAROM_EUTF8, "");
    carom_value_clear(&bad);
}

CAROM_TEST_ONCE(wire, long_places)
{
    char key[200];
    carom_value_t outer = carom_value_from_file(0);
    carom_value_error_t error;
    void *bytes;
    size_t length;

    for (int i = 0; i < 60; i++)
        outer = pair(carom_value_list, carom_value_none(), outer);
    not_encoded(outer, NULL, CAROM_ENOTSUP, "...[1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1][1]"
                                            "[1][1][1][1]");
    carom_value_clear(&outer);

    memset(key, 'k', sizeof key);
    key[sizeof key - 1] = 0;
    outer = carom_value_from_file(0);
    for (int i = 0; i < 2; i++) {
        carom_value_t dict = made(carom_value_dict);
        put(&dict, text(key), outer);
        outer = dict;
    }
    CAROM_ASSERT_STATUS(carom_value_encode(&bytes, &length, outer, NULL, &error), CAROM_ENOTSUP);
    CAROM_ASSERT(strncmp(error.place, "...[\"kkk", 8) == 0);
    CAROM_ASSERT_TEXT(error.place + strlen(error.place) - 5, "k...]");
    carom_value_clear(&outer);
}

/* ---- anything ---- */

static carom_value_t keys(int count)
{
    carom_value_t dict = made(carom_value_dict);

    for (int i = 0; i < count; i++)
        put(&dict, pair(carom_value_tuple, carom_value_from_int(i), text("key")), carom_value_from_float(i));
    return dict;
}

static void encode_all(void **bytes, size_t *length)
{
    carom_value_t all = pair(carom_value_list, keys(3), keys(12)), set = made(carom_value_set);

    for (int i = 0; i < 12; i++)
        append(&set, pair(carom_value_frozenset, carom_value_from_int(1000 * i), decimal("-123456789012345678901234567890")));
    append(&all, set);
    append(&all, nest(20));
    append(&all, text("text \xE2\x82\xAC"));
    append(&all, carom_value_borrow_bytes("bytes\0\xFF", 7));
    append(&all, carom_value_from_complex(1, 2));
    append(&all, carom_value_from_bool(1));
    CAROM_ASSERT_OK(carom_value_encode(bytes, length, all, NULL, NULL));
    carom_value_clear(&all);
}

CAROM_TEST_ONCE(wire, every_truncation)
{
    void *bytes;
    size_t length;

    encode_all(&bytes, &length);
    CAROM_ASSERT(length > 400);
    CAROM_ASSERT_OK(decode(bytes, length, NULL, NULL));
    for (size_t cut = 0; cut < length; cut++)
        CAROM_ASSERT_STATUS(decode(bytes, cut, NULL, NULL), CAROM_EBADMSG);
    carom_free(bytes);
}

static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* What the decoder takes, the encoder gives back; everything else is one of its statuses. */
static void check_anything(const unsigned char *bytes, size_t length)
{
    carom_value_t value;
    carom_value_error_t error;
    void *again;
    size_t length_again;
    char line[100];
    carom_status_t status = carom_value_decode(&value, bytes, length, NULL, &error);

    if (status != CAROM_OK) {
        CAROM_ASSERT(status == CAROM_EBADMSG || status == CAROM_EVERSION || status == CAROM_EDEPTH || status == CAROM_ECOUNT ||
                     status == CAROM_EUTF8 || status == CAROM_ENOTSUP);
        CAROM_ASSERT_STATUS(error.status, status);
        return;
    }
    CAROM_ASSERT_OK(carom_value_encode(&again, &length_again, value, NULL, NULL));
    CAROM_ASSERT_INT(length_again, length);
    CAROM_ASSERT(memcmp(again, bytes, length) == 0);
    CAROM_ASSERT(strlen(carom_value_print(line, sizeof line, value)) < sizeof line);
    carom_free(again);
    carom_value_clear(&value);
}

CAROM_TEST_ONCE(wire, mutations)
{
    carom_duration_t end = carom_now() + carom_seconds(1);
    uint64_t state = 0x9E3779B97F4A7C15;
    void *bytes;
    size_t length;

    encode_all(&bytes, &length);
    unsigned char *changed = malloc(length);
    CAROM_ASSERT(changed != NULL);
    for (int i = 0; i < 20000 && carom_now() < end; i++) {
        memcpy(changed, bytes, length);
        for (uint64_t times = next_random(&state) % 4; times < 4; times++)
            changed[1 + next_random(&state) % (length - 1)] = (unsigned char) (next_random(&state) % (times < 2 ? 256 : 18));
        check_anything(changed, length - next_random(&state) % 2 * (next_random(&state) % length));
    }
    free(changed);
    carom_free(bytes);
}

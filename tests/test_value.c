/* Values: making, changing, reading, equality, decimal, print.  (Their wire form: test_wire.c.) */

#include <carom-harness.h>

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- helpers ---- */

static carom_value_t text(const char *bytes)
{
    return carom_value_borrow_text(bytes);
}

static void append(carom_value_t *container, carom_value_t item)
{
    CAROM_ASSERT_OK(carom_value_append(container, &item));
}

static void put(carom_value_t *dict, carom_value_t key, carom_value_t item)
{
    CAROM_ASSERT_OK(carom_value_put(dict, &key, &item));
}

static carom_value_t made(carom_status_t (*make)(carom_value_t *))
{
    carom_value_t value;

    CAROM_ASSERT_OK(make(&value));
    return value;
}

static carom_value_t decimal(const char *digits)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_decimal(&value, digits));
    return value;
}

/* A list in a list, … `depth` of them. */
static carom_value_t nest(int depth)
{
    carom_value_t outer = made(carom_value_list);

    for (int i = 1; i < depth; i++) {
        carom_value_t inner = outer;
        outer = made(carom_value_list);
        append(&outer, inner);
    }
    return outer;
}

/* A list whose print is `wanted`. */
static void check_print(carom_value_t value, const char *wanted)
{
    char line[400];

    CAROM_ASSERT_TEXT(carom_value_print(line, sizeof line, value), wanted);
}

static void check_none(carom_value_t value)
{
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
}

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
                                        "list", "tuple", "dict", "set",   "frozenset", "connection", "file"};

    for (int i = 0; i <= CAROM_FILE; i++)
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
        "1368914790585883759913260273820883159664636956253374364714801900783689971774990765938002061556889413882504844405979940428"
        "13512732765695774566001",
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

/* ---- lists and tuples ---- */

CAROM_TEST_ONCE(value, list)
{
    carom_value_t list = made(carom_value_list), item;

    for (int i = 0; i < 100; i++)
        append(&list, carom_value_from_int(i));
    CAROM_ASSERT_INT(carom_value_count(list), 100);
    CAROM_ASSERT_INT(carom_value_int(*carom_value_at(list, 99)), 99);
    CAROM_ASSERT(carom_value_at(list, 100) == NULL);
    item = text("taken over");
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    check_none(item);
    carom_value_clear(&list);
    check_none(list);
}

CAROM_TEST_ONCE(value, take)
{
    carom_value_t tuple = made(carom_value_tuple), item, number = carom_value_from_int(1);

    append(&tuple, text("one"));
    append(&tuple, nest(2));
    CAROM_ASSERT_OK(carom_value_take(&item, &tuple, 0));
    CAROM_ASSERT_TEXT(carom_value_text(item), "one");
    carom_value_clear(&item);
    CAROM_ASSERT_OK(carom_value_take(&item, &tuple, 1));
    check_print(tuple, "(none, none)");
    append(&tuple, item);           /* what was taken out can be put in again */
    check_print(tuple, "(none, none, [[]])");
    CAROM_ASSERT_STATUS(carom_value_take(&item, &tuple, 3), CAROM_ENOKEY);
    check_none(item);
    CAROM_ASSERT_STATUS(carom_value_take(&item, &number, 0), CAROM_ETYPE);
    carom_value_clear(&tuple);
    tuple = made(carom_value_dict);
    CAROM_ASSERT_STATUS(carom_value_take(&item, &tuple, 0), CAROM_ETYPE);
    carom_value_clear(&tuple);
}

CAROM_TEST_ONCE(value, append_to_what_is_no_container)
{
    carom_value_t number = carom_value_from_int(1), dict = made(carom_value_dict), item = nest(3);

    CAROM_ASSERT_STATUS(carom_value_append(&number, &item), CAROM_ETYPE);
    check_none(item);
    item = text("x");
    CAROM_ASSERT_STATUS(carom_value_append(&dict, &item), CAROM_ETYPE);
    check_none(item);
    carom_value_clear(&dict);
}

CAROM_TEST_ONCE(value, depth)
{
    carom_value_t deep = nest(CAROM_DEPTH_MAX - 1), outer = made(carom_value_list), one_more = made(carom_value_list);

    append(&outer, deep);
    CAROM_ASSERT_STATUS(carom_value_append(&one_more, &outer), CAROM_EDEPTH);
    check_none(outer);
    CAROM_ASSERT_INT(carom_value_count(one_more), 0);
    carom_value_clear(&one_more);
}

/* What grows inside of something counts as much as what is put around it. */
CAROM_TEST_ONCE(value, depth_from_inside)
{
    carom_value_t outer = nest(40), inner = outer, item;

    while (carom_value_count(inner) > 0)
        inner = *carom_value_at(inner, 0);
    item = nest(25);
    CAROM_ASSERT_STATUS(carom_value_append(&inner, &item), CAROM_EDEPTH);
    append(&inner, nest(24));
    item = outer;
    outer = made(carom_value_list);
    CAROM_ASSERT_STATUS(carom_value_append(&outer, &item), CAROM_EDEPTH);
    carom_value_clear(&outer);
}

CAROM_TEST_ONCE(value, depth_after_take)
{
    carom_value_t outer = made(carom_value_list), deep, shell = made(carom_value_list);

    append(&outer, nest(CAROM_DEPTH_MAX - 1));
    CAROM_ASSERT_OK(carom_value_take(&deep, &outer, 0));
    append(&shell, outer);
    CAROM_ASSERT_INT(carom_value_count(shell), 1);
    carom_value_clear(&shell);
    carom_value_clear(&deep);
}

CAROM_TEST_ONCE(value, second_names)
{
    carom_value_t outer = made(carom_value_list), inner = made(carom_value_list), name;

    name = outer;
    CAROM_ASSERT_STATUS(carom_value_append(&outer, &name), CAROM_EINVAL);
    check_none(name);
    append(&outer, inner);                                        /* `inner` is a second name from here on */
    name = outer;
    CAROM_ASSERT_STATUS(carom_value_append(&inner, &name), CAROM_EINVAL);
    name = inner;
    CAROM_ASSERT_STATUS(carom_value_append(&outer, &name), CAROM_EINVAL);
    check_print(outer, "[[]]");
    CAROM_ASSERT_STATUS(carom_value_append(&outer, &outer), CAROM_EINVAL);
    check_none(outer);
}

CAROM_TEST_ONCE(value, second_names_in_dicts)
{
    carom_value_t dict = made(carom_value_dict), key = made(carom_value_tuple), name = key;

    CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &name), CAROM_EINVAL);
    check_none(key);
    key = text("x"), name = dict;
    CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &name), CAROM_EINVAL);
    key = text("x");
    CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &dict), CAROM_EINVAL);
    check_none(dict);
    check_none(key);
}

CAROM_TEST_ONCE(value, count)
{
    carom_value_t list = made(carom_value_list), set = made(carom_value_set), item;

    for (int i = 0; i < CAROM_COUNT_MAX; i++) {
        append(&list, carom_value_none());
        append(&set, carom_value_from_int(i));
    }
    item = text("one more");
    CAROM_ASSERT_STATUS(carom_value_append(&list, &item), CAROM_ECOUNT);
    check_none(item);
    item = text("one more");
    CAROM_ASSERT_STATUS(carom_value_append(&set, &item), CAROM_ECOUNT);
    check_none(item);
    append(&set, carom_value_from_int(7));        /* is there already */
    CAROM_ASSERT_INT(carom_value_count(set), CAROM_COUNT_MAX);
    CAROM_ASSERT_INT(carom_value_int(*carom_value_get(set, carom_value_from_int(999999))), 999999);
    carom_value_clear(&list);
    carom_value_clear(&set);
}

/* ---- dicts and sets ---- */

CAROM_TEST_ONCE(value, dict)
{
    carom_value_t dict = made(carom_value_dict), item = carom_value_from_int(3);

    put(&dict, text("one"), carom_value_from_int(1));
    put(&dict, carom_value_from_int(2), text("two"));
    CAROM_ASSERT_OK(carom_value_put_text(&dict, "three", &item));
    put(&dict, text("one"), nest(2));
    check_print(dict, "{\"one\": [[]], 2: \"two\", \"three\": 3}");
    put(&dict, text("one"), carom_value_from_float(0.5));
    CAROM_ASSERT_INT(carom_value_count(dict), 3);
    CAROM_ASSERT_TEXT(carom_value_text(*carom_value_key_at(dict, 2)), "three");
    CAROM_ASSERT_INT(carom_value_int(*carom_value_at(dict, 2)), 3);
    CAROM_ASSERT_TEXT(carom_value_text(*carom_value_get(dict, carom_value_from_int(2))), "two");
    CAROM_ASSERT(carom_value_float(*carom_value_get_text(dict, "one")) == 0.5);
    CAROM_ASSERT(carom_value_get_text(dict, "four") == NULL);
    CAROM_ASSERT(carom_value_get_text(dict, NULL) == NULL);
    CAROM_ASSERT(carom_value_key_at(dict, 3) == NULL);
    item = carom_value_from_int(3);
    CAROM_ASSERT_STATUS(carom_value_put_text(&dict, NULL, &item), CAROM_EINVAL);
    check_none(item);
    carom_value_clear(&dict);
}

CAROM_TEST_ONCE(value, put_into_what_is_no_dict)
{
    carom_value_t list = made(carom_value_list), key = text("key"), item = nest(2);

    CAROM_ASSERT_STATUS(carom_value_put(&list, &key, &item), CAROM_ETYPE);
    check_none(key);
    check_none(item);
    item = nest(2);
    CAROM_ASSERT_STATUS(carom_value_put_text(&list, "key", &item), CAROM_ETYPE);
    check_none(item);
    carom_value_clear(&list);
}

/* Before and after the index comes into being, and while it grows. */
CAROM_TEST_ONCE(value, dict_of_any_size)
{
    carom_value_t dict = made(carom_value_dict);
    char key[20];

    for (int i = 0; i < 3000; i++) {
        snprintf(key, sizeof key, "key %d", i);
        put(&dict, text(key), carom_value_from_int(i));
        for (int j = i; j >= 0; j -= 1 + i / 7) {
            snprintf(key, sizeof key, "key %d", j);
            CAROM_ASSERT_INT(carom_value_int(*carom_value_get_text(dict, key)), j);
        }
        snprintf(key, sizeof key, "key %d", i + 1);
        CAROM_ASSERT(carom_value_get_text(dict, key) == NULL);
    }
    put(&dict, text("key 0"), carom_value_from_int(-1));
    CAROM_ASSERT_INT(carom_value_count(dict), 3000);
    CAROM_ASSERT_INT(carom_value_int(*carom_value_at(dict, 0)), -1);
    carom_value_clear(&dict);
}

static carom_value_t pair(carom_status_t (*make)(carom_value_t *), carom_value_t one, carom_value_t other)
{
    carom_value_t value = made(make);

    append(&value, one);
    append(&value, other);
    return value;
}

/* One of each that can be a key; each is another key than all others. */
static carom_value_t key_number(int i)
{
    switch (i) {
    case 0: return carom_value_none();
    case 1: return carom_value_from_bool(0);
    case 2: return carom_value_from_bool(1);
    case 3: return carom_value_from_int(0);
    case 4: return carom_value_from_int(1);
    case 5: return carom_value_from_float(1);
    case 6: return carom_value_from_float(0.0);
    case 7: return carom_value_from_float(-0.0);
    case 8: return carom_value_from_float(NAN);
    case 9: return carom_value_from_complex(1, 0);
    case 10: return carom_value_from_complex(0, 1);
    case 11: return decimal("100000000000000000000");
    case 12: return decimal("-100000000000000000000");
    case 13: return text("1");
    case 14: return carom_value_borrow_bytes("1", 1);
    case 15: return text("");
    case 16: return carom_value_borrow_bytes("", 0);
    case 17: return made(carom_value_tuple);
    case 18: return made(carom_value_frozenset);
    case 19: return pair(carom_value_tuple, carom_value_from_int(1), carom_value_from_int(2));
    case 20: return pair(carom_value_tuple, carom_value_from_int(2), carom_value_from_int(1));
    case 21: return pair(carom_value_frozenset, carom_value_from_int(1), carom_value_from_int(2));
    case 22: return pair(carom_value_tuple, made(carom_value_tuple), made(carom_value_tuple));
    case 23: return pair(carom_value_frozenset, made(carom_value_tuple), made(carom_value_frozenset));
    default: return pair(carom_value_tuple, text("a"), pair(carom_value_frozenset, text("b"), carom_value_none()));
    }
}

CAROM_TEST_ONCE(value, keys)
{
    carom_value_t dict = made(carom_value_dict), key;

    for (int i = 0; i < 25; i++) {
        put(&dict, key_number(i), carom_value_from_int(-1));
        put(&dict, key_number(i), carom_value_from_int(i));
        CAROM_ASSERT_INT(carom_value_count(dict), i + 1);
        for (int j = 0; j < 25; j++) {
            key = key_number(j);
            const carom_value_t *item = carom_value_get(dict, key);
            CAROM_ASSERT_INT(item != NULL, j <= i);
            CAROM_ASSERT_INT(item == NULL ? j : carom_value_int(*item), j);
            CAROM_ASSERT_INT(carom_value_equal(key, *carom_value_key_at(dict, (size_t) i)), i == j);
            carom_value_clear(&key);
        }
    }
    carom_value_clear(&dict);
}

CAROM_TEST_ONCE(value, no_keys)
{
    carom_value_t dict = made(carom_value_dict), set = made(carom_value_set), item, key;

    for (int i = 0; i < 40; i++) {        /* with a few keys and with many */
        key = i % 5 == 0   ? made(carom_value_list)
              : i % 5 == 1 ? made(carom_value_dict)
              : i % 5 == 2 ? made(carom_value_set)
              : i % 5 == 3 ? carom_value_from_file(1)
                           : pair(carom_value_tuple, carom_value_none(), made(carom_value_list));
        item = text("item");
        CAROM_ASSERT(carom_value_get(dict, key) == NULL);
        CAROM_ASSERT_STATUS(carom_value_put(&dict, &key, &item), CAROM_ETYPE);
        check_none(key);
        check_none(item);
        item = carom_value_from_file(0);
        CAROM_ASSERT_STATUS(carom_value_append(&set, &item), CAROM_ETYPE);
        put(&dict, carom_value_from_int(i), carom_value_none());
        append(&set, carom_value_from_int(i));
    }
    carom_value_clear(&dict);
    carom_value_clear(&set);
}

CAROM_TEST_ONCE(value, sets)
{
    carom_value_t set = made(carom_value_set), item;

    append(&set, text("b"));
    append(&set, text("a"));
    item = text("b");
    CAROM_ASSERT_OK(carom_value_append(&set, &item));
    check_none(item);
    check_print(set, "{\"b\", \"a\"}");
    CAROM_ASSERT_TEXT(carom_value_text(*carom_value_get(set, text("a"))), "a");
    CAROM_ASSERT(carom_value_get(set, text("c")) == NULL);
    CAROM_ASSERT_TEXT(carom_value_text(*carom_value_at(set, 0)), "b");
    carom_value_clear(&set);
}

/* Sets of two, each of two of the level below: compared without hashes this takes 3 to the 18th steps, or more. */
CAROM_TEST_ONCE(value, sets_of_sets)
{
    carom_value_t level[2], set = made(carom_value_set);

    level[0] = carom_value_from_int(0);
    level[1] = carom_value_from_int(1);
    for (int i = 0; i < 18; i++) {
        carom_value_t copy[2], extra = carom_value_from_int(100 + i);
        CAROM_ASSERT_OK(carom_value_copy(&copy[0], &level[0]));
        CAROM_ASSERT_OK(carom_value_copy(&copy[1], &level[1]));
        level[0] = pair(carom_value_frozenset, level[0], level[1]);
        level[1] = pair(carom_value_frozenset, copy[1], copy[0]);
        CAROM_ASSERT(carom_value_equal(level[0], level[1]));
        append(&level[1], extra);
    }
    append(&set, level[0]);
    append(&set, level[1]);
    CAROM_ASSERT_INT(carom_value_count(set), 2);
    carom_value_clear(&set);
}

/* A change inside of a key is the user's mistake; nothing worse than a key that is not found may come of it. */
CAROM_TEST_ONCE(value, keys_that_change)
{
    carom_value_t set = made(carom_value_set), key, item, copy;

    for (int i = 0; i < 20; i++)
        append(&set, pair(carom_value_tuple, carom_value_from_int(i), made(carom_value_tuple)));
    key = *carom_value_at(set, 3);
    append(&key, carom_value_from_int(3));
    key = *carom_value_at(*carom_value_at(set, 4), 1);
    append(&key, made(carom_value_list));
    key = *carom_value_at(set, 5);
    CAROM_ASSERT_OK(carom_value_take(&item, &key, 0));
    append(&set, pair(carom_value_tuple, carom_value_from_int(3), made(carom_value_tuple)));
    CAROM_ASSERT_INT(carom_value_count(set), 21);
    CAROM_ASSERT_OK(carom_value_copy(&copy, &set));
    (void) carom_value_equal(set, copy);
    carom_value_clear(&copy);
    carom_value_clear(&set);
}

/* ---- equality and copies ---- */

static carom_value_t everything(void)
{
    carom_value_t all = made(carom_value_list), dict = made(carom_value_dict), set = made(carom_value_set);

    for (int i = 0; i < 25; i++) {
        append(&all, key_number(i));
        put(&dict, key_number(i), key_number(24 - i));
        append(&set, key_number(i));
    }
    append(&all, dict);
    append(&all, set);
    return all;
}

CAROM_TEST_ONCE(value, copy)
{
    carom_value_t all = everything(), copy;

    CAROM_ASSERT_OK(carom_value_copy(&copy, &all));
    CAROM_ASSERT(carom_value_equal(all, copy));
    CAROM_ASSERT(carom_value_get(*carom_value_at(copy, 25), text("1")) != NULL);
    carom_value_clear(&all);
    append(&copy, copy.type ? nest(30) : carom_value_none());
    all = everything();
    CAROM_ASSERT(!carom_value_equal(all, copy));
    carom_value_clear(&all);
    carom_value_clear(&copy);
}

CAROM_TEST_ONCE(value, copy_of_numbers)
{
    carom_value_t number = carom_value_from_int(7), copy, big = decimal("-99999999999999999999");

    CAROM_ASSERT_OK(carom_value_copy(&copy, &number));
    CAROM_ASSERT_INT(carom_value_int(copy), 7);
    CAROM_ASSERT_OK(carom_value_copy(&copy, &big));
    carom_value_clear(&big);
    check_print(copy, "-99999999999999999999");
    carom_value_clear(&copy);
}

static carom_value_t dict_of(int first, int last, int step)
{
    carom_value_t dict = made(carom_value_dict);

    for (int i = first; i != last; i += step)
        put(&dict, carom_value_from_int(i), carom_value_from_int(i * i));
    return dict;
}

CAROM_TEST_ONCE(value, dicts_are_equal_in_any_order)
{
    for (int count = 2; count < 30; count += 9) {
        carom_value_t one = dict_of(0, count, 1), other = dict_of(count - 1, -1, -1);
        CAROM_ASSERT(carom_value_equal(one, other));
        put(&other, carom_value_from_int(1), text("another"));
        CAROM_ASSERT(!carom_value_equal(one, other));
        carom_value_clear(&other);
        other = dict_of(1, count + 1, 1);
        CAROM_ASSERT(!carom_value_equal(one, other));
        carom_value_clear(&one);
        carom_value_clear(&other);
    }
}

CAROM_TEST_ONCE(value, lists_are_equal_in_order)
{
    carom_value_t one = pair(carom_value_list, text("a"), text("b")), other = pair(carom_value_list, text("b"), text("a"));
    carom_value_t tuple = pair(carom_value_tuple, text("a"), text("b")), longer = pair(carom_value_list, text("a"), text("b"));

    append(&longer, text("c"));
    CAROM_ASSERT(carom_value_equal(one, one));
    CAROM_ASSERT(!carom_value_equal(one, other));
    CAROM_ASSERT(!carom_value_equal(one, tuple));
    CAROM_ASSERT(!carom_value_equal(one, longer));
    carom_value_clear(&one);
    carom_value_clear(&other);
    carom_value_clear(&tuple);
    carom_value_clear(&longer);
}

CAROM_TEST_ONCE(value, nan_equals_nan_of_the_same_bits)
{
    CAROM_ASSERT(carom_value_equal(carom_value_from_float(NAN), carom_value_from_float(NAN)));
    CAROM_ASSERT(!carom_value_equal(carom_value_from_float(NAN), carom_value_from_float(-NAN)));
    CAROM_ASSERT(!carom_value_equal(carom_value_from_float(0.0), carom_value_from_float(-0.0)));
    CAROM_ASSERT(carom_value_equal(carom_value_from_complex(NAN, 1), carom_value_from_complex(NAN, 1)));
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
    check_print(carom_value_borrow_bytes("a\0\xC3\xA9\"", 5), "b\"a\\u0000\\xc3\\xa9\\\"\"");
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
    CAROM_ASSERT_TEXT(carom_value_print(line, 18, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\"...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 23, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\", [[[...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 24, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\", [[[[]...");
    CAROM_ASSERT_TEXT(carom_value_print(line, 25, list), "[\"\xE2\x82\xAC\xE2\x82\xAC\xE2\x82\xAC\", [[[[]]...");
    carom_value_clear(&list);
}

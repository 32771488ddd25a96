/* Shareable lists: their bytes, what does not fit, what others write there, and Python at the other end. */

#include "shared.h"

#include <stdlib.h>

static const char text[] = "gr\xC3\xBC\xC3\x9F" "e", bytes[] = "\0\xFF\x01";
enum { LENGTH = 3 };               /* of `bytes` */

/* One of each type. */
enum { A_NONE, A_BOOL, AN_INT, A_FLOAT, A_TEXT, A_BYTES, EACH };

static void fill_each(carom_value_t items[EACH])
{
    items[A_NONE] = carom_value_none();
    items[A_BOOL] = carom_value_from_bool(1);
    items[AN_INT] = carom_value_from_int(INT64_MIN);
    items[A_FLOAT] = carom_value_from_float(-2.5);
    items[A_TEXT] = carom_value_borrow_text(text);
    items[A_BYTES] = carom_value_borrow_bytes(bytes, LENGTH);
}

static carom_shareable_list_t *make(const carom_value_t *items, size_t count)
{
    carom_shareable_list_t *list;
    carom_status_t status = carom_shareable_list_create(&list, NULL, items, count, NULL);

    if (status == CAROM_ENOTSUP)
        CAROM_SKIP("no-named-memory");
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_INT(carom_shareable_list_count(list), count);
    return list;
}

static carom_shareable_list_t *make_each(void)
{
    carom_value_t items[EACH];

    fill_each(items);
    return make(items, EACH);
}

static const char *name_of(const carom_shareable_list_t *list)
{
    return carom_shared_memory_name(carom_shareable_list_memory(list));
}

static unsigned char *bytes_of(const carom_shareable_list_t *list)
{
    return carom_shared_memory_address(carom_shareable_list_memory(list));
}

static void end_list(carom_shareable_list_t **list)
{
    CAROM_ASSERT_OK(carom_shared_memory_unlink(carom_shareable_list_memory(*list)));
    carom_shareable_list_close(list);
    CAROM_ASSERT(*list == NULL);
}

static void expect_item(const carom_shareable_list_t *list, size_t index, carom_value_t wanted)
{
    carom_value_t item;

    CAROM_ASSERT_OK(carom_shareable_list_get(&item, list, index));
    CAROM_ASSERT(carom_value_equal(item, wanted));
    carom_value_clear(&item);
}

static void expect_each(const carom_shareable_list_t *list)
{
    carom_value_t items[EACH];
    size_t i;

    fill_each(items);
    CAROM_ASSERT_INT(carom_shareable_list_count(list), EACH);
    for (i = 0; i < EACH; i++)
        expect_item(list, i, items[i]);
}

static void expect_format(const carom_shareable_list_t *list, size_t index, const char *wanted)
{
    char format[CAROM_SHAREABLE_FORMAT];

    CAROM_ASSERT_OK(carom_shareable_list_format(format, sizeof format, list, index));
    CAROM_ASSERT_TEXT(format, wanted);
}

static void set(carom_shareable_list_t *list, size_t index, carom_value_t value)
{
    CAROM_ASSERT_OK(carom_shareable_list_set(list, index, value));
    expect_item(list, index, value);
}

/* ---- what it holds ---- */

CAROM_TEST_ONCE(shareable_list, six_types)
{
    carom_shareable_list_t *list = make_each(), *other;

    expect_each(list);
    CAROM_ASSERT_OK(carom_shareable_list_attach(&other, name_of(list)));
    expect_each(other);
    set(other, AN_INT, carom_value_from_int(7));
    expect_item(list, AN_INT, carom_value_from_int(7));
    carom_shareable_list_close(&other);
    end_list(&list);
}

CAROM_TEST_ONCE(shareable_list, formats)
{
    static const char *const formats[EACH] = {"xxxxxx?x", "xxxxxxx?", "q", "d", "8s", "8s"};
    carom_shareable_list_t *list = make_each();
    char little[2] = "?";
    size_t i;

    for (i = 0; i < EACH; i++)
        expect_format(list, i, formats[i]);
    CAROM_ASSERT_STATUS(carom_shareable_list_format(little, 1, list, AN_INT), CAROM_ETOOBIG);
    CAROM_ASSERT_TEXT(little, "");
    CAROM_ASSERT_OK(carom_shareable_list_format(little, 2, list, AN_INT));
    CAROM_ASSERT_STATUS(carom_shareable_list_format(little, 2, list, EACH), CAROM_ENOKEY);
    CAROM_ASSERT_STATUS(carom_shareable_list_format(little, 2, NULL, 0), CAROM_EINVAL);
    end_list(&list);
}

/* As CPython 3.11 writes [None, True, 258, 0.0, "abcdefgh", b"x"] on a machine with the least byte first. */
CAROM_TEST_ONCE(shareable_list, to_the_byte)
{
    static const unsigned char wanted[] =
        "\6\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0" "\10\0\0\0\0\0\0\0" "\20\0\0\0\0\0\0\0" "\30\0\0\0\0\0\0\0" "\40\0\0\0\0\0\0\0" "\60\0\0\0\0\0\0\0"
        "\70\0\0\0\0\0\0\0"
        "\0\0\0\0\0\0\0\0" "\0\0\0\0\0\0\0\1" "\2\1\0\0\0\0\0\0" "\0\0\0\0\0\0\0\0" "abcdefgh\0\0\0\0\0\0\0\0" "x\0\0\0\0\0\0\0"
        "xxxxxx?x" "xxxxxxx?" "q\0\0\0\0\0\0\0" "d\0\0\0\0\0\0\0" "16s\0\0\0\0\0" "8s\0\0\0\0\0\0"
        "\3\0\0\0\1\2";
    carom_value_t items[] = {carom_value_none(), carom_value_from_bool(1), carom_value_from_int(258), carom_value_from_float(0),
                             carom_value_borrow_text("abcdefgh"), carom_value_borrow_bytes("x", 1)};
    carom_shareable_list_t *list = make(items, 6);
    int64_t count = 6;

    CAROM_ASSERT(carom_shared_memory_size(carom_shareable_list_memory(list)) >= sizeof wanted - 1);
    if (!has_counted_names())
        CAROM_ASSERT_INT(carom_shared_memory_size(carom_shareable_list_memory(list)), sizeof wanted - 1);
    if (memcmp(&count, wanted, sizeof count) == 0)
        CAROM_ASSERT(memcmp(bytes_of(list), wanted, sizeof wanted - 1) == 0);
    end_list(&list);
}

CAROM_TEST_ONCE(shareable_list, of_nothing)
{
    carom_shareable_list_t *list = make(NULL, 0), *other, *none = NULL;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_shareable_list_attach(&other, name_of(list)));
    CAROM_ASSERT_INT(carom_shareable_list_count(other), 0);
    CAROM_ASSERT_STATUS(carom_shareable_list_get(&value, other, 0), CAROM_ENOKEY);
    carom_shareable_list_close(&other);
    end_list(&list);
    CAROM_ASSERT(carom_shareable_list_count(NULL) == 0 && carom_shareable_list_memory(NULL) == NULL);
    CAROM_ASSERT_STATUS(carom_shareable_list_get(&value, NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_shareable_list_set(NULL, 0, carom_value_none()), CAROM_EINVAL);
    carom_shareable_list_close(&none);
}

/* ---- other items, and what does not fit ---- */

CAROM_TEST_ONCE(shareable_list, set_any_type)
{
    carom_shareable_list_t *list = make_each();
    carom_value_t items[EACH];
    size_t i, j;

    fill_each(items);
    for (i = 0; i < EACH; i++)
        for (j = 0; j < EACH; j++)
            set(list, i, items[j]);
    set(list, AN_INT, carom_value_borrow_text("12345678"));
    expect_format(list, AN_INT, "8s");
    set(list, AN_INT, carom_value_borrow_text(""));
    set(list, AN_INT, carom_value_from_bool(0));
    expect_item(list, AN_INT + 1, items[EACH - 1]);
    end_list(&list);
}

static void expect_unset(carom_shareable_list_t *list, size_t index, carom_value_t value, carom_status_t wanted)
{
    CAROM_ASSERT_STATUS(carom_shareable_list_set(list, index, value), wanted);
}

CAROM_TEST_ONCE(shareable_list, what_does_not_fit)
{
    carom_shareable_list_t *list = make_each();
    carom_value_t value;

    expect_unset(list, A_TEXT, carom_value_borrow_text("123456789"), CAROM_ETOOBIG);
    expect_unset(list, A_BYTES, carom_value_borrow_bytes("123456789", 9), CAROM_ETOOBIG);
    expect_unset(list, A_TEXT, carom_value_borrow_text("\xFF"), CAROM_EUTF8);
    expect_unset(list, EACH, carom_value_none(), CAROM_ENOKEY);
    expect_unset(list, SIZE_MAX, carom_value_none(), CAROM_ENOKEY);
    expect_unset(list, AN_INT, carom_value_from_complex(1, 2), CAROM_ETYPE);
    CAROM_ASSERT_OK(carom_value_from_uint(&value, UINT64_MAX));
    expect_unset(list, AN_INT, value, CAROM_EOVERFLOW);
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_value_list(&value));
    expect_unset(list, AN_INT, value, CAROM_ETYPE);
    carom_value_clear(&value);
    expect_each(list);
    CAROM_ASSERT_STATUS(carom_shareable_list_get(&value, list, EACH), CAROM_ENOKEY);
    end_list(&list);
}

static void expect_unmade(const carom_value_t *items, size_t count, carom_status_t wanted)
{
    carom_shareable_list_t *list;

    CAROM_ASSERT_STATUS(carom_shareable_list_create(&list, NULL, items, count, NULL), wanted);
    CAROM_ASSERT(list == NULL);
}

CAROM_TEST_ONCE(shareable_list, what_makes_none)
{
    char *much = calloc(1, CAROM_SHAREABLE_LENGTH_MAX + 1);
    carom_value_t item = carom_value_borrow_bytes(much, CAROM_SHAREABLE_LENGTH_MAX + 1);
    carom_shareable_list_t *list, *other;

    CAROM_ASSERT(much != NULL);
    expect_unmade(&item, 1, CAROM_ETOOBIG);
    expect_unmade(NULL, 1, CAROM_EINVAL);
    expect_unmade(&item, CAROM_COUNT_MAX + 1, CAROM_ECOUNT);
    item = carom_value_borrow_text("\xFF");
    expect_unmade(&item, 1, CAROM_EUTF8);
    item = carom_value_from_complex(1, 2);
    expect_unmade(&item, 1, CAROM_ETYPE);
    CAROM_ASSERT_OK(carom_value_from_uint(&item, UINT64_MAX));
    expect_unmade(&item, 1, CAROM_EOVERFLOW);
    carom_value_clear(&item);
    memset(much, 'm', CAROM_SHAREABLE_LENGTH_MAX);
    item = carom_value_borrow_bytes(much, CAROM_SHAREABLE_LENGTH_MAX);
    list = make(&item, 1);
    expect_item(list, 0, item);
    expect_format(list, 0, "9999992s");
    CAROM_ASSERT_STATUS(carom_shareable_list_create(&other, name_of(list), &item, 1, NULL), CAROM_EEXIST);
    CAROM_ASSERT(other == NULL);
    end_list(&list);
    free(much);
}

CAROM_TEST_ONCE(shareable_list, of_a_sequence)
{
    carom_value_t sequence, item = carom_value_from_int(5);
    carom_shareable_list_t *list;
    carom_status_t status;

    CAROM_ASSERT_STATUS(carom_shareable_list_copy(&list, NULL, item, NULL), CAROM_ETYPE);
    CAROM_ASSERT(list == NULL);
    CAROM_ASSERT_OK(carom_value_tuple(&sequence));
    CAROM_ASSERT_OK(carom_value_append(&sequence, &item));
    status = carom_shareable_list_copy(&list, NULL, sequence, NULL);
    carom_value_clear(&sequence);
    if (status == CAROM_ENOTSUP)
        CAROM_SKIP("no-named-memory");
    CAROM_ASSERT_OK(status);
    expect_item(list, 0, carom_value_from_int(5));
    end_list(&list);
    CAROM_ASSERT_OK(carom_value_list(&sequence));
    CAROM_ASSERT_OK(carom_shareable_list_copy(&list, NULL, sequence, NULL));
    CAROM_ASSERT_INT(carom_shareable_list_count(list), 0);
    end_list(&list);
    carom_value_clear(&sequence);
}

CAROM_TEST_ONCE(shareable_list, zeros_at_the_end_are_lost)
{
    carom_value_t items[] = {carom_value_borrow_bytes("a\0b\0\0", 5), carom_value_borrow_bytes("\0\0", 2)};
    carom_shareable_list_t *list = make(items, 2);

    expect_item(list, 0, carom_value_borrow_bytes("a\0b", 3));
    expect_item(list, 1, carom_value_borrow_bytes("", 0));
    end_list(&list);
}

CAROM_TEST_ONCE(shareable_list, find_and_count)
{
    carom_value_t items[] = {carom_value_from_int(1), carom_value_from_bool(1), carom_value_borrow_text("x"),
                             carom_value_from_int(1)};
    carom_shareable_list_t *list = make(items, 4);
    size_t found = 9;

    CAROM_ASSERT_OK(carom_shareable_list_find(&found, list, carom_value_borrow_text("x")));
    CAROM_ASSERT_INT(found, 2);
    CAROM_ASSERT_OK(carom_shareable_list_find(&found, list, carom_value_from_bool(1)));
    CAROM_ASSERT_INT(found, 1);
    CAROM_ASSERT_STATUS(carom_shareable_list_find(&found, list, carom_value_none()), CAROM_ENOKEY);
    CAROM_ASSERT_INT(found, 0);
    CAROM_ASSERT_STATUS(carom_shareable_list_find(&found, NULL, carom_value_none()), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_shareable_list_occurrences(&found, list, carom_value_from_int(1)));
    CAROM_ASSERT_INT(found, 2);
    CAROM_ASSERT_OK(carom_shareable_list_occurrences(&found, list, carom_value_from_int(2)));
    CAROM_ASSERT_INT(found, 0);
    bytes_of(list)[0] = 1;
    bytes_of(list)[(4 + 2) * 8 + 4 * 8 + 8] = '!';
    CAROM_ASSERT_STATUS(carom_shareable_list_occurrences(&found, list, carom_value_from_int(1)), CAROM_EBADMSG);
    CAROM_ASSERT_STATUS(carom_shareable_list_find(&found, list, carom_value_borrow_text("x")), CAROM_EBADMSG);
    end_list(&list);
}

/* ---- what others write there ---- */

static void expect_no_list(const char *name, carom_status_t wanted)
{
    carom_shareable_list_t *list;

    CAROM_ASSERT_STATUS(carom_shareable_list_attach(&list, name), wanted);
    CAROM_ASSERT(list == NULL);
}

static void expect_none_with(const carom_shareable_list_t *list, size_t place, int64_t number, carom_status_t wanted)
{
    unsigned char *at = bytes_of(list) + place * 8, before[8];

    memcpy(before, at, sizeof before);
    memcpy(at, &number, sizeof number);
    expect_no_list(name_of(list), wanted);
    memcpy(at, before, sizeof before);
}

CAROM_TEST_ONCE(shareable_list, bad_counts_and_places)
{
    static const int64_t bad[] = {-1, INT64_MIN, INT64_MAX, (int64_t) 1 << 32, 4, 1 << 20};
    carom_shareable_list_t *list = make_each(), *other;
    size_t i, place;

    for (i = 0; i < sizeof bad / sizeof bad[0]; i++)
        for (place = i == 4; place < EACH + 2; place++)
            expect_none_with(list, place, bad[i], CAROM_EBADMSG);
    expect_none_with(list, 1, 8, CAROM_EBADMSG);
    expect_none_with(list, 3, 8, CAROM_EBADMSG);
    CAROM_ASSERT_OK(carom_shareable_list_attach(&other, name_of(list)));
    expect_each(other);
    carom_shareable_list_close(&other);
    end_list(&list);
}

CAROM_TEST_ONCE(shareable_list, no_list)
{
    carom_shareable_list_t *list = make(NULL, 0), *none;
    carom_shared_memory_t *memory;
    int64_t many = CAROM_COUNT_MAX + 1;

    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 8, NULL));
    /* Of a page of zeros, where all sizes are those of pages, is a list of nothing. */
    if (!has_counted_names())
        expect_no_list(carom_shared_memory_name(memory), CAROM_EBADMSG);
    end_memory(&memory);
    /* One that somebody is just writing; but whole pages of zeros are a list of nothing. */
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 100, NULL));
    if (!has_counted_names())
        expect_no_list(carom_shared_memory_name(memory), CAROM_ENOENT);
    end_memory(&memory);
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 4096, NULL));
    CAROM_ASSERT_OK(carom_shareable_list_attach(&none, carom_shared_memory_name(memory)));
    CAROM_ASSERT_INT(carom_shareable_list_count(none), 0);
    carom_shareable_list_close(&none);
    end_memory(&memory);
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, (uint64_t) 25 * CAROM_COUNT_MAX + 100, NULL));
    memcpy(carom_shared_memory_address(memory), &many, sizeof many);
    expect_no_list(carom_shared_memory_name(memory), CAROM_ECOUNT);
    end_memory(&memory);
    end_list(&list);
    CAROM_ASSERT_STATUS(carom_shareable_list_attach(&none, "psm_nobody_s"), CAROM_ENOENT);
    CAROM_ASSERT_STATUS(carom_shareable_list_attach(&none, "a/b"), CAROM_EINVAL);
}

static void expect_bad_item(carom_shareable_list_t *list, size_t index, const char *format, unsigned char making,
                            carom_status_t wanted)
{
    unsigned char *formats = bytes_of(list) + (EACH + 2) * 8 + EACH * 8, *at = formats + index * 8;
    unsigned char before[8], made_of = formats[EACH * 8 + index];
    carom_value_t value;

    memcpy(before, at, sizeof before);
    strncpy((char *) at, format, 8);
    formats[EACH * 8 + index] = making;
    CAROM_ASSERT_STATUS(carom_shareable_list_get(&value, list, index), wanted);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    memcpy(at, before, sizeof before);
    formats[EACH * 8 + index] = made_of;
}

CAROM_TEST_ONCE(shareable_list, bad_items)
{
    static const char *const formats[] = {"", "s", "0s", "08s", "+8s", "9s", "16s", "9999999s", "99999999", "8", "8sq", "i",
                                          "Q", "?", "xxxxxxxx", "-1s"};
    carom_shareable_list_t *list = make_each();
    unsigned making;
    size_t i;

    for (i = 0; i < sizeof formats / sizeof formats[0]; i++)
        for (making = 0; making < 4; making++)
            expect_bad_item(list, A_TEXT, formats[i], (unsigned char) making, CAROM_EBADMSG);
    expect_bad_item(list, A_TEXT, "8s", 0, CAROM_EBADMSG);
    expect_bad_item(list, A_TEXT, "8s", 3, CAROM_EBADMSG);
    expect_bad_item(list, A_TEXT, "8s", 255, CAROM_EBADMSG);
    expect_bad_item(list, AN_INT, "q", 1, CAROM_EBADMSG);
    expect_bad_item(list, A_NONE, "xxxxxx?x", 0, CAROM_EBADMSG);
    expect_bad_item(list, A_BYTES, "8s", 1, CAROM_EUTF8);
    expect_each(list);
    end_list(&list);
}

/* Anything may stand there, and nothing else is touched: a sanitizer sees to that. */
CAROM_TEST_ONCE(shareable_list, bytes_by_lot)
{
    carom_shareable_list_t *list = make_each(), *other;
    size_t size = (size_t) carom_shared_memory_size(carom_shareable_list_memory(list)), i;
    unsigned char before[4096], *at = bytes_of(list);
    unsigned round, changes;
    carom_value_t value;

    CAROM_ASSERT(size <= sizeof before);
    memcpy(before, at, size);
    srand((unsigned) test->seed);
    for (round = 0; round < for_sanitizers(20000, 10); round++) {
        for (changes = 1 + (unsigned) rand() % 4; changes > 0; changes--)
            at[(size_t) rand() % (EACH * 25 + 16)] = (unsigned char) (rand() % 3 ? rand() % 64 : rand());
        if (carom_shareable_list_attach(&other, name_of(list)) == CAROM_OK)
            for (i = 0; i < carom_shareable_list_count(other); i++)
                if (carom_shareable_list_get(&value, other, i) == CAROM_OK)
                    carom_value_clear(&value);
        carom_shareable_list_close(&other);
        if (round % 16 == 0)
            memcpy(at, before, size);
    }
    end_list(&list);
}

/* ---- a tree ---- */

CAROM_TASK(list_changes_all)
{
    carom_shareable_list_t *list;
    size_t i;

    CAROM_ASSERT_OK(carom_shareable_list_attach(&list, carom_arg_text(call, 0)));
    expect_each(list);
    for (i = 0; i < EACH; i++)
        set(list, i, carom_value_from_int((int64_t) i));
    carom_shareable_list_close(&list);
    return 0;
}

CAROM_TEST(shareable_list, a_child_attaches)
{
    carom_shareable_list_t *list = make_each();
    carom_process_t *child;
    size_t i;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(list_changes_all, name_of(list))));
    end_child(&child, 0);
    for (i = 0; i < EACH; i++)
        expect_item(list, i, carom_value_from_int((int64_t) i));
    end_list(&list);
}

/* ---- Python ---- */

#define PYTHON_READS                                                                                                           \
    PYTHON_ATTACH "found = attach_list(input())\n"                                                                             \
                  "print(ascii(list(found)), found.format, len(found), found.count(True), found.index(-2.5))\n"                \
                  "for i in range(6): found[i] = [b'\\0y', 'z', None, 2**62, False, 0.5][i]\n"                                 \
                  "found.shm.close()\n"

CAROM_TASK(list_python_attaches)
{
    carom_shareable_list_t *list = make_each();
    char answer[300];

    ask_python(answer, sizeof answer, PYTHON_READS, name_of(list));
    answer[strcspn(answer, "\r\n")] = '\0';
    CAROM_ASSERT_TEXT(answer, "[None, True, -9223372036854775808, -2.5, 'gr\\xfc\\xdfe', b'\\x00\\xff\\x01'] "
                              "xxxxxx?xxxxxxxx?qd8s8s 6 1 3");
    expect_item(list, 0, carom_value_borrow_bytes("\0y", 2));
    expect_item(list, 1, carom_value_borrow_text("z"));
    expect_item(list, 2, carom_value_none());
    expect_item(list, 3, carom_value_from_int((int64_t) 1 << 62));
    expect_item(list, 4, carom_value_from_bool(0));
    expect_item(list, 5, carom_value_from_float(0.5));
    end_list(&list);
    return 0;
}

CAROM_TEST(shareable_list, python_attaches)
{
    carom_shareable_list_t *list = make(NULL, 0);

    end_list(&list);
    need_python_of_our_order();
    run_driver(test, &list_python_attaches);
}

#define PYTHON_MAKES                                                                                                           \
    PYTHON_ENDS                                                                                                                \
    "from multiprocessing.shared_memory import ShareableList\n"                                                                \
    "made = ShareableList([None, True, -2**63, -2.5, 'gr\\xfc\\xdfe', b'\\0\\xff\\1'])\n"                                      \
    "print(made.shm.name, flush=True)\n"                                                                                       \
    "input()\n"                                                                                                                \
    "print(list(made), made.format, flush=True)\n"                                                                             \
    "made.shm.close()\n"                                                                                                       \
    "made.shm.unlink()\n"

/* What C makes of the same items has the same bytes. */
static void expect_same_bytes(const carom_shareable_list_t *theirs)
{
    carom_shareable_list_t *ours = make_each();
    size_t size = (size_t) carom_shared_memory_size(carom_shareable_list_memory(ours));

    if (!has_counted_names())
        CAROM_ASSERT_INT(carom_shared_memory_size(carom_shareable_list_memory(theirs)), size);
    CAROM_ASSERT(memcmp(bytes_of(ours), bytes_of(theirs), size) == 0);
    end_list(&ours);
}

CAROM_TASK(list_python_makes)
{
    carom_shareable_list_t *list;
    python_t python;
    char line[300];

    start_python(&python, PYTHON_MAKES);
    hear_line(line, sizeof line, &python);
    CAROM_ASSERT_OK(carom_shareable_list_attach(&list, line));
    expect_each(list);
    expect_same_bytes(list);
    set(list, A_NONE, carom_value_borrow_text("12345678"));
    set(list, A_BOOL, carom_value_from_float(0.25));
    set(list, AN_INT, carom_value_borrow_bytes("\0b", 2));
    set(list, A_FLOAT, carom_value_none());
    set(list, A_TEXT, carom_value_from_bool(1));
    set(list, A_BYTES, carom_value_from_int(-1));
    say(&python, "\n", 1);
    hear_line(line, sizeof line, &python);
    CAROM_ASSERT_TEXT(line, "['12345678', 0.25, b'\\x00b', None, True, -1] 8sd8sxxxxxx?xxxxxxxx?q");
    end_well(&python);
    carom_shareable_list_close(&list);
    return 0;
}

CAROM_TEST(shareable_list, python_makes)
{
    carom_shareable_list_t *list = make(NULL, 0);

    end_list(&list);
    need_python_of_our_order();
    run_driver(test, &list_python_makes);
}

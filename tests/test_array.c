/* Arrays: what their items hold, and how many there may be.  (Between processes: test_array_crowd.c.) */

#include "arrays.h"

#include <float.h>
#include <math.h>
#include <stdint.h>

enum { MIB = 1 << 20, LARGEST = 512 * MIB };

static int is_zero(const unsigned char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length; i++)
        if (bytes[i] != 0)
            return 0;
    return 1;
}

/* ---- bad arguments ---- */

static void expect_refused(carom_status_t wanted, carom_item_type_t type, size_t count, const carom_array_options_t *options)
{
    carom_array_t *array = (carom_array_t *) &wanted;
    int64_t before = objects();

    CAROM_ASSERT_STATUS(carom_array_create(&array, NULL, type, count, options), wanted);
    CAROM_ASSERT(array == NULL);
    CAROM_ASSERT_INT(objects(), before);
}

CAROM_TEST_ONCE(array, refused)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;
    carom_lock_t *lock = make_lock(test);
    carom_semaphore_t *semaphore = make_semaphore(test, 1);
    carom_array_t *array;

    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 0, NULL);
    expect_refused(CAROM_EINVAL, (carom_item_type_t) 11, 1, NULL);
    expect_refused(CAROM_EINVAL, (carom_item_type_t) -1, 1, NULL);
    expect_refused(CAROM_EINVAL, CAROM_ITEM_STRUCT, 1, NULL);
    expect_refused(CAROM_EINVAL, CAROM_ITEM_STRUCT, 1, &options);
    options.item_size = 8;
    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 1, &options);
    expect_refused(CAROM_EINVAL, CAROM_ITEM_F32, 1, &options);
    options.item_size = 0;
    options.size--;
    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 1, &options);
    options.size += 2;
    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 1, &options);
    options.size--;
    options.lock = (carom_lock_t *) semaphore;
    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 1, &options);
    options.lock = lock;
    options.raw = 1;
    expect_refused(CAROM_EINVAL, CAROM_ITEM_I64, 1, &options);
    CAROM_ASSERT_STATUS(carom_array_create(&array, (carom_context_t *) lock, CAROM_ITEM_I64, 1, NULL), CAROM_EINVAL);
    CAROM_ASSERT(array == NULL);
    carom_lock_destroy(&lock);
    carom_semaphore_destroy(&semaphore);
}

/* In any call: `array` is none of this process, or has no item of that index. */
static void expect_no_item(carom_array_t *array, size_t index, carom_status_t wanted)
{
    int64_t integer = 5;
    double number = 5;

    CAROM_ASSERT_STATUS(carom_array_get_int(&integer, array, index), wanted);
    CAROM_ASSERT_INT(integer, 0);
    CAROM_ASSERT_STATUS(carom_array_set_int(array, index, 1), wanted);
    integer = 5;
    CAROM_ASSERT_STATUS(carom_array_add_int(&integer, array, index, 1), wanted);
    CAROM_ASSERT_INT(integer, 0);
    CAROM_ASSERT_STATUS(carom_array_add_int(NULL, array, index, 1), wanted);
    CAROM_ASSERT_STATUS(carom_array_get_float(&number, array, index), wanted);
    CAROM_ASSERT(number == 0);
    CAROM_ASSERT_STATUS(carom_array_set_float(array, index, 1), wanted);
    number = 5;
    CAROM_ASSERT_STATUS(carom_array_add_float(&number, array, index, 1), wanted);
    CAROM_ASSERT(number == 0);
    CAROM_ASSERT_STATUS(carom_array_add_float(NULL, array, index, 1), wanted);
}

static void expect_no_array(carom_array_t *array, carom_status_t wanted)
{
    expect_no_item(array, 0, wanted);
    CAROM_ASSERT(carom_array_items(array) == NULL);
    CAROM_ASSERT(carom_array_lock(array) == NULL);
    CAROM_ASSERT_INT(carom_array_count(array), 0);
    CAROM_ASSERT_INT(carom_array_item_size(array), 0);
    CAROM_ASSERT_INT(carom_array_type(array), 0);
}

CAROM_TEST_ONCE(array, no_array)
{
    carom_lock_t *lock = make_lock(test);
    carom_array_t *array = make_array(test, CAROM_ITEM_I64, 3), *none = NULL;

    expect_no_array(NULL, CAROM_EINVAL);
    expect_no_array((carom_array_t *) lock, CAROM_EINVAL);
    expect_no_item(array, 3, CAROM_EINVAL);
    expect_no_item(array, SIZE_MAX, CAROM_EINVAL);
    CAROM_ASSERT(is_zero(carom_array_items(array), 24));
    CAROM_ASSERT_STATUS(carom_lock_acquire((carom_lock_t *) array, 0), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_array(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_array(carom_value_from_lock(lock)) == NULL);
    CAROM_ASSERT(carom_value_array(carom_value_none()) == NULL);
    carom_array_destroy(&none);
    carom_array_destroy(&array);
    CAROM_ASSERT(array == NULL);
    carom_array_destroy(&array);
    carom_lock_destroy(&lock);
}

static void expect_no_ints(carom_array_t *array)
{
    int64_t number = 5;

    CAROM_ASSERT_STATUS(carom_array_get_int(&number, array, 0), CAROM_ETYPE);
    CAROM_ASSERT_INT(number, 0);
    CAROM_ASSERT_STATUS(carom_array_set_int(array, 0, 1), CAROM_ETYPE);
    number = 5;
    CAROM_ASSERT_STATUS(carom_array_add_int(&number, array, 0, 1), CAROM_ETYPE);
    CAROM_ASSERT_INT(number, 0);
}

static void expect_no_floats(carom_array_t *array)
{
    double number = 5;

    CAROM_ASSERT_STATUS(carom_array_get_float(&number, array, 0), CAROM_ETYPE);
    CAROM_ASSERT(number == 0);
    CAROM_ASSERT_STATUS(carom_array_set_float(array, 0, 1), CAROM_ETYPE);
    number = 5;
    CAROM_ASSERT_STATUS(carom_array_add_float(&number, array, 0, 1), CAROM_ETYPE);
    CAROM_ASSERT(number == 0);
}

CAROM_TEST(array, of_another_type)
{
    carom_array_t *array = make_structs(test, 8, 1);
    int type;

    expect_no_ints(array);
    expect_no_floats(array);
    CAROM_ASSERT(is_zero(carom_array_items(array), 8));
    carom_array_destroy(&array);
    for (type = CAROM_ITEM_I8; type <= CAROM_ITEM_F64; type++) {
        array = make_array(test, (carom_item_type_t) type, 1);
        if (type < CAROM_ITEM_F32)
            expect_no_floats(array);
        else
            expect_no_ints(array);
        CAROM_ASSERT(is_zero(carom_array_items(array), carom_array_item_size(array)));
        carom_array_destroy(&array);
    }
}

/* ---- integers ---- */

typedef struct range_t {
    carom_item_type_t type;
    size_t size;
    int64_t least, most;           /* as far as an int64_t goes */
} range_t;

static const range_t ranges[] = {
    {CAROM_ITEM_I8, 1, INT8_MIN, INT8_MAX},    {CAROM_ITEM_U8, 1, 0, UINT8_MAX},
    {CAROM_ITEM_I16, 2, INT16_MIN, INT16_MAX}, {CAROM_ITEM_U16, 2, 0, UINT16_MAX},
    {CAROM_ITEM_I32, 4, INT32_MIN, INT32_MAX}, {CAROM_ITEM_U32, 4, 0, UINT32_MAX},
    {CAROM_ITEM_I64, 8, INT64_MIN, INT64_MAX}, {CAROM_ITEM_U64, 8, 0, INT64_MAX},
};

enum { RANGES = sizeof ranges / sizeof ranges[0] };

/* In item 1, whose neighbours stay. */
static void set_and_expect(carom_array_t *array, const range_t *range, int64_t number)
{
    int fits = number >= range->least && number <= range->most;
    int64_t before;

    CAROM_ASSERT_OK(carom_array_get_int(&before, array, 1));
    CAROM_ASSERT_STATUS(carom_array_set_int(array, 1, number), fits ? CAROM_OK : CAROM_EOVERFLOW);
    expect_int(array, 1, fits ? number : before);
    expect_int(array, 0, 0);
    expect_int(array, 2, 0);
}

static void add_and_expect(carom_array_t *array, const range_t *range, int64_t item, int64_t number)
{
    int64_t sum = 0, after = 5;
    int fits = number >= 0 ? item <= INT64_MAX - number : item >= INT64_MIN - number;

    if (fits)
        sum = item + number;
    fits = fits && sum >= range->least && sum <= range->most;
    CAROM_ASSERT_OK(carom_array_set_int(array, 1, item));
    CAROM_ASSERT_STATUS(carom_array_add_int(&after, array, 1, number), fits ? CAROM_OK : CAROM_EOVERFLOW);
    CAROM_ASSERT_INT(after, fits ? sum : 0);
    expect_int(array, 1, fits ? sum : item);
    expect_int(array, 0, 0);
    expect_int(array, 2, 0);
}

static void expect_range(const carom_test_t *test, const range_t *range)
{
    carom_array_t *array = make_array(test, range->type, 3);
    const int64_t numbers[] = {range->least, range->least + 1, 0, 1, range->most - 1, range->most, INT64_MIN, INT64_MAX, -1};
    size_t i, j;

    CAROM_ASSERT_INT(carom_array_item_size(array), range->size);
    CAROM_ASSERT_INT(carom_array_type(array), range->type);
    for (i = 0; i < 9; i++)
        set_and_expect(array, range, numbers[i]);
    if (range->least > INT64_MIN)
        set_and_expect(array, range, range->least - 1);
    if (range->most < INT64_MAX)
        set_and_expect(array, range, range->most + 1);
    for (i = 0; i < 6; i++)
        for (j = 0; j < 9; j++) {
            add_and_expect(array, range, numbers[i], numbers[j]);
            if (numbers[j] > INT64_MIN)
                add_and_expect(array, range, numbers[i], -numbers[j]);
        }
    carom_array_destroy(&array);
}

CAROM_TEST(array, as_much_as_an_item_holds)
{
    size_t i;

    for (i = 0; i < RANGES; i++)
        expect_range(test, &ranges[i]);
}

/* Every sum of one byte. */
CAROM_TEST_ONCE(array, all_that_a_byte_holds)
{
    size_t i;

    for (i = 0; i < 2; i++) {
        carom_array_t *array = make_array(test, ranges[i].type, 3);
        int64_t item, number;

        for (item = ranges[i].least; item <= ranges[i].most; item += has_sanitizer() ? 5 : 1)
            for (number = -260; number <= 260; number++)
                add_and_expect(array, &ranges[i], item, number);
        carom_array_destroy(&array);
    }
}

/* The items are what C has of that type. */
CAROM_TEST_ONCE(array, items_in_memory)
{
    carom_array_t *bytes = make_array(test, CAROM_ITEM_I8, 2), *shorts = make_array(test, CAROM_ITEM_U16, 2);
    carom_array_t *ints = make_array(test, CAROM_ITEM_I32, 2), *floats = make_array(test, CAROM_ITEM_F32, 2);

    CAROM_ASSERT_OK(carom_array_set_int(bytes, 1, -100));
    CAROM_ASSERT_INT(((int8_t *) carom_array_items(bytes))[1], -100);
    CAROM_ASSERT_OK(carom_array_set_int(shorts, 1, 65000));
    CAROM_ASSERT_INT(((uint16_t *) carom_array_items(shorts))[1], 65000);
    CAROM_ASSERT_OK(carom_array_set_int(ints, 1, -2000000000));
    CAROM_ASSERT_INT(((int32_t *) carom_array_items(ints))[1], -2000000000);
    ((int32_t *) carom_array_items(ints))[0] = -77;
    expect_int(ints, 0, -77);
    ((float *) carom_array_items(floats))[1] = 0.5f;
    expect_float(floats, 1, 0.5);
    carom_array_destroy(&bytes);
    carom_array_destroy(&shorts);
    carom_array_destroy(&ints);
    carom_array_destroy(&floats);
}

CAROM_TEST(array, more_than_an_int64)
{
    static const uint64_t numbers[] = {(uint64_t) INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX};
    static const int64_t added[] = {0, 1, -1, INT64_MIN, INT64_MAX};
    carom_array_t *array = make_array(test, CAROM_ITEM_U64, 2);
    uint64_t *items = carom_array_items(array);
    int64_t number;
    size_t i, j;

    for (i = 0; i < 3; i++) {
        items[1] = numbers[i];
        number = 5;
        CAROM_ASSERT_STATUS(carom_array_get_int(&number, array, 1), CAROM_EOVERFLOW);
        CAROM_ASSERT_INT(number, 0);
        for (j = 0; j < 5; j++) {
            number = 5;
            CAROM_ASSERT_STATUS(carom_array_add_int(&number, array, 1, added[j]), CAROM_EOVERFLOW);
            CAROM_ASSERT_INT(number, 0);
            CAROM_ASSERT(items[1] == numbers[i]);
        }
    }
    CAROM_ASSERT_OK(carom_array_set_int(array, 1, 7));
    expect_int(array, 1, 7);
    expect_int(array, 0, 0);
    carom_array_destroy(&array);
}

/* ---- floats ---- */

static void set_and_expect_float(carom_array_t *array, double number, double wanted)
{
    CAROM_ASSERT_OK(carom_array_set_float(array, 1, number));
    expect_float(array, 1, wanted);
    expect_float(array, 0, 0);
    expect_float(array, 2, 0);
}

static void add_and_expect_float(carom_array_t *array, double item, double number, double wanted)
{
    double after = 5;

    CAROM_ASSERT_OK(carom_array_set_float(array, 1, item));
    CAROM_ASSERT_OK(carom_array_add_float(&after, array, 1, number));
    CAROM_ASSERT(after == wanted);
    CAROM_ASSERT_OK(carom_array_set_float(array, 1, item));
    CAROM_ASSERT_OK(carom_array_add_float(NULL, array, 1, number));
    expect_float(array, 1, wanted);
}

static void expect_no_number(carom_array_t *array)
{
    double number = 5;

    CAROM_ASSERT_OK(carom_array_set_float(array, 1, NAN));
    CAROM_ASSERT_OK(carom_array_get_float(&number, array, 1));
    CAROM_ASSERT(isnan(number));
    CAROM_ASSERT_OK(carom_array_add_float(&number, array, 1, 1));
    CAROM_ASSERT(isnan(number));
    CAROM_ASSERT_OK(carom_array_set_float(array, 1, INFINITY));
    CAROM_ASSERT_OK(carom_array_add_float(&number, array, 1, -INFINITY));
    CAROM_ASSERT(isnan(number));
}

CAROM_TEST(array, floats)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_F32, 3);

    CAROM_ASSERT_INT(carom_array_item_size(array), 4);
    set_and_expect_float(array, 0.5, 0.5);
    set_and_expect_float(array, 0.1, (double) 0.1f);
    set_and_expect_float(array, -0.0, -0.0);
    set_and_expect_float(array, 16777217, 16777216);
    set_and_expect_float(array, (double) FLT_MAX, (double) FLT_MAX);
    set_and_expect_float(array, 1e300, (double) INFINITY);
    set_and_expect_float(array, -1e300, (double) -INFINITY);
    set_and_expect_float(array, (double) -INFINITY, (double) -INFINITY);
    set_and_expect_float(array, 1e-60, 0);
    add_and_expect_float(array, 16777216, 1, 16777216);
    add_and_expect_float(array, 0, 0.1, (double) 0.1f);
    add_and_expect_float(array, (double) FLT_MAX, (double) FLT_MAX, (double) INFINITY);
    expect_no_number(array);
    carom_array_destroy(&array);
}

CAROM_TEST(array, doubles)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_F64, 3);

    CAROM_ASSERT_INT(carom_array_item_size(array), 8);
    set_and_expect_float(array, 0.1, 0.1);
    set_and_expect_float(array, -0.0, -0.0);
    set_and_expect_float(array, DBL_MAX, DBL_MAX);
    set_and_expect_float(array, DBL_MIN, DBL_MIN);
    set_and_expect_float(array, (double) INFINITY, (double) INFINITY);
    add_and_expect_float(array, 16777216, 1, 16777217);
    add_and_expect_float(array, 0.25, -1, -0.75);
    add_and_expect_float(array, DBL_MAX, DBL_MAX, (double) INFINITY);
    expect_no_number(array);
    carom_array_destroy(&array);
}

/* ---- sizes ---- */

CAROM_TASK(array_paints)
{
    carom_array_t *array = carom_arg_array(call, 0);
    size_t length = carom_array_count(array) * carom_array_item_size(array);

    CAROM_ASSERT((uintptr_t) carom_array_items(array) % 64 == 0);
    CAROM_ASSERT_INT(length, carom_arg_int(call, 1));
    CAROM_ASSERT(is_zero(carom_array_items(array), length));
    paint(carom_array_items(array), length, 9);
    return 0;
}

/* Twice, as the second has the memory of the first. */
static void expect_painted(const carom_test_t *test, size_t item_size, size_t count)
{
    carom_array_t *array;
    carom_process_t *child;
    int round;

    for (round = 0; round < 2; round++) {
        array = make_structs(test, item_size, count);
        CAROM_ASSERT_INT(carom_array_type(array), CAROM_ITEM_STRUCT);
        CAROM_ASSERT_INT(carom_array_item_size(array), item_size);
        CAROM_ASSERT_INT(carom_array_count(array), count);
        CAROM_ASSERT((uintptr_t) carom_array_items(array) % 64 == 0);
        child = start(test, carom_call(array_paints, array, item_size * count));
        end_child(&child, 0);
        CAROM_ASSERT(is_painted(carom_array_items(array), item_size * count, 9));
        carom_array_destroy(&array);
    }
}

CAROM_TEST(array, structs_of_odd_sizes)
{
    expect_painted(test, 1, 1);
    expect_painted(test, 1, 65);
    expect_painted(test, 3, 7);
    expect_painted(test, 24, 10);
    expect_painted(test, 4097, 5);
}

CAROM_TEST_WITH(array, several_mib, .timeout_ms = 60000)
{
    expect_painted(test, 24, 8 * MIB / 24 + 1);
}

CAROM_TEST_WITH(array, too_big, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;

    CAROM_ASSERT_OK(carom_arena_set(0, 4 * MIB));
    skip_without_shares(test);
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_I8, (size_t) LARGEST + 1, NULL);
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_F64, LARGEST / 8 + 1, NULL);
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_U16, SIZE_MAX / 2 + 2, NULL);
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_U64, SIZE_MAX, NULL);
    options.item_size = (size_t) LARGEST + 1;
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_STRUCT, 1, &options);
    options.item_size = SIZE_MAX;
    expect_refused(CAROM_ETOOBIG, CAROM_ITEM_STRUCT, SIZE_MAX, &options);
    expect_refused(CAROM_ENOMEM, CAROM_ITEM_I8, LARGEST, NULL);
    expect_refused(CAROM_ENOMEM, CAROM_ITEM_F64, LARGEST / 8, NULL);
}

/* So few that freeing them, which looks at all of them, does not take long. */
static const char *const counts[] = {"1000", "5000", "20000", "100000", NULL};

/* Nothing is left of those that came to nothing, whatever was missing for them. */
CAROM_TEST_WITH(array, no_memory_for_another, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS,
                .parameters = counts)
{
    enum { MOST = 4 * MIB / 64 };
    carom_array_t **arrays = calloc(MOST, sizeof *arrays);
    size_t count = (size_t) atoi(test->parameter);
    int64_t before;
    int made = 0, i;

    CAROM_ASSERT(arrays != NULL);
    CAROM_ASSERT_OK(carom_arena_set(0, 4 * MIB));
    skip_without_shares(test);
    expect_refused(CAROM_ENOMEM, CAROM_ITEM_U8, 5 * MIB, NULL);
    while (made < MOST && carom_array_create(&arrays[made], NULL, CAROM_ITEM_U8, count, NULL) == CAROM_OK)
        made++;
    CAROM_ASSERT(made > 1 && made < MOST && arrays[made] == NULL);
    before = objects();
    expect_refused(CAROM_ENOMEM, CAROM_ITEM_U8, count, NULL);
    CAROM_ASSERT_INT(objects(), before);
    for (i = 0; i < made; i++)
        CAROM_ASSERT_OK(carom_array_set_int(arrays[i], count - 1, i % 256));
    for (i = 0; i < made; i++)
        expect_int(arrays[i], count - 1, i % 256);
    carom_array_destroy(&arrays[0]);
    CAROM_ASSERT_OK(carom_array_create(&arrays[0], NULL, CAROM_ITEM_U8, count, NULL));
    expect_int(arrays[0], count - 1, 0);
    for (i = 0; i < made; i++)
        carom_array_destroy(&arrays[i]);
    CAROM_ASSERT_INT(objects(), 0);
    free(arrays);
}

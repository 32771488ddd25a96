/* What tests of arrays share: making them, and what an item is. */

#ifndef CAROM_TESTS_ARRAYS_H
#define CAROM_TESTS_ARRAYS_H

#include "queues.h"

CAROM_UNUSED static carom_array_t *make_array(const carom_test_t *test, carom_item_type_t type, size_t count)
{
    carom_array_t *array;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_array_create(&array, test->context, type, count, NULL));
    return array;
}

CAROM_UNUSED static carom_array_t *make_raw(const carom_test_t *test, carom_item_type_t type, size_t count)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;
    carom_array_t *array;

    skip_without_shares(test);
    options.raw = 1;
    CAROM_ASSERT_OK(carom_array_create(&array, test->context, type, count, &options));
    return array;
}

CAROM_UNUSED static carom_array_t *make_guarded(const carom_test_t *test, carom_lock_t *lock, size_t count)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;
    carom_array_t *array;

    options.lock = lock;
    CAROM_ASSERT_OK(carom_array_create(&array, test->context, CAROM_ITEM_I64, count, &options));
    return array;
}

CAROM_UNUSED static carom_array_t *make_structs(const carom_test_t *test, size_t item_size, size_t count)
{
    carom_array_options_t options = CAROM_ARRAY_OPTIONS_INIT;
    carom_array_t *array;

    skip_without_shares(test);
    options.item_size = item_size;
    CAROM_ASSERT_OK(carom_array_create(&array, test->context, CAROM_ITEM_STRUCT, count, &options));
    return array;
}

CAROM_UNUSED static void expect_int(const carom_array_t *array, size_t index, int64_t wanted)
{
    int64_t number = ~wanted;

    CAROM_ASSERT_OK(carom_array_get_int(&number, array, index));
    CAROM_ASSERT_INT(number, wanted);
}

CAROM_UNUSED static void expect_float(const carom_array_t *array, size_t index, double wanted)
{
    double number = wanted + 1;

    CAROM_ASSERT_OK(carom_array_get_float(&number, array, index));
    CAROM_ASSERT(memcmp(&number, &wanted, sizeof wanted) == 0);
}

#endif

/* What the tests of values make and check them with.  Strings are borrowed; what fails ends the test. */

#ifndef CAROM_TESTS_VALUES_H
#define CAROM_TESTS_VALUES_H

#include <carom-harness.h>

CAROM_UNUSED static carom_value_t text(const char *bytes)
{
    return carom_value_borrow_text(bytes);
}

CAROM_UNUSED static void append(carom_value_t *container, carom_value_t item)
{
    CAROM_ASSERT_OK(carom_value_append(container, &item));
}

CAROM_UNUSED static void put(carom_value_t *dict, carom_value_t key, carom_value_t item)
{
    CAROM_ASSERT_OK(carom_value_put(dict, &key, &item));
}

CAROM_UNUSED static carom_value_t made(carom_status_t (*make)(carom_value_t *))
{
    carom_value_t value;

    CAROM_ASSERT_OK(make(&value));
    return value;
}

CAROM_UNUSED static carom_value_t decimal(const char *digits)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_value_from_decimal(&value, digits));
    return value;
}

/* A list in a list, … `depth` of them. */
CAROM_UNUSED static carom_value_t nest(int depth)
{
    carom_value_t outer = made(carom_value_list);

    for (int i = 1; i < depth; i++) {
        carom_value_t inner = outer;
        outer = made(carom_value_list);
        append(&outer, inner);
    }
    return outer;
}

CAROM_UNUSED static void check_print(carom_value_t value, const char *wanted)
{
    char line[400];

    CAROM_ASSERT_TEXT(carom_value_print(line, sizeof line, value), wanted);
}

CAROM_UNUSED static void check_none(carom_value_t value)
{
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
}

/* A container of two. */
CAROM_UNUSED static carom_value_t pair(carom_status_t (*make)(carom_value_t *), carom_value_t one, carom_value_t other)
{
    carom_value_t value = made(make);

    append(&value, one);
    append(&value, other);
    return value;
}

#endif

/* Containers: filling, limits, keys, equality, copies. */

#include "values.h"

#include <math.h>
#include <stdio.h>

/* ---- lists and tuples ---- */

CAROM_TEST_ONCE(container, list)
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

CAROM_TEST_ONCE(container, take)
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

CAROM_TEST_ONCE(container, append_to_what_is_no_container)
{
    carom_value_t number = carom_value_from_int(1), dict = made(carom_value_dict), item = nest(3);

    CAROM_ASSERT_STATUS(carom_value_append(&number, &item), CAROM_ETYPE);
    check_none(item);
    item = text("x");
    CAROM_ASSERT_STATUS(carom_value_append(&dict, &item), CAROM_ETYPE);
    check_none(item);
    carom_value_clear(&dict);
}

CAROM_TEST_ONCE(container, depth)
{
    carom_value_t deep = nest(CAROM_DEPTH_MAX - 1), outer = made(carom_value_list), one_more = made(carom_value_list);

    append(&outer, deep);
    CAROM_ASSERT_STATUS(carom_value_append(&one_more, &outer), CAROM_EDEPTH);
    check_none(outer);
    CAROM_ASSERT_INT(carom_value_count(one_more), 0);
    carom_value_clear(&one_more);
}

/* What grows inside of something counts as much as what is put around it. */
CAROM_TEST_ONCE(container, depth_from_inside)
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

CAROM_TEST_ONCE(container, depth_after_take)
{
    carom_value_t outer = made(carom_value_list), deep, shell = made(carom_value_list);

    append(&outer, nest(CAROM_DEPTH_MAX - 1));
    CAROM_ASSERT_OK(carom_value_take(&deep, &outer, 0));
    append(&shell, outer);
    CAROM_ASSERT_INT(carom_value_count(shell), 1);
    carom_value_clear(&shell);
    carom_value_clear(&deep);
}

CAROM_TEST_ONCE(container, second_names)
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

CAROM_TEST_ONCE(container, second_names_in_dicts)
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

CAROM_TEST_ONCE(container, count)
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

CAROM_TEST_ONCE(container, dict)
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

CAROM_TEST_ONCE(container, put_into_what_is_no_dict)
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
CAROM_TEST_ONCE(container, dict_of_any_size)
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

CAROM_TEST_ONCE(container, keys)
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

CAROM_TEST_ONCE(container, no_keys)
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

CAROM_TEST_ONCE(container, sets)
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
CAROM_TEST_ONCE(container, sets_of_sets)
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
CAROM_TEST_ONCE(container, keys_that_change)
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

CAROM_TEST_ONCE(container, copy)
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

CAROM_TEST_ONCE(container, copy_of_numbers)
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

CAROM_TEST_ONCE(container, dicts_are_equal_in_any_order)
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

CAROM_TEST_ONCE(container, lists_are_equal_in_order)
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

CAROM_TEST_ONCE(container, nan_equals_nan_of_the_same_bits)
{
    CAROM_ASSERT(carom_value_equal(carom_value_from_float(NAN), carom_value_from_float(NAN)));
    CAROM_ASSERT(!carom_value_equal(carom_value_from_float(NAN), carom_value_from_float(-NAN)));
    CAROM_ASSERT(!carom_value_equal(carom_value_from_float(0.0), carom_value_from_float(-0.0)));
    CAROM_ASSERT(carom_value_equal(carom_value_from_complex(NAN, 1), carom_value_from_complex(NAN, 1)));
}

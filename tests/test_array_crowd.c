/* Arrays between processes: adding among many, their locks, and who has handles of them. */

#include "arrays.h"

enum { CHILDREN = 4, TIMES = 5000 };

/* ---- adding ---- */

/* Under the array's lock when it is told so. */
CAROM_TASK(array_adds)
{
    carom_array_t *array = carom_arg_array(call, 0);
    int64_t i, times = carom_arg_int(call, 1), is_locked = carom_arg_int(call, 2);

    for (i = 0; i < times; i++) {
        if (is_locked)
            CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(array), PATIENCE));
        CAROM_ASSERT_OK(carom_array_add_int(NULL, array, 1, 3));
        CAROM_ASSERT_OK(carom_array_add_int(NULL, array, 2, -1));
        if (is_locked)
            CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(array)));
    }
    return 0;
}

static void expect_sums(const carom_test_t *test, carom_array_t *array, int is_locked)
{
    int64_t times = for_sanitizers(TIMES, 10);
    carom_process_t *children[CHILDREN];

    start_all(children, CHILDREN, test, carom_call(array_adds, array, times, is_locked));
    end_all(children, CHILDREN);
    expect_int(array, 0, 0);
    expect_int(array, 1, 3 * CHILDREN * times);
    expect_int(array, 2, -CHILDREN * times);
    expect_int(array, 3, 0);
    carom_array_destroy(&array);
}

CAROM_TEST_WITH(array, no_add_is_lost, .timeout_ms = 60000)
{
    expect_sums(test, make_raw(test, CAROM_ITEM_I64, 4), 0);
    expect_sums(test, make_raw(test, CAROM_ITEM_I32, 4), 0);
}

CAROM_TEST_WITH(array, no_add_is_lost_under_the_lock, .timeout_ms = 60000)
{
    expect_sums(test, make_array(test, CAROM_ITEM_I64, 4), 1);
    expect_sums(test, make_array(test, CAROM_ITEM_I32, 4), 0);
}

CAROM_TASK(array_adds_halves)
{
    carom_array_t *array = carom_arg_array(call, 0);
    int64_t i, times = carom_arg_int(call, 1);

    for (i = 0; i < times; i++)
        CAROM_ASSERT_OK(carom_array_add_float(NULL, array, 1, 0.5));
    return 0;
}

static void expect_float_sums(const carom_test_t *test, carom_array_t *array)
{
    int64_t times = for_sanitizers(TIMES, 10);
    carom_process_t *children[CHILDREN];

    start_all(children, CHILDREN, test, carom_call(array_adds_halves, array, times));
    end_all(children, CHILDREN);
    expect_float(array, 0, 0);
    expect_float(array, 1, 0.5 * CHILDREN * (double) times);
    expect_float(array, 2, 0);
    carom_array_destroy(&array);
}

CAROM_TEST_WITH(array, no_float_is_lost, .timeout_ms = 60000)
{
    expect_float_sums(test, make_array(test, CAROM_ITEM_F32, 3));
    expect_float_sums(test, make_raw(test, CAROM_ITEM_F64, 3));
}

/* Up and down in an item that nobody else changes: what it is after each step is known. */
CAROM_TASK(array_adds_beside_others)
{
    carom_array_t *array = carom_arg_array(call, 0);
    int64_t index = carom_arg_int(call, 1), times = carom_arg_int(call, 2), i, wanted = 0, after, step;

    for (i = 0; i < times; i++) {
        step = i % 200 < 100 ? 1 : -1;
        wanted += step;
        CAROM_ASSERT_OK(carom_array_add_int(&after, array, (size_t) index, step));
        CAROM_ASSERT_INT(after, wanted);
        if (i % 7 == 0)
            CAROM_ASSERT_OK(carom_array_set_int(array, (size_t) index, wanted));
        expect_int(array, (size_t) index, wanted);
    }
    CAROM_ASSERT_OK(carom_array_set_int(array, (size_t) index, 40 + index));
    return 0;
}

static void expect_neighbours_to_stay(const carom_test_t *test, carom_item_type_t type)
{
    carom_array_t *array = make_raw(test, type, CHILDREN + 2);
    carom_process_t *children[CHILDREN];
    int i;

    for (i = 0; i < CHILDREN; i++)
        children[i] = start(test, carom_call(array_adds_beside_others, array, i + 1, for_sanitizers(TIMES, 10)));
    end_all(children, CHILDREN);
    expect_int(array, 0, 0);
    for (i = 1; i <= CHILDREN; i++)
        expect_int(array, (size_t) i, 40 + i);
    expect_int(array, CHILDREN + 1, 0);
    carom_array_destroy(&array);
}

CAROM_TEST_WITH(array, small_items_side_by_side, .timeout_ms = 60000)
{
    expect_neighbours_to_stay(test, CAROM_ITEM_I8);
    expect_neighbours_to_stay(test, CAROM_ITEM_U8);
    expect_neighbours_to_stay(test, CAROM_ITEM_I16);
    expect_neighbours_to_stay(test, CAROM_ITEM_U32);
}

/* ---- locks ---- */

/* Moves from one item to another, in plain C. */
CAROM_TASK(array_moves)
{
    carom_array_t *array = carom_arg_array(call, 0);
    int64_t *items = carom_array_items(array), i, times = carom_arg_int(call, 1);

    for (i = 0; i < times; i++) {
        CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(array), PATIENCE));
        CAROM_ASSERT_INT(items[0] + items[1], 0);
        items[0] -= 5;
        items[1] += 5;
        CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(array)));
    }
    return 0;
}

CAROM_TEST_WITH(array, written_under_its_lock, .timeout_ms = 60000)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I64, 2);
    int64_t times = for_sanitizers(TIMES, 10);
    carom_process_t *children[CHILDREN];

    start_all(children, CHILDREN, test, carom_call(array_moves, array, times));
    end_all(children, CHILDREN);
    CAROM_ASSERT_INT(((int64_t *) carom_array_items(array))[0], -5 * CHILDREN * times);
    expect_int(array, 1, 5 * CHILDREN * times);
    carom_array_destroy(&array);
}

CAROM_TASK(array_is_locked)
{
    carom_array_t *array = carom_arg_array(call, 0);

    CAROM_ASSERT_INT(carom_lock_is_locked(carom_array_lock(array)), 1);
    CAROM_ASSERT_OK(carom_array_add_int(NULL, array, 0, 1));
    return carom_return(call, carom_lock_acquire(carom_array_lock(array), 0));
}

CAROM_TEST(array, lock_of_its_own)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I64, 1);
    carom_lock_t *lock = carom_array_lock(array);
    carom_lock_owner_t owner;
    carom_process_t *child;

    CAROM_ASSERT(lock != NULL && carom_array_lock(array) == lock);
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 0);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    CAROM_ASSERT_INT(owner.depth, 2);
    CAROM_ASSERT_INT(owner.is_self, 1);
    child = start(test, carom_call(array_is_locked, array));
    end_with(&child, CAROM_ETIMEOUT);
    expect_int(array, 0, 1);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_STATUS(carom_lock_release(lock), CAROM_ENOTOWNER);
    carom_array_destroy(&array);
}

CAROM_TEST(array, lock_that_is_given)
{
    carom_lock_t *lock = make_lock(test);
    carom_array_t *one = make_guarded(test, lock, 1), *other = make_guarded(test, lock, 2);
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(carom_array_lock(one)), 1);
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_array_lock(other), 0), CAROM_EDEADLOCK);
    child = start(test, carom_call(array_is_locked, one));
    end_with(&child, CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(one)));
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 0);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(one), 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(one), 0));
    child = start(test, carom_call(array_is_locked, other));
    end_with(&child, CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(other)));
    carom_array_destroy(&one);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(other), 0));
    carom_array_destroy(&other);
}

CAROM_TEST(array, outlived_by_its_lock)
{
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    carom_array_t *array = make_guarded(test, lock, 1);

    CAROM_ASSERT(objects() > before);
    carom_array_destroy(&array);
    CAROM_ASSERT_INT(objects(), before);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
}

CAROM_TASK(array_has_no_lock)
{
    carom_array_t *array = carom_arg_array(call, 0);

    CAROM_ASSERT(array != NULL && carom_array_lock(array) == NULL);
    CAROM_ASSERT_OK(carom_array_set_int(array, 0, 4));
    return 0;
}

CAROM_TEST(array, without_a_lock)
{
    carom_array_t *array = make_raw(test, CAROM_ITEM_U8, 1);
    carom_process_t *child;

    CAROM_ASSERT(carom_array_lock(array) == NULL);
    child = start(test, carom_call(array_has_no_lock, array));
    end_child(&child, 0);
    expect_int(array, 0, 4);
    carom_array_destroy(&array);
}

/* ---- deaths ---- */

static void write_a_half(carom_array_t *array)
{
    int64_t *items = carom_array_items(array);

    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(array), PATIENCE));
    items[0] = 1;
}

static void expect_a_half(carom_array_t *array)
{
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_array_lock(array), PATIENCE), CAROM_EOWNERDEAD);
    expect_int(array, 0, 1);
    expect_int(array, 1, 0);
    CAROM_ASSERT_OK(carom_lock_recover(carom_array_lock(array)));
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(array)));
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(array), 0));
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(array)));
}

CAROM_TASK(array_half_done)
{
    write_a_half(carom_arg_array(call, 0));
    return 0;
}

CAROM_TEST(array, an_entry_that_returns_with_its_lock)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I64, 2);
    carom_process_t *child = start(test, carom_call(array_half_done, array));

    end_child(&child, 0);
    expect_a_half(array);
    carom_array_destroy(&array);
}

CAROM_TASK(array_half_done_for_good)
{
    write_a_half(carom_arg_array(call, 0));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_semaphore_acquire(carom_arg_semaphore(call, 2), CAROM_FOREVER) == CAROM_OK;
}

static void kill_with_a_half(const carom_test_t *test, carom_array_t *array)
{
    carom_semaphore_t *here = make_semaphore(test, 0), *never = make_semaphore(test, 0);
    carom_process_t *child = start(test, carom_call(array_half_done_for_good, array, here, never));

    hear(here, 1);
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_array_lock(array), 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_kill(child));
    end_child(&child, -9);
    expect_a_half(array);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&never);
}

CAROM_TEST(array, who_is_killed_with_its_lock)
{
    carom_array_t *array;
    carom_lock_t *lock;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    array = make_array(test, CAROM_ITEM_I64, 2);
    kill_with_a_half(test, array);
    carom_array_destroy(&array);
    lock = make_lock(test);
    array = make_guarded(test, lock, 2);
    carom_lock_destroy(&lock);
    kill_with_a_half(test, array);
    carom_array_destroy(&array);
}

/* Sends one that it has made, and stays. */
CAROM_TASK(array_sends_its_own)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_array_t *array;
    carom_value_t none;

    CAROM_ASSERT_OK(carom_array_create(&array, carom_call_context(call), CAROM_ITEM_F64, 1000, NULL));
    CAROM_ASSERT_OK(carom_array_set_float(array, 999, 2.5));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_array(array), PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive(&none, connection, PATIENCE), CAROM_EEOF);
    carom_array_destroy(&array);
    carom_connection_close(&connection);
    return 0;
}

/* Ends who made it, by a kill where that can be. */
CAROM_TEST(array, outlives_who_made_it)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    carom_array_t *array;
    int kills = carom_context_can(test->context, CAROM_CAN_KILL);

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &array_sends_its_own);
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_array(&array, &value));
    if (kills)
        CAROM_ASSERT_OK(carom_process_kill(child));
    carom_connection_close(&connection);
    end_child(&child, kills ? -9 : 0);
    CAROM_ASSERT_INT(carom_array_count(array), 1000);
    CAROM_ASSERT_INT(carom_array_type(array), CAROM_ITEM_F64);
    expect_float(array, 999, 2.5);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(array), 0));
    carom_array_destroy(&array);
}

/* ---- under way ---- */

CAROM_TASK(array_arguments)
{
    CAROM_ASSERT(carom_arg_array(call, 0) != NULL);
    CAROM_ASSERT(carom_arg_array(call, 0) == carom_arg_array(call, 0));
    CAROM_ASSERT(carom_arg_array(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_array(call, 3) == NULL);
    CAROM_ASSERT(carom_arg_queue(call, 0) == NULL);
    CAROM_ASSERT(carom_arg_heap(call, 0) == NULL);
    CAROM_ASSERT(carom_arg_array(call, 2) != carom_arg_array(call, 0));
    CAROM_ASSERT_OK(carom_array_set_int(carom_arg_array(call, 0), 1, 6));
    expect_int(carom_arg_array(call, 2), 1, 6);
    return 0;
}

CAROM_TEST(array, arguments)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I16, 2);
    carom_process_t *child = start(test, carom_call(array_arguments, array, 4, array));

    end_child(&child, 0);
    expect_int(array, 1, 6);
    carom_array_destroy(&array);
}

CAROM_TASK(array_returns_it)
{
    return carom_return(call, carom_value_from_array(carom_arg_array(call, 0)));
}

CAROM_TEST(array, is_no_result)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I16, 2);
    carom_process_t *child = start(test, carom_call(array_returns_it, array));

    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_ENOTSUP);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_array_destroy(&array);
}

CAROM_TASK(array_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(array, sent_there_and_back)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_array_t *array, *back, *none;
    carom_value_t value;
    int64_t before;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &array_echoes);
    before = objects();
    array = make_array(test, CAROM_ITEM_I32, 100);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_array(array), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_ARRAY);
    CAROM_ASSERT(carom_value_array(value) != NULL);
    CAROM_ASSERT(carom_value_lock(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_array(&back, &value));
    CAROM_ASSERT_STATUS(carom_value_take_array(&none, &value), CAROM_ETYPE);
    CAROM_ASSERT(none == NULL && back != array);
    CAROM_ASSERT_OK(carom_array_set_int(array, 99, -8));
    carom_array_destroy(&array);
    expect_int(back, 99, -8);
    CAROM_ASSERT_INT(carom_array_count(back), 100);
    carom_array_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT(objects() <= before);
}

/* Each handle is let go by itself, and the last frees what there is. */
CAROM_TEST(array, several_handles)
{
    carom_array_t *array, *handles[10];
    carom_queue_t *queue = make_queue(test, 0);
    carom_value_t value;
    int64_t before = objects();
    int i;

    array = make_array(test, CAROM_ITEM_I32, 100);
    for (i = 0; i < 10; i++)
        CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_array(array), 0));
    CAROM_ASSERT_OK(carom_array_set_int(array, 99, 5));
    carom_array_destroy(&array);
    for (i = 0; i < 10; i++) {
        CAROM_ASSERT_OK(carom_queue_get(&value, queue, 0));
        CAROM_ASSERT_INT(carom_value_type(value), CAROM_ARRAY);
        CAROM_ASSERT_OK(carom_value_take_array(&handles[i], &value));
        CAROM_ASSERT_OK(carom_array_add_int(NULL, handles[i], 99, 1));
    }
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(handles[0]), 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(carom_array_lock(handles[9])), 1);
    CAROM_ASSERT_OK(carom_lock_release(carom_array_lock(handles[9])));
    for (i = 0; i < 9; i++) {
        carom_array_destroy(&handles[i]);
        expect_int(handles[9], 99, 15);
    }
    CAROM_ASSERT(objects() > before);
    carom_array_destroy(&handles[9]);
    CAROM_ASSERT_INT(objects(), before);
    carom_queue_destroy(&queue);
}

CAROM_TASK(array_from_a_queue)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    CAROM_ASSERT_OK(carom_array_add_int(NULL, carom_value_array(value), 0, 1));
    CAROM_ASSERT_OK(carom_queue_put(queue, value, PATIENCE));
    carom_value_clear(&value);
    return 0;
}

/* From one child to the next, and nobody else has a handle. */
CAROM_TEST(array, handed_on_in_a_queue)
{
    carom_queue_t *queue = make_queue(test, 1);
    int64_t before = objects();
    carom_array_t *array = make_array(test, CAROM_ITEM_U8, 1);
    carom_process_t *children[CHILDREN];
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_array(array), 0));
    carom_array_destroy(&array);
    start_all(children, CHILDREN, test, carom_call(array_from_a_queue, queue));
    end_all(children, CHILDREN);
    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    expect_int(carom_value_array(value), 0, CHILDREN);
    carom_value_clear(&value);
    CAROM_ASSERT_INT(objects(), before);
    carom_queue_destroy(&queue);
}

CAROM_TEST_ONCE(array, dropped_with_its_queue)
{
    int64_t before;
    carom_queue_t *queue;
    carom_array_t *array;

    skip_without_shares(test);
    before = objects();
    queue = make_queue(test, 0);
    array = make_array(test, CAROM_ITEM_F64, 1000);
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_array(array), 0));
    carom_array_destroy(&array);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(objects(), before);
}

CAROM_TEST_ONCE(array, only_where_there_is_a_tree)
{
    carom_array_t *array = make_array(test, CAROM_ITEM_I8, 1);
    carom_value_t value = carom_value_from_array(array), copy;
    void *bytes;
    size_t length;
    char text[32];

    CAROM_ASSERT_STATUS(carom_value_encode(&bytes, &length, value, NULL, NULL), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOTSUP);
    CAROM_ASSERT_TEXT(carom_value_print(text, sizeof text, value), "<array>");
    CAROM_ASSERT(carom_value_equal(value, carom_value_from_array(array)));
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_array_set_int(array, 0, 1));
    carom_array_destroy(&array);
}

/* ---- a fork ---- */

static carom_array_t *inherited, *inherited_floats;

static void expect_forked(carom_array_t *array)
{
    int64_t integer = 5;
    double number = 5;

    CAROM_ASSERT_STATUS(carom_array_get_int(&integer, array, 0), CAROM_EFORKED);
    CAROM_ASSERT_INT(integer, 0);
    CAROM_ASSERT_STATUS(carom_array_set_int(array, 0, 1), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_array_add_int(&integer, array, 0, 1), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_array_get_float(&number, array, 0), CAROM_EFORKED);
    CAROM_ASSERT(number == 0);
    CAROM_ASSERT_STATUS(carom_array_set_float(array, 0, 1), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_array_add_float(&number, array, 0, 1), CAROM_EFORKED);
    CAROM_ASSERT(carom_array_items(array) == NULL);
    CAROM_ASSERT(carom_array_lock(array) == NULL);
    CAROM_ASSERT_INT(carom_array_count(array), 0);
    CAROM_ASSERT_INT(carom_array_item_size(array), 0);
    CAROM_ASSERT_INT(carom_array_type(array), 0);
}

CAROM_TASK(array_is_the_parent_s)
{
    expect_forked(inherited);
    expect_forked(inherited_floats);
    carom_array_destroy(&inherited);
    carom_array_destroy(&inherited_floats);
    CAROM_ASSERT(inherited == NULL && inherited_floats == NULL);
    CAROM_ASSERT_OK(carom_array_add_int(NULL, carom_arg_array(call, 0), 0, 1));
    return 0;
}

CAROM_TEST_WITH(array, of_the_parent, .modes = CAROM_TEST_FORK)
{
    carom_process_t *child;

    inherited = make_array(test, CAROM_ITEM_I8, 1);
    inherited_floats = make_array(test, CAROM_ITEM_F32, 1);
    child = start(test, carom_call(array_is_the_parent_s, inherited));
    end_child(&child, 0);
    expect_int(inherited, 0, 1);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_array_lock(inherited), 0));
    carom_array_destroy(&inherited);
    carom_array_destroy(&inherited_floats);
}

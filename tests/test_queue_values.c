/* Values in queues: of all types, with locks and their like in them, and what is refused. */

#include "queues.h"
#include "values.h"

static void through(carom_queue_t *queue, carom_value_t value)
{
    carom_value_t found;

    CAROM_ASSERT_OK(carom_queue_put(queue, value, 0));
    CAROM_ASSERT_OK(carom_queue_get(&found, queue, 0));
    CAROM_ASSERT_INT(carom_value_type(found), carom_value_type(value));
    CAROM_ASSERT(carom_value_equal(found, value));
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    carom_value_clear(&found);
    carom_value_clear(&value);
}

static carom_value_t dict_of_two(void)
{
    carom_value_t dict = made(carom_value_dict);

    put(&dict, text("one"), nest(3));
    put(&dict, carom_value_from_int(2), carom_value_from_float(0.5));
    return dict;
}

CAROM_TEST(queue, values_of_all_types)
{
    carom_queue_t *queue = make_queue(test, 0);

    through(queue, carom_value_none());
    through(queue, carom_value_from_bool(1));
    through(queue, carom_value_from_int(INT64_MIN));
    through(queue, decimal("-123456789012345678901234567890"));
    through(queue, carom_value_from_float(-0.0));
    through(queue, carom_value_from_complex(1, -2));
    through(queue, carom_value_borrow_bytes("a\0b", 3));
    through(queue, carom_value_borrow_bytes("", 0));
    through(queue, text(""));
    through(queue, text("Grüße"));
    through(queue, pair(carom_value_list, text("x"), carom_value_none()));
    through(queue, pair(carom_value_tuple, text("x"), nest(2)));
    through(queue, pair(carom_value_set, text("x"), carom_value_from_int(1)));
    through(queue, pair(carom_value_frozenset, text("x"), carom_value_from_int(1)));
    through(queue, dict_of_two());
    through(queue, nest(CAROM_DEPTH_MAX));
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

/* Up to more than what has a place of its own. */
CAROM_TEST(queue, values_of_any_size)
{
    static const size_t lengths[] = {1, 60, 490, 500, 510, 520, 1000, 16370, 16390, 100000, 300000, 5000000};
    carom_queue_t *queue = make_queue(test, 0);
    carom_value_t list;
    char *bytes = malloc(5000000);
    int i;

    CAROM_ASSERT(bytes != NULL);
    for (i = 0; i < 12; i++) {
        paint(bytes, lengths[i], (uint32_t) i);
        list = made(carom_value_list);
        append(&list, carom_value_borrow_bytes(bytes, lengths[i]));
        through(queue, list);
    }
    free(bytes);
    carom_queue_destroy(&queue);
}

/* ---- what is refused ---- */

static carom_queue_t *make_limited(const carom_test_t *test, uint64_t length, uint32_t depth, uint32_t count)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue;

    skip_without_shares(test);
    options.limits.length = length;
    options.limits.depth = depth;
    options.limits.count = count;
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, 0, &options));
    return queue;
}

/* The queue is as before; the value is the caller's. */
static void refused(carom_queue_t *queue, carom_value_t value, carom_status_t wanted)
{
    CAROM_ASSERT_STATUS(carom_queue_put(queue, value, PATIENCE), wanted);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 0);
    carom_value_clear(&value);
    through(queue, carom_value_from_int(7));
}

CAROM_TEST(queue, limits_of_values)
{
    static char many[2000];
    carom_queue_t *queue = make_limited(test, 1000, 3, 4);
    carom_value_t list = pair(carom_value_list, nest(1), nest(1));

    through(queue, nest(3));
    refused(queue, nest(4), CAROM_EDEPTH);
    through(queue, carom_value_borrow_bytes(many, 900));
    refused(queue, carom_value_borrow_bytes(many, 1001), CAROM_ETOOBIG);
    append(&list, nest(1));
    append(&list, nest(1));
    CAROM_ASSERT_OK(carom_queue_put(queue, list, 0));
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    append(&list, nest(1));
    CAROM_ASSERT_STATUS(carom_queue_put(queue, list, 0), CAROM_ECOUNT);
    CAROM_ASSERT_INT(carom_queue_size(queue), 1);
    carom_value_clear(&list);
    carom_queue_destroy(&queue);
    queue = make_queue(test, 0);
    refused(queue, carom_value_borrow_text("\xff"), CAROM_EUTF8);
    carom_queue_destroy(&queue);
}

static void expect_usable(pair_t *pair)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(pair->a, carom_value_from_int(5), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair->b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    CAROM_ASSERT_OK(carom_connection_send(pair->b, carom_value_from_int(6), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair->a, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 6);
}

static carom_value_t with_a_lock(carom_lock_t *lock, carom_value_t other)
{
    return pair(carom_value_list, carom_value_from_lock(lock), other);
}

/* What a queue cannot keep stays as it was, and so does what was with it. */
CAROM_TEST(queue, connections_and_files)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_lock_t *lock = make_lock(test);
    int64_t before;
    pair_t ends = make_pair();

    before = objects();
    refused(queue, carom_value_from_connection(ends.a), CAROM_ENOTSUP);
    expect_usable(&ends);
    refused(queue, with_a_lock(lock, carom_value_from_connection(ends.b)), CAROM_ENOTSUP);
    expect_usable(&ends);
    refused(queue, carom_value_from_file((carom_native_t) 1), CAROM_ENOTSUP);
    refused(queue, with_a_lock(lock, carom_value_from_file((carom_native_t) 1)), CAROM_ENOTSUP);
    CAROM_ASSERT_INT(objects(), before);
    close_pair(&ends);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
    carom_queue_destroy(&queue);
}

/* By whichever handle. */
CAROM_TEST(queue, not_in_itself)
{
    carom_queue_t *queue = make_queue(test, 0), *other = make_queue(test, 0), *again;
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    carom_value_t value;

    refused(queue, carom_value_from_queue(queue), CAROM_EINVAL);
    refused(queue, with_a_lock(lock, carom_value_from_queue(queue)), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_queue_put(other, carom_value_from_queue(queue), 0));
    CAROM_ASSERT_OK(carom_queue_get(&value, other, 0));
    CAROM_ASSERT_OK(carom_value_take_queue(&again, &value));
    refused(queue, carom_value_from_queue(again), CAROM_EINVAL);
    refused(again, carom_value_from_queue(queue), CAROM_EINVAL);
    carom_queue_destroy(&again);
    CAROM_ASSERT_INT(objects(), before);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
    carom_queue_destroy(&other);
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, a_queue_of_a_value)
{
    carom_queue_t *queue = make_queue(test, 7), *other = make_queue(test, 0), *taken;
    carom_value_t value = carom_value_from_queue(queue);
    char line[32];

    CAROM_ASSERT_INT(carom_value_type(value), CAROM_QUEUE);
    CAROM_ASSERT_TEXT(carom_value_print(line, sizeof line, value), "<queue>");
    CAROM_ASSERT_OK(carom_queue_put(other, value, 0));
    CAROM_ASSERT_OK(carom_queue_get(&value, other, 0));
    CAROM_ASSERT(carom_value_queue(value) != NULL && carom_value_queue(value) != queue);
    CAROM_ASSERT(carom_value_lock(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_queue(&taken, &value));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(carom_queue_capacity(taken), 7);
    put_item(taken, 10, 3);
    get_item(taken, 10, 3);
    CAROM_ASSERT_STATUS(carom_value_take_queue(&queue, &value), CAROM_ETYPE);
    CAROM_ASSERT(queue == NULL);
    carom_queue_destroy(&taken);
    carom_queue_destroy(&other);
}

/* ---- locks and their like on their way ---- */

typedef struct things_t {
    carom_lock_t *lock;
    carom_semaphore_t *semaphore;
    carom_event_t *event;
    carom_condition_t *condition;
    carom_barrier_t *barrier;
    carom_queue_t *queue;
} things_t;

static things_t make_things(const carom_test_t *test)
{
    things_t things = {make_lock(test), make_semaphore(test, 5), make_event(test), NULL, NULL, make_queue(test, 3)};

    CAROM_ASSERT_OK(carom_condition_create(&things.condition, test->context, NULL));
    CAROM_ASSERT_OK(carom_barrier_create(&things.barrier, test->context, 2));
    return things;
}

static void destroy_things(things_t *things)
{
    carom_lock_destroy(&things->lock);
    carom_semaphore_destroy(&things->semaphore);
    carom_event_destroy(&things->event);
    carom_condition_destroy(&things->condition);
    carom_barrier_destroy(&things->barrier);
    carom_queue_destroy(&things->queue);
}

static carom_value_t value_of_things(const things_t *things)
{
    carom_value_t list = made(carom_value_list);

    append(&list, carom_value_from_lock(things->lock));
    append(&list, carom_value_from_semaphore(things->semaphore));
    append(&list, carom_value_from_event(things->event));
    append(&list, carom_value_from_condition(things->condition));
    append(&list, carom_value_from_barrier(things->barrier));
    append(&list, carom_value_from_queue(things->queue));
    return list;
}

/* By what is done to one of them and seen at the other. */
static void expect_same_things(carom_value_t list, things_t *things)
{
    const carom_value_t *item = carom_value_at(list, 0);

    CAROM_ASSERT_OK(carom_lock_acquire(things->lock, 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(carom_value_lock(item[0])), 1);
    CAROM_ASSERT_OK(carom_lock_release(carom_value_lock(item[0])));
    CAROM_ASSERT_INT(carom_lock_is_locked(things->lock), 0);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_value_semaphore(item[1]), 3));
    CAROM_ASSERT_INT(carom_semaphore_count(things->semaphore), 8);
    CAROM_ASSERT_OK(carom_semaphore_acquire(things->semaphore, 0));
    CAROM_ASSERT_OK(carom_event_set(carom_value_event(item[2])));
    CAROM_ASSERT_INT(carom_event_is_set(things->event), 1);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(carom_value_condition(item[3])), 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(carom_condition_lock(things->condition)), 1);
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(things->condition)));
    CAROM_ASSERT_OK(carom_barrier_abort(carom_value_barrier(item[4])));
    CAROM_ASSERT_INT(carom_barrier_is_broken(things->barrier), 1);
    put_item(carom_value_queue(item[5]), 20, 3);
    get_item(things->queue, 20, 3);
}

static void send_things(carom_queue_t *queue, const carom_test_t *test, size_t beside)
{
    things_t things = make_things(test);
    char *bytes = calloc(1, beside + 1);
    carom_value_t list = value_of_things(&things), found;

    CAROM_ASSERT(bytes != NULL);
    paint(bytes, beside, 9);
    append(&list, carom_value_borrow_bytes(bytes, beside));
    CAROM_ASSERT_OK(carom_queue_put(queue, list, 0));
    carom_value_clear(&list);
    CAROM_ASSERT_OK(carom_queue_get(&found, queue, 0));
    CAROM_ASSERT_INT(carom_value_count(found), 7);
    expect_same_things(found, &things);
    CAROM_ASSERT(is_painted(carom_value_bytes(*carom_value_at(found, 6)), beside, 9));
    destroy_things(&things);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_value_lock(*carom_value_at(found, 0)), 0));
    carom_value_clear(&found);
    free(bytes);
}

CAROM_TEST(queue, several_things_in_an_item)
{
    static const size_t lengths[] = {0, 100, 500, 1000, 16000, 17000, 20000, 100000, 300000};
    carom_queue_t *queue;
    int64_t before;
    int i;

    skip_without_shares(test);
    before = objects();
    queue = make_queue(test, 0);
    for (i = 0; i < 9; i++)
        send_things(queue, test, lengths[i]);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(objects(), before);
}

/* The queue keeps them when nobody else has them, until somebody gets them. */
CAROM_TEST(queue, keeps_what_is_in_it)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_semaphore_t *semaphore;
    carom_value_t value;
    uint32_t i;

    for (i = 0; i < 300; i++) {
        semaphore = make_semaphore(test, i);
        value = pair(carom_value_list, carom_value_from_semaphore(semaphore), carom_value_from_int(i));
        CAROM_ASSERT_OK(carom_queue_put(queue, value, 0));
        carom_value_clear(&value);
        carom_semaphore_destroy(&semaphore);
    }
    for (i = 0; i < 300; i++) {
        CAROM_ASSERT_OK(carom_queue_get(&value, queue, 0));
        CAROM_ASSERT_INT(carom_semaphore_count(carom_value_semaphore(*carom_value_at(value, 0))), i);
        carom_value_clear(&value);
    }
    carom_queue_destroy(&queue);
}

static void put_with_lock(carom_queue_t *queue, const carom_test_t *test, size_t beside)
{
    carom_lock_t *lock = make_lock(test);
    char *bytes = calloc(1, beside + 1);
    carom_value_t list = with_a_lock(lock, carom_value_borrow_bytes(bytes, beside));

    append(&list, carom_value_from_lock(lock));
    CAROM_ASSERT_OK(carom_queue_put(queue, list, 0));
    carom_value_clear(&list);
    carom_lock_destroy(&lock);
    free(bytes);
}

/* Also queues in a queue, with what is in them. */
CAROM_TEST(queue, drops_what_nobody_has_got)
{
    carom_queue_t *queue, *inner;
    int64_t before;
    int i;

    skip_without_shares(test);
    before = objects();
    for (i = 0; i < 3; i++) {
        queue = make_queue(test, 0);
        inner = make_queue(test, 0);
        put_with_lock(queue, test, 10);
        put_with_lock(queue, test, 1000);
        put_with_lock(queue, test, 20000);
        put_with_lock(queue, test, 400000);
        put_with_lock(inner, test, 20000);
        put_item(queue, 100000, 1);
        put_item(queue, 1000000, 1);
        CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_queue(inner), 0));
        carom_queue_destroy(&inner);
        CAROM_ASSERT(objects() >= before + 7);
        if (i == 1)
            CAROM_ASSERT_OK(carom_queue_close(queue));
        carom_queue_destroy(&queue);
        CAROM_ASSERT_INT(objects(), before);
    }
}

/* What was not put is let go as well. */
CAROM_TEST(queue, what_was_not_put_is_not_kept)
{
    carom_queue_t *queue = make_queue(test, 1);
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    carom_value_t value = carom_value_from_lock(lock);

    put_number(queue, 1);
    CAROM_ASSERT_STATUS(carom_queue_put(queue, value, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_queue_put(queue, value, carom_milliseconds(10)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    CAROM_ASSERT_STATUS(carom_queue_put(queue, value, 0), CAROM_ECLOSED);
    CAROM_ASSERT_INT(objects(), before);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
    CAROM_ASSERT_INT(objects(), before - 1);
    carom_queue_destroy(&queue);
}

enum { MOST_REFERENCES = 65535 };

CAROM_TEST_ONCE(queue, at_most_65535_in_an_item)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0);
    int64_t before = objects();
    carom_queue_t *queue = make_queue(test, 0);
    carom_value_t list = made(carom_value_list), found;
    int i;

    for (i = 0; i < MOST_REFERENCES; i++)
        append(&list, carom_value_from_semaphore(semaphore));
    CAROM_ASSERT_OK(carom_queue_put(queue, list, PATIENCE));
    append(&list, carom_value_from_semaphore(semaphore));
    CAROM_ASSERT_STATUS(carom_queue_put(queue, list, PATIENCE), CAROM_ECOUNT);
    carom_value_clear(&list);
    expect_state(queue, 1, 0);
    CAROM_ASSERT_OK(carom_queue_get(&found, queue, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(found), MOST_REFERENCES);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_value_semaphore(*carom_value_at(found, MOST_REFERENCES - 1)), 2));
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 2);
    carom_value_clear(&found);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(objects(), before);
    carom_semaphore_destroy(&semaphore);
}

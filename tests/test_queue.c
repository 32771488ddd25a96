/* Queues, by one thread: what is put comes out, byte for byte, in its order.  Arrays; time; what does not fit. */

#include "queues.h"

/* ---- making ---- */

static carom_status_t try_to_make(uint32_t items, uint64_t bytes, uint32_t depth, size_t size)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue = (carom_queue_t *) &options;
    carom_status_t status;

    options.bytes = bytes;
    options.limits.depth = depth;
    options.size = size;
    status = carom_queue_create(&queue, NULL, items, &options);
    CAROM_ASSERT((status == CAROM_OK) == (queue != NULL));
    if (status == CAROM_OK)
        CAROM_ASSERT_INT(carom_queue_capacity(queue), items);
    carom_queue_destroy(&queue);
    CAROM_ASSERT(queue == NULL);
    return status;
}

CAROM_TEST_ONCE(queue, what_can_be_made)
{
    const size_t size = sizeof(carom_queue_options_t);

    skip_without_shares(test);
    CAROM_ASSERT_OK(try_to_make(0, 0, 0, size));
    CAROM_ASSERT_OK(try_to_make(1, 64, 1, size));
    CAROM_ASSERT_OK(try_to_make(CAROM_QUEUE_ITEMS_MAX, CAROM_QUEUE_BYTES_MAX, CAROM_DEPTH_MAX, size));
    CAROM_ASSERT_STATUS(try_to_make(CAROM_QUEUE_ITEMS_MAX + 1, 0, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(UINT32_MAX, 0, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 1, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 63, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, CAROM_QUEUE_BYTES_MAX + 1, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, UINT64_MAX, 0, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 0, CAROM_DEPTH_MAX + 1, size), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 0, 0, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 0, 0, size - 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(try_to_make(1, 0, 0, size + 8), CAROM_EINVAL);
}

static void expect_no_queue(carom_queue_t *queue)
{
    expect_nothing(queue, CAROM_EINVAL, 0);
    expect_no_room(queue, CAROM_EINVAL, 0);
    CAROM_ASSERT_STATUS(carom_queue_close(queue), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, 0), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 0);
    CAROM_ASSERT_INT(carom_queue_capacity(queue), 0);
    CAROM_ASSERT_INT(carom_queue_is_empty(queue), 0);
    CAROM_ASSERT_INT(carom_queue_is_full(queue), 0);
    CAROM_ASSERT_INT(carom_queue_is_closed(queue), 0);
}

CAROM_TEST_ONCE(queue, bad_arguments)
{
    carom_event_t *event = make_event(test);
    carom_queue_t *queue = (carom_queue_t *) event, *other = make_queue(test, 0);
    size_t put = 5;

    expect_no_queue(NULL);
    expect_no_queue((carom_queue_t *) event);
    CAROM_ASSERT_STATUS(carom_queue_create(&queue, (carom_context_t *) event, 0, NULL), CAROM_EINVAL);
    CAROM_ASSERT(queue == NULL);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_STATUS(carom_queue_put_array(&put, other, "abc", 0, 3, 0), CAROM_EINVAL);
    CAROM_ASSERT_INT(put, 0);
    expect_state(other, 0, 0);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_queue(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_queue(carom_value_from_event(event)) == NULL);
    CAROM_ASSERT(carom_value_queue(carom_value_none()) == NULL);
    CAROM_ASSERT(carom_value_event(carom_value_from_queue(other)) == NULL);
    CAROM_ASSERT(carom_value_queue(carom_value_from_queue(other)) == other);
    CAROM_ASSERT_STATUS(carom_lock_acquire((carom_lock_t *) other, 0), CAROM_EINVAL);
    carom_event_destroy(&event);
    carom_queue_destroy(&other);
}

enum { QUEUES = 100, QUEUE_COSTS = 10 << 10 };

CAROM_TEST_ONCE(queue, costs_little)
{
    carom_queue_t *queues[QUEUES];
    carom_arena_usage_t before, after;
    int i;

    skip_without_shares(test);
    carom_arena_usage(&before);
    for (i = 0; i < QUEUES; i++)
        queues[i] = make_queue(test, 0);
    carom_arena_usage(&after);
    CAROM_NOTE("%.0f bytes of the arena each", (double) (after.bytes - before.bytes) / QUEUES);
    CAROM_CHECK(after.bytes - before.bytes <= (uint64_t) QUEUES * QUEUE_COSTS);
    for (i = 0; i < QUEUES; i++)
        carom_queue_destroy(&queues[i]);
    CAROM_ASSERT_INT(objects(), (int64_t) before.objects);
}

/* ---- in their order ---- */

CAROM_TEST(queue, first_in_first_out)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i;

    expect_state(queue, 0, 0);
    CAROM_ASSERT_INT(carom_queue_capacity(queue), 0);
    for (i = 0; i < 100; i++) {
        put_item(queue, i, i);
        put_number(queue, i);
    }
    expect_state(queue, 200, 0);
    for (i = 0; i < 100; i++) {
        get_item(queue, i, i);
        CAROM_ASSERT_INT(get_number(queue), i);
    }
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
    CAROM_ASSERT(queue == NULL);
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, items_of_no_bytes)
{
    carom_queue_t *queue = make_queue(test, 0);
    size_t length = 5;
    char one = 'x';
    uint32_t i;

    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, NULL, 0, 0));
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, &one, 0, 0));
    for (i = 0; i < 1000; i++)
        put_item(queue, 0, i);
    CAROM_ASSERT_OK(carom_queue_get_into(NULL, 0, &length, queue, 0));
    CAROM_ASSERT_INT(length, 0);
    length = 5;
    CAROM_ASSERT_OK(carom_queue_get_into(&one, 1, &length, queue, 0));
    CAROM_ASSERT_INT(length, 0);
    CAROM_ASSERT_INT(one, 'x');
    for (i = 0; i < 1000; i++)
        get_item(queue, 0, i);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

static const size_t sizes[] = {0,     1,     7,     8,     9,     15,    16,     17,     55,     56,    57,    63,
                               64,    65,    119,   120,   121,   1000,  4095,   4096,   4097,   8184,  8192,  8200,
                               16376, 16383, 16384, 16385, 16392, 20000, 65535,  65536,  65537,  100000, 131072, 262136,
                               262144, 262145, 300000, 1000000};
enum { SIZES = sizeof sizes / sizeof sizes[0], BIG = 8 << 20 };

/* One after the other, so that each stands at another place. */
CAROM_TEST(queue, of_any_size)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i, way;

    for (i = 0; i < SIZES; i++)
        for (way = 0; way < 3; way++) {
            put_item(queue, sizes[i], 3 * i + way);
            get_item(queue, sizes[i], 3 * i + way);
        }
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, all_sizes_at_once)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i, round;

    for (round = 0; round < 3; round++) {
        for (i = 0; i < SIZES; i++)
            put_item(queue, sizes[i], i + round);
        expect_state(queue, SIZES, 0);
        for (i = 0; i < SIZES; i++)
            get_item(queue, sizes[i], i + round);
    }
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, several_mebibytes)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i;

    for (i = 0; i < 3; i++)
        put_item(queue, BIG + i, i);
    for (i = 0; i < 3; i++)
        get_item(queue, BIG + i, i);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

/* ---- more than there was room for at first ---- */

/* Mostly short, some long, a few that lie elsewhere. */
static size_t length_of(uint32_t item)
{
    uint64_t lot = item * 2654435761u + 12345;
    size_t kind = by_lot(&lot, 100);

    return by_lot(&lot, kind < 80 ? 200 : kind < 97 ? 5000 : kind < 99 ? 17000 : 40000);
}

CAROM_TEST(queue, grows_with_what_is_in_it)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t count = for_sanitizers(6000, 4), i, next = 0;

    for (i = 0; i < count; i++) {
        put_item(queue, length_of(i), i);
        if (i % 8 == 7) {
            get_item(queue, length_of(next), next);
            next++;
        }
    }
    expect_state(queue, count - next, 0);
    for (; next < count; next++)
        get_item(queue, length_of(next), next);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

/* Up to `most` in it, going up and down, many times around. */
static void go_around(carom_queue_t *queue, uint32_t count, uint32_t most, uint64_t lot)
{
    uint32_t put = 0, got = 0, step;

    while (got < count) {
        for (step = (uint32_t) by_lot(&lot, most) + 1; step > 0 && put < count && put - got < most; step--, put++)
            put_item(queue, length_of(put), put);
        for (step = (uint32_t) by_lot(&lot, most) + 1; step > 0 && got < put; step--, got++)
            get_item(queue, length_of(got), got);
        CAROM_ASSERT_INT(carom_queue_size(queue), put - got);
    }
}

CAROM_TEST(queue, around_and_around)
{
    carom_queue_t *queue = make_queue(test, 0);

    go_around(queue, for_sanitizers(20000, 10), 3, test->seed);
    go_around(queue, for_sanitizers(10000, 10), 40, test->seed + 1);
    go_around(queue, for_sanitizers(5000, 10), 400, test->seed + 2);
    carom_queue_destroy(&queue);
}

/* ---- time ---- */

CAROM_TEST(queue, timeouts)
{
    carom_queue_t *queue = make_queue(test, 1);
    char array[4][8] = {"one", "two", "six", "ten"};
    carom_duration_t before = carom_now();
    size_t put;

    expect_nothing(queue, CAROM_ETIMEOUT, carom_milliseconds(40));
    expect_took(before, 4 * 40000);
    before = carom_now();
    expect_nothing(queue, CAROM_ETIMEOUT, 0);
    expect_took(before, 0);
    put_item(queue, 10, 0);
    before = carom_now();
    expect_no_room(queue, CAROM_ETIMEOUT, carom_milliseconds(40));
    expect_took(before, 4 * 40000);
    get_item(queue, 10, 0);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, array, 8, 4, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    CAROM_ASSERT_INT(put, 1);
    CAROM_ASSERT_OK(carom_queue_get_array(array[3], 8, 1, &put, queue, CAROM_FOREVER));
    CAROM_ASSERT_TEXT(array[3], "one");
    carom_queue_destroy(&queue);
}

/* ---- what does not fit who gets it ---- */

static void expect_too_small(carom_queue_t *queue, size_t size, size_t wanted)
{
    char buffer[64] = "untouched";
    size_t length = 3;
    void *bytes = buffer;

    CAROM_ASSERT_STATUS(carom_queue_get_into(buffer, size, &length, queue, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_INT(length, wanted);
    CAROM_ASSERT_TEXT(buffer, "untouched");
    length = 3;
    if (size > 0)
        CAROM_ASSERT_STATUS(carom_queue_get_bytes(&bytes, &length, queue, size, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT(size == 0 || (bytes == NULL && length == wanted));
    expect_state(queue, 1, 0);
}

/* It stays, and one that is large enough gets it. */
CAROM_TEST(queue, a_buffer_that_is_too_small)
{
    static const size_t lengths[] = {1, 10, 60, 100, 5000, 16384, 20000, 1000000};
    carom_queue_t *queue = make_queue(test, 0);
    size_t length;
    void *bytes;
    uint32_t i;

    for (i = 0; i < 8; i++) {
        put_item(queue, lengths[i], i);
        expect_too_small(queue, 0, lengths[i]);
        expect_too_small(queue, lengths[i] < 64 ? lengths[i] - 1 : 63, lengths[i]);
        CAROM_ASSERT_OK(carom_queue_get_bytes(&bytes, &length, queue, lengths[i] + i % 2, 0));
        CAROM_ASSERT_INT(length, lengths[i]);
        CAROM_ASSERT(is_painted(bytes, length, i));
        carom_free(bytes);
        expect_state(queue, 0, 0);
    }
    carom_queue_destroy(&queue);
}

static void expect_value_in_front(carom_queue_t *queue)
{
    char buffer[64] = "untouched";
    size_t length = 0, got = 5;
    void *bytes = buffer;

    CAROM_ASSERT_STATUS(carom_queue_get_bytes(&bytes, &length, queue, 0, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT(bytes == NULL);
    CAROM_ASSERT_STATUS(carom_queue_get_into(buffer, sizeof buffer, &length, queue, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_queue_get_into(buffer, 0, &length, queue, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_STATUS(carom_queue_get_array(buffer, 8, 2, &got, queue, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_INT(got, 0);
    CAROM_ASSERT_TEXT(buffer, "untouched");
}

CAROM_TEST(queue, a_value_is_no_bytes)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_borrow_bytes("abcdefgh", 8), 0));
    put_item(queue, 30, 1);
    put_number(queue, 4);
    expect_value_in_front(queue);
    expect_state(queue, 3, 0);
    CAROM_ASSERT_OK(carom_queue_get(&value, queue, 0));
    CAROM_ASSERT(carom_value_equal(value, carom_value_borrow_bytes("abcdefgh", 8)));
    carom_value_clear(&value);
    get_as_value(queue, 30, 1);
    expect_value_in_front(queue);
    CAROM_ASSERT_INT(get_number(queue), 4);
    carom_queue_destroy(&queue);
}

/* ---- arrays ---- */

static void paint_array(unsigned char *items, size_t size, uint32_t count, uint32_t from)
{
    uint32_t i;

    for (i = 0; i < count; i++)
        paint(items + i * size, size, from + i);
}

static int is_painted_array(const unsigned char *items, size_t size, uint32_t count, uint32_t from)
{
    uint32_t i;

    for (i = 0; i < count; i++)
        if (!is_painted(items + i * size, size, from + i))
            return 0;
    return 1;
}

static unsigned char *array_of(size_t size, uint32_t count, uint32_t from)
{
    unsigned char *items = malloc(size * count);

    CAROM_ASSERT(items != NULL);
    paint_array(items, size, count, from);
    return items;
}

static void put_array(carom_queue_t *queue, size_t size, uint32_t count, uint32_t from)
{
    unsigned char *items = array_of(size, count, from);
    size_t put = 0;

    CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, items, size, count, 0));
    CAROM_ASSERT_INT(put, count);
    free(items);
}

/* At most that many at once.  Returns how many. */
static uint32_t get_some(carom_queue_t *queue, size_t size, uint32_t most, uint32_t from)
{
    unsigned char *items = array_of(size, most, 0);
    size_t got = 0;

    CAROM_ASSERT_OK(carom_queue_get_array(items, size, most, &got, queue, 0));
    CAROM_ASSERT(got > 0 && got <= most);
    CAROM_ASSERT(is_painted_array(items, size, (uint32_t) got, from));
    CAROM_ASSERT(is_painted_array(items + got * size, size, most - (uint32_t) got, (uint32_t) got));
    free(items);
    return (uint32_t) got;
}

static void get_array(carom_queue_t *queue, size_t size, uint32_t count, uint32_t from)
{
    uint32_t got = 0;

    while (got < count)
        got += get_some(queue, size, count - got, from + got);
}

CAROM_TEST(queue, arrays)
{
    static const size_t lengths[] = {1, 3, 8, 16, 24, 56, 57, 100, 1000};
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i;

    for (i = 0; i < 9; i++) {
        put_array(queue, lengths[i], 10, i);
        expect_state(queue, 10, 0);
        get_array(queue, lengths[i], 4, i);
        get_array(queue, lengths[i], 1, i + 4);
        get_array(queue, lengths[i], 5, i + 5);
        expect_state(queue, 0, 0);
    }
    carom_queue_destroy(&queue);
}

/* Larger than a ring at first, and than what is left of one. */
CAROM_TEST(queue, long_arrays)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t round;

    for (round = 0; round < 5; round++) {
        put_array(queue, 8, 20000, round);
        expect_state(queue, 20000, 0);
        get_array(queue, 8, 20000, round);
    }
    put_array(queue, 100, 3000, 1);
    get_array(queue, 100, 2999, 1);
    get_array(queue, 100, 1, 3000);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, arrays_of_long_items)
{
    static const size_t lengths[] = {16376, 16384, 16385, 20000, 100000, 300000};
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i;

    for (i = 0; i < 6; i++) {
        put_array(queue, lengths[i], 5, i);
        get_array(queue, lengths[i], 2, i);
        get_array(queue, lengths[i], 3, i + 2);
        expect_state(queue, 0, 0);
    }
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, arrays_and_single_items)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t i;

    put_array(queue, 40, 100, 0);
    for (i = 0; i < 100; i++)
        get_item(queue, 40, i);
    for (i = 0; i < 100; i++)
        put_item(queue, 40, i);
    get_array(queue, 40, 100, 0);
    put_item(queue, 8, 0);
    put_array(queue, 8, 3, 1);
    put_item(queue, 8, 4);
    get_item(queue, 8, 0);
    get_item(queue, 8, 1);
    get_array(queue, 8, 3, 2);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

/* In one go, however they were put, and wherever they lie: at the end of a ring, in one that it has grown by, elsewhere. */
static void expect_all_in_one_array(carom_queue_t *queue, size_t size, uint32_t count)
{
    uint32_t i, first;

    put_array(queue, size, count, 0);
    first = get_some(queue, size, count + 1, 0);
    if (first != count)
        CAROM_NOTE("%u of %u items of %u bytes, put as an array", first, count, (unsigned) size);
    CAROM_CHECK(first == count);
    get_array(queue, size, count - first, first);
    for (i = 0; i < count; i++)
        put_item(queue, size, i);
    first = get_some(queue, size, count + 1, 0);
    if (first != count)
        CAROM_NOTE("%u of %u items of %u bytes, put one by one", first, count, (unsigned) size);
    CAROM_CHECK(first == count);
    get_array(queue, size, count - first, first);
}

CAROM_TEST(queue, an_array_takes_what_is_there)
{
    carom_queue_t *queue = make_queue(test, 0);
    int i;

    for (i = 0; i < 20; i++)
        expect_all_in_one_array(queue, 100, 20);
    expect_all_in_one_array(queue, 8, 5000);
    expect_all_in_one_array(queue, 8, 20000);
    expect_all_in_one_array(queue, 5000, 100);
    expect_all_in_one_array(queue, 20000, 3);
    expect_all_in_one_array(queue, 300000, 3);
    carom_queue_destroy(&queue);
}

static void expect_other_size(carom_queue_t *queue, size_t size)
{
    unsigned char items[256];
    size_t got = 5;

    CAROM_ASSERT_STATUS(carom_queue_get_array(items, size, sizeof items / size, &got, queue, PATIENCE), CAROM_ETYPE);
    CAROM_ASSERT_INT(got, 0);
}

CAROM_TEST(queue, an_array_ends_before_another_length)
{
    carom_queue_t *queue = make_queue(test, 0);

    put_array(queue, 16, 3, 0);
    put_array(queue, 8, 2, 3);
    put_number(queue, 9);
    put_item(queue, 8, 5);
    put_item(queue, 0, 6);
    put_item(queue, 20000, 7);
    expect_other_size(queue, 8);
    expect_other_size(queue, 15);
    expect_other_size(queue, 17);
    expect_state(queue, 9, 0);
    CAROM_ASSERT_INT(get_some(queue, 16, 10, 0), 3);
    CAROM_ASSERT_INT(get_some(queue, 8, 10, 3), 2);
    expect_other_size(queue, 8);
    CAROM_ASSERT_INT(get_number(queue), 9);
    CAROM_ASSERT_INT(get_some(queue, 8, 10, 5), 1);
    expect_other_size(queue, 1);
    get_item(queue, 0, 6);
    expect_other_size(queue, 8);
    get_array(queue, 20000, 1, 7);
    carom_queue_destroy(&queue);
}

/* The first of them stay. */
CAROM_TEST(queue, a_part_of_an_array)
{
    static const size_t lengths[] = {8, 100, 20000};
    carom_queue_t *queue = make_queue(test, 10);
    unsigned char *items;
    size_t put;
    int i;

    for (i = 0; i < 3; i++) {
        items = array_of(lengths[i], 15, 0);
        CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, items, lengths[i], 15, 0), CAROM_ETIMEOUT);
        CAROM_ASSERT_INT(put, 10);
        expect_state(queue, 10, 1);
        CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, items, lengths[i], 1, 0), CAROM_ETIMEOUT);
        CAROM_ASSERT_INT(put, 0);
        get_array(queue, lengths[i], 4, 0);
        CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, items + 10 * lengths[i], lengths[i], 5, carom_milliseconds(30)),
                            CAROM_ETIMEOUT);
        CAROM_ASSERT_INT(put, 4);
        get_array(queue, lengths[i], 10, 4);
        free(items);
    }
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, an_array_of_none)
{
    carom_queue_t *queue = make_queue(test, 10);
    size_t put = 5;

    CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, "", 8, 0, 0));
    CAROM_ASSERT_INT(put, 0);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

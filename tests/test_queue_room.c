/* How much a queue holds: by items, by bytes, and by the memory that there is. */

#include "queues.h"

/* ---- bounds ---- */

static void fill_and_empty(carom_queue_t *queue, uint32_t most, size_t length)
{
    uint32_t i;

    for (i = 0; i < most; i++) {
        expect_state(queue, i, 0);
        put_item(queue, length, i);
    }
    expect_state(queue, most, 1);
    expect_no_room(queue, CAROM_ETIMEOUT, 0);
    get_item(queue, length, 0);
    expect_state(queue, most - 1, 0);
    put_item(queue, length, most);
    expect_no_room(queue, CAROM_ETIMEOUT, -7);
    for (i = 1; i <= most; i++)
        get_item(queue, length, i);
    expect_state(queue, 0, 0);
    expect_nothing(queue, CAROM_ETIMEOUT, 0);
    expect_nothing(queue, CAROM_ETIMEOUT, -7);
}

CAROM_TEST(queue, bounded_by_items)
{
    static const uint32_t bounds[] = {1, 2, 3, 100};
    static const size_t lengths[] = {0, 8, 100, 17000};
    carom_queue_t *queue;
    int i, k;

    for (i = 0; i < 4; i++) {
        queue = make_queue(test, bounds[i]);
        CAROM_ASSERT_INT(carom_queue_capacity(queue), bounds[i]);
        for (k = 0; k < 8; k++)
            fill_and_empty(queue, bounds[i], lengths[k % 4]);
        carom_queue_destroy(&queue);
    }
}

/* Until there is no room.  Returns how many. */
static uint32_t fill_with(carom_queue_t *queue, size_t length)
{
    uint32_t count = 0;
    carom_status_t status;

    while ((status = try_to_put(queue, length, count, 0)) == CAROM_OK)
        count++;
    CAROM_CHECK(status == CAROM_ETIMEOUT);
    return count;
}

/* In items of the same length, twice, since the second time it begins elsewhere. */
static void expect_to_hold(const carom_test_t *test, uint64_t bytes, size_t length)
{
    carom_queue_t *queue = make_queue_of(test, 0, bytes);
    uint32_t most = (uint32_t) (bytes / cost_of(length)), count, i, round;

    for (round = 1; round <= 2; round++) {
        count = fill_with(queue, length);
        if (count != most)
            CAROM_NOTE("round %u: %u items of %u bytes in %u, not %u", round, count, (unsigned) length, (unsigned) bytes, most);
        CAROM_CHECK(count == most);
        CAROM_CHECK(bytes % cost_of(length) > 0 || carom_queue_is_full(queue));
        for (i = 0; i < count; i++)
            get_item(queue, length, i);
    }
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, bounded_by_bytes)
{
    expect_to_hold(test, 64, 0);
    expect_to_hold(test, 64, 56);
    expect_to_hold(test, 256, 0);
    expect_to_hold(test, 256, 56);
    expect_to_hold(test, 256, 57);
    expect_to_hold(test, 256, 120);
    expect_to_hold(test, 8192, 0);
    expect_to_hold(test, 8192, 56);
    expect_to_hold(test, 8192, 1000);
    expect_to_hold(test, 16384, 0);
    expect_to_hold(test, 16384, 56);
    expect_to_hold(test, 1 << 20, 16376);
    expect_to_hold(test, 1 << 20, 32760);
    expect_to_hold(test, 1 << 20, 100000);
}

/* However many they are. */
CAROM_TEST(queue, full_when_nothing_fits)
{
    static const uint64_t bytes[] = {64, 100, 128, 1000, 8191, 8192, 8256, 16384, 65536};
    carom_queue_t *queue;
    uint32_t i, round;

    for (i = 0; i < 9; i++) {
        queue = make_queue_of(test, 0, bytes[i]);
        for (round = 1; round <= 2; round++) {
            fill_with(queue, 0);
            if (!carom_queue_is_full(queue))
                CAROM_NOTE("round %u: not full with %u items in %u bytes", round, carom_queue_size(queue), (unsigned) bytes[i]);
            CAROM_CHECK(carom_queue_is_full(queue));
            while (carom_queue_size(queue) > 0)
                get_item(queue, 0, 0);
        }
        carom_queue_destroy(&queue);
    }
}

/* Those of an array cost what others cost. */
CAROM_TEST(queue, an_array_is_bounded_by_bytes)
{
    carom_queue_t *queue = make_queue_of(test, 0, 4096);
    char items[1000][8] = {""};
    size_t put;

    CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, items, 8, 1000, 0), CAROM_ETIMEOUT);
    if (put != 4096 / cost_of(8))
        CAROM_NOTE("%u items", (unsigned) put);
    CAROM_CHECK(put == 4096 / cost_of(8));
    CAROM_CHECK(carom_queue_is_full(queue));
    carom_queue_destroy(&queue);
}

/* Of any lengths there is room exactly when their bytes are not used up. */
CAROM_TEST(queue, bounded_by_bytes_of_all_lengths)
{
    enum { LENGTHS = 4096, BYTES = 65536 };
    carom_queue_t *queue = make_queue_of(test, 0, BYTES);
    uint32_t put = 0, got = 0, lengths[LENGTHS], refused = 0, late = 0;
    uint64_t lot = test->seed, used = 0;

    for (; put < LENGTHS; got++) {
        for (; put < LENGTHS; put++) {
            lengths[put] = (uint32_t) by_lot(&lot, by_lot(&lot, 8) ? 500 : 9000);
            if (try_to_put(queue, lengths[put], put, 0) != CAROM_OK)
                break;
            used += cost_of(lengths[put]);
            CAROM_ASSERT(used <= BYTES);
        }
        refused++;
        late += used + cost_of(lengths[put < LENGTHS ? put : 0]) <= BYTES && put < LENGTHS;
        get_item(queue, lengths[got], got);
        used -= cost_of(lengths[got]);
    }
    if (late > 0)
        CAROM_NOTE("refused %u times, %u times though there was room", refused, late);
    CAROM_CHECK(late == 0);
    for (; got < put; got++)
        get_item(queue, lengths[got], got);
    carom_queue_destroy(&queue);
}

static void expect_longest(const carom_test_t *test, uint64_t bytes, size_t length)
{
    carom_queue_t *queue = make_queue_of(test, 0, bytes);
    size_t put = 5;

    CAROM_ASSERT_STATUS(try_to_put(queue, length + 1, 1, PATIENCE), CAROM_ETOOBIG);
    if (length < 1 << 20) {
        char *bigger = calloc(2, length + 1);

        CAROM_ASSERT(bigger != NULL);
        CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, bigger, length + 1, 2, PATIENCE), CAROM_ETOOBIG);
        CAROM_ASSERT_INT(put, 0);
        free(bigger);
    }
    expect_state(queue, 0, 0);
    put_item(queue, length, 1);
    CAROM_ASSERT_STATUS(try_to_put(queue, length + 1, 1, PATIENCE), CAROM_ETOOBIG);
    get_item(queue, length, 1);
    carom_queue_destroy(&queue);
}

CAROM_TEST(queue, more_than_all_its_bytes)
{
    static char long_text[200];
    carom_queue_t *queue = make_queue_of(test, 0, 128);

    memset(long_text, 'x', sizeof long_text - 1);
    CAROM_ASSERT_STATUS(carom_queue_put(queue, carom_value_borrow_text(long_text), PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_borrow_text("short"), 0));
    carom_queue_destroy(&queue);
    expect_longest(test, 64, 56);
    expect_longest(test, 100, 56);
    expect_longest(test, 128, 120);
    expect_longest(test, 4096, 4088);
    expect_longest(test, 1 << 20, (1 << 20) - 8);
}

CAROM_TEST(queue, more_than_the_default)
{
    carom_queue_t *queue = make_queue(test, 0);
    char *bytes = calloc(1, (64u << 20) + 1);

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_STATUS(carom_queue_put_bytes(queue, bytes, (64u << 20) + 1, PATIENCE), CAROM_ETOOBIG);
    free(bytes);
    carom_queue_destroy(&queue);
}

/* ---- when there is no memory ---- */

enum { ROOM = 4 << 20 };

CAROM_TEST_WITH(queue, no_memory_for_another, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_queue_t *queues[ROOM / 8192], *none = NULL;
    carom_status_t status = CAROM_OK;
    int made = 0, i;

    CAROM_ASSERT_OK(carom_arena_set(0, ROOM));
    skip_without_shares(test);
    while (made < ROOM / 8192 && (status = carom_queue_create(&queues[made], NULL, 0, NULL)) == CAROM_OK)
        made++;
    CAROM_ASSERT_STATUS(status, CAROM_ENOMEM);
    CAROM_ASSERT(made > ROOM / 8192 / 4 && queues[made] == NULL);
    CAROM_ASSERT_STATUS(carom_queue_create(&none, NULL, 0, NULL), CAROM_ENOMEM);
    for (i = 0; i < made; i++) {
        put_item(queues[i], 100, (uint32_t) i);
        get_item(queues[i], 100, (uint32_t) i);
    }
    carom_queue_destroy(&queues[0]);
    CAROM_ASSERT_OK(carom_queue_create(&queues[0], NULL, 0, NULL));
    for (i = 0; i < made; i++)
        carom_queue_destroy(&queues[i]);
    CAROM_ASSERT_INT(objects(), 0);
}

/* The queue might have 64 MiB.  What is in it stays. */
static void fill_the_arena(const carom_test_t *test, size_t length)
{
    carom_queue_t *queue;
    carom_status_t status;
    uint32_t count = 0, i;

    CAROM_ASSERT_OK(carom_arena_set(0, ROOM));
    queue = make_queue(test, 0);
    CAROM_ASSERT_STATUS(try_to_put(queue, 5 << 20, 0, PATIENCE), CAROM_ENOMEM);
    expect_state(queue, 0, 0);
    while ((status = try_to_put(queue, length, count, 0)) == CAROM_OK)
        count++;
    CAROM_ASSERT_STATUS(status, CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom_queue_size(queue), count);
    for (i = 0; i < count; i++)
        get_item(queue, length, i);
    put_item(queue, length, 1);
    carom_queue_destroy(&queue);
    CAROM_ASSERT_INT(objects(), 0);
}

CAROM_TEST_WITH(queue, no_memory_for_long_items, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    fill_the_arena(test, 50000);
}

CAROM_TEST_WITH(queue, no_memory_for_short_items, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    fill_the_arena(test, 500);
}

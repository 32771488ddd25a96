/* The arena as programs see it: its bounds, and what lies in it. */

#include "pairs.h"

#include <stdlib.h>

CAROM_TEST_WITH(arena, bounds, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    CAROM_ASSERT_STATUS(carom_arena_set(0, 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_arena_set(0, (uint64_t) 65 << 30), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_arena_set((uint64_t) 8 << 20, (uint64_t) 8 << 20), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_arena_set(0, (uint64_t) 4 << 20));
    CAROM_ASSERT_OK(carom_arena_set(0, 0));
}

CAROM_TEST_WITH(arena, empty_until_it_is_used, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_arena_usage_t usage;
    pair_t pair;

    carom_arena_usage(&usage);
    CAROM_ASSERT(usage.objects == 0 && usage.bytes == 0);
    skip_without_sharing();
    pair = make_pair();
    CAROM_ASSERT_STATUS(carom_arena_set(0, 0), CAROM_EBUSY);
    carom_arena_usage(&usage);
    CAROM_ASSERT_INT((int64_t) usage.objects, 1);
    carom_connection_close(&pair.a);
    carom_arena_usage(&usage);
    CAROM_ASSERT_INT((int64_t) usage.objects, 1);
    close_pair(&pair);
    carom_arena_usage(&usage);
    CAROM_ASSERT_INT((int64_t) usage.objects, 0);
}

CAROM_TEST_WITH(arena, what_it_takes_at_first, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_arena_usage_t usage;
    pair_t pair;

    skip_without_sharing();
    CAROM_ASSERT_OK(carom_arena_set((uint64_t) 1 << 20, (uint64_t) 8 << 20));
    pair = make_pair();
    carom_arena_usage(&usage);
    CAROM_ASSERT(usage.bytes >= (uint64_t) 1 << 20 && usage.bytes <= (uint64_t) 8 << 20);
    close_pair(&pair);
}

/* What a connection grows to, and a hundred of them take no more when they are made again. */
static uint64_t bytes_after(int count)
{
    static char message[200000];
    carom_arena_usage_t usage;
    size_t length;
    int i;

    for (i = 0; i < count; i++) {
        pair_t pair = make_pair();

        CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, message, sizeof message, PATIENCE));
        CAROM_ASSERT_OK(carom_connection_receive_into(message, sizeof message, &length, pair.b, PATIENCE));
        close_pair(&pair);
    }
    carom_arena_usage(&usage);
    CAROM_ASSERT_INT((int64_t) usage.objects, 0);
    return usage.bytes;
}

CAROM_TEST_ONCE(arena, does_not_grow_by_use)
{
    uint64_t before;

    skip_without_sharing();
    before = bytes_after(1);
    CAROM_ASSERT_INT((int64_t) bytes_after(100), (int64_t) before);
}

/* A limit of 4 MiB holds some connections: the next is refused, and those that are there go on. */
CAROM_TEST_WITH(arena, full, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    enum { MOST = 4000 };
    carom_connection_t **ends = calloc(2 * MOST, sizeof *ends);
    carom_status_t status = CAROM_OK;
    carom_value_t value;
    int count = 0, i;

    CAROM_ASSERT(ends != NULL);
    CAROM_ASSERT_OK(carom_arena_set(0, (uint64_t) 4 << 20));
    skip_without_sharing();
    while (count < MOST && (status = carom_connection_pair(&ends[2 * count], &ends[2 * count + 1], NULL)) == CAROM_OK)
        count++;
    CAROM_NOTE("%d connections in 4 MiB", count);
    if (status == CAROM_EMFILE)
        CAROM_SKIP("few-descriptors");
    CAROM_ASSERT_STATUS(status, CAROM_ENOMEM);
    CAROM_ASSERT(ends[2 * count] == NULL && ends[2 * count + 1] == NULL);
    CAROM_ASSERT_OK(carom_connection_send(ends[0], carom_value_from_int(5), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, ends[1], PATIENCE));
    carom_connection_close(&ends[0]);
    carom_connection_close(&ends[1]);
    CAROM_ASSERT_OK(carom_connection_pair(&ends[0], &ends[1], NULL));
    for (i = 0; i < 2 * count; i++)
        carom_connection_close(&ends[i]);
    free(ends);
}

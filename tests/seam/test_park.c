/* Parking on a word, by threads of one process and of several. */

#include "tests/seam/area.h"

#include <carom-harness.h>

#define SOON 5000000
#define PINGS 1000
#define FOR_EVER INT64_MAX

static void open_with_parking(void)
{
    area_open();
    CAROM_ASSERT_OK(carom_plat_lot_init(&member.area->lot));
}

static void open_for_threads(void)
{
    area_open_for_threads();
    CAROM_ASSERT_OK(carom_plat_lot_init(&member.area->lot));
}

static int64_t park(uint32_t expected, int64_t us)
{
    int64_t before = carom_plat_now();

    carom_plat_park(&member.area->lot, 5, &member.area->word, expected, us == FOR_EVER ? CAROM_PLAT_NEVER : before + us);
    return carom_plat_now() - before;
}

/* The shortest and the longest of some tries: the machine may keep us waiting, and a wake for nothing is permitted. */
static int64_t shortest(uint32_t expected, int64_t us)
{
    int64_t best = park(expected, us), slept;
    int tries;

    for (tries = 0; tries < 4; tries++) {
        slept = park(expected, us);
        best = slept < best ? slept : best;
    }
    return best;
}

static int64_t longest(uint32_t expected, int64_t us)
{
    int64_t best = 0, slept;
    int tries;

    for (tries = 0; tries < 4; tries++) {
        slept = park(expected, us);
        best = slept > best ? slept : best;
    }
    return best;
}

CAROM_TEST_ONCE(park, ends_by_itself)
{
    open_for_threads();
    CAROM_ASSERT(shortest(1, FOR_EVER) < 10000);          /* another word */
    CAROM_ASSERT(shortest(0, 0) < 10000);
    CAROM_ASSERT(shortest(0, -1000000) < 10000);
    CAROM_ASSERT(shortest(0, 10000) < 40000);
    CAROM_ASSERT(longest(0, 10000) >= 9000);
    CAROM_ASSERT(shortest(0, FOR_EVER) < 200000);
    CAROM_ASSERT(longest(0, FOR_EVER) >= 45000);
    area_close();
}

CAROM_TEST_ONCE(park, woken_by_another_process)
{
    area_t *area;
    carom_plat_child_t *child;

    open_with_parking();
    area = member.area;
    child = launch_peer("park", 2);
    CAROM_ASSERT(becomes(&area->ready, 1, SOON));
    atomic_store(&area->word, 1);
    carom_plat_unpark(&area->lot, 5, &area->word, 1);
    join_peer(&child);
    area_close();
}

/* A word that changed without a wake, as by a waker that died: 50 ms. */
CAROM_TEST_ONCE(park, waker_died)
{
    area_t *area;
    carom_plat_child_t *child;

    open_with_parking();
    area = member.area;
    child = launch_peer("park", 2);
    CAROM_ASSERT(becomes(&area->ready, 1, SOON));
    atomic_store(&area->word, 1);
    join_peer(&child);
    CAROM_ASSERT(atomic_load(&area->moment) < 1000000);
    area_close();
}

/* Those who die asleep make nobody else spin. */
CAROM_TEST_ONCE(park, sleepers_killed)
{
    carom_plat_child_t *child;
    uint32_t i;

    open_with_parking();
    for (i = 0; i < 5; i++) {
        child = launch_peer("park", 2 + i);
        CAROM_ASSERT(becomes(&member.area->ready, i + 1, SOON));
        sleep_for(i * 300);
        kill_peer(&child);
    }
    for (i = 0; i < 3; i++)
        carom_plat_unpark(&member.area->lot, 5, &member.area->word, 1);
    for (i = 0; i < 5; i++)
        park(0, 1000);
    CAROM_ASSERT(longest(0, FOR_EVER) >= 45000);
    area_close();
}

static void ping(uint32_t number)
{
    area_t *area = member.area;
    uint32_t seen;

    atomic_store(&area->word, number);
    carom_plat_unpark(&area->lot, 5, &area->word, 0);
    while ((seen = atomic_load(&area->answer)) != number + 1)
        carom_plat_park(&area->lot, 6, &area->answer, seen, CAROM_PLAT_NEVER);
}

CAROM_TEST_ONCE(park, there_and_back)
{
    carom_plat_child_t *child;
    int64_t before, took;
    uint32_t i;

    open_with_parking();
    child = launch_peer("answer", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    before = carom_plat_now();
    for (i = 0; i < PINGS; i++)
        ping(2 * i + 1);
    took = carom_plat_now() - before;
    join_peer(&child);
    CAROM_NOTE("%.1f us there and back", (double) took / PINGS);
    /* Were it by the 50 ms alone, it would be 50 s. */
    CAROM_ASSERT(took < 20000000);
    area_close();
}

static void answer_pings(void *argument)
{
    area_t *area = argument;
    uint32_t i, seen;

    for (i = 0; i < PINGS; i++) {
        while ((seen = atomic_load(&area->word)) != 2 * i + 1)
            carom_plat_park(&area->lot, 5, &area->word, seen, CAROM_PLAT_NEVER);
        atomic_store(&area->answer, 2 * i + 2);
        carom_plat_unpark(&area->lot, 6, &area->answer, 1);
    }
}

CAROM_TEST_WITH(park, there_and_back_in_a_thread, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    carom_plat_thread_t *thread;
    int64_t before;
    uint32_t i;

    open_for_threads();
    CAROM_ASSERT_OK(carom_plat_thread_start(&thread, answer_pings, member.area));
    before = carom_plat_now();
    for (i = 0; i < PINGS; i++)
        ping(2 * i + 1);
    CAROM_ASSERT(carom_plat_now() - before < 20000000);
    carom_plat_thread_join(&thread);
    area_close();
}

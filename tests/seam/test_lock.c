/* Locks in shared memory: what is counted under them is exact, and an owner that is killed is told of, once. */

#include "tests/seam/area.h"

#include <carom-harness.h>

#define SOON 10000000
#define DEAD_FOR 100000
#define PEERS 3
#define ENOUGH 8000000                 /* µs for the rounds of a storm in `make check`, on systems slow at starting */

static carom_status_t enter(int64_t us)
{
    carom_plat_party_t party = member_party(0);

    return carom_plat_lock_enter(&member.area->lock, &party, carom_plat_now() + us);
}

static void leave(void)
{
    carom_plat_party_t party = member_party(0);

    carom_plat_lock_leave(&member.area->lock, &party);
}

CAROM_TEST_ONCE(robust_lock, uncontended)
{
    carom_plat_party_t party;
    int64_t before;
    int i;

    area_open();
    party = member_party(0);
    before = carom_plat_now();
    for (i = 0; i < 1000000; i++) {
        carom_plat_lock_enter(&member.area->lock, &party, CAROM_PLAT_NEVER);
        carom_plat_lock_leave(&member.area->lock, &party);
    }
    CAROM_NOTE("%.1f ns in and out", (double) (carom_plat_now() - before) / 1000);
    area_close();
}

CAROM_TEST_ONCE(robust_lock, timeouts)
{
    carom_plat_child_t *child;
    int64_t before, took;

    area_open();
    CAROM_ASSERT_OK(enter(-1));
    leave();
    child = launch_peer("hold", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT_STATUS(enter(0), CAROM_ETIMEOUT);
    before = carom_plat_now();
    CAROM_ASSERT_STATUS(enter(120000), CAROM_ETIMEOUT);
    took = carom_plat_now() - before;
    CAROM_ASSERT(took >= 120000 && took < 2000000);
    kill_peer(&child);
    CAROM_ASSERT_STATUS(enter(SOON), CAROM_EOWNERDEAD);
    member.area->inside = 0;
    leave();
    CAROM_ASSERT_OK(enter(0));
    leave();
    area_close();
}

/* Four processes and the test, two threads each. */
static void work_beside(void *unused)
{
    (void) unused;
    member_work(1, atomic_load(&member.area->wanted));
}

CAROM_TEST_WITH(robust_lock, threads_and_processes, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    carom_plat_child_t *children[4];
    carom_plat_thread_t *beside;
    uint32_t rounds = 20000;
    unsigned i;

    area_open();
    atomic_store(&member.area->wanted, rounds);
    for (i = 0; i < 4; i++)
        children[i] = launch_peer("work", 2 + i);
    CAROM_ASSERT_OK(carom_plat_thread_start(&beside, work_beside, NULL));
    member_work(0, rounds);
    carom_plat_thread_join(&beside);
    for (i = 0; i < 4; i++)
        join_peer(&children[i]);
    CAROM_ASSERT_INT(member.area->count, 10 * rounds);
    CAROM_ASSERT_INT(atomic_load(&member.area->deaths), 0);
    area_close();
}

static void owner_dies(unsigned first, unsigned waiters)
{
    carom_plat_child_t *holder = launch_peer("hold", first), *waiting[PEERS];
    area_t *area = member.area;
    int64_t before;
    unsigned i;

    CAROM_ASSERT(becomes(&area->ready, 1, SOON));
    for (i = 0; i < waiters; i++)
        waiting[i] = launch_peer("wait", first + 1 + i);
    CAROM_ASSERT(becomes(&area->ready, 1 + waiters, SOON));
    before = carom_plat_now();
    kill_peer(&holder);
    for (i = 0; i < waiters; i++)
        join_peer(&waiting[i]);
    CAROM_ASSERT_INT(atomic_load(&area->deaths), 1);
    CAROM_NOTE("%u waiting: the last was in after %lld us", waiters, (long long) (atomic_load(&area->moment) - before));
    if (waiters == 1)
        CAROM_CHECK(atomic_load(&area->moment) - before < DEAD_FOR);
    atomic_store(&area->ready, 0);
    atomic_store(&area->deaths, 0);
    area->inside = 0;
}

CAROM_TEST_ONCE(robust_lock, owner_killed)
{
    area_open();
    owner_dies(10, 1);
    owner_dies(20, PEERS);
    owner_dies(30, 1);
    area_close();
}

CAROM_TEST_ONCE(robust_lock, waiter_killed)
{
    carom_plat_child_t *child;
    unsigned i;

    area_open();
    for (i = 0; i < 5; i++) {
        CAROM_ASSERT_OK(enter(SOON));
        child = launch_peer("wait", 2 + i);
        CAROM_ASSERT(becomes(&member.area->ready, i + 1, SOON));
        sleep_for(i * 500);
        kill_peer(&child);
        leave();
    }
    CAROM_ASSERT_OK(enter(SOON));
    leave();
    area_close();
}

/* ---- the storm ---- */

typedef struct storm_t {
    carom_plat_child_t *children[PEERS];
    unsigned next;                     /* number */
    uint32_t started;
    uint64_t lot;                      /* state of the draw */
} storm_t;

static void start_one(storm_t *storm, unsigned i)
{
    storm->children[i] = launch_peer("work-for-ever", storm->next);
    storm->started++;
    if (++storm->next == NUMBERS)
        storm->next = 2;
}

static unsigned draw(storm_t *storm, unsigned below)
{
    storm->lot = storm->lot * UINT64_C(6364136223846793005) + 1442695040888963407;
    return (unsigned) (storm->lot >> 33) % below;
}

/* One that is at work; the others, and this process, go on. */
static void kill_one(storm_t *storm)
{
    unsigned i = draw(storm, PEERS);
    int64_t before;

    CAROM_ASSERT(becomes(&member.area->ready, storm->started, SOON));
    sleep_for(draw(storm, 1500));
    kill_peer(&storm->children[i]);
    before = carom_plat_now();
    member_work(0, 20);
    CAROM_ASSERT(carom_plat_now() - before < SOON);
    start_one(storm, i);
}

CAROM_TEST_WITH(robust_lock, killed_at_any_moment, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)
{
    unsigned rounds = rounds_of(200), done, i;
    storm_t storm = {.next = 2, .lot = test->seed};
    int64_t start = carom_plat_now();

    area_open();
    for (i = 0; i < PEERS; i++)
        start_one(&storm, i);
    for (done = 0; done < rounds && (rounds > 200 || carom_plat_now() - start < ENOUGH); done++)
        kill_one(&storm);
    CAROM_ASSERT(becomes(&member.area->ready, storm.started, SOON));
    for (i = 0; i < PEERS; i++)
        kill_peer(&storm.children[i]);
    member_work(0, 1);
    CAROM_NOTE("%u killed, %u of them owners, %llu times inside", done, (unsigned) atomic_load(&member.area->deaths),
               (unsigned long long) member.area->count);
    CAROM_ASSERT(atomic_load(&member.area->deaths) <= done + PEERS);
    area_close();
}

/* Sleeping on a word where no other process can be waited for: neither APR nor a system without futex and timed semaphores has
 * anything to sleep on in shared memory.  Threads of one process sleep on monitors, one for each bucket of words.
 *
 * The monitors are the process's own, beside all lots, and stay.  Who parks has its monitor before it looks at the word; who
 * unparks has changed the word before it looks for one.  So one of them sees the other.
 *
 * A handler may unpark, and its own thread may just be in a monitor: then it wakes nobody, and those asleep look for themselves
 * when their 50 ms are over. */

#include "platform/park.h"

#include <signal.h>

static carom_plat_monitor_t *_Atomic monitors[CAROM__BUCKETS];
static atomic_uint born;               /* carom_plat_fork_count() when the first was made */

static _Thread_local volatile sig_atomic_t is_inside;

int carom_plat_shared_possible(void)
{
    return 0;
}

/* After a fork of the host the parent's are of no use: a thread of the parent may have been in one. */
carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot)
{
    unsigned forks = carom_plat_fork_count(), i;

    (void) lot;
    for (i = 0; atomic_load(&born) != forks && i < CAROM__BUCKETS; i++)
        atomic_store(&monitors[i], NULL);
    atomic_store(&born, forks);
    return CAROM_OK;
}

static void enter(carom_plat_monitor_t *monitor)
{
    is_inside = 1;
    carom_plat_monitor_enter(monitor);
}

static void leave(carom_plat_monitor_t *monitor)
{
    carom_plat_monitor_leave(monitor);
    is_inside = 0;
}

/* NULL: no memory for it. */
static carom_plat_monitor_t *monitor_of(uint64_t key)
{
    unsigned bucket = carom__bucket_of(key);
    carom_plat_monitor_t *monitor = atomic_load(&monitors[bucket]), *expected = NULL;

    if (monitor || carom_plat_monitor_create(&monitor) != CAROM_OK)
        return monitor;
    if (atomic_compare_exchange_strong(&monitors[bucket], &expected, monitor))
        return monitor;
    carom_plat_monitor_destroy(&monitor);
    return expected;
}

void carom_plat_lot_open(carom_plat_lot_t *lot, uint64_t key)
{
    (void) lot;
    (void) monitor_of(key);
}

void carom_plat_lot_close(carom_plat_lot_t *lot)
{
    (void) lot;
}

void carom_plat_park(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline)
{
    carom_plat_monitor_t *monitor = monitor_of(key);
    int64_t now = carom_plat_now(), latest = now + CAROM__PARK_MAX;

    (void) lot;
    if (deadline <= now)
        return;
    if (monitor == NULL) {
        carom_plat_yield();
        return;
    }
    enter(monitor);
    if (atomic_load(word) == expected)
        (void) carom_plat_monitor_wait(monitor, deadline < latest ? deadline : latest);
    leave(monitor);
}

/* Those of other words of the bucket wake along. */
void carom_plat_unpark(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, int all)
{
    carom_plat_monitor_t *monitor;

    (void) lot;
    (void) word;
    (void) all;
    /* However the caller has written the word. */
    atomic_thread_fence(memory_order_seq_cst);
    monitor = atomic_load(&monitors[carom__bucket_of(key)]);
    if (monitor == NULL || is_inside)
        return;
    enter(monitor);
    carom_plat_monitor_wake(monitor);
    leave(monitor);
}

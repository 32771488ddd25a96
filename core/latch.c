/* Waiting for a latch, and the death of its owner. */

#include "core/latch.h"

#include "core/time.h"

#include "platform/fault.h"

/* Looks with pauses between them, of 8 moments at first, of four times as many each time: so whoever has the latch goes on
 * for a while without being disturbed, which costs less than a latch that goes round. */
#define LOOKS 6
#define FIRST_PAUSE 8
#define LAST_PAUSE 512

/* Then so often others may run; then naps, µs. */
#define YIELDS 20
#define FIRST_NAP 50
#define LAST_NAP 2000

/* However soon the time is over: an owner may only be waiting for a processor. */
#define LEAST_PATIENCE 10000

static uint32_t party_in(uint64_t word)
{
    return (uint32_t) word & (uint32_t) (CAROM__LATCH_DEAD - 1);
}

static int swap(carom__latch_t *latch, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&latch->owner, &from, to, memory_order_acquire, memory_order_relaxed);
}

static int take_free(carom__latch_t *latch, uint64_t name)
{
    return atomic_load_explicit(&latch->owner, memory_order_relaxed) == 0 && swap(latch, 0, name);
}

/* Once at least; on one processor no more, since nobody gives it back meanwhile. */
static int look_for_a_while(carom__latch_t *latch, uint64_t name)
{
    int looks = carom_plat_cpu_total() > 1 && carom__fault_status("latch.looks") == CAROM_OK ? LOOKS : 0;
    int pauses = FIRST_PAUSE, i;

    if (take_free(latch, name))
        return 1;
    for (; looks > 0; looks--) {
        for (i = 0; i < pauses; i++)
            carom_plat_relax();
        if (take_free(latch, name))
            return 1;
        if (pauses < LAST_PAUSE)
            pauses *= 4;
    }
    return 0;
}

/* Not past the deadline: on a busy machine each time may cost a slice. */
static int let_others_run(carom__latch_t *latch, uint64_t name, int64_t deadline)
{
    int i;

    for (i = 0; i < YIELDS; i++) {
        carom_plat_yield();
        if (take_free(latch, name))
            return 1;
        if (carom__is_past(deadline))
            return 0;
    }
    return 0;
}

/* In the place of one who is dead, if he is. */
static int succeed(carom__latch_t *latch, uint64_t name)
{
    uint64_t seen = atomic_load_explicit(&latch->owner, memory_order_relaxed);

    if (seen == 0 || (party_in(seen) != 0 && carom__slot_is_party_alive(party_in(seen))))
        return 0;
    if (!swap(latch, seen, name))
        return 0;
    carom__fault("latch.succeeded");
    return 1;
}

static void nap(carom__latch_t *latch, uint32_t object, int64_t length, int64_t deadline)
{
    int64_t end = carom_plat_now() + length;

    carom__arena_park(object, &latch->nap, 0, end < deadline ? end : deadline);
}

carom_status_t carom__latch_wait(carom__latch_t *latch, uint32_t object, uint64_t name, int64_t deadline)
{
    int64_t length = FIRST_NAP, soon;

    if (look_for_a_while(latch, name))
        return CAROM_OK;
    soon = carom_plat_now() + LEAST_PATIENCE;
    if (deadline < soon)
        deadline = soon;
    if (let_others_run(latch, name, deadline))
        return CAROM_OK;
    for (;;) {
        if (look_for_a_while(latch, name))
            return CAROM_OK;
        if (succeed(latch, name))
            return CAROM_EOWNERDEAD;
        if (carom__is_past(deadline))
            return CAROM_ETIMEOUT;
        nap(latch, object, length, deadline);
        length = length * 2 < LAST_NAP ? length * 2 : LAST_NAP;
    }
}

void carom__latch_mourn(carom__latch_t *latch, carom__id_t dead)
{
    uint64_t seen = atomic_load(&latch->owner);
    uint32_t party = party_in(seen);

    if (party != 0 && (party == carom__slot_party(dead) || !carom__slot_is_party_alive(party)))
        (void) swap(latch, seen, CAROM__LATCH_DEAD);
}

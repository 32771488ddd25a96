/* Latches: short locks inside of shareable objects, each for one side of one, which survive their owners.
 *
 * What a latch guards is mostly a few dozen instructions, and seldom more than copying some 100 KiB, so nobody sleeps until
 * he is woken: who finds it taken looks again, a little later each time, then lets others run, then naps.  So the owner never
 * has to wake anybody, and who is preempted with a latch costs the others no call of the system each.  The next owner after a
 * death is told so, and mends what the dead one left. */

#ifndef CAROM_CORE_LATCH_H
#define CAROM_CORE_LATCH_H

#include "core/party.h"

#define CAROM__LATCH_DEAD ((uint64_t) 1 << 30)     /* in place of an owner: he is dead, and his slot may be another's */

/* In the arena.  All zero: nobody has it. */
typedef struct carom__latch_t {
    _Atomic uint64_t owner;            /* the name of a party, or CAROM__LATCH_DEAD */
    _Atomic uint32_t nap;              /* what those who nap sleep on; never changes */
} carom__latch_t;

/* When it takes more than one step; object: the number of the one that it lies in. */
carom_status_t carom__latch_wait(carom__latch_t *latch, uint32_t object, uint64_t name, int64_t deadline);

/* 1: it was free, and is the caller's now. */
static inline int carom__latch_try(carom__latch_t *latch, const carom__party_t *party)
{
    uint64_t free = 0;

    return atomic_compare_exchange_strong_explicit(&latch->owner, &free, party->name, memory_order_acquire,
                                                   memory_order_relaxed);
}

/* CAROM_OK: the caller has it; CAROM_EOWNERDEAD: likewise, and the last owner died with it; CAROM_ETIMEOUT: a process that does
 * not go on has it, whose death would be noticed. */
static inline carom_status_t carom__latch_enter(carom__latch_t *latch, uint32_t object, const carom__party_t *party,
                                                int64_t deadline)
{
    return carom__latch_try(latch, party) ? CAROM_OK : carom__latch_wait(latch, object, party->name, deadline);
}

/* What the owner has stored is seen by whoever enters next; and what he loads
 * from now on, in the one order of all, is loaded later. */
static inline void carom__latch_leave(carom__latch_t *latch)
{
    (void) atomic_exchange_explicit(&latch->owner, 0, memory_order_seq_cst);
}

/* Leaves it as one whose owner died with it: the next one is told. */
static inline void carom__latch_abandon(carom__latch_t *latch)
{
    atomic_store(&latch->owner, CAROM__LATCH_DEAD);
}

/* A process is dead: carom__mourner_t. */
void carom__latch_mourn(carom__latch_t *latch, carom__id_t dead);

#endif

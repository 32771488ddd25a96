/* Locks from inside: what lies in the arena, and what conditions need of them. */

#ifndef CAROM_CORE_LOCK_H
#define CAROM_CORE_LOCK_H

#include <carom/lock.h>

#include "core/party.h"
#include "core/share.h"

/* The block of a lock. */
typedef struct carom__lock_t {
    _Atomic uint64_t owner;            /* the name of a party and CAROM__LOCK_SLEEPERS, or CAROM__LOCK_DEAD; 0: free */
    _Atomic uint32_t wakes;            /* what sleepers sleep on: how often somebody was to be woken */
    _Atomic uint32_t suspect;          /* 1: an owner died, and nobody said that all is well; of the owner */
    _Atomic uint32_t depth;            /* how often the owner has acquired it; of the owner */
    uint32_t recursive;                /* never changes */
} carom__lock_t;

#define CAROM__LOCK_SLEEPERS ((uint64_t) 1 << 31)      /* somebody may sleep */
#define CAROM__LOCK_DEAD ((uint64_t) 1 << 30)          /* in place of an owner: he is dead, and the next one is to be told */

struct carom_lock_t {
    carom__share_t share;
};

/* Gives it up whatever its depth, which is returned, and takes it again to that depth, without a limit of time.  Of its
 * owner. */
uint32_t carom__lock_give_up(carom_lock_t *lock);
carom_status_t carom__lock_take_back(carom_lock_t *lock, uint32_t depth);

/* CAROM_ENOTOWNER, unless the calling thread owns it. */
carom_status_t carom__lock_check_owner(const carom_lock_t *lock);

#endif

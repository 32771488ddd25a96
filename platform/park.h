/* Parking where the system cannot wait on a word of memory: what park_lot.c shares with the system's files. */

#ifndef CAROM_PLATFORM_PARK_H
#define CAROM_PLATFORM_PARK_H

#include "platform/internal.h"

/* Words share buckets, by their keys. */
#define CAROM__BUCKETS 64

/* What a carom_plat_lot_t really is. */
typedef struct carom__lot_t {
    uint64_t id[2];                              /* the system's; written by carom_plat_lot_init */
    _Atomic uint32_t waiting[CAROM__BUCKETS];    /* threads to be woken, those included that died meanwhile */
    struct { uint64_t words[7]; } room[CAROM__BUCKETS];       /* the system's, too */
} carom__lot_t;

_Static_assert(sizeof(carom__lot_t) <= sizeof(carom_plat_lot_t), "a lot of the system's fits");

static inline unsigned carom__bucket_of(uint64_t key)
{
    return (unsigned) (key * UINT64_C(0x9E3779B97F4A7C15) >> 58);
}

/* <os>/park*.c: the semaphore of a bucket.  wait takes one, at the latest at the deadline: 1 when it has; it may return 0
 * early. */
int carom__bucket_wait(carom__lot_t *lot, unsigned bucket, int64_t deadline);
void carom__bucket_post(carom__lot_t *lot, unsigned bucket, unsigned count);

#endif

/* The buckets of park_lot.c with POSIX semaphores, which lie in the lot. */

#include "platform/park.h"
#include "platform/unix/unix.h"

#include <errno.h>

_Static_assert(sizeof(sem_t) <= sizeof(((carom__lot_t *) NULL)->room[0]), "a semaphore fits");

static sem_t *semaphore(carom__lot_t *lot, unsigned bucket)
{
    return (sem_t *) &lot->room[bucket];
}

carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot)
{
    unsigned i;

    for (i = 0; i < CAROM__BUCKETS; i++)
        if (sem_init(semaphore((carom__lot_t *) lot, i), 1, 0) != 0)
            return errno == EPERM || errno == ENOSYS ? CAROM_ENOTSUP : carom_plat_status(errno);
    return CAROM_OK;
}

/* Others use them. */
void carom_plat_lot_open(carom_plat_lot_t *lot, uint64_t key)
{
    (void) lot;
    (void) key;
}

void carom_plat_lot_close(carom_plat_lot_t *lot)
{
    (void) lot;
}

int carom__bucket_wait(carom__lot_t *lot, unsigned bucket, int64_t deadline)
{
    return carom__semaphore_wait(semaphore(lot, bucket), deadline) == 0;
}

void carom__bucket_post(carom__lot_t *lot, unsigned bucket, unsigned count)
{
    while (count-- > 0)
        sem_post(semaphore(lot, bucket));
}

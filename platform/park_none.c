/* Sleeping on a word of shared memory, where the system has no way of it: APR has neither the memory nor anything to sleep
 * on. */

#include "platform/internal.h"

carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot)
{
    (void) lot;
    return CAROM_ENOTSUP;
}

void carom_plat_lot_open(carom_plat_lot_t *lot, uint64_t key)
{
    (void) lot;
    (void) key;
}

void carom_plat_lot_close(carom_plat_lot_t *lot)
{
    (void) lot;
}

void carom_plat_park(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline)
{
    (void) lot;
    (void) key;
    (void) word;
    (void) expected;
    (void) deadline;
}

void carom_plat_unpark(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, int all)
{
    (void) lot;
    (void) key;
    (void) word;
    (void) all;
}

/* Sleeping on a word of shared memory, where the system itself can: Linux's futex, found by its place in the shared file, so
 * that each process may have the word at another address.  The lot is not used. */

#include "platform/unix/unix.h"

#include <limits.h>
#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The system call's own notion of a time, which differs from the C library's on some machines of 32 bits. */
typedef struct duration_t {
    long seconds, nanoseconds;
} duration_t;

int carom_plat_shared_possible(void)
{
    return 1;
}

carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot)
{
    (void) lot;
    return CAROM_OK;
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
    int64_t now = carom_plat_now(), latest = now + CAROM__PARK_MAX;
    duration_t most = {0, CAROM__PARK_MAX * 1000L};

    (void) lot;
    (void) key;
    if (deadline <= now)
        return;
    if (deadline < latest)
        most.nanoseconds = (long) (deadline - now) * 1000;
    /* Whatever it says: changed, woken, a signal, the time: the caller looks for itself. */
    syscall(SYS_futex, word, FUTEX_WAIT, expected, &most, NULL, 0);
}

void carom_plat_unpark(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, int all)
{
    (void) lot;
    (void) key;
    syscall(SYS_futex, word, FUTEX_WAKE, all ? INT_MAX : 1, NULL, NULL, 0);
}

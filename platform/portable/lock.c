/* Locks in shared memory: an apr_proc_mutex_t cannot live there, and most kinds of it swallow the death of an owner. */

#include "platform/portable/portable.h"

uint32_t carom_plat_lock_kind(void)
{
    return 0;
}

carom_status_t carom_plat_lock_init(carom_plat_lock_t *lock)
{
    (void) lock;
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_lock_enter(carom_plat_lock_t *lock, const carom_plat_party_t *party, int64_t deadline)
{
    (void) lock;
    (void) party;
    (void) deadline;
    return CAROM_ENOTSUP;
}

void carom_plat_lock_leave(carom_plat_lock_t *lock, const carom_plat_party_t *party)
{
    (void) lock;
    (void) party;
}

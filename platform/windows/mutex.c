/* Locks inside one process, on slim locks.
 *
 * Not on APR: an apr_thread_mutex_t needs a pool and is a critical section or a kernel object; its condition is a semaphore and
 * two locks more. */

#include "platform/windows/windows.h"

#include <stdlib.h>

struct carom_plat_monitor_t {
    SRWLOCK lock;
    CONDITION_VARIABLE condition;
};

static SRWLOCK global = SRWLOCK_INIT;

void carom_plat_global_lock(void)
{
    AcquireSRWLockExclusive(&global);
}

void carom_plat_global_unlock(void)
{
    ReleaseSRWLockExclusive(&global);
}

carom_status_t carom_plat_monitor_create(carom_plat_monitor_t **monitor)
{
    carom_plat_monitor_t *self = malloc(sizeof *self);

    *monitor = self;
    if (self == NULL)
        return CAROM_ENOMEM;
    InitializeSRWLock(&self->lock);
    InitializeConditionVariable(&self->condition);
    return CAROM_OK;
}

void carom_plat_monitor_destroy(carom_plat_monitor_t **monitor)
{
    free(*monitor);
    *monitor = NULL;
}

void carom_plat_monitor_enter(carom_plat_monitor_t *monitor)
{
    AcquireSRWLockExclusive(&monitor->lock);
}

void carom_plat_monitor_leave(carom_plat_monitor_t *monitor)
{
    ReleaseSRWLockExclusive(&monitor->lock);
}

carom_status_t carom_plat_monitor_wait(carom_plat_monitor_t *monitor, int64_t deadline)
{
    if (SleepConditionVariableSRW(&monitor->condition, &monitor->lock, carom__wait_time(deadline), 0))
        return CAROM_OK;
    /* The system's ticks may be over before the time is: then it was an early return. */
    return deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline ? CAROM_ETIMEOUT : CAROM_OK;
}

void carom_plat_monitor_wake(carom_plat_monitor_t *monitor)
{
    WakeAllConditionVariable(&monitor->condition);
}

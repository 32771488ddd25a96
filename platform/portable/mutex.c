/* Locks inside one process, on APR.
 *
 * APR's timed wait is on the wall clock: each lasts a second at most, after which the caller looks at carom_plat_now()
 * again.  A clock that is set back while a thread is in such a wait makes it longer by as much. */

#include "platform/portable/portable.h"

#include <apr_thread_cond.h>
#include <apr_thread_mutex.h>

#include <stdatomic.h>
#include <stdlib.h>

struct carom_plat_monitor_t {
    apr_pool_t *pool;                 /* of the next two */
    apr_thread_mutex_t *mutex;
    apr_thread_cond_t *condition;
};

/* Needed before apr_initialize, so it cannot be APR's; held for a few instructions, so giving the processor away is enough. */
static atomic_flag global = ATOMIC_FLAG_INIT;

void carom_plat_global_lock(void)
{
    while (atomic_flag_test_and_set_explicit(&global, memory_order_acquire))
        apr_thread_yield();
}

void carom_plat_global_unlock(void)
{
    atomic_flag_clear_explicit(&global, memory_order_release);
}

static carom_status_t fill(carom_plat_monitor_t *self)
{
    if (carom__pool_create(&self->pool) != CAROM_OK)
        return CAROM_ENOMEM;
    if (apr_thread_mutex_create(&self->mutex, APR_THREAD_MUTEX_UNNESTED, self->pool) == APR_SUCCESS &&
        apr_thread_cond_create(&self->condition, self->pool) == APR_SUCCESS)
        return CAROM_OK;
    apr_pool_destroy(self->pool);
    return CAROM_ENOMEM;
}

carom_status_t carom_plat_monitor_create(carom_plat_monitor_t **monitor)
{
    carom_plat_monitor_t *self = malloc(sizeof *self);

    *monitor = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    if (fill(self) != CAROM_OK) {
        free(self);
        return CAROM_ENOMEM;
    }
    *monitor = self;
    return CAROM_OK;
}

void carom_plat_monitor_destroy(carom_plat_monitor_t **monitor)
{
    carom_plat_monitor_t *self = *monitor;

    if (self == NULL)
        return;
    *monitor = NULL;
    apr_pool_destroy(self->pool);
    free(self);
}

void carom_plat_monitor_enter(carom_plat_monitor_t *monitor)
{
    apr_thread_mutex_lock(monitor->mutex);
}

void carom_plat_monitor_leave(carom_plat_monitor_t *monitor)
{
    apr_thread_mutex_unlock(monitor->mutex);
}

carom_status_t carom_plat_monitor_wait(carom_plat_monitor_t *monitor, int64_t deadline)
{
    int64_t left;

    if (deadline == CAROM_PLAT_NEVER) {
        apr_thread_cond_wait(monitor->condition, monitor->mutex);
        return CAROM_OK;
    }
    left = deadline - carom_plat_now();
    if (left <= 0)
        return CAROM_ETIMEOUT;
    apr_thread_cond_timedwait(monitor->condition, monitor->mutex, left < LONGEST_SLEEP ? left : LONGEST_SLEEP);
    return carom_plat_now() < deadline ? CAROM_OK : CAROM_ETIMEOUT;
}

void carom_plat_monitor_wake(carom_plat_monitor_t *monitor)
{
    apr_thread_cond_broadcast(monitor->condition);
}

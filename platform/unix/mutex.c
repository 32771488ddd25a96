/* Locks inside one process, on pthreads.
 *
 * Not on APR: an apr_thread_mutex_t needs a pool (4.2 KiB and 6 µs for one with an end of its own), and the timed wait of
 * apr_thread_cond_t follows the wall clock. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

struct carom_plat_monitor_t {
    pthread_mutex_t mutex;
    pthread_cond_t condition;
};

static pthread_mutex_t global = PTHREAD_MUTEX_INITIALIZER;

void carom_plat_global_lock(void)
{
    pthread_mutex_lock(&global);
}

void carom_plat_global_unlock(void)
{
    pthread_mutex_unlock(&global);
}

static int make_condition(pthread_cond_t *condition)
{
    pthread_condattr_t attributes;
    int error = pthread_condattr_init(&attributes);

    if (error != 0)
        return error;
    error = pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    if (error == 0)
        error = pthread_cond_init(condition, &attributes);
    pthread_condattr_destroy(&attributes);
    return error;
}

carom_status_t carom_plat_monitor_create(carom_plat_monitor_t **monitor)
{
    carom_plat_monitor_t *self = malloc(sizeof *self);

    *monitor = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    if (make_condition(&self->condition) != 0) {
        free(self);
        return CAROM_ENOMEM;
    }
    pthread_mutex_init(&self->mutex, NULL);
    *monitor = self;
    return CAROM_OK;
}

void carom_plat_monitor_destroy(carom_plat_monitor_t **monitor)
{
    carom_plat_monitor_t *self = *monitor;

    if (self == NULL)
        return;
    *monitor = NULL;
    pthread_cond_destroy(&self->condition);
    pthread_mutex_destroy(&self->mutex);
    free(self);
}

void carom_plat_monitor_enter(carom_plat_monitor_t *monitor)
{
    pthread_mutex_lock(&monitor->mutex);
}

void carom_plat_monitor_leave(carom_plat_monitor_t *monitor)
{
    pthread_mutex_unlock(&monitor->mutex);
}

carom_status_t carom_plat_monitor_wait(carom_plat_monitor_t *monitor, int64_t deadline)
{
    struct timespec until;

    if (deadline == CAROM_PLAT_NEVER) {
        pthread_cond_wait(&monitor->condition, &monitor->mutex);
        return CAROM_OK;
    }
    until = carom__timespec(deadline);
    return pthread_cond_timedwait(&monitor->condition, &monitor->mutex, &until) == ETIMEDOUT ? CAROM_ETIMEOUT : CAROM_OK;
}

void carom_plat_monitor_wake(carom_plat_monitor_t *monitor)
{
    pthread_cond_broadcast(&monitor->condition);
}

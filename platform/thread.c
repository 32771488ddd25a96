/* Threads, on APR, the same on every system. */

#include "platform/internal.h"

#include <apr_thread_proc.h>

#include <stdatomic.h>
#include <stdlib.h>

enum { OWNED, ENDED, DETACHED };

struct carom_plat_thread_t {
    atomic_int state;                 /* who comes second, its end or the detach, frees this */
    apr_thread_t *thread;
    apr_pool_t *pool;                 /* this thread's own; destroyed by whoever frees the struct */
    void (*function)(void *argument);
    void *argument;
};

void carom_plat_yield(void)
{
    apr_thread_yield();
}

/* For carom_plat_thread_exit: the running thread, as we and as APR know it. */
static _Thread_local carom_plat_thread_t *current;
static _Thread_local apr_thread_t *current_apr;

/* Counted from before the system makes it until it is about to end. */
static atomic_uint running, watchers;

unsigned carom__plat_threads(void)
{
    return atomic_load(&running);
}

unsigned carom__plat_watchers(void)
{
    return atomic_load(&watchers);
}

void carom__plat_threads_watch(void)
{
    atomic_fetch_add(&watchers, 1);
    atomic_fetch_sub(&running, 1);
}

void carom__plat_threads_forget(void)
{
    atomic_store(&running, 0);
    atomic_store(&watchers, 0);
}

static void *APR_THREAD_FUNC run(apr_thread_t *thread, void *data)
{
    carom_plat_thread_t *self = data;

    current = self;
    current_apr = thread;
    self->function(self->argument);
    /* Returning instead would leave 4 KiB in the pool a join, and lose APR's status (measured on 1.7.2). */
    carom_plat_thread_exit();
    return NULL;
}

void carom_plat_thread_exit(void)
{
    atomic_fetch_sub(&running, 1);
    if (atomic_exchange(&current->state, ENDED) == DETACHED)
        free(current);
    apr_thread_exit(current_apr, APR_SUCCESS);
    abort();      /* only for the compiler: APR does not say that its function never returns */
}

static carom_status_t create(carom_plat_thread_t *self)
{
    carom_plat_signals_t before;
    apr_status_t status;

    /* Blocked around the creation, not inside the thread: there would be a moment in which the host's signals could land
     * here. */
    atomic_fetch_add(&running, 1);
    carom_plat_signals_block(&before);
    status = apr_thread_create(&self->thread, NULL, run, self, self->pool);
    carom_plat_signals_restore(&before);
    if (status != APR_SUCCESS)
        atomic_fetch_sub(&running, 1);
    return carom_plat_status(status);
}

carom_status_t carom_plat_thread_start(carom_plat_thread_t **thread, void (*function)(void *), void *argument)
{
    apr_pool_t *root = carom__plat_pool();
    carom_plat_thread_t *self = root ? calloc(1, sizeof *self) : NULL;
    carom_status_t status;

    *thread = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->function = function;
    self->argument = argument;
    if (apr_pool_create(&self->pool, root) != APR_SUCCESS) {
        free(self);
        return CAROM_ENOMEM;
    }
    status = create(self);
    if (status != CAROM_OK) {
        apr_pool_destroy(self->pool);
        free(self);
        return status;
    }
    *thread = self;
    return CAROM_OK;
}

void carom_plat_thread_join(carom_plat_thread_t **thread)
{
    carom_plat_thread_t *self = *thread;
    apr_status_t ignored;

    if (self == NULL)
        return;
    *thread = NULL;
    apr_thread_join(&ignored, self->thread);
    apr_pool_destroy(self->pool);
    free(self);
}

void carom_plat_thread_detach(carom_plat_thread_t **thread)
{
    carom_plat_thread_t *self = *thread;

    if (self == NULL)
        return;
    if (atomic_load(&self->state) == ENDED) {
        carom_plat_thread_join(thread);
        return;
    }
    *thread = NULL;
    /* Its pool cannot be freed from here while it runs, nor by itself: a thread left behind costs its pool, once. */
    apr_thread_detach(self->thread);
    if (atomic_exchange(&self->state, DETACHED) == ENDED)
        free(self);
}

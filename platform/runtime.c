/* Making the platform ready, once; and APR, when it is first needed, with the one pool that objects of APR hang below. */

#include "platform/internal.h"

#include <apr_allocator.h>
#include <apr_general.h>
#include <apr_thread_mutex.h>

#include <stdatomic.h>
#include <string.h>

/* Blocks of freed pools kept for the next: enough for a burst of threads, little enough to forget. */
#define KEPT_BYTES ((apr_size_t) 256 << 10)

static atomic_int started;

/* Set once, under the global lock.  The allocator is named here too because leak checkers do not look into pools. */
static apr_pool_t *_Atomic root;
static apr_allocator_t *allocator;

static carom_status_t start_locked(void)
{
    carom_status_t status;

    if (atomic_load_explicit(&started, memory_order_relaxed))
        return CAROM_OK;
    status = carom__plat_start_system();
    if (status == CAROM_OK)
        atomic_store_explicit(&started, 1, memory_order_release);
    return status;
}

carom_status_t carom_plat_start(void)
{
    carom_status_t status;

    if (atomic_load_explicit(&started, memory_order_acquire))
        return CAROM_OK;
    carom_plat_global_lock();
    status = start_locked();
    carom_plat_global_unlock();
    return status;
}

/* ---- APR: a worker that starts no thread and loads no object does without it, and starts the sooner (40 µs of 800) ---- */

static apr_pool_t *make_root(void)
{
    apr_pool_t *pool;
    apr_thread_mutex_t *mutex;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return NULL;
    apr_allocator_max_free_set(allocator, KEPT_BYTES);
    if (apr_pool_create_ex(&pool, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return NULL;
    }
    apr_allocator_owner_set(allocator, pool);
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, pool) != APR_SUCCESS) {
        apr_pool_destroy(pool);
        return NULL;
    }
    apr_allocator_mutex_set(allocator, mutex);
    return pool;
}

apr_pool_t *carom__plat_pool_locked(void)
{
    apr_pool_t *pool = atomic_load_explicit(&root, memory_order_relaxed);

    /* Counted by APR: harmless when the host has done so too.  Never ended: other threads of the host may still be in APR. */
    if (pool == NULL && apr_initialize() == APR_SUCCESS) {
        pool = make_root();
        atomic_store_explicit(&root, pool, memory_order_release);
    }
    return pool;
}

apr_pool_t *carom__plat_pool(void)
{
    apr_pool_t *pool = atomic_load_explicit(&root, memory_order_acquire);

    if (pool)
        return pool;
    carom_plat_global_lock();
    pool = carom__plat_pool_locked();
    carom_plat_global_unlock();
    return pool;
}

size_t carom__plat_name_length(const char *setting)
{
    const char *equals = strchr(setting, '=');

    return equals ? (size_t) (equals - setting) : strlen(setting);
}

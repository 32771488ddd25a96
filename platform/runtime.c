/* Making APR ready, once, and the one pool that objects of APR hang below. */

#include "platform/internal.h"

#include <apr_allocator.h>
#include <apr_general.h>
#include <apr_thread_mutex.h>

#include <stdatomic.h>
#include <string.h>

/* Blocks of freed pools kept for the next: enough for a burst of threads, little enough to forget. */
#define KEPT_BYTES ((apr_size_t) 256 << 10)

/* Set before `started`, never changed.  The allocator is named here too because leak checkers do not look into pools. */
static apr_pool_t *root;
static apr_allocator_t *allocator;
static atomic_int started;

static carom_status_t make_root(void)
{
    apr_thread_mutex_t *mutex;

    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return CAROM_ENOMEM;
    apr_allocator_max_free_set(allocator, KEPT_BYTES);
    if (apr_pool_create_ex(&root, NULL, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return CAROM_ENOMEM;
    }
    apr_allocator_owner_set(allocator, root);
    if (apr_thread_mutex_create(&mutex, APR_THREAD_MUTEX_DEFAULT, root) != APR_SUCCESS) {
        apr_pool_destroy(root);
        return CAROM_ENOMEM;
    }
    apr_allocator_mutex_set(allocator, mutex);
    return CAROM_OK;
}

static carom_status_t start_locked(void)
{
    carom_status_t status;

    if (atomic_load_explicit(&started, memory_order_relaxed))
        return CAROM_OK;
    /* Counted by APR: harmless when the host has done so too.  Never ended: other threads of the host may still be in APR. */
    if (apr_initialize() != APR_SUCCESS)
        return CAROM_ENOMEM;
    status = make_root();
    if (status == CAROM_OK)
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

apr_pool_t *carom__plat_pool(void)
{
    return root;
}

size_t carom__plat_name_length(const char *setting)
{
    const char *equals = strchr(setting, '=');

    return equals ? (size_t) (equals - setting) : strlen(setting);
}

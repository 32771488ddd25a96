/* Pools for objects on APR, and the tree that APR keeps of pools.
 *
 * In the child that it forks, apr_proc_create walks the tree of all pools of the process.  Had another thread of the parent
 * been changing it, the walk could go anywhere.  So objects of ours have pools outside the tree (unmanaged ones), and the
 * part of the tree that runtime.c and the default allocator of APR guard by a lock stands still while we start a child.
 * Pools of the host with allocators of their own are beyond our reach. */

#include "platform/portable/portable.h"

#include <apr_allocator.h>
#include <apr_pools.h>
#include <apr_thread_mutex.h>

static apr_pool_t *seen_in_child;     /* made once, before it is asked for; its cleanups are guarded by hold and release */

carom_status_t carom__pool_create(apr_pool_t **pool)
{
    apr_allocator_t *allocator;

    *pool = NULL;
    if (apr_allocator_create(&allocator) != APR_SUCCESS)
        return CAROM_ENOMEM;
    if (apr_pool_create_unmanaged_ex(pool, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return CAROM_ENOMEM;
    }
    apr_allocator_owner_set(allocator, *pool);
    return CAROM_OK;
}

carom_status_t carom__pools_start(void)
{
    apr_pool_t *root = carom__plat_pool_locked();
    apr_allocator_t *allocator;

    /* Of its own: the root's is locked while the child is made, and stays so in the child. */
    if (root == NULL || apr_allocator_create(&allocator) != APR_SUCCESS)
        return CAROM_ENOMEM;
    if (apr_pool_create_ex(&seen_in_child, root, NULL, allocator) != APR_SUCCESS) {
        apr_allocator_destroy(allocator);
        return CAROM_ENOMEM;
    }
    apr_allocator_owner_set(allocator, seen_in_child);
    return CAROM_OK;
}

apr_pool_t *carom__pool_seen_in_child(void)
{
    return seen_in_child;
}

/* The lock under which subpools of a pool come and go; NULL where there is none. */
static apr_thread_mutex_t *lock_of(apr_pool_t *pool)
{
    return pool ? apr_allocator_mutex_get(apr_pool_allocator_get(pool)) : NULL;
}

void carom__pools_hold(void)
{
    apr_thread_mutex_t *outer = lock_of(apr_pool_parent_get(carom__plat_pool()));

    if (outer)
        apr_thread_mutex_lock(outer);
    apr_thread_mutex_lock(lock_of(carom__plat_pool()));
}

void carom__pools_release(void)
{
    apr_thread_mutex_t *outer = lock_of(apr_pool_parent_get(carom__plat_pool()));

    apr_thread_mutex_unlock(lock_of(carom__plat_pool()));
    if (outer)
        apr_thread_mutex_unlock(outer);
}

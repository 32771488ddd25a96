/* Handles of the host.
 *
 * APR duplicates files only, and keeps the copy from children only where a file of its own is overwritten.  So, where
 * sockets are files (APR_FILES_AS_SOCKETS): a socket takes a number, APR gives the number up, and is then told that it is
 * a file to overwrite.  What APR remembers of that file cannot be forgotten, only used again with the same number: it is
 * kept, one for each number. */

#include "platform/portable/portable.h"

#include <apr_hash.h>
#include <apr_strings.h>

/* Files to overwrite, by their number.  In a pool that is never destroyed, which would close them; guarded by
 * carom__pools_hold. */
static apr_pool_t *kept;
static apr_hash_t *targets;

apr_socket_t *carom__socket_of(carom_native_t file, apr_pool_t *pool)
{
    apr_os_sock_t number = (apr_os_sock_t) file;
    apr_socket_t *socket = NULL;

    apr_os_sock_put(&socket, &number, pool);
    return socket;
}

apr_file_t *carom__file_of(carom_native_t file, apr_pool_t *pool)
{
    apr_os_file_t number = (apr_os_file_t) file;
    apr_file_t *opened = NULL;

    apr_os_file_put(&opened, &number, APR_FOPEN_READ | APR_FOPEN_WRITE, pool);
    return opened;
}

apr_status_t carom__file_make_private(carom_native_t file, apr_pool_t *pool)
{
    apr_socket_t *socket = carom__socket_of(file, pool);
    /* Without the first APR takes the second for done. */
    apr_status_t status = apr_socket_inherit_set(socket);

    return status == APR_SUCCESS ? apr_socket_inherit_unset(socket) : status;
}

static apr_status_t reserve(apr_os_file_t *number, apr_pool_t *pool)
{
    apr_os_sock_t taken, none = (apr_os_sock_t) -1;
    apr_socket_t *socket;
    apr_status_t status = carom__socket_create(&socket, pool);

    if (status != APR_SUCCESS)
        return status;
    apr_os_sock_get(&taken, socket);
    apr_os_sock_put(&socket, &none, pool);
    *number = (apr_os_file_t) (carom_native_t) taken;
    return APR_SUCCESS;
}

static apr_status_t make_target(apr_file_t **target, apr_os_file_t number)
{
    apr_os_file_t *key;
    apr_status_t status;

    if (kept == NULL) {
        if (carom__pool_create(&kept) != CAROM_OK)
            return APR_ENOMEM;
        targets = apr_hash_make(kept);
    }
    key = apr_pmemdup(kept, &number, sizeof number);
    /* Called a pipe, because that can be given to APR as its own; files cannot. */
    status = apr_os_pipe_put_ex(target, key, 1, kept);
    if (status == APR_SUCCESS)
        apr_hash_set(targets, key, sizeof *key, *target);
    return status;
}

static apr_status_t overwrite(apr_os_file_t number, carom_native_t file, apr_pool_t *pool)
{
    apr_file_t *target;
    apr_status_t status = APR_SUCCESS;

    carom__pools_hold();
    target = targets ? apr_hash_get(targets, &number, sizeof number) : NULL;
    if (target == NULL)
        status = make_target(&target, number);
    if (status == APR_SUCCESS)
        status = apr_file_dup2(target, carom__file_of(file, pool), pool);
    carom__pools_release();
    return status;
}

static apr_status_t duplicate(carom_native_t *copy, carom_native_t file, apr_pool_t *pool)
{
    apr_os_file_t number;
    apr_status_t status = reserve(&number, pool);

    if (status != APR_SUCCESS)
        return status;
    *copy = (carom_native_t) number;
    status = overwrite(number, file, pool);
    if (status != APR_SUCCESS)
        carom_plat_file_close(*copy);
    return status;
}

carom_status_t carom_plat_file_duplicate(carom_native_t *copy, carom_native_t file)
{
    apr_pool_t *scratch;
    carom_native_t made;
    apr_status_t status;

    *copy = CAROM_NATIVE_NONE;
    if (!APR_FILES_AS_SOCKETS)
        return CAROM_ENOTSUP;
    if (carom__pool_create(&scratch) != CAROM_OK)
        return CAROM_ENOMEM;
    status = duplicate(&made, file, scratch);
    apr_pool_destroy(scratch);
    if (status == APR_SUCCESS)
        *copy = made;
    return carom_plat_status(status);
}

void carom_plat_file_close(carom_native_t file)
{
    apr_pool_t *scratch;

    if (file == CAROM_NATIVE_NONE || carom__pool_create(&scratch) != CAROM_OK)
        return;
    apr_file_close(carom__file_of(file, scratch));
    apr_pool_destroy(scratch);
}

/* APR does not tell of forks: nothing is guarded here. */
void carom_plat_file_disown(carom_native_t file)
{
    (void) file;
}

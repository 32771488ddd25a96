/* Handles of the host.
 *
 * APR duplicates files only, inheritable, and owns the copy.  Where sockets are files (APR_FILES_AS_SOCKETS), the way round is: a
 * number that a socket took, given up by APR, then overwritten with the file. */

#include "platform/portable/portable.h"

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

static apr_status_t reserve(carom_native_t *number, apr_pool_t *pool)
{
    apr_os_sock_t taken, none = (apr_os_sock_t) -1;
    apr_socket_t *socket;
    apr_status_t status = carom__socket_create(&socket, pool);

    if (status != APR_SUCCESS)
        return status;
    apr_os_sock_get(&taken, socket);
    apr_os_sock_put(&socket, &none, pool);
    *number = (carom_native_t) taken;
    return APR_SUCCESS;
}

static apr_status_t duplicate(carom_native_t *copy, carom_native_t file, apr_pool_t *pool)
{
    apr_status_t status = reserve(copy, pool);

    if (status != APR_SUCCESS)
        return status;
    /* For a moment the copy is inheritable: not by children of ours. */
    carom__pools_hold();
    status = apr_file_dup2(carom__file_of(*copy, pool), carom__file_of(file, pool), pool);
    if (status == APR_SUCCESS)
        status = carom__file_make_private(*copy, pool);
    carom__pools_release();
    if (status != APR_SUCCESS)
        apr_file_close(carom__file_of(*copy, pool));
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

/* Loading shared objects, on APR. */

#include "platform/internal.h"

#include <apr_dso.h>

carom_status_t carom_plat_object_load(const char *path)
{
    apr_pool_t *root = carom__plat_pool();
    apr_dso_handle_t *handle;

    /* In the root pool, and never unloaded: entries of it may be under way in any thread. */
    return root && apr_dso_load(&handle, path, root) == APR_SUCCESS ? CAROM_OK : CAROM_ENOENT;
}

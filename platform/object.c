/* Loading shared objects, on APR. */

#include "platform/internal.h"

#include <apr_dso.h>

carom_status_t carom_plat_object_load(const char *path)
{
    apr_dso_handle_t *handle;

    /* In the root pool, and never unloaded: entries of it may be under way in any thread. */
    return apr_dso_load(&handle, path, carom__plat_pool()) == APR_SUCCESS ? CAROM_OK : CAROM_ENOENT;
}

/* Memory with a name: not on APR alone.  The file that apr_shm_create makes for a name is of its own form and place, and where
 * it is the system's shared memory the name is a hash that no other program knows. */

#include "platform/portable/portable.h"

#include <string.h>

const char *carom_plat_named_prefix(void)
{
    return "psm_";
}

carom_status_t carom_plat_named_create(carom_plat_named_t *named, const char *name, uint64_t size, unsigned mode,
                                       int64_t owner)
{
    (void) name;
    (void) size;
    (void) mode;
    (void) owner;
    memset(named, 0, sizeof *named);
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_named_attach(carom_plat_named_t *named, const char *name)
{
    (void) name;
    memset(named, 0, sizeof *named);
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_named_unlink(const carom_plat_named_t *named)
{
    (void) named;
    return CAROM_ENOTSUP;
}

void carom_plat_named_close(carom_plat_named_t *named)
{
    memset(named, 0, sizeof *named);
}

void carom_plat_named_reclaim(void)
{
}

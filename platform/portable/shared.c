/* Memory shared by processes: not on APR alone.  An apr_shm_t needs a name in the file system, which outlives a killed
 * process, and is real from the start or not at all. */

#include "platform/portable/portable.h"

int carom_plat_shared_possible(void)
{
    return 0;
}

carom_status_t carom_plat_shared_create(carom_plat_shared_t **shared, uint64_t size)
{
    (void) size;
    *shared = NULL;
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_shared_commit(carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    (void) shared;
    (void) offset;
    (void) length;
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_shared_map(void **at, carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    (void) shared;
    (void) offset;
    (void) length;
    *at = NULL;
    return CAROM_ENOTSUP;
}

void carom_plat_shared_unmap(void *at, size_t length)
{
    (void) at;
    (void) length;
}

void carom_plat_shared_close(carom_plat_shared_t **shared)
{
    *shared = NULL;
}

carom_status_t carom_plat_shared_claim(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark)
{
    (void) shared;
    (void) number;
    (void) mark;
    return CAROM_ENOTSUP;
}

int carom_plat_shared_is_alive(carom_plat_shared_t *shared, unsigned number, const carom_plat_mark_t *mark)
{
    (void) shared;
    (void) number;
    (void) mark;
    return 1;
}

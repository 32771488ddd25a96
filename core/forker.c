/* Keys of forkers. */

#include "core/forker.h"

#include <apr_general.h>

carom_status_t carom__forker_create(carom_plat_forker_t **forker, carom_native_t *theirs, unsigned char key[CAROM_PLAT_KEY])
{
    carom_status_t status = carom_plat_status(apr_generate_random_bytes(key, CAROM_PLAT_KEY));

    *forker = NULL;
    *theirs = CAROM_NATIVE_NONE;
    return status == CAROM_OK ? carom_plat_forker_create(forker, theirs, key) : status;
}

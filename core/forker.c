/* Keys of forkers, and asking them. */

#include "core/forker.h"

#include <apr_general.h>

/* The first request may go to a worker that dies with its forker, the second wait in a socket that is about to be closed: the
 * third hears that nobody is there. */
#define TRIES 3

carom_status_t carom__forker_create(carom_plat_forker_t **forker, carom_native_t *theirs, unsigned char key[CAROM_PLAT_KEY])
{
    carom_status_t status = carom_plat_status(apr_generate_random_bytes(key, CAROM_PLAT_KEY));

    *forker = NULL;
    *theirs = CAROM_NATIVE_NONE;
    return status == CAROM_OK ? carom_plat_forker_create(forker, theirs, key) : status;
}

carom_status_t carom__forker_launch(carom_plat_child_t **child, carom_plat_forker_t *forker, const carom_plat_launch_t *launch,
                                    int64_t deadline)
{
    carom_status_t status = CAROM_EDIED;
    int i;

    for (i = 0; i < TRIES && status == CAROM_EDIED; i++)
        status = carom_plat_forker_launch(child, forker, launch, deadline);
    return status;
}

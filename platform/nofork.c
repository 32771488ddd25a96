/* Systems and builds that cannot fork: core has no modes then that would. */

#include "platform/internal.h"

#include <stdlib.h>

int carom_plat_can_fork(void)
{
    return 0;
}

carom_plat_company_t carom_plat_company(int64_t deadline)
{
    (void) deadline;
    return carom__plat_threads() > 0 ? CAROM_PLAT_AMONG_OURS : CAROM_PLAT_ALONE;
}

carom_status_t carom_plat_fork(carom_plat_child_t **child, carom_plat_stream_t **control, carom_plat_shared_t **shared,
                               const carom_plat_launch_t *launch)
{
    (void) launch;
    *child = NULL;
    *control = NULL;
    *shared = NULL;
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_forker_create(carom_plat_forker_t **forker, carom_native_t *theirs,
                                        const unsigned char key[CAROM_PLAT_KEY])
{
    (void) key;
    *forker = NULL;
    *theirs = CAROM_NATIVE_NONE;
    return CAROM_ENOTSUP;
}

void carom_plat_forker_close(carom_plat_forker_t **forker)
{
    *forker = NULL;
}

carom_status_t carom_plat_forker_launch(carom_plat_child_t **child, carom_plat_forker_t *forker,
                                        const carom_plat_launch_t *launch, int64_t deadline)
{
    (void) forker;
    (void) launch;
    (void) deadline;
    *child = NULL;
    return CAROM_ENOTSUP;
}

carom_status_t carom_plat_forker_serve(carom_plat_stream_t **control, carom_plat_shared_t **shared, carom_native_t theirs,
                                       const unsigned char key[CAROM_PLAT_KEY])
{
    (void) key;
    *control = NULL;
    *shared = NULL;
    carom_plat_file_close(theirs);
    return CAROM_ENOTSUP;
}

void carom_plat_leave(int code)
{
    _Exit(code);
}

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

carom_status_t carom_plat_fork(carom_plat_child_t **child, carom_plat_stream_t **control, const carom_plat_launch_t *launch)
{
    (void) launch;
    *child = NULL;
    *control = NULL;
    return CAROM_ENOTSUP;
}

void carom_plat_leave(int code)
{
    _Exit(code);
}

/* What Unix has and Windows has not: signals that threads could block, and forks. */

#include "platform/windows/windows.h"

#include <string.h>

void carom_plat_signals_block(carom_plat_signals_t *before)
{
    memset(before, 0, sizeof *before);
}

void carom_plat_signals_restore(const carom_plat_signals_t *before)
{
    (void) before;
}

unsigned carom_plat_fork_count(void)
{
    return 0;
}

carom_status_t carom__plat_start_system(void)
{
    carom__stream_start();
    return CAROM_OK;
}

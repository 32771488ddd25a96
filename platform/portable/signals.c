/* Keeping the host's signals out of threads of ours: not possible on APR alone.
 *
 * apr_signal_block() blocks one signal without telling whether it was blocked before, so what was cannot be given back;
 * and apr_setup_signal_thread() is for good, and inside the new thread it would come too late.  Signals of the host may
 * land in our threads. */

#include "platform/platform.h"

void carom_plat_signals_block(carom_plat_signals_t *before)
{
    (void) before;
}

void carom_plat_signals_restore(const carom_plat_signals_t *before)
{
    (void) before;
}

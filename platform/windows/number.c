/* The number of a thread: the system's own, which debuggers show.  APR gives a pseudo handle, the same for all. */

#include "platform/windows/windows.h"

uint32_t carom_plat_thread_number(void)
{
    return (uint32_t) GetCurrentThreadId();
}

/* The number of a thread: Linux's own, which debuggers and /proc show.  APR gives what pthread_self() does, a pointer. */

#include "platform/unix/unix.h"

#include <unistd.h>

uint32_t carom_plat_thread_number(void)
{
    return (uint32_t) gettid();
}

/* The monotonic clock: APR has only the wall's. */

#include "platform/internal.h"

#include <time.h>

int64_t carom_plat_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

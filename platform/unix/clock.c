/* The monotonic clock: APR has only the wall's. */

#include "platform/unix/unix.h"

#include <time.h>

int64_t carom_plat_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

struct timespec carom__timespec(int64_t deadline)
{
    struct timespec time = {0, 0};

    if (deadline > 0) {
        time.tv_sec = (time_t) (deadline / 1000000);
        time.tv_nsec = (long) (deadline % 1000000) * 1000;
    }
    return time;
}

struct timespec carom__wall_timespec(int64_t deadline)
{
    struct timespec wall;

    clock_gettime(CLOCK_REALTIME, &wall);
    return carom__timespec((int64_t) wall.tv_sec * 1000000 + wall.tv_nsec / 1000 + (deadline - carom_plat_now()));
}

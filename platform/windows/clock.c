/* The monotonic clock: APR has only the wall's. */

#include "platform/windows/windows.h"

int64_t carom_plat_now(void)
{
    LARGE_INTEGER frequency, ticks;

    QueryPerformanceFrequency(&frequency);
    QueryPerformanceCounter(&ticks);
    /* In two parts: microseconds of a machine that is up for weeks, times the frequency, are more than 64 bits. */
    return ticks.QuadPart / frequency.QuadPart * 1000000 + ticks.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart;
}

/* Durations, and the deadlines made of them. */

#include "core/time.h"

/* Above this many seconds microseconds do not fit: "for ever" is meant. */
#define SECONDS_MAX 9.2e12

carom_duration_t carom_seconds(double seconds)
{
    if (!(seconds > 0))
        return 0;
    return seconds >= SECONDS_MAX ? CAROM_FOREVER : (carom_duration_t) (seconds * 1e6);
}

carom_duration_t carom_milliseconds(int64_t milliseconds)
{
    if (milliseconds <= 0)
        return 0;
    return milliseconds >= (int64_t) (SECONDS_MAX * 1e3) ? CAROM_FOREVER : milliseconds * 1000;
}

carom_duration_t carom_now(void)
{
    return carom_plat_now();
}

int64_t carom__deadline_after(carom_duration_t timeout)
{
    int64_t now = carom_plat_now();

    return timeout >= CAROM_PLAT_NEVER - now ? CAROM_PLAT_NEVER : now + timeout;
}

int carom__is_past(int64_t deadline)
{
    return deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline;
}

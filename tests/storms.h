/* What storms and the like share: how many rounds, naps, lots, and how late who goes on may be. */

#ifndef CAROM_TESTS_STORMS_H
#define CAROM_TESTS_STORMS_H

#include "shares.h"

#include <apr_time.h>

/* µs until somebody goes on; a busy machine may be late now and then, but never so late. */
#define SOON 100000
#define LATEST 5000000

/* Whether somebody went on that late. */
CAROM_UNUSED static int is_late(int64_t took)
{
    return took > in_time(SOON);
}

CAROM_UNUSED static void nap(int64_t microseconds)
{
    carom_duration_t now, until = carom_now() + microseconds;

    /* A signal ends it early. */
    while ((now = carom_now()) < until)
        apr_sleep(until - now);
}

/* In make check, where a sanitizer, and Windows, which is Wine, have a fourth of it; in make soak; or what ROUNDS says. */
CAROM_UNUSED static unsigned rounds_of(unsigned few, unsigned many)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS"), *soak = getenv("CAROM_SOAK");
    int rounds = wanted ? atoi(wanted) : 0;

    if (soak && *soak && strcmp(soak, "0") != 0)
        return many;
    return rounds > 0 ? (unsigned) rounds : on_windows() ? few / 4 : for_sanitizers(few, 4);
}

CAROM_UNUSED static unsigned draw(uint64_t *lot)
{
    *lot = *lot * 6364136223846793005u + 1442695040888963407u;
    return (unsigned) (*lot >> 33);
}

#endif

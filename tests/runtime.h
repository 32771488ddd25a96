/* What tests must know of what they run in: a sanitizer, which the compiler tells, or valgrind or qemu-user, which `make test`
 * tells. */

#ifndef CAROM_TESTS_RUNTIME_H
#define CAROM_TESTS_RUNTIME_H

#include <carom-harness.h>

#include "platform/inspect/inspect.h"

#include <stdlib.h>
#include <string.h>

/* By its name, or how names begin. */
CAROM_UNUSED static int runs_in(const char *runtime)
{
    const char *here = getenv("CAROM_RUNTIME");

    return here && strncmp(here, runtime, strlen(runtime)) == 0;
}

CAROM_UNUSED static int in_valgrind(void)
{
    return runs_in("valgrind");
}

CAROM_UNUSED static int in_qemu(void)
{
    return runs_in("qemu-");
}

/* Both make all slower, and keep freed memory for a while. */
CAROM_UNUSED static int has_sanitizer(void)
{
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    return 1;
#else
    return in_valgrind();
#endif
}

CAROM_UNUSED static unsigned for_sanitizers(unsigned rounds, unsigned divisor)
{
    if (!has_sanitizer())
        return rounds;
    return rounds / divisor > 0 ? rounds / divisor : 1;
}

/* Which is Wine: starting and ending a process takes tens of milliseconds. */
CAROM_UNUSED static int on_windows(void)
{
    return strcmp(carom_inspect_system(), "windows") == 0;
}

/* What natively ends in that time, µs. */
CAROM_UNUSED static int64_t in_time(int64_t limit)
{
    if (in_valgrind() || on_windows())
        return 10 * limit;
    return has_sanitizer() ? 5 * limit : limit;
}

/* Where each round starts a child: a program takes valgrind half a second, a fork a twentieth of it. */
CAROM_UNUSED static unsigned for_starts(unsigned rounds, const char *mode)
{
    if (!in_valgrind() || strcmp(mode, "thread") == 0)
        return rounds;
    return for_sanitizers(rounds, strcmp(mode, "spawn") == 0 ? 20 : 4);
}

#endif

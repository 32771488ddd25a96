/* A clock that never goes back, made of the only one APR has: the wall's.
 *
 * A wall clock that is set back is caught up with at the next look, and time goes on from there; what passed between the
 * two looks is lost, which is why no wait sleeps longer than a second.  One that is set forward cannot be told from time
 * that passed: deadlines are then met too early. */

#include "platform/internal.h"

#include <apr_time.h>

#include <stdatomic.h>

static _Atomic int64_t latest;        /* the greatest that was returned */
static _Atomic int64_t added;         /* the sum of all steps back */

int64_t carom_plat_now(void)
{
    int64_t before, sum, now;

    for (;;) {
        /* In this order: then `now` is behind `before` only if the clock was set back, not because this thread was slow. */
        before = atomic_load(&latest);
        sum = atomic_load(&added);
        now = apr_time_now() + sum;
        if (now >= before)
            break;
        atomic_compare_exchange_strong(&added, &sum, sum + (before - now));
    }
    while (before < now && !atomic_compare_exchange_weak(&latest, &before, now))
        ;
    return before < now ? now : before;
}

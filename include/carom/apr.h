/* The bridge for programs that use APR themselves.  Not included by carom.h.
 *
 * carom makes APR ready for itself, and only when it needs it, which in a worker may be never: whoever uses APR calls
 * apr_initialize(), in an entry too.  It counts its calls. */

#ifndef CAROM_APR_H
#define CAROM_APR_H

#include <carom/status.h>
#include <carom/time.h>

#include <apr_errno.h>
#include <apr_time.h>

/* The two status types are the same int with the same values; these say so where one is given for the other. */
static inline apr_status_t carom_status_to_apr(carom_status_t status)
{
    return status;
}

static inline carom_status_t carom_status_from_apr(apr_status_t status)
{
    return status;
}

/* apr_interval_time_t counts microseconds as carom does, and takes -1 for ever. */
static inline apr_interval_time_t carom_duration_to_apr(carom_duration_t duration)
{
    return duration == CAROM_FOREVER ? -1 : duration < 0 ? 0 : duration;
}

static inline carom_duration_t carom_duration_from_apr(apr_interval_time_t interval)
{
    return interval < 0 ? CAROM_FOREVER : interval;
}

#endif

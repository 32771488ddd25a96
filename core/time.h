/* Timeouts become deadlines once, at the public call, and are handed down as such. */

#ifndef CAROM_CORE_TIME_H
#define CAROM_CORE_TIME_H

#include "platform/platform.h"

/* The moment at which a timeout that begins now is over: CAROM_PLAT_NEVER for CAROM_FOREVER, 0 (the past) for a poll. */
int64_t carom__deadline_after(carom_duration_t timeout);

static inline int64_t carom__deadline(carom_duration_t timeout)
{
    return timeout == CAROM_FOREVER ? CAROM_PLAT_NEVER : timeout <= 0 ? 0 : carom__deadline_after(timeout);
}

/* 1 when the deadline is past. */
int carom__is_past(int64_t deadline);

#endif

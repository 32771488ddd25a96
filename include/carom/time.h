/* Time: durations in microseconds on the monotonic clock.  A clock that is set forward or back changes no timeout. */

#ifndef CAROM_TIME_H
#define CAROM_TIME_H

#include <carom/api.h>

CAROM_BEGIN

/* Microseconds.  As a timeout: 0 looks once and does not wait, CAROM_FOREVER waits until something happens or the peer dies,
 * where a peer is known: semaphores, events, conditions and queues have none; other negative numbers count as 0. */
typedef int64_t carom_duration_t;

#define CAROM_FOREVER ((carom_duration_t) INT64_MIN)

/* The duration of so many seconds: carom_seconds(0.25).  Negative and not-a-number give 0; more than 292,000 years give
 * CAROM_FOREVER. */
CAROM_API carom_duration_t carom_seconds(double seconds);

/* The duration of so many milliseconds, bounded as carom_seconds is. */
CAROM_API carom_duration_t carom_milliseconds(int64_t milliseconds);

/* Microseconds since some moment before the program began; never goes back.  Differs from process to process on some
 * systems: compare only within one. */
CAROM_API carom_duration_t carom_now(void);

CAROM_END

#endif

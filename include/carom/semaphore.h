/* Semaphores between the processes of a tree and between threads: a count that is waited on while it is 0.
 *
 * A semaphore has no owner: any thread may post what another has taken, and what a process had taken when it died is not given
 * back, nor told to who waits.  Where that matters, use a lock (carom/lock.h), which notices.
 *
 * Handles, sending, and cost are as those of a lock.
 */

#ifndef CAROM_SEMAPHORE_H
#define CAROM_SEMAPHORE_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_semaphore_t carom_semaphore_t;

#define CAROM_SEMAPHORE_MAX ((uint32_t) INT32_MAX)

/* Options of a semaphore.  NULL means the defaults. */
typedef struct carom_semaphore_options_t {
    size_t size;                   /* of this struct */
    uint32_t most;                 /* a release that would raise the count above it is refused: the initial count for a bounded
                                      semaphore; at most CAROM_SEMAPHORE_MAX, which 0 stands for */
} carom_semaphore_options_t;

#define CAROM_SEMAPHORE_OPTIONS_INIT {sizeof(carom_semaphore_options_t), 0}

/* Makes a semaphore with a count.  Statuses as carom_lock_create(), and CAROM_EINVAL for a count above options' most, or a most
 * above CAROM_SEMAPHORE_MAX. */
CAROM_API carom_status_t carom_semaphore_create(carom_semaphore_t **semaphore, carom_context_t *context, uint32_t count,
                                                const carom_semaphore_options_t *options) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(). */
CAROM_API void carom_semaphore_destroy(carom_semaphore_t **semaphore);

/* Waits until the count is above 0, and takes one off it.  CAROM_ETIMEOUT: it stayed 0; CAROM_EINVAL, CAROM_EFORKED.  No system
 * call when it is above 0. */
CAROM_API carom_status_t carom_semaphore_acquire(carom_semaphore_t *semaphore, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Adds `count` to it and wakes as many; 0 does nothing.  CAROM_EOVERFLOW: it would be above the most, and stays as it is;
 * CAROM_EINVAL, CAROM_EFORKED.  Does not block; may be called in a signal handler. */
CAROM_API carom_status_t carom_semaphore_release(carom_semaphore_t *semaphore, uint32_t count);

/* The count, which may be another when the call returns; 0 for what is no semaphore of this process. */
CAROM_API uint32_t carom_semaphore_count(const carom_semaphore_t *semaphore);

/* As those of a lock (carom/lock.h). */
CAROM_API carom_semaphore_t *carom_value_semaphore(carom_value_t value);
CAROM_API carom_status_t carom_value_take_semaphore(carom_semaphore_t **semaphore, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_semaphore_t *carom_arg_semaphore(const carom_call_t *call, size_t index);

CAROM_END

#endif

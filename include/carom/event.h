/* Events between the processes of a tree and between threads: a flag to wait for.
 *
 * Nobody is known who will set it, so a wait hears of nobody's death.  Handles, sending, and cost are as those of a lock
 * (carom/lock.h).
 */

#ifndef CAROM_EVENT_H
#define CAROM_EVENT_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_event_t carom_event_t;

/* Makes an event that is not set.  Statuses as carom_lock_create(). */
CAROM_API carom_status_t carom_event_create(carom_event_t **event, carom_context_t *context) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(). */
CAROM_API void carom_event_destroy(carom_event_t **event);

/* Sets the flag, if it is not, and wakes all who wait.  CAROM_EINVAL, CAROM_EFORKED.  Does not block, waits for nobody's
 * acknowledgement, and may be called in a signal handler. */
CAROM_API carom_status_t carom_event_set(carom_event_t *event);

/* Takes the flag back.  Who was waiting when it was set still gets CAROM_OK.  Statuses as set; in a signal handler, too. */
CAROM_API carom_status_t carom_event_clear(carom_event_t *event);

/* 1 when it is set; 0 when not, or for what is no event of this process. */
CAROM_API int carom_event_is_set(const carom_event_t *event);

/* Waits until it is set, or was since the call began.  CAROM_ETIMEOUT; CAROM_EINVAL, CAROM_EFORKED.  No system call when it is
 * set already. */
CAROM_API carom_status_t carom_event_wait(carom_event_t *event, carom_duration_t timeout) CAROM_MUST_CHECK;

/* As those of a lock (carom/lock.h). */
CAROM_API carom_event_t *carom_value_event(carom_value_t value);
CAROM_API carom_status_t carom_value_take_event(carom_event_t **event, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_event_t *carom_arg_event(const carom_call_t *call, size_t index);

CAROM_END

#endif

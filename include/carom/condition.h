/* Conditions between the processes of a tree and between threads: waiting, with a lock, until somebody says that what the lock
 * guards has changed.
 *
 *     carom_lock_acquire(carom_condition_lock(condition), CAROM_FOREVER);
 *     while (!there_is_work())
 *         carom_condition_wait(condition, CAROM_FOREVER);
 *
 * A wait does not hear of the death of who would have notified, as one that died with the lock: nobody knows who that is.  So
 * where that may be, wait with a timeout, and look at what is waited for.
 *
 * Nobody waits for the acknowledgement of who is woken, so one that dies asleep holds up nobody; and a notification that a
 * dead one did not live to take goes to another who waited at that time.
 *
 * Handles and sending are as those of a lock (carom/lock.h).  A condition has a lock: the one that it was made with, or
 * one of its own; who gets the condition gets the lock with it.  It costs 128 bytes of the memory that the tree shares beside
 * its lock, and 32 for each further handle.
 */

#ifndef CAROM_CONDITION_H
#define CAROM_CONDITION_H

#include <carom/lock.h>

CAROM_BEGIN

typedef struct carom_condition_t carom_condition_t;

/* Makes a condition with the lock given, whose handle stays the caller's and may be destroyed before the condition is;
 * NULL: a recursive lock of its own.  Statuses as carom_lock_create(), and those of acquire for a lock that is none. */
CAROM_API carom_status_t carom_condition_create(carom_condition_t **condition, carom_context_t *context,
                                                carom_lock_t *lock) CAROM_MUST_CHECK;

/* Lets go of a handle; the condition is freed with the last of them.  Its lock stays as it is.  *condition is NULL afterwards;
 * NULL is fine. */
CAROM_API void carom_condition_destroy(carom_condition_t **condition);

/* Its lock, which belongs to the condition: do not destroy it.  NULL for what is no condition. */
CAROM_API carom_lock_t *carom_condition_lock(const carom_condition_t *condition);

/* Gives up the lock, however often this thread has acquired it, waits until it is notified, and has the lock again as often.
 * CAROM_OK: notified; CAROM_ETIMEOUT: not in time; CAROM_EOWNERDEAD: either, and an owner of the lock has died, as acquire
 * says.  CAROM_ENOTOWNER: this thread does not have the lock; CAROM_EINVAL, CAROM_EFORKED.  May return CAROM_OK without a
 * notification after a process died that waited or notified: look at what is waited for.  When the timeout is over the lock is
 * still waited for, without a limit: its owner gives it up or dies. */
CAROM_API carom_status_t carom_condition_wait(carom_condition_t *condition, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Waits until predicate(baton), called with the lock held, is not 0; looks first.  CAROM_OK: it is; CAROM_EOWNERDEAD: it is,
 * and an owner of the lock died; CAROM_ETIMEOUT: it was still 0 when the time was over; CAROM_EINVAL also without a predicate.
 * Else as wait. */
CAROM_API carom_status_t carom_condition_wait_for(carom_condition_t *condition, int (*predicate)(void *baton), void *baton,
                                                  carom_duration_t timeout) CAROM_MUST_CHECK;

/* Wakes `count` of those who wait now, or all if they are fewer; 0 does nothing.  By the owner of the lock: CAROM_ENOTOWNER.
 * CAROM_EINVAL, CAROM_EFORKED.  Does not block. */
CAROM_API carom_status_t carom_condition_notify(carom_condition_t *condition, uint32_t count);

/* Wakes all who wait now. */
CAROM_API carom_status_t carom_condition_notify_all(carom_condition_t *condition);

/* As those of a lock (carom/lock.h). */
CAROM_API carom_condition_t *carom_value_condition(carom_value_t value);
CAROM_API carom_status_t carom_value_take_condition(carom_condition_t **condition, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_condition_t *carom_arg_condition(const carom_call_t *call, size_t index);

CAROM_END

#endif

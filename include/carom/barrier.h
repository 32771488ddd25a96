/* Barriers between the processes of a tree and between threads: a number of parties wait until all of them have come, again
 * and again.
 *
 * A barrier that cannot be passed any more is *broken*: somebody's time was over, somebody called abort, its action failed,
 * or a participant died.  Who waits then, or comes later, gets CAROM_EBROKEN, until somebody resets it.  A participant is
 * every process that has a handle: one that ends with it, other than by returning from its entry or by carom_exit(), breaks
 * the barrier, since nobody else knows whether it would have come.  That is noticed by who joins it, at once, and by who
 * waits at the barrier, within 100 ms; until then all may still pass it.  A process that has nothing more to do with it
 * destroys its handle.
 *
 * Handles, sending, and cost are as those of a lock (carom/lock.h).
 */

#ifndef CAROM_BARRIER_H
#define CAROM_BARRIER_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_barrier_t carom_barrier_t;

#define CAROM_PARTIES_MAX 65535

/* Makes a barrier for so many parties.  Statuses as carom_lock_create(), and CAROM_EINVAL for less than 1 or more than
 * CAROM_PARTIES_MAX. */
CAROM_API carom_status_t carom_barrier_create(carom_barrier_t **barrier, carom_context_t *context,
                                              uint32_t parties) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(). */
CAROM_API void carom_barrier_destroy(carom_barrier_t **barrier);

/* What the last to come does before all go on: returns 0, or a failure, which breaks the barrier, as does carom_exit() in it,
 * and the end of its process.  It must not be left otherwise, as by longjmp(). */
typedef carom_status_t (*carom_barrier_action_t)(void *baton);

/* From now on, calls through this handle run `action` when their caller is the last to come; NULL: none.  Functions have no
 * meaning elsewhere, so every party that may be the last sets its own.  CAROM_EINVAL, CAROM_EFORKED.  Not while other threads
 * use the handle. */
CAROM_API carom_status_t carom_barrier_action_set(carom_barrier_t *barrier, carom_barrier_action_t action, void *baton);

/* Waits until all parties have come.  *index (NULL is fine) is a number from 0 to parties - 1, another for each of them; 0 came
 * first.  CAROM_EBROKEN: the barrier is broken, or was reset while this one waited; CAROM_ETIMEOUT: the time was over, and the
 * barrier is broken by that; the action's failure, to who ran it; CAROM_EINVAL, CAROM_EFORKED.  *index is 0 after a failure. */
CAROM_API carom_status_t carom_barrier_wait(uint32_t *index, carom_barrier_t *barrier,
                                            carom_duration_t timeout) CAROM_MUST_CHECK;

/* Breaks it: who waits gets CAROM_EBROKEN.  CAROM_EINVAL, CAROM_EFORKED. */
CAROM_API carom_status_t carom_barrier_abort(carom_barrier_t *barrier);

/* Makes it whole and empty; who waits gets CAROM_EBROKEN.  CAROM_EINVAL, CAROM_EFORKED. */
CAROM_API carom_status_t carom_barrier_reset(carom_barrier_t *barrier);

/* How many it is for, how many wait now, and 1 when it is broken; 0 for what is no barrier of this process. */
CAROM_API uint32_t carom_barrier_parties(const carom_barrier_t *barrier);
CAROM_API uint32_t carom_barrier_waiting(const carom_barrier_t *barrier);
CAROM_API int carom_barrier_is_broken(const carom_barrier_t *barrier);

/* As those of a lock (carom/lock.h). */
CAROM_API carom_barrier_t *carom_value_barrier(carom_value_t value);
CAROM_API carom_status_t carom_value_take_barrier(carom_barrier_t **barrier, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_barrier_t *carom_arg_barrier(const carom_call_t *call, size_t index);

CAROM_END

#endif

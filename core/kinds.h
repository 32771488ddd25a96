/* The kinds of shareable objects, each in the file of its noun. */

#ifndef CAROM_CORE_KINDS_H
#define CAROM_CORE_KINDS_H

#include "core/share.h"

extern const carom__share_kind_t carom__kind_lock, carom__kind_semaphore, carom__kind_event, carom__kind_condition,
    carom__kind_barrier, carom__kind_queue, carom__kind_array, carom__kind_heap;

/* What they do when a process that has a handle is dead: carom__mourner_t. */
void carom__lock_mourn(void *block, carom__id_t object, carom__id_t dead);
void carom__condition_mourn(void *block, carom__id_t object, carom__id_t dead);
void carom__barrier_mourn(void *block, carom__id_t object, carom__id_t dead);
void carom__queue_mourn(void *block, carom__id_t object, carom__id_t dead);
void carom__array_mourn(void *block, carom__id_t object, carom__id_t dead);

/* The same for a lock that another object holds by this reference, and lends to its handles. */
void carom__lock_mourn_kept(carom__id_t reference, carom__id_t keeper, carom__id_t dead);

/* The entry of this thread ends, perhaps in the action of a barrier, which is broken then. */
void carom__barriers_quit(void);

/* For watches (core/watch.c): whether it is of use to try, and sleeping until it may be, the deadline, or for 50 ms.  Who is
 * woken there, and takes nothing, wakes the next. */
int carom__lock_is_ready(void *handle);
int carom__semaphore_is_ready(void *handle);
int carom__event_is_ready(void *handle);
int carom__queue_is_ready(void *handle);
void carom__lock_doze(void *handle, int64_t deadline);
void carom__semaphore_doze(void *handle, int64_t deadline);
void carom__event_doze(void *handle, int64_t deadline);
void carom__queue_doze(void *handle, int64_t deadline);

#endif

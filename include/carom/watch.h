/* Watches: something that the host's event loop can wait on, for a lock, a semaphore, an event or a queue.
 *
 *     carom_watch_create(&watch, carom_value_from(queue));
 *     add_to_loop(loop, carom_watch_native(watch));
 *     for (;;) {
 *         while (carom_watch_poll(watch) == CAROM_OK)
 *             if (carom_queue_get(&job, queue, 0) == CAROM_OK)
 *                 handle(job);
 *         wait_for_readable(loop);
 *     }
 *
 * There is none for a condition or a barrier: waiting there is an act by itself, a ticket or an arrival, and not looking.
 *
 * It tells that one may try: others may be faster.  Without a watch none of these has anything of the system's; a watch has a
 * thread of its own, from the first poll that finds nothing, and, but on Windows, two descriptors.
 */

#ifndef CAROM_WATCH_H
#define CAROM_WATCH_H

#include <carom/value.h>

CAROM_BEGIN

typedef struct carom_watch_t carom_watch_t;

/* Makes a watch for what is in the value: a lock, ready when nobody has it, or its owner has died; a semaphore, when its
 * count is above 0; an event, when it is set; a queue, when there is something to get, or it is closed.  The watch has a
 * handle of its own. CAROM_ETYPE: something else; CAROM_EINVAL: a handle that is none; CAROM_EMFILE, CAROM_ENOMEM;
 * CAROM_EFORKED; CAROM_ETIMEOUT: another process of the tree was stopped while it had the lock of what they share,
 * for 0.1 s. */
CAROM_API carom_status_t carom_watch_create(carom_watch_t **watch, carom_value_t object) CAROM_MUST_CHECK;

/* Ends it: wait for the thread takes 50 ms at most.  Take the native out of the loop before.  *watch is NULL afterwards; NULL
 * is fine. */
CAROM_API void carom_watch_destroy(carom_watch_t **watch);

/* What the loop waits on: a descriptor, for reading, or on Windows an event; good for carom_wait (carom/wait.h), too.  It
 * belongs to the watch: neither read, reset nor close it.  CAROM_NATIVE_NONE for what is no watch of this process. */
CAROM_API carom_native_t carom_watch_native(const carom_watch_t *watch);

/* CAROM_OK: it is ready; CAROM_ETIMEOUT: it is not, and the native tells when it is.  CAROM_EINVAL, CAROM_EFORKED;
 * CAROM_EAGAIN, CAROM_ENOMEM: no thread.  Does not block.  By one thread at a time. */
CAROM_API carom_status_t carom_watch_poll(carom_watch_t *watch) CAROM_MUST_CHECK;

CAROM_END

#endif

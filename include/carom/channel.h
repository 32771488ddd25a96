/* Channels: a started process, or thread, together with a connection to it.
 *
 *     CAROM_TASK(add_up)
 *     {
 *         carom_connection_t *starter = carom_call_channel(call);
 *         ...
 *         return carom_connection_send(starter, carom_value_from_int(sum), CAROM_FOREVER) != CAROM_OK;
 *     }
 *     ...
 *     carom_channel_start(&channel, NULL, carom_call(add_up, 1, 100));
 *     carom_connection_receive(&sum, carom_channel_connection(channel), carom_seconds(10));
 *     carom_channel_destroy(&channel);
 *
 * What is said over it is said by the calls of carom/connection.h, and the process is asked by those of carom/process.h.  The
 * end of the process is no message: when all that it sent was received, receiving gives CAROM_EEOF, and
 * carom_process_outcome(carom_channel_process(channel)) tells how it ended, with its exit code or signal.
 *
 * A channel belongs to the process that made it, and may be used by all its threads; destroy it once, when no other call is
 * under way.
 */

#ifndef CAROM_CHANNEL_H
#define CAROM_CHANNEL_H

#include <carom/connection.h>
#include <carom/process.h>

CAROM_BEGIN

typedef struct carom_channel_t carom_channel_t;

/* Starts an entry that has a connection to its starter, besides its arguments, which keep their numbers.  Duplex, with the
 * limits of a pair without options.  Options and statuses as carom_process_start_with(), and those of carom_connection_pair();
 * *channel is NULL after a failure, and nothing is left of it. */
CAROM_API carom_status_t carom_channel_start(carom_channel_t **channel, carom_context_t *context,
                                             carom_request_t request) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_channel_start_with(carom_channel_t **channel, carom_context_t *context, carom_request_t request,
                                                  const carom_process_options_t *options) CAROM_MUST_CHECK;

/* In an entry: the connection to the starter, NULL when it was started without a channel.  It belongs to the call, which closes
 * it when the entry has ended: do not close it.  It may be sent to somebody else, and is gone from here then. */
CAROM_API carom_connection_t *carom_call_channel(const carom_call_t *call);

/* Forks this process, and returns in both: in the parent with a channel to the child, in the child with one to the parent.  For
 * contexts of the mode fork (carom_context_can(context, CAROM_CAN_CREATE)), NULL is the default context.
 *
 * The child is a process of carom: it has a name, a parent (carom_self()), standard streams and all else as its options say,
 * the default signal dispositions, and ends with its parent.  It has the memory of the parent, but none of the objects of carom
 * in it: those return CAROM_EFORKED there, and freeing one does nothing to what it names.  It ends by carom_channel_exit().
 * Called in an entry, the call is the parent's as well: the child must not return to it.
 *
 * CAROM_ENOTSUP: another mode.  CAROM_EBUSY: any other thread runs in this program, one of carom's too, which is what a fork
 * would lose; no template helps, since it has another place to go on from.  Else as carom_channel_start_with().  A failure
 * after the fork is the parent's alone to see, as an outcome: the child ends without having returned. */
CAROM_API carom_status_t carom_channel_create(carom_channel_t **channel, carom_context_t *context,
                                              const carom_process_options_t *options) CAROM_MUST_CHECK;

/* 1 in the child that carom_channel_create() made, else 0. */
CAROM_API int carom_channel_is_child(const carom_channel_t *channel);

/* Ends the child that carom_channel_create() made, with an exit code of which the low 8 bits count: flushes stdout and stderr,
 * and runs neither the host's atexit handlers nor its destructors.  What was sent reaches the parent.  In any other process it
 * ends that one in the same way. */
CAROM_API void carom_channel_exit(carom_channel_t *channel, int code) CAROM_NORETURN;

/* Its connection and its process, which belong to the channel.  NULL for a NULL channel; a child has no process of its parent.
 * */
CAROM_API carom_connection_t *carom_channel_connection(const carom_channel_t *channel);
CAROM_API carom_process_t *carom_channel_process(const carom_channel_t *channel);

/* Closes the connection, so that a process which waits for us gets CAROM_EEOF, and destroys the process: see
 * carom_process_destroy() for the time it takes, and its statuses.  In the child the connection is all there is.  *channel is
 * NULL afterwards; NULL is fine.  CAROM_EINVAL: not a channel. */
CAROM_API carom_status_t carom_channel_destroy(carom_channel_t **channel);

CAROM_END

#endif

/* Connections: two ends that pass whole messages, each bytes or a value, in order.
 *
 * Several threads may use one end: senders take turns, receivers take turns, and a sender does not wait for a receiver.  An end
 * belongs to one process.  Sending it (in a value, or as an argument of a start) moves it: this side's object remains only
 * to be closed.
 *
 * Five ways in which a call does not get its message are five statuses:
 *   CAROM_ETIMEOUT    nothing came in time; nothing is lost
 *   CAROM_EEOF        the other end was closed or its process died, between messages; all its messages were received
 *   CAROM_ETRUNCATED  the same, inside a message
 *   CAROM_ETOOBIG     the next message is larger than asked for; it stays, to be received with more room or skipped
 *   CAROM_ECLOSED     this end was closed, by us
 *
 * Whatever its timeout is, a call may take 1 s longer while the system has no memory for the byte that wakes one who sleeps at
 * the other end: to send, and for who receives, polls or waits, to say that there is room.  A close waits for such a call.
 */

#ifndef CAROM_CONNECTION_H
#define CAROM_CONNECTION_H

#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_connection_t carom_connection_t;

/* What carom_connection_pair makes. */
typedef enum carom_direction_t {
    CAROM_DUPLEX = 0,
    CAROM_ONE_WAY = 1      /* the first end receives, the second sends */
} carom_direction_t;

/* Options of a pair, for both ends.  NULL means the defaults. */
typedef struct carom_connection_options_t {
    size_t size;                   /* of this struct */
    carom_direction_t direction;
    carom_limits_t limits;         /* of values sent, with some 60 bytes for each handle in them, and of messages received, but
                                      receive_into goes by its buffer alone; 0 means the default */
} carom_connection_options_t;

#define CAROM_CONNECTION_OPTIONS_INIT {sizeof(carom_connection_options_t), CAROM_DUPLEX, {0, 0, 0}}

/* What the next message is. */
typedef enum carom_kind_t { CAROM_MESSAGE_BYTES = 1, CAROM_MESSAGE_VALUE = 2 } carom_kind_t;

/* Makes two connected ends, good in every mode.  CAROM_EMFILE, CAROM_ENOMEM; CAROM_ETIMEOUT: another process of the tree was
 * stopped while it had the lock of what they share, and did not go on for 5 s.  Both are NULL after a failure.  Two
 * descriptors. */
CAROM_API carom_status_t carom_connection_pair(carom_connection_t **one, carom_connection_t **other,
                                               const carom_connection_options_t *options) CAROM_MUST_CHECK;

/* What a connection on an open file can do. */
enum { CAROM_RECEIVES = 1, CAROM_SENDS = 2 };

/* Makes a connection of an open stream socket or pipe of the host, in the form that doc/wire.md describes: the other end is
 * another such connection, or a program that speaks the same.  able: CAROM_RECEIVES, CAROM_SENDS, or both for a socket.
 * options: direction counts for nothing.  The connection owns the file from then on, also when the call fails.  Handles travel
 * over Unix sockets only: over others sending one is CAROM_ENOTSUP.  On Windows an overlapped named pipe, on APR alone a
 * connected TCP socket.  CAROM_EINVAL: able; CAROM_ENOTSUP: neither a stream socket nor a pipe, or the system cannot;
 * CAROM_ENOMEM. */
CAROM_API carom_status_t carom_connection_open(carom_connection_t **connection, carom_native_t file, int able,
                                               const carom_connection_options_t *options) CAROM_MUST_CHECK;

/* Closes an end and frees it; the other end gets what was sent, then CAROM_EEOF.  Wakes this process's threads that wait on it:
 * they return CAROM_ECLOSED.  *connection is NULL afterwards; NULL is fine.  No call on it may begin after close has.  One that
 * another thread is sending has moved, when that succeeds, and is closed by that thread when it does not.  Waits only until the
 * threads that use it have left: at once, on a pipe of the host's within 50 ms; but 0.1 s for each connection that one of them
 * takes back from a message which failed, while another process of the tree is stopped with the lock of what they share. */
CAROM_API void carom_connection_close(carom_connection_t **connection);

/* Sends `length` bytes as one message; 0 is a message too, NULL is fine for it.  Blocks while the other end does not make room.
 * CAROM_ETIMEOUT: the message was not begun, or, when some of it had gone, this side's sending is broken and the other gets
 * CAROM_ETRUNCATED; CAROM_EBROKEN: so it was; CAROM_EEOF: the other end is closed; CAROM_ECLOSED, CAROM_EMOVED, CAROM_EFORKED;
 * CAROM_ENOTSUP: this end only receives; CAROM_ETOOBIG: over 2^62 bytes. */
CAROM_API carom_status_t carom_connection_send_bytes(carom_connection_t *connection, const void *bytes, size_t length,
                                                     carom_duration_t timeout) CAROM_MUST_CHECK;

/* Sends a value, which stays the caller's.  Connections in it are moved, when the call succeeds; open files are duplicated;
 * at most 64 of both.  Who gets locks and their like, at most 65,535, has handles of his own.  Statuses as send_bytes;
 * CAROM_ETOOBIG, CAROM_EDEPTH, CAROM_ECOUNT, CAROM_EUTF8 for the value; CAROM_ENOMEM; CAROM_EINVAL: the connection in
 * itself, or a file that is not open; CAROM_EBUSY: a connection in it is in use, has received half a message or
 * the handles of one, or is broken; CAROM_EMFILE; CAROM_ENOTSUP: handles where the build cannot pass them, a connection, lock or
 * the like over one that was made of the host's own file, or a lock or the like where they are for threads alone. */
CAROM_API carom_status_t carom_connection_send(carom_connection_t *connection, carom_value_t value,
                                               carom_duration_t timeout) CAROM_MUST_CHECK;

/* Receives the next message as a value: a bytes message gives a bytes value.  The caller clears it.  Besides the five
 * statuses: CAROM_EBADMSG, CAROM_EVERSION, CAROM_EDEPTH, CAROM_ECOUNT, CAROM_EUTF8: the message was received and is no good
 * value, later ones can be received; CAROM_EBROKEN: what came is no message at all, and nothing more can be received;
 * CAROM_ENOMEM: the message stays when its bytes found no memory, and is lost when its value did; CAROM_EMFILE: no room for
 * its handles, it is lost; CAROM_EBUSY: another process of the tree was stopped while it had the lock of what they share, and a
 * connection or lock that came along could not be taken over, for 1 s, however long the timeout is: the message is lost, and
 * the connection closed; CAROM_EMOVED, CAROM_EFORKED; CAROM_ENOTSUP: this end only sends.  Memory grows as bytes arrive. */
CAROM_API carom_status_t carom_connection_receive(carom_value_t *value, carom_connection_t *connection,
                                                  carom_duration_t timeout) CAROM_MUST_CHECK;

/* Receives the next bytes message into memory that the caller frees with carom_free(); never NULL on success.  maximum: in
 * bytes, 0 for the connection's limit.  CAROM_ETYPE: the next message is a value, and stays. */
CAROM_API carom_status_t carom_connection_receive_bytes(void **bytes, size_t *length, carom_connection_t *connection,
                                                        size_t maximum, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Receives the next bytes message into the caller's buffer.  *length is its length, also with CAROM_ETOOBIG, when the buffer is
 * untouched and the message stays.  CAROM_ETYPE as above.  CAROM_ENOMEM: no memory to look at the message, which stays; or the
 * call was cut off inside a long one, and there was none to keep what had come: then nothing more can be received.  For short
 * messages there is no allocation. */
CAROM_API carom_status_t carom_connection_receive_into(void *buffer, size_t size, size_t *length,
                                                       carom_connection_t *connection, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Drops the next message without keeping it, however large.  CAROM_ETIMEOUT: also when its bytes went on coming, a MiB or more
 * of them; what is left of it goes on being dropped by the next call that receives. */
CAROM_API carom_status_t carom_connection_skip(carom_connection_t *connection, carom_duration_t timeout) CAROM_MUST_CHECK;

/* CAROM_OK when a receive would begin at once: a message has begun to arrive, or the end is there (then receive says which).
 * CAROM_ETIMEOUT, CAROM_ECLOSED, CAROM_EMOVED, CAROM_EFORKED, CAROM_ENOTSUP. */
CAROM_API carom_status_t carom_connection_poll(carom_connection_t *connection, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Something the host's event loop can wait on: a descriptor, for reading; on Windows an event.  It tells of what comes after
 * carom_connection_poll() returned CAROM_ETIMEOUT to the thread of the loop; so before each waiting, poll, and receive as long
 * as that is CAROM_OK:
 *
 *     for (;;) {
 *         while (carom_connection_poll(connection, 0) == CAROM_OK)
 *             receive_and_handle(connection);
 *         wait_for_readable(native, …);
 *     }
 *
 * It may be readable when nothing came.  Other threads may send, receive and poll meanwhile where there is epoll, and on
 * Windows; elsewhere only the thread of the loop may use the connection.  Two loops do not share one.  It belongs to the
 * connection, and is made by the first call: on Linux two descriptors, on Windows an event.  Neither read, reset nor close it,
 * and take it out of the loop before the connection is closed or sent away.  It tells nothing of a message whose sender found no
 * memory to wake anybody for 1 s, until the next one comes.  CAROM_ECLOSED, CAROM_EMOVED, CAROM_EFORKED;
 * CAROM_ENOTSUP: this end only sends, or, on Windows, is a pipe of the host's that is not overlapped; CAROM_EMFILE,
 * CAROM_ENOMEM. */
CAROM_API carom_status_t carom_connection_native(carom_native_t *native, carom_connection_t *connection) CAROM_MUST_CHECK;

/* 1 for what the end can do. */
CAROM_API int carom_connection_readable(const carom_connection_t *connection);
CAROM_API int carom_connection_writable(const carom_connection_t *connection);

CAROM_END

#endif

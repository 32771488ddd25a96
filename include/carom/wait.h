/* Waiting on many things at once: connections, ends of processes, and the host's own descriptors, sockets or handles. */

#ifndef CAROM_WAIT_H
#define CAROM_WAIT_H

#include <carom/connection.h>
#include <carom/process.h>

CAROM_BEGIN

typedef enum carom_wait_kind_t {
    CAROM_WAIT_NOTHING = 0,      /* a place to leave out */
    CAROM_WAIT_CONNECTION = 1,   /* ready when carom_connection_poll would return CAROM_OK, or an error */
    CAROM_WAIT_PROCESS = 2,      /* ready when it has ended */
    CAROM_WAIT_FILE = 3,         /* a descriptor: readable, at its end, or in error; on Windows any HANDLE that can be signalled */
    CAROM_WAIT_SOCKET = 4,       /* a socket: readable, closed, or in error; on Unix the same as CAROM_WAIT_FILE */
    CAROM_WAIT_MORE = 5          /* a connection of which a receive has taken part of a message: ready when there is more of it,
                                    or an error, where CAROM_WAIT_CONNECTION is ready at once */
} carom_wait_kind_t;

typedef struct carom_wait_item_t {
    carom_wait_kind_t kind;
    carom_connection_t *connection;
    carom_process_t *process;
    carom_native_t file;
    int ready;                   /* set by carom_wait: 1 or 0 */
} carom_wait_item_t;

static inline carom_wait_item_t carom_wait_connection(carom_connection_t *connection)
{
    carom_wait_item_t item = {CAROM_WAIT_CONNECTION, NULL, NULL, CAROM_NATIVE_NONE, 0};
    item.connection = connection;
    return item;
}

static inline carom_wait_item_t carom_wait_more(carom_connection_t *connection)
{
    carom_wait_item_t item = {CAROM_WAIT_MORE, NULL, NULL, CAROM_NATIVE_NONE, 0};
    item.connection = connection;
    return item;
}

static inline carom_wait_item_t carom_wait_process(carom_process_t *process)
{
    carom_wait_item_t item = {CAROM_WAIT_PROCESS, NULL, NULL, CAROM_NATIVE_NONE, 0};
    item.process = process;
    return item;
}

static inline carom_wait_item_t carom_wait_file(carom_native_t file)
{
    carom_wait_item_t item = {CAROM_WAIT_FILE, NULL, NULL, CAROM_NATIVE_NONE, 0};
    item.file = file;
    return item;
}

static inline carom_wait_item_t carom_wait_socket(carom_native_t socket)
{
    carom_wait_item_t item = {CAROM_WAIT_SOCKET, NULL, NULL, CAROM_NATIVE_NONE, 0};
    item.file = socket;
    return item;
}

/* Waits until at least one of `count` items is ready, at most `timeout`, and sets `ready` of every item.  *ready_count (NULL is
 * fine) says how many are.  Any number of items, on Windows too.  A signal does not end it.
 * CAROM_ETIMEOUT: none is ready (with no items: after the timeout; with CAROM_FOREVER and none to wait on, CAROM_EINVAL).
 * CAROM_EINVAL: an item names nothing, or a file that is not open.  CAROM_EMFILE, CAROM_ENOMEM.
 * Messages of a connection that another thread receives from may be seen up to a second late.
 * A connection that is waited on cannot be sent: CAROM_EBUSY to who tries.  Closing it, or destroying a process, makes its item
 * ready; then nothing more can be asked of it. */
CAROM_API carom_status_t carom_wait(carom_wait_item_t *items, size_t count, size_t *ready_count,
                                    carom_duration_t timeout) CAROM_MUST_CHECK;

CAROM_END

#endif

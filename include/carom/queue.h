/* Queues between the processes of a tree and between threads: any number put, any number get, each item goes to one of them.
 *
 *     CAROM_TASK(work)
 *     {
 *         carom_queue_t *jobs = carom_arg_queue(call, 0);
 *         carom_value_t job;
 *
 *         while (carom_queue_get(&job, jobs, CAROM_FOREVER) == CAROM_OK) {
 *             ...
 *             carom_value_clear(&job);
 *             carom_queue_task_done(jobs, 1);
 *         }
 *         return 0;
 *     }
 *
 * An item is bytes or a value, as the messages of a connection.  A put that returned CAROM_OK has put the item: there is no
 * thread that would do it later, and no process waits at its end for what it has put.  Items of one producer come out in the
 * order in which it put them.
 *
 * Who is killed leaves no half item behind.  One that is killed while it gets may take along what it was getting: the item, or
 * the items of one carom_queue_get_array(); nothing else is lost, and nothing comes out twice.
 *
 * A get waits for whoever may still put something, and a put for whoever may still get: anybody who has a handle.  Nobody can
 * say of them that they never will, so where that may be, wait with a timeout, or close the queue.
 *
 * A queue may be an argument of an entry, and may be sent over connections and queues of its tree at any time; who gets it
 * has a handle of his own, and the sender keeps his.  It lives, with what is in it, as long as anybody has a handle, or an item
 * in a queue that lives has it: two that have each other live until the tree ends.  It costs some 9 KiB of the memory that the
 * tree shares, more as it is filled, and no descriptor and no thread; for a loop of the host's there are watches
 * (carom/watch.h).  A handle may be used by all threads of its process at once; destroy it when no other call on it is under
 * way.  None of this may be done in a signal handler.
 */

#ifndef CAROM_QUEUE_H
#define CAROM_QUEUE_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_queue_t carom_queue_t;

#define CAROM_QUEUE_ITEMS_MAX ((uint32_t) INT32_MAX)
#define CAROM_QUEUE_BYTES_MAX ((uint64_t) 256 << 20)

/* Options of a queue.  NULL means the defaults. */
typedef struct carom_queue_options_t {
    size_t size;                   /* of this struct */
    uint64_t bytes;                /* what all items in it may come to, where each counts for its length and 8 bytes, rounded up
                                      to whole 64: 0 for 64 MiB; from 64 to CAROM_QUEUE_BYTES_MAX.  Of memory they may take
                                      two or three times as much */
    carom_limits_t limits;         /* of the values that are put and got; 0 means the default */
} carom_queue_options_t;

#define CAROM_QUEUE_OPTIONS_INIT {sizeof(carom_queue_options_t), 0, {0, 0, 0}}

/* Makes a queue that has at most `items` items at a time, up to CAROM_QUEUE_ITEMS_MAX; 0: as many as its bytes allow.  Statuses
 * as carom_lock_create(), and CAROM_EINVAL for items, bytes or limits beyond what they may be. */
CAROM_API carom_status_t carom_queue_create(carom_queue_t **queue, carom_context_t *context, uint32_t items,
                                            const carom_queue_options_t *options) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(); the last one drops what is in the queue. */
CAROM_API void carom_queue_destroy(carom_queue_t **queue);

/* ---- putting ---- */

/* Puts `length` bytes as one item; NULL is fine for none.  Waits while there is no room.  CAROM_ETIMEOUT: there was none, or
 * a process of the tree is stopped in the middle of a put; nothing was put.  CAROM_ECLOSED: the queue is; CAROM_ETOOBIG: more
 * than all its bytes; CAROM_ENOMEM: no memory for the item, though the queue would have it; CAROM_EBROKEN: something has
 * written over the queue; CAROM_EINVAL: not a queue, or no bytes where there should be some; CAROM_EFORKED: the handle is the
 * parent's; the first call in an entry that runs in a thread also what carom_lock_acquire() says of it.  No system call when
 * there is room and nobody sleeps. */
CAROM_API carom_status_t carom_queue_put_bytes(carom_queue_t *queue, const void *bytes, size_t length,
                                               carom_duration_t timeout) CAROM_MUST_CHECK;

/* Puts a value, which stays the caller's.  Locks, queues and their like may be in it, at most 65,535: who gets the item has
 * handles of his own.  Statuses as put_bytes; CAROM_ETOOBIG, CAROM_EDEPTH, CAROM_ECOUNT, CAROM_EUTF8 for the value;
 * CAROM_EINVAL: the queue in itself; CAROM_ENOTSUP: connections and open files, which a queue cannot keep; CAROM_ETIMEOUT
 * also when another process of the tree is stopped that has the lock of what they share. */
CAROM_API carom_status_t carom_queue_put(carom_queue_t *queue, carom_value_t value, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Puts `count` items of `size` bytes each, from an array, at far less cost than one after the other.  *put is how many, also
 * after a failure: a first part of them, which stays in the queue.  Statuses as put_bytes; CAROM_EINVAL: a size of 0. */
CAROM_API carom_status_t carom_queue_put_array(size_t *put, carom_queue_t *queue, const void *items, size_t size, size_t count,
                                               carom_duration_t timeout) CAROM_MUST_CHECK;

/* ---- getting ---- */

/* Gets an item as a value; one of bytes gives a bytes value.  The caller clears it.  Waits while there is none.
 * CAROM_ETIMEOUT: none came, or a process of the tree is stopped in the middle of a get, or while it has the lock of what they
 * share (then 0.1 s late, of an item of more than 16 KiB); CAROM_EEOF: the queue is closed and empty; CAROM_EBADMSG,
 * CAROM_EDEPTH, CAROM_ECOUNT, CAROM_EUTF8, CAROM_EVERSION: it is no good value, and is taken out; CAROM_ENOMEM: it stays, but
 * for one of more than 16 KiB, or with locks and the like in it, which may be lost; CAROM_EBUSY: another process of the tree
 * was stopped while it had the lock of what they share, and what came along could not be taken over, for 1 s, however long
 * the timeout is: the item is lost; CAROM_EBROKEN: something has written over the queue; CAROM_EINVAL, CAROM_EFORKED as
 * put_bytes. */
CAROM_API carom_status_t carom_queue_get(carom_value_t *value, carom_queue_t *queue, carom_duration_t timeout) CAROM_MUST_CHECK;

/* As carom_queue_get, with the same statuses, of an item of bytes into memory that the caller frees with carom_free(); never
 * NULL on success.  maximum: in bytes, 0 for no limit.  CAROM_ETYPE: the next item is a value, CAROM_ETOOBIG: it is longer,
 * and *length says how long: it stays. */
CAROM_API carom_status_t carom_queue_get_bytes(void **bytes, size_t *length, carom_queue_t *queue, size_t maximum,
                                               carom_duration_t timeout) CAROM_MUST_CHECK;

/* Likewise into the caller's buffer.  *length is its length, also with CAROM_ETOOBIG, when the buffer is untouched
 * and the item stays.  CAROM_ETYPE as above.  Of short items there is no allocation. */
CAROM_API carom_status_t carom_queue_get_into(void *buffer, size_t size, size_t *length, carom_queue_t *queue,
                                              carom_duration_t timeout) CAROM_MUST_CHECK;

/* Likewise up to `count` items of `size` bytes each into an array: waits for the first, and takes of the others what is there.
 * *got is how many, 0 after a failure.  CAROM_ETYPE: the next item is a value, or of another length, and stays; one that comes
 * later ends the array before it.  CAROM_EINVAL: a size or a count of 0. */
CAROM_API carom_status_t carom_queue_get_array(void *items, size_t size, size_t count, size_t *got, carom_queue_t *queue,
                                               carom_duration_t timeout) CAROM_MUST_CHECK;

/* ---- its end ---- */

/* Nobody can put anything from now on, in any process: CAROM_ECLOSED, also for those who wait.  What is in it can be got, and
 * then CAROM_EEOF.  What is closed is closed: a second call does nothing.  CAROM_ETIMEOUT: a process of the tree is stopped in
 * the middle of a put, for 5 s; CAROM_ENOMEM: no memory to map it; CAROM_EBROKEN: something has written over it; CAROM_EINVAL,
 * CAROM_EFORKED. */
CAROM_API carom_status_t carom_queue_close(carom_queue_t *queue);

/* ---- work that is done ---- */

/* Says that `count` of the items that were got are done with.  CAROM_EOVERFLOW: more than were ever put, and nothing happens;
 * CAROM_EINVAL, CAROM_EFORKED.  Does not block. */
CAROM_API carom_status_t carom_queue_task_done(carom_queue_t *queue, uint32_t count);

/* Waits until as many items are done as were put.  CAROM_ETIMEOUT: they are not; CAROM_EDIED: a process has died that had the
 * queue, and what it had got may never be done; said to all who wait then, or to the first who comes later, and who calls
 * again goes on waiting.  CAROM_EINVAL, CAROM_EFORKED.  An item that was lost, or was no good value, counts as one, too. */
CAROM_API carom_status_t carom_queue_join(carom_queue_t *queue, carom_duration_t timeout) CAROM_MUST_CHECK;

/* ---- asking: what may be otherwise when the call returns.  0 for what is no queue of this process ---- */

/* How many items are in it; and how many are not done yet. */
CAROM_API uint32_t carom_queue_size(const carom_queue_t *queue);
CAROM_API uint32_t carom_queue_unfinished(const carom_queue_t *queue);

/* How many items may be in it, 0 where only its bytes count. */
CAROM_API uint32_t carom_queue_capacity(const carom_queue_t *queue);

CAROM_API int carom_queue_is_empty(const carom_queue_t *queue);

/* 1: not even an item of no bytes would find room. */
CAROM_API int carom_queue_is_full(const carom_queue_t *queue);
CAROM_API int carom_queue_is_closed(const carom_queue_t *queue);

/* As those of a lock (carom/lock.h). */
CAROM_API carom_queue_t *carom_value_queue(carom_value_t value);
CAROM_API carom_status_t carom_value_take_queue(carom_queue_t **queue, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_queue_t *carom_arg_queue(const carom_call_t *call, size_t index);

CAROM_END

#endif

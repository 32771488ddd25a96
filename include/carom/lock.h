/* Locks that survive their owners, between the processes of a tree and between threads.
 *
 *     CAROM_TASK(add)
 *     {
 *         carom_lock_t *lock = carom_arg_lock(call, 0);
 *
 *         if (carom_lock_acquire(lock, CAROM_FOREVER) == CAROM_EOWNERDEAD)
 *             repair(...), carom_lock_recover(lock);
 *         ...
 *         return carom_lock_release(lock) != CAROM_OK;
 *     }
 *
 * A lock has one owner, a thread of a process.  When the process dies, or the entry that runs in a thread returns, the next
 * one to acquire the lock has it, and is told by CAROM_EOWNERDEAD that what the lock guards may be half done.  It repairs that
 * and says so by carom_lock_recover(); until somebody has said so everybody who acquires the lock is told the same.  A thread
 * of the program's own that ends with a lock keeps it until its process ends.
 *
 * A lock may be an argument of an entry, and may be sent over connections of its tree at any time; who gets it has a handle of
 * his own, and the sender keeps his.  A lock lives as long as anybody has a handle.  It costs 96 bytes of the memory that the
 * tree shares, 32 more there for each further handle, and no descriptor.
 *
 * Waiting is fair to nobody: who finds the lock free has it.  A handle may be used by all threads of its process at once;
 * destroy it when no other call on it is under way.
 */

#ifndef CAROM_LOCK_H
#define CAROM_LOCK_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_lock_t carom_lock_t;

/* Options of a lock.  NULL means the defaults. */
typedef struct carom_lock_options_t {
    size_t size;                   /* of this struct */
    int recursive;                 /* 1: its owner may acquire it again, and releases it as often; at most 2^32 - 1 times */
} carom_lock_options_t;

#define CAROM_LOCK_OPTIONS_INIT {sizeof(carom_lock_options_t), 0}

/* Makes a lock, free, for processes of the context's mode; NULL is the default context.  CAROM_ENOTSUP: processes of that
 * mode cannot share one in this build or on this system (CAROM_CAN_SHARE); CAROM_ENOMEM, CAROM_EMFILE; CAROM_EMODE;
 * CAROM_EINVAL: not a context, or options of another size; CAROM_ETIMEOUT: another process of the tree was stopped while it
 * had the lock of what they share, and did not go on for 5 s.  *lock is NULL after a failure. */
CAROM_API carom_status_t carom_lock_create(carom_lock_t **lock, carom_context_t *context,
                                           const carom_lock_options_t *options) CAROM_MUST_CHECK;

/* Lets go of a handle; the lock is freed with the last of them.  One that this thread owns is released first.  *lock is NULL
 * afterwards; NULL is fine.  In a process that was forked since it frees memory and no more. */
CAROM_API void carom_lock_destroy(carom_lock_t **lock);

/* Waits until the lock is this thread's.  CAROM_OK: it is; CAROM_EOWNERDEAD: it is, and an owner died since somebody last said
 * that all is well.  CAROM_ETIMEOUT: another has it; CAROM_EDEADLOCK: this thread has it already, and it is not recursive;
 * CAROM_EOVERFLOW: a recursive one, too often; CAROM_EINVAL: not a lock; CAROM_EFORKED: the handle is the parent's.  An entry
 * that runs in a thread is entered among those who can own something, at its first call with a lock, a condition or a queue:
 * that call may give CAROM_ENOMEM, CAROM_EAGAIN (a tree has some 18,000 processes and such threads at most), or CAROM_ETIMEOUT
 * as of create.
 * A signal does not end it.  An owner that dies is noticed within 100 ms, mostly at once.  No system call when the lock is
 * free. */
CAROM_API carom_status_t carom_lock_acquire(carom_lock_t *lock, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Gives it up, or undoes one of several acquires.  CAROM_ENOTOWNER: this thread does not have it, and nothing happens;
 * CAROM_EINVAL, CAROM_EFORKED. */
CAROM_API carom_status_t carom_lock_release(carom_lock_t *lock);

/* Says that what the lock guards is as it should be after an owner's death: the next owner is not told any more.  By its owner
 * (CAROM_ENOTOWNER); fine when nobody died.  CAROM_EINVAL, CAROM_EFORKED. */
CAROM_API carom_status_t carom_lock_recover(carom_lock_t *lock);

/* 1 while some thread has it, which may be over when the call returns; 0 when none has, or for what is no lock of this
 * process. */
CAROM_API int carom_lock_is_locked(const carom_lock_t *lock);

/* Who has a lock.  All zero: nobody; no pid and no depth: one who has died. */
typedef struct carom_lock_owner_t {
    int64_t pid;                   /* of its process; 0 when that is dead and gone */
    uint64_t thread;               /* the system's number of the thread */
    uint32_t depth;                /* how often it was acquired; 0 while an owner that is dead still has it */
    int is_self;                   /* 1: the thread that asks */
} carom_lock_owner_t;

/* Tells who has it, for messages: it may be over when the call returns.  CAROM_EINVAL, CAROM_EFORKED; *owner is zero then. */
CAROM_API carom_status_t carom_lock_owner(carom_lock_owner_t *owner, const carom_lock_t *lock);

/* The lock of a value, which stays its owner; NULL for another type.  And out of it: the caller destroys it (CAROM_ETYPE for
 * another type; a value that only borrows gives what it names). */
CAROM_API carom_lock_t *carom_value_lock(carom_value_t value);
CAROM_API carom_status_t carom_value_take_lock(carom_lock_t **lock, carom_value_t *value) CAROM_MUST_CHECK;

/* The lock of an argument, which belongs to the call and is destroyed when the entry returns; NULL when there is none. */
CAROM_API carom_lock_t *carom_arg_lock(const carom_call_t *call, size_t index);

CAROM_END

#endif

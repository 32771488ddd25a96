/* Shared memory with a name, which programs that do not know each other can map: that of CPython's
 * multiprocessing.shared_memory.  What carom makes Python attaches, and the other way round.
 *
 *     carom_shared_memory_create(&memory, NULL, 1 << 20, NULL);
 *     printf("SharedMemory(name='%s')\n", carom_shared_memory_name(memory));
 *     ...
 *     carom_shared_memory_unlink(memory);
 *     carom_shared_memory_close(&memory);
 *
 * The processes of one tree need no names: connections, and what else carom shares, lie in the arena (carom/arena.h).
 *
 * Names are as Python shows them: without the slash that POSIX wants before them.  They have 1 to 253 bytes (31 on some
 * systems) without '/' and '\\', are not "." or "..", and do not begin with "carom-", which is for names of carom's own.
 *
 * A name stays until somebody unlinks it, and the memory until nobody has it mapped.  A *tracked* segment, which is what
 * carom_shared_memory_create() makes unless it is told otherwise, is unlinked with the tree that made it: a process that was
 * not started by carom, and all that it and its children start.  When that process returns from main or calls exit(), carom
 * does it then; when it calls _exit(), crashes, or all of the tree is killed, the next program of the same user that uses carom
 * does, as soon as it makes or attaches such memory, or starts its first process or makes its first connection.  The memory of
 * a tree that lives is never touched.  (Whether a tree of another PID name space lives nobody can tell, so only a program in
 * the same one does it; and where the system does not tell when a process was born, another that has its number by now keeps
 * the segment.)  An untracked segment stays until somebody unlinks it.
 *
 * Python tracks what it only attaches, too: the resource tracker of a Python program unlinks every segment that was attached in
 * it when that program ends, with a warning, whoever made it and whoever uses it (gh-82300).  Then the name is gone, who has
 * the memory goes on, and carom_shared_memory_unlink() gives CAROM_ENOENT.  From 3.13 on such a program says
 * SharedMemory(name, track=False); before that, and for a ShareableList, it can take the name back from the tracker:
 *
 *     from multiprocessing import resource_tracker
 *     resource_tracker.unregister('/' + memory.name, 'shared_memory')
 *
 * On Windows a name is gone with the last mapping of it, so that unlinking does nothing, there is no mode, all segments are
 * tracked, in a way, and sizes are multiples of a page for who attaches.  On APR alone there is no such memory.
 *
 * Each process maps the memory for itself.  All threads may use it; what is in it nobody locks.  Close it once, when no other
 * call with it is under way.  A child that is forked keeps the mapping, but does not unlink: CAROM_EFORKED.
 */

#ifndef CAROM_SHARED_MEMORY_H
#define CAROM_SHARED_MEMORY_H

#include <carom/status.h>

CAROM_BEGIN

typedef struct carom_shared_memory_t carom_shared_memory_t;

/* Options of what is made.  Set up by CAROM_SHARED_MEMORY_OPTIONS_INIT; a NULL pointer means the defaults. */
typedef struct carom_shared_memory_options_t {
    size_t size;          /* of this struct */
    int untracked;        /* 1: it stays when its tree has gone */
    unsigned mode;        /* who may attach, as of a file: 0600 and more, whatever the umask; the default is 0600, Python's */
} carom_shared_memory_options_t;

#define CAROM_SHARED_MEMORY_OPTIONS_INIT {sizeof(carom_shared_memory_options_t), 0, 0600}

/* Makes and maps `size` bytes (1 or more), all 0, under a name that nobody has; NULL: one as Python's, "psm_" ("wnsm_" on
 * Windows) with 8 hexadecimal digits.  All of it is made real, so that touching it cannot fail later, which takes some time for
 * each MiB (0.3 ms), beside 0.1 ms; nobody can attach it before that, and of who is killed before that nothing stays.
 *
 * CAROM_EEXIST: there is one of that name.  CAROM_EINVAL: not a name, size 0, a mode without 0600, or options of another size.
 * CAROM_ENOMEM: no room for it, in /dev/shm or under a limit.  CAROM_EACCESS: the system permits no such thing, or another user
 * has the name under which carom keeps the list of tracked segments.  CAROM_EMFILE.  CAROM_ETIMEOUT: another program of this
 * user is stopped, for 5 s, while it changes that list.  CAROM_ENOTSUP: not on this system.  *memory is NULL after a
 * failure. */
CAROM_API carom_status_t carom_shared_memory_create(carom_shared_memory_t **memory, const char *name, uint64_t size,
                                                    const carom_shared_memory_options_t *options) CAROM_MUST_CHECK;

/* Maps what has that name, if it has `least` bytes or more; 0: any size but none at all.  What is not real of it yet, such as
 * pages of Python's that nobody has written to, is made real.  Who may write to a segment may also cut it short, and to touch
 * what it then lacks ends a program: attach what you trust so far.
 *
 * CAROM_ENOENT: there is none, or it is just being made.  CAROM_EBADMSG: it has no bytes, or fewer than `least`.
 * CAROM_EACCESS: another user's.  CAROM_EINVAL: not a name.  CAROM_ENOMEM, CAROM_EMFILE, CAROM_ENOTSUP.  *memory is NULL after
 * a failure. */
CAROM_API carom_status_t carom_shared_memory_attach(carom_shared_memory_t **memory, const char *name,
                                                    uint64_t least) CAROM_MUST_CHECK;

/* Where its bytes are in this process, page-aligned; how many: what was asked for, or what was found; its name, which belongs
 * to it.  NULL and 0 for NULL.  All three are good until it is closed, also after unlink, and in a fork. */
CAROM_API void *carom_shared_memory_address(const carom_shared_memory_t *memory);
CAROM_API uint64_t carom_shared_memory_size(const carom_shared_memory_t *memory);
CAROM_API const char *carom_shared_memory_name(const carom_shared_memory_t *memory);

/* Takes the name away, so that nobody attaches it any more: the memory goes with the last that has it mapped.  Who made it or
 * has attached it may do so, once.  On Windows it does nothing.
 *
 * CAROM_ENOENT: it has that name no more, as after an unlink by anybody, also when another segment has it by now.
 * CAROM_EACCESS: another user's.  CAROM_EFORKED.  CAROM_EINVAL: NULL.  CAROM_EMFILE.  CAROM_ETIMEOUT: as of create; it still
 * has its name then. */
CAROM_API carom_status_t carom_shared_memory_unlink(carom_shared_memory_t *memory) CAROM_MUST_CHECK;

/* Unmaps it; the name stays.  *memory is NULL afterwards; NULL is fine. */
CAROM_API void carom_shared_memory_close(carom_shared_memory_t **memory);

CAROM_END

#endif

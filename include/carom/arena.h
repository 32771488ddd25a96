/* The arena: the memory that the processes of one tree share, in which connections and other shared objects lie.
 *
 * A tree is a process that carom did not start, and all that it and its children start.  The first call that needs the arena
 * makes it; it has no name, grows as it is used, and is gone with the last process of the tree, however that ends.  What a
 * process held is let go when it dies.  Memory that was freed is kept for the tree's next objects of the same size.
 *
 * Where processes cannot share locks and their like (CAROM_CAN_SHARE) each has an arena of its own, for its threads, without
 * connections; and on APR alone what `first` says is not taken beforehand.
 */

#ifndef CAROM_ARENA_H
#define CAROM_ARENA_H

#include <carom/status.h>

CAROM_BEGIN

/* Sets how much memory the arena takes when it is made (bytes, rounded up to 64 KiB; 0, the default: 64 KiB), so that it cannot
 * be missing later, and how much it may take at most (bytes, rounded down to 4 MiB; at least 4 MiB and at most 64 GiB; 0, the
 * default: 16 GiB, on 32 bits 1 GiB).  Costs nothing but on Windows, where a limit takes 1/512 of itself for tables.
 * CAROM_EINVAL: out of these bounds; CAROM_EBUSY: there is an arena already, one's own or the starter's. */
CAROM_API carom_status_t carom_arena_set(uint64_t first, uint64_t limit) CAROM_MUST_CHECK;

/* What is in use: objects that somebody holds, by all processes of the tree, and bytes that the arena takes.  Zeros while there
 * is none. */
typedef struct carom_arena_usage_t {
    uint64_t objects;
    uint64_t bytes;
} carom_arena_usage_t;

/* Costs a look at each object. */
CAROM_API void carom_arena_usage(carom_arena_usage_t *usage);

CAROM_END

#endif

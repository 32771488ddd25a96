/* Heaps in the memory that a tree shares: blocks that one process allocates and another one frees.
 *
 *     carom_heap_alloc(&ref, &at, heap, sizeof(job_t));       // in one process
 *     fill(at);
 *     carom_queue_put(jobs, carom_value_from_uint(ref), ...);
 *
 *     job = carom_heap_at(heap, ref, NULL);                   // in another
 *     carom_heap_free(heap, ref);
 *
 * A block has a reference, a number that means the same in all processes with the heap, and can be kept in shared memory or
 * sent like any number.  Where the block is in memory differs from one process to the other.  A reference is checked whenever
 * it is used: that of a block which was freed names no block, whatever was allocated since.
 *
 * A heap is passed on as a lock is (carom/lock.h).  It lives, with all its blocks, as long as anybody has a handle: what a
 * process that is killed had allocated stays until then, since others may have its references.  A block costs 32 bytes
 * besides its own, which are rounded up to a power of two, at least 64.
 */

#ifndef CAROM_HEAP_H
#define CAROM_HEAP_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_heap_t carom_heap_t;

/* A block of a heap; 0: none. */
typedef uint64_t carom_heap_ref_t;

/* Makes a heap without blocks.  Statuses as carom_lock_create(). */
CAROM_API carom_status_t carom_heap_create(carom_heap_t **heap, carom_context_t *context) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(); the last one frees all blocks. */
CAROM_API void carom_heap_destroy(carom_heap_t **heap);

/* Allocates a block of `size` bytes, at most 512 MiB, whose bytes are what they are, at a multiple of 64.  *ref is 0 and *at,
 * which may be NULL itself, NULL after a failure.  CAROM_ENOMEM: the limit of what the tree shares (carom/arena.h), or no
 * memory; CAROM_ETOOBIG: more than 512 MiB; CAROM_EINVAL: not a heap, or 0 bytes; CAROM_EFORKED; CAROM_ETIMEOUT: another
 * process of the tree was stopped while it had the lock of what they share, for 5 s. */
CAROM_API carom_status_t carom_heap_alloc(carom_heap_ref_t *ref, void **at, carom_heap_t *heap, size_t size) CAROM_MUST_CHECK;

/* Frees a block, whoever allocated it; 0 is fine.  CAROM_ENOKEY: there is no such block in this heap, or none any more;
 * CAROM_EINVAL, CAROM_EFORKED.  While another process is stopped with the lock of what they share it is done later. */
CAROM_API carom_status_t carom_heap_free(carom_heap_t *heap, carom_heap_ref_t ref);

/* Where a block is in this process, until it is freed, and, unless that is NULL, what it has room for.  NULL: there is no such
 * block in this heap, or no memory to map it. */
CAROM_API void *carom_heap_at(const carom_heap_t *heap, carom_heap_ref_t ref, size_t *size);

/* As those of a lock. */
CAROM_API carom_heap_t *carom_value_heap(carom_value_t value);
CAROM_API carom_status_t carom_value_take_heap(carom_heap_t **heap, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_heap_t *carom_arg_heap(const carom_call_t *call, size_t index);

CAROM_END

#endif

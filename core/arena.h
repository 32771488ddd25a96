/* The arena: memory that the processes of one tree share, and who holds what in it.
 *
 * A tree is a process that was not started by carom, and all that it and its children start.  The first of them that needs it
 * makes the arena, the others get it from their starter.  Every process has a slot there; every object says who holds it: a
 * process, or another object (a connection that an end is under way in, or whose ring it is).  An object that nobody holds is
 * free.  What a dead process held is let go when somebody notices: its starter, when it notes the end, or whoever needs more
 * memory.
 *
 * All of it is guarded by one lock in the arena, which survives its owners, and which nobody waits for without end: lists and
 * counts can be made again from the objects alone and are, when an owner dies.  Freed memory is kept for objects of the same
 * size. */

#ifndef CAROM_CORE_ARENA_H
#define CAROM_CORE_ARENA_H

#include <carom/arena.h>

#include "platform/platform.h"

/* How long one waits for the lock who makes something; who takes over what is lost otherwise, of which the first that fails is
 * the last; and who hands on or lets go, which may be many things at once. */
#define CAROM__ARENA_PATIENCE carom_seconds(5)
#define CAROM__ARENA_CARE carom_seconds(1)
#define CAROM__ARENA_HASTE carom_milliseconds(100)

/* What an object is.  0 is none; shareable objects (core/share.h) are what their values are, a carom_type_t. */
enum { CAROM__OBJECT_LINK = 1, CAROM__OBJECT_RING = 2, CAROM__OBJECT_REFERENCE = 3, CAROM__OBJECT_BLOCK = 4 };

/* A process of the tree, or an object: a number, and a generation that tells it from those that had the number before.  All
 * zero: none. */
typedef struct carom__id_t {
    uint32_t index;
    uint32_t generation;               /* never 0 */
} carom__id_t;

/* Who holds something. */
typedef uint64_t carom__holder_t;

#define CAROM__NOBODY ((carom__holder_t) 0)

/* A process or an object as a holder; the calling process. */
carom__holder_t carom__holder_process(carom__id_t process);
carom__holder_t carom__holder_object(carom__id_t object);
carom__holder_t carom__holder_self(void);

/* ---- the arena itself ---- */

/* Makes the arena if this process has none.  Where carom_plat_shared_possible() is 0 it is this process's alone, and no process
 * that is started gets it.  CAROM_ENOMEM, CAROM_EMFILE; CAROM_ENOTSUP: the system has not after all what this build counts on.
 * Later calls cost a load. */
carom_status_t carom__arena_start(void);

/* In its place where processes cannot share one: what else goes with the beginning of a tree, once in each process. */
void carom__arena_do_without(void);

/* What a process that is started gets along; NULL when there is no arena. */
carom_plat_shared_t *carom__arena_shared(void);

/* In a started process, before anything else of it: takes over the tree's arena and the slot that the starter made.
 * CAROM_EVERSION: the arena is of another build; CAROM_EBADMSG: no such slot; CAROM_ENOMEM. */
carom_status_t carom__arena_join(carom_plat_shared_t *shared, carom__id_t slot);

/* The slot of this process; none while it has no arena. */
carom__id_t carom__arena_slot(void);

/* A number that no other tree has. */
uint64_t carom__arena_tag(void);

/* ---- processes ---- */

/* A slot for a process that the caller is about to start.  CAROM_ENOMEM, CAROM_EAGAIN: all are taken; CAROM_ETIMEOUT: a process
 * that does not go on has the arena's lock, for 5 s. */
carom_status_t carom__slot_make(carom__id_t *slot);

/* It is launched: should it die before it has claimed its slot, others see that. */
void carom__slot_note_launch(carom__id_t slot, const carom_plat_child_t *child);

/* The process has ended, or was never there: lets go what it held, and what other dead processes did; later, while the lock
 * cannot be had.  A slot that is none is fine. */
void carom__slot_end(carom__id_t slot);

/* Looks whether any process of the tree is dead that nobody has joined yet, and lets go what such ones held; later, while the
 * lock cannot be had.  Costs a system call for each process. */
void carom__slots_look(void);

/* Says that the entry of this process has returned, which is no death to those who have something in common with it; and
 * whether another's has. */
void carom__slot_note_return(void);
int carom__slot_has_returned(carom__id_t slot);

/* A slot for a thread of this process which ends before the process does, and is as dead then as one; to be ended like others.
 * Statuses as carom__slot_make. */
carom_status_t carom__slot_make_thread(carom__id_t *slot);

/* What locks know a process or such a thread by, from 1 to 2^30 - 1; whether that one lives; and its process's number, 0 when
 * it does not. */
uint32_t carom__slot_party(carom__id_t slot);
int carom__slot_is_party_alive(uint32_t party);
int64_t carom__slot_party_pid(uint32_t party);

/* The process that is the root of this one's tree, which all of the tree ends with: the first that there was in the arena; or
 * what the starter said, where it shares none. */
int64_t carom__slot_root_pid(void);
void carom__slot_note_root(int64_t pid);

/* ---- sleeping ---- */

/* Sleeps while *word, which lies in the object of that number, is `expected`, but for 50 ms at most, since whoever should
 * wake may have died: callers look and come again.  Wakes who sleeps there, one at least or all: in a signal handler, too. */
void carom__arena_park(uint32_t index, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline);
void carom__arena_unpark(uint32_t index, const _Atomic uint32_t *word, int all);

/* Before this process sleeps there first: gets what it keeps for that.  In a process that has an arena. */
void carom__arena_open_keys(void);

/* ---- objects ---- */

/* An object has two places for holders, for the two ends of a link; others use the first. */
enum { CAROM__HOLDERS = 2 };

#define CAROM__OBJECT_SIZE_MAX ((size_t) 512 << 20)

/* A new object of `size` bytes (rounded up to a power of two, at least 64; at most the above), whose bytes are what they are.
 * CAROM_ENOMEM: the arena's limit, or no memory; CAROM_ETIMEOUT: a process that does not go on has the arena's lock, and
 * has not given it up within `patience`. */
carom_status_t carom__object_make(carom__id_t *object, void **at, int type, size_t size,
                                  const carom__holder_t holders[CAROM__HOLDERS], carom_duration_t patience);

/* Where an object is in this process, and how large.  NULL: not such an object, or none any more, or no memory to map it. */
void *carom__object_at(carom__id_t object, int type, size_t *size);

/* 1: `holder` is that. */
int carom__object_is_held(carom__id_t object, int place, carom__holder_t holder);

/* Makes `to` the holder instead of `from`.  CAROM_EBADMSG: `from` is not the holder; CAROM_ETIMEOUT: a process that does not go
 * on has the arena's lock, for 0.1 s: a message may have 64 ends. */
carom_status_t carom__object_hand(carom__id_t object, int place, carom__holder_t from, carom__holder_t to);

/* Makes the caller the holder instead of `from`, of what has come to it and is lost otherwise: waits 1 s therefore, for whoever
 * may only be waiting for a processor.  Statuses as carom__object_hand. */
carom_status_t carom__object_adopt(carom__id_t object, int place, carom__holder_t from);

/* Called under the arena's lock, once at least, for an object that a process held when it died.  Does not wait, and does
 * nothing at the second time. */
typedef void (*carom__mourner_t)(void *block, carom__id_t object, carom__id_t dead);
extern const carom__mourner_t carom__object_mourners[256];

/* Calls it for all objects of a type: a thread has ended that had a slot, which says little of what it had.  While the arena's
 * lock cannot be had it is left to those who wait. */
void carom__objects_mourn(int type, carom__id_t dead);

/* `from` lets go; the object is free when that was the last.  Where it is not the holder nothing happens; while the lock cannot
 * be had it is done later. */
void carom__object_let_go(carom__id_t object, int place, carom__holder_t from);

/* ---- references: further holders, for objects that have any number of them ---- */

/* A reference to an object, which somebody must hold meanwhile.  It is an object itself, with one place, and is handed on and
 * let go as such; the object lives as long as it does.  CAROM_EBADMSG: no such object, or one with a second holder;
 * CAROM_ENOMEM; CAROM_ETIMEOUT: a process that does not go on has the arena's lock, for 0.1 s; CAROM_EFORKED: this process
 * has no arena. */
carom_status_t carom__reference_make(carom__id_t *reference, carom__id_t object, carom__holder_t holder);
carom_status_t carom__reference_make_until(carom__id_t *reference, carom__id_t object, carom__holder_t holder,
                                           int64_t deadline);

/* The object of a reference, and what it is.  0: `holder` holds no such reference. */
int carom__reference_target(carom__id_t *object, int *type, carom__id_t reference, carom__holder_t holder);

#endif

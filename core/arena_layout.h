/* What lies where in the arena.  Only arena.c, slot.c and object.c see it.
 *
 * It grows by chunks, one behind the other, so that nothing is real that is not used: the root is the first, which says where
 * those are that hold slots of processes and parts of the table of objects; the others hold blocks.  Everything but the marks
 * of slots is guarded by the lock in the root, and what more than one thread may look at without it is atomic. */

#ifndef CAROM_CORE_ARENA_LAYOUT_H
#define CAROM_CORE_ARENA_LAYOUT_H

#include "core/arena.h"

#define CAROM__ARENA_MAGIC 0x43A204A2E4A00001u
#define CAROM__ARENA_LAYOUT 9          /* raised with every change here */

#define CAROM__SEGMENT ((uint64_t) 4 << 20)       /* what a process maps at a time */
#define CAROM__BLOCK_MIN 64
#define CAROM__CLASSES 24              /* of 64 bytes, 128, … */
#define CAROM__BARE CAROM__CLASSES     /* the class of objects without a block: references */
#define CAROM__CHUNK ((uint64_t) CAROM_PLAT_SHARED_STEP)
#define CAROM__SLOT_CHUNKS 16
#define CAROM__TABLE_CHUNKS 2048
#define CAROM__SLOTS_A_CHUNK (CAROM__CHUNK / sizeof(carom__slot_t))
#define CAROM__OBJECTS_A_CHUNK (CAROM__CHUNK / sizeof(carom__object_t))
#define CAROM__SLOTS_MAX ((uint32_t) (CAROM__SLOT_CHUNKS * CAROM__SLOTS_A_CHUNK))
#define CAROM__OBJECTS_MAX ((uint32_t) (CAROM__TABLE_CHUNKS * CAROM__OBJECTS_A_CHUNK))

/* A list of objects by their `next`: number + 1 of the first, 0 at the end. */
typedef uint32_t carom__list_t;

typedef struct carom__root_t {
    uint64_t magic;                    /* written last; this and the next seven never change */
    uint64_t tag;
    uint64_t limit;
    uint64_t first;                    /* bytes that were made real when it was made */
    uint32_t layout;
    uint32_t word_size, lock_kind;
    uint32_t byte_order;

    carom_plat_lock_t lock;
    carom_plat_lot_t lot;

    _Atomic uint32_t slot_count;       /* slots that were ever used */
    _Atomic uint32_t object_count;     /* objects that were ever made */
    _Atomic uint32_t slot_chunks[CAROM__SLOT_CHUNKS];      /* numbers of chunks; 0: none yet */
    _Atomic uint32_t table_chunks[CAROM__TABLE_CHUNKS];
    carom__list_t free[CAROM__CLASSES + 1];

    /* atomic for the order of their changes, which somebody may be killed between */
    _Atomic uint64_t bump;             /* behind the last chunk */
    _Atomic uint64_t carve_at;         /* the part of the last chunk that is no object yet */
    _Atomic uint64_t carve_end;        /* 0: the chunk is not said yet */
    _Atomic uint32_t carve_class;
    _Atomic uint32_t disorder;         /* 1: one died who had the lock, and nobody has recovered from that */
} carom__root_t;

/* How it stands with a slot.  One that is ending is let go by whoever comes next when the one who does it dies. */
enum { CAROM__SLOT_FREE, CAROM__SLOT_STARTING, CAROM__SLOT_LIVE, CAROM__SLOT_ENDING, CAROM__SLOT_THREAD };

/* A process.  `mark` is its own while it lives; `life` is the generation, in the upper half, and how it stands: in one word,
 * for the process itself goes from starting to live without the lock. */
typedef struct carom__slot_t {
    carom_plat_mark_t mark;
    _Atomic uint64_t life;
    _Atomic uint64_t starter;          /* its slot: the generation in the upper half, as in life */
    uint32_t holds;                    /* places in objects */
    _Atomic uint32_t returned;         /* 1: its entry has come to its end */
    _Atomic uint64_t launched;         /* carom_plat_child_identity() of who is to claim it; 0: none yet */
    _Atomic uint64_t launched_in;      /* and its space, said before */
} carom__slot_t;

_Static_assert(CAROM__SLOTS_MAX <= 65536, "what a barrier's word has room for");

/* An object.  It is free when it has no holder.  One that references refer to has their number in its second place. */
typedef struct carom__object_t {
    _Atomic carom__holder_t holders[CAROM__HOLDERS];
    uint32_t block;                    /* where its bytes are, in units of CAROM__BLOCK_MIN; never changes, like its class.  Of a
                                          reference the number of the object */
    _Atomic uint32_t generation;       /* raised when it is made */
    carom__list_t next;
    uint16_t keeps;                    /* places in other objects that it holds; the largest number means many */
    uint8_t size_class;
    uint8_t type;
} carom__object_t;

/* ---- of arena.c, for object.c ---- */

extern carom__root_t *carom__arena_root;
extern carom__id_t carom__arena_self;

/* The shared memory, also while it is being joined: carom__arena_shared is for those who come later. */
carom_plat_shared_t *carom__arena_memory(void);

/* Takes the lock; makes lists and counts again when its last owner died, and does what the process still owes.  CAROM_ETIMEOUT:
 * its owner lives, and has not given it up before the deadline, as one that is stopped. */
carom_status_t carom__arena_enter(int64_t deadline) CAROM_MUST_CHECK;
void carom__arena_leave(void);

/* A place of the arena in this process, mapped when it is asked for first; NULL: no memory for that.  Not across a segment,
 * unless it begins with one. */
void *carom__arena_map(uint64_t offset, uint64_t size);

/* A new chunk, or several behind each other that begin at a multiple of `align`, under the lock.  CAROM_ENOMEM. */
carom_status_t carom__arena_chunk(uint64_t *offset, uint64_t size, uint64_t align);

/* ---- of debt.c: what could not be let go because somebody had the lock ---- */

/* A process's slot that is to end (`from` is CAROM__NOBODY), or an object's place that `from` lets go. */
typedef struct carom__debt_t {
    struct carom__debt_t *next;
    carom__id_t id;
    int place;
    carom__holder_t from;
} carom__debt_t;

/* Is done when this process has the lock again, at its end at the latest. */
void carom__debt_owe(carom__id_t id, int place, carom__holder_t from);

/* 1: this process owes something, so that somebody has the lock who does not go on, or had it just now. */
int carom__debts_any(void);

/* Under the lock. */
void carom__debts_pay(void);

/* In a fork of the host's: they are the parent's. */
void carom__debts_forget(void);

/* ---- of object.c and slot.c ---- */

static inline unsigned carom__slot_state(const carom__slot_t *slot)
{
    return (unsigned) atomic_load(&slot->life) & 0xFFu;
}

static inline uint32_t carom__slot_generation(const carom__slot_t *slot)
{
    return (uint32_t) (atomic_load(&slot->life) >> 32);
}

/* In a new arena the first slot, and in a started process the one that its starter made, become the caller's. */
carom_status_t carom__slot_claim_first(carom_plat_shared_t *shared);
carom_status_t carom__slot_claim(carom_plat_shared_t *shared, carom__id_t slot);

/* Under the lock: lets go of all that dead processes hold. */
void carom__slots_sweep(void);

/* Under the lock: how many places the process holds has changed; all of them are counted again. */
void carom__slot_count(uint32_t index, uint32_t generation, int change);
int carom__slots_count_none(void);         /* 0: not all of them could be mapped */

/* Under the lock: the two that can be owed. */
void carom__slot_end_locked(carom__id_t slot);
void carom__object_let_go_locked(carom__id_t object, int place, carom__holder_t from);

/* Under the lock: lets go of all that a holder holds, and of what the objects held that became free.  0: of all that could be
 * mapped. */
int carom__objects_release(carom__holder_t holder);

/* Makes lists and counts again from the objects.  0: nothing was done, since not all of them could be mapped. */
int carom__objects_recover(void);

#endif

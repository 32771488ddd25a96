/* Queues from inside: what lies in the arena, and who changes what of it.
 *
 * A queue is a block and a ring, an object of its own which the queue holds.  There are two sides, each with a latch and with
 * lines of the cache of its own: producers write and consumers read at the same time, and neither side looks at what the other
 * one changes but when it has to.
 *
 * A place in the ring is a count of 8 bytes each since the queue was made, and goes along with the count of items until
 * there, in one word, both modulo 2^32.  What is in the ring are records, which begin with lines of the cache: one item, or
 * the items of an array one behind the other.  An item is a word that says what it is, then its bytes, filled up to 8.  The
 * first word of a record is stored last, and the place of the next record's was made 0 before: so who looks at that word sees
 * the whole record or nothing, and a producer that is killed has written nothing or all of it.  Where the record is at the
 * ring's beginning, since it found no room before the end, the word that says so comes last.
 *
 * What is long lies apart, in an object that the queue holds.  So do the references of a value's locks and the like.
 *
 * A ring that is full while the queue is not is followed by a larger one, which begins where the first one ends; it stays,
 * since somebody may still look there. */

#ifndef CAROM_CORE_QUEUE_H
#define CAROM_CORE_QUEUE_H

#include <carom/queue.h>

#include "core/latch.h"
#include "core/share.h"

/* ---- items ---- */

enum { CAROM__ITEM_BYTES = 1, CAROM__ITEM_VALUE = 2, CAROM__ITEM_BACK = 3 /* no item: go on at the ring's beginning */ };

#define CAROM__ITEM_APART ((uint64_t) 1 << 52)     /* its bytes are those of carom__apart_t */
#define CAROM__ITEM_MORE ((uint64_t) 1 << 53)      /* the next item follows in the same record */
#define CAROM__ITEM_MARK ((uint64_t) 0xCA << 56)

/* length (32), references at the end of a value (16), kind (4), what else (4), mark (8) */
static inline uint64_t carom__item_word(unsigned kind, uint32_t length, uint32_t shares, uint64_t flags)
{
    return CAROM__ITEM_MARK | flags | (uint64_t) kind << 48 | (uint64_t) shares << 32 | length;
}

static inline uint32_t carom__item_length(uint64_t word)
{
    return (uint32_t) word;
}

static inline uint32_t carom__item_shares(uint64_t word)
{
    return (uint32_t) (word >> 32) & 0xFFFFu;
}

static inline unsigned carom__item_kind(uint64_t word)
{
    return (unsigned) (word >> 48) & 0xFu;
}

/* Where the bytes of a long item are. */
typedef struct carom__apart_t {
    carom__id_t object;                /* CAROM__OBJECT_RING, held by the queue */
    uint64_t length;
} carom__apart_t;

/* ---- places, in units of 8 bytes ---- */

#define CAROM__UNIT 8u
#define CAROM__UNITS_A_LINE 8u

typedef uint64_t carom__place_t;       /* count of items (32), units (32) */

static inline uint32_t carom__place_units(carom__place_t place)
{
    return (uint32_t) place;
}

static inline uint32_t carom__place_count(carom__place_t place)
{
    return (uint32_t) (place >> 32);
}

static inline carom__place_t carom__place_of(uint32_t count, uint32_t units)
{
    return (uint64_t) count << 32 | units;
}

/* With its word. */
static inline uint32_t carom__item_units(uint32_t length)
{
    return 1 + length / CAROM__UNIT + (length % CAROM__UNIT != 0);
}

/* What an item counts for, wherever it lies. */
static inline uint64_t carom__item_cost(uint64_t length)
{
    return (length + CAROM__UNIT + CAROM__UNIT * CAROM__UNITS_A_LINE - 1) / (CAROM__UNIT * CAROM__UNITS_A_LINE) *
           CAROM__UNITS_A_LINE;
}

static inline uint32_t carom__whole_lines(uint32_t units)
{
    return (units + CAROM__UNITS_A_LINE - 1) & ~(CAROM__UNITS_A_LINE - 1);
}

/* ---- the block ---- */

/* A record that takes more of the ring has a larger one made. */
#define CAROM__QUEUE_SHARE 4

enum { CAROM__QUEUE_RINGS = 8 };

typedef struct carom__queue_ring_t {
    carom__id_t object;                /* CAROM__OBJECT_RING, held by the queue */
    uint32_t base;                     /* the place where it begins */
    uint32_t units;                    /* its size: a power of two */
} carom__queue_ring_t;

typedef struct carom__queue_t {
    /* set before anybody knows of the queue */
    uint32_t items;                    /* the most that may be in it */
    uint32_t capacity;                 /* as it was asked for */
    uint64_t bytes;
    carom_limits_t limits;
    carom__queue_ring_t rings[CAROM__QUEUE_RINGS];     /* of producers; those below ring_count never change */
    _Atomic uint32_t ring_count;
    _Atomic uint32_t closed;           /* set under the producers' latch */

    /* producers, under `putting` */
    _Alignas(64) carom__latch_t putting;
    _Atomic carom__place_t written;    /* the next record's */
    carom__place_t seen;               /* `freed` when last looked at */
    uint64_t cost_seen, seen_here;     /* and cost_got, and 1: the consumers were in the last ring */
    _Atomic uint64_t intent;           /* word of an item that takes objects along, while they go over to the queue; else 0 */
    uint32_t intent_at;                /* its place, said before */
    _Atomic uint64_t cost_put;         /* units of all that was put */
    uint64_t cost_next;                /* what it will be once the record that is being written is there */

    /* consumers, under `getting` */
    _Alignas(64) carom__latch_t getting;
    _Atomic carom__place_t taken;      /* the next item's; what is before it is nobody else's */
    _Atomic carom__place_t freed;      /* before it all may be written over; not `taken` while somebody is taking */
    _Atomic uint64_t cost_got;         /* the same of all that was got */
    uint64_t cost_kept;                /* what it will be once `freed` is `taken` */
    _Atomic uint32_t ring;             /* the one that `taken` is in */

    /* those who sleep, and what is done: of all */
    _Alignas(64) _Atomic uint32_t getters_sleep;       /* 1: some may */
    _Atomic uint32_t getter_calls;     /* what they sleep on */
    _Atomic uint32_t putters_sleep;
    _Atomic uint32_t putter_calls;
    _Atomic uint32_t joiners_sleep;
    _Atomic uint32_t joiner_calls;
    _Atomic uint32_t done;             /* modulo 2^32, as the count of places */
    _Atomic uint32_t deaths;           /* of processes that had the queue */
    _Atomic uint32_t deaths_told;
    _Atomic uint64_t last_dead;        /* of whom each handle tells */
} carom__queue_t;

/* A ring as this process knows it: what was checked once, and is not read from the arena again. */
typedef struct carom__queue_view_t {
    _Atomic(unsigned char *) at;       /* NULL: not known yet; stored last */
    _Atomic uint32_t base, units;
} carom__queue_view_t;

struct carom_queue_t {
    carom__share_t share;
    carom__queue_view_t views[CAROM__QUEUE_RINGS];
    /* hints, from threads of this process to one another */
    _Atomic int get_spin, put_spin;    /* µs of looking before the next sleep */
    _Atomic int crowded;               /* so many long items more are put apart, since others put as well */
};

static inline carom__queue_t *carom__queue_block(const carom_queue_t *queue)
{
    return queue->share.at;
}

static inline carom__holder_t carom__queue_holder(const carom_queue_t *queue)
{
    return carom__holder_object(queue->share.object);
}

/* ---- queue.c ---- */

/* Whether it is a queue, and who asks. */
static inline carom_status_t carom__queue_check(carom__party_t **party, const carom_queue_t *queue)
{
    carom_status_t status = carom__share_check(queue, CAROM_QUEUE);

    return status == CAROM_OK ? carom__party(party) : status;
}

/* Wakes one of those who sleep, or all, if any does: *sleep is one of the flags, *calls what belongs to it. */
void carom__queue_wake(const carom_queue_t *queue, _Atomic uint32_t *sleep, _Atomic uint32_t *calls, int all);

/* Sleeps there unless `is_over`, which is asked once more after it was said that one sleeps. */
void carom__queue_sleep(carom_queue_t *queue, _Atomic uint32_t *sleep, _Atomic uint32_t *calls,
                        int (*is_over)(carom_queue_t *queue, const void *what), const void *what, int64_t deadline);

/* Looks until it is over, for as long as that has paid lately.  1: it is. */
int carom__queue_spin(carom_queue_t *queue, _Atomic int *spin, int (*is_over)(carom_queue_t *queue, const void *what),
                      const void *what, int64_t deadline);

/* ---- queue_ring.c ---- */

/* A ring in this process.  NULL: there is none of that number (carom__queue_no_ring), or no memory to map it. */
const carom__queue_view_t *carom__queue_ring(carom_queue_t *queue, uint32_t index);

static inline carom_status_t carom__queue_no_ring(uint32_t index)
{
    return index < CAROM__QUEUE_RINGS ? CAROM_ENOMEM : CAROM_EBROKEN;
}

/* The number of the ring that producers are in. */
static inline uint32_t carom__queue_last(const carom__queue_t *block)
{
    return atomic_load_explicit(&block->ring_count, memory_order_acquire) - 1;
}

static inline uint32_t carom__queue_size_of(const carom__queue_view_t *ring)
{
    return atomic_load_explicit(&ring->units, memory_order_relaxed);
}

static inline uint32_t carom__queue_offset(const carom__queue_view_t *ring, uint32_t units)
{
    return (units - atomic_load_explicit(&ring->base, memory_order_relaxed)) & (carom__queue_size_of(ring) - 1);
}

/* The word at a place of a ring. */
static inline _Atomic uint64_t *carom__queue_word(const carom__queue_view_t *ring, uint32_t units)
{
    unsigned char *at = atomic_load_explicit(&ring->at, memory_order_relaxed);

    return (_Atomic uint64_t *) (void *) (at + (size_t) carom__queue_offset(ring, units) * CAROM__UNIT);
}

/* Units from a place to the end of the ring. */
static inline uint32_t carom__queue_until_end(const carom__queue_view_t *ring, uint32_t units)
{
    return carom__queue_size_of(ring) - carom__queue_offset(ring, units);
}

/* The first ring.  CAROM_ENOMEM and the like. */
carom_status_t carom__queue_start(carom_queue_t *queue);

/* With `putting`: a larger ring from here on, where there can be one, for records of so many units.  CAROM_EAGAIN: the queue
 * has its largest; CAROM_ENOMEM, CAROM_ETIMEOUT. */
carom_status_t carom__queue_grow(carom_queue_t *queue, uint32_t units);

/* With `putting`, or with `getting`, of whose owner died: what he had begun is done, or was never begun.  After a failure,
 * for want of memory, the latch is a dead one's as before, and the next one is told. */
carom_status_t carom__queue_mend_putting(carom_queue_t *queue) CAROM_MUST_CHECK;
carom_status_t carom__queue_mend_getting(carom_queue_t *queue) CAROM_MUST_CHECK;

/* What an item that nobody will get has with it is let go, as far as the queue holds it. */
void carom__queue_drop(carom_queue_t *queue, uint64_t word, const unsigned char *bytes);

/* 1: what the word says is an item, and lies in the ring before its end. */
static inline int carom__queue_is_item(uint64_t word, uint32_t until_end)
{
    unsigned kind = carom__item_kind(word);

    if (word >> 56 != CAROM__ITEM_MARK >> 56 || (kind != CAROM__ITEM_BYTES && kind != CAROM__ITEM_VALUE))
        return 0;
    if ((word & CAROM__ITEM_APART) && carom__item_length(word) != sizeof(carom__apart_t))
        return 0;
    return carom__item_length(word) / CAROM__UNIT < until_end && carom__item_units(carom__item_length(word)) <= until_end;
}

#endif

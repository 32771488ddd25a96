/* Rings of queues: making them, growing, and mending what a death has left. */

#include "core/queue.h"

#include "core/message.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

#define FIRST_UNITS ((uint32_t) (8 << 10) / CAROM__UNIT)
#define GROWTH 8
#define GROW_PATIENCE carom_milliseconds(10)       /* for the arena's lock; then the next try */

/* ---- where they are ---- */

static unsigned char *map(const carom_queue_t *queue, const carom__queue_ring_t *where)
{
    size_t size = 0;
    unsigned char *ring = NULL;

    if (where->units > 0 && (where->units & (where->units - 1)) == 0 &&
        carom__object_is_held(where->object, 0, carom__queue_holder(queue)))
        ring = carom__object_at(where->object, CAROM__OBJECT_RING, &size);
    return size / CAROM__UNIT >= where->units ? ring : NULL;
}

unsigned char *carom__queue_ring(carom_queue_t *queue, uint32_t index)
{
    unsigned char *ring;

    if (index >= CAROM__QUEUE_RINGS)
        return NULL;
    ring = atomic_load_explicit(&queue->rings[index], memory_order_acquire);
    if (ring)
        return ring;
    ring = map(queue, &carom__queue_block(queue)->rings[index]);
    if (ring) {
        carom_plat_memory_taken(ring);
        atomic_store_explicit(&queue->rings[index], ring, memory_order_release);
    }
    return ring;
}

/* ---- making ---- */

static uint32_t most_units(const carom__queue_t *block)
{
    uint64_t all = block->bytes / CAROM__UNIT;
    uint32_t units = FIRST_UNITS;

    /* With a line for the next word, and what a record leaves before the ring's end that finds no room there. */
    while (units < all + all / CAROM__QUEUE_SHARE + CAROM__UNITS_A_LINE)
        units *= 2;
    return units;
}

/* Nobody looks at it before ring_count says that it is there.  One that a dead process made and had not said is taken. */
static carom_status_t make_ring(carom_queue_t *queue, uint32_t index, uint32_t units)
{
    carom__queue_ring_t *ring = &carom__queue_block(queue)->rings[index];
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    carom_status_t status = CAROM_OK;
    void *at;

    if (ring->units != units)
        carom__object_let_go(ring->object, 0, carom__queue_holder(queue));
    if (ring->units != units || !carom__object_is_held(ring->object, 0, carom__queue_holder(queue))) {
        status = carom__object_make(&ring->object, &at, CAROM__OBJECT_RING, (size_t) units * CAROM__UNIT, holders,
                                    GROW_PATIENCE);
        carom__fault("queue.ring");
        ring->units = units;
        if (status == CAROM_OK) {
            status = carom__object_hand(ring->object, 0, holders[0], carom__queue_holder(queue));
            if (status != CAROM_OK)
                carom__object_let_go(ring->object, 0, holders[0]);
        }
    }
    atomic_store(&queue->rings[index], NULL);
    return status;
}

static carom_status_t add_ring(carom_queue_t *queue, uint32_t index, uint32_t units)
{
    carom__queue_t *block = carom__queue_block(queue);
    carom_status_t status = make_ring(queue, index, units);
    unsigned char *at = status == CAROM_OK ? carom__queue_ring(queue, index) : NULL;

    if (at == NULL)
        return status == CAROM_OK ? CAROM_ENOMEM : status;
    block->rings[index].base = carom__place_units(atomic_load(&block->written));
    atomic_store((_Atomic uint64_t *) (void *) at, 0);
    carom__fault("queue.growing");
    atomic_store(&block->ring_count, index + 1);
    carom__fault("queue.grown");
    return CAROM_OK;
}

carom_status_t carom__queue_start(carom_queue_t *queue)
{
    return add_ring(queue, 0, FIRST_UNITS);
}

carom_status_t carom__queue_grow(carom_queue_t *queue, uint32_t units)
{
    const carom__queue_t *block = carom__queue_block(queue);
    uint32_t count = atomic_load(&block->ring_count), most = most_units(block), next = block->rings[count - 1].units;

    if (count == CAROM__QUEUE_RINGS || next >= most)
        return CAROM_EAGAIN;
    do
        next = next * GROWTH < most ? next * GROWTH : most;
    while (next / CAROM__QUEUE_SHARE < units && next < most);
    return add_ring(queue, count, next);
}

/* ---- after a death ---- */

void carom__queue_drop(carom_queue_t *queue, uint64_t word, const unsigned char *bytes)
{
    carom__holder_t from = carom__queue_holder(queue);
    size_t length = carom__item_length(word), size = 0;
    carom__apart_t apart;

    if (!(word & CAROM__ITEM_APART)) {
        carom__shares_refuse(bytes, length, carom__item_shares(word), from);
        return;
    }
    memcpy(&apart, bytes, sizeof apart);
    if (!carom__object_is_held(apart.object, 0, from))
        return;
    bytes = carom__object_at(apart.object, CAROM__OBJECT_RING, &size);
    if (bytes && apart.length <= size)
        carom__shares_refuse(bytes, (size_t) apart.length, carom__item_shares(word), from);
    carom__object_let_go(apart.object, 0, from);
}

/* How many items a record has, and its length; 0 items for one that sends on to the ring's beginning. */
static uint32_t measure(unsigned char *ring, const carom__queue_ring_t *where, uint32_t at, uint32_t *units)
{
    uint32_t until_end = carom__queue_until_end(where, at), count = 0;
    uint64_t word;

    *units = 0;
    do {
        word = atomic_load_explicit(carom__queue_word(ring, where, at + *units), memory_order_acquire);
        if (!carom__queue_is_item(word, until_end - *units)) {
            *units = until_end;
            return count;
        }
        *units += carom__item_units(carom__item_length(word));
        count++;
    } while ((word & CAROM__ITEM_MORE) && *units < until_end);
    *units = carom__whole_lines(*units);
    return count;
}

/* Its items are not to be had twice, and what took objects along was put or was not. */
void carom__queue_mend_putting(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t index = atomic_load(&block->ring_count) - 1, units, count;
    const carom__queue_ring_t *where = &block->rings[index < CAROM__QUEUE_RINGS ? index : 0];
    unsigned char *ring = carom__queue_ring(queue, index);
    carom__place_t place = atomic_load(&block->written);
    int was_put = 0, records;

    if (ring == NULL)
        return;
    /* One that sends on to the beginning, and one of items, at most. */
    for (records = 0; records < 2; records++) {
        if (atomic_load(carom__queue_word(ring, where, carom__place_units(place))) == 0)
            break;
        count = measure(ring, where, carom__place_units(place), &units);
        place = carom__place_of(carom__place_count(place) + count, carom__place_units(place) + units);
        was_put |= count > 0;
    }
    if (block->intent != 0 && !was_put)
        carom__queue_drop(queue, block->intent,
                          (unsigned char *) carom__queue_word(ring, where, block->intent_at) + CAROM__UNIT);
    carom__fault("queue.mending");
    if (was_put)
        atomic_store(&block->cost_put, block->cost_next);
    block->intent = 0;
    atomic_store(&block->written, place);
}

/* What somebody took who did not come to take over its objects: he alone would have had it. */
void carom__queue_mend_getting(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t index = atomic_load(&block->ring), at = carom__place_units(atomic_load(&block->freed));
    const carom__queue_ring_t *where = &block->rings[index < CAROM__QUEUE_RINGS ? index : 0];
    unsigned char *ring = carom__queue_ring(queue, index);
    carom__place_t taken = atomic_load(&block->taken);
    uint64_t word;

    if (ring == NULL || at == carom__place_units(taken))
        return;
    word = atomic_load(carom__queue_word(ring, where, at));
    if (carom__item_kind(word) == CAROM__ITEM_BACK) {
        at += carom__queue_until_end(where, at);
        word = atomic_load(carom__queue_word(ring, where, at));
    }
    if (carom__queue_is_item(word, carom__queue_until_end(where, at)))
        carom__queue_drop(queue, word, (unsigned char *) carom__queue_word(ring, where, at) + CAROM__UNIT);
    carom__fault("queue.mended");
    atomic_store(&block->cost_got, block->cost_kept);
    atomic_store(&block->freed, taken);
}

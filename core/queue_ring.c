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

/* What stands in the arena is read once, and believed when it is sound. */
static int view(carom_queue_t *queue, uint32_t index)
{
    carom__queue_ring_t ring = carom__queue_block(queue)->rings[index];
    carom__queue_view_t *to = &queue->views[index];
    size_t size = 0;
    unsigned char *at = NULL;

    if (ring.units >= FIRST_UNITS && (ring.units & (ring.units - 1)) == 0 &&
        carom__object_is_held(ring.object, 0, carom__queue_holder(queue)))
        at = carom__object_at(ring.object, CAROM__OBJECT_RING, &size);
    if (at == NULL || size / CAROM__UNIT < ring.units)
        return 0;
    carom_plat_memory_taken(at);
    atomic_store_explicit(&to->base, ring.base, memory_order_relaxed);
    atomic_store_explicit(&to->units, ring.units, memory_order_relaxed);
    atomic_store_explicit(&to->at, at, memory_order_release);
    return 1;
}

const carom__queue_view_t *carom__queue_ring(carom_queue_t *queue, uint32_t index)
{
    if (index >= CAROM__QUEUE_RINGS)
        return NULL;
    if (atomic_load_explicit(&queue->views[index].at, memory_order_acquire) || view(queue, index))
        return &queue->views[index];
    return NULL;
}

/* ---- making ---- */

static uint32_t most_units(const carom__queue_t *block)
{
    uint64_t all = (block->bytes < CAROM_QUEUE_BYTES_MAX ? block->bytes : CAROM_QUEUE_BYTES_MAX) / CAROM__UNIT;
    uint32_t units = FIRST_UNITS;

    /* With a line for the next word, and what a record leaves before the ring's end that finds no room there. */
    while (units < all + all / CAROM__QUEUE_SHARE + CAROM__UNITS_A_LINE)
        units *= 2;
    return units;
}

/* Nobody looks at it before ring_count says that it is there.  One that a dead process made and had not said is taken. */
static carom_status_t make_ring(carom_queue_t *queue, uint32_t index, uint32_t units, carom_duration_t patience)
{
    carom__queue_ring_t *ring = &carom__queue_block(queue)->rings[index];
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    carom_status_t status = CAROM_OK;
    void *at;

    if (ring->units != units)
        carom__object_let_go(ring->object, 0, carom__queue_holder(queue));
    if (ring->units != units || !carom__object_is_held(ring->object, 0, carom__queue_holder(queue))) {
        status = carom__object_make(&ring->object, &at, CAROM__OBJECT_RING, (size_t) units * CAROM__UNIT, holders,
                                    patience);
        carom__fault("queue.ring");
        ring->units = units;
        if (status == CAROM_OK) {
            status = carom__object_hand(ring->object, 0, holders[0], carom__queue_holder(queue));
            if (status != CAROM_OK)
                carom__object_let_go(ring->object, 0, holders[0]);
        }
    }
    atomic_store(&queue->views[index].at, NULL);
    return status;
}

static carom_status_t add_ring(carom_queue_t *queue, uint32_t index, uint32_t units, carom_duration_t patience)
{
    carom__queue_t *block = carom__queue_block(queue);
    carom_status_t status = make_ring(queue, index, units, patience);
    const carom__queue_view_t *ring;

    if (status != CAROM_OK)
        return status;
    block->rings[index].base = carom__place_units(atomic_load(&block->written));
    ring = carom__queue_ring(queue, index);
    if (ring == NULL)
        return CAROM_ENOMEM;
    atomic_store(carom__queue_word(ring, block->rings[index].base), 0);
    carom__fault("queue.growing");
    atomic_store(&block->ring_count, index + 1);
    carom__fault("queue.grown");
    return CAROM_OK;
}

carom_status_t carom__queue_start(carom_queue_t *queue)
{
    return add_ring(queue, 0, FIRST_UNITS, CAROM__ARENA_PATIENCE);
}

carom_status_t carom__queue_grow(carom_queue_t *queue, uint32_t units)
{
    const carom__queue_t *block = carom__queue_block(queue);
    uint32_t last = carom__queue_last(block), most = most_units(block), next;
    const carom__queue_view_t *ring = carom__queue_ring(queue, last);

    if (ring == NULL)
        return carom__queue_no_ring(last);
    next = carom__queue_size_of(ring);
    if (last + 1 == CAROM__QUEUE_RINGS || next >= most)
        return CAROM_EAGAIN;
    do
        next = next < most / GROWTH ? next * GROWTH : most;
    while (next / CAROM__QUEUE_SHARE < units && next < most);
    return add_ring(queue, last + 1, next, GROW_PATIENCE);
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
static uint32_t measure(const carom__queue_view_t *ring, uint32_t at, uint32_t *units)
{
    uint32_t until_end = carom__queue_until_end(ring, at), count = 0;
    uint64_t word;

    *units = 0;
    do {
        word = atomic_load_explicit(carom__queue_word(ring, at + *units), memory_order_acquire);
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

static void drop_at(carom_queue_t *queue, const carom__queue_view_t *ring, uint32_t at, uint64_t word)
{
    if (carom__queue_is_item(word, carom__queue_until_end(ring, at)))
        carom__queue_drop(queue, word, (unsigned char *) carom__queue_word(ring, at) + CAROM__UNIT);
}

/* Its items are not to be had twice, and what took objects along was put or was not. */
carom_status_t carom__queue_mend_putting(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t last = carom__queue_last(block), units, count;
    const carom__queue_view_t *ring = carom__queue_ring(queue, last);
    carom__place_t place = atomic_load(&block->written);
    int was_put = 0, records;
    uint64_t intent;

    if (ring == NULL) {
        carom__latch_abandon(&block->putting);
        return carom__queue_no_ring(last);
    }
    /* One that sends on to the beginning, and one of items, at most. */
    for (records = 0; records < 2; records++) {
        if (atomic_load(carom__queue_word(ring, carom__place_units(place))) == 0)
            break;
        count = measure(ring, carom__place_units(place), &units);
        place = carom__place_of(carom__place_count(place) + count, carom__place_units(place) + units);
        was_put |= count > 0;
    }
    intent = atomic_load(&block->intent);
    if (intent != 0 && !was_put)
        drop_at(queue, ring, block->intent_at, intent);
    carom__fault("queue.mending");
    if (was_put)
        atomic_store(&block->cost_put, block->cost_next);
    atomic_store(&block->intent, 0);
    atomic_store(&block->written, place);
    return CAROM_OK;
}

/* What somebody took who did not come to take over its objects: he alone would have had it. */
carom_status_t carom__queue_mend_getting(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t index = atomic_load(&block->ring), at = carom__place_units(atomic_load(&block->freed));
    const carom__queue_view_t *ring = carom__queue_ring(queue, index);
    carom__place_t taken = atomic_load(&block->taken);
    uint64_t word;

    if (ring == NULL) {
        carom__latch_abandon(&block->getting);
        return carom__queue_no_ring(index);
    }
    if (at == carom__place_units(taken))
        return CAROM_OK;
    word = atomic_load(carom__queue_word(ring, at));
    if (carom__item_kind(word) == CAROM__ITEM_BACK) {
        at += carom__queue_until_end(ring, at);
        word = atomic_load(carom__queue_word(ring, at));
    }
    drop_at(queue, ring, at, word);
    carom__fault("queue.mended");
    atomic_store(&block->cost_got, block->cost_kept);
    atomic_store(&block->freed, taken);
    return CAROM_OK;
}

/* Putting items into a queue. */

#include "core/queue.h"

#include "core/memory.h"
#include "core/message.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* Longer items lie apart, so that their bytes are copied without a latch; unless nobody else wants it and the ring has room:
 * which is twice as fast, since the same memory is used again and again. */
#define SHORT ((size_t) 16 << 10)
#define LONGEST ((size_t) 256 << 10)

/* So many lines behind a record are asked for before it is written: when the consumers are close behind they have them, and who
 * waits for each in turn has a third of the speed. */
#define LINES_AHEAD 4

/* After the latch was found taken: so many long items later it is tried again whether they can go into the ring. */
#define CROWDED 200

/* Before it sleeps, a producer waits until so much of the queue is free that it need not wait again at once. */
#define ROOMY 4

/* However soon the time is over, whoever has the arena's lock may be about to give it up, µs. */
#define ARENA_LEAST 10000

/* What is put: one item, or so many of an array, one behind the other. */
typedef struct load_t {
    const unsigned char *bytes;
    size_t length;                     /* of an item, here or apart */
    size_t count;
    unsigned kind;
    uint32_t shares;
    carom__id_t apart;                 /* where its bytes are, or none */
    uint32_t units;                    /* of an item in the ring, with its word */
    uint64_t cost;                     /* what it counts for */
    int may_be_apart;                  /* 1: it goes into the ring only if that is easy */
} load_t;

static int is_apart(const load_t *load)
{
    return load->apart.generation != 0;
}

/* Objects go along, which need a holder. */
static int takes_objects(const load_t *load)
{
    return load->shares > 0 || is_apart(load);
}

/* ---- room ---- */

/* How things stand, as far as the producers know. */
typedef struct room_t {
    uint32_t items;                    /* that may be put */
    uint64_t cost;                     /* that they may come to */
    uint32_t in_ring;                  /* the same of the ring, of which one line is kept free: that of the next word */
} room_t;

static uint32_t smaller(uint32_t one, uint32_t other)
{
    return one < other ? one : other;
}

/* Whoever has got an item may be faster than who says that he put it: so differences may be below 0. */
static room_t room_at(const carom__queue_t *block, const carom__queue_view_t *ring, carom__place_t freed, uint64_t cost_got,
                      int reader_is_here)
{
    carom__place_t written = atomic_load_explicit(&block->written, memory_order_relaxed);
    int32_t count = (int32_t) (carom__place_count(written) - carom__place_count(freed));
    uint32_t base = atomic_load_explicit(&ring->base, memory_order_relaxed), units = carom__queue_size_of(ring);
    uint32_t here = carom__place_units(written) - (reader_is_here ? carom__place_units(freed) : base);
    int64_t cost = (int64_t) (atomic_load_explicit(&block->cost_put, memory_order_relaxed) - cost_got);
    int64_t most = (int64_t) (block->bytes / CAROM__UNIT);
    room_t room = {0, 0, 0};

    if (count < (int32_t) block->items)
        room.items = block->items - (count > 0 ? (uint32_t) count : 0);
    if (cost < most)
        room.cost = (uint64_t) (most - (cost > 0 ? cost : 0));
    if ((int32_t) here < 0)
        here = 0;
    if (here + CAROM__UNITS_A_LINE < units)
        room.in_ring = units - here - CAROM__UNITS_A_LINE;
    return room;
}

/* Without the latch it may be otherwise the next moment.  The ring first: who is in it has freed what was before it. */
static room_t look_for_room(const carom__queue_t *block, const carom__queue_view_t *ring)
{
    int here = atomic_load(&block->ring) == carom__queue_last(block);
    carom__place_t freed = atomic_load_explicit(&block->freed, memory_order_acquire);

    return room_at(block, ring, freed, atomic_load(&block->cost_got), here);
}

/* So if it has no room the ring is too small. */
static int is_within_limits(const room_t *room, const load_t *load)
{
    return room->items > 0 && load->cost <= room->cost;
}

/* With the units that one record may take. */
static uint32_t most_of_array(const room_t *room, const load_t *load, uint32_t record)
{
    uint64_t most = room->cost / load->cost;

    if (record > LONGEST / CAROM__UNIT)
        record = LONGEST / CAROM__UNIT;

    if (most > room->items)
        most = room->items;
    if (most > load->count)
        most = load->count;
    return most < record / load->units ? (uint32_t) most : record / load->units;
}

/* How many go into one record, here or at the beginning of the ring. */
static uint32_t how_many(const carom__queue_t *block, const carom__queue_view_t *ring, const room_t *room, const load_t *load,
                         int *back)
{
    uint32_t written = carom__place_units(atomic_load_explicit(&block->written, memory_order_relaxed));
    uint32_t until_end = carom__queue_until_end(ring, written), here = smaller(room->in_ring, until_end), most;

    *back = 0;
    if (load->count == 1)
        most = (uint32_t) is_within_limits(room, load);
    else
        most = most_of_array(room, load, carom__queue_size_of(ring) / CAROM__QUEUE_SHARE);
    if (most == 0 || load->units <= here)
        return smaller(most, here / load->units);
    *back = 1;
    return room->in_ring > until_end ? smaller(most, (room->in_ring - until_end) / load->units) : 0;
}

/* ---- with the latch ---- */

static void copy(unsigned char *to, const unsigned char *from, size_t length)
{
    if (length > 0)
        memcpy(to, from, length);
}

/* All but the first word, which is returned. */
static uint64_t write_items(const carom__queue_view_t *ring, uint32_t at, const load_t *load, uint32_t count)
{
    uint64_t flags = is_apart(load) ? CAROM__ITEM_APART : 0, first = 0, word;
    carom__apart_t apart = {load->apart, load->length};
    uint32_t length = is_apart(load) ? (uint32_t) sizeof apart : (uint32_t) load->length, i;
    const unsigned char *bytes = is_apart(load) ? (const unsigned char *) &apart : load->bytes;

    for (i = 0; i < count; i++) {
        _Atomic uint64_t *place = carom__queue_word(ring, at + i * load->units);

        word = carom__item_word(load->kind, length, load->shares, flags | (i + 1 < count ? CAROM__ITEM_MORE : 0));
        if (i == 0)
            first = word;
        else
            atomic_store_explicit(place, word, memory_order_relaxed);
        copy((unsigned char *) place + CAROM__UNIT, bytes + (size_t) i * load->length, length);
    }
    return first;
}

/* The objects become the queue's, or, after a failure, stay the caller's. */
static carom_status_t hand_over(carom_queue_t *queue, const load_t *load, uint32_t at, uint64_t word)
{
    carom__queue_t *block = carom__queue_block(queue);
    carom__holder_t from = carom__holder_self(), to = carom__queue_holder(queue);
    carom_status_t status = CAROM_OK;

    block->intent_at = at;
    atomic_store_explicit(&block->intent, word, memory_order_release);
    carom__fault("queue.intent");
    /* First the object that tells of the others, so that whoever mends finds them. */
    if (is_apart(load))
        status = carom__object_hand(load->apart, 0, from, to);
    if (status == CAROM_OK) {
        status = carom__shares_hand(load->bytes, load->length, load->shares, from, to);
        if (status != CAROM_OK && is_apart(load) && carom__object_hand(load->apart, 0, to, from) != CAROM_OK) {
            carom__object_let_go(load->apart, 0, to);
            status = CAROM_EBUSY;
        }
    }
    carom__fault("queue.handed");
    if (status != CAROM_OK) {
        atomic_store(&block->intent, 0);
        return status;
    }
    return CAROM_OK;
}

/* By one store: of the record's word, or of one that sends consumers to it. */
static void publish(carom__queue_t *block, const carom__queue_view_t *ring, uint32_t at, uint64_t word, uint32_t count,
                    uint32_t units)
{
    carom__place_t place = atomic_load_explicit(&block->written, memory_order_relaxed);
    uint32_t first = carom__place_units(place);
    carom__place_t next = carom__place_of(carom__place_count(place) + count, at + units);

    atomic_store_explicit(carom__queue_word(ring, at + units), 0, memory_order_relaxed);
    if (at != first) {
        atomic_store_explicit(carom__queue_word(ring, at), word, memory_order_relaxed);
        word = carom__item_word(CAROM__ITEM_BACK, 0, 0, 0);
        carom__fault("queue.back");
    }
    carom__fault("queue.publishing");
    atomic_store_explicit(carom__queue_word(ring, first), word, memory_order_release);
    carom__fault("queue.published");
    atomic_store_explicit(&block->cost_put, block->cost_next, memory_order_relaxed);
    atomic_store_explicit(&block->intent, 0, memory_order_release);
    atomic_store_explicit(&block->written, next, memory_order_release);
}

/* 0 items: there is no room. */
static carom_status_t put_record(carom_queue_t *queue, const carom__queue_view_t *ring, const load_t *load, const room_t *room,
                                 uint32_t *count)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t at;
    uint64_t word;
    int back;
    carom_status_t status = CAROM_OK;

    *count = how_many(block, ring, room, load, &back);
    if (*count == 0)
        return CAROM_OK;
    at = carom__place_units(atomic_load_explicit(&block->written, memory_order_relaxed));
    if (back)
        at += carom__queue_until_end(ring, at);
    carom_plat_will_write(carom__queue_word(ring, at + carom__whole_lines(*count * load->units)), LINES_AHEAD);
    word = write_items(ring, at, load, *count);
    block->cost_next = atomic_load_explicit(&block->cost_put, memory_order_relaxed) + *count * load->cost;
    if (takes_objects(load))
        status = hand_over(queue, load, at, word);
    if (status == CAROM_OK)
        publish(block, ring, at, word, *count, carom__whole_lines(*count * load->units));
    else
        *count = 0;
    return status;
}

static room_t known_room(const carom__queue_t *block, const carom__queue_view_t *ring)
{
    return room_at(block, ring, block->seen, block->cost_seen, (int) block->seen_here);
}

static void look_at_consumers(carom__queue_t *block)
{
    block->seen_here = atomic_load(&block->ring) == carom__queue_last(block);
    block->cost_seen = atomic_load(&block->cost_got);
    block->seen = atomic_load_explicit(&block->freed, memory_order_acquire);
}

/* CAROM_OK: there is a larger ring now. */
static carom_status_t make_room(carom_queue_t *queue, const carom__queue_view_t *ring, const load_t *load, const room_t *room)
{
    if (!is_within_limits(room, load) ||
        (load->may_be_apart && load->units <= carom__queue_size_of(ring) / CAROM__QUEUE_SHARE))
        return CAROM_EAGAIN;
    return carom__queue_grow(queue, load->units);
}

/* With what is known of the consumers.  CAROM_EAGAIN: no room. */
static carom_status_t put_here(carom_queue_t *queue, const load_t *load, room_t *room, const carom__queue_view_t **ring,
                               uint32_t *count)
{
    const carom__queue_t *block = carom__queue_block(queue);
    uint32_t last = carom__queue_last(block);
    carom_status_t status;

    *ring = carom__queue_ring(queue, last);
    if (*ring == NULL)
        return carom__queue_no_ring(last);
    *room = known_room(block, *ring);
    status = put_record(queue, *ring, load, room, count);
    return status == CAROM_OK && *count == 0 ? CAROM_EAGAIN : status;
}

/* CAROM_EAGAIN: no room. */
static carom_status_t put_some(carom_queue_t *queue, const load_t *load, uint32_t *count)
{
    carom__queue_t *block = carom__queue_block(queue);
    const carom__queue_view_t *ring;
    room_t room;
    carom_status_t status, grown = CAROM_OK;

    *count = 0;
    if (atomic_load_explicit(&block->closed, memory_order_relaxed))
        return CAROM_ECLOSED;
    status = put_here(queue, load, &room, &ring, count);
    if (status != CAROM_EAGAIN)
        return status;
    look_at_consumers(block);
    while ((status = put_here(queue, load, &room, &ring, count)) == CAROM_EAGAIN && grown == CAROM_OK) {
        grown = make_room(queue, ring, load, &room);
        if (grown == CAROM_OK)
            block->seen_here = 0;
    }
    return status == CAROM_EAGAIN && grown == CAROM_ENOMEM ? CAROM_ENOMEM : status;
}

/* ---- without it ---- */

/* 1: closed, or what put_some has to see. */
static int ends_waiting(carom_queue_t *queue, const carom__queue_view_t **ring)
{
    const carom__queue_t *block = carom__queue_block(queue);

    *ring = carom__queue_ring(queue, carom__queue_last(block));
    return *ring == NULL || atomic_load(&block->closed);
}

static int has_room(carom_queue_t *queue, const void *what)
{
    const carom__queue_t *block = carom__queue_block(queue);
    const carom__queue_view_t *ring;
    room_t room;
    int back;

    if (ends_waiting(queue, &ring))
        return 1;
    room = look_for_room(block, ring);
    return how_many(block, ring, &room, what, &back) > 0;
}

/* And not only for one. */
static int is_roomy(carom_queue_t *queue, const void *what)
{
    const carom__queue_t *block = carom__queue_block(queue);
    const carom__queue_view_t *ring;
    room_t room;

    if (ends_waiting(queue, &ring))
        return 1;
    room = look_for_room(block, ring);
    return room.items > block->items / ROOMY && room.cost > block->bytes / CAROM__UNIT / ROOMY && has_room(queue, what);
}

/* An item of no bytes. */
static const load_t nothing = {
    .count = 1, .kind = CAROM__ITEM_BYTES, .units = 1, .cost = CAROM__UNITS_A_LINE, .may_be_apart = 1
};

int carom_queue_is_full(const carom_queue_t *queue)
{
    const carom__queue_t *block;
    const carom__queue_view_t none = {.base = 0, .units = CAROM__UNITS_A_LINE};
    room_t room;

    if (carom__share_check(queue, CAROM_QUEUE) != CAROM_OK)
        return 0;
    block = carom__queue_block(queue);
    room = look_for_room(block, &none);
    return !is_within_limits(&room, &nothing);
}

static carom_status_t wait_for_room(carom_queue_t *queue, const load_t *load, int64_t deadline)
{
    carom__queue_t *block = carom__queue_block(queue);

    if (carom__is_past(deadline))
        return CAROM_ETIMEOUT;
    if (!carom__queue_spin(queue, &queue->put_spin, is_roomy, load, deadline) && !has_room(queue, load))
        carom__queue_sleep(queue, &block->putters_sleep, &block->putter_calls, has_room, load, deadline);
    return CAROM_OK;
}

static carom_status_t enter(carom_queue_t *queue, const carom__party_t *party, int64_t deadline)
{
    carom_status_t status = carom__latch_enter(&carom__queue_block(queue)->putting, queue->share.object.index, party, deadline);

    return status == CAROM_EOWNERDEAD ? carom__queue_mend_putting(queue) : status;
}

static void leave(carom_queue_t *queue, uint32_t count)
{
    carom__queue_t *block = carom__queue_block(queue);

    carom__fault("queue.putting");
    carom__latch_leave(&block->putting);
    carom__fault("queue.put");
    if (count == 0)
        return;
    if (atomic_load(&block->getters_sleep))
        carom__queue_wake(queue, &block->getters_sleep, &block->getter_calls, 0);
}

/* Who has slept here does not know who else does, for what there may be room, whatever became of his own. */
static void wake_next(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);

    if (atomic_load(&block->putters_sleep) && has_room(queue, &nothing))
        carom__queue_wake(queue, &block->putters_sleep, &block->putter_calls, 0);
}

static carom_status_t put_once(carom_queue_t *queue, const carom__party_t *party, load_t *load, int64_t deadline)
{
    carom_status_t status = enter(queue, party, deadline);
    uint32_t count;

    if (status != CAROM_OK)
        return status;
    status = put_some(queue, load, &count);
    leave(queue, count);
    load->count -= count;
    if (count > 0)
        load->bytes += (size_t) count * load->length;
    if (status == CAROM_EAGAIN)
        return wait_for_room(queue, load, deadline);
    /* Somebody who does not go on had the arena's lock: he may, until the time is over; unless something was lost over it. */
    if (status == CAROM_EBUSY)
        return CAROM_ETIMEOUT;
    return status == CAROM_ETIMEOUT && !carom__is_past(deadline) ? CAROM_OK : status;
}

/* Puts it all; load->count and load->bytes are what is left. */
static carom_status_t put_all(carom_queue_t *queue, const carom__party_t *party, load_t *load, int64_t deadline)
{
    carom_status_t status;

    do
        status = put_once(queue, party, load, deadline);
    while (status == CAROM_OK && load->count > 0);
    wake_next(queue);
    return status;
}

/* ---- items ---- */

/* The most that an item in the ring may take, where it may take `most`. */
static uint64_t units_in_ring(const carom__queue_t *block, size_t most)
{
    uint64_t units = block->bytes / CAROM__UNIT / CAROM__QUEUE_SHARE;

    return units < most / CAROM__UNIT ? units : most / CAROM__UNIT;
}

/* CAROM_EAGAIN: it is not easy. */
static carom_status_t try_in_ring(carom_queue_t *queue, const carom__party_t *party, const load_t *load)
{
    carom_status_t status;
    uint32_t count;

    if (!carom__latch_try(&carom__queue_block(queue)->putting, party)) {
        atomic_store_explicit(&queue->crowded, CROWDED, memory_order_relaxed);
        return CAROM_EAGAIN;
    }
    status = put_some(queue, load, &count);
    leave(queue, count);
    return status;
}

static int is_crowded(carom_queue_t *queue)
{
    int crowded = atomic_load_explicit(&queue->crowded, memory_order_relaxed);

    if (crowded > 0)
        atomic_store_explicit(&queue->crowded, crowded - 1, memory_order_relaxed);
    return crowded > 0;
}

/* Whoever gets may be about to make room. */
static carom_status_t put_one_in_ring(carom_queue_t *queue, const carom__party_t *party, load_t *load)
{
    load_t one = *load;
    carom_status_t status;

    if (is_crowded(queue))
        return CAROM_EAGAIN;
    one.count = 1;
    one.may_be_apart = 1;
    status = try_in_ring(queue, party, &one);
    if (status == CAROM_EAGAIN && carom__queue_spin(queue, &queue->put_spin, has_room, &one, CAROM_PLAT_NEVER))
        status = try_in_ring(queue, party, &one);
    if (status != CAROM_OK)
        return status;
    load->count--;
    load->bytes += load->length;
    wake_next(queue);
    return CAROM_OK;
}

/* Until when the arena's lock is waited for. */
static int64_t arena_deadline(int64_t deadline)
{
    int64_t soon = carom_plat_now() + ARENA_LEAST;

    return deadline > soon ? deadline : soon;
}

static carom_duration_t arena_patience(int64_t deadline)
{
    return deadline == CAROM_PLAT_NEVER ? CAROM_FOREVER : arena_deadline(deadline) - carom_plat_now();
}

/* The object is the caller's until it is put. */
static carom_status_t set_apart(load_t *load, int64_t deadline)
{
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    void *at;
    carom_status_t status = carom__object_make(&load->apart, &at, CAROM__OBJECT_RING, load->length, holders,
                                               arena_patience(deadline));

    carom__fault("queue.apart");
    if (status != CAROM_OK)
        return status;
    memcpy(at, load->bytes, load->length);
    load->units = carom__item_units(sizeof(carom__apart_t));
    return CAROM_OK;
}

static carom_status_t put_one_apart(carom_queue_t *queue, const carom__party_t *party, load_t *load, int64_t deadline)
{
    load_t one = *load;
    carom_status_t status;

    one.count = 1;
    status = set_apart(&one, deadline);
    if (status != CAROM_OK)
        return status;
    status = put_all(queue, party, &one, deadline);
    if (status != CAROM_OK) {
        carom__object_let_go(one.apart, 0, carom__holder_self());
        return status;
    }
    load->count--;
    load->bytes += load->length;
    return CAROM_OK;
}

static carom_status_t put_load(carom_queue_t *queue, const carom__party_t *party, load_t *load, int64_t deadline)
{
    const carom__queue_t *block = carom__queue_block(queue);
    carom_status_t status = CAROM_OK;

    if (load->length > CAROM_QUEUE_BYTES_MAX || carom__item_cost(load->length) > block->bytes / CAROM__UNIT)
        return CAROM_ETOOBIG;
    load->cost = carom__item_cost(load->length);
    load->units = carom__item_units((uint32_t) load->length);
    if (load->units <= units_in_ring(block, SHORT) || load->length == 0)
        return put_all(queue, party, load, deadline);
    while (status == CAROM_OK && load->count > 0) {
        status = CAROM_EAGAIN;
        if (load->shares == 0 && load->units <= units_in_ring(block, LONGEST))
            status = put_one_in_ring(queue, party, load);
        if (status == CAROM_EAGAIN)
            status = put_one_apart(queue, party, load, deadline);
    }
    return status;
}

carom_status_t carom_queue_put_bytes(carom_queue_t *queue, const void *bytes, size_t length, carom_duration_t timeout)
{
    load_t load = {.bytes = bytes, .length = length, .count = 1, .kind = CAROM__ITEM_BYTES};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    if (status == CAROM_OK && bytes == NULL && length > 0)
        status = CAROM_EINVAL;
    return status == CAROM_OK ? put_load(queue, party, &load, carom__deadline(timeout)) : status;
}

carom_status_t carom_queue_put_array(size_t *put, carom_queue_t *queue, const void *items, size_t size, size_t count,
                                     carom_duration_t timeout)
{
    load_t load = {.bytes = items, .length = size, .count = count, .kind = CAROM__ITEM_BYTES};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    *put = 0;
    if (status == CAROM_OK && (size == 0 || (items == NULL && count > 0)))
        status = CAROM_EINVAL;
    if (status != CAROM_OK || count == 0)
        return status;
    status = put_load(queue, party, &load, carom__deadline(timeout));
    *put = count - load.count;
    return status;
}

/* ---- values ---- */

/* Moving ends would have to stay somewhere together with their bells. */
static carom_status_t encode(carom__parcel_t *parcel, carom_queue_t *queue, carom_value_t value, int64_t deadline)
{
    carom_status_t status;

    carom__parcel_init(parcel, NULL);
    parcel->to = carom__holder_self();
    parcel->limits = &carom__queue_block(queue)->limits;
    parcel->into = queue->share.object;
    parcel->deadline = arena_deadline(deadline);
    parcel->without_handles = 1;
    status = carom__parcel_put(parcel, value, NULL);
    return status == CAROM_OK ? carom__parcel_seal(parcel) : status;
}

carom_status_t carom_queue_put(carom_queue_t *queue, carom_value_t value, carom_duration_t timeout)
{
    load_t load = {.count = 1, .kind = CAROM__ITEM_VALUE};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);
    int64_t deadline = carom__deadline(timeout);
    carom__parcel_t parcel;

    if (status != CAROM_OK)
        return status;
    status = encode(&parcel, queue, value, deadline);
    if (status == CAROM_OK) {
        load.bytes = parcel.body.bytes;
        load.length = parcel.body.length;
        load.shares = (uint32_t) parcel.share_count;
        status = put_load(queue, party, &load, deadline);
    }
    if (status == CAROM_OK)
        carom__parcel_handed_over(&parcel);
    else
        carom__parcel_abandon(&parcel);
    return status;
}

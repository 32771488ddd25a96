/* Getting items out of a queue. */

#include "core/queue.h"

#include "core/kinds.h"
#include "core/memory.h"
#include "core/message.h"
#include "core/time.h"
#include "core/value.h"

#include "platform/fault.h"

#include <string.h>

/* So much is copied at once; then others may get something, too. */
#define LONGEST ((size_t) 256 << 10)

/* Values up to here need no memory but their own. */
#define SHORT 512

/* A death leaves an item that is none any more; so many of them, in one call, somebody else has written. */
#define PASSED_MOST 65536

/* The next item, as the one who has the latch sees it. */
typedef struct front_t {
    carom__place_t place;
    uint64_t word;
    const unsigned char *bytes;        /* in the ring; those of an item apart are carom__apart_t */
    size_t length;                     /* of the item, wherever it is */
    const carom__queue_view_t *ring;
} front_t;

/* ---- the front ---- */

/* Goes on in the next ring, if there is one and this one is at its end. */
static int follow(carom__queue_t *block, uint32_t index)
{
    uint32_t here = carom__place_units(atomic_load_explicit(&block->taken, memory_order_relaxed));

    if (index + 1 >= CAROM__QUEUE_RINGS || atomic_load(&block->ring_count) <= index + 1 ||
        block->rings[index + 1].base != here)
        return 0;
    atomic_store(&block->ring, index + 1);
    carom__fault("queue.followed");
    return 1;
}

static carom_status_t read_item(front_t *front, uint32_t at, uint32_t until_end)
{
    carom__apart_t apart;

    if (!carom__queue_is_item(front->word, until_end))
        return CAROM_EBROKEN;
    front->bytes = (unsigned char *) carom__queue_word(front->ring, at) + CAROM__UNIT;
    front->length = carom__item_length(front->word);
    if (!(front->word & CAROM__ITEM_APART))
        return CAROM_OK;
    memcpy(&apart, front->bytes, sizeof apart);
    front->length = (size_t) apart.length;
    return apart.length <= CAROM_QUEUE_BYTES_MAX ? CAROM_OK : CAROM_EBROKEN;
}

/* The item at front->place.  CAROM_ENOENT: none; it may have been put back to the ring's beginning. */
static carom_status_t look_at(front_t *front)
{
    uint32_t at = carom__place_units(front->place), until_end = carom__queue_until_end(front->ring, at);

    front->word = atomic_load_explicit(carom__queue_word(front->ring, at), memory_order_acquire);
    if (front->word == 0)
        return CAROM_ENOENT;
    if (carom__item_kind(front->word) == CAROM__ITEM_BACK && until_end < carom__queue_size_of(front->ring)) {
        front->place = carom__place_of(carom__place_count(front->place), at + until_end);
        return look_at(front);
    }
    return read_item(front, at, until_end);
}

static carom_status_t find_front(carom_queue_t *queue, front_t *front)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t closed = atomic_load(&block->closed), index;
    carom_status_t status;

    do {
        index = atomic_load_explicit(&block->ring, memory_order_relaxed);
        front->ring = carom__queue_ring(queue, index);
        if (front->ring == NULL)
            return carom__queue_no_ring(index);
        front->place = atomic_load_explicit(&block->taken, memory_order_relaxed);
        status = look_at(front);
    } while (status == CAROM_ENOENT && follow(block, index));
    return status == CAROM_ENOENT && closed ? CAROM_EEOF : status;
}

/* Behind it. */
static carom__place_t after(const front_t *front)
{
    uint32_t units = carom__place_units(front->place) + carom__item_units(carom__item_length(front->word));

    return carom__place_of(carom__place_count(front->place) + 1,
                           front->word & CAROM__ITEM_MORE ? units : carom__whole_lines(units));
}

/* ---- taking one ---- */

/* What to do with an item, which lies at `bytes` and is `length` long; bytes are in shared memory, and somebody may write there
 * who should not. */
typedef struct want_t {
    carom_status_t (*can)(struct want_t *want, const front_t *front);      /* CAROM_OK, or why it stays; or NULL */
    carom_status_t (*use)(struct want_t *want, const unsigned char *bytes, const front_t *front, carom__holder_t from);
    void *to;
    size_t size;
    size_t *length;
    const carom_limits_t *limits;
    unsigned char *body;               /* for a private copy of a long value; the caller frees it */
    uint32_t passed;                   /* items that were none, by this call */
} want_t;

/* Of an item apart. */
typedef struct object_t {
    carom__id_t id;
    const unsigned char *bytes;
} object_t;

/* CAROM_ENOKEY: it is none any more; CAROM_ENOMEM; CAROM_EBROKEN: it is shorter than the item says. */
static carom_status_t find_object(object_t *object, carom_queue_t *queue, const front_t *front)
{
    carom__apart_t apart;
    size_t size = 0;

    memcpy(&apart, front->bytes, sizeof apart);
    object->id = apart.object;
    if (!carom__object_is_held(apart.object, 0, carom__queue_holder(queue)))
        return CAROM_ENOKEY;
    object->bytes = carom__object_at(apart.object, CAROM__OBJECT_RING, &size);
    if (object->bytes == NULL)
        return CAROM_ENOMEM;
    carom_plat_memory_taken((void *) object->bytes);
    return front->length <= size ? CAROM_OK : CAROM_EBROKEN;
}

/* What is before the place is nobody else's from now on; and then it may be written over. */
static void begin_taking(carom__queue_t *block, carom__place_t place, uint64_t cost)
{
    block->cost_kept = atomic_load_explicit(&block->cost_got, memory_order_relaxed) + cost;
    atomic_store_explicit(&block->taken, place, memory_order_release);
    carom__fault("queue.taking");
}

static void end_taking(carom__queue_t *block)
{
    atomic_store_explicit(&block->cost_got, block->cost_kept, memory_order_relaxed);
    carom__fault("queue.freeing");
    atomic_store_explicit(&block->freed, atomic_load_explicit(&block->taken, memory_order_relaxed), memory_order_release);
}

static void take_one(carom__queue_t *block, const front_t *front)
{
    begin_taking(block, after(front), carom__item_cost(front->length));
    end_taking(block);
}

static void leave(carom_queue_t *queue)
{
    carom__fault("queue.getting");
    carom__latch_leave(&carom__queue_block(queue)->getting);
    carom__fault("queue.got");
}

/* Its references are the queue's until they are used: so the latch is kept until then. */
static carom_status_t take_with_references(carom_queue_t *queue, want_t *want, const front_t *front, const object_t *object)
{
    carom__queue_t *block = carom__queue_block(queue);
    carom_status_t status;

    begin_taking(block, after(front), carom__item_cost(front->length));
    status = want->use(want, object ? object->bytes : front->bytes, front, carom__queue_holder(queue));
    if (object)
        carom__object_let_go(object->id, 0, carom__queue_holder(queue));
    end_taking(block);
    leave(queue);
    return status;
}

/* The object is ours, and then there is time. */
static carom_status_t take_object(carom_queue_t *queue, want_t *want, const front_t *front, const object_t *object)
{
    carom_status_t status = carom__object_hand(object->id, 0, carom__queue_holder(queue), carom__holder_self());

    if (status != CAROM_OK) {
        leave(queue);
        return status;
    }
    take_one(carom__queue_block(queue), front);
    leave(queue);
    status = want->use(want, object->bytes, front, CAROM__NOBODY);
    carom__object_let_go(object->id, 0, carom__holder_self());
    return status;
}

/* What the dead who took it left of it, or what is no item at all.  CAROM_EAGAIN: there may be another. */
static carom_status_t pass_by(carom_queue_t *queue, want_t *want, const front_t *front)
{
    carom__queue_drop(queue, front->word, front->bytes);
    take_one(carom__queue_block(queue), front);
    leave(queue);
    return want->passed++ < PASSED_MOST ? CAROM_EAGAIN : CAROM_EBROKEN;
}

static carom_status_t take_apart(carom_queue_t *queue, want_t *want, const front_t *front)
{
    object_t object;
    carom_status_t status = find_object(&object, queue, front);

    if (status == CAROM_ENOKEY || status == CAROM_EBROKEN)
        return pass_by(queue, want, front);
    if (status != CAROM_OK) {
        leave(queue);
        return status;
    }
    if (carom__item_shares(front->word) > 0)
        return take_with_references(queue, want, front, &object);
    return take_object(queue, want, front, &object);
}

/* One that is not to be used stays. */
static carom_status_t take_plain(carom_queue_t *queue, want_t *want, const front_t *front)
{
    carom_status_t status = want->use(want, front->bytes, front, CAROM__NOBODY);

    if (status != CAROM_ENOMEM)
        take_one(carom__queue_block(queue), front);
    leave(queue);
    return status;
}

/* Leaves the latch. */
static carom_status_t take_front(carom_queue_t *queue, want_t *want)
{
    front_t front;
    carom_status_t status = find_front(queue, &front);

    if (status == CAROM_OK && want->can)
        status = want->can(want, &front);
    if (status != CAROM_OK) {
        leave(queue);
        return status;
    }
    if (front.word & CAROM__ITEM_APART)
        return take_apart(queue, want, &front);
    if (carom__item_shares(front.word) > 0)
        return take_with_references(queue, want, &front, NULL);
    return take_plain(queue, want, &front);
}

/* ---- waiting for one ---- */

/* Without the latch: there may be one, or there will be none. */
static int stirs(carom_queue_t *queue, const void *what)
{
    const carom__queue_t *block = carom__queue_block(queue);
    uint32_t index = atomic_load_explicit(&block->ring, memory_order_relaxed);
    const carom__queue_view_t *ring = carom__queue_ring(queue, index);
    uint32_t at = carom__place_units(atomic_load_explicit(&block->taken, memory_order_relaxed));

    (void) what;
    if (ring == NULL || atomic_load_explicit(&block->ring_count, memory_order_relaxed) > index + 1)
        return 1;
    return carom_plat_peek(carom__queue_word(ring, at)) != 0 ||
           atomic_load_explicit(&block->closed, memory_order_relaxed);
}

static void wait_for_item(carom_queue_t *queue, int64_t deadline)
{
    carom__queue_t *block = carom__queue_block(queue);

    if (!carom__queue_spin(queue, &queue->get_spin, stirs, NULL, deadline))
        carom__queue_sleep(queue, &block->getters_sleep, &block->getter_calls, stirs, NULL, deadline);
}

static carom_status_t enter(carom_queue_t *queue, const carom__party_t *party, int64_t deadline)
{
    carom_status_t status = carom__latch_enter(&carom__queue_block(queue)->getting, queue->share.object.index, party, deadline);

    return status == CAROM_EOWNERDEAD ? carom__queue_mend_getting(queue) : status;
}

/* After one was taken: those who wait for room, and, since who has slept does not know who else does, the next who waits. */
static void wake_others(carom_queue_t *queue)
{
    carom__queue_t *block = carom__queue_block(queue);

    if (atomic_load(&block->putters_sleep))
        carom__queue_wake(queue, &block->putters_sleep, &block->putter_calls, 0);
    if (atomic_load(&block->getters_sleep) && stirs(queue, NULL))
        carom__queue_wake(queue, &block->getters_sleep, &block->getter_calls, 0);
}

int carom__queue_is_ready(void *handle)
{
    return stirs(handle, NULL);
}

void carom__queue_doze(void *handle, int64_t deadline)
{
    carom_queue_t *queue = handle;
    carom__queue_t *block = carom__queue_block(queue);

    carom__queue_sleep(queue, &block->getters_sleep, &block->getter_calls, stirs, NULL, deadline);
    if (stirs(queue, NULL))
        carom__queue_wake(queue, &block->getters_sleep, &block->getter_calls, 0);
}

/* CAROM_ENOENT becomes a wait. */
static carom_status_t go_on(carom_queue_t *queue, carom_status_t status, int64_t deadline)
{
    if (status != CAROM_ENOENT && status != CAROM_ETIMEOUT)
        return status;
    if (carom__is_past(deadline))
        return CAROM_ETIMEOUT;
    /* Somebody who does not go on had the arena's lock. */
    if (status == CAROM_ETIMEOUT)
        return CAROM_EAGAIN;
    wait_for_item(queue, deadline);
    return CAROM_EAGAIN;
}

static carom_status_t take(carom_queue_t *queue, const carom__party_t *party, want_t *want, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status;

    do {
        status = enter(queue, party, deadline);
        if (status == CAROM_OK)
            status = go_on(queue, take_front(queue, want), deadline);
    } while (status == CAROM_EAGAIN);
    wake_others(queue);
    return status;
}

/* ---- as bytes ---- */

static carom_status_t fits(want_t *want, const front_t *front)
{
    if (carom__item_kind(front->word) != CAROM__ITEM_BYTES)
        return CAROM_ETYPE;
    *want->length = front->length;
    return front->length <= want->size ? CAROM_OK : CAROM_ETOOBIG;
}

static carom_status_t copy_into(want_t *want, const unsigned char *bytes, const front_t *front, carom__holder_t from)
{
    (void) from;
    if (front->length > 0)
        memcpy(want->to, bytes, front->length);
    return CAROM_OK;
}

carom_status_t carom_queue_get_into(void *buffer, size_t size, size_t *length, carom_queue_t *queue, carom_duration_t timeout)
{
    want_t want = {fits, copy_into, buffer, size, length, NULL, NULL, 0};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    *length = 0;
    if (status == CAROM_OK)
        status = take(queue, party, &want, timeout);
    if (status != CAROM_OK && status != CAROM_ETOOBIG)
        *length = 0;
    return status;
}

/* Before anything is taken. */
static carom_status_t fits_new(want_t *want, const front_t *front)
{
    void **bytes = want->to;
    carom_status_t status = fits(want, front);

    if (status != CAROM_OK)
        return status;
    /* Of one that there was not, after all. */
    carom_free(*bytes);
    *bytes = carom__alloc(front->length > 0 ? front->length : 1);
    return *bytes ? CAROM_OK : CAROM_ENOMEM;
}

static carom_status_t copy_new(want_t *want, const unsigned char *bytes, const front_t *front, carom__holder_t from)
{
    void **to = want->to;

    (void) from;
    if (front->length > 0)
        memcpy(*to, bytes, front->length);
    return CAROM_OK;
}

carom_status_t carom_queue_get_bytes(void **bytes, size_t *length, carom_queue_t *queue, size_t maximum,
                                     carom_duration_t timeout)
{
    want_t want = {fits_new, copy_new, bytes, maximum > 0 ? maximum : SIZE_MAX, length, NULL, NULL, 0};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    *bytes = NULL;
    *length = 0;
    if (status == CAROM_OK)
        status = take(queue, party, &want, timeout);
    if (status != CAROM_OK) {
        carom_free(*bytes);
        *bytes = NULL;
        if (status != CAROM_ETOOBIG)
            *length = 0;
    }
    return status;
}

/* ---- as values ---- */

static carom_status_t decode(want_t *want, unsigned char *body, const front_t *front, carom__holder_t from)
{
    const carom__header_t header = {CAROM_MESSAGE_VALUE, 0, front->length, carom__item_shares(front->word)};
    carom__arrival_t arrival;
    size_t length = front->length;
    carom_status_t status = carom__arrival_open(&arrival, body, &length, &header, NULL, 0, from, 0);

    if (status == CAROM_OK)
        status = carom__arrival_decode(want->to, &arrival, body, length, want->limits, NULL);
    carom__arrival_clear(&arrival);
    return status;
}

/* Before anything is taken. */
static carom_status_t has_place(want_t *want, const front_t *front)
{
    if (front->length <= SHORT || carom__item_kind(front->word) == CAROM__ITEM_BYTES)
        return CAROM_OK;
    carom_free(want->body);
    want->body = carom__alloc(front->length);
    return want->body ? CAROM_OK : CAROM_ENOMEM;
}

/* What is decoded is a copy: nobody else writes there. */
static carom_status_t make_value(want_t *want, const unsigned char *bytes, const front_t *front, carom__holder_t from)
{
    unsigned char place[SHORT], *body = front->length > SHORT ? want->body : place;

    if (carom__item_kind(front->word) == CAROM__ITEM_BYTES)
        return carom_value_from_bytes(want->to, bytes, front->length);
    memcpy(body, bytes, front->length);
    return decode(want, body, front, from);
}

carom_status_t carom_queue_get(carom_value_t *value, carom_queue_t *queue, carom_duration_t timeout)
{
    want_t want = {has_place, make_value, value, 0, NULL, NULL, NULL, 0};
    carom_limits_t limits;
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    *value = carom_value_none();
    if (status != CAROM_OK)
        return status;
    limits = carom__queue_block(queue)->limits;
    /* It stands in the arena, where anybody of the tree may have written: no depth that no queue is made with. */
    if (limits.depth > CAROM_DEPTH_MAX)
        limits.depth = CAROM_DEPTH_MAX;
    want.limits = &limits;
    status = take(queue, party, &want, timeout);
    carom_free(want.body);
    return status;
}

/* ---- as an array ---- */

static carom_status_t is_one_of(want_t *want, const front_t *front)
{
    return carom__item_kind(front->word) == CAROM__ITEM_BYTES && front->length == want->size ? CAROM_OK : CAROM_ETYPE;
}

static int is_one_here(want_t *want, const front_t *front)
{
    return !(front->word & CAROM__ITEM_APART) && is_one_of(want, front) == CAROM_OK;
}

/* With the latch, of a front that is one of the array: those of them that are in this ring, up to some. */
static size_t copy_many(carom__queue_t *block, want_t *want, front_t *front, size_t count)
{
    unsigned char *to = want->to;
    size_t most = LONGEST / want->size + 1, n = 0;

    if (count > most)
        count = most;
    do {
        memcpy(to + n * want->size, front->bytes, want->size);
        n++;
        front->place = after(front);
    } while (n < count && look_at(front) == CAROM_OK && is_one_here(want, front));
    begin_taking(block, front->place, n * carom__item_cost(want->size));
    end_taking(block);
    return n;
}

/* Leaves the latch. */
static carom_status_t take_many(carom_queue_t *queue, want_t *want, size_t count, size_t *got)
{
    front_t front;
    carom_status_t status = find_front(queue, &front);

    *got = 0;
    if (status == CAROM_OK)
        status = is_one_of(want, &front);
    if (status == CAROM_OK && (front.word & CAROM__ITEM_APART)) {
        status = take_apart(queue, want, &front);
        *got = status == CAROM_OK;
        return status;
    }
    if (status == CAROM_OK)
        *got = copy_many(carom__queue_block(queue), want, &front, count);
    leave(queue);
    return status;
}

/* Waits for the first alone.  What there is may lie in several rings, and apart. */
static carom_status_t take_array(carom_queue_t *queue, const carom__party_t *party, want_t *want, size_t count, size_t *got,
                                 int64_t deadline)
{
    carom_status_t status;
    size_t more;

    do {
        status = enter(queue, party, deadline);
        if (status == CAROM_OK)
            status = take_many(queue, want, count - *got, &more);
        if (status == CAROM_OK) {
            *got += more;
            want->to = (unsigned char *) want->to + more * want->size;
        } else if (*got == 0) {
            status = go_on(queue, status, deadline);
        }
    } while (status == CAROM_EAGAIN || (status == CAROM_OK && *got < count && stirs(queue, NULL)));
    wake_others(queue);
    return *got > 0 ? CAROM_OK : status;
}

carom_status_t carom_queue_get_array(void *items, size_t size, size_t count, size_t *got, carom_queue_t *queue,
                                     carom_duration_t timeout)
{
    want_t want = {is_one_of, copy_into, items, size, NULL, NULL, NULL, 0};
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);

    *got = 0;
    if (status == CAROM_OK && (size == 0 || count == 0))
        status = CAROM_EINVAL;
    return status == CAROM_OK ? take_array(queue, party, &want, count, got, carom__deadline(timeout)) : status;
}

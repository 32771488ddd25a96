/* The transport through rings: links, their ends, sleeping and waking. */

#include "core/connection.h"
#include "core/memory.h"
#include "core/ring.h"
#include "core/time.h"
#include "core/transport.h"

#include "platform/fault.h"

#include <stdatomic.h>
#include <string.h>

/* The rings that a link is made with, and those it gets when there is more to say. */
#define FIRST_RING 1792
#define MIDDLE_RING ((size_t) 64 << 10)
#define LARGE_RING ((size_t) 1 << 20)
#define FITS_MIDDLE ((size_t) 8 << 10)

/* After a ring that could not be had: so many messages before the next try. */
#define TRY_AGAIN 256

/* A writer whose reader neither sleeps nor reads on looks so often whether it is still there: every so many messages. */
#define LOOK_FOR_LIFE 64

/* How long looking again before sleeping may take, µs; half as long after it was in vain, down to not at all.  After short sleeps
 * it is tried again: first after some of them, then after twice as many each time that it was in vain. */
#define SPIN_MOST 50
#define SPIN_LEAST 6
#define SPIN_PAYS (4 * SPIN_MOST)
#define FIRST_TRY 16
#define LAST_TRY 1024
#define LOOKS_A_ROUND 32

typedef struct link_t {
    carom__lane_t lanes[2];            /* lane n is read by side n */
    _Alignas(64) unsigned char rings[2][FIRST_RING];
} link_t;

_Static_assert(sizeof(link_t) == 4096, "a link fills its block");

struct carom__end_t {
    link_t *link;
    carom__id_t id;
    unsigned side;
    int is_lost;                       /* what it was under way in is gone, and the link with it: nothing is touched any more */
    carom__reader_t reader;            /* of the thread whose turn it is to receive */
    carom__writer_t writer;            /* and to send, with the next two */
    unsigned messages;
    unsigned no_ring;                  /* messages until the next try */
    uint32_t spin;                     /* of the thread that receives: µs that it pays to look before sleeping, by experience */
    uint32_t sleeps, patience;         /* since looking was given up, and until it is tried again */
    atomic_int deaf;                   /* the bell's other end is closed */
    atomic_uint heard;                 /* how often the bell was; changed under the connection's monitor */

    /* guarded by the connection's monitor */
    int listening;                     /* a thread hears the bell for all */
    carom_native_t *stash;             /* handles that came by the bell, of messages that were not received yet */
    size_t stash_count, stash_size;
    size_t lost;                       /* behind those of the stash, so many found no room */
};

/* ---- links ---- */

carom_status_t carom__link_make(carom__whereabouts_t *where)
{
    carom__holder_t holders[CAROM__HOLDERS];
    link_t *link;
    void *at;
    carom_status_t status = carom__arena_start();

    memset(where, 0, sizeof *where);
    if (status != CAROM_OK)
        return status;
    holders[0] = holders[1] = carom__holder_self();
    status = carom__object_make(&where->link, &at, CAROM__OBJECT_LINK, sizeof *link, holders);
    if (status != CAROM_OK)
        return status;
    link = at;
    memset(link->lanes, 0, sizeof link->lanes);
    memset(link->rings[0], 0, sizeof(uint64_t));
    memset(link->rings[1], 0, sizeof(uint64_t));
    where->tag = carom__arena_tag();
    carom__fault("link.made");
    return CAROM_OK;
}

static int is_ours(const carom__whereabouts_t *where)
{
    return where->tag != 0 && where->tag == carom__arena_tag() && where->side < 2;
}

carom_status_t carom__link_take(const carom__whereabouts_t *where, carom__holder_t from)
{
    if (!is_ours(where))
        return CAROM_ENOTSUP;
    if (carom__object_at(where->link, CAROM__OBJECT_LINK, NULL) == NULL)
        return CAROM_EBADMSG;
    carom__fault("link.taking");
    return carom__object_hand(where->link, (int) where->side, from, carom__holder_self());
}

/* Who looks, looks at these before the bell. */
static void say_gone(link_t *link, unsigned side)
{
    atomic_store(&link->lanes[side].reader_gone, 1);
    atomic_store(&link->lanes[1 - side].writer_gone, 1);
}

void carom__link_drop(const carom__whereabouts_t *where, unsigned side, carom__holder_t from)
{
    link_t *link;

    if (!is_ours(where) || side > 1)
        return;
    link = carom__object_at(where->link, CAROM__OBJECT_LINK, NULL);
    if (link == NULL || carom__object_hand(where->link, (int) side, from, carom__holder_self()) != CAROM_OK)
        return;
    say_gone(link, side);
    carom__fault("link.dropping");
    (void) carom__object_hand(where->link, (int) side, carom__holder_self(), CAROM__NOBODY);
}

/* ---- ends ---- */

static carom__lane_t *lane_in(const carom__end_t *end)
{
    return &end->link->lanes[end->side];
}

static carom__lane_t *lane_out(const carom__end_t *end)
{
    return &end->link->lanes[1 - end->side];
}

/* The first ring of a lane, or the one that it has grown to. */
static unsigned char *ring_of(const carom__end_t *end, unsigned lane, carom__id_t id, size_t *size)
{
    *size = FIRST_RING;
    return id.generation == 0 ? end->link->rings[lane] : carom__object_at(id, CAROM__OBJECT_RING, size);
}

static int is_place(uint64_t at, size_t size)
{
    return at % sizeof(uint64_t) == 0 && at < size;
}

static carom_status_t set_up_reader(carom__end_t *end)
{
    carom__reader_t *reader = &end->reader;

    reader->lane = lane_in(end);
    reader->id = reader->lane->read_ring;
    reader->ring = ring_of(end, end->side, reader->id, &reader->size);
    reader->at = reader->lane->read_at;
    reader->total = reader->told = reader->lane->read_total;
    return reader->ring && is_place(reader->at, reader->size) ? CAROM_OK : CAROM_EBADMSG;
}

static carom_status_t set_up_writer(carom__end_t *end)
{
    carom__writer_t *writer = &end->writer;

    writer->lane = lane_out(end);
    writer->id = writer->lane->write_ring;
    writer->ring = ring_of(end, 1 - end->side, writer->id, &writer->size);
    writer->at = writer->lane->write_at;
    writer->total = writer->lane->write_total;
    writer->base = writer->lane->write_base;
    writer->head = atomic_load(&writer->lane->head);
    return writer->ring && is_place(writer->at, writer->size) ? CAROM_OK : CAROM_EBADMSG;
}

carom_status_t carom__end_create(carom__end_t **end, const carom__whereabouts_t *where)
{
    carom__end_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status;

    *end = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->id = where->link;
    self->side = where->side;
    self->spin = carom_plat_cpu_total() > 1 ? SPIN_MOST : 0;
    self->patience = FIRST_TRY;
    self->link = carom__object_at(where->link, CAROM__OBJECT_LINK, NULL);
    status = self->link ? set_up_reader(self) : CAROM_EBADMSG;
    if (status == CAROM_OK)
        status = set_up_writer(self);
    if (status != CAROM_OK) {
        carom_free(self);
        return status;
    }
    *end = self;
    return CAROM_OK;
}

carom__holder_t carom__end_holder(const carom__end_t *end)
{
    return carom__holder_object(end->id);
}

/* ---- the bell ---- */

/* By anybody, for the other end.  0: it could not be rung now, for want of something. */
static int ring_bell(carom_connection_t *self)
{
    static const unsigned char nothing = 0;
    carom_plat_span_t spans[2] = {{&nothing, 1}, {NULL, 0}};
    carom_status_t status;
    size_t sent;

    carom__fault("bell.ring");
    carom_plat_monitor_enter(self->monitor);
    status = carom_plat_stream_write(self->stream, spans, NULL, 0, &sent, 0);
    carom_plat_monitor_leave(self->monitor);
    carom__fault("bell.rung");
    /* One that is full has woken whoever sleeps. */
    if (status == CAROM_ENOMEM || status == CAROM_EMFILE)
        return 0;
    if (status != CAROM_OK && status != CAROM_ETIMEOUT)
        atomic_store(&self->end->deaf, 1);
    return 1;
}

static int has_place(carom__end_t *end)
{
    size_t size = end->stash_size + CAROM__HANDLES_MAX;
    carom_native_t *larger;

    if (end->lost > 0 || end->stash_count < end->stash_size)
        return end->lost == 0;
    larger = carom__realloc(end->stash, size * sizeof *larger);
    if (larger) {
        end->stash = larger;
        end->stash_size = size;
    }
    return larger != NULL;
}

/* Under the monitor.  What finds no room is missed by the message that it belongs to, and so is all behind it until that is
 * received: or a message would get the handles of another. */
static void put_away(carom__end_t *end, carom_native_t file)
{
    if (has_place(end)) {
        end->stash[end->stash_count++] = file;
    } else {
        carom_plat_file_close(file);
        end->lost++;
    }
}

/* Under the monitor: the first handles of the stash become those of the message that is being received. */
static void hand_out(carom_connection_t *self, size_t handles)
{
    carom__end_t *end = self->end;
    size_t here = handles < end->stash_count ? handles : end->stash_count, i;

    for (i = 0; i < here; i++)
        if (end->stash[i] != CAROM_NATIVE_NONE)
            carom__connection_keep_file(self, end->stash[i]);
    end->stash_count -= here;
    if (end->stash_count > 0)
        memmove(end->stash, end->stash + here, end->stash_count * sizeof *end->stash);
    end->lost -= handles - here < end->lost ? handles - here : end->lost;
}

/* Each byte says how many handles came with it; those that found no room in this process are missing at the end. */
static void sort_handles(carom_connection_t *self, const unsigned char *bytes, size_t got, const carom_native_t *came,
                         size_t count)
{
    size_t announced = 0, i;

    for (i = 0; i < got; i++)
        announced += bytes[i];
    if (announced == 0 && count == 0)
        return;
    carom_plat_monitor_enter(self->monitor);
    for (i = 0; i < announced && i < CAROM__HANDLES_MAX; i++)
        put_away(self->end, i < count ? came[i] : CAROM_NATIVE_NONE);
    carom_plat_monitor_leave(self->monitor);
    for (; i < count; i++)
        carom_plat_file_close(came[i]);
}

static carom_status_t hear(carom_connection_t *self, int64_t deadline)
{
    unsigned char bytes[CAROM__HANDLES_MAX];
    carom_native_t came[CAROM__HANDLES_MAX];
    size_t got, count = 0;
    carom_status_t status = carom_plat_stream_read(self->stream, bytes, sizeof bytes, &got, came, CAROM__HANDLES_MAX, &count,
                                                   deadline);

    carom__fault("bell.heard");
    sort_handles(self, bytes, got, came, count);
    if (status == CAROM_OK || status == CAROM_ETIMEOUT)
        return status;
    atomic_store(&self->end->deaf, 1);
    return CAROM_OK;
}

/* Returns when there may be something new, for whichever thread; callers look.  `heard` is what end->heard was before the
 * caller said that it sleeps: if it is another by now, another thread may have taken the byte that was meant for this one. */
static carom_status_t listen(carom_connection_t *self, unsigned heard, int64_t deadline)
{
    carom__end_t *end = self->end;
    carom_status_t status = CAROM_OK;

    carom__fault("bell.hear");
    carom_plat_monitor_enter(self->monitor);
    if (end->listening || atomic_load(&end->heard) != heard) {
        if (atomic_load(&end->heard) == heard)
            status = carom_plat_monitor_wait(self->monitor, deadline);
        carom_plat_monitor_leave(self->monitor);
        return status;
    }
    end->listening = 1;
    carom_plat_monitor_leave(self->monitor);
    status = hear(self, deadline);
    carom_plat_monitor_enter(self->monitor);
    end->listening = 0;
    atomic_fetch_add(&end->heard, status == CAROM_OK);
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

/* Takes what the bell says already. */
static void listen_now(carom_connection_t *self)
{
    (void) listen(self, atomic_load(&self->end->heard), 0);
}

/* ---- looking before sleeping ---- */

static int has_record(carom__end_t *end)
{
    size_t ready;
    carom__id_t next;

    return carom__ring_look(&end->reader, &ready, &next) != CAROM_OK || ready > 0 || next.generation != 0;
}

static int spin(carom__end_t *end)
{
    int64_t end_of_it;
    int i;

    if (end->spin == 0)
        return 0;
    end_of_it = carom_plat_now() + end->spin;
    do
        for (i = 0; i < LOOKS_A_ROUND; i++) {
            if (has_record(end))
                return 1;
            carom_plat_relax();
        }
    while (carom_plat_now() < end_of_it);
    return 0;
}

static void learn_from_looking(carom__end_t *end, int found)
{
    int was_try = end->sleeps > 0;

    end->sleeps = 0;
    if (found) {
        end->spin = SPIN_MOST;
        end->patience = FIRST_TRY;
        return;
    }
    end->spin = was_try || end->spin / 2 < SPIN_LEAST ? 0 : end->spin / 2;
    if (was_try && end->patience < LAST_TRY)
        end->patience *= 2;
}

static void learn_from_sleeping(carom__end_t *end, int64_t slept)
{
    if (end->spin > 0 || slept > SPIN_PAYS || carom_plat_cpu_total() < 2)
        return;
    if (++end->sleeps >= end->patience)
        end->spin = SPIN_MOST;
}

/* ---- reading ---- */

static void tell_writer(carom_connection_t *self)
{
    carom__reader_t *reader = &self->end->reader;

    if (reader->total == reader->told)
        return;
    carom__ring_tell(reader);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&reader->lane->waiting, memory_order_relaxed) && atomic_exchange(&reader->lane->waiting, 0))
        (void) ring_bell(self);
}

/* The next ring is one that this link holds, or the writer lies. */
static carom_status_t follow(carom_connection_t *self, carom__id_t next)
{
    carom__end_t *end = self->end;
    carom__holder_t keeper = carom__end_holder(end);
    carom__id_t before = end->reader.id;
    size_t size;
    unsigned char *ring = carom__object_at(next, CAROM__OBJECT_RING, &size);

    if (ring == NULL || carom__object_hand(next, 0, keeper, keeper) != CAROM_OK)
        return CAROM_EBADMSG;
    carom_plat_memory_taken(ring);
    carom__ring_follow(&end->reader, ring, size, next);
    carom__fault("link.followed");
    if (before.generation != 0)
        (void) carom__object_hand(before, 0, keeper, CAROM__NOBODY);
    return CAROM_OK;
}

static carom_status_t look_inside(carom_connection_t *self, size_t *ready)
{
    carom__id_t next;
    carom_status_t status = carom__ring_look(&self->end->reader, ready, &next);

    while (status == CAROM_OK && next.generation != 0) {
        status = follow(self, next);
        if (status == CAROM_OK)
            status = carom__ring_look(&self->end->reader, ready, &next);
    }
    if (status == CAROM_OK)
        return CAROM_OK;
    atomic_store(&self->bad_receive, CAROM_EBROKEN);
    return CAROM_EBROKEN;
}

/* Nothing will come any more but what is in the ring. */
static int is_writer_gone(const carom__end_t *end)
{
    return atomic_load(&end->deaf) || atomic_load(&end->reader.lane->writer_gone);
}

/* Says that it wants to be woken, and looks once more.  CAROM_ETIMEOUT: nothing is there; *heard is for listening. */
static carom_status_t fall_asleep(carom_connection_t *self, unsigned *heard)
{
    carom__end_t *end = self->end;
    int gone;

    tell_writer(self);
    *heard = atomic_load(&end->heard);
    atomic_store(&end->reader.lane->asleep, 1);
    /* Loads that only acquire may come before a store on some processors. */
    atomic_thread_fence(memory_order_seq_cst);
    carom__fault("link.asleep");
    gone = is_writer_gone(end);
    if (has_record(end)) {
        atomic_store(&end->reader.lane->asleep, 0);
        return CAROM_OK;
    }
    return gone ? CAROM_EEOF : CAROM_ETIMEOUT;
}

static carom_status_t wait_for_record(carom_connection_t *self, int64_t deadline)
{
    carom__end_t *end = self->end;
    int64_t before;
    unsigned heard;
    carom_status_t status, listened = CAROM_OK;

    if (end->spin > 0 && !carom__is_past(deadline)) {
        int found = spin(end);

        learn_from_looking(end, found);
        if (found)
            return CAROM_OK;
    }
    before = carom_plat_now();
    for (;;) {
        status = fall_asleep(self, &heard);
        if (status != CAROM_ETIMEOUT || listened == CAROM_ETIMEOUT)
            break;
        listened = listen(self, heard, deadline);
        if (atomic_load(&self->gone) != CAROM_OK)
            return atomic_load(&self->gone);
    }
    if (status == CAROM_OK)
        learn_from_sleeping(end, carom_plat_now() - before);
    return status;
}

static carom_status_t read_link(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline)
{
    carom__reader_t *reader = &self->end->reader;
    size_t ready;
    carom_status_t status;

    *got = 0;
    for (;;) {
        status = look_inside(self, &ready);
        if (status != CAROM_OK || ready > 0)
            break;
        status = wait_for_record(self, deadline);
        if (status != CAROM_OK)
            break;
    }
    if (status != CAROM_OK)
        return status;
    *got = ready < size ? ready : size;
    carom__ring_take(reader, to, *got);
    if (carom__ring_should_tell(reader))
        tell_writer(self);
    return CAROM_OK;
}

static carom_status_t wait_link(carom_connection_t *self, int64_t deadline)
{
    size_t ready;
    carom_status_t status = look_inside(self, &ready);

    if (status == CAROM_OK && ready == 0)
        status = wait_for_record(self, deadline);
    return status == CAROM_EEOF || status == CAROM_EBROKEN ? CAROM_OK : status;
}

/* The bell's bytes are taken, or it would go on being ready. */
static int look(carom_connection_t *self, int event)
{
    unsigned heard;

    if (event)
        listen_now(self);
    return has_record(self->end) || fall_asleep(self, &heard) != CAROM_ETIMEOUT;
}

/* The handles were written before the message was; so they are here, or in the hands of a thread that listens. */
static void collect(carom_connection_t *self, size_t handles)
{
    carom__end_t *end = self->end;
    int64_t deadline = carom_plat_now() + 5000000;
    unsigned heard;

    if (!carom_plat_attach_in_bytes())
        return;
    carom__fault("link.collect");
    carom_plat_monitor_enter(self->monitor);
    while (end->stash_count + end->lost < handles && !atomic_load(&end->deaf) && !carom__is_past(deadline)) {
        heard = atomic_load(&end->heard);
        carom_plat_monitor_leave(self->monitor);
        (void) listen(self, heard, deadline);
        carom_plat_monitor_enter(self->monitor);
    }
    hand_out(self, handles);
    carom_plat_monitor_leave(self->monitor);
}

/* ---- writing ---- */

static int is_reader_gone(const carom__end_t *end)
{
    return atomic_load_explicit(&end->writer.lane->reader_gone, memory_order_relaxed) ||
           atomic_load_explicit(&end->deaf, memory_order_relaxed);
}

static void wake_reader(carom_connection_t *self)
{
    carom__lane_t *lane = self->end->writer.lane;

    if (atomic_load(&lane->asleep) && atomic_exchange(&lane->asleep, 0) && !ring_bell(self))
        atomic_store(&lane->asleep, 1);        /* the next message tries again */
}

/* A larger ring for a long message, or when this one is full.  1: there is one now. */
static int grow(carom_connection_t *self, size_t length)
{
    carom__end_t *end = self->end;
    carom__holder_t holders[CAROM__HOLDERS] = {carom__end_holder(end), CAROM__NOBODY};
    size_t size = end->writer.size < MIDDLE_RING && length <= FITS_MIDDLE ? MIDDLE_RING : LARGE_RING;
    carom__id_t id;
    void *ring;

    if (end->writer.size >= LARGE_RING || end->no_ring > 0)
        return 0;
    if (carom__object_make(&id, &ring, CAROM__OBJECT_RING, size, holders) != CAROM_OK) {
        end->no_ring = TRY_AGAIN;
        return 0;
    }
    carom__fault("link.grown");
    if (carom__ring_move(&end->writer, ring, size, id))
        return 1;
    (void) carom__object_hand(id, 0, holders[0], CAROM__NOBODY);
    return 0;
}

typedef struct message_t {
    carom_plat_span_t spans[2];
    size_t length;
    size_t done;
} message_t;

static carom_status_t wait_for_room(carom_connection_t *self, const message_t *message, int64_t deadline)
{
    carom__end_t *end = self->end;
    carom__lane_t *lane = end->writer.lane;
    carom_status_t status = CAROM_OK;
    unsigned heard;

    while (status == CAROM_OK) {
        heard = atomic_load(&end->heard);
        atomic_store(&lane->waiting, 1);
        atomic_thread_fence(memory_order_seq_cst);
        carom__fault("link.waiting");
        if (carom__ring_has_room(&end->writer, message->length, message->done))
            break;
        if (is_reader_gone(end))
            status = CAROM_EEOF;
        else if (carom__is_past(deadline))
            status = CAROM_ETIMEOUT;
        else
            (void) listen(self, heard, deadline);
        if (atomic_load(&self->gone) != CAROM_OK)
            status = atomic_load(&self->gone);
    }
    atomic_store(&lane->waiting, 0);
    return status;
}

static carom_status_t make_room(carom_connection_t *self, const message_t *message, int64_t deadline)
{
    if (carom__ring_has_room(&self->end->writer, message->length, message->done) || grow(self, message->length))
        return CAROM_OK;
    return wait_for_room(self, message, deadline);
}

/* The handles go before the message does, when it is sure that it can be begun. */
static carom_status_t send_handles(carom_connection_t *self, const message_t *message, const carom_native_t *files,
                                   size_t count, int64_t deadline)
{
    unsigned char announced = (unsigned char) count;
    carom_plat_span_t spans[2] = {{&announced, 1}, {NULL, 0}};
    carom_status_t status = make_room(self, message, deadline);
    size_t sent;

    if (status == CAROM_OK)
        status = carom_plat_stream_write(self->stream, spans, files, count, &sent, deadline);
    carom__fault("link.handles");
    return status;
}

/* A reader that neither sleeps nor reads on may be dead. */
static void look_for_life(carom_connection_t *self)
{
    carom__end_t *end = self->end;

    if (++end->messages % LOOK_FOR_LIFE == 0 && atomic_load(&end->writer.lane->head) == end->writer.head)
        listen_now(self);
    /* It counts as seen: what the reader has read may be written over. */
    end->writer.head = atomic_load_explicit(&end->writer.lane->head, memory_order_acquire);
    if (end->no_ring > 0)
        end->no_ring--;
}

static carom_status_t put_all(carom_connection_t *self, message_t *message, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t put;

    while (status == CAROM_OK && message->done < message->length) {
        status = carom__ring_put(&self->end->writer, message->spans, message->done, &put);
        if (status != CAROM_OK)
            return CAROM_EBROKEN;
        message->done += put;
        if (put > 0)
            wake_reader(self);
        else
            status = make_room(self, message, deadline);
        if (status == CAROM_OK && message->done < message->length && is_reader_gone(self->end))
            status = CAROM_EEOF;
    }
    return status;
}

static carom_status_t write_link(carom_connection_t *self, const carom__header_t *header, const void *body,
                                 const carom_native_t *files, size_t *sent, int64_t deadline)
{
    carom__end_t *end = self->end;
    unsigned char head[CAROM__HEADER_SIZE];
    message_t message = {{{head, sizeof head}, {body, (size_t) header->length}}, sizeof head + (size_t) header->length, 0};
    carom_status_t status = CAROM_OK;

    *sent = 0;
    carom__header_write(head, header);
    if (is_reader_gone(end))
        return CAROM_EEOF;
    if (message.length > end->writer.size / 4)
        (void) grow(self, message.length);
    if (header->handles > 0 && carom_plat_attach_in_bytes())
        status = send_handles(self, &message, files, header->handles, deadline);
    if (status == CAROM_OK)
        status = put_all(self, &message, deadline);
    /* An end that is closed is no message in part. */
    *sent = status == CAROM_EEOF ? 0 : message.done;
    if (status == CAROM_OK)
        look_for_life(self);
    return status;
}

static void end_writing(carom_connection_t *self)
{
    atomic_store(&self->end->writer.lane->writer_gone, 1);
    if (atomic_exchange(&self->end->writer.lane->asleep, 0))
        (void) ring_bell(self);
}

/* ---- the end ---- */

static void cut(carom_connection_t *self)
{
    atomic_store(&self->end->deaf, 1);
    carom_plat_stream_shutdown(self->stream);
    carom_plat_monitor_wake(self->monitor);
}

static void free_end(carom_connection_t *self)
{
    carom__end_t *end = self->end;
    size_t i;

    for (i = 0; i < end->stash_count; i++)
        carom_plat_file_close(end->stash[i]);
    carom_free(end->stash);
    carom_free(end);
    self->end = NULL;
    carom_plat_stream_close(&self->stream);
}

static void close_link(carom_connection_t *self)
{
    carom__whereabouts_t where = {carom__arena_tag(), self->end->id, self->end->side};

    if (!self->end->is_lost)
        say_gone(self->end->link, where.side);
    carom__fault("link.closing");
    free_end(self);
    carom__fault("link.closed");
    (void) carom__object_hand(where.link, (int) where.side, carom__holder_self(), CAROM__NOBODY);
}

/* ---- moving ---- */

static void note_places(carom__end_t *end)
{
    carom__lane_t *in = lane_in(end), *out = lane_out(end);

    carom__ring_tell(&end->reader);
    in->read_ring = end->reader.id;
    in->read_at = (uint32_t) end->reader.at;
    in->read_total = end->reader.total;
    out->write_ring = end->writer.id;
    out->write_at = (uint32_t) end->writer.at;
    out->write_total = end->writer.total;
    out->write_base = end->writer.base;
}

/* Under the monitor, with both turns. */
static carom_status_t leave(carom_connection_t *self, carom__holder_t to, carom__whereabouts_t *where)
{
    carom__end_t *end = self->end;

    if (to == CAROM__NOBODY)
        return CAROM_ENOTSUP;
    /* A message with handles waits, and they are here already. */
    if (end->stash_count + end->lost > 0 || end->reader.done > 0)
        return CAROM_EBUSY;
    where->tag = carom__arena_tag();
    where->link = end->id;
    where->side = end->side;
    note_places(end);
    carom__fault("link.leaving");
    return carom__object_hand(end->id, (int) end->side, carom__holder_self(), to);
}

static int stay(carom_connection_t *self, carom__holder_t to)
{
    carom__fault("link.staying");
    self->end->is_lost = carom__object_hand(self->end->id, (int) self->end->side, to, carom__holder_self()) != CAROM_OK;
    return !self->end->is_lost;
}

const carom__transport_t carom__transport_link = {
    .head = CAROM__HEADER_SIZE,
    .read = read_link,
    .write = write_link,
    .end_writing = end_writing,
    .collect = collect,
    .wait = wait_link,
    .look = look,
    .cut = cut,
    .close = close_link,
    .leave = leave,
    .stay = stay,
    .gone = free_end,
};

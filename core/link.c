/* The transport through rings: links in the arena, their ends, and how they move.  Receiving is in link_in.c, sending in
 * link_out.c, sleeping and waking in bell.c. */

#include "core/end.h"
#include "core/memory.h"

#include "platform/fault.h"

#include <string.h>

/* A receive asks for so much of the body along with the header: all of a short message, at once. */
#define SHORT 64

/* ---- links ---- */

carom_status_t carom__link_make(carom__whereabouts_t *where)
{
    carom__holder_t holders[CAROM__HOLDERS];
    carom__link_t *link;
    void *at;
    carom_status_t status = carom__arena_start();

    memset(where, 0, sizeof *where);
    if (status != CAROM_OK)
        return status;
    holders[0] = holders[1] = carom__holder_self();
    status = carom__object_make(&where->link, &at, CAROM__OBJECT_LINK, sizeof *link, holders, CAROM__ARENA_PATIENCE);
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
    return carom__object_adopt(where->link, (int) where->side, from);
}

/* Who looks, looks at these before the bell. */
static void say_gone(carom__link_t *link, unsigned side)
{
    atomic_store(&link->lanes[side].reader_gone, 1);
    atomic_store(&link->lanes[1 - side].writer_gone, 1);
}

void carom__link_drop(const carom__whereabouts_t *where, unsigned side, carom__holder_t from)
{
    carom_status_t status;
    carom__link_t *link;

    if (!is_ours(where) || side > 1)
        return;
    link = carom__object_at(where->link, CAROM__OBJECT_LINK, NULL);
    if (link == NULL)
        return;
    status = carom__object_hand(where->link, (int) side, from, carom__holder_self());
    if (status == CAROM_OK)
        say_gone(link, side);
    carom__fault("link.dropping");
    /* Without the lock it cannot be said; the bell tells the peer. */
    if (status != CAROM_EBADMSG)
        carom__object_let_go(where->link, (int) side, status == CAROM_OK ? carom__holder_self() : from);
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
    *size = CAROM__FIRST_RING;
    return id.generation == 0 ? end->link->rings[lane] : carom__object_at(id, CAROM__OBJECT_RING, size);
}

static int is_place(uint64_t at, size_t size)
{
    return at % CAROM__RING_LINE == 0 && at < size;
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
    carom__end_expect_nothing(self);
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

/* ---- the end ---- */

static void cut(carom_connection_t *self)
{
    atomic_store(&self->end->deaf, 1);
    carom_plat_stream_shutdown(self->stream);
    carom_plat_monitor_wake(self->monitor);
}

static void free_end(carom_connection_t *self)
{
    carom__bell_free(self->end);
    carom_free(self->end);
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
    carom__object_let_go(where.link, (int) where.side, carom__holder_self());
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
    /* A message with handles waits, and they are here already; or some come late. */
    if (end->stash_count + end->lost + end->overdue > 0 || end->reader.done > 0)
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
    carom__end_t *end = self->end;
    carom_status_t status;

    carom__fault("link.staying");
    status = carom__object_hand(end->id, (int) end->side, to, carom__holder_self());
    if (status != CAROM_OK && status != CAROM_EBADMSG)
        carom__object_let_go(end->id, (int) end->side, to);
    end->is_lost = status != CAROM_OK;
    return !end->is_lost;
}

const carom__transport_t carom__transport_link = {
    .head = CAROM__HEADER_SIZE + SHORT,
    .least = CAROM__HEADER_SIZE,
    .read = carom__end_read,
    .take = carom__end_take,
    .put = carom__end_put,
    .write = carom__end_write,
    .end_writing = carom__end_stop_writing,
    .collect = carom__bell_collect,
    .wait = carom__end_wait,
    .look = carom__end_look,
    .cut = cut,
    .close = close_link,
    .leave = leave,
    .stay = stay,
    .gone = free_end,
};

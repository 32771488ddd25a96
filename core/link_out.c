/* Sending through a link. */

#include "core/end.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* The rings that a link gets when there is more to say. */
#define MIDDLE_RING ((size_t) 64 << 10)
#define LARGE_RING ((size_t) 1 << 20)
#define FITS_MIDDLE ((size_t) 8 << 10)

#define GROW_PATIENCE carom_milliseconds(10)       /* for the arena's lock; then the next try */

/* A writer looks so often whether its reader, which neither sleeps nor reads on, is still there: every so many messages. */
#define LOOK_FOR_LIFE 64

/* After a ring that could not be had: so many of these looks before the next try. */
#define TRY_AGAIN 4

static int is_reader_gone(const carom__end_t *end)
{
    return atomic_load_explicit(&end->writer.lane->reader_gone, memory_order_relaxed) ||
           atomic_load_explicit(&end->deaf, memory_order_relaxed);
}

static void wake_reader(carom_connection_t *self)
{
    carom__lane_t *lane = self->end->writer.lane;

    if (atomic_exchange(&lane->asleep, 0) && !carom__bell_ring(self))
        atomic_store(&lane->asleep, 1);        /* the next message tries again */
}

static inline int is_reader_asleep(const carom__end_t *end)
{
    return atomic_load(&end->writer.lane->asleep) != 0;
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
    if (carom__object_make(&id, &ring, CAROM__OBJECT_RING, size, holders, GROW_PATIENCE) != CAROM_OK) {
        end->no_ring = TRY_AGAIN;
        return 0;
    }
    carom__fault("link.grown");
    if (carom__ring_move(&end->writer, ring, size, id))
        return 1;
    carom__object_let_go(id, 0, holders[0]);
    return 0;
}

/* Whoever sends hears the bell for those who receive, too.  It may also be woken for nothing. */
static void listen(carom_connection_t *self, unsigned heard, int64_t deadline)
{
    (void) carom__bell_listen(self, heard, deadline);
    if (atomic_load(&self->end->heard) != heard)
        carom__connection_stir(self);
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
            listen(self, heard, deadline);
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
    uint64_t head;

    end->messages = 0;
    if (end->no_ring > 0)
        end->no_ring--;
    head = atomic_load_explicit(&end->writer.lane->head, memory_order_acquire);
    if (head == end->writer.head)
        listen(self, atomic_load(&end->heard), 0);
    /* It counts as seen: what the reader has read may be written over. */
    end->writer.head = head;
}

/* After each message. */
static inline void count_message(carom_connection_t *self)
{
    if (++self->end->messages == LOOK_FOR_LIFE)
        look_for_life(self);
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
        if (put == 0)
            status = make_room(self, message, deadline);
        else if (is_reader_asleep(self->end))
            wake_reader(self);
        if (status == CAROM_OK && message->done < message->length && is_reader_gone(self->end))
            status = CAROM_EEOF;
    }
    return status;
}

static carom_status_t write_in_pieces(carom_connection_t *self, const carom__header_t *header, const void *body,
                                      const carom_native_t *files, size_t *sent, int64_t deadline)
{
    carom__end_t *end = self->end;
    unsigned char head[CAROM__HEADER_SIZE];
    message_t message = {{{head, sizeof head}, {body, (size_t) header->length}}, sizeof head + (size_t) header->length, 0};
    carom_status_t status = CAROM_OK;

    carom__header_write(head, header);
    if (message.length > end->writer.size / 4)
        (void) grow(self, message.length);
    if (header->handles > 0 && carom_plat_attach_in_bytes())
        status = send_handles(self, &message, files, header->handles, deadline);
    if (status == CAROM_OK)
        status = put_all(self, &message, deadline);
    /* An end that is closed is no message in part. */
    *sent = status == CAROM_EEOF ? 0 : message.done;
    if (status == CAROM_OK)
        count_message(self);
    return status;
}

/* Of a body, what is in the line of the record's word: written last. */
#define IN_FIRST_LINE (CAROM__RING_FIRST - CAROM__HEADER_SIZE)

static inline void fill(unsigned char *place, const carom__header_t *header, const unsigned char *body)
{
    size_t length = (size_t) header->length;

    if (length > IN_FIRST_LINE)
        memcpy(place + CAROM__RING_FIRST, body + IN_FIRST_LINE, length - IN_FIRST_LINE);
    carom__header_write(place, header);
    if (length > IN_FIRST_LINE)
        memcpy(place + CAROM__HEADER_SIZE, body, IN_FIRST_LINE);
    else if (length > 0)
        memcpy(place + CAROM__HEADER_SIZE, body, length);
}

/* 1: it is written, in one piece. */
static inline int write_short(carom_connection_t *self, const carom__header_t *header, const void *body)
{
    carom__writer_t *writer = &self->end->writer;
    size_t length = CAROM__HEADER_SIZE + (size_t) header->length;
    unsigned char *place = carom__ring_begin(writer, length);

    if (place == NULL)
        return 0;
    fill(place, header, body);
    carom__ring_commit(writer, length);
    if (is_reader_asleep(self->end))
        wake_reader(self);
    count_message(self);
    return 1;
}

int carom__end_put(carom_connection_t *self, const void *bytes, size_t length)
{
    const carom__header_t header = {CAROM_MESSAGE_BYTES, 0, length, 0};

    return !is_reader_gone(self->end) && write_short(self, &header, bytes);
}

carom_status_t carom__end_write(carom_connection_t *self, const carom__header_t *header, const void *body,
                                const carom_native_t *files, size_t *sent, int64_t deadline)
{
    *sent = 0;
    if (is_reader_gone(self->end))
        return CAROM_EEOF;
    if (header->handles == 0 && write_short(self, header, body))
        return CAROM_OK;
    return write_in_pieces(self, header, body, files, sent, deadline);
}

void carom__end_stop_writing(carom_connection_t *self)
{
    atomic_store(&self->end->writer.lane->writer_gone, 1);
    wake_reader(self);
}

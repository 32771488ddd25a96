/* Records in a ring. */

#include "core/ring.h"

#include "platform/fault.h"

#include <string.h>

#define WORD CAROM__RING_WORD
#define LINE CAROM__RING_LINE

/* Pieces of a long message: no smaller than this while there is more, and no larger than that, so that both sides are at
 * work. */
#define LEAST_PIECE ((size_t) 1024)
#define LARGEST_PIECE ((size_t) 32768)

#define UNTOLD ((size_t) 1024)

/* What the messages after the next one will be written to, if they are short: the reader has these lines of the cache still.
 * Asked for before they are needed, since a store, or a step that locks, waits until they are here. */
#define AHEAD 5
#define LINES_AHEAD 2

static size_t smaller(size_t one, size_t other)
{
    return one < other ? one : other;
}

/* ---- reading ---- */

static void step(carom__reader_t *reader, size_t bytes)
{
    reader->total += bytes;
    reader->at += bytes;
    if (reader->at == reader->size)
        reader->at = 0;
}

static carom_status_t read_next(const carom__reader_t *reader, carom__id_t *next)
{
    uint64_t where;

    memcpy(&where, reader->ring + reader->at + WORD, sizeof where);
    next->index = (uint32_t) where;
    next->generation = (uint32_t) (where >> 32);
    return next->generation ? CAROM_OK : CAROM_EBADMSG;
}

carom_status_t carom__ring_look(carom__reader_t *reader, size_t *ready, carom__id_t *next)
{
    uint64_t word;
    size_t length, record;

    *ready = reader->record - reader->done;
    next->index = next->generation = 0;
    while (*ready == 0) {
        word = atomic_load_explicit(carom__ring_word_at(reader->ring, reader->at), memory_order_acquire);
        if (word == 0)
            return CAROM_OK;
        length = (uint32_t) word;
        if (word == carom__ring_word_of(CAROM__RING_BACK, 0) && reader->at > 0) {
            step(reader, reader->size - reader->at);
            continue;
        }
        if (length == 0 || length > reader->size - reader->at - WORD)
            return CAROM_EBADMSG;
        if (word == carom__ring_word_of(CAROM__RING_ELSEWHERE, sizeof(uint64_t)))
            return read_next(reader, next);
        if (carom__ring_peek(reader, &record) == NULL)
            return CAROM_EBADMSG;
        *ready = reader->record = record;
        reader->done = 0;
    }
    return CAROM_OK;
}

void carom__ring_follow(carom__reader_t *reader, unsigned char *ring, size_t size, carom__id_t id)
{
    reader->total += LINE;
    reader->ring = ring;
    reader->size = size;
    reader->at = 0;
    reader->id = id;
    carom__fault("ring.followed");
    carom__ring_tell(reader);
}

void carom__ring_take(carom__reader_t *reader, void *to, size_t length)
{
    if (length > 0)
        memcpy(to, reader->ring + reader->at + WORD + reader->done, length);
    carom__fault("ring.taken");
    reader->done += length;
    if (reader->done < reader->record)
        return;
    step(reader, carom__ring_span(reader->record));
    reader->record = reader->done = 0;
}

void carom__ring_pass(carom__reader_t *reader, size_t length)
{
    carom__fault("ring.passed");
    step(reader, carom__ring_span(length));
}

/* An eighth of a large ring, so that its writer seldom waits; of a small one that would be every few messages.  It must leave
 * room for any small message behind a step back to the beginning: twice a quarter and some lines. */
static size_t most_untold(size_t size)
{
    return size / 8 > UNTOLD ? size / 8 : smaller(size / 4, UNTOLD);
}

int carom__ring_may_tell(const carom__reader_t *reader)
{
    return reader->total - reader->told > most_untold(reader->size) / 2;
}

void carom__ring_tell(carom__reader_t *reader)
{
    reader->told = reader->total;
    reader->tell_at = reader->told + most_untold(reader->size);
    carom__fault("ring.telling");
    atomic_store_explicit(&reader->lane->head, reader->total, memory_order_release);
    carom__fault("ring.told");
}

/* ---- writing ---- */

/* Bytes that can be written now, or that is not a head. */
static carom_status_t room(const carom__writer_t *writer, uint64_t head, size_t *bytes)
{
    uint64_t from = head > writer->base ? head : writer->base;

    if (head > writer->total || writer->total - from > writer->size || head % LINE != 0)
        return CAROM_EBADMSG;
    *bytes = writer->size - (size_t) (writer->total - from);
    return CAROM_OK;
}

/* Kept free always: the line of the cleared word behind a record, which is what it takes to send the reader elsewhere. */
#define RESERVE LINE

static size_t cost(size_t length)
{
    return carom__ring_span(length) + RESERVE;
}

static size_t until_end(const carom__writer_t *writer)
{
    return writer->size - writer->at;
}

static int is_small(const carom__writer_t *writer, size_t length)
{
    return length <= writer->size / 4;
}

/* How long a record of the rest can be with so much room; with `back` it goes to the beginning of the ring. */
static size_t fitting(const carom__writer_t *writer, size_t length, size_t done, size_t bytes, int *back)
{
    size_t left = length - done, most = until_end(writer) - WORD;

    *back = 0;
    if (is_small(writer, length)) {
        if (left <= most)
            return cost(left) <= bytes ? left : 0;
        *back = 1;
        return cost(left) + until_end(writer) <= bytes ? left : 0;
    }
    if (bytes < cost(smaller(left, LEAST_PIECE < writer->size / 4 ? LEAST_PIECE : writer->size / 4)))
        return 0;
    return smaller(left, smaller(smaller(most, bytes - WORD - RESERVE), LARGEST_PIECE));
}

static carom_status_t plan(carom__writer_t *writer, size_t length, size_t done, size_t *fits, int *back)
{
    size_t bytes;
    carom_status_t status = room(writer, writer->head, &bytes);

    *fits = 0;
    if (status == CAROM_OK)
        *fits = fitting(writer, length, done, bytes, back);
    if (status != CAROM_OK || *fits > 0)
        return status;
    writer->head = atomic_load_explicit(&writer->lane->head, memory_order_acquire);
    status = room(writer, writer->head, &bytes);
    if (status == CAROM_OK)
        *fits = fitting(writer, length, done, bytes, back);
    return status;
}

static _Atomic uint64_t *word_here(const carom__writer_t *writer)
{
    return carom__ring_word_at(writer->ring, writer->at);
}

static void advance(carom__writer_t *writer, size_t bytes)
{
    writer->total += bytes;
    writer->at += bytes;
    if (writer->at == writer->size)
        writer->at = 0;
}

static void go_back(carom__writer_t *writer)
{
    atomic_store_explicit(carom__ring_word_at(writer->ring, 0), 0, memory_order_relaxed);
    atomic_store_explicit(word_here(writer), carom__ring_word_of(CAROM__RING_BACK, 0), memory_order_release);
    carom__fault("ring.back");
    advance(writer, until_end(writer));
}

static void copy(unsigned char *to, const carom_plat_span_t spans[2], size_t done, size_t length)
{
    size_t first = done < spans[0].length ? smaller(spans[0].length - done, length) : 0;

    if (first > 0)
        memcpy(to, (const unsigned char *) spans[0].bytes + done, first);
    if (length > first)
        memcpy(to + first, (const unsigned char *) spans[1].bytes + (done + first - spans[0].length), length - first);
}

/* As far as the head is known. */
static void count_easy(carom__writer_t *writer)
{
    size_t bytes;

    writer->easy = 0;
    if (room(writer, writer->head, &bytes) == CAROM_OK && bytes > RESERVE)
        writer->easy = smaller(until_end(writer), bytes - RESERVE);
}

/* The record is there for whoever looks from now on; and whoever looks whether the reader sleeps, does so later.
 *
 * A store and a fence, not an exchange: that would wait until what is stored before it is there, and the reader, who looks at
 * this line all the time, has it back by then. */
static void publish(carom__writer_t *writer, size_t length)
{
    carom__fault("ring.publishing");
    atomic_store_explicit(word_here(writer), carom__ring_word_of(CAROM__RING_BYTES, length), memory_order_release);
    atomic_thread_fence(memory_order_seq_cst);
    carom__fault("ring.published");
    advance(writer, carom__ring_span(length));
}

static void ask_for_lines(const carom__writer_t *writer)
{
    size_t at = writer->at + AHEAD * LINE, i;

    for (i = 0; i < LINES_AHEAD; i++, at += LINE)
        carom_plat_will_write(writer->ring + (at < writer->size ? at : at - writer->size), 1);
}

void carom__ring_commit(carom__writer_t *writer, size_t length)
{
    publish(writer, length);
    writer->easy -= carom__ring_span(length);
    ask_for_lines(writer);
}

carom_status_t carom__ring_put(carom__writer_t *writer, const carom_plat_span_t spans[2], size_t done, size_t *put)
{
    int back;
    carom_status_t status = plan(writer, spans[0].length + spans[1].length, done, put, &back);

    if (status != CAROM_OK || *put == 0)
        return status;
    if (back)
        go_back(writer);
    carom__ring_clear_behind(writer, *put);
    copy(writer->ring + writer->at + WORD, spans, done, *put);
    publish(writer, *put);
    count_easy(writer);
    return CAROM_OK;
}

int carom__ring_has_room(carom__writer_t *writer, size_t length, size_t done)
{
    size_t fits;
    int back;

    return plan(writer, length, done, &fits, &back) != CAROM_OK || fits > 0;
}

int carom__ring_move(carom__writer_t *writer, unsigned char *ring, size_t size, carom__id_t id)
{
    uint64_t where = (uint64_t) id.generation << 32 | id.index;
    size_t bytes;

    writer->head = atomic_load_explicit(&writer->lane->head, memory_order_acquire);
    if (room(writer, writer->head, &bytes) != CAROM_OK || bytes < RESERVE)
        return 0;
    memcpy(writer->ring + writer->at + WORD, &where, sizeof where);
    atomic_store_explicit(carom__ring_word_at(ring, 0), 0, memory_order_relaxed);
    carom__fault("ring.moving");
    atomic_exchange_explicit(word_here(writer), carom__ring_word_of(CAROM__RING_ELSEWHERE, sizeof where), memory_order_seq_cst);
    carom_plat_memory_handed(writer->ring);
    carom__fault("ring.moved");
    writer->total += LINE;
    writer->base = writer->total;
    writer->ring = ring;
    writer->size = size;
    writer->at = writer->easy = 0;
    writer->id = id;
    return 1;
}

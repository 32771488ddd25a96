/* A ring: bytes from one writer to one reader, in memory that both share.
 *
 * What is written lies in records: a word that says how long and what it is, then the bytes, filled up to whole lines of the
 * cache: the reader who looks at one record is not disturbed by the writing of the next.  The word is stored last, by one
 * store, and the place of the next word was made 0 before: so the reader looks at one word, whose arrival says that all of the
 * record is there, and a writer that is killed half-way has written nothing.  The reader changes nothing in the ring; how far
 * it has read it says now and then, in its head.
 *
 * A record is never split by the end of the ring: a word sends the reader back to its beginning.  Another word sends it to
 * another ring, a larger one, which takes the place of the first: rings grow, so that a connection nobody uses is small.
 *
 * Reader and writer each believe nothing of the other: lengths and places are checked, and what is wrong ends in CAROM_EBADMSG.
 *
 * Everything here is memory alone.  Who sleeps, and who wakes whom, is in bell.h. */

#ifndef CAROM_CORE_RING_H
#define CAROM_CORE_RING_H

#include "core/arena.h"

/* One direction, in shared memory.  A line of the cache for each who writes it. */
typedef struct carom__lane_t {
    _Alignas(64) _Atomic uint64_t head;      /* bytes that the reader has done with, in all; written by the reader */
    _Alignas(64) _Atomic uint32_t asleep;    /* 1: the reader wants the bell rung; cleared by whoever rings */
    _Atomic uint32_t reader_gone;            /* closed */
    _Alignas(64) _Atomic uint32_t waiting;   /* 1: the writer wants the bell rung when there is room */
    _Atomic uint32_t writer_gone;

    /* where reader and writer are, while the end is on its way to another process */
    _Alignas(64) uint64_t read_total;
    uint64_t write_total, write_base;
    uint32_t read_at, write_at;
    carom__id_t read_ring, write_ring;       /* none: the first ring, which lies in the link */
} carom__lane_t;

/* The reader's side, in its own memory. */
typedef struct carom__reader_t {
    carom__lane_t *lane;
    unsigned char *ring;
    size_t size;
    size_t at;                 /* of the word to be looked at */
    uint64_t total;            /* bytes done with */
    uint64_t told;             /* of these, what the head says */
    uint64_t tell_at;          /* above so many it should say more */
    size_t record;             /* length of the record that is being read, 0: none */
    size_t done;               /* of it */
    carom__id_t id;
} carom__reader_t;

/* The writer's. */
typedef struct carom__writer_t {
    carom__lane_t *lane;
    unsigned char *ring;
    size_t size;
    size_t at;
    uint64_t total;            /* bytes written, in all */
    uint64_t base;             /* of these, before this ring */
    uint64_t head;             /* as last seen */
    size_t easy;               /* that can be written here, words and all, without another look at anything */
    carom__id_t id;
} carom__writer_t;

/* ---- the word of a record: its length, what it is, and a mark ---- */

enum { CAROM__RING_BYTES = 1, CAROM__RING_BACK = 2, CAROM__RING_ELSEWHERE = 3 };

#define CAROM__RING_WORD sizeof(uint64_t)
#define CAROM__RING_LINE ((size_t) 64)
#define CAROM__RING_FIRST (CAROM__RING_LINE - CAROM__RING_WORD)      /* bytes of a record in the line of its word */
#define CAROM__RING_MARK 0xCA0u

static inline uint64_t carom__ring_word_of(unsigned kind, size_t length)
{
    return (uint64_t) (CAROM__RING_MARK << 4 | kind) << 32 | length;
}

static inline _Atomic uint64_t *carom__ring_word_at(unsigned char *ring, size_t at)
{
    return (_Atomic uint64_t *) (void *) (ring + at);
}

/* What `length` bytes in one record take. */
static inline size_t carom__ring_span(size_t length)
{
    return (CAROM__RING_WORD + length + CAROM__RING_LINE - 1) & ~(CAROM__RING_LINE - 1);
}

/* ---- reading ---- */

/* Sizes a ring may have: whole lines, from 512 bytes to 1 GiB.  Its memory begins with a line, and needs no preparation but
 * that its first word is 0. */

/* How many bytes can be taken now: of one record, or 0.  Of a reader that has to go on in another ring *next is its id, and
 * *ready 0: then carom__ring_follow is the next call.  CAROM_EBADMSG: that is no record. */
carom_status_t carom__ring_look(carom__reader_t *reader, size_t *ready, carom__id_t *next);

/* Goes on in the next ring. */
void carom__ring_follow(carom__reader_t *reader, unsigned char *ring, size_t size, carom__id_t id);

/* Takes `length` bytes, at most what look or next said. */
void carom__ring_take(carom__reader_t *reader, void *to, size_t length);

/* 1 when there may be something to look at: the same for who looks again and again. */
static inline int carom__ring_stirs(const carom__reader_t *reader)
{
    return atomic_load_explicit(carom__ring_word_at(reader->ring, reader->at), memory_order_acquire) != 0;
}

/* What a record has in its second line; of the last line of the ring, what comes after it. */
static inline const unsigned char *carom__ring_line_behind(const carom__reader_t *reader)
{
    size_t behind = reader->at + CAROM__RING_LINE;

    return reader->ring + (behind < reader->size ? behind : 0);
}

/* The bytes of the record that comes next, when the last one was read to its end.  NULL: there is none, or look has to see. */
static inline const unsigned char *carom__ring_peek(const carom__reader_t *reader, size_t *length)
{
    uint64_t word = atomic_load_explicit(carom__ring_word_at(reader->ring, reader->at), memory_order_acquire);

    *length = (uint32_t) word;
    if (reader->record > 0 || word != carom__ring_word_of(CAROM__RING_BYTES, *length))
        return NULL;
    if (*length == 0 || *length > reader->size - reader->at - CAROM__RING_WORD)
        return NULL;
    return reader->ring + reader->at + CAROM__RING_WORD;
}

/* Takes that record as read, all of it: its length is what peek said. */
void carom__ring_pass(carom__reader_t *reader, size_t length);

/* 1 when so much has been read, or the writer waits, that the head should be told at once.  Telling takes a line of the cache
 * from the writer, and time. */
static inline int carom__ring_must_tell(const carom__reader_t *reader)
{
    return reader->total > reader->tell_at || atomic_load_explicit(&reader->lane->waiting, memory_order_relaxed);
}

/* The same when there is nothing else to do. */
int carom__ring_may_tell(const carom__reader_t *reader);
void carom__ring_tell(carom__reader_t *reader);

/* ---- writing ---- */

/* Puts as much of the spans, behind the `done` bytes that are written already, as one record takes.  Messages of at most a
 * quarter of the ring go whole or not at all.  *put 0: no room now.  CAROM_EBADMSG: the head is nonsense. */
carom_status_t carom__ring_put(carom__writer_t *writer, const carom_plat_span_t spans[2], size_t done, size_t *put);

/* The word behind a record of so many bytes, before anything of it is written. */
static inline void carom__ring_clear_behind(const carom__writer_t *writer, size_t length)
{
    size_t behind = writer->at + carom__ring_span(length);

    atomic_store_explicit(carom__ring_word_at(writer->ring, behind < writer->size ? behind : 0), 0, memory_order_relaxed);
}

/* The place for a message of at most a quarter of the ring, or NULL, when put has to see.  Once its bytes are there commit
 * makes a record of them, which has to follow.
 *
 * The first CAROM__RING_FIRST of them should be written last, and commit follow at once: the reader, who looks at that line all
 * the time, has it back as soon as it was touched. */
static inline unsigned char *carom__ring_begin(const carom__writer_t *writer, size_t length)
{
    if (length > writer->size / 4 || length + CAROM__RING_WORD > writer->easy)
        return NULL;
    carom__ring_clear_behind(writer, length);
    return writer->ring + writer->at + CAROM__RING_WORD;
}

void carom__ring_commit(carom__writer_t *writer, size_t length);

/* 1 when put would put something. */
int carom__ring_has_room(carom__writer_t *writer, size_t length, size_t done);

/* Sends the reader to another ring, empty and cleared, and goes on there.  0: there is no room for saying so. */
int carom__ring_move(carom__writer_t *writer, unsigned char *ring, size_t size, carom__id_t id);

#endif

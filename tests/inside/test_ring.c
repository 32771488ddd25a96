/* The ring alone: in memory of the test's, a byte queue beside it. */

#include "tests/inside/inside.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { RINGS = 4, LARGEST = 1 << 20, LINE = 64 };

/* A direction with nobody but the test at both ends. */
typedef struct tube_t {
    carom__lane_t lane;
    void *memory;                  /* that this lies in, at the next line of the cache */
    unsigned char *rings[RINGS];
    size_t sizes[RINGS];
    unsigned used;                 /* rings that the writer has moved to */
    unsigned at_once;              /* messages that went in one piece, without a look */
    carom__reader_t reader;
    carom__writer_t writer;
} tube_t;

static tube_t *new_tube(size_t size)
{
    void *memory = calloc(1, sizeof(tube_t) + LINE);
    tube_t *tube = memory ? (tube_t *) (void *) ((uintptr_t) memory + LINE - (uintptr_t) memory % LINE) : NULL;
    unsigned i;

    CAROM_ASSERT(tube != NULL);
    tube->memory = memory;
    for (i = 0; i < RINGS; i++) {
        tube->sizes[i] = size << (2 * i);
        tube->rings[i] = malloc(tube->sizes[i]);
        CAROM_ASSERT(tube->rings[i] != NULL);
        memset(tube->rings[i], 0xAA, tube->sizes[i]);
    }
    memset(tube->rings[0], 0, 8);
    tube->reader.lane = tube->writer.lane = &tube->lane;
    tube->reader.ring = tube->writer.ring = tube->rings[0];
    tube->reader.size = tube->writer.size = size;
    return tube;
}

static void free_tube(tube_t *tube)
{
    unsigned i;

    for (i = 0; i < RINGS; i++)
        free(tube->rings[i]);
    free(tube->memory);
}

/* 1 when the writer is in the next ring now. */
static int move_on(tube_t *tube)
{
    unsigned next = tube->used + 1;
    carom__id_t id = {next, 1};

    if (next == RINGS || !carom__ring_move(&tube->writer, tube->rings[next], tube->sizes[next], id))
        return 0;
    tube->used = next;
    return 1;
}

/* What can be taken; follows the writer. */
static carom_status_t look(tube_t *tube, size_t *ready)
{
    carom__id_t next;
    carom_status_t status = carom__ring_look(&tube->reader, ready, &next);

    while (status == CAROM_OK && next.generation != 0) {
        carom__ring_follow(&tube->reader, tube->rings[next.index], tube->sizes[next.index], next);
        status = carom__ring_look(&tube->reader, ready, &next);
    }
    return status;
}

/* Takes all that is there, at most `most` bytes at a time: how much that was. */
static size_t drain(tube_t *tube, unsigned char *to, size_t room, size_t most)
{
    size_t got = 0, ready, n;

    for (;;) {
        CAROM_ASSERT_OK(look(tube, &ready));
        n = ready < most ? ready : most;
        n = n < room - got ? n : room - got;
        if (n == 0)
            break;
        carom__ring_take(&tube->reader, to + got, n);
        got += n;
        if (carom__ring_must_tell(&tube->reader))
            carom__ring_tell(&tube->reader);
    }
    carom__ring_tell(&tube->reader);
    return got;
}

static void fill_in(unsigned char *bytes, size_t length, uint64_t number)
{
    size_t i;

    for (i = 0; i < length; i++)
        bytes[i] = (unsigned char) (number + i * 7);
}

/* One message through, in as many pieces as it takes. */
static void pass(tube_t *tube, unsigned char *from, unsigned char *to, size_t length, size_t split)
{
    carom_plat_span_t spans[2] = {{from, split}, {from + split, length - split}};
    size_t done = 0, got = 0, put;
    int idle = 0;

    memset(to, 0, length);
    while (got < length && idle < 2) {
        size_t before = got + done;

        if (done < length) {
            CAROM_ASSERT_OK(carom__ring_put(&tube->writer, spans, done, &put));
            done += put;
        }
        got += drain(tube, to + got, length - got, length);
        idle = got + done == before ? idle + 1 : 0;
    }
    CAROM_ASSERT_INT(got, length);
    CAROM_ASSERT(memcmp(from, to, length) == 0);
}

/* The same in one piece, where there is room for that. */
static void pass_at_once(tube_t *tube, const unsigned char *from, unsigned char *to, size_t length)
{
    unsigned char *place = carom__ring_begin(&tube->writer, length);
    size_t there;

    if (place == NULL)
        return;
    CAROM_ASSERT(place >= tube->rings[0] && place + length <= tube->rings[0] + tube->sizes[0]);
    memcpy(place, from, length);
    CAROM_ASSERT(carom__ring_peek(&tube->reader, &there) == NULL);
    carom__ring_commit(&tube->writer, length);
    CAROM_ASSERT(carom__ring_peek(&tube->reader, &there) != NULL);
    CAROM_ASSERT_INT(there, length);
    CAROM_ASSERT(memcmp(carom__ring_peek(&tube->reader, &there), from, length) == 0);
    if (length % 2) {
        CAROM_ASSERT_INT(drain(tube, to, length, length), length);
        CAROM_ASSERT(memcmp(from, to, length) == 0);
    } else {
        carom__ring_pass(&tube->reader, length);
        carom__ring_tell(&tube->reader);
    }
    tube->at_once++;
}

/* From each place in the ring each length passes, and comes out as it went in. */
CAROM_TEST_ONCE(ring, every_length)
{
    static const size_t sizes[] = {512, 576, 1792, 4096};
    static unsigned char from[2 * 4096], to[2 * 4096];
    size_t i, length;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tube_t *tube = new_tube(sizes[i]);

        for (length = 1; length <= 2 * sizes[i]; length++) {
            fill_in(from, length, length);
            pass(tube, from, to, length, length / 3);
            pass_at_once(tube, from, to, length);
            /* On by a line, so that the ends of the ring come everywhere. */
            pass(tube, from, to, 1, 0);
        }
        CAROM_ASSERT(tube->at_once > sizes[i] / 16);
        free_tube(tube);
    }
}

/* What was read and not told, as little as that may be, leaves room for any short message, wherever the ring stands. */
CAROM_TEST_ONCE(ring, untold_is_no_hindrance)
{
    static const size_t sizes[] = {512, 576, 1792, 4096, 65536};
    static unsigned char from[65536 / 4], to[65536 / 4];
    uint64_t lot = test->seed | 1;
    size_t i, put, ready, length;
    int k;

    for (i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        tube_t *tube = new_tube(sizes[i]);

        for (k = 0; k < 20000; k++) {
            carom_plat_span_t spans[2] = {{from, 0}, {NULL, 0}};

            length = k % 2 ? sizes[i] / 4 : 1 + draw(&lot) % (sizes[i] / 4);
            spans[0].length = length;
            CAROM_ASSERT_OK(carom__ring_put(&tube->writer, spans, 0, &put));
            CAROM_ASSERT_INT(put, length);
            CAROM_ASSERT_OK(look(tube, &ready));
            CAROM_ASSERT_INT(ready, length);
            carom__ring_take(&tube->reader, to, length);
            if (carom__ring_must_tell(&tube->reader))
                carom__ring_tell(&tube->reader);
        }
        free_tube(tube);
    }
}

/* A message of up to a quarter of the ring goes whole or not at all, wherever the ring stands. */
CAROM_TEST_ONCE(ring, short_ones_go_whole)
{
    static unsigned char from[4096], to[8192];
    uint64_t lot = test->seed | 1;
    size_t put, length;
    int i;

    for (i = 0; i < 20000; i++) {
        static tube_t *tube;
        carom_plat_span_t spans[2] = {{from, 0}, {NULL, 0}};

        if (i % 2000 == 0)
            tube = new_tube((size_t) 256 << i / 2000 % 4);
        length = 1 + draw(&lot) % (tube->sizes[0] / 4);
        spans[0].length = length;
        CAROM_ASSERT_OK(carom__ring_put(&tube->writer, spans, 0, &put));
        CAROM_ASSERT(put == 0 || put == length);
        if (put == 0 || draw(&lot) % 3 == 0) {
            (void) drain(tube, to, sizeof to, sizeof to);
            CAROM_ASSERT(carom__ring_has_room(&tube->writer, length, 0));
        }
        if (i % 2000 == 1999)
            free_tube(tube);
    }
}

/* ---- sequences by lot, beside a queue of bytes ---- */

typedef struct queue_t {
    unsigned char *bytes;
    size_t begin, end;
} queue_t;

enum { QUEUE = 1 << 22 };

static void write_some(tube_t *tube, queue_t *queue, uint64_t *lot)
{
    static unsigned char from[100000];
    size_t length = 1 + draw(lot) % (draw(lot) % 4 == 0 ? sizeof from : tube->sizes[0]), done = 0, put = 1;
    size_t split = draw(lot) % (length + 1);
    carom_plat_span_t spans[2] = {{from, split}, {from + split, length - split}};

    if (queue->end + length > QUEUE)
        return;
    fill_in(from, length, draw(lot));
    while (done < length && put > 0) {
        CAROM_ASSERT_OK(carom__ring_put(&tube->writer, spans, done, &put));
        memcpy(queue->bytes + queue->end, from + done, put);
        queue->end += put;
        done += put;
    }
}

static void read_some(tube_t *tube, queue_t *queue, uint64_t *lot)
{
    static unsigned char to[QUEUE];
    size_t got = drain(tube, to, 1 + draw(lot) % 5000, 1 + draw(lot) % 3000);

    CAROM_ASSERT(got <= queue->end - queue->begin);
    CAROM_ASSERT(memcmp(to, queue->bytes + queue->begin, got) == 0);
    queue->begin += got;
}

static void run_by_lot(uint64_t seed)
{
    tube_t *tube = new_tube((size_t) 256 << seed % 3);
    queue_t queue = {malloc(QUEUE), 0, 0};
    uint64_t lot = seed * 2 + 1;
    int i;

    CAROM_ASSERT(queue.bytes != NULL);
    for (i = 0; i < 400; i++)
        switch (draw(&lot) % 8) {
        case 0:
            if (draw(&lot) % 16 == 0)
                (void) move_on(tube);
            break;
        case 1: case 2: case 3:
            write_some(tube, &queue, &lot);
            break;
        default:
            read_some(tube, &queue, &lot);
        }
    while (queue.begin < queue.end) {
        size_t before = queue.begin;

        read_some(tube, &queue, &lot);
        CAROM_ASSERT(queue.begin > before);
    }
    free(queue.bytes);
    free_tube(tube);
}

CAROM_TEST_WITH(ring, like_a_queue, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)
{
    unsigned rounds = for_sanitizers(rounds_of(2000, 50000), 5), i;

    for (i = 0; i < rounds; i++)
        run_by_lot(test->seed + i);
}

/* ---- a thread each side ---- */

typedef struct flow_t {
    tube_t *tube;
    unsigned count;
} flow_t;

static void write_on(void *argument)
{
    flow_t *flow = argument;
    lot_t lot = {9, 0};
    unsigned i;
    size_t put;

    for (i = 0; i < flow->count; i++) {
        size_t length, done = 0;
        const void *bytes = lot_send(&lot, &length);
        carom_plat_span_t spans[2] = {{&length, sizeof length}, {bytes, length % 50000}};

        length %= 50000;
        if (i % 100 == 50)
            (void) move_on(flow->tube);
        while (done < sizeof length + length) {
            if (carom__ring_put(&flow->tube->writer, spans, done, &put) != CAROM_OK)
                return;
            done += put;
            if (put == 0)
                carom_plat_relax();
        }
    }
    carom_plat_thread_exit();
}

static void read_exactly(tube_t *tube, void *to, size_t length)
{
    int64_t deadline = carom_plat_now() + 20000000;
    size_t got = 0;

    while (got < length) {
        got += drain(tube, (unsigned char *) to + got, length - got, length);
        if (got < length)
            carom_plat_relax();
        CAROM_ASSERT(carom_plat_now() < deadline);
    }
}

CAROM_TEST_WITH(ring, two_threads, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    flow_t flow = {new_tube(1792), 500};
    carom_plat_thread_t *writer;
    static unsigned char bytes[50000];
    lot_t lot = {9, 0};
    unsigned i;

    CAROM_ASSERT_OK(carom_plat_thread_start(&writer, write_on, &flow));
    for (i = 0; i < flow.count; i++) {
        size_t wanted, length;
        const void *right = lot_send(&lot, &wanted);

        read_exactly(flow.tube, &length, sizeof length);
        CAROM_ASSERT_INT(length, wanted % 50000);
        read_exactly(flow.tube, bytes, length);
        CAROM_ASSERT(memcmp(bytes, right, length) == 0);
    }
    carom_plat_thread_join(&writer);
    free_tube(flow.tube);
}

/* ---- a ring that somebody scribbles over ---- */

CAROM_TEST_WITH(ring, scribbled_over, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)
{
    unsigned rounds = for_sanitizers(rounds_of(20000, 500000), 4), i, k;
    static unsigned char from[4000], to[QUEUE];
    uint64_t lot = test->seed | 1;

    for (i = 0; i < rounds; i++) {
        tube_t *tube = new_tube(1024);

        for (k = 0; k < 20; k++) {
            carom_plat_span_t spans[2] = {{from, draw(&lot) % sizeof from}, {NULL, 0}};
            uint64_t word = (uint64_t) (0xCA00 + draw(&lot) % 5) << 32 | draw(&lot) % 1100;
            size_t put, ready, n, at = draw(&lot) % 128 * 8;
            carom__id_t next;

            if (carom__ring_put(&tube->writer, spans, 0, &put) != CAROM_OK)
                break;
            memcpy(tube->rings[0] + at, &word, sizeof word);
            if (draw(&lot) % 8 == 0)
                atomic_store(&tube->lane.head, draw(&lot) % 2 ? draw(&lot) % 4096 : (uint64_t) draw(&lot) << 40);
            if (carom__ring_look(&tube->reader, &ready, &next) != CAROM_OK || next.generation != 0)
                break;
            n = ready < sizeof to ? ready : sizeof to;
            if (n > 0)
                carom__ring_take(&tube->reader, to, 1 + draw(&lot) % n);
        }
        free_tube(tube);
    }
}

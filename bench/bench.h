/* Benchmarks: what the parts of carom_bench share.
 *
 * A row compares one figure of ours with the same figure of a peer.  A run of it is a number of short turns (ours, peer, ours,
 * peer, …), because a machine drifts, within a second, by more than the differences that matter.  The ratio of a run is the
 * median of the ratios of its turns, the ratio of a row the median of its runs. */

#ifndef CAROM_BENCH_H
#define CAROM_BENCH_H

#include <carom.h>

/* How much is done in one turn: some hundredths of a second of it; and ten times that where a turn is a run, because the peer
 * is a program that takes longer to start. */
#define BENCH_TURNS 10
#define BENCH_TRIPS 1000
#define BENCH_SLEEPS 100
#define BENCH_IDLE 300L
#define BENCH_SMALL_MESSAGES 10000
#define BENCH_LARGE_MESSAGES 400
#define BENCH_QUEUE_SMALL 400000
#define BENCH_QUEUE_MIDDLE 100000
#define BENCH_QUEUE_LARGE 10000
#define BENCH_STARTS 10
#define BENCH_FORKS 30
#define BENCH_THREADS 200

#define BENCH_SMALL ((size_t) 64)
#define BENCH_LARGE ((size_t) 64 << 10)

typedef enum bench_outcome_t {
    BENCH_MEASURED = 0,
    BENCH_ABSENT = 1,        /* the peer is not on this machine */
    BENCH_SKIPPED = 2,       /* the machine cannot do it; text says why */
    BENCH_FAILED = 3         /* text says how */
} bench_outcome_t;

typedef struct bench_figure_t {
    bench_outcome_t outcome;
    double value;            /* in the unit of the row */
    char text[200];
} bench_figure_t;

/* Measures once; `what` is the row's own. */
typedef void (*bench_measure_t)(bench_figure_t *figure, const void *what);

typedef struct bench_side_t {
    bench_measure_t measure;
    const void *what;
} bench_side_t;

typedef struct bench_row_t {
    const char *name;        /* figure/mode/peer */
    const char *unit;
    size_t turns;            /* of a run */
    int more_is_better;
    double target;           /* the ratio ours/peer may be at most this, or must be at least this; 0: none */
    bench_side_t ours;
    bench_side_t peer;
    void (*end)(void);       /* after the last pair; NULL: nothing to do */
} bench_row_t;

/* Rows of each part; *count is how many. */
const bench_row_t *bench_connection_rows(size_t *count);
const bench_row_t *bench_start_rows(size_t *count);
const bench_row_t *bench_lock_rows(size_t *count);
const bench_row_t *bench_peer_rows(size_t *count);

/* The path by which this program was run. */
extern const char *bench_program;

/* The argument that makes this program return from main at once: what a raw start of the same program costs. */
#define BENCH_RETURN "--return"

/* Fill a figure. */
void bench_value(bench_figure_t *figure, double value);
void bench_fail(bench_figure_t *figure, const char *what, carom_status_t status);
void bench_skip(bench_figure_t *figure, bench_outcome_t outcome, const char *format, ...) CAROM_PRINTF(3, 4);

/* The median; sorts the values. */
double bench_median(double *values, size_t count);

/* Ours, for a run of one turn, to be compared with peers that are programs. */
extern const bench_side_t bench_round_trip_small, bench_stream_small, bench_stream_large, bench_start_spawn;

/* Queues: size, producers and consumers. */
extern const bench_side_t bench_queue_64_1x1, bench_queue_64_4x1, bench_queue_64_1x4, bench_queue_64_4x4, bench_queue_64_batch,
    bench_queue_4k_1x1, bench_queue_4k_4x1, bench_queue_4k_1x4, bench_queue_4k_4x4, bench_queue_64k_1x1, bench_queue_64k_4x1,
    bench_queue_64k_1x4, bench_queue_64k_4x4;

/* The kernel's, and the memory's, in the same way. */
extern const bench_side_t bench_raw_spawn, bench_raw_copy;

#endif

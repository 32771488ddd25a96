/* Connections beside a raw socket pair: round trips and streams, between processes and between threads. */

#include "bench.h"
#include "raw/raw.h"

#include <stdlib.h>
#include <string.h>

#define WARM_UP 200

/* Where the two sides run.  On one core a round trip is two switches of it and every instruction counts; on two it is two
 * wake-ups of an idle core, which cost far more.  Left to itself a system does now this, now that. */
typedef enum place_t { ANYWHERE, ONE_CORE, TWO_CORES } place_t;

/* 0: it cannot be had, and the figure says so. */
static int can_have(bench_figure_t *figure, place_t place)
{
    int error = place == ANYWHERE ? 0 : raw_pin(place == TWO_CORES);

    raw_unpin();
    if (error)
        bench_skip(figure, BENCH_SKIPPED, "too few processors, or no way to choose one");
    return !error;
}

/* Pins the calling thread for what it starts next, the partner. */
static int pin_partner(place_t place)
{
    return place == ANYWHERE ? 0 : raw_pin(place == TWO_CORES);
}

static int pin_self(place_t place)
{
    return place == ANYWHERE ? 0 : raw_pin(0);
}

/* What is measured, of ours and of a raw pair. */
typedef struct job_t {
    const char *mode;
    place_t place;
    raw_partner_t partner;
    raw_job_t raw;
    size_t size;
    size_t count;
    long idle;               /* µs before each round trip, so that both sides sleep; 0: they keep each other awake */
} job_t;

/* ---- the partner ---- */

static int echo(carom_connection_t *connection, void *message, size_t size)
{
    size_t length;
    carom_status_t status = carom_connection_receive_into(message, size, &length, connection, CAROM_FOREVER);

    if (status == CAROM_OK)
        status = carom_connection_send_bytes(connection, message, length, CAROM_FOREVER);
    return status == CAROM_OK;
}

/* Arguments: connection, size of a message, a number that it does not need. */
CAROM_TASK(bench_echo)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    size_t size = (size_t) carom_arg_int(call, 1);
    void *message = malloc(size);

    while (message && echo(connection, message, size))
        ;
    free(message);
    carom_connection_close(&connection);
    return 0;
}

static int sink(carom_connection_t *connection, void *message, size_t size, int64_t count)
{
    carom_status_t status = CAROM_OK;
    size_t length;

    while (count-- > 0 && status == CAROM_OK)
        status = carom_connection_receive_into(message, size, &length, connection, CAROM_FOREVER);
    if (status == CAROM_OK)
        status = carom_connection_send_bytes(connection, "", 0, CAROM_FOREVER);
    return status == CAROM_OK;
}

/* Arguments: connection, size of a message, how many are answered at once. */
CAROM_TASK(bench_sink)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    size_t size = (size_t) carom_arg_int(call, 1);
    void *message = malloc(size);

    while (message && sink(connection, message, size, carom_arg_int(call, 2)))
        ;
    free(message);
    carom_connection_close(&connection);
    return 0;
}

typedef struct partner_t {
    carom_context_t *context;
    carom_connection_t *connection;
    carom_process_t *process;
} partner_t;

static void partner_stop(partner_t *partner)
{
    raw_unpin();
    carom_connection_close(&partner->connection);
    (void) carom_process_destroy(&partner->process);
    carom_context_destroy(&partner->context);
}

static carom_status_t partner_start(partner_t *partner, const job_t *job, const carom_entry_t *entry)
{
    carom_connection_t *theirs = NULL;
    carom_status_t status;

    memset(partner, 0, sizeof *partner);
    status = carom_context_create(&partner->context, job->mode);
    if (status == CAROM_OK)
        status = carom_connection_pair(&partner->connection, &theirs, NULL);
    if (status == CAROM_OK)
        status = pin_partner(job->place);
    if (status == CAROM_OK)
        status = carom_process_start(&partner->process, partner->context, carom_call(*entry, theirs, job->size, job->count));
    if (status == CAROM_OK)
        status = pin_self(job->place);
    carom_connection_close(&theirs);
    if (status != CAROM_OK)
        partner_stop(partner);
    return status;
}

/* ---- ours ---- */

/* Adds what the trips took to *taken. */
static carom_status_t trips(carom_connection_t *connection, const job_t *job, size_t count, carom_duration_t *taken)
{
    char message[BENCH_SMALL] = "";
    carom_status_t status = CAROM_OK;
    carom_duration_t begin = carom_now();
    size_t length;

    while (count-- > 0 && status == CAROM_OK) {
        if (job->idle > 0) {
            *taken += carom_now() - begin;
            raw_rest(job->idle);
            begin = carom_now();
        }
        status = carom_connection_send_bytes(connection, message, job->size, CAROM_FOREVER);
        if (status == CAROM_OK)
            status = carom_connection_receive_into(message, sizeof message, &length, connection, CAROM_FOREVER);
    }
    *taken += carom_now() - begin;
    return status;
}

static void round_trip(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    partner_t partner;
    carom_duration_t taken = 0;
    carom_status_t status;

    if (!can_have(figure, job->place))
        return;
    status = partner_start(&partner, job, &bench_echo);
    if (status == CAROM_OK) {
        status = trips(partner.connection, job, job->idle > 0 ? job->count / 10 : WARM_UP, &taken);
        taken = 0;
        if (status == CAROM_OK)
            status = trips(partner.connection, job, job->count, &taken);
        bench_value(figure, (double) taken / (double) job->count);
        partner_stop(&partner);
    }
    if (status != CAROM_OK)
        bench_fail(figure, "carom connection", status);
}

static carom_status_t flood(carom_connection_t *connection, const void *message, size_t size, size_t count)
{
    carom_status_t status = CAROM_OK;
    size_t length;
    char nothing;

    while (count-- > 0 && status == CAROM_OK)
        status = carom_connection_send_bytes(connection, message, size, CAROM_FOREVER);
    if (status == CAROM_OK)
        status = carom_connection_receive_into(&nothing, sizeof nothing, &length, connection, CAROM_FOREVER);
    return status;
}

/* Streams of small messages count messages, streams of large ones bytes. */
static double per_second(const job_t *job, double microseconds)
{
    double amount = (double) job->count * (job->size > BENCH_SMALL ? (double) job->size / 1e3 : 1);

    return amount / microseconds * 1e3;
}

static void stream(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    void *message;
    partner_t partner;
    carom_duration_t begin;
    carom_status_t status;

    if (!can_have(figure, job->place))
        return;
    message = calloc(1, job->size);
    status = message ? partner_start(&partner, job, &bench_sink) : CAROM_ENOMEM;
    if (status == CAROM_OK) {
        status = flood(partner.connection, message, job->size, job->count);
        begin = carom_now();
        if (status == CAROM_OK)
            status = flood(partner.connection, message, job->size, job->count);
        bench_value(figure, per_second(job, (double) (carom_now() - begin)));
        partner_stop(&partner);
    }
    free(message);
    if (status != CAROM_OK)
        bench_fail(figure, "carom stream", status);
}

/* ---- the raw pair ---- */

static int raw_open(raw_pair_t **pair, const job_t *job)
{
    int error = pin_partner(job->place);

    *pair = NULL;
    if (!error)
        error = raw_pair_open(pair, job->partner, job->raw, job->size, job->count);
    return error ? error : pin_self(job->place);
}

static void raw_close(raw_pair_t **pair)
{
    raw_unpin();
    raw_pair_close(pair);
}

static int raw_trips(raw_pair_t *pair, const job_t *job, size_t count, carom_duration_t *taken)
{
    char message[BENCH_SMALL] = "";
    carom_duration_t begin = carom_now();
    int error = 0;

    while (count-- > 0 && !error) {
        if (job->idle > 0) {
            *taken += carom_now() - begin;
            raw_rest(job->idle);
            begin = carom_now();
        }
        error = raw_pair_trip(pair, message);
    }
    *taken += carom_now() - begin;
    return error;
}

static void raw_round_trip(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    raw_pair_t *pair;
    carom_duration_t taken = 0;
    int error = raw_open(&pair, job);

    if (!error)
        error = raw_trips(pair, job, job->idle > 0 ? job->count / 10 : WARM_UP, &taken);
    taken = 0;
    if (!error)
        error = raw_trips(pair, job, job->count, &taken);
    bench_value(figure, (double) taken / (double) job->count);
    raw_close(&pair);
    if (error)
        bench_fail(figure, "socket pair", error);
}

static void line_trip(bench_figure_t *figure, const job_t *job, int apart)
{
    double each = 0;
    int error = raw_line(job->count, apart, &each);

    if (error)
        bench_fail(figure, "line of the cache", error);
    else
        bench_value(figure, each);
}

static void raw_line_trip(bench_figure_t *figure, const void *what)
{
    line_trip(figure, what, 0);
}

static void raw_lines_trip(bench_figure_t *figure, const void *what)
{
    line_trip(figure, what, 1);
}

static int raw_flood(raw_pair_t *pair, const void *message, size_t count)
{
    int error = 0;

    while (count-- > 0 && !error)
        error = raw_pair_send(pair, message);
    return error ? error : raw_pair_finish(pair);
}

static void raw_stream(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    void *message = calloc(1, job->size);
    raw_pair_t *pair;
    carom_duration_t begin;
    int error = raw_open(&pair, job);

    if (!error)
        error = raw_flood(pair, message, job->count);
    begin = carom_now();
    if (!error)
        error = raw_flood(pair, message, job->count);
    bench_value(figure, per_second(job, (double) (carom_now() - begin)));
    raw_close(&pair);
    free(message);
    if (error)
        bench_fail(figure, "socket pair", error);
}

static void raw_copying(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    double taken = raw_copy(job->size, job->count);

    if (taken > 0)
        bench_value(figure, per_second(job, taken));
    else
        bench_fail(figure, "memcpy", CAROM_ENOMEM);
}

/* ---- memory ---- */

#define CONNECTIONS 1000

/* KiB of the arena for a connection that nobody uses. */
static void idle_connections(bench_figure_t *figure, const void *what)
{
    static carom_connection_t *ends[2 * CONNECTIONS];
    carom_arena_usage_t after;
    carom_status_t status = CAROM_OK;
    size_t count = 0;

    (void) what;
    while (count < CONNECTIONS && status == CAROM_OK)
        if ((status = carom_connection_pair(&ends[2 * count], &ends[2 * count + 1], NULL)) == CAROM_OK)
            count++;
    carom_arena_usage(&after);
    bench_value(figure, (double) after.bytes / 1024 / CONNECTIONS);
    while (count-- > 0) {
        carom_connection_close(&ends[2 * count]);
        carom_connection_close(&ends[2 * count + 1]);
    }
    if (status != CAROM_OK)
        bench_fail(figure, "carom connections", status);
}

static void page(bench_figure_t *figure, const void *what)
{
    (void) what;
    bench_value(figure, 4);
}

/* ---- rows ---- */

#define IN_A_LINE ((size_t) 40)        /* with what goes before it a message of so many bytes is in one line of the cache */

#define TRIP(mode, place, partner, raw) {mode, place, partner, raw, BENCH_SMALL, BENCH_TRIPS, 0}
#define ASLEEP(mode, place, partner, raw) {mode, place, partner, raw, BENCH_SMALL, BENCH_SLEEPS, BENCH_IDLE}
#define SMALL(mode, place, partner) {mode, place, partner, RAW_SINK, BENCH_SMALL, BENCH_SMALL_MESSAGES, 0}
#define LARGE(mode, place, partner) {mode, place, partner, RAW_SINK, BENCH_LARGE, BENCH_LARGE_MESSAGES, 0}

static const job_t trip_anywhere = TRIP("spawn", ANYWHERE, RAW_PROCESS, RAW_ECHO);
static const job_t trip_one = TRIP("spawn", ONE_CORE, RAW_PROCESS, RAW_ECHO);
static const job_t trip_two = TRIP("spawn", TWO_CORES, RAW_PROCESS, RAW_ECHO);
static const job_t trip_line = {"spawn", TWO_CORES, RAW_PROCESS, RAW_ECHO, BENCH_SMALL, 20 * BENCH_TRIPS, 0};
static const job_t trip_in_line = {"spawn", TWO_CORES, RAW_PROCESS, RAW_ECHO, IN_A_LINE, 20 * BENCH_TRIPS, 0};
static const job_t trip_thread = TRIP("thread", TWO_CORES, RAW_THREAD, RAW_ECHO);
static const job_t asleep_one = ASLEEP("spawn", ONE_CORE, RAW_PROCESS, RAW_ECHO);
static const job_t asleep_two = ASLEEP("spawn", TWO_CORES, RAW_PROCESS, RAW_ECHO);
static const job_t asleep_thread = ASLEEP("thread", TWO_CORES, RAW_THREAD, RAW_ECHO);
static const job_t small_spawn = SMALL("spawn", TWO_CORES, RAW_PROCESS);
static const job_t small_thread = SMALL("thread", TWO_CORES, RAW_THREAD);
static const job_t large_spawn = LARGE("spawn", TWO_CORES, RAW_PROCESS);
static const job_t large_thread = LARGE("thread", TWO_CORES, RAW_THREAD);

#define TIME(name, target, job) {name, "us", BENCH_TURNS, 0, target, {round_trip, &job}, {raw_round_trip, &job}, NULL}
#define RATE(name, unit, target, job, peer) {name, unit, BENCH_TURNS, 1, target, {stream, &job}, {peer, &job}, NULL}

static const bench_row_t rows[] = {
    {"round_trip_64/spawn_awake/cache_line", "us", BENCH_TURNS, 0, 2.5, {round_trip, &trip_line},
     {raw_line_trip, &trip_line}, NULL},
    {"round_trip_40/spawn_awake/cache_line", "us", BENCH_TURNS, 0, 2.5, {round_trip, &trip_in_line},
     {raw_line_trip, &trip_in_line}, NULL},
    {"round_trip_64/spawn_awake/two_cache_lines", "us", BENCH_TURNS, 0, 0, {round_trip, &trip_line},
     {raw_lines_trip, &trip_line}, NULL},
    TIME("round_trip_64/spawn_asleep_one_core/socketpair", 1.3, asleep_one),
    TIME("round_trip_64/spawn_asleep_two_cores/socketpair", 1.3, asleep_two),
    TIME("round_trip_64/thread_asleep_two_cores/socketpair", 1.3, asleep_thread),
    TIME("round_trip_64/spawn/socketpair", 0, trip_anywhere),
    TIME("round_trip_64/spawn_one_core/socketpair", 1.3, trip_one),
    TIME("round_trip_64/spawn_two_cores/socketpair", 0, trip_two),
    TIME("round_trip_64/thread_two_cores/socketpair", 0, trip_thread),
    RATE("stream_64/spawn_two_cores/socketpair", "k/s", 5, small_spawn, raw_stream),
    RATE("stream_64/thread_two_cores/socketpair", "k/s", 5, small_thread, raw_stream),
    RATE("stream_64k/spawn_two_cores/socketpair", "MB/s", 0, large_spawn, raw_stream),
    RATE("stream_64k/thread_two_cores/socketpair", "MB/s", 0, large_thread, raw_stream),
    RATE("stream_64k/spawn_two_cores/memcpy", "MB/s", 0.35, large_spawn, raw_copying),
    {"memory/idle_connection/page", "KiB", 1, 0, 1.5, {idle_connections, NULL}, {page, NULL}, NULL},
};

const bench_row_t *bench_connection_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

/* ---- for peers that are programs, some of which choose their processors: ours are on two as well ---- */

static const job_t long_trip = {"spawn", TWO_CORES, RAW_PROCESS, RAW_ECHO, BENCH_SMALL, BENCH_TURNS * BENCH_TRIPS, 0};
static const job_t long_small = {"spawn", TWO_CORES, RAW_PROCESS, RAW_SINK, BENCH_SMALL, BENCH_TURNS * BENCH_SMALL_MESSAGES, 0};
static const job_t long_large = {"spawn", TWO_CORES, RAW_PROCESS, RAW_SINK, BENCH_LARGE, BENCH_TURNS * BENCH_LARGE_MESSAGES, 0};

const bench_side_t bench_round_trip_small = {round_trip, &long_trip};
const bench_side_t bench_stream_small = {stream, &long_small};
const bench_side_t bench_stream_large = {stream, &long_large};
const bench_side_t bench_raw_copy = {raw_copying, &long_large};

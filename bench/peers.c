/* Peers that are programs: each is run with the name of a figure and how much to do for it, and prints the figure's value in
 * the unit of the row.  They lie beside this program, or (scripts) where the sources are. */

#include "bench.h"
#include "raw/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_SIZE 4096
#define PATIENCE 60              /* seconds for one figure */
#define MISSES_SOMETHING 77      /* exit code of a peer */
#define WORDS 8                  /* of a command, its end included */

typedef struct peer_t {
    const char *file;            /* of the program or script */
    const char *launcher[WORDS];  /* what runs it, NULL-ended; empty: it runs itself */
} peer_t;

typedef struct job_t {
    const peer_t *peer;
    const char *figure;
    size_t count;
} job_t;

/* ---- finding ---- */

static int is_there(const char *path)
{
    FILE *file = fopen(path, "rb");

    if (file)
        fclose(file);
    return file != NULL;
}

static int find_beside(char path[PATH_SIZE], const char *file)
{
    const char *slash = strrchr(bench_program, '/');
    int length = slash ? (int) (slash - bench_program) + 1 : 0;

    return snprintf(path, PATH_SIZE, "%.*s%s", length, bench_program, file) < PATH_SIZE && is_there(path);
}

static int find_in_sources(char path[PATH_SIZE], const char *file)
{
    const char *folder = getenv("CAROM_BENCH_SRCDIR");

    return folder && snprintf(path, PATH_SIZE, "%s/%s", folder, file) < PATH_SIZE && is_there(path);
}

/* ---- running ---- */

/* A launcher's word that stands for the interpreter of the tests, `make bench PYTHON=...`. */
static const char the_interpreter[] = "python3";

static const char *word_for(const char *word)
{
    const char *named = getenv("CAROM_PYTHON");

    return word == the_interpreter && named && named[0] ? named : word;
}

static void judge(bench_figure_t *figure, const char *file, const char *output, int code)
{
    char *end;
    double value = strtod(output, &end);

    if (code == 0 && end != output && value > 0)
        bench_value(figure, value);
    else if (code == MISSES_SOMETHING)
        bench_skip(figure, BENCH_ABSENT, "%s does not find what it measures", file);
    else
        bench_skip(figure, BENCH_FAILED, "%s ended with exit code %d", file, code);
}

static void run(bench_figure_t *figure, const job_t *job, const char *path)
{
    const char *argv[WORDS + 4], *const *word = job->peer->launcher;
    char count[32], output[256];
    size_t n = 0;
    int code, error;

    snprintf(count, sizeof count, "%zu", job->count);
    while (*word)
        argv[n++] = word_for(*word++);
    argv[n++] = path;
    argv[n++] = job->figure;
    argv[n++] = count;
    argv[n] = NULL;
    error = raw_run(output, sizeof output, &code, argv, PATIENCE);
    if (error == RAW_NO_PROGRAM)
        bench_skip(figure, BENCH_ABSENT, "%s is not here", argv[0]);
    else if (error)
        bench_fail(figure, argv[0], error);
    else
        judge(figure, job->peer->file, output, code);
}

static void peer(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    char path[PATH_SIZE];

    if (find_beside(path, job->peer->file) || find_in_sources(path, job->peer->file))
        run(figure, job, path);
    else
        bench_skip(figure, BENCH_ABSENT, "%s is not here", job->peer->file);
}

/* The side of another part. */
static void ours(bench_figure_t *figure, const void *what)
{
    const bench_side_t *side = what;

    side->measure(figure, side->what);
}

/* Ours is a program here: the harness, with a case that does nothing. */
static void isolated(bench_figure_t *figure, const void *what)
{
    const int count = BENCH_TURNS * BENCH_STARTS;
    char path[PATH_SIZE], output[256], repeat[32];
    const char *argv[] = {path, "--repeat", repeat, NULL};
    carom_duration_t began = carom_now();
    int error, code = 0;

    (void) what;
    snprintf(repeat, sizeof repeat, "%d", count);
    error = find_beside(path, "isolated") ? raw_run(output, sizeof output, &code, argv, PATIENCE) : RAW_NO_PROGRAM;
    bench_value(figure, (double) (carom_now() - began) / count);
    if (error == RAW_NO_PROGRAM)
        bench_skip(figure, BENCH_ABSENT, "isolated is not here");
    else if (error || code != 0)
        bench_fail(figure, "isolated", error ? error : code);
}

/* ---- rows ---- */

static const peer_t zmq = {"peer_zmq", {NULL}};
static const peer_t nng = {"peer_nng", {NULL}};
static const peer_t mpi = {"peer_mpi", {"mpirun", "-n", "2", "--oversubscribe", "--allow-run-as-root", NULL}};
static const peer_t boost = {"peer_boost", {NULL}};
static const peer_t python = {"peer_python.py", {the_interpreter, NULL}};

static const job_t zmq_trip = {&zmq, "round_trip_64", BENCH_TURNS * BENCH_TRIPS};
static const job_t zmq_small = {&zmq, "stream_64", BENCH_TURNS * BENCH_SMALL_MESSAGES};
static const job_t zmq_large = {&zmq, "stream_64k", BENCH_TURNS * BENCH_LARGE_MESSAGES};
static const job_t nng_trip = {&nng, "round_trip_64", BENCH_TURNS * BENCH_TRIPS};
static const job_t nng_small = {&nng, "stream_64", BENCH_TURNS * BENCH_SMALL_MESSAGES};
static const job_t nng_large = {&nng, "stream_64k", BENCH_TURNS * BENCH_LARGE_MESSAGES};
static const job_t mpi_trip = {&mpi, "round_trip_64", BENCH_TURNS * BENCH_TRIPS};
static const job_t mpi_small = {&mpi, "stream_64", BENCH_TURNS * BENCH_SMALL_MESSAGES};
static const job_t mpi_large = {&mpi, "stream_64k", BENCH_TURNS * BENCH_LARGE_MESSAGES};
static const job_t python_trip = {&python, "round_trip_64", BENCH_TURNS * BENCH_TRIPS};
static const job_t python_small = {&python, "stream_64", BENCH_TURNS * BENCH_SMALL_MESSAGES};
static const job_t python_large = {&python, "stream_64k", BENCH_TURNS * BENCH_LARGE_MESSAGES};
static const job_t python_spawn = {&python, "start_join_spawn", 10};
static const job_t python_fork = {&python, "start_join_fork", BENCH_TURNS * BENCH_STARTS};

static const job_t boost_64_1x1 = {&boost, "queue_64_1x1", BENCH_QUEUE_SMALL};
static const job_t boost_64_4x1 = {&boost, "queue_64_4x1", BENCH_QUEUE_SMALL};
static const job_t boost_64_1x4 = {&boost, "queue_64_1x4", BENCH_QUEUE_SMALL};
static const job_t boost_64_4x4 = {&boost, "queue_64_4x4", BENCH_QUEUE_SMALL};
static const job_t boost_4k_1x1 = {&boost, "queue_4k_1x1", BENCH_QUEUE_MIDDLE};
static const job_t boost_4k_4x1 = {&boost, "queue_4k_4x1", BENCH_QUEUE_MIDDLE};
static const job_t boost_4k_1x4 = {&boost, "queue_4k_1x4", BENCH_QUEUE_MIDDLE};
static const job_t boost_4k_4x4 = {&boost, "queue_4k_4x4", BENCH_QUEUE_MIDDLE};
static const job_t boost_64k_1x1 = {&boost, "queue_64k_1x1", BENCH_QUEUE_LARGE};
static const job_t boost_64k_4x1 = {&boost, "queue_64k_4x1", BENCH_QUEUE_LARGE};
static const job_t boost_64k_1x4 = {&boost, "queue_64k_1x4", BENCH_QUEUE_LARGE};
static const job_t boost_64k_4x4 = {&boost, "queue_64k_4x4", BENCH_QUEUE_LARGE};
static const job_t python_queue = {&python, "queue_64_1x1", BENCH_QUEUE_SMALL / 10};
static const job_t python_queue_4k = {&python, "queue_4k_1x1", BENCH_QUEUE_MIDDLE / 10};
static const job_t python_queue_64k = {&python, "queue_64k_1x1", BENCH_QUEUE_LARGE / 10};
static const job_t billiard_queue = {&python, "billiard_queue_64_1x1", BENCH_QUEUE_SMALL / 10};

#define TRIP(name, target, job) \
    {"round_trip_64/spawn/" name, "us", 1, 0, target, {ours, &bench_round_trip_small}, {peer, &job}, NULL}
#define SMALL(name, target, job) {"stream_64/spawn/" name, "k/s", 1, 1, target, {ours, &bench_stream_small}, {peer, &job}, NULL}
#define LARGE(name, target, job) \
    {"stream_64k/spawn/" name, "MB/s", 1, 1, target, {ours, &bench_stream_large}, {peer, &job}, NULL}
#define ISOLATED(name, target, side) {"isolated_case/once/" name, "us", 1, 0, target, {isolated, NULL}, {ours, &side}, NULL}
#define QUEUE(name, target, side, job) {"queue_" name, "k/s", 1, 1, target, {ours, &side}, {peer, &job}, NULL}
#define BOOST(name, target) QUEUE(#name "/boost", target, bench_queue_##name, boost_##name)
#define QUEUE_LARGE(name, side, job) {"queue_" name, "MB/s", 1, 1, 0, {ours, &side}, {peer, &job}, NULL}
#define BOOST_LARGE(name) QUEUE_LARGE(#name "/boost", bench_queue_##name, boost_##name)
#define START(name, job) {"start_join/spawn/" name, "us", 1, 0, 0, {ours, &bench_start_spawn}, {peer, &job}, NULL}

static const bench_row_t rows[] = {
    TRIP("zeromq", 0, zmq_trip), SMALL("zeromq", 0, zmq_small), LARGE("zeromq", 0, zmq_large),
    TRIP("nng", 0, nng_trip), SMALL("nng", 0, nng_small), LARGE("nng", 0, nng_large),
    TRIP("open_mpi", 1, mpi_trip), SMALL("open_mpi", 1, mpi_small), LARGE("open_mpi", 1, mpi_large),
    TRIP("python", 0, python_trip), SMALL("python", 0, python_small), LARGE("python", 0, python_large),
    START("python_spawn", python_spawn), START("python_fork", python_fork),
    ISOLATED("posix_spawn", 5, bench_raw_spawn),
    BOOST(64_1x1, 2), BOOST(64_4x1, 2), BOOST(64_1x4, 0), BOOST(64_4x4, 2),
    QUEUE("64_batch/boost", 10, bench_queue_64_batch, boost_64_1x1),
    QUEUE("64_1x1/open_mpi", 1, bench_queue_64_1x1, mpi_small), QUEUE("64_1x1/zeromq", 2, bench_queue_64_1x1, zmq_small),
    QUEUE("64_1x1/python", 0, bench_queue_64_1x1, python_queue),
    QUEUE("64_1x1/billiard", 0, bench_queue_64_1x1, billiard_queue),
    BOOST(4k_1x1, 0), BOOST(4k_4x1, 0), BOOST(4k_1x4, 0), BOOST(4k_4x4, 0),
    QUEUE("4k_1x1/python", 0, bench_queue_4k_1x1, python_queue_4k),
    BOOST_LARGE(64k_1x1), BOOST_LARGE(64k_4x1), BOOST_LARGE(64k_1x4), BOOST_LARGE(64k_4x4),
    QUEUE_LARGE("64k_1x1/open_mpi", bench_queue_64k_1x1, mpi_large),
    QUEUE_LARGE("64k_1x1/zeromq", bench_queue_64k_1x1, zmq_large),
    QUEUE_LARGE("64k_1x1/python", bench_queue_64k_1x1, python_queue_64k),
    {"queue_64k_1x1/memcpy", "MB/s", 1, 1, 0.35, {ours, &bench_queue_64k_1x1}, {ours, &bench_raw_copy}, NULL},
};

const bench_row_t *bench_peer_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

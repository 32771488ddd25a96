/* Starting and joining an entry that does nothing: in a thread, in processes of each kind, and from a parent that holds much
 * memory.  A forkserver of such a parent is compared with a fork of a small one: its forks are of a small process. */

#include "bench.h"
#include "raw/raw.h"

#include <stdlib.h>

#define BIG ((size_t) 4 << 30)
#define BIG_NEEDS ((uint64_t) 6 << 30)
#define PAGE ((size_t) 4096)
#define PATIENCE carom_seconds(120)
#define TURNS 30                 /* short ones: what starts are compared by is what the scheduler makes of them */

CAROM_TASK(bench_nothing)
{
    return 0;
}

/* ---- once ---- */

static carom_status_t ours_once(carom_context_t *context)
{
    carom_process_t *process;
    carom_status_t status = carom_process_start(&process, context, carom_call(bench_nothing));

    if (status != CAROM_OK)
        return status;
    status = carom_process_join(process, CAROM_FOREVER);
    if (status == CAROM_OK)
        status = carom_process_outcome(process)->status;
    (void) carom_process_destroy(&process);
    return status;
}

/* ---- many times ---- */

typedef struct job_t {
    const char *mode;
    size_t count;
} job_t;

static void ours(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    carom_context_t *context;
    carom_duration_t begin = carom_now();
    carom_status_t status = carom_context_create(&context, job->mode);
    size_t i;

    for (i = 0; i < job->count && status == CAROM_OK; i++)
        status = ours_once(context);
    bench_value(figure, (double) (carom_now() - begin) / (double) job->count);
    carom_context_destroy(&context);
    if (status != CAROM_OK)
        bench_fail(figure, "start and join", status);
}

static void raw_threads(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    carom_duration_t begin = carom_now();
    int error = 0;
    size_t i;

    for (i = 0; i < job->count && !error; i++)
        error = raw_thread();
    bench_value(figure, (double) (carom_now() - begin) / (double) job->count);
    if (error)
        bench_fail(figure, "pthread_create and pthread_join", error);
}

static void raw_spawns(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    carom_duration_t begin = carom_now();
    int error = 0;
    size_t i;

    for (i = 0; i < job->count && !error; i++)
        error = raw_spawn(bench_program, BENCH_RETURN);
    bench_value(figure, (double) (carom_now() - begin) / (double) job->count);
    if (error)
        bench_fail(figure, "posix_spawn and waitpid", error);
}

static void raw_forks(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    carom_duration_t begin = carom_now();
    int error = 0;
    size_t i;

    for (i = 0; i < job->count && !error; i++)
        error = raw_fork();
    bench_value(figure, (double) (carom_now() - begin) / (double) job->count);
    if (error)
        bench_fail(figure, "fork and waitpid", error);
}

static const job_t threads = {"thread", BENCH_THREADS};
static const job_t spawns = {"spawn", BENCH_STARTS};
static const job_t forks = {"fork", BENCH_FORKS};
static const job_t server_forks = {"forkserver", BENCH_FORKS};

static const job_t long_spawns = {"spawn", BENCH_TURNS * BENCH_STARTS};

const bench_side_t bench_start_spawn = {ours, &long_spawns};
const bench_side_t bench_raw_spawn = {raw_spawns, &long_spawns};

/* ---- a parent with much memory: a process of its own, which measures when it is asked to ---- */

static carom_process_t *big_parent;
static carom_connection_t *to_big_parent;

/* What it can be asked for. */
enum { ASK_SPAWN, ASK_RAW_SPAWN, ASK_THREAD, ASK_RAW_THREAD, ASK_FORKSERVER, QUESTIONS };

static const struct {
    bench_measure_t measure;
    const job_t *job;
} answers[QUESTIONS] = {
    [ASK_SPAWN] = {ours, &spawns},
    [ASK_RAW_SPAWN] = {raw_spawns, &spawns},
    [ASK_THREAD] = {ours, &threads},
    [ASK_RAW_THREAD] = {raw_threads, &threads},
    [ASK_FORKSERVER] = {ours, &server_forks},
};

static char *touched(size_t size)
{
    char *memory = malloc(size);
    volatile char *page = memory;
    size_t i;

    for (i = 0; memory && i < size; i += PAGE)
        page[i] = 1;
    return memory;
}

static carom_status_t answer(carom_connection_t *connection, const bench_figure_t *figure)
{
    double value = figure->outcome == BENCH_MEASURED ? figure->value : -1;

    return carom_connection_send(connection, carom_value_from_float(value), CAROM_FOREVER);
}

static carom_status_t serve(carom_connection_t *connection)
{
    bench_figure_t figure;
    carom_value_t asked;
    carom_status_t status = carom_connection_receive(&asked, connection, CAROM_FOREVER);
    size_t question = (size_t) carom_value_int(asked);

    carom_value_clear(&asked);
    if (status != CAROM_OK || question >= QUESTIONS)
        return status != CAROM_OK ? status : CAROM_EINVAL;
    answers[question].measure(&figure, answers[question].job);
    return answer(connection, &figure);
}

/* Arguments: connection, path of this program. */
CAROM_TASK(bench_big_parent)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *memory = touched(BIG);

    bench_program = carom_arg_text(call, 1);
    while (memory && serve(connection) == CAROM_OK)
        ;
    carom_connection_close(&connection);
    free(memory);
    return 0;
}

static void big_end(void)
{
    carom_connection_close(&to_big_parent);
    (void) carom_process_destroy(&big_parent);
}

static carom_status_t big_begin(void)
{
    carom_connection_t *theirs;
    carom_context_t *context;
    carom_status_t status = carom_connection_pair(&to_big_parent, &theirs, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom_context_create(&context, "spawn");
    if (status == CAROM_OK)
        status = carom_process_start(&big_parent, context, carom_call(bench_big_parent, theirs, bench_program));
    carom_connection_close(&theirs);
    carom_context_destroy(&context);
    if (status != CAROM_OK)
        big_end();
    return status;
}

static carom_status_t big_ask(double *value, int question)
{
    carom_value_t answered;
    carom_status_t status = carom_connection_send(to_big_parent, carom_value_from_int(question), PATIENCE);

    if (status == CAROM_OK)
        status = carom_connection_receive(&answered, to_big_parent, PATIENCE);
    if (status != CAROM_OK)
        return status;
    *value = carom_value_float(answered);
    carom_value_clear(&answered);
    return *value < 0 ? CAROM_EFAILED : CAROM_OK;
}

static void in_big_parent(bench_figure_t *figure, const void *what)
{
    const int *question = what;
    carom_status_t status = CAROM_OK;
    double value = 0;

    if (big_parent == NULL && raw_memory_available() < BIG_NEEDS) {
        bench_skip(figure, BENCH_SKIPPED, "less than 6 GiB of memory available");
        return;
    }
    if (big_parent == NULL)
        status = big_begin();
    if (status == CAROM_OK)
        status = big_ask(&value, *question);
    bench_value(figure, value);
    if (status != CAROM_OK)
        bench_fail(figure, "a parent of 4 GiB", status);
}

/* ---- rows ---- */

static const int ask_spawn = ASK_SPAWN, ask_raw_spawn = ASK_RAW_SPAWN, ask_thread = ASK_THREAD, ask_raw_thread = ASK_RAW_THREAD;
static const int ask_forkserver = ASK_FORKSERVER;

static const bench_row_t rows[] = {
    {"start_join/thread/pthread", "us", TURNS, 0, 1.5, {ours, &threads}, {raw_threads, &threads}, NULL},
    {"start_join/spawn/posix_spawn", "us", TURNS, 0, 1.3, {ours, &spawns}, {raw_spawns, &spawns}, NULL},
    {"start_join/spawn_4gib/posix_spawn", "us", TURNS, 0, 1.3, {in_big_parent, &ask_spawn}, {in_big_parent, &ask_raw_spawn},
     NULL},
    {"start_join/fork/fork", "us", TURNS, 0, 1.5, {ours, &forks}, {raw_forks, &forks}, NULL},
    {"start_join/forkserver/fork", "us", TURNS, 0, 1.5, {ours, &server_forks}, {raw_forks, &forks}, NULL},
    {"start_join/forkserver_4gib/fork", "us", TURNS, 0, 1.5, {in_big_parent, &ask_forkserver}, {raw_forks, &forks}, NULL},
    {"start_join/spawn_4gib/spawn", "us", TURNS, 0, 1.3, {in_big_parent, &ask_spawn}, {ours, &spawns}, NULL},
    {"start_join/thread_4gib/pthread", "us", TURNS, 0, 1.5, {in_big_parent, &ask_thread}, {in_big_parent, &ask_raw_thread},
     big_end},
};

const bench_row_t *bench_start_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

/* Locks and conditions: with nobody else, between processes that all want the lock, and handing a turn back and forth. */

#include "bench.h"
#include "raw/raw.h"

#include <string.h>

#define PATIENCE carom_seconds(120)
#define HANDS_MAX 64

/* ---- ours ---- */

static int lock_and_release(carom_lock_t *lock, size_t count)
{
    while (count-- > 0)
        if (carom_lock_acquire(lock, CAROM_FOREVER) != CAROM_OK || carom_lock_release(lock) != CAROM_OK)
            return 1;
    return 0;
}

/* The semaphore's count says whose turn it is. */
static int pass_on(carom_condition_t *condition, carom_semaphore_t *turn, uint32_t number, size_t count)
{
    carom_lock_t *lock = carom_condition_lock(condition);

    while (count-- > 0) {
        if (carom_lock_acquire(lock, CAROM_FOREVER) != CAROM_OK)
            return 1;
        while (carom_semaphore_count(turn) != number)
            if (carom_condition_wait(condition, PATIENCE) != CAROM_OK)
                return 1;
        if (number == 0)
            (void) carom_semaphore_release(turn, 1);
        else if (carom_semaphore_acquire(turn, 0) != CAROM_OK)
            return 1;
        (void) carom_condition_notify(condition, 1);
        (void) carom_lock_release(lock);
    }
    return 0;
}

/* The condition, a semaphore, the barrier; which hand, what to do, how often. */
CAROM_TASK(bench_hand)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    carom_barrier_t *barrier = carom_arg_barrier(call, 2);
    size_t count = (size_t) carom_arg_int(call, 5);
    int failed = carom_barrier_wait(NULL, barrier, PATIENCE) != CAROM_OK;

    if (!failed && carom_arg_int(call, 4))
        failed = pass_on(condition, carom_arg_semaphore(call, 1), (uint32_t) carom_arg_int(call, 3), count);
    else if (!failed)
        failed = lock_and_release(carom_condition_lock(condition), count);
    return failed || carom_barrier_wait(NULL, barrier, PATIENCE) != CAROM_OK;
}

typedef struct job_t {
    unsigned hands;
    raw_mutex_t peer;
    int passes_on;
    size_t count;                /* of each hand */
} job_t;

typedef struct table_t {
    carom_condition_t *condition;
    carom_semaphore_t *turn;
    carom_barrier_t *barrier;
    carom_process_t *hands[HANDS_MAX];
} table_t;

static carom_status_t lay(table_t *table, const job_t *job)
{
    carom_lock_t *lock;
    carom_status_t status;
    int64_t i;

    memset(table, 0, sizeof *table);
    status = carom_lock_create(&lock, NULL, NULL);
    if (status == CAROM_OK)
        status = carom_condition_create(&table->condition, NULL, lock);
    carom_lock_destroy(&lock);
    if (status == CAROM_OK)
        status = carom_semaphore_create(&table->turn, NULL, 0, NULL);
    if (status == CAROM_OK)
        status = carom_barrier_create(&table->barrier, NULL, job->hands + 1);
    for (i = 0; i < (int64_t) job->hands && status == CAROM_OK; i++)
        status = carom_process_start(&table->hands[i], NULL, carom_call(bench_hand, table->condition, table->turn, table->barrier,
                                                                        i, job->passes_on, (int64_t) job->count));
    return status;
}

static carom_status_t clear(table_t *table, unsigned hands)
{
    carom_status_t status = CAROM_OK;
    unsigned i;

    for (i = 0; i < hands; i++) {
        if (table->hands[i] && carom_process_join(table->hands[i], PATIENCE) == CAROM_OK &&
            carom_process_exit_code(table->hands[i]) != 0)
            status = CAROM_EFAILED;
        (void) carom_process_destroy(&table->hands[i]);
    }
    carom_barrier_destroy(&table->barrier);
    carom_semaphore_destroy(&table->turn);
    carom_condition_destroy(&table->condition);
    return status;
}

static void ours(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    table_t table;
    carom_duration_t begin = 0, end = 0;
    carom_status_t status = lay(&table, job), ended;

    if (status == CAROM_OK)
        status = carom_barrier_wait(NULL, table.barrier, PATIENCE);
    begin = carom_now();
    if (status == CAROM_OK)
        status = carom_barrier_wait(NULL, table.barrier, PATIENCE);
    end = carom_now();
    ended = clear(&table, job->hands);
    bench_value(figure, (double) (end - begin) * 1e3 / (double) (job->hands * job->count));
    if (status != CAROM_OK || ended != CAROM_OK)
        bench_fail(figure, "locks", status != CAROM_OK ? status : ended);
}

/* ---- pthread's ---- */

static void theirs(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    double each = 0;
    int error = job->passes_on ? raw_condition(&each, job->count) : raw_mutex(&each, job->peer, job->hands, job->count);

    bench_value(figure, each);
    if (error)
        bench_skip(figure, BENCH_FAILED, "pthread: %s", strerror(error));
}

/* ---- rows ---- */

static const job_t alone_plain = {1, RAW_MUTEX_PLAIN, 0, 1000000}, alone_shared = {1, RAW_MUTEX_SHARED, 0, 1000000},
                   alone_robust = {1, RAW_MUTEX_ROBUST, 0, 1000000};
static const job_t two_robust = {2, RAW_MUTEX_ROBUST, 0, 200000}, eight_robust = {8, RAW_MUTEX_ROBUST, 0, 50000},
                   two_shared = {2, RAW_MUTEX_SHARED, 0, 200000}, eight_shared = {8, RAW_MUTEX_SHARED, 0, 50000};
static const job_t turns = {2, RAW_MUTEX_SHARED, 1, 5000};

#define ROW(name, target, job) {name, "ns", BENCH_TURNS, 0, target, {ours, &job}, {theirs, &job}, NULL}

static const bench_row_t rows[] = {
    ROW("lock/uncontended/pthread_robust", 1.1, alone_robust),
    ROW("lock/uncontended/pthread_shared", 0, alone_shared),
    ROW("lock/uncontended/pthread_plain", 0, alone_plain),
    ROW("lock/2_processes/pthread_robust", 0, two_robust),
    ROW("lock/2_processes/pthread_shared", 0, two_shared),
    ROW("lock/8_processes/pthread_robust", 0, eight_robust),
    ROW("lock/8_processes/pthread_shared", 0, eight_shared),
    ROW("condition/ping_pong/pthread_shared", 0, turns),
};

const bench_row_t *bench_lock_rows(size_t *count)
{
    *count = sizeof rows / sizeof rows[0];
    return rows;
}

/* Queues: producers and consumers, each a process, that begin together; what all of them have put and got in a second. */

#include "bench.h"

#include <stdlib.h>
#include <string.h>

#define PATIENCE carom_seconds(120)
#define HANDS_MAX 8
#define ITEMS 1000                  /* that the queue has at most, as the peers' have */
#define BATCH 16

typedef struct job_t {
    unsigned producers, consumers;
    size_t size;
    size_t batch;                   /* 1: one by one */
    size_t count;                   /* of items, of all producers */
} job_t;

/* ---- the hands ---- */

static int put_many(carom_queue_t *queue, char *items, size_t size, size_t batch, size_t count)
{
    carom_status_t status = CAROM_OK;
    size_t put;

    for (; count > 0 && status == CAROM_OK; count -= batch)
        status = batch > 1 ? carom_queue_put_array(&put, queue, items, size, batch, CAROM_FOREVER)
                           : carom_queue_put_bytes(queue, items, size, CAROM_FOREVER);
    return status != CAROM_OK;
}

static int get_many(carom_queue_t *queue, char *items, size_t size, size_t batch, size_t count)
{
    carom_status_t status = CAROM_OK;
    size_t got = 1, length;

    for (; count > 0 && status == CAROM_OK; count -= got)
        status = batch > 1 ? carom_queue_get_array(items, size, batch < count ? batch : count, &got, queue, CAROM_FOREVER)
                           : carom_queue_get_into(items, size, &length, queue, CAROM_FOREVER);
    return status != CAROM_OK;
}

/* The queue, the barrier; whether it puts; size, batch and count. */
CAROM_TASK(bench_queue_hand)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    carom_barrier_t *barrier = carom_arg_barrier(call, 1);
    size_t size = (size_t) carom_arg_int(call, 3), batch = (size_t) carom_arg_int(call, 4);
    size_t count = (size_t) carom_arg_int(call, 5);
    char *items = calloc(batch, size);
    int failed = items == NULL || carom_barrier_wait(NULL, barrier, PATIENCE) != CAROM_OK;

    if (!failed)
        failed = (carom_arg_int(call, 2) ? put_many : get_many)(queue, items, size, batch, count);
    if (!failed)
        failed = carom_barrier_wait(NULL, barrier, PATIENCE) != CAROM_OK;
    free(items);
    return failed;
}

/* ---- the table ---- */

typedef struct table_t {
    carom_queue_t *queue;
    carom_barrier_t *barrier;
    carom_process_t *hands[HANDS_MAX];
} table_t;

static carom_status_t start_hand(table_t *table, const job_t *job, unsigned hand)
{
    int puts = hand < job->producers;
    int64_t count = (int64_t) (job->count / (puts ? job->producers : job->consumers));

    return carom_process_start(&table->hands[hand], NULL, carom_call(bench_queue_hand, table->queue, table->barrier, puts,
                                                                     (int64_t) job->size, (int64_t) job->batch, count));
}

static carom_status_t lay(table_t *table, const job_t *job)
{
    unsigned hands = job->producers + job->consumers, i;
    carom_status_t status;

    memset(table, 0, sizeof *table);
    status = carom_queue_create(&table->queue, NULL, ITEMS, NULL);
    if (status == CAROM_OK)
        status = carom_barrier_create(&table->barrier, NULL, hands + 1);
    for (i = 0; i < hands && status == CAROM_OK; i++)
        status = start_hand(table, job, i);
    return status;
}

static carom_status_t clear(table_t *table)
{
    carom_status_t status = CAROM_OK;
    int i;

    for (i = 0; i < HANDS_MAX; i++) {
        if (table->hands[i] && carom_process_join(table->hands[i], PATIENCE) == CAROM_OK &&
            carom_process_exit_code(table->hands[i]) != 0)
            status = CAROM_EFAILED;
        (void) carom_process_destroy(&table->hands[i]);
    }
    carom_barrier_destroy(&table->barrier);
    carom_queue_destroy(&table->queue);
    return status;
}

/* Small items are counted in thousands, large ones in megabytes. */
static double per_second(const job_t *job, double microseconds)
{
    double amount = (double) job->count * (job->size >= BENCH_LARGE ? (double) job->size / 1e3 : 1);

    return amount / microseconds * 1e3;
}

static void measure(bench_figure_t *figure, const void *what)
{
    const job_t *job = what;
    table_t table;
    carom_duration_t begin, end;
    carom_status_t status = lay(&table, job), ended;

    if (status == CAROM_OK)
        status = carom_barrier_wait(NULL, table.barrier, PATIENCE);
    begin = carom_now();
    if (status == CAROM_OK)
        status = carom_barrier_wait(NULL, table.barrier, PATIENCE);
    end = carom_now();
    ended = clear(&table);
    bench_value(figure, per_second(job, (double) (end - begin)));
    if (status != CAROM_OK || ended != CAROM_OK)
        bench_fail(figure, "queue", status != CAROM_OK ? status : ended);
}

/* ---- what peers are compared with ---- */

#define JOB(name, producers, consumers, size, batch, count)                                                                    \
    static const job_t job_##name = {producers, consumers, size, batch, count};                                               \
    const bench_side_t bench_queue_##name = {measure, &job_##name};

JOB(64_1x1, 1, 1, 64, 1, BENCH_QUEUE_SMALL)
JOB(64_4x1, 4, 1, 64, 1, BENCH_QUEUE_SMALL)
JOB(64_1x4, 1, 4, 64, 1, BENCH_QUEUE_SMALL)
JOB(64_4x4, 4, 4, 64, 1, BENCH_QUEUE_SMALL)
JOB(64_batch, 1, 1, 64, BATCH, 4 * BENCH_QUEUE_SMALL)
JOB(4k_1x1, 1, 1, 4096, 1, BENCH_QUEUE_MIDDLE)
JOB(4k_4x1, 4, 1, 4096, 1, BENCH_QUEUE_MIDDLE)
JOB(4k_1x4, 1, 4, 4096, 1, BENCH_QUEUE_MIDDLE)
JOB(4k_4x4, 4, 4, 4096, 1, BENCH_QUEUE_MIDDLE)
JOB(64k_1x1, 1, 1, BENCH_LARGE, 1, BENCH_QUEUE_LARGE)
JOB(64k_4x1, 4, 1, BENCH_LARGE, 1, BENCH_QUEUE_LARGE)
JOB(64k_1x4, 1, 4, BENCH_LARGE, 1, BENCH_QUEUE_LARGE)
JOB(64k_4x4, 4, 4, BENCH_LARGE, 1, BENCH_QUEUE_LARGE)

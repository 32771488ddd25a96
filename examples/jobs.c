/* Workers that take jobs from one queue and share their totals in an array, in each mode:  jobs [MODE]...
 *
 * A job is a range of numbers, of which a worker counts the primes.  The starter puts jobs, waits until all of them are done,
 * and closes the queue, which is what tells the workers that there is no more.  Should one of them be killed, join says so. */

#include <carom.h>

#include <inttypes.h>
#include <stdio.h>

#define WORKERS 3
#define JOBS 200
#define RANGE 500
#define PATIENCE carom_seconds(60)

typedef struct job_t {
    int64_t from, to;
} job_t;

static int is_prime(int64_t number)
{
    int64_t i;

    for (i = 2; i * i <= number; i++)
        if (number % i == 0)
            return 0;
    return number > 1;
}

/* Adds to a total that all workers add to. */
CAROM_TASK(count_primes)
{
    carom_queue_t *jobs = carom_arg_queue(call, 0);
    carom_array_t *total = carom_arg_array(call, 1);
    carom_status_t status;
    size_t length;
    job_t job;

    while ((status = carom_queue_get_into(&job, sizeof job, &length, jobs, CAROM_FOREVER)) == CAROM_OK) {
        for (; job.from < job.to; job.from++)
            if (is_prime(job.from))
                carom_array_add_int(NULL, total, 0, 1);
        carom_queue_task_done(jobs, 1);
    }
    return status != CAROM_EEOF;
}

static carom_status_t put_jobs(carom_queue_t *jobs)
{
    carom_status_t status = CAROM_OK;
    job_t job = {0, RANGE};
    int i;

    for (i = 0; i < JOBS && status == CAROM_OK; i++) {
        status = carom_queue_put_bytes(jobs, &job, sizeof job, PATIENCE);
        job.from += RANGE;
        job.to += RANGE;
    }
    return status == CAROM_OK ? carom_queue_join(jobs, PATIENCE) : status;
}

static carom_status_t work(carom_context_t *context, carom_queue_t *jobs, carom_array_t *total)
{
    carom_process_t *workers[WORKERS] = {NULL};
    carom_status_t status = CAROM_OK;
    int i;

    for (i = 0; i < WORKERS && status == CAROM_OK; i++)
        status = carom_process_start(&workers[i], context, carom_call(count_primes, jobs, total));
    if (status == CAROM_OK)
        status = put_jobs(jobs);
    carom_queue_close(jobs);
    for (i = 0; i < WORKERS; i++)
        carom_process_destroy(&workers[i]);
    return status;
}

static int run(const char *mode)
{
    carom_context_t *context = NULL;
    carom_queue_t *jobs = NULL;
    carom_array_t *total = NULL;
    int64_t primes = 0;
    carom_status_t status = carom_context_create(&context, mode);

    if (status == CAROM_OK)
        status = carom_queue_create(&jobs, context, 10, NULL);
    if (status == CAROM_OK)
        status = carom_array_create(&total, context, CAROM_ITEM_I64, 1, NULL);
    if (status == CAROM_OK)
        status = work(context, jobs, total);
    if (status == CAROM_OK)
        status = carom_array_get_int(&primes, total, 0);
    carom_array_destroy(&total);
    carom_queue_destroy(&jobs);
    carom_context_destroy(&context);
    if (status == CAROM_OK)
        printf("%s: %" PRId64 " primes below %d\n", mode, primes, JOBS * RANGE);
    else
        fprintf(stderr, "%s: %s\n", mode, carom_status_name(status));
    return status != CAROM_OK;
}

int main(int argc, char **argv)
{
    const char *mode;
    int failed = 0, i;

    carom_init(&argc, &argv);
    for (i = 1; i < argc; i++)
        failed |= run(argv[i]);
    for (i = 0; argc < 2 && (mode = carom_mode_at((size_t) i)) != NULL; i++)
        failed |= run(mode);
    return failed;
}

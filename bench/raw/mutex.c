/* pthread's mutexes and conditions, between processes: what locks and conditions of ours are compared with. */

#include "raw/raw.h"

#include <errno.h>
#include <pthread.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define HANDS_MAX 64

typedef struct table_t {
    pthread_mutex_t mutex;
    pthread_cond_t turned;
    pthread_barrier_t begin, end;
    size_t turn;                 /* guarded by the mutex */
} table_t;

/* What a process does between the barriers: the number-th of them. */
typedef void (*work_t)(table_t *table, size_t number, size_t count);

static double nanoseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e9 + (double) now.tv_nsec;
}

static int init_mutex(pthread_mutex_t *mutex, raw_mutex_t kind)
{
    pthread_mutexattr_t attributes;

    pthread_mutexattr_init(&attributes);
    if (kind != RAW_MUTEX_PLAIN)
        pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (kind == RAW_MUTEX_ROBUST)
        pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    return pthread_mutex_init(mutex, &attributes);
}

static int init_rest(table_t *table, unsigned hands)
{
    pthread_condattr_t condition;
    pthread_barrierattr_t barrier;
    int error;

    pthread_condattr_init(&condition);
    pthread_condattr_setpshared(&condition, PTHREAD_PROCESS_SHARED);
    pthread_barrierattr_init(&barrier);
    pthread_barrierattr_setpshared(&barrier, PTHREAD_PROCESS_SHARED);
    error = pthread_cond_init(&table->turned, &condition);
    if (!error)
        error = pthread_barrier_init(&table->begin, &barrier, hands + 1);
    return error ? error : pthread_barrier_init(&table->end, &barrier, hands + 1);
}

static void lock_and_unlock(table_t *table, size_t number, size_t count)
{
    (void) number;
    while (count-- > 0) {
        pthread_mutex_lock(&table->mutex);
        pthread_mutex_unlock(&table->mutex);
    }
}

static void pass_on(table_t *table, size_t number, size_t count)
{
    while (count-- > 0) {
        pthread_mutex_lock(&table->mutex);
        while (table->turn != number)
            pthread_cond_wait(&table->turned, &table->mutex);
        table->turn = !number;
        pthread_cond_signal(&table->turned);
        pthread_mutex_unlock(&table->mutex);
    }
}

static void hand(table_t *table, work_t work, size_t number, size_t count)
{
    pthread_barrier_wait(&table->begin);
    work(table, number, count);
    pthread_barrier_wait(&table->end);
    _exit(0);
}

/* Nanoseconds from the moment at which all are there until all are done; below 0: not all could be forked. */
static double run(table_t *table, work_t work, unsigned hands, size_t count)
{
    pid_t pids[HANDS_MAX];
    unsigned made;
    double begin = -1;

    for (made = 0; made < hands; made++) {
        pids[made] = fork();
        if (pids[made] == 0)
            hand(table, work, made, count);
        if (pids[made] < 0)
            break;
    }
    if (made == hands) {
        pthread_barrier_wait(&table->begin);
        begin = nanoseconds();
        pthread_barrier_wait(&table->end);
        begin = nanoseconds() - begin;
    }
    while (made-- > 0)
        waitpid(pids[made], NULL, 0);
    return begin;
}

static int measure(double *each, raw_mutex_t kind, work_t work, unsigned hands, size_t count)
{
    table_t *table = mmap(NULL, sizeof *table, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error;

    if (table == MAP_FAILED)
        return errno;
    error = init_mutex(&table->mutex, kind);
    if (!error)
        error = init_rest(table, hands);
    if (!error)
        *each = run(table, work, hands, count) / (double) (hands * count);
    munmap(table, sizeof *table);
    return error ? error : *each < 0 ? EAGAIN : 0;
}

int raw_mutex(double *each, raw_mutex_t kind, unsigned hands, size_t count)
{
    return hands > HANDS_MAX ? EINVAL : measure(each, kind, lock_and_unlock, hands, count);
}

int raw_condition(double *each, size_t count)
{
    return measure(each, RAW_MUTEX_SHARED, pass_on, 2, count);
}

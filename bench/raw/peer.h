/* What the peer programs share: a clock, a second process, an address for both.  They link nothing of carom's.
 *
 * A peer is run with the name of a figure and a count, and prints the value: microseconds a round trip, thousands of small
 * messages a second, megabytes of large ones a second. */

#ifndef CAROM_BENCH_RAW_PEER_H
#define CAROM_BENCH_RAW_PEER_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PEER_SMALL ((size_t) 64)
#define PEER_LARGE ((size_t) 64 << 10)
#define PEER_WARM_UP 200

typedef struct peer_job_t {
    int is_stream;
    size_t size;
    size_t count;
} peer_job_t;

static inline double peer_now(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static inline void peer_fail(const char *what)
{
    fprintf(stderr, "%s failed\n", what);
    exit(1);
}

static inline peer_job_t peer_job(int argc, char **argv)
{
    peer_job_t job = {0, PEER_SMALL, 0};

    if (argc != 3)
        peer_fail("the command line, FIGURE COUNT,");
    job.is_stream = strcmp(argv[1], "round_trip_64") != 0;
    if (strcmp(argv[1], "stream_64k") == 0)
        job.size = PEER_LARGE;
    else if (job.is_stream && strcmp(argv[1], "stream_64") != 0)
        peer_fail("finding the figure");
    job.count = strtoul(argv[2], NULL, 10);
    return job;
}

static inline void peer_print(const peer_job_t *job, double taken)
{
    double amount = (double) job->count * (job->size > PEER_SMALL ? (double) job->size / 1e3 : 1);

    printf("%.4f\n", job->is_stream ? amount / taken * 1e3 : taken / (double) job->count);
}

/* An address of which no file is left, for both processes.  Linux. */
static inline void peer_address(char *address, size_t size, const char *prefix, const char *role)
{
    snprintf(address, size, "%scarom-bench-%s-%ld", prefix, role, (long) getpid());
}

/* Memory of all zeros that all processes see. */
static inline void *peer_memory(size_t size)
{
    void *memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (memory == MAP_FAILED)
        peer_fail("mmap");
    return memory;
}

/* The second process; 1 in it, 0 in the first. */
static inline int peer_split(void)
{
    pid_t pid = fork();

    if (pid < 0)
        peer_fail("fork");
    return pid == 0;
}

static inline void peer_leave(void)
{
    _exit(0);
}

static inline void peer_join(void)
{
    while (wait(NULL) < 0 && errno == EINTR)
        ;
}

#endif

/* Kernel baselines in plain POSIX, as functions of carom_bench, so that they run in the same process and the same minute as
 * what is compared with them.  0 or an errno, unless it says otherwise. */

#ifndef CAROM_BENCH_RAW_H
#define CAROM_BENCH_RAW_H

#include <stddef.h>
#include <stdint.h>

/* ---- socketpair.c: a socket pair and a partner at its other end ---- */

typedef enum raw_partner_t { RAW_PROCESS, RAW_THREAD } raw_partner_t;

/* What the partner does until this end is closed. */
typedef enum raw_job_t {
    RAW_ECHO,            /* sends each message back; both ends wait in recv() */
    RAW_ECHO_POLLED,     /* the same; both ends wait in poll() before each recv() */
    RAW_SINK             /* reads `count` messages, answers one byte, and so on */
} raw_job_t;

typedef struct raw_pair_t raw_pair_t;

/* A partner in a forked process or in a thread, for messages of `size` bytes. */
int raw_pair_open(raw_pair_t **pair, raw_partner_t partner, raw_job_t job, size_t size, size_t count);

/* Sends a message and gets it back. */
int raw_pair_trip(raw_pair_t *pair, void *message);

/* Sends a message to a sink; after the last, waits for its answer. */
int raw_pair_send(raw_pair_t *pair, const void *message);
int raw_pair_finish(raw_pair_t *pair);

/* Ends the partner and waits for it.  *pair is NULL afterwards; NULL is fine. */
void raw_pair_close(raw_pair_t **pair);

/* ---- spawn.c ---- */

/* posix_spawn of a program with one argument, and waitpid. */
int raw_spawn(const char *program, const char *argument);

/* Runs a program by name or path and keeps what it writes to stdout, as text; stderr is dropped.  Killed when it takes longer
 * than `seconds`: ETIMEDOUT.  *code is its exit code, 255 when a signal ended it. */
#define RAW_NO_PROGRAM (-1)      /* there is none of that name */
int raw_run(char *output, size_t size, int *code, const char *const argv[], int seconds);

/* ---- fork.c ---- */

/* fork of this process into one that ends at once, and waitpid. */
int raw_fork(void);

/* ---- thread.c ---- */

/* pthread_create of a function that returns at once, and pthread_join. */
int raw_thread(void);

/* The calling thread, and the threads and processes that it starts from now on, run on one processor only: the index-th of
 * those that it might use at the first call.  raw_unpin: on all of those again.  EINVAL: there are not so many; ENOTSUP. */
int raw_pin(unsigned index);
void raw_unpin(void);

/* Sleeps for some microseconds. */
void raw_rest(long microseconds);

/* ---- line.c ---- */

/* Microseconds of a round trip of a line of the cache between two processes on two processors; apart 1: there in one line and
 * back in another, which a processor that hands over a line for writing at its first reading makes dearer.  0 or an errno. */
int raw_line(size_t count, int apart, double *each);

/* ---- mutex.c ---- */

typedef enum raw_mutex_t { RAW_MUTEX_PLAIN /* for one process */, RAW_MUTEX_SHARED, RAW_MUTEX_ROBUST } raw_mutex_t;

/* Nanoseconds of a lock and its unlock when so many forked processes do `count` each, on the whole: not of each process.  At
 * most 64 of them. */
int raw_mutex(double *each, raw_mutex_t kind, unsigned hands, size_t count);

/* The same for a turn that goes back and forth between two processes by a condition, each of which has it `count` times. */
int raw_condition(double *each, size_t count);

/* ---- memory.c ---- */

/* Copies a block until `count` copies are made.  Gives microseconds; below 0: no memory. */
double raw_copy(size_t block, size_t count);

/* Bytes that can be allocated without swapping, as far as the system tells; UINT64_MAX when it does not. */
uint64_t raw_memory_available(void);

#endif

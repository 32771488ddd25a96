/* A line of the cache that goes back and forth between two processes, which do nothing but look at it: what no message can be
 * faster than. */

#include "raw/raw.h"

#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WARM_UP 1000

typedef struct line_t {
    _Alignas(64) atomic_ulong ball;
} line_t;

/* Where the ball goes, by odd numbers, and where it comes back; one line can do both. */
typedef struct court_t {
    line_t lines[2];
    line_t *there, *back;
} court_t;

static void rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static unsigned long wait_for(const line_t *line, unsigned long ball)
{
    unsigned long is;

    while ((is = atomic_load_explicit(&line->ball, memory_order_acquire)) != ball)
        rest();
    return is;
}

static void hit(line_t *line, unsigned long ball)
{
    atomic_store_explicit(&line->ball, ball, memory_order_release);
}

static void partner(const court_t *court)
{
    unsigned long ball;

    for (ball = 1;; ball += 2)
        hit(court->back, wait_for(court->there, ball) + 1);
}

static void trips(const court_t *court, unsigned long *ball, size_t count)
{
    while (count-- > 0) {
        hit(court->there, *ball + 1);
        *ball = wait_for(court->back, *ball + 2);
    }
}

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static int measure(const court_t *court, size_t count, double *each)
{
    unsigned long ball = 0;
    double begin;
    pid_t pid;
    int error = raw_pin(1);

    if (error)
        return error;
    pid = fork();
    if (pid == 0)
        partner(court);
    error = pid < 0 ? errno : raw_pin(0);
    if (!error) {
        trips(court, &ball, WARM_UP);
        begin = microseconds();
        trips(court, &ball, count);
        *each = (microseconds() - begin) / (double) count;
    }
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    raw_unpin();
    return error;
}

int raw_line(size_t count, int apart, double *each)
{
    court_t *court = mmap(NULL, sizeof *court, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error;

    if (court == MAP_FAILED)
        return errno;
    court->there = &court->lines[0];
    court->back = &court->lines[apart];
    error = measure(court, count, each);
    munmap(court, sizeof *court);
    return error;
}

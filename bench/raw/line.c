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
    _Alignas(64) atomic_ulong ball;    /* odd: the partner's turn */
} line_t;

static void rest(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#endif
}

static void partner(line_t *line)
{
    unsigned long ball;

    for (;;) {
        while (!((ball = atomic_load_explicit(&line->ball, memory_order_acquire)) & 1))
            rest();
        atomic_store_explicit(&line->ball, ball + 1, memory_order_release);
    }
}

static void trips(line_t *line, size_t count)
{
    while (count-- > 0) {
        unsigned long ball = atomic_load_explicit(&line->ball, memory_order_relaxed) + 1;

        atomic_store_explicit(&line->ball, ball, memory_order_release);
        while (atomic_load_explicit(&line->ball, memory_order_acquire) == ball)
            rest();
    }
}

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static int measure(line_t *line, size_t count, double *each)
{
    double begin;
    pid_t pid;
    int error = raw_pin(1);

    if (error)
        return error;
    pid = fork();
    if (pid == 0)
        partner(line);
    error = pid < 0 ? errno : raw_pin(0);
    if (!error) {
        trips(line, WARM_UP);
        begin = microseconds();
        trips(line, count);
        *each = (microseconds() - begin) / (double) count;
    }
    if (pid > 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    raw_unpin();
    return error;
}

int raw_line(size_t count, double *each)
{
    line_t *line = mmap(NULL, sizeof *line, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    int error = line == MAP_FAILED ? errno : measure(line, count, each);

    if (line != MAP_FAILED)
        munmap(line, sizeof *line);
    return error;
}

/* Starting a thread, and where threads run. */

#include "raw/raw.h"

#include <errno.h>
#include <pthread.h>
#include <time.h>
#include <sched.h>

static void *nothing(void *data)
{
    return data;
}

int raw_thread(void)
{
    pthread_t thread;
    int error = pthread_create(&thread, NULL, nothing, NULL);

    return error ? error : pthread_join(thread, NULL);
}

#ifdef CPU_SETSIZE

static cpu_set_t usable;         /* before the first pin */
static int is_known;

static int learn(void)
{
    if (!is_known && sched_getaffinity(0, sizeof usable, &usable) != 0)
        return errno;
    is_known = 1;
    return 0;
}

int raw_pin(unsigned index)
{
    int error = learn(), cpu;
    cpu_set_t one;

    for (cpu = 0; cpu < CPU_SETSIZE && !error; cpu++)
        if (CPU_ISSET(cpu, &usable) && index-- == 0)
            break;
    if (error || cpu == CPU_SETSIZE)
        return error ? error : EINVAL;
    CPU_ZERO(&one);
    CPU_SET(cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) == 0 ? 0 : errno;
}

void raw_unpin(void)
{
    if (is_known)
        sched_setaffinity(0, sizeof usable, &usable);
}

#else

int raw_pin(unsigned index)
{
    (void) index;
    return ENOTSUP;
}

void raw_unpin(void)
{
}

#endif

void raw_rest(long microseconds)
{
    struct timespec time = {0, microseconds * 1000};

    nanosleep(&time, NULL);
}

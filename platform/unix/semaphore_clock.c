/* A semaphore with a deadline, where the C library takes the monotonic clock's. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <time.h>

int carom__semaphore_wait(sem_t *semaphore, int64_t deadline)
{
    struct timespec until = carom__timespec(deadline);

    return sem_clockwait(semaphore, CLOCK_MONOTONIC, &until) == 0 ? 0 : errno;
}

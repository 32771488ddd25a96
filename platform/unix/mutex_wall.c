/* A mutex with a deadline, where the C library knows the wall clock's only: see semaphore_wall.c. */

#include "platform/unix/unix.h"

#include <time.h>

int carom__mutex_wait(pthread_mutex_t *mutex, int64_t deadline)
{
    struct timespec until = carom__wall_timespec(deadline);

    return pthread_mutex_timedlock(mutex, &until);
}

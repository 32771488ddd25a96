/* A mutex with a deadline, where the C library takes the monotonic clock's. */

#include "platform/unix/unix.h"

#include <time.h>

int carom__mutex_wait(pthread_mutex_t *mutex, int64_t deadline)
{
    struct timespec until = carom__timespec(deadline);

    return pthread_mutex_clocklock(mutex, CLOCK_MONOTONIC, &until);
}

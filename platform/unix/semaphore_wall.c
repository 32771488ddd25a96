/* A semaphore with a deadline, where the C library knows the wall clock's only.  It is asked for short times, from now on: a
 * clock that is set forward ends one too early, which no caller minds.  C libraries that hand the system what is left of the
 * time (musl, and glibc before it had the other call) are not held up by a clock that is set back. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <time.h>

int carom__semaphore_wait(sem_t *semaphore, int64_t deadline)
{
    struct timespec until = carom__wall_timespec(deadline);

    return sem_timedwait(semaphore, &until) == 0 ? 0 : errno;
}

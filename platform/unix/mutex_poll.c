/* A mutex with a deadline, for ThreadSanitizer: it does not know one of the calls that wait so long, and overlooks that the
 * other takes the lock of a dead owner.  So it sees tries alone. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <time.h>

#define PAUSE 100000L                 /* ns */

int carom__mutex_wait(pthread_mutex_t *mutex, int64_t deadline)
{
    const struct timespec pause = {0, PAUSE};
    int error;

    while ((error = pthread_mutex_trylock(mutex)) == EBUSY) {
        if (carom_plat_now() >= deadline)
            return ETIMEDOUT;
        nanosleep(&pause, NULL);
    }
    return error;
}

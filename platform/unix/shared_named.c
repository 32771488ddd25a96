/* A file in memory by POSIX: it has a name for a moment, which is random.  A process that is killed in that moment, some ten
 * microseconds, leaves an empty file behind. */

#include "platform/unix/unix.h"

#include <apr_general.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>

/* Names of 64 random bits do not meet by chance. */
#define TRIES 8

/* Close-on-exec, as shm_open makes it by itself. */
static int open_once(int *fd)
{
    unsigned char random[8];
    uint64_t number = 0;
    char name[32];
    size_t i;

    if (apr_generate_random_bytes(random, sizeof random) != APR_SUCCESS)
        return ENOSYS;
    for (i = 0; i < sizeof random; i++)
        number = number << 8 | random[i];
    snprintf(name, sizeof name, "/carom-%016llx", (unsigned long long) number);
    *fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (*fd < 0)
        return errno;
    shm_unlink(name);
    return 0;
}

int carom__shared_file(int *fd)
{
    int tries = TRIES, error;

    do
        error = open_once(fd);
    while (error == EINTR || (error == EEXIST && --tries > 0));
    return error;
}

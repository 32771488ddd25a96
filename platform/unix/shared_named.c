/* A file in memory by POSIX: it has a name for a moment, which is the user's.  Who finds it in use takes it away and tries
 * again: whoever made that file has it open by now, or was killed in that moment, some ten microseconds.  So the dead leave
 * one empty file at the most, until the next process of that user.  Where the name is another user's, it is random. */

#include "platform/unix/unix.h"

#include <apr_general.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#define TRIES 8
#define NAME_ROOM 32

/* Close-on-exec, as shm_open makes it by itself. */
static int open_once(int *fd, const char *name)
{
    *fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (*fd < 0)
        return errno;
    shm_unlink(name);
    return 0;
}

static int by_the_user_s_name(int *fd)
{
    char name[NAME_ROOM];
    int tries = TRIES, error;

    snprintf(name, sizeof name, "/carom-%lu", (unsigned long) geteuid());
    while ((error = open_once(fd, name)) == EEXIST && --tries > 0 && (shm_unlink(name) == 0 || errno == ENOENT))
        continue;
    return error;
}

/* Names of 64 random bits do not meet by chance. */
static int by_a_random_name(int *fd)
{
    unsigned char random[8];
    uint64_t number = 0;
    char name[NAME_ROOM];
    size_t i;

    if (apr_generate_random_bytes(random, sizeof random) != APR_SUCCESS)
        return ENOSYS;
    for (i = 0; i < sizeof random; i++)
        number = number << 8 | random[i];
    snprintf(name, sizeof name, "/carom-%016llx", (unsigned long long) number);
    return open_once(fd, name);
}

int carom__shared_file(int *fd)
{
    int error;

    do
        error = by_the_user_s_name(fd);
    while (error == EINTR);
    while (error == EEXIST || error == EINTR)
        error = by_a_random_name(fd);
    return error;
}

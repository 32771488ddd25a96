/* Closing everything else in a launched program, where posix_spawn must be told each descriptor.  One that another thread of
 * the host opens inheritable at this very moment can slip through. */

#include "platform/unix/unix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

static int would_be_inherited(int fd)
{
    int flags = fcntl(fd, F_GETFD);

    return flags >= 0 && !(flags & FD_CLOEXEC);
}

static int close_one(posix_spawn_file_actions_t *actions, int fd, int first)
{
    return fd >= first && would_be_inherited(fd) ? posix_spawn_file_actions_addclose(actions, fd) : 0;
}

static int close_numbers(posix_spawn_file_actions_t *actions, int first)
{
    long limit = sysconf(_SC_OPEN_MAX);
    int fd, error = 0;

    for (fd = first; fd < limit && !error; fd++)
        error = close_one(actions, fd, first);
    return error;
}

int carom__spawn_close_from(posix_spawn_file_actions_t *actions, int first)
{
    DIR *directory = opendir("/dev/fd");
    struct dirent *entry;
    int error = 0;

    if (directory == NULL)
        return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? errno : close_numbers(actions, first);
    while (!error && (entry = readdir(directory)) != NULL)
        error = close_one(actions, atoi(entry->d_name), first);
    closedir(directory);
    return error;
}

/* Descriptors of the host, and small things about descriptors.  APR has no close-on-exec duplicate, and its pipes are
 * inheritable. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

carom_status_t carom_plat_file_duplicate(carom_native_t *copy, carom_native_t file)
{
    int fd, error = carom__fd_copy((int) file, CHILD_CONTROL, &fd);

    *copy = error ? CAROM_NATIVE_NONE : carom__fd_guard(fd);
    return carom_plat_status(error);
}

int carom__fd_copy(int fd, int least, int *copy)
{
    *copy = fcntl(fd, F_DUPFD_CLOEXEC, least);
    if (*copy >= 0)
        return 0;
    /* What the system calls invalid is that the limit of this process does not reach `least`. */
    return errno == EINVAL ? EMFILE : errno;
}

void carom_plat_file_close(carom_native_t file)
{
    int fd = (int) file;

    carom__fd_close(&fd);
}

void carom_plat_file_disown(carom_native_t file)
{
    carom__fd_release((int) file);
}

int carom__fd_open(const char *path, int flags)
{
    int fd;

    do
        fd = open(path, flags | O_CLOEXEC);
    while (fd < 0 && errno == EINTR);
    return fd;
}

int carom__fd_pipe(int *reader, int *writer)
{
    int ends[2];

    *reader = *writer = -1;
    if (pipe2(ends, O_CLOEXEC) != 0)
        return errno;
    *reader = carom__fd_guard(ends[0]);
    *writer = carom__fd_guard(ends[1]);
    return 0;
}

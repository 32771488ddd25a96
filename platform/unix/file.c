/* Descriptors of the host, and small things about descriptors.  APR has no close-on-exec duplicate, and its pipes are inheritable. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

carom_status_t carom_plat_file_duplicate(carom_native_t *copy, carom_native_t file)
{
    int fd = fcntl((int) file, F_DUPFD_CLOEXEC, CHILD_FIRST_FREE);

    *copy = CAROM_NATIVE_NONE;
    if (fd < 0)
        return carom_plat_status(errno);
    *copy = fd;
    return CAROM_OK;
}

void carom_plat_file_close(carom_native_t file)
{
    if (file != CAROM_NATIVE_NONE)
        close((int) file);
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

/* Room in a file, where nothing reserves it: what was written has its room, and a write that finds none is refused, where
 * touching the memory would kill.
 *
 * Zeros go to the end of the file alone, by the flag that makes each write an append, so that two processes at it can write
 * too much and never over each other's data; the file has no holes, and all below its length is real.  So ranges should be
 * made real in their order.  A system whose shared memory cannot be written to by write() has none for us. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char zeros[16384];

int carom__shared_reserve(int fd, uint64_t offset, size_t length)
{
    uint64_t end = offset + length, left;
    struct stat file;

    if (fcntl(fd, F_SETFL, O_RDWR | O_APPEND) != 0)
        return errno;
    for (;;) {
        if (fstat(fd, &file) != 0)
            return errno;
        if ((uint64_t) file.st_size >= end)
            return 0;
        left = end - (uint64_t) file.st_size;
        if (write(fd, zeros, left < sizeof zeros ? (size_t) left : sizeof zeros) < 0)
            return errno == EINVAL ? ENOTSUP : errno;
    }
}

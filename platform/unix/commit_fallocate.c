/* Room in a file, where posix_fallocate can reserve it. */

#include "platform/unix/unix.h"

#include <fcntl.h>

int carom__shared_reserve(int fd, uint64_t offset, size_t length)
{
    return posix_fallocate(fd, (off_t) offset, (off_t) length);
}

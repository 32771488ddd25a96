/* Descriptors beside a message, of streams and of requests to a forker. */

#include "platform/unix/unix.h"

#include <string.h>
#include <unistd.h>

void carom__rights_add(struct msghdr *message, carom__rights_t *rights, const int *files, size_t count)
{
    struct cmsghdr *part;

    if (count == 0)
        return;
    memset(rights, 0, sizeof *rights);
    message->msg_control = rights;
    message->msg_controllen = CMSG_SPACE(count * sizeof(int));
    part = CMSG_FIRSTHDR(message);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(count * sizeof(int));
    memcpy(CMSG_DATA(part), files, count * sizeof(int));
}

static size_t take_part(const struct cmsghdr *part, int *files, size_t capacity)
{
    size_t n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int), taken = 0, i;

    for (i = 0; i < n; i++) {
        int fd;

        memcpy(&fd, CMSG_DATA(part) + i * sizeof fd, sizeof fd);
        if (taken < capacity)
            files[taken++] = fd;
        else
            close(fd);
    }
    return taken;
}

size_t carom__rights_take(struct msghdr *message, int *files, size_t capacity)
{
    struct cmsghdr *part;
    size_t count = 0;

    for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part))
        if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS)
            count += take_part(part, files + count, capacity - count);
    return count;
}

/* Streams that are pipes of the host: other system calls than for sockets, no timeouts, no shutdown, and a signal to be kept
 * away. Their descriptors stay blocking: the flag would be seen by everybody who shares the pipe. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

/* How often one who waits looks whether the stream was shut, µs. */
#define SLICE 50000

static int wait_for(carom_plat_stream_t *stream, short events, int64_t deadline)
{
    for (;;) {
        int64_t slice = carom_plat_now() + SLICE;
        carom_status_t status = carom__poll_one(stream->fd, events, slice < deadline ? slice : deadline);

        if (atomic_load(&stream->is_shut)) {
            errno = ESHUTDOWN;
            return -1;
        }
        if (status == CAROM_OK)
            return 0;
        if (status != CAROM_ETIMEOUT || carom_plat_now() >= deadline) {
            errno = EAGAIN;
            return -1;
        }
    }
}

ssize_t carom__pipe_read(carom_plat_stream_t *stream, void *buffer, size_t size, int64_t deadline)
{
    return wait_for(stream, POLLIN, deadline) == 0 ? read(stream->fd, buffer, size) : -1;
}

static ssize_t write_without_signal(int fd, const void *bytes, size_t size)
{
    carom__hushed_t hushed;
    ssize_t n;

    carom__signal_hush(&hushed, SIGPIPE);
    n = write(fd, bytes, size);
    carom__signal_unhush(&hushed, n < 0 && errno == EPIPE);
    return n;
}

ssize_t carom__pipe_write(carom_plat_stream_t *stream, const void *bytes, size_t size, int64_t deadline)
{
    if (wait_for(stream, POLLOUT, deadline) != 0)
        return -1;
    /* A pipe that can be written to takes this many bytes without blocking. */
    return write_without_signal(stream->fd, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

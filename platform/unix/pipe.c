/* Streams that are pipes of the host: other system calls than for sockets, no timeouts, no shutdown, and a signal to be kept away.
 * Their descriptors stay blocking: the flag would be seen by everybody who shares the pipe. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <pthread.h>
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

/* Takes back the SIGPIPE that our own write has made: it is pending for this thread alone. */
static void drop_own_signal(const sigset_t *only)
{
    const struct timespec none = {0, 0};

    while (sigtimedwait(only, NULL, &none) < 0 && errno == EINTR)
        ;
}

static ssize_t write_without_signal(int fd, const void *bytes, size_t size)
{
    sigset_t only, before, pending;
    ssize_t n;
    int error;

    sigemptyset(&only);
    sigaddset(&only, SIGPIPE);
    sigpending(&pending);
    pthread_sigmask(SIG_BLOCK, &only, &before);
    n = write(fd, bytes, size);
    error = errno;
    if (n < 0 && error == EPIPE && !sigismember(&pending, SIGPIPE))
        drop_own_signal(&only);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    errno = error;
    return n;
}

ssize_t carom__pipe_write(carom_plat_stream_t *stream, const void *bytes, size_t size, int64_t deadline)
{
    if (wait_for(stream, POLLOUT, deadline) != 0)
        return -1;
    /* A pipe that can be written to takes this many bytes without blocking. */
    return write_without_signal(stream->fd, bytes, size < PIPE_BUF ? size : PIPE_BUF);
}

/* Streams: Unix socket pairs, and what else a host hands over.  APR has no socket pairs, and no way to send a descriptor
 * along. */

#include "platform/fault.h"
#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

static carom_status_t wrap(carom_plat_stream_t **stream, int fd)
{
    carom_plat_stream_t *self = malloc(sizeof *self);

    *stream = self;
    if (self == NULL) {
        carom__fd_close(&fd);
        return CAROM_ENOMEM;
    }
    self->fd = fd;
    self->is_pipe = 0;
    self->carries = 1;
    atomic_init(&self->is_shut, 0);
    atomic_init(&self->loop, -1);
    atomic_init(&self->counter, -1);
    atomic_init(&self->is_stirred, 0);
    return CAROM_OK;
}

carom_status_t carom_plat_stream_pair(carom_plat_stream_t **one, carom_plat_stream_t **other)
{
    int ends[2];
    carom_status_t status;

    *one = *other = NULL;
    if (carom__fault_status("stream.pair"))
        return CAROM_EMFILE;
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return carom_plat_status(errno);
    ends[0] = carom__fd_guard(ends[0]);
    ends[1] = carom__fd_guard(ends[1]);
    status = wrap(one, ends[0]);
    if (status != CAROM_OK) {
        carom__fd_close(&ends[1]);
        return status;
    }
    status = wrap(other, ends[1]);
    if (status != CAROM_OK)
        carom_plat_stream_close(one);
    return status;
}

static int is_stream_socket(int fd)
{
    int type = 0;
    socklen_t size = sizeof type;

    return getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 && type == SOCK_STREAM;
}

static int is_unix_socket(int fd)
{
    struct sockaddr_storage name;
    socklen_t size = sizeof name;

    return getsockname(fd, (struct sockaddr *) &name, &size) == 0 && name.ss_family == AF_UNIX;
}

static int is_pipe(int fd)
{
    struct stat about;

    return fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}

carom_status_t carom_plat_stream_adopt(carom_plat_stream_t **stream, carom_native_t file)
{
    int fd = (int) file, pipe = is_pipe(fd);
    carom_status_t status;

    *stream = NULL;
    if (!pipe && !is_stream_socket(fd)) {
        carom_plat_file_close(file);
        return CAROM_EBADMSG;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    status = wrap(stream, carom__fd_guard(fd));
    if (status == CAROM_OK) {
        (*stream)->is_pipe = pipe;
        (*stream)->carries = !pipe && is_unix_socket(fd);
    }
    return status;
}

int carom_plat_stream_carries(const carom_plat_stream_t *stream)
{
    return stream->carries;
}

void carom_plat_stream_close(carom_plat_stream_t **stream)
{
    carom_plat_stream_t *self = *stream;

    if (self == NULL)
        return;
    *stream = NULL;
    if (atomic_load(&self->loop) >= 0)
        carom__loop_close(self);
    carom__fd_close(&self->fd);
    free(self);
}

void carom_plat_stream_shutdown(carom_plat_stream_t *stream)
{
    atomic_store(&stream->is_shut, 1);
    if (!stream->is_pipe)
        shutdown(stream->fd, SHUT_RDWR);
}

void carom_plat_stream_end_writing(carom_plat_stream_t *stream)
{
    if (!stream->is_pipe)
        shutdown(stream->fd, SHUT_WR);
}

carom_status_t carom_plat_stream_pollable(carom_native_t *file, carom_plat_stream_t *stream)
{
    carom_status_t status = atomic_load(&stream->loop) < 0 ? carom__loop_make(stream) : CAROM_OK;

    *file = status == CAROM_OK ? atomic_load(&stream->loop) : CAROM_NATIVE_NONE;
    return status;
}

int carom_plat_stream_watch(carom_plat_stream_t *stream)
{
    return atomic_load(&stream->loop) >= 0 && carom__loop_rest(stream);
}

void carom_plat_stream_stir(carom_plat_stream_t *stream)
{
    if (atomic_load(&stream->loop) >= 0)
        carom__loop_stir(stream);
}

carom_native_t carom_plat_stream_native(const carom_plat_stream_t *stream)
{
    return stream->fd;
}

/* ---- one try, for ever or not at all; between tries the deadline decides ---- */

static int must_wait(int64_t deadline)
{
    return deadline == CAROM_PLAT_NEVER ? 0 : MSG_DONTWAIT;
}

static carom_status_t after_failure(int fd, short events, int64_t deadline)
{
    if (errno == EINTR)
        return CAROM_OK;
    if (errno == EAGAIN)
        return deadline == 0 ? CAROM_ETIMEOUT : carom__poll_one(fd, events, deadline);
    return carom_plat_status(errno);
}

/* ---- reading ---- */

static void keep_files(carom_native_t *files, size_t *count, const int *came, size_t number)
{
    size_t i;

    for (i = 0; i < number; i++)
        files[(*count)++] = carom__fd_guard(came[i]);
}

static ssize_t read_with_files(int fd, void *buffer, size_t size, int flags, carom_native_t *files, size_t capacity,
                               size_t *count)
{
    carom__rights_t rights;
    struct iovec where = {.iov_base = buffer, .iov_len = size};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t got = recvmsg(fd, &message, flags | MSG_CMSG_CLOEXEC);
    int came[CAROM__RIGHTS_MAX];
    size_t room = capacity - *count;

    if (got >= 0)
        keep_files(files, count, came, carom__rights_take(&message, came, room < CAROM__RIGHTS_MAX ? room : CAROM__RIGHTS_MAX));
    return got;
}

static ssize_t read_once(carom_plat_stream_t *stream, void *buffer, size_t size, int flags, carom_native_t *files,
                         size_t capacity, size_t *count, int64_t deadline)
{
    int error = carom__fault_status("stream.read");

    if (error) {
        errno = error;
        return -1;
    }
    if (stream->is_pipe)
        return carom__pipe_read(stream, buffer, size, deadline);
    return files ? read_with_files(stream->fd, buffer, size, flags, files, capacity, count)
                 : recv(stream->fd, buffer, size, flags);
}

carom_status_t carom_plat_stream_read(carom_plat_stream_t *stream, void *buffer, size_t size, size_t *got,
                                      carom_native_t *files, size_t capacity, size_t *count, int64_t deadline)
{
    int flags = must_wait(deadline);
    carom_status_t status;
    ssize_t n;

    *got = 0;
    for (;;) {
        n = read_once(stream, buffer, size, flags, files, capacity, count, deadline);
        if (n > 0) {
            *got = (size_t) n;
            return CAROM_OK;
        }
        status = n == 0 ? CAROM_EEOF : after_failure(stream->fd, POLLIN, deadline);
        if (status != CAROM_OK)
            return status;
    }
}

/* ---- writing ---- */

static void list_files(int *going, const carom_native_t *files, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++)
        going[i] = (int) files[i];
}

/* What is left of both spans after `sent` bytes of them. */
static size_t rest(struct iovec parts[2], const carom_plat_span_t spans[2], size_t sent)
{
    size_t n = 0, i;

    for (i = 0; i < 2; i++) {
        size_t skip = sent < spans[i].length ? sent : spans[i].length;

        sent -= skip;
        if (skip == spans[i].length)
            continue;
        parts[n].iov_base = (char *) spans[i].bytes + skip;
        parts[n++].iov_len = spans[i].length - skip;
    }
    return n;
}

static ssize_t write_once(carom_plat_stream_t *stream, struct msghdr *message, int flags, int64_t deadline)
{
    struct iovec *first = message->msg_iov;
    int error = carom__fault_status("stream.write");

    if (error) {
        errno = error;
        return -1;
    }
    if (carom__fault_status("stream.short"))
        message->msg_iovlen = first->iov_len = 1;
    if (stream->is_pipe)
        return carom__pipe_write(stream, first->iov_base, first->iov_len, deadline);
    /* A tenth cheaper than sendmsg, for short messages, which are one part. */
    if (message->msg_iovlen == 1 && message->msg_controllen == 0)
        return send(stream->fd, first->iov_base, first->iov_len, flags);
    return sendmsg(stream->fd, message, flags);
}

carom_status_t carom_plat_stream_write(carom_plat_stream_t *stream, const carom_plat_span_t spans[2],
                                       const carom_native_t *files, size_t count, size_t *sent, int64_t deadline)
{
    int flags = must_wait(deadline) | MSG_NOSIGNAL;
    struct iovec parts[2];
    int going[CAROM__RIGHTS_MAX];
    carom__rights_t rights;
    carom_status_t status = CAROM_OK;
    ssize_t n;

    *sent = 0;
    list_files(going, files, count);
    while (status == CAROM_OK && *sent < spans[0].length + spans[1].length) {
        struct msghdr message = {.msg_iov = parts, .msg_iovlen = rest(parts, spans, *sent)};

        carom__rights_add(&message, &rights, going, *sent == 0 ? count : 0);
        n = write_once(stream, &message, flags, deadline);
        if (n >= 0)
            *sent += (size_t) n;
        else
            status = after_failure(stream->fd, POLLOUT, deadline);
    }
    return status;
}

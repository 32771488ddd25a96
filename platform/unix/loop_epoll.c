/* A stream in a loop of the host: an epoll of the stream and of a counter, which is for those who took from the stream what was
 * meant for the loop. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

static int add(int loop, int fd)
{
    struct epoll_event event = {.events = EPOLLIN};

    return epoll_ctl(loop, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : errno;
}

static int make(int *loop, int *counter, int fd)
{
    int error;

    *counter = -1;
    *loop = carom__fd_guard(epoll_create1(EPOLL_CLOEXEC));
    if (*loop < 0)
        return errno;
    *counter = carom__fd_guard(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
    if (*counter < 0)
        return errno;
    error = add(*loop, fd);
    return error ? error : add(*loop, *counter);
}

carom_status_t carom__loop_make(carom_plat_stream_t *stream)
{
    int loop, counter, error = make(&loop, &counter, stream->fd);

    if (error) {
        carom__fd_close(&counter);
        carom__fd_close(&loop);
        return carom_plat_status(error);
    }
    atomic_store(&stream->counter, counter);
    atomic_store(&stream->loop, loop);
    return CAROM_OK;
}

void carom__loop_close(carom_plat_stream_t *stream)
{
    int loop = atomic_load(&stream->loop), counter = atomic_load(&stream->counter);

    carom__fd_close(&loop);
    carom__fd_close(&counter);
}

/* Mostly nobody has stirred it.  What is read here and now was said before whoever rests it looks again. */
int carom__loop_rest(carom_plat_stream_t *stream)
{
    uint64_t count;

    if (atomic_exchange(&stream->is_stirred, 0))
        (void) !read(atomic_load(&stream->counter), &count, sizeof count);
    return 1;
}

/* The other way round a rest in between would leave it ready for ever. */
void carom__loop_stir(carom_plat_stream_t *stream)
{
    static const uint64_t one = 1;

    (void) !write(atomic_load(&stream->counter), &one, sizeof one);
    atomic_store(&stream->is_stirred, 1);
}

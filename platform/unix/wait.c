/* Waiting on many things, by poll.  Not apr_poll: it needs a pool and an APR object for each descriptor. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#define ON_STACK 16

int carom__poll_time(int64_t deadline)
{
    int64_t left;

    if (deadline == CAROM_PLAT_NEVER)
        return -1;
    left = deadline - carom_plat_now();
    if (left <= 0)
        return 0;
    left = (left + 999) / 1000;
    return left > INT_MAX ? INT_MAX : (int) left;
}

/* The number of ready descriptors, 0 at the deadline, or -1 with errno. */
static int poll_until(struct pollfd *fds, size_t count, int64_t deadline)
{
    int n;

    do
        n = poll(fds, (nfds_t) count, carom__poll_time(deadline));
    while ((n < 0 && errno == EINTR) || (n == 0 && deadline != CAROM_PLAT_NEVER && carom_plat_now() < deadline));
    return n;
}

carom_status_t carom__poll_one(int fd, short events, int64_t deadline)
{
    struct pollfd one = {.fd = fd, .events = events};
    int n = poll_until(&one, 1, deadline);

    if (n < 0)
        return carom_plat_status(errno);
    return n == 0 ? CAROM_ETIMEOUT : CAROM_OK;
}

/* ---- many ---- */

/* Where a forker's child has no certain sentinel, the word of its end is the best there is, as long as one can come. */
static int child_descriptor(const carom_plat_child_t *child)
{
    return child->status >= 0 && !child->certain && !atomic_load(&child->lost) ? child->status : child->sentinel;
}

static int descriptor_of(const carom_plat_source_t *source)
{
    switch (source->kind) {
    case CAROM_PLAT_SOURCE_STREAM:
        return source->stream->fd;
    case CAROM_PLAT_SOURCE_CHILD:
        return child_descriptor(source->child);
    case CAROM_PLAT_SOURCE_FLAG:
        return source->flag->reader;
    case CAROM_PLAT_SOURCE_FILE:
    case CAROM_PLAT_SOURCE_SOCKET:
        return (int) source->file;
    case CAROM_PLAT_SOURCE_NONE:
        break;
    }
    return -1;
}

/* Of what cannot be waited on alone: a child that only it can tell the end of, and a pipe that has no shutdown. */
static int needs_looks(const carom_plat_source_t *source)
{
    if (source->kind == CAROM_PLAT_SOURCE_STREAM)
        return source->stream->is_pipe;
    return source->kind == CAROM_PLAT_SOURCE_CHILD && !source->child->certain;
}

/* A child is ready when it has ended, which only it can tell: its sentinel is a hint, and may be a moment early or late. */
static int judge(carom_plat_source_t *source, short events)
{
    if (source->kind == CAROM_PLAT_SOURCE_CHILD)
        return (events != 0 || !source->child->certain) && carom__child_look(source->child);
    if (source->kind == CAROM_PLAT_SOURCE_STREAM && atomic_load(&source->stream->is_shut))
        return 1;
    return events != 0;
}

static carom_status_t collect(carom_plat_source_t *sources, const struct pollfd *fds, size_t count, size_t *ready)
{
    size_t i;

    *ready = 0;
    for (i = 0; i < count; i++) {
        if (fds[i].revents & POLLNVAL)
            return CAROM_EINVAL;
        sources[i].ready = judge(&sources[i], fds[i].revents);
        *ready += (size_t) sources[i].ready;
    }
    return CAROM_OK;
}

static int64_t slice_of(const carom_plat_source_t *sources, size_t count, int64_t deadline)
{
    int64_t soon;
    size_t i;

    for (i = 0; i < count; i++)
        if (needs_looks(&sources[i])) {
            soon = carom_plat_now() + LOOK_AGAIN;
            return soon < deadline ? soon : deadline;
        }
    return deadline;
}

/* Anew each time: a child whose forker is gone is watched by something else from then on. */
static void describe(struct pollfd *fds, const carom_plat_source_t *sources, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        fds[i].fd = descriptor_of(&sources[i]);
        fds[i].events = POLLIN;
        fds[i].revents = 0;
    }
}

static carom_status_t wait_on(carom_plat_source_t *sources, struct pollfd *fds, size_t count, int64_t deadline)
{
    carom_status_t status;
    size_t ready;

    for (;;) {
        describe(fds, sources, count);
        /* What the system calls invalid is that there are more than this process may have descriptors. */
        if (poll_until(fds, count, slice_of(sources, count, deadline)) < 0)
            return errno == EINVAL ? CAROM_EMFILE : carom_plat_status(errno);
        status = collect(sources, fds, count, &ready);
        if (status != CAROM_OK || ready > 0)
            return status;
        if (deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline)
            return CAROM_ETIMEOUT;
    }
}

carom_status_t carom_plat_wait(carom_plat_source_t *sources, size_t count, int64_t deadline)
{
    struct pollfd few[ON_STACK], *fds = few;
    carom_status_t status;

    if (count > ON_STACK)
        fds = malloc(count * sizeof *fds);
    if (fds == NULL)
        return CAROM_ENOMEM;
    status = wait_on(sources, fds, count, deadline);
    if (fds != few)
        free(fds);
    return status;
}

/* ---- flags ---- */

carom_status_t carom_plat_flag_create(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = malloc(sizeof *self);
    int error;

    *flag = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->is_raised = 0;
    error = carom__fd_pipe(&self->reader, &self->writer);
    if (error) {
        free(self);
        return carom_plat_status(error);
    }
    *flag = self;
    return CAROM_OK;
}

/* There is room for a byte, so that neither waits. */
void carom_plat_flag_raise(carom_plat_flag_t *flag)
{
    while (!flag->is_raised && write(flag->writer, "", 1) < 0 && errno == EINTR)
        ;
    flag->is_raised = 1;
}

void carom_plat_flag_lower(carom_plat_flag_t *flag)
{
    char byte;

    while (flag->is_raised && read(flag->reader, &byte, 1) < 0 && errno == EINTR)
        ;
    flag->is_raised = 0;
}

carom_native_t carom_plat_flag_native(const carom_plat_flag_t *flag)
{
    return flag->reader;
}

void carom_plat_flag_destroy(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = *flag;

    if (self == NULL)
        return;
    *flag = NULL;
    carom__fd_close(&self->writer);
    carom__fd_close(&self->reader);
    free(self);
}

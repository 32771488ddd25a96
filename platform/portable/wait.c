/* Waiting on many things, by apr_poll, and flags.
 *
 * The end of a child is nothing that APR can wait on.  The lifeline that it holds tells when it goes away, at most a moment too
 * early, and only if no copy is left in a grandchild; so waiters also look for themselves every few milliseconds. */

#include "platform/portable/portable.h"

#include <stdlib.h>

/* How often to look for the end of a child, µs: after a sign of it, doubling up to the most. */
#define LOOK_SOON 1000
#define LOOK_LATEST 5000

/* apr_poll counts in milliseconds, rounded down. */
#define TICK 1000

/* ---- one sleep ---- */

static apr_interval_time_t sleep_time(int64_t deadline, int64_t longest)
{
    int64_t left = deadline == CAROM_PLAT_NEVER ? longest : deadline - carom_plat_now();

    if (left <= 0)
        return 0;
    if (left > longest)
        left = longest;
    return (left + TICK - 1) / TICK * TICK;
}

/* Waits for events, for `time` at most; a signal may end it early.  CAROM_OK, or what APR said. */
static carom_status_t sleep_on(apr_pollfd_t *fds, apr_int32_t count, apr_interval_time_t time)
{
    apr_int32_t i, n;
    apr_status_t status;

    for (i = 0; i < count; i++)
        fds[i].rtnevents = 0;
    if (count == 0) {
        apr_sleep(time);
        return CAROM_OK;
    }
    status = apr_poll(fds, count, &n, time);
    if (status == APR_SUCCESS || APR_STATUS_IS_TIMEUP(status) || APR_STATUS_IS_EINTR(status))
        return CAROM_OK;
    return carom_plat_status(status);
}

static int is_past(int64_t deadline)
{
    return deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline;
}

carom_status_t carom__poll_one(apr_socket_t *socket, int event, int64_t deadline)
{
    apr_pollfd_t one = {.desc_type = APR_POLL_SOCKET, .reqevents = (apr_int16_t) event, .desc = {.s = socket}};
    carom_status_t status;

    for (;;) {
        status = sleep_on(&one, 1, sleep_time(deadline, LONGEST_SLEEP));
        if (status != CAROM_OK || one.rtnevents != 0)
            return status;
        if (is_past(deadline))
            return CAROM_ETIMEOUT;
    }
}

/* ---- many ---- */

typedef struct watch_t {
    apr_pool_t *scratch;
    carom_plat_source_t *sources;
    size_t source_count;
    apr_pollfd_t *fds;                /* client_data is the source */
    apr_int32_t count;
    int64_t longest;                  /* the next sleep */
    int has_child;
} watch_t;

static void add(watch_t *watch, carom_plat_source_t *source, apr_socket_t *socket)
{
    apr_pollfd_t *fd = &watch->fds[watch->count++];

    fd->desc_type = APR_POLL_SOCKET;
    fd->desc.s = socket;
    fd->reqevents = APR_POLLIN;
    fd->client_data = source;
}

static carom_status_t add_file(watch_t *watch, carom_plat_source_t *source)
{
    if (!APR_FILES_AS_SOCKETS)
        return CAROM_ENOTSUP;
    add(watch, source, NULL);
    watch->fds[watch->count - 1].desc_type = APR_POLL_FILE;
    watch->fds[watch->count - 1].desc.f = carom__file_of(source->file, watch->scratch);
    return CAROM_OK;
}

static carom_status_t add_source(watch_t *watch, carom_plat_source_t *source)
{
    source->ready = 0;
    switch (source->kind) {
    case CAROM_PLAT_SOURCE_STREAM:
        add(watch, source, source->stream->socket);
        break;
    case CAROM_PLAT_SOURCE_CHILD:
        add(watch, source, source->child->lifeline->socket);
        watch->has_child = 1;
        break;
    case CAROM_PLAT_SOURCE_FLAG:
        add(watch, source, source->flag->reader->socket);
        break;
    case CAROM_PLAT_SOURCE_FILE:
        return add_file(watch, source);
    case CAROM_PLAT_SOURCE_SOCKET:
        add(watch, source, carom__socket_of(source->file, watch->scratch));
        break;
    case CAROM_PLAT_SOURCE_NONE:
        break;
    }
    return CAROM_OK;
}

/* A lifeline that has spoken would do so at every look. */
static void forget(watch_t *watch, apr_int32_t index)
{
    watch->fds[index] = watch->fds[--watch->count];
    watch->longest = LOOK_SOON;
}

static carom_status_t note_events(watch_t *watch)
{
    apr_int32_t i;

    for (i = watch->count - 1; i >= 0; i--) {
        carom_plat_source_t *source = watch->fds[i].client_data;

        if (watch->fds[i].rtnevents & APR_POLLNVAL)
            return CAROM_EINVAL;
        if (watch->fds[i].rtnevents == 0)
            continue;
        if (source->kind == CAROM_PLAT_SOURCE_CHILD)
            forget(watch, i);
        else
            source->ready = 1;
    }
    return CAROM_OK;
}

static size_t count_ready(const watch_t *watch)
{
    size_t ready = 0, i;

    for (i = 0; i < watch->source_count; i++) {
        carom_plat_source_t *source = &watch->sources[i];

        if (source->kind == CAROM_PLAT_SOURCE_CHILD)
            source->ready = carom__child_look(source->child);
        ready += (size_t) source->ready;
    }
    return ready;
}

static void sleep_longer(watch_t *watch)
{
    if (!watch->has_child)
        watch->longest = LONGEST_SLEEP;
    else
        watch->longest = watch->longest == 0 ? LOOK_SOON : 2 * watch->longest;
    if (watch->has_child && watch->longest > LOOK_LATEST)
        watch->longest = LOOK_LATEST;
}

static carom_status_t wait_on(watch_t *watch, int64_t deadline)
{
    carom_status_t status;

    /* The first sleep is none: a child may have ended already. */
    for (;;) {
        apr_interval_time_t time = sleep_time(deadline, watch->longest);

        sleep_longer(watch);
        status = sleep_on(watch->fds, watch->count, time);
        if (status == CAROM_OK)
            status = note_events(watch);
        if (status != CAROM_OK || count_ready(watch) > 0)
            return status;
        if (is_past(deadline))
            return CAROM_ETIMEOUT;
    }
}

static carom_status_t watch_all(watch_t *watch)
{
    carom_status_t status = CAROM_OK;
    size_t i;

    watch->fds = calloc(watch->source_count ? watch->source_count : 1, sizeof *watch->fds);
    if (watch->fds == NULL)
        return CAROM_ENOMEM;
    for (i = 0; i < watch->source_count && status == CAROM_OK; i++)
        status = add_source(watch, &watch->sources[i]);
    return status;
}

carom_status_t carom_plat_wait(carom_plat_source_t *sources, size_t count, int64_t deadline)
{
    watch_t watch = {.sources = sources, .source_count = count};
    carom_status_t status = carom__pool_create(&watch.scratch);

    if (status != CAROM_OK)
        return status;
    status = watch_all(&watch);
    if (status == CAROM_OK)
        status = wait_on(&watch, deadline);
    free(watch.fds);
    apr_pool_destroy(watch.scratch);
    return status;
}

/* ---- flags ---- */

carom_status_t carom_plat_flag_create(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = malloc(sizeof *self);
    carom_status_t status;

    *flag = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->is_raised = 0;
    status = carom_plat_stream_pair(&self->reader, &self->writer);
    if (status != CAROM_OK) {
        free(self);
        return status;
    }
    *flag = self;
    return CAROM_OK;
}

/* There is room for a byte, so that neither waits. */
void carom_plat_flag_raise(carom_plat_flag_t *flag)
{
    const carom_plat_span_t spans[2] = {{"", 1}, {NULL, 0}};
    size_t put;

    if (!flag->is_raised)
        (void) carom_plat_stream_write(flag->writer, spans, NULL, 0, &put, CAROM_PLAT_NEVER);
    flag->is_raised = 1;
}

void carom_plat_flag_lower(carom_plat_flag_t *flag)
{
    size_t got, count = 0;
    char byte;

    if (flag->is_raised)
        (void) carom_plat_stream_read(flag->reader, &byte, 1, &got, NULL, 0, &count, CAROM_PLAT_NEVER);
    flag->is_raised = 0;
}

carom_native_t carom_plat_flag_native(const carom_plat_flag_t *flag)
{
    return carom_plat_stream_native(flag->reader);
}

void carom_plat_flag_destroy(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = *flag;

    if (self == NULL)
        return;
    *flag = NULL;
    carom_plat_stream_close(&self->writer);
    carom_plat_stream_close(&self->reader);
    free(self);
}

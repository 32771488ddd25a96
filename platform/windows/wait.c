/* Waiting on many things, and flags.
 *
 * Not by apr_poll, which is select and knows sockets only.  On streams and sockets a read of nothing is begun, which ends when
 * there is something to read, or the end.  All of these reads raise one event: any number of streams costs one handle. */

#include "platform/windows/windows.h"

#include <stdlib.h>

#define ON_STACK 8

/* How often sockets are looked at that cannot be waited on, microseconds. */
#define LOOK_AGAIN 10000

/* The end of a cancelled operation, as OVERLAPPED tells it. */
#define CANCELLED 0xC0000120u

/* A read of nothing. */
typedef struct probe_t {
    OVERLAPPED io;
    int pending;                      /* begun, and to be ended */
} probe_t;

typedef struct plan_t {
    carom_plat_source_t *sources;
    size_t count;
    probe_t *probes;                  /* one for each source */
    HANDLE *handles;                  /* of the sources that have one, in their order; room for one more */
    char *signalled;
    size_t handle_count;
    HANDLE arrival;                   /* raised when a probe ends; NULL: there is none */
    int must_look;                    /* there are sockets that cannot be waited on */
} plan_t;

/* ---- handles ---- */

static HANDLE handle_of(const carom_plat_source_t *source)
{
    switch (source->kind) {
    case CAROM_PLAT_SOURCE_CHILD:
        return source->child->process;
    case CAROM_PLAT_SOURCE_FLAG:
        return source->flag->event;
    case CAROM_PLAT_SOURCE_FILE:
        return carom__handle(source->file);
    case CAROM_PLAT_SOURCE_STREAM:
    case CAROM_PLAT_SOURCE_SOCKET:
    case CAROM_PLAT_SOURCE_NONE:
        break;
    }
    return NULL;
}

static carom_status_t list_handles(plan_t *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++) {
        HANDLE handle = handle_of(&plan->sources[i]);

        plan->sources[i].ready = 0;
        if (handle == INVALID_HANDLE_VALUE)
            return CAROM_EINVAL;
        if (handle != NULL)
            plan->handles[plan->handle_count++] = handle;
    }
    return CAROM_OK;
}

static void note_signalled(plan_t *plan)
{
    size_t i, n = 0;

    for (i = 0; i < plan->count; i++)
        if (handle_of(&plan->sources[i]) != NULL)
            plan->sources[i].ready = plan->signalled[n++];
}

/* ---- looking ---- */

static carom_status_t look_at(carom_plat_source_t *source)
{
    if (source->kind == CAROM_PLAT_SOURCE_STREAM)
        source->ready = carom__stream_look(source->stream);
    else if (source->kind == CAROM_PLAT_SOURCE_SOCKET)
        return carom__socket_look(&source->ready, (SOCKET) source->file);
    return CAROM_OK;
}

static size_t ready_count(const plan_t *plan)
{
    size_t i, n = 0;

    for (i = 0; i < plan->count; i++)
        n += plan->sources[i].ready != 0;
    return n;
}

/* CAROM_ETIMEOUT: nothing is ready now. */
static carom_status_t look(plan_t *plan)
{
    carom_status_t status = CAROM_OK;
    size_t i;

    for (i = 0; i < plan->count && status == CAROM_OK; i++)
        status = look_at(&plan->sources[i]);
    if (status == CAROM_OK && plan->handle_count > 0)
        status = carom__wait_handles(plan->handles, plan->signalled, plan->handle_count, 0);
    if (status != CAROM_OK && status != CAROM_ETIMEOUT)
        return status;
    note_signalled(plan);
    return ready_count(plan) > 0 ? CAROM_OK : CAROM_ETIMEOUT;
}

/* ---- probes ---- */

/* 0: it cannot be waited on so.  A stream on which a read fails at once is ready: reading tells why. */
static int begin_probe(probe_t *probe, carom_plat_source_t *source, HANDLE arrival)
{
    DWORD error;

    /* The lowest bit keeps the end of the read from a completion port that the host has bound its socket to. */
    probe->io.hEvent = (HANDLE) ((uintptr_t) arrival | 1);
    error = source->kind == CAROM_PLAT_SOURCE_STREAM ? carom__stream_begin(source->stream, &probe->io)
                                                     : carom__socket_begin((SOCKET) source->file, &probe->io);
    probe->pending = error == ERROR_IO_PENDING;
    source->ready = error == 0 || (!probe->pending && source->kind == CAROM_PLAT_SOURCE_STREAM);
    return probe->pending || source->ready;
}

static int needs_probe(const carom_plat_source_t *source)
{
    return source->kind == CAROM_PLAT_SOURCE_STREAM || source->kind == CAROM_PLAT_SOURCE_SOCKET;
}

static carom_status_t begin_probes(plan_t *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++) {
        if (!needs_probe(&plan->sources[i]))
            continue;
        if (plan->arrival == NULL)
            plan->arrival = CreateEventW(NULL, TRUE, FALSE, NULL);
        if (plan->arrival == NULL)
            return carom__last_status();
        if (!begin_probe(&plan->probes[i], &plan->sources[i], plan->arrival))
            plan->must_look = 1;
    }
    return CAROM_OK;
}

static HANDLE target_of(const carom_plat_source_t *source)
{
    return source->kind == CAROM_PLAT_SOURCE_STREAM ? source->stream->pipe : carom__handle(source->file);
}

/* The event is everybody's, and beginning a read resets it: the reads themselves say which have ended. */
static void await_end(const probe_t *probe, HANDLE arrival)
{
    for (;;) {
        ResetEvent(arrival);
        if (HasOverlappedIoCompleted(&probe->io))
            return;
        WaitForSingleObject(arrival, INFINITE);
    }
}

static int has_news(const probe_t *probe, const carom_plat_source_t *source)
{
    if ((DWORD) probe->io.Internal != CANCELLED)
        return 1;
    return source->kind == CAROM_PLAT_SOURCE_STREAM && atomic_load(&source->stream->stopped);
}

static void end_probes(plan_t *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->probes[i].pending && !HasOverlappedIoCompleted(&plan->probes[i].io))
            CancelIoEx(target_of(&plan->sources[i]), &plan->probes[i].io);
    for (i = 0; i < plan->count; i++)
        if (plan->probes[i].pending) {
            await_end(&plan->probes[i], plan->arrival);
            plan->sources[i].ready = has_news(&plan->probes[i], &plan->sources[i]);
        }
    carom__handle_close(&plan->arrival);
}

static int has_arrived(const plan_t *plan)
{
    size_t i;

    for (i = 0; i < plan->count; i++)
        if (plan->sources[i].ready || (plan->probes[i].pending && HasOverlappedIoCompleted(&plan->probes[i].io)))
            return 1;
    return 0;
}

/* ---- waiting ---- */

static int64_t slice_of(const plan_t *plan, int64_t deadline)
{
    int64_t soon = carom_plat_now() + LOOK_AGAIN;

    return plan->must_look && soon < deadline ? soon : deadline;
}

/* Until the end of the slice; CAROM_OK when it is worth to look what there is. */
static carom_status_t wait_slice(plan_t *plan, size_t count, int64_t slice)
{
    carom_status_t status = carom__wait_handles(plan->handles, plan->signalled, count, slice);

    if (status == CAROM_OK)
        note_signalled(plan);
    return status == CAROM_ETIMEOUT && plan->must_look ? look(plan) : status;
}

static carom_status_t wait_for_any(plan_t *plan, int64_t deadline)
{
    size_t count = plan->handle_count;
    carom_status_t status = CAROM_OK;
    int64_t slice = 0;

    if (plan->arrival != NULL)
        plan->handles[count++] = plan->arrival;
    while (status == CAROM_OK || (status == CAROM_ETIMEOUT && slice != deadline)) {
        if (plan->arrival != NULL)
            ResetEvent(plan->arrival);
        if (has_arrived(plan))
            return CAROM_OK;
        slice = slice_of(plan, deadline);
        status = wait_slice(plan, count, slice);
    }
    return status;
}

static carom_status_t wait_planned(plan_t *plan, int64_t deadline)
{
    carom_status_t status = list_handles(plan);

    if (status == CAROM_OK)
        status = look(plan);
    if (status != CAROM_ETIMEOUT || (deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline))
        return status;
    status = begin_probes(plan);
    if (status == CAROM_OK)
        status = wait_for_any(plan, deadline);
    end_probes(plan);
    return status == CAROM_ETIMEOUT && ready_count(plan) > 0 ? CAROM_OK : status;
}

static carom_status_t wait_many(plan_t *plan, int64_t deadline)
{
    carom_status_t status = CAROM_ENOMEM;

    plan->probes = calloc(plan->count, sizeof *plan->probes);
    plan->handles = calloc(plan->count + 1, sizeof *plan->handles);
    plan->signalled = calloc(plan->count + 1, sizeof *plan->signalled);
    if (plan->probes && plan->handles && plan->signalled)
        status = wait_planned(plan, deadline);
    free(plan->probes);
    free(plan->handles);
    free(plan->signalled);
    return status;
}

carom_status_t carom_plat_wait(carom_plat_source_t *sources, size_t count, int64_t deadline)
{
    probe_t probes[ON_STACK] = {0};
    HANDLE handles[ON_STACK + 1];
    char signalled[ON_STACK + 1] = {0};
    plan_t plan = {sources, count, probes, handles, signalled, 0, NULL, 0};

    return count <= ON_STACK ? wait_planned(&plan, deadline) : wait_many(&plan, deadline);
}

/* ---- flags ---- */

carom_status_t carom_plat_flag_create(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = malloc(sizeof *self);

    *flag = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->event = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (self->event == NULL) {
        carom_status_t status = carom__last_status();

        free(self);
        return status;
    }
    *flag = self;
    return CAROM_OK;
}

void carom_plat_flag_raise(carom_plat_flag_t *flag)
{
    SetEvent(flag->event);
}

void carom_plat_flag_lower(carom_plat_flag_t *flag)
{
    ResetEvent(flag->event);
}

carom_native_t carom_plat_flag_native(const carom_plat_flag_t *flag)
{
    return (carom_native_t) flag->event;
}

void carom_plat_flag_destroy(carom_plat_flag_t **flag)
{
    carom_plat_flag_t *self = *flag;

    if (self == NULL)
        return;
    *flag = NULL;
    carom__handle_close(&self->event);
    free(self);
}

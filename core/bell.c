/* The bell of a link: sleeping, waking, and the handles that come that way. */

#include "core/end.h"
#include "core/memory.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* For handles that were written before the message that is here already. */
#define COLLECT_PATIENCE carom_seconds(5)
#define NO_MEMORY carom_milliseconds(5)
#define RING_PATIENCE carom_seconds(1)
#define LISTEN_MAX carom_seconds(1)

/* What the system had no memory for may go, or come, the next time: soon.  CAROM_ETIMEOUT: no more. */
static carom_status_t wait_for_memory(carom_connection_t *self, int64_t deadline)
{
    int64_t soon = carom_plat_now() + NO_MEMORY;

    if (soon >= deadline)
        return CAROM_ETIMEOUT;
    carom_plat_monitor_enter(self->monitor);
    (void) carom_plat_monitor_wait(self->monitor, soon);
    carom_plat_monitor_leave(self->monitor);
    return CAROM_OK;
}

static carom_status_t ring_once(carom_connection_t *self)
{
    static const unsigned char nothing = 0;
    carom_plat_span_t spans[2] = {{&nothing, 1}, {NULL, 0}};
    carom_status_t status;
    size_t sent;

    carom__fault("bell.ring");
    carom_plat_monitor_enter(self->monitor);
    status = carom_plat_stream_write(self->stream, spans, NULL, 0, &sent, 0);
    carom_plat_monitor_leave(self->monitor);
    carom__fault("bell.rung");
    return status;
}

static int is_want(carom_status_t status)
{
    return status == CAROM_ENOMEM || status == CAROM_EMFILE;
}

/* Whoever sleeps on the other side may be woken by nobody else.  Once that took too long it is tried but once each time, until
 * it succeeds. */
int carom__bell_ring(carom_connection_t *self)
{
    int64_t latest = atomic_load(&self->end->mute) ? 0 : carom_plat_now() + RING_PATIENCE;
    carom_status_t status = ring_once(self);

    while (is_want(status) && wait_for_memory(self, latest) == CAROM_OK)
        status = ring_once(self);
    atomic_store(&self->end->mute, is_want(status));
    if (is_want(status))
        return 0;
    /* One that is full has woken whoever sleeps. */
    if (status != CAROM_OK && status != CAROM_ETIMEOUT)
        atomic_store(&self->end->deaf, 1);
    return 1;
}

static int has_place(carom__end_t *end)
{
    size_t size = end->stash_size + CAROM__HANDLES_MAX;
    carom_native_t *larger;

    if (end->lost > 0 || end->stash_count < end->stash_size)
        return end->lost == 0;
    larger = carom__realloc(end->stash, size * sizeof *larger);
    if (larger) {
        end->stash = larger;
        end->stash_size = size;
    }
    return larger != NULL;
}

/* Under the monitor.  What finds no room is missed by the message that it belongs to, and so is all behind it until that is
 * received: or a message would get the handles of another. */
static void put_away(carom__end_t *end, carom_native_t file)
{
    if (end->overdue > 0) {
        carom_plat_file_close(file);
        end->overdue--;
    } else if (has_place(end)) {
        end->stash[end->stash_count++] = file;
    } else {
        carom_plat_file_close(file);
        end->lost++;
    }
}

/* Under the monitor: the first handles of the stash become those of the message that is being received. */
static void hand_out(carom_connection_t *self, size_t handles)
{
    carom__end_t *end = self->end;
    size_t here = handles < end->stash_count ? handles : end->stash_count, missing = handles - here, i;

    for (i = 0; i < here; i++)
        if (end->stash[i] != CAROM_NATIVE_NONE)
            carom__connection_keep_file(self, end->stash[i]);
    end->stash_count -= here;
    if (end->stash_count > 0)
        memmove(end->stash, end->stash + here, end->stash_count * sizeof *end->stash);
    if (missing > end->lost)
        end->overdue += missing - end->lost;
    end->lost -= missing < end->lost ? missing : end->lost;
}

/* Each byte says how many handles came with it; those that found no room in this process are missing at the end. */
static void sort_handles(carom_connection_t *self, const unsigned char *bytes, size_t got, const carom_native_t *came,
                         size_t count)
{
    size_t announced = 0, i;

    for (i = 0; i < got; i++)
        announced += bytes[i];
    if (announced == 0 && count == 0)
        return;
    carom_plat_monitor_enter(self->monitor);
    for (i = 0; i < announced && i < CAROM__HANDLES_MAX; i++)
        put_away(self->end, i < count ? came[i] : CAROM_NATIVE_NONE);
    carom_plat_monitor_leave(self->monitor);
    for (; i < count; i++)
        carom_plat_file_close(came[i]);
}

static carom_status_t hear(carom_connection_t *self, int64_t deadline)
{
    unsigned char bytes[CAROM__HANDLES_MAX];
    carom_native_t came[CAROM__HANDLES_MAX];
    size_t got, count = 0;
    carom_status_t status = carom_plat_stream_read(self->stream, bytes, sizeof bytes, &got, came, CAROM__HANDLES_MAX, &count,
                                                   deadline);

    carom__fault("bell.heard");
    sort_handles(self, bytes, got, came, count);
    if (status == CAROM_OK || status == CAROM_ETIMEOUT)
        return status;
    if (status == CAROM_ENOMEM)
        return wait_for_memory(self, deadline);
    atomic_store(&self->end->deaf, 1);
    atomic_store(&self->end->heard_out, 1);
    return CAROM_OK;
}

static carom_status_t listen_until(carom_connection_t *self, unsigned heard, int64_t deadline)
{
    carom__end_t *end = self->end;
    carom_status_t status = CAROM_OK;

    carom__fault("bell.hear");
    carom_plat_monitor_enter(self->monitor);
    if (end->listening || atomic_load(&end->heard) != heard) {
        if (atomic_load(&end->heard) == heard)
            status = carom_plat_monitor_wait(self->monitor, deadline);
        carom_plat_monitor_leave(self->monitor);
        return status;
    }
    end->listening = 1;
    carom_plat_monitor_leave(self->monitor);
    status = hear(self, deadline);
    carom_plat_monitor_enter(self->monitor);
    end->listening = 0;
    atomic_fetch_add(&end->heard, status == CAROM_OK);
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

/* In pieces: whoever could not ring for want of memory, for long, may not come again. */
carom_status_t carom__bell_listen(carom_connection_t *self, unsigned heard, int64_t deadline)
{
    int64_t latest = carom_plat_now() + LISTEN_MAX;
    carom_status_t status;

    if (deadline <= latest)
        return listen_until(self, heard, deadline);
    status = listen_until(self, heard, latest);
    return status == CAROM_ETIMEOUT ? CAROM_OK : status;
}

void carom__bell_listen_now(carom_connection_t *self)
{
    (void) carom__bell_listen(self, atomic_load(&self->end->heard), 0);
}

/* The handles were written before the message was; so they are here, or in the hands of a thread that listens. */
void carom__bell_collect(carom_connection_t *self, size_t handles)
{
    carom__end_t *end = self->end;
    int64_t deadline = carom_plat_now() + COLLECT_PATIENCE;
    unsigned heard;

    if (!carom_plat_attach_in_bytes())
        return;
    carom__fault("link.collect");
    carom_plat_monitor_enter(self->monitor);
    while (end->stash_count + end->lost < handles && !atomic_load(&end->heard_out) && !carom__is_past(deadline)) {
        heard = atomic_load(&end->heard);
        carom_plat_monitor_leave(self->monitor);
        (void) carom__bell_listen(self, heard, deadline);
        carom_plat_monitor_enter(self->monitor);
    }
    hand_out(self, handles);
    carom_plat_monitor_leave(self->monitor);
}

void carom__bell_free(carom__end_t *end)
{
    size_t i;

    for (i = 0; i < end->stash_count; i++)
        carom_plat_file_close(end->stash[i]);
    carom_free(end->stash);
}

/* Watches: a thread that sleeps where those sleep who wait, and raises a flag. */

#include <carom/watch.h>

#include "core/context.h"
#include "core/kinds.h"
#include "core/memory.h"
#include "core/time.h"

#include "platform/fault.h"

#define MAGIC 0x3A7C4E55u

/* The thread looks so often whether it is to end. */
#define PATIENCE carom_milliseconds(50)

struct carom_watch_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() when made; these and the next four never change */
    carom__share_t *object;            /* owned */
    const struct way_t *way;
    carom_plat_flag_t *flag;
    carom_plat_monitor_t *monitor;

    carom_plat_thread_t *thread;       /* of who polls; NULL: it is not needed yet */

    /* guarded by the monitor */
    int armed;                         /* the flag is to be raised when it is ready */
    int ends;
};

/* How each kind is asked, and slept on: until it may be ready, the deadline, or 50 ms.  Who is woken there and takes nothing
 * wakes the next. */
typedef struct way_t {
    int (*is_ready)(void *handle);
    void (*doze)(void *handle, int64_t deadline);
} way_t;

static const way_t *way_of(carom_value_t object)
{
    static const way_t lock = {carom__lock_is_ready, carom__lock_doze};
    static const way_t semaphore = {carom__semaphore_is_ready, carom__semaphore_doze};
    static const way_t event = {carom__event_is_ready, carom__event_doze};
    static const way_t queue = {carom__queue_is_ready, carom__queue_doze};

    switch (carom_value_type(object)) {
    case CAROM_LOCK:
        return &lock;
    case CAROM_SEMAPHORE:
        return &semaphore;
    case CAROM_EVENT:
        return &event;
    case CAROM_QUEUE:
        return &queue;
    default:
        return NULL;
    }
}

static carom_status_t check(const carom_watch_t *watch)
{
    if (watch == NULL || watch->magic != MAGIC)
        return CAROM_EINVAL;
    return watch->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

/* ---- making ---- */

static void free_watch(carom_watch_t *watch)
{
    carom__share_drop(watch->object);
    carom_plat_flag_destroy(&watch->flag);
    carom_plat_monitor_destroy(&watch->monitor);
    watch->magic = 0;
    carom_free(watch);
}

static carom_status_t fill(carom_watch_t *watch, const carom__share_t *of)
{
    void *handle;
    carom_status_t status = carom_plat_monitor_create(&watch->monitor);

    if (status == CAROM_OK)
        status = carom_plat_flag_create(&watch->flag);
    if (status != CAROM_OK)
        return status;
    status = carom__share_find(&handle, carom__share_type(of), of->object);
    watch->object = handle;
    return status;
}

carom_status_t carom_watch_create(carom_watch_t **watch, carom_value_t object)
{
    const way_t *way = way_of(object);
    carom_watch_t *self;
    carom_status_t status;

    *watch = NULL;
    if (way == NULL)
        return CAROM_ETYPE;
    status = carom__share_check(object.u.object, carom_value_type(object));
    if (status != CAROM_OK)
        return status;
    self = carom__calloc(1, sizeof *self);
    if (self == NULL)
        return CAROM_ENOMEM;
    self->magic = MAGIC;
    self->born = carom_plat_fork_count();
    self->way = way;
    status = fill(self, object.u.object);
    if (status == CAROM_OK)
        *watch = self;
    else
        free_watch(self);
    return status;
}

/* ---- the thread ---- */

/* 1: it is to end. */
static int wait_until_armed(carom_watch_t *watch)
{
    int ends;

    carom_plat_monitor_enter(watch->monitor);
    while (!watch->armed && !watch->ends)
        (void) carom_plat_monitor_wait(watch->monitor, CAROM_PLAT_NEVER);
    ends = watch->ends;
    carom_plat_monitor_leave(watch->monitor);
    return ends;
}

static void raise_if_armed(carom_watch_t *watch)
{
    carom_plat_monitor_enter(watch->monitor);
    if (watch->armed)
        carom_plat_flag_raise(watch->flag);
    watch->armed = 0;
    carom_plat_monitor_leave(watch->monitor);
}

static void look_out(void *argument)
{
    carom_watch_t *watch = argument;

    while (!wait_until_armed(watch))
        if (watch->way->is_ready(watch->object))
            raise_if_armed(watch);
        else
            watch->way->doze(watch->object, carom__deadline(PATIENCE));
}

/* ---- using it ---- */

/* Under the monitor. */
static carom_status_t arm(carom_watch_t *watch)
{
    carom_status_t status = CAROM_OK;

    if (watch->thread == NULL)
        status = carom_plat_thread_start(&watch->thread, look_out, watch);
    if (status != CAROM_OK)
        return status;
    watch->armed = 1;
    carom_plat_monitor_wake(watch->monitor);
    return CAROM_ETIMEOUT;
}

carom_status_t carom_watch_poll(carom_watch_t *watch)
{
    carom_status_t status = check(watch);

    if (status != CAROM_OK)
        return status;
    if (watch->thread == NULL && !watch->way->is_ready(watch->object))
        carom__modes_before_thread();
    carom_plat_monitor_enter(watch->monitor);
    watch->armed = 0;
    carom_plat_flag_lower(watch->flag);
    if (!watch->way->is_ready(watch->object))
        status = arm(watch);
    carom_plat_monitor_leave(watch->monitor);
    return status;
}

carom_native_t carom_watch_native(const carom_watch_t *watch)
{
    return check(watch) == CAROM_OK ? carom_plat_flag_native(watch->flag) : CAROM_NATIVE_NONE;
}

void carom_watch_destroy(carom_watch_t **watch)
{
    carom_watch_t *self = *watch;
    carom_status_t status = check(self);

    *watch = NULL;
    if (status == CAROM_EINVAL)
        return;
    /* In a forked child its descriptors were closed by the fork, and a thread that is not here may wait on its monitor. */
    if (status == CAROM_EFORKED) {
        carom__share_drop(self->object);
        self->magic = 0;
        return;
    }
    if (self->thread) {
        carom_plat_monitor_enter(self->monitor);
        self->ends = 1;
        carom_plat_monitor_wake(self->monitor);
        carom_plat_monitor_leave(self->monitor);
        carom_plat_thread_join(&self->thread);
    }
    free_watch(self);
}

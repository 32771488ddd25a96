/* An entry in a process of its own: what is the same however that process is made. */

#include "core/child.h"

#include "core/connection.h"
#include "core/family.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"
#include "platform/fault.h"

#include <carom/log.h>

#include <string.h>

/* How long a fresh process may take to fetch its orders, µs: a program that does other things before carom_init. */
#define PATIENCE 60000000

/* Less than any socket holds. */
#define ORDERS_FIRST ((size_t) 4 << 10)

typedef struct backing_t {
    carom_plat_child_t *child;
    carom_connection_t *control;       /* orders go there, the report comes back */
    carom__id_t slot;                  /* in the arena; none of one that has no part in it */

    /* guarded by the process's monitor */
    int waiting;                       /* a thread is in wait_alone: the next two fields are its own */
    int control_done;                  /* no more will come */
} backing_t;

/* ---- starting ---- */

static carom_plat_redirect_t redirect(const carom_redirect_t *wanted, int default_kind)
{
    static const int kinds[] = {[CAROM_STDIO_INHERIT] = CAROM_PLAT_INHERIT,
                                [CAROM_STDIO_NULL] = CAROM_PLAT_NULL,
                                [CAROM_STDIO_FILE] = CAROM_PLAT_FILE};
    carom_plat_redirect_t is = {CAROM_PLAT_INHERIT, wanted->file};

    is.kind = wanted->kind == CAROM_STDIO_DEFAULT ? default_kind : kinds[wanted->kind];
    return is;
}

static carom_plat_launch_t describe(const carom_process_options_t *options, const carom__launch_t *launch_of,
                                    carom_plat_stream_t *control)
{
    carom_plat_launch_t launch = {
        .standard = {redirect(&options->standard_input, CAROM_PLAT_NULL),
                     redirect(&options->standard_output, CAROM_PLAT_INHERIT),
                     redirect(&options->standard_error, CAROM_PLAT_INHERIT)},
        .environment = options->environment,
        .directory = options->directory,
        .nice = options->nice,
        .control = control,
        .shared = launch_of->slot.generation != 0 ? carom__arena_shared() : NULL,
        .files = launch_of->parcel.files,
        .file_count = launch_of->parcel.count,
    };

    return launch;
}

static carom_status_t make_control(carom_connection_t **ours, carom_plat_stream_t **theirs)
{
    carom__traits_t traits = {1, 1, carom__default_limits};
    carom_plat_stream_t *stream;
    carom_status_t status = carom_plat_stream_pair(&stream, theirs);

    if (status != CAROM_OK)
        return status;
    status = carom__connection_create(ours, &stream, &traits);
    if (status != CAROM_OK)
        carom_plat_stream_close(theirs);
    return status;
}

/* We are the child. */
static int is_born(const carom__launch_t *launch)
{
    return launch->birth && launch->birth->control;
}

static carom_status_t send_orders(backing_t *backing, carom__launch_t *launch)
{
    carom_status_t status = carom__connection_send_parcel(backing->control, &launch->parcel, carom__deadline(PATIENCE));

    carom__fault("launch.ordered");
    /* It ended without having read them. */
    return status == CAROM_EEOF ? CAROM_EDIED : status;
}

/* Orders that the socket holds go before the process is there: neither side wakes the other for them. */
static int go_first(const carom__launch_t *launch)
{
    return launch->orders_first && carom_plat_attach_in_bytes() && launch->parcel.body.length <= ORDERS_FIRST;
}

static carom_status_t make_process(backing_t *backing, carom__launch_t *launch, const carom_process_options_t *options,
                                   carom__launcher_t launcher, void *baton)
{
    carom_plat_stream_t *theirs;
    carom_plat_launch_t how;
    carom_status_t status = make_control(&backing->control, &theirs);

    if (status != CAROM_OK)
        return status;
    how = describe(options, launch, theirs);
    if (go_first(launch))
        status = send_orders(backing, launch);
    if (status == CAROM_OK)
        status = launcher(&backing->child, &how, baton);
    /* In a fork that returns its descriptor is the child's control. */
    if (is_born(launch))
        return status;
    carom_plat_stream_close(&theirs);
    if (status == CAROM_OK && !go_first(launch))
        status = send_orders(backing, launch);
    return status;
}

static void free_backing(backing_t *backing)
{
    carom_plat_child_close(&backing->child);
    carom_connection_close(&backing->control);
    carom_free(backing);
}

/* What the process is to hold is its own from the moment it is packed. */
static carom_status_t make_slot(const carom_process_t *process, carom__launch_t *launch)
{
    carom_status_t status;

    if (process->is_apart)
        return CAROM_OK;
    if (!carom_plat_shared_possible()) {
        carom__arena_do_without();
        return CAROM_OK;
    }
    status = carom__slot_make(&launch->slot);
    launch->parcel.to = carom__holder_process(launch->slot);
    return status;
}

carom_status_t carom__child_start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options,
                                  carom__launcher_t launcher, void *baton)
{
    backing_t *backing = carom__calloc(1, sizeof *backing);
    carom_status_t status = backing ? make_slot(process, launch) : CAROM_ENOMEM;

    carom__fault("launch.slot");
    if (status == CAROM_OK)
        status = carom__launch_pack(launch, NULL);
    carom__fault("launch.packed");
    if (status == CAROM_OK)
        status = make_process(backing, launch, options, launcher, baton);
    carom__fault("launch.launched");
    /* What is here is the parent's, and this a copy of it that nobody will use. */
    if (is_born(launch))
        return CAROM_OK;
    if (status == CAROM_OK) {
        carom__parcel_sent(&launch->parcel);
        process->pid = carom_plat_child_pid(backing->child);
        process->backing = backing;
        backing->slot = launch->slot;
        carom__slot_note_launch(launch->slot, backing->child);
    } else if (backing) {
        free_backing(backing);
        /* Before the slot is let go, with all that it holds. */
        carom__parcel_abandon(&launch->parcel);
        carom__slot_end(launch->slot);
    }
    return status;
}

/* ---- waiting: for the end of the process, reading its report meanwhile so that it never waits for us ---- */

static void read_report(carom_process_t *process, backing_t *backing)
{
    carom__buffer_t body;
    carom__arrival_t arrival;
    size_t length;
    carom__report_t report;
    carom_status_t status = carom__connection_receive_parcel(backing->control, &body, &length, &arrival, 0);

    if (status == CAROM_ETIMEOUT)
        return;
    if (status == CAROM_OK) {
        status = carom__report_open(&report, &body, length, &arrival);
        carom__arrival_clear(&arrival);
        carom__buffer_release(&body);
    }
    /* Nobody will read on: the child must not wait for that. */
    if (status != CAROM_OK)
        carom__connection_cut(backing->control);
    carom_plat_monitor_enter(process->monitor);
    backing->control_done = 1;
    if (status == CAROM_OK)
        process->report = report;
    carom_plat_monitor_leave(process->monitor);
}

static int is_control_done(carom_process_t *process, const backing_t *backing)
{
    int done;

    carom_plat_monitor_enter(process->monitor);
    done = backing->control_done;
    carom_plat_monitor_leave(process->monitor);
    return done;
}

carom_status_t carom__child_sources(carom_process_t *process, carom_plat_source_t wanted[2], size_t *count)
{
    backing_t *backing = process->backing;

    memset(wanted, 0, 2 * sizeof *wanted);
    wanted[0].kind = CAROM_PLAT_SOURCE_CHILD;
    wanted[0].child = backing->child;
    *count = 1;
    if (!is_control_done(process, backing)) {
        carom__connection_watch(backing->control, &wanted[1]);
        *count = 2;
    }
    return CAROM_OK;
}

static void note_end(carom_process_t *process, const carom_plat_end_t *end)
{
    carom_plat_monitor_enter(process->monitor);
    carom__process_note_end(process, end->code, end->known);
    carom_plat_monitor_leave(process->monitor);
}

static carom_status_t wait_alone(carom_process_t *process, int64_t deadline)
{
    backing_t *backing = process->backing;
    carom_plat_source_t wanted[2];
    carom_plat_end_t end;
    carom_status_t status;
    size_t count;

    for (;;) {
        carom__child_sources(process, wanted, &count);
        status = carom_plat_wait(wanted, count, deadline);
        if (status != CAROM_OK)
            return status;
        if (count == 2 && (wanted[1].ready || wanted[0].ready))
            read_report(process, backing);
        if (wanted[0].ready && carom_plat_child_wait(backing->child, &end, 0) == CAROM_OK) {
            carom__slot_end(backing->slot);
            note_end(process, &end);
            return CAROM_OK;
        }
    }
}

/* One thread looks, the others wait for what it sees. */
static carom_status_t begin_wait(carom_process_t *process, backing_t *backing, int64_t deadline)
{
    carom_status_t status = CAROM_OK;

    carom_plat_monitor_enter(process->monitor);
    while (!process->ended && backing->waiting && status == CAROM_OK)
        status = carom_plat_monitor_wait(process->monitor, deadline);
    if (!process->ended && !backing->waiting) {
        status = CAROM_OK;
        backing->waiting = 1;
    }
    carom_plat_monitor_leave(process->monitor);
    return status;
}

carom_status_t carom__child_wait(carom_process_t *process, int64_t deadline)
{
    backing_t *backing = process->backing;
    carom_status_t status;

    if (carom__process_has_ended(process))
        return CAROM_OK;
    status = begin_wait(process, backing, deadline);
    if (status != CAROM_OK || carom__process_has_ended(process))
        return carom__process_has_ended(process) ? CAROM_OK : status;
    status = wait_alone(process, deadline);
    carom_plat_monitor_enter(process->monitor);
    backing->waiting = 0;
    carom_plat_monitor_wake(process->monitor);
    carom_plat_monitor_leave(process->monitor);
    return status;
}

/* ---- the rest ---- */

carom_status_t carom__child_signal(carom_process_t *process, carom_plat_signal_t which)
{
    backing_t *backing = process->backing;

    if (which == CAROM_PLAT_INTERRUPT && !carom_plat_can_interrupt())
        return CAROM_ENOTSUP;
    return carom_plat_child_signal(backing->child, which);
}

carom_status_t carom__child_sentinel(carom_native_t *file, carom_process_t *process)
{
    backing_t *backing = process->backing;

    return carom_plat_child_native(file, backing->child);
}

void carom__child_release(carom_process_t *process)
{
    if (carom__process_has_ended(process))
        free_backing(process->backing);
    else        /* in the kernel, and not to be killed: waiting for it here could take for ever */
        carom_log(CAROM_LOG_ERROR, "%s, pid %lld, survived a kill and is left alone", process->name, (long long) process->pid);
}

int carom__child_can(carom_ability_t ability)
{
    switch (ability) {
    case CAROM_CAN_INTERRUPT:
        return carom_plat_can_interrupt();
    case CAROM_CAN_DIRECTORY:
        return carom_plat_can_chdir();
    case CAROM_CAN_NICE:
        return carom_plat_can_nice();
    case CAROM_CAN_SEND_CONNECTION:
    case CAROM_CAN_SEND_FILE:
        return carom_plat_attach_possible();
    case CAROM_CAN_SHARE:
        return carom_plat_shared_possible();
    case CAROM_CAN_TERMINATE:
    case CAROM_CAN_KILL:
    case CAROM_CAN_REDIRECT:
    case CAROM_CAN_ENVIRONMENT:
    case CAROM_CAN_CRASH:
        return 1;
    case CAROM_CAN_CREATE:
        return 0;
    }
    return 0;
}

/* The mode "thread": the entry runs in a thread of this process, and gets its arguments through the same message as
 * elsewhere. */

#include "core/family.h"
#include "core/kinds.h"
#include "core/memory.h"
#include "core/party.h"
#include "core/process.h"

#include <string.h>

/* The exit code of one that could not run its entry. */
#define NOT_RUN 70

/* What the object and the thread share, beside the process itself.  Guarded by the process's monitor. */
typedef struct backing_t {
    carom_plat_thread_t *thread;       /* NULL once somebody joins it */
    carom_plat_flag_t *flag;           /* made when somebody asks for the sentinel */
} backing_t;

/* What the thread starts with; it owns this. */
typedef struct run_t {
    carom_process_t *process;          /* held */
    const carom_entry_t *entry;
    carom__buffer_t body;
    carom__header_t header;
    carom_native_t files[CAROM__HANDLES_MAX];
    carom_self_t self;
    carom__orders_t orders;
    carom_call_t call;
} run_t;

/* The process object of the running thread, so that it does not join itself. */
static _Thread_local const carom_process_t *running;

/* ---- in the thread ---- */

static void free_backing(backing_t *backing)
{
    carom_plat_flag_destroy(&backing->flag);
    carom_free(backing);
}

static void note_end(carom_process_t *process, carom__report_t *report, int code)
{
    backing_t *backing = process->backing;

    carom_plat_monitor_enter(process->monitor);
    process->report = *report;
    carom__process_note_end(process, code & 255, 1);
    if (backing->flag)
        carom_plat_flag_raise(backing->flag);
    carom_plat_monitor_leave(process->monitor);
}

static void CAROM_NORETURN finish(carom_call_t *call, int code)
{
    run_t *run = call->baton;
    carom_process_t *process = run->process;
    carom__report_t report = call->report;

    carom__barriers_quit();
    call->report.result = carom_value_none();
    carom__call_clear(call);
    carom__orders_clear(&run->orders);
    carom__party_end();
    carom__self_set_thread(NULL);
    running = NULL;
    carom__buffer_release(&run->body);
    carom_free(run);
    note_end(process, &report, code);
    carom__process_drop(process);
    carom_plat_thread_exit();
}

static carom_status_t open_orders(run_t *run)
{
    carom__arrival_t arrival;
    size_t length = run->body.length;
    carom_status_t status;

    status = carom__arrival_open(&arrival, run->body.bytes, &length, &run->header, run->files, run->header.handles,
                                 carom__holder_self(), 1);
    if (status == CAROM_OK)
        status = carom__launch_open(&run->orders, NULL, &run->body, length, &arrival);
    carom__arrival_clear(&arrival);
    return status;
}

static void become(run_t *run)
{
    run->self.name = run->orders.name;
    run->self.mode = run->orders.mode;
    run->self.daemon = run->orders.daemon;
    run->self.parent_name = run->orders.parent_name;
    run->self.parent_pid = run->orders.parent_pid;
    carom__self_set_thread(&run->self);
    carom__party_begin();
    running = run->process;
}

static void run_thread(void *argument)
{
    run_t *run = argument;
    carom_status_t status = open_orders(run);

    run->call.entry = run->entry;
    run->call.context = carom__context_of(&carom__mode_thread);
    run->call.finish = finish;
    run->call.baton = run;
    if (status != CAROM_OK) {
        carom__report_failure(&run->call.report, status, "the arguments could not be taken over");
        finish(&run->call, NOT_RUN);
    }
    become(run);
    carom__orders_give(&run->orders, &run->call);
    carom__call_run(&run->call);
}

/* ---- starting ---- */

/* The body moves from the parcel to the run, and back when no thread could be made. */
static carom_status_t start_thread(backing_t *backing, run_t *run, carom__launch_t *launch)
{
    carom_process_t *process = run->process;      /* the run is the thread's own once there is one */
    carom_status_t status;

    run->body = launch->parcel.body;
    carom__buffer_init(&launch->parcel.body);
    run->header.handles = launch->parcel.count;
    run->header.shares = launch->parcel.share_count;
    memcpy(run->files, launch->parcel.files, launch->parcel.count * sizeof run->files[0]);
    carom__process_hold(process);
    carom_plat_monitor_enter(process->monitor);
    status = carom_plat_thread_start(&backing->thread, run_thread, run);
    carom_plat_monitor_leave(process->monitor);
    if (status == CAROM_OK) {
        carom__parcel_handed_over(&launch->parcel);
        return CAROM_OK;
    }
    launch->parcel.body = run->body;
    carom__process_drop(process);
    return status;
}

static carom_status_t start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options)
{
    backing_t *backing = carom__calloc(1, sizeof *backing);
    run_t *run = carom__calloc(1, sizeof *run);
    carom_status_t status = CAROM_ENOMEM;

    (void) options;
    carom__modes_before_thread();
    if (backing && run) {
        /* It stays in this process. */
        launch->parcel.to = carom__holder_self();
        status = carom__launch_pack(launch, NULL);
    }
    if (status == CAROM_OK) {
        process->pid = carom_plat_pid();
        process->backing = backing;
        run->process = process;
        run->entry = launch->request.entry;
        status = start_thread(backing, run, launch);
    }
    if (status != CAROM_OK) {
        process->backing = NULL;
        carom_free(backing);
        carom_free(run);
    }
    return status;
}

/* ---- the object's side ---- */

static carom_status_t wait_locked(carom_process_t *process, int64_t deadline)
{
    carom_status_t status = CAROM_OK;

    while (!process->ended && status == CAROM_OK)
        status = carom_plat_monitor_wait(process->monitor, deadline);
    return process->ended ? CAROM_OK : status;
}

/* Who takes the thread owes the join; the others wait for what the thread notes. */
static carom_plat_thread_t *take_locked(backing_t *backing)
{
    carom_plat_thread_t *thread = backing->thread;

    backing->thread = NULL;
    return thread;
}

static carom_status_t wait_for_end(carom_process_t *process, int64_t deadline)
{
    backing_t *backing = process->backing;
    carom_plat_thread_t *thread = NULL;
    carom_status_t status = CAROM_OK;

    /* Itself it can look at, and not wait for. */
    if (running == process)
        return deadline == 0 ? CAROM_ETIMEOUT : CAROM_EINVAL;
    carom_plat_monitor_enter(process->monitor);
    /* Without a deadline the join is all the waiting there is: first for what the thread notes and then for its end would be
     * two wake-ups, half as much again as starting and joining a thread costs. */
    if (deadline == CAROM_PLAT_NEVER)
        thread = take_locked(backing);
    if (thread == NULL)
        status = wait_locked(process, deadline);
    if (thread == NULL && status == CAROM_OK)
        thread = take_locked(backing);
    carom_plat_monitor_leave(process->monitor);
    /* After a join no thread is left. */
    carom_plat_thread_join(&thread);
    return status;
}

static carom_status_t refuse_signal(carom_process_t *process, carom_plat_signal_t which)
{
    (void) process;
    (void) which;
    return CAROM_ENOTSUP;
}

static carom_status_t flag_of(carom_plat_flag_t **flag, carom_process_t *process)
{
    backing_t *backing = process->backing;
    carom_status_t status = CAROM_OK;

    carom_plat_monitor_enter(process->monitor);
    if (backing->flag == NULL) {
        status = carom_plat_flag_create(&backing->flag);
        if (status == CAROM_OK && process->ended)
            carom_plat_flag_raise(backing->flag);
    }
    *flag = backing->flag;
    carom_plat_monitor_leave(process->monitor);
    return status;
}

static carom_status_t sentinel(carom_native_t *file, carom_process_t *process)
{
    carom_plat_flag_t *flag;
    carom_status_t status = flag_of(&flag, process);

    if (status == CAROM_OK)
        *file = carom_plat_flag_native(flag);
    return status;
}

static carom_status_t sources(carom_process_t *process, carom_plat_source_t wanted[2], size_t *count)
{
    wanted[0].kind = CAROM_PLAT_SOURCE_FLAG;
    *count = 1;
    return flag_of(&wanted[0].flag, process);
}

/* The last who had the process may be the thread itself, which nobody joined. */
static void release(carom_process_t *process)
{
    backing_t *backing = process->backing;

    carom_plat_thread_detach(&backing->thread);
    free_backing(backing);
}

static int can(carom_ability_t ability)
{
    if (ability == CAROM_CAN_SHARE)
        return 1;
    return (ability == CAROM_CAN_SEND_CONNECTION || ability == CAROM_CAN_SEND_FILE) && carom_plat_attach_possible();
}

static int is_here(void)
{
    return 1;
}

const carom__mode_t carom__mode_thread = {
    .name = "thread",
    .is_here = is_here,
    .can = can,
    .start = start,
    .wait = wait_for_end,
    .signal = refuse_signal,
    .sentinel = sentinel,
    .sources = sources,
    .release = release,
};

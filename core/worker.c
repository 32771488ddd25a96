/* The main of a worker: orders, entry, report. */

#include "core/worker.h"

#include "core/connection.h"
#include "core/context.h"
#include "core/entry.h"
#include "core/family.h"
#include "core/kinds.h"
#include "core/log.h"
#include "core/memory.h"
#include "core/party.h"
#include "core/time.h"
#include "platform/fault.h"

#include <stdio.h>

/* The exit code of a worker that could not run its entry, and how long it waits for its orders (µs): the parent sends them as
 * soon as it has launched us. */
#define NOT_RUN 70
#define PATIENCE 60000000

typedef struct worker_t {
    carom_connection_t *control;
    carom_plat_shared_t *shared;       /* until it is the arena */
    carom__orders_t orders;
    carom_self_t self;
    carom_call_t call;
    carom__leave_t leave;
    struct worker_t *outer;            /* what this process was a copy of; never touched */
} worker_t;

/* One a process, for its whole life: its strings are those of carom_self. */
static worker_t *current;

/* ---- the end ---- */

static carom_status_t send_report(worker_t *self, const carom__report_t *report)
{
    carom__parcel_t parcel;
    carom_status_t status;

    carom__parcel_init(&parcel, NULL);
    status = carom__report_pack(&parcel, report);
    if (status == CAROM_OK)
        /* For as long as it takes: the parent reads when it joins, and when it dies so do we. */
        (void) carom__connection_send_parcel(self->control, &parcel, CAROM_PLAT_NEVER);
    carom__parcel_abandon(&parcel);
    return status;
}

/* A result that cannot be sent is a failure, which can. */
static int report_end(worker_t *self, carom__report_t *report, int code)
{
    carom_status_t status = send_report(self, report);

    if (status == CAROM_OK)
        return code;
    carom_value_clear(&report->result);
    report->has_result = 0;
    carom__report_failure(report, status, "the result could not be sent");
    (void) send_report(self, report);
    return (code & 255) != 0 ? code : 1;
}

static void CAROM_NORETURN finish(carom_call_t *ended, int code)
{
    worker_t *self = ended->baton;

    /* While it has the handles that were arguments. */
    carom__barriers_quit();
    /* Before the report: who reads the channel to its end before he joins would never read a long report. */
    carom__call_end_channel(ended);
    if (ended->report.failure != CAROM_OK || ended->report.has_result)
        code = report_end(self, &ended->report, code);
    carom__fault("worker.reported");
    carom__call_clear(ended);
    carom__slot_note_return();
    /* The orders stay: who logs during the exit is named by them.  Control stays open: closed before the end it would wake
     * the parent twice. */
    self->leave(code & 255);
}

static void CAROM_NORETURN fail(worker_t *self, carom_status_t status, const char *kind, const char *name, const char *trouble)
{
    char text[CAROM__TEXT_MAX];

    snprintf(text, sizeof text, "%s %s %s", kind, name, trouble);
    carom__report_failure(&self->call.report, status, text);
    finish(&self->call, NOT_RUN);
}

/* ---- the beginning ---- */

static carom_status_t receive_orders(worker_t *self)
{
    carom__buffer_t body;
    carom__arrival_t arrival;
    size_t length;
    carom_status_t status;

    status = carom__connection_receive_parcel(self->control, &body, &length, &arrival, carom__deadline(PATIENCE));
    if (status != CAROM_OK)
        return status;
    status = carom__launch_open(&self->orders, self->shared, &body, length, &arrival);
    carom__arrival_clear(&arrival);
    carom__buffer_release(&body);
    return status;
}

static void become(worker_t *worker)
{
    carom_self_t *self = &worker->self;
    const carom__orders_t *orders = &worker->orders;

    self->name = orders->name;
    self->mode = orders->mode;
    self->daemon = orders->daemon;
    self->parent_name = orders->parent_name;
    self->parent_pid = orders->parent_pid;
    carom__self_set_process(self);
}

static void find_entry(worker_t *self)
{
    const carom__orders_t *orders = &self->orders;
    const carom__mode_t *mode = carom__mode_named(orders->mode);

    if (carom__entry_look_up(&self->call.entry, orders->entry, orders->object) != CAROM_OK)
        fail(self, CAROM_ENOENTRY, "entry", orders->entry, "is not in the worker");
    if ((int64_t) self->call.entry->version != orders->entry_version)
        fail(self, CAROM_EVERSION, "entry", orders->entry, "has another version in the worker");
    if (mode == NULL)
        fail(self, CAROM_EMODE, "mode", orders->mode, "is not in the worker");
    self->call.context = carom__context_of(mode);
    carom__mode_note_context(mode, 1);
}

static worker_t *new_worker(carom_plat_stream_t *control, carom_plat_shared_t *shared, carom__leave_t leave)
{
    carom__traits_t traits = {1, 1, carom__default_limits};
    worker_t *self = carom__calloc(1, sizeof *self);

    if (self == NULL || carom__connection_create(&self->control, &control, &traits) != CAROM_OK)
        return NULL;
    self->shared = shared;
    self->leave = leave;
    self->call.finish = finish;
    self->call.baton = self;
    self->outer = current;
    current = self;
    return self;
}

/* From here on the process is who its orders say. */
static worker_t *begin(carom_plat_stream_t *control, carom_plat_shared_t *shared, carom__leave_t leave)
{
    worker_t *self = new_worker(control, shared, leave);
    carom_status_t status;

    if (self == NULL)
        leave(NOT_RUN);
    carom__fault("worker.adopted");
    status = receive_orders(self);
    carom__fault("worker.ordered");
    if (status != CAROM_OK)
        fail(self, status, "the", "launch message", "could not be taken over");
    become(self);
    return self;
}

void carom__worker_run(carom_plat_stream_t *control, carom_plat_shared_t *shared, carom__leave_t leave)
{
    worker_t *self = begin(control, shared, leave);

    find_entry(self);
    /* After loading the entry's object, which may bring the hook. */
    carom__log_restore((carom_level_t) self->orders.log_level, self->orders.log_hook);
    carom__orders_give(&self->orders, &self->call);
    carom__call_run(&self->call);
}

void carom__worker_run_forked(carom_plat_stream_t *control, carom_plat_shared_t *shared)
{
    carom__family_forget();
    carom__worker_run(control, shared, carom_plat_leave);
}

carom_connection_t *carom__worker_go_on(const carom__birth_t *birth)
{
    carom_connection_t *channel;
    worker_t *self;

    carom__family_forget();
    self = begin(birth->control, birth->shared, carom_plat_leave);
    carom__orders_give(&self->orders, &self->call);
    channel = self->call.channel;
    self->call.channel = NULL;
    return channel;
}

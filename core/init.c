/* carom_init, and the main of a worker: the only place of carom that ends a process. */

#include "core/connection.h"
#include "core/context.h"
#include "core/family.h"
#include "core/log.h"
#include "core/time.h"

#include "platform/fault.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The exit code of a worker that could not run its entry, and how long it waits for its orders (µs): the parent sends them as soon
 * as it has launched us. */
#define NOT_RUN 70
#define PATIENCE 60000000

/* One worker a process, for its whole life: its strings are those of carom_self. */
static carom_connection_t *control;
static carom_plat_shared_t *shared;        /* until it is the arena */
static carom__orders_t orders;
static carom_self_t self;
static carom_call_t call;

static carom_status_t send_report(const carom__report_t *report)
{
    carom__parcel_t parcel;
    carom_status_t status;

    carom__parcel_init(&parcel, NULL);
    status = carom__report_pack(&parcel, report);
    if (status == CAROM_OK)
        /* For as long as it takes: the parent reads when it joins, and when it dies so do we. */
        (void) carom__connection_send_parcel(control, &parcel, CAROM_PLAT_NEVER);
    carom__parcel_abandon(&parcel);
    return status;
}

/* A result that cannot be sent is a failure, which can. */
static int report_end(carom__report_t *report, int code)
{
    carom_status_t status = send_report(report);

    if (status == CAROM_OK)
        return code;
    carom_value_clear(&report->result);
    report->has_result = 0;
    carom__report_failure(report, status, "the result could not be sent");
    (void) send_report(report);
    return (code & 255) != 0 ? code : 1;
}

static void CAROM_NORETURN finish(carom_call_t *ended, int code)
{
    if (ended->report.failure != CAROM_OK || ended->report.has_result)
        code = report_end(&ended->report, code);
    carom__fault("worker.reported");
    carom__call_clear(ended);
    carom_connection_close(&control);
    /* The orders stay: who logs during the exit is named by them. */
    exit(code & 255);
}

static void CAROM_NORETURN fail(carom_status_t status, const char *kind, const char *name, const char *trouble)
{
    char text[CAROM__TEXT_MAX];

    snprintf(text, sizeof text, "%s %s %s", kind, name, trouble);
    carom__report_failure(&call.report, status, text);
    finish(&call, NOT_RUN);
}

static carom_status_t adopt_control(const char *token)
{
    carom__traits_t traits = {1, 1, carom__default_limits};
    carom_plat_stream_t *stream;
    carom_status_t status = carom_plat_start();

    if (status == CAROM_OK)
        status = carom_plat_adopt(&stream, &shared, token);
    return status == CAROM_OK ? carom__connection_create(&control, &stream, &traits) : status;
}

static carom_status_t receive_orders(void)
{
    carom__buffer_t body;
    carom__arrival_t arrival;
    size_t length;
    carom_status_t status;

    status = carom__connection_receive_parcel(control, &body, &length, &arrival, carom__deadline(PATIENCE));
    if (status != CAROM_OK)
        return status;
    status = carom__launch_open(&orders, shared, &body, length, &arrival);
    carom__arrival_clear(&arrival);
    carom__buffer_release(&body);
    return status;
}

static void become(void)
{
    self.name = orders.name;
    self.mode = orders.mode;
    self.daemon = orders.daemon;
    self.parent_name = orders.parent_name;
    self.parent_pid = orders.parent_pid;
    carom__self_set_process(&self);
}

static void find_entry(void)
{
    const carom__mode_t *mode = carom__mode_named(orders.mode);

    if (carom__entry_look_up(&call.entry, orders.entry, orders.object) != CAROM_OK)
        fail(CAROM_ENOENTRY, "entry", orders.entry, "is not in the worker");
    if ((int64_t) call.entry->version != orders.entry_version)
        fail(CAROM_EVERSION, "entry", orders.entry, "has another version in the worker");
    if (mode == NULL)
        fail(CAROM_EMODE, "mode", orders.mode, "is not in the worker");
    call.context = carom__context_of(mode);
}

static void run_worker(const char *token)
{
    carom_status_t status = adopt_control(token);

    if (status != CAROM_OK)
        exit(NOT_RUN);
    call.finish = finish;
    carom__fault("worker.adopted");
    status = receive_orders();
    carom__fault("worker.ordered");
    if (status != CAROM_OK)
        fail(status, "the", "launch message", "could not be taken over");
    become();
    find_entry();
    /* After loading the entry's object, which may bring the hook. */
    carom__log_restore((carom_level_t) orders.log_level, orders.log_hook);
    call.args = orders.args;
    call.count = orders.count;
    orders.args = NULL;
    orders.count = 0;
    carom__call_run(&call);
}

void carom_init(int *argc, char ***argv)
{
    carom__entry_note_init();
    if (*argc > 0)
        carom_plat_program_hint((*argv)[0]);
    if (*argc == 3 && strcmp((*argv)[1], CAROM_PLAT_WORKER_ARGUMENT) == 0)
        run_worker((*argv)[2]);
}

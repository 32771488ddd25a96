/* Starting, joining and ending, the same for every mode. */

#include "core/process.h"

#include "core/family.h"
#include "core/memory.h"
#include "core/time.h"

#include <carom/log.h>

#include <stdio.h>
#include <string.h>

#define LAST_WAIT 5000000      /* µs that destroy waits after a kill, which nothing should need */

/* ---- life of the object ---- */

void carom__process_hold(carom_process_t *process)
{
    atomic_fetch_add(&process->references, 1);
}

static void free_process(carom_process_t *self)
{
    if (self->backing)
        self->mode->release(self);
    self->magic = 0;
    carom_value_clear(&self->report.result);
    carom_plat_monitor_destroy(&self->monitor);
    carom_free(self);
}

void carom__process_drop(carom_process_t *process)
{
    if (atomic_fetch_sub(&process->references, 1) == 1)
        free_process(process);
}

static carom_status_t new_process(carom_process_t **process, const carom__mode_t *mode)
{
    carom_process_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status = self ? carom_plat_monitor_create(&self->monitor) : CAROM_ENOMEM;

    if (status != CAROM_OK) {
        carom_free(self);
        return status;
    }
    self->magic = CAROM__PROCESS_MAGIC;
    self->born = carom_plat_fork_count();
    self->mode = mode;
    atomic_init(&self->references, 1);
    *process = self;
    return CAROM_OK;
}

/* ---- starting ---- */

static int is_redirected(const carom_redirect_t *redirect)
{
    return redirect->kind != CAROM_STDIO_DEFAULT;
}

static carom_status_t check_redirects(const carom_context_t *context, const carom_process_options_t *o)
{
    const carom_redirect_t *all[] = {&o->standard_input, &o->standard_output, &o->standard_error};
    size_t i;

    for (i = 0; i < 3; i++) {
        if (all[i]->kind < CAROM_STDIO_DEFAULT || all[i]->kind > CAROM_STDIO_FILE)
            return CAROM_EINVAL;
        if (all[i]->kind == CAROM_STDIO_FILE && all[i]->file == CAROM_NATIVE_NONE)
            return CAROM_EINVAL;
        if (is_redirected(all[i]) && !carom_context_can(context, CAROM_CAN_REDIRECT))
            return CAROM_ENOTSUP;
    }
    return CAROM_OK;
}

static carom_status_t check_options(const carom_context_t *context, const carom_process_options_t *o)
{
    if (o->size != sizeof *o || o->daemon < -1 || o->daemon > 1 || (o->name && strlen(o->name) > CAROM__NAME_MAX))
        return CAROM_EINVAL;
    if (o->environment && !carom_context_can(context, CAROM_CAN_ENVIRONMENT))
        return CAROM_ENOTSUP;
    if (o->directory && !carom_context_can(context, CAROM_CAN_DIRECTORY))
        return CAROM_ENOTSUP;
    if (o->nice != 0 && !carom_context_can(context, CAROM_CAN_NICE))
        return CAROM_ENOTSUP;
    return check_redirects(context, o);
}

carom_status_t carom__process_check_request(const carom_request_t *request)
{
    if (request->entry == NULL || request->entry->name == NULL || request->entry->function == NULL)
        return CAROM_EINVAL;
    if (strlen(request->entry->name) > CAROM__NAME_MAX || (request->args == NULL && request->count > 0))
        return CAROM_EINVAL;
    return carom__self_daemon() ? CAROM_EDAEMON : CAROM_OK;
}

static void set_up(carom_process_t *self, const carom_process_options_t *options)
{
    if (options->name)
        snprintf(self->name, sizeof self->name, "%s", options->name);
    else
        snprintf(self->name, sizeof self->name, "Process-%u", carom__family_next_number());
    self->daemon = options->daemon < 0 ? carom__self_daemon() : options->daemon;
    self->grace = options->grace;
}

static carom_status_t launch(carom_process_t *self, carom_request_t request, const carom_process_options_t *options,
                             const carom__start_t *how)
{
    carom__launch_t message = {.request = request,
                               .channel = how->channel,
                               .birth = how->birth,
                               .object = "",
                               .name = self->name,
                               .parent_name = carom__self_name(),
                               .mode = self->mode->name,
                               .daemon = self->daemon};
    carom_status_t status;

    carom__parcel_init(&message.parcel, NULL);
    status = self->mode->start(self, &message, options);
    if (status != CAROM_OK)
        carom__parcel_abandon(&message.parcel);
    return status;
}

static carom_status_t start(carom_process_t **process, const carom__mode_t *mode, carom_request_t request,
                            const carom_process_options_t *options, const carom__start_t *how)
{
    carom_process_t *self;
    carom_status_t status = new_process(&self, mode);

    *process = NULL;
    if (status != CAROM_OK)
        return status;
    set_up(self, options);
    self->is_apart = how->is_apart;
    status = launch(self, request, options, how);
    if (how->birth && how->birth->control)
        return CAROM_OK;
    if (status != CAROM_OK)
        carom__process_drop(self);
    else
        *process = self;
    return status;
}

carom_status_t carom__process_start_apart(carom_process_t **process, const carom__mode_t *mode, carom_request_t request,
                                          const carom_process_options_t *options)
{
    static const carom__start_t apart = {1, NULL, NULL};

    return start(process, mode, request, options, &apart);
}

carom_status_t carom__process_start(carom_process_t **process, carom_context_t *context, carom_request_t request,
                                    const carom_process_options_t *options, const carom__start_t *how)
{
    static const carom_process_options_t defaults = CAROM_PROCESS_OPTIONS_INIT;
    const carom_process_options_t *wanted = options ? options : &defaults;
    carom_status_t status = carom_plat_start();

    *process = NULL;
    if (status == CAROM_OK)
        status = carom__context_resolve(&context);
    if (status == CAROM_OK)
        status = carom__process_check_request(&request);
    if (status == CAROM_OK && how->birth && !carom_context_can(context, CAROM_CAN_CREATE))
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK)
        status = check_options(context, wanted);
    if (status == CAROM_OK)
        status = start(process, context->mode, request, wanted, how);
    if (*process == NULL)
        return status;
    carom__family_add(*process);
    carom_log(CAROM_LOG_DEBUG, "started %s, pid %lld", (*process)->name, (long long) (*process)->pid);
    return CAROM_OK;
}

carom_status_t carom_process_start_with(carom_process_t **process, carom_context_t *context, carom_request_t request,
                                        const carom_process_options_t *options)
{
    static const carom__start_t plain = {0, NULL, NULL};

    return carom__process_start(process, context, request, options, &plain);
}

carom_status_t carom_process_start(carom_process_t **process, carom_context_t *context, carom_request_t request)
{
    return carom_process_start_with(process, context, request, NULL);
}

/* ---- the end ---- */

static void tell(carom_outcome_t *outcome, carom_status_t status, const char *text)
{
    outcome->status = status;
    snprintf(outcome->text, sizeof outcome->text, "%s", text);
}

/* What the entry reported counts unless it succeeded after all, or was ended from outside. */
static void judge(carom_process_t *process, int code, int known)
{
    carom_outcome_t *outcome = &process->outcome;
    const carom__report_t *report = &process->report;
    char text[64];

    if (!known)
        tell(outcome, CAROM_EREAPED, "somebody else collected the exit status");
    else if (code == 0)
        tell(outcome, CAROM_OK, "");
    else if (code > 0 && report->failure != CAROM_OK)
        tell(outcome, report->failure, report->text);
    else {
        snprintf(text, sizeof text, code > 0 ? "exit code %d" : "ended by signal %d", code > 0 ? code : -code);
        tell(outcome, code > 0 ? CAROM_EFAILED : CAROM_EDIED, text);
    }
}

void carom__process_note_end(carom_process_t *process, int code, int known)
{
    process->outcome.exit_code = code;
    process->outcome.pid = process->pid;
    judge(process, code, known);
    process->ended = 1;
    carom_plat_monitor_wake(process->monitor);
}

int carom__process_has_ended(carom_process_t *process)
{
    int ended;

    carom_plat_monitor_enter(process->monitor);
    ended = process->ended;
    carom_plat_monitor_leave(process->monitor);
    return ended;
}

carom_status_t carom__process_wait(carom_process_t *process, int64_t deadline)
{
    carom_status_t status = process->mode->wait(process, deadline);

    if (status == CAROM_OK)
        carom__family_remove(process);
    return status;
}

static carom_status_t check(const carom_process_t *process)
{
    if (process == NULL || process->magic != CAROM__PROCESS_MAGIC)
        return CAROM_EINVAL;
    return process->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

carom_status_t carom_process_join(carom_process_t *process, carom_duration_t timeout)
{
    carom_status_t status = check(process);

    return status == CAROM_OK ? carom__process_wait(process, carom__deadline(timeout)) : status;
}

int carom_process_alive(carom_process_t *process)
{
    return carom_process_join(process, 0) == CAROM_ETIMEOUT;
}

const carom_outcome_t *carom_process_outcome(carom_process_t *process)
{
    return carom_process_join(process, 0) == CAROM_OK ? &process->outcome : NULL;
}

int carom_process_exit_code(carom_process_t *process)
{
    const carom_outcome_t *outcome = carom_process_outcome(process);

    return outcome ? outcome->exit_code : CAROM_EXIT_NONE;
}

static carom_status_t take_result(carom_value_t *result, carom_process_t *self)
{
    carom_status_t status = CAROM_OK;

    carom_plat_monitor_enter(self->monitor);
    if (!self->report.has_result || self->result_taken)
        status = self->outcome.status == CAROM_EDIED ? CAROM_EDIED : CAROM_ENOKEY;
    if (status == CAROM_OK) {
        *result = self->report.result;
        self->report.result = carom_value_none();
        self->result_taken = 1;
    }
    carom_plat_monitor_leave(self->monitor);
    return status;
}

carom_status_t carom_process_result(carom_value_t *result, carom_process_t *process)
{
    carom_status_t status = carom_process_join(process, 0);

    *result = carom_value_none();
    if (status == CAROM_ETIMEOUT)
        return CAROM_EBUSY;
    return status == CAROM_OK ? take_result(result, process) : status;
}

/* ---- signals ---- */

static carom_status_t send_signal(carom_process_t *process, carom_plat_signal_t which)
{
    carom_status_t status = check(process);

    return status == CAROM_OK ? process->mode->signal(process, which) : status;
}

carom_status_t carom_process_terminate(carom_process_t *process)
{
    return send_signal(process, CAROM_PLAT_TERMINATE);
}

carom_status_t carom_process_kill(carom_process_t *process)
{
    return send_signal(process, CAROM_PLAT_KILL);
}

carom_status_t carom_process_interrupt(carom_process_t *process)
{
    return send_signal(process, CAROM_PLAT_INTERRUPT);
}

/* ---- freeing ---- */

/* The object of another process's child: memory only. */
static carom_status_t forget(carom_process_t **process)
{
    *process = NULL;
    return CAROM_EFORKED;
}

void carom__process_release(carom_process_t **process)
{
    carom_process_t *self = *process;

    *process = NULL;
    carom__family_remove(self);
    carom__process_drop(self);
}

carom_status_t carom_process_close(carom_process_t **process)
{
    carom_status_t status;

    if (process == NULL || *process == NULL)
        return CAROM_OK;
    status = check(*process);
    if (status == CAROM_EFORKED)
        return forget(process);
    if (status == CAROM_OK)
        status = carom__process_wait(*process, 0);
    if (status == CAROM_OK)
        carom__process_release(process);
    return status == CAROM_ETIMEOUT ? CAROM_EBUSY : status;
}

carom_status_t carom__process_end(carom_process_t *process, int64_t deadline)
{
    carom_status_t status = carom__process_wait(process, deadline);

    if (status != CAROM_OK && process->mode->signal(process, CAROM_PLAT_KILL) == CAROM_OK)
        status = carom__process_wait(process, carom__deadline(LAST_WAIT));
    return status;
}

carom_status_t carom_process_destroy(carom_process_t **process)
{
    carom_status_t status;

    if (process == NULL || *process == NULL)
        return CAROM_OK;
    status = check(*process);
    if (status == CAROM_EFORKED)
        return forget(process);
    if (status != CAROM_OK)
        return status;
    status = carom__process_end(*process, carom__deadline((*process)->grace));
    carom__process_release(process);
    return status;
}

/* ---- what it is ---- */

const char *carom_process_name(const carom_process_t *process)
{
    return process->name;
}

int64_t carom_process_pid(const carom_process_t *process)
{
    return process->pid;
}

int carom_process_daemon(const carom_process_t *process)
{
    return process->daemon;
}

const char *carom_process_mode(const carom_process_t *process)
{
    return process->mode->name;
}

carom_status_t carom_process_sentinel(carom_native_t *sentinel, carom_process_t *process)
{
    carom_status_t status = check(process);

    *sentinel = CAROM_NATIVE_NONE;
    return status == CAROM_OK ? process->mode->sentinel(sentinel, process) : status;
}

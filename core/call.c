/* What an entry can ask of its call. */

#include "core/call.h"

#include "core/memory.h"
#include "core/value.h"

#include <carom/channel.h>

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static carom_guard_t _Atomic guard;

/* What the guard runs; code stays 1 when the guard jumped out. */
typedef struct run_t {
    carom_call_t *call;
    volatile int code;
} run_t;

void carom_guard_set(carom_guard_t new_guard)
{
    atomic_store(&guard, new_guard);
}

static void run_entry(void *argument)
{
    run_t *run = argument;

    run->code = run->call->entry->function(run->call);
}

void carom__call_run(carom_call_t *call)
{
    carom_guard_t guarded = atomic_load(&guard);
    run_t run = {call, 1};

    if (guarded)
        guarded(run_entry, &run);
    else
        run_entry(&run);
    call->finish(call, run.code);
}

void carom__call_end_channel(carom_call_t *call)
{
    carom_connection_close(&call->channel);
}

void carom__call_clear(carom_call_t *call)
{
    size_t i;

    carom__call_end_channel(call);
    for (i = 0; i < call->count; i++)
        carom_value_clear(&call->args[i]);
    carom_free(call->args);
    call->args = NULL;
    call->count = 0;
    carom_value_clear(&call->report.result);
}

void carom_exit(carom_call_t *call, int code)
{
    call->finish(call, code);
}

size_t carom_arg_count(const carom_call_t *call)
{
    return call->count;
}

carom_value_t carom_arg(const carom_call_t *call, size_t index)
{
    return index < call->count ? carom__value_view(call->args[index]) : carom_value_none();
}

int64_t carom_arg_int(const carom_call_t *call, size_t index)
{
    return carom_value_int(carom_arg(call, index));
}

double carom_arg_float(const carom_call_t *call, size_t index)
{
    return carom_value_float(carom_arg(call, index));
}

const char *carom_arg_text(const carom_call_t *call, size_t index)
{
    carom_value_t value = carom_arg(call, index);

    return carom_value_type(value) == CAROM_TEXT ? carom_value_text(value) : NULL;
}

carom_connection_t *carom_arg_connection(carom_call_t *call, size_t index)
{
    carom_connection_t *connection = NULL;

    if (index < call->count && carom_value_take_connection(&connection, &call->args[index]) != CAROM_OK)
        return NULL;
    return connection;
}

carom_native_t carom_arg_file(carom_call_t *call, size_t index)
{
    carom_native_t file = CAROM_NATIVE_NONE;

    if (index < call->count && carom_value_take_file(&file, &call->args[index]) != CAROM_OK)
        return CAROM_NATIVE_NONE;
    return file;
}

carom_connection_t *carom_call_channel(const carom_call_t *call)
{
    return call->channel;
}

carom_context_t *carom_call_context(const carom_call_t *call)
{
    return call->context;
}

void carom__report_failure(carom__report_t *report, carom_status_t status, const char *text)
{
    report->failure = status;
    snprintf(report->text, sizeof report->text, "%s", text);
}

int carom_return_value(carom_call_t *call, carom_value_t result)
{
    carom_value_t owned;
    carom_status_t status = carom_value_copy(&owned, &result);

    carom_value_clear(&result);
    if (status != CAROM_OK) {
        carom__report_failure(&call->report, status, "the result could not be kept");
        return 1;
    }
    carom_value_clear(&call->report.result);
    call->report.result = owned;
    call->report.has_result = 1;
    return 0;
}

int carom_fail(carom_call_t *call, carom_status_t status, const char *format, ...)
{
    char text[CAROM__TEXT_MAX];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    carom__report_failure(&call->report, status == CAROM_OK ? CAROM_EFAILED : status, text);
    return 1;
}

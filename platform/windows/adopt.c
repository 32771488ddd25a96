/* A worker's first moments: it takes its control stream over, and makes sure that a crash ends it.
 *
 * A library does not touch how its host crashes.  But this process was made by carom, to run one entry: here a fault must not
 * open a dialogue or start a debugger that nobody sees, and its code must tell the parent what happened.  Handlers that the
 * program had set before come first. */

#include "platform/windows/windows.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>

/* "windows:1a4:1b0": control, and what came along for the first message. */
#define TOKEN "windows"

/* Written once, before the entry runs. */
static LPTOP_LEVEL_EXCEPTION_FILTER host_filter;

static LONG WINAPI end_by_fault(EXCEPTION_POINTERS *fault)
{
    if (host_filter && host_filter(fault) == EXCEPTION_CONTINUE_EXECUTION)
        return EXCEPTION_CONTINUE_EXECUTION;
    TerminateProcess(GetCurrentProcess(), fault->ExceptionRecord->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

static void end_by_abort(int signal_number)
{
    (void) signal_number;
    TerminateProcess(GetCurrentProcess(), CAROM__ENDED_BY(6));
}

static void crash_quietly(void)
{
    void (*before)(int);

    SetErrorMode(GetErrorMode() | SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX);
    host_filter = SetUnhandledExceptionFilter(end_by_fault);
    before = signal(SIGABRT, end_by_abort);
    if (before != SIG_DFL && before != SIG_ERR)
        signal(SIGABRT, before);
}

/* The handle at ":1a4…", which nobody inherits from us, and where its number ends.  NULL: there is no such handle. */
static HANDLE handle_at(const char **token)
{
    char *end;
    uintptr_t number;

    if (**token != ':')
        return NULL;
    number = (uintptr_t) strtoull(*token + 1, &end, 16);
    *token = end;
    return (intptr_t) number > 0 && SetHandleInformation((HANDLE) number, HANDLE_FLAG_INHERIT, 0) ? (HANDLE) number : NULL;
}

carom_status_t carom_plat_adopt(carom_plat_stream_t **control, carom_plat_shared_t **shared, const char *token)
{
    HANDLE handle, more;

    *control = NULL;
    *shared = NULL;
    if (strncmp(token, TOKEN, strlen(TOKEN)) != 0)
        return CAROM_EBADMSG;
    token += strlen(TOKEN);
    handle = handle_at(&token);
    while (handle != NULL && *token != '\0') {
        more = handle_at(&token);
        if (more == NULL)
            return CAROM_EBADMSG;
        carom__attach_inherited(more);
    }
    if (handle == NULL)
        return CAROM_EBADMSG;
    crash_quietly();
    return carom_plat_stream_adopt(control, (carom_native_t) handle);
}

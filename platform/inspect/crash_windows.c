/* A process that crashes says where, and ends by the code that the system would have given. */

#include "inspect_windows.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#define FRAMES_MAX 62     /* what older systems take */

/* ---- where the thread stood ---- */

/* "harness_faults.exe+0x1234": addr2line -e takes that, less where the linker wanted the module to be. */
static void name_frame(char *text, size_t size, void *address)
{
    char path[MAX_PATH];
    const char *name;
    HMODULE module;

    if (!GetModuleHandleExA(GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT, address,
                            &module) ||
        GetModuleFileNameA(module, path, sizeof(path)) == 0) {
        snprintf(text, size, "%p\n", address);
        return;
    }
    path[sizeof(path) - 1] = '\0';
    name = strrchr(path, '\\');
    snprintf(text, size, "%.200s+0x%llx\n", name != NULL ? name + 1 : path,
             (unsigned long long) ((uintptr_t) address - (uintptr_t) module));
}

static intptr_t open_file(void)
{
    char path[4096];
    intptr_t file = -1;

    if (carom_inspect_variable(CAROM_INSPECT_CRASHES, path, sizeof(path)))
        file = carom_inspect_append_open(path);
    return file != -1 ? file : (intptr_t) GetStdHandle(STD_ERROR_HANDLE);
}

/* The innermost frames are those of this file and of the system on its way here. */
static void tell(const char *what)
{
    void *frames[FRAMES_MAX];
    intptr_t file = open_file();
    char text[300];
    USHORT i, count;

    snprintf(text, sizeof(text), "process %lu crashed in thread %lu: %s\n", GetCurrentProcessId(), GetCurrentThreadId(), what);
    carom_inspect_append(file, text, strlen(text));
    count = CaptureStackBackTrace(0, FRAMES_MAX, frames, NULL);
    for (i = 0; i < count; i++) {
        name_frame(text, sizeof(text), frames[i]);
        carom_inspect_append(file, text, strlen(text));
    }
}

/* ---- crashing ---- */

/* By default the system would start a debugger or a report first. */
static LONG WINAPI on_exception(EXCEPTION_POINTERS *exception)
{
    const EXCEPTION_RECORD *record = exception->ExceptionRecord;
    char text[200], place[120];

    name_frame(place, sizeof(place), record->ExceptionAddress);
    place[strcspn(place, "\n")] = '\0';
    snprintf(text, sizeof(text), "exception 0x%08lx at %s", record->ExceptionCode, place);
    tell(text);
    TerminateProcess(GetCurrentProcess(), record->ExceptionCode);
    return EXCEPTION_EXECUTE_HANDLER;
}

/* abort() would end with exit code 3, as exit(3) does: this is the status by which a crash is known. */
static void on_abort(int number)
{
    (void) number;
    tell("abort");
    TerminateProcess(GetCurrentProcess(), (UINT) STATUS_FATAL_APP_EXIT);
}

void carom_inspect_become_case(void)
{
    signal(SIGABRT, on_abort);
}

void carom_inspect_crash_quietly(void)
{
    SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
    SetUnhandledExceptionFilter(on_exception);
    carom_inspect_crash_room(NULL);
}

int carom_inspect_crash_told(void)
{
    return 1;
}

/* The system itself keeps room at the end of a stack, for as long as the thread lives. */
int carom_inspect_crash_room(char *room)
{
    ULONG size = CAROM_INSPECT_CRASH_ROOM;

    (void) room;
    SetThreadStackGuarantee(&size);
    return 0;
}

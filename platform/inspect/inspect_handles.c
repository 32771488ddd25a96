/* What this process has, on Windows: threads and children by a snapshot of the tool help library, handles by asking what each
 * number stands for.  And the current directory. */

#include "inspect_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>
#include <winternl.h>

/* ---- what ntdll tells ---- */

#define LENGTH_MISMATCH ((LONG) 0xC0000004)
#define NO_SUCH_HANDLE ((LONG) 0xC0000008)

typedef LONG(WINAPI *query_system_t)(SYSTEM_INFORMATION_CLASS what, void *buffer, ULONG size, ULONG *needed);
typedef LONG(WINAPI *query_object_t)(HANDLE handle, OBJECT_INFORMATION_CLASS what, void *buffer, ULONG size, ULONG *needed);

static FARPROC from_ntdll(const char *name)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
}

/* ---- handles ---- */

/* Returns 0 when there is no such handle. */
static int describe_handle(carom_inspect_thing_t *thing)
{
    query_object_t query = (query_object_t) (void (*)(void)) from_ntdll("NtQueryObject");
    union {
        UNICODE_STRING name;
        char bytes[1024];
    } type;
    HANDLE handle = (HANDLE) (intptr_t) thing->id;
    LONG result = query == NULL ? NO_SUCH_HANDLE : query(handle, ObjectTypeInformation, &type, sizeof(type), NULL);
    int length;

    snprintf(thing->text, sizeof(thing->text), "handle");
    if (result != 0)
        return result != NO_SUCH_HANDLE;
    length = WideCharToMultiByte(CP_UTF8, 0, type.name.Buffer, type.name.Length / 2, thing->text, sizeof(thing->text) - 32, NULL,
                                 NULL);
    thing->text[length] = '\0';
    if (strcmp(thing->text, "Process") == 0)
        snprintf(thing->text + length, 32, " %lu", GetProcessId(handle));
    if (strcmp(thing->text, "Thread") == 0)
        snprintf(thing->text + length, 32, " %lu", GetThreadId(handle));
    return 1;
}

/* All processes, one after the other: the buffer grows until they fit. */
static char *all_processes(void)
{
    query_system_t query = (query_system_t) (void (*)(void)) from_ntdll("NtQuerySystemInformation");
    ULONG size = 64 * 1024, needed;
    char *processes = NULL;
    LONG result = LENGTH_MISMATCH;

    while (query != NULL && result == LENGTH_MISMATCH && size < 1024u * 1024 * 1024) {
        free(processes);
        size *= 2;
        if ((processes = malloc(size)) == NULL)
            return NULL;
        result = query(SystemProcessInformation, processes, size, &needed);
    }
    if (result == 0)
        return processes;
    free(processes);
    return NULL;
}

/* Returns 0 when it is not told. */
static ULONG count_handles(void)
{
    char *processes = all_processes();
    const SYSTEM_PROCESS_INFORMATION *one = (const void *) processes;
    ULONG count = 0, step;

    if (processes == NULL)
        return 0;
    do {
        if (one->UniqueProcessId == (HANDLE) (ULONG_PTR) GetCurrentProcessId())
            count = one->HandleCount;
        step = one->NextEntryOffset;
        one = (const void *) ((const char *) one + step);
    } while (step != 0);
    free(processes);
    return count;
}

/* Far more than a process that is looked at has: where to stop when one of those that were counted was closed since. */
#define NUMBERS_MAX (1 << 20)

/* Wine counts not the handles but the places for them, the last of which may be taken.
 *
 * The call that lists the handles of all processes is not for this: Wine's server (8.0) reads past the end of the list, and
 * with it goes the whole session, when it comes to a process that has just been made and has no handle yet. */
static int list_handles(carom_inspect_visit_t visit, void *argument)
{
    int is_wine = from_ntdll("wine_get_version") != NULL;
    ULONG count = count_handles(), found = 0, last = is_wine ? count : NUMBERS_MAX, i;
    carom_inspect_thing_t thing;

    for (i = 1; found < count && i <= last; i++) {
        thing.kind = CAROM_INSPECT_DESCRIPTOR;
        thing.id = (int64_t) i * 4;
        if (!describe_handle(&thing))
            continue;
        found++;
        visit(argument, &thing);
    }
    return count > 0;
}

/* ---- threads and children ---- */

static int list_threads(carom_inspect_visit_t visit, void *argument)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    carom_inspect_thing_t thing;
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    for (more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry)) {
        if (entry.th32OwnerProcessID != GetCurrentProcessId())
            continue;
        thing.kind = CAROM_INSPECT_THREAD;
        thing.id = entry.th32ThreadID;
        snprintf(thing.text, sizeof(thing.text), "thread");
        visit(argument, &thing);
    }
    CloseHandle(snapshot);
    return 1;
}

static int list_children(carom_inspect_visit_t visit, void *argument)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    PROCESSENTRY32W entry = {.dwSize = sizeof(entry)};
    carom_inspect_thing_t thing;
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return 0;
    for (more = Process32FirstW(snapshot, &entry); more; more = Process32NextW(snapshot, &entry)) {
        if (entry.th32ParentProcessID != GetCurrentProcessId())
            continue;
        thing.kind = CAROM_INSPECT_CHILD;
        thing.id = entry.th32ProcessID;
        carom_inspect_name_process(&thing);
        visit(argument, &thing);
    }
    CloseHandle(snapshot);
    return 1;
}

unsigned carom_inspect_list(carom_inspect_visit_t visit, void *argument)
{
    unsigned told = 0;

    if (list_children(visit, argument))
        told |= CAROM_INSPECT_CHILD;
    if (list_threads(visit, argument))
        told |= CAROM_INSPECT_THREAD;
    if (list_handles(visit, argument))
        told |= CAROM_INSPECT_DESCRIPTOR;
    return told;
}

/* ---- the rest ---- */

void carom_inspect_state(carom_inspect_visit_t visit, void *argument)
{
    carom_inspect_thing_t thing = {CAROM_INSPECT_DIRECTORY, 0, "?"};
    static WCHAR path[4096];
    DWORD length = GetCurrentDirectoryW(4096, path), limit = sizeof(thing.text) / 4;

    /* The end of a long path tells more than its beginning; a character takes four bytes at most. */
    if (length > 0 && length < 4096)
        WideCharToMultiByte(CP_UTF8, 0, length < limit ? path : path + length + 1 - limit, -1, thing.text, sizeof(thing.text),
                            NULL, NULL);
    visit(argument, &thing);
}

/* Nothing is hidden, since there is no such thing. */
unsigned carom_inspect_names(carom_inspect_visit_t visit, void *argument)
{
    (void) visit;
    (void) argument;
    return CAROM_INSPECT_SEGMENT | CAROM_INSPECT_SEMAPHORE | CAROM_INSPECT_QUEUE;
}

int carom_inspect_is_left(const carom_inspect_thing_t *thing)
{
    (void) thing;
    return 0;
}

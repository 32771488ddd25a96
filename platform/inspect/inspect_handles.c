/* What this process has, on Windows: threads and children by a snapshot of the tool help library, handles by the one call of
 * the system that lists them.  (GetProcessHandleCount counts them, but gives 0 under Wine.)
 * And the current directory. */

#include "inspect_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <tlhelp32.h>

/* ---- what ntdll tells; in no header of mingw-w64 in this form ---- */

#define EXTENDED_HANDLES 64
#define LENGTH_MISMATCH ((LONG) 0xC0000004)
#define TYPE_OF_OBJECT 2

typedef struct {
    void *object;
    ULONG_PTR process;
    ULONG_PTR handle;
    ULONG access;
    USHORT back_trace, type;
    ULONG attributes, reserved;
} handle_entry_t;

typedef struct {
    ULONG_PTR count, reserved;
    handle_entry_t entries[];
} handle_table_t;

typedef struct {
    USHORT length, maximum;
    WCHAR *text;
} counted_text_t;

typedef LONG(WINAPI *query_system_t)(ULONG what, void *buffer, ULONG size, ULONG *needed);
typedef LONG(WINAPI *query_object_t)(HANDLE handle, ULONG what, void *buffer, ULONG size, ULONG *needed);

static FARPROC from_ntdll(const char *name)
{
    return GetProcAddress(GetModuleHandleA("ntdll.dll"), name);
}

/* ---- handles ---- */

static void describe_handle(carom_inspect_thing_t *thing)
{
    query_object_t query = (query_object_t) (void (*)(void)) from_ntdll("NtQueryObject");
    union {
        counted_text_t name;
        char bytes[1024];
    } type;
    HANDLE handle = (HANDLE) (intptr_t) thing->id;
    int length;

    snprintf(thing->text, sizeof(thing->text), "handle");
    if (query == NULL || query(handle, TYPE_OF_OBJECT, &type, sizeof(type), NULL) != 0)
        return;
    length = WideCharToMultiByte(CP_UTF8, 0, type.name.text, type.name.length / 2, thing->text, sizeof(thing->text) - 32, NULL,
                                 NULL);
    thing->text[length] = '\0';
    if (strcmp(thing->text, "Process") == 0)
        snprintf(thing->text + length, 32, " %lu", GetProcessId(handle));
    if (strcmp(thing->text, "Thread") == 0)
        snprintf(thing->text + length, 32, " %lu", GetThreadId(handle));
}

/* The handles of all processes: the buffer grows until they fit. */
static handle_table_t *all_handles(void)
{
    query_system_t query = (query_system_t) (void (*)(void)) from_ntdll("NtQuerySystemInformation");
    ULONG size = 256 * 1024, needed;
    handle_table_t *table = NULL;
    LONG result = LENGTH_MISMATCH;

    while (query != NULL && result == LENGTH_MISMATCH && size < 1024u * 1024 * 1024) {
        free(table);
        size *= 2;
        if ((table = malloc(size)) == NULL)
            return NULL;
        result = query(EXTENDED_HANDLES, table, size, &needed);
    }
    if (result == 0)
        return table;
    free(table);
    return NULL;
}

static int list_handles(carom_inspect_visit_t visit, void *argument)
{
    handle_table_t *table = all_handles();
    carom_inspect_thing_t thing;
    ULONG_PTR i;

    if (table == NULL)
        return 0;
    for (i = 0; i < table->count; i++) {
        if (table->entries[i].process != GetCurrentProcessId())
            continue;
        thing.kind = CAROM_INSPECT_DESCRIPTOR;
        thing.id = (int64_t) table->entries[i].handle;
        describe_handle(&thing);
        visit(argument, &thing);
    }
    free(table);
    return 1;
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

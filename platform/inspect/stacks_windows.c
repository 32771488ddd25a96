/* Where the threads of a case stand: Windows brings no program that shows the stacks of another process, but Wine does. */

#include "inspect_windows.h"

#include <stdio.h>
#include <string.h>
#include <tlhelp32.h>

#define PATIENCE_MS 10000
#define ALTOGETHER_MS (3 * PATIENCE_MS)
#define LINE_SIZE 1024

typedef struct {
    const char *folder;
    carom_inspect_say_t say;
    void *argument;
    int has_program;
    ULONGLONG last;      /* when no more are begun */
} teller_t;

const char *carom_inspect_stack_program(void)
{
    WCHAR path[MAX_PATH];

    return SearchPathW(NULL, L"winedbg.exe", NULL, MAX_PATH, path, NULL) > 0 ? "winedbg" : NULL;
}

/* ---- the program ---- */

#define HEADING "stack of thread "

/* The threads are named one by one, before the debugger comes with one of its own: `bt all` would stop all the processes of the
 * session for it, other people's too. */
static void ask_for_stacks(FILE *script, DWORD pid)
{
    HANDLE snapshot = CreateToolhelp32Snapshot(TH32CS_SNAPTHREAD, 0);
    THREADENTRY32 entry = {.dwSize = sizeof(entry)};
    BOOL more;

    if (snapshot == INVALID_HANDLE_VALUE)
        return;
    for (more = Thread32First(snapshot, &entry); more; more = Thread32Next(snapshot, &entry))
        if (entry.th32OwnerProcessID == pid)
            fprintf(script, "echo " HEADING "%lu\nbt 0x%lx\n", entry.th32ThreadID, entry.th32ThreadID);
    CloseHandle(snapshot);
}

/* A file that an earlier process was looked at with is replaced. */
static int write_script(const char *path, DWORD pid)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return 0;
    fprintf(file, "attach 0x%lx\n", pid);
    ask_for_stacks(file, pid);
    fprintf(file, "detach\nquit\n");
    return fclose(file) == 0;
}

/* Returns 1 when it came to its end. */
static int run_program(const char *script, const char *output)
{
    const char *arguments[] = {"winedbg", "--file", script, NULL};
    carom_inspect_launch_t launch = {arguments, NULL, output, NULL};
    PROCESS_INFORMATION made;
    int ended;

    if (carom_inspect_create(&made, &launch) != APR_SUCCESS)
        return 0;
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    ended = WaitForSingleObject(made.hProcess, PATIENCE_MS) == WAIT_OBJECT_0;
    if (!ended)
        TerminateProcess(made.hProcess, 1);
    CloseHandle(made.hProcess);
    return ended;
}

/* What comes before the first heading is where the debugger's own thread came in. */
static void tell_file(const teller_t *teller, const char *path)
{
    char line[LINE_SIZE];
    FILE *file = fopen(path, "r");
    int has_begun = 0;

    if (file == NULL)
        return;
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        has_begun |= strncmp(line, HEADING, strlen(HEADING)) == 0;
        if (has_begun && *line != '\0')
            teller->say(teller->argument, line);
    }
    fclose(file);
}

static void tell_stacks(const teller_t *teller, DWORD pid)
{
    char script[4096], output[4096];

    snprintf(script, sizeof(script), "%s/stacks-%lu.script", teller->folder, pid);
    snprintf(output, sizeof(output), "%s/stacks-%lu.output", teller->folder, pid);
    if (!write_script(script, pid) || !run_program(script, output))
        teller->say(teller->argument, "winedbg could not look into this process in time");
    tell_file(teller, output);
}

/* ---- the processes of a case ---- */

static void tell_process(void *argument, const carom_inspect_thing_t *thing)
{
    const teller_t *teller = argument;
    char text[300];

    snprintf(text, sizeof(text), "process %lld: %s", (long long) thing->id, thing->text);
    teller->say(teller->argument, text);
    if (teller->has_program && GetTickCount64() < teller->last)
        tell_stacks(teller, (DWORD) thing->id);
}

void carom_inspect_stacks(carom_inspect_case_t *started, const char *folder, carom_inspect_say_t say, void *argument)
{
    teller_t teller = {folder, say, argument, carom_inspect_stack_program() != NULL, GetTickCount64() + ALTOGETHER_MS};
    carom_inspect_thing_t own = {CAROM_INSPECT_CHILD, carom_inspect_pid_of(started), ""};

    carom_inspect_name_process(&own);
    tell_process(&teller, &own);
    carom_inspect_survivors(started, tell_process, &teller);
    if (!teller.has_program)
        say(argument, "without stacks: no debugger was found (winedbg)");
    else if (GetTickCount64() >= teller.last)
        say(argument, "no more stacks: looking at them took too long");
}

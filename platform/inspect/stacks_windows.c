/* Where the threads of a case stand: Windows brings no program that shows the stacks of another process, but Wine does. */

#include "inspect_windows.h"

#include <stdio.h>
#include <string.h>

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

/* A file that an earlier process was looked at with is replaced. */
static int write_script(const char *path, DWORD pid)
{
    FILE *file = fopen(path, "w");

    if (file == NULL)
        return 0;
    fprintf(file, "attach 0x%lx\nbt all\ndetach\nquit\n", pid);
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

/* winedbg shows all processes of the session, each thread under a heading: only those of this one are told. */
static void tell_file(const teller_t *teller, const char *path, DWORD pid)
{
    static const char heading[] = "Backtracing for thread ";
    char line[LINE_SIZE], process[40];
    FILE *file = fopen(path, "r");
    int is_ours = 0;

    if (file == NULL)
        return;
    snprintf(process, sizeof(process), " in process %04lx ", pid);
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\r\n")] = '\0';
        if (strncmp(line, heading, strlen(heading)) == 0)
            is_ours = strstr(line, process) != NULL;
        if (is_ours && *line != '\0')
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
    tell_file(teller, output, pid);
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

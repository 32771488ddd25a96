/* Cases on Windows: each in a job, which knows all its processes and ends with the runner. */

#include "inspect_windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_CHARACTERS 4096

struct carom_inspect_case_t {
    HANDLE job, process;
    DWORD pid;
};

const char *carom_inspect_system(void)
{
    return "windows";
}

int carom_inspect_has_terminal(void)
{
    DWORD mode;

    return GetConsoleMode(GetStdHandle(STD_ERROR_HANDLE), &mode) != 0;
}

int64_t carom_inspect_pid(void)
{
    return GetCurrentProcessId();
}

/* ---- UTF-8 and what Windows takes ---- */

static WCHAR *to_wide(const char *text)
{
    int length = MultiByteToWideChar(CP_UTF8, 0, text, -1, NULL, 0);
    WCHAR *wide = malloc(sizeof(WCHAR) * (size_t) (length + 1));

    if (wide != NULL && MultiByteToWideChar(CP_UTF8, 0, text, -1, wide, length) == 0)
        wide[0] = 0;
    return wide;
}

/* Returns 1 when all of it fitted. */
static int from_wide(char *text, size_t size, const WCHAR *wide)
{
    return WideCharToMultiByte(CP_UTF8, 0, wide, -1, text, (int) size, NULL, NULL) != 0;
}

apr_status_t carom_inspect_program(char *path, size_t size)
{
    static WCHAR wide[PATH_CHARACTERS];
    DWORD length = GetModuleFileNameW(NULL, wide, PATH_CHARACTERS);

    if (length == 0)
        return apr_get_os_error();
    return length < PATH_CHARACTERS && from_wide(path, size, wide) ? APR_SUCCESS : APR_ENAMETOOLONG;
}

int carom_inspect_variable(const char *name, char *value, size_t size)
{
    WCHAR wide_name[128], wide[PATH_CHARACTERS];
    DWORD length;

    MultiByteToWideChar(CP_UTF8, 0, name, -1, wide_name, 128);
    length = GetEnvironmentVariableW(wide_name, wide, PATH_CHARACTERS);
    return length > 0 && length < PATH_CHARACTERS && from_wide(value, size, wide);
}

/* ---- a file that many processes append to ---- */

/* FILE_APPEND_DATA without FILE_WRITE_DATA: the system looks for the end and writes there in one step. */
static HANDLE open_to_append(const char *path, int inherited)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, inherited};
    WCHAR *wide = to_wide(path);
    HANDLE file = INVALID_HANDLE_VALUE;

    if (wide != NULL)
        file = CreateFileW(wide, FILE_APPEND_DATA | SYNCHRONIZE, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
                           &security, OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    free(wide);
    return file;
}

intptr_t carom_inspect_append_open(const char *path)
{
    return (intptr_t) open_to_append(path, 0);
}

int carom_inspect_append(intptr_t file, const void *bytes, size_t length)
{
    DWORD written = 0;

    return WriteFile((HANDLE) file, bytes, (DWORD) length, &written, NULL) && written == length ? 0 : -1;
}

void carom_inspect_append_close(intptr_t file)
{
    CloseHandle((HANDLE) file);
}

/* ---- the process of a case ---- */

void carom_inspect_become_runner(void)
{
}

/* ---- starting ---- */

typedef struct {
    char *text;
    size_t length, capacity;
} line_t;

static void add(line_t *line, char character, size_t times)
{
    while (times-- > 0 && line->length + 1 < line->capacity)
        line->text[line->length++] = character;
    line->text[line->length] = '\0';
}

/* In quotes, a backslash counts as such unless a quote comes after it: then it takes two. */
static void add_argument(line_t *line, const char *argument)
{
    size_t backslashes = 0;

    add(line, '"', 1);
    for (; *argument != '\0'; argument++) {
        if (*argument == '\\') {
            backslashes++;
            continue;
        }
        add(line, '\\', *argument == '"' ? backslashes * 2 + 1 : backslashes);
        add(line, *argument, 1);
        backslashes = 0;
    }
    add(line, '\\', backslashes * 2);
    add(line, '"', 1);
    add(line, ' ', 1);
}

static WCHAR *command_line(const char *const *arguments)
{
    line_t line = {malloc(32768), 0, 32768};
    WCHAR *wide;

    if (line.text == NULL)
        return NULL;
    for (; *arguments != NULL; arguments++)
        add_argument(&line, *arguments);
    wide = to_wide(line.text);
    free(line.text);
    return wide;
}

static void set_environment(const char *const *environment)
{
    size_t i;

    for (i = 0; environment[i] != NULL; i++) {
        WCHAR *setting = to_wide(environment[i]);
        WCHAR *equals = setting != NULL ? wcschr(setting, L'=') : NULL;

        if (equals != NULL) {
            *equals = 0;
            SetEnvironmentVariableW(setting, equals + 1);
        }
        free(setting);
    }
}

/* The case inherits its streams and nothing else of the runner's. */
static apr_status_t create_suspended(PROCESS_INFORMATION *made, WCHAR *command, HANDLE streams[2])
{
    STARTUPINFOEXW startup;
    SIZE_T size = 0;
    apr_status_t status = APR_SUCCESS;

    memset(&startup, 0, sizeof(startup));
    startup.StartupInfo.cb = sizeof(startup);
    startup.StartupInfo.dwFlags = STARTF_USESTDHANDLES;
    startup.StartupInfo.hStdInput = streams[0];
    startup.StartupInfo.hStdOutput = streams[1];
    startup.StartupInfo.hStdError = streams[1];
    InitializeProcThreadAttributeList(NULL, 1, 0, &size);
    if ((startup.lpAttributeList = malloc(size)) == NULL)
        return APR_ENOMEM;
    if (!InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size) ||
        !UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, streams, 2 * sizeof(HANDLE),
                                   NULL, NULL) ||
        !CreateProcessW(NULL, command, NULL, NULL, TRUE,
                        CREATE_SUSPENDED | CREATE_NEW_PROCESS_GROUP | EXTENDED_STARTUPINFO_PRESENT, NULL, NULL,
                        &startup.StartupInfo, made))
        status = apr_get_os_error();
    free(startup.lpAttributeList);
    return status;
}

static HANDLE open_null(void)
{
    SECURITY_ATTRIBUTES security = {sizeof(security), NULL, TRUE};

    return CreateFileW(L"NUL", GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, &security, OPEN_EXISTING, 0, NULL);
}

/* Under Wine 8 a new process does not come up once in some thousands of times, when what the system laid out by lot is in the
 * way of what Wine wants there; that is told as an internal error, and the next one comes up. */
#define TRIES 3

apr_status_t carom_inspect_create(PROCESS_INFORMATION *made, const carom_inspect_launch_t *launch)
{
    HANDLE streams[2] = {open_null(), open_to_append(launch->output, 1)};
    WCHAR *command = command_line(launch->arguments);
    apr_status_t status = APR_EGENERAL;
    int tries = TRIES;

    if (command != NULL && streams[0] != INVALID_HANDLE_VALUE && streams[1] != INVALID_HANDLE_VALUE)
        do
            status = create_suspended(made, command, streams);
        while (status == APR_FROM_OS_ERROR(ERROR_INTERNAL_ERROR) && --tries > 0);
    if (streams[0] != INVALID_HANDLE_VALUE)
        CloseHandle(streams[0]);
    if (streams[1] != INVALID_HANDLE_VALUE)
        CloseHandle(streams[1]);
    free(command);
    return status;
}

static HANDLE create_job(void)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits;
    HANDLE job = CreateJobObjectW(NULL, NULL);

    memset(&limits, 0, sizeof(limits));
    limits.BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE;
    if (job != NULL)
        SetInformationJobObject(job, JobObjectExtendedLimitInformation, &limits, sizeof(limits));
    return job;
}

apr_status_t carom_inspect_start(carom_inspect_case_t **started, const carom_inspect_launch_t *launch)
{
    carom_inspect_case_t *fresh = calloc(1, sizeof(*fresh));
    PROCESS_INFORMATION made;
    apr_status_t status;

    *started = NULL;
    if (fresh == NULL)
        return APR_ENOMEM;
    set_environment(launch->environment);
    if ((status = carom_inspect_create(&made, launch)) != APR_SUCCESS) {
        free(fresh);
        return status;
    }
    if ((fresh->job = create_job()) != NULL)
        AssignProcessToJobObject(fresh->job, made.hProcess);
    ResumeThread(made.hThread);
    CloseHandle(made.hThread);
    fresh->process = made.hProcess;
    fresh->pid = made.dwProcessId;
    *started = fresh;
    return APR_SUCCESS;
}

DWORD carom_inspect_pid_of(const carom_inspect_case_t *started)
{
    return started->pid;
}

/* ---- ending ---- */

/* What ends a process without its doing, and the signal that Unix would have sent. */
static const struct {
    DWORD status;
    int number;
    const char *name;
} crashes[] = {
    {(DWORD) STATUS_ACCESS_VIOLATION, 11, "SIGSEGV"},
    {(DWORD) STATUS_STACK_OVERFLOW, 11, "SIGSEGV"},
    {(DWORD) STATUS_IN_PAGE_ERROR, 7, "SIGBUS"},
    {(DWORD) STATUS_DATATYPE_MISALIGNMENT, 7, "SIGBUS"},
    {(DWORD) STATUS_ILLEGAL_INSTRUCTION, 4, "SIGILL"},
    {(DWORD) STATUS_PRIVILEGED_INSTRUCTION, 4, "SIGILL"},
    {(DWORD) STATUS_BREAKPOINT, 5, "SIGTRAP"},
    {(DWORD) STATUS_INTEGER_DIVIDE_BY_ZERO, 8, "SIGFPE"},
    {(DWORD) STATUS_FLOAT_DIVIDE_BY_ZERO, 8, "SIGFPE"},
    {(DWORD) STATUS_FATAL_APP_EXIT, 6, "SIGABRT"},
    {(DWORD) 0xC0000409, 6, "SIGABRT"},     /* fast fail */
    {(DWORD) 0xC0000374, 6, "SIGABRT"},     /* corrupted heap */
};

static void explain(carom_inspect_end_t *end, DWORD code)
{
    size_t i;

    end->crashed = 0;
    end->code = (int) code;
    snprintf(end->text, sizeof(end->text), code < 0x80000000u ? "exit code %lu" : "exit code 0x%08lx", code);
    for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        if (crashes[i].status == code) {
            end->crashed = 1;
            end->code = crashes[i].number;
            snprintf(end->text, sizeof(end->text), "%s (0x%08lx)", crashes[i].name, code);
        }
}

int carom_inspect_ended(carom_inspect_case_t *started, carom_inspect_end_t *end)
{
    DWORD code;

    if (WaitForSingleObject(started->process, 0) != WAIT_OBJECT_0 || !GetExitCodeProcess(started->process, &code))
        return 0;
    explain(end, code);
    return 1;
}

void carom_inspect_name_process(carom_inspect_thing_t *thing)
{
    HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, (DWORD) thing->id);
    WCHAR path[512];
    DWORD length = 512;

    if (process == NULL || !QueryFullProcessImageNameW(process, 0, path, &length) ||
        !from_wide(thing->text, sizeof(thing->text), path))
        snprintf(thing->text, sizeof(thing->text), "?");
    if (process != NULL)
        CloseHandle(process);
}

/* Of a console, which is the system's.  Wine has it in the job of the process that needs the console, and when that one is
 * killed meanwhile it stays until the job ends. */
static int is_console_host(const carom_inspect_thing_t *thing)
{
    static const char ending[] = "\\system32\\conhost.exe";
    size_t length = strlen(thing->text);

    return length > sizeof(ending) - 1 && _stricmp(thing->text + length - (sizeof(ending) - 1), ending) == 0;
}

#define LISTED_MAX 256

unsigned carom_inspect_survivors(carom_inspect_case_t *started, carom_inspect_visit_t visit, void *argument)
{
    union {
        JOBOBJECT_BASIC_PROCESS_ID_LIST list;
        char bytes[sizeof(JOBOBJECT_BASIC_PROCESS_ID_LIST) + LISTED_MAX * sizeof(ULONG_PTR)];
    } members;
    carom_inspect_thing_t thing;
    unsigned count = 0;
    DWORD i;

    members.list.NumberOfProcessIdsInList = 0;
    if (started->job == NULL ||
        (!QueryInformationJobObject(started->job, JobObjectBasicProcessIdList, &members, sizeof(members), NULL) &&
         GetLastError() != ERROR_MORE_DATA))
        return 0;
    for (i = 0; i < members.list.NumberOfProcessIdsInList; i++) {
        if (members.list.ProcessIdList[i] == started->pid)
            continue;
        thing.kind = CAROM_INSPECT_CHILD;
        thing.id = (int64_t) members.list.ProcessIdList[i];
        carom_inspect_name_process(&thing);
        if (is_console_host(&thing))
            continue;
        count++;
        visit(argument, &thing);
    }
    return count;
}

static unsigned active_in(HANDLE job)
{
    JOBOBJECT_BASIC_ACCOUNTING_INFORMATION accounting;

    if (job == NULL ||
        !QueryInformationJobObject(job, JobObjectBasicAccountingInformation, &accounting, sizeof(accounting), NULL))
        return 0;
    return accounting.ActiveProcesses;
}

void carom_inspect_kill(carom_inspect_case_t *started)
{
    int tries;

    if (started->job != NULL)
        TerminateJobObject(started->job, 1);
    TerminateProcess(started->process, 1);
    for (tries = 0; tries < 1000; tries++) {
        if (WaitForSingleObject(started->process, 0) == WAIT_OBJECT_0 && active_in(started->job) == 0)
            return;
        Sleep(5);
    }
}

void carom_inspect_release(carom_inspect_case_t **started)
{
    carom_inspect_case_t *old = *started;

    if (old == NULL)
        return;
    *started = NULL;
    carom_inspect_kill(old);
    CloseHandle(old->process);
    if (old->job != NULL)
        CloseHandle(old->job);
    free(old);
}

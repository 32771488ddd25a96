/* Launching a worker, by CreateProcess.
 *
 * Not by apr_proc_create: it has no list of the handles that the child gets, so that every inheritable handle of the host would
 * go along, and none of the jobs that the child is born in.
 *
 * The child's handles must be inheritable for as long as CreateProcess runs: a program that another thread of the host starts
 * in that moment without such a list gets copies. */

#include "platform/windows/windows.h"

#include <stdlib.h>
#include <wchar.h>

#define STREAMS 3
#define CONTROL STREAMS               /* the streams come first */
#define SHARED (STREAMS + 1)
#define HANDLES (STREAMS + 2)
#define ATTRIBUTES 2
#define TRIES 3
#define DIGITS 17                     /* of a handle in the token, with the colon */

/* The job a process is born in, PROC_THREAD_ATTRIBUTE_JOB_LIST: from Windows 10 on. */
#define BORN_IN_JOBS 0x0002000D

/* What one launch needs until CreateProcess has returned. */
typedef struct preparation_t {
    wchar_t *program, *command, *environment, *directory;
    HANDLE handles[HANDLES];          /* inheritable duplicates; NULL: the child gets none */
    HANDLE inherited[HANDLES + CAROM__INHERITED_MAX];      /* those that are not NULL, and the files of the launch */
    size_t inherited_count;
    LPPROC_THREAD_ATTRIBUTE_LIST attributes;
    int born_in_job;
} preparation_t;

/* ---- what the child gets ---- */

static carom_status_t give(HANDLE *given, HANDLE handle)
{
    HANDLE us = GetCurrentProcess();

    if (DuplicateHandle(us, handle, us, given, 0, TRUE, DUPLICATE_SAME_ACCESS))
        return CAROM_OK;
    *given = NULL;
    return carom__last_status();
}

static carom_status_t give_null(HANDLE *given)
{
    SECURITY_ATTRIBUTES inheritable = {sizeof inheritable, NULL, TRUE};
    HANDLE handle = CreateFileW(L"NUL", GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, &inheritable,
                                OPEN_EXISTING, 0, NULL);

    if (handle == INVALID_HANDLE_VALUE)
        return carom__last_status();
    *given = handle;
    return CAROM_OK;
}

/* A program without a console may have no such stream, and then its child has none. */
static carom_status_t give_ours(HANDLE *given, size_t stream)
{
    static const DWORD names[STREAMS] = {STD_INPUT_HANDLE, STD_OUTPUT_HANDLE, STD_ERROR_HANDLE};
    HANDLE ours = GetStdHandle(names[stream]);
    carom_status_t status;

    if (ours == NULL || ours == INVALID_HANDLE_VALUE)
        return CAROM_OK;
    status = give(given, ours);
    return status == CAROM_EINVAL ? CAROM_OK : status;
}

static carom_status_t redirect(HANDLE *given, const carom_plat_redirect_t *to, size_t stream)
{
    switch (to->kind) {
    case CAROM_PLAT_NULL:
        return give_null(given);
    case CAROM_PLAT_FILE:
        return to->file == CAROM_NATIVE_NONE ? CAROM_EINVAL : give(given, carom__handle(to->file));
    case CAROM_PLAT_INHERIT:
        break;
    }
    return give_ours(given, stream);
}

static carom_status_t give_all(preparation_t *p, const carom_plat_launch_t *launch)
{
    carom_status_t status = CAROM_OK;
    size_t i;

    for (i = 0; i < STREAMS && status == CAROM_OK; i++)
        status = redirect(&p->handles[i], &launch->standard[i], i);
    if (status == CAROM_OK)
        status = give(&p->handles[CONTROL], launch->control->pipe);
    if (status == CAROM_OK && launch->shared)
        status = give(&p->handles[SHARED], launch->shared->section);
    return status;
}

/* The files are duplicates made for this child; it will know them by the same numbers. */
static void make_inheritable(const carom_plat_launch_t *launch, DWORD flag)
{
    size_t i;

    for (i = 0; i < launch->file_count; i++)
        SetHandleInformation(carom__handle(launch->files[i]), HANDLE_FLAG_INHERIT, flag);
}

static void list_inherited(preparation_t *p, const carom_plat_launch_t *launch)
{
    size_t i;

    for (i = 0; i < HANDLES; i++)
        if (p->handles[i] != NULL)
            p->inherited[p->inherited_count++] = p->handles[i];
    for (i = 0; i < launch->file_count; i++)
        p->inherited[p->inherited_count++] = carom__handle(launch->files[i]);
}

static carom_status_t make_attributes(LPPROC_THREAD_ATTRIBUTE_LIST *attributes)
{
    carom_status_t status = CAROM_OK;
    SIZE_T size = 0;

    InitializeProcThreadAttributeList(NULL, ATTRIBUTES, 0, &size);
    *attributes = malloc(size);
    if (*attributes == NULL)
        return CAROM_ENOMEM;
    if (!InitializeProcThreadAttributeList(*attributes, ATTRIBUTES, 0, &size)) {
        status = carom__last_status();
        free(*attributes);
        *attributes = NULL;
    }
    return status;
}

static int set_attribute(const preparation_t *p, DWORD_PTR attribute, const HANDLE *handles, size_t count)
{
    return UpdateProcThreadAttribute(p->attributes, 0, attribute, (void *) handles, count * sizeof *handles, NULL, NULL);
}

static carom_status_t describe(preparation_t *p, const carom_plat_launch_t *launch, const HANDLE *job)
{
    carom_status_t status = make_attributes(&p->attributes);

    if (status != CAROM_OK)
        return status;
    list_inherited(p, launch);
    if (!set_attribute(p, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, p->inherited, p->inherited_count))
        return carom__last_status();
    p->born_in_job = set_attribute(p, BORN_IN_JOBS, job, 1);
    return CAROM_OK;
}

/* ---- what the child is told ---- */

static wchar_t *put_handle(wchar_t *end, HANDLE handle)
{
    return end + _snwprintf(end, DIGITS + 1, L":%I64x", (unsigned long long) (uintptr_t) handle);
}

/* The path in quotes, which no path has inside, and two words without spaces. */
static carom_status_t write_command(preparation_t *p, const carom_plat_launch_t *launch)
{
    static const wchar_t format[] = L"\"%ls\" " CAROM_PLAT_WORKER_ARGUMENT L" windows";
    size_t size = wcslen(p->program) + sizeof format / sizeof format[0] + (2 + launch->file_count) * DIGITS, i;
    wchar_t *end;

    p->command = end = malloc(size * sizeof *end);
    if (end == NULL)
        return CAROM_ENOMEM;
    end += _snwprintf(end, size, format, p->program);
    end = put_handle(end, p->handles[CONTROL]);
    end = put_handle(end, p->handles[SHARED]);
    for (i = 0; i < launch->file_count; i++)
        end = put_handle(end, carom__handle(launch->files[i]));
    return CAROM_OK;
}

/* CreateProcess says of a directory that is missing what it says of a program. */
static carom_status_t check_directory(const wchar_t *directory)
{
    DWORD attributes = GetFileAttributesW(directory);

    if (attributes == INVALID_FILE_ATTRIBUTES)
        return carom__last_status();
    return attributes & FILE_ATTRIBUTE_DIRECTORY ? CAROM_OK : CAROM_ENOENT;
}

static carom_status_t write_texts(preparation_t *p, const carom_plat_launch_t *launch)
{
    carom_status_t status = carom__wide(&p->program, launch->program);

    if (status == CAROM_OK)
        status = write_command(p, launch);
    if (status == CAROM_OK && launch->environment)
        status = carom__environment(&p->environment, launch->environment);
    if (status == CAROM_OK && launch->directory)
        status = carom__wide(&p->directory, launch->directory);
    if (status == CAROM_OK && launch->directory)
        status = check_directory(p->directory);
    return status;
}

static void forget(preparation_t *p)
{
    size_t i;

    if (p->attributes)
        DeleteProcThreadAttributeList(p->attributes);
    free(p->attributes);
    for (i = 0; i < HANDLES; i++)
        carom__handle_close(&p->handles[i]);
    free(p->program);
    free(p->command);
    free(p->environment);
    free(p->directory);
}

/* ---- the launch ---- */

static DWORD priority(int nice)
{
    if (nice == 0)
        return 0;
    if (nice < 0)
        return ABOVE_NORMAL_PRIORITY_CLASS;
    return nice < 10 ? BELOW_NORMAL_PRIORITY_CLASS : IDLE_PRIORITY_CLASS;
}

/* Under Wine 8 a new process does not come up once in some thousands of times, when what the system laid out by lot is in the
 * way of what Wine wants there; that is told as an internal error, and the next one comes up. */
static int create_at_last(const preparation_t *p, DWORD flags, STARTUPINFOW *startup, PROCESS_INFORMATION *made)
{
    int tries = TRIES, done;

    do
        done = CreateProcessW(p->program, p->command, NULL, NULL, TRUE, flags, p->environment, p->directory, startup, made);
    while (!done && GetLastError() == ERROR_INTERNAL_ERROR && --tries > 0);
    return done;
}

static carom_status_t create(const preparation_t *p, carom_plat_child_t *child, int nice)
{
    STARTUPINFOEXW startup = {
        .StartupInfo = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = p->handles[0],
                        .hStdOutput = p->handles[1], .hStdError = p->handles[2]},
        .lpAttributeList = p->attributes,
    };
    DWORD flags = EXTENDED_STARTUPINFO_PRESENT | CREATE_UNICODE_ENVIRONMENT | priority(nice);
    PROCESS_INFORMATION made;

    /* From a program without a console: no window comes up. */
    if (GetConsoleCP() == 0)
        flags |= CREATE_NO_WINDOW;
    if (!create_at_last(p, flags, &startup.StartupInfo, &made))
        return carom__last_status();
    CloseHandle(made.hThread);
    child->process = made.hProcess;
    child->pid = made.dwProcessId;
    return CAROM_OK;
}

/* Where a process cannot be born in a job it is put there.  If we are killed in between, it finds nobody at the other end of
 * control, and ends; a process made to wait for us would wait for ever. */
static carom_status_t put_in_job(const preparation_t *p, carom_plat_child_t *child)
{
    if (p->born_in_job || AssignProcessToJobObject(child->job, child->process))
        return CAROM_OK;
    return carom__wait_handle(child->process, 0) == CAROM_OK ? CAROM_OK : carom__last_status();
}

static carom_status_t prepare_and_create(preparation_t *p, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    carom_status_t status = carom__job_create(&child->job);

    if (status == CAROM_OK)
        status = give_all(p, launch);
    if (status == CAROM_OK)
        status = describe(p, launch, &child->job);
    if (status == CAROM_OK)
        status = write_texts(p, launch);
    if (status == CAROM_OK) {
        make_inheritable(launch, HANDLE_FLAG_INHERIT);
        status = create(p, child, launch->nice);
        make_inheritable(launch, 0);
    }
    return status == CAROM_OK ? put_in_job(p, child) : status;
}

carom_status_t carom_plat_launch(carom_plat_child_t **child, const carom_plat_launch_t *launch)
{
    preparation_t p = {0};
    carom_plat_child_t *self = launch->file_count <= CAROM__INHERITED_MAX ? calloc(1, sizeof *self) : NULL;
    carom_status_t status;

    *child = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    status = prepare_and_create(&p, self, launch);
    forget(&p);
    if (status == CAROM_OK)
        carom__attach_given(launch->files, launch->file_count);
    else
        carom_plat_child_close(&self);
    *child = self;
    return status;
}

int carom_plat_can_chdir(void)
{
    return 1;
}

int carom_plat_can_nice(void)
{
    return 1;
}

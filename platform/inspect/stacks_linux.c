/* Where the threads of a case stand: /proc tells a little of each, and eu-stack or gdb show their stacks.
 *
 * Such a program stops the process, looks, and lets it go on.  It is a child of the runner, and so no ancestor of what it looks
 * into: where only ancestors may (Yama's ptrace_scope 1), a process has to admit others itself.  carom_inspect_crash_quietly
 * does that in the processes of test programs; what else a case runs is then told by /proc alone. */

#include "inspect_linux.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define FRAMES "64"
#define ALTOGETHER_MS (3 * CAROM_INSPECT_PATIENCE_MS)
#define FOUND_MAX 256
#define LINE_SIZE 1024

/* ---- the program that shows stacks ---- */

static const struct {
    const char *name;
    const char *arguments[8];
} programs[] = {
    {"eu-stack", {"-s", "-n", FRAMES, "-p"}},
    {"gdb", {"-nx", "-batch", "-ex", "thread apply all bt " FRAMES, "-p"}},
};

/* No symbols from the network (DEBUGINFOD_URLS), no library of the case's, and a tag that no case has. */
static const char *const environment[] = {"LC_ALL=C", "HOME=/", "CAROM_TEST_ID=stacks", NULL};

static int is_in_path(char *path, size_t size, const char *name)
{
    const char *from = getenv("PATH"), *end;

    for (; from != NULL && *from != '\0'; from = *end != '\0' ? end + 1 : end) {
        end = from + strcspn(from, ":");
        if (snprintf(path, size, "%.*s/%s", (int) (end - from), from, name) < (int) size && access(path, X_OK) == 0)
            return 1;
    }
    return 0;
}

int carom_inspect_tracer_find(carom_inspect_tracer_t *tracer)
{
    size_t i, count;

    for (i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
        if (!is_in_path(tracer->path, sizeof(tracer->path), programs[i].name))
            continue;
        tracer->name = programs[i].name;
        tracer->environment = environment;
        tracer->arguments[0] = tracer->path;
        for (count = 0; programs[i].arguments[count] != NULL; count++)
            tracer->arguments[count + 1] = programs[i].arguments[count];
        tracer->arguments[count + 1] = tracer->pid;
        tracer->arguments[count + 2] = NULL;
        return 1;
    }
    return 0;
}

void carom_inspect_tracer_aim(carom_inspect_tracer_t *tracer, pid_t pid)
{
    char digits[sizeof(tracer->pid)];
    size_t count = 0, i;

    for (; pid > 0; pid /= 10)
        digits[count++] = (char) ('0' + pid % 10);
    for (i = 0; i < count; i++)
        tracer->pid[i] = digits[count - 1 - i];
    tracer->pid[count] = '\0';
}

void carom_inspect_tracer_admit(void)
{
    prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

int64_t carom_inspect_thread(void)
{
    return syscall(SYS_gettid);
}

const char *carom_inspect_stack_program(void)
{
    static carom_inspect_tracer_t tracer;

    return carom_inspect_tracer_find(&tracer) ? tracer.name : NULL;
}

/* ---- what it says ---- */

typedef struct {
    carom_inspect_say_t say;
    void *argument;
    char line[LINE_SIZE];
    size_t length;
} teller_t;

static void end_line(teller_t *teller)
{
    teller->line[teller->length] = '\0';
    if (teller->length > 0)
        teller->say(teller->argument, teller->line);
    teller->length = 0;
}

/* What is too long for a line is left out. */
static void tell_bytes(teller_t *teller, const char *bytes, size_t count)
{
    size_t i;

    for (i = 0; i < count; i++) {
        if (bytes[i] == '\n')
            end_line(teller);
        else if (teller->length < LINE_SIZE - 1)
            teller->line[teller->length++] = bytes[i];
    }
}

/* Returns 1 when it came to its end, 0 when the time did. */
static int tell_all(teller_t *teller, int from, int64_t until)
{
    struct pollfd input = {from, POLLIN, 0};
    char bytes[4096];
    int64_t left;
    ssize_t got = 1;

    while (got != 0 && (left = until - carom_inspect_now_ms()) > 0) {
        if (poll(&input, 1, (int) left) <= 0)
            continue;
        got = read(from, bytes, sizeof(bytes));
        if (got < 0 && errno != EINTR)
            got = 0;
        if (got > 0)
            tell_bytes(teller, bytes, (size_t) got);
    }
    end_line(teller);
    return got == 0;
}

/* All else is close-on-exec. */
static int spawn_tracer(pid_t *pid, const carom_inspect_tracer_t *tracer, int output)
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error != 0)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, output, 1);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(&actions, output, 2);
    if (error == 0)
        error = posix_spawn(pid, tracer->path, &actions, NULL, (char *const *) tracer->arguments,
                            (char *const *) tracer->environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* It has said all, or what it may.  One that even this does not end is left to the runner, which collects orphans. */
static void end_tracer(pid_t pid)
{
    int tries;

    kill(pid, SIGKILL);
    for (tries = 0; tries < 1000 && waitpid(pid, NULL, WNOHANG) == 0; tries++)
        carom_inspect_pause_1ms();
}

static void tell_stacks(teller_t *teller, carom_inspect_tracer_t *tracer, pid_t of, int64_t until)
{
    int ends[2], error = pipe2(ends, O_CLOEXEC) == 0 ? 0 : errno;
    char text[200];
    pid_t pid;

    if (error == 0) {
        carom_inspect_tracer_aim(tracer, of);
        error = spawn_tracer(&pid, tracer, ends[1]);
        close(ends[1]);
        if (error == 0) {
            if (!tell_all(teller, ends[0], until)) {
                snprintf(text, sizeof(text), "%s was ended: it could not look into process %d in time", tracer->name, (int) of);
                teller->say(teller->argument, text);
            }
            end_tracer(pid);
        }
        close(ends[0]);
    }
    if (error != 0) {
        snprintf(text, sizeof(text), "%s could not be started: %s", tracer->name, strerror(error));
        teller->say(teller->argument, text);
    }
}

/* ---- what /proc says ---- */

/* The first line of a file of a thread; "?" when it may not be read. */
static void read_thread(char *text, size_t size, pid_t pid, const char *thread, const char *file)
{
    char path[400];

    snprintf(path, sizeof(path), "/proc/%d/task/%s/%s", (int) pid, thread, file);
    if (carom_inspect_read_proc(path, text, size) <= 0)
        snprintf(text, size, "?");
    text[strcspn(text, "\n")] = '\0';
}

static void tell_thread(const teller_t *teller, pid_t pid, const char *thread)
{
    char name[64], status[512], place[100], call[300], text[600];
    const char *state;

    read_thread(name, sizeof(name), pid, thread, "comm");
    read_thread(status, sizeof(status), pid, thread, "stat");
    read_thread(place, sizeof(place), pid, thread, "wchan");
    read_thread(call, sizeof(call), pid, thread, "syscall");
    /* Of the call only its number: what is behind it are addresses. */
    call[strcspn(call, " ")] = '\0';
    state = strrchr(status, ')');
    snprintf(text, sizeof(text), "thread %.20s \"%s\": state %c, in %s of the kernel, system call %.20s", thread, name,
             state != NULL && state[1] != '\0' ? state[2] : '?', place, call);
    teller->say(teller->argument, text);
}

static void tell_threads(const teller_t *teller, pid_t pid)
{
    char path[64];
    DIR *threads;
    struct dirent *entry;

    snprintf(path, sizeof(path), "/proc/%d/task", (int) pid);
    if ((threads = opendir(path)) == NULL)
        return;
    while ((entry = readdir(threads)) != NULL)
        if (isdigit((unsigned char) entry->d_name[0]))
            tell_thread(teller, pid, entry->d_name);
    closedir(threads);
}

/* ---- the processes of a case ---- */

typedef struct {
    pid_t pids[FOUND_MAX];
    int count;
} found_t;

static void add_pid(found_t *found, pid_t pid)
{
    if (found->count < FOUND_MAX)
        found->pids[found->count++] = pid;
}

static void add_survivor(void *argument, const carom_inspect_thing_t *thing)
{
    add_pid(argument, (pid_t) thing->id);
}

/* 0 for a process that is gone.  The name before it may hold anything, also parentheses. */
static pid_t parent_of(pid_t pid)
{
    char path[64], text[512], *end;
    int parent = 0;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    if (carom_inspect_read_proc(path, text, sizeof(text)) <= 0 || (end = strrchr(text, ')')) == NULL)
        return 0;
    return sscanf(end + 1, " %*c %d", &parent) == 1 ? parent : 0;
}

static void add_children(found_t *found, pid_t of)
{
    DIR *all = opendir("/proc");
    struct dirent *entry;

    if (all == NULL)
        return;
    while ((entry = readdir(all)) != NULL)
        if (isdigit((unsigned char) entry->d_name[0]) && parent_of((pid_t) atol(entry->d_name)) == of)
            add_pid(found, (pid_t) atol(entry->d_name));
    closedir(all);
}

/* That of the case, what lost its parent, and all that descends from these. */
static void find_processes(found_t *found, carom_inspect_case_t *started)
{
    int i;

    found->count = 0;
    add_pid(found, started->pid);
    carom_inspect_survivors(started, add_survivor, found);
    for (i = 0; i < found->count; i++)
        add_children(found, found->pids[i]);
}

static void tell_heading(const teller_t *teller, pid_t pid)
{
    char command[240], text[300];

    carom_inspect_describe_process(command, sizeof(command), pid);
    snprintf(text, sizeof(text), "process %d: %s", (int) pid, command);
    teller->say(teller->argument, text);
}

void carom_inspect_stacks(carom_inspect_case_t *started, const char *folder, carom_inspect_say_t say, void *argument)
{
    int64_t last = carom_inspect_now_ms() + ALTOGETHER_MS;
    carom_inspect_tracer_t tracer;
    teller_t teller = {say, argument, "", 0};
    int i, has_tracer = carom_inspect_tracer_find(&tracer);
    found_t found;

    (void) folder;
    find_processes(&found, started);
    for (i = 0; i < found.count; i++) {
        int64_t now = carom_inspect_now_ms();

        tell_heading(&teller, found.pids[i]);
        tell_threads(&teller, found.pids[i]);
        if (has_tracer && now < last)
            tell_stacks(&teller, &tracer, found.pids[i], now + CAROM_INSPECT_PATIENCE_MS);
    }
    if (!has_tracer)
        say(argument, "without stacks: neither eu-stack (of elfutils) nor gdb is installed");
    else if (carom_inspect_now_ms() >= last)
        say(argument, "no more stacks: looking at them took too long");
}

/* Cases as process groups: what every Unix can do. */

#include "inspect_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Declared by unistd.h for those who ask for all of it. */
#ifndef _GNU_SOURCE
extern char **environ;
#endif

/* The runner is the only user, with one thread. */
static carom_inspect_case_t *cases;

int carom_inspect_has_terminal(void)
{
    return isatty(STDERR_FILENO);
}

int64_t carom_inspect_pid(void)
{
    return getpid();
}

int carom_inspect_variable(const char *name, char *value, size_t size)
{
    const char *found = getenv(name);

    if (found == NULL || strlen(found) >= size)
        return 0;
    strcpy(value, found);
    return 1;
}

int64_t carom_inspect_now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

void carom_inspect_pause_1ms(void)
{
    struct timespec millisecond = {0, 1000000};

    nanosleep(&millisecond, NULL);
}

intptr_t carom_inspect_append_open(const char *path)
{
    int file;

    do
        file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    while (file < 0 && errno == EINTR);
    return file;
}

int carom_inspect_append(intptr_t file, const void *bytes, size_t length)
{
    ssize_t written;

    do
        written = write((int) file, bytes, length);
    while (written < 0 && errno == EINTR);
    return written == (ssize_t) length ? 0 : -1;
}

void carom_inspect_append_close(intptr_t file)
{
    close((int) file);
}

/* ---- starting ---- */

static void note_child(int number)
{
    (void) number;
}

/* A handler, even of nothing, ends a wait: no need to sleep on when a case has ended.  Reads and writes go on.  Where the
 * program has one of its own, that does as well. */
static void wake_with_children(void)
{
    struct sigaction action = {.sa_handler = note_child, .sa_flags = SA_RESTART | SA_NOCLDSTOP}, before;

    if (sigaction(SIGCHLD, NULL, &before) == 0 && (before.sa_handler == SIG_DFL || before.sa_handler == SIG_IGN))
        sigaction(SIGCHLD, &action, NULL);
}

/* A reader of the report that goes away must not keep the runner from tidying up. */
void carom_inspect_become_runner(void)
{
    signal(SIGPIPE, SIG_IGN);
    wake_with_children();
    carom_inspect_adopt_orphans();
}

static apr_status_t set_environment(const char *const *environment)
{
    size_t i;

    for (i = 0; environment[i] != NULL; i++) {
        const char *equals = strchr(environment[i], '=');
        char *name = strndup(environment[i], (size_t) (equals - environment[i]));
        int failed = name == NULL || setenv(name, equals + 1, 1) != 0;

        free(name);
        if (failed)
            return APR_ENOMEM;
    }
    return APR_SUCCESS;
}

static int add_streams(posix_spawn_file_actions_t *actions, const char *output)
{
    int error = posix_spawn_file_actions_addopen(actions, 0, "/dev/null", O_RDONLY, 0);

    if (error == 0)
        error = posix_spawn_file_actions_addopen(actions, 1, output, O_WRONLY | O_CREAT | O_APPEND, 0600);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(actions, 1, 2);
    return error;
}

/* A group of its own, to be killed as a whole, and signals as a shell would give them. */
static int add_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, defaults;
    int error;

    sigemptyset(&none);
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGINT);
    sigaddset(&defaults, SIGTERM);
    sigaddset(&defaults, SIGPIPE);
    error = posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnattr_setpgroup(attributes, 0);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &defaults);
    return error;
}

static int spawn(pid_t *pid, const carom_inspect_launch_t *launch)
{
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    int error;

    if ((error = posix_spawn_file_actions_init(&actions)) != 0)
        return error;
    if ((error = posix_spawnattr_init(&attributes)) == 0) {
        error = add_streams(&actions, launch->output);
        if (error == 0)
            error = add_attributes(&attributes);
        if (error == 0)
            error = posix_spawnp(pid, launch->arguments[0], &actions, &attributes, (char *const *) launch->arguments, environ);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

apr_status_t carom_inspect_start(carom_inspect_case_t **started, const carom_inspect_launch_t *launch)
{
    carom_inspect_case_t *fresh = calloc(1, sizeof(*fresh));
    apr_status_t status = APR_ENOMEM;

    *started = NULL;
    if (fresh != NULL && (fresh->tag = strdup(launch->tag)) != NULL) {
        status = set_environment(launch->environment);
        if (status == APR_SUCCESS)
            status = spawn(&fresh->pid, launch);
    }
    if (status != APR_SUCCESS) {
        if (fresh != NULL)
            free(fresh->tag);
        free(fresh);
        return status;
    }
    fresh->next = cases;
    cases = fresh;
    *started = fresh;
    return APR_SUCCESS;
}

int carom_inspect_is_case(pid_t pid)
{
    const carom_inspect_case_t *one;

    for (one = cases; one != NULL; one = one->next)
        if (one->pid == pid)
            return 1;
    return 0;
}

/* ---- ending ---- */

static const struct {
    int number;
    const char *name;
} signals[] = {
    {SIGABRT, "SIGABRT"}, {SIGALRM, "SIGALRM"}, {SIGBUS, "SIGBUS"},   {SIGCHLD, "SIGCHLD"}, {SIGCONT, "SIGCONT"},
    {SIGFPE, "SIGFPE"},   {SIGHUP, "SIGHUP"},   {SIGILL, "SIGILL"},   {SIGINT, "SIGINT"},   {SIGKILL, "SIGKILL"},
    {SIGPIPE, "SIGPIPE"}, {SIGPROF, "SIGPROF"}, {SIGQUIT, "SIGQUIT"}, {SIGSEGV, "SIGSEGV"}, {SIGSTOP, "SIGSTOP"},
    {SIGSYS, "SIGSYS"},   {SIGTERM, "SIGTERM"}, {SIGTRAP, "SIGTRAP"}, {SIGTSTP, "SIGTSTP"}, {SIGTTIN, "SIGTTIN"},
    {SIGTTOU, "SIGTTOU"}, {SIGURG, "SIGURG"},   {SIGUSR1, "SIGUSR1"}, {SIGUSR2, "SIGUSR2"}, {SIGVTALRM, "SIGVTALRM"},
    {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"},
};

const char *carom_inspect_signal_name(int number)
{
    size_t i;

    for (i = 0; i < sizeof(signals) / sizeof(signals[0]); i++)
        if (signals[i].number == number)
            return signals[i].name;
    return NULL;
}

void carom_inspect_name_signal(char *text, size_t size, int number)
{
    const char *name = carom_inspect_signal_name(number);

    if (name != NULL)
        snprintf(text, size, "%s", name);
    else
        snprintf(text, size, "signal %d", number);
}

/* WNOWAIT leaves the zombie, and with it the number of the process and of its group, which can then be killed without fear of
 * hitting another. */
int carom_inspect_ended(carom_inspect_case_t *started, carom_inspect_end_t *end)
{
    siginfo_t info;

    carom_inspect_collect_orphans();
    memset(&info, 0, sizeof(info));
    if (waitid(P_PID, (id_t) started->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != started->pid)
        return 0;
    end->crashed = info.si_code != CLD_EXITED;
    end->code = info.si_status;
    if (end->crashed)
        carom_inspect_name_signal(end->text, sizeof(end->text), end->code);
    else
        snprintf(end->text, sizeof(end->text), "exit code %d", end->code);
    return 1;
}

static void kill_survivor(void *argument, const carom_inspect_thing_t *thing)
{
    (void) argument;
    kill((pid_t) thing->id, SIGKILL);
}

/* A survivor that dies hands its own children on to the runner, so that they are found when looking again. */
void carom_inspect_kill(carom_inspect_case_t *started)
{
    carom_inspect_end_t end;
    int tries;

    for (tries = 0; tries < 5000; tries++) {
        kill(-started->pid, SIGKILL);
        kill(started->pid, SIGKILL);
        if (carom_inspect_ended(started, &end) && carom_inspect_survivors(started, kill_survivor, NULL) == 0)
            return;
        carom_inspect_pause_1ms();
    }
}

void carom_inspect_release(carom_inspect_case_t **started)
{
    carom_inspect_case_t **link, *old = *started;

    if (old == NULL)
        return;
    *started = NULL;
    carom_inspect_kill(old);
    waitpid(old->pid, NULL, WNOHANG);
    for (link = &cases; *link != old; link = &(*link)->next)
        ;
    *link = old->next;
    free(old->tag);
    free(old);
}

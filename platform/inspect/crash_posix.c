/* A process that crashes tells where its threads stood, and ends by the signal all the same.
 *
 * It has a program look into it while it still stands: that shows all threads and knows all names.  Where there is none, or it
 * fails, the C library shows the stack of the thread that crashed.  A handler can do either in any state of the process: it
 * calls what POSIX lets handlers call, and vfork, which runs no handlers of forks and waits for no lock.  All else is made
 * ready before.
 *
 * A stack that is used up has no room for a handler.  The thread that prepared the process has a stack for it beside its own,
 * and so have threads that run entries of carom (carom_inspect_crash_room); a thread that the program started by other means
 * and that uses up its stack ends the process without a word, as it would have without this file. */

#include "inspect_posix.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Enough was told: processes that crash by the dozen need not be looked at one by one. */
#define TOLD_MAX (64 * 1024)

static const int crashes[] = {SIGABRT, SIGBUS, SIGFPE, SIGILL, SIGSEGV, SIGSYS, SIGTRAP};

/* Written when the process is made ready, before it has other threads. */
static pid_t ready_pid;
static char first_room[CAROM_INSPECT_CRASH_ROOM];
static char file_path[4096];
static carom_inspect_tracer_t tracer;
static int has_tracer;

static atomic_flag busy = ATOMIC_FLAG_INIT;

/* ---- saying something in a handler ---- */

typedef struct {
    char text[200];
    size_t length;
} line_t;

static void add_text(line_t *line, const char *text)
{
    while (*text != '\0' && line->length < sizeof(line->text))
        line->text[line->length++] = *text++;
}

static void add_number(line_t *line, int64_t number)
{
    if (number >= 10)
        add_number(line, number / 10);
    add_text(line, (const char[]){(char) ('0' + number % 10), '\0'});
}

static void tell_heading(int file, int number)
{
    const char *name = carom_inspect_signal_name(number);
    line_t line = {"", 0};

    add_text(&line, "process ");
    add_number(&line, getpid());
    add_text(&line, " crashed in thread ");
    add_number(&line, carom_inspect_thread());
    add_text(&line, ": ");
    add_text(&line, name != NULL ? name : "a signal");
    add_text(&line, "\n");
    carom_inspect_append(file, line.text, line.length);
}

/* ---- having somebody look ---- */

/* The child shares this memory until it is the other program, so it does nothing but become it.  carom_inspect_tracer_aim came
 * before. */
static pid_t start_tracer(int output)
{
    int input = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;
    pid_t pid = vfork();

    if (pid == 0) {
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        dup2(input, 0);
        dup2(output, 1);
        dup2(output, 2);
        execve(tracer.path, (char *const *) tracer.arguments, (char *const *) tracer.environment);
        _exit(127);
    }
    if (input >= 0)
        close(input);
    return pid;
}

/* Returns 1 when it showed what there is.  One that the program itself has collected is believed. */
static int wait_tracer(pid_t pid)
{
    int64_t until = carom_inspect_now_ms() + CAROM_INSPECT_PATIENCE_MS;
    int status = 0;
    pid_t got;

    while ((got = waitpid(pid, &status, WNOHANG)) == 0 && carom_inspect_now_ms() < until)
        carom_inspect_pause_1ms();
    if (got == 0) {
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
        return 0;
    }
    return got < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static int have_looked(int file)
{
    pid_t pid;

    if (!has_tracer)
        return 0;
    carom_inspect_tracer_admit();
    carom_inspect_tracer_aim(&tracer, getpid());
    return (pid = start_tracer(file)) > 0 && wait_tracer(pid);
}

/* ---- crashing ---- */

static void tell(int number)
{
    int file = *file_path != '\0' ? open(file_path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

    if (file < 0)
        file = STDERR_FILENO;
    else if (lseek(file, 0, SEEK_END) > TOLD_MAX)
        return;
    tell_heading(file, number);
    if (!have_looked(file))
        carom_inspect_frames_write(file);
}

/* Another thread that crashes meanwhile waits for the end.  The signal raised here comes when the handler returns, and finds
 * the default action. */
static void on_crash(int number)
{
    while (atomic_flag_test_and_set(&busy))
        pause();
    tell(number);
    signal(number, SIG_DFL);
    raise(number);
}

/* ---- making ready ---- */

static void take_signals(void)
{
    struct sigaction action, before;
    size_t i;

    memset(&action, 0, sizeof(action));
    action.sa_handler = on_crash;
    action.sa_flags = SA_ONSTACK;
    sigemptyset(&action.sa_mask);
    for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        sigaddset(&action.sa_mask, crashes[i]);
    for (i = 0; i < sizeof(crashes) / sizeof(crashes[0]); i++)
        if (sigaction(crashes[i], NULL, &before) == 0 && before.sa_handler == SIG_DFL)
            sigaction(crashes[i], &action, NULL);
}

void carom_inspect_crash_quietly(void)
{
    if (ready_pid == getpid())
        return;
    ready_pid = getpid();
    carom_inspect_tracer_admit();
    carom_inspect_frames_prepare();
    has_tracer = carom_inspect_tracer_find(&tracer);
    if (!carom_inspect_variable(CAROM_INSPECT_CRASHES, file_path, sizeof(file_path)))
        *file_path = '\0';
    carom_inspect_crash_room(first_room);
    take_signals();
}

int carom_inspect_crash_told(void)
{
    return 1;
}

int carom_inspect_crash_room(char *room)
{
    stack_t stack, before;

    if (sigaltstack(NULL, &before) != 0 || !(before.ss_flags & SS_DISABLE) == (room != NULL))
        return 0;
    memset(&stack, 0, sizeof(stack));
    stack.ss_sp = room;
    stack.ss_size = room != NULL ? CAROM_INSPECT_CRASH_ROOM : 0;
    stack.ss_flags = room != NULL ? 0 : SS_DISABLE;
    return sigaltstack(&stack, NULL) == 0;
}

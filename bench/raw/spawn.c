/* Starting programs by posix_spawn. */

#include "raw/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int collect(pid_t pid, int *code)
{
    int status;

    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    *code = WIFEXITED(status) ? WEXITSTATUS(status) : 255;
    return 0;
}

int raw_spawn(const char *program, const char *argument)
{
    char *argv[] = {(char *) program, (char *) argument, NULL};
    pid_t pid;
    int code, error = posix_spawnp(&pid, program, NULL, NULL, argv, environ);

    if (!error)
        error = collect(pid, &code);
    return error ? error : code == 0 ? 0 : ECHILD;
}

/* ---- with its output ---- */

static int64_t milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t) now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int start(pid_t *pid, int out, const char *const argv[])
{
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (!error)
        error = posix_spawn_file_actions_adddup2(&actions, out, 1);
    if (!error)
        error = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    if (!error)
        error = posix_spawnp(pid, argv[0], &actions, NULL, (char *const *) argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* What does not fit is dropped. */
static int read_all(int in, char *output, size_t size, int64_t deadline)
{
    struct pollfd one = {.fd = in, .events = POLLIN};
    size_t used = 0;
    char bin[256];

    for (;;) {
        int64_t left = deadline - milliseconds();
        size_t room = size - 1 - used;
        ssize_t n;

        if (left <= 0)
            return ETIMEDOUT;
        if (poll(&one, 1, (int) left) <= 0)
            continue;
        n = room > 0 ? read(in, output + used, room) : read(in, bin, sizeof bin);
        if (n < 0 && errno != EINTR)
            return errno;
        if (n == 0)
            return 0;
        used += n > 0 && room > 0 ? (size_t) n : 0;
        output[used] = '\0';
    }
}

int raw_run(char *output, size_t size, int *code, const char *const argv[], int seconds)
{
    int ends[2], error;
    pid_t pid;

    output[0] = '\0';
    if (pipe(ends) != 0)
        return errno;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
    error = start(&pid, ends[1], argv);
    close(ends[1]);
    if (!error) {
        int ended;

        error = read_all(ends[0], output, size, milliseconds() + seconds * INT64_C(1000));
        if (error)
            kill(pid, SIGKILL);
        ended = collect(pid, code);
        error = error ? error : ended;
    }
    close(ends[0]);
    return error == ENOENT ? RAW_NO_PROGRAM : error;
}

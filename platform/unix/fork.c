/* Launching a worker by fork: it has all the memory of this process, and the thread that started it.
 *
 * Not by apr_proc_fork, which knows neither redirections nor the end of the parent. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The exit code of a child that could not be what it was to be. */
#define NOT_RUN 70

typedef struct plan_t {
    const carom_plat_launch_t *launch;
    carom__setup_t setup;
    int answer, answerer;             /* a pipe for the errno of a child that fails; -1: nothing can fail */
    sigset_t mask;                    /* of this thread */
} plan_t;

/* ---- before ---- */

static int open_null(int *source)
{
    int fd = carom__fd_open("/dev/null", O_RDWR);

    *source = fd < 0 ? STANDARD_AS_IT_IS : carom__fd_guard(fd);
    return fd < 0 ? errno : 0;
}

static int copy_file(int *source, int file)
{
    int error = carom__fd_copy(file, CHILD_CONTROL, source);

    *source = error ? STANDARD_AS_IT_IS : carom__fd_guard(*source);
    return error;
}

static int source_of(int *source, const carom_plat_redirect_t *to)
{
    switch (to->kind) {
    case CAROM_PLAT_NULL:
        return open_null(source);
    case CAROM_PLAT_FILE:
        return copy_file(source, (int) to->file);
    case CAROM_PLAT_INHERIT:
        break;
    }
    return 0;
}

static int describe(plan_t *plan)
{
    const carom_plat_launch_t *launch = plan->launch;
    int target, error = 0;

    for (target = 0; target < 3 && !error; target++)
        error = source_of(&plan->setup.standard[target], &launch->standard[target]);
    if (!error && launch->environment)
        error = carom__environment_merge(&plan->setup.environment, launch->environment);
    if (!error && launch->nice != 0)
        error = carom__nice_from_here(&plan->setup.nice, launch->nice);
    plan->setup.is_stdin_null = launch->standard[0].kind == CAROM_PLAT_NULL;
    plan->setup.has_nice = launch->nice != 0;
    plan->setup.directory = launch->directory;
    plan->setup.control = launch->control->fd;
    plan->setup.shared = launch->shared ? launch->shared->fd : -1;
    return error;
}

static int prepare(plan_t *plan, carom_plat_child_t *child)
{
    int error = carom__fd_pipe(&plan->setup.lifeline, &child->lifeline);

    if (!error)
        error = carom__sentinel_prepare(child, &plan->setup.sentinel);
    if (!error)
        error = describe(plan);
    /* Another wake-up for the parent: not where the answer is known. */
    if (!error && (plan->setup.has_nice || plan->setup.directory))
        error = carom__fd_pipe(&plan->answer, &plan->answerer);
    return error;
}

/* Control and the tree's memory are the caller's. */
static void forget(plan_t *plan)
{
    plan->setup.control = plan->setup.shared = -1;
    carom__setup_close(&plan->setup);
    carom__fd_close(&plan->answer);
    carom__fd_close(&plan->answerer);
    free(plan->setup.environment);
}

/* ---- the fork ---- */

/* What the child keeps must not be in the guard while it is forked. */
static void open_guard(plan_t *plan)
{
    size_t i;

    carom__setup_release(&plan->setup);
    carom__fd_release(plan->answerer);
    for (i = 0; i < plan->launch->file_count; i++)
        carom__fd_release((int) plan->launch->files[i]);
}

static void close_guard(plan_t *plan)
{
    size_t i;

    carom__setup_guard(&plan->setup);
    if (plan->answerer >= 0)
        carom__fd_guard(plan->answerer);
    for (i = 0; i < plan->launch->file_count; i++)
        carom__fd_guard((int) plan->launch->files[i]);
}

/* No signal of the host's may land in the child before its handlers are gone. */
static pid_t split(plan_t *plan)
{
    sigset_t all;
    pid_t pid;

    fflush(stdout);
    fflush(stderr);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &plan->mask);
    open_guard(plan);
    pid = fork();
    close_guard(plan);
    if (pid != 0)
        pthread_sigmask(SIG_SETMASK, &plan->mask, NULL);
    return pid;
}

/* ---- in the child ---- */

static carom_status_t begin(carom_plat_stream_t **control, carom_plat_shared_t **shared, plan_t *plan, carom_plat_child_t *self)
{
    int error = carom__lifeline_arm(plan->setup.lifeline);

    if (!error)
        error = carom__setup_apply(&plan->setup);
    carom__child_forget(self);
    carom__fd_close(&plan->answer);
    if (error && plan->answerer >= 0 && write(plan->answerer, &error, sizeof error) < 0)
        _exit(NOT_RUN);
    carom__fd_close(&plan->answerer);
    if (error || carom_plat_stream_adopt(control, plan->setup.control) != CAROM_OK)
        _exit(NOT_RUN);
    if (plan->setup.shared >= 0 && carom__shared_of(shared, plan->setup.shared) != CAROM_OK)
        _exit(NOT_RUN);
    return CAROM_OK;
}

void carom_plat_leave(int code)
{
    fflush(stdout);
    fflush(stderr);
    carom__forker_say_leaving(code);
    _exit(code);
}

/* ---- in the parent ---- */

/* What the child could not do; 0 when it closes its end without a word. */
static int read_answer(plan_t *plan)
{
    int error = 0;
    ssize_t n;

    carom__fd_close(&plan->answerer);
    if (plan->answer < 0)
        return 0;
    do
        n = read(plan->answer, &error, sizeof error);
    while (n < 0 && errno == EINTR);
    return n == (ssize_t) sizeof error ? error : 0;
}

static int watch(plan_t *plan, carom_plat_child_t *child)
{
    int error = carom__sentinel_begin(child, &plan->setup.sentinel);

    if (!error)
        error = read_answer(plan);
    if (error)
        carom__child_take_back(child);
    return error;
}

carom_status_t carom_plat_fork(carom_plat_child_t **child, carom_plat_stream_t **control, carom_plat_shared_t **shared,
                               const carom_plat_launch_t *launch)
{
    plan_t plan = {launch, CAROM__SETUP_NONE, -1, -1, {{0}}};
    carom_plat_child_t *self;
    carom_status_t status = carom__child_new(&self);
    int error;

    *child = NULL;
    *control = NULL;
    *shared = NULL;
    if (status != CAROM_OK)
        return status;
    error = prepare(&plan, self);
    if (!error && (self->pid = split(&plan)) == 0)
        return begin(control, shared, &plan, self);
    if (!error)
        error = self->pid < 0 ? errno : watch(&plan, self);
    forget(&plan);
    if (error)
        carom__child_free(self);
    else
        *child = self;
    return carom_plat_status(error);
}

/* Launching a worker, by posix_spawn.
 *
 * Not by apr_proc_create: it reports success when the exec failed, and it forks, so that a start from a parent with 4 GiB took
 * 94 ms where posix_spawn takes 0.7. */

#include "platform/fault.h"
#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* What one launch needs until posix_spawn has returned. */
typedef struct preparation_t {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    char **environment;               /* NULL: ours */
    int lifeline;                     /* the child's end */
    int sentinel;                     /* what the child inherits for it, or -1 */
    int copies[CHILD_FIRST_FREE];     /* descriptors moved out of the way of those below */
    int copy_count;
} preparation_t;

/* dup2 in the child must not hit a descriptor that is still to be copied: sources are all above the targets. */
static int above_targets(preparation_t *p, int fd, int *source)
{
    int error;

    *source = fd;
    if (fd >= CHILD_FIRST_FREE)
        return 0;
    error = carom__fd_copy(fd, CHILD_FIRST_FREE, source);
    if (error)
        return error;
    p->copies[p->copy_count++] = carom__fd_guard(*source);
    return 0;
}

static int give(preparation_t *p, int fd, int target)
{
    int source;
    int error = above_targets(p, fd, &source);

    return error ? error : posix_spawn_file_actions_adddup2(&p->actions, source, target);
}

static int redirect(preparation_t *p, const carom_plat_redirect_t *to, int target)
{
    switch (to->kind) {
    case CAROM_PLAT_NULL:
        return posix_spawn_file_actions_addopen(&p->actions, target, "/dev/null", O_RDWR, 0);
    case CAROM_PLAT_FILE:
        return fcntl((int) to->file, F_GETFD) < 0 ? EINVAL : give(p, (int) to->file, target);
    case CAROM_PLAT_INHERIT:
        break;
    }
    return 0;
}

/* *end: the first descriptor that the child will not have. */
static int give_ours(preparation_t *p, const carom_plat_launch_t *launch, int *end)
{
    int error = give(p, launch->control->fd, CHILD_CONTROL);

    *end = CHILD_LIFELINE;
    if (!error)
        error = give(p, p->lifeline, (*end)++);
    if (!error && launch->shared)
        error = give(p, launch->shared->fd, (*end)++);
    if (!error && p->sentinel >= 0)
        error = give(p, p->sentinel, (*end)++);
    return error;
}

static int describe_files(preparation_t *p, const carom_plat_launch_t *launch)
{
    int target, end = 0, error = 0;

    for (target = 0; target < 3 && !error; target++)
        error = redirect(p, &launch->standard[target], target);
    if (!error)
        error = give_ours(p, launch, &end);
    if (!error)
        error = carom__spawn_close_from(&p->actions, end);
    if (!error && launch->directory)
        error = carom__spawn_chdir(&p->actions, launch->directory);
    return error;
}

static int describe_signals(preparation_t *p)
{
    sigset_t none, all;
    int error;

    sigemptyset(&none);
    sigfillset(&all);
    error = posix_spawnattr_setflags(&p->attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (!error)
        error = posix_spawnattr_setsigmask(&p->attributes, &none);
    if (!error)
        error = posix_spawnattr_setsigdefault(&p->attributes, &all);
    return error;
}

/* ---- the launch ---- */

static int prepare(preparation_t *p, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    int error = carom__fd_pipe(&p->lifeline, &child->lifeline);

    if (!error)
        error = carom__sentinel_prepare(child, &p->sentinel);
    if (!error)
        error = describe_files(p, launch);
    if (!error)
        error = describe_signals(p);
    if (!error && launch->environment)
        error = carom__environment_merge(&p->environment, launch->environment);
    return error;
}

static void forget(preparation_t *p)
{
    while (p->copy_count > 0)
        carom__fd_close(&p->copies[--p->copy_count]);
    carom__fd_close(&p->lifeline);
    carom__fd_close(&p->sentinel);
    free(p->environment);
    posix_spawn_file_actions_destroy(&p->actions);
    posix_spawnattr_destroy(&p->attributes);
}

static int spawn(preparation_t *p, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    const char *token = launch->shared ? CHILD_TOKEN_SHARED : CHILD_TOKEN;
    char *argv[] = {(char *) launch->program, (char *) CAROM_PLAT_WORKER_ARGUMENT, (char *) token, NULL};
    char **environment = p->environment ? p->environment : environ;

    return posix_spawn(&child->pid, launch->program, &p->actions, &p->attributes, argv, environment);
}

static int be_nice(pid_t pid, int more)
{
    int nice, error = carom__nice_from_here(&nice, more);

    if (error)
        return error;
    return setpriority(PRIO_PROCESS, (id_t) pid, nice) == 0 ? 0 : errno;
}

static int spawn_and_watch(preparation_t *p, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    int error = spawn(p, child, launch);

    if (error)
        return error;
    carom__fault("launch.spawned");
    error = carom__sentinel_begin(child, &p->sentinel);
    if (!error && launch->nice != 0)
        error = be_nice(child->pid, launch->nice);
    if (error)
        carom__child_take_back(child);
    return error;
}

carom_status_t carom_plat_launch(carom_plat_child_t **child, const carom_plat_launch_t *launch)
{
    preparation_t p = {.lifeline = -1, .sentinel = -1};
    carom_plat_child_t *self;
    carom_status_t status = carom__child_new(&self);
    int error;

    *child = NULL;
    if (status != CAROM_OK)
        return status;
    posix_spawn_file_actions_init(&p.actions);
    posix_spawnattr_init(&p.attributes);
    error = prepare(&p, self, launch);
    if (!error)
        error = spawn_and_watch(&p, self, launch);
    forget(&p);
    if (error) {
        carom__child_free(self);
        /* All descriptors are good: what the child could not have is one of its own low numbers, over the limit. */
        return error == EBADF ? CAROM_EMFILE : carom_plat_status(error);
    }
    *child = self;
    return CAROM_OK;
}

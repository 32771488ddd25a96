/* A launched child, seen from its parent: how it ended, and signals to it.  Only our children are ever waited for, each by its
 * number, so that the host's own are left to the host. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>

/* ---- its life as an object ---- */

carom_status_t carom__child_new(carom_plat_child_t **child)
{
    carom_plat_child_t *self = calloc(1, sizeof *self);
    carom_status_t status;

    *child = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->lifeline = self->sentinel = self->status = -1;
    status = carom_plat_monitor_create(&self->monitor);
    if (status != CAROM_OK) {
        free(self);
        return status;
    }
    *child = self;
    return CAROM_OK;
}

void carom__child_free(carom_plat_child_t *child)
{
    carom__fd_close(&child->lifeline);
    carom__fd_close(&child->sentinel);
    carom__fd_close(&child->status);
    carom_plat_monitor_destroy(&child->monitor);
    free(child);
}

/* The forker collects its own. */
static void take_back_remote(carom_plat_child_t *child)
{
    carom_plat_end_t ignored;

    carom_plat_child_signal(child, CAROM_PLAT_KILL);
    (void) carom_plat_child_wait(child, &ignored, carom_plat_now() + LAST_WAIT);
}

void carom__child_forget(carom_plat_child_t *child)
{
    child->lifeline = child->sentinel = child->status = -1;
    carom__child_free(child);
}

void carom__child_take_back(carom_plat_child_t *child)
{
    if (child->status >= 0) {
        take_back_remote(child);
        return;
    }
    kill(child->pid, SIGKILL);
    while (waitpid(child->pid, NULL, 0) < 0 && errno == EINTR)
        ;
}

void carom_plat_child_close(carom_plat_child_t **child)
{
    carom_plat_child_t *self = *child;

    if (self == NULL)
        return;
    *child = NULL;
    if (!carom__child_look(self))
        carom__child_take_back(self);
    carom__child_free(self);
}

int carom__nice_from_here(int *nice, int more)
{
    int now;

    errno = 0;
    now = getpriority(PRIO_PROCESS, 0);
    *nice = now + more;
    return now == -1 ? errno : 0;
}

int carom_plat_can_nice(void)
{
    return 1;
}

/* ---- its end ---- */

int carom__code_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? info->si_status & 255 : -info->si_status;
}

static void note_end(carom_plat_child_t *child, int code, int known)
{
    child->ended = 1;
    child->end.code = code;
    child->end.known = known;
}

static void look_at_remote(carom_plat_child_t *child)
{
    int code, known;

    if (carom__remote_look(child, &code, &known))
        note_end(child, code, known);
}

static void look_at_own(carom_plat_child_t *child)
{
    siginfo_t info = {0};
    int result;

    do
        result = waitid(P_PID, (id_t) child->pid, &info, WEXITED | WNOHANG);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        note_end(child, 255, 0);        /* the host waited for everything, or ignores SIGCHLD */
    else if (info.si_pid != 0)
        note_end(child, carom__code_of(&info), 1);
}

static void look_locked(carom_plat_child_t *child)
{
    if (child->ended)
        return;
    if (child->status >= 0)
        look_at_remote(child);
    else
        look_at_own(child);
}

int carom__child_look(carom_plat_child_t *child)
{
    int ended;

    carom_plat_monitor_enter(child->monitor);
    look_locked(child);
    ended = child->ended;
    carom_plat_monitor_leave(child->monitor);
    return ended;
}

carom_status_t carom_plat_child_wait(carom_plat_child_t *child, carom_plat_end_t *end, int64_t deadline)
{
    carom_plat_source_t source = {.kind = CAROM_PLAT_SOURCE_CHILD, .child = child};
    carom_status_t status = CAROM_OK;

    if (!carom__child_look(child))
        status = carom_plat_wait(&source, 1, deadline);
    if (status == CAROM_OK)
        *end = child->end;              /* written once, before `ended` was seen under the monitor */
    return status;
}

carom_status_t carom_plat_child_signal(carom_plat_child_t *child, carom_plat_signal_t which)
{
    static const int numbers[] = {
        [CAROM_PLAT_INTERRUPT] = SIGINT, [CAROM_PLAT_KILL] = SIGKILL, [CAROM_PLAT_TERMINATE] = SIGTERM
    };
    int result = 0;

    carom_plat_monitor_enter(child->monitor);
    look_locked(child);
    if (!child->ended)
        result = child->status >= 0 ? carom__remote_signal(child, numbers[which])
                                    : carom__sentinel_signal(child, numbers[which]);
    carom_plat_monitor_leave(child->monitor);
    return result == 0 || errno == ESRCH ? CAROM_OK : carom_plat_status(errno);
}

int carom_plat_can_interrupt(void)
{
    return 1;
}

int64_t carom_plat_child_pid(const carom_plat_child_t *child)
{
    return child->pid;
}

carom_status_t carom_plat_child_native(carom_native_t *file, const carom_plat_child_t *child)
{
    int fd = child->sentinel;

    /* Not the way of a forked worker's words: it has them before its end, and no more when they are read. */
    *file = fd >= 0 ? fd : CAROM_NATIVE_NONE;
    return fd >= 0 ? CAROM_OK : CAROM_ENOTSUP;
}

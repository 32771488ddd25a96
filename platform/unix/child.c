/* A launched child, seen from its parent: how it ended, and signals to it.  Only our children are ever waited for, each by its
 * number, so that the host's own are left to the host. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <poll.h>
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
    self->lifeline = self->sentinel = -1;
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
    carom_plat_monitor_destroy(&child->monitor);
    free(child);
}

void carom__child_take_back(carom_plat_child_t *child)
{
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

static int code_of(const siginfo_t *info)
{
    return info->si_code == CLD_EXITED ? info->si_status & 255 : -info->si_status;
}

static void note_end(carom_plat_child_t *child, int code, int known)
{
    child->ended = 1;
    child->end.code = code;
    child->end.known = known;
}

static void look_locked(carom_plat_child_t *child)
{
    siginfo_t info = {0};
    int result;

    if (child->ended)
        return;
    do
        result = waitid(P_PID, (id_t) child->pid, &info, WEXITED | WNOHANG);
    while (result != 0 && errno == EINTR);
    if (result != 0)
        note_end(child, 255, 0);        /* the host waited for everything, or ignores SIGCHLD */
    else if (info.si_pid != 0)
        note_end(child, code_of(&info), 1);
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
    static const int numbers[] = {[CAROM_PLAT_TERMINATE] = SIGTERM, [CAROM_PLAT_KILL] = SIGKILL, [CAROM_PLAT_INTERRUPT] = SIGINT};
    int result = 0;

    carom_plat_monitor_enter(child->monitor);
    look_locked(child);
    if (!child->ended)
        result = carom__sentinel_signal(child, numbers[which]);
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
    *file = child->sentinel >= 0 ? child->sentinel : CAROM_NATIVE_NONE;
    return child->sentinel >= 0 ? CAROM_OK : CAROM_ENOTSUP;
}

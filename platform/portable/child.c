/* A launched child, seen from its parent: how it ended, and signals to it.  Only our children are ever waited for, each by its
 * number, so that the host's own are left to the host. */

#include "platform/portable/portable.h"

#include <errno.h>

static void note_end(carom_plat_child_t *child, int code, int known)
{
    child->ended = 1;
    child->end.code = code;
    child->end.known = known;
}

static int code_of(int code, apr_exit_why_e why)
{
    return why & (APR_PROC_SIGNAL | APR_PROC_SIGNAL_CORE) ? -code : code & 255;
}

static void look_locked(carom_plat_child_t *child)
{
    apr_exit_why_e why;
    apr_status_t status;
    int code;

    if (child->ended)
        return;
    status = apr_proc_wait(&child->process, &code, &why, APR_NOWAIT);
    /* APR_EGENERAL is what APR makes of a child that was stopped. */
    if (status == APR_CHILD_NOTDONE || status == APR_EGENERAL)
        return;
    if (APR_STATUS_IS_CHILD_DONE(status))
        note_end(child, code_of(code, why), 1);
    else
        note_end(child, 255, 0);        /* the host waited for everything, or ignores SIGCHLD */
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

void carom__child_take_back(carom_plat_child_t *child)
{
    apr_exit_why_e why;
    apr_status_t status;
    int code;

    apr_proc_kill(&child->process, CAROM_PLAT_KILL);
    do
        status = apr_proc_wait(&child->process, &code, &why, APR_WAIT);
    while (status == APR_EGENERAL);
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
    apr_status_t status = APR_SUCCESS;

    carom_plat_monitor_enter(child->monitor);
    look_locked(child);
    if (!child->ended)
        status = apr_proc_kill(&child->process, (int) which);
    carom_plat_monitor_leave(child->monitor);
    return status == ESRCH ? CAROM_OK : carom_plat_status(status);
}

int carom_plat_can_interrupt(void)
{
    return APR_HAS_FORK;
}

int64_t carom_plat_child_pid(const carom_plat_child_t *child)
{
    return child->process.pid;
}

carom_status_t carom_plat_child_native(carom_native_t *file, const carom_plat_child_t *child)
{
    *file = carom_plat_stream_native(child->lifeline);
    return CAROM_OK;
}

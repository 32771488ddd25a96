/* A launched child, seen from its parent: how it ended, and its end.  APR maps no codes, and ends by pid.
 *
 * Its handle tells and is enough: nobody else can collect it, and the pid is its own for as long as the handle is open. */

#include "platform/windows/windows.h"

#include <stdlib.h>

/* Codes that a fault ends a process with, and the signal it would have been on Unix (SIGBUS as on Linux). */
typedef struct fault_t {
    DWORD first, last;
    int signal_number;
} fault_t;

static const fault_t faults[] = {
    {0x80000002, 0x80000002, 7},      /* misaligned */
    {0x80000003, 0x80000003, 5},      /* breakpoint */
    {0xC0000005, 0xC0000005, 11},     /* access violation */
    {0xC0000006, 0xC0000006, 7},      /* page that could not be read */
    {0xC000001D, 0xC000001D, 4},      /* illegal instruction */
    {0xC0000025, 0xC0000026, 6},      /* exception that cannot be continued, or is none */
    {0xC000008C, 0xC0000095, 8},      /* bounds, floating point, integers */
    {0xC0000096, 0xC0000096, 4},      /* privileged instruction */
    {0xC00000FD, 0xC00000FD, 11},     /* stack overflow */
    {0xC000013A, 0xC000013A, 2},      /* Ctrl-C */
    {0xC0000374, 0xC0000374, 6},      /* heap corruption */
    {0xC0000409, 0xC0000409, 6},      /* fail fast */
    {0xC0000420, 0xC0000420, 6},      /* assertion */
    {0xE06D7363, 0xE06D7363, 6},      /* C++ exception that nobody caught */
    {CAROM__ENDED_BY(1), CAROM__ENDED_BY(31), 0},
};

static int code_of(DWORD code)
{
    size_t i;

    for (i = 0; i < sizeof faults / sizeof faults[0]; i++)
        if (code >= faults[i].first && code <= faults[i].last)
            return -(faults[i].signal_number ? faults[i].signal_number : (int) (code & 31));
    return (int) (code & 255);
}

carom_status_t carom_plat_child_wait(carom_plat_child_t *child, carom_plat_end_t *end, int64_t deadline)
{
    carom_status_t status = carom__wait_handle(child->process, deadline);
    DWORD code;

    if (status != CAROM_OK)
        return status;
    end->known = GetExitCodeProcess(child->process, &code) != 0;
    end->code = end->known ? code_of(code) : 255;
    return CAROM_OK;
}

carom_status_t carom_plat_child_signal(carom_plat_child_t *child, carom_plat_signal_t which)
{
    if (which == CAROM_PLAT_INTERRUPT)
        return CAROM_ENOTSUP;
    /* Of a child of ours access is denied only when it has ended, or is about to. */
    if (TerminateProcess(child->process, CAROM__ENDED_BY((DWORD) which)) || GetLastError() == ERROR_ACCESS_DENIED)
        return CAROM_OK;
    return carom__last_status();
}

/* Ctrl-Break goes to a whole group of a console: the child would have to leave the host's and lead one. */
int carom_plat_can_interrupt(void)
{
    return 0;
}

int64_t carom_plat_child_pid(const carom_plat_child_t *child)
{
    return (int64_t) child->pid;
}

carom_status_t carom_plat_child_native(carom_native_t *file, const carom_plat_child_t *child)
{
    *file = (carom_native_t) child->process;
    return CAROM_OK;
}

void carom_plat_child_close(carom_plat_child_t **child)
{
    carom_plat_child_t *self = *child;

    if (self == NULL)
        return;
    *child = NULL;
    if (self->process != NULL && carom__wait_handle(self->process, 0) == CAROM_ETIMEOUT) {
        TerminateProcess(self->process, CAROM__ENDED_BY(CAROM_PLAT_KILL));
        carom__wait_handle(self->process, CAROM_PLAT_NEVER);
    }
    carom__handle_close(&self->job);
    carom__handle_close(&self->process);
    free(self);
}

/* The end of a child as a descriptor: Linux's pidfd, which no grandchild can hold back, and which names one process for
 * ever. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* waitid's P_PIDFD, which C libraries have learned late. */
#define BY_PIDFD ((idtype_t) 3)

int carom__sentinel_prepare(carom_plat_child_t *child, int *inherited)
{
    (void) child;
    *inherited = -1;
    return 0;
}

int carom__sentinel_begin(carom_plat_child_t *child, int *inherited)
{
    int fd = (int) syscall(SYS_pidfd_open, child->pid, 0);

    (void) inherited;
    if (fd >= 0) {
        child->sentinel = carom__fd_guard(fd);
        child->certain = 1;
        return 0;
    }
    /* A kernel or sandbox without it, or a host that has collected the child already: waiters look now and then. */
    return errno == EMFILE || errno == ENFILE || errno == ENOMEM ? errno : 0;
}

int carom__sentinel_is_inherited(void)
{
    return 0;
}

int carom__sentinel_signal(carom_plat_child_t *child, int signal_number)
{
    if (child->sentinel >= 0)
        return (int) syscall(SYS_pidfd_send_signal, child->sentinel, signal_number, NULL, 0);
    return kill(child->pid, signal_number);
}

int carom__sentinel_collect(carom_plat_child_t *child, int *code)
{
    siginfo_t info = {0};

    if (child->sentinel < 0 || waitid(BY_PIDFD, (id_t) child->sentinel, &info, WEXITED | WNOHANG) != 0 || info.si_pid == 0)
        return 0;
    *code = carom__code_of(&info);
    return 1;
}

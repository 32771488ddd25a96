/* Ending with the parent, by the kernel: when the writing end of the lifeline is closed, the reading end's owner gets SIGKILL.
 *
 * No thread waits, a stopped process dies too, and it does not matter which thread of the parent made the child (which is what
 * spoils PR_SET_PDEATHSIG: it fires when that thread ends). */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

static int is_cut(int reader)
{
    struct pollfd one = {.fd = reader, .events = POLLIN};

    return poll(&one, 1, 0) > 0;
}

int carom__lifeline_arm(int reader)
{
    if (fcntl(reader, F_SETOWN, getpid()) != 0 || fcntl(reader, F_SETSIG, SIGKILL) != 0)
        return errno;
    if (fcntl(reader, F_SETFL, O_RDONLY | O_ASYNC) != 0)
        return errno;
    /* The parent may have died before the signal was asked for. */
    if (is_cut(reader))
        raise(SIGKILL);
    return 0;
}

int carom__lifeline_end_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, parent > 0 ? SIGKILL : 0, 0, 0, 0);
    /* It may have died before: then somebody else is the parent now. */
    if (parent > 0 && getppid() != parent)
        raise(SIGKILL);
    return 1;
}

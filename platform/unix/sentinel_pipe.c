/* The end of a child as a descriptor: a pipe whose writing end only the child holds.  A grandchild that was forked behind our
 * back may hold it too; so waiters also look now and then. */

#include "platform/unix/unix.h"

#include <signal.h>

int carom__sentinel_prepare(carom_plat_child_t *child, int *inherited)
{
    return carom__fd_pipe(&child->sentinel, inherited);
}

int carom__sentinel_begin(carom_plat_child_t *child, int *inherited)
{
    child->certain = 0;
    carom__fd_close(inherited);
    return 0;
}

int carom__sentinel_is_inherited(void)
{
    return 1;
}

int carom__sentinel_signal(carom_plat_child_t *child, int signal_number)
{
    return kill(child->pid, signal_number);
}

/* By its number alone it cannot be told from a child of the host. */
int carom__sentinel_collect(carom_plat_child_t *child, int *code)
{
    (void) child;
    (void) code;
    return 0;
}

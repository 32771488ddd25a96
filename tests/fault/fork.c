/* A forked child of a peer. */

#include "tests/seam/area.h"

#include <unistd.h>

int64_t fork_a_sleeper(void)
{
    pid_t pid = fork();

    while (pid == 0)
        pause();
    return pid;
}

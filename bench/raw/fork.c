/* Forking this process. */

#include "raw/raw.h"

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

int raw_fork(void)
{
    pid_t pid = fork();
    int status;

    if (pid == 0)
        _exit(0);
    if (pid < 0)
        return errno;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

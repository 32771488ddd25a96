/* Ending with the parent, by a thread that waits for the closing of the lifeline.  A stopped process ends when it goes on. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <unistd.h>

static int is_cut(int reader)
{
    struct pollfd one = {.fd = reader, .events = POLLIN};

    return poll(&one, 1, 0) > 0;
}

static void watch(void *argument)
{
    int reader = (int) (intptr_t) argument;
    char byte;

    /* Nothing is ever written: a return other than by a signal is the end of the parent. */
    while (read(reader, &byte, 1) < 0 && errno == EINTR)
        ;
    kill(getpid(), SIGKILL);
}

int carom__lifeline_arm(int reader)
{
    carom_plat_thread_t *thread;
    carom_status_t status;

    /* The parent may have gone before, and have no use for what this process would do. */
    if (is_cut(reader))
        kill(getpid(), SIGKILL);
    status = carom_plat_thread_start(&thread, watch, (void *) (intptr_t) reader);

    if (status == CAROM_OK) {
        carom__plat_threads_watch();
        carom_plat_thread_detach(&thread);
    }
    return status == CAROM_OK ? 0 : EAGAIN;
}

int carom__lifeline_end_with(pid_t parent)
{
    (void) parent;
    return 0;
}

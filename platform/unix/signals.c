/* Keeping the host's signals out of threads of ours, and signals that we cause from the host. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

_Static_assert(sizeof(sigset_t) <= sizeof(carom_plat_signals_t), "a signal mask fits");

void carom_plat_signals_block(carom_plat_signals_t *before)
{
    sigset_t all, old;

    sigfillset(&all);
    /* A thread's own faults must still kill it. */
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGABRT);
    sigdelset(&all, SIGTRAP);
    pthread_sigmask(SIG_BLOCK, &all, &old);
    memcpy(before->mask, &old, sizeof old);
}

void carom_plat_signals_restore(const carom_plat_signals_t *before)
{
    sigset_t old;

    memcpy(&old, before->mask, sizeof old);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void carom__signal_hush(carom__hushed_t *hushed, int signal_number)
{
    sigset_t pending;

    sigemptyset(&hushed->only);
    sigaddset(&hushed->only, signal_number);
    sigpending(&pending);
    hushed->was_pending = sigismember(&pending, signal_number);
    pthread_sigmask(SIG_BLOCK, &hushed->only, &hushed->before);
}

void carom__signal_unhush(const carom__hushed_t *hushed, int raised)
{
    const struct timespec none = {0, 0};
    int error = errno;

    /* Ours is pending for this thread alone. */
    if (raised && !hushed->was_pending)
        while (sigtimedwait(&hushed->only, NULL, &none) < 0 && errno == EINTR)
            ;
    pthread_sigmask(SIG_SETMASK, &hushed->before, NULL);
    errno = error;
}

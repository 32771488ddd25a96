/* Keeping the host's signals out of threads of ours. */

#include "platform/internal.h"

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

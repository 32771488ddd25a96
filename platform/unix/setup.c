/* What a forked child makes of itself: its streams, signals, environment, directory, niceness.
 *
 * Before this a fork is its parent's double in all but its number; afterwards it is what posix_spawn makes of a program. */

#include "platform/fault.h"
#include "platform/unix/unix.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#define NULL_DEVICE "/dev/null"

/* ---- its descriptors as one ---- */

enum { KEPT = 4, ALL = 8 };

/* The kept ones first. */
static void list(int *all[ALL], carom__setup_t *setup)
{
    all[0] = &setup->control;
    all[1] = &setup->lifeline;
    all[2] = &setup->sentinel;
    all[3] = &setup->shared;
    all[4] = &setup->standard[0];
    all[5] = &setup->standard[1];
    all[6] = &setup->standard[2];
    all[7] = &setup->here;
}

void carom__setup_guard(carom__setup_t *setup)
{
    int *all[ALL], i;

    list(all, setup);
    for (i = 0; i < ALL; i++)
        if (*all[i] >= 0)
            *all[i] = carom__fd_guard(*all[i]);
}

void carom__setup_release(carom__setup_t *setup)
{
    int *all[ALL], i;

    list(all, setup);
    for (i = 0; i < ALL; i++)
        carom__fd_release(*all[i]);
}

static void close_from(carom__setup_t *setup, int first)
{
    int *all[ALL], i;

    list(all, setup);
    for (i = first; i < ALL; i++)
        carom__fd_close(all[i]);
}

void carom__setup_close(carom__setup_t *setup)
{
    close_from(setup, 0);
}

/* ---- in the child ---- */

void carom__setup_signals(void)
{
    struct sigaction action = {.sa_handler = SIG_DFL};
    int number;

    for (number = 1; number < NSIG; number++)
        sigaction(number, &action, NULL);
}

static void default_signals(const carom__setup_t *setup)
{
    struct sigaction action = {.sa_handler = SIG_DFL};

    if (!setup->is_clean) {
        carom__setup_signals();
        return;
    }
    sigaction(SIGCHLD, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static void admit_signals(void)
{
    sigset_t none;

    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* What stdio had read ahead was for the parent.  The descriptor comes first: giving up what was read moves the place in a
 * file, which the parent shares.  On the null device that is enough (and 10 µs less than a new stream); elsewhere there may
 * be no places. */
static int renew_stdin(int source, int is_null)
{
    FILE *ignored;

    if (dup2(source, STDIN_FILENO) < 0)
        return errno;
    clearerr(stdin);
    if (is_null)
        return fflush(stdin) == 0 || errno == EBADF ? 0 : errno;
    ignored = freopen(NULL_DEVICE, "r", stdin);
    (void) ignored;
    return dup2(source, STDIN_FILENO) < 0 ? errno : 0;
}

static int redirect(const carom__setup_t *setup, int target)
{
    int source = setup->standard[target];

    if (source == STANDARD_CLOSED)
        close(target);
    if (source < 0)
        return 0;
    if (target == STDIN_FILENO && !setup->is_clean)
        return renew_stdin(source, setup->is_stdin_null);
    return dup2(source, target) < 0 ? errno : 0;
}

static int move(const carom__setup_t *setup)
{
    if (setup->here >= 0 && fchdir(setup->here) != 0)
        return errno;
    return setup->directory && chdir(setup->directory) != 0 ? errno : 0;
}

int carom__setup_apply(carom__setup_t *setup)
{
    int target, error = 0;

    default_signals(setup);
    for (target = 0; target < 3 && !error; target++)
        error = redirect(setup, target);
    if (!error)
        error = move(setup);
    if (!error && setup->has_nice && setpriority(PRIO_PROCESS, 0, setup->nice) != 0)
        error = errno;
    if (setup->environment)
        environ = setup->environment;
    carom__fault_begin_again();
    close_from(setup, KEPT);
    carom__setup_guard(setup);
    admit_signals();
    return error;
}

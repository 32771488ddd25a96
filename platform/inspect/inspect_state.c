/* What a process has one of each, on every Unix: asked by calls of the system that leave it as it is. */

#include "inspect_posix.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#define PATH_SIZE 4096

/* As many as there are on Linux, the real-time ones included; the system refuses those it has not. */
#define SIGNALS_END 65

static void show(const carom_inspect_listing_t *listing, carom_inspect_thing_t *thing, carom_inspect_kind_t kind, int64_t id)
{
    thing->kind = kind;
    thing->id = id;
    listing->visit(listing->argument, thing);
}

/* ---- signals ---- */

/* The few that are not as the system has them: all others would be 60 things to compare for nothing. */
static void show_disposition(const carom_inspect_listing_t *listing, int number)
{
    carom_inspect_thing_t thing;
    struct sigaction action;
    char name[32];

    if (sigaction(number, NULL, &action) != 0 || (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_DFL))
        return;
    carom_inspect_name_signal(name, sizeof(name), number);
    if (!(action.sa_flags & SA_SIGINFO) && action.sa_handler == SIG_IGN)
        snprintf(thing.text, sizeof(thing.text), "%s: ignored", name);
    else
        snprintf(thing.text, sizeof(thing.text), "%s: a handler at %#llx with flags %#x", name,
                 (unsigned long long) (action.sa_flags & SA_SIGINFO ? (uintptr_t) action.sa_sigaction :
                                                                      (uintptr_t) action.sa_handler),
                 (unsigned) action.sa_flags);
    show(listing, &thing, CAROM_INSPECT_DISPOSITION, number);
}

static void show_mask(const carom_inspect_listing_t *listing)
{
    carom_inspect_thing_t thing;
    sigset_t blocked;
    size_t length = 0;
    int number;

    snprintf(thing.text, sizeof(thing.text), "empty");
    pthread_sigmask(SIG_SETMASK, NULL, &blocked);
    for (number = 1; number < SIGNALS_END; number++) {
        char name[32];

        if (sigismember(&blocked, number) != 1)
            continue;
        carom_inspect_name_signal(name, sizeof(name), number);
        if (length < sizeof(thing.text))
            length += (size_t) snprintf(thing.text + length, sizeof(thing.text) - length, "%s%s", length > 0 ? " " : "", name);
    }
    show(listing, &thing, CAROM_INSPECT_MASK, 0);
}

/* ---- timers ---- */

/* Only whether it runs: what is left of it is another at each look. */
static void show_timer(const carom_inspect_listing_t *listing, int which, const char *name)
{
    carom_inspect_thing_t thing;
    struct itimerval timer;

    if (getitimer(which, &timer) != 0)
        return;
    snprintf(thing.text, sizeof(thing.text), "%s %s", name,
             timer.it_value.tv_sec != 0 || timer.it_value.tv_usec != 0 ? "running" : "off");
    show(listing, &thing, CAROM_INSPECT_TIMER, which);
}

/* ---- where files come to be ---- */

/* The end of a long path tells more than its beginning. */
static void show_directory(const carom_inspect_listing_t *listing)
{
    carom_inspect_thing_t thing;
    char path[PATH_SIZE];
    size_t size;

    if (getcwd(path, sizeof(path)) == NULL)
        snprintf(path, sizeof(path), "one that is gone");
    size = strlen(path) + 1;
    if (size <= sizeof(thing.text))
        memcpy(thing.text, path, size);
    else
        memcpy(thing.text, path + size - sizeof(thing.text), sizeof(thing.text));
    show(listing, &thing, CAROM_INSPECT_DIRECTORY, 0);
}

/* It is told only to those who set it.  What another thread makes at this moment is for its owner alone. */
static void show_umask(const carom_inspect_listing_t *listing)
{
    carom_inspect_thing_t thing;
    mode_t mask = umask(077);

    umask(mask);
    snprintf(thing.text, sizeof(thing.text), "%04o", (unsigned) mask);
    show(listing, &thing, CAROM_INSPECT_UMASK, 0);
}

void carom_inspect_state(carom_inspect_visit_t visit, void *argument)
{
    carom_inspect_listing_t listing = {visit, argument};
    int number;

    for (number = 1; number < SIGNALS_END; number++)
        show_disposition(&listing, number);
    show_mask(&listing);
    show_timer(&listing, ITIMER_REAL, "real time");
    show_timer(&listing, ITIMER_VIRTUAL, "virtual time");
    show_timer(&listing, ITIMER_PROF, "profile");
    show_directory(&listing);
    show_umask(&listing);
}

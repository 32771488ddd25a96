/* What befalls a program that waits: being stopped, signals without end, and busy machines beside which one asks how long it
 * took. */

#ifndef CAROM_TESTS_WEATHER_H
#define CAROM_TESTS_WEATHER_H

#include "tests/queues.h"
#include "tests/storms.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/time.h>
#include <time.h>

enum { SHORTEST_LATE = 20000 };    /* µs that any timeout may be late */
enum { FEWEST = 20 };              /* signals: who does not run gets one for many */

/* When a call with that timeout has to be back. */
CAROM_UNUSED static carom_duration_t latest(carom_duration_t timeout)
{
    return timeout + in_time(timeout / 10 > SHORTEST_LATE ? timeout / 10 : SHORTEST_LATE);
}

enum { CALM, HAIL, STOPS, CLOCK };

/* ---- who is stopped ---- */

CAROM_UNUSED static void stop(const carom_process_t *process)
{
    CAROM_ASSERT_INT(kill((pid_t) carom_process_pid(process), SIGSTOP), 0);
}

CAROM_UNUSED static void go_on(const carom_process_t *process)
{
    CAROM_ASSERT_INT(kill((pid_t) carom_process_pid(process), SIGCONT), 0);
}

/* ---- hail: a signal each millisecond, to the thread that works ---- */

static _Thread_local volatile sig_atomic_t stones;

static void is_hit(int number)
{
    (void) number;
    stones++;
}

/* No SA_RESTART. */
static void handle(int number, struct sigaction *before)
{
    struct sigaction action = {.sa_handler = is_hit};

    CAROM_ASSERT_INT(sigaction(number, &action, before), 0);
}

/* Around a body: in thread mode the handler is there as long as anybody throws. */
static struct sigaction calm;

CAROM_UNUSED static void prepare_for_hail(carom_test_t *test)
{
    (void) test;
    handle(SIGUSR1, &calm);
}

CAROM_UNUSED static void forget_hail(carom_test_t *test)
{
    (void) test;
    sigaction(SIGUSR1, &calm, NULL);
}

/* A process has a timer of its own, a thread another one that throws. */
typedef struct hail_t {
    int is_thrown;
    pthread_t thrower, target;
    sigset_t before;
    atomic_int is_over;
} hail_t;

static void *throws(void *argument)
{
    hail_t *self = argument;

    while (!atomic_load(&self->is_over)) {
        pthread_kill(self->target, SIGUSR1);
        nap(in_time(900));
    }
    return NULL;
}

static void ring_every(int64_t microseconds)
{
    struct itimerval often = {{0, microseconds}, {0, microseconds}};

    CAROM_ASSERT_INT(setitimer(ITIMER_REAL, &often, NULL), 0);
}

/* Carom's threads block signals, as long as an entry does not say otherwise. */
static void step_outside(hail_t *self)
{
    sigset_t only;

    sigemptyset(&only);
    sigaddset(&only, SIGUSR1);
    CAROM_ASSERT_INT(pthread_sigmask(SIG_UNBLOCK, &only, &self->before), 0);
}

CAROM_UNUSED static void begin_hail(hail_t *self)
{
    carom_self_t me;

    carom_self(&me);
    stones = 0;
    self->is_thrown = strcmp(me.mode, "thread") == 0;
    self->target = pthread_self();
    atomic_init(&self->is_over, 0);
    if (self->is_thrown) {
        step_outside(self);
        CAROM_ASSERT_INT(pthread_create(&self->thrower, NULL, throws, self), 0);
    } else {
        handle(SIGALRM, NULL);
        ring_every(in_time(1000));
    }
}

/* Or else there was none. */
CAROM_UNUSED static void end_hail(hail_t *self)
{
    if (self->is_thrown) {
        atomic_store(&self->is_over, 1);
        CAROM_ASSERT_INT(pthread_join(self->thrower, NULL), 0);
        pthread_sigmask(SIG_SETMASK, &self->before, NULL);
    } else {
        ring_every(0);
    }
    CAROM_CHECK(stones >= (int) for_sanitizers(FEWEST, 10));
}

#endif

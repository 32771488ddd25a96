/* Shared memory and locks under what only Unix does: limits, forks, stops. */

#include "tests/seam/area.h"

#include <carom-harness.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define STEP CAROM_PLAT_SHARED_STEP
#define SOON 10000000

/* A refusal, and no signal of it. */
CAROM_TEST_ONCE(memory, no_room)
{
    struct rlimit before, small;
    carom_plat_shared_t *shared;
    void *at;

    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_INT(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4 << 20;
    CAROM_ASSERT_OK(carom_plat_shared_create(&shared, OBJECT_SIZE));
    CAROM_ASSERT_INT(setrlimit(RLIMIT_FSIZE, &small), 0);
    CAROM_CHECK(carom_plat_shared_commit(shared, 0, 2 << 20) == CAROM_OK);
    CAROM_CHECK(carom_plat_shared_commit(shared, 3 << 20, 2 << 20) == CAROM_ENOMEM);
    CAROM_CHECK(carom_plat_shared_commit(shared, 64 << 20, STEP) == CAROM_ENOMEM);
    CAROM_ASSERT_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    CAROM_ASSERT_OK(carom_plat_shared_commit(shared, 3 << 20, 2 << 20));
    CAROM_ASSERT_OK(carom_plat_shared_map(&at, shared, 0, 5 << 20));
    ((char *) at)[(5 << 20) - 1] = 1;
    carom_plat_shared_unmap(at, 5 << 20);
    carom_plat_shared_close(&shared);
}

static void no_matter(int signal_number)
{
    (void) signal_number;
}

/* Each signal makes the system give back what a call has reserved. */
CAROM_TEST_ONCE(memory, made_real_among_signals)
{
    struct itimerval often = {{0, 1000}, {0, 1000}}, never = {{0, 0}, {0, 0}};
    struct sigaction action = {.sa_handler = no_matter}, before;
    carom_plat_shared_t *shared;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_OK(carom_plat_shared_create(&shared, OBJECT_SIZE));
    sigaction(SIGALRM, &action, &before);
    setitimer(ITIMER_REAL, &often, NULL);
    status = carom_plat_shared_commit(shared, 0, 64 << 20);
    setitimer(ITIMER_REAL, &never, NULL);
    /* One that is still pending, as under valgrind, goes with that. */
    signal(SIGALRM, SIG_IGN);
    sigaction(SIGALRM, &before, NULL);
    CAROM_ASSERT_OK(status);
    carom_plat_shared_close(&shared);
}

CAROM_TEST_ONCE(memory, a_fork_has_claimed_nothing)
{
    int status;
    pid_t pid;

    area_open();
    pid = fork();
    if (pid == 0) {
        carom_status_t claimed = carom_plat_shared_claim(member.shared, 9, &member.area->marks[9]);
        carom_status_t real = carom_plat_shared_commit(member.shared, AREA_SIZE, STEP);

        member.area->text[0] = 'f';
        if (claimed != CAROM_EFORKED || real != CAROM_EFORKED)
            _exit(1);
        _exit(carom_plat_shared_is_alive(member.shared, 1, &member.area->marks[1]) ? 0 : 2);
    }
    CAROM_ASSERT_INT(waitpid(pid, &status, 0), pid);
    CAROM_ASSERT_INT(status, 0);
    CAROM_ASSERT_INT(member.area->text[0], 'f');
    CAROM_ASSERT(!carom_plat_shared_is_alive(member.shared, 9, &member.area->marks[9]));
    CAROM_ASSERT(carom_plat_shared_is_alive(member.shared, 1, &member.area->marks[1]));
    area_close();
}

/* A forked child that lives on does not keep its parent's claim alive. */
CAROM_TEST_ONCE(memory, a_fork_outlives_the_claimer)
{
    carom_plat_child_t *child;
    pid_t sleeper;

    area_open();
    child = launch_peer("fork", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT(carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    sleeper = (pid_t) atomic_load(&member.area->moment);
    kill_peer(&child);
    CAROM_ASSERT_INT(kill(sleeper, 0), 0);
    CAROM_ASSERT(!carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    kill(sleeper, SIGKILL);
    while (waitpid(sleeper, NULL, 0) < 0 && errno == EINTR)
        ;
    area_close();
}

/* An owner that was stopped is not dead. */
CAROM_TEST_ONCE(memory, a_stopped_owner)
{
    carom_plat_party_t party;
    carom_plat_child_t *child;
    pid_t pid;

    area_open();
    party = member_party(0);
    child = launch_peer("hold", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    pid = (pid_t) carom_plat_child_pid(child);
    CAROM_ASSERT_INT(kill(pid, SIGSTOP), 0);
    CAROM_ASSERT_STATUS(carom_plat_lock_enter(&member.area->lock, &party, carom_plat_now() + 300000), CAROM_ETIMEOUT);
    CAROM_ASSERT(carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    CAROM_ASSERT_INT(kill(pid, SIGCONT), 0);
    kill_peer(&child);
    CAROM_ASSERT_STATUS(carom_plat_lock_enter(&member.area->lock, &party, carom_plat_now() + SOON), CAROM_EOWNERDEAD);
    carom_plat_lock_leave(&member.area->lock, &party);
    area_close();
}

/* Who has no descriptor left to ask with takes nobody for dead. */
CAROM_TEST_ONCE(memory, alive_without_descriptors)
{
    struct rlimit before, none;
    carom_plat_child_t *child;
    int alive;

    area_open();
    child = launch_peer("stay", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT_INT(getrlimit(RLIMIT_NOFILE, &before), 0);
    none = before;
    none.rlim_cur = 3;
    CAROM_ASSERT_INT(setrlimit(RLIMIT_NOFILE, &none), 0);
    alive = carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]);
    CAROM_ASSERT_INT(setrlimit(RLIMIT_NOFILE, &before), 0);
    CAROM_ASSERT(alive);
    kill_peer(&child);
    CAROM_ASSERT(!carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    area_close();
}

/* Which leaves a zombie of it, while others go on. */
CAROM_TEST_ONCE(memory, alive_without_its_first_thread)
{
    carom_plat_child_t *child;

    area_open();
    child = launch_peer("stay-on", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT(carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    kill_peer(&child);
    CAROM_ASSERT(!carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]));
    area_close();
}

static void *kills(void *child)
{
    kill_peer(child);
    return NULL;
}

/* Whoever asks while the system does away with a process hears of its death once and for all. */
CAROM_TEST_WITH(memory, the_dead_stay_dead, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    carom_plat_child_t *child;
    pthread_t killer;
    int round, back = 0, i;
    int64_t latest;

    area_open();
    for (round = 0; round < 100; round++) {
        atomic_store(&member.area->ready, 0);
        child = launch_peer("stay", 2);
        CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
        CAROM_ASSERT_INT(pthread_create(&killer, NULL, kills, &child), 0);
        latest = carom_plat_now() + SOON;
        while (carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]))
            CAROM_ASSERT(carom_plat_now() < latest);
        for (i = 0; i < 100; i++)
            back += carom_plat_shared_is_alive(member.shared, 2, &member.area->marks[2]);
        CAROM_ASSERT_INT(pthread_join(killer, NULL), 0);
    }
    CAROM_ASSERT_INT(back, 0);
    area_close();
}

/* With the standard streams closed, the descriptor is none of their numbers, nor one that a launch must move. */
CAROM_TEST_ONCE(memory, without_standard_streams)
{
    carom_plat_child_t *child;
    int copies[3], i;

    /* Skips where there is no area. */
    area_open();
    area_close();
    for (i = 0; i < 3; i++)
        copies[i] = fcntl(i, F_DUPFD_CLOEXEC, 20);
    for (i = 0; i < 3; i++)
        close(i);
    area_open();
    child = launch_peer("launch", 2);
    for (i = 0; i < 3; i++) {
        CAROM_CHECK(fcntl(i, F_GETFD) < 0);
        dup2(copies[i], i);
        close(copies[i]);
    }
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    atomic_store(&member.area->go, 1);
    join_peer(&child);
    area_close();
}

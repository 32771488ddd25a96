/* Planted faults that only Unix can have: what a body leaves in the whole system, and in what its process has one of.  Run by
 * tests/fault/test_leaks.c, which says by two variables of the environment where cases meet and how a thing is to be called. */

#include <carom-harness.h>

#include <dirent.h>
#include <fcntl.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define EVERYTHING (~0u)

/* ---- in the whole system ---- */

static void leave_segment(const char *name)
{
    int file = shm_open(name, O_RDWR | O_CREAT, 0600);

    CAROM_ASSERT(file >= 0);
    CAROM_ASSERT_INT(ftruncate(file, 4096), 0);
    close(file);
}

/* Another one for each process. */
static void leave_own_segment(void)
{
    char name[100];

    snprintf(name, sizeof(name), "/carom-fault-%d", (int) getpid());
    leave_segment(name);
}

CAROM_TEST_ONCE(fault, leaks_segment)
{
    leave_own_segment();
}

CAROM_TEST_ONCE(fault, leaks_segment_of_system_v)
{
    CAROM_ASSERT(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600) >= 0);
}

CAROM_TEST_ONCE(fault, leaks_semaphore)
{
    char name[100];
    sem_t *made;

    snprintf(name, sizeof(name), "/carom-fault-%d", (int) getpid());
    made = sem_open(name, O_CREAT | O_EXCL, 0600, 1);
    CAROM_ASSERT(made != SEM_FAILED);
    sem_close(made);
}

CAROM_TEST_ONCE(fault, leaks_semaphore_of_system_v)
{
    CAROM_ASSERT(semget(IPC_PRIVATE, 3, IPC_CREAT | 0600) >= 0);
}

CAROM_TEST_ONCE(fault, leaks_queue)
{
    CAROM_ASSERT(msgget(IPC_PRIVATE, IPC_CREAT | 0600) >= 0);
}

/* All that it makes it takes away again. */
CAROM_TEST_ONCE(fault, leaks_no_segment)
{
    char name[100];
    int segment = shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600);

    snprintf(name, sizeof(name), "/carom-fault-%d", (int) getpid());
    leave_segment(name);
    CAROM_ASSERT_INT(shm_unlink(name), 0);
    CAROM_ASSERT_INT(shmctl(segment, IPC_RMID, NULL), 0);
}

/* It dies before the gate could look. */
CAROM_TEST_WITH(fault, crash_leaks_segment, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_CRASH)
{
    leave_own_segment();
    abort();
}

/* A name more for what another program has made and holds. */
CAROM_TEST_ONCE(fault, names_what_others_hold)
{
    char path[200], other[220];

    snprintf(path, sizeof(path), "/dev/shm%s", getenv("CAROM_FAULT_NAME"));
    snprintf(other, sizeof(other), "%s-%d", path, (int) getpid());
    CAROM_ASSERT_INT(link(path, other), 0);
}

CAROM_TEST_ONCE(fault, leaks_socket)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int made = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    snprintf(address.sun_path, sizeof(address.sun_path), "%s/here", test->directory);
    CAROM_ASSERT_INT(bind(made, (struct sockaddr *) &address, sizeof(address)), 0);
    close(made);
}

/* Nobody's child, in a session of its own. */
static void leave_daemon(void)
{
    pid_t pid = fork();

    CAROM_ASSERT(pid >= 0);
    if (pid == 0) {
        setsid();
        if (fork() != 0)
            _exit(0);
        for (;;)
            pause();
    }
    CAROM_ASSERT(waitpid(pid, NULL, 0) == pid);
}

CAROM_TEST_ONCE(fault, leaks_daemon)
{
    leave_daemon();
}

/* ---- what a process has one of ---- */

static void on_signal(int number)
{
    (void) number;
}

CAROM_TEST_ONCE(fault, leaks_handler)
{
    CAROM_ASSERT(signal(SIGUSR1, on_signal) != SIG_ERR);
}

CAROM_TEST_ONCE(fault, leaks_ignored_signal)
{
    CAROM_ASSERT(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
}

CAROM_TEST_ONCE(fault, leaks_default_of_a_signal)
{
    CAROM_ASSERT(signal(SIGUSR1, SIG_DFL) != SIG_ERR);
}

static void block_signals(void)
{
    sigset_t blocked;

    sigemptyset(&blocked);
    sigaddset(&blocked, SIGUSR1);
    sigaddset(&blocked, SIGUSR2);
    CAROM_ASSERT_INT(sigprocmask(SIG_BLOCK, &blocked, NULL), 0);
}

CAROM_TEST_ONCE(fault, leaks_mask)
{
    block_signals();
}

CAROM_TEST_ONCE(fault, leaks_timer)
{
    alarm(1000);
}

CAROM_TEST_ONCE(fault, leaks_umask)
{
    umask(0031);
}

CAROM_TEST_WITH(fault, may_leave_anything, .modes = CAROM_TEST_ONCE_ONLY, .leaves = EVERYTHING)
{
    leave_segment(getenv("CAROM_FAULT_NAME"));
    leave_daemon();
    signal(SIGUSR1, on_signal);
    block_signals();
    alarm(1000);
    umask(0031);
}

/* ---- several cases at a time ---- */

static void sign_in(const char *name)
{
    char path[1000];
    int file;

    snprintf(path, sizeof(path), "%s/%s", getenv("CAROM_FAULT_MEETING"), name);
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    CAROM_ASSERT(file >= 0);
    close(file);
}

static int count_signed(void)
{
    DIR *folder = opendir(getenv("CAROM_FAULT_MEETING"));
    int count = -2;

    CAROM_ASSERT(folder != NULL);
    while (readdir(folder) != NULL)
        count++;
    closedir(folder);
    return count;
}

static void wait_for(int signed_in)
{
    const struct timespec moment = {0, 1000000};
    carom_duration_t until = carom_now() + carom_seconds(20);

    while (count_signed() < signed_in && carom_now() < until)
        nanosleep(&moment, NULL);
    CAROM_ASSERT(count_signed() >= signed_in);
}

#define CASES 4

/* Returns when four cases are here at the same time. */
static void meet(void)
{
    char name[30];

    snprintf(name, sizeof(name), "%d", (int) getpid());
    sign_in(name);
    wait_for(CASES);
}

/* Stays until the one that leaves a thing has done so. */
CAROM_TEST_WITH(fault, meets, .modes = CAROM_TEST_ALL_MODES)
{
    meet();
    wait_for(CASES + 1);
}

CAROM_TEST_ONCE(fault, meets_and_leaks_segment)
{
    meet();
    leave_own_segment();
    sign_in("left");
}

/* When it runs again there is nothing left to be made. */
CAROM_TEST_ONCE(fault, meets_and_leaks_segment_once)
{
    meet();
    leave_segment(getenv("CAROM_FAULT_NAME"));
    sign_in("left");
}

CAROM_TEST_ONCE(fault, meets_and_leaks_daemon)
{
    meet();
    leave_daemon();
    sign_in("left");
}

CAROM_TEST_ONCE(fault, meets_and_leaks_umask)
{
    meet();
    umask(0031);
    sign_in("left");
}

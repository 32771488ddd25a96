/* Claims where the shared file cannot be locked: the number of the process and the time of its birth, which no later process
 * of the same number has.
 *
 * Both are in one word of the mark, so that one exchange decides between two that claim at once.  Where the system does not
 * tell the time of birth, a later process of the same number is taken for the claimer, and so is a zombie. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Of Linux's /proc/PID/task/PID/stat, counted from 1. */
#define STATE_FIELD 3
#define THREADS_FIELD 20
#define BIRTH_FIELD 22

/* ESRCH is for one that goes while it is looked up or read. */
static int there_is_none(int error)
{
    return error == ESRCH || error == ENOENT;
}

/* Of its first thread, which is as old as the process: what the process says of itself qemu-user makes up.  0 or an errno;
 * ENOENT: there is no such process, or nothing that tells of any. */
static int read_stat(char *text, size_t size, pid_t pid)
{
    char path[64];
    ssize_t n;
    int fd, error;

    snprintf(path, sizeof path, "/proc/%ld/task/%ld/stat", (long) pid, (long) pid);
    fd = carom__fd_open(path, O_RDONLY);
    if (fd < 0)
        return there_is_none(errno) ? ENOENT : errno;
    do
        n = read(fd, text, size - 1);
    while (n < 0 && errno == EINTR);
    error = n < 0 ? errno : 0;
    text[n < 0 ? 0 : n] = '\0';
    close(fd);
    return there_is_none(error) ? ENOENT : error;
}

/* Or 0.  `at` is where the state stands. */
static uint64_t number_in(const char *at, int field)
{
    int i;

    for (i = STATE_FIELD; at != NULL && i < field; i++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

/* The time of birth in Linux's ticks; 0: it is dead.  A first thread that has ended is a zombie while others go on. */
static uint64_t birth_in(const char *stat)
{
    const char *at = strrchr(stat, ')');     /* the name before it may contain anything */

    if (at == NULL || at[1] != ' ' || at[2] == 'X')
        return 0;
    at += 2;
    return *at == 'Z' && number_in(at, THREADS_FIELD) <= 1 ? 0 : number_in(at, BIRTH_FIELD);
}

/* Without a time of birth where the system does not tell it. */
int carom__pid_identity(uint64_t *identity, pid_t pid)
{
    char stat[1024];
    int error = read_stat(stat, sizeof stat, pid);

    *identity = (uint32_t) pid;
    if (error == 0)
        *identity |= birth_in(stat) << 32;
    return error;
}

static uint64_t space_at(const char *path)
{
    struct stat about;

    return stat(path, &about) == 0 ? (uint32_t) about.st_ino : 0;
}

/* Of this thread: what /proc/self says goes with the first one. */
uint64_t carom__pid_space(void)
{
    return space_at("/proc/thread-self/ns/pid") << 32 | space_at("/proc/thread-self/ns/time");
}

/* Who cannot be asked about, as by a process that has no descriptor left, must not be taken for dead; nor who is hidden in
 * /proc, or all of that is. */
int carom__pid_lives(uint64_t identity)
{
    pid_t pid = (pid_t) (uint32_t) identity;
    uint64_t now;
    int error;

    if (identity == 0 || (kill(pid, 0) != 0 && errno == ESRCH))
        return 0;
    if (identity >> 32 == 0)
        return 1;
    error = carom__pid_identity(&now, pid);
    if (error == 0)
        return now == identity;
    return error != ENOENT || kill(pid, 0) == 0 || errno != ESRCH;
}

/* One that is dead already has none, and must not be taken for one that cannot be asked about: that it was born in the first
 * tick nobody else's is. */
uint64_t carom_plat_child_identity(uint64_t *space, const carom_plat_child_t *child)
{
    uint64_t identity;

    *space = carom__pid_space();
    if (carom__pid_identity(&identity, child->pid) == 0 && identity >> 32 == 0)
        identity |= (uint64_t) 1 << 32;
    return identity;
}

int carom_plat_identity_lives(uint64_t identity, uint64_t space)
{
    return space != carom__pid_space() || carom__pid_lives(identity);
}

carom_status_t carom__claim_by_pid(carom_plat_mark_t *mark)
{
    uint64_t before = atomic_load(&mark->stamp), us;
    int error = carom__pid_identity(&us, getpid());

    if (error != 0 && error != ENOENT)
        return carom_plat_status(error);
    if (carom__pid_lives(before) || !atomic_compare_exchange_strong(&mark->stamp, &before, us))
        return CAROM_EBUSY;
    atomic_store(&mark->pid, (uint64_t) getpid());
    return CAROM_OK;
}

int carom__is_alive_by_pid(const carom_plat_mark_t *mark)
{
    return carom__pid_lives(atomic_load(&mark->stamp));
}

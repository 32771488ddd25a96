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
#include <unistd.h>

#define BIRTH_FIELD 22                /* of Linux's /proc/PID/stat, counted from 1; the state is the third */
#define STATE_FIELD 3

/* The bytes read, -1 when there is no such process, or nothing that tells of any. */
static ssize_t read_stat(char *text, size_t size, const char *process)
{
    char path[64];
    ssize_t n;
    int fd;

    snprintf(path, sizeof path, "/proc/%s/stat", process);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    n = read(fd, text, size - 1);
    text[n < 0 ? 0 : n] = '\0';
    close(fd);
    return n;
}

/* The time of birth in Linux's ticks; 0: it is dead, or there is no such process. */
static uint64_t birth_in(const char *stat)
{
    const char *at = strrchr(stat, ')');     /* the name before it may contain anything */
    int field;

    if (at == NULL || at[1] != ' ' || at[2] == 'Z' || at[2] == 'X')
        return 0;
    at += 2;
    for (field = STATE_FIELD; at != NULL && field < BIRTH_FIELD; field++) {
        at = strchr(at, ' ');
        at = at ? at + 1 : NULL;
    }
    return at ? strtoull(at, NULL, 10) : 0;
}

static uint64_t identity_of(pid_t pid)
{
    char stat[1024], number[32];
    uint64_t birth;

    snprintf(number, sizeof number, "%ld", (long) pid);
    if (read_stat(stat, sizeof stat, number) > 0) {
        birth = birth_in(stat);
        return birth ? birth << 32 | (uint32_t) pid : 0;
    }
    if (read_stat(stat, sizeof stat, "self") > 0)
        return 0;
    return kill(pid, 0) == 0 || errno == EPERM ? (uint32_t) pid : 0;
}

static int lives(uint64_t identity)
{
    return identity != 0 && identity_of((pid_t) (uint32_t) identity) == identity;
}

carom_status_t carom__claim_by_pid(carom_plat_mark_t *mark)
{
    uint64_t before = atomic_load(&mark->stamp), us = identity_of(getpid());

    if (us == 0)
        return CAROM_ENOTSUP;
    if (lives(before) || !atomic_compare_exchange_strong(&mark->stamp, &before, us))
        return CAROM_EBUSY;
    atomic_store(&mark->pid, (uint64_t) getpid());
    return CAROM_OK;
}

int carom__is_alive_by_pid(const carom_plat_mark_t *mark)
{
    return lives(atomic_load(&mark->stamp));
}

/* Claims as locks of fcntl() on bytes of the shared file, one a number: the system takes them back at the end of their process,
 * however it comes, before anybody has collected it.  To ask costs 0.4 µs.
 *
 * Not the newer locks of open files (F_OFD_SETLK): a launched child would share its parent's.  A process does not see its own
 * locks, so it keeps its claims in a bitmap as well. */

#include "platform/unix/unix.h"

#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

static struct flock range_of(unsigned number)
{
    struct flock range = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = (off_t) number, .l_len = 1};

    return range;
}

/* 0 or an errno. */
static int ask(int fd, int command, struct flock *range)
{
    int result;

    do
        result = fcntl(fd, command, range);
    while (result != 0 && errno == EINTR);
    return result == 0 ? 0 : errno;
}

/* Some systems lock files on disks only. */
int carom__claim_locks_work(int fd)
{
    struct flock range = range_of(CLAIMS);

    return HAVE_FILE_LOCKS && ask(fd, F_GETLK, &range) == 0;
}

static _Atomic uint64_t *word_of(carom_plat_shared_t *shared, unsigned number)
{
    return &shared->claimed[number / 64];
}

static uint64_t bit_of(unsigned number)
{
    return (uint64_t) 1 << (number % 64);
}

carom_status_t carom__claim_by_lock(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark)
{
    struct flock range = range_of(number);
    int error;

    if (atomic_fetch_or(word_of(shared, number), bit_of(number)) & bit_of(number))
        return CAROM_EBUSY;
    error = ask(shared->fd, F_SETLK, &range);
    if (error == 0) {
        atomic_store(&mark->pid, (uint64_t) getpid());
        return CAROM_OK;
    }
    atomic_fetch_and(word_of(shared, number), ~bit_of(number));
    if (error == EACCES || error == EAGAIN)
        return CAROM_EBUSY;
    return error == ENOLCK ? CAROM_ENOMEM : carom_plat_status(error);
}

int carom__is_alive_by_lock(carom_plat_shared_t *shared, unsigned number)
{
    struct flock range = range_of(number);

    if (atomic_load(word_of(shared, number)) & bit_of(number))
        return 1;
    /* Who cannot be asked about must not be taken for dead. */
    return ask(shared->fd, F_GETLK, &range) != 0 || range.l_type != F_UNLCK;
}

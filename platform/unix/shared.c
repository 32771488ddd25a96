/* Memory shared by the processes of a tree: a file in memory that has no name, grown as ranges of it are made real.
 *
 * Not APR's: apr_shm_create has one size, real or not, and its anonymous kind reaches forked children only.
 *
 * The file has one descriptor in each process, numbered CHILD_FIRST_FREE or above from before the first claim: claims are
 * locks of fcntl() (claim_lock.c), and those are gone as soon as their process closes any descriptor of the file.  So nobody
 * here may duplicate it and close the duplicate; a launch duplicates it in the child alone.
 *
 * The file is as long as what was made real, not as the object: a limit on the sizes of files (RLIMIT_FSIZE) refuses a range
 * then, and not the whole. */

#include "platform/fault.h"
#include "platform/unix/unix.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* Processes change the same words, which no lock of a library makes one step for all of them. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "no exchanges of 64 bits: configure with --disable-native");

/* A signal makes the system give back what a call has reserved so far: in pieces, each of which is done in less than a
 * millisecond, a host with a profiler's timer comes to an end. */
#define PIECE ((size_t) 1 << 20)

/* Owns the descriptor, also when it fails: 0 or an errno. */
static int move_up(int *fd)
{
    int copy, error = 0;

    if (*fd < CHILD_FIRST_FREE) {
        error = carom__fd_copy(*fd, CHILD_FIRST_FREE, &copy);
        close(*fd);
        *fd = copy;
    }
    if (!error)
        carom__fd_guard(*fd);
    return error;
}

carom_status_t carom__shared_of(carom_plat_shared_t **shared, int fd)
{
    carom_plat_shared_t *self = calloc(1, sizeof *self);
    int error;

    *shared = NULL;
    if (self == NULL) {
        close(fd);
        return CAROM_ENOMEM;
    }
    error = move_up(&fd);
    if (error) {
        free(self);
        return carom_plat_status(error);
    }
    self->fd = fd;
    self->forks = carom_plat_fork_count();
    self->has_locks = carom__claim_locks_work(fd);
    *shared = self;
    return CAROM_OK;
}

static int is_too_long(uint64_t size)
{
    return (off_t) size < 0 || (uint64_t) (off_t) size != size;
}

carom_status_t carom_plat_shared_create(carom_plat_shared_t **shared, uint64_t size)
{
    int fd, error = is_too_long(size) ? ENOMEM : carom__shared_file(&fd);

    *shared = NULL;
    if (!error && carom__fault_status("shared.create")) {
        close(fd);
        error = ENOMEM;
    }
    return error ? carom_plat_status(error) : carom__shared_of(shared, fd);
}

/* The descriptor of a forked child was closed there by the guard, and its number may be another file's by now. */
static int is_parents(const carom_plat_shared_t *shared)
{
    return shared->forks != carom_plat_fork_count();
}

static int reserve(int fd, uint64_t offset, uint64_t length)
{
    int error = 0;
    size_t piece;

    for (; length > 0 && !error; offset += piece, length -= piece) {
        piece = length < PIECE ? (size_t) length : PIECE;
        do
            error = carom__shared_reserve(fd, offset, piece);
        while (error == EINTR);
    }
    return error;
}

carom_status_t carom__shared_make_real(int fd, uint64_t offset, uint64_t length)
{
    carom__hushed_t hushed;
    int error;

    /* A file over the limit of this process is told of by a signal, too, that would end the host. */
    carom__signal_hush(&hushed, SIGXFSZ);
    error = reserve(fd, offset, length);
    carom__signal_unhush(&hushed, error == EFBIG);
    return error == EFBIG || error == EDQUOT ? CAROM_ENOMEM : carom_plat_status(error);
}

carom_status_t carom_plat_shared_commit(carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    int error = carom__fault_status("shared.commit");

    if (is_parents(shared))
        return CAROM_EFORKED;
    return error ? carom_plat_status(error) : carom__shared_make_real(shared->fd, offset, length);
}

carom_status_t carom_plat_shared_map(void **at, carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    void *mapped;

    *at = NULL;
    if (is_parents(shared))
        return CAROM_EFORKED;
    if (carom__fault_status("shared.map"))
        return CAROM_ENOMEM;
    mapped = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, shared->fd, (off_t) offset);
    *at = mapped == MAP_FAILED ? NULL : mapped;
    if (*at != NULL)
        return CAROM_OK;
    /* The other name of it: more locked memory than this process may have. */
    return errno == EAGAIN ? CAROM_ENOMEM : carom_plat_status(errno);
}

void carom_plat_shared_unmap(void *at, size_t length)
{
    if (at != NULL)
        munmap(at, length);
}

void carom_plat_shared_close(carom_plat_shared_t **shared)
{
    carom_plat_shared_t *self = *shared;

    if (self == NULL)
        return;
    *shared = NULL;
    if (!is_parents(self))
        carom__fd_close(&self->fd);
    free(self);
}

carom_status_t carom_plat_shared_claim(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark)
{
    if (is_parents(shared))
        return CAROM_EFORKED;
    return shared->has_locks ? carom__claim_by_lock(shared, number, mark) : carom__claim_by_pid(mark);
}

int carom_plat_shared_is_alive(carom_plat_shared_t *shared, unsigned number, const carom_plat_mark_t *mark)
{
    /* Who cannot ask must take nobody for dead. */
    if (is_parents(shared))
        return 1;
    return shared->has_locks ? carom__is_alive_by_lock(shared, number) : carom__is_alive_by_pid(mark);
}

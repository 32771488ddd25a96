/* Memory with a name, by POSIX, which is what CPython uses here too.
 *
 * Not APR's: apr_shm_create hashes the names of what it opens by shm_open, so that nobody else finds it, and makes nothing
 * real.
 *
 * What is half made has a mode that nobody else gives to such memory, and gets its own in the last step.  So nobody attaches it
 * too early, and if its maker is killed it is known for what it is. */

#include "platform/fault.h"
#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define HALF_MADE 0400
#define STAT_BLOCK 512                /* the unit of st_blocks */
#define PATIENCE 5000000              /* for others that change the list of names, µs */
#define LEASE 100                     /* for who has a lease on a file, ms */

const char *carom_plat_named_prefix(void)
{
    return "psm_";
}

int carom__named_is_half_made(const struct stat *file)
{
    return (file->st_mode & 0777) == HALF_MADE;
}

/* Not every system takes the flag, nor needs it. */
static int open_at_once(const char *path, int flags, unsigned mode)
{
    int fd = shm_open(path, flags | O_NONBLOCK, (mode_t) mode);

    return fd < 0 && errno == EINVAL ? shm_open(path, flags, (mode_t) mode) : fd;
}

/* Anybody can put anything where such memory is: nobody waits for the other end of a pipe here, nor for long until a lease is
 * given back. */
int carom__named_open(int *fd, const char *name, int flags, unsigned mode)
{
    char path[CAROM_PLAT_NAME + 1];
    int looks = LEASE;

    snprintf(path, sizeof path, "/%s", name);
    while ((*fd = open_at_once(path, flags, mode)) < 0 && (errno == EINTR || (errno == EAGAIN && looks-- > 0)))
        if (errno == EAGAIN)
            poll(NULL, 0, 1);
    if (*fd < 0)
        return errno == EAGAIN ? EACCES : errno;
    *fd = carom__fd_guard(*fd);
    return 0;
}

int carom__named_unlink(const char *name)
{
    char path[CAROM_PLAT_NAME + 1];

    snprintf(path, sizeof path, "/%s", name);
    return shm_unlink(path) == 0 ? 0 : errno;
}

void carom__named_id(uint64_t id[2], const struct stat *file)
{
    id[0] = (uint64_t) file->st_dev;
    id[1] = (uint64_t) file->st_ino;
}

int carom__named_is(const char *name, const uint64_t id[2])
{
    struct stat file;
    uint64_t is[2];
    int fd, error = carom__named_open(&fd, name, O_RDONLY, 0);

    if (error)
        return error;
    error = fstat(fd, &file) != 0 ? errno : 0;
    carom__fd_close(&fd);
    if (error)
        return error;
    carom__named_id(is, &file);
    return is[0] == id[0] && is[1] == id[1] ? 0 : ENOENT;
}

/* A name that this system does not take is no name. */
static carom_status_t status_of(int error)
{
    return error == ENAMETOOLONG ? CAROM_EINVAL : carom_plat_status(error);
}

static carom_status_t map(carom_plat_named_t *named, int fd, uint64_t size)
{
    void *at;

    if (size > SIZE_MAX)
        return CAROM_ENOMEM;
    at = mmap(NULL, (size_t) size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (at == MAP_FAILED)
        return errno == EAGAIN ? CAROM_ENOMEM : carom_plat_status(errno);
    named->at = at;
    named->size = size;
    return CAROM_OK;
}

/* Bytes that are to be made real.  What can never fit is refused before it has taken all that others need. */
static carom_status_t make_real(int fd, uint64_t size, uint64_t missing)
{
    struct statvfs about;

    if (fstatvfs(fd, &about) == 0 && about.f_blocks > 0 && missing / about.f_frsize > about.f_bavail)
        return CAROM_ENOMEM;
    return carom__shared_make_real(fd, 0, size);
}

/* ---- making ---- */

/* The file, empty, which the list of names knows by then, if there is one: under its lock. */
static carom_status_t begin(carom_plat_named_t *named, int *fd, int list, int64_t owner)
{
    struct stat file;
    int64_t at = 0;
    int error = list < 0 ? 0 : carom__names_enter(&at, list, named->name, owner);

    if (error)
        return status_of(error);
    carom__fault("named.entered");
    error = carom__named_open(fd, named->name, O_RDWR | O_CREAT | O_EXCL, HALF_MADE);
    carom__fault("named.opened");
    if (!error && fstat(*fd, &file) != 0)
        error = errno;
    if (!error) {
        carom__named_id(named->id, &file);
        if (list >= 0)
            error = carom__names_note(list, at, named->id);
    }
    carom__fault("named.noted");
    if (error && *fd >= 0)
        carom__named_unlink(named->name);
    if (error && list >= 0)
        carom__names_erase(list, at);
    return status_of(error);
}

/* The bytes; the last step lets others see them. */
static carom_status_t complete(carom_plat_named_t *named, int fd, uint64_t size, unsigned mode)
{
    carom_status_t status = make_real(fd, size, size);

    carom__fault("named.real");
    if (status == CAROM_OK)
        status = map(named, fd, size);
    if (status == CAROM_OK && fchmod(fd, (mode_t) mode) != 0)
        status = carom_plat_status(errno);
    carom__fault("named.complete");
    return status;
}

/* What has come to nothing goes; what nobody owns needs no entry any more.  Without the list the entry stays, and does no
 * harm. */
static void leave_list(const carom_plat_named_t *named, int goes)
{
    int list;
    carom_status_t status = carom__names_open(&list, 0, carom_plat_now() + PATIENCE);

    /* Who has no descriptor to look by takes it for his own, which it was a moment ago. */
    if (goes && carom__named_is(named->name, named->id) != ENOENT)
        carom__named_unlink(named->name);
    if (status != CAROM_OK)
        return;
    carom__names_strike(list, named->id);
    carom__names_close(&list);
}

static carom_status_t make(carom_plat_named_t *named, uint64_t size, unsigned mode, int64_t owner)
{
    int list, fd = -1;
    carom_status_t status = carom__names_open(&list, 1, carom_plat_now() + PATIENCE);

    /* What has no owner can do without. */
    if (status != CAROM_OK && (owner != 0 || (status != CAROM_EACCESS && status != CAROM_ENOTSUP)))
        return status;
    if (list >= 0)
        carom__names_sweep(list, 0);
    status = begin(named, &fd, list, owner);
    carom__names_close(&list);
    if (status == CAROM_OK) {
        status = complete(named, fd, size, mode);
        if (status != CAROM_OK || owner == 0)
            leave_list(named, status != CAROM_OK);
    }
    carom__fd_close(&fd);
    return status;
}

static int is_too_long(uint64_t size)
{
    return size > SIZE_MAX || (off_t) size < 0 || (uint64_t) (off_t) size != size;
}

carom_status_t carom_plat_named_create(carom_plat_named_t *named, const char *name, uint64_t size, unsigned mode,
                                       int64_t owner)
{
    carom_status_t status;

    memset(named, 0, sizeof *named);
    if (is_too_long(size))
        return CAROM_ENOMEM;
    snprintf(named->name, sizeof named->name, "%s", name);
    status = make(named, size, mode, owner);
    if (status != CAROM_OK)
        carom_plat_named_close(named);
    return status;
}

/* ---- attaching ---- */

/* What its maker has not finished is not there yet; such a file refuses even him. */
static int open_to_attach(int *fd, const char *name, struct stat *file)
{
    int reader, error = carom__named_open(fd, name, O_RDWR, 0);

    if (error == EACCES && carom__named_open(&reader, name, O_RDONLY, 0) == 0) {
        if (fstat(reader, file) == 0 && carom__named_is_half_made(file))
            error = ENOENT;
        carom__fd_close(&reader);
    }
    if (error)
        return error;
    if (fstat(*fd, file) != 0)
        return errno;
    return carom__named_is_half_made(file) ? ENOENT : 0;
}

static carom_status_t attach(carom_plat_named_t *named, int *fd)
{
    struct stat file;
    int error = open_to_attach(fd, named->name, &file);
    uint64_t size, real;

    if (error)
        return status_of(error);
    size = (uint64_t) file.st_size;
    real = (uint64_t) file.st_blocks * STAT_BLOCK;
    if (file.st_size <= 0)
        return CAROM_EBADMSG;
    /* Whoever only set its length would have us killed when we touch it on a full machine. */
    if (make_real(*fd, size, real < size ? size - real : 0) == CAROM_ENOMEM)
        return CAROM_ENOMEM;
    carom__named_id(named->id, &file);
    return map(named, *fd, size);
}

carom_status_t carom_plat_named_attach(carom_plat_named_t *named, const char *name)
{
    carom_status_t status;
    int fd = -1;

    memset(named, 0, sizeof *named);
    carom_plat_named_reclaim();
    snprintf(named->name, sizeof named->name, "%s", name);
    status = attach(named, &fd);
    carom__fd_close(&fd);
    if (status != CAROM_OK)
        carom_plat_named_close(named);
    return status;
}

/* ---- the end ---- */

carom_status_t carom_plat_named_unlink(const carom_plat_named_t *named)
{
    int list, error;
    carom_status_t status = carom__names_open(&list, 0, carom_plat_now() + PATIENCE);

    if (status == CAROM_ETIMEOUT || status == CAROM_EMFILE)
        return status;
    error = carom__named_is(named->name, named->id);
    if (!error)
        error = carom__named_unlink(named->name);
    carom__fault("named.unlinked");
    if (list >= 0 && (error == 0 || error == ENOENT))
        carom__names_strike(list, named->id);
    carom__names_close(&list);
    return status_of(error);
}

void carom_plat_named_close(carom_plat_named_t *named)
{
    if (named->at != NULL)
        munmap(named->at, (size_t) named->size);
    memset(named, 0, sizeof *named);
}

/* The list of the names that end with their owners: one file of shared memory a user, "carom-UID-names", which is there while
 * it has entries.
 *
 * An owner is known by its pid, its time of birth, and the space of pids it is in: what a child in a tree can say of the root,
 * which may sleep in a call of the host's and lock nothing on the child's behalf.  So there is no lock whose end would tell of
 * the owner's; there is one, of the whole list, that whoever works on it holds and that goes with him.
 *
 * The steps of making (named.c), all under that lock but the last: the entry is written, the file is made, the entry learns
 * which file it is, the file is filled.  Killed anywhere there, the next that comes by finds an entry whose maker is dead, and
 * either that very file, or a file half made of which the entry does not know yet, or none.  Any other file of that name is
 * somebody else's. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAP 1                         /* between looks whether the list is free, ms */
#define HASTE 10000                   /* for the list, of who only comes by: others work on it for moments, µs */

/* Of a size by which none lies across two pages, so that each is written or not. */
typedef struct entry_t {
    uint64_t check;                   /* of the next four; an entry without it is none */
    uint64_t owner;                   /* pid and birth; 0: nobody */
    uint64_t maker;                   /* the same of who makes it, until it is complete */
    uint64_t space;                   /* of both pids */
    char name[CAROM_PLAT_NAME + 2];
    uint64_t id[2];                   /* of the memory; 0 and 0: there was none yet */
    uint64_t reserved[26];
} entry_t;

_Static_assert(sizeof(entry_t) == 512, "an entry lies in one page");

/* Whether this process ever had to do with names: if not, its end has none to care for. */
static atomic_int is_used;

/* ---- entries ---- */

/* Word for word: for lists of a thousand names. */
static uint64_t check_of(const entry_t *entry)
{
    uint64_t words[(offsetof(entry_t, id) - offsetof(entry_t, owner)) / sizeof(uint64_t)], hash = UINT64_C(0xcbf29ce484222325);
    size_t i;

    memcpy(words, &entry->owner, sizeof words);
    for (i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = (hash ^ words[i] ^ hash >> 32) * UINT64_C(0x100000001b3);
    return hash | 1;
}

/* A walk through the list.  What lies behind it may be changed meanwhile. */
#define BLOCK 16

typedef struct walk_t {
    int list;
    int64_t at;                       /* of the entry that was given last */
    size_t next, count;               /* in the block */
    entry_t block[BLOCK];
} walk_t;

static void begin_walk(walk_t *walk, int list)
{
    walk->list = list;
    walk->at = -(int64_t) sizeof walk->block[0];
    walk->next = walk->count = 0;
}

static int read_block(walk_t *walk)
{
    off_t from = (off_t) (walk->at + (int64_t) sizeof walk->block[0]);
    ssize_t n;

    do
        n = pread(walk->list, walk->block, sizeof walk->block, from);
    while (n < 0 && errno == EINTR);
    walk->next = 0;
    walk->count = n > 0 ? (size_t) n / sizeof walk->block[0] : 0;
    return walk->count > 0;
}

static int is_entry(const entry_t *entry)
{
    return entry->check != 0 && entry->check == check_of(entry) && memchr(entry->name, '\0', sizeof entry->name);
}

/* NULL at the end. */
static entry_t *next_entry(walk_t *walk)
{
    entry_t *entry;

    do {
        if (walk->next == walk->count && !read_block(walk))
            return NULL;
        entry = &walk->block[walk->next++];
        walk->at += (int64_t) sizeof *entry;
    } while (!is_entry(entry));
    return entry;
}

static int is_empty(int list)
{
    walk_t walk;

    begin_walk(&walk, list);
    return next_entry(&walk) == NULL;
}

/* Where the first place without an entry is: between two of them, or at the end. */
static int64_t free_place(int list)
{
    int64_t wanted = 0;
    walk_t walk;

    begin_walk(&walk, list);
    while (next_entry(&walk) && walk.at == wanted)
        wanted += (int64_t) sizeof(entry_t);
    return wanted;
}

/* 0 or an errno. */
static int write_at(int list, const void *bytes, size_t size, int64_t at)
{
    carom__hushed_t hushed;
    ssize_t n;
    int error;

    carom__signal_hush(&hushed, SIGXFSZ);
    do
        n = pwrite(list, bytes, size, (off_t) at);
    while (n < 0 && errno == EINTR);
    error = n < 0 ? errno : n == (ssize_t) size ? 0 : ENOSPC;
    carom__signal_unhush(&hushed, error == EFBIG);
    return error == EFBIG || error == EDQUOT ? ENOSPC : error;
}

/* ---- owners ---- */

/* What is known of processes while the list is swept. */
typedef struct roll_t {
    uint64_t space;                   /* ours */
    uint64_t living;                  /* asked about last: most names of a list have the same owner */
    uint64_t ended;                   /* known to be as good as dead; 0: none */
} roll_t;

static int lives(uint64_t identity, roll_t *roll)
{
    if (identity == roll->ended)
        return 0;
    if (identity != roll->living && !carom__pid_lives(identity))
        return 0;
    roll->living = identity;
    return 1;
}

/* ---- the file ---- */

static void name_of_list(char name[CAROM_PLAT_NAME])
{
    snprintf(name, CAROM_PLAT_NAME, CAROM_PLAT_NAME_OURS "%lu-names", (unsigned long) geteuid());
}

/* Another user may make a file of that name; nobody asks it then. */
static int open_list(int *list, uint64_t id[2], int make)
{
    char name[CAROM_PLAT_NAME];
    struct stat file;
    int error;

    name_of_list(name);
    error = carom__named_open(list, name, O_RDWR | (make ? O_CREAT : 0), 0600);
    if (error)
        return error;
    if (fstat(*list, &file) != 0)
        return errno;
    carom__named_id(id, &file);
    return file.st_uid == geteuid() ? 0 : EACCES;
}

static carom_status_t lock(int list, int64_t deadline)
{
    while (flock(list, LOCK_EX | LOCK_NB) != 0) {
        if (errno == EWOULDBLOCK) {
            if (carom_plat_now() >= deadline)
                return CAROM_ETIMEOUT;
            poll(NULL, 0, NAP);
        } else if (errno != EINTR) {
            return errno == ENOLCK ? CAROM_ENOMEM : CAROM_ENOTSUP;
        }
    }
    return CAROM_OK;
}

/* 0 when it is locked, and still the list: who waited for the lock may have that of a file that its last owner took away. */
static carom_status_t open_and_lock(int *list, int make, int64_t deadline)
{
    char name[CAROM_PLAT_NAME];
    carom_status_t status;
    uint64_t id[2];
    int error = open_list(list, id, make);

    /* What is no file of ours is another user's doing. */
    if (error)
        return error == ELOOP || error == EISDIR ? CAROM_EACCESS : carom_plat_status(error);
    status = lock(*list, deadline);
    if (status != CAROM_OK)
        return status;
    name_of_list(name);
    error = carom__named_is(name, id);
    return error == ENOENT ? CAROM_EAGAIN : carom_plat_status(error);
}

carom_status_t carom__names_open(int *list, int make, int64_t deadline)
{
    carom_status_t status;

    atomic_store(&is_used, 1);
    *list = -1;
    while ((status = open_and_lock(list, make, deadline)) != CAROM_OK) {
        carom__fd_close(list);
        if (status != CAROM_EAGAIN)
            return status;
        if (carom_plat_now() >= deadline)
            return CAROM_ETIMEOUT;
    }
    return CAROM_OK;
}

void carom__names_close(int *list)
{
    char name[CAROM_PLAT_NAME];

    name_of_list(name);
    if (*list >= 0 && is_empty(*list))
        carom__named_unlink(name);
    carom__fd_close(list);
}

/* ---- what is done with it, under its lock ---- */

/* Without the time of birth, where it is not known, is good enough. */
static int identify(uint64_t *identity, pid_t pid)
{
    int error = carom__pid_identity(identity, pid);

    return error == ENOENT ? 0 : error;
}

int carom__names_enter(int64_t *at, int list, const char *name, int64_t owner)
{
    entry_t entry;
    int error;

    memset(&entry, 0, sizeof entry);
    error = identify(&entry.maker, getpid());
    if (!error && owner != 0)
        error = identify(&entry.owner, (pid_t) owner);
    if (error)
        return error;
    entry.space = carom__pid_space();
    snprintf(entry.name, sizeof entry.name, "%s", name);
    entry.check = check_of(&entry);
    *at = free_place(list);
    return write_at(list, &entry, sizeof entry, *at);
}

int carom__names_note(int list, int64_t at, const uint64_t id[2])
{
    return write_at(list, id, 2 * sizeof id[0], at + (int64_t) offsetof(entry_t, id));
}

void carom__names_erase(int list, int64_t at)
{
    static const entry_t none;

    (void) write_at(list, &none, sizeof none, at);
}

void carom__names_strike(int list, const uint64_t id[2])
{
    const entry_t *entry;
    walk_t walk;

    begin_walk(&walk, list);
    while ((entry = next_entry(&walk)) != NULL)
        if (entry->id[0] == id[0] && entry->id[1] == id[1])
            carom__names_erase(list, walk.at);
}

/* What is behind a name. */
enum { GONE, HALF_MADE, COMPLETE, UNKNOWN };

/* Of a file that has the name: whether it is what the entry means. */
static int look_at(const struct stat *file, const entry_t *entry)
{
    int is_half = carom__named_is_half_made(file);
    uint64_t id[2];

    if (file->st_uid != geteuid())
        return GONE;
    if (entry->id[0] == 0 && entry->id[1] == 0)
        return is_half && file->st_size == 0 ? HALF_MADE : GONE;
    carom__named_id(id, file);
    if (id[0] != entry->id[0] || id[1] != entry->id[1])
        return GONE;
    return is_half ? HALF_MADE : COMPLETE;
}

static int look(const entry_t *entry)
{
    struct stat file;
    int fd, what = UNKNOWN, error = carom__named_open(&fd, entry->name, O_RDONLY, 0);

    /* What may not be read is not ours; what cannot be opened just now another will look at. */
    if (error)
        return error == ENOENT || error == EACCES || error == EINVAL ? GONE : UNKNOWN;
    if (fstat(fd, &file) == 0)
        what = look_at(&file, entry);
    carom__fd_close(&fd);
    return what;
}

/* The maker died when it was complete: from now on its owner alone is asked about. */
static void forget_maker(entry_t *entry, int list, int64_t at)
{
    entry->maker = entry->owner;
    entry->check = check_of(entry);
    (void) write_at(list, entry, offsetof(entry_t, id), at);
}

static void sweep_one(entry_t *entry, int list, int64_t at, roll_t *roll)
{
    int what, owner_lives;

    /* Of another space nobody here can say who lives. */
    if (entry->space != roll->space)
        return;
    owner_lives = entry->owner != 0 && lives(entry->owner, roll);
    if ((owner_lives || entry->owner == 0) && lives(entry->maker, roll))
        return;
    what = look(entry);
    if (what == COMPLETE && owner_lives)
        forget_maker(entry, list, at);
    if (what == UNKNOWN || (what == COMPLETE && owner_lives))
        return;
    if (what == HALF_MADE || (what == COMPLETE && entry->owner != 0))
        (void) carom__named_unlink(entry->name);
    carom__names_erase(list, at);
}

void carom__names_sweep(int list, uint64_t ended)
{
    roll_t roll = {carom__pid_space(), 0, ended};
    entry_t *entry;
    walk_t walk;

    begin_walk(&walk, list);
    while ((entry = next_entry(&walk)) != NULL)
        sweep_one(entry, list, walk.at, &roll);
}

static void reclaim(uint64_t ended, int64_t deadline)
{
    int list;

    if (carom__names_open(&list, 0, deadline) != CAROM_OK)
        return;
    carom__names_sweep(list, ended);
    carom__names_close(&list);
}

void carom_plat_named_reclaim(void)
{
    reclaim(0, carom_plat_now() + HASTE);
}

/* The end of an owner by exit, or of the library in it.  Not by atexit(), which would keep a plugin of the host's from being
 * unloaded.  Others may work on the list just now: for moments. */
__attribute__((destructor)) static void end_own_names(void)
{
    uint64_t self;

    if (atomic_load(&is_used) && carom__pid_identity(&self, getpid()) == 0)
        reclaim(self, carom_plat_now() + 100000);
}

/* What the files of platform/unix/ share. */

#ifndef CAROM_PLATFORM_UNIX_H
#define CAROM_PLATFORM_UNIX_H

#include "platform/internal.h"

#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/socket.h>
#include <sys/types.h>

/* ---- forkguard.c: descriptors of ours ---- */

/* Notes a new descriptor as ours, and forgets one; both return it, the first under another number when it was 0, 1 or 2,
 * where the host's streams belong.  carom__fd_close forgets and closes *fd (-1 is fine), makes it -1, and keeps errno. */
int carom__fd_guard(int fd);
int carom__fd_release(int fd);
void carom__fd_close(int *fd);

/* ---- rights.c: descriptors beside a message of a Unix socket ---- */

#define CAROM__RIGHTS_MAX 64          /* core sends no more with one message */

/* Room for them; it must outlive the message. */
typedef union carom__rights_t {
    char bytes[CMSG_SPACE(CAROM__RIGHTS_MAX * sizeof(int))];
    struct cmsghdr align;
} carom__rights_t;

/* Makes `rights` what goes along with a message that is to be sent: copies of so many descriptors, CAROM__RIGHTS_MAX at most;
 * with none the message stays as it is. */
void carom__rights_add(struct msghdr *message, carom__rights_t *rights, const int *files, size_t count);

/* Takes those that came with a message, in their order, and says how many; closes what `capacity` does not hold.  They are not
 * guarded. */
size_t carom__rights_take(struct msghdr *message, int *files, size_t capacity);

/* ---- signals.c: signals that a call of ours raises in this thread, kept from the host ---- */

typedef struct carom__hushed_t {
    sigset_t before, only;
    int was_pending;
} carom__hushed_t;

/* Between them this thread does not see the signal; one that was `raised` meanwhile is forgotten.  errno stays. */
void carom__signal_hush(carom__hushed_t *hushed, int signal_number);
void carom__signal_unhush(const carom__hushed_t *hushed, int raised);

/* ---- file.c ---- */

/* open(2), close-on-exec and not broken off by a signal; not guarded. */
int carom__fd_open(const char *path, int flags);

/* A pipe, both ends close-on-exec from birth and guarded.  0 or an errno. */
int carom__fd_pipe(int *reader, int *writer);

/* A duplicate, close-on-exec, with a number of at least `least`; not guarded.  0 or an errno. */
int carom__fd_copy(int fd, int least, int *copy);

/* ---- wait.c ---- */

/* Milliseconds for poll() until a deadline, at least 1 if any time is left; -1 for ever. */
int carom__poll_time(int64_t deadline);

/* poll() of one descriptor until the deadline, through signals.  CAROM_OK, CAROM_ETIMEOUT, or what poll said. */
carom_status_t carom__poll_one(int fd, short events, int64_t deadline);

/* ---- lifeline_*.c: a child ends when the writing end of the pipe is closed, which the parent's death does ---- */

/* In the child: from now on the closing of the other end kills this process, even a stopped one.  0 or an errno. */
int carom__lifeline_arm(int reader);

/* In a fork of a process with one thread: from now on the end of that process, its parent, kills this one, even when it is
 * stopped; with 0 no more.  Returns 0 where the system cannot do that. */
int carom__lifeline_end_with(pid_t parent);

/* ---- sentinel_*.c: the end of a child as a descriptor ---- */

/* A child as the parent sees it; see child.c. */
struct carom_plat_child_t {
    pid_t pid;
    int lifeline;                     /* writing end; -1 none */
    int sentinel;                     /* readable from the child's end on; -1 none */
    int status;                       /* of the child of a forker: where the word of its end comes from; -1: it is our own */
    atomic_int lost;                  /* no word will come: the forker is gone */
    int has_left, left_code;          /* it has said so itself; guarded by the monitor */
    int certain;                      /* 0: a copy of it in a grandchild may keep the sentinel silent, so look now and then */
    carom_plat_monitor_t *monitor;    /* guards the rest */
    int ended;
    carom_plat_end_t end;
};

/* Before the launch: what the child must inherit as its carom__child_sentinel() so that its end can be seen; -1 for nothing.
 * 0 or an errno.  After the launch: makes child->sentinel, and closes *inherited. */
int carom__sentinel_prepare(carom_plat_child_t *child, int *inherited);
int carom__sentinel_begin(carom_plat_child_t *child, int *inherited);

/* 1 when a worker has inherited it. */
int carom__sentinel_is_inherited(void);

/* Sends a signal to the child, which has not been collected. */
int carom__sentinel_signal(carom_plat_child_t *child, int signal_number);

/* Collects the child when it is ours after all, its forker gone and we who gets the orphans: 1, with its exit code, when it had
 * ended. */
int carom__sentinel_collect(carom_plat_child_t *child, int *code);

/* ---- spawn_*.c: what posix_spawn cannot do everywhere; 0 or an errno ---- */

/* The child will have no descriptor from `first` on. */
int carom__spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int carom__spawn_chdir(posix_spawn_file_actions_t *actions, const char *directory);

/* ---- environment.c ---- */

/* A new array of the strings of our environment and of the changes, which stay where they are.  0 or an errno. */
int carom__environment_merge(char ***environment, const char *const *changes);

/* ---- setup.c: what a forked child makes of itself, as posix_spawn does for a launched one ---- */

enum { STANDARD_AS_IT_IS = -1, STANDARD_CLOSED = -2 };

/* Descriptors that the child has by the fork, none below 3; -1: none. */
typedef struct carom__setup_t {
    int control, lifeline, sentinel;  /* to be kept, and guarded again */
    int shared;                       /* likewise; in a process that has claims it must not be closed */
    int standard[3];                  /* what shall be 0, 1 and 2, or STANDARD_…; closed afterwards */
    int here;                         /* the directory to begin in; closed afterwards */
    const char *directory;            /* to go to from there; NULL: none */
    char **environment;               /* for environ; NULL: as it is */
    int has_nice, nice;               /* niceness to have */
    int is_stdin_null;                /* standard[0] is the null device */
    int is_clean;                     /* stdin was never read, and signals have their defaults but for SIGCHLD and SIGINT */
} carom__setup_t;

#define CAROM__SETUP_NONE \
    {-1, -1, -1, -1, {STANDARD_AS_IT_IS, STANDARD_AS_IT_IS, STANDARD_AS_IT_IS}, -1, NULL, NULL, 0, 0, 0, 0}

/* In the child, which has blocked all signals: makes all of it true, sets signals to their defaults and lets
 * them in.  0 or an errno. */
int carom__setup_apply(carom__setup_t *setup);

/* Sets all signals to their defaults. */
void carom__setup_signals(void);

/* All of its descriptors into the guard, out of it, or closed. */
void carom__setup_guard(carom__setup_t *setup);
void carom__setup_release(carom__setup_t *setup);
void carom__setup_close(carom__setup_t *setup);

/* ---- forker_worker.c ---- */

/* In the worker of a forker, right before its end: tells the starter.  Elsewhere nothing. */
void carom__forker_say_leaving(int code);

/* ---- child.c ---- */

/* A child that is not there yet, and what is left of one that was collected.  CAROM_ENOMEM. */
carom_status_t carom__child_new(carom_plat_child_t **child);
void carom__child_free(carom_plat_child_t *child);

/* In a fork, where its descriptors are somebody else's by now. */
void carom__child_forget(carom_plat_child_t *child);

/* Kills and collects a child of which nobody was told. */
void carom__child_take_back(carom_plat_child_t *child);

/* The niceness that a child of ours shall have.  0 or an errno. */
int carom__nice_from_here(int *nice, int more);

/* Looks whether the child has ended, and notes it.  1 when it has. */
int carom__child_look(carom_plat_child_t *child);

/* n & 255 of an exit, -n of a signal. */
int carom__code_of(const siginfo_t *info);

/* ---- remote.c: children of a forker; called under their monitor ---- */

/* 1 when it has ended; known 0: how is lost. */
int carom__remote_look(carom_plat_child_t *child, int *code, int *known);
int carom__remote_signal(carom_plat_child_t *child, int signal_number);

/* The descriptors a launched worker finds beside stdin, stdout, stderr; one that is not given leaves no gap, for nothing of
 * the host's may show there.  Its token tells whether the tree's memory is among them. */
enum { CHILD_CONTROL = 3, CHILD_LIFELINE = 4, CHILD_SHARED = 5, CHILD_FIRST_FREE = 7 };
#define CHILD_TOKEN "unix"
#define CHILD_TOKEN_SHARED "unix:shared"

static inline int carom__child_sentinel(int has_shared)
{
    return has_shared ? CHILD_SHARED + 1 : CHILD_SHARED;
}

/* ---- clock.c ---- */

/* A deadline as POSIX has it; and as the wall clock will show it then, if nobody sets it. */
struct timespec carom__timespec(int64_t deadline);
struct timespec carom__wall_timespec(int64_t deadline);

/* ---- semaphore_*.c, mutex_*.c: 0, ETIMEDOUT or another errno; may time out early ---- */

int carom__semaphore_wait(sem_t *semaphore, int64_t deadline);
int carom__mutex_wait(pthread_mutex_t *mutex, int64_t deadline);

/* ---- shared.c ---- */

/* Numbers that processes can claim. */
#define CLAIMS 65536

struct carom_plat_shared_t {
    int fd;                           /* the only one of its file in this process: see shared.c */
    unsigned forks;                   /* carom_plat_fork_count() when it was made */
    int has_locks;                    /* 1: claims are locks */
    _Atomic uint64_t claimed[CLAIMS / 64];        /* a bit for each number that this process has locked */
};

/* The object of a descriptor, which it owns, also when it fails.  CAROM_EMFILE, CAROM_ENOMEM. */
carom_status_t carom__shared_of(carom_plat_shared_t **shared, int fd);

/* Makes a range of a file in memory real, in pieces.  CAROM_ENOMEM: no room, or a limit; CAROM_ENOTSUP. */
carom_status_t carom__shared_make_real(int fd, uint64_t offset, uint64_t length);

/* ---- shared_*.c, commit_*.c: 0 or an errno ---- */

/* A new and empty file in memory that has no name, close-on-exec, not guarded. */
int carom__shared_file(int *fd);

/* Makes a range real, and the file as long at least.  EINTR: again. */
int carom__shared_reserve(int fd, uint64_t offset, size_t length);

/* ---- claim_*.c: as carom_plat_shared_claim and carom_plat_shared_is_alive; which of them, the file decides ---- */

int carom__claim_locks_work(int fd);
carom_status_t carom__claim_by_lock(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark);
int carom__is_alive_by_lock(carom_plat_shared_t *shared, unsigned number);

carom_status_t carom__claim_by_pid(carom_plat_mark_t *mark);
int carom__is_alive_by_pid(const carom_plat_mark_t *mark);

/* A process by its number and time of birth; 0 or an errno, ENOENT: without the birth, which the system does not tell.  And
 * whether that process lives. */
int carom__pid_identity(uint64_t *identity, pid_t pid);
int carom__pid_lives(uint64_t identity);

/* Where this process's numbers of processes and times of birth hold; 0: where there is but one such space, or it is not told. */
uint64_t carom__pid_space(void);

/* ---- named.c: files by names without a slash; 0 or an errno ---- */

struct stat;

/* shm_open, through signals, guarded; shm_unlink. */
int carom__named_open(int *fd, const char *name, int flags, unsigned mode);
int carom__named_unlink(const char *name);

/* Which file it is; whether a name is that file's: ENOENT when it is not. */
void carom__named_id(uint64_t id[2], const struct stat *file);
int carom__named_is(const char *name, const uint64_t id[2]);

/* 1 when its maker is at work on it, or was killed. */
int carom__named_is_half_made(const struct stat *file);

/* ---- named_list.c: which names end with whom ---- */

/* The list, locked, and given up; -1 is fine.  make 0: CAROM_ENOENT when there is none.  CAROM_EACCESS: another user has its
 * name; CAROM_ENOTSUP: no locks on such files; CAROM_ETIMEOUT, CAROM_EMFILE, CAROM_ENOMEM; the list is -1 then. */
carom_status_t carom__names_open(int *list, int make, int64_t deadline);
void carom__names_close(int *list);

/* Adds an entry, at *at, for a name that ends with its owner, 0: with nobody; and with this process while it is half made.
 * note tells which file it is; erase and strike take away the one there, and those of a file.  0 or an errno. */
int carom__names_enter(int64_t *at, int list, const char *name, int64_t owner);
int carom__names_note(int list, int64_t at, const uint64_t id[2]);
void carom__names_erase(int list, int64_t at);
void carom__names_strike(int list, const uint64_t id[2]);

/* Ends the names whose owners are dead, or of that identity. */
void carom__names_sweep(int list, uint64_t ended);

/* How long a forker may take to collect one that was killed, µs. */
#define LAST_WAIT 1000000

/* How often a waiter looks for itself where a sentinel is not certain: the 10 ms of platform.h. */
#define LOOK_AGAIN 10000

struct carom_plat_stream_t {
    int fd;
    int is_pipe;                      /* 1: read and write instead of recv and send, one way only; never changes */
    int carries;                      /* 1: a Unix socket, which takes descriptors along; never changes */
    atomic_int is_shut;               /* a pipe has no shutdown: those who wait on it look now and then */
    atomic_int loop, counter;         /* of loop_*.c; -1 until they are asked for */
    atomic_int is_stirred;
};

/* ---- loop_*.c: a stream in a loop of the host ---- */

/* Makes stream->loop. */
carom_status_t carom__loop_make(carom_plat_stream_t *stream);
void carom__loop_close(carom_plat_stream_t *stream);

/* Makes it ready though nothing is there to read, and no more so, which returns 1 where the first can be done. */
void carom__loop_stir(carom_plat_stream_t *stream);
int carom__loop_rest(carom_plat_stream_t *stream);

/* ---- pipe.c: streams that are pipes of the host ---- */

/* One try each, waiting until the deadline that something can be done.  The number of bytes, 0 at the end of the pipe, or -1
 * with errno: EAGAIN at the deadline, ESHUTDOWN after a shutdown.  Never a SIGPIPE. */
ssize_t carom__pipe_read(carom_plat_stream_t *stream, void *buffer, size_t size, int64_t deadline);
ssize_t carom__pipe_write(carom_plat_stream_t *stream, const void *bytes, size_t size, int64_t deadline);

struct carom_plat_flag_t {
    int reader;
    int writer;
    int is_raised;
};

/* ---- tests: the calls of the system made to fail ---- */

#include "platform/unix/calls.h"

#endif

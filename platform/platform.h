/* The seam: what a platform owes the core.
 *
 * Three implementations stand behind it: unix/, windows/, and portable/, which is APR alone (./configure --disable-native).
 * What APR does well enough everywhere is implemented once, beside this file: runtime.c, thread.c, object.c, status.c.
 *
 * Rules for all of it.  Statuses are 0 or from carom/status.h (carom_plat_status translates).  Deadlines are absolute, in
 * microseconds of carom_plat_now(); CAROM_PLAT_NEVER waits on, one in the past looks once.  A signal never ends a wait: the
 * call goes on with the same deadline.  Nothing that is opened here is inherited by a program that somebody else starts,
 * from the moment it is opened.  Out-parameters are NULL (CAROM_NATIVE_NONE) after a failure, and nothing is left behind.
 * Functions may be called by any thread; calls on the same object at once are fine only where it says so.
 *
 * */

#ifndef CAROM_PLATFORM_H
#define CAROM_PLATFORM_H

#include <carom/status.h>
#include <carom/time.h>

#include <stdatomic.h>

#define CAROM_PLAT_NEVER INT64_MAX
#define CAROM_PLAT_PATH 4096        /* longest path handled, with its final 0 */

/* ---- runtime (runtime.c, status.c, <os>/forkguard.c) ---- */

/* Makes the platform ready, once (APR when it is first needed: runtime.c); later calls cost a load.  Statuses: CAROM_ENOMEM. */
carom_status_t carom_plat_start(void);

/* The status of carom for an errno, a GetLastError() or an APR status; those that have none come back as APR knows them. */
carom_status_t carom_plat_status(int system_error);

/* How often this process is a fork of the one that loaded carom: 0, and one more in each forked child.  An object remembers it
 * when made; a different number later means that the object belongs to the parent.  A load. */
unsigned carom_plat_fork_count(void);

/* ---- clock (<os>/clock.c) ---- */

/* Monotonic; continues while the machine is up; microseconds. */
int64_t carom_plat_now(void);

/* ---- locks inside one process (<os>/mutex.c) ---- */

/* The one lock of the process for tables that exist before main: entries, hooks, children.  Held for a few
 * instructions, nothing is called under it that waits or takes another lock. */
void carom_plat_global_lock(void);
void carom_plat_global_unlock(void);

/* A mutex with its condition.  wait gives the mutex up, sleeps until wake or the deadline, takes it again, and may return early
 * with CAROM_OK: callers loop.  wake wakes all.  Not recursive.  CAROM_ENOMEM. */
typedef struct carom_plat_monitor_t carom_plat_monitor_t;
carom_status_t carom_plat_monitor_create(carom_plat_monitor_t **monitor);
void carom_plat_monitor_destroy(carom_plat_monitor_t **monitor);
void carom_plat_monitor_enter(carom_plat_monitor_t *monitor);
void carom_plat_monitor_leave(carom_plat_monitor_t *monitor);
carom_status_t carom_plat_monitor_wait(carom_plat_monitor_t *monitor, int64_t deadline);
void carom_plat_monitor_wake(carom_plat_monitor_t *monitor);

/* ---- threads (thread.c, <os>/signals.c) ---- */

/* Starts a thread that blocks all signals but those of its own faults.  CAROM_EAGAIN, CAROM_ENOMEM. */
typedef struct carom_plat_thread_t carom_plat_thread_t;
carom_status_t carom_plat_thread_start(carom_plat_thread_t **thread, void (*function)(void *), void *argument);

/* Waits for its end, for ever, and frees it. */
void carom_plat_thread_join(carom_plat_thread_t **thread);

/* Frees it when it ends, which may be now. */
void carom_plat_thread_detach(carom_plat_thread_t **thread);

/* Ends the calling thread, one of thread_start. */
void carom_plat_thread_exit(void) CAROM_NORETURN;

/* The calling thread's number: the system's where it is one of 32 bits, else one of our own.  No two threads of this process
 * that live have the same; not 0. */
uint32_t carom_plat_thread_number(void);

/* Keeps signals from the calling thread, and gives back what was.  Where there are none: nothing. */
typedef struct carom_plat_signals_t { unsigned long long mask[16]; } carom_plat_signals_t;
void carom_plat_signals_block(carom_plat_signals_t *before);
void carom_plat_signals_restore(const carom_plat_signals_t *before);

/* ---- the machine and the program (<os>/cpu.c, <os>/program.c, object.c) ---- */

/* Processors this process may use, at least 1: affinity, then the quota of the cgroup rounded up. */
unsigned carom_plat_cpu_count(void);

/* Processors of the machine, at least 1: whether another process may be running at the same time as this one. */
unsigned carom_plat_cpu_total(void);

/* The path of the running program, and of the shared object that holds an address: "" when the program itself does, which is
 * known without asking for any path.  Absolute where the system tells.  CAROM_ENOENT: not to be known; CAROM_ETOOBIG. */
carom_status_t carom_plat_program(char *path, size_t size);
carom_status_t carom_plat_object_of(char *path, size_t size, const void *address);

/* Where the system does not know the program's path, this helps; called by carom_init with argv[0]. */
void carom_plat_program_hint(const char *argument0);

/* Loads a shared object, whose registrations run, for as long as the process lives.  CAROM_ENOENT: it cannot be loaded. */
carom_status_t carom_plat_object_load(const char *path);

int64_t carom_plat_pid(void);

/* For loops that look at a word until it changes: a moment's rest for the processor. */
void carom_plat_relax(void);

/* Asks for a line of the cache that will be read soon.  There need not be any memory. */
void carom_plat_will_read(const void *memory);

/* Asks for lines of the cache that will be written soon: another processor may have them, and giving them up takes its time.
 * There need not be any memory. */
void carom_plat_will_write(const void *memory, unsigned lines);

/* Lets another thread have this processor, if one wants it. */
void carom_plat_yield(void);

/* A word that may be there, or something else in its place by now: a hint for who looks again in earnest. */
uint64_t carom_plat_peek(const _Atomic uint64_t *word);

/* ---- files of the host (<os>/file.c) ---- */

/* A second handle to the same open thing, not inheritable, and ours: a child that the host forks has none of it.  CAROM_EINVAL:
 * not open; CAROM_EMFILE. */
carom_status_t carom_plat_file_duplicate(carom_native_t *copy, carom_native_t file);
void carom_plat_file_close(carom_native_t file);

/* From now on a handle that was ours (a duplicate, one that came over a stream) is the host's, which forks with it or not. */
void carom_plat_file_disown(carom_native_t file);

/* ---- streams: a connected pair of byte pipes, both ways (<os>/stream.c) ---- */

typedef struct carom_plat_stream_t carom_plat_stream_t;

/* CAROM_EMFILE, CAROM_ENOMEM. */
carom_status_t carom_plat_stream_pair(carom_plat_stream_t **one, carom_plat_stream_t **other);

/* The other end reads what was written, then the end.  No call on the stream may be under way. */
void carom_plat_stream_close(carom_plat_stream_t **stream);

/* Calls on this stream under way, and all later ones, return CAROM_ECLOSED or CAROM_EEOF soon.  Any thread. */
void carom_plat_stream_shutdown(carom_plat_stream_t *stream);

/* Reads 1 to `size` bytes.  One reader and one writer may be at work on a stream at once.  CAROM_EEOF: the other end is
 * closed or its process gone, and everything was read; CAROM_ETIMEOUT.  Handles that came along (Unix) are put at
 * files[*count…], at most up to `capacity`; more are closed.  files may be NULL. */
carom_status_t carom_plat_stream_read(carom_plat_stream_t *stream, void *buffer, size_t size, size_t *got,
                                      carom_native_t *files, size_t capacity, size_t *count, int64_t deadline);

typedef struct carom_plat_span_t {
    const void *bytes;
    size_t length;
} carom_plat_span_t;

/* Writes two spans, all of both.  `files` go along with the first byte where handles travel with bytes (Unix), and stay the
 * caller's.  *sent says how many bytes went, also after a failure.  CAROM_ETIMEOUT; CAROM_EEOF: the other end is closed (never
 * a signal); CAROM_EMFILE, CAROM_ENOMEM. */
carom_status_t carom_plat_stream_write(carom_plat_stream_t *stream, const carom_plat_span_t spans[2],
                                       const carom_native_t *files, size_t count, size_t *sent, int64_t deadline);

/* The other end reads what was written, then the end; reading goes on.  Nothing where the system has no such thing: the
 * other end learns of it when the stream is closed. */
void carom_plat_stream_end_writing(carom_plat_stream_t *stream);

/* 1 when handles can travel over it, where carom_plat_attach_possible() says that they can at all. */
int carom_plat_stream_carries(const carom_plat_stream_t *stream);

/* The system's handle of the stream, which goes on owning it; and a stream made of a handle, which it owns from then on, also
 * when the call fails. */
carom_native_t carom_plat_stream_native(const carom_plat_stream_t *stream);
carom_status_t carom_plat_stream_adopt(carom_plat_stream_t **stream, carom_native_t file);

/* What a loop of the host can wait on for reading: made when it is asked for first, and the stream's, who goes on owning it.
 * It tells of what is there to read after `watch`, or comes later, and that somebody said `stir` since: whoever takes from the
 * stream what was meant for the loop; without epoll, and on APR alone, nobody is told of that.  It may also be ready without a
 * reason.  Where nobody has asked for it watch and stir do nothing.  watch returns 1 where stir is heard.  watch and pollable are
 * called by one thread at a time, stir by any.  CAROM_EMFILE, CAROM_ENOMEM; CAROM_ENOTSUP: a pipe of the host's own that cannot
 * be waited on (Windows). */
carom_status_t carom_plat_stream_pollable(carom_native_t *file, carom_plat_stream_t *stream);
int carom_plat_stream_watch(carom_plat_stream_t *stream);
void carom_plat_stream_stir(carom_plat_stream_t *stream);

/* ---- handles under way in messages (<os>/attach.c) ---- */

/* 1 when handles can be sent over a stream; 0 when only a launch can pass them. */
int carom_plat_attach_possible(void);

/* 1 when handles travel beside the bytes, so that fewer than announced means that this process had no room for them. */
int carom_plat_attach_in_bytes(void);

/* A ticket travels in the message for each handle.  out: for a handle that the sender owns and will not use again.  sent: the
 * message is gone, and the sender's copy ends as it must (a message that did not go leaves the handle to its owner).  in: at
 * the receiver, from the ticket and the handle that came with the bytes (CAROM_NATIVE_NONE where none do).  CAROM_EBADMSG: not
 * a handle, or its sender is gone and took it along. */
typedef struct carom_plat_ticket_t { uint64_t first, second; } carom_plat_ticket_t;
void carom_plat_attach_out(carom_plat_ticket_t *ticket, carom_native_t file);
void carom_plat_attach_sent(carom_native_t file);
carom_status_t carom_plat_attach_in(carom_native_t *file, const carom_plat_ticket_t *ticket, carom_native_t came);

/* ---- memory shared by the processes of a tree (<os>/shared*.c) ----
 *
 * One object without a name, sparse and of a fixed size, of which ranges are made real before anybody touches them.  A process
 * gets it from the one that launches it, and maps ranges as it needs them.  A child that is forked keeps the mappings, and of
 * the object nothing: there its calls are CAROM_EFORKED, and closing frees it. */

typedef struct carom_plat_shared_t carom_plat_shared_t;

/* Ranges begin and end at multiples of this, which suits the mapping of every system. */
#define CAROM_PLAT_SHARED_STEP 65536

/* 1 when processes can share memory here, and wait for each other at it (<os>/park*.c says so).  Else an object is for the
 * threads of its process. */
int carom_plat_shared_possible(void);

/* A new object, all of it zero and none of it real.  size: a multiple of the step, and the end of what may be made real; it
 * costs little, but on Windows tables of 1/512 of it.  CAROM_EMFILE, CAROM_ENOMEM; CAROM_ENOTSUP: the system has none after
 * all. */
carom_status_t carom_plat_shared_create(carom_plat_shared_t **shared, uint64_t size);

/* Makes a range real, so that touching it cannot fail in any process; what is real already stays as it is.  Best in
 * the order of offsets: some systems make all before the range real too.  CAROM_ENOMEM: the system has no room for it (memory,
 * /dev/shm, a limit); part of the range may be real then.  CAROM_ENOTSUP: no way to be sure. */
carom_status_t carom_plat_shared_commit(carom_plat_shared_t *shared, uint64_t offset, size_t length);

/* Maps a range that is real, readable and writable, at an address of the system's choice.  CAROM_ENOMEM. */
carom_status_t carom_plat_shared_map(void **at, carom_plat_shared_t *shared, uint64_t offset, size_t length);
void carom_plat_shared_unmap(void *at, size_t length);

/* Gives the object up; mappings stay, but on APR alone not those of the process that made it.  What this process has claimed
 * may end with that or with the process. */
void carom_plat_shared_close(carom_plat_shared_t **shared);

/* Who is alive.  A process claims a number of the object for as long as it lives, and any other can ask whether the claimer
 * still lives; no reuse of pids misleads it, and a zombie is dead.  `mark` lies in shared memory, is written by the claimer
 * alone, before anybody is told of the number, and goes with it.  A child that a process forks has claimed nothing.  A
 * process may claim several numbers; a number whose claimer is dead can be claimed again.  number < 65536.  Who cannot be
 * asked about is alive.  CAROM_EBUSY: a living process has it, this one too; CAROM_EFORKED; CAROM_ENOMEM. */
typedef struct carom_plat_mark_t {
    _Atomic uint64_t pid;             /* for people to read; the system's own notion of who claims may be elsewhere */
    _Atomic uint64_t stamp;           /* the platform's; 0 before the first claim */
} carom_plat_mark_t;

carom_status_t carom_plat_shared_claim(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark);
int carom_plat_shared_is_alive(carom_plat_shared_t *shared, unsigned number, const carom_plat_mark_t *mark);

/* For sanitizers, elsewhere nothing: memory is left to another process, which may free it; and is taken over, wherever it was
 * before. */
void carom_plat_memory_handed(void *memory);
void carom_plat_memory_taken(void *memory);

/* ---- memory with a name, that any program can map (<os>/named*.c) ----
 *
 * As CPython's multiprocessing.shared_memory has it, byte for byte and name for name. */

/* Of a name, with its ending 0.  What begins so is not for users. */
#define CAROM_PLAT_NAME 254
#define CAROM_PLAT_NAME_OURS "carom-"

/* The caller's; all zero when there is none. */
typedef struct carom_plat_named_t {
    void *at;
    uint64_t size;
    uint64_t id[2];                   /* the platform's: which memory it is, whatever has the name */
    carom_native_t handle;            /* likewise: what keeps it */
    char name[CAROM_PLAT_NAME];
} carom_plat_named_t;

/* What names that are made up begin with: "psm_", and what Windows has instead. */
const char *carom_plat_named_prefix(void);

/* Makes and maps `size` bytes, 1 or more, all zero and all real, under a name of 1 to CAROM_PLAT_NAME - 1 bytes without any
 * slash.  Nobody can attach it before it is complete; when this process dies before that, reclaim takes away what there is.
 * owner: the process whose end, however it comes, ends the name, by the hand of whoever calls reclaim, create or attach next as
 * the same user, or its own if it exits; 0: nobody's.  mode: who may attach, 0600 at least.  Waits 5 s at most for others.
 * CAROM_EEXIST; CAROM_EINVAL: the system knows no such name; CAROM_ENOMEM; CAROM_EMFILE; CAROM_EACCESS; CAROM_ETIMEOUT:
 * somebody who is stopped has the list of names; CAROM_ENOTSUP: not here, or (with an owner) no locks for that list. */
carom_status_t carom_plat_named_create(carom_plat_named_t *named, const char *name, uint64_t size, unsigned mode,
                                       int64_t owner);

/* Maps all there is of that name, and makes it real where the system can do that.  CAROM_ENOENT: none, or one that is not
 * complete yet; CAROM_EBADMSG: it has no bytes; CAROM_EACCESS, CAROM_EMFILE, CAROM_ENOMEM, CAROM_EINVAL, CAROM_ENOTSUP. */
carom_status_t carom_plat_named_attach(carom_plat_named_t *named, const char *name);

/* Takes the name away, if it still is that memory's; CAROM_ENOENT: it is not.  CAROM_EACCESS, CAROM_EMFILE, CAROM_ETIMEOUT.
 * Where names end with the last mapping it does nothing. */
carom_status_t carom_plat_named_unlink(const carom_plat_named_t *named);

/* Unmaps it; the name stays. */
void carom_plat_named_close(carom_plat_named_t *named);

/* Takes away the names of this user whose owners have died.  Waits 10 ms at most for others that do so, and costs a system call
 * when there are none. */
void carom_plat_named_reclaim(void);

/* ---- parking on a word, across processes (<os>/park*.c) ---- */

/* A place in shared memory where threads of all its processes (of one, where carom_plat_shared_possible() is 0) can sleep until
 * a word changes.  Zero is an empty one.  Where the system can wait on a word of memory it is not used. */
typedef struct carom_plat_lot_t {
    uint64_t words[512];
} carom_plat_lot_t;

/* The first lot of a process is made before any of its threads parks.  CAROM_ENOTSUP: this build counts on what the system has
 * not after all. */
carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot);

/* Gets now what this process would get when it first sleeps on a word of that key, and keep: nothing later is a surprise to who
 * counts handles.  Nothing where nothing is kept. */
void carom_plat_lot_open(carom_plat_lot_t *lot, uint64_t key);

/* No thread of this process parks or unparks there any more: frees what the process has kept for it.  The lot is as before. */
void carom_plat_lot_close(carom_plat_lot_t *lot);

/* Sleeps while *word is `expected`, until unparked, the deadline, or 50 ms have gone, whichever is first (a waker may have died
 * before it woke anybody): callers look at the word and come again.  key names the word, the same in every process; words of
 * other keys may be woken along.  Any number of threads. */
void carom_plat_park(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline);

/* Wakes those who sleep on the word, one at least or all.  Called after the word has changed, and only when somebody sleeps:
 * the caller's own word tells that.  In a signal handler, too. */
void carom_plat_unpark(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, int all);

/* ---- locks in shared memory that survive their owners (lock_*.c) ---- */

typedef struct carom_plat_lock_t {
    uint64_t words[8];
} carom_plat_lock_t;

/* Who asks, for systems whose own locks do not know it.  A lock knows its owner by the number: a dead one's may be given to
 * another only when no lock names it any more, or later than anybody could care, as with a count of lives in its upper bits. */
typedef struct carom_plat_party_t {
    carom_plat_lot_t *lot;
    uint64_t key;                     /* of the lock, in the lot */
    uint32_t self;                    /* no two threads of the tree have the same at a time; 1 to 2^30 - 1 */
    int (*is_alive)(uint32_t party);  /* whether the process of such a number lives */
} carom_plat_party_t;

/* What locks are here, and how large: two programs of which it differs cannot share one. */
uint32_t carom_plat_lock_kind(void);

/* Before anybody uses it.  CAROM_ENOTSUP: this system has no lock that processes can share. */
carom_status_t carom_plat_lock_init(carom_plat_lock_t *lock);

/* CAROM_OK, or CAROM_EOWNERDEAD: the caller has it, and the last owner died with it.  CAROM_ETIMEOUT.  Not recursive.  Waits at
 * most 100 ms for an owner who is dead. */
carom_status_t carom_plat_lock_enter(carom_plat_lock_t *lock, const carom_plat_party_t *party, int64_t deadline);
void carom_plat_lock_leave(carom_plat_lock_t *lock, const carom_plat_party_t *party);

/* ---- flags: something to wait on (<os>/wait.c) ---- */

typedef struct carom_plat_flag_t carom_plat_flag_t;
carom_status_t carom_plat_flag_create(carom_plat_flag_t **flag);

/* Raising and lowering are done by one thread at a time; what is so already stays so. */
void carom_plat_flag_raise(carom_plat_flag_t *flag);
void carom_plat_flag_lower(carom_plat_flag_t *flag);
carom_native_t carom_plat_flag_native(const carom_plat_flag_t *flag);
void carom_plat_flag_destroy(carom_plat_flag_t **flag);

/* ---- launching a program as a worker (<os>/launch.c, <os>/child.c) ---- */

typedef struct carom_plat_child_t carom_plat_child_t;

typedef struct carom_plat_redirect_t {
    enum { CAROM_PLAT_INHERIT, CAROM_PLAT_NULL, CAROM_PLAT_FILE } kind;
    carom_native_t file;
} carom_plat_redirect_t;

typedef struct carom_plat_launch_t {
    const char *program;
    carom_plat_redirect_t standard[3];       /* stdin, stdout, stderr */
    const char *const *environment;          /* "NAME=value" sets, "NAME" unsets, NULL ends; NULL: ours */
    const char *directory;                   /* NULL: ours */
    int nice;
    carom_plat_stream_t *control;            /* the child's end: the child gets it, the caller still closes it */
    carom_plat_shared_t *shared;             /* the tree's memory: the child gets it too; NULL for none */
    const carom_native_t *files;             /* where attach is not possible: handles the child inherits as they are */
    size_t file_count;
} carom_plat_launch_t;

/* The first argument of a launched worker; the second is a token that only carom_plat_adopt understands. */
#define CAROM_PLAT_WORKER_ARGUMENT "--carom-worker"

/* Runs `program CAROM_PLAT_WORKER_ARGUMENT token`.  Only stdin, stdout, stderr and control reach it, with default signal
 * dispositions and an empty signal mask; costs the same however much memory this process has.  Returns when the program was
 * loaded. The child ends, by a kill that it cannot refuse, when this process does: from the moment it called
 * carom_plat_adopt, and before that as soon as it does.  CAROM_ENOENT, CAROM_EACCESS, CAROM_ENOEXEC, CAROM_EMFILE,
 * CAROM_EAGAIN, CAROM_ENOMEM; CAROM_EINVAL: a file to redirect to that is not open. */
carom_status_t carom_plat_launch(carom_plat_child_t **child, const carom_plat_launch_t *launch);

/* In the child, first thing: the control stream of a token, and the tree's memory, or NULL.  CAROM_EBADMSG: not a token that a
 * parent made. */
carom_status_t carom_plat_adopt(carom_plat_stream_t **control, carom_plat_shared_t **shared, const char *token);

/* How a child ended: code is n & 255 of an exit, -n of signal n (crashes and kills on Windows get the numbers of Unix). */
typedef struct carom_plat_end_t {
    int code;
    int known;        /* 0: somebody else collected it; code is 255 */
} carom_plat_end_t;

/* Waits for the end of the child alone, and notes it; any number of threads.  A living grandchild delays it by 10 ms at most.
 * CAROM_ETIMEOUT. */
carom_status_t carom_plat_child_wait(carom_plat_child_t *child, carom_plat_end_t *end, int64_t deadline);

/* SIGTERM, SIGKILL, SIGINT or what comes nearest; CAROM_ENOTSUP.  Of one that has ended: CAROM_OK.  Any thread; never another
 * process of the same number. */
typedef enum carom_plat_signal_t {
    CAROM_PLAT_INTERRUPT = 2, CAROM_PLAT_KILL = 9, CAROM_PLAT_TERMINATE = 15
} carom_plat_signal_t;
carom_status_t carom_plat_child_signal(carom_plat_child_t *child, carom_plat_signal_t which);

/* 1 when the platform has CAROM_PLAT_INTERRUPT; when it can launch into another directory; when it can change niceness. */
int carom_plat_can_interrupt(void);
int carom_plat_can_chdir(void);
int carom_plat_can_nice(void);

int64_t carom_plat_child_pid(const carom_plat_child_t *child);

/* Who a child is that has claimed nothing of shared memory yet, for any process that asks whether it lives; 0: the platform
 * cannot tell.  *space: where that holds, which another process may not be in.  Reads /proc on Linux, to ask as well.  Who
 * cannot be asked about lives. */
uint64_t carom_plat_child_identity(uint64_t *space, const carom_plat_child_t *child);
int carom_plat_identity_lives(uint64_t identity, uint64_t space);

/* Readable or signalled from the child's end on; the child's.  CAROM_ENOTSUP: this platform has none. */
carom_status_t carom_plat_child_native(carom_native_t *file, const carom_plat_child_t *child);

/* Frees a child whose end was seen; one that still runs is killed and collected first. */
void carom_plat_child_close(carom_plat_child_t **child);

/* ---- workers that are forks of a process (unix/fork.c, unix/company.c; nofork.c where there are none) ---- */

/* 1 when this system can fork.  Else the other functions here return CAROM_ENOTSUP and are not called. */
int carom_plat_can_fork(void);

/* Which threads there are beside the calling one, as far as the system tells.  Those that only watch over the process, and a
 * sanitizer's, do not count.  A thread that has ended lingers in the system's books: while there seem to be others this looks
 * again until the deadline. */
typedef enum carom_plat_company_t {
    CAROM_PLAT_ALONE,             /* none */
    CAROM_PLAT_AMONG_OURS,        /* made by carom_plat_thread_start */
    CAROM_PLAT_AMONG_OTHERS       /* and more than those */
} carom_plat_company_t;
carom_plat_company_t carom_plat_company(int64_t deadline);

/* A launch by forking this process, which must be alone; `program` is not used, and `files` are what the child keeps of our
 * handles beside control: all others of ours are closed in it, the host's are not.  stdout and stderr are flushed before.  In
 * the parent as carom_plat_launch.  In the child *child is NULL, *control is its end, *shared the tree's memory or NULL, and
 * objects made before know of the fork by carom_plat_fork_count.  CAROM_ENOENT, CAROM_EACCESS: the directory or the niceness;
 * CAROM_EMFILE, CAROM_EAGAIN, CAROM_ENOMEM; CAROM_EINVAL: a file to redirect to that is not open. */
carom_status_t carom_plat_fork(carom_plat_child_t **child, carom_plat_stream_t **control, carom_plat_shared_t **shared,
                               const carom_plat_launch_t *launch);

/* The end of a process that carom_plat_fork made: flushes stdout and stderr, and does nothing that the host wants done at
 * exit. */
void carom_plat_leave(int code) CAROM_NORETURN;

/* ---- forkers: processes that fork workers on request (unix/forker.c, unix/forker_serve.c) ---- */

/* Seen by its owner, the process that it forks for.  The two have one pair of sockets, and each request carries a key, so
 * that a stray descriptor of it is of no use. */
typedef struct carom_plat_forker_t carom_plat_forker_t;

#define CAROM_PLAT_KEY 32

/* A change to the environment of a program that is launched to be a forker: the loader finds all functions at once, so that
 * not every fork has to look for its own (40 of 300 µs). */
#define CAROM_PLAT_BIND_NOW "LD_BIND_NOW=1"

/* The owner's end, and the forker's, which the caller hands over with the key and then closes.  CAROM_EMFILE, CAROM_ENOMEM. */
carom_status_t carom_plat_forker_create(carom_plat_forker_t **forker, carom_native_t *theirs,
                                        const unsigned char key[CAROM_PLAT_KEY]);

/* Its workers go on.  No call with it may be under way. */
void carom_plat_forker_close(carom_plat_forker_t **forker);

/* A launch by the forker: the child is its fork, lives as long as this process and not as long as the forker, and has our
 * environment, directory and standard streams as they are now.  Any number of threads at once.  Should the forker die before
 * the child, its end is seen all the same, and the exit status lost.  Statuses of carom_plat_fork; CAROM_ETOOBIG: an
 * environment above 4 MiB; CAROM_EEOF: the forker is gone; CAROM_EDIED: who was to be the child is, and had read no orders, or
 * the forker was gone before anybody took the request: another call tells; CAROM_ETIMEOUT. */
carom_status_t carom_plat_forker_launch(carom_plat_child_t **child, carom_plat_forker_t *forker,
                                        const carom_plat_launch_t *launch, int64_t deadline);

/* In the forker, whose only thread this is and whose signals are its own, and which has no part in the tree's memory: forks as
 * asked.  CAROM_OK: this is a worker, *control its end, *shared the tree's memory or NULL.  CAROM_EEOF: the owner has closed
 * his end.  The handle is taken over. */
carom_status_t carom_plat_forker_serve(carom_plat_stream_t **control, carom_plat_shared_t **shared, carom_native_t theirs,
                                       const unsigned char key[CAROM_PLAT_KEY]);

/* ---- waiting on many (<os>/wait.c) ---- */

typedef struct carom_plat_source_t {
    enum {
        CAROM_PLAT_SOURCE_NONE,       /* never ready */
        CAROM_PLAT_SOURCE_STREAM,     /* a read would not wait */
        CAROM_PLAT_SOURCE_CHILD,      /* it has ended */
        CAROM_PLAT_SOURCE_FLAG,       /* it was raised */
        CAROM_PLAT_SOURCE_FILE,       /* readable, at its end, in error; on Windows signalled */
        CAROM_PLAT_SOURCE_SOCKET      /* the same of a socket */
    } kind;
    carom_plat_stream_t *stream;
    carom_plat_child_t *child;
    carom_plat_flag_t *flag;
    carom_native_t file;
    int ready;                        /* set: 1 or 0 */
} carom_plat_source_t;

/* Waits until one of the sources is ready.  Any number of them.  CAROM_ETIMEOUT: none; CAROM_EINVAL: a file that is not
 * open. */
carom_status_t carom_plat_wait(carom_plat_source_t *sources, size_t count, int64_t deadline);

#endif

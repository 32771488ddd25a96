/* What a test harness must know about processes, and do to them, that APR cannot: a small library of its own beside the
 * platform, which uses nothing of carom.
 *
 * inspect_posix.c (starting, waiting, killing) and inspect_state.c stand on every Unix, beside inspect_linux.c and
 * inspect_names.c or, where the system shows no more, inspect_none.c; inspect_windows.c and inspect_handles.c are Windows.
 * Stacks are a part of their own: stacks_*.c takes those of others, crash_*.c tells those of a process that crashes.  Paths and
 * texts are UTF-8.  Statuses are APR's.
 */

#ifndef CAROM_INSPECT_H
#define CAROM_INSPECT_H

#include <stddef.h>
#include <stdint.h>

#include <apr_errno.h>

/* ---- the machine and this process ---- */

/* "linux", "windows", or "unix" for another. */
const char *carom_inspect_system(void);

/* The path of the running program.  APR_ENOTIMPL: this system does not tell. */
apr_status_t carom_inspect_program(char *path, size_t size);

int64_t carom_inspect_pid(void);

/* 1 when stderr is a terminal. */
int carom_inspect_has_terminal(void);

/* A variable of the environment this process was started with.  Returns 1, or 0 when there is none that fits.  Neither
 * allocates nor locks: assertions of any thread come here. */
int carom_inspect_variable(const char *name, char *value, size_t size);

/* ---- a file that many processes append to ---- */

/* Opens for appending, made when it is not there; no program that is started inherits it.  -1: failed. */
intptr_t carom_inspect_append_open(const char *path);

/* Appends `length` bytes (at most 4,096) in one call of the system, so that the writer may be killed at any moment and the
 * bytes of several processes do not mix.  Returns 0, or -1 when not all was written. */
int carom_inspect_append(intptr_t file, const void *bytes, size_t length);

void carom_inspect_append_close(intptr_t file);

/* ---- what this process has ---- */

typedef enum carom_inspect_kind_t {
    CAROM_INSPECT_CHILD = 1,        /* a living child */
    CAROM_INSPECT_ZOMBIE = 2,       /* a child that ended and was not waited for (Windows: shows as a handle instead) */
    CAROM_INSPECT_THREAD = 4,
    CAROM_INSPECT_DESCRIPTOR = 8,   /* Windows: a handle, of files and sockets as well as of events, threads and all else */
    /* what has a name in the whole system */
    CAROM_INSPECT_SEGMENT = 16,     /* of shared memory, POSIX or System V */
    CAROM_INSPECT_SEMAPHORE = 32,   /* the same */
    CAROM_INSPECT_QUEUE = 64,       /* of System V messages */
    /* what a process has one of */
    CAROM_INSPECT_DISPOSITION = 128,    /* of a signal */
    CAROM_INSPECT_MASK = 256,           /* of signals, the calling thread's */
    CAROM_INSPECT_TIMER = 512,          /* of those that end in a signal */
    CAROM_INSPECT_DIRECTORY = 1024,     /* the current one */
    CAROM_INSPECT_UMASK = 2048
} carom_inspect_kind_t;

typedef struct carom_inspect_thing_t {
    carom_inspect_kind_t kind;
    int64_t id;              /* of the process, thread, descriptor or handle; of the segment, semaphore or queue, for files the
                                inode; the signal's or timer's number; else 0 */
    char text[240];          /* the command, the thread's name, what the descriptor points to, the type of the handle; the path,
                                or "System V" with its key; how the signal or timer is, or what the value is */
} carom_inspect_thing_t;

typedef void (*carom_inspect_visit_t)(void *argument, const carom_inspect_thing_t *thing);

/* Shows each child, thread and descriptor of this process, but for what it opens itself to look.  Returns the kinds that this
 * system can tell, as a mask; of the others it shows nothing.  visit must not start, open or close anything. */
unsigned carom_inspect_list(carom_inspect_visit_t visit, void *argument);

/* Shows what this process and the calling thread have one of each: the signals whose disposition is not the default, the mask,
 * the timers, the directory and the umask.  Windows has the directory, and nothing else of this.  The umask is set and set
 * back: a file that another thread makes at that moment is for its owner alone. */
void carom_inspect_state(carom_inspect_visit_t visit, void *argument);

/* ---- what has a name in the whole system ---- */

/* Shows the segments, semaphores and queues of this user, whoever made them: the regular files of /dev/shm, of which those are
 * semaphores whose names begin with "sem.", and what System V has.  Returns the kinds that this system can tell.  Windows has
 * none: there such a thing ends with its last handle, and that shows as one.  Sockets are not here: an abstract one ends with
 * its last descriptor, and one with a path leaves a file. */
unsigned carom_inspect_names(carom_inspect_visit_t visit, void *argument);

/* 1 when a thing that was shown is still there, and nobody holds it any more: no process has the file open or mapped, or the
 * segment attached, and who made a System V segment has ended.  Of semaphores and queues of System V no users are told: those
 * are left as long as they are there. */
int carom_inspect_is_left(const carom_inspect_thing_t *thing);

/* ---- the process of a case, and the one that runs the cases ---- */

/* In every process of a test program: crashes end it at once, without a dialogue or a debugger, by the signal (or the code)
 * that they would have ended it by anyway.  Before that the process says where its threads stood, in the file of
 * CAROM_INSPECT_CRASHES.  Signals that have handlers already keep them; with a sanitizer all keep them, since it tells more.
 * Once for each process, a second call does nothing: a process that was forked calls it again. */
void carom_inspect_crash_quietly(void);

/* 1 where it does so in this build, 0 with a sanitizer. */
int carom_inspect_crash_told(void);

/* The variable with the path of that file, which descendants inherit.  Without it, stderr. */
#define CAROM_INSPECT_CRASHES "CAROM_H_CRASHES"

/* In a thread, whose stack may be used up: `room` is where it tells of its crash then.  Returns 1, or 0 when it needs none.
 * The room must be there until it is given back by NULL.  The thread that called carom_inspect_crash_quietly has one. */
#define CAROM_INSPECT_CRASH_ROOM (32 * 1024)
int carom_inspect_crash_room(char *room);

/* First thing in the process of a case: it ends when the runner does, where the system can do that. */
void carom_inspect_become_case(void);

/* First thing in the runner: orphans among the descendants of its cases become its children, where the system can do that, and
 * are collected as they end; apr_sleep() ends with any child; a closed stdout is an error of the write.  (Orphans do not become
 * the case's: it would have to collect them, and could not tell them from children that the body forgot.) */
void carom_inspect_become_runner(void);

typedef struct carom_inspect_case_t carom_inspect_case_t;

typedef struct carom_inspect_launch_t {
    const char *const *arguments;      /* the program's path first, NULL last */
    const char *const *environment;    /* "NAME=value", NULL last: set in the runner itself, and inherited */
    const char *output;                /* a path: stdout and stderr append to it; stdin is the null device */
    const char *tag;                   /* one of `environment`, by which descendants are known; unique among living cases.
                                          A tag that goes on after this one with a '.' belongs to a descendant too. */
} carom_inspect_launch_t;

/* Starts a case in a process group, or job, of its own.  *started is NULL after a failure.  This call and those below are for
 * one thread only. */
apr_status_t carom_inspect_start(carom_inspect_case_t **started, const carom_inspect_launch_t *launch);

typedef struct carom_inspect_end_t {
    int crashed;            /* 1: `code` is the number of a signal; Windows: the one that Unix would have sent */
    int code;               /* else the exit code */
    char text[64];          /* "SIGSEGV", "SIGSEGV (0xc0000005)", "exit code 3" */
} carom_inspect_end_t;

/* Looks whether the process of the case has ended: 1, and fills *end, or 0.  Its number stays taken until it is released.
 * Collects orphans on the way: to be called every few milliseconds. */
int carom_inspect_ended(carom_inspect_case_t *started, carom_inspect_end_t *end);

/* Once it has ended: shows the processes it left behind.  Returns how many. */
unsigned carom_inspect_survivors(carom_inspect_case_t *started, carom_inspect_visit_t visit, void *argument);

/* Shows, a line at a time, where each thread of each process of the case stands: under a heading for each process its threads
 * as the system describes them, then their stacks, as far as carom_inspect_stack_program can.  A process that cannot be looked
 * at is left after 10 s with a line that says so, and after 30 s altogether no more are begun.  `folder` is for files that this
 * may need on the way.  Before carom_inspect_kill. */
typedef void (*carom_inspect_say_t)(void *argument, const char *line);
void carom_inspect_stacks(carom_inspect_case_t *started, const char *folder, carom_inspect_say_t say, void *argument);

/* The name of the program that shows the stacks of other processes on this machine, "eu-stack", or NULL: there is none. */
const char *carom_inspect_stack_program(void);

/* Kills the process of the case and all that descends from it; returns when they are gone, after 5 s at the latest. */
void carom_inspect_kill(carom_inspect_case_t *started);

/* Kills what is left, collects and frees.  NULL is fine. */
void carom_inspect_release(carom_inspect_case_t **started);

#endif

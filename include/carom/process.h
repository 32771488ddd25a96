/* Processes: an entry that runs beside us, in a thread or in a process of its own; the same calls for both.
 *
 *     carom_process_t *child;
 *     carom_process_start(&child, NULL, carom_call(count_words, "README"));
 *     carom_process_join(child, carom_seconds(10));
 *     printf("%d\n", carom_process_exit_code(child));
 *     carom_process_destroy(&child);
 *
 * A process object belongs to the process that started it, and may be used by all its threads; destroy and close it once, when
 * no other call is under way.  A started process ends with the one that started it, however that ends, SIGKILL included.
 */

#ifndef CAROM_PROCESS_H
#define CAROM_PROCESS_H

#include <carom/context.h>
#include <carom/entry.h>

CAROM_BEGIN

typedef struct carom_process_t carom_process_t;

/* Where one of a child's standard streams goes. */
typedef enum carom_stdio_t {
    CAROM_STDIO_DEFAULT = 0,   /* stdin: the null device; stdout, stderr: the parent's */
    CAROM_STDIO_INHERIT = 1,   /* the parent's */
    CAROM_STDIO_NULL = 2,      /* the null device */
    CAROM_STDIO_FILE = 3       /* `file` */
} carom_stdio_t;

typedef struct carom_redirect_t {
    carom_stdio_t kind;
    carom_native_t file;       /* CAROM_STDIO_FILE: an open file of the caller, who keeps it; on Windows a HANDLE, no socket */
} carom_redirect_t;

/* Options of a start.  Set up by CAROM_PROCESS_OPTIONS_INIT; a NULL pointer means the defaults.  What the mode cannot do is
 * refused with CAROM_ENOTSUP. */
typedef struct carom_process_options_t {
    size_t size;                         /* of this struct */
    const char *name;                    /* NULL: "Process-N", N counting from 1 in each process.  At most 200 bytes. */
    int daemon;                          /* 1: it may not start processes, and carom_process_join_all ends it.  -1: as the
                                            starting process is (the default) */
    carom_redirect_t standard_input;
    carom_redirect_t standard_output;
    carom_redirect_t standard_error;
    const char *const *environment;      /* NULL-ended "NAME=value" and "NAME" (unset), applied to a copy of ours; NULL: none */
    const char *directory;               /* NULL: ours */
    int nice;                            /* added to our niceness; Windows: > 0 below normal, ≥ 10 idle; < 0 may be refused */
    carom_duration_t grace;              /* how long destroy waits before it kills; 5 s */
} carom_process_options_t;

#define CAROM_PROCESS_OPTIONS_INIT                                                                                             \
    {sizeof(carom_process_options_t), NULL, -1, {CAROM_STDIO_DEFAULT, CAROM_NATIVE_NONE},                                      \
     {CAROM_STDIO_DEFAULT, CAROM_NATIVE_NONE}, {CAROM_STDIO_DEFAULT, CAROM_NATIVE_NONE}, NULL, NULL, 0, 5000000}

/* How a process ended, or why it never began. */
typedef struct carom_outcome_t {
    carom_status_t status;       /* CAROM_OK: the entry ran and returned or exited with code 0;
                                    CAROM_EFAILED, or what carom_fail() gave: it returned or exited with another code;
                                    CAROM_EDIED: a signal or crash ended it, or it was killed;
                                    CAROM_ENOENTRY, CAROM_EVERSION, CAROM_EBADMSG, …: it could not run the entry;
                                    CAROM_EREAPED: the host collected the exit status, exit_code is a guess */
    int exit_code;               /* returned or exited with n: n & 255; ended by signal n: -n; the same numbers on Windows */
    int64_t pid;
    char text[512];              /* one line for people */
} carom_outcome_t;

/* Starts an entry in a context (NULL: the default).  Arguments are encoded before the call returns; connections among them are
 * moved when it succeeds and stay with the caller when it fails; open files are duplicated.
 *
 * Returns when the process or thread exists and the program was loaded; the entry begins later.  Arguments of more bytes than
 * a socket holds (some 100 KiB) are waited for until the new process reads them, at most 60 s: CAROM_ETIMEOUT (which is also
 * said, after 5 s, when another process of the tree is stopped and has the lock of what they share); CAROM_EDIED: it ended
 * before that, or, forked by a forkserver or a template, at its birth, as did those that were forked in its place.
 * CAROM_EINVAL: no entry, options that make no sense, or a file among the arguments that is not open.  CAROM_ENOTSUP: an
 * option the mode cannot do, or a lock or the like where they are for threads alone.  CAROM_EDAEMON: a daemonic process may
 * not start others.  CAROM_ENOINIT, CAROM_ENOWORKER: see carom_init and carom-worker(1).  CAROM_ENOENT, CAROM_EACCESS,
 * CAROM_ENOEXEC: the program could not be run, or options.directory is not there.  CAROM_EMFILE, CAROM_EAGAIN, CAROM_ENOMEM:
 * no descriptors, processes or memory.  CAROM_ETOOBIG, CAROM_ECOUNT, CAROM_EUTF8, CAROM_EBUSY, CAROM_EMOVED, CAROM_EFORKED: an
 * argument.  CAROM_EMODE: CAROM_START_METHOD names no mode.  *process is NULL after a failure, and nothing is left of it.
 *
 * CAROM_EBUSY: a fork beside threads; CAROM_EDIED, CAROM_EFAILED and what its preload entry gave: there is no forkserver (see
 * carom/context.h).
 *
 * Cost: a thread's; that of posix_spawn of the program, which does not grow with this process's memory; of a fork, which
 * does; of a fork of a small process. */
CAROM_API carom_status_t carom_process_start(carom_process_t **process, carom_context_t *context,
                                             carom_request_t request) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_process_start_with(carom_process_t **process, carom_context_t *context, carom_request_t request,
                                                  const carom_process_options_t *options) CAROM_MUST_CHECK;

/* Waits until the process has ended, at most `timeout`.  A living grandchild does not delay it.  May be called again, and by
 * several threads.  CAROM_ETIMEOUT: still running.  CAROM_EINVAL: it is the calling thread itself, and the timeout is not 0.
 * CAROM_EFORKED: it is another process's child. */
CAROM_API carom_status_t carom_process_join(carom_process_t *process, carom_duration_t timeout) CAROM_MUST_CHECK;

/* 1 while it runs, 0 when it has ended; looks now. */
CAROM_API int carom_process_alive(carom_process_t *process);

/* The exit code as in carom_outcome_t, or CAROM_EXIT_NONE while it runs; looks now. */
#define CAROM_EXIT_NONE INT32_MIN
CAROM_API int carom_process_exit_code(carom_process_t *process);

/* How it ended.  NULL while it runs.  Belongs to the process object. */
CAROM_API const carom_outcome_t *carom_process_outcome(carom_process_t *process);

/* The value that the entry gave to carom_return.  The caller clears it; it is handed out once.  CAROM_EBUSY: still running;
 * CAROM_ENOKEY: there was none, or it was taken; CAROM_EDIED: it died before it could give one. */
CAROM_API carom_status_t carom_process_result(carom_value_t *result, carom_process_t *process) CAROM_MUST_CHECK;

/* Asks it to end: SIGTERM; Windows: ends it, reported as -15.  Its children end with it.  CAROM_ENOTSUP for threads.  Of one
 * that has ended: CAROM_OK, nothing happens.  Never hits another process that got the same pid. */
CAROM_API carom_status_t carom_process_terminate(carom_process_t *process) CAROM_MUST_CHECK;

/* Ends it at once: SIGKILL, reported as -9 on every system. */
CAROM_API carom_status_t carom_process_kill(carom_process_t *process) CAROM_MUST_CHECK;

/* SIGINT.  CAROM_ENOTSUP for threads and on Windows. */
CAROM_API carom_status_t carom_process_interrupt(carom_process_t *process) CAROM_MUST_CHECK;

/* Frees an ended process.  CAROM_EBUSY, nothing changed: it runs.  NULL and *process NULL are fine. */
CAROM_API carom_status_t carom_process_close(carom_process_t **process) CAROM_MUST_CHECK;

/* Waits at most the grace of its options, then kills, waits again, and frees.  *process is NULL afterwards; NULL is fine.
 * CAROM_ETIMEOUT: a thread that would not end was left to itself, and its object is freed when it ends. */
CAROM_API carom_status_t carom_process_destroy(carom_process_t **process);

/* Its name; belongs to the object. */
CAROM_API const char *carom_process_name(const carom_process_t *process);

/* Its process id; of a thread that of this program. */
CAROM_API int64_t carom_process_pid(const carom_process_t *process);

/* 1 for a daemonic process. */
CAROM_API int carom_process_daemon(const carom_process_t *process);

/* The name of its mode. */
CAROM_API const char *carom_process_mode(const carom_process_t *process);

/* Something the host's event loop can wait on: readable (a descriptor) or signalled (a HANDLE) once the process has ended, for
 * ever.  Belongs to the object: neither read nor close it.  CAROM_EMFILE: none could be made.  On Unix a descriptor, which
 * each process has at most one of; of a thread it is made at the first asking.  CAROM_ENOTSUP: this system or sandbox has
 * none.  Where the system has no descriptors of processes a grandchild can delay it; carom_process_join is exact everywhere. */
CAROM_API carom_status_t carom_process_sentinel(carom_native_t *sentinel, carom_process_t *process) CAROM_MUST_CHECK;

/* ---- the family ---- */

/* Fills at most `capacity` pointers to started processes of this one that still run (and notes the ends of those that do
 * not), oldest first, and returns how many run.  They belong to whoever started them. */
CAROM_API size_t carom_process_active(carom_process_t **processes, size_t capacity);

/* What Python does at exit, when the host asks for it: terminates all daemonic children, kills those that have not ended within
 * their grace or the timeout, and waits for all others.  CAROM_ETIMEOUT: some still run (daemonic threads are not waited for);
 * CAROM_ENOMEM. */
CAROM_API carom_status_t carom_process_join_all(carom_duration_t timeout) CAROM_MUST_CHECK;

/* Who runs this call: the process or thread started by carom, or the main process. */
typedef struct carom_self_t {
    const char *name;            /* "MainProcess" in one that carom did not start */
    const char *mode;            /* "main", or that of the mode it was started in */
    int64_t pid;
    int daemon;
    const char *parent_name;     /* NULL in the main process */
    int64_t parent_pid;          /* 0 in the main process */
} carom_self_t;

/* Fills *self for the calling thread.  Strings live as long as the entry runs. */
CAROM_API void carom_self(carom_self_t *self);

CAROM_END

#endif

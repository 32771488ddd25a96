/* Contexts: the mode in which things are started.
 *
 *   mode        a started "process" is                                     on       since
 *   thread      a thread of this program                                   all      0.1
 *   spawn       a fresh process of the same program                        all      0.1
 *   fork        a copy of this process, with all that it has in memory     Unix     0.1
 *   forkserver  a copy of a fresh process that stands ready for it         Unix     0.1
 *
 * spawn is the default: it is the same on Unix and Windows, and safe in programs with threads.  The environment's
 * CAROM_START_METHOD names another default.  A mode that a system or build does not have is not in the list of
 * carom_mode_at(), and no mode to any call.
 *
 * fork: the child has this process's memory, and its open files that are not carom's; carom's objects in it belong to the
 * parent and return CAROM_EFORKED.  It ends without the host's atexit handlers and destructors.  A copy of a process has one
 * thread, and what others held stays held in it for ever: so a start is refused with CAROM_EBUSY, and a line in the log that
 * says why, while the program has threads that are not carom's.  Once carom has threads (in thread mode), children come from
 * a template: a copy that was made before the first of them, if there was a context for forks by then, and that has the
 * memory of that moment; if there was none, starts are refused while such threads run.
 *
 * forkserver: the first start of a process launches its server, as spawn does, and each start asks it for a copy of itself.
 * That is as safe as spawn, as cheap as a fork of a small process, and does not grow with this one's memory.  Workers have
 * this process's environment, directory and standard streams as they are when they are started; limits, user and umask are
 * the server's.  They end with this process, not with the server.  A server that was killed is replaced by the next start; of
 * a worker that is killed, crashes or calls exit when its server is gone the exit status is lost (CAROM_EREAPED).  The server
 * has one thread and no place in carom_process_active(); it ends with this process.  It keeps one worker ready for the next
 * start: a child of the server that waits, and ends with it.
 *
 * What the modes can do; all else they do alike:
 *
 *                                   thread   spawn    fork     forkserver
 *   terminate, kill, crash          -        yes      yes      yes
 *   interrupt                       -        Unix     yes      yes
 *   stdin, stdout, stderr           -        yes      yes      yes
 *   environment                     -        yes      yes      yes
 *   directory                       -        mostly   yes      yes       (carom_context_can tells)
 *   niceness                        -        yes      yes      yes
 *   locks, queues and their like    yes      mostly   mostly   mostly    (the same)
 *   without carom_init in main      yes      plugins  yes      plugins   (see carom_init)
 *   beside threads of the host      yes      yes      -        yes
 *   carom_channel_create            -        -        yes      -
 *
 * A context may be used by any number of threads.  It must outlive the processes started in it.
 */

#ifndef CAROM_CONTEXT_H
#define CAROM_CONTEXT_H

#include <carom/status.h>

CAROM_BEGIN

struct carom_entry_t;

typedef struct carom_context_t carom_context_t;

/* What a mode may be able to do. */
typedef enum carom_ability_t {
    CAROM_CAN_TERMINATE = 1,      /* carom_process_terminate */
    CAROM_CAN_KILL = 2,           /* carom_process_kill */
    CAROM_CAN_INTERRUPT = 3,      /* carom_process_interrupt */
    CAROM_CAN_REDIRECT = 4,       /* stdin, stdout, stderr of its own */
    CAROM_CAN_ENVIRONMENT = 5,    /* environment variables of its own */
    CAROM_CAN_DIRECTORY = 6,      /* a working directory of its own */
    CAROM_CAN_NICE = 7,           /* niceness of its own */
    CAROM_CAN_CRASH = 8,          /* a crash of the child leaves this program alive */
    CAROM_CAN_SEND_CONNECTION = 9,  /* connections in messages (as arguments they can always be given) */
    CAROM_CAN_SEND_FILE = 10,     /* open files in messages, likewise */
    CAROM_CAN_CREATE = 11,        /* carom_channel_create: a fork that returns in both processes */
    CAROM_CAN_SHARE = 12          /* locks, queues, arrays and their like: threads always can, in one process */
} carom_ability_t;

/* Makes a context for a mode by name; NULL means the default mode: CAROM_START_METHOD, else "spawn".
 * CAROM_EMODE: no mode of that name on this system; CAROM_ENOMEM. */
CAROM_API carom_status_t carom_context_create(carom_context_t **context, const char *mode) CAROM_MUST_CHECK;

/* Ends a context and sets *context to NULL; NULL is fine.  Processes started in it must have been destroyed; the default
 * context, and the one that carom_call_context() gives, are carom's own and are left alone. */
CAROM_API void carom_context_destroy(carom_context_t **context);

/* The context that a NULL context stands for.  The first call fixes it.  CAROM_EMODE when CAROM_START_METHOD names no mode. */
CAROM_API carom_status_t carom_context_default(carom_context_t **context) CAROM_MUST_CHECK;

/* Its mode's name.  NULL: the default context's; "none" when CAROM_START_METHOD names no mode. */
CAROM_API const char *carom_context_mode(const carom_context_t *context);

/* 1 when the mode can do it on this system and in this build, else 0.  NULL: the default context's. */
CAROM_API int carom_context_can(const carom_context_t *context, carom_ability_t ability);

/* The name of the index-th mode of this system, spawn first; NULL after the last. */
CAROM_API const char *carom_mode_at(size_t index);

/* Names the entry that the forkserver of this process runs, without arguments, before its first fork: what it loads and
 * computes is in every worker.  NULL: none, as it is at first.  The entry must outlive its use.  When it returns other than 0,
 * calls carom_fail, crashes, or leaves a thread behind, the server ends, and the start that launched it returns the status
 * (CAROM_EFAILED, that of carom_fail, CAROM_EDIED, CAROM_EBUSY), with the text in a line of the log; the next start tries
 * again.  One that takes more than 60 s makes the start CAROM_ETIMEOUT.
 *
 * CAROM_EBUSY: the server is there already; CAROM_EINVAL: not an entry; CAROM_EMODE: no such mode on this system.  Any
 * thread. */
CAROM_API carom_status_t carom_forkserver_preload_set(const struct carom_entry_t *entry) CAROM_MUST_CHECK;

/* Processors that this process may use: honours the affinity mask and a cgroup's quota, at least 1.  Cheap enough to ask
 * before each pool, too dear for a loop. */
CAROM_API unsigned carom_cpu_count(void);

CAROM_END

#endif

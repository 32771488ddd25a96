/* Contexts: the mode in which things are started.
 *
 *   mode    a started "process" is                      since
 *   thread  a thread of this program                    0.1
 *   spawn   a fresh process of the same program         0.1
 *
 * spawn is the default: it is the same on Unix and Windows, and safe in programs with threads.  The environment's
 * CAROM_START_METHOD names another default.
 *
 * A context may be used by any number of threads.  It must outlive the processes started in it.
 */

#ifndef CAROM_CONTEXT_H
#define CAROM_CONTEXT_H

#include <carom/status.h>

CAROM_BEGIN

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
    CAROM_CAN_SEND_FILE = 10      /* open files in messages, likewise */
} carom_ability_t;

/* Makes a context for a mode by name; NULL means the default mode: CAROM_START_METHOD, else "spawn".
 * CAROM_EMODE: no mode of that name on this system; CAROM_ENOMEM. */
CAROM_API carom_status_t carom_context_create(carom_context_t **context, const char *mode) CAROM_MUST_CHECK;

/* Ends a context and sets *context to NULL; NULL is fine.  Processes started in it must have been destroyed; the default
 * context, and the one that carom_call_context() gives, are carom's own and are left alone. */
CAROM_API void carom_context_destroy(carom_context_t **context);

/* The context that a NULL context stands for.  The first call fixes it.  CAROM_EMODE when CAROM_START_METHOD names no mode. */
CAROM_API carom_status_t carom_context_default(carom_context_t **context) CAROM_MUST_CHECK;

/* "thread" or "spawn".  NULL: the default context's; "none" when CAROM_START_METHOD names no mode. */
CAROM_API const char *carom_context_mode(const carom_context_t *context);

/* 1 when the mode can do it on this system and in this build, else 0.  NULL: the default context's. */
CAROM_API int carom_context_can(const carom_context_t *context, carom_ability_t ability);

/* The name of the index-th mode of this system, spawn first; NULL after the last. */
CAROM_API const char *carom_mode_at(size_t index);

/* Processors that this process may use: honours the affinity mask and a cgroup's quota, at least 1.  Cheap enough to ask
 * before each pool, too dear for a loop. */
CAROM_API unsigned carom_cpu_count(void);

CAROM_END

#endif

/* Between inspect_posix.c and the file of the system beside it. */

#ifndef CAROM_INSPECT_POSIX_H
#define CAROM_INSPECT_POSIX_H

#include "inspect.h"

#include <sys/types.h>

#define CAROM_INSPECT_PATIENCE_MS 10000     /* with a program that shows stacks */

/* To whom things are shown. */
typedef struct carom_inspect_listing_t {
    carom_inspect_visit_t visit;
    void *argument;
} carom_inspect_listing_t;

struct carom_inspect_case_t {
    pid_t pid;                         /* also the number of its process group */
    char *tag;
    struct carom_inspect_case_t *next; /* of those that were not released */
};

/* From now on orphans among this process's descendants become its children, where the system can do that. */
void carom_inspect_adopt_orphans(void);

/* Collects those that have ended. */
void carom_inspect_collect_orphans(void);

/* Since some moment.  For handlers of signals too, as the next one. */
int64_t carom_inspect_now_ms(void);
void carom_inspect_pause_1ms(void);

/* "SIGSEGV"; NULL: a signal without a name here.  For handlers of signals too. */
const char *carom_inspect_signal_name(int number);

/* The same, or "signal 64". */
void carom_inspect_name_signal(char *text, size_t size, int number);

/* 1 when the process is that of a case that was not released. */
int carom_inspect_is_case(pid_t pid);

/* ---- stacks: stacks_linux.c, stacks_none.c ---- */

/* A call of the program that shows the stacks of another process. */
typedef struct carom_inspect_tracer_t {
    const char *name;
    char path[1024];
    const char *arguments[12];         /* the path first, NULL last */
    const char *const *environment;    /* NULL last: nothing of the case's, so that it is not found as one of its processes */
    char pid[24];                      /* the last argument */
} carom_inspect_tracer_t;

/* Returns 1, or 0: this machine has no such program. */
int carom_inspect_tracer_find(carom_inspect_tracer_t *tracer);

/* Sets the process to be looked at.  For handlers of signals too. */
void carom_inspect_tracer_aim(carom_inspect_tracer_t *tracer, pid_t pid);

/* Lets any process of this user look into this one, where the system would let only its ancestors: a tracer is none.  This is
 * not inherited by a fork.  For handlers of signals too. */
void carom_inspect_tracer_admit(void);

/* The system's number of the calling thread, 0 where it does not tell.  For handlers of signals. */
int64_t carom_inspect_thread(void);

/* ---- the stack of the calling thread: frames_execinfo.c, frames_none.c ---- */

/* Does what a handler of signals must not do. */
void carom_inspect_frames_prepare(void);

/* For handlers of signals: appends a line for each function that the thread is in. */
void carom_inspect_frames_write(int file);

#endif

/* Contexts and modes from inside.
 *
 * A mode is a table of functions; modes.c lists them, mode_<name>.c has them, and nothing else asks which mode it is. */

#ifndef CAROM_CORE_CONTEXT_H
#define CAROM_CORE_CONTEXT_H

#include <carom/context.h>
#include <carom/process.h>

#include "core/call.h"
#include "core/launch.h"
#include "platform/platform.h"

typedef struct carom__mode_t {
    const char *name;
    int (*is_here)(void);              /* 0: this system or build has no such mode */
    int (*can)(carom_ability_t ability);

    /* Starts process->… with a launch whose parcel is sealed.  On success the parcel was sent or handed over; else it is
     * untouched. */
    carom_status_t (*start)(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options);

    /* Waits until the process has ended and its outcome is noted, or the deadline. */
    carom_status_t (*wait)(carom_process_t *process, int64_t deadline);

    /* CAROM_ENOTSUP where the mode has no such thing. */
    carom_status_t (*signal)(carom_process_t *process, carom_plat_signal_t which);

    carom_status_t (*sentinel)(carom_native_t *sentinel, carom_process_t *process);

    /* For carom_wait: at most two sources of a process that has not ended, either of which may be ready for reasons that do not
     * end it: then wait() with a deadline in the past looks. */
    carom_status_t (*sources)(carom_process_t *process, carom_plat_source_t sources[2], size_t *count);

    /* Before each thread that carom makes; NULL: nothing to do. */
    void (*before_thread)(void);

    /* Frees what start made, when nobody has the process any more; leaves one that still runs to itself. */
    void (*release)(carom_process_t *process);
} carom__mode_t;

extern const carom__mode_t carom__mode_thread, carom__mode_spawn, carom__mode_fork, carom__mode_forkserver;

/* The index-th mode, the default first, or NULL; a mode by name, or NULL. */
const carom__mode_t *carom__mode_at(size_t index);
const carom__mode_t *carom__mode_named(const char *name);

/* 1 when the user has a context of that mode: he made one, it is the default, or what runs here was started in it. */
int carom__mode_is_wanted(const carom__mode_t *mode);
void carom__mode_note_context(const carom__mode_t *mode, int change);

/* Tells all modes that a thread is about to be made. */
void carom__modes_before_thread(void);

/* A context as users see it is a mode and a mark. */
struct carom_context_t {
    unsigned magic;
    int is_ours;                       /* 1: never freed */
    const carom__mode_t *mode;
};

#define CAROM__CONTEXT_MAGIC 0xC04E7127u

/* The context of a mode that lives as long as the program. */
carom_context_t *carom__context_of(const carom__mode_t *mode);

/* *context, or the default one for NULL.  CAROM_EINVAL: not a context; CAROM_EMODE. */
carom_status_t carom__context_resolve(carom_context_t **context);

#endif

/* A started process, as core and its modes see it. */

#ifndef CAROM_CORE_PROCESS_H
#define CAROM_CORE_PROCESS_H

#include "core/context.h"

#include <stdatomic.h>

#define CAROM__PROCESS_MAGIC 0xC0940CE5u

struct carom_process_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count(); this and the next ones do not change after the start */
    const carom__mode_t *mode;
    char name[CAROM__NAME_MAX + 1];
    int daemon;
    int is_apart;                      /* 1: it has no part in the arena */
    carom_duration_t grace;
    int64_t pid;
    void *backing;                     /* the mode's own */

    carom_process_t *older, *newer;    /* in the family; guarded by the global lock */
    int in_family;                     /* likewise */

    atomic_uint references;            /* the owner, the family, a running thread */

    carom_plat_monitor_t *monitor;     /* guards the rest */
    int ended;                         /* outcome and report are complete, and change no more but for the result */
    carom_outcome_t outcome;
    carom__report_t report;
    int result_taken;
};

/* What users cannot say of a start. */
typedef struct carom__start_t {
    int is_apart;                      /* for carom itself: in no family, with no part in the arena, asked for by nobody */
    carom_connection_t *channel;       /* moved into the call; NULL: none */
    carom__birth_t *birth;             /* asks for a fork that returns in the child too; NULL: no */
} carom__start_t;

/* What carom_process_start_with does.  In a child that a birth tells of there is no process: *process is NULL. */
carom_status_t carom__process_start(carom_process_t **process, carom_context_t *context, carom_request_t request,
                                    const carom_process_options_t *options, const carom__start_t *how);

/* What can be wrong with a request before anything is done: CAROM_EINVAL, CAROM_EDAEMON. */
carom_status_t carom__process_check_request(const carom_request_t *request);

/* Starts one apart. */
carom_status_t carom__process_start_apart(carom_process_t **process, const carom__mode_t *mode, carom_request_t request,
                                            const carom_process_options_t *options);

void carom__process_hold(carom_process_t *process);
void carom__process_drop(carom_process_t *process);

/* Notes the end, under the monitor, with the report as it is: outcome.status and text follow from it.  known 0: somebody else
 * collected the exit status. */
void carom__process_note_end(carom_process_t *process, int code, int known);

int carom__process_has_ended(carom_process_t *process);

/* Waits, kills at the deadline, and waits again; release frees the object then.  CAROM_ETIMEOUT: a thread. */
carom_status_t carom__process_end(carom_process_t *process, int64_t deadline);
void carom__process_release(carom_process_t **process);

/* Waits; also notes in the family that it has ended. */
carom_status_t carom__process_wait(carom_process_t *process, int64_t deadline);

#endif

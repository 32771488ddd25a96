/* An entry in a process of its own: what spawn, fork and forkserver share.
 *
 * Modes differ in how the process comes to be.  Everything after that (orders through a private connection, the report that
 * comes back, the end, signals) is the same, and stands in child.c as functions for their tables. */

#ifndef CAROM_CORE_CHILD_H
#define CAROM_CORE_CHILD_H

#include "core/process.h"

/* Makes the process that `how` describes but for its program.  Statuses of carom_plat_launch, and the mode's own.  In a fork
 * that returns, for which the launch has a birth, *child is NULL and the birth is filled in. */
typedef carom_status_t (*carom__launcher_t)(carom_plat_child_t **child, const carom_plat_launch_t *how, void *baton);

/* A mode's start, once it knows how. */
carom_status_t carom__child_start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options,
                                  carom__launcher_t launcher, void *baton);

/* For the tables: see carom__mode_t. */
int carom__child_can(carom_ability_t ability);
carom_status_t carom__child_wait(carom_process_t *process, int64_t deadline);
carom_status_t carom__child_signal(carom_process_t *process, carom_plat_signal_t which);
carom_status_t carom__child_sentinel(carom_native_t *sentinel, carom_process_t *process);
carom_status_t carom__child_sources(carom_process_t *process, carom_plat_source_t sources[2], size_t *count);
void carom__child_release(carom_process_t *process);

#endif

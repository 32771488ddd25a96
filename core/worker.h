/* The main of a worker: a process that was made to run one entry. */

#ifndef CAROM_CORE_WORKER_H
#define CAROM_CORE_WORKER_H

#include "core/launch.h"
#include "platform/platform.h"

/* How a worker ends its process. */
typedef void (*carom__leave_t)(int code) CAROM_NORETURN;

/* Takes control over, and the tree's memory or NULL, fetches the orders, runs the entry, reports, and leaves.  For the thread
 * that is the only one of a fresh process, or of a fork that forgot its parent. */
void carom__worker_run(carom_plat_stream_t *control, carom_plat_shared_t *shared, carom__leave_t leave) CAROM_NORETURN;

/* In a process that carom has just forked: the family and what else was the parent's is forgotten, and the entry is run. */
void carom__worker_run_forked(carom_plat_stream_t *control, carom_plat_shared_t *shared) CAROM_NORETURN;

/* The same for a fork that returns to who asked for it: becomes the process that the orders say, and gives the channel that
 * came with them.  Where that fails the process ends, and its starter learns why. */
carom_connection_t *carom__worker_go_on(const carom__birth_t *birth);

#endif

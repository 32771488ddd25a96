/* The mode "fork": the entry runs in a copy of this process. */

#include "core/child.h"
#include "core/memory.h"
#include "core/worker.h"

#include <carom/log.h>

#include <string.h>

/* How long threads that seem to be there may take to vanish from the system's books, in microseconds. */
#define PATIENCE 100000

static carom_status_t fork_here(carom_plat_child_t **child, const carom_plat_launch_t *how)
{
    carom_plat_stream_t *control;
    carom_plat_launch_t alone = *how;
    carom_status_t status;

    /* Handles of the arguments go through control, as everywhere. */
    alone.files = NULL;
    alone.file_count = 0;
    status = carom_plat_fork(child, &control, &alone);
    if (status == CAROM_OK && *child == NULL)
        carom__worker_run_forked(control);
    return status;
}

static carom_status_t refuse(const char *why)
{
    carom_log(CAROM_LOG_ERROR, "no fork: %s", why);
    return CAROM_EBUSY;
}

static carom_status_t launch_fork(carom_plat_child_t **child, const carom_plat_launch_t *how, void *baton)
{
    (void) baton;
    switch (carom_plat_company(carom_plat_now() + PATIENCE)) {
    case CAROM_PLAT_ALONE:
        return fork_here(child, how);
    case CAROM_PLAT_AMONG_OURS:
        return refuse("threads of carom run, and no context for forks was made before the first of them");
    case CAROM_PLAT_AMONG_OTHERS:
        break;
    }
    return refuse("the program has threads that are not carom's, and what they hold a fork would hold for ever");
}

static carom_status_t start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options)
{
    char *object = carom__alloc(CAROM_PLAT_PATH);
    carom_status_t status = CAROM_ENOMEM;

    if (object) {
        carom__entry_object(object, CAROM_PLAT_PATH, launch->request.entry);
        launch->object = object;
        status = carom__child_start(process, launch, options, launch_fork, NULL);
    }
    carom_free(object);
    return status;
}

const carom__mode_t carom__mode_fork = {
    .name = "fork",
    .is_here = carom_plat_can_fork,
    .can = carom__child_can,
    .start = start,
    .wait = carom__child_wait,
    .signal = carom__child_signal,
    .sentinel = carom__child_sentinel,
    .sources = carom__child_sources,
    .release = carom__child_release,
};

/* The mode "spawn": the entry runs in a fresh process of the same program, or in carom-worker. */

#include "core/child.h"
#include "core/memory.h"

static int is_here(void)
{
    return 1;
}

static carom_status_t launch_program(carom_plat_child_t **child, const carom_plat_launch_t *how, void *baton)
{
    const carom__home_t *home = baton;
    carom_plat_launch_t complete = *how;
    carom_status_t status;

    complete.program = home->program;
    status = carom_plat_launch(child, &complete);
    if (status == CAROM_ENOENT && home->is_worker && how->directory == NULL)
        status = CAROM_ENOWORKER;
    return status;
}

static carom_status_t start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options)
{
    carom__home_t *home = carom__alloc(sizeof *home);
    carom_status_t status = home ? carom__entry_home(home, launch->request.entry) : CAROM_ENOMEM;

    if (status == CAROM_OK) {
        launch->object = home->object;
        status = carom__child_start(process, launch, options, launch_program, home);
    }
    carom_free(home);
    return status;
}

const carom__mode_t carom__mode_spawn = {
    .name = "spawn",
    .is_here = is_here,
    .can = carom__child_can,
    .start = start,
    .wait = carom__child_wait,
    .signal = carom__child_signal,
    .sentinel = carom__child_sentinel,
    .sources = carom__child_sources,
    .release = carom__child_release,
};

/* carom_init: the only place of core that ends a process. */

#include "core/entry.h"
#include "core/worker.h"

#include <stdlib.h>
#include <string.h>

/* The exit code of a worker that has no control. */
#define NOT_RUN 70

/* Its program is all there: what it registered to be done at exit is done. */
static void CAROM_NORETURN leave(int code)
{
    exit(code);
}

static void run_worker(const char *token)
{
    carom_plat_shared_t *shared;
    carom_plat_stream_t *control;
    carom_status_t status = carom_plat_start();

    if (status == CAROM_OK)
        status = carom_plat_adopt(&control, &shared, token);
    if (status != CAROM_OK)
        exit(NOT_RUN);
    carom__worker_run(control, shared, leave);
}

void carom_init(int *argc, char ***argv)
{
    carom__entry_note_init();
    if (*argc > 0)
        carom_plat_program_hint((*argv)[0]);
    if (*argc == 3 && strcmp((*argv)[1], CAROM_PLAT_WORKER_ARGUMENT) == 0)
        run_worker((*argv)[2]);
}

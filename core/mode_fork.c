/* The mode "fork": the entry runs in a copy of this process. */

#include "core/child.h"
#include "core/forker.h"
#include "core/memory.h"
#include "core/worker.h"

#include <carom/log.h>

/* How long threads that seem to be there may take to vanish from the system's books, in microseconds. */
#define PATIENCE 100000

/* A fork of this process from before carom's first thread, which forks workers from then on: a process with threads cannot.
 * Made when there is one thread, and read by any. */
static struct {
    unsigned born;                     /* carom_plat_fork_count(): what a fork finds here is its parent's */
    carom_plat_forker_t *forker;       /* NULL: none */
    carom_plat_child_t *child;
} template;

/* ---- the template ---- */

static int has_template(void)
{
    return template.forker != NULL && template.born == carom_plat_fork_count();
}

static void CAROM_NORETURN serve(carom_native_t theirs, const unsigned char *key)
{
    carom_plat_stream_t *control;
    carom_plat_shared_t *shared;

    if (carom_plat_forker_serve(&control, &shared, theirs, key) == CAROM_OK)
        carom__worker_run_forked(control, shared);
    carom_plat_leave(0);
}

static carom_status_t fork_template(carom_plat_child_t **child, carom_native_t theirs, const unsigned char *key)
{
    carom_plat_launch_t how = {.standard = {{CAROM_PLAT_NULL, CAROM_NATIVE_NONE}}, .files = &theirs, .file_count = 1};
    carom_plat_stream_t *ours, *control;
    carom_plat_shared_t *shared;
    carom_status_t status = carom_plat_stream_pair(&ours, &how.control);

    *child = NULL;
    if (status != CAROM_OK)
        return status;
    status = carom_plat_fork(child, &control, &shared, &how);
    if (status == CAROM_OK && *child == NULL)
        serve(theirs, key);
    carom_plat_stream_close(&ours);
    carom_plat_stream_close(&how.control);
    return status;
}

static carom_status_t make_template(void)
{
    unsigned char key[CAROM_PLAT_KEY];
    carom_plat_forker_t *forker;
    carom_native_t theirs;
    carom_status_t status = carom__forker_create(&forker, &theirs, key);

    if (status != CAROM_OK)
        return status;
    status = fork_template(&template.child, theirs, key);
    carom_plat_file_close(theirs);
    if (status != CAROM_OK) {
        carom_plat_forker_close(&forker);
        return status;
    }
    template.forker = forker;
    template.born = carom_plat_fork_count();
    return CAROM_OK;
}

static void before_thread(void)
{
    carom_status_t status;

    if (!carom__mode_is_wanted(&carom__mode_fork) || has_template() || carom_plat_company(0) != CAROM_PLAT_ALONE)
        return;
    status = make_template();
    if (status != CAROM_OK)
        carom_log(CAROM_LOG_ERROR, "no template of this process for forks: %s", carom_status_name(status));
    else
        carom_log(CAROM_LOG_DEBUG, "forks come from process %lld from now on",
                  (long long) carom_plat_child_pid(template.child));
}

/* ---- starting ---- */

static carom_status_t fork_here(carom_plat_child_t **child, const carom_plat_launch_t *how, carom__birth_t *birth)
{
    carom__birth_t worker = {NULL, NULL}, *born = birth ? birth : &worker;
    carom_plat_launch_t alone = *how;
    carom_status_t status;

    /* Handles of the arguments go through control, as everywhere. */
    alone.files = NULL;
    alone.file_count = 0;
    status = carom_plat_fork(child, &born->control, &born->shared, &alone);
    if (status == CAROM_OK && *child == NULL && birth == NULL)
        carom__worker_run_forked(worker.control, worker.shared);
    return status;
}

static carom_status_t refuse(carom_status_t status, const char *why)
{
    carom_log(CAROM_LOG_ERROR, "no fork: %s", why);
    return status;
}

static carom_status_t fork_template_s(carom_plat_child_t **child, const carom_plat_launch_t *how)
{
    int64_t deadline = carom_plat_now() + CAROM__FORKER_PATIENCE;
    carom_plat_end_t end;
    carom_status_t status = carom__forker_launch(child, template.forker, how, deadline);

    if (status != CAROM_EEOF)
        return status;
    /* Its socket is closed already: this collects it. */
    (void) carom_plat_child_wait(template.child, &end, carom_plat_now() + PATIENCE);
    return refuse(CAROM_EDIED, "threads run, and the process from which forks came has died");
}

static carom_status_t launch_fork(carom_plat_child_t **child, const carom_plat_launch_t *how, void *baton)
{
    carom_plat_company_t company = carom_plat_company(carom_plat_now() + PATIENCE);
    carom__birth_t *birth = baton;

    if (company == CAROM_PLAT_AMONG_OTHERS)
        return refuse(CAROM_EBUSY, "the program has threads that are not carom's, and a fork would never see them let go");
    if (company == CAROM_PLAT_ALONE)
        return fork_here(child, how, birth);
    if (birth)
        return refuse(CAROM_EBUSY, "threads of carom run, and what forks come from then has another place to go on from");
    if (has_template())
        return fork_template_s(child, how);
    return refuse(CAROM_EBUSY, "threads of carom run, and no context for forks was made before the first of them");
}

static carom_status_t start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options)
{
    char *object = carom__alloc(CAROM_PLAT_PATH);
    carom_status_t status = CAROM_ENOMEM;

    if (object) {
        carom__entry_object(object, CAROM_PLAT_PATH, launch->request.entry);
        launch->object = object;
        status = carom__child_start(process, launch, options, launch_fork, launch->birth);
    }
    carom_free(object);
    return status;
}

/* A fork goes where it wants, and can go on where it is. */
static int can(carom_ability_t ability)
{
    return ability == CAROM_CAN_DIRECTORY || ability == CAROM_CAN_CREATE || carom__child_can(ability);
}

const carom__mode_t carom__mode_fork = {
    .name = "fork",
    .is_here = carom_plat_can_fork,
    .can = can,
    .start = start,
    .wait = carom__child_wait,
    .signal = carom__child_signal,
    .sentinel = carom__child_sentinel,
    .sources = carom__child_sources,
    .before_thread = before_thread,
    .release = carom__child_release,
};

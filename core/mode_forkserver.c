/* The mode "forkserver": the entry runs in a fork of a server, which is a fresh process of this program with nothing in it.
 *
 * The server is itself a worker of carom's, in spawn mode and in no family, that runs an entry of carom's own: the one below.
 * */

#include "core/child.h"
#include "core/forker.h"
#include "core/memory.h"
#include "core/time.h"
#include "core/worker.h"

#include <carom/log.h>

#include <stdio.h>
#include <string.h>

/* How long a server that does not answer may take to end, and threads that its preload has ended to vanish, in microseconds. */
#define LAST_WORDS 5000000
#define PATIENCE 100000

/* ---- the server ---- */

enum { KEY, SOCKET, PRELOAD, PRELOAD_VERSION, PRELOAD_OBJECT, SERVER_ARGUMENTS };

/* The preload entry left by carom_exit, or the like: its server can only end. */
static void CAROM_NORETURN finish_preload(carom_call_t *call, int code)
{
    carom_call_t *server = call->baton;

    carom__report_failure(&server->report, CAROM_EFAILED, "the preload entry did not return");
    server->finish(server, code != 0 ? code : 1);
}

static int run_preload(carom_call_t *server, const carom_entry_t *entry)
{
    carom_call_t call = {.entry = entry, .context = carom__context_of(&carom__mode_forkserver), .finish = finish_preload,
                         .baton = server};
    int code = entry->function(&call) & 255;

    if (call.report.failure != CAROM_OK)
        return carom_fail(server, call.report.failure, "%s", call.report.text);
    carom__call_clear(&call);
    return code == 0 ? 0 : carom_fail(server, CAROM_EFAILED, "the preload entry %s gave %d", entry->name, code);
}

static int preload(carom_call_t *server)
{
    const char *name = carom_arg_text(server, PRELOAD), *object = carom_arg_text(server, PRELOAD_OBJECT);
    const carom_entry_t *entry;

    if (name == NULL || object == NULL || name[0] == '\0')
        return 0;
    if (carom__entry_look_up(&entry, name, object) != CAROM_OK)
        return carom_fail(server, CAROM_ENOENTRY, "the preload entry %s is not in the server", name);
    if ((int64_t) entry->version != carom_arg_int(server, PRELOAD_VERSION))
        return carom_fail(server, CAROM_EVERSION, "the preload entry %s has another version in the server", name);
    if (run_preload(server, entry) != 0)
        return 1;
    if (carom_plat_company(carom_plat_now() + PATIENCE) != CAROM_PLAT_ALONE)
        return carom_fail(server, CAROM_EBUSY, "the preload entry %s left threads behind, which forks would not have", name);
    return 0;
}

CAROM_TASK(carom__forkserver)
{
    carom_value_t key = carom_arg(call, KEY);
    carom_native_t socket = carom_arg_file(call, SOCKET);
    carom_plat_stream_t *control;
    carom_plat_shared_t *shared;
    carom_status_t status;

    if (carom_value_type(key) != CAROM_BYTES || carom_value_count(key) != CAROM_PLAT_KEY || socket == CAROM_NATIVE_NONE)
        return carom_fail(call, CAROM_EBADMSG, "not the orders of a server");
    if (preload(call) != 0)
        return 1;
    status = carom_plat_forker_serve(&control, &shared, socket, carom_value_bytes(key));
    if (status == CAROM_OK)
        carom__worker_run_forked(control, shared);
    return status == CAROM_EEOF ? 0 : carom_fail(call, status, "the server could not go on");
}

/* ---- the server, seen by its owner ---- */

/* Held by the office and by each start that asks it. */
typedef struct server_t {
    atomic_uint references;
    carom_plat_forker_t *forker;
    carom_process_t *process;
} server_t;

/* One a process.  What a fork finds is its parent's, and stays as it is. */
typedef struct office_t {
    unsigned born;                     /* carom_plat_fork_count() */
    carom_plat_monitor_t *monitor;     /* guards the rest */
    server_t *server;                  /* NULL: none yet, or none any more */
    int launching;                     /* a thread is at it */
    struct office_t *parent_s;
} office_t;

static office_t *_Atomic current;
static const carom_entry_t *_Atomic preload_entry;

static void drop(server_t *server)
{
    if (server == NULL || atomic_fetch_sub(&server->references, 1) != 1)
        return;
    carom_plat_forker_close(&server->forker);
    carom_process_destroy(&server->process);
    carom_free(server);
}

static carom_status_t new_office(office_t **office, office_t *before)
{
    office_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status = self ? carom_plat_monitor_create(&self->monitor) : CAROM_ENOMEM;

    *office = NULL;
    if (status != CAROM_OK) {
        carom_free(self);
        return status;
    }
    self->born = carom_plat_fork_count();
    self->parent_s = before;
    if (atomic_compare_exchange_strong(&current, &before, self)) {
        *office = self;
        return CAROM_OK;
    }
    carom_plat_monitor_destroy(&self->monitor);
    carom_free(self);
    *office = before;
    return CAROM_OK;
}

static carom_status_t find_office(office_t **office)
{
    *office = atomic_load(&current);
    return *office && (*office)->born == carom_plat_fork_count() ? CAROM_OK : new_office(office, *office);
}

/* ---- launching it ---- */

static carom_status_t start_server(server_t *server, carom_native_t theirs, const unsigned char *key)
{
    static const char *const environment[] = {CAROM_PLAT_BIND_NOW, NULL};
    const carom_entry_t *entry = atomic_load(&preload_entry);
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    char *object = carom__calloc(1, CAROM_PLAT_PATH);
    carom_status_t status;

    if (object == NULL)
        return CAROM_ENOMEM;
    if (entry)
        carom__entry_object(object, CAROM_PLAT_PATH, entry);
    options.name = "forkserver";
    options.daemon = 0;
    options.environment = environment;
    options.grace = 0;
    {
        carom_value_t arguments[SERVER_ARGUMENTS] = {
            [KEY] = carom_value_borrow_bytes(key, CAROM_PLAT_KEY),
            [SOCKET] = carom_value_from_file(theirs),
            [PRELOAD] = carom_value_borrow_text(entry ? entry->name : ""),
            [PRELOAD_VERSION] = carom_value_from_int(entry ? (int64_t) entry->version : 0),
            [PRELOAD_OBJECT] = carom_value_borrow_text(object),
        };

        status = carom__process_start_apart(&server->process, &carom__mode_spawn,
                                              carom_request(&carom__forkserver, arguments, SERVER_ARGUMENTS), &options);
    }
    carom_free(object);
    return status;
}

static carom_status_t launch_server(server_t **server)
{
    unsigned char key[CAROM_PLAT_KEY];
    carom_native_t theirs = CAROM_NATIVE_NONE;
    server_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status = self ? carom__forker_create(&self->forker, &theirs, key) : CAROM_ENOMEM;

    *server = NULL;
    if (status != CAROM_OK) {
        carom_free(self);
        return status;
    }
    atomic_init(&self->references, 1);
    status = start_server(self, theirs, key);
    carom_plat_file_close(theirs);
    if (status == CAROM_OK)
        *server = self;
    else
        drop(self);
    return status;
}

/* One thread launches, the others wait for what comes of it. */
static carom_status_t launch_for_all(office_t *office)
{
    server_t *server;
    carom_status_t status;

    office->launching = 1;
    carom_plat_monitor_leave(office->monitor);
    status = launch_server(&server);
    carom_plat_monitor_enter(office->monitor);
    office->launching = 0;
    office->server = server;
    carom_plat_monitor_wake(office->monitor);
    return status;
}

/* The server, held. */
static carom_status_t hire(server_t **server, office_t *office, int64_t deadline)
{
    carom_status_t status = CAROM_OK;

    carom_plat_monitor_enter(office->monitor);
    while (office->server == NULL && office->launching && status == CAROM_OK)
        status = carom_plat_monitor_wait(office->monitor, deadline);
    if (status == CAROM_OK && office->server == NULL)
        status = launch_for_all(office);
    *server = status == CAROM_OK ? office->server : NULL;
    if (*server)
        atomic_fetch_add(&(*server)->references, 1);
    carom_plat_monitor_leave(office->monitor);
    return status;
}

/* Who finds it dead first takes it out. */
static void dismiss(office_t *office, server_t *server)
{
    int was_there;

    carom_plat_monitor_enter(office->monitor);
    was_there = office->server == server;
    if (was_there)
        office->server = NULL;
    carom_plat_monitor_leave(office->monitor);
    if (was_there)
        drop(server);
}

/* ---- starting ---- */

/* Why there is no server any more.  CAROM_EDIED: another one may do better. */
static carom_status_t ask_why(office_t *office, server_t *server)
{
    const carom_outcome_t *outcome;
    carom_status_t status;

    /* Its socket is closed already. */
    if (carom__process_wait(server->process, carom_plat_now() + LAST_WORDS) != CAROM_OK) {
        dismiss(office, server);
        return CAROM_EDIED;
    }
    outcome = carom_process_outcome(server->process);
    status = outcome->status == CAROM_OK || outcome->status == CAROM_EREAPED ? CAROM_EDIED : outcome->status;
    carom_log(status == CAROM_EDIED ? CAROM_LOG_WARNING : CAROM_LOG_ERROR, "the forkserver, pid %lld, is gone: %s",
              (long long) outcome->pid, outcome->text);
    dismiss(office, server);
    return status;
}

static carom_status_t ask_once(carom_plat_child_t **child, office_t *office, const carom_plat_launch_t *how, int64_t deadline)
{
    server_t *server;
    carom_status_t status = hire(&server, office, deadline);

    if (status != CAROM_OK)
        return status;
    status = carom__forker_launch(child, server->forker, how, deadline);
    if (status == CAROM_EEOF)
        status = ask_why(office, server);
    else if (status == CAROM_ETIMEOUT)      /* stopped, or in a preload that never ends: the next start gets another */
        dismiss(office, server);
    drop(server);
    return status;
}

static carom_status_t launch_by_server(carom_plat_child_t **child, const carom_plat_launch_t *how, void *baton)
{
    int64_t deadline = carom_plat_now() + CAROM__FORKER_PATIENCE;
    office_t *office;
    carom_status_t status = find_office(&office);

    (void) baton;
    if (status == CAROM_OK)
        status = ask_once(child, office, how, deadline);
    return status == CAROM_EDIED ? ask_once(child, office, how, deadline) : status;
}

static carom_status_t start(carom_process_t *process, carom__launch_t *launch, const carom_process_options_t *options)
{
    carom__home_t *home = carom__alloc(sizeof *home);
    carom_status_t status = home ? carom__entry_home(home, launch->request.entry) : CAROM_ENOMEM;

    if (status == CAROM_OK) {
        launch->object = home->object;
        launch->orders_first = 1;
        status = carom__child_start(process, launch, options, launch_by_server, NULL);
    }
    carom_free(home);
    return status;
}

carom_status_t carom_forkserver_preload_set(const carom_entry_t *entry)
{
    office_t *office = atomic_load(&current);
    int is_there = 0;

    if (!carom_plat_can_fork())
        return CAROM_EMODE;
    if (entry && (entry->name == NULL || entry->function == NULL || strlen(entry->name) > CAROM__NAME_MAX))
        return CAROM_EINVAL;
    if (office && office->born == carom_plat_fork_count()) {
        carom_plat_monitor_enter(office->monitor);
        is_there = office->server != NULL || office->launching;
        carom_plat_monitor_leave(office->monitor);
    }
    if (is_there)
        return CAROM_EBUSY;
    atomic_store(&preload_entry, entry);
    return CAROM_OK;
}

/* A fork goes where it wants. */
static int can(carom_ability_t ability)
{
    return ability == CAROM_CAN_DIRECTORY || carom__child_can(ability);
}

const carom__mode_t carom__mode_forkserver = {
    .name = "forkserver",
    .is_here = carom_plat_can_fork,
    .can = can,
    .start = start,
    .wait = carom__child_wait,
    .signal = carom__child_signal,
    .sentinel = carom__child_sentinel,
    .sources = carom__child_sources,
    .release = carom__child_release,
};

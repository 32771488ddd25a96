/* The schedule: a process for each case, so many at a time, none longer than it may. */

#include "harness/harness.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <signal.h>
#include <string.h>

#define DEFAULT_TIMEOUT_MS 30000
#define LOOK_AGAIN 1000     /* microseconds */

static volatile sig_atomic_t interrupted;

static void on_interrupt(int number)
{
    (void) number;
    interrupted = 1;
}

carom_duration_t carom__h_timeout(const carom__h_session_t *session, const carom__h_case_t *of)
{
    int timeout = of->entry->options.timeout_ms > 0 ? of->entry->options.timeout_ms : DEFAULT_TIMEOUT_MS;

    return (carom_duration_t) (timeout * 1000.0 * session->options.multiplier);
}

/* ---- a run's own folder and environment ---- */

static int make_folder(const carom__h_session_t *session, carom__h_run_t *run)
{
    apr_pool_t *pool = session->pool;

    run->folder = apr_psprintf(pool, "%s/%d", session->folder, run->number);
    run->journal = apr_pstrcat(pool, run->folder, "/journal", NULL);
    run->output = apr_pstrcat(pool, run->folder, "/output", NULL);
    run->crashes = apr_pstrcat(pool, run->folder, "/crashes", NULL);
    run->directory = apr_pstrcat(pool, run->folder, "/files", NULL);
    return apr_dir_make(run->folder, APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS &&
           apr_dir_make(run->directory, APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS;
}

/* The names: where assertions and crashes are written, whose descendants are whose, and where temporary files go. */
enum { VARIABLE_TAG, VARIABLE_JOURNAL, VARIABLE_CRASHES, VARIABLE_TEMPORARY, VARIABLE_COUNT = VARIABLE_TEMPORARY + 3 };
static const char *const variables[VARIABLE_COUNT] = {
    "CAROM_TEST_ID", CAROM__H_JOURNAL_VARIABLE, CAROM_INSPECT_CRASHES, "TMPDIR", "TMP", "TEMP"};

static const char *variable_value(const carom__h_session_t *session, const carom__h_run_t *run, int which)
{
    if (which == VARIABLE_TAG)
        return apr_psprintf(session->pool, "%s%" APR_INT64_T_FMT "-%d", session->tag, carom_inspect_pid(), run->number);
    if (which == VARIABLE_CRASHES)
        return run->crashes;
    return which == VARIABLE_JOURNAL ? run->journal : run->directory;
}

/* ---- starting ---- */

static void start(const carom__h_session_t *session, carom__h_run_t *run)
{
    const char *arguments[] = {session->program, "--carom-case", run->of->name,  "--journal",
                               run->journal,     "--directory",  run->directory, "--seed",
                               apr_psprintf(session->pool, "%" APR_UINT64_T_FMT, run->seed), NULL};
    const char *environment[VARIABLE_COUNT + 1];
    carom_inspect_launch_t launch = {arguments, environment, run->output, NULL};
    char words[200];
    apr_status_t status;
    int i;

    for (i = 0; i < VARIABLE_COUNT; i++)
        environment[i] = apr_pstrcat(session->pool, variables[i], "=", variable_value(session, run, i), NULL);
    environment[VARIABLE_COUNT] = NULL;
    launch.tag = environment[VARIABLE_TAG];
    status = carom_inspect_start(&run->process, &launch);
    if (status != APR_SUCCESS)
        run->trouble = apr_pstrdup(session->pool, apr_strerror(status, words, sizeof(words)));
}

/* What a try before this one found stays with the run. */
static void forget_try(carom__h_run_t *run)
{
    run->skip = NULL;
    run->trouble = NULL;
    run->timed_out = 0;
    run->stacks = NULL;
    apr_array_clear(run->survivors);
    apr_array_clear(run->left);
}

/* It is among the suspects of what this look finds. */
static void end(carom__h_session_t *session, carom__h_run_t *run)
{
    run->took = carom_now() - run->began;
    carom_inspect_release(&run->process);
    carom__h_names_look(session);
    run->state = CAROM__H_ENDED;
}

static void finish(carom__h_session_t *session, carom__h_run_t *run)
{
    carom__h_judge(session, run);
    carom__h_folder_remove(run->folder, session->pool);
    run->attempts++;
    run->state = CAROM__H_FINISHED;
    if (run->outcome == CAROM__H_FAILED && run->attempts <= session->options.retries) {
        forget_try(run);
        run->state = CAROM__H_WAITING;
    } else {
        session->counts[run->outcome]++;
    }
}

/* It is not among the suspects of what this look finds. */
static void begin(carom__h_session_t *session, carom__h_run_t *run)
{
    carom__h_names_look(session);
    run->began = carom_now();
    run->deadline = run->began + carom__h_timeout(session, run->of);
    run->state = CAROM__H_RUNNING;
    if (!make_folder(session, run))
        run->trouble = "its folder could not be made";
    else
        start(session, run);
    if (run->trouble != NULL)
        end(session, run);
}

/* ---- looking ---- */

static void count_survivor(void *argument, const carom_inspect_thing_t *thing)
{
    (void) argument;
    (void) thing;
}

static void keep_survivor(void *argument, const carom_inspect_thing_t *thing)
{
    *(carom_inspect_thing_t *) apr_array_push(argument) = *thing;
}

static void look_running(carom__h_session_t *session, carom__h_run_t *run)
{
    if (carom_inspect_ended(run->process, &run->end)) {
        run->state = CAROM__H_LINGERING;
        run->deadline = carom_now() + CAROM__H_GRACE;
    } else if (carom_now() > run->deadline) {
        run->timed_out = 1;
        carom__h_stacks_take(session, run);
        carom_inspect_kill(run->process);
        end(session, run);
    }
}

/* Processes that the case allowed itself to leave end with it as well. */
static void look_lingering(carom__h_session_t *session, carom__h_run_t *run)
{
    unsigned left = carom_inspect_survivors(run->process, count_survivor, NULL);

    if (left > 0 && carom_now() < run->deadline)
        return;
    if (left > 0 && !(run->of->entry->options.leaves & CAROM_LEAVES_PROCESSES))
        carom_inspect_survivors(run->process, keep_survivor, run->survivors);
    end(session, run);
}

static void look_at(carom__h_session_t *session, carom__h_run_t *run)
{
    if (run->state == CAROM__H_RUNNING)
        look_running(session, run);
    if (run->state == CAROM__H_LINGERING)
        look_lingering(session, run);
}

/* ---- finding out who left a thing ---- */

/* Runs the case once more while no other runs, and charges it with what of this kind it leaves.  Returns how many.  All else
 * that comes of it is of no account.  The copy is not among the session's runs, and so never a suspect. */
static int leaves_again(carom__h_session_t *session, carom__h_run_t *run, carom_inspect_kind_t kind)
{
    carom__h_run_t again = *run;
    int since;

    again.number += session->runs->nelts;
    again.survivors = apr_array_make(session->pool, 1, sizeof(carom_inspect_thing_t));
    begin(session, &again);
    since = session->finds->nelts;
    for (; again.state != CAROM__H_ENDED && !interrupted; look_at(session, &again))
        apr_sleep(LOOK_AGAIN);
    carom_inspect_release(&again.process);
    carom__h_folder_remove(again.folder, session->pool);
    return carom__h_names_charge_new(session, since, kind, run);
}

/* The find may move when others are entered, and so is copied. */
static void find_out(carom__h_session_t *session, carom__h_find_t *doubt)
{
    int i, place = (int) (doubt - (carom__h_find_t *) session->finds->elts);
    carom__h_find_t found = *doubt;

    for (i = 0; i < found.suspects->nelts && !found.settled && !interrupted; i++) {
        carom__h_run_t *suspect = APR_ARRAY_IDX(found.suspects, i, carom__h_run_t *);

        if (leaves_again(session, suspect, found.thing.kind) > 0)
            carom__h_names_charge(&found, suspect);
    }
    if (!found.settled)
        carom__h_names_charge_nobody(session, &found);
    APR_ARRAY_IDX(session->finds, place, carom__h_find_t).settled = 1;
}

/* ---- the schedule ---- */

/* One step of its life; 1 when that was the last. */
static int step_run(carom__h_session_t *session, carom__h_run_t *run, int may_begin)
{
    if (run->state == CAROM__H_WAITING && may_begin)
        begin(session, run);
    look_at(session, run);
    if (run->state != CAROM__H_ENDED || carom__h_names_suspect(session, run))
        return 0;
    finish(session, run);
    return 1;
}

/* Starts what may be started, looks at what runs; returns how many finished.  While there is a doubt nothing is started, so
 * that its suspects can run alone.  A serial one begins when all before it have finished, and none behind it before it has. */
static int step(carom__h_session_t *session)
{
    carom__h_run_t *runs = (carom__h_run_t *) session->runs->elts;
    carom__h_find_t *doubt = carom__h_names_settle(session);
    int i, serial, before = 0, busy = 0, finished = 0;

    for (i = 0; i < session->runs->nelts && busy < session->options.jobs; i++) {
        serial = runs[i].of->entry->options.serial && runs[i].state != CAROM__H_FINISHED;
        if (serial && before > 0)
            break;
        finished += step_run(session, &runs[i], doubt == NULL);
        before += runs[i].state != CAROM__H_FINISHED;
        busy += runs[i].state == CAROM__H_RUNNING || runs[i].state == CAROM__H_LINGERING;
        if (serial && before > 0)
            break;
    }
    if (doubt != NULL && busy == 0)
        find_out(session, doubt);
    return finished;
}

static void kill_all(carom__h_session_t *session)
{
    int i;

    for (i = 0; i < session->runs->nelts; i++)
        carom_inspect_release(&APR_ARRAY_IDX(session->runs, i, carom__h_run_t).process);
}

static const char *run_isolated(carom__h_session_t *session)
{
    const carom__h_run_t *runs = (const carom__h_run_t *) session->runs->elts;
    int reported = 0;

    signal(SIGINT, on_interrupt);
    signal(SIGTERM, on_interrupt);
    while (reported < session->runs->nelts && !interrupted && !carom__h_unheard()) {
        if (step(session) == 0)
            apr_sleep(LOOK_AGAIN);
        while (reported < session->runs->nelts && runs[reported].state == CAROM__H_FINISHED)
            carom__h_report_run(session, reported++);
        carom__h_progress_show(session);
    }
    carom__h_progress_hide();
    kill_all(session);
    if (carom__h_unheard())
        return "the report could not be written";
    return interrupted ? "interrupted" : NULL;
}

/* ---- in this process ---- */

static void run_here(carom__h_session_t *session, carom__h_run_t *run)
{
    int i;

    carom__h_names_look(session);
    run->began = carom_now();
    run->state = CAROM__H_RUNNING;
    if (!make_folder(session, run) || carom__h_journal_open(run->journal) != 0) {
        run->trouble = "its folder or journal could not be made";
    } else {
        for (i = 0; i < VARIABLE_COUNT; i++)
            apr_env_set(variables[i], variable_value(session, run, i), session->pool);
        run->end.code = carom__h_body_run(run->of, run->directory, run->seed);
        carom__h_journal_close();
    }
    end(session, run);
    for (; carom__h_names_suspect(session, run); apr_sleep(LOOK_AGAIN))
        carom__h_names_settle(session);
    finish(session, run);
}

/* ---- one ---- */

void carom__h_run_one(carom__h_session_t *session, carom__h_run_t *run)
{
    forget_try(run);
    apr_array_clear(run->failures);
    run->attempts = 0;
    run->passes = 0;
    run->state = CAROM__H_WAITING;
    while (!step_run(session, run, 1)) {
        carom__h_names_settle(session);
        apr_sleep(LOOK_AGAIN);
    }
}

const char *carom__h_run_all(carom__h_session_t *session)
{
    int i;

    if (session->options.isolate)
        return run_isolated(session);
    for (i = 0; i < session->runs->nelts; i++) {
        while (APR_ARRAY_IDX(session->runs, i, carom__h_run_t).state != CAROM__H_FINISHED)
            run_here(session, &APR_ARRAY_IDX(session->runs, i, carom__h_run_t));
        carom__h_report_run(session, i);
    }
    return NULL;
}

/* The registry of tests, and the runner from its first line to its last. */

#include "harness/harness.h"

#include <apr_general.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

#define TROUBLE 99
#define ALL_SKIPPED 77

static carom_test_entry_t *entries;

void carom_harness_register(carom_test_entry_t *entry)
{
    entry->next = entries;
    entries = entry;
}

const carom_test_entry_t *carom__h_entries(void)
{
    return entries;
}

void carom_harness_prepare(void)
{
    carom_inspect_crash_quietly();
    carom_guard_set(carom__h_guard);
}

/* ---- the runner ---- */

static int trouble(const carom__h_session_t *session, const char *why)
{
    carom__h_report_stop(session, why);
    fprintf(stderr, "%s: %s\n", session->command, why);
    return TROUBLE;
}

/* What descends from a case that runs this runner has a tag of the case's, so that its harness finds it too. */
static const char *outer_tag(apr_pool_t *pool)
{
    char tag[512];

    return carom_inspect_variable("CAROM_TEST_ID", tag, sizeof(tag)) ? apr_pstrcat(pool, tag, ".", NULL) : "";
}

static void add_run(carom__h_session_t *session, carom__h_case_t *of, int round)
{
    carom__h_run_t *run = apr_array_push(session->runs);

    memset(run, 0, sizeof(*run));
    run->number = session->told + session->runs->nelts - 1;
    run->of = of;
    run->round = round;
    run->seed = session->options.seed + (uint64_t) round;
    run->survivors = apr_array_make(session->pool, 1, sizeof(carom_inspect_thing_t));
    run->left = apr_array_make(session->pool, 1, sizeof(carom_inspect_thing_t));
    run->failures = apr_array_make(session->pool, 1, sizeof(carom__h_record_t));
    run->notes = apr_array_make(session->pool, 1, sizeof(const char *));
}

/* SplitMix64: a number of the lot that begins with *state. */
static uint64_t draw(uint64_t *state)
{
    uint64_t number = *state += 0x9E3779B97F4A7C15u;

    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9u;
    number = (number ^ number >> 27) * 0x94D049BB133111EBu;
    return number ^ number >> 31;
}

/* An order that the seed gives again, another one in each round. */
static void shuffle(carom__h_session_t *session)
{
    carom__h_run_t *runs = (carom__h_run_t *) session->runs->elts, kept;
    uint64_t state = session->options.seed + (uint64_t) session->rounds;
    int i, other;

    for (i = session->runs->nelts - 1; i > 0; i--) {
        other = (int) (draw(&state) % (uint64_t) (i + 1));
        kept = runs[i];
        runs[i] = runs[other];
        runs[other] = kept;
    }
}

/* Those of one round, or all at once. */
static void add_runs(carom__h_session_t *session)
{
    int repeat = session->options.until_fail || session->options.repeat == 0 ? 1 : session->options.repeat, i, round;

    session->runs = apr_array_make(session->pool, session->cases->nelts * repeat, sizeof(carom__h_run_t));
    for (i = 0; i < session->cases->nelts; i++)
        for (round = 0; round < repeat; round++)
            add_run(session, &APR_ARRAY_IDX(session->cases, i, carom__h_case_t), session->rounds + round);
    if (session->options.shuffle)
        shuffle(session);
}

/* Returns NULL, or what stands in the way. */
static const char *set_up(carom__h_session_t *session)
{
    char path[4096];
    const char *wrong = NULL;

    if (session->options.skips != NULL)
        wrong = carom__h_skips_read(&session->skips, session->options.skips, session->pool);
    if (wrong != NULL)
        return wrong;
    session->program = session->command;
    if (carom_inspect_program(path, sizeof(path)) == APR_SUCCESS)
        session->program = apr_pstrdup(session->pool, path);
    session->tag = outer_tag(session->pool);
    session->finds = apr_array_make(session->pool, 1, sizeof(carom__h_find_t));
    session->riddles = apr_array_make(session->pool, 1, sizeof(carom__h_find_t));
    session->strays = apr_array_make(session->pool, 1, sizeof(carom_inspect_thing_t));
    if ((session->folder = carom__h_folder_make(session->pool)) == NULL)
        return "no temporary folder could be made";
    return NULL;
}

static int exit_code(const carom__h_session_t *session)
{
    const int *counts = session->counts;

    if (counts[CAROM__H_FAILED] > 0 || session->riddles->nelts > 0)
        return 1;
    return counts[CAROM__H_SKIPPED_OVER] == session->told + session->runs->nelts ? ALL_SKIPPED : 0;
}

static int has_another_round(const carom__h_session_t *session)
{
    const carom__h_options_t *options = &session->options;

    if (!options->until_fail || session->counts[CAROM__H_FAILED] > 0 || session->riddles->nelts > 0)
        return 0;
    return options->repeat == 0 || session->rounds < options->repeat;
}

/* There may be no end of rounds: what is known of the last one is forgotten when the next begins. */
static void forget_round(carom__h_session_t *session)
{
    session->told += session->runs->nelts;
    session->finds->nelts = 0;
    apr_pool_clear(session->pool);
}

/* What there is to report of a round is reported before the next begins. */
static const char *run_rounds(carom__h_session_t *session)
{
    const char *wrong;

    if (apr_pool_create(&session->pool, session->root) != APR_SUCCESS)
        return "no memory";
    add_runs(session);
    carom__h_report_head(session);
    wrong = carom__h_run_all(session);
    for (session->rounds = 1; wrong == NULL && has_another_round(session); session->rounds++) {
        forget_round(session);
        add_runs(session);
        wrong = carom__h_run_all(session);
    }
    return wrong;
}

/* All reports, also of what was interrupted. */
static const char *report_all(carom__h_session_t *session, const char *wrong)
{
    const char *unwritten = carom__h_junit_write(session);

    carom__h_json_end(session, wrong);
    carom__h_failed_write(session);
    return wrong != NULL ? wrong : unwritten;
}

static int run(carom__h_session_t *session)
{
    const char *wrong = carom__h_json_begin(session);

    if (wrong == NULL)
        wrong = set_up(session);
    if (wrong != NULL)
        return trouble(session, wrong);
    /* Without isolation the body runs here, and its orphans are better off elsewhere. */
    if (session->options.isolate)
        carom_inspect_become_runner();
    session->began = carom_now();
    wrong = run_rounds(session);
    carom__h_names_close(session);
    carom__h_folder_remove(session->folder, session->pool);
    if (wrong == NULL)
        wrong = carom__h_replay(session);
    wrong = report_all(session, wrong);
    if (wrong != NULL)
        return trouble(session, wrong);
    carom__h_report_end(session);
    return exit_code(session);
}

/* What needs no runner: a case's own process, a question, a mistake.  1: that was it, and *code is the exit code. */
static int is_done(carom__h_session_t *session, int argc, const char *const *argv, int *code)
{
    const char *wrong = carom__h_options_read(&session->options, argc, argv, session->pool);

    *code = 0;
    if (wrong == NULL)
        wrong = carom__h_modes_wrong();
    if (wrong != NULL) {
        *code = trouble(session, wrong);
        return 1;
    }
    if (session->options.case_name != NULL) {
        *code = carom__h_case_main(&session->options, session->pool);
        return 1;
    }
    if (session->options.help) {
        carom__h_say(session, "usage: %s %s", session->command, carom__h_usage());
        return 1;
    }
    if (session->options.failed)
        session->options.failed_names = carom__h_failed_read(session);
    session->cases = carom__h_select(&session->options, session->pool);
    if (session->cases->nelts == 0)
        *code = trouble(session, "no case has such a name");
    else if (session->options.list)
        carom__h_report_list(session);
    return session->cases->nelts == 0 || session->options.list;
}

/* NULL: APR has no memory. */
static carom__h_session_t *new_session(int *argc, const char *const **argv)
{
    carom__h_session_t *session;
    apr_pool_t *pool;

    if (apr_app_initialize(argc, argv, NULL) != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return NULL;
    session = apr_pcalloc(pool, sizeof(*session));
    session->root = session->pool = pool;
    session->command = (*argv)[0];
    return session;
}

static void end_session(carom__h_session_t *session)
{
    apr_pool_destroy(session->root);
    apr_terminate();
}

int carom_harness_main(int argc, char **argv)
{
    const char *const *arguments = (const char *const *) argv;
    carom__h_session_t *session = new_session(&argc, &arguments);
    int code;

    if (session == NULL)
        return TROUBLE;
    if (!is_done(session, argc, arguments, &code))
        code = run(session);
    end_session(session);
    return code;
}

/* ---- under a front end of CUnit's ---- */

static carom__h_session_t *of_cunit;

static const char *lend(carom__h_session_t *session)
{
    const char *wrong = set_up(session);

    if (wrong != NULL)
        return wrong;
    carom_inspect_become_runner();
    session->options.repeat = 1;
    add_runs(session);
    return carom__h_replay_lend(session);
}

int carom_harness_cunit_begin(int *code, int argc, char **argv)
{
    const char *const *arguments = (const char *const *) argv;
    carom__h_session_t *session = new_session(&argc, &arguments);
    const char *wrong;

    *code = TROUBLE;
    if (session == NULL)
        return 0;
    if (is_done(session, argc, arguments, code)) {
        end_session(session);
        return 0;
    }
    of_cunit = session;
    wrong = lend(session);
    if (wrong == NULL)
        return 1;
    *code = trouble(session, wrong);
    carom_harness_cunit_end();
    return 0;
}

void carom_harness_cunit_end(void)
{
    if (of_cunit == NULL)
        return;
    carom__h_names_close(of_cunit);
    if (of_cunit->folder != NULL)
        carom__h_folder_remove(of_cunit->folder, of_cunit->pool);
    end_session(of_cunit);
    of_cunit = NULL;
}

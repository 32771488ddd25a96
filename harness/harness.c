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

static void add_runs(carom__h_session_t *session)
{
    int i, round;

    session->runs = apr_array_make(session->pool, session->cases->nelts * session->options.repeat, sizeof(carom__h_run_t));
    for (i = 0; i < session->cases->nelts; i++)
        for (round = 0; round < session->options.repeat; round++) {
            carom__h_run_t *run = apr_array_push(session->runs);

            memset(run, 0, sizeof(*run));
            run->of = &APR_ARRAY_IDX(session->cases, i, carom__h_case_t);
            run->round = round;
            run->seed = session->options.seed + (uint64_t) round;
            run->survivors = apr_array_make(session->pool, 1, sizeof(carom_inspect_thing_t));
            run->failures = apr_array_make(session->pool, 1, sizeof(carom__h_record_t));
            run->notes = apr_array_make(session->pool, 1, sizeof(const char *));
        }
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
    if ((session->folder = carom__h_folder_make(session->pool)) == NULL)
        return "no temporary folder could be made";
    return NULL;
}

static int exit_code(const carom__h_session_t *session)
{
    if (session->failed > 0)
        return 1;
    return session->passed == 0 && session->skipped > 0 ? ALL_SKIPPED : 0;
}

static int run(carom__h_session_t *session)
{
    const char *wrong = set_up(session);

    if (wrong != NULL)
        return trouble(session, wrong);
    /* Without isolation the body runs here, and its orphans are better off elsewhere. */
    if (session->options.isolate)
        carom_inspect_become_runner();
    add_runs(session);
    session->began = carom_now();
    carom__h_report_head(session);
    wrong = carom__h_run_all(session);
    carom__h_folder_remove(session->folder, session->pool);
    if (wrong == NULL)
        wrong = carom__h_replay(session);
    if (wrong != NULL)
        return trouble(session, wrong);
    carom__h_report_end(session);
    return exit_code(session);
}

static int dispatch(int argc, const char *const *argv, apr_pool_t *pool)
{
    carom__h_session_t session;
    const char *wrong;

    memset(&session, 0, sizeof(session));
    session.pool = pool;
    session.command = argv[0];
    wrong = carom__h_options_read(&session.options, argc, argv, pool);
    if (wrong != NULL)
        return trouble(&session, wrong);
    if (session.options.case_name != NULL)
        return carom__h_case_main(&session.options, pool);
    if (session.options.help) {
        carom__h_say(&session, "usage: %s %s", session.command, carom__h_usage());
        return 0;
    }
    session.cases = carom__h_select(&session.options, pool);
    if (session.cases->nelts == 0)
        return trouble(&session, "no case has such a name");
    if (session.options.list) {
        carom__h_report_list(&session);
        return 0;
    }
    return run(&session);
}

int carom_harness_main(int argc, char **argv)
{
    const char *const *arguments = (const char *const *) argv;
    apr_pool_t *pool;
    int code = TROUBLE;

    if (apr_app_initialize(&argc, &arguments, NULL) != APR_SUCCESS)
        return TROUBLE;
    if (apr_pool_create(&pool, NULL) == APR_SUCCESS) {
        code = dispatch(argc, arguments, pool);
        apr_pool_destroy(pool);
    }
    apr_terminate();
    return code;
}

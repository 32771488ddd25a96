/* The results, played through CUnit: a suite for each suite and mode, and in it one test for each case, which fails as its
 * runs did, or, for CUnit's own front ends, as its run does now.  CUnit itself runs in one thread of one process only, and
 * never sees a body. */

#include "harness/harness.h"

#include <CUnit/TestDB.h>
#include <CUnit/TestRun.h>
#include <apr_strings.h>
#include <string.h>

/* The one place where CUnit's own function is meant. */
#undef CU_assertImplementation

/* CUnit's tests have no argument. */
static carom__h_session_t *playing;

static void play_run(const carom__h_run_t *run)
{
    int i;

    for (i = 0; run->outcome == CAROM__H_FAILED && i < run->failures->nelts; i++) {
        const carom__h_record_t *failure = &APR_ARRAY_IDX(run->failures, i, carom__h_record_t);
        const char *text = failure->text;

        if (failure->kind == CAROM__H_FAILURE)
            text = apr_psprintf(playing->pool, "%s [in %s, %s, pid %" APR_INT64_T_FMT "]", text, failure->function,
                                failure->role, failure->pid);
        CU_assertImplementation(CU_FALSE, failure->line, text, failure->file, "", CU_FALSE);
    }
    CU_get_run_summary()->nAsserts += (unsigned) run->passes;
}

static void proxy(void)
{
    CU_pTest test = CU_get_current_test();
    int i;

    for (i = 0; i < playing->runs->nelts; i++) {
        const carom__h_run_t *run = &APR_ARRAY_IDX(playing->runs, i, carom__h_run_t);

        if (run->of->proxy == test)
            play_run(run);
    }
}

/* The same, when CUnit runs it and nobody has before. */
static void lent_proxy(void)
{
    CU_pTest test = CU_get_current_test();
    int i;

    for (i = 0; i < playing->runs->nelts; i++) {
        carom__h_run_t *run = &APR_ARRAY_IDX(playing->runs, i, carom__h_run_t);

        if (run->of->proxy == test) {
            carom__h_run_one(playing, run);
            play_run(run);
        }
    }
}

static int add_proxy(carom__h_case_t *one, CU_TestFunc function)
{
    CU_pSuite suite = CU_get_suite_by_name(one->suite, CU_get_registry());

    if (suite == NULL)
        suite = CU_add_suite(one->suite, NULL, NULL);
    one->proxy = suite != NULL ? CU_add_test(suite, strchr(one->name, '/') + 1, function) : NULL;
    return one->proxy != NULL;
}

/* How many cases failed in one run or more. */
static unsigned failed_cases(const carom__h_session_t *session)
{
    unsigned count = 0;
    int i, k;

    for (i = 0; i < session->cases->nelts; i++) {
        const carom__h_case_t *one = &APR_ARRAY_IDX(session->cases, i, carom__h_case_t);

        for (k = 0; k < session->runs->nelts; k++) {
            const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, k, carom__h_run_t);

            if (run->of == one && run->outcome == CAROM__H_FAILED) {
                count++;
                break;
            }
        }
    }
    return count;
}

static const char *add_proxies(carom__h_session_t *session, CU_TestFunc function)
{
    int i;

    for (i = 0; i < session->cases->nelts; i++)
        if (!add_proxy(&APR_ARRAY_IDX(session->cases, i, carom__h_case_t), function))
            return apr_pstrcat(session->pool, "CUnit: ", CU_get_error_msg(), NULL);
    playing = session;
    return NULL;
}

const char *carom__h_replay_lend(carom__h_session_t *session)
{
    return add_proxies(session, lent_proxy);
}

static const char *play_all(carom__h_session_t *session)
{
    const char *wrong = add_proxies(session, proxy);
    unsigned failed;

    if (wrong != NULL)
        return wrong;
    CU_run_all_tests();
    failed = CU_get_number_of_tests_failed();
    if (failed != failed_cases(session))
        return apr_psprintf(session->pool, "CUnit counts %u failed tests instead of %u", failed, failed_cases(session));
    return NULL;
}

const char *carom__h_replay(carom__h_session_t *session)
{
    const char *wrong;

    if (CU_initialize_registry() != CUE_SUCCESS)
        return "CUnit could not be initialised";
    wrong = play_all(session);
    CU_cleanup_registry();
    return wrong;
}

/* The harness itself: each planted fault of tests/harness_faults.c is caught and named, and harms no neighbour. */

#include <carom-harness.h>

#include "platform/inspect/inspect.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for the longest report. */
#define REPORT_MAX 65536

typedef struct {
    apr_pool_t *pool;
    const char *path;
    char text[REPORT_MAX];
    int code;
} report_t;

/* ---- running the planted faults ---- */

static void open_streams(report_t *report, apr_procattr_t *attributes)
{
    apr_file_t *out;

    CAROM_ASSERT(apr_file_open(&out, report->path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT,
                               report->pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_child_out_set(attributes, out, NULL) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_child_err_set(attributes, out, NULL) == APR_SUCCESS);
    apr_file_close(out);
}

static void read_report(report_t *report)
{
    apr_file_t *file;
    apr_size_t got = 0;

    CAROM_ASSERT(apr_file_open(&file, report->path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, report->pool) ==
                 APR_SUCCESS);
    apr_file_read_full(file, report->text, sizeof(report->text) - 1, &got);
    report->text[got] = '\0';
    apr_file_close(file);
    apr_file_remove(report->path, report->pool);
    /* Shown when this case fails. */
    printf("%s", report->text);
    fflush(stdout);
}

/* Named by make check; else it lies beside this program. */
static const char *faults_program(apr_pool_t *pool)
{
    static const char own_name[] = "carom_tests";
    char path[4096], *program, *name = NULL, *next = path;

    if (apr_env_get(&program, "CAROM_HARNESS_FAULTS", pool) == APR_SUCCESS)
        return program;
    CAROM_ASSERT(carom_inspect_program(path, sizeof(path)) == APR_SUCCESS);
    for (; (next = strstr(next, own_name)) != NULL; next++)
        name = next;
    CAROM_ASSERT(name != NULL);
    *name = '\0';
    return apr_pstrcat(pool, path, "harness_faults", name + strlen(own_name), NULL);
}

/* Runs it with up to five arguments, the last one NULL.  What make check says of modes and jobs is not for this program. */
static void run_faults(report_t *report, const char *const *some)
{
    const char *arguments[12] = {NULL, "--seed", "42", "--modes", "thread,spawn,fork,forkserver", "-j1"};
    apr_procattr_t *attributes;
    apr_proc_t child;
    apr_exit_why_e why;
    const char *program = faults_program(report->pool);
    int i;

    arguments[0] = program;
    for (i = 0; some[i] != NULL; i++)
        arguments[i + 6] = some[i];
    CAROM_ASSERT(apr_procattr_create(&attributes, report->pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) == APR_SUCCESS);
    open_streams(report, attributes);
    CAROM_ASSERT(apr_proc_create(&child, program, arguments, NULL, attributes, report->pool) == APR_SUCCESS);
    CAROM_ASSERT(APR_STATUS_IS_CHILD_DONE(apr_proc_wait(&child, &report->code, &why, APR_WAIT)));
    read_report(report);
}

static void report_create(report_t *report, const carom_test_t *test)
{
    CAROM_ASSERT(apr_pool_create(&report->pool, NULL) == APR_SUCCESS);
    report->path = apr_pstrcat(report->pool, test->directory, "/report", NULL);
}

static void check_has(const report_t *report, const char *text)
{
    if (strstr(report->text, text) == NULL)
        CAROM_NOTE("missing in the report: %s", text);
    CAROM_CHECK(strstr(report->text, text) != NULL);
}

/* `where` is a function and who ran it.  The line is the one that the planted fault says itself. */
static void check_place(const report_t *report, const char *where)
{
    const char *said = strstr(report->text, "# planted at line ");

    CAROM_ASSERT(said != NULL);
    said += strlen("# planted at line ");
    check_has(report, apr_psprintf(report->pool, "harness_faults.c:%d: in %s", atoi(said), where));
}

/* Runs the fault and a clean neighbour.  `wanted`: what the report must say, NULL last; one that begins with '@' is a place. */
static void expect_report(const carom_test_t *test, const char *name, int fails, const char *const *wanted)
{
    static report_t report;
    const char *fault = NULL, *clean = NULL;

    report_create(&report, test);
    fault = apr_psprintf(report.pool, "fault[%s]/%s", test->mode, name);
    clean = apr_psprintf(report.pool, "fault[%s]/clean", strcmp(test->mode, "once") == 0 ? "thread" : test->mode);
    run_faults(&report, (const char *[]){clean, fault, NULL});
    CAROM_CHECK(report.code == (fails ? 1 : 0));
    check_has(&report, "1..2\n");
    check_has(&report, apr_pstrcat(report.pool, " - ", clean, "\n", NULL));
    check_has(&report, apr_pstrcat(report.pool, fails ? "not ok " : "ok ", NULL));
    check_has(&report, apr_pstrcat(report.pool, " - ", fault, NULL));
    check_has(&report, fails ? "\n# 1 passed, 1 failed, 0 skipped in " : "\n# 2 passed, 0 failed, 0 skipped in ");
    if (fails)
        check_has(&report, apr_pstrcat(report.pool, " --seed 42 '", fault, "'\n", NULL));
    for (; *wanted != NULL; wanted++) {
        if (**wanted == '@')
            check_place(&report, *wanted + 1);
        else
            check_has(&report, *wanted);
    }
    apr_pool_destroy(report.pool);
}

#define EXPECT_FAULT(name, ...) expect_report(test, name, 1, (const char *[]){__VA_ARGS__, NULL})
#define EXPECT_PASS(name) expect_report(test, name, 0, (const char *[]){NULL})

static int on_windows(void)
{
    return strcmp(carom_inspect_system(), "windows") == 0;
}

/* ---- assertions ---- */

CAROM_TEST(harness, plain_assertion)
{
    EXPECT_FAULT("plain", "@carom__test_fault__plain (body, pid ", ": 1 + 1 == 3\n",
                 "# the body went on, with seed 42\n");
}

CAROM_TEST(harness, fatal_assertion)
{
    EXPECT_FAULT("fatal", "@carom__test_fault__fatal (body, pid ", ": 1 + 1 == 3\n");
}

CAROM_TEST(harness, assertions_of_cunit)
{
    EXPECT_FAULT("cunit", "@carom__test_fault__cunit (body, pid ", "CU_ASSERT_EQUAL(1 + 1,3)",
                 "CU_ASSERT_STRING_EQUAL_FATAL(\"one\",\"two\")");
}

CAROM_TEST_ONCE(harness, values_are_shown)
{
    EXPECT_FAULT("number", ": 6 * 7 is 42, wanted 43\n");
    EXPECT_FAULT("text", ": \"left\" is \"left\", wanted NULL\n");
    EXPECT_FAULT("status", ": CAROM_ETIMEOUT gave CAROM_ETIMEOUT (timed out), wanted CAROM_OK\n");
}

CAROM_TEST(harness, plain_assertion_of_an_entry)
{
    char role[100];

    snprintf(role, sizeof(role), "@carom__task_fail_plainly (%s Process-", test->mode);
    EXPECT_FAULT("entry_plain", role, ": 2 + 2 == 5\n", ": 3 + 3 == 7\n");
}

CAROM_TEST(harness, fatal_assertion_of_an_entry)
{
    char role[100];

    snprintf(role, sizeof(role), "@carom__task_fail_fatally (%s Process-", test->mode);
    EXPECT_FAULT("entry_fatal", role, ": 2 + 2 == 5\n");
}

CAROM_TEST_ONCE(harness, fatal_assertion_of_a_foreign_thread)
{
    EXPECT_FAULT("foreign_thread", "@fail_in_thread (a thread of the body, pid ", "2 + 2 == 6\n",
                 "a fatal assertion ended the process");
}

/* ---- ends ---- */

CAROM_TEST_ONCE(harness, abort_is_named)
{
    EXPECT_FAULT("abort", "harness_faults.c:", "crashed: SIGABRT", "\n# | the last words\n");
}

CAROM_TEST_ONCE(harness, crash_is_named)
{
    EXPECT_FAULT("segv", "crashed: SIGSEGV");
}

CAROM_TEST_ONCE(harness, hang_is_ended)
{
    EXPECT_FAULT("hang", "timed out after ");
}

CAROM_TEST_ONCE(harness, vanished_worker_is_a_failure)
{
    EXPECT_FAULT("exits", "vanished: the process ended with exit code 0 before the body did");
}

CAROM_TEST_ONCE(harness, expected_ends_pass)
{
    EXPECT_PASS("crash_as_wanted");
    EXPECT_PASS("exit_as_wanted");
}

CAROM_TEST_ONCE(harness, other_ends_than_expected_fail)
{
    EXPECT_FAULT("no_crash", "was to crash, and ended with exit code 0");
    EXPECT_FAULT("other_exit", "was to end with exit code 3, and ended with exit code 4");
}

/* ---- the gate ---- */

CAROM_TEST(harness, leaked_worker)
{
    /* A forkserver's is not a child of the case: its descriptors tell. */
    const char *what = ": process ";

    if (strcmp(test->mode, "thread") == 0)
        what = ": thread ";
    if (strcmp(test->mode, "forkserver") == 0)
        what = ": descriptor ";
    EXPECT_FAULT("leaks_worker", what, " left behind: ");
}

CAROM_TEST_ONCE(harness, leaked_thread)
{
    EXPECT_FAULT("leaks_thread", ": thread ", " left behind: ");
}

CAROM_TEST_ONCE(harness, leaked_descriptor)
{
    EXPECT_FAULT("leaks_descriptor", "descriptor ", " left behind: ");
}

CAROM_TEST_ONCE(harness, leaked_file)
{
    EXPECT_FAULT("leaks_file", "file left behind: forgotten\n");
}

/* Where a process that ended is kept by a handle, the handle is what is left. */
CAROM_TEST_ONCE(harness, leaked_zombie)
{
    EXPECT_FAULT("leaks_zombie", on_windows() ? "descriptor " : "zombie ", on_windows() ? "Process" : " left behind: ");
}

CAROM_TEST_ONCE(harness, leaked_process)
{
    EXPECT_FAULT("leaks_process", ": process ", " left behind: ");
}

CAROM_TEST_ONCE(harness, process_that_outlives_the_case)
{
    EXPECT_FAULT("orphan", "process ", " outlived the case: ");
}

/* ---- skips ---- */

static void run_with_skips(report_t *report, const carom_test_t *test, const char *list)
{
    const char *path;
    apr_file_t *file;

    report_create(report, test);
    path = apr_pstrcat(report->pool, test->directory, "/skips", NULL);
    CAROM_ASSERT(apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE, APR_FPROT_OS_DEFAULT, report->pool) ==
                 APR_SUCCESS);
    apr_file_puts(list, file);
    apr_file_close(file);
    apr_env_set("CAROM_SKIPS", path, report->pool);
    run_faults(report, (const char *[]){"fault/skips", NULL});
    apr_file_remove(path, report->pool);
}

CAROM_TEST_ONCE(harness, skip_that_is_listed)
{
    static report_t report;

    run_with_skips(&report, test, "# a comment\n\nfault/skips once * there is no moon tonight\n");
    CAROM_CHECK(report.code == 77);
    check_has(&report, "ok 1 - fault[once]/skips # SKIP there is no moon tonight\n");
    check_has(&report, "\n# 0 passed, 0 failed, 1 skipped in ");
    apr_pool_destroy(report.pool);
}

CAROM_TEST_ONCE(harness, skip_that_is_not_listed)
{
    static report_t report;

    run_with_skips(&report, test, "fault/skips thread * there is no moon tonight\n");
    CAROM_CHECK(report.code == 1);
    check_has(&report, "not ok 1 - fault[once]/skips\n");
    check_has(&report, "skipped for a reason that ");
    apr_pool_destroy(report.pool);
}

/* ---- the command line ---- */

CAROM_TEST_ONCE(harness, cases_are_listed)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){"--modes", "thread", "--list", "fault/cl*", NULL});
    CAROM_CHECK(report.code == 0);
    CAROM_ASSERT_TEXT(report.text, "fault[thread]/clean\n");
    run_faults(&report, (const char *[]){"--list", "*[spawn]/clean", NULL});
    CAROM_ASSERT_TEXT(report.text, "fault[spawn]/clean\n");
    apr_pool_destroy(report.pool);
}

CAROM_TEST_ONCE(harness, unknown_names_are_refused)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){"fault/nothing_like_it", NULL});
    CAROM_CHECK(report.code == 99);
    check_has(&report, "Bail out! ");
    run_faults(&report, (const char *[]){"--modes", "dream", NULL});
    CAROM_CHECK(report.code == 99);
    check_has(&report, "no such mode: dream");
    apr_pool_destroy(report.pool);
}

CAROM_TEST_ONCE(harness, repeats_and_jobs)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){"--repeat", "6", "-j3", "fault[thread]/clean", NULL});
    CAROM_CHECK(report.code == 0);
    check_has(&report, "1..6\n");
    check_has(&report, "ok 6 - fault[thread]/clean (6 of 6)\n");
    check_has(&report, "\n# 6 passed, 0 failed, 0 skipped in ");
    apr_pool_destroy(report.pool);
}

CAROM_TEST(harness, without_isolation)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){"--no-isolate", apr_psprintf(report.pool, "fault[%s]/entry_fatal", test->mode), NULL});
    CAROM_CHECK(report.code == 1);
    check_has(&report, ": 2 + 2 == 5\n");
    apr_pool_destroy(report.pool);
}

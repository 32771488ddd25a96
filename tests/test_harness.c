/* The harness itself: each planted fault of tests/harness_faults.c is caught and named, and harms no neighbour. */

#include <carom-harness.h>

#include "tests/reports.h"
#include "tests/runtime.h"

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

CAROM_TEST(harness, assertion_of_a_grandchild)
{
    char role[100];

    snprintf(role, sizeof(role), "@carom__task_fail_plainly (%s Process-", test->mode);
    EXPECT_FAULT("grandchild", role, ": 2 + 2 == 5\n", ": 3 + 3 == 7\n");
}

CAROM_TEST(harness, assertion_after_the_end)
{
    EXPECT_FAULT("after_the_end", "@fail_late (", ": 8 + 8 == 17\n");
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

CAROM_TEST_ONCE(harness, last_lines_are_shown)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){"fault/talks", NULL});
    check_has(&report, "\n# | (what came before is left out)\n# | line 151\n");
    check_has(&report, "\n# | line 200\n");
    check_lacks(&report, "line 150\n");
    apr_pool_destroy(report.pool);
}

/* ---- where threads stood ---- */

/* Who looks into a process that runs in qemu-user or valgrind sees the frames of these. */
static int hides_stacks(void)
{
    return in_qemu() || in_valgrind();
}

/* Without a program that shows them there are no stacks of others.  What Wine has knows modules and places. */
static const char *in_stack(const char *function)
{
    if (hides_stacks() && carom_inspect_stack_program() != NULL)
        return ":\n# : #0  0x";
    if (on_windows() && carom_inspect_stack_program() != NULL)
        return "in harness_faults (+0x";
    return carom_inspect_stack_program() != NULL ? function : "without stacks: ";
}

/* Windows tells modules and places; without a program so does Linux.  A sanitizer tells functions, in the output. */
static const char *in_crash(const char *function)
{
    if (on_windows())
        return "harness_faults.exe+0x";
    if (hides_stacks() && carom_inspect_stack_program() != NULL)
        return in_stack(function);
    return carom_inspect_stack_program() != NULL || !carom_inspect_crash_told() ? function : "harness_faults(+0x";
}

static const char *crash_heading(void)
{
    return carom_inspect_crash_told() ? " crashed in thread " : "";
}

CAROM_TEST_ONCE(harness, hang_shows_its_stack)
{
    EXPECT_FAULT("hang", "# where its threads stood:\n# : process ", in_stack("body_hangs_here"));
}

CAROM_TEST(harness, hang_shows_all_stacks)
{
    EXPECT_FAULT("hang_everywhere", "timed out after ", in_stack("body_waits_here"), in_stack("thread_hangs_here"),
                 in_stack("entry_hangs_here"));
}

CAROM_TEST_ONCE(harness, crash_shows_its_stack)
{
    EXPECT_FAULT("crash_in_body", crash_heading(), in_crash("crashes_here"));
    EXPECT_FAULT("crash_in_foreign_thread", crash_heading(), in_crash("crashes_here"));
}

/* A sanitizer's handlers are gone in a process that was forked, and have no stack of their own here (asan_options). */
static const char *in_crash_of_entry(const char *function)
{
    return carom_inspect_crash_told() ? in_crash(function) : "not ok 2 - ";
}

CAROM_TEST(harness, crash_of_an_entry_shows_its_stack)
{
    EXPECT_FAULT("crash_in_entry", crash_heading(), in_crash_of_entry("crashes_here"));
}

/* Under Wine a thread whose stack is used up ends, or goes on, without an exception that the process sees. */
CAROM_TEST(harness, overflow_shows_its_stack)
{
    if (on_windows())
        return;
    EXPECT_FAULT("overflow_in_entry", crash_heading(), in_crash_of_entry("overflows_here"));
}

/* From now on programs are looked for in the folder of this case. */
static int take_programs_away(const carom_test_t *test)
{
    apr_pool_t *pool;

    if (strcmp(carom_inspect_system(), "linux") != 0)
        return 0;
    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    CAROM_ASSERT(apr_env_set("PATH", test->directory, pool) == APR_SUCCESS);
    apr_pool_destroy(pool);
    return 1;
}

CAROM_TEST_ONCE(harness, stacks_without_a_program)
{
    if (!take_programs_away(test))
        return;
    CAROM_ASSERT(carom_inspect_stack_program() == NULL);
    EXPECT_FAULT("hang", "\n# : thread ", in_valgrind() ? "\": state S, in " : " \"harness_faults\": state S, in ",
                 "without stacks: neither eu-stack ");
    EXPECT_FAULT("crash_in_body", crash_heading(), in_crash("crashes_here"));
}

CAROM_TEST_WITH(harness, stacks_by_a_program_that_hangs, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 60000)
{
    static const char script[] = "#!/bin/sh\necho no stack yet\nexec sleep 3600\n";
    apr_pool_t *pool;
    apr_file_t *file;
    const char *path;

    if (!take_programs_away(test))
        return;
    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    path = apr_pstrcat(pool, test->directory, "/eu-stack", NULL);
    CAROM_ASSERT(apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                               APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_file_write_full(file, script, sizeof(script) - 1, NULL) == APR_SUCCESS);
    apr_file_close(file);
    EXPECT_FAULT("hang", "# : no stack yet\n# : eu-stack was ended: it could not look into process ");
    apr_file_remove(path, pool);
    apr_pool_destroy(pool);
}

CAROM_TEST(harness, flood_is_cut)
{
    EXPECT_FAULT("floods", ": 9 + 9 == 19\n", "# | (what came before is left out)\n", "# | line 199999 of a flood");
}

CAROM_TEST(harness, vanished_worker_is_a_failure)
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
    EXPECT_PASS("leaves_files_of_runtimes");
}

CAROM_TEST_ONCE(harness, other_directory)
{
    EXPECT_FAULT("leaks_directory", ": current directory left changed: was ", ", is ");
    EXPECT_PASS("may_leave_a_directory");
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

/* Runs some cases, and holds exit code and texts against what is wanted, NULL last; one that begins with '!' must not be. */
static void expect_run(const carom_test_t *test, const char *const *arguments, int code, const char *const *wanted)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, arguments);
    CAROM_CHECK(report.code == code);
    for (; *wanted != NULL; wanted++) {
        if (**wanted == '!')
            CAROM_CHECK(strstr(report.text, *wanted + 1) == NULL);
        else if (**wanted == '@')
            check_place(&report, *wanted + 1);
        else
            check_has(&report, *wanted);
    }
    apr_pool_destroy(report.pool);
}

/* ---- CUnit's own front end ---- */

/* Each case runs twice there. */
CAROM_TEST_ONCE(harness, under_a_front_end_of_cunit)
{
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    apr_env_set("CAROM_BY_CUNIT", "1", pool);
    expect_run(test, TEXTS("fault[thread]/clean", "fault[spawn]/plain", "fixture[thread]/sizes"), 1,
               TEXTS("Suite: fault[thread]", "Test: clean ...passed", "Test: plain ...FAILED", "1 + 1 == 3 [in ",
                     "Test: sizes(64) ...FAILED", "tests      5      5      3      2        0"));
    expect_run(test, TEXTS("fault[thread]/clean"), 0, TEXTS("tests      1      1      1      0        0"));
    expect_run(test, TEXTS("no_such_case"), 99, TEXTS("Bail out! "));
    apr_env_delete("CAROM_BY_CUNIT", pool);
    apr_pool_destroy(pool);
}

/* ---- reports for programs ---- */

static void check_text(const char *text, const char *const *wanted)
{
    for (; *wanted != NULL; wanted++) {
        if (strstr(text, *wanted) == NULL)
            CAROM_NOTE("missing: %s", *wanted);
        CAROM_CHECK(strstr(text, *wanted) != NULL);
    }
}

/* tools/check-reports.sh has all planted faults read by parsers. */
CAROM_TEST_ONCE(harness, reports_for_programs)
{
    static report_t report;
    const char *junit, *json;

    report_create(&report, test);
    junit = apr_pstrcat(report.pool, test->directory, "/report.xml", NULL);
    json = apr_pstrcat(report.pool, test->directory, "/report.json", NULL);
    run_faults(&report, TEXTS("fault[thread]/plain", "outcome[once]/strange_text", "--junit", junit, "--json", json));
    CAROM_CHECK(report.code == 1);
    check_text(read_file(report.pool, junit),
               TEXTS("<testsuite name=\"fault[thread]\" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\" ",
                     "<testcase classname=\"fault[thread]\" name=\"plain\"", "message=\"1 + 1 == 3\">", "</testsuites>\n"));
    check_text(read_file(report.pool, json),
               TEXTS("{\"event\": \"begin\", ", "\"name\": \"fault[thread]/plain\", \"suite\": \"fault\", ",
                     "\"outcome\": \"failed\", ", "\"text\": \"1 + 1 == 3\"}", "{\"event\": \"end\", \"stopped\": null, "));
    run_faults(&report, TEXTS("fault[thread]/clean", "--junit", "/no/such/folder/x"));
    CAROM_CHECK(report.code == 99);
    run_faults(&report, TEXTS("fault[thread]/clean", "--json", "/no/such/folder/x"));
    CAROM_CHECK(report.code == 99);
    apr_pool_destroy(report.pool);
}

/* ---- fixtures, parameters, modes ---- */

CAROM_TEST(harness, fixture)
{
    char name[60], verdict[120];

    snprintf(name, sizeof(name), "fixture[%s]/is_there", test->mode);
    snprintf(verdict, sizeof(verdict), "ok 1 - %s\n# set up\n# torn down\n", name);
    expect_run(test, TEXTS(name), 0, TEXTS(verdict));
}

CAROM_TEST_ONCE(harness, fixture_that_fails)
{
    expect_run(test, TEXTS("fixture/of_a_fatal_body"), 1,
               TEXTS("@carom__test_fixture__of_a_fatal_body (body", "# torn down\n"));
    expect_run(test, TEXTS("fixture/fails_to_set_up"), 1,
               TEXTS("@fail_to_make (body", ": 4 + 4 == 9\n", "!the body began", "!torn down"));
    expect_run(test, TEXTS("fixture/fails_to_tear_down"), 1,
               TEXTS("@fail_to_free (body", ": 5 + 5 == 11\n", "# the body ended\n# torn down\n"));
}

CAROM_TEST_ONCE(harness, parameters)
{
    expect_run(test, TEXTS("fixture/sizes"), 1,
               TEXTS("1..6\n", "ok 1 - fixture[thread]/sizes(1)\n# parameter 0 is 1\n",
                     "not ok 2 - fixture[thread]/sizes(64)\n# parameter 1 is 64\n", " 'fixture[thread]/sizes(64)'\n",
                     "ok 6 - fixture[spawn]/sizes(4096)\n", "# 4 passed, 2 failed, 0 skipped in "));
    expect_run(test, TEXTS("fixture[spawn]/sizes(64)"), 1, TEXTS("1..1\n", "not ok 1 - fixture[spawn]/sizes(64)\n"));
    expect_run(test, TEXTS("fixture/sizes(4*)"), 0, TEXTS("1..2\n", "!sizes(64)"));
}

CAROM_TEST_ONCE(harness, modes_of_the_application)
{
    expect_run(test, TEXTS("--modes", "dream", "own_mode/runs"), 0, TEXTS("1..1\n", "ok 1 - own_mode[dream]/runs\n"));
    expect_run(test, TEXTS("--modes", "dream,nightmare", "own_mode", "fault/clean"), 1,
               TEXTS("1..4\n", "ok 1 - fault[dream]/clean\n", "not ok 2 - fault[nightmare]/clean\n",
                     "ok 3 - own_mode[dream]/runs\n", "not ok 4 - own_mode[nightmare]/runs\n",
                     ": the context of the case could be made\n"));
}

CAROM_TEST_ONCE(harness, modes_that_cannot_be)
{
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    apr_env_set("CAROM_MODES_TWICE", "1", pool);
    expect_run(test, TEXTS("fault/clean"), 99, TEXTS("Bail out! two modes of the program have the same name"));
    apr_env_delete("CAROM_MODES_TWICE", pool);
    apr_pool_destroy(pool);
}

/* ---- outcomes ---- */

CAROM_TEST_ONCE(harness, expected_failures)
{
    expect_run(test, TEXTS("outcome/known_defect"), 0,
               TEXTS("not ok 1 - outcome[once]/known_defect # TODO failed as expected\n", ": 6 + 6 == 13\n",
                     "# 0 passed, 0 failed, 0 skipped, 1 failed as expected in "));
    expect_run(test, TEXTS("outcome/mended_defect"), 1,
               TEXTS("not ok 1 - outcome[once]/mended_defect\n", ": was to fail, and no assertion did\n"));
    expect_run(test, TEXTS("outcome/defect_that_crashes"), 1,
               TEXTS("not ok 1 - outcome[once]/defect_that_crashes\n", ": crashed: SIGABRT", ": 6 + 6 == 13\n"));
}

static const char *write_file(apr_pool_t *pool, const carom_test_t *test, const char *name, const char *text)
{
    const char *path = apr_pstrcat(pool, test->directory, "/", name, NULL);
    apr_file_t *file;

    CAROM_ASSERT(apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE, APR_FPROT_OS_DEFAULT,
                               pool) == APR_SUCCESS);
    apr_file_puts(text, file);
    apr_file_close(file);
    return path;
}

/* `fails`: so many letters as times that it fails. */
static void expect_flaky(const carom_test_t *test, const char *fails, const char *const *arguments, int code,
                         const char *const *wanted)
{
    apr_pool_t *pool;
    const char *path;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    path = write_file(pool, test, "flaky", fails);
    apr_env_set("CAROM_FLAKY", path, pool);
    expect_run(test, arguments, code, wanted);
    apr_file_remove(path, pool);
    apr_pool_destroy(pool);
}

CAROM_TEST_ONCE(harness, retries)
{
    expect_flaky(test, "xx", TEXTS("outcome/flaky", "--retries", "2"), 0,
                 TEXTS("ok 1 - outcome[once]/flaky # flaky: failed 2 of 3 times\n", ": 7 + 7 == 15\n",
                       "# 0 passed, 0 failed, 0 skipped, 1 flaky in "));
    expect_flaky(test, "xx", TEXTS("outcome/flaky", "--retries", "1"), 1,
                 TEXTS("not ok 1 - outcome[once]/flaky\n", "# 0 passed, 1 failed, 0 skipped in "));
    expect_flaky(test, "xx", TEXTS("outcome/flaky", "--retries", "2", "--no-isolate"), 0, TEXTS("failed 2 of 3 times\n"));
    expect_flaky(test, "x", TEXTS("outcome/flaky"), 1, TEXTS("not ok 1 - outcome[once]/flaky\n"));
}

CAROM_TEST_ONCE(harness, until_a_failure)
{
    expect_flaky(test, "", TEXTS("outcome/flaky", "fault[thread]/clean", "--until-fail", "--repeat", "3"), 0,
                 TEXTS("ok 1 - fault[thread]/clean (round 1)\n", "ok 6 - outcome[once]/flaky (round 3)\n", "\n1..6\n",
                       "# 6 passed, 0 failed, 0 skipped in "));
    expect_flaky(test, "x", TEXTS("outcome/flaky", "--until-fail"), 1,
                 TEXTS("not ok 1 - outcome[once]/flaky (round 1)\n", "\n1..1\n"));
}

/* The file that keeps what failed. */
CAROM_TEST_ONCE(harness, only_what_failed)
{
    apr_pool_t *pool;
    const char *path;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    path = apr_pstrcat(pool, test->directory, "/last", NULL);
    apr_env_set("CAROM_FAILED", path, pool);
    expect_run(test, TEXTS("fault[thread]/clean", "fixture[thread]/sizes"), 1, TEXTS("1..4\n"));
    expect_run(test, TEXTS("--failed"), 1, TEXTS("1..1\n", "not ok 1 - fixture[thread]/sizes(64)\n"));
    expect_flaky(test, "x", TEXTS("outcome/flaky"), 1, TEXTS("not ok 1"));
    expect_flaky(test, "", TEXTS("--failed", "outcome"), 0, TEXTS("1..1\n", "ok 1 - outcome[once]/flaky\n"));
    expect_run(test, TEXTS("--failed", "--list"), 0, TEXTS("fixture[thread]/sizes(64)\n", "!flaky"));
    CAROM_ASSERT(apr_file_remove(path, pool) == APR_SUCCESS);
    expect_run(test, TEXTS("--failed"), 99, TEXTS("Bail out! "));
    apr_pool_destroy(pool);
}

/* ---- the command line ---- */

CAROM_TEST_ONCE(harness, tags)
{
    expect_run(test, TEXTS("--tags", "strange", "--list"), 0,
               TEXTS("outcome[once]/strange_text\noutcome[once]/slow_one\n", "!clean"));
    expect_run(test, TEXTS("--tags", "strange,-slow", "--list"), 0, TEXTS("outcome[once]/strange_text\n", "!slow_one"));
    expect_run(test, TEXTS("--tags", "-slow", "outcome", "--list"), 0, TEXTS("strange_text\n", "known_defect\n", "!slow_one"));
}

/* Tags are no others than the rest: what the command line says last is what counts. */
CAROM_TEST_ONCE(harness, tags_take_the_place_of_the_variable_s)
{
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    apr_env_set("CAROM_TAGS", "-slow", pool);
    expect_run(test, TEXTS("outcome", "--list"), 0, TEXTS("strange_text\n", "known_defect\n", "!slow_one"));
    expect_run(test, TEXTS("--tags", "strange", "--list"), 0,
               TEXTS("outcome[once]/strange_text\noutcome[once]/slow_one\n", "!clean"));
    expect_run(test, TEXTS("--tags", "", "outcome", "--list"), 0, TEXTS("slow_one\n", "known_defect\n"));
    expect_run(test, TEXTS("--tags", "slow", "--tags", "-slow,strange", "--list"), 0, TEXTS("strange_text\n", "!slow_one"));
    apr_env_delete("CAROM_TAGS", pool);
    apr_pool_destroy(pool);
}

static const char *order_of(report_t *report, const char *seed)
{
    const char *at, *order = "";

    run_faults(report, (const char *[]){"--shuffle", "--seed", seed, "fault[thread]/clean", "fixture[thread]", NULL});
    for (at = strstr(report->text, "ok 1 - "); at != NULL; at = strstr(at + 1, " - "))
        order = apr_pstrcat(report->pool, order, apr_pstrmemdup(report->pool, at, strcspn(at, "\n")), NULL);
    return order;
}

/* Five cases have 120 orders. */
CAROM_TEST_ONCE(harness, order_by_lot)
{
    static report_t report;
    const char *first, *other;
    int i, differ = 0;

    report_create(&report, test);
    first = order_of(&report, "1");
    check_has(&report, "# seed 1, which the order is drawn by as well\n");
    CAROM_CHECK(strcmp(order_of(&report, "1"), first) == 0);
    for (i = 2; i < 6 && !differ; i++) {
        other = order_of(&report, apr_itoa(report.pool, i));
        differ = strcmp(other, first) != 0;
    }
    CAROM_CHECK(differ);
    apr_pool_destroy(report.pool);
}

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
    run_faults(&report, (const char *[]){"--modes", "sleep", NULL});
    CAROM_CHECK(report.code == 99);
    check_has(&report, "no such mode: sleep; there are once, thread, spawn, fork, forkserver, dream, nightmare");
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

/* Behind the moment when a serial one begins comes that when it ends, and it begins when none runs. */
static void check_serial(const char *seen)
{
    int running = 0, most = 0, serial = 0;

    for (; *seen != '\0'; seen += 2) {
        CAROM_ASSERT(*seen == 'a' || *seen == 's');
        CAROM_ASSERT(seen[1] == '+' || seen[1] == '-');
        if (*seen == 's' && seen[1] == '+') {
            CAROM_CHECK(running == 0);
            CAROM_CHECK(strncmp(seen + 2, "s-", 2) == 0);
            serial++;
        }
        running += seen[1] == '+' ? 1 : -1;
        most = running > most ? running : most;
    }
    CAROM_CHECK(serial == 4);
    CAROM_CHECK(most > 1);
}

CAROM_TEST_ONCE(harness, serial_tests_run_alone)
{
    static report_t report;
    const char *seen;

    report_create(&report, test);
    seen = apr_pstrcat(report.pool, test->directory, "/seen", NULL);
    apr_env_set("CAROM_SEEN", seen, report.pool);
    run_faults(&report, (const char *[]){"--repeat", "4", "-j4", "beside[thread]/any", "beside[thread]/serial",
                                         "beside[spawn]/any", NULL});
    CAROM_CHECK(report.code == 0);
    check_has(&report, "\n# 12 passed, 0 failed, 0 skipped in ");
    check_serial(read_file(report.pool, seen));
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

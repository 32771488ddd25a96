/* What tests of the harness share: running the planted faults of tests/harness_faults.c, and reading what is said of them. */

#ifndef CAROM_TESTS_REPORTS_H
#define CAROM_TESTS_REPORTS_H

#include <carom-harness.h>

#include "platform/inspect/inspect.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_thread_proc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Enough for the longest report. */
#define REPORT_MAX 262144

typedef struct {
    apr_pool_t *pool;
    const char *path;
    const char *failed;        /* where it keeps what failed, when that is not to be kept */
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

enum { FAULT_ARGUMENTS = 24 };

/* Runs it with up to seven arguments, the last one NULL.  What make check says of modes and jobs is not for this program. */
static void run_faults(report_t *report, const char *const *some)
{
    const char *arguments[FAULT_ARGUMENTS] = {NULL, "--seed", "42", "--modes", "thread,spawn,fork,forkserver", "-j1"};
    apr_procattr_t *attributes;
    apr_proc_t child;
    apr_exit_why_e why;
    const char *program = faults_program(report->pool);
    int i;

    arguments[0] = program;
    for (i = 0; some[i] != NULL; i++) {
        CAROM_ASSERT(i + 7 < FAULT_ARGUMENTS);
        arguments[i + 6] = some[i];
    }
    CAROM_ASSERT(apr_procattr_create(&attributes, report->pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) == APR_SUCCESS);
    open_streams(report, attributes);
    CAROM_ASSERT(apr_proc_create(&child, program, arguments, NULL, attributes, report->pool) == APR_SUCCESS);
    CAROM_ASSERT(APR_STATUS_IS_CHILD_DONE(apr_proc_wait(&child, &report->code, &why, APR_WAIT)));
    read_report(report);
    if (report->failed != NULL)
        apr_file_remove(report->failed, report->pool);
}

/* A file that is read once, and removed. */
CAROM_UNUSED static const char *read_file(apr_pool_t *pool, const char *path)
{
    apr_file_t *file;
    apr_size_t got = 0;
    char *text = apr_pcalloc(pool, REPORT_MAX);

    CAROM_ASSERT(apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS);
    apr_file_read_full(file, text, REPORT_MAX - 1, &got);
    apr_file_close(file);
    CAROM_ASSERT(apr_file_remove(path, pool) == APR_SUCCESS);
    return text;
}

static void report_create(report_t *report, const carom_test_t *test)
{
    char *kept;

    CAROM_ASSERT(apr_pool_create(&report->pool, NULL) == APR_SUCCESS);
    report->path = apr_pstrcat(report->pool, test->directory, "/report", NULL);
    report->failed = NULL;
    if (apr_env_get(&kept, "CAROM_FAILED", report->pool) == APR_SUCCESS && strcmp(apr_filepath_name_get(kept), "last") == 0)
        return;
    report->failed = apr_pstrcat(report->pool, test->directory, "/failed", NULL);
    apr_env_set("CAROM_FAILED", report->failed, report->pool);
}

static void check_has(const report_t *report, const char *text)
{
    if (strstr(report->text, text) == NULL)
        CAROM_NOTE("missing in the report: %s", text);
    CAROM_CHECK(strstr(report->text, text) != NULL);
}

CAROM_UNUSED static void check_lacks(const report_t *report, const char *text)
{
    if (strstr(report->text, text) != NULL)
        CAROM_NOTE("too much in the report: %s", text);
    CAROM_CHECK(strstr(report->text, text) == NULL);
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
static void run_beside_clean(report_t *report, const carom_test_t *test, const char *name, int fails, const char *const *wanted)
{
    const char *fault = NULL, *clean = NULL;

    report_create(report, test);
    fault = apr_psprintf(report->pool, "fault[%s]/%s", test->mode, name);
    clean = apr_psprintf(report->pool, "fault[%s]/clean", strcmp(test->mode, "once") == 0 ? "thread" : test->mode);
    run_faults(report, (const char *[]){clean, fault, NULL});
    CAROM_CHECK(report->code == (fails ? 1 : 0));
    check_has(report, "1..2\n");
    check_has(report, apr_pstrcat(report->pool, " - ", clean, "\n", NULL));
    check_has(report, apr_pstrcat(report->pool, fails ? "not ok " : "ok ", NULL));
    check_has(report, apr_pstrcat(report->pool, " - ", fault, NULL));
    check_has(report, fails ? "\n# 1 passed, 1 failed, 0 skipped in " : "\n# 2 passed, 0 failed, 0 skipped in ");
    if (!fails)
        check_lacks(report, "# where its threads stood:\n");
    if (fails)
        check_has(report, apr_pstrcat(report->pool, " --seed 42 '", fault, "'\n", NULL));
    for (; *wanted != NULL; wanted++) {
        if (**wanted == '@')
            check_place(report, *wanted + 1);
        else
            check_has(report, *wanted);
    }
}

CAROM_UNUSED static void expect_report(const carom_test_t *test, const char *name, int fails, const char *const *wanted)
{
    static report_t report;

    run_beside_clean(&report, test, name, fails, wanted);
    apr_pool_destroy(report.pool);
}

#define TEXTS(...) ((const char *[]){__VA_ARGS__, NULL})
#define EXPECT_FAULT(name, ...) expect_report(test, name, 1, TEXTS(__VA_ARGS__))
#define EXPECT_PASS(name) expect_report(test, name, 0, (const char *[]){NULL})

#endif

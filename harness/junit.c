/* The report as JUnit's XML, as far as its readers agree on what that is: Jenkins, GitLab, and the schema of Maven's Surefire,
 * whose flakyFailure names what failed before it passed.  A suite and its mode are a test suite. */

#include "harness/harness.h"

#include <apr_escape.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *carom__h_report_path(const carom__h_session_t *session, const char *path, const char *suffix)
{
    size_t length = strlen(path);

    if (length == 0 || path[length - 1] != '/')
        return path;
    return apr_pstrcat(session->pool, path, apr_filepath_name_get(session->command), suffix, NULL);
}

/* ---- writing ---- */

typedef struct xml_t {
    const carom__h_session_t *session;
    apr_file_t *file;
    apr_pool_t *pool;
    int failed;
} xml_t;

static void put(xml_t *xml, const char *format, ...) CAROM_PRINTF(2, 3);
static void put(xml_t *xml, const char *format, ...)
{
    const char *text;
    va_list args;

    va_start(args, format);
    text = apr_pvsprintf(xml->pool, format, args);
    va_end(args);
    xml->failed |= apr_file_write_full(xml->file, text, strlen(text), NULL) != APR_SUCCESS;
}

/* Text as it may stand in XML 1.0; all that it cannot hold is a question mark. */
static const char *escaped(const xml_t *xml, const char *text)
{
    return apr_pescape_entity(xml->pool, carom__h_printable(text, xml->pool), 0);
}

/* ---- a case ---- */

static void put_failures(xml_t *xml, const carom__h_run_t *run, const char *element)
{
    const carom__h_session_t *session = xml->session;
    const carom__h_record_t *first = &APR_ARRAY_IDX(run->failures, 0, carom__h_record_t);
    int i;

    put(xml, "      <%s type=\"%s\" message=\"%s\">", element, first->kind == CAROM__H_FAILURE ? "assertion" : "case",
        escaped(xml, first->text));
    for (i = 0; i < run->failures->nelts; i++) {
        const carom__h_record_t *failure = &APR_ARRAY_IDX(run->failures, i, carom__h_record_t);

        put(xml, "%s: %s\n", escaped(xml, carom__h_failure_place(session, run, failure)), escaped(xml, failure->text));
    }
    put(xml, "again: %s\n</%s>\n", escaped(xml, carom__h_again(session, run)), element);
}

static void put_notes(xml_t *xml, const carom__h_run_t *run)
{
    const char *output = run->last_output != NULL ? run->last_output : "";
    int i;

    if (run->notes->nelts == 0 && *output == '\0')
        return;
    put(xml, "      <system-out>");
    for (i = 0; i < run->notes->nelts; i++)
        put(xml, "%s\n", escaped(xml, APR_ARRAY_IDX(run->notes, i, const char *)));
    put(xml, "%s</system-out>\n", escaped(xml, output));
}

static void put_case(xml_t *xml, const carom__h_run_t *run)
{
    const char *name = strchr(run->of->name, '/') + 1;

    if (xml->session->options.repeat > 1)
        name = apr_psprintf(xml->pool, "%s #%d", name, run->round + 1);
    put(xml, "    <testcase classname=\"%s\" name=\"%s\" file=\"%s\" line=\"%u\" assertions=\"%" APR_UINT64_T_FMT
        "\" time=\"%s\">\n", escaped(xml, run->of->suite), escaped(xml, name), escaped(xml, run->of->entry->file),
        run->of->entry->line, run->passes, carom__h_seconds(run->took, xml->pool));
    if (run->outcome == CAROM__H_FAILED)
        put_failures(xml, run, "failure");
    if (run->outcome == CAROM__H_FLAKY)
        put_failures(xml, run, "flakyFailure");
    if (run->outcome == CAROM__H_SKIPPED_OVER)
        put(xml, "      <skipped message=\"%s\"/>\n", escaped(xml, run->skip));
    if (run->outcome == CAROM__H_FAILED_AS_EXPECTED)
        put(xml, "      <skipped message=\"failed as expected: %s\"/>\n",
            escaped(xml, APR_ARRAY_IDX(run->failures, 0, carom__h_record_t).text));
    put_notes(xml, run);
    put(xml, "    </testcase>\n");
}

/* ---- a suite ---- */

typedef struct sum_t {
    int tests, failures, skipped;
    carom_duration_t took;
} sum_t;

/* `suite` NULL: of all. */
static sum_t sum_up(const carom__h_session_t *session, const char *suite)
{
    sum_t sum = {0, 0, 0, 0};
    int i;

    for (i = 0; i < session->runs->nelts; i++) {
        const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, i, carom__h_run_t);

        if (run->state != CAROM__H_FINISHED || (suite != NULL && strcmp(run->of->suite, suite) != 0))
            continue;
        sum.tests++;
        sum.failures += run->outcome == CAROM__H_FAILED;
        sum.skipped += run->outcome == CAROM__H_SKIPPED_OVER || run->outcome == CAROM__H_FAILED_AS_EXPECTED;
        sum.took += run->took;
    }
    return sum;
}

static const char *attributes(const xml_t *xml, const char *name, const sum_t *sum)
{
    return apr_psprintf(xml->pool, "name=\"%s\" tests=\"%d\" failures=\"%d\" errors=\"0\" skipped=\"%d\" time=\"%s\"",
                        escaped(xml, name), sum->tests, sum->failures, sum->skipped, carom__h_seconds(sum->took, xml->pool));
}

static void put_suite(xml_t *xml, const char *suite)
{
    const carom__h_session_t *session = xml->session;
    sum_t sum = sum_up(session, suite);
    int i;

    put(xml, "  <testsuite %s>\n", attributes(xml, suite, &sum));
    put(xml, "    <properties><property name=\"seed\" value=\"%" APR_UINT64_T_FMT "\"/></properties>\n", session->options.seed);
    for (i = 0; i < session->runs->nelts; i++) {
        const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, i, carom__h_run_t);

        if (run->state == CAROM__H_FINISHED && strcmp(run->of->suite, suite) == 0)
            put_case(xml, run);
    }
    put(xml, "  </testsuite>\n");
}

/* These made nothing fail. */
static void put_strays(xml_t *xml)
{
    int i;

    if (xml->session->strays->nelts == 0)
        return;
    put(xml, "    <system-out>");
    for (i = 0; i < xml->session->strays->nelts; i++)
        put(xml, "%s\n", escaped(xml, carom__h_stray_text(xml->session, i, xml->pool)));
    put(xml, "</system-out>\n");
}

/* What nobody could be charged with is a case of its own, which failed. */
static void put_session(xml_t *xml)
{
    sum_t sum = {xml->session->riddles->nelts, xml->session->riddles->nelts, 0, 0};
    int i;

    if (sum.tests == 0 && xml->session->strays->nelts == 0)
        return;
    put(xml, "  <testsuite %s>\n", attributes(xml, "(session)", &sum));
    for (i = 0; i < sum.tests; i++)
        put(xml, "    <testcase classname=\"(session)\" name=\"left behind #%d\"><failure message=\"%s\"/></testcase>\n", i + 1,
            escaped(xml, carom__h_riddle_text(xml->session, i, xml->pool)));
    put_strays(xml);
    put(xml, "  </testsuite>\n");
}

/* Cases are sorted by suite. */
static void put_all(xml_t *xml)
{
    const carom__h_session_t *session = xml->session;
    sum_t sum = sum_up(session, NULL);
    const char *last = "";
    int i;

    sum.tests += session->riddles->nelts;
    sum.failures += session->riddles->nelts;
    put(xml, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites %s>\n",
        attributes(xml, apr_filepath_name_get(session->command), &sum));
    for (i = 0; i < session->cases->nelts; i++) {
        const char *suite = APR_ARRAY_IDX(session->cases, i, carom__h_case_t).suite;

        if (strcmp(suite, last) != 0)
            put_suite(xml, suite);
        last = suite;
    }
    put_session(xml);
    put(xml, "</testsuites>\n");
}

const char *carom__h_junit_write(const carom__h_session_t *session)
{
    xml_t xml = {session, NULL, NULL, 0};
    const char *path;

    if (session->options.junit == NULL)
        return NULL;
    path = carom__h_report_path(session, session->options.junit, ".xml");
    if (apr_pool_create(&xml.pool, session->pool) != APR_SUCCESS ||
        apr_file_open(&xml.file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BUFFERED,
                      APR_FPROT_OS_DEFAULT, session->pool) != APR_SUCCESS)
        return apr_psprintf(session->pool, "the report for JUnit cannot be made: %s", path);
    put_all(&xml);
    xml.failed |= apr_file_close(xml.file) != APR_SUCCESS;
    apr_pool_destroy(xml.pool);
    return xml.failed ? apr_psprintf(session->pool, "the report for JUnit could not be written: %s", path) : NULL;
}

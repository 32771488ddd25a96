/* The report as lines of JSON: a "begin", a "case" for each that has finished, an "end".  Each is written when it is known, so
 * that a run which is killed leaves what it knew. */

#include "harness/harness.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* ---- values ---- */

/* A string with its quotes. */
static const char *quoted(const char *text, apr_pool_t *pool)
{
    char *to, *made = apr_palloc(pool, strlen(text) * 6 + 3);

    text = carom__h_printable(text, pool);
    to = made;
    *to++ = '"';
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            *to++ = '\\', *to++ = *text;
        else if ((unsigned char) *text < ' ')
            to += snprintf(to, 7, "\\u%04x", (unsigned) (unsigned char) *text);
        else
            *to++ = *text;
    }
    *to++ = '"';
    *to = '\0';
    return made;
}

/* ---- lines ---- */

static void write_line(const carom__h_session_t *session, const char *line)
{
    if (apr_file_write_full(session->json, line, strlen(line), NULL) != APR_SUCCESS)
        carom__h_lose_report();
}

const char *carom__h_json_begin(carom__h_session_t *session)
{
    const char *path;

    if (session->options.json == NULL)
        return NULL;
    path = carom__h_report_path(session, session->options.json, ".json");
    if (apr_file_open(&session->json, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BINARY,
                      APR_FPROT_OS_DEFAULT, session->pool) != APR_SUCCESS) {
        session->json = NULL;
        return apr_psprintf(session->pool, "the report as JSON cannot be made: %s", path);
    }
    write_line(session, apr_psprintf(session->pool, "{\"event\": \"begin\", \"program\": %s, \"seed\": %" APR_UINT64_T_FMT
                                     ", \"system\": %s, \"cases\": %d}\n",
                                     quoted(session->command, session->pool), session->options.seed,
                                     quoted(carom_inspect_system(), session->pool), session->cases->nelts));
    return NULL;
}

static const char *failures_of(const carom__h_run_t *run, apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < run->failures->nelts; i++) {
        const carom__h_record_t *failure = &APR_ARRAY_IDX(run->failures, i, carom__h_record_t);

        text = apr_psprintf(pool, "%s%s{\"file\": %s, \"line\": %u, \"function\": %s, \"by\": %s, \"pid\": %" APR_INT64_T_FMT
                            ", \"text\": %s}", text, i > 0 ? ", " : "", quoted(failure->file, pool), failure->line,
                            quoted(failure->function, pool), quoted(failure->role, pool), failure->pid,
                            quoted(failure->text, pool));
    }
    return text;
}

static const char *notes_of(const carom__h_run_t *run, apr_pool_t *pool)
{
    const char *text = "";
    int i;

    for (i = 0; i < run->notes->nelts; i++)
        text = apr_pstrcat(pool, text, i > 0 ? ", " : "", quoted(APR_ARRAY_IDX(run->notes, i, const char *), pool), NULL);
    return text;
}

/* null where there is none. */
static const char *maybe(const char *text, apr_pool_t *pool)
{
    return text != NULL ? quoted(text, pool) : "null";
}

static const char *case_line(const carom__h_session_t *session, const carom__h_run_t *run, apr_pool_t *pool)
{
    const carom__h_case_t *of = run->of;
    const char *which = apr_psprintf(pool, "\"name\": %s, \"suite\": %s, \"test\": %s, \"mode\": %s, \"parameter\": %s",
                                     quoted(of->name, pool), quoted(of->entry->suite, pool), quoted(of->entry->name, pool),
                                     quoted(of->mode->name, pool), maybe(of->parameter, pool));
    const char *how = apr_psprintf(pool, "\"outcome\": %s, \"skip\": %s, \"attempts\": %d, \"seconds\": %s, \"assertions\": %"
                                   APR_UINT64_T_FMT, quoted(carom__h_outcome_name(run->outcome), pool), maybe(run->skip, pool),
                                   run->attempts, carom__h_seconds(run->took, pool), run->passes);

    return apr_psprintf(pool, "{\"event\": \"case\", %s, \"round\": %d, %s, \"failures\": [%s], \"notes\": [%s], "
                        "\"output\": %s, \"again\": %s}\n", which, run->round, how, failures_of(run, pool), notes_of(run, pool),
                        maybe(run->last_output, pool), quoted(carom__h_again(session, run), pool));
}

void carom__h_json_run(const carom__h_session_t *session, const carom__h_run_t *run)
{
    apr_pool_t *pool;

    if (session->json == NULL || apr_pool_create(&pool, session->pool) != APR_SUCCESS)
        return;
    write_line(session, case_line(session, run, pool));
    apr_pool_destroy(pool);
}

static const char *texts_of(const carom__h_session_t *session, int count,
                            const char *(*text_of)(const carom__h_session_t *session, int which, apr_pool_t *pool))
{
    const char *text = "";
    int i;

    for (i = 0; i < count; i++)
        text = apr_pstrcat(session->pool, text, i > 0 ? ", " : "", quoted(text_of(session, i, session->pool), session->pool),
                           NULL);
    return text;
}

void carom__h_json_end(const carom__h_session_t *session, const char *why)
{
    const char *counts = "";
    int i;

    if (session->json == NULL)
        return;
    for (i = 0; i < CAROM__H_OUTCOMES; i++)
        counts = apr_psprintf(session->pool, "%s, %s: %d", counts,
                              quoted(carom__h_outcome_name((carom__h_outcome_t) i), session->pool), session->counts[i]);
    write_line(session, apr_psprintf(session->pool, "{\"event\": \"end\", \"stopped\": %s, \"seconds\": %s, \"left\": [%s], "
                                     "\"strays\": [%s]%s}\n", maybe(why, session->pool),
                                     carom__h_seconds(carom_now() - session->began, session->pool),
                                     texts_of(session, session->riddles->nelts, carom__h_riddle_text),
                                     texts_of(session, session->strays->nelts, carom__h_stray_text), counts));
    apr_file_close(session->json);
}

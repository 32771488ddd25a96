/* The report: TAP, version 13, with all else as comments.  Written by APR, which translates no line ends: automake's driver
 * does not find a plan that ends in CR LF. */

#include "harness/harness.h"

#include <apr_file_io.h>
#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int unheard;

static void write_all(apr_pool_t *pool, const char *text)
{
    apr_file_t *out;

    if (apr_file_open_stdout(&out, pool) != APR_SUCCESS || apr_file_write_full(out, text, strlen(text), NULL) != APR_SUCCESS)
        unheard = 1;
}

int carom__h_unheard(void)
{
    return unheard;
}

void carom__h_say(const carom__h_session_t *session, const char *format, ...)
{
    apr_pool_t *pool;
    va_list args;

    if (apr_pool_create(&pool, session->pool) != APR_SUCCESS)
        return;
    va_start(args, format);
    write_all(pool, apr_pvsprintf(pool, format, args));
    va_end(args);
    apr_pool_destroy(pool);
}

/* Each line of a text as a comment; what a terminal would obey becomes '?'. */
static void say_lines(const carom__h_session_t *session, const char *prefix, const char *text)
{
    char line[2000];
    size_t length;

    while (*text != '\0') {
        for (length = 0; *text != '\0' && *text != '\n' && length < sizeof(line) - 1; text++)
            if (*text != '\r')
                line[length++] = (unsigned char) *text < ' ' && *text != '\t' ? '?' : *text;
        line[length] = '\0';
        if (*text == '\n')
            text++;
        carom__h_say(session, "# %s%s\n", prefix, line);
    }
}

void carom__h_report_list(const carom__h_session_t *session)
{
    int i;

    for (i = 0; i < session->cases->nelts; i++)
        carom__h_say(session, "%s\n", APR_ARRAY_IDX(session->cases, i, carom__h_case_t).name);
}

void carom__h_report_head(const carom__h_session_t *session)
{
    const char *blind = carom__h_gate_blind();

    carom__h_say(session, "TAP version 13\n1..%d\n", session->runs->nelts);
    carom__h_say(session, "# seed %" APR_UINT64_T_FMT "\n", session->options.seed);
    if (blind != NULL)
        carom__h_say(session, "# %s\n", blind);
}

/* file:line: in function: text (who, pid N, mode M) */
static void say_failure(const carom__h_session_t *session, const carom__h_run_t *run, const carom__h_record_t *failure)
{
    const char *place = apr_psprintf(session->pool, "%s:%u: ", failure->file, failure->line);

    if (failure->kind == CAROM__H_FAILURE)
        place = apr_psprintf(session->pool, "%sin %s (%s, pid %" APR_INT64_T_FMT ", mode %s): ", place, failure->function,
                             failure->role, failure->pid, run->of->mode->name);
    say_lines(session, "", apr_pstrcat(session->pool, place, failure->text, NULL));
}

static void say_failed(const carom__h_session_t *session, const carom__h_run_t *run)
{
    char took[40];
    int i;

    for (i = 0; i < run->failures->nelts; i++)
        say_failure(session, run, &APR_ARRAY_IDX(run->failures, i, carom__h_record_t));
    if (run->last_output != NULL && *run->last_output != '\0') {
        carom__h_say(session, "# its output:\n");
        say_lines(session, "| ", run->last_output);
    }
    snprintf(took, sizeof(took), "%.3f", (double) run->took / 1e6);
    carom__h_say(session, "# after %s s; again: %s --seed %" APR_UINT64_T_FMT " '%s'\n", took, session->command, run->seed,
                 run->of->name);
}

void carom__h_report_run(const carom__h_session_t *session, int index)
{
    const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, index, carom__h_run_t);
    const char *verdict = run->failures->nelts > 0 ? "not ok" : "ok", *round = "";
    int i;

    if (session->options.repeat > 1)
        round = apr_psprintf(session->pool, " (%d of %d)", run->round + 1, session->options.repeat);
    if (run->failures->nelts == 0 && run->skip != NULL)
        carom__h_say(session, "ok %d - %s%s # SKIP %s\n", index + 1, run->of->name, round, run->skip);
    else
        carom__h_say(session, "%s %d - %s%s\n", verdict, index + 1, run->of->name, round);
    for (i = 0; i < run->notes->nelts; i++)
        say_lines(session, "", APR_ARRAY_IDX(run->notes, i, const char *));
    if (run->failures->nelts > 0)
        say_failed(session, run);
}

void carom__h_report_end(const carom__h_session_t *session)
{
    if (session->skipped > 0 && session->skips == NULL)
        carom__h_say(session, "# skips were not checked: CAROM_SKIPS names no list\n");
    carom__h_say(session, "# %d passed, %d failed, %d skipped in %.1f s\n", session->passed, session->failed, session->skipped,
                 (double) (carom_now() - session->began) / 1e6);
}

void carom__h_report_stop(const carom__h_session_t *session, const char *why)
{
    carom__h_say(session, "Bail out! %s\n", why);
}

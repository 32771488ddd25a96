/* The report for people and for automake: TAP, version 13, with all else as comments.  Written by APR, which translates no line
 * ends: automake's driver does not find a plan that ends in CR LF. */

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

void carom__h_lose_report(void)
{
    unheard = 1;
}

void carom__h_say(const carom__h_session_t *session, const char *format, ...)
{
    apr_pool_t *pool;
    va_list args;

    if (apr_pool_create(&pool, session->pool) != APR_SUCCESS)
        return;
    carom__h_progress_hide();
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

    carom__h_say(session, "TAP version 13\n");
    if (!session->options.until_fail)
        carom__h_say(session, "1..%d\n", session->runs->nelts);
    carom__h_say(session, "# seed %" APR_UINT64_T_FMT "%s\n", session->options.seed,
                 session->options.shuffle ? ", which the order is drawn by as well" : "");
    if (blind != NULL)
        carom__h_say(session, "# %s\n", blind);
}

const char *carom__h_failure_place(const carom__h_session_t *session, const carom__h_run_t *run,
                                   const carom__h_record_t *failure)
{
    const char *place = apr_psprintf(session->pool, "%s:%u", failure->file, failure->line);

    if (failure->kind == CAROM__H_FAILURE)
        place = apr_psprintf(session->pool, "%s: in %s (%s, pid %" APR_INT64_T_FMT ", mode %s)", place, failure->function,
                             failure->role, failure->pid, run->of->mode->name);
    return place;
}

const char *carom__h_again(const carom__h_session_t *session, const carom__h_run_t *run)
{
    return apr_psprintf(session->pool, "%s --seed %" APR_UINT64_T_FMT " '%s'", session->command, run->seed, run->of->name);
}

/* file:line: in function (who, pid N, mode M): text */
static void say_failures(const carom__h_session_t *session, const carom__h_run_t *run)
{
    int i;

    for (i = 0; i < run->failures->nelts; i++) {
        const carom__h_record_t *failure = &APR_ARRAY_IDX(run->failures, i, carom__h_record_t);

        say_lines(session, "",
                  apr_pstrcat(session->pool, carom__h_failure_place(session, run, failure), ": ", failure->text, NULL));
    }
}

static void say_failed(const carom__h_session_t *session, const carom__h_run_t *run)
{
    char took[40];

    if (run->stacks != NULL && *run->stacks != '\0') {
        carom__h_say(session, "# where its threads stood:\n");
        say_lines(session, ": ", run->stacks);
    }
    if (run->last_output != NULL && *run->last_output != '\0') {
        carom__h_say(session, "# its output:\n");
        say_lines(session, "| ", run->last_output);
    }
    snprintf(took, sizeof(took), "%.3f", (double) run->took / 1e6);
    carom__h_say(session, "# after %s s; again: %s\n", took, carom__h_again(session, run));
}

const char *carom__h_outcome_name(carom__h_outcome_t outcome)
{
    static const char *const names[CAROM__H_OUTCOMES] = {"passed", "failed", "skipped", "failed as expected", "flaky"};

    return names[outcome];
}

static const char *round_of(const carom__h_session_t *session, const carom__h_run_t *run)
{
    if (session->options.until_fail)
        return apr_psprintf(session->pool, " (round %d)", run->round + 1);
    if (session->options.repeat > 1)
        return apr_psprintf(session->pool, " (%d of %d)", run->round + 1, session->options.repeat);
    return "";
}

/* The two directives of TAP are SKIP and TODO, which is what is known not to work yet. */
static const char *remark_on(const carom__h_session_t *session, const carom__h_run_t *run)
{
    switch (run->outcome) {
    case CAROM__H_SKIPPED_OVER:
        return apr_pstrcat(session->pool, " # SKIP ", run->skip, NULL);
    case CAROM__H_FAILED_AS_EXPECTED:
        return " # TODO failed as expected";
    case CAROM__H_FLAKY:
        return apr_psprintf(session->pool, " # flaky: failed %d of %d times", run->attempts - 1, run->attempts);
    default:
        return "";
    }
}

void carom__h_report_run(const carom__h_session_t *session, int index)
{
    const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, index, carom__h_run_t);
    int is_bad = run->outcome == CAROM__H_FAILED || run->outcome == CAROM__H_FAILED_AS_EXPECTED, i;

    carom__h_say(session, "%s %d - %s%s%s\n", is_bad ? "not ok" : "ok", session->told + index + 1, run->of->name,
                 round_of(session, run), remark_on(session, run));
    for (i = 0; i < run->notes->nelts; i++)
        say_lines(session, "", APR_ARRAY_IDX(run->notes, i, const char *));
    say_failures(session, run);
    if (run->outcome == CAROM__H_FAILED)
        say_failed(session, run);
    carom__h_json_run(session, run);
}

/* "3 passed, 1 failed, 0 skipped", and what else there is. */
static const char *counts_of(const carom__h_session_t *session)
{
    const int *counts = session->counts;
    const char *text = apr_psprintf(session->pool, "%d passed, %d failed, %d skipped", counts[CAROM__H_PASSED],
                                    counts[CAROM__H_FAILED], counts[CAROM__H_SKIPPED_OVER]);
    int i;

    for (i = CAROM__H_FAILED_AS_EXPECTED; i < CAROM__H_OUTCOMES; i++)
        if (counts[i] > 0)
            text = apr_psprintf(session->pool, "%s, %d %s", text, counts[i], carom__h_outcome_name((carom__h_outcome_t) i));
    return text;
}

static const char *suspects_of(const carom__h_find_t *riddle, apr_pool_t *pool)
{
    const char *suspects = "";
    int i;

    for (i = 0; i < riddle->suspects->nelts; i++)
        suspects = apr_pstrcat(pool, suspects, " '", APR_ARRAY_IDX(riddle->suspects, i, const carom__h_run_t *)->of->name, "'",
                               NULL);
    return suspects;
}

const char *carom__h_riddle_text(const carom__h_session_t *session, int which, apr_pool_t *pool)
{
    const carom__h_find_t *riddle = &APR_ARRAY_IDX(session->riddles, which, carom__h_find_t);
    char text[400];

    carom__h_leak_text(text, sizeof(text), &riddle->thing);
    return apr_psprintf(pool, "%s, by one of:%s", text, suspects_of(riddle, pool));
}

/* Which of them it was is found out by running them one at a time. */
static void say_riddle(const carom__h_session_t *session, int which)
{
    const carom__h_find_t *riddle = &APR_ARRAY_IDX(session->riddles, which, carom__h_find_t);

    say_lines(session, "", carom__h_riddle_text(session, which, session->pool));
    carom__h_say(session, "# which one: %s -j1%s\n", session->command, suspects_of(riddle, session->pool));
}

const char *carom__h_stray_text(const carom__h_session_t *session, int which, apr_pool_t *pool)
{
    char text[400];

    carom__h_leak_text(text, sizeof(text), &APR_ARRAY_IDX(session->strays, which, carom_inspect_thing_t));
    return apr_pstrcat(pool, text, ", while other test programs ran: charged to nobody", NULL);
}

void carom__h_report_end(const carom__h_session_t *session)
{
    int i;

    if (session->options.until_fail)
        carom__h_say(session, "1..%d\n", session->told + session->runs->nelts);
    for (i = 0; i < session->riddles->nelts; i++)
        say_riddle(session, i);
    for (i = 0; i < session->strays->nelts; i++)
        say_lines(session, "", carom__h_stray_text(session, i, session->pool));
    if (session->counts[CAROM__H_SKIPPED_OVER] > 0 && session->skips == NULL)
        carom__h_say(session, "# skips were not checked: CAROM_SKIPS names no list\n");
    carom__h_say(session, "# %s in %.1f s\n", counts_of(session), (double) (carom_now() - session->began) / 1e6);
}

void carom__h_report_stop(const carom__h_session_t *session, const char *why)
{
    carom__h_say(session, "Bail out! %s\n", why);
}

/* What became of a run: its journal and the end of its process, held against what was expected. */

#include "harness/harness.h"

#include <apr_strings.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define OUTPUT_SHOWN (16 * 1024)
#define LINES_SHOWN 50

void carom__h_fail(carom__h_session_t *session, carom__h_run_t *run, const char *format, ...)
{
    carom__h_record_t *failure = apr_array_push(run->failures);
    va_list args;

    memset(failure, 0, sizeof(*failure));
    failure->kind = CAROM__H_LEAK;
    failure->line = run->of->entry->line;
    failure->file = run->of->entry->file;
    failure->function = failure->role = "";
    va_start(args, format);
    failure->text = apr_pvsprintf(session->pool, format, args);
    va_end(args);
}

/* Takes the records in; returns the last one of DONE, or NULL. */
static const carom__h_record_t *take_records(carom__h_session_t *session, carom__h_run_t *run, apr_array_header_t *records)
{
    const carom__h_record_t *done = NULL;
    int i;

    for (i = 0; i < records->nelts; i++) {
        const carom__h_record_t *record = &APR_ARRAY_IDX(records, i, carom__h_record_t);

        switch (record->kind) {
        case CAROM__H_FAILURE:
            *(carom__h_record_t *) apr_array_push(run->failures) = *record;
            break;
        case CAROM__H_LEAK:
            carom__h_fail(session, run, "%s", record->text);
            break;
        case CAROM__H_NOTE:
            *(const char **) apr_array_push(run->notes) = record->text;
            break;
        case CAROM__H_SKIP:
            run->skip = record->text;
            break;
        case CAROM__H_COUNT:
            run->passes += record->line;
            break;
        case CAROM__H_DONE:
            done = record;
            break;
        }
    }
    return done;
}

/* ---- expectations ---- */

static void judge_pass(carom__h_session_t *session, carom__h_run_t *run, const carom__h_record_t *done)
{
    const carom_inspect_end_t *end = &run->end;

    if (end->crashed)
        carom__h_fail(session, run, "crashed: %s", end->text);
    else if (done == NULL && end->code == CAROM__H_NO_PAD && run->failures->nelts > 0)
        carom__h_fail(session, run, "a fatal assertion ended the process: its thread is not one of carom's");
    else if (done == NULL && end->code == CAROM__H_LOST)
        carom__h_fail(session, run, "an assertion failed and could not be written to the journal; see the output");
    else if (done == NULL)
        carom__h_fail(session, run, "vanished: the process ended with %s before the body did", end->text);
    else if (end->code != (int) done->line)
        carom__h_fail(session, run, "ended with %s after its last line", end->text);
}

static void judge_crash(carom__h_session_t *session, carom__h_run_t *run)
{
    int wanted = run->of->entry->options.code;

    if (!run->end.crashed)
        carom__h_fail(session, run, "was to crash, and ended with %s", run->end.text);
    else if (wanted != 0 && run->end.code != wanted)
        carom__h_fail(session, run, "was to crash by signal %d, and did by %s", wanted, run->end.text);
}

static void judge_exit(carom__h_session_t *session, carom__h_run_t *run, const carom__h_record_t *done)
{
    int wanted = run->of->entry->options.code;

    if (done != NULL)
        carom__h_fail(session, run, "was to end with exit code %d, and the body returned", wanted);
    else if (run->end.crashed || run->end.code != wanted)
        carom__h_fail(session, run, "was to end with exit code %d, and ended with %s", wanted, run->end.text);
}

static void judge_timeout(carom__h_session_t *session, carom__h_run_t *run)
{
    char text[60];

    snprintf(text, sizeof(text), "%g", (double) carom__h_timeout(session, run->of) / 1e6);
    carom__h_fail(session, run, "timed out after %s s", text);
}

/* `asserted`: how many assertions failed. */
static void judge_end(carom__h_session_t *session, carom__h_run_t *run, const carom__h_record_t *done, int asserted)
{
    if (run->trouble != NULL)
        carom__h_fail(session, run, "could not be started: %s", run->trouble);
    else if (run->timed_out)
        judge_timeout(session, run);
    else if (run->of->entry->options.expect == CAROM_EXPECT_CRASH && run->skip == NULL)
        judge_crash(session, run);
    else if (run->of->entry->options.expect == CAROM_EXPECT_EXIT && run->skip == NULL)
        judge_exit(session, run, done);
    else
        judge_pass(session, run, done);
    if (run->of->entry->options.expect == CAROM_EXPECT_FAILURE && run->skip == NULL && asserted == 0)
        carom__h_fail(session, run, "was to fail, and no assertion did");
}

/* One that the gate saw as well is named once. */
static void judge_survivors(carom__h_session_t *session, carom__h_run_t *run)
{
    int i, k, found = run->failures->nelts;

    for (i = 0; i < run->survivors->nelts; i++) {
        const carom_inspect_thing_t *thing = &APR_ARRAY_IDX(run->survivors, i, carom_inspect_thing_t);
        const char *who = apr_psprintf(session->pool, "process %" APR_INT64_T_FMT " ", thing->id);

        for (k = 0; k < found; k++)
            if (strncmp(APR_ARRAY_IDX(run->failures, k, carom__h_record_t).text, who, strlen(who)) == 0)
                break;
        if (k == found)
            carom__h_fail(session, run, "%soutlived the case: %s", who, thing->text);
    }
}

static void judge_left(carom__h_session_t *session, carom__h_run_t *run)
{
    char text[400];
    int i;

    for (i = 0; i < run->left->nelts; i++) {
        carom__h_leak_text(text, sizeof(text), &APR_ARRAY_IDX(run->left, i, carom_inspect_thing_t));
        carom__h_fail(session, run, "%s", text);
    }
}

static void judge_skip(carom__h_session_t *session, carom__h_run_t *run)
{
    if (run->skip == NULL || session->skips == NULL || carom__h_skip_listed(session->skips, run->of, run->skip, session->pool))
        return;
    carom__h_fail(session, run, "skipped for a reason that %s does not list for %s/%s %s %s: %s", session->options.skips,
                  run->of->entry->suite, run->of->entry->name, run->of->mode->name, carom_inspect_system(), run->skip);
}

static int count_asserted(const carom__h_run_t *run, int from)
{
    int i, count = 0;

    for (i = from; i < run->failures->nelts; i++)
        count += APR_ARRAY_IDX(run->failures, i, carom__h_record_t).kind == CAROM__H_FAILURE;
    return count;
}

/* `found`: how many failures this try has; `asserted`: of these, by an assertion. */
static carom__h_outcome_t outcome_of(const carom__h_run_t *run, int found, int asserted)
{
    if (run->of->entry->options.expect == CAROM_EXPECT_FAILURE && found > 0 && found == asserted)
        return CAROM__H_FAILED_AS_EXPECTED;
    if (found > 0)
        return CAROM__H_FAILED;
    if (run->attempts > 0)
        return CAROM__H_FLAKY;
    return run->skip != NULL ? CAROM__H_SKIPPED_OVER : CAROM__H_PASSED;
}

/* The last lines that its processes wrote: they share one file, so that the order in which they wrote is seen. */
static const char *last_output(carom__h_session_t *session, const carom__h_run_t *run)
{
    const char *text = carom__h_file_read(run->output, OUTPUT_SHOWN, session->pool), *line = text + strlen(text);
    int lines;

    if (line > text && line[-1] == '\n')
        line--;
    for (lines = 0; line > text; line--)
        if (line[-1] == '\n' && ++lines == LINES_SHOWN)
            return apr_pstrcat(session->pool, "(what came before is left out)\n", line, NULL);
    return text;
}

void carom__h_judge(carom__h_session_t *session, carom__h_run_t *run)
{
    int before = run->failures->nelts, asserted;
    const carom__h_record_t *done = take_records(session, run, carom__h_journal_read(run->journal, session->pool));

    asserted = count_asserted(run, before);
    judge_end(session, run, done, asserted);
    judge_survivors(session, run);
    judge_left(session, run);
    judge_skip(session, run);
    run->outcome = outcome_of(run, run->failures->nelts - before, asserted);
    if (run->outcome == CAROM__H_FAILED) {
        run->last_output = last_output(session, run);
        carom__h_stacks_read(session, run);
    }
}

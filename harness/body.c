/* The process of a case: one body, between a warm-up and the gate. */

#include "harness/harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- the warm-up ---- */

CAROM_TASK(carom__h_nothing)
{
    return 0;
}

static carom_status_t start_nothing(carom_context_t *context)
{
    carom_process_t *process;
    carom_status_t status = carom_process_start(&process, context, carom_call(carom__h_nothing));

    if (status == CAROM_OK) {
        status = carom_process_join(process, carom_seconds(10));
        carom_process_destroy(&process);
    }
    return status;
}

/* A mode that is not here needs no warm-up. */
static carom_status_t start_nothing_in(const char *mode)
{
    carom_context_t *context;
    carom_status_t status = carom_context_create(&context, mode);

    if (status == CAROM_EMODE)
        return CAROM_OK;
    if (status == CAROM_OK)
        status = start_nothing(context);
    carom_context_destroy(&context);
    return status;
}

static carom_status_t pair_nothing(void)
{
    carom_connection_t *one, *other;
    carom_status_t status = carom_connection_pair(&one, &other, NULL);

    carom_connection_close(&one);
    carom_connection_close(&other);
    return status;
}

/* Where processes share no memory there is none. */
static carom_status_t share_nothing(carom_context_t *context)
{
    carom_event_t *event;
    carom_status_t status = carom_event_create(&event, context);

    carom_event_destroy(&event);
    return status == CAROM_ENOTSUP ? CAROM_OK : status;
}

/* What carom makes at the first use and keeps is made before the gate takes its first look.  A warm-up that fails is worth a
 * line, not a failure: that is for the body to find out. */
static void warm_up(const carom__h_case_t *of, carom_context_t *context)
{
    carom_status_t status = pair_nothing();
    size_t i;

    if (status == CAROM_OK)
        status = share_nothing(context);
    if (status == CAROM_OK && context != NULL)
        status = start_nothing(context);
    for (i = 0; carom__h_mode_at(i) != NULL && status == CAROM_OK; i++)
        if (carom__h_mode_at(i)->has_context && of->entry->options.warm_up & carom__h_mode_at(i)->bit)
            status = start_nothing_in(carom__h_mode_at(i)->name);
    if (status != CAROM_OK)
        carom_harness_note("the warm-up gave %s", carom_status_name(status));
}

/* ---- the body ---- */

typedef struct {
    const carom_test_entry_t *entry;
    carom_test_t test;
    carom__h_snapshot_t before;
} body_t;

static void call_set_up(void *argument)
{
    body_t *body = argument;

    carom__h_gate_open(&body->before);
    if (body->entry->options.set_up != NULL)
        body->entry->options.set_up(&body->test);
}

static void call_body(void *argument)
{
    body_t *body = argument;

    body->entry->body(&body->test);
}

static void call_tear_down(void *argument)
{
    body_t *body = argument;

    if (body->entry->options.tear_down != NULL)
        body->entry->options.tear_down(&body->test);
}

/* How they came back: FATAL if one of them did so. */
static carom__h_landing_t call_all(body_t *body)
{
    carom__h_landing_t landing = carom__h_land(call_set_up, body);

    if (landing != CAROM__H_RETURNED)
        return landing;
    landing = carom__h_land(call_body, body);
    return carom__h_land(call_tear_down, body) == CAROM__H_FATAL ? CAROM__H_FATAL : landing;
}

/* The gate is asked unless a fatal assertion left the body: then it never came to clean up. */
static int run_between(body_t *body, const carom__h_case_t *of)
{
    unsigned leaks = 0;

    if (!of->entry->options.cold)
        warm_up(of, body->test.context);
    carom__h_body_begins();
    if (call_all(body) != CAROM__H_FATAL)
        leaks = carom__h_gate_check(&body->before, body->test.directory, of->entry->options.leaves);
    return leaks > 0 || carom__h_failures() > 0;
}

static void write_done(int code)
{
    carom__h_record_t record = {CAROM__H_DONE, (unsigned) code, carom_inspect_pid(), "", "", "body", ""};

    carom__h_journal_write(&record);
}

int carom__h_body_run(const carom__h_case_t *of, const char *directory, uint64_t seed)
{
    body_t body = {.entry = of->entry, .test = {.name = of->name, .mode = of->mode->name}};
    carom_status_t status;
    int code = 1;

    body.test.directory = directory;
    body.test.seed = seed;
    body.test.parameter = of->parameter;
    body.test.parameter_index = of->parameter_index;
    status = carom__h_mode_open(of->mode, &body.test);
    if (status == CAROM_OK)
        code = run_between(&body, of);
    else
        carom_harness_assert(0, of->entry->line, "the context of the case could be made", of->entry->file, __func__, 0);
    /* A thread that a failed body left may still use it. */
    if (code == 0)
        carom__h_mode_close(of->mode, &body.test);
    carom__h_count_write();
    write_done(code);
    return code;
}

int carom__h_case_main(const carom__h_options_t *options, apr_pool_t *pool)
{
    apr_array_header_t *cases = carom__h_select(options, pool);
    int code;

    carom_inspect_become_case();
    if (cases->nelts != 1 || options->journal == NULL || options->directory == NULL) {
        fprintf(stderr, "carom-harness: no case %s\n", options->case_name);
        return 99;
    }
    if (carom__h_journal_open(options->journal) != 0)
        return CAROM__H_LOST;
    code = carom__h_body_run(&APR_ARRAY_IDX(cases, 0, carom__h_case_t), options->directory, options->seed);
    if (code == 0)
        return 0;
    /* What a failed body left running must not trip over what exit() takes down. */
    fflush(NULL);
    _Exit(code);
}

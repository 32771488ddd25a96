/* What runs in an exchange: rounds.
 *
 * A round waits until a channel has something to say or a process has ended, takes one message of each channel that is ready,
 * and makes the last call of what is over.  What on_result starts or adds only ever lengthens the list and the queue. */

#include "core/exchange.h"

#include "core/channel.h"
#include "core/connection.h"
#include "core/memory.h"
#include "core/process.h"

#include <stdio.h>

/* ---- handing over ---- */

static void hand_over(carom_exchange_t *self, carom_result_t *result, carom_value_t value)
{
    self->handed++;
    result->value = &value;
    self->options.on_result(self->options.baton, result);
    carom_value_clear(&value);
}

static void hand_over_message(carom_exchange_t *self, const carom__run_t *run, carom_status_t status, carom_value_t value)
{
    carom_result_t result = {.number = run->number, .status = status, .channel = run->channel};

    hand_over(self, &result, value);
}

static void hand_over_last(carom_exchange_t *self, uint64_t number, const carom_outcome_t *outcome, carom_value_t value)
{
    carom_result_t result = {.number = number, .status = outcome->status, .outcome = outcome, .last = 1};

    hand_over(self, &result, value);
}

/* Of what has no outcome of its own. */
void carom__exchange_fail(carom_exchange_t *self, uint64_t number, carom_status_t status, const char *what)
{
    carom_outcome_t outcome = {status, CAROM_EXIT_NONE, 0, ""};
    char why[128];

    snprintf(outcome.text, sizeof outcome.text, "%s: %s", what, carom_status_text(status, why, sizeof why));
    hand_over_last(self, number, &outcome, carom_value_none());
}

/* ---- what runs ---- */

static void append_run(carom_exchange_t *self, carom__run_t *run, carom_channel_t *channel, uint64_t number)
{
    run->channel = channel;
    run->number = number;
    *self->runs_end = run;
    self->runs_end = &run->next;
    self->active++;
}

carom_status_t carom__run_start(carom_exchange_t *self, carom_request_t request, uint64_t number)
{
    carom__run_t *run = carom__calloc(1, sizeof *run);
    carom_channel_t *channel;
    carom_status_t status = run ? carom_channel_start(&channel, self->options.context, request) : CAROM_ENOMEM;

    if (status == CAROM_OK)
        append_run(self, run, channel, number);
    else
        carom_free(run);
    return status;
}

/* Its process has ended, or nobody can end it. */
void carom__run_end(carom_exchange_t *self, carom__run_t *run)
{
    carom_process_t *process = run->channel->process;
    const carom_outcome_t *outcome = carom_process_outcome(process);
    carom_value_t value;

    if (outcome == NULL) {
        carom__exchange_fail(self, run->number, CAROM_ETIMEOUT, "left to itself");
    } else {
        if (carom_process_result(&value, process) != CAROM_OK)
            value = carom_value_none();
        hand_over_last(self, run->number, outcome, value);
    }
    run->is_over = 1;
}

carom_status_t carom__run_add(carom_exchange_t *self, carom_channel_t *channel, uint64_t number)
{
    carom__run_t *run = carom__calloc(1, sizeof *run);

    if (run == NULL)
        return CAROM_ENOMEM;
    append_run(self, run, channel, number);
    return CAROM_OK;
}

static void free_run(carom__run_t *run)
{
    carom__channel_release(&run->channel);
    carom_free(run);
}

/* What is over leaves the list. */
void carom__runs_sweep(carom_exchange_t *self)
{
    carom__run_t **place = &self->runs, *run;

    while ((run = *place) != NULL) {
        if (!run->is_over) {
            place = &run->next;
            continue;
        }
        *place = run->next;
        self->active--;
        free_run(run);
    }
    self->runs_end = place;
}

/* ---- a round ---- */

static carom_status_t reserve_items(carom_exchange_t *self)
{
    carom_wait_item_t *items;

    if (self->active <= self->capacity)
        return CAROM_OK;
    items = carom__calloc(self->active, 2 * 2 * sizeof *items);
    if (items == NULL)
        return CAROM_ENOMEM;
    carom_free(self->items);
    self->items = items;
    self->capacity = 2 * self->active;
    return CAROM_OK;
}

static void set_items(carom_wait_item_t items[2], const carom__run_t *run)
{
    items[0] = run->is_partial ? carom_wait_more(run->channel->connection) : carom_wait_connection(run->channel->connection);
    items[1] = carom_wait_process(run->channel->process);
    if (run->is_silent)
        items[0].kind = CAROM_WAIT_NOTHING;
}

static carom_duration_t time_until(int64_t deadline)
{
    int64_t now = carom_plat_now();

    if (deadline == CAROM_PLAT_NEVER)
        return CAROM_FOREVER;
    return deadline > now ? deadline - now : 0;
}

static carom_status_t look(carom_exchange_t *self, int64_t deadline)
{
    carom_status_t status = reserve_items(self);
    carom_wait_item_t *item = self->items;
    carom__run_t *run;

    if (status != CAROM_OK)
        return status;
    for (run = self->runs; run; run = run->next, item += 2)
        set_items(item, run);
    status = carom_wait(self->items, 2 * self->active, NULL, time_until(deadline));
    for (run = self->runs, item = self->items; run; run = run->next, item += 2) {
        run->has_message = status == CAROM_OK && item[0].ready;
        run->has_ended = status == CAROM_OK && item[1].ready;
    }
    return status;
}

/* The message was received, and was no value; the next one may be. */
static int is_about_one_message(carom_status_t status)
{
    return status == CAROM_EBADMSG || status == CAROM_EVERSION || status == CAROM_EDEPTH || status == CAROM_ECOUNT ||
           status == CAROM_EUTF8 || status == CAROM_EMFILE;
}

/* Whether a message that found no memory is lost, or still there to be received. */
static int is_lost(const carom__run_t *run, carom_status_t status)
{
    return status == CAROM_ENOMEM && atomic_load(&run->channel->connection->has_dropped);
}

/* CAROM_EEOF: nothing more will come.  Who sends what cannot be received must not wait for us for ever: he is cut off. */
static carom_status_t take_message(carom_exchange_t *self, carom__run_t *run)
{
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, run->channel->connection, 0);

    run->is_partial = status == CAROM_ETIMEOUT;
    if (status == CAROM_OK || is_about_one_message(status) || is_lost(run, status)) {
        hand_over_message(self, run, status, value);
        return CAROM_OK;
    }
    if (status == CAROM_ETIMEOUT || status == CAROM_ENOMEM)
        return status;
    run->is_silent = 1;
    if (status != CAROM_EEOF && status != CAROM_ETRUNCATED)
        carom_connection_close(&run->channel->connection);
    return CAROM_EEOF;
}

/* The end of a process may be seen before its last messages are: only when there are none it is over.  That there is half of
 * one in the hands of somebody else does not count. */
static carom_status_t attend(carom_exchange_t *self, carom__run_t *run)
{
    carom_status_t status = CAROM_EEOF;

    if (!run->is_silent && (run->has_message || run->has_ended))
        status = take_message(self, run);
    if (run->has_ended && (status == CAROM_EEOF || status == CAROM_ETIMEOUT))
        carom__run_end(self, run);
    return status == CAROM_ENOMEM ? CAROM_ENOMEM : CAROM_OK;
}

carom_status_t carom__exchange_round(carom_exchange_t *self, int64_t deadline)
{
    carom_status_t status = look(self, deadline), one;
    carom__run_t *run;

    if (status != CAROM_OK)
        return status;
    for (run = self->runs; run; run = run->next) {
        one = attend(self, run);
        if (status == CAROM_OK)
            status = one;
    }
    carom__runs_sweep(self);
    return status;
}

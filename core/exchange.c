/* Exchanges: a list of what runs, a queue of what waits, and rounds.
 *
 * A round waits until a channel has something to say or a process has ended, takes one message of each channel that is ready, makes
 * the last call of what is over, and starts what there is room for.  All calls of on_result are made in it, so that what they
 * start or add only ever lengthens the list and the queue. */

#include "core/channel.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"

#include <carom/exchange.h>
#include <carom/wait.h>

#include <stdio.h>

#define MAGIC 0xC0EC4A6Eu

/* What runs. */
typedef struct run_t {
    struct run_t *next;
    uint64_t number;
    carom_channel_t *channel;
    int is_silent;                     /* its channel has nothing more to say */
    int is_partial;                    /* a message of it is here in part */
    int has_message, has_ended;        /* as this round found it */
    int is_over;                       /* its last call was made */
} run_t;

/* What waits.  Its values are its own. */
typedef struct ticket_t {
    struct ticket_t *next;
    uint64_t number;
    carom_request_t request;
    carom_value_t args[];
} ticket_t;

struct carom_exchange_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() */
    carom_exchange_options_t options;  /* with the limit filled in */
    run_t *runs, **runs_end;
    size_t active;
    ticket_t *queue, **queue_end;
    size_t waiting;
    uint64_t started;
    uint64_t handed;                   /* calls of on_result */
    int is_busy;                       /* a round or the end is under way */
    int is_closed;
    carom_wait_item_t *items;          /* two for each that runs: room for `capacity` */
    size_t capacity;
};

/* ---- handing over ---- */

static void hand_over(carom_exchange_t *self, carom_result_t *result, carom_value_t value)
{
    self->handed++;
    result->value = &value;
    self->options.on_result(self->options.baton, result);
    carom_value_clear(&value);
}

static void hand_over_message(carom_exchange_t *self, const run_t *run, carom_status_t status, carom_value_t value)
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
static void hand_over_failure(carom_exchange_t *self, uint64_t number, carom_status_t status, const char *what)
{
    carom_outcome_t outcome = {status, CAROM_EXIT_NONE, 0, ""};
    char why[128];

    snprintf(outcome.text, sizeof outcome.text, "%s: %s", what, carom_status_text(status, why, sizeof why));
    hand_over_last(self, number, &outcome, carom_value_none());
}

/* ---- what runs ---- */

static void append_run(carom_exchange_t *self, run_t *run, carom_channel_t *channel, uint64_t number)
{
    run->channel = channel;
    run->number = number;
    *self->runs_end = run;
    self->runs_end = &run->next;
    self->active++;
}

static carom_status_t start_run(carom_exchange_t *self, carom_request_t request, uint64_t number)
{
    run_t *run = carom__calloc(1, sizeof *run);
    carom_channel_t *channel;
    carom_status_t status = run ? carom_channel_start(&channel, self->options.context, request) : CAROM_ENOMEM;

    if (status == CAROM_OK)
        append_run(self, run, channel, number);
    else
        carom_free(run);
    return status;
}

/* Its process has ended, or nobody can end it. */
static void end_run(carom_exchange_t *self, run_t *run)
{
    carom_process_t *process = run->channel->process;
    const carom_outcome_t *outcome = carom_process_outcome(process);
    carom_value_t value;

    if (outcome == NULL) {
        hand_over_failure(self, run->number, CAROM_ETIMEOUT, "left to itself");
    } else {
        if (carom_process_result(&value, process) != CAROM_OK)
            value = carom_value_none();
        hand_over_last(self, run->number, outcome, value);
    }
    run->is_over = 1;
}

static void free_run(run_t *run)
{
    carom__channel_release(&run->channel);
    carom_free(run);
}

/* What is over leaves the list. */
static void sweep(carom_exchange_t *self)
{
    run_t **place = &self->runs, *run;

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

/* ---- what waits ---- */

static void free_ticket(ticket_t *ticket)
{
    while (ticket->request.count > 0)
        carom_value_clear(&ticket->args[--ticket->request.count]);
    carom_free(ticket);
}

/* A handle would have to be in two places. */
static carom_status_t copy_request(ticket_t **ticket, carom_request_t request)
{
    size_t room = (SIZE_MAX - sizeof **ticket) / sizeof(carom_value_t);
    ticket_t *self = request.count > room ? NULL : carom__calloc(1, sizeof *self + request.count * sizeof self->args[0]);
    carom_status_t status = self ? CAROM_OK : CAROM_ENOMEM;
    size_t i;

    for (i = 0; i < request.count && status == CAROM_OK; i++) {
        status = carom_value_copy(&self->args[i], &request.args[i]);
        if (status == CAROM_OK)
            self->request.count++;
    }
    if (status != CAROM_OK) {
        if (self)
            free_ticket(self);
        return status == CAROM_ENOTSUP ? CAROM_EBUSY : status;
    }
    self->request.entry = request.entry;
    self->request.args = self->args;
    *ticket = self;
    return CAROM_OK;
}

static carom_status_t enqueue(carom_exchange_t *self, carom_request_t request, uint64_t number)
{
    ticket_t *ticket;
    carom_status_t status = carom__process_check_request(&request);

    if (status == CAROM_OK)
        status = copy_request(&ticket, request);
    if (status != CAROM_OK)
        return status;
    ticket->number = number;
    *self->queue_end = ticket;
    self->queue_end = &ticket->next;
    self->waiting++;
    return CAROM_OK;
}

static ticket_t *dequeue(carom_exchange_t *self)
{
    ticket_t *ticket = self->queue;

    if (ticket == NULL)
        return NULL;
    self->queue = ticket->next;
    if (self->queue == NULL)
        self->queue_end = &self->queue;
    self->waiting--;
    return ticket;
}

static int has_room(const carom_exchange_t *self)
{
    return self->active < self->options.limit;
}

/* Only what waits now: what on_result puts there after failures could go on for ever. */
static void start_waiting(carom_exchange_t *self)
{
    size_t count = self->waiting;
    carom_status_t status;
    ticket_t *ticket;

    while (count-- > 0 && has_room(self)) {
        ticket = dequeue(self);
        status = start_run(self, ticket->request, ticket->number);
        if (status != CAROM_OK)
            hand_over_failure(self, ticket->number, status, "could not be started");
        free_ticket(ticket);
    }
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

static void set_items(carom_wait_item_t items[2], const run_t *run)
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
    run_t *run;

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

/* CAROM_EEOF: nothing more will come.  Who sends what cannot be received must not wait for us for ever: he is cut off. */
static carom_status_t take_message(carom_exchange_t *self, run_t *run)
{
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, run->channel->connection, 0);

    run->is_partial = status == CAROM_ETIMEOUT;
    if (status == CAROM_OK || is_about_one_message(status)) {
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

/* The end of a process may be seen before its last messages are: only when there are none it is over.  That there is half of one
 * in the hands of somebody else does not count. */
static carom_status_t attend(carom_exchange_t *self, run_t *run)
{
    carom_status_t status = CAROM_EEOF;

    if (!run->is_silent && (run->has_message || run->has_ended))
        status = take_message(self, run);
    if (run->has_ended && (status == CAROM_EEOF || status == CAROM_ETIMEOUT))
        end_run(self, run);
    return status == CAROM_ENOMEM ? CAROM_ENOMEM : CAROM_OK;
}

static carom_status_t do_round(carom_exchange_t *self, int64_t deadline)
{
    carom_status_t status = look(self, deadline), one;
    run_t *run;

    if (status != CAROM_OK)
        return status;
    for (run = self->runs; run; run = run->next) {
        one = attend(self, run);
        if (status == CAROM_OK)
            status = one;
    }
    sweep(self);
    return status;
}

static carom_status_t store(carom_exchange_t *self, int64_t deadline)
{
    uint64_t before = self->handed;
    carom_status_t status = CAROM_OK;

    start_waiting(self);
    while (status == CAROM_OK && self->handed == before) {
        if (self->active == 0)
            return CAROM_ENOKEY;
        status = do_round(self, deadline);
        start_waiting(self);
    }
    return status;
}

/* ---- the public calls ---- */

static carom_status_t check(const carom_exchange_t *self)
{
    if (self == NULL || self->magic != MAGIC)
        return CAROM_EINVAL;
    if (self->born != carom_plat_fork_count())
        return CAROM_EFORKED;
    return self->is_closed ? CAROM_ECLOSED : CAROM_OK;
}

static carom_status_t check_idle(const carom_exchange_t *self)
{
    carom_status_t status = check(self);

    return status == CAROM_ECLOSED || (status == CAROM_OK && self->is_busy) ? CAROM_EBUSY : status;
}

carom_status_t carom_exchange_create(carom_exchange_t **exchange, const carom_exchange_options_t *options)
{
    carom_exchange_t *self;
    carom_context_t *context;
    carom_status_t status = carom_plat_start();

    *exchange = NULL;
    if (options == NULL || options->size != sizeof *options || options->on_result == NULL)
        return CAROM_EINVAL;
    context = options->context;
    if (status == CAROM_OK)
        status = carom__context_resolve(&context);
    if (status != CAROM_OK)
        return status;
    self = carom__calloc(1, sizeof *self);
    if (self == NULL)
        return CAROM_ENOMEM;
    self->magic = MAGIC;
    self->born = carom_plat_fork_count();
    self->options = *options;
    self->options.context = context;
    if (self->options.limit == 0)
        self->options.limit = carom_cpu_count();
    self->runs_end = &self->runs;
    self->queue_end = &self->queue;
    *exchange = self;
    return CAROM_OK;
}

carom_status_t carom_exchange_start(carom_exchange_t *exchange, carom_request_t request)
{
    carom_status_t status = check(exchange);

    if (status != CAROM_OK)
        return status;
    /* Nobody overtakes who waits. */
    if (has_room(exchange) && exchange->waiting == 0)
        status = start_run(exchange, request, exchange->started);
    else
        status = enqueue(exchange, request, exchange->started);
    if (status == CAROM_OK)
        exchange->started++;
    return status;
}

carom_status_t carom_exchange_add(carom_exchange_t *exchange, carom_channel_t **channel)
{
    carom_status_t status = check(exchange);
    run_t *run;

    if (status == CAROM_OK)
        status = channel ? carom__channel_check(*channel) : CAROM_EINVAL;
    if (status != CAROM_OK)
        return status;
    run = carom__calloc(1, sizeof *run);
    if (run == NULL)
        return CAROM_ENOMEM;
    append_run(exchange, run, *channel, exchange->started++);
    *channel = NULL;
    return CAROM_OK;
}

carom_status_t carom_exchange_store(carom_exchange_t *exchange, carom_duration_t timeout)
{
    carom_status_t status = check_idle(exchange);

    if (status != CAROM_OK)
        return status;
    exchange->is_busy = 1;
    status = store(exchange, carom__deadline(timeout));
    exchange->is_busy = 0;
    return status;
}

carom_status_t carom_exchange_finish(carom_exchange_t *exchange, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = check_idle(exchange);

    if (status != CAROM_OK)
        return status;
    exchange->is_busy = 1;
    while (status == CAROM_OK && exchange->active + exchange->waiting > 0) {
        status = store(exchange, deadline);
        if (status == CAROM_OK && exchange->active + exchange->waiting > 0 && carom__is_past(deadline))
            status = CAROM_ETIMEOUT;
    }
    exchange->is_busy = 0;
    return status;
}

size_t carom_exchange_active(const carom_exchange_t *exchange)
{
    return exchange && exchange->magic == MAGIC ? exchange->active : 0;
}

size_t carom_exchange_waiting(const carom_exchange_t *exchange)
{
    return exchange && exchange->magic == MAGIC ? exchange->waiting : 0;
}

uint64_t carom_exchange_started(const carom_exchange_t *exchange)
{
    return exchange && exchange->magic == MAGIC ? exchange->started : 0;
}

/* ---- the end ---- */

static int64_t end_of_grace(const carom_process_t *process, int64_t begun)
{
    return process->grace < CAROM_PLAT_NEVER - begun ? begun + process->grace : CAROM_PLAT_NEVER;
}

static carom_status_t end_all(carom_exchange_t *self)
{
    int64_t now = carom_plat_now();
    carom_status_t status = CAROM_OK;
    run_t *run;

    for (run = self->runs; run; run = run->next)
        carom_connection_close(&run->channel->connection);
    for (run = self->runs; run; run = run->next) {
        if (carom__process_end(run->channel->process, end_of_grace(run->channel->process, now)) != CAROM_OK)
            status = CAROM_ETIMEOUT;
        end_run(self, run);
    }
    return status;
}

static void refuse_waiting(carom_exchange_t *self)
{
    ticket_t *ticket;

    while ((ticket = dequeue(self)) != NULL) {
        hand_over_failure(self, ticket->number, CAROM_ECLOSED, "never run");
        free_ticket(ticket);
    }
}

/* Another process's: the channels are its own, and know that. */
static void free_exchange(carom_exchange_t *self)
{
    run_t *run;
    ticket_t *ticket;

    while ((run = self->runs) != NULL) {
        self->runs = run->next;
        carom_channel_destroy(&run->channel);
        carom_free(run);
    }
    while ((ticket = dequeue(self)) != NULL)
        free_ticket(ticket);
    self->magic = 0;
    carom_free(self->items);
    carom_free(self);
}

carom_status_t carom_exchange_destroy(carom_exchange_t **exchange)
{
    carom_exchange_t *self = exchange ? *exchange : NULL;
    carom_status_t status;

    if (self == NULL)
        return CAROM_OK;
    status = check_idle(self);
    if (status == CAROM_EINVAL || status == CAROM_EBUSY)
        return status;
    if (status == CAROM_OK) {
        self->is_busy = self->is_closed = 1;
        status = end_all(self);
        sweep(self);
        refuse_waiting(self);
    }
    *exchange = NULL;
    free_exchange(self);
    return status;
}

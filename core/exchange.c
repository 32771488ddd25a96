/* Exchanges: their life, the queue, and what drives the rounds. */

#include "core/exchange.h"

#include "core/channel.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"

/* ---- what waits ---- */

static void free_ticket(carom__ticket_t *ticket)
{
    while (ticket->request.count > 0)
        carom_value_clear(&ticket->args[--ticket->request.count]);
    carom_free(ticket);
}

/* A handle would have to be in two places. */
static carom_status_t copy_request(carom__ticket_t **ticket, carom_request_t request)
{
    size_t room = (SIZE_MAX - sizeof **ticket) / sizeof(carom_value_t);
    carom__ticket_t *self = request.count > room ? NULL : carom__calloc(1, sizeof *self + request.count * sizeof self->args[0]);
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
    carom__ticket_t *ticket;
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

static carom__ticket_t *dequeue(carom_exchange_t *self)
{
    carom__ticket_t *ticket = self->queue;

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
    carom__ticket_t *ticket;

    while (count-- > 0 && has_room(self)) {
        ticket = dequeue(self);
        status = carom__run_start(self, ticket->request, ticket->number);
        if (status != CAROM_OK)
            carom__exchange_fail(self, ticket->number, status, "could not be started");
        free_ticket(ticket);
    }
}

static carom_status_t store(carom_exchange_t *self, int64_t deadline)
{
    uint64_t before = self->handed;
    carom_status_t status = CAROM_OK;

    start_waiting(self);
    while (status == CAROM_OK && self->handed == before) {
        if (self->active == 0)
            return CAROM_ENOKEY;
        status = carom__exchange_round(self, deadline);
        start_waiting(self);
    }
    return status;
}

/* ---- the public calls ---- */

static carom_status_t check(const carom_exchange_t *self)
{
    if (self == NULL || self->magic != CAROM__EXCHANGE_MAGIC)
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
    self->magic = CAROM__EXCHANGE_MAGIC;
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
        status = carom__run_start(exchange, request, exchange->started);
    else
        status = enqueue(exchange, request, exchange->started);
    if (status == CAROM_OK)
        exchange->started++;
    return status;
}

carom_status_t carom_exchange_add(carom_exchange_t *exchange, carom_channel_t **channel)
{
    carom_status_t status = check(exchange);

    if (status == CAROM_OK)
        status = channel ? carom__channel_check(*channel) : CAROM_EINVAL;
    if (status == CAROM_OK)
        status = carom__run_add(exchange, *channel, exchange->started);
    if (status != CAROM_OK)
        return status;
    exchange->started++;
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
    return exchange && exchange->magic == CAROM__EXCHANGE_MAGIC ? exchange->active : 0;
}

size_t carom_exchange_waiting(const carom_exchange_t *exchange)
{
    return exchange && exchange->magic == CAROM__EXCHANGE_MAGIC ? exchange->waiting : 0;
}

uint64_t carom_exchange_started(const carom_exchange_t *exchange)
{
    return exchange && exchange->magic == CAROM__EXCHANGE_MAGIC ? exchange->started : 0;
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
    carom__run_t *run;

    for (run = self->runs; run; run = run->next)
        carom_connection_close(&run->channel->connection);
    for (run = self->runs; run; run = run->next) {
        if (carom__process_end(run->channel->process, end_of_grace(run->channel->process, now)) != CAROM_OK)
            status = CAROM_ETIMEOUT;
        carom__run_end(self, run);
    }
    return status;
}

static void refuse_waiting(carom_exchange_t *self)
{
    carom__ticket_t *ticket;

    while ((ticket = dequeue(self)) != NULL) {
        carom__exchange_fail(self, ticket->number, CAROM_ECLOSED, "never run");
        free_ticket(ticket);
    }
}

/* Another process's: the channels are its own, and know that. */
static void free_exchange(carom_exchange_t *self)
{
    carom__run_t *run;
    carom__ticket_t *ticket;

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
        carom__runs_sweep(self);
        refuse_waiting(self);
    }
    *exchange = NULL;
    free_exchange(self);
    return status;
}

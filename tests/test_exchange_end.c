/* Exchanges: that each start has one last call, whatever becomes of it, and what is refused. */

#include "exchanges.h"

/* ---- what goes wrong ---- */

CAROM_TASK(exchange_fails)
{
    return carom_fail(call, CAROM_EEXIST, "it is there");
}

CAROM_TEST(exchange, failures)
{
    carom_exchange_t *exchange = make_exchange(test, 2, NULL);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_fails)));
    finish_and_destroy(&exchange);
    expect_last(0, CAROM_EEXIST, -1, 1);
    CAROM_ASSERT_TEXT(record.text, "it is there");
}

static void kill_sender(record_t *self, const carom_result_t *result)
{
    (void) self;
    if (!result->last)
        CAROM_ASSERT_OK(carom_process_kill(carom_channel_process(result->channel)));
}

CAROM_TEST_WITH(exchange, deaths, .modes = CAROM_TEST_PROCESSES)
{
    carom_exchange_t *exchange = make_exchange(test, 1, kill_sender);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_waits_to_go)));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 3);
    expect_note(0, 0, CAROM_OK, 1, 0);
    expect_last(0, CAROM_EDIED, -1, -9);
    expect_last(1, CAROM_OK, -1, 0);
}

/* Dies in the middle of a message that is larger than what is under way at a time. */
static void kill_half_way(record_t *self, const carom_result_t *result)
{
    if (!result->last && self->counter++ == 0)
        CAROM_ASSERT_OK(carom_process_kill(carom_channel_process(result->channel)));
}

CAROM_TASK(exchange_sends_one_and_much)
{
    CAROM_ASSERT_OK(carom_connection_send(carom_call_channel(call), carom_value_from_int(1), PATIENCE));
    return fill(call, carom_call_channel(call));
}

CAROM_TEST_WITH(exchange, deaths_inside_a_message, .modes = CAROM_TEST_PROCESSES)
{
    carom_exchange_t *exchange = make_exchange(test, 1, kill_half_way);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_sends_one_and_much)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 2);
    expect_last(0, CAROM_EDIED, -1, -9);
}

/* The end of what was passed on is not waited for. */
CAROM_TASK(exchange_passes_its_channel_on)
{
    carom_connection_t *way = carom_arg_connection(call, 0);
    carom_status_t status = carom_connection_send(way, carom_value_from_connection(carom_call_channel(call)), PATIENCE);

    carom_connection_close(&way);
    return status == CAROM_OK || status == CAROM_ENOTSUP ? 0 : 1;
}

CAROM_TEST(exchange, a_channel_ends_with_its_process)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    pair_t pair = make_pair();
    carom_value_t value;

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_passes_its_channel_on, pair.b)));
    finish_and_destroy(&exchange);
    expect_last(0, CAROM_OK, -1, 0);
    /* On Windows its handle may have ended with its sender. */
    if (carom_connection_receive(&value, pair.a, PATIENCE) == CAROM_OK)
        carom_value_clear(&value);
    close_pair(&pair);
}

/* Says nothing more over its channel, and goes on. */
CAROM_TASK(exchange_is_silent)
{
    carom_connection_t *other = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, other, PATIENCE);

    carom_connection_close(&other);
    return carom_return(call, status);
}

static void timed_out(carom_exchange_t *exchange)
{
    carom_duration_t before = carom_now();

    CAROM_ASSERT_STATUS(carom_exchange_store(exchange, carom_milliseconds(50)), CAROM_ETIMEOUT);
    CAROM_ASSERT(carom_now() - before >= 50000);
    CAROM_ASSERT_STATUS(carom_exchange_store(exchange, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_exchange_store(exchange, -1), CAROM_ETIMEOUT);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_exchange_finish(exchange, carom_milliseconds(50)), CAROM_ETIMEOUT);
    CAROM_ASSERT(carom_now() - before >= 50000);
    CAROM_ASSERT_STATUS(carom_exchange_finish(exchange, 0), CAROM_ETIMEOUT);
}

CAROM_TEST(exchange, timeouts)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    pair_t pair = make_pair();

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_is_silent, pair.b)));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    timed_out(exchange);
    expect_counts(exchange, 1, 1);
    CAROM_ASSERT_INT(record.count, 0);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_INT(record.count, 1);
    finish_and_destroy(&exchange);
    expect_last(0, CAROM_OK, CAROM_OK, 0);
    expect_last(1, CAROM_OK, -1, 0);
    close_pair(&pair);
}

/* A host that has a loop of its own. */
CAROM_TEST(exchange, stores_without_waiting)
{
    carom_exchange_t *exchange = make_exchange(test, 2, NULL);
    carom_duration_t deadline = carom_now() + PATIENCE;
    carom_status_t status = CAROM_OK;
    int i;

    for (i = 0; i < 6; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, 3)));
    while (status == CAROM_OK || status == CAROM_ETIMEOUT) {
        CAROM_ASSERT(carom_now() < deadline);
        status = carom_exchange_store(exchange, 0);
    }
    CAROM_ASSERT_STATUS(status, CAROM_ENOKEY);
    CAROM_ASSERT_INT(record.count, 6 * 4);
    finish_and_destroy(&exchange);
}

CAROM_TEST(exchange, handles_are_not_queued)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    pair_t first = make_pair(), second = make_pair();

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_is_silent, first.b)));
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_call(exchange_is_silent, 1, second.b)), CAROM_EBUSY);
    CAROM_ASSERT_INT(carom_exchange_started(exchange), 1);
    CAROM_ASSERT_STATUS(carom_connection_poll(second.b, 0), CAROM_ETIMEOUT);
    close_pair(&first);
    CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_is_silent, second.b)));
    CAROM_ASSERT_STATUS(carom_connection_poll(second.b, 0), CAROM_EMOVED);
    close_pair(&second);
    finish_and_destroy(&exchange);
    expect_last(0, CAROM_OK, CAROM_EEOF, 0);
    expect_last(1, CAROM_OK, CAROM_EEOF, 0);
}

static int never_run(carom_call_t *call)
{
    return carom_arg_count(call) > 0;
}

static void refuse_requests(carom_exchange_t *exchange)
{
    carom_entry_t nameless = {NULL, 1, never_run, NULL}, empty = {"empty", 1, NULL, NULL};
    carom_value_t text = carom_value_borrow_text("\xff");

    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_request(NULL, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_request(&nameless, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_request(&empty, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_request(&exchange_does_nothing, NULL, 1)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_request(&exchange_does_nothing, &text, 1)), CAROM_EUTF8);
}

/* Started or queued: at once, and without a number or a call. */
CAROM_TEST(exchange, bad_requests)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);

    refuse_requests(exchange);
    expect_counts(exchange, 0, 0);
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    refuse_requests(exchange);
    expect_counts(exchange, 1, 0);
    CAROM_ASSERT_INT(carom_exchange_started(exchange), 1);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 1);
}

/* More than a start takes along. */
CAROM_TEST(exchange, starts_that_fail_in_the_queue)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    size_t length = (size_t) CAROM_LENGTH_MAX + 1;
    char *bytes = calloc(1, length);
    carom_value_t much = carom_value_borrow_bytes(bytes, length);

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_STATUS(carom_exchange_start(exchange, carom_call(exchange_does_nothing, much)), CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing, much)));
    free(bytes);
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, 6)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 3);
    expect_last(0, CAROM_OK, -1, 0);
    expect_last(1, CAROM_ETOOBIG, -1, CAROM_EXIT_NONE);
    expect_last(2, CAROM_OK, 6, 0);
}

CAROM_TASK(exchange_starts_from_a_daemon)
{
    carom_exchange_options_t options = CAROM_EXCHANGE_OPTIONS_INIT;
    carom_exchange_t *exchange;
    carom_status_t status;

    options.context = carom_call_context(call);
    options.on_result = take;
    options.baton = &record;
    CAROM_ASSERT_OK(carom_exchange_create(&exchange, &options));
    status = carom_exchange_start(exchange, carom_call(exchange_does_nothing));
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    return carom_return(call, status);
}

CAROM_TEST(exchange, daemons_start_none)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.daemon = 1;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(exchange_starts_from_a_daemon), &options));
    end_with(&child, CAROM_EDAEMON);
}

/* ---- calls in on_result ---- */

static void start_more(record_t *self, const carom_result_t *result)
{
    carom_exchange_t *exchange = self->exchange;

    CAROM_CHECK(carom_exchange_store(exchange, 0) == CAROM_EBUSY);
    CAROM_CHECK(carom_exchange_finish(exchange, 0) == CAROM_EBUSY);
    CAROM_CHECK(carom_exchange_destroy(&exchange) == CAROM_EBUSY && exchange == self->exchange);
    if (result->last && ++self->counter <= 10)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, self->counter)));
}

CAROM_TEST(exchange, results_start_more)
{
    carom_exchange_t *exchange = make_exchange(test, 1, start_more);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, 0)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.lasts, 11);
    CAROM_ASSERT_INT(record.count, 11 + 55);
}

static void start_when_closed(record_t *self, const carom_result_t *result)
{
    (void) result;
    self->counter += carom_exchange_start(self->exchange, carom_call(exchange_does_nothing)) == CAROM_ECLOSED;
}

/* ---- the end ---- */

CAROM_TEST(exchange, destroy_with_running_and_queued)
{
    carom_exchange_t *exchange = make_exchange(test, 2, NULL);
    int i;

    for (i = 0; i < 5; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_waits_to_go)));
    while (record.count < 2)
        CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    record.then = start_when_closed;
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    CAROM_ASSERT(exchange == NULL);
    CAROM_ASSERT_INT(record.count, 2 + 5);
    CAROM_ASSERT_INT(record.counter, 5);
    for (i = 0; i < 2; i++)
        expect_last((uint64_t) i, CAROM_EFAILED, -1, 3);
    for (i = 2; i < 5; i++)
        expect_last((uint64_t) i, CAROM_ECLOSED, -1, CAROM_EXIT_NONE);
}

/* Hears nothing of the end of its channel. */
CAROM_TASK(exchange_will_not_end)
{
    carom_connection_t *other = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_connection_send(carom_call_channel(call), carom_value_from_int(1), PATIENCE));
    status = carom_connection_receive(&value, other, PATIENCE);
    carom_connection_close(&other);
    return status == CAROM_EEOF ? 0 : 1;
}

static carom_channel_t *start_stubborn(carom_test_t *test, carom_connection_t *end)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_channel_t *channel;

    options.grace = carom_milliseconds(20);
    CAROM_ASSERT_OK(carom_channel_start_with(&channel, test->context, carom_call(exchange_will_not_end, end), &options));
    return channel;
}

CAROM_TEST_WITH(exchange, destroy_kills_after_the_grace, .modes = CAROM_TEST_PROCESSES)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    pair_t pair = make_pair();
    carom_channel_t *channel = start_stubborn(test, pair.b);

    CAROM_ASSERT_OK(carom_exchange_add(exchange, &channel));
    CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    expect_last(0, CAROM_EDIED, -1, -9);
    close_pair(&pair);
}

/* It ends when it is let, after the exchange. */
CAROM_TEST_WITH(exchange, a_thread_is_left_to_itself, .modes = CAROM_TEST_THREAD)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    pair_t pair = make_pair();
    carom_channel_t *channel = start_stubborn(test, pair.b);

    CAROM_ASSERT_OK(carom_exchange_add(exchange, &channel));
    CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_STATUS(carom_exchange_destroy(&exchange), CAROM_ETIMEOUT);
    CAROM_ASSERT(exchange == NULL);
    expect_last(0, CAROM_ETIMEOUT, -1, CAROM_EXIT_NONE);
    close_pair(&pair);
}

/* ---- channels from elsewhere ---- */

CAROM_TEST(exchange, add)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    carom_channel_t *channel;
    int i;

    for (i = 0; i < 3; i++) {
        CAROM_ASSERT_OK(carom_channel_start(&channel, test->context, carom_call(exchange_counts, i)));
        CAROM_ASSERT_OK(carom_exchange_add(exchange, &channel));
        CAROM_ASSERT(channel == NULL);
    }
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, 3)));
    expect_counts(exchange, 3, 1);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 4 + 6);
    for (i = 0; i < 4; i++)
        expect_last((uint64_t) i, CAROM_OK, i, 0);
}

CAROM_TEST_WITH(exchange, add_created, .modes = CAROM_TEST_FORK)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    carom_channel_t *channel;

    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, NULL));
    if (carom_channel_is_child(channel)) {
        int code = 0;

        if (carom_exchange_add(exchange, &channel) != CAROM_EFORKED)
            code = 1;
        if (carom_exchange_start(exchange, carom_call(exchange_does_nothing)) != CAROM_EFORKED)
            code = 2;
        if (carom_exchange_store(exchange, 0) != CAROM_EFORKED || carom_exchange_finish(exchange, 0) != CAROM_EFORKED)
            code = 3;
        if (carom_exchange_destroy(&exchange) != CAROM_EFORKED || exchange != NULL || record.count > 0)
            code = 4;
        if (carom_connection_send(carom_channel_connection(channel), carom_value_from_int(8), PATIENCE) != CAROM_OK)
            code = 5;
        carom_channel_exit(channel, code);
    }
    CAROM_ASSERT_OK(carom_exchange_add(exchange, &channel));
    finish_and_destroy(&exchange);
    expect_note(0, 0, CAROM_OK, 8, 0);
    expect_last(0, CAROM_OK, -1, 0);
}

/* ---- refusals ---- */

CAROM_TEST(exchange, bad_arguments)
{
    carom_exchange_options_t options = CAROM_EXCHANGE_OPTIONS_INIT;
    struct { uint64_t words[32]; } nothing = {{0}};
    carom_exchange_t *exchange = (carom_exchange_t *) &nothing, *none = (carom_exchange_t *) &nothing;
    carom_channel_t *channel = NULL;

    options.context = test->context;
    CAROM_ASSERT_STATUS(carom_exchange_create(&exchange, NULL), CAROM_EINVAL);
    CAROM_ASSERT(exchange == NULL);
    CAROM_ASSERT_STATUS(carom_exchange_create(&exchange, &options), CAROM_EINVAL);
    options.on_result = take;
    options.context = (carom_context_t *) &nothing;
    CAROM_ASSERT_STATUS(carom_exchange_create(&exchange, &options), CAROM_EINVAL);
    options.size = 1;
    options.context = test->context;
    CAROM_ASSERT_STATUS(carom_exchange_create(&exchange, &options), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(NULL, carom_call(exchange_does_nothing)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_start(none, carom_call(exchange_does_nothing)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_add(NULL, &channel), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_store(NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_finish(none, 0), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_exchange_destroy(NULL));
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    CAROM_ASSERT_STATUS(carom_exchange_destroy(&none), CAROM_EINVAL);
    CAROM_ASSERT(none != NULL);
    expect_counts(NULL, 0, 0);
    CAROM_ASSERT_INT(carom_exchange_started(none), 0);
}

CAROM_TEST(exchange, bad_channels)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    struct { uint64_t words[32]; } nothing = {{0}};
    carom_channel_t *channel = NULL, *none = (carom_channel_t *) &nothing;

    CAROM_ASSERT_STATUS(carom_exchange_add(exchange, NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_add(exchange, &channel), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_exchange_add(exchange, &none), CAROM_EINVAL);
    CAROM_ASSERT(none != NULL);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 0);
}

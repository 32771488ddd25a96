/* Exchanges: results, how many run, and in which order. */

#include "exchanges.h"

/* ---- results ---- */

CAROM_TEST(exchange, results_of_one_are_in_order)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    size_t i;

    CAROM_ASSERT_INT(carom_exchange_started(exchange), 0);
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, 100)));
    CAROM_ASSERT_INT(carom_exchange_started(exchange), 1);
    expect_counts(exchange, 1, 0);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 101);
    for (i = 0; i < 100; i++)
        expect_note(i, 0, CAROM_OK, (int64_t) i, 0);
    expect_note(100, 0, CAROM_OK, 100, 1);
}

CAROM_TEST(exchange, a_last_call_without_a_result)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 1);
    expect_last(0, CAROM_OK, -1, 0);
}

static carom_value_t kept;

static void keep(record_t *self, const carom_result_t *result)
{
    (void) self;
    kept = *result->value;
    *result->value = carom_value_none();
}

CAROM_TEST(exchange, values_can_be_kept)
{
    carom_exchange_t *exchange = make_exchange(test, 1, keep);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, "a text to be kept")));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_TEXT(carom_value_text(kept), "a text to be kept");
    carom_value_clear(&kept);
}

static void answer_twice(record_t *self, const carom_result_t *result)
{
    if (!result->last && self->counter++ < 2)
        CAROM_ASSERT_OK(carom_connection_send(carom_channel_connection(result->channel),
                                              carom_value_from_int(carom_value_int(*result->value) * 2), PATIENCE));
}

CAROM_TASK(exchange_asks_twice)
{
    carom_connection_t *starter = carom_call_channel(call);
    carom_value_t value = carom_value_from_int(21);
    int i;

    for (i = 0; i < 2; i++) {
        CAROM_ASSERT_OK(carom_connection_send(starter, value, PATIENCE));
        CAROM_ASSERT_OK(carom_connection_receive(&value, starter, PATIENCE));
    }
    return carom_return(call, value);
}

CAROM_TEST(exchange, both_ways)
{
    carom_exchange_t *exchange = make_exchange(test, 2, answer_twice);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_asks_twice)));
    finish_and_destroy(&exchange);
    expect_note(0, 0, CAROM_OK, 21, 0);
    expect_note(1, 0, CAROM_OK, 42, 0);
    expect_note(2, 0, CAROM_OK, 84, 1);
}

CAROM_TASK(exchange_fills_the_channel)
{
    return fill(call, carom_call_channel(call));
}

/* Of two at once neither waits for the other's. */
CAROM_TEST(exchange, large_results)
{
    carom_exchange_t *exchange = make_exchange(test, 2, NULL);
    size_t i;

    for (i = 0; i < 3; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_fills_the_channel)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 6);
    for (i = 0; i < 6; i++)
        CAROM_ASSERT_INT(record.notes[i].value, record.notes[i].last ? CAROM_OK : MORE_THAN_FITS);
}

CAROM_TASK(exchange_returns_much)
{
    char *bytes = calloc(1, MORE_THAN_FITS);
    carom_value_t value;

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_OK(carom_value_from_bytes(&value, bytes, MORE_THAN_FITS));
    free(bytes);
    return carom_return(call, value);
}

CAROM_TEST(exchange, large_returned_values)
{
    carom_exchange_t *exchange = make_exchange(test, 2, NULL);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_much)));
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 1);
    expect_last(0, CAROM_OK, MORE_THAN_FITS, 0);
}

/* Sends without end, until nobody listens. */
CAROM_TASK(exchange_floods)
{
    carom_status_t status;

    do
        status = carom_connection_send(carom_call_channel(call), carom_value_from_int(1), PATIENCE);
    while (status == CAROM_OK);
    return 0;
}

static void count_quiet(record_t *self, const carom_result_t *result)
{
    self->counter += result->number == 1;
    self->count = 0;                   /* more than can be noted */
}

/* The flood goes on for as long as it is let. */
CAROM_TEST(exchange, a_flood_starves_nobody)
{
    carom_exchange_t *exchange = make_exchange(test, 2, count_quiet);

    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_floods)));
    CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_counts, 10)));
    while (record.lasts == 0)
        CAROM_ASSERT_OK(carom_exchange_store(exchange, PATIENCE));
    CAROM_ASSERT_INT(record.counter, 11);
    CAROM_ASSERT_INT(carom_exchange_active(exchange), 1);
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    CAROM_ASSERT_INT(record.lasts, 2);
}

/* ---- how many run ---- */

enum { LIMIT = 3 };

/* All who may run have begun before anybody goes on, so that the number of those is seen at its highest. */
typedef struct gate_t {
    carom_channel_t *begun[LIMIT];
    size_t count, most;
} gate_t;

static gate_t gate;

static void open_gate(void)
{
    while (gate.count > 0)
        CAROM_ASSERT_OK(carom_connection_send(carom_channel_connection(gate.begun[--gate.count]), carom_value_none(),
                                              PATIENCE));
}

static void gather(record_t *self, const carom_result_t *result)
{
    if (result->last)
        return;
    CAROM_ASSERT(gate.count < LIMIT);
    gate.begun[gate.count++] = result->channel;
    if (gate.count > gate.most)
        gate.most = gate.count;
    CAROM_CHECK(carom_exchange_active(self->exchange) <= LIMIT);
    if (gate.count == LIMIT)
        open_gate();
}

CAROM_TEST(exchange, the_limit_is_reached_and_kept)
{
    carom_exchange_t *exchange = make_exchange(test, LIMIT, gather);
    size_t i;

    memset(&gate, 0, sizeof gate);
    for (i = 0; i < 4 * LIMIT; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_waits_to_go)));
    expect_counts(exchange, LIMIT, 3 * LIMIT);
    CAROM_ASSERT_INT(carom_exchange_started(exchange), 4 * LIMIT);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(gate.most, LIMIT);
    CAROM_ASSERT_INT(record.lasts, 4 * LIMIT);
}

CAROM_TEST(exchange, the_queue_is_in_order)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    uint64_t i;

    for (i = 0; i < 20; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, (int64_t) i + 5)));
    expect_counts(exchange, 1, 19);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, 20);
    for (i = 0; i < 20; i++)
        expect_note((size_t) i, i, CAROM_OK, (int64_t) i + 5, 1);
}

/* What a queued request names may be gone when it runs. */
CAROM_TEST(exchange, queued_requests_are_copies)
{
    carom_exchange_t *exchange = make_exchange(test, 1, NULL);
    char text[] = "as it was";
    carom_value_t list, item = carom_value_borrow_text(text);

    CAROM_ASSERT_OK(carom_value_list(&list));
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, text)));
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, list)));
    memset(text, 0, sizeof text);
    carom_value_clear(&list);
    finish_and_destroy(&exchange);
    expect_last(1, CAROM_OK, 9, 0);
    expect_last(2, CAROM_OK, 1, 0);
}

/* As many as there is time for, where starting takes long; four run and as many wait. */
enum { THOUSAND = 1000 };

static carom_duration_t enough;

static void start_next(record_t *self, const carom_result_t *result)
{
    int64_t next = (int64_t) carom_exchange_started(self->exchange);

    if (result->last && next < THOUSAND && carom_now() < enough)
        CAROM_ASSERT_OK(carom_exchange_start(self->exchange, carom_call(exchange_returns_its_argument, next)));
}

CAROM_TEST_WITH(exchange, a_thousand, .timeout_ms = 60000)
{
    carom_exchange_t *exchange = make_exchange(test, 4, start_next);
    int64_t i;

    enough = carom_now() + carom_seconds(20);
    for (i = 0; i < 8; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_returns_its_argument, i)));
    CAROM_ASSERT_OK(carom_exchange_finish(exchange, carom_seconds(50)));
    CAROM_ASSERT_INT(record.count, carom_exchange_started(exchange));
    CAROM_ASSERT_OK(carom_exchange_destroy(&exchange));
    if (record.count < THOUSAND)
        CAROM_NOTE("%d in 20 s", (int) record.count);
    for (i = 0; i < (int64_t) record.count; i++) {
        CAROM_ASSERT_STATUS(record.notes[i].status, CAROM_OK);
        CAROM_ASSERT_INT(record.notes[i].value, record.notes[i].number);
        CAROM_ASSERT_INT(record.notes[i].last, 1);
    }
}

CAROM_TEST(exchange, the_default_limit)
{
    carom_exchange_t *exchange = make_exchange(test, 0, NULL);
    unsigned i, count = carom_cpu_count();

    for (i = 0; i < count; i++)
        CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    expect_counts(exchange, count, 0);
    CAROM_ASSERT_OK(carom_exchange_start(exchange, carom_call(exchange_does_nothing)));
    expect_counts(exchange, count, 1);
    finish_and_destroy(&exchange);
    CAROM_ASSERT_INT(record.count, count + 1);
}

/* What tests of exchanges share: a record of what on_result was told. */

#ifndef CAROM_TESTS_EXCHANGES_H
#define CAROM_TESTS_EXCHANGES_H

#include "pairs.h"

#include <stdio.h>
#include <string.h>

/* What on_result was told, in the order of the calls. */
enum { MANY = 4096 };

typedef struct note_t {
    uint64_t number;
    carom_status_t status;
    int64_t value;                     /* an int; of a string or container its count; -1: none */
    int code;                          /* in the last call */
    int last;
} note_t;

typedef struct record_t {
    carom_exchange_t *exchange;
    void (*then)(struct record_t *record, const carom_result_t *result);   /* NULL, or what else to do */
    note_t notes[MANY];
    size_t count, lasts;
    char text[512];                    /* of the last outcome */
    int counter;                       /* for `then` */
} record_t;

static record_t record;

CAROM_UNUSED static int64_t value_of(const carom_result_t *result)
{
    switch (carom_value_type(*result->value)) {
    case CAROM_NONE:
        return -1;
    case CAROM_INT:
        return carom_value_int(*result->value);
    default:
        return (int64_t) carom_value_count(*result->value);
    }
}

CAROM_UNUSED static void take(void *baton, const carom_result_t *result)
{
    record_t *self = baton;
    note_t *note = &self->notes[self->count < MANY ? self->count : MANY - 1];

    *note = (note_t) {result->number, result->status, value_of(result), 0, result->last};
    self->count++;
    self->lasts += (size_t) result->last;
    CAROM_CHECK((result->outcome != NULL) == result->last);
    CAROM_CHECK((result->channel == NULL) == result->last);
    if (result->last) {
        note->code = result->outcome->exit_code;
        CAROM_CHECK(result->outcome->status == result->status);
        snprintf(self->text, sizeof self->text, "%s", result->outcome->text);
    }
    if (self->then)
        self->then(self, result);
}

CAROM_UNUSED static carom_exchange_t *make_exchange(carom_test_t *test, unsigned limit,
                                                    void (*then)(record_t *, const carom_result_t *))
{
    carom_exchange_options_t options = CAROM_EXCHANGE_OPTIONS_INIT;

    memset(&record, 0, sizeof record);
    options.context = test->context;
    options.limit = limit;
    options.on_result = take;
    options.baton = &record;
    CAROM_ASSERT_OK(carom_exchange_create(&record.exchange, &options));
    record.then = then;
    return record.exchange;
}

CAROM_UNUSED static void expect_counts(const carom_exchange_t *exchange, size_t active, size_t waiting)
{
    CAROM_ASSERT_INT(carom_exchange_active(exchange), active);
    CAROM_ASSERT_INT(carom_exchange_waiting(exchange), waiting);
}

CAROM_UNUSED static void finish_and_destroy(carom_exchange_t **exchange)
{
    CAROM_ASSERT_OK(carom_exchange_finish(*exchange, PATIENCE));
    expect_counts(*exchange, 0, 0);
    CAROM_ASSERT_STATUS(carom_exchange_store(*exchange, CAROM_FOREVER), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_exchange_finish(*exchange, 0));
    CAROM_ASSERT_OK(carom_exchange_destroy(exchange));
    CAROM_ASSERT(*exchange == NULL);
}

CAROM_UNUSED static void expect_note(size_t index, uint64_t number, carom_status_t status, int64_t value, int last)
{
    CAROM_ASSERT(index < record.count);
    CAROM_ASSERT_INT(record.notes[index].number, number);
    CAROM_ASSERT_STATUS(record.notes[index].status, status);
    CAROM_ASSERT_INT(record.notes[index].value, value);
    CAROM_ASSERT_INT(record.notes[index].last, last);
}

/* The last call of a start, of which there is exactly one, with nothing after it. */
CAROM_UNUSED static const note_t *last_of(uint64_t number)
{
    const note_t *last = NULL;
    size_t i;

    for (i = 0; i < record.count; i++) {
        if (record.notes[i].number != number)
            continue;
        CAROM_ASSERT(last == NULL);
        if (record.notes[i].last)
            last = &record.notes[i];
    }
    CAROM_ASSERT(last != NULL);
    return last;
}

CAROM_UNUSED static void expect_last(uint64_t number, carom_status_t status, int64_t value, int code)
{
    const note_t *last = last_of(number);

    CAROM_ASSERT_STATUS(last->status, status);
    CAROM_ASSERT_INT(last->value, value);
    CAROM_ASSERT_INT(last->code, code);
}

/* ---- entries ---- */

/* Sends 0, 1, …, and returns how many. */
CAROM_TASK(exchange_counts)
{
    int64_t i, count = carom_arg_int(call, 0);

    for (i = 0; i < count; i++)
        CAROM_ASSERT_OK(carom_connection_send(carom_call_channel(call), carom_value_from_int(i), PATIENCE));
    return carom_return(call, count);
}

CAROM_TASK(exchange_does_nothing)
{
    return 0;
}

CAROM_TASK(exchange_returns_its_argument)
{
    return carom_return(call, carom_arg(call, 0));
}

/* Says that it has begun, and goes on when it is told to. */
CAROM_TASK(exchange_waits_to_go)
{
    carom_connection_t *starter = carom_call_channel(call);
    carom_value_t go;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_connection_send(starter, carom_value_from_int(1), PATIENCE));
    status = carom_connection_receive(&go, starter, PATIENCE);
    return status == CAROM_OK ? 0 : 3;
}

#endif

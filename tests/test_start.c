/* Starts that fail, and the status of each failure.  That nothing is left of them is the harness's to see. */

#include "pairs.h"
#include "values.h"

#include <stdlib.h>
#include <string.h>

CAROM_TASK(is_not_reached)
{
    return 1;
}

static void refuse(carom_test_t *test, carom_request_t request, const carom_process_options_t *options, carom_status_t wanted)
{
    carom_process_t *child = (carom_process_t *) test;

    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, request, options), wanted);
    CAROM_ASSERT(child == NULL);
}

/* What was an argument is still the caller's, and works. */
static void expect_usable(const pair_t *pair)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(pair->a, carom_value_from_int(6), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair->b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 6);
}

/* ---- a worker that ends before it has read its orders ---- */

#define ENDS_EARLY "CAROM_TEST_ENDS_EARLY"

/* Before main, and so before carom_init. */
CAROM__AT_LOAD(end_early)
{
    if (getenv(ENDS_EARLY))
        _Exit(0);
}

/* More than the way to it holds: the start waits until it reads. */
CAROM_TEST_WITH(start, the_worker_ends_early, .modes = CAROM_TEST_SPAWN)
{
    const char *environment[] = {ENDS_EARLY "=1", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    void *bytes = calloc(1, MORE_THAN_FITS);
    pair_t pair = make_pair();

    CAROM_ASSERT(bytes != NULL);
    options.environment = environment;
    refuse(test, carom_call(is_not_reached, pair.b, carom_value_borrow_bytes(bytes, MORE_THAN_FITS)), &options, CAROM_EDIED);
    expect_usable(&pair);
    free(bytes);
    close_pair(&pair);
}

/* ---- arguments ---- */

/* No container of it has too many. */
CAROM_TEST(start, too_many_items)
{
    carom_value_t outer = made(carom_value_list), inner;
    pair_t pair = make_pair();
    int i, j;

    for (i = 0; i < 2; i++) {
        inner = made(carom_value_list);
        for (j = 0; j < CAROM_COUNT_MAX / 2; j++)
            append(&inner, carom_value_none());
        append(&outer, inner);
    }
    refuse(test, carom_call(is_not_reached, pair.b, outer), NULL, CAROM_ECOUNT);
    expect_usable(&pair);
    carom_value_clear(&outer);
    close_pair(&pair);
}

static carom_connection_t *filled;

CAROM_TASK(fills)
{
    return fill(call, filled);
}

CAROM_TEST_WITH(start, a_connection_in_use, .warm_up = CAROM_TEST_THREAD)
{
    pair_t pair = make_pair();
    carom_context_t *threads;
    carom_process_t *filler;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    filled = pair.a;
    CAROM_ASSERT_OK(carom_process_start(&filler, threads, carom_call(fills)));
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, PATIENCE));
    refuse(test, carom_call(is_not_reached, pair.a), NULL, CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    carom_value_clear(&value);
    end_with(&filler, CAROM_OK);
    expect_usable(&pair);
    carom_context_destroy(&threads);
    close_pair(&pair);
}

CAROM_TEST(start, a_connection_with_half_a_message)
{
    pair_t pair = make_pair();
    char small[2];
    size_t length;

    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, "four", 4, PATIENCE));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(small, sizeof small, &length, pair.b, PATIENCE), CAROM_ETOOBIG);
    refuse(test, carom_call(is_not_reached, pair.b), NULL, CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    expect_usable(&pair);
    close_pair(&pair);
}

CAROM_TEST(start, a_broken_connection)
{
    void *bytes = calloc(1, MORE_THAN_FITS);
    pair_t pair = make_pair();

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_STATUS(carom_connection_send_bytes(pair.a, bytes, MORE_THAN_FITS, carom_milliseconds(30)), CAROM_ETIMEOUT);
    refuse(test, carom_call(is_not_reached, pair.a), NULL, CAROM_EBUSY);
    free(bytes);
    close_pair(&pair);
}

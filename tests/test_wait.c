/* Waiting on a mix of things. */

#include "pairs.h"

#include <apr_general.h>
#include <apr_network_io.h>
#include <apr_portable.h>

#include <stdlib.h>
#include <string.h>

#define LONG carom_seconds(20)

CAROM_TASK(returns_at_once)
{
    return 0;
}

CAROM_TASK(sends_one)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(1), LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_EEOF);
    carom_connection_close(&connection);
    return 0;
}

CAROM_TEST_ONCE(wait, nothing)
{
    carom_wait_item_t item = {CAROM_WAIT_NOTHING, NULL, NULL, CAROM_NATIVE_NONE, 0};
    size_t ready = 9;

    CAROM_ASSERT_STATUS(carom_wait(NULL, 0, NULL, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_wait(NULL, 0, NULL, CAROM_FOREVER), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, &ready, carom_milliseconds(5)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(ready, 0);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, CAROM_FOREVER), CAROM_EINVAL);
}

CAROM_TEST_ONCE(wait, bad_items)
{
    carom_wait_item_t item = carom_wait_connection(NULL);

    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_EINVAL);
    item = carom_wait_process(NULL);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_EINVAL);
    item = carom_wait_file(CAROM_NATIVE_NONE);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_EINVAL);
    item.kind = (carom_wait_kind_t) 77;
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_EINVAL);
}

CAROM_TEST(wait, first_the_message_then_the_end)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_wait_item_t items[2];
    carom_value_t value;
    size_t ready;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(sends_one, theirs)));
    carom_connection_close(&theirs);
    items[0] = carom_wait_connection(ours);
    items[1] = carom_wait_process(child);
    CAROM_ASSERT_STATUS(carom_wait(items, 2, &ready, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(ready, 0);
    CAROM_ASSERT_OK(carom_connection_send(ours, carom_value_none(), LONG));
    CAROM_ASSERT_OK(carom_wait(items, 2, &ready, LONG));
    CAROM_ASSERT(ready == 1 && items[0].ready && !items[1].ready);
    CAROM_ASSERT_OK(carom_connection_receive(&value, ours, LONG));
    carom_connection_close(&ours);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, &ready, LONG));
    CAROM_ASSERT(ready == 1 && items[1].ready);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, &ready, CAROM_FOREVER));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* A child whose result fills the way to us ends only if somebody reads: waiting does. */
CAROM_TASK(returns_much)
{
    char *bytes = calloc(1, 3000000);

    carom_return(call, carom_value_borrow_bytes(bytes, 3000000));
    free(bytes);
    return 0;
}

CAROM_TEST(wait, large_result_while_waiting)
{
    carom_process_t *child;
    carom_wait_item_t item;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(returns_much)));
    item = carom_wait_process(child);
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* More than the 63 that Windows can wait on at once. */
CAROM_TEST_ONCE(wait, two_hundred)
{
    enum { COUNT = 200 };
    carom_connection_t *ours[COUNT], *theirs[COUNT];
    carom_wait_item_t items[COUNT];
    size_t ready;
    int i;

    for (i = 0; i < COUNT; i++) {
        CAROM_ASSERT_OK(carom_connection_pair(&ours[i], &theirs[i], NULL));
        items[i] = carom_wait_connection(ours[i]);
    }
    CAROM_ASSERT_STATUS(carom_wait(items, COUNT, &ready, carom_milliseconds(10)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(theirs[3], carom_value_none(), LONG));
    CAROM_ASSERT_OK(carom_connection_send(theirs[197], carom_value_none(), LONG));
    carom_connection_close(&theirs[150]);
    CAROM_ASSERT_OK(carom_wait(items, COUNT, &ready, LONG));
    CAROM_ASSERT_INT(ready, 3);
    CAROM_ASSERT(items[3].ready && items[150].ready && items[197].ready && !items[0].ready);
    for (i = 0; i < COUNT; i++) {
        carom_connection_close(&ours[i]);
        carom_connection_close(&theirs[i]);
    }
}

CAROM_TEST(wait, many_processes)
{
    enum { COUNT = 70 };
    carom_process_t *children[COUNT];
    carom_wait_item_t items[COUNT];
    size_t left = COUNT, ready, i;

    for (i = 0; i < COUNT; i++) {
        CAROM_ASSERT_OK(carom_process_start(&children[i], test->context, carom_call(returns_at_once)));
        items[i] = carom_wait_process(children[i]);
    }
    while (left > 0) {
        CAROM_ASSERT_OK(carom_wait(items, COUNT, &ready, LONG));
        for (i = 0; i < COUNT; i++)
            if (items[i].ready) {
                items[i].kind = CAROM_WAIT_NOTHING;
                left--;
            }
    }
    for (i = 0; i < COUNT; i++)
        CAROM_ASSERT_OK(carom_process_destroy(&children[i]));
}

CAROM_TEST_ONCE(wait, a_message_in_part_is_ready)
{
    carom_connection_t *a, *b;
    carom_wait_item_t item;
    char small[4];
    size_t length;

    CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
    CAROM_ASSERT_OK(carom_connection_send_bytes(a, "12345", 5, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive_into(small, 4, &length, b, LONG), CAROM_ETOOBIG);
    item = carom_wait_connection(b);
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, 0));
    CAROM_ASSERT_INT(item.ready, 1);
    carom_connection_close(&a);
    carom_connection_close(&b);
}

static carom_connection_t *shared;

CAROM_TASK(waits_for_the_shared_one)
{
    carom_wait_item_t item = carom_wait_connection(shared);

    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_INT(item.ready, 1);
    return 0;
}

/* Whether the waiting had begun when it was closed does not matter. */
CAROM_TEST_WITH(wait, closed_meanwhile, .modes = CAROM_TEST_THREAD)
{
    carom_connection_t *ours, *peer;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &peer, NULL));
    shared = ours;
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(waits_for_the_shared_one)));
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(50)), CAROM_ETIMEOUT);
    carom_connection_close(&ours);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_connection_close(&peer);
}

static carom_status_t send_while_waited_on(carom_test_t *test)
{
    carom_connection_t *peer, *ends[2];
    carom_process_t *child;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_connection_pair(&shared, &peer, NULL));
    CAROM_ASSERT_OK(carom_connection_pair(&ends[0], &ends[1], NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(waits_for_the_shared_one)));
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(20)), CAROM_ETIMEOUT);
    status = carom_connection_send(ends[0], carom_value_from_connection(shared), LONG);
    carom_connection_close(&peer);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_connection_close(&shared);
    carom_connection_close(&ends[0]);
    carom_connection_close(&ends[1]);
    return status;
}

/* A waiting that begins late finds the connection moved, which is right too: then it is tried again. */
CAROM_TEST_WITH(wait, sent_meanwhile, .modes = CAROM_TEST_THREAD)
{
    carom_duration_t end = carom_now() + LONG;
    carom_status_t status = CAROM_OK;

    if (!carom_context_can(NULL, CAROM_CAN_SEND_CONNECTION))
        CAROM_SKIP("no-handles-in-messages");
    while (status == CAROM_OK && carom_now() < end)
        status = send_while_waited_on(test);
    CAROM_ASSERT_STATUS(status, CAROM_EBUSY);
}

/* ---- in the host's own loop ---- */

/* As a loop does: it looks until there is nothing, and then waits for the handle. */
static void wait_in_a_loop(carom_connection_t *connection, carom_native_t native)
{
    carom_wait_item_t item = carom_wait_file(native);
    carom_status_t status;

    while ((status = carom_connection_poll(connection, 0)) == CAROM_ETIMEOUT)
        CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_OK(status);
}

/* When nothing comes it is silent: how often it woke before. */
static int wait_until_silent(carom_connection_t *connection, carom_native_t native)
{
    carom_wait_item_t item = carom_wait_file(native);
    int woken = -1;

    do {
        CAROM_ASSERT_STATUS(carom_connection_poll(connection, 0), CAROM_ETIMEOUT);
        woken++;
    } while (carom_wait(&item, 1, NULL, carom_milliseconds(20)) == CAROM_OK);
    return woken;
}

CAROM_TASK(echoes_in_a_loop)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_native_t native;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_native(&native, connection));
    for (;;) {
        wait_in_a_loop(connection, native);
        if (carom_connection_receive(&value, connection, 0) != CAROM_OK)
            break;
        CAROM_ASSERT_OK(carom_connection_send(connection, value, LONG));
    }
    carom_connection_close(&connection);
    return 0;
}

/* Each message comes when the other side waits, and so does the end. */
CAROM_TEST(wait, in_a_loop_of_the_host)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &echoes_in_a_loop);
    carom_native_t native, again;
    carom_value_t value;
    int i;

    CAROM_ASSERT_OK(carom_connection_native(&native, connection));
    CAROM_ASSERT_OK(carom_connection_native(&again, connection));
    CAROM_ASSERT(native == again);
    for (i = 0; i < 200; i++) {
        CAROM_ASSERT_STATUS(carom_connection_poll(connection, 0), CAROM_ETIMEOUT);
        CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(i), LONG));
        wait_in_a_loop(connection, native);
        CAROM_ASSERT_OK(carom_connection_receive(&value, connection, 0));
        CAROM_ASSERT_INT(carom_value_int(value), i);
    }
    (void) wait_until_silent(connection, native);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* It wakes whoever waits for it, with the end as with a message. */
CAROM_TASK(ends_its_connection)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    carom_connection_close(&connection);
    return 0;
}

CAROM_TEST(wait, for_the_end_in_a_loop_of_the_host)
{
    carom_connection_t *connection;
    carom_process_t *child = start_with(&connection, test, &ends_its_connection);
    carom_native_t native;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_native(&native, connection));
    CAROM_ASSERT_STATUS(carom_connection_poll(connection, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), LONG));
    wait_in_a_loop(connection, native);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, 0), CAROM_EEOF);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* ---- beside other threads at the same end ---- */

static carom_connection_t *shared_end;

CAROM_TASK(fills_the_shared_end)
{
    return fill(call, shared_end);
}

CAROM_TASK(receives_from_the_shared_end)
{
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, shared_end, LONG);

    return carom_return(call, status == CAROM_OK ? carom_value_int(value) : -1);
}

/* A child with the other ends of two pairs. */
static carom_process_t *start_with_two(carom_connection_t *ours[2], carom_test_t *test, const carom_entry_t *entry)
{
    carom_connection_t *theirs[2];
    carom_value_t arguments[2];
    carom_process_t *child;
    int i;

    for (i = 0; i < 2; i++) {
        CAROM_ASSERT_OK(carom_connection_pair(&ours[i], &theirs[i], NULL));
        arguments[i] = carom_value_from_connection(theirs[i]);
    }
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_request(entry, arguments, 2)));
    for (i = 0; i < 2; i++)
        carom_connection_close(&theirs[i]);
    return child;
}

static carom_process_t *start_beside(carom_context_t **threads, const carom_entry_t *entry, carom_connection_t *connection)
{
    carom_process_t *thread;

    /* One that runs already may be looking at it. */
    if (shared_end != connection)
        shared_end = connection;
    CAROM_ASSERT_OK(carom_context_create(threads, "thread"));
    CAROM_ASSERT_OK(carom_process_start(&thread, *threads, carom_request(entry, NULL, 0)));
    return thread;
}

static void skip_without_stirring(void)
{
    size_t i;

    for (i = 0; carom_mode_at(i); i++)
        if (strcmp(carom_mode_at(i), "fork") == 0 && !carom_feature("HAVE_EPOLL"))
            CAROM_SKIP("no-epoll");
}

/* Asks on one connection and gets its answers by another, and then what had filled the first. */
CAROM_TASK(asks_before_it_reads)
{
    carom_connection_t *first = carom_arg_connection(call, 0), *second = carom_arg_connection(call, 1);
    carom_value_t value;
    int i;

    for (i = 0; i < 200; i++) {
        CAROM_ASSERT_OK(carom_connection_send(first, carom_value_from_int(i), LONG));
        CAROM_ASSERT_OK(carom_connection_receive(&value, second, LONG));
        CAROM_ASSERT_INT(carom_value_int(value), i);
    }
    CAROM_ASSERT_OK(carom_connection_skip(first, LONG));
    carom_connection_close(&first);
    carom_connection_close(&second);
    return 0;
}

/* A thread that waits for room at the same end hears what is meant for the loop, and hands it on. */
CAROM_TEST_WITH(wait, in_a_loop_beside_a_sender, .warm_up = CAROM_TEST_THREAD)
{
    carom_connection_t *ours[2];
    carom_context_t *threads;
    carom_process_t *child, *sender;
    carom_native_t native;
    carom_value_t value;
    int i;

    skip_without_stirring();
    child = start_with_two(ours, test, &asks_before_it_reads);
    CAROM_ASSERT_OK(carom_connection_native(&native, ours[0]));
    sender = start_beside(&threads, &fills_the_shared_end, ours[0]);
    for (i = 0; i < 200; i++) {
        wait_in_a_loop(ours[0], native);
        CAROM_ASSERT_OK(carom_connection_receive(&value, ours[0], 0));
        CAROM_ASSERT_INT(carom_value_int(value), i);
        CAROM_ASSERT_OK(carom_connection_send(ours[1], value, LONG));
    }
    end_with(&sender, CAROM_OK);
    carom_context_destroy(&threads);
    end_child(&child, 0);
    carom_connection_close(&ours[0]);
    carom_connection_close(&ours[1]);
}

/* While another thread receives the loop sleeps; and wakes when that has gone. */
CAROM_TEST_WITH(wait, in_a_loop_beside_a_receiver, .warm_up = CAROM_TEST_THREAD)
{
    carom_connection_t *connection;
    carom_process_t *child, *receiver;
    carom_context_t *threads;
    carom_native_t native;
    carom_value_t value, first;

    skip_without_stirring();
    child = start_with(&connection, test, &echoes_in_a_loop);
    CAROM_ASSERT_OK(carom_connection_native(&native, connection));
    receiver = start_beside(&threads, &receives_from_the_shared_end, connection);
    (void) wait_until_silent(connection, native);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(2), LONG));
    wait_in_a_loop(connection, native);
    CAROM_ASSERT_OK(carom_process_join(receiver, LONG));
    CAROM_ASSERT_OK(carom_process_result(&first, receiver));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_int(first) + carom_value_int(value), 3);
    carom_connection_close(&connection);
    CAROM_ASSERT_OK(carom_process_destroy(&receiver));
    carom_context_destroy(&threads);
    end_child(&child, 0);
}

/* Reads what fills one connection when it is asked to by another, and answers. */
CAROM_TASK(reads_when_asked)
{
    carom_connection_t *first = carom_arg_connection(call, 0), *second = carom_arg_connection(call, 1);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, second, LONG));
    CAROM_ASSERT_OK(carom_connection_skip(first, LONG));
    CAROM_ASSERT_OK(carom_connection_send(first, carom_value_from_int(1), LONG));
    carom_connection_close(&first);
    carom_connection_close(&second);
    return 0;
}

/* While others wait in vain the loop sleeps. */
CAROM_TEST_WITH(wait, in_a_loop_beside_two_who_wait, .warm_up = CAROM_TEST_THREAD)
{
    carom_connection_t *ours[2];
    carom_context_t *threads[2];
    carom_process_t *child, *receiver, *sender;
    carom_native_t native;
    carom_value_t value;
    int woken = 0, i;

    skip_without_stirring();
    child = start_with_two(ours, test, &reads_when_asked);
    CAROM_ASSERT_OK(carom_connection_native(&native, ours[0]));
    receiver = start_beside(&threads[0], &receives_from_the_shared_end, ours[0]);
    (void) wait_until_silent(ours[0], native);
    sender = start_beside(&threads[1], &fills_the_shared_end, ours[0]);
    /* Again and again: it takes the sender some time to fill it. */
    for (i = 0; i < 10; i++)
        woken += wait_until_silent(ours[0], native);
    CAROM_NOTE("woken %d times", woken);
    CAROM_ASSERT(woken < 100);
    CAROM_ASSERT_OK(carom_connection_send(ours[1], carom_value_none(), LONG));
    end_with(&sender, CAROM_OK);
    CAROM_ASSERT_OK(carom_process_join(receiver, LONG));
    CAROM_ASSERT_OK(carom_process_result(&value, receiver));
    CAROM_ASSERT_INT(carom_value_int(value), 1);
    CAROM_ASSERT_OK(carom_process_destroy(&receiver));
    carom_context_destroy(&threads[0]);
    carom_context_destroy(&threads[1]);
    carom_connection_close(&ours[0]);
    carom_connection_close(&ours[1]);
    end_child(&child, 0);
}

/* Sends a number when it is asked to by another connection. */
CAROM_TASK(sends_when_asked)
{
    carom_connection_t *first = carom_arg_connection(call, 0), *second = carom_arg_connection(call, 1);
    carom_value_t value;

    while (carom_connection_receive(&value, second, LONG) == CAROM_OK)
        CAROM_ASSERT_OK(carom_connection_send(first, value, LONG));
    carom_connection_close(&first);
    carom_connection_close(&second);
    return 0;
}

static void expect_next(carom_connection_t *connection, carom_native_t native, int wanted)
{
    carom_wait_item_t item = carom_wait_file(native);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    wait_in_a_loop(connection, native);
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), wanted);
}

/* The loop sleeps.  Another thread comes and receives a message; one polls, and one waits, and they leave it: what is there
 * then, or comes later, the loop hears of. */
CAROM_TEST_WITH(wait, in_a_loop_that_sleeps, .warm_up = CAROM_TEST_THREAD)
{
    carom_connection_t *ours[2];
    carom_context_t *threads;
    carom_process_t *child, *receiver;
    carom_native_t native;
    carom_wait_item_t item;

    skip_without_stirring();
    child = start_with_two(ours, test, &sends_when_asked);
    CAROM_ASSERT_OK(carom_connection_native(&native, ours[0]));
    (void) wait_until_silent(ours[0], native);
    receiver = start_beside(&threads, &receives_from_the_shared_end, ours[0]);
    CAROM_ASSERT_OK(carom_connection_send(ours[1], carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_process_join(receiver, LONG));
    CAROM_ASSERT_OK(carom_connection_send(ours[1], carom_value_from_int(2), LONG));
    expect_next(ours[0], native, 2);
    (void) wait_until_silent(ours[0], native);
    CAROM_ASSERT_OK(carom_connection_send(ours[1], carom_value_from_int(3), LONG));
    CAROM_ASSERT_OK(carom_connection_poll(ours[0], LONG));
    expect_next(ours[0], native, 3);
    (void) wait_until_silent(ours[0], native);
    CAROM_ASSERT_OK(carom_connection_send(ours[1], carom_value_from_int(4), LONG));
    item = carom_wait_connection(ours[0]);
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    expect_next(ours[0], native, 4);
    carom_connection_close(&ours[0]);
    carom_connection_close(&ours[1]);
    CAROM_ASSERT_OK(carom_process_destroy(&receiver));
    carom_context_destroy(&threads);
    end_child(&child, 0);
}

/* What watched it here is no hindrance there. */
CAROM_TEST(wait, a_watched_end_moves)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_native_t native;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_connection_native(&native, theirs));
    CAROM_ASSERT_STATUS(carom_connection_poll(theirs, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(echoes_in_a_loop, theirs)));
    CAROM_ASSERT_STATUS(carom_connection_native(&native, theirs), CAROM_EMOVED);
    CAROM_ASSERT(native == CAROM_NATIVE_NONE);
    CAROM_ASSERT_OK(carom_connection_send(ours, carom_value_from_int(7), LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, ours, LONG));
    CAROM_ASSERT_INT(carom_value_int(value), 7);
    carom_connection_close(&theirs);
    carom_connection_close(&ours);
    end_child(&child, 0);
}

/* ---- a mix ---- */

/* A connected pair of the host's own sockets. */
static void make_sockets(apr_socket_t *ends[2], apr_pool_t *pool)
{
    apr_sockaddr_t *address;
    apr_socket_t *listener;

    CAROM_ASSERT_INT(apr_sockaddr_info_get(&address, "127.0.0.1", APR_INET, 0, 0, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_create(&listener, APR_INET, SOCK_STREAM, APR_PROTO_TCP, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_bind(listener, address), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_listen(listener, 1), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_addr_get(&address, APR_LOCAL, listener), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_create(&ends[0], APR_INET, SOCK_STREAM, APR_PROTO_TCP, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_connect(ends[0], address), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_accept(&ends[1], listener, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_socket_close(listener), APR_SUCCESS);
}

static carom_wait_item_t item_of(apr_socket_t *socket)
{
    apr_os_sock_t native;

    CAROM_ASSERT_INT(apr_os_sock_get(&native, socket), APR_SUCCESS);
    return carom_wait_socket((carom_native_t) native);
}

/* Connections, processes and sockets of the host in one wait.  The first socket of a process on Windows leaves an event
 * there. */
CAROM_TEST_WITH(wait, a_mix_with_the_host_s_sockets, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_connection_t *ours, *theirs;
    carom_wait_item_t items[3];
    carom_process_t *child;
    apr_socket_t *ends[2];
    apr_size_t one = 1;
    carom_value_t value;
    apr_pool_t *pool;
    size_t ready;

    CAROM_ASSERT_INT(apr_pool_create(&pool, NULL), APR_SUCCESS);
    make_sockets(ends, pool);
    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(sends_one, theirs)));
    items[0] = carom_wait_connection(ours);
    items[1] = carom_wait_process(child);
    items[2] = item_of(ends[0]);
    CAROM_ASSERT_STATUS(carom_wait(items, 3, &ready, carom_milliseconds(30)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(apr_socket_send(ends[1], "x", &one), APR_SUCCESS);
    CAROM_ASSERT_OK(carom_wait(items, 3, &ready, LONG));
    CAROM_ASSERT(ready == 1 && items[2].ready && !items[0].ready && !items[1].ready);
    CAROM_ASSERT_OK(carom_connection_send(ours, carom_value_none(), LONG));
    CAROM_ASSERT_OK(carom_wait(items, 2, &ready, LONG));
    CAROM_ASSERT(items[0].ready && !items[1].ready);
    CAROM_ASSERT_OK(carom_connection_receive(&value, ours, LONG));
    carom_connection_close(&theirs);
    carom_connection_close(&ours);
    CAROM_ASSERT_OK(carom_wait(&items[1], 2, &ready, LONG));
    CAROM_ASSERT(items[2].ready);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, &ready, LONG));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    apr_pool_destroy(pool);
}

/* One that is closed and one that is open: a wait that names the first is refused. */
CAROM_TEST_WITH(wait, a_closed_socket, .modes = CAROM_TEST_ONCE_ONLY, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_wait_item_t items[2];
    apr_socket_t *ends[2];
    apr_pool_t *pool;

    CAROM_ASSERT_INT(apr_initialize(), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_pool_create(&pool, NULL), APR_SUCCESS);
    make_sockets(ends, pool);
    items[0] = item_of(ends[0]);
    items[1] = item_of(ends[1]);
    CAROM_ASSERT_INT(apr_socket_close(ends[0]), APR_SUCCESS);
    CAROM_ASSERT_STATUS(carom_wait(items, 2, NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_wait(items, 2, NULL, CAROM_FOREVER), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_wait(&items[1], 1, NULL, LONG));
    apr_pool_destroy(pool);
}

/* ---- more of a message ---- */

enum { MUCH = 8000000 };

CAROM_TASK(wait_sends_much)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = calloc(1, MUCH);
    carom_status_t status = carom_connection_send_bytes(connection, bytes, MUCH, LONG);

    CAROM_ASSERT(bytes != NULL);
    free(bytes);
    carom_connection_close(&connection);
    return carom_return(call, status);
}

/* Takes what is there, and waits for what is not: the message comes whole, as does the end behind it. */
CAROM_TEST(wait, for_more_of_a_message)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_wait_item_t item;
    carom_value_t value;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(wait_sends_much, theirs)));
    carom_connection_close(&theirs);
    item = carom_wait_more(ours);
    while ((status = carom_connection_receive(&value, ours, 0)) == CAROM_ETIMEOUT)
        CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_INT(carom_value_count(value), MUCH);
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, ours, 0), CAROM_EEOF);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_connection_close(&ours);
}

CAROM_TEST_ONCE(wait, for_more_of_nothing)
{
    carom_connection_t *ours, *theirs;
    carom_wait_item_t item = carom_wait_more(NULL);
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    item = carom_wait_more(ours);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, carom_milliseconds(5)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send(theirs, carom_value_from_int(1), LONG));
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    CAROM_ASSERT_OK(carom_connection_receive(&value, ours, 0));
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_ETIMEOUT);
    carom_connection_close(&theirs);
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
    carom_connection_close(&ours);
}

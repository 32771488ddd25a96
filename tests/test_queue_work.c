/* Queues between processes: who waits and who wakes them, the end of a queue, work that is done, and crowds of both kinds. */

#include "queues.h"

/* ---- waiting ---- */

CAROM_TASK(queue_gets)
{
    carom_value_t value;
    carom_status_t status;

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    status = carom_queue_get(&value, carom_arg_queue(call, 0), PATIENCE);
    CAROM_ASSERT(status == CAROM_OK || carom_value_type(value) == CAROM_NONE);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    carom_value_clear(&value);
    return carom_return(call, status);
}

CAROM_TASK(queue_puts)
{
    carom_status_t status;

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    status = carom_queue_put(carom_arg_queue(call, 0), carom_value_from_int(carom_arg_int(call, 2)), PATIENCE);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_return(call, status);
}

enum { WAITING = 4 };

static void end_all_with(carom_process_t **children, int count, carom_status_t wanted)
{
    int i;

    for (i = 0; i < count; i++)
        end_with(&children[i], wanted);
}

CAROM_TEST(queue, an_item_wakes_one)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING];
    char three[3] = "abc";
    size_t put;

    start_all(children, WAITING, test, carom_call(queue_gets, queue, here));
    hear(here, WAITING);
    hear_nothing(here);
    put_item(queue, 10, 0);
    hear(here, 1);
    hear_nothing(here);
    CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, three, 1, 3, 0));
    hear(here, 3);
    end_all_with(children, WAITING, CAROM_OK);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

CAROM_TEST(queue, room_wakes_one)
{
    carom_queue_t *queue = make_queue(test, 3);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING];
    int64_t sum = 0;
    int i;

    for (i = 0; i < 3; i++)
        put_number(queue, 100);
    start_all(children, WAITING, test, carom_call(queue_puts, queue, here, 7));
    hear(here, WAITING);
    hear_nothing(here);
    sum += get_number(queue);
    hear(here, 1);
    hear_nothing(here);
    expect_state(queue, 3, 1);
    for (i = 0; i < 3; i++)
        sum += get_number(queue);
    hear(here, 3);
    end_all_with(children, WAITING, CAROM_OK);
    for (i = 0; i < 3; i++)
        sum += get_number(queue);
    CAROM_ASSERT_INT(sum, 3 * 100 + 4 * 7);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

/* Of bytes: what one takes out may be room for several. */
CAROM_TEST(queue, room_of_bytes_wakes_all_it_is_for)
{
    carom_queue_t *queue = make_queue_of(test, 0, 4096);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING];
    int i;

    put_item(queue, 3000, 3);
    while (try_to_put(queue, 0, 0, 0) == CAROM_OK)
        continue;
    start_all(children, WAITING, test, carom_call(queue_puts, queue, here, 7));
    hear(here, WAITING);
    hear_nothing(here);
    get_item(queue, 3000, 3);
    hear(here, WAITING);
    end_all_with(children, WAITING, CAROM_OK);
    for (i = (int) carom_queue_size(queue); i > WAITING; i--)
        get_item(queue, 0, 0);
    for (; i > 0; i--)
        CAROM_ASSERT_INT(get_number(queue), 7);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

/* ---- the end ---- */

CAROM_TEST(queue, closed)
{
    carom_queue_t *queue = make_queue(test, 3);

    CAROM_ASSERT_INT(carom_queue_is_closed(queue), 0);
    put_item(queue, 10, 0);
    put_item(queue, 20000, 1);
    put_item(queue, 300000, 2);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    CAROM_ASSERT_INT(carom_queue_is_closed(queue), 1);
    expect_no_room(queue, CAROM_ECLOSED, PATIENCE);
    get_item(queue, 10, 0);
    expect_no_room(queue, CAROM_ECLOSED, PATIENCE);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    get_item(queue, 20000, 1);
    get_item(queue, 300000, 2);
    expect_nothing(queue, CAROM_EEOF, PATIENCE);
    expect_nothing(queue, CAROM_EEOF, 0);
    expect_no_room(queue, CAROM_ECLOSED, 0);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    CAROM_ASSERT_INT(carom_queue_is_closed(queue), 1);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 3);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 3));
    CAROM_ASSERT_OK(carom_queue_join(queue, 0));
    carom_queue_destroy(&queue);
}

CAROM_TASK(queue_closes)
{
    return carom_return(call, carom_queue_close(carom_arg_queue(call, 0)));
}

static void close_from(carom_queue_t *queue, const carom_test_t *test)
{
    carom_process_t *child = start(test, carom_call(queue_closes, queue));

    end_with(&child, CAROM_OK);
    CAROM_ASSERT_INT(carom_queue_is_closed(queue), 1);
}

CAROM_TEST(queue, closed_while_others_get)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING];

    start_all(children, WAITING, test, carom_call(queue_gets, queue, here));
    hear(here, WAITING);
    hear_nothing(here);
    close_from(queue, test);
    end_all_with(children, WAITING, CAROM_EEOF);
    expect_nothing(queue, CAROM_EEOF, PATIENCE);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

CAROM_TASK(queue_puts_array)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    unsigned char items[10][8];
    size_t put = 0, i;

    for (i = 0; i < 10; i++)
        paint(items[i], 8, (uint32_t) i);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, items, 8, 10, PATIENCE), CAROM_ECLOSED);
    return carom_return(call, (int64_t) put);
}

/* What was put before stays. */
CAROM_TEST(queue, closed_while_others_put)
{
    carom_queue_t *queue = make_queue(test, 3);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING], *array = start(test, carom_call(queue_puts_array, queue, here));
    carom_value_t put;
    uint32_t i;

    hear(here, 1);
    while (!carom_queue_is_full(queue))
        CAROM_ASSERT_STATUS(carom_semaphore_acquire(here, carom_milliseconds(1)), CAROM_ETIMEOUT);
    start_all(children, WAITING, test, carom_call(queue_puts, queue, here, 7));
    hear(here, WAITING);
    hear_nothing(here);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    end_all_with(children, WAITING, CAROM_ECLOSED);
    CAROM_ASSERT_OK(carom_process_join(array, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&put, array));
    CAROM_ASSERT_INT(carom_value_int(put), 3);
    CAROM_ASSERT_OK(carom_process_destroy(&array));
    for (i = 0; i < 3; i++)
        get_item(queue, 8, i);
    expect_nothing(queue, CAROM_EEOF, PATIENCE);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

/* ---- work that is done ---- */

CAROM_TEST(queue, counts_what_is_done)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_duration_t before;
    size_t put;

    CAROM_ASSERT_OK(carom_queue_join(queue, 0));
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, 1), CAROM_EOVERFLOW);
    put_item(queue, 10, 0);
    put_item(queue, 400000, 1);
    CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, "abc", 1, 3, 0));
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 5);
    get_item(queue, 10, 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 5);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 2));
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 3);
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, 4), CAROM_EOVERFLOW);
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, UINT32_MAX), CAROM_EOVERFLOW);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 3);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, 0), CAROM_ETIMEOUT);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_queue_join(queue, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 0));
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 3));
    CAROM_ASSERT_OK(carom_queue_join(queue, CAROM_FOREVER));
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, 1), CAROM_EOVERFLOW);
    put_item(queue, 0, 0);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, -5), CAROM_ETIMEOUT);
    carom_queue_destroy(&queue);
}

CAROM_TASK(queue_works)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    carom_value_t value;
    int64_t done = 0;

    while (carom_queue_get(&value, queue, PATIENCE) == CAROM_OK) {
        done += carom_value_int(value);
        CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    }
    return carom_return(call, done);
}

CAROM_TASK(queue_joins)
{
    carom_status_t status;

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    status = carom_queue_join(carom_arg_queue(call, 0), PATIENCE);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_return(call, status);
}

static int64_t end_with_sum(carom_process_t **child)
{
    carom_value_t result;
    int64_t sum;

    CAROM_ASSERT_OK(carom_process_join(*child, PATIENCE));
    CAROM_ASSERT_INT(carom_process_exit_code(*child), 0);
    CAROM_ASSERT_OK(carom_process_result(&result, *child));
    sum = carom_value_int(result);
    CAROM_ASSERT_OK(carom_process_destroy(child));
    return sum;
}

CAROM_TEST(queue, joined_when_all_is_done)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_process_t *workers[2];
    int64_t sum = 0, round, i;

    start_all(workers, 2, test, carom_call(queue_works, queue));
    for (round = 0; round < 20; round++) {
        for (i = 0; i < 20; i++)
            put_number(queue, i);
        CAROM_ASSERT_OK(carom_queue_join(queue, PATIENCE));
        CAROM_ASSERT_INT(carom_queue_unfinished(queue), 0);
        CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    }
    CAROM_ASSERT_OK(carom_queue_close(queue));
    for (i = 0; i < 2; i++)
        sum += end_with_sum(&workers[i]);
    CAROM_ASSERT_INT(sum, 20 * 190);
    carom_queue_destroy(&queue);
}

/* Getting is not enough. */
CAROM_TEST(queue, all_who_join_are_woken)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[WAITING];

    put_number(queue, 1);
    put_number(queue, 2);
    start_all(children, WAITING, test, carom_call(queue_joins, queue, here));
    hear(here, WAITING);
    get_number(queue);
    get_number(queue);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    hear_nothing(here);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    hear(here, WAITING);
    end_all_with(children, WAITING, CAROM_OK);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

CAROM_TASK(queue_gets_and_stays)
{
    get_number(carom_arg_queue(call, 0));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_semaphore_acquire(carom_arg_semaphore(call, 2), PATIENCE) != CAROM_OK;
}

static void kill_child(carom_process_t **child)
{
    CAROM_ASSERT_OK(carom_process_kill(*child));
    end_child(child, -9);
}

/* Each death is said once, or once for several.  Who ends in good order is not dead. */
CAROM_TEST(queue, joined_when_a_worker_has_died)
{
    carom_queue_t *queue;
    carom_semaphore_t *here, *go;
    carom_process_t *children[3];
    int i;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    queue = make_queue(test, 0);
    here = make_semaphore(test, 0);
    go = make_semaphore(test, 0);
    for (i = 0; i < 4; i++)
        put_number(queue, i);
    start_all(children, 3, test, carom_call(queue_gets_and_stays, queue, here, go));
    hear(here, 3);
    kill_child(&children[0]);
    kill_child(&children[1]);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, PATIENCE), CAROM_EDIED);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, carom_milliseconds(150)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_semaphore_release(go, 1));
    end_child(&children[2], 0);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, carom_milliseconds(150)), CAROM_ETIMEOUT);
    children[0] = start(test, carom_call(queue_gets_and_stays, queue, here, go));
    hear(here, 1);
    kill_child(&children[0]);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, PATIENCE), CAROM_EDIED);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 4));
    CAROM_ASSERT_OK(carom_queue_join(queue, 0));
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&go);
}

/* Queues in many hands: how they get there, children that come and go, and crowds that put and get. */

#include "queues.h"

/* ---- on their way ---- */

CAROM_TASK(queue_arguments)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);

    CAROM_ASSERT(queue != NULL);
    CAROM_ASSERT(carom_arg_queue(call, 0) == queue);
    CAROM_ASSERT(carom_arg_queue(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_queue(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_event(call, 0) == NULL);
    CAROM_ASSERT_INT(carom_queue_capacity(queue), 9);
    get_item(queue, 100, 1);
    get_item(queue, 20000, 2);
    get_item(queue, 500000, 3);
    put_item(queue, 500000, 4);
    return 0;
}

CAROM_TEST(queue, as_an_argument)
{
    carom_queue_t *queue = make_queue(test, 9);
    carom_process_t *child;

    put_item(queue, 100, 1);
    put_item(queue, 20000, 2);
    put_item(queue, 500000, 3);
    child = start(test, carom_call(queue_arguments, queue, 4));
    end_child(&child, 0);
    get_item(queue, 500000, 4);
    expect_state(queue, 0, 0);
    carom_queue_destroy(&queue);
}

CAROM_TASK(queue_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(queue, sent_there_and_back)
{
    carom_queue_t *queue, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    int64_t before;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &queue_echoes);
    before = objects();
    queue = make_queue(test, 0);
    put_item(queue, 30, 1);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_queue(queue), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_QUEUE);
    CAROM_ASSERT_OK(carom_value_take_queue(&back, &value));
    CAROM_ASSERT(back != queue);
    put_item(back, 20, 2);
    get_item(queue, 30, 1);
    carom_queue_destroy(&queue);
    get_item(back, 20, 2);
    expect_state(back, 0, 0);
    carom_queue_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT(objects() <= before);
}

/* Puts an answer into the queue that comes with each question. */
CAROM_TASK(queue_answers)
{
    carom_queue_t *questions = carom_arg_queue(call, 0);
    carom_value_t value;

    while (carom_queue_get(&value, questions, PATIENCE) == CAROM_OK) {
        put_number(carom_value_queue(*carom_value_at(value, 0)), carom_value_int(*carom_value_at(value, 1)) + 1);
        carom_value_clear(&value);
    }
    return 0;
}

static carom_value_t question(carom_queue_t *answers, int64_t number)
{
    carom_value_t list, item = carom_value_from_queue(answers);

    CAROM_ASSERT_OK(carom_value_list(&list));
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    item = carom_value_from_int(number);
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    return list;
}

CAROM_TEST(queue, in_items_of_another)
{
    carom_queue_t *questions = make_queue(test, 0), *answers;
    carom_process_t *children[2];
    carom_value_t list;
    int i;

    start_all(children, 2, test, carom_call(queue_answers, questions));
    for (i = 0; i < 50; i++) {
        answers = make_queue(test, 1);
        list = question(answers, i);
        CAROM_ASSERT_OK(carom_queue_put(questions, list, PATIENCE));
        carom_value_clear(&list);
        CAROM_ASSERT_INT(get_number(answers), i + 1);
        carom_queue_destroy(&answers);
    }
    CAROM_ASSERT_OK(carom_queue_close(questions));
    end_all(children, 2);
    carom_queue_destroy(&questions);
}

/* ---- children that come and go ---- */

CAROM_TASK(queue_lets_go)
{
    carom_queue_t *queue = carom_arg_queue(call, 0), *copy;
    carom_value_t value;

    put_item(queue, 40, (uint32_t) carom_arg_int(call, 1));
    CAROM_ASSERT_OK(carom_queue_get(&value, carom_arg_queue(call, 2), PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_queue(&copy, &value));
    carom_queue_destroy(&copy);
    return 0;
}

CAROM_TEST(queue, a_handle_more_or_less)
{
    carom_queue_t *queue = make_queue(test, 0), *other = make_queue(test, 0), *copy;
    carom_process_t *child;
    carom_value_t value;
    uint32_t i;

    for (i = 0; i < 5; i++) {
        child = start(test, carom_call(queue_lets_go, queue, i, other));
        CAROM_ASSERT_OK(carom_queue_put(other, carom_value_from_queue(queue), 0));
        end_child(&child, 0);
        CAROM_ASSERT_OK(carom_queue_put(other, carom_value_from_queue(queue), 0));
        CAROM_ASSERT_OK(carom_queue_get(&value, other, 0));
        CAROM_ASSERT_OK(carom_value_take_queue(&copy, &value));
        carom_queue_destroy(&copy);
        CAROM_ASSERT_INT(carom_queue_size(queue), i + 1);
    }
    for (i = 0; i < 5; i++)
        get_item(queue, 40, i);
    carom_queue_destroy(&queue);
    carom_queue_destroy(&other);
}

enum { LEFT = 20, LONGEST = 512 << 10 };

CAROM_TASK(queue_puts_and_goes)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    size_t length = (size_t) carom_arg_int(call, 2);
    uint32_t i;

    for (i = 0; i < LEFT; i++)
        CAROM_ASSERT_OK(try_to_put(queue, length, i, PATIENCE));
    if (carom_arg_int(call, 1) % 2)
        carom_exit(call, 0);
    return 0;
}

static void get_what_is_left(carom_queue_t *queue, size_t length)
{
    uint32_t i;

    CAROM_ASSERT_INT(carom_queue_size(queue), LEFT);
    for (i = 0; i < LEFT; i++)
        get_item(queue, length, i);
    expect_state(queue, 0, 0);
}

CAROM_TEST(queue, who_has_put_may_go)
{
    carom_queue_t *queue = make_queue(test, 0);
    uint32_t rounds = for_starts(20, test->mode), i;
    carom_process_t *child;

    for (i = 0; i < rounds; i++) {
        child = start(test, carom_call(queue_puts_and_goes, queue, i, i % 3 ? 100 * i : 20000));
        end_child(&child, 0);
        get_what_is_left(queue, i % 3 ? 100 * i : 20000);
    }
    carom_queue_destroy(&queue);
}

/* 10 MiB that nobody reads meanwhile. */
CAROM_TEST(queue, who_has_put_a_lot_may_go)
{
    carom_queue_t *queue = make_queue(test, 0);
    carom_process_t *child = start(test, carom_call(queue_puts_and_goes, queue, 0, LONGEST));

    end_child(&child, 0);
    get_what_is_left(queue, LONGEST);
    carom_queue_destroy(&queue);
}

CAROM_TASK(queue_puts_and_stays)
{
    carom__task_queue_puts_and_goes(call);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 3), 1));
    return carom_semaphore_acquire(carom_arg_semaphore(call, 4), CAROM_FOREVER) != CAROM_OK;
}

CAROM_TEST(queue, what_the_killed_have_put)
{
    static const int lengths[] = {0, 100, 20000, LONGEST};
    carom_semaphore_t *here, *never;
    carom_process_t *child;
    carom_queue_t *queue;
    int i;

    if (!carom_context_can(test->context, CAROM_CAN_KILL))
        return;
    queue = make_queue(test, 0);
    here = make_semaphore(test, 0);
    never = make_semaphore(test, 0);
    for (i = 0; i < 4; i++) {
        child = start(test, carom_call(queue_puts_and_stays, queue, 0, lengths[i], here, never));
        hear(here, 1);
        CAROM_ASSERT_OK(carom_process_kill(child));
        end_child(&child, -9);
        get_what_is_left(queue, (size_t) lengths[i]);
    }
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&never);
}

/* ---- a fork ---- */

static carom_queue_t *inherited;

/* The parent's, of which this process has a copy of the handle and no more. */
CAROM_TASK(queue_is_the_parent_s)
{
    expect_nothing(inherited, CAROM_EFORKED, 0);
    expect_no_room(inherited, CAROM_EFORKED, 0);
    CAROM_ASSERT_STATUS(carom_queue_close(inherited), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_queue_task_done(inherited, 1), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_queue_join(inherited, 0), CAROM_EFORKED);
    CAROM_ASSERT_INT(carom_queue_size(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_capacity(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_is_empty(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_is_full(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_is_closed(inherited), 0);
    carom_queue_destroy(&inherited);
    CAROM_ASSERT(inherited == NULL);
    get_item(carom_arg_queue(call, 0), 10, 1);
    return 0;
}

CAROM_TEST_WITH(queue, of_the_parent, .modes = CAROM_TEST_FORK)
{
    carom_process_t *child;

    inherited = make_queue(test, 3);
    put_item(inherited, 10, 1);
    put_item(inherited, 20, 2);
    child = start(test, carom_call(queue_is_the_parent_s, inherited));
    end_child(&child, 0);
    get_item(inherited, 20, 2);
    CAROM_ASSERT_INT(carom_queue_is_closed(inherited), 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(inherited), 2);
    carom_queue_destroy(&inherited);
}

/* ---- crowds ---- */

enum { SIDES = 4, GOODS = 2000, AT_ONCE = 17 };

typedef struct good_t {
    uint32_t producer, number;
    uint64_t check;
} good_t;

static good_t good_of(uint32_t producer, uint32_t number)
{
    good_t good = {producer, number, (uint64_t) number * 0x9E3779B97F4A7C15u + producer};

    return good;
}

static void put_goods(carom_queue_t *queue, uint32_t producer, uint32_t from, uint32_t count)
{
    good_t goods[AT_ONCE];
    size_t put = 0;
    uint32_t i;

    for (i = 0; i < count; i++)
        goods[i] = good_of(producer, from + i);
    CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, goods, sizeof goods[0], count, PATIENCE));
    CAROM_ASSERT_INT(put, count);
}

/* A good, and behind it what makes it as long as its number wants. */
static void put_good(carom_queue_t *queue, uint32_t producer, uint32_t number)
{
    unsigned char bytes[sizeof(good_t) + 300];
    good_t good = good_of(producer, number);
    size_t more = number % 7 ? number % 50 : number % 300;

    memcpy(bytes, &good, sizeof good);
    paint(bytes + sizeof good, more, number);
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, bytes, sizeof good + more, PATIENCE));
}

static void produce(carom_queue_t *queue, uint32_t producer, uint32_t count, int64_t as_arrays)
{
    uint32_t i, some;

    for (i = 0; i < count; i += some) {
        some = !as_arrays ? 1 : count - i < AT_ONCE ? count - i : 1 + i % AT_ONCE;
        if (as_arrays)
            put_goods(queue, producer, i, some);
        else
            put_good(queue, producer, i);
    }
}

CAROM_TASK(queue_produces)
{
    uint32_t producer = (uint32_t) carom_arg_int(call, 1), count = (uint32_t) carom_arg_int(call, 2);

    produce(carom_arg_queue(call, 0), producer, count, carom_arg_int(call, 3));
    return 0;
}

/* What a consumer has got: of each producer how much, and up to which. */
typedef struct basket_t {
    int64_t count, sum, squares, next[SIDES];
} basket_t;

static void lay_into(basket_t *basket, const good_t *good)
{
    good_t wanted = good_of(good->producer, good->number);

    CAROM_ASSERT(good->producer < SIDES && good->check == wanted.check);
    CAROM_ASSERT(basket->next[good->producer] <= good->number);
    basket->next[good->producer] = (int64_t) good->number + 1;
    basket->count++;
    basket->sum += good->number + 1;
    basket->squares += (int64_t) (good->number + 1) * (good->number + 1) * (good->producer + 1);
}

static carom_status_t get_good(basket_t *basket, carom_queue_t *queue)
{
    unsigned char bytes[sizeof(good_t) + 300];
    size_t length;
    good_t good;
    carom_status_t status = carom_queue_get_into(bytes, sizeof bytes, &length, queue, PATIENCE);

    if (status != CAROM_OK)
        return status;
    memcpy(&good, bytes, sizeof good);
    CAROM_ASSERT(is_painted(bytes + sizeof good, length - sizeof good, good.number));
    lay_into(basket, &good);
    return CAROM_OK;
}

static carom_status_t get_goods(basket_t *basket, carom_queue_t *queue)
{
    good_t goods[AT_ONCE];
    size_t got, i;
    carom_status_t status = carom_queue_get_array(goods, sizeof goods[0], AT_ONCE, &got, queue, PATIENCE);

    for (i = 0; i < got; i++)
        lay_into(basket, &goods[i]);
    return status;
}

/* Until the end. */
static basket_t consume(carom_queue_t *queue, int64_t as_arrays)
{
    basket_t basket = {0, 0, 0, {0}};
    carom_status_t status;

    do
        status = as_arrays ? get_goods(&basket, queue) : get_good(&basket, queue);
    while (status == CAROM_OK);
    CAROM_ASSERT_STATUS(status, CAROM_EEOF);
    return basket;
}

CAROM_TASK(queue_consumes)
{
    basket_t basket = consume(carom_arg_queue(call, 0), carom_arg_int(call, 1));

    CAROM_ASSERT_OK(carom_queue_put_bytes(carom_arg_queue(call, 2), &basket, sizeof basket, PATIENCE));
    return 0;
}

/* All producers' goods once each: their number, their sum, the sum of their squares. */
static void expect_all(carom_queue_t *baskets, int64_t each)
{
    basket_t all = {0, 0, 0, {0}}, basket;
    int64_t squares = 0, i;
    size_t length;

    for (i = 0; i < SIDES; i++) {
        CAROM_ASSERT_OK(carom_queue_get_into(&basket, sizeof basket, &length, baskets, PATIENCE));
        CAROM_ASSERT_INT(length, sizeof basket);
        all.count += basket.count;
        all.sum += basket.sum;
        all.squares += basket.squares;
    }
    for (i = 1; i <= each; i++)
        squares += i * i;
    CAROM_ASSERT_INT(all.count, SIDES * each);
    CAROM_ASSERT_INT(all.sum, SIDES * each * (each + 1) / 2);
    CAROM_ASSERT_INT(all.squares, squares * SIDES * (SIDES + 1) / 2);
}

static void let_them_trade(const carom_test_t *test, carom_queue_t *queue, int64_t as_arrays)
{
    carom_queue_t *baskets = make_queue(test, 0);
    carom_process_t *producers[SIDES], *consumers[SIDES];
    int64_t each = for_sanitizers(GOODS, 10);
    int i;

    start_all(consumers, SIDES, test, carom_call(queue_consumes, queue, as_arrays, baskets));
    for (i = 0; i < SIDES; i++)
        producers[i] = start(test, carom_call(queue_produces, queue, i, each, as_arrays));
    end_all(producers, SIDES);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    end_all(consumers, SIDES);
    expect_all(baskets, each);
    expect_state(queue, 0, 0);
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), SIDES * each);
    carom_queue_destroy(&baskets);
}

static const char *const crowds[] = {"1",          "1-arrays",  "2",                "2-arrays",   "100",
                                     "100-arrays", "unbounded", "unbounded-arrays", "4096-bytes", "4096-bytes-arrays",
                                     NULL};

CAROM_TEST_WITH(queue, each_once_and_in_order, .timeout_ms = 60000, .parameters = crowds)
{
    static const uint32_t bounds[] = {1, 2, 100, 0, 0};
    int bound = test->parameter_index / 2;
    carom_queue_t *queue = make_queue_of(test, bounds[bound], bound == 4 ? 4096 : 0);

    let_them_trade(test, queue, test->parameter_index % 2);
    carom_queue_destroy(&queue);
}

/* ---- threads with one handle ---- */

static carom_queue_t *common, *common_baskets;

CAROM_TASK(queue_produces_in_common)
{
    produce(common, (uint32_t) carom_arg_int(call, 0), (uint32_t) carom_arg_int(call, 1), carom_arg_int(call, 0) % 2);
    return 0;
}

CAROM_TASK(queue_consumes_in_common)
{
    basket_t basket = consume(common, 0);

    CAROM_ASSERT_OK(carom_queue_put_bytes(common_baskets, &basket, sizeof basket, PATIENCE));
    return 0;
}

CAROM_TEST_WITH(queue, one_handle_of_many_threads, .modes = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    static const uint32_t bounds[] = {1, 5, 0};
    carom_process_t *producers[SIDES], *consumers[SIDES];
    int64_t each = for_sanitizers(GOODS, 10);
    int i, k;

    for (i = 0; i < 3; i++) {
        common = make_queue(test, bounds[i]);
        common_baskets = make_queue(test, 0);
        start_all(consumers, SIDES, test, carom_call(queue_consumes_in_common));
        for (k = 0; k < SIDES; k++)
            producers[k] = start(test, carom_call(queue_produces_in_common, k, each));
        end_all(producers, SIDES);
        CAROM_ASSERT_OK(carom_queue_close(common));
        end_all(consumers, SIDES);
        expect_all(common_baskets, each);
        carom_queue_destroy(&common);
        carom_queue_destroy(&common_baskets);
    }
}

/* ---- long items and things, in a crowd ---- */

enum { PARCELS = 100 };

static carom_value_t parcel_of(carom_semaphore_t *semaphore, const unsigned char *bytes, size_t length)
{
    carom_value_t list, item = carom_value_from_semaphore(semaphore);

    CAROM_ASSERT_OK(carom_value_list(&list));
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    item = carom_value_borrow_bytes(bytes, length);
    CAROM_ASSERT_OK(carom_value_append(&list, &item));
    return list;
}

/* One of four lies apart, or may. */
CAROM_TASK(queue_sends_parcels)
{
    static const size_t lengths[] = {10, 3000, 20000, 300000};
    unsigned char *bytes = malloc(300000);
    int64_t i, count = carom_arg_int(call, 2);
    carom_value_t parcel;

    CAROM_ASSERT(bytes != NULL);
    for (i = 0; i < count; i++) {
        paint(bytes, lengths[i % 4], (uint32_t) i % 4);
        parcel = parcel_of(carom_arg_semaphore(call, 1), bytes, lengths[i % 4]);
        CAROM_ASSERT_OK(carom_queue_put(carom_arg_queue(call, 0), parcel, PATIENCE));
        carom_value_clear(&parcel);
    }
    free(bytes);
    return 0;
}

static uint32_t item_of(size_t length)
{
    return length < 3000 ? 0 : length < 20000 ? 1 : length < 300000 ? 2 : 3;
}

CAROM_TASK(queue_opens_parcels)
{
    carom_value_t parcel, bytes;
    carom_status_t status;

    while ((status = carom_queue_get(&parcel, carom_arg_queue(call, 0), PATIENCE)) == CAROM_OK) {
        bytes = *carom_value_at(parcel, 1);
        CAROM_ASSERT(is_painted(carom_value_bytes(bytes), carom_value_count(bytes), item_of(carom_value_count(bytes))));
        CAROM_ASSERT_OK(carom_semaphore_release(carom_value_semaphore(*carom_value_at(parcel, 0)), 1));
        carom_value_clear(&parcel);
    }
    CAROM_ASSERT_STATUS(status, CAROM_EEOF);
    return 0;
}

CAROM_TEST_WITH(queue, things_in_a_crowd, .timeout_ms = 60000)
{
    carom_queue_t *queue;
    carom_semaphore_t *opened;
    carom_process_t *senders[SIDES], *openers[SIDES];
    int64_t each = for_sanitizers(PARCELS, 5), before;

    skip_without_shares(test);
    before = objects();
    queue = make_queue_of(test, 0, 4 << 20);
    opened = make_semaphore(test, 0);
    start_all(openers, SIDES, test, carom_call(queue_opens_parcels, queue));
    start_all(senders, SIDES, test, carom_call(queue_sends_parcels, queue, opened, each));
    end_all(senders, SIDES);
    CAROM_ASSERT_OK(carom_queue_close(queue));
    end_all(openers, SIDES);
    CAROM_ASSERT_INT(carom_semaphore_count(opened), SIDES * each);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&opened);
    CAROM_ASSERT(objects() <= before);
}

/* Work comes out the same under signals without end and when some of those who do it are stopped and continued; and who works
 * beside one who is stopped, whatever he has in his hands, waits no longer than he wanted to. */

#include "tests/fault/weather.h"

/* ---- producers and consumers ---- */

enum { SIDES = 2, VICTIM = 0, AT_ONCE = 5, MAY_BE_LATE = 4, DOES_NOT_WAIT_LONGER = 300000 };

typedef struct good_t {
    int64_t producer, number;
} good_t;

/* Of what a trader has put or got; who had to ask again after a timeout, and who was told too late of it. */
typedef struct account_t {
    int64_t count[SIDES], sum[SIDES], next[SIDES];
    int64_t timeouts, late;
} account_t;

/* 1: again. */
static int is_to_repeat(account_t *self, carom_status_t status, carom_duration_t since)
{
    carom_duration_t took = carom_now() - since;

    self->late += took > latest(DOES_NOT_WAIT_LONGER);
    if (status != CAROM_ETIMEOUT)
        return 0;
    CAROM_ASSERT(took >= DOES_NOT_WAIT_LONGER);
    self->timeouts++;
    return 1;
}

static void put_goods(account_t *self, carom_queue_t *queue, const good_t *goods, size_t count)
{
    size_t done = 0, put;
    carom_duration_t before;
    carom_status_t status;

    while (done < count) {
        before = carom_now();
        if (count == 1) {
            status = carom_queue_put_bytes(queue, goods, sizeof *goods, DOES_NOT_WAIT_LONGER);
            put = status == CAROM_OK;
        } else {
            status = carom_queue_put_array(&put, queue, goods + done, sizeof *goods, count - done, DOES_NOT_WAIT_LONGER);
        }
        done += put;
        if (!is_to_repeat(self, status, before))
            CAROM_ASSERT_OK(status);
    }
}

static void produce(account_t *self, carom_queue_t *queue, int64_t producer, const carom_event_t *over)
{
    good_t goods[AT_ONCE];
    size_t count, i;

    while (!carom_event_is_set(over)) {
        count = self->count[producer] % 3 ? 1 : AT_ONCE;
        for (i = 0; i < count; i++) {
            goods[i] = (good_t){producer, self->count[producer]++};
            self->sum[producer] += goods[i].number;
        }
        put_goods(self, queue, goods, count);
    }
}

static void lay_in(account_t *self, const good_t *good)
{
    CAROM_ASSERT(good->producer >= 0 && good->producer < SIDES);
    CAROM_ASSERT(good->number >= self->next[good->producer]);
    self->next[good->producer] = good->number + 1;
    self->count[good->producer]++;
    self->sum[good->producer] += good->number;
}

/* Until the end; by turns one and some. */
static void consume(account_t *self, carom_queue_t *queue)
{
    good_t goods[AT_ONCE];
    size_t got, length, i;
    carom_duration_t before;
    carom_status_t status;
    unsigned turn = 0;

    do {
        before = carom_now();
        if (turn++ % 2) {
            status = carom_queue_get_array(goods, sizeof goods[0], AT_ONCE, &got, queue, DOES_NOT_WAIT_LONGER);
        } else {
            status = carom_queue_get_into(goods, sizeof goods[0], &length, queue, DOES_NOT_WAIT_LONGER);
            got = status == CAROM_OK;
        }
        for (i = 0; i < got; i++)
            lay_in(self, &goods[i]);
    } while (is_to_repeat(self, status, before) || status == CAROM_OK);
    CAROM_ASSERT_STATUS(status, CAROM_EEOF);
}

/* Those below SIDES are producers. */
CAROM_TASK(stops_trades)
{
    carom_queue_t *queue = carom_arg_queue(call, 0), *accounts = carom_arg_queue(call, 1);
    int64_t number = carom_arg_int(call, 3), weather = carom_arg_int(call, 4);
    account_t account;
    hail_t hail;

    memset(&account, 0, sizeof account);
    if (weather == HAIL)
        begin_hail(&hail);
    if (number < SIDES)
        produce(&account, queue, number, carom_arg_event(call, 2));
    else
        consume(&account, queue);
    if (weather == HAIL)
        end_hail(&hail);
    /* Who is stopped meanwhile cannot know how long a call took. */
    if (weather == STOPS && number % SIDES == VICTIM)
        account.late = 0;
    CAROM_ASSERT_OK(carom_queue_put_bytes(accounts, &account, sizeof account, PATIENCE));
    return 0;
}

typedef struct market_t {
    carom_queue_t *queue, *accounts;
    carom_event_t *over;
    carom_process_t *traders[2 * SIDES];
} market_t;

static market_t open_market(const carom_test_t *test, int weather)
{
    market_t self = {make_queue(test, 3), make_queue(test, 0), make_event(test), {NULL}};
    int i;

    for (i = 0; i < 2 * SIDES; i++)
        self.traders[i] = start(test, carom_call(stops_trades, self.queue, self.accounts, self.over, i, weather));
    return self;
}

static void add_account(account_t *to, carom_queue_t *accounts)
{
    account_t one;
    size_t length;
    int i;

    CAROM_ASSERT_OK(carom_queue_get_into(&one, sizeof one, &length, accounts, 0));
    CAROM_ASSERT_INT(length, sizeof one);
    for (i = 0; i < SIDES; i++) {
        to->count[i] += one.count[i];
        to->sum[i] += one.sum[i];
    }
    to->timeouts += one.timeouts;
    to->late += one.late;
}

/* What was put was got. */
static void close_market(market_t *self)
{
    account_t put, got;
    int i;

    memset(&put, 0, sizeof put);
    got = put;
    CAROM_ASSERT_OK(carom_event_set(self->over));
    end_all(self->traders, SIDES);
    CAROM_ASSERT_OK(carom_queue_close(self->queue));
    end_all(self->traders + SIDES, SIDES);
    for (i = 0; i < 2 * SIDES; i++)
        add_account(i < SIDES ? &put : &got, self->accounts);
    for (i = 0; i < SIDES; i++) {
        CAROM_ASSERT_INT(got.count[i], put.count[i]);
        CAROM_ASSERT_INT(got.sum[i], put.sum[i]);
    }
    carom_queue_destroy(&self->queue);
    carom_queue_destroy(&self->accounts);
    carom_event_destroy(&self->over);
    CAROM_NOTE("%lld items; %lld timeouts, %lld calls too late", (long long) (put.count[0] + put.count[1]),
               (long long) (put.timeouts + got.timeouts), (long long) (put.late + got.late));
    CAROM_CHECK(put.late + got.late <= MAY_BE_LATE + put.timeouts + got.timeouts);
}

/* A system's call that a signal ends is no end of ours. */
CAROM_TEST_WITH(weather, trade_in_hail, .set_up = prepare_for_hail, .tear_down = forget_hail)
{
    market_t market;

    skip_without_shares(test);
    market = open_market(test, HAIL);
    nap(600000);
    close_market(&market);
}

/* ---- stopped and continued ---- */

/* One of the producers and one of the consumers; now and then for longer than the others wait. */
CAROM_TEST_WITH(stops, trade_with_those_who_are_stopped, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 60000)
{
    unsigned rounds = rounds_of(300, 10000), i;
    uint64_t lot = test->seed | 1;
    carom_process_t *victim;
    market_t market;

    skip_without_shares(test);
    market = open_market(test, STOPS);
    for (i = 0; i < rounds; i++) {
        victim = market.traders[VICTIM + (by_lot(&lot, 2) ? SIDES : 0)];
        nap((int64_t) by_lot(&lot, 2000));
        stop(victim);
        nap(i % 100 == 50 ? DOES_NOT_WAIT_LONGER + 100000 : (int64_t) by_lot(&lot, 2000));
        go_on(victim);
    }
    close_market(&market);
}

/* ---- stopped with a latch or a lock ---- */

enum { ITEM = 64, ITEMS = 50, LONG_ITEM = 20000, ROUNDS = 300, WAITED_OUT = 12 };

/* Puts some, and gets some; how many more it has put. */
static int64_t put_and_get(carom_queue_t *queue, size_t length)
{
    static unsigned char items[ITEMS * LONG_ITEM];
    size_t put = 0, got = 0, count = length == ITEM ? ITEMS : 3;
    carom_status_t status = carom_queue_put_array(&put, queue, items, length, count, 0);

    CAROM_ASSERT(status == CAROM_OK || status == CAROM_ETIMEOUT);
    status = carom_queue_get_array(items, length, count, &got, queue, 0);
    CAROM_ASSERT(status == CAROM_OK || status == CAROM_ETIMEOUT);
    return (int64_t) put - (int64_t) got;
}

CAROM_TASK(stops_works)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    carom_lock_t *lock = carom_arg_lock(call, 1);
    size_t length = (size_t) carom_arg_int(call, 3);
    int64_t more = 0;

    while (!carom_event_is_set(carom_arg_event(call, 2))) {
        more += put_and_get(queue, length);
        CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
        CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
        CAROM_ASSERT_OK(carom_lock_release(lock));
    }
    return carom_return(call, more);
}

typedef struct stops_t {
    carom_queue_t *queue;
    carom_lock_t *lock;
    size_t length;
    carom_duration_t timeout;
    unsigned timeouts, waited_out, late;
    int64_t more;
} stops_t;

/* 1: done; 0: the time was over. */
static int is_done(stops_t *self, const char *what, carom_status_t status, carom_duration_t since)
{
    carom_duration_t took = carom_now() - since;

    if (took > latest(self->timeout)) {
        CAROM_NOTE("%s: a timeout of %lld us: %s after %lld", what, (long long) self->timeout, carom_status_name(status),
                   (long long) took);
        self->late++;
    }
    if (status == CAROM_ETIMEOUT) {
        CAROM_ASSERT(took >= self->timeout);
        self->timeouts++;
        self->waited_out += self->timeout > 0;
        return 0;
    }
    CAROM_ASSERT_OK(status);
    return 1;
}

/* A busy machine is late now and then; but who waits for something else is late each time. */
static void expect_few_late(const stops_t *self)
{
    CAROM_CHECK(self->late * 2 <= self->timeouts + MAY_BE_LATE);
}

static void work_beside(stops_t *self)
{
    unsigned char item[LONG_ITEM];
    carom_duration_t before = carom_now();
    size_t length;

    memset(item, 7, sizeof item);
    self->more += is_done(self, "put", carom_queue_put_bytes(self->queue, item, self->length, self->timeout), before);
    before = carom_now();
    self->more -= is_done(self, "get", carom_queue_get_into(item, sizeof item, &length, self->queue, self->timeout), before);
    before = carom_now();
    if (is_done(self, "lock", carom_lock_acquire(self->lock, self->timeout), before))
        CAROM_ASSERT_OK(carom_lock_release(self->lock));
}

static void stop_at_work(stops_t *self, carom_process_t *worker, uint64_t lot)
{
    static const carom_duration_t timeouts[] = {0, 30000, 300000, 300000};
    unsigned rounds = rounds_of(ROUNDS, 10000), i;

    for (i = 0; i < rounds && self->waited_out < WAITED_OUT * rounds / ROUNDS; i++) {
        nap((int64_t) by_lot(&lot, 1500));
        stop(worker);
        self->timeout = timeouts[i % 4];
        work_beside(self);
        go_on(worker);
    }
    CAROM_NOTE("%u rounds, %u times it had the latch or the lock", i, self->waited_out);
}

static const char *const lengths[] = {"short", "long", NULL};

CAROM_TEST_WITH(stops, beside_one_who_is_stopped, .modes = CAROM_TEST_PROCESSES, .parameters = lengths, .timeout_ms = 60000)
{
    stops_t self = {make_queue(test, 8 * ITEMS), make_lock(test), test->parameter_index == 0 ? ITEM : LONG_ITEM, 0, 0, 0, 0, 0};
    carom_event_t *over = make_event(test);
    carom_process_t *worker;
    carom_value_t more;
    uint32_t i;

    for (i = 0; i < 2 * ITEMS; i++)
        put_item(self.queue, self.length, i);
    worker = start(test, carom_call(stops_works, self.queue, self.lock, over, (int64_t) self.length));
    stop_at_work(&self, worker, test->seed | 1);
    CAROM_ASSERT_OK(carom_event_set(over));
    CAROM_ASSERT_OK(carom_process_join(worker, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&more, worker));
    CAROM_ASSERT_INT(carom_queue_size(self.queue), 2 * ITEMS + self.more + carom_value_int(more));
    expect_few_late(&self);
    end_child(&worker, 0);
    carom_queue_destroy(&self.queue);
    carom_lock_destroy(&self.lock);
    carom_event_destroy(&over);
}

/* ---- stopped with the lock of what they share ---- */

enum { APART = 300000 };

CAROM_TASK(stops_makes)
{
    carom_event_t *event;

    while (!carom_event_is_set(carom_arg_event(call, 0))) {
        CAROM_ASSERT_OK(carom_event_create(&event, NULL));
        carom_event_destroy(&event);
    }
    return 0;
}

/* What lies apart, and what has a lock in it. */
static void put_beside(stops_t *self, const unsigned char *bytes)
{
    carom_duration_t before = carom_now();

    (void) is_done(self, "put_bytes", carom_queue_put_bytes(self->queue, bytes, APART, self->timeout), before);
    before = carom_now();
    (void) is_done(self, "put", carom_queue_put(self->queue, carom_value_from_lock(self->lock), self->timeout), before);
}

/* The worker goes on again. */
static void empty_it(carom_queue_t *queue)
{
    carom_value_t value;

    while (carom_queue_size(queue) > 0) {
        CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
        carom_value_clear(&value);
    }
}

CAROM_TEST_WITH(stops, beside_one_who_makes_things, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 60000)
{
    static const carom_duration_t timeouts[] = {0, 30000, 300000};
    static unsigned char bytes[APART];
    stops_t self = {make_queue(test, 0), make_lock(test), APART, 0, 0, 0, 0, 0};
    carom_event_t *over = make_event(test);
    carom_process_t *worker = start(test, carom_call(stops_makes, over));
    uint64_t lot = test->seed | 1;
    unsigned rounds = rounds_of(30, 1000), i;

    for (i = 0; i < rounds && self.waited_out < WAITED_OUT * rounds / 30; i++) {
        nap((int64_t) by_lot(&lot, 1500));
        stop(worker);
        self.timeout = timeouts[i % 3];
        put_beside(&self, bytes);
        go_on(worker);
        empty_it(self.queue);
    }
    CAROM_NOTE("%u rounds, %u times it had the lock of what they share", i, self.waited_out);
    CAROM_ASSERT_OK(carom_event_set(over));
    expect_few_late(&self);
    end_child(&worker, 0);
    carom_queue_destroy(&self.queue);
    carom_lock_destroy(&self.lock);
    carom_event_destroy(&over);
}

/* ---- stopped while it sleeps: what wakes it is not for it alone ---- */

enum { GIFT, QUEUE, GIVEN, ASK, HERE, DONE, NIGHT, NIGHTS };

static carom_status_t put_small(carom_queue_t *queue, carom_duration_t timeout)
{
    return carom_queue_put_bytes(queue, "x", 1, timeout);
}

static carom_status_t get_small(carom_queue_t *queue, carom_duration_t timeout)
{
    char item;
    size_t length;

    return carom_queue_get_into(&item, 1, &length, queue, timeout);
}

static carom_status_t take(int64_t gift, carom_queue_t *queue, carom_semaphore_t *given, carom_duration_t timeout)
{
    return gift == 0 ? get_small(queue, timeout) : gift == 1 ? put_small(queue, timeout) :
                                                               carom_semaphore_acquire(given, timeout);
}

static carom_status_t give(int64_t gift, carom_queue_t *queue, carom_semaphore_t *given)
{
    return gift == 0 ? put_small(queue, 0) : gift == 1 ? get_small(queue, 0) : carom_semaphore_release(given, 1);
}

/* Sleeps first, and is stopped. */
CAROM_TASK(stops_sleeps)
{
    int64_t nights = carom_arg_int(call, NIGHTS);

    for (; nights > 0; nights--) {
        /* Not before the other one has what was for him. */
        CAROM_ASSERT_OK(carom_semaphore_acquire(carom_arg_semaphore(call, NIGHT), PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, HERE), 1));
        CAROM_ASSERT_OK(take(carom_arg_int(call, GIFT), carom_arg_queue(call, QUEUE), carom_arg_semaphore(call, GIVEN),
                             PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, DONE), 1));
    }
    return 0;
}

/* When the others have been asleep for a while. */
CAROM_TASK(stops_gives)
{
    int64_t times = 2 * carom_arg_int(call, NIGHTS), i;

    for (i = 0; i < times; i++) {
        CAROM_ASSERT_OK(carom_semaphore_acquire(carom_arg_semaphore(call, ASK), PATIENCE));
        nap(1000 + i % 7 * 500);
        CAROM_ASSERT_OK(give(carom_arg_int(call, GIFT), carom_arg_queue(call, QUEUE), carom_arg_semaphore(call, GIVEN)));
    }
    return 0;
}

static const char *const gifts[] = {"get", "put", "semaphore", NULL};

CAROM_TEST_WITH(stops, beside_one_who_is_stopped_asleep, .modes = CAROM_TEST_PROCESSES, .parameters = gifts)
{
    carom_queue_t *queue = make_queue(test, 1);
    carom_semaphore_t *given = make_semaphore(test, 0), *ask = make_semaphore(test, 0), *here = make_semaphore(test, 0);
    carom_semaphore_t *done = make_semaphore(test, 0), *night = make_semaphore(test, 0);
    int nights = (int) rounds_of(20, 500), faster = 0, late = 0, i, gift = test->parameter_index;
    uint64_t lot = test->seed | 1;
    carom_process_t *sleeper, *giver;
    carom_duration_t before;
    carom_status_t status;

    if (gift == 1)
        CAROM_ASSERT_OK(put_small(queue, 0));
    sleeper = start(test, carom_call(stops_sleeps, gift, queue, given, ask, here, done, night, nights));
    giver = start(test, carom_call(stops_gives, gift, queue, given, ask, here, done, night, nights));
    for (i = 0; i < nights; i++) {
        CAROM_ASSERT_OK(carom_semaphore_release(night, 1));
        hear(here, 1);
        nap((int64_t) by_lot(&lot, 2000));
        stop(sleeper);
        before = carom_now();
        CAROM_ASSERT_OK(carom_semaphore_release(ask, 1));
        status = take(gift, queue, given, DOES_NOT_WAIT_LONGER);
        late += carom_now() - before > latest(DOES_NOT_WAIT_LONGER);
        go_on(sleeper);
        CAROM_ASSERT_OK(carom_semaphore_release(ask, 1));
        /* It can have been stopped only when it had been given it. */
        if (status == CAROM_ETIMEOUT)
            faster++, status = take(gift, queue, given, PATIENCE);
        CAROM_ASSERT_OK(status);
        hear(done, 1);
    }
    end_child(&sleeper, 0);
    end_child(&giver, 0);
    CAROM_CHECK(faster <= MAY_BE_LATE && late <= MAY_BE_LATE);
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&given);
    carom_semaphore_destroy(&ask);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&done);
    carom_semaphore_destroy(&night);
}


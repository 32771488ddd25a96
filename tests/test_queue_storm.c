/* SIGKILL of those who put into a queue and get out of it: nobody waits for the dead, and of what was put nothing is lost, torn
 * or had twice, but for what a dead consumer had in his hands. */

#include "storms.h"

#include <stdatomic.h>
#include <stdio.h>

static carom_queue_t *make_queue(const carom_test_t *test, uint32_t items, uint64_t bytes)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue;

    skip_without_shares(test);
    options.bytes = bytes;
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, items, &options));
    return queue;
}

/* ---- the ledger: what everybody knows of each item, in memory that outlives who is killed ---- */

enum { CREW = 4, ARRAY = 10, A_ROUND = 2048 };

/* An item is a ticket, taken one after the other by all producers.  PUT: the call has returned. */
enum { BEGUN = 1, PUT = 2, GOT = 4 };

typedef _Atomic uint8_t cell_t;

/* What a life is doing that others lose by its end: items, at most. */
typedef struct ledger_t {
    _Atomic uint64_t next, allowed;    /* tickets */
    _Atomic uint64_t delivered;
    uint64_t cells, lives;
    _Atomic uint8_t hands[];           /* of each life; then come the cells */
} ledger_t;

static cell_t *cell_of(ledger_t *ledger, uint64_t ticket)
{
    CAROM_ASSERT(ticket < ledger->cells);
    return (cell_t *) ledger->hands + ledger->lives + ticket;
}

static carom_shared_memory_t *make_ledger(unsigned rounds)
{
    uint64_t lives = rounds + 2 * CREW, cells = ((uint64_t) rounds + 4) * A_ROUND;
    carom_shared_memory_t *memory;
    ledger_t *ledger;

    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, sizeof *ledger + lives + cells * sizeof(cell_t), NULL));
    ledger = carom_shared_memory_address(memory);
    ledger->cells = cells;
    ledger->lives = lives;
    atomic_store(&ledger->allowed, A_ROUND);
    return memory;
}

static ledger_t *open_ledger(carom_shared_memory_t **memory, const char *name)
{
    CAROM_ASSERT_OK(carom_shared_memory_attach(memory, name, sizeof(ledger_t)));
    return carom_shared_memory_address(*memory);
}

static void end_ledger(carom_shared_memory_t **memory)
{
    CAROM_ASSERT_OK(carom_shared_memory_unlink(*memory));
    carom_shared_memory_close(memory);
}

/* ---- items ---- */

/* Who has put it, in which order; the rest follows from these. */
typedef struct item_t {
    uint64_t ticket;
    uint32_t life, order;
    uint64_t length;
} item_t;

enum { ELEMENT = 64, LONGEST = 300000, NOISE = 509 };

static const unsigned char *noise_at(uint64_t ticket)
{
    static unsigned char noise[LONGEST + NOISE];
    uint64_t lot = 1;
    size_t i;

    for (i = 0; noise[0] == 0 && i < sizeof noise; i++)
        noise[sizeof noise - 1 - i] = (unsigned char) (draw(&lot) % 255 + 1);
    return noise + ticket % NOISE;
}

static unsigned lot_of(uint64_t ticket)
{
    uint64_t lot = ticket * 0x9E3779B97F4A7C15u + 1;

    draw(&lot);
    return draw(&lot);
}

/* Most are short, few lie apart; none is as long as an element of an array. */
static size_t length_of(uint64_t ticket)
{
    unsigned lot = lot_of(ticket), length = lot / 100;

    if (lot % 100 == 0)
        return LONGEST - length % 20000;
    if (lot % 100 < 6)
        return 16384 + length % 20000;
    return ELEMENT + 1 + length % (lot % 100 < 30 ? 4000 : 300);
}

static void write_item(unsigned char *to, uint64_t ticket, uint32_t life, uint32_t order, size_t length)
{
    item_t item = {ticket, life, order, length};

    memcpy(to, noise_at(ticket), length);
    memcpy(to, &item, sizeof item);
}

/* ---- producers ---- */

typedef struct maker_t {
    ledger_t *ledger;
    carom_queue_t *queue;
    carom_lock_t *lock;
    uint32_t life, order;
    unsigned char bytes[LONGEST];
} maker_t;

static void note_put(maker_t *maker, uint64_t ticket, size_t count, uint8_t what)
{
    size_t i;

    for (i = 0; i < count; i++)
        atomic_fetch_or(cell_of(maker->ledger, ticket + i), what);
}

static void put_bytes(maker_t *maker, uint64_t ticket, size_t length)
{
    CAROM_ASSERT_OK(carom_queue_put_bytes(maker->queue, maker->bytes, length, PATIENCE));
    note_put(maker, ticket, 1, PUT);
}

static void put_value(maker_t *maker, uint64_t ticket, size_t length)
{
    carom_value_t list, bytes = carom_value_borrow_bytes(maker->bytes, length), lock = carom_value_from_lock(maker->lock);

    CAROM_ASSERT_OK(carom_value_list(&list));
    CAROM_ASSERT_OK(carom_value_append(&list, &bytes));
    CAROM_ASSERT_OK(carom_value_append(&list, &lock));
    CAROM_ASSERT_OK(carom_queue_put(maker->queue, list, PATIENCE));
    note_put(maker, ticket, 1, PUT);
    carom_value_clear(&list);
}

static void put_array(maker_t *maker, uint64_t ticket)
{
    size_t put, i;

    for (i = 0; i < ARRAY; i++)
        write_item(maker->bytes + i * ELEMENT, ticket + i, maker->life, maker->order++, ELEMENT);
    CAROM_ASSERT_OK(carom_queue_put_array(&put, maker->queue, maker->bytes, ELEMENT, ARRAY, PATIENCE));
    CAROM_ASSERT_INT(put, ARRAY);
    note_put(maker, ticket, ARRAY, PUT);
}

static void put_some(maker_t *maker, unsigned lot)
{
    size_t count = lot % 8 == 0 ? ARRAY : 1, length;
    uint64_t ticket = atomic_fetch_add(&maker->ledger->next, count);

    note_put(maker, ticket, count, BEGUN);
    if (count > 1) {
        put_array(maker, ticket);
        return;
    }
    length = length_of(ticket);
    write_item(maker->bytes, ticket, maker->life, maker->order++, length);
    (lot % 8 < 3 ? put_value : put_bytes)(maker, ticket, length);
}

CAROM_TASK(storm_puts)
{
    static maker_t maker;
    carom_event_t *over = carom_arg_event(call, 2);
    carom_shared_memory_t *memory;
    uint64_t lot;

    maker.queue = carom_arg_queue(call, 0);
    maker.lock = carom_arg_lock(call, 1);
    maker.ledger = open_ledger(&memory, carom_arg_text(call, 3));
    maker.life = (uint32_t) carom_arg_int(call, 4);
    lot = maker.life + 1;
    while (!carom_event_is_set(over))
        if (atomic_load(&maker.ledger->next) + 2 * CREW * ARRAY < atomic_load(&maker.ledger->allowed))
            put_some(&maker, draw(&lot));
        else
            nap(200);
    carom_shared_memory_close(&memory);
    return 0;
}

/* ---- consumers ---- */

enum { LIVES_MOST = 20000 };

typedef struct taker_t {
    ledger_t *ledger;
    carom_queue_t *queue;
    uint32_t life;
    uint32_t orders[LIVES_MOST];       /* what comes next of each producer, at least */
} taker_t;

static void check_item(taker_t *taker, const unsigned char *bytes, size_t length)
{
    unsigned before;
    item_t item;

    CAROM_ASSERT(length >= sizeof item);
    memcpy(&item, bytes, sizeof item);
    CAROM_ASSERT_INT(item.length, length);
    CAROM_ASSERT(item.ticket < taker->ledger->cells && item.life < LIVES_MOST);
    CAROM_ASSERT(memcmp(bytes + sizeof item, noise_at(item.ticket) + sizeof item, length - sizeof item) == 0);
    CAROM_ASSERT(item.order >= taker->orders[item.life]);
    taker->orders[item.life] = item.order + 1;
    before = atomic_fetch_or(cell_of(taker->ledger, item.ticket), GOT);
    CAROM_ASSERT((before & BEGUN) && !(before & GOT));
    atomic_fetch_add(&taker->ledger->delivered, 1);
}

static void check_value(taker_t *taker, carom_value_t value)
{
    carom_value_t bytes = value;
    carom_lock_t *lock;

    if (carom_value_type(value) != CAROM_BYTES) {
        CAROM_ASSERT_INT(carom_value_count(value), 2);
        bytes = *carom_value_at(value, 0);
        lock = carom_value_lock(*carom_value_at(value, 1));
        CAROM_ASSERT(lock != NULL && !carom_lock_is_locked(lock));
    }
    check_item(taker, carom_value_bytes(bytes), carom_value_count(bytes));
}

static void hold(taker_t *taker, uint8_t items)
{
    atomic_store(&taker->ledger->hands[taker->life], items);
}

static carom_status_t get_array(taker_t *taker)
{
    unsigned char items[ARRAY][ELEMENT];
    carom_status_t status;
    size_t got, i;

    hold(taker, ARRAY);
    status = carom_queue_get_array(items, ELEMENT, ARRAY, &got, taker->queue, PATIENCE);
    for (i = 0; i < got; i++)
        check_item(taker, items[i], ELEMENT);
    return status;
}

static carom_status_t get_bytes(taker_t *taker)
{
    size_t length;
    void *bytes;
    carom_status_t status;

    hold(taker, 1);
    status = carom_queue_get_bytes(&bytes, &length, taker->queue, 0, PATIENCE);
    if (status == CAROM_OK)
        check_item(taker, bytes, length);
    carom_free(bytes);
    return status;
}

static carom_status_t get_value(taker_t *taker)
{
    carom_value_t value;
    carom_status_t status;

    hold(taker, 1);
    status = carom_queue_get(&value, taker->queue, PATIENCE);
    if (status == CAROM_OK)
        check_value(taker, value);
    carom_value_clear(&value);
    return status;
}

/* Until the queue is closed and empty. */
CAROM_TASK(storm_gets)
{
    static carom_status_t (*const ways[])(taker_t *taker) = {get_array, get_bytes, get_value};
    static taker_t taker;
    carom_shared_memory_t *memory;
    carom_status_t status = CAROM_OK;
    uint64_t lot;

    taker.queue = carom_arg_queue(call, 0);
    taker.ledger = open_ledger(&memory, carom_arg_text(call, 1));
    taker.life = (uint32_t) carom_arg_int(call, 2);
    lot = taker.life + 1;
    while (status == CAROM_OK) {
        status = ways[draw(&lot) % 3](&taker);
        if (status == CAROM_ETYPE)
            status = get_value(&taker);
        hold(&taker, 0);
    }
    CAROM_ASSERT_STATUS(status, CAROM_EEOF);
    carom_shared_memory_close(&memory);
    return 0;
}

/* ---- the storm ---- */

typedef struct storm_t {
    const carom_test_t *test;
    carom_queue_t *queue;
    carom_lock_t *lock;
    carom_event_t *over;
    carom_shared_memory_t *memory;
    ledger_t *ledger;
    carom_process_t *crew[2 * CREW];   /* producers, then consumers */
    uint32_t lives[2 * CREW], next_life;
    uint64_t in_hands;                 /* that may be gone with the dead */
    unsigned late;
    carom_duration_t worst;
} storm_t;

static void start_one(storm_t *storm, unsigned i)
{
    const char *name = carom_shared_memory_name(storm->memory);
    int64_t life = storm->next_life++;

    storm->lives[i] = (uint32_t) life;
    storm->crew[i] = i < CREW ? start(storm->test, carom_call(storm_puts, storm->queue, storm->lock, storm->over, name, life))
                              : start(storm->test, carom_call(storm_gets, storm->queue, name, life));
}

static void begin(storm_t *storm, const carom_test_t *test, unsigned rounds)
{
    unsigned i;

    memset(storm, 0, sizeof *storm);
    storm->test = test;
    storm->queue = make_queue(test, 100, 2 << 20);
    storm->lock = make_lock(test);
    storm->over = make_event(test);
    storm->memory = make_ledger(rounds);
    storm->ledger = carom_shared_memory_address(storm->memory);
    for (i = 0; i < 2 * CREW; i++)
        start_one(storm, i);
}

/* Something comes out of it again. */
static void see_a_delivery(const storm_t *storm)
{
    uint64_t before = atomic_load(&storm->ledger->delivered);
    carom_duration_t deadline = carom_now() + PATIENCE;

    while (atomic_load(&storm->ledger->delivered) == before && carom_now() < deadline)
        nap(20);
    CAROM_ASSERT(atomic_load(&storm->ledger->delivered) != before);
}

/* Joined before another comes in its place, or not. */
static void kill_one(storm_t *storm, unsigned i, uint64_t *lot)
{
    carom_duration_t since = carom_now(), took;

    CAROM_ASSERT_OK(carom_process_kill(storm->crew[i]));
    atomic_fetch_add(&storm->ledger->allowed, A_ROUND);
    see_a_delivery(storm);
    took = carom_now() - since;
    storm->worst = took > storm->worst ? took : storm->worst;
    storm->late += is_late(took);
    if (draw(lot) % 2)
        end_child(&storm->crew[i], -9);
    else
        CAROM_ASSERT_OK(carom_process_destroy(&storm->crew[i]));
    /* A producer's are empty. */
    storm->in_hands += atomic_load(&storm->ledger->hands[storm->lives[i]]);
    start_one(storm, i);
}

/* All that was put has been got, but for what the dead had in their hands; that nothing was twice they have seen who got it. */
static void settle(storm_t *storm)
{
    uint64_t count = atomic_load(&storm->ledger->next), lost = 0, unsaid = 0, ticket;

    for (ticket = 0; ticket < count; ticket++) {
        unsigned cell = atomic_load(cell_of(storm->ledger, ticket));

        lost += cell == (BEGUN | PUT);
        unsaid += cell == (BEGUN | GOT);
    }
    CAROM_NOTE("%llu items; %llu went with dead consumers, which may have had %llu; %llu of dead producers came",
               (unsigned long long) count, (unsigned long long) lost, (unsigned long long) storm->in_hands,
               (unsigned long long) unsaid);
    CAROM_ASSERT(lost <= storm->in_hands);
    CAROM_ASSERT_INT(carom_queue_size(storm->queue), 0);
}

static void end(storm_t *storm)
{
    CAROM_ASSERT_OK(carom_event_set(storm->over));
    end_all(storm->crew, CREW);
    CAROM_ASSERT_OK(carom_queue_close(storm->queue));
    end_all(storm->crew + CREW, CREW);
    settle(storm);
    carom_queue_destroy(&storm->queue);
    carom_lock_destroy(&storm->lock);
    carom_event_destroy(&storm->over);
    end_ledger(&storm->memory);
}

/* Of the crew so many, from the first one on. */
static void storm_on(const carom_test_t *test, unsigned first, unsigned many)
{
    unsigned rounds = for_starts(rounds_of(200, 10000), test->mode), i;
    uint64_t lot = test->seed | 1;
    int64_t before;
    storm_t storm;

    skip_without_shares(test);
    before = objects();
    begin(&storm, test, rounds);
    for (i = 0; i < rounds; i++) {
        nap(draw(&lot) % 2000);
        kill_one(&storm, first + draw(&lot) % many, &lot);
    }
    end(&storm);
    CAROM_ASSERT_INT(objects(), before);
    CAROM_NOTE("%u kills; somebody went on %lld us later at the latest", rounds, (long long) storm.worst);
    CAROM_ASSERT(storm.worst < in_time(LATEST));
    CAROM_ASSERT(storm.late * 20 <= rounds + 20);
}

CAROM_TEST_WITH(queue_storm, on_all, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    storm_on(test, 0, 2 * CREW);
}

/* Nothing at all is lost. */
CAROM_TEST_WITH(queue_storm, on_producers, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    storm_on(test, 0, CREW);
}

CAROM_TEST_WITH(queue_storm, on_consumers, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    storm_on(test, CREW, CREW);
}

/* ---- what the dead hold in the arena ---- */

/* Without end, and with a lock each. */
CAROM_TASK(storm_puts_locks)
{
    carom_queue_t *queue = carom_arg_queue(call, 0);
    carom_value_t lock = carom_value_from_lock(carom_arg_lock(call, 1));

    while (!carom_queue_is_closed(queue))
        CAROM_ASSERT_OK(carom_queue_put(queue, lock, PATIENCE));
    return 0;
}

static void get_locks(carom_queue_t *queue, unsigned count)
{
    carom_value_t value;

    while (count-- > 0) {
        CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
        CAROM_ASSERT(carom_value_lock(value) != NULL);
        carom_value_clear(&value);
    }
}

/* Some of it is made with the first of them. */
CAROM_TEST_WITH(queue_storm, the_arena_stays_flat, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    enum { A_LIFE = 200, FLAT = 256 << 10 };
    unsigned lives = for_starts(rounds_of(50, 5000), test->mode), i;
    carom_queue_t *queue = make_queue(test, 50, 0);
    int64_t before = objects();
    carom_lock_t *lock = make_lock(test);
    carom_arena_usage_t first = {0, 0}, last = {0, 0};
    carom_process_t *child;

    for (i = 0; i < lives; i++) {
        child = start(test, carom_call(storm_puts_locks, queue, lock));
        get_locks(queue, A_LIFE);
        CAROM_ASSERT_OK(carom_process_kill(child));
        end_child(&child, -9);
        get_locks(queue, carom_queue_size(queue));
        carom_arena_usage(&last);
        if (i == 0)
            first = last;
    }
    CAROM_NOTE("%u bytes more after %u items", (unsigned) (last.bytes - first.bytes), lives * A_LIFE);
    CAROM_ASSERT(last.bytes < first.bytes + FLAT);
    carom_lock_destroy(&lock);
    /* A ring may have come, and nobody holds the lock. */
    CAROM_ASSERT(objects() - before <= 1);
    carom_queue_destroy(&queue);
}

/* ---- who waits when another one is killed ---- */

CAROM_TASK(storm_gets_one)
{
    carom_semaphore_t *here = carom_arg_semaphore(call, 1);
    size_t length;

    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    CAROM_ASSERT_OK(carom_queue_get_into(NULL, 0, &length, carom_arg_queue(call, 0), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    return 0;
}

CAROM_TASK(storm_puts_one)
{
    carom_semaphore_t *here = carom_arg_semaphore(call, 1);

    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    CAROM_ASSERT_OK(carom_queue_put_bytes(carom_arg_queue(call, 0), NULL, 0, PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    return 0;
}

/* Whoever it is that is killed: what comes is for those who live, and soon. */
static void kill_waiters(const carom_test_t *test, int full)
{
    carom_queue_t *queue = make_queue(test, 1, 0);
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_process_t *children[3];
    carom_duration_t before;
    size_t length;
    int left, i;

    if (full)
        CAROM_ASSERT_OK(carom_queue_put_bytes(queue, NULL, 0, 0));
    for (left = 0; left < 3; left++) {
        start_all(children, 3, test, full ? carom_call(storm_puts_one, queue, here) : carom_call(storm_gets_one, queue, here));
        hear(here, 3);
        hear_nothing(here);
        for (i = 0; i < 3; i++)
            if (i != left)
                CAROM_ASSERT_OK(carom_process_kill(children[i]));
        for (i = 0; i < 3; i++)
            if (i != left)
                end_child(&children[i], -9);
        hear_nothing(here);
        before = carom_now();
        CAROM_ASSERT_OK(full ? carom_queue_get_into(NULL, 0, &length, queue, 0) : carom_queue_put_bytes(queue, NULL, 0, 0));
        hear(here, 1);
        CAROM_CHECK(carom_now() - before < in_time(2 * SOON));
        end_child(&children[left], 0);
        CAROM_ASSERT_INT(carom_queue_size(queue), (uint32_t) full);
    }
    carom_queue_destroy(&queue);
    carom_semaphore_destroy(&here);
}

CAROM_TEST_WITH(queue_storm, who_waits_for_an_item, .modes = CAROM_TEST_PROCESSES)
{
    kill_waiters(test, 0);
}

CAROM_TEST_WITH(queue_storm, who_waits_for_room, .modes = CAROM_TEST_PROCESSES)
{
    kill_waiters(test, 1);
}

/* ---- join ---- */

/* Has an item, says so, and stays. */
CAROM_TASK(storm_keeps_one)
{
    size_t length;

    CAROM_ASSERT_OK(carom_queue_get_into(NULL, 0, &length, carom_arg_queue(call, 0), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_event_wait(carom_arg_event(call, 2), CAROM_FOREVER) != CAROM_OK;
}

typedef struct keeper_t {
    carom_queue_t *queue;
    carom_semaphore_t *here;
    carom_event_t *never;
    carom_process_t *child;
} keeper_t;

static keeper_t make_keeper(const carom_test_t *test)
{
    keeper_t self = {make_queue(test, 0, 0), make_semaphore(test, 0), make_event(test), NULL};

    CAROM_ASSERT_OK(carom_queue_put_bytes(self.queue, NULL, 0, 0));
    self.child = start(test, carom_call(storm_keeps_one, self.queue, self.here, self.never));
    hear(self.here, 1);
    return self;
}

/* Once, until the next death. */
static void end_keeper(keeper_t *self)
{
    CAROM_ASSERT_STATUS(carom_queue_join(self->queue, carom_milliseconds(30)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(carom_queue_unfinished(self->queue), 1);
    CAROM_ASSERT_OK(carom_queue_task_done(self->queue, 1));
    CAROM_ASSERT_OK(carom_queue_join(self->queue, 0));
    carom_queue_destroy(&self->queue);
    carom_semaphore_destroy(&self->here);
    carom_event_destroy(&self->never);
}

CAROM_TEST_WITH(queue_storm, join_long_after_a_death, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);

    CAROM_ASSERT_STATUS(carom_queue_join(self.queue, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_kill(self.child));
    end_child(&self.child, -9);
    CAROM_ASSERT_STATUS(carom_queue_join(self.queue, PATIENCE), CAROM_EDIED);
    end_keeper(&self);
}

/* Nobody has joined it. */
CAROM_TEST_WITH(queue_storm, join_after_a_death, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);
    carom_duration_t before;

    CAROM_ASSERT_OK(carom_process_kill(self.child));
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_queue_join(self.queue, carom_seconds(2)), CAROM_EDIED);
    CAROM_CHECK(carom_now() - before < in_time(2 * SOON));
    end_child(&self.child, -9);
    end_keeper(&self);
}

CAROM_TASK(storm_joins)
{
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_return(call, carom_queue_join(carom_arg_queue(call, 0), PATIENCE));
}

/* Waiting, in a process that did not start it. */
CAROM_TEST_WITH(queue_storm, join_during_a_death, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);
    carom_process_t *joiner = start(test, carom_call(storm_joins, self.queue, self.here));
    carom_duration_t before;

    hear(self.here, 1);
    hear_nothing(self.here);
    before = carom_now();
    CAROM_ASSERT_OK(carom_process_kill(self.child));
    end_with(&joiner, CAROM_EDIED);
    CAROM_CHECK(carom_now() - before < in_time(5 * SOON));
    end_child(&self.child, -9);
    end_keeper(&self);
}

/* Who returns from its entry has not died of it. */
CAROM_TEST_WITH(queue_storm, no_death, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);

    CAROM_ASSERT_OK(carom_event_set(self.never));
    end_child(&self.child, 0);
    end_keeper(&self);
}

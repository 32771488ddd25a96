/* SIGKILL of those who own locks, or wait: the next owner is told in time, and nobody waits for the dead. */

#include "storms.h"

static void kill_it(carom_process_t **child)
{
    CAROM_ASSERT_OK(carom_process_kill(*child));
    end_child(child, -9);
}

static void expect_soon(carom_duration_t since)
{
    CAROM_ASSERT(carom_now() - since < in_time(SOON));
}

/* ---- locks ---- */

/* Has it, says so, and stays. */
CAROM_TASK(owner_keeps)
{
    carom_event_t *never = carom_arg_event(call, 2);

    CAROM_ASSERT_OK(carom_lock_acquire(carom_arg_lock(call, 0), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    return carom_event_wait(never, CAROM_FOREVER) != CAROM_OK;
}

typedef struct keeper_t {
    carom_lock_t *lock;
    carom_semaphore_t *here;
    carom_event_t *never;
    carom_process_t *child;
} keeper_t;

static keeper_t make_keeper(const carom_test_t *test)
{
    keeper_t self = {make_lock(test), make_semaphore(test, 0), make_event(test), NULL};

    self.child = start(test, carom_call(owner_keeps, self.lock, self.here, self.never));
    hear(self.here, 1);
    return self;
}

static void end_keeper(keeper_t *self)
{
    carom_lock_destroy(&self->lock);
    carom_semaphore_destroy(&self->here);
    carom_event_destroy(&self->never);
}

static void recover(carom_lock_t *lock)
{
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, 0), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_recover(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_release(lock));
}

/* Nobody has joined it. */
CAROM_TEST_WITH(owners, who_comes_when_one_was_killed, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);
    carom_duration_t before;

    CAROM_ASSERT_STATUS(carom_lock_acquire(self.lock, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_kill(self.child));
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_lock_acquire(self.lock, PATIENCE), CAROM_EOWNERDEAD);
    expect_soon(before);
    end_child(&self.child, -9);
    recover(self.lock);
    end_keeper(&self);
}

CAROM_TEST_WITH(owners, who_comes_long_after_one_was_killed, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);
    carom_lock_owner_t owner;

    kill_it(&self.child);
    CAROM_ASSERT_INT(carom_lock_is_locked(self.lock), 1);
    CAROM_ASSERT_OK(carom_lock_owner(&owner, self.lock));
    CAROM_ASSERT(owner.pid == 0 && owner.depth == 0 && !owner.is_self);
    CAROM_ASSERT_STATUS(carom_lock_acquire(self.lock, 0), CAROM_EOWNERDEAD);
    recover(self.lock);
    end_keeper(&self);
}

/* Says what it was told, and gives it on. */
CAROM_TASK(owner_succeeds)
{
    carom_lock_t *lock = carom_arg_lock(call, 0);
    carom_status_t status;

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    status = carom_lock_acquire(lock, PATIENCE);
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    return carom_return(call, status);
}

/* All of them are told, since none says that all is well. */
CAROM_TEST_WITH(owners, who_waits_when_one_is_killed, .modes = CAROM_TEST_PROCESSES)
{
    keeper_t self = make_keeper(test);
    carom_process_t *children[3];
    carom_duration_t before;
    int i;

    start_all(children, 3, test, carom_call(owner_succeeds, self.lock, self.here));
    hear(self.here, 3);
    hear_nothing(self.here);
    before = carom_now();
    CAROM_ASSERT_OK(carom_process_kill(self.child));
    hear(self.here, 1);
    expect_soon(before);
    for (i = 0; i < 3; i++)
        end_with(&children[i], CAROM_EOWNERDEAD);
    end_child(&self.child, -9);
    CAROM_ASSERT_STATUS(carom_lock_acquire(self.lock, 0), CAROM_EOWNERDEAD);
    recover(self.lock);
    end_keeper(&self);
}

/* ---- who waits is killed ---- */

CAROM_TASK(owner_waits_at_a_condition)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);

    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(condition), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_OK(carom_condition_wait(condition, PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(condition)));
    return 0;
}

typedef struct sleepers_t {
    carom_condition_t *condition;
    carom_semaphore_t *here;
    carom_process_t *children[3];
} sleepers_t;

static void take(const carom_condition_t *condition)
{
    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(condition), PATIENCE));
}

static void give(const carom_condition_t *condition)
{
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(condition)));
}

/* In this order. */
static sleepers_t make_sleepers(const carom_test_t *test)
{
    sleepers_t self = {NULL, make_semaphore(test, 0), {NULL}};
    int i;

    CAROM_ASSERT_OK(carom_condition_create(&self.condition, test->context, NULL));
    for (i = 0; i < 3; i++) {
        self.children[i] = start(test, carom_call(owner_waits_at_a_condition, self.condition, self.here));
        hear(self.here, 1);
    }
    take(self.condition);
    give(self.condition);
    return self;
}

static void end_sleepers(sleepers_t *self)
{
    carom_condition_destroy(&self->condition);
    carom_semaphore_destroy(&self->here);
}

static void notify(const sleepers_t *self, int all)
{
    carom_duration_t before;

    take(self->condition);
    before = carom_now();
    CAROM_ASSERT_OK(all ? carom_condition_notify_all(self->condition) : carom_condition_notify(self->condition, 1));
    expect_soon(before);
    give(self->condition);
}

/* The first, or the last two, or all but one: a notification is for one that lives, and that one is awake soon. */
CAROM_TEST_WITH(owners, a_dead_one_swallows_no_notification, .modes = CAROM_TEST_PROCESSES)
{
    carom_duration_t before;
    sleepers_t self;
    int left, i;

    for (left = 0; left < 3; left++) {
        self = make_sleepers(test);
        for (i = 0; i < 3; i++)
            if (i != left)
                kill_it(&self.children[i]);
        before = carom_now();
        notify(&self, 0);
        hear(self.here, 1);
        CAROM_CHECK(carom_now() - before < in_time(2 * SOON));
        end_child(&self.children[left], 0);
        end_sleepers(&self);
    }
}

/* It was notified, and died before it had the lock. */
CAROM_TEST_WITH(owners, killed_when_it_was_notified, .modes = CAROM_TEST_PROCESSES)
{
    sleepers_t self = make_sleepers(test);
    int i;

    take(self.condition);
    CAROM_ASSERT_OK(carom_condition_notify(self.condition, 2));
    kill_it(&self.children[0]);
    give(self.condition);
    hear(self.here, 2);
    for (i = 1; i < 3; i++)
        end_child(&self.children[i], 0);
    end_sleepers(&self);
}

CAROM_TEST_WITH(owners, nobody_waits_for_the_dead, .modes = CAROM_TEST_PROCESSES)
{
    sleepers_t self = make_sleepers(test);

    kill_it(&self.children[1]);
    CAROM_ASSERT_OK(carom_process_kill(self.children[2]));
    notify(&self, 1);
    end_child(&self.children[0], 0);
    end_child(&self.children[2], -9);
    notify(&self, 1);
    notify(&self, 0);
    end_sleepers(&self);
}

CAROM_TASK(owner_waits)
{
    carom_semaphore_t *semaphore = carom_arg_semaphore(call, 0);

    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 2), 1));
    CAROM_ASSERT_OK(semaphore ? carom_semaphore_acquire(semaphore, PATIENCE)
                              : carom_event_wait(carom_arg_event(call, 1), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 2), 1));
    return 0;
}

/* What is released is for those who live. */
CAROM_TEST_WITH(owners, waiters_of_a_semaphore, .modes = CAROM_TEST_PROCESSES)
{
    carom_semaphore_t *semaphore = make_semaphore(test, 0), *here = make_semaphore(test, 0);
    carom_process_t *children[3];

    start_all(children, 3, test, carom_call(owner_waits, semaphore, 0, here));
    hear(here, 3);
    hear_nothing(here);
    kill_it(&children[0]);
    kill_it(&children[2]);
    CAROM_ASSERT_OK(carom_semaphore_release(semaphore, 1));
    hear(here, 1);
    end_child(&children[1], 0);
    CAROM_ASSERT_INT(carom_semaphore_count(semaphore), 0);
    carom_semaphore_destroy(&semaphore);
    carom_semaphore_destroy(&here);
}

CAROM_TEST_WITH(owners, waiters_of_an_event, .modes = CAROM_TEST_PROCESSES)
{
    carom_semaphore_t *here = make_semaphore(test, 0);
    carom_event_t *event = make_event(test);
    carom_process_t *children[3];

    start_all(children, 3, test, carom_call(owner_waits, 0, event, here));
    hear(here, 3);
    hear_nothing(here);
    kill_it(&children[0]);
    kill_it(&children[2]);
    CAROM_ASSERT_OK(carom_event_set(event));
    hear(here, 1);
    end_child(&children[1], 0);
    carom_event_destroy(&event);
    carom_semaphore_destroy(&here);
}

/* ---- storms ---- */

enum { CREW = 4 };

/* `inside` is 1 while nobody is; a dead owner may have left it at 0. */
static carom_status_t go_inside(carom_lock_t *lock, carom_semaphore_t *inside)
{
    carom_status_t status = carom_lock_acquire(lock, PATIENCE);

    if (status == CAROM_EOWNERDEAD) {
        if (carom_semaphore_count(inside) == 0)
            CAROM_ASSERT_OK(carom_semaphore_release(inside, 1));
        CAROM_ASSERT_OK(carom_lock_recover(lock));
    } else {
        CAROM_ASSERT_OK(status);
    }
    CAROM_ASSERT_OK(carom_semaphore_acquire(inside, 0));
    return status;
}

static void go_outside(carom_lock_t *lock, carom_semaphore_t *inside)
{
    CAROM_ASSERT_OK(carom_semaphore_release(inside, 1));
    CAROM_ASSERT_OK(carom_lock_release(lock));
}

/* Until it is killed, or `over` is set; now and then it stays inside, to be killed there. */
CAROM_TASK(owner_hammers)
{
    carom_lock_t *lock = carom_arg_lock(call, 0);
    carom_semaphore_t *inside = carom_arg_semaphore(call, 1);
    carom_event_t *over = carom_arg_event(call, 2);
    carom_semaphore_t *entries = carom_arg_semaphore(call, 3), *told = carom_arg_semaphore(call, 4);
    unsigned turn;

    for (turn = 0; !carom_event_is_set(over); turn++) {
        if (go_inside(lock, inside) == CAROM_EOWNERDEAD)
            CAROM_ASSERT_OK(carom_semaphore_release(told, 1));
        CAROM_ASSERT_OK(carom_semaphore_release(entries, 1));
        nap(turn % 4 == 0 ? 100 : 0);
        go_outside(lock, inside);
    }
    return 0;
}

/* Starts another in the place of one that was killed, who is joined or not. */
static void replace(carom_process_t **victim, uint64_t *lot, const carom_test_t *test, carom_request_t request)
{
    if (draw(lot) % 2)
        end_child(victim, -9);
    else
        CAROM_ASSERT_OK(carom_process_destroy(victim));
    *victim = start(test, request);
}

typedef struct storm_t {
    unsigned rounds, late;
    carom_duration_t worst;
} storm_t;

/* One that took so long. */
static void count(storm_t *storm, carom_duration_t since)
{
    carom_duration_t took = carom_now() - since;

    storm->worst = took > storm->worst ? took : storm->worst;
    storm->late += is_late(took);
}

static void expect_calm(const storm_t *storm)
{
    CAROM_NOTE("%u kills; somebody went on %lld us later at the latest", storm->rounds, (long long) storm->worst);
    CAROM_ASSERT(storm->worst < in_time(LATEST));
    CAROM_ASSERT(storm->late * 20 <= storm->rounds + 20);
}

/* Somebody is inside again: not we, since who waits beside those who hammer may wait long. */
static void see_an_entry(const carom_semaphore_t *entries)
{
    uint32_t before = carom_semaphore_count(entries);
    carom_duration_t deadline = carom_now() + PATIENCE;

    while (carom_semaphore_count(entries) == before && carom_now() < deadline)
        nap(20);
    CAROM_ASSERT(carom_semaphore_count(entries) != before);
}

CAROM_TEST_WITH(owners, storm_on_a_lock, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    carom_lock_t *lock = make_lock(test);
    carom_semaphore_t *inside = make_semaphore(test, 1), *entries = make_semaphore(test, 0), *told = make_semaphore(test, 0);
    carom_event_t *over = make_event(test);
    storm_t storm = {for_starts(rounds_of(200, 10000), test->mode), 0, 0};
    uint64_t lot = test->seed | 1;
    carom_process_t *crew[CREW], **victim;
    carom_duration_t before;
    unsigned i;

    start_all(crew, CREW, test, carom_call(owner_hammers, lock, inside, over, entries, told));
    for (i = 0; i < storm.rounds; i++) {
        victim = &crew[draw(&lot) % CREW];
        nap(draw(&lot) % 2000);
        before = carom_now();
        CAROM_ASSERT_OK(carom_process_kill(*victim));
        see_an_entry(entries);
        count(&storm, before);
        replace(victim, &lot, test, carom_call(owner_hammers, lock, inside, over, entries, told));
    }
    CAROM_ASSERT_OK(carom_event_set(over));
    end_all(crew, CREW);
    (void) go_inside(lock, inside);
    go_outside(lock, inside);
    CAROM_ASSERT_INT(carom_semaphore_count(inside), 1);
    CAROM_NOTE("an owner's death was told %u times", carom_semaphore_count(told));
    carom_lock_destroy(&lock);
    carom_semaphore_destroy(&inside);
    carom_semaphore_destroy(&entries);
    carom_semaphore_destroy(&told);
    carom_event_destroy(&over);
    expect_calm(&storm);
}

/* All of the crew wait for each other, with a time that is soon over when a notification went to nobody. */
static void turn_at(carom_condition_t *condition, carom_semaphore_t *inside, unsigned turn)
{
    carom_lock_t *lock = carom_condition_lock(condition);
    carom_status_t status;

    (void) go_inside(lock, inside);
    CAROM_ASSERT_OK(turn % 8 == 0 ? carom_condition_notify_all(condition) : carom_condition_notify(condition, 1 + turn % 2));
    CAROM_ASSERT_OK(carom_semaphore_release(inside, 1));
    status = carom_condition_wait(condition, carom_milliseconds(2));
    if (status == CAROM_EOWNERDEAD) {
        if (carom_semaphore_count(inside) == 0)
            CAROM_ASSERT_OK(carom_semaphore_release(inside, 1));
        CAROM_ASSERT_OK(carom_lock_recover(lock));
    } else if (status != CAROM_ETIMEOUT) {
        CAROM_ASSERT_OK(status);
    }
    CAROM_ASSERT_OK(carom_semaphore_acquire(inside, 0));
    go_outside(lock, inside);
}

CAROM_TASK(owner_takes_turns)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    carom_semaphore_t *inside = carom_arg_semaphore(call, 1);
    carom_event_t *over = carom_arg_event(call, 2);
    unsigned turn;

    for (turn = 0; !carom_event_is_set(over); turn++)
        turn_at(condition, inside, turn);
    return 0;
}

CAROM_TEST_WITH(owners, storm_on_a_condition, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    carom_semaphore_t *inside = make_semaphore(test, 1);
    carom_event_t *over = make_event(test);
    storm_t storm = {for_starts(rounds_of(200, 10000), test->mode), 0, 0};
    uint64_t lot = test->seed | 1;
    carom_condition_t *condition;
    carom_process_t *crew[CREW], **victim;
    carom_duration_t before;
    unsigned i;

    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, NULL));
    start_all(crew, CREW, test, carom_call(owner_takes_turns, condition, inside, over));
    for (i = 0; i < storm.rounds; i++) {
        victim = &crew[draw(&lot) % CREW];
        nap(draw(&lot) % 2000);
        before = carom_now();
        CAROM_ASSERT_OK(carom_process_kill(*victim));
        turn_at(condition, inside, i);
        count(&storm, before);
        replace(victim, &lot, test, carom_call(owner_takes_turns, condition, inside, over));
    }
    CAROM_ASSERT_OK(carom_event_set(over));
    end_all(crew, CREW);
    CAROM_ASSERT_INT(carom_semaphore_count(inside), 1);
    carom_condition_destroy(&condition);
    carom_semaphore_destroy(&inside);
    carom_event_destroy(&over);
    expect_calm(&storm);
}

/* Comes again and again; while it is broken it waits a little for who mends it. */
CAROM_TASK(owner_comes_again)
{
    carom_barrier_t *barrier = carom_arg_barrier(call, 0);
    carom_event_t *over = carom_arg_event(call, 1);
    carom_status_t status;

    while (!carom_event_is_set(over)) {
        status = carom_barrier_wait(NULL, barrier, PATIENCE);
        if (status == CAROM_EBROKEN)
            nap(1000);
        else
            CAROM_ASSERT_OK(status);
    }
    return 0;
}

static void come_until_it_is_broken(carom_barrier_t *barrier)
{
    carom_status_t status;

    do
        status = carom_barrier_wait(NULL, barrier, PATIENCE);
    while (status == CAROM_OK);
    CAROM_ASSERT_STATUS(status, CAROM_EBROKEN);
    CAROM_ASSERT_INT(carom_barrier_is_broken(barrier), 1);
}

/* The dead one breaks it; when that is mended, the next round has its successor. */
CAROM_TEST_WITH(owners, storm_on_a_barrier, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 120000)
{
    carom_event_t *over = make_event(test);
    storm_t storm = {for_starts(rounds_of(200, 10000), test->mode), 0, 0};
    uint64_t lot = test->seed | 1;
    carom_process_t *crew[CREW], **victim;
    carom_barrier_t *barrier;
    carom_duration_t before;
    unsigned i;

    CAROM_ASSERT_OK(carom_barrier_create(&barrier, test->context, CREW + 1));
    start_all(crew, CREW, test, carom_call(owner_comes_again, barrier, over));
    for (i = 0; i < storm.rounds; i++) {
        CAROM_ASSERT_OK(carom_barrier_wait(NULL, barrier, PATIENCE));
        victim = &crew[draw(&lot) % CREW];
        nap(draw(&lot) % 500);
        before = carom_now();
        CAROM_ASSERT_OK(carom_process_kill(*victim));
        come_until_it_is_broken(barrier);
        count(&storm, before);
        end_child(victim, -9);
        *victim = start(test, carom_call(owner_comes_again, barrier, over));
        CAROM_ASSERT_OK(carom_barrier_reset(barrier));
    }
    CAROM_ASSERT_OK(carom_event_set(over));
    CAROM_ASSERT_OK(carom_barrier_abort(barrier));
    end_all(crew, CREW);
    carom_barrier_destroy(&barrier);
    carom_event_destroy(&over);
    expect_calm(&storm);
}

/* Conditions: who is woken and who is not, and what becomes of the lock meanwhile.  (Killed ones: test_owners.c.) */

#include "shares.h"

static carom_condition_t *make_condition(const carom_test_t *test)
{
    carom_condition_t *condition;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, NULL));
    return condition;
}

static void acquire(const carom_condition_t *condition)
{
    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(condition), PATIENCE));
}

static void release(const carom_condition_t *condition)
{
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(condition)));
}

static void notify(carom_condition_t *condition, uint32_t count)
{
    acquire(condition);
    CAROM_ASSERT_OK(carom_condition_notify(condition, count));
    release(condition);
}

static uint32_t depth(const carom_condition_t *condition)
{
    carom_lock_owner_t owner;

    CAROM_ASSERT_OK(carom_lock_owner(&owner, carom_condition_lock(condition)));
    return owner.is_self ? owner.depth : 0;
}

/* ---- in one thread ---- */

CAROM_TEST(condition, its_own_lock)
{
    carom_condition_t *condition = make_condition(test);
    carom_lock_t *lock = carom_condition_lock(condition);

    CAROM_ASSERT(lock != NULL);
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 0);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_INT(depth(condition), 2);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_condition_destroy(&condition);
    CAROM_ASSERT(condition == NULL);
    carom_condition_destroy(&condition);
}

CAROM_TEST(condition, by_the_owner_only)
{
    carom_condition_t *condition = make_condition(test);

    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_ENOTOWNER);
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, CAROM_FOREVER), CAROM_ENOTOWNER);
    CAROM_ASSERT_STATUS(carom_condition_notify(condition, 1), CAROM_ENOTOWNER);
    CAROM_ASSERT_STATUS(carom_condition_notify_all(condition), CAROM_ENOTOWNER);
    CAROM_ASSERT_INT(carom_lock_is_locked(carom_condition_lock(condition)), 0);
    carom_condition_destroy(&condition);
}

CAROM_TEST(condition, nobody_waits)
{
    carom_condition_t *condition = make_condition(test);

    acquire(condition);
    CAROM_ASSERT_OK(carom_condition_notify(condition, 0));
    CAROM_ASSERT_OK(carom_condition_notify(condition, 1));
    CAROM_ASSERT_OK(carom_condition_notify(condition, UINT32_MAX));
    CAROM_ASSERT_OK(carom_condition_notify_all(condition));
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(depth(condition), 1);
    release(condition);
    carom_condition_destroy(&condition);
}

CAROM_TEST(condition, timeouts)
{
    carom_condition_t *condition = make_condition(test);
    carom_duration_t before;
    int i;

    for (i = 0; i < 3; i++)
        acquire(condition);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, -5), CAROM_ETIMEOUT);
    expect_took(before, 0);
    CAROM_ASSERT_STATUS(carom_condition_wait_for(condition, NULL, NULL, PATIENCE), CAROM_EINVAL);
    CAROM_ASSERT_INT(depth(condition), 3);
    for (i = 0; i < 3; i++)
        release(condition);
    CAROM_ASSERT_STATUS(carom_lock_release(carom_condition_lock(condition)), CAROM_ENOTOWNER);
    carom_condition_destroy(&condition);
}

static int never_called(void *baton)
{
    (void) baton;
    CAROM_CHECK(!"called");
    return 1;
}

CAROM_TEST_ONCE(condition, bad_arguments)
{
    carom_event_t *event = make_event(test);
    carom_condition_t *condition = (carom_condition_t *) event;

    CAROM_ASSERT_STATUS(carom_condition_wait(NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_condition_wait_for(NULL, never_called, NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_condition_notify(NULL, 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_condition_notify(condition, 1), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_condition_notify_all(NULL), CAROM_EINVAL);
    CAROM_ASSERT(carom_condition_lock(NULL) == NULL);
    CAROM_ASSERT(carom_condition_lock(condition) == NULL);
    CAROM_ASSERT_STATUS(carom_condition_create(&condition, NULL, (carom_lock_t *) event), CAROM_EINVAL);
    CAROM_ASSERT(condition == NULL);
    CAROM_ASSERT_STATUS(carom_condition_create(&condition, (carom_context_t *) event, NULL), CAROM_EINVAL);
    CAROM_ASSERT(condition == NULL);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_condition(NULL)), CAROM_NONE);
    CAROM_ASSERT(carom_value_condition(carom_value_from_event(event)) == NULL);
    carom_event_destroy(&event);
}

/* ---- a lock that was there before ---- */

CAROM_TEST(condition, a_lock_that_is_given)
{
    carom_lock_t *lock = make_lock(test), *same;
    carom_condition_t *condition, *other;

    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, lock));
    CAROM_ASSERT_OK(carom_condition_create(&other, test->context, lock));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_condition_lock(condition), 0), CAROM_EDEADLOCK);
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_condition_notify_all(other));
    carom_condition_destroy(&other);
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
    same = carom_condition_lock(condition);
    CAROM_ASSERT_OK(carom_lock_acquire(same, 0));
    CAROM_ASSERT_STATUS(carom_lock_acquire(same, 0), CAROM_EDEADLOCK);
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(same));
    carom_condition_destroy(&condition);
}

/* The caller's handle is good when the condition is gone. */
CAROM_TEST(condition, leaves_the_lock_as_it_is)
{
    carom_lock_t *lock = make_lock(test);
    carom_condition_t *condition;

    CAROM_ASSERT_OK(carom_condition_create(&condition, test->context, lock));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_condition_destroy(&condition);
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
}

/* ---- who is woken ---- */

/* Has said so when it gives up the lock, and not before: who has the lock then knows that it waits. */
CAROM_TASK(condition_waits)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    carom_semaphore_t *here = carom_arg_semaphore(call, 1), *woken = carom_arg_semaphore(call, 2);

    acquire(condition);
    CAROM_ASSERT_OK(carom_semaphore_release(here, 1));
    CAROM_ASSERT_OK(carom_condition_wait(condition, PATIENCE));
    CAROM_ASSERT_INT(depth(condition), 1);
    CAROM_ASSERT_OK(carom_semaphore_release(woken, 1));
    release(condition);
    return 0;
}

enum { CROWD = 3 };

typedef struct sleepers_t {
    carom_condition_t *condition;
    carom_semaphore_t *here, *woken;
    carom_process_t *children[CROWD];
} sleepers_t;

static sleepers_t make_sleepers(const carom_test_t *test)
{
    sleepers_t self = {make_condition(test), make_semaphore(test, 0), make_semaphore(test, 0), {NULL}};

    start_all(self.children, CROWD, test, carom_call(condition_waits, self.condition, self.here, self.woken));
    hear(self.here, CROWD);
    return self;
}

static void expect_woken(const sleepers_t *self, int count)
{
    hear(self->woken, count);
    hear_nothing(self->woken);
}

static void end_sleepers(sleepers_t *self)
{
    end_all(self->children, CROWD);
    carom_condition_destroy(&self->condition);
    carom_semaphore_destroy(&self->here);
    carom_semaphore_destroy(&self->woken);
}

CAROM_TEST(condition, notify_one)
{
    sleepers_t self = make_sleepers(test);
    int i;

    for (i = 0; i < CROWD; i++) {
        notify(self.condition, 0);
        notify(self.condition, 1);
        expect_woken(&self, 1);
    }
    end_sleepers(&self);
}

CAROM_TEST(condition, notify_some)
{
    sleepers_t self = make_sleepers(test);

    notify(self.condition, 2);
    expect_woken(&self, 2);
    notify(self.condition, 10);
    expect_woken(&self, 1);
    end_sleepers(&self);
}

/* Two notifications are for two, though the first had no time to take his. */
CAROM_TEST(condition, notify_twice)
{
    sleepers_t self = make_sleepers(test);

    acquire(self.condition);
    CAROM_ASSERT_OK(carom_condition_notify(self.condition, 1));
    CAROM_ASSERT_OK(carom_condition_notify(self.condition, 1));
    release(self.condition);
    expect_woken(&self, 2);
    notify(self.condition, 1);
    end_sleepers(&self);
}

CAROM_TEST(condition, notify_all)
{
    sleepers_t self = make_sleepers(test);

    acquire(self.condition);
    CAROM_ASSERT_OK(carom_condition_notify_all(self.condition));
    CAROM_ASSERT_INT(depth(self.condition), 1);
    CAROM_ASSERT_INT(carom_semaphore_count(self.woken), 0);
    release(self.condition);
    end_sleepers(&self);
}

/* One that begins to wait when it has notified others does not wake itself. */
CAROM_TEST(condition, who_comes_later_takes_nothing)
{
    sleepers_t self = make_sleepers(test);
    int i;

    acquire(self.condition);
    for (i = 0; i < CROWD; i++) {
        CAROM_ASSERT_OK(carom_condition_notify(self.condition, 1));
        CAROM_ASSERT_STATUS(carom_condition_wait(self.condition, carom_milliseconds(50)), CAROM_ETIMEOUT);
    }
    release(self.condition);
    expect_woken(&self, CROWD);
    end_sleepers(&self);
}

/* Nor do those whose time is over before somebody notifies. */
CAROM_TEST(condition, whose_time_is_over_takes_nothing)
{
    carom_condition_t *condition = make_condition(test);
    carom_semaphore_t *here = make_semaphore(test, 0), *woken = make_semaphore(test, 0);
    carom_process_t *child;
    int i;

    acquire(condition);
    for (i = 0; i < 10; i++)
        CAROM_ASSERT_STATUS(carom_condition_wait(condition, i % 2 * 1000), CAROM_ETIMEOUT);
    release(condition);
    child = start(test, carom_call(condition_waits, condition, here, woken));
    hear(here, 1);
    notify(condition, 1);
    end_child(&child, 0);
    carom_condition_destroy(&condition);
    carom_semaphore_destroy(&here);
    carom_semaphore_destroy(&woken);
}

/* ---- the lock meanwhile ---- */

CAROM_TASK(condition_notifies)
{
    notify(carom_arg_condition(call, 0), 1);
    return 0;
}

CAROM_TEST(condition, gives_the_lock_up_and_has_it_again)
{
    carom_condition_t *condition = make_condition(test);
    carom_process_t *child;
    int i;

    for (i = 0; i < 3; i++)
        acquire(condition);
    child = start(test, carom_call(condition_notifies, condition));
    CAROM_ASSERT_OK(carom_condition_wait(condition, PATIENCE));
    CAROM_ASSERT_INT(depth(condition), 3);
    end_child(&child, 0);
    for (i = 0; i < 3; i++)
        release(condition);
    CAROM_ASSERT_STATUS(carom_lock_release(carom_condition_lock(condition)), CAROM_ENOTOWNER);
    carom_condition_destroy(&condition);
}

CAROM_TASK(condition_keeps_the_lock)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    carom_semaphore_t *kept = carom_arg_semaphore(call, 1);

    acquire(condition);
    hear_nothing(kept);
    hear_nothing(kept);
    hear_nothing(kept);
    CAROM_ASSERT_OK(carom_semaphore_release(kept, 1));
    release(condition);
    return 0;
}

/* The lock has no limit of time. */
CAROM_TEST(condition, waits_for_the_lock_after_its_time)
{
    carom_condition_t *condition = make_condition(test);
    carom_semaphore_t *kept = make_semaphore(test, 0);
    carom_process_t *child;

    acquire(condition);
    child = start(test, carom_call(condition_keeps_the_lock, condition, kept));
    while (carom_semaphore_count(kept) == 0)
        CAROM_ASSERT_STATUS(carom_condition_wait(condition, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(depth(condition), 1);
    release(condition);
    end_child(&child, 0);
    carom_condition_destroy(&condition);
    carom_semaphore_destroy(&kept);
}

CAROM_TASK(condition_notifies_and_ends_with_the_lock)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);

    acquire(condition);
    CAROM_ASSERT_OK(carom_condition_notify(condition, (uint32_t) carom_arg_int(call, 1)));
    return 0;
}

/* Whether it was notified it is not told: it looks. */
CAROM_TEST(condition, an_owner_that_ends)
{
    carom_condition_t *condition = make_condition(test);
    carom_process_t *child;
    int i;

    acquire(condition);
    for (i = 0; i < 2; i++) {
        child = start(test, carom_call(condition_notifies_and_ends_with_the_lock, condition, i));
        CAROM_ASSERT_STATUS(carom_condition_wait(condition, i ? PATIENCE : carom_milliseconds(500)), CAROM_EOWNERDEAD);
        CAROM_ASSERT_INT(depth(condition), 1);
        CAROM_ASSERT_OK(carom_lock_recover(carom_condition_lock(condition)));
        end_child(&child, 0);
    }
    CAROM_ASSERT_STATUS(carom_condition_wait(condition, 0), CAROM_ETIMEOUT);
    release(condition);
    carom_condition_destroy(&condition);
}

/* ---- with a predicate ---- */

typedef struct looks_t {
    const carom_condition_t *condition;
    int looks, good_at;            /* it is 1 when it looks so often; 0: never */
} looks_t;

static int looks_enough(void *baton)
{
    looks_t *self = baton;

    CAROM_ASSERT(depth(self->condition) > 0);
    self->looks++;
    return self->good_at != 0 && self->looks >= self->good_at;
}

CAROM_TEST(condition, looks_first)
{
    carom_condition_t *condition = make_condition(test);
    looks_t looks = {condition, 0, 1};

    CAROM_ASSERT_STATUS(carom_condition_wait_for(condition, never_called, NULL, CAROM_FOREVER), CAROM_ENOTOWNER);
    acquire(condition);
    CAROM_ASSERT_OK(carom_condition_wait_for(condition, looks_enough, &looks, CAROM_FOREVER));
    CAROM_ASSERT_OK(carom_condition_wait_for(condition, looks_enough, &looks, 0));
    CAROM_ASSERT_INT(looks.looks, 2);
    CAROM_ASSERT_INT(depth(condition), 1);
    release(condition);
    carom_condition_destroy(&condition);
}

/* It looks once more when its time is over. */
CAROM_TEST(condition, looks_last)
{
    carom_condition_t *condition = make_condition(test);
    looks_t never = {condition, 0, 0}, second = {condition, 0, 2};
    carom_duration_t before = carom_now();

    acquire(condition);
    CAROM_ASSERT_STATUS(carom_condition_wait_for(condition, looks_enough, &never, carom_milliseconds(40)), CAROM_ETIMEOUT);
    expect_took(before, 40000);
    CAROM_ASSERT_INT(never.looks, 2);
    CAROM_ASSERT_OK(carom_condition_wait_for(condition, looks_enough, &second, carom_milliseconds(20)));
    CAROM_ASSERT_INT(depth(condition), 1);
    release(condition);
    carom_condition_destroy(&condition);
}

/* Notifies again and again, until there are so many. */
CAROM_TASK(condition_raises)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    int64_t i, count = carom_arg_int(call, 2);

    for (i = 0; i < count; i++) {
        acquire(condition);
        CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, 1), 1));
        CAROM_ASSERT_OK(carom_condition_notify_all(condition));
        release(condition);
    }
    return 0;
}

static int there_are_ten(void *baton)
{
    return carom_semaphore_count(baton) >= 10;
}

/* Notifications before the last are none for it, and prolong its time by nothing. */
CAROM_TEST(condition, waits_until_it_is_so)
{
    carom_condition_t *condition = make_condition(test);
    carom_semaphore_t *raised = make_semaphore(test, 0);
    carom_process_t *child = start(test, carom_call(condition_raises, condition, raised, 9));

    acquire(condition);
    CAROM_ASSERT_STATUS(carom_condition_wait_for(condition, there_are_ten, raised, carom_milliseconds(300)), CAROM_ETIMEOUT);
    release(condition);
    end_child(&child, 0);
    acquire(condition);
    child = start(test, carom_call(condition_raises, condition, raised, 1));
    CAROM_ASSERT_OK(carom_condition_wait_for(condition, there_are_ten, raised, CAROM_FOREVER));
    CAROM_ASSERT_INT(depth(condition), 1);
    release(condition);
    end_child(&child, 0);
    carom_condition_destroy(&condition);
    carom_semaphore_destroy(&raised);
}

CAROM_TEST(condition, is_told_of_a_dead_owner_when_it_is_so)
{
    carom_condition_t *condition = make_condition(test);
    looks_t looks = {condition, 0, 2};
    carom_process_t *child;

    acquire(condition);
    child = start(test, carom_call(condition_notifies_and_ends_with_the_lock, condition, 1));
    CAROM_ASSERT_STATUS(carom_condition_wait_for(condition, looks_enough, &looks, PATIENCE), CAROM_EOWNERDEAD);
    CAROM_ASSERT_INT(looks.looks, 2);
    CAROM_ASSERT_OK(carom_lock_recover(carom_condition_lock(condition)));
    release(condition);
    end_child(&child, 0);
    carom_condition_destroy(&condition);
}

/* ---- in turns ---- */

enum { ROUNDS = 1000 };

static int is_full(void *baton)
{
    return carom_semaphore_count(baton) == 1;
}

static int is_empty(void *baton)
{
    return carom_semaphore_count(baton) == 0;
}

/* `item` stands for what the lock guards: one, or none. */
CAROM_TASK(condition_consumes)
{
    carom_condition_t *condition = carom_arg_condition(call, 0);
    carom_semaphore_t *item = carom_arg_semaphore(call, 1);
    int64_t i, rounds = carom_arg_int(call, 2);

    acquire(condition);
    for (i = 0; i < rounds; i++) {
        CAROM_ASSERT_OK(carom_condition_wait_for(condition, is_full, item, PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_acquire(item, 0));
        CAROM_ASSERT_OK(carom_condition_notify(condition, 1));
    }
    release(condition);
    return 0;
}

CAROM_TEST(condition, a_producer_and_a_consumer)
{
    carom_condition_t *condition = make_condition(test);
    carom_semaphore_t *item = make_semaphore(test, 0);
    int64_t rounds = for_sanitizers(ROUNDS, 10), i;
    carom_process_t *child = start(test, carom_call(condition_consumes, condition, item, rounds));

    for (i = 0; i < rounds; i++) {
        acquire(condition);
        while (!is_empty(item))
            CAROM_ASSERT_OK(carom_condition_wait(condition, PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_release(item, 1));
        CAROM_ASSERT_OK(carom_condition_notify(condition, 1));
        release(condition);
    }
    end_child(&child, 0);
    CAROM_ASSERT_INT(carom_semaphore_count(item), 0);
    carom_condition_destroy(&condition);
    carom_semaphore_destroy(&item);
}

/* ---- under way ---- */

CAROM_TASK(condition_arguments)
{
    CAROM_ASSERT(carom_arg_condition(call, 0) != NULL);
    CAROM_ASSERT(carom_arg_condition(call, 1) == NULL);
    CAROM_ASSERT(carom_arg_condition(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_lock(call, 0) == NULL);
    return 0;
}

CAROM_TEST(condition, arguments)
{
    carom_condition_t *condition = make_condition(test);
    carom_process_t *child = start(test, carom_call(condition_arguments, condition, 4));

    end_child(&child, 0);
    carom_condition_destroy(&condition);
}

CAROM_TASK(condition_echoes)
{
    return echo(carom_arg_connection(call, 0));
}

CAROM_TEST(condition, sent_there_and_back)
{
    carom_condition_t *condition, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    int64_t before;

    skip_without_shares_in_messages(test);
    child = start_with(&connection, test, &condition_echoes);
    before = objects();
    condition = make_condition(test);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_condition(condition), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_CONDITION);
    CAROM_ASSERT(carom_value_condition(value) != NULL);
    CAROM_ASSERT(carom_value_lock(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_condition(&back, &value));
    acquire(back);
    CAROM_ASSERT_INT(depth(condition), 1);
    CAROM_ASSERT_OK(carom_condition_notify(condition, 1));
    carom_condition_destroy(&condition);
    CAROM_ASSERT_STATUS(carom_condition_wait(back, 0), CAROM_ETIMEOUT);
    release(back);
    CAROM_ASSERT_STATUS(carom_value_take_condition(&condition, &value), CAROM_ETYPE);
    CAROM_ASSERT(condition == NULL);
    carom_condition_destroy(&back);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT(objects() <= before);
}

/* ---- what they cost ---- */

/* Of the arena, in bytes; it grows by chunks of 64 KiB. */
enum { MANY = 10000, MOST_BYTES = 128, MOST_FOR_A_HANDLE = 32, CHUNK = 65536 };

static carom_condition_t *conditions[MANY], *further[MANY];

static uint64_t bytes_in_use(void)
{
    carom_arena_usage_t usage;

    carom_arena_usage(&usage);
    return usage.bytes;
}

static void send_all(void)
{
    pair_t pair = make_pair();
    carom_value_t value;
    int i;

    for (i = 0; i < MANY; i++) {
        CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_condition(conditions[i]), PATIENCE));
        CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
        CAROM_ASSERT_OK(carom_value_take_condition(&further[i], &value));
    }
    close_pair(&pair);
}

CAROM_TEST_WITH(condition, ten_thousand, .modes = CAROM_TEST_ONCE_ONLY)
{
    uint64_t before, made, sent;
    int64_t there;
    carom_lock_t *lock;
    int i;

    skip_without_shares_in_messages(test);
    lock = make_lock(test);
    there = objects();
    before = bytes_in_use();
    for (i = 0; i < MANY; i++)
        CAROM_ASSERT_OK(carom_condition_create(&conditions[i], test->context, lock));
    made = bytes_in_use() - before;
    send_all();
    sent = bytes_in_use() - before - made;
    for (i = 0; i < MANY; i++) {
        carom_condition_destroy(&further[i]);
        carom_condition_destroy(&conditions[i]);
    }
    CAROM_ASSERT(objects() <= there);  /* the pair is gone, too */
    carom_lock_destroy(&lock);
    CAROM_ASSERT(objects() < there);   /* and nothing holds the lock */
    CAROM_NOTE("%.1f bytes of the arena each, %.1f for a further handle", (double) made / MANY, (double) sent / MANY);
    CAROM_ASSERT(made <= (uint64_t) MANY * MOST_BYTES + CHUNK);
    CAROM_ASSERT(sent <= (uint64_t) MANY * MOST_FOR_A_HANDLE + 2 * CHUNK);
}

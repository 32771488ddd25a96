/* Locks: one owner, depth, time, and what becomes of them when their owner ends.  (Killed owners: test_owners.c.) */

#include "shares.h"

#include <stdlib.h>
#include <string.h>

static carom_lock_t *make_recursive(const carom_test_t *test)
{
    carom_lock_options_t options = CAROM_LOCK_OPTIONS_INIT;
    carom_lock_t *lock;

    skip_without_shares(test);
    options.recursive = 1;
    CAROM_ASSERT_OK(carom_lock_create(&lock, test->context, &options));
    return lock;
}

/* ---- in one thread ---- */

CAROM_TEST(lock, one_owner)
{
    carom_lock_t *lock = make_lock(test);

    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 0);
    CAROM_ASSERT_STATUS(carom_lock_release(lock), CAROM_ENOTOWNER);
    CAROM_ASSERT_STATUS(carom_lock_recover(lock), CAROM_ENOTOWNER);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, CAROM_FOREVER), CAROM_EDEADLOCK);
    CAROM_ASSERT_OK(carom_lock_recover(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_STATUS(carom_lock_release(lock), CAROM_ENOTOWNER);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, CAROM_FOREVER));
    carom_lock_destroy(&lock);
    CAROM_ASSERT(lock == NULL);
    carom_lock_destroy(&lock);
}

CAROM_TEST(lock, as_often_as_it_was_acquired)
{
    carom_lock_t *lock = make_recursive(test);
    carom_lock_owner_t owner;
    int i;

    for (i = 1; i <= 5; i++) {
        CAROM_ASSERT_OK(carom_lock_acquire(lock, CAROM_FOREVER));
        CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
        CAROM_ASSERT_INT(owner.depth, i);
    }
    for (i = 5; i > 0; i--) {
        CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
        CAROM_ASSERT_OK(carom_lock_release(lock));
    }
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 0);
    CAROM_ASSERT_STATUS(carom_lock_release(lock), CAROM_ENOTOWNER);
    carom_lock_destroy(&lock);
}

CAROM_TEST_ONCE(lock, bad_arguments)
{
    carom_lock_options_t options = CAROM_LOCK_OPTIONS_INIT;
    static uint64_t no_context[16];
    carom_lock_owner_t owner;
    carom_lock_t *lock = NULL;
    carom_semaphore_t *semaphore = make_semaphore(test, 1);

    options.size = 1;
    CAROM_ASSERT_STATUS(carom_lock_create(&lock, NULL, &options), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_lock_create(&lock, (carom_context_t *) no_context, NULL), CAROM_EINVAL);
    CAROM_ASSERT(lock == NULL);
    CAROM_ASSERT_STATUS(carom_lock_acquire(NULL, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_lock_acquire((carom_lock_t *) semaphore, 0), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_lock_release(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_lock_recover(NULL), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_lock_owner(&owner, NULL), CAROM_EINVAL);
    CAROM_ASSERT_INT(carom_lock_is_locked(NULL), 0);
    CAROM_ASSERT_INT(carom_value_type(carom_value_from_lock(NULL)), CAROM_NONE);
    carom_semaphore_destroy(&semaphore);
}

CAROM_TEST_ONCE(lock, who_has_it)
{
    carom_lock_t *lock = make_lock(test);
    carom_lock_owner_t owner;

    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    CAROM_ASSERT(owner.pid == 0 && owner.thread == 0 && owner.depth == 0 && owner.is_self == 0);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    CAROM_ASSERT(owner.pid != 0 && owner.thread != 0);
    CAROM_ASSERT_INT(owner.depth, 1);
    CAROM_ASSERT_INT(owner.is_self, 1);
    carom_lock_destroy(&lock);
}

/* ---- between processes ---- */

enum { TIMES = 2000 };

/* `inside` is 1 while nobody is: who finds less is not alone. */
CAROM_TASK(goes_in_and_out)
{
    carom_lock_t *lock = carom_arg_lock(call, 0);
    carom_semaphore_t *inside = carom_arg_semaphore(call, 1);
    int64_t i, times = carom_arg_int(call, 2);

    for (i = 0; i < times; i++) {
        CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
        CAROM_ASSERT_OK(carom_semaphore_acquire(inside, 0));
        CAROM_ASSERT_OK(carom_semaphore_release(inside, 1));
        CAROM_ASSERT_OK(carom_lock_release(lock));
    }
    return 0;
}

CAROM_TEST(lock, keeps_all_others_out)
{
    carom_lock_t *lock = make_lock(test);
    carom_semaphore_t *inside = make_semaphore(test, 1);
    int64_t times = for_sanitizers(TIMES, 10);
    carom_process_t *children[4];
    int i;

    for (i = 0; i < 4; i++)
        children[i] = start(test, carom_call(goes_in_and_out, lock, inside, times));
    for (i = 0; i < 4; i++)
        end_child(&children[i], 0);
    carom_lock_destroy(&lock);
    carom_semaphore_destroy(&inside);
}

CAROM_TASK(tries)
{
    carom_lock_owner_t owner;
    carom_lock_t *lock = carom_arg_lock(call, 0);

    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_STATUS(carom_lock_release(lock), CAROM_ENOTOWNER);
    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    CAROM_ASSERT_INT(owner.pid, carom_arg_int(call, 1));
    CAROM_ASSERT_INT(owner.thread, carom_arg_int(call, 2));
    CAROM_ASSERT_INT(owner.is_self, 0);
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, 0), CAROM_ETIMEOUT);
    return carom_return(call, carom_lock_acquire(lock, carom_milliseconds(20)));
}

CAROM_TEST(lock, another_s)
{
    carom_lock_t *lock = make_lock(test);
    carom_lock_owner_t owner;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    child = start(test, carom_call(tries, lock, owner.pid, owner.thread));
    end_with(&child, CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    carom_lock_destroy(&lock);
}

CAROM_TASK(waits_for_it)
{
    carom_lock_t *lock = carom_arg_lock(call, 0);
    carom_status_t status = carom_lock_acquire(lock, PATIENCE);

    CAROM_ASSERT_OK(carom_lock_release(lock));
    return carom_return(call, status);
}

CAROM_TASK(says_when_it_is_about_to_wait)
{
    CAROM_ASSERT_OK(carom_event_set(carom_arg_event(call, 1)));
    return carom__task_waits_for_it(call);
}

CAROM_TEST(lock, goes_to_who_waits)
{
    carom_lock_t *lock = make_lock(test);
    carom_event_t *here = make_event(test);
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    child = start(test, carom_call(says_when_it_is_about_to_wait, lock, here));
    CAROM_ASSERT_OK(carom_event_wait(here, PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(30)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    end_with(&child, CAROM_OK);
    carom_event_destroy(&here);
    carom_lock_destroy(&lock);
}

/* ---- an owner that ends ---- */

CAROM_TASK(keeps_it)
{
    CAROM_ASSERT_OK(carom_lock_acquire(carom_arg_lock(call, 0), PATIENCE));
    return 0;
}

/* A thread ends here as a process does. */
CAROM_TEST(lock, an_entry_that_returns_with_it)
{
    carom_lock_t *lock = make_lock(test);
    carom_lock_owner_t owner;
    carom_process_t *child = start(test, carom_call(keeps_it, lock));

    end_child(&child, 0);
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    CAROM_ASSERT_OK(carom_lock_owner(&owner, lock));
    CAROM_ASSERT_INT(owner.pid, 0);
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, carom_seconds(1)), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, 0), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_recover(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
}

CAROM_TASK(ends_inside)
{
    CAROM_ASSERT_OK(carom_lock_acquire(carom_arg_lock(call, 0), PATIENCE));
    carom_exit(call, 7);
}

CAROM_TEST(lock, carom_exit_with_it)
{
    carom_lock_t *lock = make_lock(test);
    carom_process_t *child = start(test, carom_call(ends_inside, lock)), *waiting = start(test, carom_call(waits_for_it, lock));

    end_child(&child, 7);
    CAROM_ASSERT_OK(carom_process_join(waiting, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&waiting));
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, 0), CAROM_EOWNERDEAD);
    carom_lock_destroy(&lock);
}

/* ---- under way ---- */

CAROM_TASK(passes_values_back)
{
    return echo(carom_arg_connection(call, 0));
}

static carom_lock_t *send_around(carom_connection_t *connection, carom_lock_t *lock)
{
    carom_value_t value;
    carom_lock_t *back, *none;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_lock(lock), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_LOCK);
    CAROM_ASSERT(carom_value_lock(value) != NULL);
    CAROM_ASSERT(carom_value_semaphore(value) == NULL);
    CAROM_ASSERT_OK(carom_value_take_lock(&back, &value));
    CAROM_ASSERT_STATUS(carom_value_take_lock(&none, &value), CAROM_ETYPE);
    CAROM_ASSERT(none == NULL);
    return back;
}

CAROM_TEST(lock, sent_there_and_back)
{
    carom_lock_t *lock, *back;
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;

    skip_without_shares_in_messages(test);
    lock = make_lock(test);
    child = start_with(&connection, test, &passes_values_back);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_lock(lock), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_lock(&back, &value));
    CAROM_ASSERT(back != lock);
    CAROM_ASSERT_OK(carom_lock_acquire(back, 0));
    CAROM_ASSERT_INT(carom_lock_is_locked(lock), 1);
    carom_lock_destroy(&lock);
    CAROM_ASSERT_INT(carom_lock_is_locked(back), 0);
    lock = send_around(connection, back);
    carom_lock_destroy(&back);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* What nobody took out of a message is let go with it. */
CAROM_TEST_ONCE(lock, in_messages_that_nobody_reads)
{
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    pair_t pair = make_pair();
    carom_value_t list, item;
    int i;

    CAROM_ASSERT_OK(carom_value_list(&list));
    for (i = 0; i < 200; i++) {
        item = carom_value_from_lock(lock);
        CAROM_ASSERT_OK(carom_value_append(&list, &item));
    }
    CAROM_ASSERT_OK(carom_connection_send(pair.a, list, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, list, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, list, PATIENCE));
    carom_value_clear(&list);
    carom_lock_destroy(&lock);
    CAROM_ASSERT_OK(carom_connection_receive(&list, pair.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(list), 200);
    CAROM_ASSERT_OK(carom_lock_acquire(carom_value_lock(*carom_value_at(list, 0)), 0));
    CAROM_ASSERT_STATUS(carom_lock_acquire(carom_value_lock(*carom_value_at(list, 199)), 0), CAROM_EDEADLOCK);
    CAROM_ASSERT_OK(carom_lock_release(carom_value_lock(*carom_value_at(list, 7))));
    carom_value_clear(&list);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    CAROM_ASSERT(objects() >= before);
    close_pair(&pair);
    CAROM_ASSERT_INT(objects(), before - 1);
}

CAROM_TEST_ONCE(lock, only_where_there_is_a_tree)
{
    carom_lock_t *lock = make_lock(test);
    carom_value_t value = carom_value_from_lock(lock), copy;
    void *bytes;
    size_t length;
    char text[32];

    CAROM_ASSERT_STATUS(carom_value_encode(&bytes, &length, value, NULL, NULL), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_value_copy(&copy, &value), CAROM_ENOTSUP);
    CAROM_ASSERT_TEXT(carom_value_print(text, sizeof text, value), "<lock>");
    CAROM_ASSERT(carom_value_equal(value, carom_value_from_lock(lock)));
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_lock_acquire(lock, 0));
    carom_lock_destroy(&lock);
}

/* ---- many ---- */

enum { ROOM = 4 << 20, MORE_THAN_FIT = ROOM / 64 };

/* Each that is destroyed makes room for another. */
CAROM_TEST_WITH(lock, until_there_is_no_memory, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    carom_lock_t **locks = calloc(MORE_THAN_FIT, sizeof *locks), *none;
    int made = 0, i;

    CAROM_ASSERT(locks != NULL);
    CAROM_ASSERT_OK(carom_arena_set(0, ROOM));
    skip_without_shares(test);
    while (made < MORE_THAN_FIT && carom_lock_create(&locks[made], test->context, NULL) == CAROM_OK)
        made++;
    CAROM_ASSERT(made > ROOM / 200 && made < MORE_THAN_FIT);
    CAROM_ASSERT_STATUS(carom_lock_create(&none, test->context, NULL), CAROM_ENOMEM);
    CAROM_ASSERT(none == NULL);
    carom_lock_destroy(&locks[0]);
    CAROM_ASSERT_OK(carom_lock_create(&locks[0], test->context, NULL));
    for (i = 0; i < made; i++)
        carom_lock_destroy(&locks[i]);
    CAROM_ASSERT_INT(objects(), 0);
    free(locks);
}

enum { MOST_SENT = 65535 };

CAROM_TEST_ONCE(lock, at_most_65535_in_a_message)
{
    carom_lock_t *lock = make_lock(test);
    int64_t before = objects();
    pair_t pair = make_pair();
    carom_value_t list, item;
    int i;

    CAROM_ASSERT_OK(carom_value_list(&list));
    for (i = 0; i <= MOST_SENT; i++) {
        item = carom_value_from_lock(lock);
        CAROM_ASSERT_OK(carom_value_append(&list, &item));
    }
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, list, PATIENCE), CAROM_ECOUNT);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_ETIMEOUT);
    carom_value_clear(&list);
    close_pair(&pair);
    CAROM_ASSERT_INT(objects(), before);
    carom_lock_destroy(&lock);
    CAROM_ASSERT_INT(objects(), before - 1);
}

enum { MANY = 100000, MOST_BYTES = 128 };

CAROM_TEST_WITH(lock, a_hundred_thousand, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_THREAD)
{
    carom_lock_t **locks = calloc(MANY, sizeof *locks);
    carom_arena_usage_t before, usage;
    int i;

    CAROM_ASSERT(locks != NULL);
    skip_without_shares(test);
    carom_arena_usage(&before);
    for (i = 0; i < MANY; i++)
        CAROM_ASSERT_OK(carom_lock_create(&locks[i], test->context, NULL));
    carom_arena_usage(&usage);
    CAROM_NOTE("%.1f bytes of the arena each", (double) (usage.bytes - before.bytes) / MANY);
    CAROM_ASSERT(usage.bytes - before.bytes <= (uint64_t) MANY * MOST_BYTES);
    for (i = 0; i < MANY; i++)
        CAROM_ASSERT_OK(carom_lock_acquire(locks[i], 0));
    for (i = 0; i < MANY; i++)
        carom_lock_destroy(&locks[i]);
    CAROM_ASSERT_INT(objects(), (int64_t) before.objects);
    free(locks);
}

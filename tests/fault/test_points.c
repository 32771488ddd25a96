/* SIGKILL at each point of the library: in a build with --enable-fault-injection. */

#include "tests/fault/points.h"
#include "tests/fault/queue_some.h"

#include "platform/inspect/inspect.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATEST 5000000
#define SOON 100000

/* ---- what a child does that is to be killed ---- */

static char filler[100000];

CAROM_TASK(points_no_op)
{
    return 0;
}

/* An end that is skipped, one that cannot go, and one that is received. */
static void move_some(void)
{
    pair_t pair = make_pair(), inner = make_pair(), closed = make_pair();
    carom_connection_t *end;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_connection(inner.a), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_connection(&end, &value));
    carom_connection_close(&closed.b);
    CAROM_ASSERT_STATUS(carom_connection_send(closed.a, carom_value_from_connection(inner.b), PATIENCE), CAROM_EEOF);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_connection(inner.b), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    carom_connection_close(&end);
    close_pair(&inner);
    close_pair(&closed);
    close_pair(&pair);
}

/* Through larger rings, and round the first. */
static void fill_some(void)
{
    pair_t pair = make_pair();
    size_t length;
    int i;

    for (i = 0; i < 20; i++) {
        CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, filler, 280 + (size_t) i, PATIENCE));
        if (i % 2)
            CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
        else
            CAROM_ASSERT_OK(carom_connection_receive_into(filler, sizeof filler, &length, pair.b, PATIENCE));
    }
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, filler, 10000, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.b, filler, sizeof filler, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_skip(pair.a, PATIENCE));
    close_pair(&pair);
}

/* ---- locks and their like ---- */

typedef struct waiter_t {
    carom_condition_t *condition;
    carom_semaphore_t *here;
} waiter_t;

/* Says that it waits by giving up the lock. */
static void *waits_to_be_told(void *argument)
{
    waiter_t *waiter = argument;

    CAROM_ASSERT_OK(carom_lock_acquire(carom_condition_lock(waiter->condition), PATIENCE));
    CAROM_ASSERT_OK(carom_semaphore_release(waiter->here, 1));
    CAROM_ASSERT_OK(carom_condition_wait(waiter->condition, PATIENCE));
    CAROM_ASSERT_OK(carom_lock_release(carom_condition_lock(waiter->condition)));
    return NULL;
}

/* Who is told has to wait for the lock, too. */
static void tell_one(waiter_t *waiter, int all)
{
    carom_lock_t *lock = carom_condition_lock(waiter->condition);
    pthread_t thread;

    CAROM_ASSERT_INT(pthread_create(&thread, NULL, waits_to_be_told, waiter), 0);
    CAROM_ASSERT_OK(carom_semaphore_acquire(waiter->here, PATIENCE));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
    CAROM_ASSERT_OK(all ? carom_condition_notify_all(waiter->condition) : carom_condition_notify(waiter->condition, 1));
    CAROM_ASSERT_STATUS(carom_semaphore_acquire(waiter->here, carom_milliseconds(1)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_lock_release(lock));
    pthread_join(thread, NULL);
}

static void tell_some(void)
{
    waiter_t waiter;

    CAROM_ASSERT_OK(carom_condition_create(&waiter.condition, NULL, NULL));
    CAROM_ASSERT_OK(carom_semaphore_create(&waiter.here, NULL, 0, NULL));
    tell_one(&waiter, 0);
    tell_one(&waiter, 1);
    carom_semaphore_destroy(&waiter.here);
    carom_condition_destroy(&waiter.condition);
}

/* Taken out of one message, left in another, and in one that cannot go. */
static void send_some(carom_lock_t *lock)
{
    pair_t pair = make_pair(), closed = make_pair();
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_lock(lock), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_lock(lock), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.b, PATIENCE));
    carom_value_clear(&value);
    CAROM_ASSERT_OK(carom_connection_skip(pair.b, PATIENCE));
    carom_connection_close(&closed.b);
    CAROM_ASSERT_STATUS(carom_connection_send(closed.a, carom_value_from_lock(lock), PATIENCE), CAROM_EEOF);
    close_pair(&closed);
    close_pair(&pair);
}

static carom_status_t acts(void *baton)
{
    (void) baton;
    return CAROM_OK;
}

static void lock_some(void)
{
    carom_lock_t *lock;
    carom_event_t *event;
    carom_barrier_t *barrier;

    CAROM_ASSERT_OK(carom_lock_create(&lock, NULL, NULL));
    CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
    /* As if this process were dead already. */
    carom__objects_mourn(CAROM_LOCK, carom__arena_slot());
    CAROM_ASSERT_STATUS(carom_lock_acquire(lock, PATIENCE), CAROM_EOWNERDEAD);
    CAROM_ASSERT_OK(carom_lock_recover(lock));
    CAROM_ASSERT_OK(carom_lock_release(lock));
    send_some(lock);
    carom_lock_destroy(&lock);
    CAROM_ASSERT_OK(carom_event_create(&event, NULL));
    CAROM_ASSERT_OK(carom_event_set(event));
    carom_event_destroy(&event);
    CAROM_ASSERT_OK(carom_barrier_create(&barrier, NULL, 1));
    CAROM_ASSERT_OK(carom_barrier_action_set(barrier, acts, NULL));
    CAROM_ASSERT_OK(carom_barrier_wait(NULL, barrier, PATIENCE));
    carom_barrier_destroy(&barrier);
}

static void share_some(void)
{
    carom_heap_ref_t ref;
    carom_heap_t *heap;
    carom_array_t *array;

    CAROM_ASSERT_OK(carom_array_create(&array, NULL, CAROM_ITEM_I64, 100, NULL));
    CAROM_ASSERT_OK(carom_array_add_int(NULL, array, 99, 1));
    carom_array_destroy(&array);
    CAROM_ASSERT_OK(carom_heap_create(&heap, NULL));
    CAROM_ASSERT_OK(carom_heap_alloc(&ref, NULL, heap, 1000));
    carom_heap_destroy(&heap);
}

/* What a process made that is killed is its tree's, whose root lives on: see the leaves of the tests below. */
static void name_some(void)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 5000, NULL));
    CAROM_ASSERT_OK(carom_shared_memory_unlink(memory));
    carom_shared_memory_close(&memory);
}

/* Nothing happens to it, nor to a forkserver that is launched for it; but to a fork it does until it has this environment, and
 * when that is over before its orders are written the start says so. */
static void start_one(carom_context_t *context)
{
    carom_process_t *child;
    carom_status_t status;

    unsetenv("CAROM_FAULT");
    status = carom_process_start(&child, context, carom_call(points_no_op));
    if (status == CAROM_EDIED)
        return;
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* Answers each message of a lot with one, and does something of everything in between. */
CAROM_TASK(points_worker)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    lot_t in = {2, 0}, out = {3, 0};
    const void *reply;
    void *bytes;
    size_t length;
    int i;

    for (i = 0; carom_connection_receive_bytes(&bytes, &length, connection, 0, PATIENCE) == CAROM_OK; i++) {
        if (!lot_check(&in, bytes, length))
            return 1;
        carom_free(bytes);
        reply = lot_send(&out, &length);
        if (carom_connection_send_bytes(connection, reply, length, PATIENCE) != CAROM_OK)
            break;
        move_some();
        name_some();
        fill_some();
        lock_some();
        share_some();
        queue_some();
        tell_some();
        if (i % 8 == 0)
            start_one(carom_call_context(call));
    }
    carom_connection_close(&connection);
    return 0;
}

/* Makes objects until it is killed, or has so many that no point can be left out. */
CAROM_TASK(points_hoarder)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    carom__id_t id;
    void *at;
    int i;

    for (i = 0; i < 30000; i++)
        CAROM_ASSERT_OK(carom__object_make(&id, &at, CAROM__OBJECT_RING, i % 100 == 0 ? 40000 : 64, holders,
                                         CAROM__ARENA_PATIENCE));
    carom_connection_close(&connection);
    return 0;
}

/* Once it is told to: takes the arena's lock again and again, until it is killed or has done so often enough. */
CAROM_TASK(points_locker)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    carom__id_t id;
    void *at;
    int i;

    CAROM_ASSERT_OK(carom_connection_skip(connection, PATIENCE));
    for (i = 0; i < 30000; i++) {
        CAROM_ASSERT_OK(carom__object_make(&id, &at, CAROM__OBJECT_RING, 64, holders, CAROM__ARENA_PATIENCE));
        carom__object_let_go(id, 0, holders[0]);
    }
    carom_connection_close(&connection);
    return 0;
}

/* ---- the parent ---- */

typedef struct watch_t {
    carom_process_t *child;
    _Atomic int64_t ended;
} watch_t;

static void *watches(void *argument)
{
    watch_t *watch = argument;

    if (carom_process_join(watch->child, carom_seconds(60)) == CAROM_OK)
        atomic_store(&watch->ended, carom_plat_now());
    return NULL;
}

enum { EXCHANGES = 12 };

/* 0 when the child has come to the end of it. */
static carom_status_t exchange(carom_connection_t *connection)
{
    lot_t in = {3, 0}, out = {2, 0};
    const void *message;
    void *bytes;
    size_t length;
    carom_status_t status = CAROM_OK;
    int i;

    for (i = 0; i < EXCHANGES && status == CAROM_OK; i++) {
        message = lot_send(&out, &length);
        status = carom_connection_send_bytes(connection, message, length, PATIENCE);
        if (status == CAROM_OK || status == CAROM_EEOF)
            status = carom_connection_receive_bytes(&bytes, &length, connection, 0, PATIENCE);
        if (status == CAROM_OK) {
            CAROM_ASSERT(lot_check(&in, bytes, length));
            carom_free(bytes);
        }
    }
    return status;
}

/* 1 when it was killed there. */
static int talk_to(carom_process_t **child, carom_connection_t **connection, const char *fault)
{
    watch_t watch = {.child = *child};
    carom_status_t status;
    pthread_t thread;
    int64_t seen;
    int code;

    CAROM_ASSERT_INT(pthread_create(&thread, NULL, watches, &watch), 0);
    status = exchange(*connection);
    seen = carom_plat_now();
    carom_connection_close(connection);
    pthread_join(thread, NULL);
    if (status != CAROM_OK && status != CAROM_EEOF && status != CAROM_ETRUNCATED)
        CAROM_NOTE("%s: %s", fault, carom_status_name(status));
    CAROM_CHECK(status == CAROM_OK || status == CAROM_EEOF || status == CAROM_ETRUNCATED);
    CAROM_CHECK(atomic_load(&watch.ended) != 0);
    if (status != CAROM_OK && seen - atomic_load(&watch.ended) > SOON)
        CAROM_NOTE("%s: seen after %lld us", fault, (long long) (seen - watch.ended));
    CAROM_CHECK(seen - atomic_load(&watch.ended) < LATEST);
    code = carom_process_exit_code(*child);
    CAROM_ASSERT_OK(carom_process_destroy(child));
    if (code != 0 && code != -SIGKILL)
        CAROM_NOTE("%s: exit code %d", fault, code);
    CAROM_CHECK(code == 0 || code == -SIGKILL);
    return code != 0;
}

static int kill_at(carom_test_t *test, const carom_entry_t *entry, const char *name, unsigned pass)
{
    uint64_t objects = objects_in_use();
    carom_connection_t *connection;
    carom_process_t *child;
    carom_status_t status;
    char fault[100];
    int killed = 1;

    snprintf(fault, sizeof fault, "CAROM_FAULT=%s:%u:kill", name, pass);
    status = start_child(&child, &connection, test, entry, fault);
    if (status == CAROM_EDIED)
        carom_connection_close(&connection);
    else {
        CAROM_ASSERT_OK(status);
        killed = talk_to(&child, &connection, fault);
    }
    expect_sound(fault, objects);
    return killed;
}

/* ---- whoever makes objects after all that gets each of them once ---- */

enum { MANY = 6000 };

static void make_many(void)
{
    static carom__id_t ids[MANY];
    static uint64_t *places[MANY];
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_self(), CAROM__NOBODY};
    void *at;
    uint64_t i;

    for (i = 0; i < MANY; i++) {
        CAROM_ASSERT_OK(carom__object_make(&ids[i], &at, CAROM__OBJECT_RING, (size_t) 64 << i % 7, holders,
                                         CAROM__ARENA_PATIENCE));
        places[i] = at;
        places[i][0] = places[i][(64 << i % 7) / 8 - 1] = i;
    }
    for (i = 0; i < MANY; i++) {
        CAROM_ASSERT(places[i][0] == i && places[i][(64 << i % 7) / 8 - 1] == i);
        CAROM_ASSERT_OK(carom__object_hand(ids[i], 0, holders[0], CAROM__NOBODY));
    }
}

static int is_new(unsigned number)
{
    unsigned i;

    for (i = 0; i < number; i++)
        if (strcmp(carom__fault_name(i), carom__fault_name(number)) == 0)
            return 0;
    return 1;
}

static unsigned passes_of(const char *name)
{
    unsigned passes = 0, i;

    for (i = 0; carom__fault_name(i); i++)
        if (strcmp(carom__fault_name(i), name) == 0)
            passes += carom__fault_count(i);
    return passes;
}

/* The arena was there before, and is refused in a test of its own; a fork launches no program, and has no forker here.  Which
 * calls are made is a matter of the mode and the variant. */
static int is_on_the_way(const char *name, const carom_test_t *test)
{
    const char *mode = carom_context_mode(test->context);

    if (strncmp(name, "call.", strlen("call.")) == 0)
        return 0;
    if (strcmp(name, "launch.spawned") == 0)
        return strcmp(mode, "fork") != 0;
    if (strncmp(name, "forker.", strlen("forker.")) == 0)
        return strcmp(mode, "forkserver") == 0;
    return strcmp(name, "shared.create") != 0;
}

/* A point that nobody came by is one that nothing was tested at. */
static void expect_all_passed(const carom_test_t *test)
{
    unsigned missed = 0, i;

    for (i = 0; carom__fault_name(i); i++)
        if (is_new(i) && passes_of(carom__fault_name(i)) == 0 && is_on_the_way(carom__fault_name(i), test)) {
            CAROM_NOTE("never reached: %s", carom__fault_name(i));
            missed++;
        }
    CAROM_ASSERT_INT(missed, 0);
}

CAROM_TEST_WITH(points, killed_at_each, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 120000,
                .leaves = CAROM_LEAVES_SEGMENTS)
{
    static const unsigned passes[] = {1, 2, 3, 7, 20, 60};
    unsigned i, p, points = 0, kills = 0;

    for (i = 0; carom__fault_name(i); i++) {
        if (!is_new(i))
            continue;
        points++;
        for (p = 0; p < sizeof passes / sizeof passes[0]; p++)
            kills += (unsigned) kill_at(test, &points_worker, carom__fault_name(i), passes[p]);
    }
    make_many();
    CAROM_NOTE("%u points, %u kills", points, kills);
    CAROM_ASSERT(kills > points);
    expect_all_passed(test);
}

CAROM_TEST_WITH(points, killed_while_the_arena_grows, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 120000)
{
    static const char *const names[] = {"arena.commit", "object.table", "object.carving", "object.carved",
                                        "object.listed", "object.chunk", "object.begun", "object.push", "object.popped",
                                        "object.make", "object.born", "object.uncounted", "object.held", "arena.leaving"};
    unsigned i, pass, kills = 0;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        for (pass = 1; pass < 4; pass++)
            kills += (unsigned) kill_at(test, &points_hoarder, names[i], pass);
    make_many();
    CAROM_NOTE("%u kills; %llu bytes", kills, (unsigned long long) bytes_in_use());
    /* No chunk was lost: slots, table and objects have them all. */
    CAROM_ASSERT_INT(bytes_in_use(), atomic_load(&carom__arena_root->bump));
}

/* One dies with the arena's lock, and who takes it next while he makes good what that one left. */
static int kill_in_recovery(carom_test_t *test, const char *name)
{
    uint64_t objects = objects_in_use();
    carom_connection_t *to_first, *to_second;
    carom_process_t *first, *second;
    char fault[100];
    int code;

    snprintf(fault, sizeof fault, "CAROM_FAULT=%s:1:kill", name);
    CAROM_ASSERT_OK(start_child(&second, &to_second, test, &points_locker, fault));
    CAROM_ASSERT_OK(start_child(&first, &to_first, test, &points_locker, "CAROM_FAULT=arena.entered:400:kill"));
    CAROM_ASSERT_OK(carom_connection_send_bytes(to_second, "", 0, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send_bytes(to_first, "", 0, PATIENCE));
    CAROM_ASSERT_OK(carom_process_join(second, PATIENCE));
    CAROM_ASSERT_OK(carom_process_join(first, PATIENCE));
    code = carom_process_exit_code(second);
    carom_connection_close(&to_first);
    carom_connection_close(&to_second);
    CAROM_ASSERT_OK(carom_process_destroy(&first));
    CAROM_ASSERT_OK(carom_process_destroy(&second));
    expect_sound(fault, objects);
    CAROM_ASSERT(code == 0 || code == -SIGKILL);
    return code != 0;
}

CAROM_TEST_WITH(points, killed_while_it_recovers, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 120000)
{
    static const char *const names[] = {"object.recover", "object.recovering", "object.recovered"};
    unsigned i, k, kills;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (kills = 0, k = 0; k < 5; k++)
            kills += (unsigned) kill_in_recovery(test, names[i]);
        CAROM_ASSERT(kills > 0);
    }
    make_many();
    CAROM_ASSERT_INT(bytes_in_use(), atomic_load(&carom__arena_root->bump));
}

/* ---- a forker that is slow ---- */

/* Dead when this returns, and with it what it had forked ahead; collected by whoever does that. */
static void kill_child(void *argument, const carom_inspect_thing_t *thing)
{
    siginfo_t info;

    (void) argument;
    if (thing->kind != CAROM_INSPECT_CHILD)
        return;
    kill((pid_t) thing->id, SIGKILL);
    while (waitid(P_PID, (id_t) thing->id, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        continue;
}

/* The forker is the only child there is.  Another one comes in its place, to which this happens. */
static void replace_forker(const char *fault)
{
    CAROM_ASSERT_INT(setenv("CAROM_FAULT", fault, 1), 0);
    carom_inspect_list(kill_child, NULL);
}

#define LEAVES_FORKER .leaves = CAROM_LEAVES_PROCESSES | CAROM_LEAVES_DESCRIPTORS, .timeout_ms = 120000

/* What it forked ahead is asked for, and killed, while it looks who of all has died: it had heard of none of that. */
CAROM_TEST_WITH(points, killed_while_the_forker_looks, COUNTED, .modes = CAROM_TEST_FORKSERVER, LEAVES_FORKER)
{
    carom_connection_t *ours;
    carom_process_t *child;
    int i;

    replace_forker("forker.look:0:delay=5000");
    for (i = 0; i < 20; i++) {
        child = start_with(&ours, test, &points_listens);
        CAROM_ASSERT_OK(carom_process_kill(child));
        end_child(&child, -SIGKILL);
        carom_connection_close(&ours);
    }
}

/* A start in a directory, as whatever the forker still can: a status, and an end. */
static carom_status_t try_to_start(carom_test_t *test)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    carom_status_t status;

    options.directory = test->directory;
    status = carom_process_start_with(&child, test->context, carom_call(points_no_op), &options);
    if (status != CAROM_OK)
        return status;
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    if (carom_process_exit_code(child) != 0)
        status = carom_process_outcome(child)->status;
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return status;
}

/* Whoever is launched while this holds has it happen to him; the one that is launched after that is sound. */
static unsigned trouble_forker(carom_test_t *test, const char *fault)
{
    unsigned refused = 0, i;
    carom_status_t status;

    replace_forker(fault);
    for (i = 0; i < 6; i++) {
        status = try_to_start(test);
        refused += status != CAROM_OK;
        if (status == CAROM_ETIMEOUT || status == CAROM_EINVAL)
            CAROM_NOTE("%s: %s", fault, carom_status_name(status));
        CAROM_CHECK(status != CAROM_ETIMEOUT && status != CAROM_EINVAL);
    }
    replace_forker("");
    for (i = 0, status = CAROM_EDIED; i < 10 && status != CAROM_OK; i++)
        status = try_to_start(test);
    CAROM_ASSERT_OK(status);
    return refused;
}

/* Every worker is killed when it has the request, and before it says that it is born.  That is no want of descriptors, and no
 * reason to wait for the forker, which serves on. */
CAROM_TEST_WITH(points, each_worker_killed_at_birth, COUNTED, .modes = CAROM_TEST_FORKSERVER, LEAVES_FORKER)
{
    int64_t began = carom_plat_now();
    int i;

    replace_forker("forker.asked:0:kill");
    for (i = 0; i < 3; i++)
        CAROM_ASSERT_STATUS(try_to_start(test), CAROM_EDIED);
    CAROM_CHECK(carom_plat_now() - began < LATEST);
    replace_forker("");
    CAROM_ASSERT_OK(try_to_start(test));
}

/* Forkers are killed, and calls of theirs and of their workers fail before these are what they are to be. */
CAROM_TEST_WITH(points, a_troubled_forker, COUNTED, .modes = CAROM_TEST_FORKSERVER, LEAVES_FORKER)
{
    static const char *const names[] = {"call.ppoll", "call.realloc", "call.calloc", "call.malloc", "call.fork", "call.waitid",
                                        "call.waitpid", "call.recvmsg", "call.sendmsg", "call.dup2", "call.chdir",
                                        "call.fchdir", "forker.look"};
    uint64_t objects = objects_in_use();
    unsigned i, pass, refused = 0;
    char fault[100];

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        for (pass = 1; pass < 4; pass++) {
            snprintf(fault, sizeof fault, "%s:%u:kill", names[i], pass);
            refused += trouble_forker(test, fault);
            snprintf(fault, sizeof fault, "%s:%u:fail=%d", names[i], pass, ENOMEM);
            refused += trouble_forker(test, fault);
        }
    CAROM_NOTE("%u starts were refused", refused);
    expect_sound("afterwards", objects);
}

/* ---- names, in a tree of one process, a fork of this one ---- */

static void CAROM_NORETURN name_until_killed(const char *step, const char *name, int untracked)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    carom_shared_memory_t *memory;
    char fault[100];

    options.untracked = untracked;
    snprintf(fault, sizeof fault, "%s:1:kill", step);
    CAROM_ASSERT_INT(carom__fault_set(fault), 0);
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, name, 5000, &options));
    CAROM_ASSERT_OK(carom_shared_memory_unlink(memory));
    _exit(1);
}

/* The name is free afterwards; one that was untracked, and complete, is somebody's. */
static void expect_free(const char *step, const char *name, int untracked)
{
    carom_shared_memory_t *memory;

    if (untracked && strcmp(step, "named.complete") == 0) {
        CAROM_ASSERT_OK(carom_shared_memory_attach(&memory, name, 5000));
        CAROM_ASSERT_OK(carom_shared_memory_unlink(memory));
        carom_shared_memory_close(&memory);
    }
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, name, 6000, NULL));
    CAROM_ASSERT_OK(carom_shared_memory_unlink(memory));
    carom_shared_memory_close(&memory);
}

CAROM_TEST_WITH(points, killed_while_it_names, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    static const char *const steps[] = {"named.entered", "named.opened", "named.noted", "named.real", "named.complete",
                                        "named.unlinked"};
    char name[64];
    size_t i;
    int how;

    snprintf(name, sizeof name, "test-%llx-steps", (unsigned long long) carom_now());
    for (i = 0; i < 2 * (sizeof steps / sizeof steps[0]); i++) {
        const char *step = steps[i / 2];
        pid_t pid = fork();

        if (pid == 0)
            name_until_killed(step, name, i % 2);
        CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
        CAROM_ASSERT(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
        expect_free(step, name, i % 2);
    }
}

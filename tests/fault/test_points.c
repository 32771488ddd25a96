/* SIGKILL at each point of the library, and calls that fail at each pass: in a build with --enable-fault-injection. */

#include "tests/inside/inside.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define LATEST 5000000
#define POINTS_MOST 256
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

static void start_one(carom_context_t *context)
{
    static const char *const without[] = {"CAROM_FAULT", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.environment = without;
    CAROM_ASSERT_OK(carom_process_start_with(&child, context, carom_call(points_no_op), &options));
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
        fill_some();
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

static carom_status_t start_child(carom_process_t **child, carom_connection_t **ours, carom_test_t *test,
                                  const carom_entry_t *entry, const char *fault)
{
    const char *environment[] = {fault, NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_connection_t *theirs;
    carom_value_t argument;
    carom_status_t status;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_connection_pair(ours, &theirs, NULL));
    argument = carom_value_from_connection(theirs);
    status = carom_process_start_with(child, test->context, carom_request(entry, &argument, 1), &options);
    carom_connection_close(&theirs);
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

static void expect_sound(const char *fault, uint64_t objects)
{
    const char *trouble;

    expect_objects(objects);
    trouble = arena_trouble();
    if (trouble)
        CAROM_NOTE("%s: %s", fault, trouble);
    CAROM_ASSERT(trouble == NULL);
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

/* All processes count how often they come by a point, in a file of the test. */
static void begin_counting(carom_test_t *test, char *path, size_t size)
{
    snprintf(path, size, "%s/counts", test->directory);
    CAROM_ASSERT_INT(setenv("CAROM_FAULT_COUNTS", path, 1), 0);
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
}

static unsigned passes_of(const char *name)
{
    unsigned passes = 0, i;

    for (i = 0; carom__fault_name(i); i++)
        if (strcmp(carom__fault_name(i), name) == 0)
            passes += carom__fault_count(i);
    return passes;
}

/* The arena was there before, and is refused in a test of its own; a fork launches no program, and has no forker here. */
static int is_on_the_way(const char *name, const carom_test_t *test)
{
    const char *mode = carom_context_mode(test->context);

    if (strcmp(name, "launch.spawned") == 0)
        return strcmp(mode, "fork") != 0;
    if (strcmp(name, "forker.look") == 0)
        return strcmp(mode, "forkserver") == 0;
    return strcmp(name, "shared.create") != 0;
}

/* A point that nobody came by is one that nothing was tested at.  `make faults` makes a table of the lines. */
static void end_counting(const char *path, const carom_test_t *test, const unsigned *kills)
{
    unsigned missed = 0, i;

    for (i = 0; carom__fault_name(i); i++) {
        if (is_new(i) && getenv("CAROM_POINTS"))
            CAROM_NOTE("point %s passed %u killed %u", carom__fault_name(i), passes_of(carom__fault_name(i)), kills[i]);
        if (passes_of(carom__fault_name(i)) == 0 && is_on_the_way(carom__fault_name(i), test)) {
            CAROM_NOTE("never reached: %s", carom__fault_name(i));
            missed++;
        }
    }
    unsetenv("CAROM_FAULT_COUNTS");
    CAROM_CHECK(unlink(path) == 0);
    CAROM_ASSERT_INT(missed, 0);
}

static void note_kills(const char *name, unsigned kills)
{
    if (getenv("CAROM_POINTS"))
        CAROM_NOTE("point %s passed 0 killed %u", name, kills);
}

CAROM_TEST_WITH(points, killed_at_each, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 120000)
{
    static const unsigned passes[] = {1, 2, 3, 7, 20, 60};
    unsigned i, p, points = 0, kills = 0, kills_at[POINTS_MOST] = {0};
    char counts[1000];

    begin_counting(test, counts, sizeof counts);
    for (i = 0; carom__fault_name(i); i++) {
        CAROM_ASSERT(i < POINTS_MOST);
        if (!is_new(i))
            continue;
        points++;
        for (p = 0; p < sizeof passes / sizeof passes[0]; p++)
            kills_at[i] += (unsigned) kill_at(test, &points_worker, carom__fault_name(i), passes[p]);
        kills += kills_at[i];
    }
    make_many();
    CAROM_NOTE("%u points, %u kills", points, kills);
    CAROM_ASSERT(kills > points);
    end_counting(counts, test, kills_at);
}

CAROM_TEST_WITH(points, killed_while_the_arena_grows, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 120000)
{
    static const char *const names[] = {"arena.commit", "object.table", "object.carving", "object.carved",
                                        "object.listed", "object.chunk", "object.begun", "object.push", "object.popped",
                                        "object.make", "object.born", "object.uncounted", "object.held", "arena.leaving"};
    unsigned i, pass, here, kills = 0;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (here = 0, pass = 1; pass < 4; pass++)
            here += (unsigned) kill_at(test, &points_hoarder, names[i], pass);
        note_kills(names[i], here);
        kills += here;
    }
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

CAROM_TEST_WITH(points, killed_while_it_recovers, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 120000)
{
    static const char *const names[] = {"object.recover", "object.recovering", "object.recovered"};
    unsigned i, k, kills;

    for (i = 0; i < sizeof names / sizeof names[0]; i++) {
        for (kills = 0, k = 0; k < 5; k++)
            kills += (unsigned) kill_in_recovery(test, names[i]);
        note_kills(names[i], kills);
        CAROM_ASSERT(kills > 0);
    }
    make_many();
    CAROM_ASSERT_INT(bytes_in_use(), atomic_load(&carom__arena_root->bump));
}

/* ---- calls that fail, one after the other ---- */

static int count_descriptors(void)
{
    int fd, n = 0;

    for (fd = 0; fd < 1000; fd++)
        n += fcntl(fd, F_GETFD) >= 0;
    return n;
}

static int may_be(carom_status_t status)
{
    return status == CAROM_OK || status == CAROM_ENOMEM || status == CAROM_EMFILE;
}

/* Lets the first, the second, … pass of a point fail in `attempt`, until it comes to its end before that. */
static void fail_at_each(carom_test_t *test, const char *point, int error, carom_status_t (*attempt)(carom_test_t *test))
{
    uint64_t objects = objects_in_use();
    int descriptors = count_descriptors(), failures = 0;
    unsigned pass, fired = 1;
    carom_status_t status = CAROM_OK;
    char fault[100];

    for (pass = 1; pass < 2000 && fired; pass++) {
        snprintf(fault, sizeof fault, "%s:%u:fail=%d", point, pass, error);
        CAROM_ASSERT_INT(carom__fault_set(fault), 0);
        status = attempt(test);
        fired = carom__fault_fired();
        CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
        failures += status != CAROM_OK;
        if (!may_be(status) || count_descriptors() != descriptors || objects_in_use() != objects)
            CAROM_NOTE("%s: %s, %d descriptors, %llu objects", fault, carom_status_name(status),
                       count_descriptors() - descriptors, (unsigned long long) (objects_in_use() - objects));
        CAROM_ASSERT(may_be(status));
        CAROM_ASSERT_INT(count_descriptors(), descriptors);
        CAROM_ASSERT_INT(objects_in_use(), objects);
        CAROM_ASSERT(arena_trouble() == NULL);
    }
    CAROM_ASSERT(!fired);
    CAROM_ASSERT_OK(status);
    CAROM_NOTE("%s: %d failures", point, failures);
    if (getenv("CAROM_POINTS"))
        CAROM_NOTE("point %s failed %d", point, failures);
}

static const struct { const char *point; int error; } refusals[] = {
    {"memory.*", ENOMEM}, {"shared.*", ENOMEM}, {"stream.pair", EMFILE}, {"stream.write", ENOMEM}, {"stream.read", ENOMEM},
    {"stream.short", 1}, {"stream.read", EINTR}, {"stream.write", EINTR},
};

static void refuse_all(carom_test_t *test, carom_status_t (*attempt)(carom_test_t *test))
{
    size_t i;

    for (i = 0; i < sizeof refusals / sizeof refusals[0]; i++)
        fail_at_each(test, refusals[i].point, refusals[i].error, attempt);
}

static carom_status_t attempt_pair(carom_test_t *test)
{
    carom_connection_t *a, *b;
    carom_status_t status = carom_connection_pair(&a, &b, NULL);

    (void) test;
    CAROM_ASSERT((a == NULL && b == NULL) == (status != CAROM_OK));
    carom_connection_close(&a);
    carom_connection_close(&b);
    return status;
}

/* Mappings of shared memory, by the name that the system shows for it. */
static int count_mappings(void)
{
    FILE *file = fopen("/proc/self/maps", "r");
    char line[1000];
    int n = 0;

    while (file && fgets(line, sizeof line, file))
        n += strstr(line, "carom") != NULL && strstr(line, "rw-s") != NULL;
    if (file)
        fclose(file);
    return n;
}

/* The first pair of a process makes the arena; a fork is a process without one.  0, or which expectation failed. */
static int refuse_the_arena(carom_test_t *test)
{
    int mappings = count_mappings(), descriptors = count_descriptors();
    unsigned pass;
    char fault[100];

    for (pass = 1; carom__arena_shared() == NULL && pass < 100; pass++) {
        snprintf(fault, sizeof fault, "shared.*:%u:fail=%d", pass, ENOMEM);
        if (carom__fault_set(fault) != 0)
            return 1;
        if (attempt_pair(test) == CAROM_OK)
            break;
        if (carom__arena_shared() == NULL && (count_mappings() != mappings || count_descriptors() != descriptors))
            return 2;
    }
    carom__fault_set(NULL);
    if (getenv("CAROM_POINTS"))
        CAROM_NOTE("point shared.* failed %u", pass - 1);
    if (pass <= 4 || attempt_pair(test) != CAROM_OK)
        return 3;
    return objects_in_use() == 0 && count_mappings() == mappings + 1 ? 0 : 4;
}

CAROM_TEST_ONCE(points, the_arena_refused)
{
    pid_t pid = fork();
    int how;

    if (pid == 0)
        _exit(refuse_the_arena(test));
    CAROM_ASSERT_INT(waitpid(pid, &how, 0), pid);
    CAROM_ASSERT_INT(how, 0);
}

CAROM_TEST_ONCE(points, a_pair_refused)
{
    refuse_all(test, attempt_pair);
}

/* An end goes through a pair, and a long message. */
static carom_status_t send_through(pair_t *pair, carom_connection_t **end)
{
    carom_value_t value;
    carom_status_t status = carom_connection_send(pair->a, carom_value_from_connection(*end), PATIENCE);

    if (status == CAROM_OK)
        status = carom_connection_receive(&value, pair->b, PATIENCE);
    else if (carom_connection_poll(*end, 0) != CAROM_ETIMEOUT)
        return CAROM_EBUSY;
    if (status == CAROM_OK) {
        carom_connection_close(end);
        CAROM_ASSERT_OK(carom_value_take_connection(end, &value));
    }
    return status;
}

static carom_status_t attempt_to_send(carom_test_t *test)
{
    pair_t pair, inner;
    carom_status_t status;

    (void) test;
    if (carom_connection_pair(&pair.a, &pair.b, NULL) != CAROM_OK)
        return CAROM_ENOMEM;
    status = carom_connection_pair(&inner.a, &inner.b, NULL);
    if (status == CAROM_OK) {
        status = send_through(&pair, &inner.b);
        close_pair(&inner);
    }
    close_pair(&pair);
    return status;
}

CAROM_TEST_ONCE(points, sending_an_end_refused)
{
    refuse_all(test, attempt_to_send);
}

static carom_status_t attempt_long_message(carom_test_t *test)
{
    pair_t pair;
    carom_status_t status;
    void *bytes = NULL;
    size_t length;

    (void) test;
    status = carom_connection_pair(&pair.a, &pair.b, NULL);
    if (status != CAROM_OK)
        return status;
    status = carom_connection_send_bytes(pair.a, filler, 600, PATIENCE);
    if (status == CAROM_OK)
        status = carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE);
    carom_free(bytes);
    if (status == CAROM_OK)
        status = carom_connection_send_bytes(pair.a, filler, 900, 0);
    if (status == CAROM_OK)
        status = carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE);
    if (status == CAROM_OK)
        carom_free(bytes);
    close_pair(&pair);
    return status;
}

CAROM_TEST_ONCE(points, a_long_message_refused)
{
    refuse_all(test, attempt_long_message);
}

/* An end that listens in vain, and goes on as if it had not: what the bell cannot be heard for is not its end. */
static carom_status_t attempt_to_listen(carom_test_t *test)
{
    pair_t pair;
    carom_status_t status = carom_connection_pair(&pair.a, &pair.b, NULL);
    size_t length;
    int i;

    (void) test;
    if (status != CAROM_OK)
        return status;
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, carom_milliseconds(1)), CAROM_ETIMEOUT);
    for (i = 0; i < 130 && status == CAROM_OK; i++) {
        status = carom_connection_send_bytes(pair.a, filler, 64, PATIENCE);
        if (status == CAROM_OK)
            status = carom_connection_receive_into(filler, sizeof filler, &length, pair.b, PATIENCE);
    }
    close_pair(&pair);
    return status;
}

CAROM_TEST_ONCE(points, listening_refused)
{
    refuse_all(test, attempt_to_listen);
}

CAROM_TASK(points_listens)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

static carom_status_t attempt_start(carom_test_t *test)
{
    carom_process_t *child;
    pair_t pair;
    carom_status_t status = carom_connection_pair(&pair.a, &pair.b, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom_process_start(&child, test->context, carom_call(points_listens, pair.b));
    close_pair(&pair);
    if (status == CAROM_OK) {
        /* What was refused while it waits is no harm to the child. */
        if (carom_process_join(child, PATIENCE) != CAROM_OK)
            CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
        if (carom_process_exit_code(child) != 0)
            status = carom_process_outcome(child)->status;
    }
    carom_process_destroy(&child);
    return status;
}

CAROM_TEST_WITH(points, a_start_refused, .timeout_ms = 120000)
{
    refuse_all(test, attempt_start);
}

/* The child finds no memory at some moment: a status of it, or of the start. */
CAROM_TEST_WITH(points, a_child_without_memory, .modes = PROCESSES, .timeout_ms = 120000)
{
    static const char *const points[] = {"memory.*", "shared.*", "stream.read", "stream.write"};
    uint64_t objects = objects_in_use();
    carom_connection_t *connection;
    carom_process_t *child;
    carom_status_t status;
    unsigned i, pass;
    char fault[100];
    int code;

    for (i = 0; i < sizeof points / sizeof points[0]; i++)
        for (pass = 1, code = 1; pass < 200 && code != 0; pass++) {
            snprintf(fault, sizeof fault, "CAROM_FAULT=%s:%u:fail=%d", points[i], pass, ENOMEM);
            status = start_child(&child, &connection, test, &points_listens, fault);
            carom_connection_close(&connection);
            CAROM_CHECK(status == CAROM_OK || status == CAROM_EDIED);
            if (status != CAROM_OK)
                continue;
            CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
            code = carom_process_exit_code(child);
            CAROM_CHECK(code == 0 || code == 1 || code == 70);
            CAROM_ASSERT_OK(carom_process_destroy(&child));
            expect_sound(fault, objects);
        }
    CAROM_ASSERT_INT(code, 0);
}

/* ---- handles that find no room in the process that gets them ---- */

static void send_pipe(carom_connection_t *connection, int *reading)
{
    int ends[2];

    CAROM_ASSERT_INT(pipe(ends), 0);
    *reading = ends[0];
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_file(ends[1]), PATIENCE));
    close(ends[1]);
}

/* 1 when the pipe came that was sent, 0 when none did: never another. */
static int receive_pipe(carom_connection_t *connection, int reading)
{
    carom_native_t file;
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);
    char byte;

    if (status == CAROM_ENOMEM)
        status = carom_connection_receive(&value, connection, PATIENCE);
    if (status == CAROM_OK) {
        CAROM_ASSERT_OK(carom_value_take_file(&file, &value));
        CAROM_ASSERT_INT(write((int) file, "x", 1), 1);
        close((int) file);
        CAROM_ASSERT_INT(read(reading, &byte, 1), 1);
    } else {
        CAROM_ASSERT_STATUS(status, CAROM_EMFILE);
    }
    CAROM_ASSERT_INT(read(reading, &byte, 1), 0);
    close(reading);
    return status == CAROM_OK;
}

/* Each message gets its own handle or none, and says so at once.  All of them are heard before the first is received. */
CAROM_TEST_ONCE(points, handles_without_memory)
{
    enum { MESSAGES = 5 };
    int64_t before = carom_plat_now();
    int reading[MESSAGES], pass, i, good = 0;
    char fault[100];

    for (pass = 1; pass < 8; pass++) {
        pair_t pair = make_pair();

        for (i = 0; i < MESSAGES; i++)
            send_pipe(pair.a, &reading[i]);
        snprintf(fault, sizeof fault, "memory.*:%d:fail=%d", pass, ENOMEM);
        CAROM_ASSERT_INT(carom__fault_set(fault), 0);
        for (i = 0; i < MESSAGES; i++)
            good += receive_pipe(pair.b, reading[i]);
        CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
        close_pair(&pair);
    }
    CAROM_NOTE("%d of %d were received", good, MESSAGES * (pass - 1));
    CAROM_ASSERT(carom_plat_now() - before < 3000000);
}

/* ---- a forker that is slow ---- */

CAROM_TASK(points_tells_its_forker)
{
    return carom_return(call, getppid());
}

static pid_t forker_of(carom_context_t *context)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, context, carom_call(points_tells_its_forker)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return (pid_t) carom_value_int(result);
}

/* What it forked ahead is asked for, and killed, while it looks who of all has died: it had heard of none of that. */
CAROM_TEST_WITH(points, killed_while_the_forker_looks, .modes = CAROM_TEST_FORKSERVER, .timeout_ms = 120000,
                .leaves = CAROM_LEAVES_PROCESSES | CAROM_LEAVES_DESCRIPTORS)
{
    pid_t forker = forker_of(test->context);
    carom_connection_t *ours;
    carom_process_t *child;
    int i;

    CAROM_ASSERT_INT(setenv("CAROM_FAULT", "forker.look:0:delay=5000", 1), 0);
    CAROM_ASSERT_INT(kill(forker, SIGKILL), 0);
    CAROM_ASSERT(forker_of(test->context) != forker || forker_of(test->context) != forker);
    for (i = 0; i < 20; i++) {
        child = start_with(&ours, test, &points_listens);
        CAROM_ASSERT_OK(carom_process_kill(child));
        end_child(&child, -SIGKILL);
        carom_connection_close(&ours);
    }
}

/* SIGKILL at the points of a queue that others have as well: what comes next does so at once, and nothing is lost or left. */

#include "tests/fault/points.h"
#include "tests/fault/queue_some.h"

#include <pthread.h>
#include <signal.h>

/* µs until the next one goes on, as in test_owners.c. */
#define SOON 100000

enum { OTHER = 1, VICTIMS = 99, LAST = 2 };

/* So much in a ring of 8 KiB that the next of PIECE has to go to its beginning. */
enum { PIECE = 900, PIECES = 8, WHOLE = 8192 };

/* ---- who is killed ---- */

typedef enum does_t {
    PUTS_BYTES, PUTS_MIDDLE, PUTS_LONG, PUTS_LOCK, PUTS_LONG_LOCK, PUTS_PIECE, PUTS_MANY, GETS, GETS_ARRAY
} does_t;

static void put_number(carom_queue_t *queue, uint64_t number, size_t length)
{
    memcpy(queue_filler, &number, sizeof number);
    CAROM_ASSERT_OK(carom_queue_put_bytes(queue, queue_filler, length, PATIENCE));
}

static void do_it(does_t does, carom_queue_t *queue, carom_lock_t *lock)
{
    carom_value_t value;
    size_t got;

    switch (does) {
    case PUTS_BYTES: put_number(queue, VICTIMS, 8); break;
    case PUTS_MIDDLE: put_number(queue, VICTIMS, QUEUE_MIDDLE); break;
    case PUTS_LONG: put_number(queue, VICTIMS, QUEUE_LONG); break;
    case PUTS_LOCK: put_lock(queue, lock, 10); break;
    case PUTS_LONG_LOCK: put_lock(queue, lock, QUEUE_LONG); break;
    case PUTS_PIECE: put_number(queue, VICTIMS, PIECE); break;
    case PUTS_MANY: for (;;) put_number(queue, VICTIMS, PIECE);
    case GETS: CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE)); break;
    case GETS_ARRAY: CAROM_ASSERT_OK(carom_queue_get_array(queue_filler, 8, 10, &got, queue, PATIENCE)); break;
    }
}

CAROM_TASK(queue_victim)
{
    do_it((does_t) carom_arg_int(call, 2), carom_arg_queue(call, 0), carom_arg_lock(call, 1));
    return 0;
}

static unsigned fired_at(const char *name)
{
    unsigned fired = 0, i;

    for (i = 0; carom__fault_name(i); i++)
        if (strcmp(carom__fault_name(i), name) == 0)
            fired += carom__fault_fired_at(i);
    return fired;
}

static carom_process_t *start_victim(carom_test_t *test, const char *point, does_t does, carom_queue_t *queue,
                                     carom_lock_t *lock)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    char fault[100];
    const char *environment[] = {fault, NULL};
    carom_process_t *child;

    /* What comes with the call of the entry passes by there twice. */
    snprintf(fault, sizeof fault, "CAROM_FAULT=%s:%d:stop", point, strcmp(point, "share.adopted") == 0 ? 3 : 1);
    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(queue_victim, queue, lock, (int) does),
                                             &options));
    return child;
}

/* Stopped at that point, and to be killed there. */
static carom_process_t *stop_at(carom_test_t *test, const char *point, does_t does, carom_queue_t *queue, carom_lock_t *lock)
{
    unsigned before = fired_at(point);
    carom_process_t *child = start_victim(test, point, does, queue, lock);
    int64_t deadline = carom_plat_now() + PATIENCE;

    while (fired_at(point) == before && carom_plat_now() < deadline)
        carom_plat_wait(NULL, 0, carom_plat_now() + 200);
    if (fired_at(point) == before)
        CAROM_NOTE("%s: it never came there", point);
    CAROM_ASSERT(fired_at(point) != before);
    return child;
}

/* Nobody has joined it. */
static int64_t kill_it(carom_process_t *child)
{
    CAROM_ASSERT_OK(carom_process_kill(child));
    return carom_plat_now();
}

static void expect_soon(const char *point, int64_t since)
{
    int64_t took = carom_plat_now() - since;

    if (took >= in_time(SOON))
        CAROM_NOTE("%s: %lld us", point, (long long) took);
    CAROM_CHECK(took < in_time(SOON));
}

/* ---- what is in a queue ---- */

static uint64_t get_number(carom_queue_t *queue)
{
    carom_value_t value;
    uint64_t number = 0;

    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    if (carom_value_type(value) == CAROM_BYTES)
        memcpy(&number, carom_value_bytes(value), sizeof number);
    else
        number = carom_value_lock(*carom_value_at(value, 1)) ? VICTIMS : 0;
    carom_value_clear(&value);
    return number;
}

/* Those of the victim, at most `most`, between the two that this process put. */
static unsigned drain(carom_queue_t *queue)
{
    unsigned victims = 0;
    uint64_t number;

    CAROM_ASSERT_INT(get_number(queue), OTHER);
    while ((number = get_number(queue)) == VICTIMS)
        victims++;
    CAROM_ASSERT_INT(number, LAST);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    return victims;
}

/* The queue lives on, and holds nothing for anybody. */
static void end_with_nothing(const char *point, carom_queue_t **queue, carom_lock_t **lock, uint64_t objects)
{
    carom_lock_destroy(lock);
    expect_sound(point, objects);
    carom_queue_destroy(queue);
}

/* Bytes all along, and round the ring so far that a PIECE goes to its beginning. */
static void go_round(carom_queue_t *queue)
{
    int i;

    for (i = 0; i < PIECES; i++) {
        put_number(queue, OTHER, PIECE);
        CAROM_ASSERT_INT(get_number(queue), OTHER);
    }
}

static carom_queue_t *make_queue(uint64_t size, carom_lock_t **lock, uint64_t *objects)
{
    carom_queue_t *queue = queue_of(0, size);

    *objects = objects_in_use();
    CAROM_ASSERT_OK(carom_lock_create(lock, NULL, NULL));
    return queue;
}

/* ---- producers ---- */

static const struct { const char *point; does_t does; unsigned least, most, rings; } producers[] = {
    {"queue.publishing", PUTS_BYTES, 0, 0, 0},          {"queue.published", PUTS_BYTES, 1, 1, 0},
    {"queue.putting", PUTS_BYTES, 1, 1, 0},             {"queue.publishing", PUTS_LOCK, 0, 0, 0},
    {"queue.published", PUTS_LOCK, 1, 1, 0},            {"queue.putting", PUTS_LOCK, 1, 1, 0},
    {"queue.intent", PUTS_LOCK, 0, 0, 0},               {"shares.handed", PUTS_LOCK, 0, 0, 0},
    {"queue.handed", PUTS_LOCK, 0, 0, 0},               {"queue.intent", PUTS_LONG, 0, 0, 0},
    {"queue.handed", PUTS_LONG, 0, 0, 0},               {"queue.publishing", PUTS_LONG, 0, 0, 0},
    {"queue.published", PUTS_LONG, 1, 1, 0},            {"queue.intent", PUTS_LONG_LOCK, 0, 0, 0},
    {"shares.handed", PUTS_LONG_LOCK, 0, 0, 0},         {"queue.handed", PUTS_LONG_LOCK, 0, 0, 0},
    {"queue.publishing", PUTS_LONG_LOCK, 0, 0, 0},      {"queue.published", PUTS_LONG_LOCK, 1, 1, 0},
    {"queue.ring", PUTS_MANY, 1, 8, 0},                 {"queue.growing", PUTS_MANY, 1, 8, 1},
    {"queue.grown", PUTS_MANY, 1, 8, 1},
};

/* That many rings more stay, too. */
static void kill_producer(carom_test_t *test, const char *point, does_t does, unsigned least, unsigned most, unsigned rings)
{
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(0, &lock, &objects);
    carom_process_t *child;
    unsigned victims;
    int64_t since;

    put_number(queue, OTHER, 8);
    child = stop_at(test, point, does, queue, lock);
    CAROM_CHECK(carom_queue_put_bytes(queue, "", 0, carom_milliseconds(20)) == CAROM_ETIMEOUT);
    since = kill_it(child);
    put_number(queue, LAST, 8);
    expect_soon(point, since);
    end_child(&child, -SIGKILL);
    victims = drain(queue);
    if (victims < least || victims > most)
        CAROM_NOTE("%s: %u items", point, victims);
    CAROM_CHECK(victims >= least && victims <= most);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, victims + 2));
    CAROM_ASSERT_STATUS(carom_queue_task_done(queue, 1), CAROM_EOVERFLOW);
    end_with_nothing(point, &queue, &lock, objects + rings);
}

CAROM_TEST_WITH(queue_points, producers, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    size_t i;

    for (i = 0; i < sizeof producers / sizeof producers[0]; i++)
        kill_producer(test, producers[i].point, producers[i].does, producers[i].least, producers[i].most,
                      producers[i].rings);
}

/* A ring that was made and not said is taken by who grows next, or is let go when it is too small for him. */
CAROM_TEST_WITH(queue_points, a_ring_too_small, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    static const size_t next[] = {PIECE, QUEUE_MIDDLE};
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue;
    carom_process_t *child;
    size_t i;
    int puts;

    for (i = 0; i < 2; i++) {
        queue = make_queue(0, &lock, &objects);
        child = stop_at(test, "queue.growing", PUTS_MANY, queue, lock);
        CAROM_CHECK(kill_it(child) > 0);
        /* Whoever finds the latch taken puts what is long apart for a while. */
        put_number(queue, LAST, 8);
        for (puts = 0; puts < 10; puts++)
            put_number(queue, LAST, next[i]);
        CAROM_ASSERT_INT(atomic_load(&carom__queue_block(queue)->ring_count), 2);
        end_child(&child, -SIGKILL);
        while (carom_queue_size(queue) > 0)
            CAROM_ASSERT(get_number(queue) >= LAST);
        end_with_nothing("queue.growing", &queue, &lock, objects + 1);
    }
}

/* With nobody's item at the beginning of the ring yet.  What comes then fits nowhere, so that the queue grows; or needs all of
 * an empty queue. */
static void kill_on_the_way_back(carom_test_t *test, uint64_t size, size_t next)
{
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(size, &lock, &objects);
    carom_process_t *child;
    unsigned victims;
    int64_t since;

    go_round(queue);
    child = stop_at(test, "queue.back", PUTS_PIECE, queue, lock);
    since = kill_it(child);
    put_number(queue, OTHER, next);
    expect_soon("queue.back", since);
    put_number(queue, LAST, 8);
    end_child(&child, -SIGKILL);
    victims = drain(queue);
    CAROM_ASSERT_INT(victims, 0);
    end_with_nothing("queue.back", &queue, &lock, objects + (size == 0));
}

CAROM_TEST_WITH(queue_points, back_and_small, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    kill_on_the_way_back(test, WHOLE, 8);
}

CAROM_TEST_WITH(queue_points, back_and_larger_ring, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    kill_on_the_way_back(test, 0, 12000);
}

CAROM_TEST_WITH(queue_points, back_and_all_there_is, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    kill_on_the_way_back(test, WHOLE, 8000);
}

/* ---- consumers ---- */

static const struct { const char *point; does_t what; } consumers[] = {
    {"queue.taking", PUTS_BYTES},      {"queue.freeing", PUTS_BYTES},     {"queue.getting", PUTS_BYTES},
    {"queue.taking", PUTS_LOCK},       {"queue.freeing", PUTS_LOCK},      {"queue.getting", PUTS_LOCK},
    {"share.adopted", PUTS_LOCK},
    {"queue.taking", PUTS_LONG},       {"queue.freeing", PUTS_LONG},      {"queue.getting", PUTS_LONG},
    {"queue.taking", PUTS_LONG_LOCK},  {"queue.freeing", PUTS_LONG_LOCK}, {"share.adopted", PUTS_LONG_LOCK},
    {"queue.getting", PUTS_LONG_LOCK},
};

/* join is told once, and only of what may not be done. */
static void expect_told_once(carom_queue_t *queue)
{
    CAROM_ASSERT_STATUS(carom_queue_join(queue, PATIENCE), CAROM_EDIED);
    CAROM_ASSERT_STATUS(carom_queue_join(queue, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    CAROM_ASSERT_OK(carom_queue_join(queue, 0));
}

static void kill_consumer(carom_test_t *test, const char *point, does_t what, int round)
{
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(round ? WHOLE * 4 : 0, &lock, &objects);
    carom_process_t *child;
    int64_t since;

    if (round)
        go_round(queue);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, round ? PIECES : 0));
    do_it(what, queue, lock);
    put_number(queue, LAST, 8);
    child = stop_at(test, point, GETS, queue, lock);
    since = kill_it(child);
    CAROM_ASSERT_INT(get_number(queue), LAST);
    expect_soon(point, since);
    CAROM_ASSERT_INT(carom_queue_size(queue), 0);
    CAROM_ASSERT_OK(carom_queue_task_done(queue, 1));
    end_child(&child, -SIGKILL);
    expect_told_once(queue);
    end_with_nothing(point, &queue, &lock, objects);
}

CAROM_TEST_WITH(queue_points, consumers, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    size_t i;

    for (i = 0; i < sizeof consumers / sizeof consumers[0]; i++)
        kill_consumer(test, consumers[i].point, consumers[i].what, 0);
}

/* What it takes lies at the ring's beginning, what it took before at its end. */
static void put_round(carom_test_t *test, const char *point, size_t length)
{
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(WHOLE, &lock, &objects);
    carom_process_t *child;
    int64_t since;

    go_round(queue);
    put_lock(queue, lock, length);
    put_number(queue, LAST, 8);
    child = stop_at(test, point, GETS, queue, lock);
    since = kill_it(child);
    CAROM_ASSERT_INT(get_number(queue), LAST);
    expect_soon(point, since);
    end_child(&child, -SIGKILL);
    end_with_nothing(point, &queue, &lock, objects);
}

CAROM_TEST_WITH(queue_points, consumers_at_the_beginning, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    put_round(test, "queue.taking", PIECE);
    put_round(test, "queue.freeing", PIECE);
    put_round(test, "share.adopted", PIECE);
}

/* The array is gone with who took it, and nothing else. */
CAROM_TEST_WITH(queue_points, an_array, COUNTED, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD)
{
    static const char *const points[] = {"queue.taking", "queue.freeing", "queue.getting"};
    uint64_t objects, numbers[10] = {0};
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(0, &lock, &objects);
    carom_process_t *child;
    size_t i, put;

    for (i = 0; i < 2; i++) {
        CAROM_ASSERT_OK(carom_queue_put_array(&put, queue, numbers, 8, 10, PATIENCE));
        child = stop_at(test, points[i], GETS_ARRAY, queue, lock);
        CAROM_CHECK(kill_it(child) > 0);
        put_number(queue, LAST, 8);
        CAROM_ASSERT_INT(get_number(queue), LAST);
        end_child(&child, -SIGKILL);
    }
    CAROM_ASSERT_INT(carom_queue_unfinished(queue), 22);
    end_with_nothing("an array", &queue, &lock, objects);
}

/* ---- without memory ---- */

/* Gets one while something fails; then what stayed.  1: it failed. */
static int get_without_memory(carom_queue_t *queue, carom_lock_t *lock, size_t length, int pass)
{
    carom_status_t status;
    carom_value_t value;
    char fault[100];

    put_lock(queue, lock, length);
    snprintf(fault, sizeof fault, "memory.*:%d:fail=%d", pass, CAROM_ENOMEM);
    CAROM_ASSERT_INT(carom__fault_set(fault), 0);
    status = carom_queue_get(&value, queue, 0);
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
    CAROM_ASSERT(status == CAROM_OK || status == CAROM_ENOMEM);
    carom_value_clear(&value);
    if (status == CAROM_ENOMEM && carom_queue_get(&value, queue, 0) == CAROM_OK)
        carom_value_clear(&value);
    return status != CAROM_OK;
}

CAROM_TEST_WITH(queue_points, getting_without_memory, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    static const size_t lengths[] = {10, 1000, QUEUE_LONG};
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue;
    size_t i;
    int pass;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        queue = make_queue(0, &lock, &objects);
        for (pass = 1; get_without_memory(queue, lock, lengths[i], pass); pass++)
            CAROM_ASSERT(pass < 100);
        CAROM_ASSERT(pass > 1);
        CAROM_NOTE("%d calls for memory", pass - 1);
        end_with_nothing("memory", &queue, &lock, objects);
    }
}

/* A value whose bytes found no memory is there still. */
CAROM_TEST_WITH(queue_points, a_value_stays_without_memory, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    static const size_t lengths[] = {1000, QUEUE_LONG};
    uint64_t objects;
    carom_lock_t *lock;
    carom_queue_t *queue = make_queue(0, &lock, &objects);
    carom_value_t value;
    size_t i;

    for (i = 0; i < sizeof lengths / sizeof lengths[0]; i++) {
        put_lock(queue, lock, lengths[i]);
        CAROM_ASSERT_INT(carom__fault_set("memory.*:1:fail=12"), 0);
        CAROM_CHECK(carom_queue_get(&value, queue, 0) == CAROM_ENOMEM);
        CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
        CAROM_CHECK(carom_queue_size(queue) == 1);
        if (carom_queue_size(queue) == 1)
            get_lock(queue, lengths[i]);
    }
    end_with_nothing("memory", &queue, &lock, objects);
}

/* ---- on one processor, where nobody looks again and again ---- */

typedef struct patient_t {
    carom_queue_t *queue;
    carom_status_t status;
} patient_t;

static void *puts_when_it_can(void *argument)
{
    patient_t *patient = argument;

    patient->status = carom_queue_put_bytes(patient->queue, "", 0, PATIENCE);
    return NULL;
}

/* It naps by the time the latch is given back. */
CAROM_TEST_WITH(queue_points, a_latch_on_one_processor, COUNTED, .modes = CAROM_TEST_ONCE_ONLY)
{
    enum { LOOKS_AND_NAPS = 5 };
    patient_t patient = {queue_of(0, 0), CAROM_EINVAL};
    carom__queue_t *block = carom__queue_block(patient.queue);
    unsigned before = fired_at("latch.looks");
    int64_t deadline = carom_plat_now() + PATIENCE, since;
    pthread_t thread;

    CAROM_ASSERT_INT(carom__fault_set("latch.looks:0:fail=12"), 0);
    queue_enter(patient.queue, &block->putting);
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, puts_when_it_can, &patient), 0);
    while (fired_at("latch.looks") < before + LOOKS_AND_NAPS && carom_plat_now() < deadline)
        carom_plat_wait(NULL, 0, carom_plat_now() + 200);
    carom__latch_leave(&block->putting);
    since = carom_plat_now();
    pthread_join(thread, NULL);
    CAROM_CHECK(fired_at("latch.looks") >= before + LOOKS_AND_NAPS);
    CAROM_ASSERT_OK(patient.status);
    expect_soon("latch.looks", since);
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
    carom_queue_destroy(&patient.queue);
}

/* Timeouts last as long as they say, under signals without end and when the clock is set back and forward; no signal ends a wait
 * before its time; and who plays with one who is stopped again and again goes on.  (Working beside such a one: test_stops.c.) */

#include "tests/fault/weather.h"

#include <glob.h>
#include <stdio.h>
#include <unistd.h>

/* ---- timeouts ---- */

enum { WAIT, WEATHER, LOCK, SEMAPHORE, EVENT, CONDITION, BARRIER, FULL, EMPTY, JUMPS };

static carom_status_t waits_for_lock(carom_call_t *call, carom_duration_t timeout)
{
    return carom_lock_acquire(carom_arg_lock(call, LOCK), timeout);
}

static carom_status_t waits_for_semaphore(carom_call_t *call, carom_duration_t timeout)
{
    return carom_semaphore_acquire(carom_arg_semaphore(call, SEMAPHORE), timeout);
}

static carom_status_t waits_for_event(carom_call_t *call, carom_duration_t timeout)
{
    return carom_event_wait(carom_arg_event(call, EVENT), timeout);
}

static int never(void *baton)
{
    (void) baton;
    return 0;
}

static carom_status_t waits_at_condition(carom_call_t *call, carom_duration_t timeout)
{
    return carom_condition_wait(carom_arg_condition(call, CONDITION), timeout);
}

static carom_status_t waits_for_predicate(carom_call_t *call, carom_duration_t timeout)
{
    return carom_condition_wait_for(carom_arg_condition(call, CONDITION), never, NULL, timeout);
}

static carom_status_t waits_at_barrier(carom_call_t *call, carom_duration_t timeout)
{
    carom_status_t status = carom_barrier_wait(NULL, carom_arg_barrier(call, BARRIER), timeout);

    CAROM_ASSERT_OK(carom_barrier_reset(carom_arg_barrier(call, BARRIER)));
    return status;
}

static carom_status_t waits_to_put(carom_call_t *call, carom_duration_t timeout)
{
    return carom_queue_put(carom_arg_queue(call, FULL), carom_value_from_int(1), timeout);
}

static carom_status_t waits_to_put_bytes(carom_call_t *call, carom_duration_t timeout)
{
    return carom_queue_put_bytes(carom_arg_queue(call, FULL), "x", 1, timeout);
}

static carom_status_t waits_to_put_much(carom_call_t *call, carom_duration_t timeout)
{
    return try_to_put(carom_arg_queue(call, FULL), 300000, 1, timeout);
}

static carom_status_t waits_to_put_array(carom_call_t *call, carom_duration_t timeout)
{
    size_t put;
    carom_status_t status = carom_queue_put_array(&put, carom_arg_queue(call, FULL), "xyz", 1, 3, timeout);

    CAROM_ASSERT_INT(put, 0);
    return status;
}

static carom_status_t waits_to_get(carom_call_t *call, carom_duration_t timeout)
{
    carom_value_t value;

    return carom_queue_get(&value, carom_arg_queue(call, EMPTY), timeout);
}

static carom_status_t waits_to_get_bytes(carom_call_t *call, carom_duration_t timeout)
{
    void *bytes;
    size_t length;

    return carom_queue_get_bytes(&bytes, &length, carom_arg_queue(call, EMPTY), 0, timeout);
}

static carom_status_t waits_to_get_into(carom_call_t *call, carom_duration_t timeout)
{
    char buffer[8];
    size_t length;

    return carom_queue_get_into(buffer, sizeof buffer, &length, carom_arg_queue(call, EMPTY), timeout);
}

static carom_status_t waits_to_get_array(carom_call_t *call, carom_duration_t timeout)
{
    char items[8];
    size_t got;

    return carom_queue_get_array(items, 1, sizeof items, &got, carom_arg_queue(call, EMPTY), timeout);
}

static carom_status_t waits_for_work(carom_call_t *call, carom_duration_t timeout)
{
    return carom_queue_join(carom_arg_queue(call, FULL), timeout);
}

static const struct wait_t {
    const char *name;
    carom_status_t (*wait)(carom_call_t *call, carom_duration_t timeout);
} waits[] = {{"lock", waits_for_lock},
             {"semaphore", waits_for_semaphore},
             {"event", waits_for_event},
             {"condition", waits_at_condition},
             {"predicate", waits_for_predicate},
             {"barrier", waits_at_barrier},
             {"put", waits_to_put},
             {"put_bytes", waits_to_put_bytes},
             {"put_bytes of many", waits_to_put_much},
             {"put_array", waits_to_put_array},
             {"get", waits_to_get},
             {"get_bytes", waits_to_get_bytes},
             {"get_into", waits_to_get_into},
             {"get_array", waits_to_get_array},
             {"join", waits_for_work}};

enum { WAITS = sizeof waits / sizeof waits[0], IN_TIME = 2, TRIES = 20, SECONDS_OF_JUMP = 3600 };

/* 1: the wall's clock was set meanwhile. */
static int has_jumped(time_t since, carom_duration_t took)
{
    int64_t passed = (int64_t) (time(NULL) - since) - took / 1000000;

    return passed > SECONDS_OF_JUMP || passed < -SECONDS_OF_JUMP;
}

/* Never before the time is over; and not much later, but for some tries on a busy machine. */
static void expect_timeouts(carom_call_t *call, carom_duration_t timeout)
{
    const struct wait_t *what = &waits[carom_arg_int(call, WAIT)];
    int good = 0, tries;
    carom_duration_t before, took;
    time_t wall;

    for (tries = 0; good < IN_TIME && tries < TRIES; tries++) {
        wall = time(NULL);
        before = carom_now();
        CAROM_ASSERT_STATUS(what->wait(call, timeout), CAROM_ETIMEOUT);
        took = carom_now() - before;
        CAROM_ASSERT(took >= timeout);
        if (took <= latest(timeout))
            good++;
        else
            CAROM_NOTE("%s: a timeout of %lld us took %lld", what->name, (long long) timeout, (long long) took);
        if (has_jumped(wall, took))
            CAROM_ASSERT_OK(carom_semaphore_release(carom_arg_semaphore(call, JUMPS), 1));
    }
    CAROM_CHECK(good == IN_TIME);
}

CAROM_TASK(weather_times_out)
{
    static const int64_t timeouts[] = {0, 30, 300};
    carom_lock_t *lock = carom_condition_lock(carom_arg_condition(call, CONDITION));
    int is_hail = carom_arg_int(call, WEATHER) == HAIL, has_lock, i;
    hail_t hail;

    /* Two have the condition's lock by turns, at each of their waits. */
    has_lock = waits[carom_arg_int(call, WAIT)].wait == waits_at_condition ||
               waits[carom_arg_int(call, WAIT)].wait == waits_for_predicate;
    if (is_hail)
        begin_hail(&hail);
    if (has_lock)
        CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
    for (i = 0; i < 3; i++)
        expect_timeouts(call, carom_milliseconds(timeouts[i]));
    if (has_lock)
        CAROM_ASSERT_OK(carom_lock_release(lock));
    if (is_hail)
        end_hail(&hail);
    return 0;
}

/* Everything that one can wait for in vain. */
typedef struct things_t {
    carom_lock_t *lock;
    carom_semaphore_t *semaphore, *jumps;
    carom_event_t *event;
    carom_condition_t *condition;
    carom_barrier_t *barrier;
    carom_queue_t *full, *empty;
} things_t;

static things_t make_things(const carom_test_t *test)
{
    things_t self = {make_lock(test), make_semaphore(test, 0), make_semaphore(test, 0), make_event(test), NULL, NULL, NULL,
                     NULL};

    CAROM_ASSERT_OK(carom_lock_acquire(self.lock, 0));
    CAROM_ASSERT_OK(carom_condition_create(&self.condition, test->context, NULL));
    CAROM_ASSERT_OK(carom_barrier_create(&self.barrier, test->context, 2));
    self.full = make_queue(test, 1);
    self.empty = make_queue(test, 0);
    put_item(self.full, 1, 1);
    return self;
}

static void end_things(things_t *self)
{
    CAROM_ASSERT_OK(carom_lock_release(self->lock));
    carom_lock_destroy(&self->lock);
    carom_semaphore_destroy(&self->semaphore);
    carom_semaphore_destroy(&self->jumps);
    carom_event_destroy(&self->event);
    carom_condition_destroy(&self->condition);
    carom_barrier_destroy(&self->barrier);
    carom_queue_destroy(&self->full);
    carom_queue_destroy(&self->empty);
}

static void start_waits(carom_process_t **children, const things_t *self, const carom_test_t *test, int weather,
                        const carom_process_options_t *options)
{
    int i;

    for (i = 0; i < WAITS; i++)
        CAROM_ASSERT_OK(carom_process_start_with(&children[i], test->context,
                                                 carom_call(weather_times_out, i, weather, self->lock, self->semaphore,
                                                            self->event, self->condition, self->barrier, self->full,
                                                            self->empty, self->jumps),
                                                 options));
}

static const char *const weathers[] = {"calm", "hail", NULL};

/* Each waits beside the others, who all sleep, so that it does not take long. */
CAROM_TEST_WITH(weather, timeouts, .parameters = weathers, .set_up = prepare_for_hail, .tear_down = forget_hail,
                .timeout_ms = 60000)
{
    things_t self = make_things(test);
    carom_process_t *children[WAITS];

    start_waits(children, &self, test, test->parameter_index == 0 ? CALM : HAIL, NULL);
    end_all(children, WAITS);
    end_things(&self);
}

/* ---- two who wait for each other ---- */

enum { ENOUGH = 300 };

/* Whose turn it is, changed under the lock. */
typedef struct player_t {
    carom_condition_t *condition;
    carom_semaphore_t *ball, *semaphores[2];
    carom_event_t *events[2];
    carom_event_t *over;               /* player 0 tells the other that this was the last round */
    carom_event_t *enough;             /* the test tells player 0 */
    carom_barrier_t *barrier;
    uint32_t number;
} player_t;

static int has_the_ball(void *baton)
{
    player_t *self = baton;

    return carom_semaphore_count(self->ball) == self->number;
}

static void play_with_condition(player_t *self)
{
    carom_lock_t *lock = carom_condition_lock(self->condition);

    CAROM_ASSERT_OK(carom_lock_acquire(lock, PATIENCE));
    CAROM_ASSERT_OK(carom_condition_wait_for(self->condition, has_the_ball, self, PATIENCE));
    if (self->number == 0)
        CAROM_ASSERT_OK(carom_semaphore_release(self->ball, 1));
    else
        CAROM_ASSERT_OK(carom_semaphore_acquire(self->ball, 0));
    CAROM_ASSERT_OK(carom_condition_notify(self->condition, 1));
    CAROM_ASSERT_OK(carom_lock_release(lock));
}

static void play_with_semaphores(const player_t *self)
{
    CAROM_ASSERT_OK(carom_semaphore_release(self->semaphores[!self->number], 1));
    CAROM_ASSERT_OK(carom_semaphore_acquire(self->semaphores[self->number], PATIENCE));
}

static void play_with_events(const player_t *self)
{
    CAROM_ASSERT_OK(carom_event_set(self->events[!self->number]));
    CAROM_ASSERT_OK(carom_event_wait(self->events[self->number], PATIENCE));
    CAROM_ASSERT_OK(carom_event_clear(self->events[self->number]));
}

static int has_played_enough(const player_t *self, int64_t weather)
{
    return weather == HAIL ? stones >= (int) for_sanitizers(ENOUGH, 10) : carom_event_is_set(self->enough);
}

/* 0: the last; both know it behind the barrier. */
static int play(player_t *self, int64_t weather)
{
    play_with_condition(self);
    play_with_semaphores(self);
    play_with_events(self);
    if (self->number == 0 && has_played_enough(self, weather))
        CAROM_ASSERT_OK(carom_event_set(self->over));
    CAROM_ASSERT_OK(carom_barrier_wait(NULL, self->barrier, PATIENCE));
    return !carom_event_is_set(self->over);
}

CAROM_TASK(weather_plays)
{
    player_t self = {carom_arg_condition(call, 0),
                     carom_arg_semaphore(call, 1),
                     {carom_arg_semaphore(call, 2), carom_arg_semaphore(call, 3)},
                     {carom_arg_event(call, 4), carom_arg_event(call, 5)},
                     carom_arg_event(call, 6),
                     carom_arg_event(call, 7),
                     carom_arg_barrier(call, 8),
                     (uint32_t) carom_arg_int(call, 9)};
    int64_t weather = carom_arg_int(call, 10);
    unsigned rounds = 1;
    hail_t hail;

    if (weather == HAIL)
        begin_hail(&hail);
    while (play(&self, weather))
        rounds++;
    if (weather == HAIL)
        end_hail(&hail);
    if (self.number == 0)
        CAROM_NOTE("%u rounds", rounds);
    return 0;
}

static player_t start_players(carom_process_t *players[2], const carom_test_t *test, int64_t weather)
{
    player_t self = {NULL,
                     make_semaphore(test, 0),
                     {make_semaphore(test, 0), make_semaphore(test, 0)},
                     {make_event(test), make_event(test)},
                     make_event(test),
                     make_event(test),
                     NULL,
                     0};
    int i;

    CAROM_ASSERT_OK(carom_condition_create(&self.condition, test->context, NULL));
    CAROM_ASSERT_OK(carom_barrier_create(&self.barrier, test->context, 2));
    for (i = 0; i < 2; i++)
        players[i] = start(test, carom_call(weather_plays, self.condition, self.ball, self.semaphores[0], self.semaphores[1],
                                            self.events[0], self.events[1], self.over, self.enough, self.barrier, i, weather));
    return self;
}

static void end_players(player_t *self, carom_process_t *players[2])
{
    int i;

    end_all(players, 2);
    CAROM_ASSERT_INT(carom_semaphore_count(self->ball), 0);
    carom_condition_destroy(&self->condition);
    carom_barrier_destroy(&self->barrier);
    carom_semaphore_destroy(&self->ball);
    carom_event_destroy(&self->over);
    carom_event_destroy(&self->enough);
    for (i = 0; i < 2; i++) {
        carom_semaphore_destroy(&self->semaphores[i]);
        carom_event_destroy(&self->events[i]);
    }
}

CAROM_TEST_WITH(weather, play_in_hail, .set_up = prepare_for_hail, .tear_down = forget_hail)
{
    carom_process_t *players[2];
    player_t self = start_players(players, test, HAIL);

    end_players(&self, players);
}

/* One of them, again and again, wherever he is. */
CAROM_TEST_WITH(weather, play_with_who_is_stopped, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 60000)
{
    unsigned rounds = rounds_of(300, 10000), i;
    uint64_t lot = test->seed | 1;
    carom_process_t *players[2];
    const carom_process_t *victim;
    player_t self;

    skip_without_shares(test);
    self = start_players(players, test, STOPS);
    for (i = 0; i < rounds; i++) {
        victim = players[by_lot(&lot, 2)];
        nap((int64_t) by_lot(&lot, 1500));
        stop(victim);
        nap((int64_t) by_lot(&lot, i % 50 == 0 ? 100000 : 1500));
        go_on(victim);
    }
    CAROM_ASSERT_OK(carom_event_set(self.enough));
    end_players(&self, players);
}

/* ---- a clock that is set ---- */

/* Faketime's library, which lets a program see the clock as a file says. */
static const char *clock_library(void)
{
    static const char *const places[] = {"/usr/lib/*/faketime/libfaketime.so.1", "/usr/lib*/faketime/libfaketime.so.1",
                                         "/usr/local/lib/faketime/libfaketime.so.1"};
    static char path[500];
    glob_t found;
    size_t i;

    for (i = 0; i < sizeof places / sizeof places[0] && path[0] == '\0'; i++) {
        if (glob(places[i], 0, NULL, &found) == 0)
            snprintf(path, sizeof path, "%s", found.gl_pathv[0]);
        globfree(&found);
    }
    return path[0] ? path : NULL;
}

/* In one step. */
static void set_clock(const char *directory, const char *offset)
{
    char path[600], draft[600];
    FILE *file;

    snprintf(path, sizeof path, "%s/clock", directory);
    snprintf(draft, sizeof draft, "%s/draft", directory);
    file = fopen(draft, "w");
    CAROM_ASSERT(file != NULL);
    fprintf(file, "%s\n", offset);
    CAROM_ASSERT_INT(fclose(file), 0);
    CAROM_ASSERT_INT(rename(draft, path), 0);
}

CAROM_TASK(weather_reads_the_clock)
{
    return carom_return(call, (int64_t) time(NULL));
}

/* Somebody with that library says what time it is tomorrow. */
static int is_believed(const carom_test_t *test, const carom_process_options_t *options)
{
    carom_process_t *child;
    carom_value_t clock;
    int64_t ahead;

    set_clock(test->directory, "+1d");
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(weather_reads_the_clock), options));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&clock, child));
    end_child(&child, 0);
    ahead = carom_value_int(clock) - (int64_t) time(NULL);
    return ahead > SECONDS_OF_JUMP;
}

static void set_clock_until_all_are_back(const char *directory, carom_process_t **children, int count)
{
    static const char *const offsets[] = {"-1d", "+0", "+1d"};
    unsigned turn = 0;
    int i;

    for (i = 0; i < count; i++)
        while (carom_process_alive(children[i])) {
            set_clock(directory, offsets[turn++ % 3]);
            nap(20000);
        }
}

CAROM_TEST_WITH(weather, timeouts_while_the_clock_is_set, .modes = CAROM_TEST_SPAWN, .timeout_ms = 60000)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    char library[600], file[600];
    const char *environment[] = {library, file, "FAKETIME_NO_CACHE=1", "DONT_FAKE_MONOTONIC=1", "FAKETIME", NULL};
    carom_process_t *children[WAITS];
    things_t self;

    /* A sanitizer wants to be the first library. */
    if (clock_library() == NULL || has_sanitizer() || in_qemu())
        CAROM_SKIP("no-faketime");
    skip_without_shares(test);
    snprintf(library, sizeof library, "LD_PRELOAD=%s", clock_library());
    snprintf(file, sizeof file, "FAKETIME_TIMESTAMP_FILE=%s/clock", test->directory);
    options.environment = environment;
    CAROM_ASSERT(is_believed(test, &options));
    self = make_things(test);
    start_waits(children, &self, test, CLOCK, &options);
    set_clock_until_all_are_back(test->directory, children, WAITS);
    end_all(children, WAITS);
    CAROM_NOTE("the clock was set in %u waits", carom_semaphore_count(self.jumps));
    CAROM_CHECK(carom_semaphore_count(self.jumps) > 0);
    end_things(&self);
    CAROM_ASSERT_INT(unlink(file + strlen("FAKETIME_TIMESTAMP_FILE=")), 0);
}

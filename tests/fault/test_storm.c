/* SIGKILL at any instant: of one who sends and receives, between the sending and the receipt of an end, and of those who make
 * and lose many of them. */

#include "tests/inside/inside.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* The end of a peer is to be seen in this time, µs; a busy machine may be late now and then, but never so late. */
#define SOON 100000
#define LATEST 5000000

static void nap(int64_t microseconds)
{
    struct timespec t = {microseconds / 1000000, microseconds % 1000000 * 1000};

    while (microseconds > 0 && nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

/* ---- whoever sends and receives all the time ---- */

typedef struct side_t {
    carom_connection_t *connection;
    uint64_t seed;                 /* of what it sends; of what it gets it is one more or less */
    carom_status_t sent, received; /* how sending and receiving ended */
    uint64_t messages;             /* received */
    int wrong;
} side_t;

static void *sends_on(void *argument)
{
    side_t *side = argument;
    lot_t lot = {side->seed, 0};
    const void *bytes;
    size_t length;

    do {
        bytes = lot_send(&lot, &length);
        side->sent = carom_connection_send_bytes(side->connection, bytes, length, PATIENCE);
    } while (side->sent == CAROM_OK);
    return NULL;
}

/* Every other message into a buffer of ours. */
static void receive_one(side_t *side, lot_t *lot)
{
    static unsigned char buffer[LOT_MOST];
    int into = side->messages % 2 == 0;
    void *bytes = buffer;
    size_t length;

    side->received = into ? carom_connection_receive_into(buffer, sizeof buffer, &length, side->connection, PATIENCE)
                          : carom_connection_receive_bytes(&bytes, &length, side->connection, 0, PATIENCE);
    if (side->received != CAROM_OK)
        return;
    side->wrong |= !lot_check(lot, bytes, length);
    side->messages++;
    if (!into)
        carom_free(bytes);
}

static void receive_on(side_t *side)
{
    lot_t lot = {side->seed ^ 1, 0};

    do
        receive_one(side, &lot);
    while (side->received == CAROM_OK);
}

CAROM_TASK(storm_peer)
{
    side_t side = {.connection = carom_arg_connection(call, 0), .seed = (uint64_t) carom_arg_int(call, 1)};
    pthread_t sender;

    CAROM_ASSERT_INT(pthread_create(&sender, NULL, sends_on, &side), 0);
    receive_on(&side);
    pthread_join(sender, NULL);
    carom_connection_close(&side.connection);
    return side.wrong;
}

/* Kills the peer of a side, which is at work, after some time. */
typedef struct killer_t {
    carom_process_t *victim;
    int64_t delay;
    int64_t moment;                /* when it was dead */
} killer_t;

static void *kills(void *argument)
{
    killer_t *killer = argument;

    nap(killer->delay);
    if (carom_process_kill(killer->victim) == CAROM_OK && carom_process_join(killer->victim, PATIENCE) == CAROM_OK)
        killer->moment = carom_plat_now();
    return NULL;
}

static carom_process_t *start_peer(carom_connection_t **ours, carom_test_t *test, int64_t seed)
{
    carom_connection_t *theirs;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_connection_pair(ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(storm_peer, theirs, seed)));
    carom_connection_close(&theirs);
    return child;
}

static void expect_lost(const side_t *side)
{
    CAROM_ASSERT_INT(side->wrong, 0);
    CAROM_ASSERT_STATUS(side->sent, CAROM_EEOF);
    if (side->received != CAROM_ETRUNCATED)
        CAROM_ASSERT_STATUS(side->received, CAROM_EEOF);
}

/* µs from its death until its end was seen by both who use the connection. */
static int64_t kill_one(carom_test_t *test, uint64_t *lot, uint64_t *messages)
{
    side_t side = {.seed = draw(lot) & 0xFFFFFFEu};
    killer_t killer = {.delay = draw(lot) % 4 == 0 ? draw(lot) % 20000 : draw(lot) % 3000};
    pthread_t sender, killing;
    int64_t seen;

    killer.victim = start_peer(&side.connection, test, (int64_t) (side.seed ^ 1));
    if (draw(lot) % 4 != 0)
        CAROM_ASSERT_OK(carom_connection_poll(side.connection, PATIENCE));
    CAROM_ASSERT_INT(pthread_create(&sender, NULL, sends_on, &side), 0);
    CAROM_ASSERT_INT(pthread_create(&killing, NULL, kills, &killer), 0);
    receive_on(&side);
    pthread_join(sender, NULL);
    seen = carom_plat_now();
    pthread_join(killing, NULL);
    CAROM_ASSERT(killer.moment != 0);
    carom_connection_close(&side.connection);
    CAROM_ASSERT_OK(carom_process_destroy(&killer.victim));
    expect_lost(&side);
    *messages += side.messages;
    return seen - killer.moment;
}

CAROM_TEST_WITH(storm, killed_at_random, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    unsigned rounds = for_sanitizers(rounds_of(200, 10000), 4), late = 0, i;
    uint64_t lot = test->seed | 1, messages = 0, objects = objects_in_use();
    int64_t worst = 0, took;

    for (i = 0; i < rounds; i++) {
        took = kill_one(test, &lot, &messages);
        worst = took > worst ? took : worst;
        late += took > in_time(SOON);
        expect_objects(objects);
    }
    CAROM_NOTE("%u kills among %llu messages; the end was seen %lld us after it at the latest", rounds,
               (unsigned long long) messages, (long long) worst);
    CAROM_ASSERT(worst < LATEST);
    CAROM_ASSERT(late * 50 <= rounds + 50);
}

/* ---- between sending and receipt ---- */

static void expect_number(carom_connection_t *from, carom_connection_t *to, int number)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(from, carom_value_from_int(number), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, to, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), number);
}

static void expect_end(carom_connection_t *connection)
{
    carom_value_t value;
    int64_t before = carom_plat_now();

    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, PATIENCE), CAROM_EEOF);
    CAROM_ASSERT(carom_plat_now() - before < LATEST);
}

/* Until it is killed. */
static int idle(void)
{
    while (getppid() > 0)
        pause();
    return 0;
}

static void kill_child(carom_process_t **child)
{
    CAROM_ASSERT_OK(carom_process_kill(*child));
    CAROM_ASSERT_OK(carom_process_join(*child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(child));
}

/* Says that it is there, and does nothing more until it is killed. */
CAROM_TASK(storm_idler)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    return idle();
}

CAROM_TASK(storm_echo)
{
    return echo(carom_arg_connection(call, 0));
}

static carom_process_t *start_idler(carom_connection_t **ours, carom_test_t *test, const carom_entry_t *entry)
{
    carom_process_t *child = start_with(ours, test, entry);
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, *ours, PATIENCE));
    carom_value_clear(&value);
    return child;
}

static void echo_number(carom_connection_t *connection, int number)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(number), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), number);
}

/* The receiver dies with an end and a pipe in what it has not received: the peers of both see the end, others see nothing. */
CAROM_TEST_WITH(storm, receiver_dies_before_receipt, .modes = PROCESSES)
{
    carom_connection_t *carrier, *other;
    carom_process_t *idler, *bystander;
    carom_value_t value;
    uint64_t objects = objects_in_use();
    pair_t pair;
    int ends[2];
    char byte;

    skip_without_transfer();
    pair = make_pair();
    idler = start_idler(&carrier, test, &storm_idler);
    bystander = start_with(&other, test, &storm_echo);
    CAROM_ASSERT_INT(pipe(ends), 0);
    CAROM_ASSERT_OK(carom_connection_send(carrier, carom_value_from_connection(pair.b), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(carrier, carom_value_from_file(ends[1]), PATIENCE));
    close(ends[1]);
    carom_connection_close(&pair.b);
    echo_number(other, 1);
    kill_child(&idler);
    expect_end(pair.a);
    CAROM_ASSERT_STATUS(carom_connection_send(pair.a, carom_value_none(), 0), CAROM_EEOF);
    CAROM_ASSERT_INT(read(ends[0], &byte, 1), 0);
    close(ends[0]);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, carrier, PATIENCE), CAROM_EEOF);
    echo_number(other, 2);
    carom_connection_close(&carrier);
    carom_connection_close(&pair.a);
    carom_connection_close(&other);
    end_child(&bystander, 0);
    expect_objects(objects);
}

/* Sends an end of a pair over its connection, says so with the other in it, too, and idles. */
CAROM_TASK(storm_giver)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    pair_t pair = make_pair();

    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(77), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_connection(pair.b), PATIENCE));
    if (carom_arg_int(call, 1))
        CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_connection(pair.a), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(5), PATIENCE));
    return idle();
}

static carom_process_t *start_giver(carom_connection_t **ours, carom_test_t *test, int both)
{
    carom_connection_t *theirs;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_connection_pair(ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(storm_giver, theirs, both)));
    carom_connection_close(&theirs);
    CAROM_ASSERT_OK(carom_connection_poll(*ours, PATIENCE));
    return child;
}

static carom_connection_t *receive_end(carom_connection_t *from)
{
    carom_connection_t *connection;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, from, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_connection(&connection, &value));
    return connection;
}

/* Waits until the giver has said all, without receiving: its last message makes the socket's handles two. */
static void let_it_finish(carom_process_t *child)
{
    CAROM_ASSERT_STATUS(carom_process_join(child, carom_milliseconds(50)), CAROM_ETIMEOUT);
}

/* The sender dies after it has sent both ends: they are received, and good. */
CAROM_TEST_WITH(storm, sender_dies_before_receipt, .modes = PROCESSES)
{
    carom_connection_t *carrier, *one, *other;
    uint64_t objects = objects_in_use();
    carom_process_t *giver;
    carom_value_t value;

    skip_without_transfer();
    giver = start_giver(&carrier, test, 1);
    let_it_finish(giver);
    kill_child(&giver);
    one = receive_end(carrier);
    other = receive_end(carrier);
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    expect_end(carrier);
    CAROM_ASSERT_OK(carom_connection_receive(&value, one, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 77);
    expect_number(one, other, 1);
    expect_number(other, one, 2);
    carom_connection_close(&one);
    expect_end(other);
    carom_connection_close(&other);
    carom_connection_close(&carrier);
    expect_objects(objects);
}

/* The owner of the other end dies: what it had sent is received, then its end. */
CAROM_TEST_WITH(storm, peer_of_a_moved_end_dies, .modes = PROCESSES)
{
    carom_connection_t *carrier, *one;
    uint64_t objects = objects_in_use();
    carom_process_t *giver;
    carom_value_t value;

    skip_without_transfer();
    giver = start_giver(&carrier, test, 0);
    let_it_finish(giver);
    one = receive_end(carrier);
    kill_child(&giver);
    CAROM_ASSERT_OK(carom_connection_receive(&value, one, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 77);
    expect_end(one);
    carom_connection_close(&one);
    carom_connection_close(&carrier);
    expect_objects(objects);
}

/* A message that was looked at, and not begun, moves along. */
CAROM_TEST_ONCE(storm, an_end_moves_after_a_poll)
{
    pair_t carrier, pair;
    carom_wait_item_t item;
    carom_connection_t *end;
    carom_value_t value;

    skip_without_transfer();
    carrier = make_pair();
    pair = make_pair();
    item = carom_wait_connection(pair.b);
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int(3), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, PATIENCE));
    CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(pair.b), PATIENCE));
    end = receive_end(carrier.b);
    CAROM_ASSERT_OK(carom_connection_receive(&value, end, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 3);
    carom_connection_close(&end);
    close_pair(&pair);
    close_pair(&carrier);
}

/* ---- many that are made, sent and lost ---- */

enum { KEPT = 16 };

/* Makes pairs and sends one end of each, for ever; keeps some of the others. */
CAROM_TASK(storm_maker)
{
    carom_connection_t *carrier = carom_arg_connection(call, 0), *kept[KEPT] = {NULL};
    unsigned i;

    for (i = 0;; i++) {
        pair_t pair = make_pair();

        carom_connection_close(&kept[i % KEPT]);
        kept[i % KEPT] = pair.a;
        CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_from_int((int64_t) i), PATIENCE));
        if (carom_connection_send(carrier, carom_value_from_connection(pair.b), PATIENCE) != CAROM_OK)
            return 1;
        carom_connection_close(&pair.b);
    }
}

/* Takes so many ends, looks into some of them, and kills the maker, whatever it does. */
static void lose_some(carom_test_t *test, unsigned wanted, uint64_t *lot)
{
    carom_connection_t *carrier, *end;
    carom_process_t *maker = start_with(&carrier, test, &storm_maker);
    carom_value_t value;
    unsigned i;

    for (i = 0; i < wanted; i++) {
        end = receive_end(carrier);
        if (draw(lot) % 8 == 0) {
            CAROM_ASSERT_OK(carom_connection_receive(&value, end, PATIENCE));
            CAROM_ASSERT_INT(carom_value_int(value), i);
        }
        carom_connection_close(&end);
    }
    nap(draw(lot) % 2000);
    CAROM_ASSERT_OK(carom_process_kill(maker));
    if (draw(lot) % 2)
        carom_connection_close(&carrier);
    CAROM_ASSERT_OK(carom_process_join(maker, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&maker));
    carom_connection_close(&carrier);
}

CAROM_TEST_WITH(storm, arena_stays_flat, .modes = PROCESSES, .timeout_ms = 60000)
{
    unsigned wanted = for_sanitizers(rounds_of(50000, 1000000), 10), made = 0, some;
    uint64_t lot = test->seed | 1, objects = objects_in_use(), bytes = 0;

    skip_without_transfer();
    while (made < wanted) {
        some = 1 + draw(&lot) % 2000;
        lose_some(test, some, &lot);
        expect_objects(objects);
        made += some;
        /* By then there have been about as many at a time as there ever will be: what finds room in the carrier's bell. */
        if (bytes == 0 || made < wanted / 5)
            bytes = bytes_in_use();
    }
    CAROM_NOTE("%u connections: %llu bytes of arena after a fifth of them, %llu at the end", made, (unsigned long long) bytes,
               (unsigned long long) bytes_in_use());
    CAROM_ASSERT(bytes_in_use() <= bytes + (4 << 20));
}

/* ---- no wake-up is lost ---- */

enum { CROSSING = 3000 };

typedef struct crossing_t {
    carom_connection_t *connection;
    uint64_t seed;
    unsigned count;
    carom_status_t status;
    _Atomic unsigned received;     /* by all threads that do */
    _Atomic unsigned stalls;
    _Atomic int polls;             /* a thread that polls goes on */
} crossing_t;

/* All stalls are longer than the time there is for one message. */
#define NO_STALL carom_seconds(10)

static void *sends_all(void *argument)
{
    crossing_t *self = argument;
    lot_t lot = {self->seed, 0};
    const void *bytes;
    size_t length;
    unsigned i;

    self->status = CAROM_OK;
    for (i = 0; i < self->count && self->status == CAROM_OK; i++) {
        bytes = lot_send(&lot, &length);
        self->status = carom_connection_send_bytes(self->connection, bytes, length, NO_STALL);
    }
    return NULL;
}

static int receive_all(crossing_t *self)
{
    lot_t lot = {self->seed ^ 1, 0};
    void *bytes;
    size_t length;
    unsigned i;

    for (i = 0; i < self->count; i++) {
        if (carom_connection_receive_bytes(&bytes, &length, self->connection, 0, NO_STALL) != CAROM_OK)
            return 1;
        if (!lot_check(&lot, bytes, length))
            return 2;
        carom_free(bytes);
    }
    return 0;
}

static int cross(carom_connection_t *connection, uint64_t seed, unsigned count)
{
    crossing_t self = {.connection = connection, .seed = seed, .count = count};
    pthread_t sender;
    int wrong;

    CAROM_ASSERT_INT(pthread_create(&sender, NULL, sends_all, &self), 0);
    wrong = receive_all(&self);
    pthread_join(sender, NULL);
    return wrong != 0 ? wrong : self.status == CAROM_OK ? 0 : 3;
}

CAROM_TASK(storm_crosses)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    int wrong = cross(connection, (uint64_t) carom_arg_int(call, 1), (unsigned) carom_arg_int(call, 2));

    carom_connection_close(&connection);
    return wrong;
}

/* Both ways at once, each side with a thread that sends and one that receives: each has to hear the bell for the other. */
CAROM_TEST_WITH(storm, crossing, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    unsigned count = for_sanitizers(rounds_of(CROSSING, 10 * CROSSING), 10);
    int64_t seed = (int64_t) (test->seed & 0xFFFFFF) * 2;
    carom_connection_t *ours, *theirs;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(
        carom_process_start(&child, test->context, carom_call(storm_crosses, theirs, seed + 1, (int64_t) count)));
    carom_connection_close(&theirs);
    CAROM_CHECK(cross(ours, (uint64_t) seed, count) == 0);
    end_child(&child, 0);
    carom_connection_close(&ours);
}

/* Until a number says that there are no more. */
static void *receives_numbers(void *argument)
{
    crossing_t *self = argument;
    carom_value_t value;

    for (;;) {
        if (carom_connection_receive(&value, self->connection, NO_STALL) != CAROM_OK) {
            atomic_fetch_add(&self->stalls, 1);
            return NULL;
        }
        if (carom_value_int(value) < 0)
            return NULL;
        atomic_fetch_add(&self->received, 1);
    }
}

static void *polls_on(void *argument)
{
    crossing_t *self = argument;
    carom_wait_item_t item;
    carom_status_t status = CAROM_OK;

    while (atomic_load(&self->polls) && (status == CAROM_OK || status == CAROM_ETIMEOUT)) {
        status = carom_connection_poll(self->connection, carom_milliseconds(20));
        item = carom_wait_connection(self->connection);
        if (status == CAROM_OK)
            status = carom_wait(&item, 1, NULL, carom_milliseconds(1));
    }
    return NULL;
}

enum { CROWD = 300 };

/* Sends numbers, with pauses, then takes what the other side sends meanwhile, and says twice that there are no more. */
CAROM_TASK(storm_sends_numbers)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    int64_t count = carom_arg_int(call, 1), i;
    uint64_t lot = 7;

    for (i = 0; i < count; i++) {
        CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(i), NO_STALL));
        if (draw(&lot) % 16 == 0)
            nap(draw(&lot) % 200);
        if (i % (count / CROWD + 1) == 0)
            CAROM_ASSERT_OK(carom_connection_skip(connection, NO_STALL));
    }
    for (i = (count - 1) / (count / CROWD + 1) + 1; i < CROWD; i++)
        CAROM_ASSERT_OK(carom_connection_skip(connection, NO_STALL));
    for (i = 0; i < 2; i++)
        CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(-1), NO_STALL));
    carom_connection_close(&connection);
    return 0;
}

/* Two threads receive, one polls, and a fourth sends, on one end. */
CAROM_TEST_WITH(storm, many_threads_at_an_end, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    unsigned count = for_sanitizers(rounds_of(10000, 200000), 10), i;
    crossing_t self = {.count = count, .polls = 1}, sending = {.count = CROWD, .seed = 4};
    carom_connection_t *theirs;
    carom_process_t *child;
    pthread_t threads[4];

    CAROM_ASSERT_OK(carom_connection_pair(&self.connection, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(storm_sends_numbers, theirs, (int64_t) count)));
    carom_connection_close(&theirs);
    sending.connection = self.connection;
    CAROM_ASSERT_INT(pthread_create(&threads[0], NULL, receives_numbers, &self), 0);
    CAROM_ASSERT_INT(pthread_create(&threads[1], NULL, receives_numbers, &self), 0);
    CAROM_ASSERT_INT(pthread_create(&threads[2], NULL, sends_all, &sending), 0);
    CAROM_ASSERT_INT(pthread_create(&threads[3], NULL, polls_on, &self), 0);
    for (i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&self.polls, 0);
    pthread_join(threads[3], NULL);
    CAROM_CHECK(atomic_load(&self.stalls) == 0);
    CAROM_CHECK(atomic_load(&self.received) == count);
    CAROM_CHECK(sending.status == CAROM_OK);
    end_child(&child, 0);
    carom_connection_close(&self.connection);
}

/* ---- a peer that is stopped ---- */

static void *stops_and_continues(void *argument)
{
    crossing_t *self = argument;
    pid_t pid = (pid_t) self->seed;
    uint64_t lot = 99;

    while (atomic_load(&self->polls)) {
        kill(pid, SIGSTOP);
        nap(draw(&lot) % 3000);
        kill(pid, SIGCONT);
        nap(draw(&lot) % 3000);
    }
    return NULL;
}

CAROM_TEST_WITH(storm, stopped_and_continued, .modes = PROCESSES, .warm_up = CAROM_TEST_THREAD, .timeout_ms = 60000)
{
    unsigned count = for_sanitizers(rounds_of(300, 20000), 10);
    int64_t seed = (int64_t) (test->seed & 0xFFFFFF) * 2;
    crossing_t stops = {.polls = 1};
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    pthread_t stopper;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(storm_crosses, theirs, seed + 1, (int64_t) count)));
    carom_connection_close(&theirs);
    stops.seed = (uint64_t) carom_process_pid(child);
    CAROM_ASSERT_INT(pthread_create(&stopper, NULL, stops_and_continues, &stops), 0);
    CAROM_CHECK(cross(ours, (uint64_t) seed, count) == 0);
    atomic_store(&stops.polls, 0);
    pthread_join(stopper, NULL);
    end_child(&child, 0);
    carom_connection_close(&ours);
}

/* ---- one who has the arena's lock, and does not go on ---- */

static void expect_quick(int64_t since)
{
    CAROM_ASSERT(carom_plat_now() - since < LATEST);
}

/* What lets go returns soon, and what it could not do is done when it can be. */
CAROM_TEST_WITH(storm, a_lock_that_is_kept, .modes = CAROM_TEST_SPAWN, .timeout_ms = 60000)
{
    pair_t pair, moved, carrier, none;
    uint64_t objects;
    carom_value_t value;
    carom_connection_t *to_idler, *to_keeper;
    carom_process_t *idler, *keeper, *other;
    int64_t before;

    skip_without_sharing();
    skip_without_transfer();
    pair = make_pair();
    moved = make_pair();
    carrier = make_pair();
    objects = objects_in_use();
    idler = start_idler(&to_idler, test, &storm_idler);
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_connection(moved.a), PATIENCE));
    carom_connection_close(&moved.a);
    keeper = start_keeper(&to_keeper, test->context);
    before = carom_plat_now();
    /* An end that came along is lost, and one that was to go stays. */
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, carrier.b, PATIENCE), CAROM_EBUSY);
    CAROM_ASSERT_STATUS(carom_connection_send(carrier.a, carom_value_from_connection(moved.b), PATIENCE), CAROM_ETIMEOUT);
    expect_end(moved.b);
    CAROM_ASSERT_OK(carom_connection_send(carrier.a, carom_value_from_int(5), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, carrier.b, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    carom_connection_close(&moved.b);
    close_pair(&carrier);
    kill_child(&idler);
    expect_end(to_idler);
    carom_connection_close(&to_idler);
    close_pair(&pair);
    expect_quick(before);
    CAROM_ASSERT_STATUS(carom_connection_pair(&none.a, &none.b, NULL), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_process_start(&other, test->context, carom_call(storm_idler, 0)), CAROM_ETIMEOUT);
    end_keeper(&keeper, &to_keeper);
    /* All three pairs are gone, and what was owed for them is done by whoever has the lock next. */
    none = make_pair();
    close_pair(&none);
    expect_objects(objects - 3);
}

/* ---- one message of more than 4 GiB ---- */

#define HUGE_LENGTH ((size_t) 5 << 30)

CAROM_TASK(storm_sends_huge)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    char *bytes = mmap(NULL, HUGE_LENGTH, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    CAROM_ASSERT(bytes != MAP_FAILED);
    CAROM_ASSERT_OK(carom_connection_send_bytes(connection, bytes, HUGE_LENGTH, carom_seconds(300)));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(5), PATIENCE));
    carom_connection_close(&connection);
    return 0;
}

/* In make soak alone. */
CAROM_TEST_WITH(storm, more_than_4_gib, .modes = PROCESSES, .timeout_ms = 60000)
{
    carom_connection_t *connection;
    carom_process_t *child;
    carom_value_t value;
    size_t length;
    char byte;

    if (sizeof(size_t) < 8 || !is_soak())
        return;
    child = start_with(&connection, test, &storm_sends_huge);
    CAROM_ASSERT_STATUS(carom_connection_receive_into(&byte, 1, &length, connection, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT(length == HUGE_LENGTH);
    CAROM_ASSERT_OK(carom_connection_skip(connection, carom_seconds(300)));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    carom_connection_close(&connection);
    end_child(&child, 0);
}

/* A peer that scribbles over what it shares with us: statuses and garbage come of it, and nothing else is touched. */

#include "tests/inside/scribble.h"

#include <string.h>

/* Nonsense, what a word of a record looks like, lengths, places, and names of rings. */
static uint64_t some_word(const area_t *area, uint64_t *lot)
{
    switch (draw(lot) % 3) {
    case 0:
        return (uint64_t) (0xCA00 + draw(lot) % 5) << 32 | draw(lot) % 70000;
    case 1:
        return (uint64_t) (0xCA00 + 1 + draw(lot) % 3) << 32 | draw(lot) % 16;
    default:
        return any_word(area, lot);
    }
}

static void find_link(area_t *area, carom__holder_t link)
{
    carom__id_t id = {(uint32_t) (link >> 32) & 0x0FFFFFFFu, (uint32_t) link};

    find_area(area, id, CAROM__OBJECT_LINK, link);
}

static void use(pair_t *pair, uint64_t *lot)
{
    static char bytes[300000];
    carom_status_t status;
    carom_value_t value;
    size_t length;

    if (draw(lot) % 2)
        status = carom_connection_send_bytes(pair->a, bytes, draw(lot) % 4 ? draw(lot) % 500 : draw(lot) % sizeof bytes, 1);
    else
        status = carom_connection_receive_into(bytes, sizeof bytes, &length, pair->b, 1);
    if (draw(lot) % 8 == 0 && carom_connection_receive(&value, pair->a, 1) == CAROM_OK)
        carom_value_clear(&value);
    if (draw(lot) % 8 == 0)
        status = carom_connection_poll(pair->b, 0);
    if (status == CAROM_ETOOBIG || status == CAROM_ETYPE)
        status = carom_connection_skip(pair->b, 1);
    (void) status;
}

/* An end that is taken over reads places from there. */
static void move(pair_t *pair)
{
    pair_t carrier = make_pair();
    carom_value_t value;

    if (carom_connection_send(carrier.a, carom_value_from_connection(pair->b), PATIENCE) == CAROM_OK) {
        carom_connection_close(&pair->b);
        if (carom_connection_receive(&value, carrier.b, PATIENCE) == CAROM_OK)
            CAROM_ASSERT_OK(carom_value_take_connection(&pair->b, &value));
    }
    close_pair(&carrier);
}

CAROM_TEST_WITH(scribble, over_what_is_shared, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 120000)
{
    unsigned rounds = for_sanitizers(rounds_of(400, 20000), 4), i, k;
    uint64_t lot = test->seed | 1, objects = objects_in_use();
    static guards_t guards;
    static char long_one[20000];
    area_t area;

    skip_without_sharing();
    make_guards(&guards, 4096, 0, 2);
    make_guards(&guards, 65536, 1, 2);
    for (i = 0; i < rounds; i++) {
        pair_t pair = make_pair();

        if (i % 2 == 0)
            CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, long_one, draw(&lot) % sizeof long_one, PATIENCE));
        find_link(&area, carom__connection_holder(pair.a));
        for (k = 0; k < 12 && pair.b; k++) {
            scribble(&area, some_word, &lot);
            use(&pair, &lot);
            if (draw(&lot) % 16 == 0)
                move(&pair);
        }
        close_pair(&pair);
    }
    end_guards(&guards);
    CAROM_ASSERT(arena_trouble() == NULL);
    expect_objects(objects);
}

/* What follows a message in its record is nothing that could be received. */
static void put_more_than_a_message(carom_connection_t *connection, size_t said, size_t more)
{
    static const char body[500];
    unsigned char head[CAROM__HEADER_SIZE];
    carom_plat_span_t spans[2] = {{head, sizeof head}, {body, said + more}};
    carom__header_t header = {.kind = CAROM_MESSAGE_BYTES, .length = said};
    size_t put;

    CAROM_ASSERT(said + more <= sizeof body);
    carom__header_write(head, &header);
    CAROM_ASSERT_OK(carom__ring_put(&connection->end->writer, spans, 0, &put));
    CAROM_ASSERT_INT(put, sizeof head + said + more);
}

CAROM_TEST_ONCE(scribble, a_record_longer_than_its_message)
{
    pair_t pair;
    size_t length;
    void *bytes;

    skip_without_sharing();
    pair = make_pair();
    put_more_than_a_message(pair.a, 10, 30);
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE), CAROM_EBROKEN);
    CAROM_ASSERT_STATUS(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE), CAROM_EBROKEN);
    close_pair(&pair);
}

/* One that is too long to be seen at once: it is received, and what follows it is not. */
CAROM_TEST_ONCE(scribble, a_record_longer_than_its_long_message)
{
    pair_t pair;
    char buffer[500];
    size_t length;
    void *bytes;
    int into;

    skip_without_sharing();
    for (into = 0; into < 2; into++) {
        pair = make_pair();
        put_more_than_a_message(pair.a, 84, 200);
        if (into) {
            CAROM_ASSERT_OK(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE));
        } else {
            CAROM_ASSERT_OK(carom_connection_receive_bytes(&bytes, &length, pair.b, 0, PATIENCE));
            carom_free(bytes);
        }
        CAROM_ASSERT_INT(length, 84);
        CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE), CAROM_EBROKEN);
        close_pair(&pair);
    }
}

/* Every line of the ring is a record, and the first says that its message goes on and on. */
static void put_no_end(carom_connection_t *connection)
{
    const carom__reader_t *reader = &connection->end->reader;
    carom__header_t header = {.kind = CAROM_MESSAGE_BYTES, .length = (uint64_t) 1 << 60};
    size_t at, length = CAROM__RING_LINE - CAROM__RING_WORD;

    carom__header_write(reader->ring + reader->at + CAROM__RING_WORD, &header);
    for (at = 0; at < reader->size; at += CAROM__RING_LINE)
        atomic_store(carom__ring_word_at(reader->ring, at), carom__ring_word_of(CAROM__RING_BYTES, length));
}

/* Who drops it has had his time all the same. */
CAROM_TEST_ONCE(scribble, a_message_without_end)
{
    char buffer[100];
    pair_t pair;
    size_t length;

    skip_without_sharing();
    pair = make_pair();
    put_no_end(pair.b);
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, PATIENCE), CAROM_ETOOBIG);
    CAROM_ASSERT_STATUS(carom_connection_skip(pair.b, carom_milliseconds(20)), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_skip(pair.b, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_receive_into(buffer, sizeof buffer, &length, pair.b, 0), CAROM_ETIMEOUT);
    close_pair(&pair);
}

/* A writer that went on in a larger ring has not said anything yet. */
CAROM_TEST_ONCE(scribble, a_ring_that_was_moved_to_is_no_message)
{
    static char bytes[100];
    carom_wait_item_t item;
    carom__holder_t holders[CAROM__HOLDERS] = {CAROM__NOBODY, CAROM__NOBODY};
    pair_t pair;
    carom__id_t id;
    size_t length;
    void *ring;

    skip_without_sharing();
    pair = make_pair();
    holders[0] = carom__end_holder(pair.a->end);
    CAROM_ASSERT_OK(carom__object_make(&id, &ring, CAROM__OBJECT_RING, 65536, holders, CAROM__ARENA_PATIENCE));
    CAROM_ASSERT(carom__ring_move(&pair.a->end->writer, ring, 65536, id));
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, carom_milliseconds(10)), CAROM_ETIMEOUT);
    item = carom_wait_connection(pair.b);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_connection_send_bytes(pair.a, bytes, sizeof bytes, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_poll(pair.b, 0));
    CAROM_ASSERT_OK(carom_connection_receive_into(bytes, sizeof bytes, &length, pair.b, 0));
    close_pair(&pair);
}

/* A child that was built otherwise is refused: here the first page says so. */
CAROM_TASK(scribble_no_op)
{
    return 0;
}

CAROM_TEST_WITH(scribble, a_page_of_another_build, .modes = PROCESSES)
{
    carom__root_t *root;
    carom_process_t *child;
    uint32_t *fields[4], before;
    unsigned i;
    pair_t pair;

    skip_without_sharing();
    pair = make_pair();
    root = carom__arena_root;
    fields[0] = &root->layout;
    fields[1] = &root->word_size;
    fields[2] = &root->lock_kind;
    fields[3] = &root->byte_order;
    for (i = 0; i < 4; i++) {
        before = (*fields[i])++;
        CAROM_CHECK(carom_process_start(&child, test->context, carom_call(scribble_no_op)) == CAROM_OK);
        CAROM_CHECK(carom_process_join(child, PATIENCE) == CAROM_OK);
        *fields[i] = before;
        CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_EVERSION);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
    }
    close_pair(&pair);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(scribble_no_op)));
    end_child(&child, 0);
}

/* ---- what a connection takes ---- */

CAROM_TEST_ONCE(scribble, an_idle_connection)
{
    enum { COUNT = 256 };
    carom__holder_t link;
    carom__id_t id;
    size_t size;
    pair_t pairs[COUNT];
    uint64_t bytes = 0;
    int i;

    skip_without_sharing();
    for (i = 0; i < COUNT; i++) {
        pairs[i] = make_pair();
        if (i == COUNT / 2 - 1)
            bytes = bytes_in_use();
    }
    link = carom__connection_holder(pairs[0].a);
    id.index = (uint32_t) (link >> 32) & 0x0FFFFFFFu;
    id.generation = (uint32_t) link;
    CAROM_ASSERT(carom__object_at(id, CAROM__OBJECT_LINK, &size) != NULL);
    CAROM_NOTE("%llu bytes of the arena an idle connection, %llu with what is between them", (unsigned long long) size,
               (unsigned long long) (bytes_in_use() - bytes) / (COUNT / 2));
    CAROM_ASSERT(size <= 4096);
    for (i = 0; i < COUNT; i++)
        close_pair(&pairs[i]);
}

/* What tests that look into core share. */

#include "tests/inside/inside.h"

#include <string.h>

int is_soak(void)
{
    const char *soak = getenv("CAROM_SOAK");

    return soak && *soak && strcmp(soak, "0") != 0;
}

unsigned rounds_of(unsigned few, unsigned many)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS");
    int rounds = wanted ? atoi(wanted) : 0;

    if (is_soak())
        return many;
    return rounds > 0 ? (unsigned) rounds : few;
}

uint32_t draw(uint64_t *state)
{
    uint64_t x = *state;

    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    *state = x;
    return (uint32_t) ((x * 0x2545F4914F6CDD1Du) >> 32);
}

/* ---- the arena ---- */

uint64_t objects_in_use(void)
{
    carom_arena_usage_t use;

    carom_arena_usage(&use);
    return use.objects;
}

uint64_t bytes_in_use(void)
{
    carom_arena_usage_t use;

    carom_arena_usage(&use);
    return use.bytes;
}

void expect_objects(uint64_t wanted)
{
    int64_t deadline = carom_plat_now() + 5000000;

    while (objects_in_use() != wanted && carom_plat_now() < deadline)
        carom_plat_wait(NULL, 0, carom_plat_now() + 1000);
    CAROM_ASSERT_INT(objects_in_use(), wanted);
}

/* ---- many of them ---- */

crowd_t crowd;

void crowd_in(int most)
{
    crowd.count = 0;
    crowd.status = CAROM_OK;
    while (crowd.status == CAROM_OK && crowd.count < most) {
        pair_t *pair = &crowd.pairs[crowd.count];

        crowd.status = carom_connection_pair(&pair->a, &pair->b, NULL);
        crowd.count += crowd.status == CAROM_OK;
    }
    CAROM_NOTE("%d pairs, then %s", crowd.count, carom_status_name(crowd.status));
}

void crowd_out(void)
{
    while (crowd.count > 0)
        close_pair(&crowd.pairs[--crowd.count]);
}

/* ---- messages ---- */

enum { SHIFTS = 4093 };

/* All messages are pieces of this, each from another place. */
static const unsigned char *noise(void)
{
    static unsigned char bytes[LOT_MOST + SHIFTS];
    static int ready;
    uint64_t state = 88172645463325252u;
    size_t i;

    carom_plat_global_lock();
    for (i = 0; !ready && i + 4 <= sizeof bytes; i += 4) {
        uint32_t number = draw(&state);

        memcpy(bytes + i, &number, sizeof number);
    }
    ready = 1;
    carom_plat_global_unlock();
    return bytes;
}

/* Half of them short, some as long as a ring, some longer. */
static size_t length_of(const lot_t *lot)
{
    static const size_t most[] = {100, 2000, 2000, 70000, LOT_MOST};
    uint64_t state = (lot->seed + 1) * 0x9E3779B97F4A7C15u + (lot->next + 1) * 0xD1B54A32D192ED03u;

    if (state == 0)
        state = 1;
    draw(&state);
    return draw(&state) % (most[draw(&state) % 5] + 1);
}

static const unsigned char *bytes_of(const lot_t *lot)
{
    return noise() + (lot->seed + lot->next) % SHIFTS;
}

const void *lot_send(lot_t *lot, size_t *length)
{
    const void *bytes = bytes_of(lot);

    *length = length_of(lot);
    lot->next++;
    return bytes;
}

int lot_check(lot_t *lot, const void *bytes, size_t length)
{
    int right = length == length_of(lot) && memcmp(bytes, bytes_of(lot), length) == 0;

    lot->next++;
    return right;
}

/* ---- one who has the arena's lock ---- */

/* Takes it, and gives it up when it hears something. */
CAROM_TASK(inside_keeper)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT_OK(carom__arena_enter(carom_plat_now() + PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, 2 * PATIENCE));
    carom__arena_leave();
    carom_connection_close(&connection);
    return 0;
}

carom_process_t *start_keeper(carom_connection_t **to, carom_context_t *context)
{
    carom_process_t *keeper;
    pair_t pair = make_pair();
    carom_value_t value;

    CAROM_ASSERT_OK(carom_process_start(&keeper, context, carom_call(inside_keeper, pair.b)));
    carom_connection_close(&pair.b);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    *to = pair.a;
    return keeper;
}

void end_keeper(carom_process_t **keeper, carom_connection_t **to)
{
    CAROM_ASSERT_OK(carom_connection_send(*to, carom_value_none(), PATIENCE));
    end_child(keeper, 0);
    carom_connection_close(to);
}

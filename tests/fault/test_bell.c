/* Handles that come by the bell of a link; on Windows they are their sender's, and go with it. */

#include "tests/inside/inside.h"

CAROM_TASK(bell_sends_an_end_and_waits)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    pair_t pair = make_pair();
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_connection(pair.a), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    return 1;
}

static void wait_until_peer_sleeps(const carom_connection_t *connection)
{
    int64_t latest = carom_plat_now() + PATIENCE;

    while (!atomic_load(&connection->end->writer.lane->asleep))
        CAROM_ASSERT(carom_plat_now() < latest);
}

/* Whose death is seen by ringing in vain, has said all the same what he had said. */
CAROM_TEST_WITH(bell, an_end_that_came_before_a_death, .modes = CAROM_TEST_SPAWN)
{
    carom_connection_t *end;
    carom_process_t *child;
    carom_value_t value;
    pair_t pair;

    skip_without_sharing();
    skip_without_transfer();
    pair = make_pair();
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(bell_sends_an_end_and_waits, pair.b)));
    carom_connection_close(&pair.b);
    wait_until_peer_sleeps(pair.a);
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_send(pair.a, carom_value_none(), PATIENCE));
    CAROM_ASSERT(atomic_load(&pair.a->end->deaf));
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_OK(carom_value_take_connection(&end, &value));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, end, PATIENCE), CAROM_EEOF);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, pair.a, PATIENCE), CAROM_EEOF);
    carom_connection_close(&end);
    carom_connection_close(&pair.a);
    carom_process_destroy(&child);
}

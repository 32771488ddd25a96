/* Nothing grows: thousands of starts, pairs and values leave the process as it was.  The harness counts descriptors, threads,
 * children and zombies when each body ends. */

#include "tests/runtime.h"

#define LONG carom_seconds(60)

CAROM_TASK(no_op)
{
    return 0;
}

/* Few by themselves, as many as `make check ROUNDS=10000` says, and 10,000 in `make soak`. */
static int rounds(int few)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS"), *soak = getenv("CAROM_SOAK");

    if (wanted)
        return atoi(wanted);
    return soak && soak[0] ? 10000 : few;
}

CAROM_TEST_WITH(resources, start_and_join, .timeout_ms = 300000)
{
    carom_process_t *child;
    int i, n = rounds((int) for_starts(500, test->mode));

    for (i = 0; i < n; i++) {
        CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(no_op)));
        CAROM_ASSERT_OK(carom_process_join(child, LONG));
        CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
    }
}

CAROM_TEST_WITH(resources, pairs, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 300000)
{
    carom_connection_t *a, *b;
    carom_value_t value;
    int i;

    for (i = 0; i < 5000; i++) {
        CAROM_ASSERT_OK(carom_connection_pair(&a, &b, NULL));
        CAROM_ASSERT_OK(carom_connection_send(a, carom_value_from_int(i), LONG));
        CAROM_ASSERT_OK(carom_connection_receive(&value, b, LONG));
        CAROM_ASSERT_INT(carom_value_int(value), i);
        carom_connection_close(&b);
        carom_connection_close(&a);
    }
}

CAROM_TEST(resources, failed_starts)
{
    carom_process_t *child;
    int i;

    for (i = 0; i < 300; i++)
        CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_call(no_op, "\xff")), CAROM_EUTF8);
}

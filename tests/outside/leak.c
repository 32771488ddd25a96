/* What a new user writes: built by installcheck with what pkg-config says of carom-harness, and nothing else. */
#include <carom-harness.h>

CAROM_TASK(answer) { return carom_return(call, carom_arg_int(call, 0) + 1); }

CAROM_TEST(outside, works)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(answer, 41)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(5)));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CU_ASSERT_EQUAL(carom_value_int(result), 42);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(outside, leaks)
{
    carom_connection_t *one, *other;

    CAROM_ASSERT_OK(carom_connection_pair(&one, &other, NULL));
}

CAROM_TEST_MAIN()

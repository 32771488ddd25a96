/* Durations and the clock. */

#include <carom-harness.h>

#include <math.h>

CAROM_TEST_ONCE(time, seconds)
{
    CAROM_ASSERT_INT(carom_seconds(0.25), 250000);
    CAROM_ASSERT_INT(carom_seconds(0), 0);
    CAROM_ASSERT_INT(carom_seconds(-1), 0);
    CAROM_ASSERT_INT(carom_seconds(NAN), 0);
    CAROM_ASSERT_INT(carom_seconds(1e300), CAROM_FOREVER);
    CAROM_ASSERT_INT(carom_seconds(INFINITY), CAROM_FOREVER);
}

CAROM_TEST_ONCE(time, milliseconds)
{
    CAROM_ASSERT_INT(carom_milliseconds(3), 3000);
    CAROM_ASSERT_INT(carom_milliseconds(-3), 0);
    CAROM_ASSERT_INT(carom_milliseconds(INT64_MAX), CAROM_FOREVER);
}

CAROM_TEST_ONCE(time, now_goes_on)
{
    carom_duration_t before = carom_now(), after;

    CAROM_ASSERT_STATUS(carom_wait(NULL, 0, NULL, carom_milliseconds(20)), CAROM_ETIMEOUT);
    after = carom_now();
    CAROM_ASSERT(after - before >= 20000);
    CAROM_ASSERT(after - before < 5000000);
}

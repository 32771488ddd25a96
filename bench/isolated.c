/* What a case of the harness costs: a process, a warm-up, an empty body, the leak gate, a line of the report. */

#include <carom-harness.h>

CAROM_TEST_ONCE(isolated, empty)
{
    CAROM_CHECK(test->directory != NULL);
}

CAROM_TEST_MAIN()

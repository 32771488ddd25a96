/* The suite: every test_*.c beside this file registers its own tests. */

#include <carom-harness.h>

CAROM_TEST_MAIN()

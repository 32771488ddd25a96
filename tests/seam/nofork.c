/* Where no process can be forked. */

#include "tests/seam/area.h"

int64_t fork_a_sleeper(void)
{
    return 0;
}

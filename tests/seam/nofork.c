/* Where no process can be forked, nor outlive its first thread. */

#include "tests/seam/area.h"

int64_t fork_a_sleeper(void)
{
    return 0;
}

int without_first_thread(int (*run)(void))
{
    (void) run;
    return 91;
}

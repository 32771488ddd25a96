/* How many processors this process may use, where the system tells no more than how many there are. */

#include "platform/internal.h"

#include <unistd.h>

unsigned carom_plat_cpu_count(void)
{
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    return count > 0 ? (unsigned) count : 1;
}

/* How many processors the machine has.  APR does not tell. */

#include "platform/internal.h"

#include <stdatomic.h>
#include <unistd.h>

/* Counting costs system calls: once a process. */
unsigned carom_plat_cpu_total(void)
{
    static atomic_uint known;
    unsigned total = atomic_load_explicit(&known, memory_order_relaxed);

    if (total == 0) {
        long count = sysconf(_SC_NPROCESSORS_ONLN);

        total = count > 0 ? (unsigned) count : 1;
        atomic_store_explicit(&known, total, memory_order_relaxed);
    }
    return total;
}

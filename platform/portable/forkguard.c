/* Noticing that this process is a fork of the one that made an object, by its pid: APR has nothing that runs in a child
 * forked by the host.  So objects of the parent say what they are, but copies of their descriptors stay open in such a
 * child until it ends or execs. */

#include "platform/portable/portable.h"

#include <stdatomic.h>

/* The pid that was seen last, below; how often it changed, above.  0: none was seen. */
static _Atomic uint64_t seen;

#define PID_BITS 32
#define PID_MASK (((uint64_t) 1 << PID_BITS) - 1)

unsigned carom_plat_fork_count(void)
{
    uint64_t pid = (uint64_t) carom_plat_pid() & PID_MASK, old = atomic_load(&seen), next;

    while ((old & PID_MASK) != pid) {
        next = old == 0 ? pid : (((old >> PID_BITS) + 1) << PID_BITS | pid);
        if (atomic_compare_exchange_weak(&seen, &old, next))
            old = next;
    }
    return (unsigned) (old >> PID_BITS);
}

/* Before there are objects, so that the pid they are made under counts as 0. */
carom_status_t carom__plat_start_system(void)
{
    carom_plat_fork_count();
    return carom__pools_start();
}

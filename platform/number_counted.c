/* The number of a thread where the system has none of 32 bits: threads are counted as they ask.  One that ends is not missed in
 * 2^32 others. */

#include "platform/internal.h"

#include <stdatomic.h>

uint32_t carom_plat_thread_number(void)
{
    static atomic_uint last;
    static _Thread_local uint32_t number;

    while (number == 0)
        number = atomic_fetch_add(&last, 1) + 1;
    return number;
}

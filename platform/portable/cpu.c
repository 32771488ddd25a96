/* How many processors this process may use.  APR does not tell: 1 is what there is at least. */

#include "platform/platform.h"

unsigned carom_plat_cpu_count(void)
{
    return 1;
}

unsigned carom_plat_cpu_total(void)
{
    return 1;
}

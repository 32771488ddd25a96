/* Looking at a word again and again: what the processor wants to be told of it.  APR has no such thing. */

#include "platform/platform.h"

void carom_plat_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

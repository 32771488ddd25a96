/* What the processor wants to be told: that a word is looked at again and again, and which lines will be read or written.  APR
 * has no such things. */

#include "platform/platform.h"

void carom_plat_relax(void)
{
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ __volatile__("yield");
#endif
}

void carom_plat_will_read(const void *memory)
{
    __builtin_prefetch(memory, 0);
}

#define LINE 64

void carom_plat_will_write(const void *memory, unsigned lines)
{
    const char *line = memory;

    for (; lines > 0; lines--, line += LINE) {
#if defined(__x86_64__)
        /* The compiler's own makes a line readable, of which others keep a copy. */
        __asm__ __volatile__("prefetchw %0" : : "m"(*line));
#else
        __builtin_prefetch(line, 1);
#endif
    }
}

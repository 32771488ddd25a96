/* What a thread sanitizer cannot see: that memory went from one thread of this process to another by way of another process;
 * and that what was read does not count. */

#include "platform/platform.h"

#if defined(__SANITIZE_THREAD__)

void __tsan_acquire(void *address);
void __tsan_release(void *address);

#define NOT_WATCHED __attribute__((no_sanitize("thread")))

void carom_plat_memory_handed(void *memory)
{
    __tsan_release(memory);
}

void carom_plat_memory_taken(void *memory)
{
    __tsan_acquire(memory);
}

#else

#define NOT_WATCHED

void carom_plat_memory_handed(void *memory)
{
    (void) memory;
}

void carom_plat_memory_taken(void *memory)
{
    (void) memory;
}

#endif

NOT_WATCHED uint64_t carom_plat_peek(const _Atomic uint64_t *word)
{
    return *(const volatile uint64_t *) (const volatile void *) word;
}

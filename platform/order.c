/* What a thread sanitizer cannot see: that memory went from one thread of this process to another by way of another process. */

#include "platform/platform.h"

#if defined(__SANITIZE_THREAD__)

void __tsan_acquire(void *address);
void __tsan_release(void *address);

void carom_plat_memory_handed(void *memory)
{
    __tsan_release(memory);
}

void carom_plat_memory_taken(void *memory)
{
    __tsan_acquire(memory);
}

#else

void carom_plat_memory_handed(void *memory)
{
    (void) memory;
}

void carom_plat_memory_taken(void *memory)
{
    (void) memory;
}

#endif

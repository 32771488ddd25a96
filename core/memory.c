/* Memory.  Nothing else in core/ calls malloc's family, so that a test which makes memory run out has one place to stand. */

#include "core/memory.h"

#include "platform/fault.h"

#include <stdlib.h>

/* malloc(0) may give NULL, which here would look like a failure. */
static size_t at_least_one(size_t size)
{
    return size == 0 ? 1 : size;
}

void *carom__alloc(size_t size)
{
    return carom__fault_status("memory.alloc") ? NULL : malloc(at_least_one(size));
}

void *carom__calloc(size_t count, size_t size)
{
    return carom__fault_status("memory.calloc") ? NULL : calloc(at_least_one(count), at_least_one(size));
}

void *carom__realloc(void *memory, size_t size)
{
    return carom__fault_status("memory.realloc") ? NULL : realloc(memory, at_least_one(size));
}

void carom_free(void *memory)
{
    free(memory);
}

/* The one place where memory of carom comes from and goes to. */

#ifndef CAROM_CORE_MEMORY_H
#define CAROM_CORE_MEMORY_H

#include <carom/value.h>

/* Memory that the caller gives back with carom_free(), also when `size` is 0; NULL when there is none. */
void *carom__alloc(size_t size);

/* The same for `count` objects, all bytes 0; NULL also when the product does not fit a size_t. */
void *carom__calloc(size_t count, size_t size);

/* Changes the size of `memory` (NULL: of nothing), which may move.  On NULL the old memory is as it was. */
void *carom__realloc(void *memory, size_t size);

#endif

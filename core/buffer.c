/* A buffer that grows by doubling. */

#include "core/buffer.h"

#include "core/memory.h"

#include <string.h>

/* A short message fits, so that it costs one allocation. */
#define FIRST_SIZE 256

void carom__buffer_init(carom__buffer_t *buffer)
{
    memset(buffer, 0, sizeof *buffer);
}

carom_status_t carom__buffer_grow(carom__buffer_t *buffer, size_t more)
{
    if (more > SIZE_MAX - buffer->length)
        return CAROM_ENOMEM;

    size_t needed = buffer->length + more;
    size_t size = buffer->size <= SIZE_MAX / 2 ? buffer->size * 2 : SIZE_MAX;
    if (size < FIRST_SIZE)
        size = FIRST_SIZE;
    if (size < needed)
        size = needed;

    unsigned char *bytes = carom__realloc(buffer->bytes, size);
    if (bytes == NULL)
        return CAROM_ENOMEM;
    buffer->bytes = bytes;
    buffer->size = size;
    return CAROM_OK;
}

carom_status_t carom__buffer_put(carom__buffer_t *buffer, const void *bytes, size_t length)
{
    carom_status_t status = carom__buffer_reserve(buffer, length);

    if (status == CAROM_OK && length > 0) {
        memcpy(buffer->bytes + buffer->length, bytes, length);
        buffer->length += length;
    }
    return status;
}

void carom__buffer_release(carom__buffer_t *buffer)
{
    carom_free(buffer->bytes);
    carom__buffer_init(buffer);
}

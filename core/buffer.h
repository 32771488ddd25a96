/* A buffer that grows. */

#ifndef CAROM_CORE_BUFFER_H
#define CAROM_CORE_BUFFER_H

#include <carom/status.h>

/* `length` bytes are in use of `size` allocated ones.  Whoever takes `bytes` away frees them with carom_free(), and inits the
 * buffer again. */
typedef struct carom__buffer_t {
    unsigned char *bytes;      /* NULL while nothing was put */
    size_t length, size;
} carom__buffer_t;

void carom__buffer_init(carom__buffer_t *buffer);

/* Makes room for `more` bytes behind `length`.  CAROM_ENOMEM: the buffer is as it was.  carom__buffer_grow is its slow half. */
carom_status_t carom__buffer_grow(carom__buffer_t *buffer, size_t more);

static inline carom_status_t carom__buffer_reserve(carom__buffer_t *buffer, size_t more)
{
    return more <= buffer->size - buffer->length ? CAROM_OK : carom__buffer_grow(buffer, more);
}

/* Puts a copy of `length` bytes at the end.  CAROM_ENOMEM: the buffer is as it was. */
carom_status_t carom__buffer_put(carom__buffer_t *buffer, const void *bytes, size_t length);

/* Frees the bytes; the buffer may be used again. */
void carom__buffer_release(carom__buffer_t *buffer);

#endif

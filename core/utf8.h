/* UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF. */

#ifndef CAROM_CORE_UTF8_H
#define CAROM_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* 1 when all bytes are UTF-8.  bytes may be NULL when length is 0. */
int carom__utf8_valid(const void *bytes, size_t length);

/* How many bytes (1 to 4) the character at `at` takes of the `left` ≥ 1 there are; its number goes to *code.  0 for what is not
 * UTF-8. */
size_t carom__utf8_next(const unsigned char *at, size_t left, uint32_t *code);

#endif

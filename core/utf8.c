/* UTF-8.  Most text is ASCII, so that eight bytes at a time is the usual case. */

#include "core/utf8.h"

#include <string.h>

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* How many bytes a character has, by its first byte; 0 for a byte that begins none (C0 and C1 would be overlong). */
static size_t length_by_first(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first < 0xC2)
        return 0;
    if (first < 0xE0)
        return 2;
    if (first < 0xF0)
        return 3;
    return first < 0xF5 ? 4 : 0;
}

static int in_range(uint32_t code, size_t length)
{
    if (length == 3)
        return code >= 0x800 && (code < 0xD800 || code > 0xDFFF);
    if (length == 4)
        return code >= 0x10000 && code <= 0x10FFFF;
    return 1;
}

size_t carom__utf8_next(const unsigned char *at, size_t left, uint32_t *code)
{
    size_t length = length_by_first(at[0]);
    if (length == 0 || length > left)
        return 0;

    /* The mask keeps the bits of the first byte that belong to the number: 7, 5, 4 or 3 of them. */
    uint32_t number = at[0] & (length == 1 ? 0x7Fu : 0x7Fu >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        number = number << 6 | (at[i] & 0x3Fu);
    }
    *code = number;
    return in_range(number, length) ? length : 0;
}

static size_t skip_ascii(const unsigned char *at, size_t left)
{
    size_t done = 0;

    while (left - done >= 8) {
        uint64_t eight;
        memcpy(&eight, at + done, 8);
        if (eight & HIGH_BITS)
            break;
        done += 8;
    }
    while (done < left && at[done] < 0x80)
        done++;
    return done;
}

int carom__utf8_valid(const void *bytes, size_t length)
{
    const unsigned char *at = bytes;
    size_t left = length;

    while (left > 0) {
        size_t step = at[0] < 0x80 ? skip_ascii(at, left) : 0;
        uint32_t code;
        if (step == 0)
            step = carom__utf8_next(at, left, &code);
        if (step == 0)
            return 0;
        at += step;
        left -= step;
    }
    return 1;
}

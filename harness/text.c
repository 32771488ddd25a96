/* Text that came from anywhere, for reports that must be well-formed. */

#include "harness/harness.h"

#include <apr_strings.h>
#include <stdio.h>
#include <string.h>

/* Bytes of the UTF-8 sequence that begins with this one, 0: none does. */
static size_t length_of(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first < 0xE0)
        return 2;
    if (first >= 0xE0 && first < 0xF0)
        return 3;
    return first >= 0xF0 && first < 0xF5 ? 4 : 0;
}

static int is_character(uint32_t value, size_t length)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};

    if (value < least[length] || value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    if (value < ' ' && value != '\t' && value != '\n' && value != '\r')
        return 0;
    return value != 0x7F && value != 0xFFFE && value != 0xFFFF;
}

/* Bytes of the character that begins here and may stay, 0: it may not. */
static size_t character_at(const unsigned char *text)
{
    size_t length = length_of(*text), i;
    uint32_t value = length < 2 ? *text : *text & (0x7Fu >> length);

    for (i = 1; i < length; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return 0;
        value = value << 6 | (text[i] & 0x3F);
    }
    return length > 0 && is_character(value, length) ? length : 0;
}

const char *carom__h_seconds(carom_duration_t duration, apr_pool_t *pool)
{
    char text[40];

    snprintf(text, sizeof(text), "%.6f", (double) duration / 1e6);
    return apr_pstrdup(pool, text);
}

const char *carom__h_printable(const char *text, apr_pool_t *pool)
{
    char *made = apr_pstrdup(pool, text), *at = made;

    while (*at != '\0') {
        size_t length = character_at((const unsigned char *) at);

        if (length == 0)
            *at = '?';
        at += length > 0 ? length : 1;
    }
    return made;
}

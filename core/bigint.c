/* Integers that do not fit int64_t: a sign and a magnitude, least byte first, without zero bytes at its end. */

#include "core/value.h"

#include "core/memory.h"

#include <string.h>

#define DIGITS_MAX 65536
#define BYTES_OF_DIGITS_MAX 27214     /* of 10^65536 - 1 */

/* Decimal is read and written nine digits at a time, with limbs of 32 bits. */
#define DIGITS_A_STEP 9
#define TEN_TO_NINE 1000000000u

/* ---- from bytes ---- */

static uint64_t low_bytes(const unsigned char *magnitude, size_t length)
{
    uint64_t number = 0;

    for (size_t i = 0; i < length; i++)
        number |= (uint64_t) magnitude[i] << 8 * i;
    return number;
}

static int fits_int(int negative, const unsigned char *magnitude, size_t length)
{
    return length < 8 || (length == 8 && low_bytes(magnitude, 8) <= (uint64_t) INT64_MAX + (negative != 0));
}

int carom__bigint_canonical(int negative, const unsigned char *magnitude, size_t length)
{
    return length >= 8 && magnitude[length - 1] != 0 && !fits_int(negative, magnitude, length);
}

carom_status_t carom__bigint(carom_value_t *value, int negative, const unsigned char *magnitude, size_t length)
{
    while (length > 0 && magnitude[length - 1] == 0)
        length--;
    if (fits_int(negative, magnitude, length)) {
        uint64_t number = low_bytes(magnitude, length);
        /* -2^63 has no positive twin; the sum below stays in range for it too. */
        *value = carom_value_from_int(negative && number > 0 ? -(int64_t) (number - 1) - 1 : (int64_t) number);
        return CAROM_OK;
    }

    carom_status_t status = carom__value_from_checked(value, CAROM_BIGINT, magnitude, length);
    if (status == CAROM_OK && negative)
        value->flags |= CAROM__NEGATIVE;
    return status;
}

carom_status_t carom_value_from_uint(carom_value_t *value, uint64_t integer)
{
    unsigned char magnitude[8];

    for (int i = 0; i < 8; i++)
        magnitude[i] = (unsigned char) (integer >> 8 * i);
    return carom__bigint(value, 0, magnitude, sizeof magnitude);
}

/* ---- from decimal ---- */

/* limbs = limbs * factor + add; returns the new count of limbs. */
static size_t multiply_and_add(uint32_t *limbs, size_t count, uint32_t factor, uint32_t add)
{
    uint64_t carry = add;

    for (size_t i = 0; i < count; i++) {
        carry += (uint64_t) limbs[i] * factor;
        limbs[i] = (uint32_t) carry;
        carry >>= 32;
    }
    if (carry != 0)
        limbs[count++] = (uint32_t) carry;
    return count;
}

static size_t limbs_from_digits(uint32_t *limbs, const char *digits, size_t length)
{
    size_t count = 0;

    while (length > 0) {
        size_t step = length % DIGITS_A_STEP != 0 ? length % DIGITS_A_STEP : DIGITS_A_STEP;
        uint32_t factor = 1, number = 0;
        for (size_t i = 0; i < step; i++) {
            number = number * 10 + (uint32_t) (digits[i] - '0');
            factor *= 10;
        }
        count = multiply_and_add(limbs, count, factor, number);
        digits += step;
        length -= step;
    }
    return count;
}

/* Writes the limbs as bytes, least first, where they lie: each is read before its own four bytes are written. */
static unsigned char *bytes_of_limbs(uint32_t *limbs, size_t count)
{
    unsigned char *bytes = (unsigned char *) limbs;

    for (size_t i = 0; i < count; i++) {
        uint32_t limb = limbs[i];
        for (size_t j = 0; j < 4; j++)
            bytes[i * 4 + j] = (unsigned char) (limb >> 8 * j);
    }
    return bytes;
}

carom_status_t carom_value_from_decimal(carom_value_t *value, const char *digits)
{
    *value = carom_value_none();
    if (digits == NULL)
        return CAROM_EINVAL;

    int negative = digits[0] == '-';
    digits += digits[0] == '-' || digits[0] == '+';
    if (digits[0] == 0 || digits[strspn(digits, "0123456789")] != 0)
        return CAROM_EINVAL;
    digits += strspn(digits, "0");

    size_t length = strlen(digits);
    if (length > DIGITS_MAX)
        return CAROM_ETOOBIG;

    uint32_t *limbs = carom__alloc((length / DIGITS_A_STEP + 1) * sizeof *limbs);
    if (limbs == NULL)
        return CAROM_ENOMEM;
    size_t count = limbs_from_digits(limbs, digits, length);
    carom_status_t status = carom__bigint(value, negative, bytes_of_limbs(limbs, count), count * 4);
    carom_free(limbs);
    return status;
}

/* ---- to decimal ---- */

/* limbs = limbs / 10^9; returns the remainder. */
static uint32_t divide(uint32_t *limbs, size_t count)
{
    uint64_t rest = 0;

    for (size_t i = count; i-- > 0;) {
        rest = rest << 32 | limbs[i];
        limbs[i] = (uint32_t) (rest / TEN_TO_NINE);
        rest %= TEN_TO_NINE;
    }
    return (uint32_t) rest;
}

static size_t limbs_of(uint32_t *limbs, const carom_value_t *value)
{
    const unsigned char *bytes = value->u.data;
    size_t count = 0;

    for (size_t i = 0; i < value->length; i += 4)
        limbs[count++] = (uint32_t) low_bytes(bytes + i, value->length - i < 4 ? value->length - i : 4);
    return count;
}

size_t carom__bigint_digits(char *buffer, size_t size, const carom_value_t *value, uint32_t *limbs)
{
    size_t count = limbs_of(limbs, value), at = size;

    while (count > 0) {
        uint32_t rest = divide(limbs, count);
        while (count > 0 && limbs[count - 1] == 0)
            count--;
        /* The leading nine digits are written without the zeros before them. */
        for (int i = 0; count > 0 ? i < DIGITS_A_STEP : rest != 0; i++) {
            if (at == 0)
                return 0;
            buffer[--at] = (char) ('0' + rest % 10);
            rest /= 10;
        }
    }
    if (value->flags & CAROM__NEGATIVE) {
        if (at == 0)
            return 0;
        buffer[--at] = '-';
    }
    return size - at;
}

static carom_status_t give(char *buffer, size_t size, size_t *needed, const char *digits, size_t length)
{
    if (needed != NULL)
        *needed = length + 1;
    if (length >= size)
        return CAROM_ETOOBIG;
    memcpy(buffer, digits, length);
    buffer[length] = 0;
    return CAROM_OK;
}

static carom_status_t bigint_to_decimal(char *buffer, size_t size, size_t *needed, const carom_value_t *value)
{
    if (value->length > BYTES_OF_DIGITS_MAX)
        return CAROM_ETOOBIG;

    /* Five digits for each two bytes are enough: log10(65536) is 4.8. */
    size_t limbs_size = ((size_t) value->length + 3) / 4 * 4, text_size = limbs_size / 2 * 5 + 1;
    uint32_t *limbs = carom__alloc(limbs_size + text_size);
    if (limbs == NULL)
        return CAROM_ENOMEM;
    char *text = (char *) limbs + limbs_size;
    size_t length = carom__bigint_digits(text, text_size, value, limbs);
    carom_status_t status = CAROM_ETOOBIG;
    if (length - ((value->flags & CAROM__NEGATIVE) != 0) <= DIGITS_MAX)
        status = give(buffer, size, needed, text + text_size - length, length);
    carom_free(limbs);
    return status;
}

carom_status_t carom_value_to_decimal(char *buffer, size_t size, size_t *needed, carom_value_t value)
{
    char text[24];
    size_t at = sizeof text;

    if (needed != NULL)
        *needed = 0;
    if (value.type == CAROM_BIGINT)
        return bigint_to_decimal(buffer, size, needed, &value);
    if (value.type != CAROM_INT)
        return CAROM_ETYPE;

    uint64_t number = value.u.integer < 0 ? 0 - (uint64_t) value.u.integer : (uint64_t) value.u.integer;
    do {
        text[--at] = (char) ('0' + number % 10);
        number /= 10;
    } while (number != 0);
    if (value.u.integer < 0)
        text[--at] = '-';
    return give(buffer, size, needed, text + at, sizeof text - at);
}

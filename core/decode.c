/* The decoder: bytes from anybody to values.
 *
 * Nothing that the bytes claim is believed before it is compared with what is there.  Every value takes a byte at least, and
 * `owed` counts those that the containers under way have claimed and not yet got: a claim must fit into the rest.  So the
 * memory for all claims together stays in proportion to the bytes, however they are nested.
 *
 * Values are made where they will be, inside the container they belong to, so that after a failure one clear at the root frees
 * everything and closes the handles taken so far.
 */

#include "core/utf8.h"
#include "core/value.h"
#include "core/wire.h"

#include <string.h>

typedef struct decoder_t {
    const unsigned char *at, *end;
    const carom__detach_t *detach;
    size_t owed;            /* never more than end - at */
    uint32_t count_left;
    uint32_t depth;
    carom__path_t path;
} decoder_t;

static carom_status_t decode_value(decoder_t *decoder, carom_value_t *value);

/* ---- bytes ---- */

static size_t available(const decoder_t *decoder)
{
    return (size_t) (decoder->end - decoder->at) - decoder->owed;
}

/* Least seven bits first.  The shortest form only: the last byte is not 0, and there is nothing above bit 63. */
static carom_status_t read_varint(decoder_t *decoder, uint64_t *number)
{
    size_t left = available(decoder);

    *number = 0;
    for (unsigned i = 0; i < CAROM__VARINT_MAX && i < left; i++) {
        unsigned char byte = *decoder->at++;
        *number |= (uint64_t) (byte & 0x7F) << 7 * i;
        if (byte < 0x80)
            return (byte == 0 && i > 0) || (i == 9 && byte > 1) ? CAROM_EBADMSG : CAROM_OK;
    }
    return CAROM_EBADMSG;
}

/* A length, and that many bytes. */
static carom_status_t read_string(decoder_t *decoder, const unsigned char **bytes, size_t *length)
{
    uint64_t number;

    *length = 0;
    if (read_varint(decoder, &number) != CAROM_OK || number > available(decoder))
        return CAROM_EBADMSG;
    *bytes = decoder->at;
    *length = (size_t) number;
    decoder->at += number;
    return CAROM_OK;
}

static uint64_t read_eight(decoder_t *decoder)
{
    uint64_t number = 0;

    for (int i = 0; i < 8; i++)
        number |= (uint64_t) *decoder->at++ << 8 * i;
    return number;
}

/* ---- single values ---- */

static carom_status_t decode_int(decoder_t *decoder, carom_value_t *value)
{
    uint64_t number;
    carom_status_t status = read_varint(decoder, &number);

    if (status == CAROM_OK)
        *value = carom_value_from_int(number & 1 ? -(int64_t) (number >> 1) - 1 : (int64_t) (number >> 1));
    return status;
}

static carom_status_t decode_floats(decoder_t *decoder, carom_value_t *value, size_t count)
{
    if (available(decoder) < 8 * count)
        return CAROM_EBADMSG;
    *value = count == 1 ? carom_value_from_float(0) : carom_value_from_complex(0, 0);
    for (size_t i = 0; i < count; i++) {
        uint64_t bits = read_eight(decoder);
        memcpy(&value->u.number[i], &bits, 8);
    }
    return CAROM_OK;
}

static carom_status_t decode_bigint(decoder_t *decoder, carom_value_t *value, int negative)
{
    const unsigned char *magnitude;
    size_t length;
    carom_status_t status = read_string(decoder, &magnitude, &length);

    if (status != CAROM_OK || !carom__bigint_canonical(negative, magnitude, length))
        return CAROM_EBADMSG;
    return carom__bigint(value, negative, magnitude, length);
}

static carom_status_t decode_string(decoder_t *decoder, carom_value_t *value, carom_type_t type)
{
    const unsigned char *bytes;
    size_t length;
    carom_status_t status = read_string(decoder, &bytes, &length);

    if (status != CAROM_OK)
        return status;
    if (type == CAROM_TEXT && !carom__utf8_valid(bytes, length))
        return CAROM_EUTF8;
    return carom__value_from_checked(value, type, bytes, length);
}

static carom_status_t decode_handle(decoder_t *decoder, carom_value_t *value, carom_type_t type)
{
    uint64_t index;

    if (read_varint(decoder, &index) != CAROM_OK || index > UINT32_MAX)
        return CAROM_EBADMSG;
    if (decoder->detach == NULL)
        return CAROM_ENOTSUP;
    return decoder->detach->take(decoder->detach->baton, (uint32_t) index, type, value);
}

/* ---- containers ---- */

/* Who sends what cannot be a key, or one twice, sends no dict and no set. */
static carom_status_t know(struct carom__container_t *container)
{
    carom_status_t status = carom__container_know(container);

    return status == CAROM_ETYPE || status == CAROM_EEXIST ? CAROM_EBADMSG : status;
}

static carom_status_t decode_entry(decoder_t *decoder, struct carom__container_t *container, carom__step_t *step)
{
    carom_value_t *entry = carom__container_extend(container);
    carom_status_t status;

    step->key = NULL;
    step->at_key = container->width == 2;
    status = decode_value(decoder, entry);
    carom__container_adopt(container, entry);
    if (status == CAROM_OK && container->keyed)
        status = know(container);
    if (status != CAROM_OK || container->width == 1)
        return status;

    step->key = entry;
    status = decode_value(decoder, entry + 1);
    carom__container_adopt(container, entry + 1);
    return status;
}

/* Reads the count and makes the empty container, or finds that there can be none. */
static carom_status_t begin_container(decoder_t *decoder, carom_value_t *value, carom_type_t type)
{
    uint64_t count;

    if (decoder->path.depth >= decoder->depth)
        return CAROM_EDEPTH;
    if (read_varint(decoder, &count) != CAROM_OK)
        return CAROM_EBADMSG;
    if (count > decoder->count_left || count > CAROM_COUNT_MAX)
        return CAROM_ECOUNT;

    size_t values = (size_t) count * (type == CAROM_DICT ? 2 : 1);
    if (values > available(decoder))
        return CAROM_EBADMSG;
    decoder->count_left -= (uint32_t) count;
    decoder->owed += values;
    return carom__container_create(value, type, (uint32_t) count);
}

static carom_status_t decode_container(decoder_t *decoder, carom_value_t *value, carom_type_t type)
{
    carom_status_t status = begin_container(decoder, value, type);

    if (status != CAROM_OK)
        return status;

    struct carom__container_t *container = value->u.container;
    uint32_t count = container->size;     /* exactly what was asked for */
    carom__step_t *step = &decoder->path.steps[decoder->path.depth++];
    for (step->index = 0; step->index < count; step->index++) {
        status = decode_entry(decoder, container, step);
        if (status != CAROM_OK)
            return status;      /* and the path stays, to say where */
    }
    decoder->path.depth--;
    return CAROM_OK;
}

/* *value is none.  It may hold a part of the value after a failure. */
static carom_status_t decode_value(decoder_t *decoder, carom_value_t *value)
{
    unsigned char tag = *decoder->at++;

    decoder->owed--;
    switch (tag) {
    case CAROM__WIRE_NONE:
        return CAROM_OK;
    case CAROM__WIRE_FALSE:
    case CAROM__WIRE_TRUE:
        *value = carom_value_from_bool(tag == CAROM__WIRE_TRUE);
        return CAROM_OK;
    case CAROM__WIRE_INT:
        return decode_int(decoder, value);
    case CAROM__WIRE_POSITIVE:
    case CAROM__WIRE_NEGATIVE:
        return decode_bigint(decoder, value, tag == CAROM__WIRE_NEGATIVE);
    case CAROM__WIRE_FLOAT:
        return decode_floats(decoder, value, 1);
    case CAROM__WIRE_COMPLEX:
        return decode_floats(decoder, value, 2);
    case CAROM__WIRE_BYTES:
        return decode_string(decoder, value, CAROM_BYTES);
    case CAROM__WIRE_TEXT:
        return decode_string(decoder, value, CAROM_TEXT);
    case CAROM__WIRE_LIST:
    case CAROM__WIRE_TUPLE:
    case CAROM__WIRE_DICT:
    case CAROM__WIRE_SET:
    case CAROM__WIRE_FROZENSET:
        return decode_container(decoder, value, (carom_type_t) (CAROM_LIST + (tag - CAROM__WIRE_LIST)));
    case CAROM__WIRE_CONNECTION:
        return decode_handle(decoder, value, CAROM_CONNECTION);
    case CAROM__WIRE_FILE:
        return decode_handle(decoder, value, CAROM_FILE);
    default:
        if (tag >= CAROM__WIRE_LOCK && tag <= CAROM__WIRE_HEAP)
            return decode_handle(decoder, value, (carom_type_t) (CAROM_LOCK + (tag - CAROM__WIRE_LOCK)));
        return CAROM_EBADMSG;
    }
}

/* ---- all of it ---- */

static carom_status_t check_head(const unsigned char *bytes, size_t length, uint64_t limit)
{
    if (length > limit)
        return CAROM_ETOOBIG;
    if (length < 1 || bytes[0] == 0)
        return CAROM_EBADMSG;
    if (bytes[0] > CAROM__WIRE_VERSION)
        return CAROM_EVERSION;
    return length < 2 ? CAROM_EBADMSG : CAROM_OK;
}

carom_status_t carom__decode(carom_value_t *value, const void *bytes, size_t length, const carom_limits_t *limits,
                             const carom__detach_t *detach, carom_value_error_t *error)
{
    carom_limits_t all = carom__limits(limits);
    carom_status_t status = check_head(bytes, length, all.length);
    decoder_t decoder;

    *value = carom_value_none();
    decoder.path.depth = 0;
    if (status == CAROM_OK) {
        decoder.at = (const unsigned char *) bytes + 1;
        decoder.end = (const unsigned char *) bytes + length;
        decoder.detach = detach;
        decoder.owed = 1;
        decoder.count_left = all.count;
        decoder.depth = all.depth;
        status = decode_value(&decoder, value);
        if (status == CAROM_OK && decoder.at != decoder.end)
            status = CAROM_EBADMSG;
    }
    carom__error_fill(error, status, &decoder.path);     /* before the keys that it names are freed */
    if (status != CAROM_OK)
        carom_value_clear(value);
    return status;
}

carom_status_t carom_value_decode(carom_value_t *value, const void *bytes, size_t length, const carom_limits_t *limits,
                                  carom_value_error_t *error)
{
    return carom__decode(value, bytes, length, limits, NULL, error);
}

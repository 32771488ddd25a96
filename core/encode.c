/* The encoder: values to bytes.  It allocates nothing but the buffer. */

#include "core/value.h"
#include "core/wire.h"

#include <string.h>

typedef struct encoder_t {
    carom__buffer_t *to;
    const carom__attach_t *attach;
    uint64_t left;          /* bytes and items that the limits still allow */
    uint32_t count_left;
    uint32_t depth;
    carom__path_t path;
} encoder_t;

static carom_status_t encode_value(encoder_t *encoder, const carom_value_t *value);

carom_limits_t carom__limits(const carom_limits_t *limits)
{
    carom_limits_t all = {CAROM_LENGTH_MAX, CAROM_DEPTH_MAX, CAROM_COUNT_MAX};

    if (limits != NULL && limits->length != 0)
        all.length = limits->length;
    if (limits != NULL && limits->depth != 0 && limits->depth < CAROM_DEPTH_MAX)
        all.depth = limits->depth;
    if (limits != NULL && limits->count != 0)
        all.count = limits->count;
    return all;
}

/* ---- bytes ---- */

/* Room for `length` more bytes, which the caller writes at *at. */
static carom_status_t take_room(encoder_t *encoder, uint64_t length, unsigned char **at)
{
    if (length > encoder->left)
        return CAROM_ETOOBIG;
    if (length > SIZE_MAX || carom__buffer_reserve(encoder->to, (size_t) length) != CAROM_OK)
        return CAROM_ENOMEM;
    encoder->left -= length;
    *at = encoder->to->bytes + encoder->to->length;
    encoder->to->length += (size_t) length;
    return CAROM_OK;
}

static carom_status_t put_tag(encoder_t *encoder, unsigned char tag)
{
    unsigned char *at;
    carom_status_t status = take_room(encoder, 1, &at);

    if (status == CAROM_OK)
        *at = tag;
    return status;
}

/* A tag, a varint, and room for `length` bytes behind them. */
static carom_status_t put_varint(encoder_t *encoder, unsigned char tag, uint64_t number, size_t length, unsigned char **behind)
{
    unsigned char head[1 + CAROM__VARINT_MAX] = {tag}, *at;
    size_t size = 1;

    for (; number >= 0x80; number >>= 7)
        head[size++] = (unsigned char) (number | 0x80);
    head[size++] = (unsigned char) number;

    carom_status_t status = take_room(encoder, (uint64_t) size + length, &at);
    if (status != CAROM_OK)
        return status;
    memcpy(at, head, size);
    *behind = at + size;
    return CAROM_OK;
}

/* Small numbers of either sign get few bytes: 0, -1, 1, -2, … are 0, 1, 2, 3, … */
static carom_status_t encode_int(encoder_t *encoder, int64_t integer)
{
    uint64_t number = (uint64_t) integer;
    unsigned char *behind;

    return put_varint(encoder, CAROM__WIRE_INT, integer < 0 ? ~(number << 1) : number << 1, 0, &behind);
}

static carom_status_t encode_floats(encoder_t *encoder, unsigned char tag, const double *numbers, size_t count)
{
    unsigned char *at;
    carom_status_t status = take_room(encoder, 1 + 8 * count, &at);

    if (status != CAROM_OK)
        return status;
    *at++ = tag;
    for (size_t i = 0; i < count; i++) {
        uint64_t bits;
        memcpy(&bits, &numbers[i], 8);
        for (int j = 0; j < 8; j++)
            *at++ = (unsigned char) (bits >> 8 * j);
    }
    return CAROM_OK;
}

/* A bigint's magnitude is kept as it travels, and so is handled like a string. */
static carom_status_t encode_string(encoder_t *encoder, unsigned char tag, const carom_value_t *value)
{
    unsigned char *behind;
    carom_status_t status = value->length > encoder->left ? CAROM_ETOOBIG : carom__value_check(value);

    if (status == CAROM_OK)
        status = put_varint(encoder, tag, value->length, value->length, &behind);
    if (status == CAROM_OK)
        memcpy(behind, value->u.data, value->length);
    return status;
}

static carom_status_t encode_bigint(encoder_t *encoder, const carom_value_t *value)
{
    return encode_string(encoder, value->flags & CAROM__NEGATIVE ? CAROM__WIRE_NEGATIVE : CAROM__WIRE_POSITIVE, value);
}

static carom_status_t encode_handle(encoder_t *encoder, unsigned char tag, const carom_value_t *value)
{
    unsigned char *behind;
    uint32_t index = 0;

    if (encoder->attach == NULL)
        return CAROM_ENOTSUP;

    carom_status_t status = encoder->attach->give(encoder->attach->baton, *value, &index);
    return status != CAROM_OK ? status : put_varint(encoder, tag, index, 0, &behind);
}

/* ---- containers ---- */

static carom_status_t encode_entry(encoder_t *encoder, carom__step_t *step, const carom_value_t *entry, int is_pair)
{
    step->key = NULL;
    step->at_key = is_pair;

    carom_status_t status = encode_value(encoder, entry);
    if (status != CAROM_OK || !is_pair)
        return status;
    step->key = entry;
    return encode_value(encoder, entry + 1);
}

static carom_status_t encode_container(encoder_t *encoder, unsigned char tag, const carom_value_t *value)
{
    const struct carom__container_t *container = value->u.container;
    unsigned char *behind;

    if (encoder->path.depth >= encoder->depth)
        return CAROM_EDEPTH;
    if (container->count > encoder->count_left)
        return CAROM_ECOUNT;
    encoder->count_left -= container->count;

    carom_status_t status = put_varint(encoder, tag, container->count, 0, &behind);
    if (status != CAROM_OK)
        return status;

    carom__step_t *step = &encoder->path.steps[encoder->path.depth++];
    for (step->index = 0; step->index < container->count; step->index++) {
        const carom_value_t *entry = &container->items[step->index * container->width];
        status = encode_entry(encoder, step, entry, container->width == 2);
        if (status != CAROM_OK)
            return status;      /* and the path stays, to say where */
    }
    encoder->path.depth--;
    return CAROM_OK;
}

static carom_status_t encode_value(encoder_t *encoder, const carom_value_t *value)
{
    switch ((carom_type_t) value->type) {
    case CAROM_NONE:
        return put_tag(encoder, CAROM__WIRE_NONE);
    case CAROM_BOOL:
        return put_tag(encoder, value->u.integer ? CAROM__WIRE_TRUE : CAROM__WIRE_FALSE);
    case CAROM_INT:
        return encode_int(encoder, value->u.integer);
    case CAROM_BIGINT:
        return encode_bigint(encoder, value);
    case CAROM_FLOAT:
        return encode_floats(encoder, CAROM__WIRE_FLOAT, value->u.number, 1);
    case CAROM_COMPLEX:
        return encode_floats(encoder, CAROM__WIRE_COMPLEX, value->u.number, 2);
    case CAROM_BYTES:
        return encode_string(encoder, CAROM__WIRE_BYTES, value);
    case CAROM_TEXT:
        return encode_string(encoder, CAROM__WIRE_TEXT, value);
    case CAROM_LIST:
    case CAROM_TUPLE:
    case CAROM_DICT:
    case CAROM_SET:
    case CAROM_FROZENSET:
        return encode_container(encoder, (unsigned char) (CAROM__WIRE_LIST + (value->type - CAROM_LIST)), value);
    case CAROM_CONNECTION:
        return encode_handle(encoder, CAROM__WIRE_CONNECTION, value);
    case CAROM_FILE:
        return encode_handle(encoder, CAROM__WIRE_FILE, value);
    case CAROM_LOCK:
    case CAROM_SEMAPHORE:
    case CAROM_EVENT:
    case CAROM_CONDITION:
    case CAROM_BARRIER:
    case CAROM_QUEUE:
    case CAROM_ARRAY:
    case CAROM_HEAP:
        return encode_handle(encoder, (unsigned char) (CAROM__WIRE_LOCK + (value->type - CAROM_LOCK)), value);
    }
    return CAROM_EINVAL;
}

/* ---- all of it ---- */

carom_status_t carom__encode(carom__buffer_t *to, carom_value_t value, const carom_limits_t *limits,
                             const carom__attach_t *attach, carom_value_error_t *error)
{
    carom_limits_t all = carom__limits(limits);
    size_t start = to->length;
    encoder_t encoder;

    encoder.to = to;
    encoder.attach = attach;
    encoder.left = all.length;
    encoder.count_left = all.count;
    encoder.depth = all.depth;
    encoder.path.depth = 0;

    carom_status_t status = put_tag(&encoder, CAROM__WIRE_VERSION);
    if (status == CAROM_OK)
        status = encode_value(&encoder, &value);
    if (status != CAROM_OK)
        to->length = start;
    carom__error_fill(error, status, &encoder.path);
    return status;
}

carom_status_t carom_value_encode(void **bytes, size_t *length, carom_value_t value, const carom_limits_t *limits,
                                  carom_value_error_t *error)
{
    carom__buffer_t buffer;

    carom__buffer_init(&buffer);
    carom_status_t status = carom__encode(&buffer, value, limits, NULL, error);
    if (status != CAROM_OK)
        carom__buffer_release(&buffer);
    *bytes = buffer.bytes;
    *length = buffer.length;
    return status;
}

/* Values: numbers, strings and handles; reading, equality, copies and the end of all types. */

#include "core/value.h"

#include "core/share.h"

#include "core/memory.h"
#include "core/utf8.h"
#include "platform/platform.h"

#include <string.h>

/* ---- making ---- */

carom_value_t carom_value_none(void)
{
    carom_value_t value;

    memset(&value, 0, sizeof value);
    return value;
}

static carom_value_t of_type(carom_type_t type)
{
    carom_value_t value = carom_value_none();

    value.type = (uint8_t) type;
    return value;
}

carom_value_t carom_value_from_bool(int truth)
{
    carom_value_t value = of_type(CAROM_BOOL);

    value.u.integer = truth != 0;
    return value;
}

carom_value_t carom_value_from_int(int64_t integer)
{
    carom_value_t value = of_type(CAROM_INT);

    value.u.integer = integer;
    return value;
}

carom_value_t carom_value_from_float(double number)
{
    carom_value_t value = of_type(CAROM_FLOAT);

    value.u.number[0] = number;
    return value;
}

carom_value_t carom_value_from_complex(double real, double imaginary)
{
    carom_value_t value = of_type(CAROM_COMPLEX);

    value.u.number[0] = real;
    value.u.number[1] = imaginary;
    return value;
}

/* The empty string needs no storage. */
static carom_value_t borrow(carom_type_t type, const void *bytes, size_t length)
{
    carom_value_t value = of_type(type);

    value.u.data = length == 0 ? "" : bytes;
    value.length = length > CAROM__STRING_MAX ? CAROM__STRING_TOO_LONG : (uint32_t) length;
    return value;
}

carom_value_t carom_value_borrow_bytes(const void *bytes, size_t length)
{
    return bytes == NULL ? carom_value_none() : borrow(CAROM_BYTES, bytes, length);
}

carom_value_t carom_value_borrow_text(const char *text)
{
    return text == NULL ? carom_value_none() : borrow(CAROM_TEXT, text, strlen(text));
}

carom_status_t carom__value_from_checked(carom_value_t *value, carom_type_t type, const void *bytes, size_t length)
{
    *value = carom_value_none();
    if (length > CAROM__STRING_MAX)
        return CAROM_ETOOBIG;

    carom_value_t made = borrow(type, bytes, length);
    if (length > 0) {
        char *copy = carom__alloc(length + 1);
        if (copy == NULL)
            return CAROM_ENOMEM;
        memcpy(copy, bytes, length);
        copy[length] = 0;
        made.u.data = copy;
        made.flags = CAROM__OWNED;
    }
    *value = made;
    return CAROM_OK;
}

carom_status_t carom_value_from_bytes(carom_value_t *value, const void *bytes, size_t length)
{
    *value = carom_value_none();
    if (bytes == NULL && length > 0)
        return CAROM_EINVAL;
    return carom__value_from_checked(value, CAROM_BYTES, bytes, length);
}

carom_status_t carom_value_from_text_n(carom_value_t *value, const char *text, size_t length)
{
    *value = carom_value_none();
    if (text == NULL && length > 0)
        return CAROM_EINVAL;
    if (length > CAROM__STRING_MAX)
        return CAROM_ETOOBIG;
    if (!carom__utf8_valid(text, length))
        return CAROM_EUTF8;
    return carom__value_from_checked(value, CAROM_TEXT, text, length);
}

carom_status_t carom_value_from_text(carom_value_t *value, const char *text)
{
    *value = carom_value_none();
    return text == NULL ? CAROM_EINVAL : carom_value_from_text_n(value, text, strlen(text));
}

carom_value_t carom_value_from_connection(struct carom_connection_t *connection)
{
    carom_value_t value = of_type(connection == NULL ? CAROM_NONE : CAROM_CONNECTION);

    value.u.object = connection;
    return value;
}

carom_value_t carom_value_from_file(carom_native_t file)
{
    if (file == CAROM_NATIVE_NONE)
        return carom_value_none();

    carom_value_t value = of_type(CAROM_FILE);
    value.u.integer = file;
    return value;
}

carom_value_t carom__value_own_connection(struct carom_connection_t *connection)
{
    carom_value_t value = carom_value_from_connection(connection);

    value.flags = value.type == CAROM_CONNECTION ? CAROM__OWNED : 0;
    return value;
}

carom_value_t carom__value_own_file(carom_native_t file)
{
    carom_value_t value = carom_value_from_file(file);

    value.flags = value.type == CAROM_FILE ? CAROM__OWNED : 0;
    return value;
}

/* ---- borrowed strings ---- */

carom_status_t carom__value_check(const carom_value_t *value)
{
    if (!carom__is_string(value->type) || value->flags & CAROM__OWNED)
        return CAROM_OK;
    if (value->length == CAROM__STRING_TOO_LONG)
        return CAROM_ETOOBIG;
    if (value->type == CAROM_TEXT && !carom__utf8_valid(value->u.data, value->length))
        return CAROM_EUTF8;
    return CAROM_OK;
}

carom_status_t carom__value_own(carom_value_t *value)
{
    carom_value_t owned;
    carom_status_t status;

    if (value->flags & CAROM__OWNED || !(carom__is_string(value->type) || carom__is_container(value->type)))
        return CAROM_OK;
    status = carom_value_copy(&owned, value);
    if (status == CAROM_OK)
        *value = owned;
    return status;
}

/* ---- the end, and copies ---- */

static int is_handle(uint8_t type)
{
    return type == CAROM_CONNECTION || type == CAROM_FILE || carom__is_share(type);
}

static void end_of_handle(const carom_value_t *value)
{
    if (value->type == CAROM_CONNECTION)
        carom__connection_drop(value->u.object);
    else if (carom__is_share(value->type))
        carom__share_drop(value->u.object);
    else
        carom_plat_file_close((carom_native_t) value->u.integer);
}

void carom_value_clear(carom_value_t *value)
{
    if (value == NULL)
        return;

    carom_value_t old = carom__value_move(value);
    if (!(old.flags & CAROM__OWNED))
        return;
    if (carom__is_container(old.type))
        carom__container_free(old.u.container);
    else if (is_handle(old.type))
        end_of_handle(&old);
    else
        carom_free((void *) old.u.data);
}

carom_status_t carom_value_copy(carom_value_t *copy, const carom_value_t *value)
{
    carom_value_t from = *value;
    carom_status_t status;

    *copy = carom_value_none();
    if (carom__is_container(from.type))
        return carom__container_copy(copy, &from);
    if (is_handle(from.type))
        return CAROM_ENOTSUP;
    if (!carom__is_string(from.type) && from.type != CAROM_BIGINT) {
        *copy = from;
        return CAROM_OK;
    }
    status = carom__value_check(&from);
    if (status == CAROM_OK)
        status = carom__value_from_checked(copy, (carom_type_t) from.type, from.u.data, from.length);
    if (status == CAROM_OK)
        copy->flags |= from.flags & CAROM__NEGATIVE;
    return status;
}

/* ---- reading ---- */

carom_type_t carom_value_type(carom_value_t value)
{
    return (carom_type_t) value.type;
}

int carom_value_bool(carom_value_t value)
{
    return (value.type == CAROM_BOOL || value.type == CAROM_INT) && value.u.integer != 0;
}

int64_t carom_value_int(carom_value_t value)
{
    return value.type == CAROM_BOOL || value.type == CAROM_INT ? value.u.integer : 0;
}

double carom_value_float(carom_value_t value)
{
    if (value.type == CAROM_INT)
        return (double) value.u.integer;
    return value.type == CAROM_FLOAT ? value.u.number[0] : 0.0;
}

double carom_value_real(carom_value_t value)
{
    return value.type == CAROM_COMPLEX ? value.u.number[0] : carom_value_float(value);
}

double carom_value_imaginary(carom_value_t value)
{
    return value.type == CAROM_COMPLEX ? value.u.number[1] : 0.0;
}

/* Not for bytes: borrowed ones have no 0 at their end, and who asks for text looks for it. */
const char *carom_value_text(carom_value_t value)
{
    return value.type == CAROM_TEXT ? value.u.data : NULL;
}

const void *carom_value_bytes(carom_value_t value)
{
    return carom__is_string(value.type) ? value.u.data : NULL;
}

size_t carom_value_count(carom_value_t value)
{
    if (carom__is_container(value.type))
        return value.u.container->count;
    return carom__is_string(value.type) ? value.length : 0;
}

carom_status_t carom_value_take_connection(struct carom_connection_t **connection, carom_value_t *value)
{
    *connection = NULL;
    if (value->type != CAROM_CONNECTION)
        return CAROM_ETYPE;
    *connection = carom__value_move(value).u.object;
    return CAROM_OK;
}

carom_status_t carom_value_take_file(carom_native_t *file, carom_value_t *value)
{
    *file = CAROM_NATIVE_NONE;
    if (value->type != CAROM_FILE)
        return CAROM_ETYPE;
    *file = (carom_native_t) carom__value_move(value).u.integer;
    return CAROM_OK;
}

/* ---- equality ---- */

static int same_string(const carom_value_t *one, const carom_value_t *other)
{
    return one->length == other->length && (one->flags & CAROM__NEGATIVE) == (other->flags & CAROM__NEGATIVE) &&
           memcmp(one->u.data, other->u.data, one->length) == 0;
}

/* Floating point is compared by its bits: a NaN is found again, and 0.0 and -0.0, which print differently, are two keys. */
int carom__value_same(const carom_value_t *one, const carom_value_t *other)
{
    if (one->type != other->type)
        return 0;
    switch ((carom_type_t) one->type) {
    case CAROM_NONE:
        return 1;
    case CAROM_BOOL:
    case CAROM_INT:
    case CAROM_FILE:
        return one->u.integer == other->u.integer;
    case CAROM_CONNECTION:
    case CAROM_LOCK:
    case CAROM_SEMAPHORE:
    case CAROM_EVENT:
    case CAROM_CONDITION:
    case CAROM_BARRIER:
    case CAROM_QUEUE:
    case CAROM_ARRAY:
    case CAROM_HEAP:
        return one->u.object == other->u.object;
    case CAROM_FLOAT:
        return memcmp(one->u.number, other->u.number, sizeof one->u.number[0]) == 0;
    case CAROM_COMPLEX:
        return memcmp(one->u.number, other->u.number, sizeof one->u.number) == 0;
    case CAROM_BIGINT:
    case CAROM_BYTES:
    case CAROM_TEXT:
        return same_string(one, other);
    default:
        return carom__container_same(one->u.container, other->u.container);
    }
}

int carom_value_equal(carom_value_t one, carom_value_t other)
{
    return carom__value_same(&one, &other);
}

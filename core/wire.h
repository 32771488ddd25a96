/* carom's own wire form of values, as doc/wire.md has it: one version byte, then the value.
 *
 * Handles do not travel in the bytes.  Whoever carries the bytes gives each a number when they are encoded, and gives a handle
 * for that number when they are decoded.
 */

#ifndef CAROM_CORE_WIRE_H
#define CAROM_CORE_WIRE_H

#include "core/buffer.h"

#include <carom/value.h>

#define CAROM__WIRE_VERSION 1

/* The first byte of each value. */
enum {
    CAROM__WIRE_NONE = 0x00,
    CAROM__WIRE_FALSE = 0x01,
    CAROM__WIRE_TRUE = 0x02,
    CAROM__WIRE_INT = 0x03,          /* zigzag varint */
    CAROM__WIRE_POSITIVE = 0x04,     /* bigint: length, magnitude */
    CAROM__WIRE_NEGATIVE = 0x05,
    CAROM__WIRE_FLOAT = 0x06,        /* 8 bytes */
    CAROM__WIRE_COMPLEX = 0x07,      /* 16 bytes */
    CAROM__WIRE_BYTES = 0x08,        /* length, bytes */
    CAROM__WIRE_TEXT = 0x09,
    CAROM__WIRE_LIST = 0x0A,         /* count, items */
    CAROM__WIRE_TUPLE = 0x0B,
    CAROM__WIRE_DICT = 0x0C,         /* count, keys and items in turn */
    CAROM__WIRE_SET = 0x0D,
    CAROM__WIRE_FROZENSET = 0x0E,
    CAROM__WIRE_CONNECTION = 0x0F,   /* index */
    CAROM__WIRE_FILE = 0x10,
    CAROM__WIRE_LOCK = 0x11,         /* index; and so on, in the order of their types */
    CAROM__WIRE_HEAP = 0x18
};

#define CAROM__VARINT_MAX 10         /* bytes of the longest */

/* Asked by the encoder for the number of a handle.  What it returns is what the encoder returns. */
typedef struct carom__attach_t {
    carom_status_t (*give)(void *baton, carom_value_t handle, uint32_t *index);
    void *baton;
} carom__attach_t;

/* Asked by the decoder for a handle of the type, which owns what it names (carom__value_own_connection, carom__value_own_file);
 * none with a failure. */
typedef struct carom__detach_t {
    carom_status_t (*take)(void *baton, uint32_t index, carom_type_t type, carom_value_t *handle);
    void *baton;
} carom__detach_t;

/* Appends the version byte and the value.  limits, attach and error may be NULL.  Statuses as carom_value_encode, with
 * CAROM_ENOTSUP for handles without attach; after a failure `to` is as long as it was. */
carom_status_t carom__encode(carom__buffer_t *to, carom_value_t value, const carom_limits_t *limits,
                             const carom__attach_t *attach, carom_value_error_t *error);

/* Decodes exactly `length` bytes.  limits, detach and error may be NULL.  Statuses as carom_value_decode, with CAROM_ENOTSUP
 * for handles without detach; after a failure *value is none, and the handles taken so far are closed. */
carom_status_t carom__decode(carom_value_t *value, const void *bytes, size_t length, const carom_limits_t *limits,
                             const carom__detach_t *detach, carom_value_error_t *error);

/* ---- what encoder and decoder share ---- */

/* Limits with the defaults filled in. */
carom_limits_t carom__limits(const carom_limits_t *limits);

/* One step from a container to what is in it. */
typedef struct carom__step_t {
    const carom_value_t *key;     /* of an item of a dict, else NULL */
    uint32_t index;
    int at_key;                   /* the dict's key itself */
} carom__step_t;

/* Where the encoder or decoder is: a step for each container it is inside of. */
typedef struct carom__path_t {
    carom__step_t steps[CAROM_DEPTH_MAX];
    uint32_t depth;
} carom__path_t;

/* Fills an error, if there is one to be filled. */
void carom__error_fill(carom_value_error_t *error, carom_status_t status, const carom__path_t *path);

#endif

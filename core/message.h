/* Messages: what goes through a connection, or over to a started process: bytes, and handles that come along.
 *
 * On a stream a message is a header of 16 bytes, then its body, then zeros up to 128 bytes if it is shorter: so one read
 * fetches a short message whole, and never touches the next one.  Of a value message with n handles the last n records of the
 * body tell what each is; before them are those of m shareable objects, which stay where they are, in the arena.  doc/wire.md
 * has the bytes. */

#ifndef CAROM_CORE_MESSAGE_H
#define CAROM_CORE_MESSAGE_H

#include <carom/connection.h>

#include "core/arena.h"
#include "core/buffer.h"
#include "platform/platform.h"

#define CAROM__HANDLES_MAX 64
#define CAROM__HEADER_SIZE 16
#define CAROM__HEAD_SIZE 128           /* of a whole message the least */
#define CAROM__HEAD_BODY ((size_t) CAROM__HEAD_SIZE - CAROM__HEADER_SIZE)
#define CAROM__RECORD_SIZE 56
#define CAROM__SHARES_MAX 65535
#define CAROM__SHARE_SIZE 24

/* The length a body can be said to have: more is no message of ours. */
#define CAROM__BODY_MAX ((uint64_t) 1 << 62)

typedef struct carom__header_t {
    carom_kind_t kind;
    size_t handles;
    uint64_t length;                   /* of the body */
    size_t shares;
} carom__header_t;

/* ---- the header: mark, kind, handles (2), shares (2), zero (2), length (8) ---- */

#define CAROM__HEADER_MARK 0xCA

/* Spelt out, so that the compiler makes one store and one load of it: this is done for every message. */
static inline void carom__put_length(unsigned char *bytes, uint64_t length)
{
    bytes[0] = (unsigned char) length;
    bytes[1] = (unsigned char) (length >> 8);
    bytes[2] = (unsigned char) (length >> 16);
    bytes[3] = (unsigned char) (length >> 24);
    bytes[4] = (unsigned char) (length >> 32);
    bytes[5] = (unsigned char) (length >> 40);
    bytes[6] = (unsigned char) (length >> 48);
    bytes[7] = (unsigned char) (length >> 56);
}

static inline uint64_t carom__get_length(const unsigned char *bytes)
{
    return (uint64_t) bytes[0] | (uint64_t) bytes[1] << 8 | (uint64_t) bytes[2] << 16 | (uint64_t) bytes[3] << 24 |
           (uint64_t) bytes[4] << 32 | (uint64_t) bytes[5] << 40 | (uint64_t) bytes[6] << 48 | (uint64_t) bytes[7] << 56;
}

static inline void carom__header_write(unsigned char bytes[CAROM__HEADER_SIZE], const carom__header_t *header)
{
    carom__put_length(bytes, CAROM__HEADER_MARK | (uint64_t) header->kind << 8 | (uint64_t) header->handles << 16 |
                                 (uint64_t) header->shares << 32);
    carom__put_length(bytes + 8, header->length);
}

/* 1 when that is the header of a message of bytes with a body of this length. */
static inline int carom__header_is_of_bytes(const unsigned char bytes[CAROM__HEADER_SIZE], uint64_t length)
{
    return carom__get_length(bytes) == (CAROM__HEADER_MARK | (uint64_t) CAROM_MESSAGE_BYTES << 8) &&
           carom__get_length(bytes + 8) == length;
}

/* CAROM_EBADMSG: not a header. */
static inline carom_status_t carom__header_read(carom__header_t *header, const unsigned char bytes[CAROM__HEADER_SIZE])
{
    uint64_t first = carom__get_length(bytes);
    unsigned kind = first >> 8 & 0xFF;

    if ((first & 0xFF) != CAROM__HEADER_MARK || first >> 48 != 0)
        return CAROM_EBADMSG;
    if (kind != CAROM_MESSAGE_BYTES && kind != CAROM_MESSAGE_VALUE)
        return CAROM_EBADMSG;
    header->kind = (carom_kind_t) kind;
    header->handles = (size_t) (first >> 16 & 0xFFFF);
    header->shares = (size_t) (first >> 32 & 0xFFFF);
    header->length = carom__get_length(bytes + 8);
    if (header->length > CAROM__BODY_MAX || header->handles > CAROM__HANDLES_MAX)
        return CAROM_EBADMSG;
    if (header->handles + header->shares > 0 && header->kind == CAROM_MESSAGE_BYTES)
        return CAROM_EBADMSG;
    if (header->handles * CAROM__RECORD_SIZE + header->shares * CAROM__SHARE_SIZE > header->length)
        return CAROM_EBADMSG;
    return CAROM_OK;
}

/* ---- a message being made ---- */

/* Holds duplicates of all handles in it; connections that move are locked until commit or abandon. */
typedef struct carom__parcel_t {
    carom__buffer_t body;
    carom__buffer_t records;                                /* until the seal */
    carom__buffer_t shares;                                 /* their records, until parcel and message are done with */
    size_t count;
    size_t share_count;
    carom_native_t files[CAROM__HANDLES_MAX];               /* ours */
    carom_connection_t *moving[CAROM__HANDLES_MAX];         /* NULL: the handle is a file */
    const carom_connection_t *carrier;                      /* what it is sent over, which must not be in it and whose limits
                                                               count; may be NULL */
    carom__holder_t to;                                     /* of the links and references that are under way in it */
    const carom_limits_t *limits;                           /* the carrier's; NULL: the defaults */
    carom__id_t into;                                       /* a shareable object that must not be in it; or none */
    int64_t deadline;                                       /* how long references wait for the arena's lock; 0: not long */
    int without_handles;                                    /* 1: connections and files cannot be in it: CAROM_ENOTSUP */
} carom__parcel_t;

/* With a carrier its link is the holder of what is under way, otherwise nobody is, until the caller says who: the process that
 * it goes to. */
void carom__parcel_init(carom__parcel_t *parcel, const carom_connection_t *carrier);

/* Appends the encoded value. */
carom_status_t carom__parcel_put(carom__parcel_t *parcel, carom_value_t value, carom_value_error_t *error);

/* Appends a length of 4 bytes and then the encoded value, so that several can follow each other. */
carom_status_t carom__parcel_put_item(carom__parcel_t *parcel, carom_value_t value, carom_value_error_t *error);

/* Appends the records: the body is complete. */
carom_status_t carom__parcel_seal(carom__parcel_t *parcel);

/* The message has gone: connections have moved, and our handles end as the platform wants it.  Or the handles were handed over
 * inside this process, and belong to whoever has them now. */
void carom__parcel_sent(carom__parcel_t *parcel);
void carom__parcel_handed_over(carom__parcel_t *parcel);

/* It has not gone: everything is as before. */
void carom__parcel_abandon(carom__parcel_t *parcel);

/* ---- the records of shareable objects at the end of a body, where there are no handles ---- */

/* Makes `to` the holder of all their references instead of `from`; after a failure of none.  CAROM_EBADMSG, CAROM_ETIMEOUT:
 * as carom__object_hand; CAROM_EBUSY: likewise, and those that were handed are let go: the message is of no use any more. */
carom_status_t carom__shares_hand(const unsigned char *body, size_t length, size_t count, carom__holder_t from,
                                  carom__holder_t to) CAROM_MUST_CHECK;

/* Lets go of those that `from` holds. */
void carom__shares_refuse(const unsigned char *body, size_t length, size_t count, carom__holder_t from);

/* ---- a message that came ---- */

/* The handles of a message: those that came with its bytes or wait at its sender, until each has found its value.  What no
 * value wanted is closed by carom__arrival_clear, while the body is still there. */
typedef struct carom__arrival_t {
    const unsigned char *records;
    size_t count;
    unsigned char *shares;                                  /* records of references; of one that was taken the type is 0 */
    size_t share_count;
    carom_native_t files[CAROM__HANDLES_MAX];               /* ours; CAROM_NATIVE_NONE when taken or never there */
    unsigned char claimed[CAROM__HANDLES_MAX];              /* 1: a value has it, or was refused it */
    int in_process;                                         /* handed over inside this process: files are what they are */
    carom__holder_t from;                                   /* of the links and references in it, until they are taken */
} carom__arrival_t;

/* Splits a sealed body into values and records, of which the arrival writes down what was taken.  The header says how many
 * there are of each.  CAROM_EBADMSG.  *length becomes that of the values alone. */
carom_status_t carom__arrival_open(carom__arrival_t *arrival, unsigned char *body, size_t *length, const carom__header_t *header,
                                   const carom_native_t *files, size_t came, carom__holder_t from, int in_process);
void carom__arrival_clear(carom__arrival_t *arrival);

/* Decodes a value whose handles are in the arrival. */
carom_status_t carom__arrival_decode(carom_value_t *value, carom__arrival_t *arrival, const unsigned char *bytes, size_t length,
                                     const carom_limits_t *limits, carom_value_error_t *error);

/* Decodes one item of carom__parcel_put_item and moves *bytes and *length behind it.  CAROM_EBADMSG when there is none. */
carom_status_t carom__arrival_next(carom_value_t *value, carom__arrival_t *arrival, const unsigned char **bytes, size_t *length,
                                   const carom_limits_t *limits, carom_value_error_t *error);

#endif

/* Messages: what goes through a connection, or over to a started process: bytes, and handles that come along.
 *
 * On a stream a message is a header of 16 bytes, then its body, then zeros up to 128 bytes if it is shorter: so one read
 * fetches a short message whole, and never touches the next one.  Of a value message with n handles the last n records of the
 * body tell what each is.  doc/wire.md has the bytes. */

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

/* The length a body can be said to have: more is no message of ours. */
#define CAROM__BODY_MAX ((uint64_t) 1 << 62)

typedef struct carom__header_t {
    carom_kind_t kind;
    size_t handles;
    uint64_t length;                   /* of the body */
} carom__header_t;

void carom__header_write(unsigned char bytes[CAROM__HEADER_SIZE], const carom__header_t *header);

/* CAROM_EBADMSG: not a header. */
carom_status_t carom__header_read(carom__header_t *header, const unsigned char bytes[CAROM__HEADER_SIZE]);

/* ---- a message being made ---- */

/* Holds duplicates of all handles in it; connections that move are locked until commit or abandon. */
typedef struct carom__parcel_t {
    carom__buffer_t body;
    carom__buffer_t records;                                /* until the seal */
    size_t count;
    carom_native_t files[CAROM__HANDLES_MAX];               /* ours */
    carom_connection_t *moving[CAROM__HANDLES_MAX];         /* NULL: the handle is a file */
    const carom_connection_t *carrier;                      /* what it is sent over, which must not be in it and whose limits
                                                               count; may be NULL */
    carom__holder_t to;                                     /* of the links that are under way in it */
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

/* ---- a message that came ---- */

/* The handles of a message: those that came with its bytes or wait at its sender, until each has found its value.  What no
 * value wanted is closed by carom__arrival_clear, while the body is still there. */
typedef struct carom__arrival_t {
    const unsigned char *records;
    size_t count;
    carom_native_t files[CAROM__HANDLES_MAX];               /* ours; CAROM_NATIVE_NONE when taken or never there */
    unsigned char claimed[CAROM__HANDLES_MAX];              /* 1: a value has it, or was refused it */
    int in_process;                                         /* handed over inside this process: files are what they are */
    carom__holder_t from;                                   /* of the links in it, until they are taken */
} carom__arrival_t;

/* Splits a sealed body into values and records.  CAROM_EBADMSG.  *length becomes that of the values alone. */
carom_status_t carom__arrival_open(carom__arrival_t *arrival, const unsigned char *body, size_t *length, size_t handles,
                                   const carom_native_t *files, size_t came, carom__holder_t from, int in_process);
void carom__arrival_clear(carom__arrival_t *arrival);

/* Decodes a value whose handles are in the arrival. */
carom_status_t carom__arrival_decode(carom_value_t *value, carom__arrival_t *arrival, const unsigned char *bytes, size_t length,
                                     const carom_limits_t *limits, carom_value_error_t *error);

/* Decodes one item of carom__parcel_put_item and moves *bytes and *length behind it.  CAROM_EBADMSG when there is none. */
carom_status_t carom__arrival_next(carom_value_t *value, carom__arrival_t *arrival, const unsigned char **bytes, size_t *length,
                                   const carom_limits_t *limits, carom_value_error_t *error);

#endif

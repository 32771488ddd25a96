/* How the bytes of a connection travel: over a stream of the platform, or through rings in the arena.
 *
 * The functions of a transport are called by connection.c and receive.c alone.  Those that read have the turn to receive, those
 * that write the turn to send; the others say what they need. */

#ifndef CAROM_CORE_TRANSPORT_H
#define CAROM_CORE_TRANSPORT_H

#include "core/link.h"
#include "core/message.h"

typedef struct carom__transport_t {
    /* What a receive asks for first, and what a message has at least; a read never goes on into the next. */
    size_t head, least;

    /* 1 to `size` bytes.  CAROM_EEOF, CAROM_ETIMEOUT, CAROM_EBROKEN (and is marked so). */
    carom_status_t (*read)(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline);

    /* The next message, of which nothing was read yet, into the caller's buffer; waits as read does.  *taken 0, with CAROM_OK:
     * nothing of it was taken, that is for read.  NULL: read is the only way. */
    carom_status_t (*take)(carom_connection_t *self, void *buffer, size_t size, size_t *length, int *taken, int64_t deadline);

    /* A message of bytes, if that needs nothing but room that is there.  0: it is not sent, that is for write.  NULL: write is
     * the only way. */
    int (*put)(carom_connection_t *self, const void *bytes, size_t length);

    /* A message: its header, its body, and handles that go along in bytes.  *sent is 0 when it was not begun.  CAROM_EEOF,
     * CAROM_ETIMEOUT, CAROM_EMFILE, CAROM_ENOMEM, CAROM_EBROKEN. */
    carom_status_t (*write)(carom_connection_t *self, const carom__header_t *header, const void *body,
                            const carom_native_t *files, size_t *sent, int64_t deadline);

    /* Nobody will write any more: the other end gets what was written, then CAROM_ETRUNCATED. */
    void (*end_writing)(carom_connection_t *self);

    /* Puts the handles of a message whose body is here into self->files, if they are not there yet. */
    void (*collect)(carom_connection_t *self, size_t handles);

    /* Waits until a read would not. */
    carom_status_t (*wait)(carom_connection_t *self, int64_t deadline);

    /* 1 when a read would not wait; else the source becomes ready when it does.  event: the source was. */
    int (*look)(carom_connection_t *self, int event);

    /* From now on calls under way, and later ones, return soon.  Any thread. */
    void (*cut)(carom_connection_t *self);

    /* Nobody else uses it. */
    void (*close)(carom_connection_t *self);

    /* Says where the end is (carom__whereabouts_t), for the process it goes to, and makes `to` its holder; with the turns
     * taken. CAROM_EBUSY: it cannot go now.  stay: it does not go after all; 0: it was lost with what it was under way in.
     * gone: it has gone. */
    carom_status_t (*leave)(carom_connection_t *self, carom__holder_t to, carom__whereabouts_t *where);
    int (*stay)(carom_connection_t *self, carom__holder_t to);
    void (*gone)(carom_connection_t *self);
} carom__transport_t;

extern const carom__transport_t carom__transport_stream, carom__transport_link;

#endif

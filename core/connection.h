/* Connections from inside. */

#ifndef CAROM_CORE_CONNECTION_H
#define CAROM_CORE_CONNECTION_H

#include "core/message.h"

/* What moves with an end, besides its stream. */
typedef struct carom__traits_t {
    int can_receive;
    int can_send;
    carom_limits_t limits;             /* filled in: no zeros */
} carom__traits_t;

/* A connection on a stream, which it owns from then on, also when the call fails. */
carom_status_t carom__connection_create(carom_connection_t **connection, carom_plat_stream_t **stream,
                                        const carom__traits_t *traits);

/* Locks an idle connection for a move and gives what moves: a duplicate of its handle, its traits.  CAROM_EBUSY: a thread uses it, or
 * a message has come in part; CAROM_ECLOSED, CAROM_EMOVED, CAROM_EFORKED, CAROM_EMFILE. */
carom_status_t carom__connection_begin_move(carom_connection_t *connection, carom_native_t *file, carom__traits_t *traits);
void carom__connection_end_move(carom_connection_t *connection, int moved);

/* Sends a sealed parcel; neither commits nor abandons it. */
carom_status_t carom__connection_send_parcel(carom_connection_t *connection, carom__parcel_t *parcel, int64_t deadline);

/* Receives the next message whole, of any kind: body (to be released) and arrival (to be cleared, before the body). */
carom_status_t carom__connection_receive_parcel(carom_connection_t *connection, carom__buffer_t *body, size_t *length,
                                                carom__arrival_t *arrival, int64_t deadline);

/* For carom_wait: 1 when it is ready already, or in error; else fills a source. */
int carom__connection_source(carom_connection_t *connection, carom_plat_source_t *source);

/* The stream of a connection that only its owner knows, as a source. */
void carom__connection_watch(const carom_connection_t *connection, carom_plat_source_t *source);

extern const carom_limits_t carom__default_limits;

#endif

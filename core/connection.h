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

/* For carom_wait: 0 when it is ready already, or in error.  Else the caller may watch it, and owes carom__connection_leave: until
 * then it is neither freed nor sent. */
int carom__connection_enter(carom_connection_t *connection);
void carom__connection_leave(carom_connection_t *connection);

/* From now on reading and writing fail, on both sides. */
void carom__connection_cut(carom_connection_t *connection);

/* The stream, as a source, of a connection that was entered, or that only its owner knows. */
void carom__connection_watch(const carom_connection_t *connection, carom_plat_source_t *source);

extern const carom_limits_t carom__default_limits;

/* ---- what connection.c and receive.c share ---- */

#define CAROM__CONNECTION_MAGIC 0xC0441EC7u

struct carom_connection_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() when made; this and the next three never change */
    carom__traits_t traits;
    int carries;                       /* 1: handles can go along with its messages */
    carom_plat_monitor_t *monitor;

    /* guarded by the monitor */
    carom_plat_stream_t *stream;       /* changes only when `users` is 0 */
    size_t users;                      /* threads that may touch the stream or wait for a turn */
    int receiving, sending;            /* whose turn it is: somebody's */
    carom_status_t gone;               /* CAROM_ECLOSED, CAROM_EMOVED: why no call may begin */
    int moving;                        /* a message that is being sent has it */
    int abandoned;                     /* and it was closed meanwhile */
    int pending;                       /* a message has begun to come: header or more is here */
    carom_status_t bad_receive, bad_send;   /* CAROM_EBROKEN from then on */

    /* of the thread whose turn it is to receive */
    unsigned char head[CAROM__HEAD_SIZE];        /* of the message the first bytes: header, then body */
    size_t head_got;
    carom__header_t header;            /* when the head has it; its length shrinks while `skipping` */
    int skipping;                      /* the message is being dropped, which the next receive must finish first */
    carom__buffer_t body;              /* of the body, what is here */
    carom_native_t *files;             /* that came with it; NULL until there are any */
    size_t file_count;
};

/* Waits for a turn; *turn is receiving or sending, able and *bad go with it.  With CAROM_OK the caller owes carom__turn_end, which
 * returns the status of the call: one that close() cut off failed for that reason, whatever the stream said. */
carom_status_t carom__turn_begin(carom_connection_t *self, int *turn, int able, const carom_status_t *bad, int64_t deadline);
carom_status_t carom__turn_end(carom_connection_t *self, int *turn, carom_status_t status);

/* From now on *bad is CAROM_EBROKEN. */
void carom__connection_mark_bad(carom_connection_t *self, carom_status_t *bad);

/* Forgets the message that was being received, with its handles. */
void carom__connection_drop_message(carom_connection_t *self);

#endif

/* Connections from inside. */

#ifndef CAROM_CORE_CONNECTION_H
#define CAROM_CORE_CONNECTION_H

#include "core/link.h"
#include "core/message.h"

#include <stdatomic.h>

/* What moves with an end, besides where it is. */
typedef struct carom__traits_t {
    int can_receive;
    int can_send;
    carom_limits_t limits;             /* filled in: no zeros */
} carom__traits_t;

/* A connection on a stream, which it owns from then on, also when the call fails. */
carom_status_t carom__connection_create(carom_connection_t **connection, carom_plat_stream_t **stream,
                                        const carom__traits_t *traits);

/* An end of a link, of which the caller is the holder; its bell is owned from then on.  After a failure the bell is closed, and
 * the end is still the caller's. */
carom_status_t carom__connection_create_link(carom_connection_t **connection, carom_plat_stream_t **bell,
                                             const carom__traits_t *traits, const carom__whereabouts_t *where);

/* Locks an idle connection for a move to `to` (carom__parcel_t has who that may be) and says what moves: a duplicate of its
 * handle, its traits, where it is.  CAROM_EBUSY: a thread uses it, or a message has come in part; CAROM_ECLOSED, CAROM_EMOVED,
 * CAROM_EFORKED, CAROM_EMFILE; CAROM_ENOTSUP: a link, and `to` is nobody. */
carom_status_t carom__connection_begin_move(carom_connection_t *connection, carom__holder_t to, carom_native_t *file,
                                            carom__traits_t *traits, carom__whereabouts_t *where);
void carom__connection_end_move(carom_connection_t *connection, carom__holder_t to, int moved);

/* Who holds what is under way in its messages: its link, or nobody. */
carom__holder_t carom__connection_holder(const carom_connection_t *connection);

/* Sends a sealed parcel; neither commits nor abandons it. */
carom_status_t carom__connection_send_parcel(carom_connection_t *connection, carom__parcel_t *parcel, int64_t deadline);

/* Receives the next message whole, of any kind: body (to be released) and arrival (to be cleared, before the body). */
carom_status_t carom__connection_receive_parcel(carom_connection_t *connection, carom__buffer_t *body, size_t *length,
                                                carom__arrival_t *arrival, int64_t deadline);

/* For carom_wait: 0 when it is ready already, or in error.  Else the caller may watch it, and owes carom__connection_leave:
 * until then it is neither freed nor sent.  for_more: what is here of a message does not make it ready. */
int carom__connection_enter(carom_connection_t *connection, int for_more);
void carom__connection_leave(carom_connection_t *connection);

/* Of a connection that was entered, and whose source was ready: whether it is. */
int carom__connection_look(carom_connection_t *connection, int for_more);

/* 1 when the source may stay silent because another thread took what it was to tell: look now and then. */
int carom__connection_needs_looks(const carom_connection_t *connection);

/* The stream, as a source, of a connection that was entered, or that only its owner knows. */
void carom__connection_watch(const carom_connection_t *connection, carom_plat_source_t *source);

/* From now on reading and writing fail, on both sides. */
void carom__connection_cut(carom_connection_t *connection);

extern const carom_limits_t carom__default_limits;

/* ---- what connection.c, turn.c, receive.c and the transports share ---- */

#define CAROM__CONNECTION_MAGIC 0xC0441EC7u

struct carom__transport_t;
struct carom__end_t;

typedef _Atomic uint32_t carom__turn_t;

enum { CAROM__TURN_FREE, CAROM__TURN_TAKEN, CAROM__TURN_WANTED /* by others, too */ };

struct carom_connection_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() when made; this and the next six never change */
    carom__traits_t traits;
    int carries;                       /* 1: handles can go along with its messages */
    carom_plat_monitor_t *monitor;
    const struct carom__transport_t *transport;
    carom_plat_stream_t *stream;       /* or the bell of a link; NULL when it has gone */
    struct carom__end_t *end;          /* of a link, or NULL */

    carom__turn_t receiving, sending;
    _Atomic carom_status_t gone;       /* CAROM_ECLOSED, CAROM_EMOVED: why no call may begin */
    _Atomic carom_status_t bad_receive, bad_send;   /* CAROM_EBROKEN from then on */
    atomic_int pending;                /* a message has begun to come: header or more is here */
    atomic_int has_dropped;            /* the last carom_connection_receive() took a message that it made no value of */
    atomic_int has_loop;               /* carom_connection_native was asked for: set for ever, under the monitor */

    /* guarded by the monitor */
    size_t users;                      /* threads that wait for a turn, or watch */
    int moving;                        /* a message that is being sent has it */
    int abandoned;                     /* and it was closed meanwhile */

    /* of the thread whose turn it is to receive */
    unsigned char head[CAROM__HEAD_SIZE];        /* of the message the first bytes: header, then body */
    size_t head_got;
    int loop_sleeps;                   /* a poll of the loop's found nothing, and it was not stirred since */
    carom__header_t header;            /* when the head has it; its length shrinks while `skipping` */
    int skipping;                      /* the message is being dropped, which the next receive must finish first */
    carom__buffer_t body;              /* of the body, what is here */
    carom_native_t *files;             /* that came with it; NULL until there are any */
    size_t file_count;
};

/* ---- turn.c ---- */

/* What is no connection, or the parent's. */
static inline carom_status_t carom__connection_check(const carom_connection_t *self)
{
    if (self == NULL || self->magic != CAROM__CONNECTION_MAGIC)
        return CAROM_EINVAL;
    return self->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

/* What carom__turn_begin and carom__turn_give do when it takes more than one step. */
carom_status_t carom__turn_wait(carom_connection_t *self, carom__turn_t *turn, int able, const _Atomic carom_status_t *bad,
                                int64_t deadline);
void carom__turn_pass_on(carom_connection_t *self, carom__turn_t *turn);

/* Takes a turn if it is nobody's, and gives it back. */
static inline int carom__turn_try(carom__turn_t *turn)
{
    uint32_t is = CAROM__TURN_FREE;

    return atomic_compare_exchange_strong(turn, &is, CAROM__TURN_TAKEN);
}

static inline void carom__turn_give(carom_connection_t *self, carom__turn_t *turn)
{
    uint32_t is = CAROM__TURN_TAKEN;

    if (!atomic_compare_exchange_strong(turn, &is, CAROM__TURN_FREE))
        carom__turn_pass_on(self, turn);
}

/* With the turn to receive, before it is given back: the loop of the host sleeps until it is told of anything, so it is told of
 * what is there; and when nothing is whoever writes next rings. */
void carom__connection_rouse(carom_connection_t *self);

/* Whether one that was taken is of any use; if not it is given back, and the connection may be gone.  Who closes it waits for
 * the turn: so this is the time to look. */
static inline carom_status_t carom__turn_keep(carom_connection_t *self, carom__turn_t *turn, const _Atomic carom_status_t *bad)
{
    carom_status_t status = atomic_load(&self->gone);

    if (status == CAROM_OK)
        status = atomic_load(bad);
    if (status != CAROM_OK)
        carom__turn_give(self, turn);
    return status;
}

/* Waits for a turn; *turn is receiving or sending, able and *bad go with it.  With CAROM_OK the caller owes carom__turn_end,
 * which returns the status of the call: one that close() cut off failed for that reason, whatever the transport said. */
static inline carom_status_t carom__turn_begin(carom_connection_t *self, carom__turn_t *turn, int able,
                                               const _Atomic carom_status_t *bad, int64_t deadline)
{
    if (carom__connection_check(self) == CAROM_OK && able && carom__turn_try(turn))
        return carom__turn_keep(self, turn, bad);
    return carom__turn_wait(self, turn, able, bad, deadline);
}

static inline carom_status_t carom__turn_end(carom_connection_t *self, carom__turn_t *turn, carom_status_t status)
{
    if (turn == &self->receiving) {
        atomic_store_explicit(&self->pending, self->head_got > 0, memory_order_relaxed);
        if (self->loop_sleeps)
            carom__connection_rouse(self);
    }
    if (status != CAROM_OK && atomic_load(&self->gone) != CAROM_OK)
        status = atomic_load(&self->gone);
    carom__turn_give(self, turn);
    return status;
}

/* In a loop of the host: what it waits on is ready now, whether or not there is a reason. */
void carom__connection_stir(carom_connection_t *self);

/* Takes both turns for ever: everybody else has left.  Under the monitor, when `gone` says why. */
void carom__turns_take(carom_connection_t *self);

/* ---- receive.c ---- */

/* Forgets the message that was being received, with its handles. */
void carom__connection_drop_message(carom_connection_t *self);

/* Keeps a handle that came with the message. */
void carom__connection_keep_file(carom_connection_t *self, carom_native_t file);

#endif

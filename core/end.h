/* What link.c, bell.c, link_in.c and link_out.c share: an end of a link as its process has it. */

#ifndef CAROM_CORE_END_H
#define CAROM_CORE_END_H

#include "core/connection.h"
#include "core/ring.h"
#include "core/transport.h"

#include <stdatomic.h>

/* The ring that a lane is made with. */
#define CAROM__FIRST_RING 1792

typedef struct carom__link_t {
    carom__lane_t lanes[2];            /* lane n is read by side n */
    _Alignas(64) unsigned char rings[2][CAROM__FIRST_RING];
} carom__link_t;

_Static_assert(sizeof(carom__link_t) == 4096, "a link fills its block");

struct carom__end_t {
    carom__link_t *link;
    carom__id_t id;
    unsigned side;
    int is_lost;                       /* what it was under way in is gone, and the link with it: nothing is touched any more */
    carom__reader_t reader;            /* of the thread whose turn it is to receive */
    carom__writer_t writer;            /* and to send, with the next two */
    unsigned messages;                 /* since it was looked whether the reader lives */
    unsigned no_ring;                  /* such looks until a larger ring is tried for again */
    uint32_t spin;                     /* of the thread that receives: µs that it pays to look before sleeping, by experience */
    uint32_t sleeps, patience;         /* since looking was given up, and until it is tried again */
    atomic_int deaf;                   /* the bell's other end is closed; what it had said may be unheard yet */
    atomic_int heard_out;              /* and is not */
    atomic_int mute;                   /* 1: there was no memory to ring it, for long */
    atomic_uint heard;                 /* how often the bell was; changed under the connection's monitor */

    /* guarded by the connection's monitor */
    int listening;                     /* a thread hears the bell for all */
    carom_native_t *stash;             /* handles that came by the bell, of messages that were not received yet */
    size_t stash_count, stash_size;
    size_t lost;                       /* behind those of the stash, so many found no room */
    size_t overdue;                    /* the next so many are of messages that were received without them */
};

/* ---- the bell, in bell.c ---- */

/* By anybody, for the other end.  0: it could not be rung now, for want of something. */
int carom__bell_ring(carom_connection_t *self);

/* Returns when there may be something new, for whichever thread; callers look.  `heard` is what end->heard was before the
 * caller said that it sleeps: if it is another by now, another thread may have taken the byte that was meant for this one. */
carom_status_t carom__bell_listen(carom_connection_t *self, unsigned heard, int64_t deadline);

/* Takes what the bell says already. */
void carom__bell_listen_now(carom_connection_t *self);

/* Puts the handles of the message that is being received into self->files. */
void carom__bell_collect(carom_connection_t *self, size_t handles);

/* Of an end that goes: the handles that nobody received. */
void carom__bell_free(carom__end_t *end);

/* ---- of the transport: receiving, in link_in.c, and sending, in link_out.c ---- */

/* What a new end goes by when it decides whether to look again before it sleeps. */
void carom__end_expect_nothing(carom__end_t *end);

carom_status_t carom__end_read(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline);
carom_status_t carom__end_take(carom_connection_t *self, void *buffer, size_t size, size_t *length, int *taken,
                               int64_t deadline);
carom_status_t carom__end_wait(carom_connection_t *self, int64_t deadline);
int carom__end_look(carom_connection_t *self, int event);
int carom__end_put(carom_connection_t *self, const void *bytes, size_t length);
carom_status_t carom__end_write(carom_connection_t *self, const carom__header_t *header, const void *body,
                                const carom_native_t *files, size_t *sent, int64_t deadline);
void carom__end_stop_writing(carom_connection_t *self);

#endif

/* Links: connections through rings in the arena.
 *
 * A link is an object of the arena with a lane each way, each of which begins with a small ring that lies in the link itself,
 * and grows when it is needed.  Each of its two ends has one holder.  The bell is a stream between the ends over which almost
 * nothing is written: a byte for one who sleeps, and handles, where they travel with bytes.  Its end is the end of the peer,
 * however that came.
 *
 * The protocol of sleeping.  Who has nothing to read sets `asleep`, looks once more, and listens to the bell; who has put a
 * record looks at `asleep`, and when it is 1 makes it 0 and rings.  Both store before they load, in one order for all, so one
 * of them sees the other. For a writer without room it is the same with `waiting` and the head.  A byte too many does no harm:
 * who hears the bell looks again. */

#ifndef CAROM_CORE_LINK_H
#define CAROM_CORE_LINK_H

#include "core/arena.h"

/* Where an end is, as a message says it. */
typedef struct carom__whereabouts_t {
    uint64_t tag;                      /* of the arena; 0: it is no link */
    carom__id_t link;
    unsigned side;                     /* 0 or 1 */
} carom__whereabouts_t;

/* A new link, both of whose ends the caller holds.  CAROM_ENOMEM, CAROM_EMFILE. */
carom_status_t carom__link_make(carom__whereabouts_t *where);

/* Makes the caller the holder of an end that `from` holds.  CAROM_EBADMSG: it does not, or there is no such link;
 * CAROM_ENOTSUP: it belongs to another tree; CAROM_ETIMEOUT: a process that is stopped has the arena's lock. */
carom_status_t carom__link_take(const carom__whereabouts_t *where, carom__holder_t from);

/* Lets go an end, if `from` holds it: the peer sees that it is gone. */
void carom__link_drop(const carom__whereabouts_t *where, unsigned side, carom__holder_t from);

/* What a process has of an end that it holds. */
typedef struct carom__end_t carom__end_t;

/* CAROM_EBADMSG: there is no such link; CAROM_ENOMEM. */
carom_status_t carom__end_create(carom__end_t **end, const carom__whereabouts_t *where);

/* Who holds what is under way over it. */
carom__holder_t carom__end_holder(const carom__end_t *end);

#endif

/* Links: connections through rings in the arena.
 *
 * A link is an object of the arena with a lane each way, each of which begins with a small ring that lies in the link itself and grows
 * when it is needed.  Each of the two ends has one holder.  The bell is a stream between the ends over which almost nothing is
 * written: a byte for one who sleeps, and handles, where they travel with bytes.  Its end is the end of the peer, however that came.
 */

#ifndef CAROM_CORE_LINK_H
#define CAROM_CORE_LINK_H

#include "core/arena.h"

/* Where an end is, as a message says it. */
typedef struct carom__whereabouts_t {
    uint64_t tag;                      /* of the arena; 0: it is no link */
    carom__id_t link;
    unsigned side;                     /* 0 or 1 */
} carom__whereabouts_t;

#endif

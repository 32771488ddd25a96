/* Who this thread is to what is shared: what locks write down of their owner. */

#ifndef CAROM_CORE_PARTY_H
#define CAROM_CORE_PARTY_H

#include "core/arena.h"

/* A thread has one from its first call that needs it until it ends.  Only the thread itself sees it. */
typedef struct carom__party_t {
    uint64_t name;                     /* no two threads of the tree have the same at a time; 0: not known yet */
    unsigned born;                     /* carom_plat_fork_count() when made */
    uint32_t owns;                     /* locks, those whose handles are gone included */
    carom__id_t slot;                  /* of an entry's thread, which ends before its process does; else none */
} carom__party_t;

/* The upper half of a name is the thread, the lower the process or thread as the arena knows it. */
#define CAROM__PARTY_BITS 32

extern _Thread_local carom__party_t carom__party_here;

/* Makes it known.  CAROM_ENOMEM and the like: no slot for this thread. */
carom_status_t carom__party_make(void);

/* The calling thread's, in a process that has an arena.  Costs a load or two after the first time. */
static inline carom_status_t carom__party(carom__party_t **party)
{
    *party = &carom__party_here;
    if (carom__party_here.name != 0 && carom__party_here.born == carom_plat_fork_count())
        return CAROM_OK;
    return carom__party_make();
}

/* From now on this thread ends before its process does, as that of an entry.  And its entry has ended: what it still owns has a
 * dead owner. */
void carom__party_begin(void);
void carom__party_end(void);

#endif

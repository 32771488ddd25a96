/* Who this thread is to what is shared.
 *
 * A thread that runs an entry is as good as a process: when the entry returns, what the thread owned is told that its owner is
 * dead.  So it has a slot of its own in the arena, made when it first needs one.  Other threads of a program are the
 * program. */

#include "core/party.h"

#include <carom/value.h>

#include <string.h>

_Thread_local carom__party_t carom__party_here;

/* 1 in a thread that runs an entry. */
static _Thread_local int ends_early;

carom_status_t carom__party_make(void)
{
    carom__party_t *party = &carom__party_here;
    carom__id_t process = carom__arena_slot();
    carom_status_t status = CAROM_OK;

    memset(party, 0, sizeof *party);
    if (process.generation == 0)
        return CAROM_EFORKED;
    if (ends_early)
        status = carom__slot_make_thread(&party->slot);
    if (status != CAROM_OK)
        return status;
    party->born = carom_plat_fork_count();
    party->name = (uint64_t) carom_plat_thread_number() << CAROM__PARTY_BITS |
                  carom__slot_party(party->slot.generation != 0 ? party->slot : process);
    return CAROM_OK;
}

void carom__party_begin(void)
{
    ends_early = 1;
}

void carom__party_end(void)
{
    carom__party_t *party = &carom__party_here;

    if (party->owns > 0 && party->slot.generation != 0 && party->born == carom_plat_fork_count())
        carom__objects_mourn(CAROM_LOCK, party->slot);
    carom__slot_end(party->slot);
    memset(party, 0, sizeof *party);
    ends_early = 0;
}

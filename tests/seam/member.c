/* A process that shares an area. */

#include "tests/seam/area.h"

#define SLICE 500

member_t member;

carom_status_t member_join(carom_plat_shared_t *shared, unsigned number)
{
    void *at;
    carom_status_t status = carom_plat_shared_map(&at, shared, 0, AREA_SIZE);

    if (status != CAROM_OK)
        return status;
    member.shared = shared;
    member.area = at;
    member.number = number;
    return carom_plat_shared_claim(shared, number, &member.area->marks[number]);
}

void member_leave(void)
{
    carom_plat_lot_close(&member.area->lot);
    carom_plat_shared_unmap(member.area, AREA_SIZE);
    carom_plat_shared_close(&member.shared);
    member.area = NULL;
}

static int lives(uint32_t party)
{
    unsigned number = party / THREADS % NUMBERS;

    return carom_plat_shared_is_alive(member.shared, number, &member.area->marks[number]);
}

carom_plat_party_t member_party(unsigned thread)
{
    carom_plat_party_t party = {&member.area->lot, 77, PARTY(member.number, thread), lives};

    return party;
}

void sleep_for(int64_t us)
{
    carom_plat_wait(NULL, 0, carom_plat_now() + us);
}

int becomes(const _Atomic uint32_t *number, uint32_t wanted, int64_t us)
{
    int64_t deadline = carom_plat_now() + us;

    while (atomic_load(number) != wanted) {
        if (carom_plat_now() >= deadline)
            return 0;
        sleep_for(SLICE);
    }
    return 1;
}

static void enter(const carom_plat_party_t *party)
{
    area_t *area = member.area;
    carom_status_t status = carom_plat_lock_enter(&area->lock, party, CAROM_PLAT_NEVER);

    if (status == CAROM_EOWNERDEAD)
        atomic_fetch_add(&area->deaths, 1);
    else if (status != CAROM_OK || area->inside != 0)
        atomic_fetch_add(&area->wrongs, 1);
}

void member_work(unsigned thread, uint32_t rounds)
{
    carom_plat_party_t party = member_party(thread);
    area_t *area = member.area;

    while (rounds-- > 0) {
        enter(&party);
        area->inside = party.self;
        area->count++;
        if (area->inside != party.self)
            atomic_fetch_add(&area->wrongs, 1);
        area->inside = 0;
        carom_plat_lock_leave(&area->lock, &party);
    }
}

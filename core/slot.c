/* The processes of a tree, in the slots of its arena. */

#include "core/arena_layout.h"

#include "platform/fault.h"

#include <string.h>

/* Of a slot that is used, or is about to be. */
static carom__slot_t *slot_at(uint32_t index)
{
    uint64_t chunk = atomic_load(&carom__arena_root->slot_chunks[index / CAROM__SLOTS_A_CHUNK]);
    carom__slot_t *slots = chunk ? carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK) : NULL;

    return slots ? slots + index % CAROM__SLOTS_A_CHUNK : NULL;
}

static carom__slot_t *used_slot(uint32_t index)
{
    return index < atomic_load(&carom__arena_root->slot_count) && index < CAROM__SLOTS_MAX ? slot_at(index) : NULL;
}

static carom__slot_t *find(carom__id_t id)
{
    carom__slot_t *slot = used_slot(id.index);

    return slot && slot->generation == id.generation ? slot : NULL;
}

/* ---- who lives ---- */

/* One that is starting lives as long as its starter, who says when it was nothing. */
static int is_alive(carom_plat_shared_t *shared, uint32_t index)
{
    const carom__slot_t *slot = used_slot(index), *starter;

    if (slot && slot->state == CAROM__SLOT_STARTING) {
        starter = find(slot->starter);
        return starter && starter->state == CAROM__SLOT_LIVE &&
               carom_plat_shared_is_alive(shared, slot->starter.index, &starter->mark);
    }
    return slot && slot->state == CAROM__SLOT_LIVE && carom_plat_shared_is_alive(shared, index, &slot->mark);
}

#define PARTY_BITS 15

uint32_t carom__slot_party(carom__id_t slot)
{
    return (slot.generation << PARTY_BITS & 0x3FFFFFFFu) | (slot.index + 1);
}

int carom__slot_is_party_alive(uint32_t party)
{
    carom__id_t id = {(party & ((1u << PARTY_BITS) - 1)) - 1, 0};
    const carom__slot_t *slot = used_slot(id.index);

    if (slot == NULL)
        return 0;
    id.generation = slot->generation;
    return carom__slot_party(id) == party && is_alive(carom__arena_memory(), id.index);
}

/* ---- claiming ---- */

static carom_status_t claim(carom_plat_shared_t *shared, uint32_t index)
{
    carom__slot_t *slot = slot_at(index);
    carom_status_t status = carom_plat_shared_claim(shared, index, &slot->mark);

    carom__fault("slot.claimed");
    if (status == CAROM_OK)
        slot->state = CAROM__SLOT_LIVE;
    carom__fault("slot.live");
    return status;
}

static carom_status_t reserve_chunk(_Atomic uint32_t *chunk)
{
    uint64_t offset;
    carom_status_t status;

    if (atomic_load(chunk) != 0)
        return CAROM_OK;
    status = carom__arena_chunk(&offset, CAROM__CHUNK, CAROM__CHUNK);
    if (status == CAROM_OK)
        atomic_store(chunk, (uint32_t) (offset / CAROM__CHUNK));
    return status;
}

carom_status_t carom__slot_claim_first(carom_plat_shared_t *shared)
{
    carom_status_t status = reserve_chunk(&carom__arena_root->slot_chunks[0]);

    if (status != CAROM_OK)
        return status;
    if (slot_at(0) == NULL)
        return CAROM_ENOMEM;
    atomic_store(&carom__arena_root->slot_count, 1);
    slot_at(0)->generation = 1;
    carom__arena_self.index = 0;
    carom__arena_self.generation = 1;
    return claim(shared, 0);
}

/* The lock knows this process by its slot from before: while it is starting it lives as its starter does. */
carom_status_t carom__slot_claim(carom_plat_shared_t *shared, carom__id_t id)
{
    const carom__slot_t *slot;
    carom_status_t status = CAROM_EBADMSG;

    carom__arena_self = id;
    carom__arena_enter();
    slot = find(id);
    if (slot && slot->state == CAROM__SLOT_STARTING)
        status = claim(shared, id.index);
    carom__arena_leave();
    return status;
}

/* ---- making and ending ---- */

static carom_status_t find_free(uint32_t *index)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count);
    carom_status_t status;

    for (*index = 0; *index < count; ++*index)
        if (slot_at(*index) && slot_at(*index)->state == CAROM__SLOT_FREE)
            return CAROM_OK;
    if (count == CAROM__SLOTS_MAX)
        return CAROM_EAGAIN;
    status = reserve_chunk(&carom__arena_root->slot_chunks[count / CAROM__SLOTS_A_CHUNK]);
    if (status == CAROM_OK && slot_at(count) == NULL)
        status = CAROM_ENOMEM;
    if (status == CAROM_OK)
        atomic_store(&carom__arena_root->slot_count, count + 1);
    return status;
}

static carom_status_t make_locked(carom__id_t *id)
{
    carom__slot_t *slot;
    uint32_t index;
    carom_status_t status = find_free(&index);

    if (status != CAROM_OK)
        return status;
    slot = slot_at(index);
    if (++slot->generation == 0)
        slot->generation = 1;
    carom__fault("slot.make");
    slot->starter = carom__arena_self;
    slot->holds = 0;
    slot->state = CAROM__SLOT_STARTING;
    carom__fault("slot.made");
    id->index = index;
    id->generation = slot->generation;
    return CAROM_OK;
}

carom_status_t carom__slot_make(carom__id_t *slot)
{
    carom_status_t status = carom__arena_start();

    memset(slot, 0, sizeof *slot);
    if (status != CAROM_OK)
        return status;
    carom__arena_enter();
    status = make_locked(slot);
    carom__arena_leave();
    return status;
}

static void end_locked(uint32_t index)
{
    carom__slot_t *slot = slot_at(index);
    carom__id_t id = {index, slot->generation};

    if (slot->holds > 0)
        carom__objects_release(carom__holder_process(id));
    carom__fault("slot.ending");
    slot->state = CAROM__SLOT_FREE;
}

/* Whoever was started by one that has ended is killed with it, and is let go when it is dead. */
static void end_orphans(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++) {
        const carom__slot_t *slot = slot_at(i), *starter;

        if (slot == NULL || slot->state == CAROM__SLOT_FREE || i == carom__arena_self.index)
            continue;
        starter = find(slot->starter);
        if ((starter == NULL || starter->state != CAROM__SLOT_LIVE) && !is_alive(carom__arena_shared(), i))
            end_locked(i);
    }
}

void carom__slot_end(carom__id_t slot)
{
    if (slot.generation == 0 || carom__arena_shared() == NULL)
        return;
    carom__arena_enter();
    if (find(slot))
        end_locked(slot.index);
    carom__fault("slot.ended");
    end_orphans();
    carom__arena_leave();
}

void carom__slots_sweep(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++) {
        const carom__slot_t *slot = slot_at(i);

        if (slot && slot->state != CAROM__SLOT_FREE && i != carom__arena_self.index && !is_alive(carom__arena_shared(), i))
            end_locked(i);
    }
}

/* ---- counts ---- */

void carom__slot_count(uint32_t index, uint32_t generation, int change)
{
    carom__id_t id = {index, generation};
    carom__slot_t *slot = find(id);

    if (slot)
        slot->holds += (uint32_t) change;
}

void carom__slots_count_none(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++)
        if (slot_at(i))
            slot_at(i)->holds = 0;
}

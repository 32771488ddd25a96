/* The processes of a tree, in the slots of its arena. */

#include "core/arena_layout.h"

#include <string.h>

/* All slots are mapped with the first segment. */
static carom__slot_t *slot_at(uint32_t index)
{
    return (carom__slot_t *) (void *) ((unsigned char *) carom__arena_root + CAROM__SLOTS_AT) + index;
}

static int is_it(uint32_t index, uint32_t generation)
{
    const carom__root_t *root = carom__arena_root;

    return index < atomic_load(&root->slot_count) && index < CAROM__SLOTS_MAX && slot_at(index)->generation == generation;
}

/* ---- who lives ---- */

/* One that is starting lives as long as its starter, who says when it was nothing: neither claims twice. */
static int is_alive(carom_plat_shared_t *shared, uint32_t index)
{
    const carom__slot_t *slot = slot_at(index);
    uint32_t starter = slot->starter.index;

    if (slot->state == CAROM__SLOT_STARTING) {
        if (!is_it(starter, slot->starter.generation) || slot_at(starter)->state != CAROM__SLOT_LIVE)
            return 0;
        return carom_plat_shared_is_alive(shared, starter, &slot_at(starter)->mark);
    }
    return slot->state == CAROM__SLOT_LIVE && carom_plat_shared_is_alive(shared, index, &slot->mark);
}

int carom__slot_is_party_alive(uint32_t party)
{
    uint32_t index = party - 1;

    return index < CAROM__SLOTS_MAX && index < atomic_load(&carom__arena_root->slot_count) && is_alive(carom__arena_shared(), index);
}

/* ---- claiming ---- */

static carom_status_t claim(carom_plat_shared_t *shared, uint32_t index)
{
    carom__slot_t *slot = slot_at(index);
    carom_status_t status = carom_plat_shared_claim(shared, index, &slot->mark);

    if (status != CAROM_OK)
        return status;
    slot->state = CAROM__SLOT_LIVE;
    carom__arena_self.index = index;
    carom__arena_self.generation = slot->generation;
    return CAROM_OK;
}

carom_status_t carom__slot_claim_first(carom_plat_shared_t *shared)
{
    carom__root_t *root = carom__arena_root;
    carom_status_t status = carom__arena_commit(CAROM__SLOTS_AT, CAROM__CHUNK);

    if (status != CAROM_OK)
        return status;
    root->slots_real = CAROM__CHUNK;
    atomic_store(&root->slot_count, 1);
    slot_at(0)->generation = 1;
    return claim(shared, 0);
}

carom_status_t carom__slot_claim(carom_plat_shared_t *shared, carom__id_t slot)
{
    if (!is_it(slot.index, slot.generation) || slot_at(slot.index)->state != CAROM__SLOT_STARTING)
        return CAROM_EBADMSG;
    return claim(shared, slot.index);
}

/* ---- making and ending ---- */

static carom_status_t find_free(uint32_t *index)
{
    carom__root_t *root = carom__arena_root;
    uint32_t count = atomic_load(&root->slot_count), i;
    carom_status_t status = CAROM_OK;

    for (i = 0; i < count; i++)
        if (slot_at(i)->state == CAROM__SLOT_FREE) {
            *index = i;
            return CAROM_OK;
        }
    if (count == CAROM__SLOTS_MAX)
        return CAROM_EAGAIN;
    if ((count + 1) * sizeof(carom__slot_t) > root->slots_real) {
        status = carom__arena_commit(CAROM__SLOTS_AT + root->slots_real, CAROM__CHUNK);
        if (status != CAROM_OK)
            return status;
        root->slots_real += CAROM__CHUNK;
    }
    *index = count;
    atomic_store(&root->slot_count, count + 1);
    return CAROM_OK;
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
    slot->starter = carom__arena_self;
    slot->holds = 0;
    slot->state = CAROM__SLOT_STARTING;
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
    slot->state = CAROM__SLOT_FREE;
}

/* Those that were started by one that has ended are killed with it, and are let go when they are dead. */
static void end_orphans(void)
{
    carom_plat_shared_t *shared = carom__arena_shared();
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++) {
        const carom__slot_t *slot = slot_at(i);
        const carom__slot_t *starter = slot_at(slot->starter.index % CAROM__SLOTS_MAX);

        if (slot->state == CAROM__SLOT_FREE || i == carom__arena_self.index)
            continue;
        if (is_it(slot->starter.index, slot->starter.generation) && starter->state == CAROM__SLOT_LIVE)
            continue;
        if (!is_alive(shared, i))
            end_locked(i);
    }
}

void carom__slot_end(carom__id_t slot)
{
    if (slot.generation == 0 || carom__arena_shared() == NULL)
        return;
    carom__arena_enter();
    if (is_it(slot.index, slot.generation))
        end_locked(slot.index);
    end_orphans();
    carom__arena_leave();
}

void carom__slots_sweep(void)
{
    carom_plat_shared_t *shared = carom__arena_shared();
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++)
        if (slot_at(i)->state != CAROM__SLOT_FREE && i != carom__arena_self.index && !is_alive(shared, i))
            end_locked(i);
}

/* ---- counts ---- */

void carom__slot_count(uint32_t index, uint32_t generation, int change)
{
    if (is_it(index, generation))
        slot_at(index)->holds += (uint32_t) change;
}

void carom__slots_count_none(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++)
        slot_at(i)->holds = 0;
}

/* The processes of a tree, in the slots of its arena. */

#include "core/arena_layout.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* Of a slot that is used, or is about to be.  NULL: no memory to map it. */
static carom__slot_t *slot_at(uint32_t index)
{
    uint64_t chunk = atomic_load(&carom__arena_root->slot_chunks[index / CAROM__SLOTS_A_CHUNK]);
    carom__slot_t *slots = chunk ? carom__arena_map(chunk * CAROM__CHUNK, CAROM__CHUNK) : NULL;

    return slots ? slots + index % CAROM__SLOTS_A_CHUNK : NULL;
}

static int is_used(uint32_t index)
{
    return index < atomic_load(&carom__arena_root->slot_count) && index < CAROM__SLOTS_MAX;
}

static carom__slot_t *used_slot(uint32_t index)
{
    return is_used(index) ? slot_at(index) : NULL;
}

static carom__slot_t *find(carom__id_t id)
{
    carom__slot_t *slot = used_slot(id.index);

    return slot && carom__slot_generation(slot) == id.generation ? slot : NULL;
}

/* Read by who asks for somebody's life without the lock, while the slot may be made another's: then it was not his either. */
static carom__id_t starter_of(const carom__slot_t *slot)
{
    uint64_t starter = atomic_load_explicit(&slot->starter, memory_order_relaxed);
    carom__id_t id = {(uint32_t) starter, (uint32_t) (starter >> 32)};

    return id;
}

static uint64_t life_of(uint32_t generation, unsigned state)
{
    return (uint64_t) generation << 32 | state;
}

/* ---- who lives ---- */

static int is_live(carom_plat_shared_t *shared, uint32_t index, const carom__slot_t *slot)
{
    return carom__slot_state(slot) == CAROM__SLOT_LIVE && carom_plat_shared_is_alive(shared, index, &slot->mark);
}

static int is_starter_alive(carom_plat_shared_t *shared, carom__id_t id)
{
    const carom__slot_t *starter = used_slot(id.index);

    if (starter == NULL)
        return is_used(id.index);
    return carom__slot_generation(starter) == id.generation && is_live(shared, id.index, starter);
}

/* It may have been launched, and died before it was here. */
static int is_coming(const carom__slot_t *slot)
{
    uint64_t launched = atomic_load(&slot->launched);

    return launched == 0 || carom_plat_identity_lives(launched, atomic_load(&slot->launched_in));
}

/* One that is starting lives as long as its starter, who says when it was nothing, and is not seen to be dead; and a thread as
 * long as its process, or until it says that it has ended.  Who cannot be asked about is alive. */
static int is_alive(carom_plat_shared_t *shared, uint32_t index)
{
    const carom__slot_t *slot = used_slot(index);

    if (slot == NULL)
        return is_used(index);
    if (carom__slot_state(slot) == CAROM__SLOT_THREAD && atomic_load(&slot->returned))
        return 0;
    if (carom__slot_state(slot) == CAROM__SLOT_STARTING && !is_coming(slot))
        return 0;
    if (carom__slot_state(slot) == CAROM__SLOT_STARTING || carom__slot_state(slot) == CAROM__SLOT_THREAD)
        return is_starter_alive(shared, starter_of(slot));
    return is_live(shared, index, slot);
}

#define PARTY_BITS 15

_Static_assert(CAROM__SLOTS_MAX < 1u << PARTY_BITS, "a party's number has room for each slot's, plus 1");

uint32_t carom__slot_party(carom__id_t slot)
{
    return (slot.generation << PARTY_BITS & 0x3FFFFFFFu) | (slot.index + 1);
}

int carom__slot_is_party_alive(uint32_t party)
{
    carom__id_t id = {(party & ((1u << PARTY_BITS) - 1)) - 1, 0};
    const carom__slot_t *slot = used_slot(id.index);

    if (slot == NULL)
        return is_used(id.index);
    id.generation = carom__slot_generation(slot);
    return carom__slot_party(id) == party && is_alive(carom__arena_memory(), id.index);
}

int64_t carom__slot_party_pid(uint32_t party)
{
    const carom__slot_t *slot = used_slot((party & ((1u << PARTY_BITS) - 1)) - 1);

    if (slot == NULL || !carom__slot_is_party_alive(party))
        return 0;
    if (carom__slot_state(slot) == CAROM__SLOT_THREAD)
        slot = find(starter_of(slot));
    return slot ? (int64_t) atomic_load(&slot->mark.pid) : 0;
}

/* ---- claiming ---- */

/* Without the lock, which asks who lives: who is starting could not be told from one that died there.  CAROM_EBADMSG: it is not
 * as it was when the process was started, because the starter is dead. */
static carom_status_t claim(carom_plat_shared_t *shared, carom__id_t id)
{
    carom__slot_t *slot = used_slot(id.index);
    uint64_t starting = life_of(id.generation, CAROM__SLOT_STARTING);
    carom_status_t status;

    if (slot == NULL || atomic_load(&slot->life) != starting)
        return CAROM_EBADMSG;
    status = carom_plat_shared_claim(shared, id.index, &slot->mark);
    carom__fault("slot.claimed");
    if (status != CAROM_OK)
        return status;
    if (!atomic_compare_exchange_strong(&slot->life, &starting, life_of(id.generation, CAROM__SLOT_LIVE)))
        return CAROM_EBADMSG;
    carom__fault("slot.live");
    carom__arena_self = id;
    return CAROM_OK;
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

/* What a child that the host forks has of these is its parent's. */
static _Atomic int64_t noted_root;
static atomic_uint root_noted;         /* carom_plat_fork_count() then */

void carom__slot_note_root(int64_t pid)
{
    atomic_store(&noted_root, pid);
    atomic_store(&root_noted, carom_plat_fork_count());
}

int64_t carom__slot_root_pid(void)
{
    const carom__slot_t *root = carom_plat_shared_possible() && carom__arena_shared() ? used_slot(0) : NULL;
    int64_t noted = atomic_load(&noted_root);

    if (root)
        return (int64_t) atomic_load(&root->mark.pid);
    return noted > 0 && atomic_load(&root_noted) == carom_plat_fork_count() ? noted : carom_plat_pid();
}

carom_status_t carom__slot_claim_first(carom_plat_shared_t *shared)
{
    static const carom__id_t first = {0, 1};
    carom_status_t status = reserve_chunk(&carom__arena_root->slot_chunks[0]);

    if (status != CAROM_OK)
        return status;
    if (slot_at(0) == NULL)
        return CAROM_ENOMEM;
    atomic_store(&carom__arena_root->slot_count, 1);
    atomic_store(&slot_at(0)->life, life_of(1, CAROM__SLOT_STARTING));
    return claim(shared, first);
}

carom_status_t carom__slot_claim(carom_plat_shared_t *shared, carom__id_t id)
{
    return claim(shared, id);
}

/* ---- making and ending ---- */

/* A process whose end is known may still be on its way out, and nobody can claim its slot until it is gone.  A thread claims
 * none. */
static int is_free(uint32_t index, unsigned state)
{
    const carom__slot_t *slot = slot_at(index);

    return slot && carom__slot_state(slot) == CAROM__SLOT_FREE &&
           (state == CAROM__SLOT_THREAD || !carom_plat_shared_is_alive(carom__arena_shared(), index, &slot->mark));
}

static int look_for_free(uint32_t *index, unsigned state)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count);

    for (*index = 0; *index < count; ++*index)
        if (is_free(*index, state))
            return 1;
    return 0;
}

static carom_status_t find_free(uint32_t *index, unsigned state)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count);
    carom_status_t status;

    if (look_for_free(index, state))
        return CAROM_OK;
    if (count == CAROM__SLOTS_MAX) {
        carom__slots_sweep();
        return look_for_free(index, state) ? CAROM_OK : CAROM_EAGAIN;
    }
    status = reserve_chunk(&carom__arena_root->slot_chunks[count / CAROM__SLOTS_A_CHUNK]);
    if (status == CAROM_OK && slot_at(count) == NULL)
        status = CAROM_ENOMEM;
    if (status == CAROM_OK)
        atomic_store(&carom__arena_root->slot_count, count + 1);
    return status;
}

static carom_status_t make_locked(carom__id_t *id, unsigned state)
{
    carom__slot_t *slot;
    uint32_t index;
    carom_status_t status = find_free(&index, state);

    if (status != CAROM_OK)
        return status;
    slot = slot_at(index);
    id->index = index;
    id->generation = carom__slot_generation(slot) + 1;
    if (id->generation == 0)
        id->generation = 1;
    carom__fault("slot.make");
    atomic_store_explicit(&slot->starter, life_of(carom__arena_self.generation, 0) | carom__arena_self.index,
                          memory_order_relaxed);
    slot->holds = 0;
    atomic_store(&slot->launched, 0);
    atomic_store(&slot->returned, 0);
    atomic_store(&slot->life, life_of(id->generation, state));
    carom__fault("slot.made");
    return CAROM_OK;
}

static carom_status_t make(carom__id_t *slot, unsigned state)
{
    carom_status_t status = carom__arena_start();

    memset(slot, 0, sizeof *slot);
    if (status != CAROM_OK)
        return status;
    status = carom__arena_enter(carom__deadline(CAROM__ARENA_PATIENCE));
    if (status != CAROM_OK)
        return status;
    status = make_locked(slot, state);
    carom__arena_leave();
    return status;
}

carom_status_t carom__slot_make(carom__id_t *slot)
{
    return make(slot, CAROM__SLOT_STARTING);
}

carom_status_t carom__slot_make_thread(carom__id_t *slot)
{
    return make(slot, CAROM__SLOT_THREAD);
}

/* Under the lock, which whoever makes the slot another's has.  Without it nobody hears of such a death but who joins. */
void carom__slot_note_launch(carom__id_t id, const carom_plat_child_t *child)
{
    carom__slot_t *slot;
    uint64_t identity, space;

    if (id.generation == 0)
        return;
    identity = carom_plat_child_identity(&space, child);
    if (carom__arena_enter(carom__deadline(CAROM__ARENA_PATIENCE)) != CAROM_OK)
        return;
    slot = find(id);
    if (slot) {
        atomic_store(&slot->launched_in, space);
        atomic_store(&slot->launched, identity);
    }
    carom__arena_leave();
}

void carom__slot_note_return(void)
{
    carom__id_t self = carom__arena_slot();
    carom__slot_t *slot = self.generation != 0 ? find(self) : NULL;

    if (slot)
        atomic_store(&slot->returned, 1);
}

int carom__slot_has_returned(carom__id_t id)
{
    const carom__slot_t *slot = find(id);

    return slot && atomic_load(&slot->returned);
}

/* Of one that was found not to live, with that life.  Who was starting then may have become live meanwhile. */
static void end(uint32_t index, uint64_t life)
{
    carom__slot_t *slot = slot_at(index);
    carom__id_t id = {index, (uint32_t) (life >> 32)};

    if (!atomic_compare_exchange_strong(&slot->life, &life, life_of(id.generation, CAROM__SLOT_ENDING)))
        return;
    carom__fault("slot.ending");
    /* What could not be mapped is let go by who comes next. */
    if (slot->holds > 0 && !carom__objects_release(carom__holder_process(id)))
        return;
    carom__fault("slot.let_go");
    atomic_store(&slot->life, life_of(id.generation, CAROM__SLOT_FREE));
}

/* Of those that are used, but not by this process. */
static int is_anothers(const carom__slot_t *slot, uint32_t index)
{
    return slot && carom__slot_state(slot) != CAROM__SLOT_FREE && index != carom__arena_self.index;
}

/* Whoever was started by one that has ended is killed with it, and is let go when it is dead. */
static void end_orphans(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++) {
        const carom__slot_t *slot = slot_at(i), *starter;
        uint64_t life;

        if (!is_anothers(slot, i))
            continue;
        life = atomic_load(&slot->life);
        starter = find(starter_of(slot));
        if ((starter == NULL || carom__slot_state(starter) != CAROM__SLOT_LIVE) && !is_alive(carom__arena_shared(), i))
            end(i, life);
    }
}

void carom__slot_end_locked(carom__id_t slot)
{
    const carom__slot_t *it = find(slot);
    uint64_t life = it ? atomic_load(&it->life) : 0;

    if (it && (life & 0xFFu) != CAROM__SLOT_FREE)
        end(slot.index, life);
    carom__fault("slot.ended");
    end_orphans();
}

/* Who waits for what it owned need not wait for the arena's lock. */
static void note_end(carom__id_t id)
{
    carom__slot_t *slot = find(id);

    if (slot && carom__slot_state(slot) == CAROM__SLOT_THREAD)
        atomic_store(&slot->returned, 1);
}

void carom__slot_end(carom__id_t slot)
{
    if (slot.generation == 0 || carom__arena_shared() == NULL)
        return;
    note_end(slot);
    if (carom__arena_enter(carom__deadline(CAROM__ARENA_HASTE)) != CAROM_OK) {
        carom__debt_owe(slot, 0, CAROM__NOBODY);
        return;
    }
    carom__slot_end_locked(slot);
    carom__arena_leave();
}

void carom__slots_sweep(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++) {
        const carom__slot_t *slot = slot_at(i);
        uint64_t life = slot ? atomic_load(&slot->life) : 0;

        if (is_anothers(slot, i) && !is_alive(carom__arena_shared(), i))
            end(i, life);
    }
}

static int one_is_dead(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;

    for (i = 0; i < count; i++)
        if (is_anothers(used_slot(i), i) && !is_alive(carom__arena_shared(), i))
            return 1;
    return 0;
}

void carom__slots_look(void)
{
    if (carom__arena_shared() == NULL || !one_is_dead() ||
        carom__arena_enter(carom__deadline(CAROM__ARENA_HASTE)) != CAROM_OK)
        return;
    carom__slots_sweep();
    carom__arena_leave();
}

/* ---- counts ---- */

void carom__slot_count(uint32_t index, uint32_t generation, int change)
{
    carom__id_t id = {index, generation};
    carom__slot_t *slot = find(id);

    if (slot)
        slot->holds += (uint32_t) change;
}

int carom__slots_count_none(void)
{
    uint32_t count = atomic_load(&carom__arena_root->slot_count), i;
    int all = 1;

    for (i = 0; i < count; i++) {
        carom__slot_t *slot = slot_at(i);

        if (slot)
            slot->holds = 0;
        all &= slot != NULL;
    }
    return all;
}

/* Locks: a word of the arena that names the owner, so that whoever waits can ask whether he lives.
 *
 * A lock that is free is taken, and one that nobody waits for is given back, by one exchange.  Who must wait says so in the
 * word, and sleeps for 50 ms at most.  What a dead process owned is marked when its slot is let go; who waits asks himself
 * before each sleep, since that may take its time. */

#include "core/lock.h"

#include "core/kinds.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* Looks before the first sleep, where another processor may give the lock up meanwhile: about the time of a short section. */
#define LOOKS 40

static carom__lock_t *block_of(const carom_lock_t *lock)
{
    return lock->share.at;
}

static uint64_t name_in(uint64_t word)
{
    return word & ~CAROM__LOCK_SLEEPERS;
}

static uint32_t party_in(uint64_t word)
{
    return (uint32_t) word & (uint32_t) (CAROM__LOCK_DEAD - 1);
}

/* ---- making ---- */

carom_status_t carom_lock_create(carom_lock_t **lock, carom_context_t *context, const carom_lock_options_t *options)
{
    void *handle;
    carom_status_t status;

    *lock = NULL;
    if (options && options->size != sizeof *options)
        return CAROM_EINVAL;
    status = carom__share_create(&handle, context, CAROM_LOCK);
    if (status != CAROM_OK)
        return status;
    *lock = handle;
    block_of(*lock)->recursive = options && options->recursive;
    return CAROM_OK;
}

/* ---- acquiring ---- */

static int swap(carom__lock_t *block, uint64_t from, uint64_t to)
{
    return atomic_compare_exchange_strong_explicit(&block->owner, &from, to, memory_order_acquire, memory_order_relaxed);
}

/* The caller has it now. */
static carom_status_t enter(carom__lock_t *block, carom__party_t *party)
{
    carom__fault("lock.entered");
    atomic_store_explicit(&block->depth, 1, memory_order_relaxed);
    party->owns++;
    return atomic_load_explicit(&block->suspect, memory_order_relaxed) ? CAROM_EOWNERDEAD : CAROM_OK;
}

/* The caller has it already. */
static carom_status_t enter_again(carom__lock_t *block)
{
    uint32_t depth = atomic_load_explicit(&block->depth, memory_order_relaxed);

    if (!block->recursive)
        return CAROM_EDEADLOCK;
    if (depth == UINT32_MAX)
        return CAROM_EOVERFLOW;
    atomic_store_explicit(&block->depth, depth + 1, memory_order_relaxed);
    return atomic_load_explicit(&block->suspect, memory_order_relaxed) ? CAROM_EOWNERDEAD : CAROM_OK;
}

/* 1: taken. */
static int look_for_a_while(carom__lock_t *block, uint64_t name)
{
    int looks;

    for (looks = carom_plat_cpu_total() > 1 ? LOOKS : 0; looks > 0; looks--) {
        if (atomic_load_explicit(&block->owner, memory_order_relaxed) == 0 && swap(block, 0, name))
            return 1;
        carom_plat_relax();
    }
    return 0;
}

/* The owner that was seen is dead, or none: 1 when the caller could take his place.  Who is killed before he has said that the
 * lock is suspect is the next dead owner. */
static int succeed(carom__lock_t *block, uint64_t seen, uint64_t name)
{
    int is_free = name_in(seen) == 0;

    if (!is_free && party_in(seen) != 0 && carom__slot_is_party_alive(party_in(seen)))
        return 0;
    /* Who has slept does not know who else does. */
    if (!swap(block, seen, name | CAROM__LOCK_SLEEPERS))
        return 0;
    carom__fault("lock.succeeded");
    if (!is_free)
        atomic_store_explicit(&block->suspect, 1, memory_order_relaxed);
    return 1;
}

static void wake_one(const carom_lock_t *lock)
{
    atomic_fetch_add(&block_of(lock)->wakes, 1);
    carom__arena_unpark(lock->share.object.index, &block_of(lock)->wakes, 0);
}

static void sleep_on(const carom_lock_t *lock, uint64_t seen, uint32_t wakes, int64_t deadline)
{
    carom__lock_t *block = block_of(lock);

    if ((seen & CAROM__LOCK_SLEEPERS) || swap(block, seen, seen | CAROM__LOCK_SLEEPERS))
        carom__arena_park(lock->share.object.index, &block->wakes, wakes, deadline);
}

/* Of one who has slept, and takes nothing: the wake that came to him was for another, whom he does not know. */
static void pass_on(const carom_lock_t *lock)
{
    carom__lock_t *block = block_of(lock);
    uint64_t seen = atomic_load(&block->owner);

    while (name_in(seen) != 0 && !swap(block, seen, seen | CAROM__LOCK_SLEEPERS))
        seen = atomic_load(&block->owner);
    if (name_in(seen) == 0)
        wake_one(lock);
}

static carom_status_t enter_slowly(const carom_lock_t *lock, carom__party_t *party, int64_t deadline)
{
    carom__lock_t *block = block_of(lock);
    int has_slept = 0;
    uint32_t wakes;
    uint64_t seen;

    if (name_in(atomic_load_explicit(&block->owner, memory_order_relaxed)) == party->name)
        return enter_again(block);
    if (deadline != 0 && look_for_a_while(block, party->name))
        return enter(block, party);
    for (;;) {
        wakes = atomic_load(&block->wakes);
        seen = atomic_load_explicit(&block->owner, memory_order_relaxed);
        if (succeed(block, seen, party->name))
            return enter(block, party);
        if (carom__is_past(deadline))
            break;
        /* One that was free another was faster to take, who may have given it back by now. */
        if (name_in(seen) != 0) {
            sleep_on(lock, seen, wakes, deadline);
            has_slept = 1;
        }
    }
    if (has_slept)
        pass_on(lock);
    return CAROM_ETIMEOUT;
}

/* Whether it is a lock, and who asks. */
static carom_status_t check(carom__party_t **party, const carom_lock_t *lock)
{
    carom_status_t status = carom__share_check(lock, CAROM_LOCK);

    return status == CAROM_OK ? carom__party(party) : status;
}

carom_status_t carom_lock_acquire(carom_lock_t *lock, carom_duration_t timeout)
{
    carom__party_t *party;
    carom_status_t status = check(&party, lock);

    if (status != CAROM_OK)
        return status;
    if (swap(block_of(lock), 0, party->name))
        return enter(block_of(lock), party);
    return enter_slowly(lock, party, carom__deadline(timeout));
}

/* ---- releasing ---- */

carom_status_t carom__lock_check_owner(const carom_lock_t *lock)
{
    carom__party_t *party;
    carom_status_t status = check(&party, lock);

    if (status != CAROM_OK)
        return status;
    return name_in(atomic_load_explicit(&block_of(lock)->owner, memory_order_relaxed)) == party->name ? CAROM_OK
                                                                                                      : CAROM_ENOTOWNER;
}

/* Who dies between the two leaves those asleep to their 50 ms. */
static void leave(const carom_lock_t *lock)
{
    uint64_t before;

    carom__party_here.owns--;
    carom__fault("lock.leaving");
    before = atomic_exchange_explicit(&block_of(lock)->owner, 0, memory_order_seq_cst);
    carom__fault("lock.left");
    if (before & CAROM__LOCK_SLEEPERS)
        wake_one(lock);
}

carom_status_t carom_lock_release(carom_lock_t *lock)
{
    carom_status_t status = carom__lock_check_owner(lock);
    uint32_t depth;

    if (status != CAROM_OK)
        return status;
    depth = atomic_load_explicit(&block_of(lock)->depth, memory_order_relaxed);
    if (depth > 1)
        atomic_store_explicit(&block_of(lock)->depth, depth - 1, memory_order_relaxed);
    else
        leave(lock);
    return CAROM_OK;
}

carom_status_t carom_lock_recover(carom_lock_t *lock)
{
    carom_status_t status = carom__lock_check_owner(lock);

    if (status == CAROM_OK)
        atomic_store_explicit(&block_of(lock)->suspect, 0, memory_order_relaxed);
    return status;
}

void carom_lock_destroy(carom_lock_t **lock)
{
    /* A thread that owns none need not become known for this. */
    if (carom__party_here.owns > 0 && carom__lock_check_owner(*lock) == CAROM_OK)
        leave(*lock);
    carom__share_destroy(*lock, CAROM_LOCK);
    *lock = NULL;
}

/* ---- for watches ---- */

int carom__lock_is_ready(void *handle)
{
    uint64_t seen = atomic_load(&block_of(handle)->owner);

    return name_in(seen) == 0 || party_in(seen) == 0 || !carom__slot_is_party_alive(party_in(seen));
}

void carom__lock_doze(void *handle, int64_t deadline)
{
    uint32_t wakes = atomic_load(&block_of(handle)->wakes);
    uint64_t seen = atomic_load(&block_of(handle)->owner);

    if (name_in(seen) != 0)
        sleep_on(handle, seen, wakes, deadline);
    pass_on(handle);
}

/* ---- asking ---- */

int carom_lock_is_locked(const carom_lock_t *lock)
{
    if (carom__share_check(lock, CAROM_LOCK) != CAROM_OK)
        return 0;
    return atomic_load_explicit(&block_of(lock)->owner, memory_order_relaxed) != 0;
}

carom_status_t carom_lock_owner(carom_lock_owner_t *owner, const carom_lock_t *lock)
{
    carom__party_t *party;
    carom_status_t status = check(&party, lock);
    uint64_t word;

    memset(owner, 0, sizeof *owner);
    if (status != CAROM_OK)
        return status;
    word = atomic_load(&block_of(lock)->owner);
    if (name_in(word) == 0)
        return CAROM_OK;
    owner->pid = party_in(word) ? carom__slot_party_pid(party_in(word)) : 0;
    owner->thread = word >> CAROM__PARTY_BITS;
    owner->depth = owner->pid ? atomic_load_explicit(&block_of(lock)->depth, memory_order_relaxed) : 0;
    owner->is_self = name_in(word) == party->name;
    return CAROM_OK;
}

/* ---- for conditions ---- */

uint32_t carom__lock_give_up(carom_lock_t *lock)
{
    uint32_t depth = atomic_load_explicit(&block_of(lock)->depth, memory_order_relaxed);

    leave(lock);
    return depth;
}

carom_status_t carom__lock_take_back(carom_lock_t *lock, uint32_t depth)
{
    carom_status_t status = carom_lock_acquire(lock, CAROM_FOREVER);

    if (status == CAROM_OK || status == CAROM_EOWNERDEAD)
        atomic_store_explicit(&block_of(lock)->depth, depth, memory_order_relaxed);
    return status;
}

/* ---- an owner's death ---- */

void carom__lock_mourn(void *block, carom__id_t object, carom__id_t dead)
{
    carom__lock_t *lock = block;
    uint64_t seen = atomic_load(&lock->owner);
    uint32_t party = party_in(seen);

    if (party == 0 || (party != carom__slot_party(dead) && carom__slot_is_party_alive(party)))
        return;
    if (!swap(lock, seen, CAROM__LOCK_DEAD | CAROM__LOCK_SLEEPERS))
        return;
    carom__fault("lock.mourned");
    atomic_fetch_add(&lock->wakes, 1);
    carom__arena_unpark(object.index, &lock->wakes, 0);
}

void carom__lock_mourn_kept(carom__id_t reference, carom__id_t keeper, carom__id_t dead)
{
    carom__id_t object;
    void *block = NULL;
    int type;

    if (carom__reference_target(&object, &type, reference, carom__holder_object(keeper)))
        block = carom__object_at(object, CAROM_LOCK, NULL);
    if (block)
        carom__lock_mourn(block, object, dead);
}

const carom__share_kind_t carom__kind_lock = {sizeof(carom_lock_t), sizeof(carom__lock_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(lock, CAROM_LOCK)

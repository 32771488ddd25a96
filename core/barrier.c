/* Barriers: one word says how many have come, whether the barrier is broken, and which round it is; so that each step is one
 * exchange, and nobody can be killed between two of them. */

#include <carom/barrier.h>

#include "core/kinds.h"
#include "core/time.h"

#include "platform/fault.h"

/* The word: arrived, or who acts (16), how the last rounds ended (16; 1: all had come), round (24), flags (8). */
#define ARRIVED UINT64_C(0xFFFF)
#define ACTOR ARRIVED
#define HISTORY_AT 16
#define HISTORY_BITS 16
#define ROUND_AT 32
#define ROUND_MASK 0xFFFFFFu
#define BROKEN ((uint64_t) 1 << 56)
#define ACTING ((uint64_t) 1 << 57)    /* all have come, and the last of them runs the action: of the process in that slot */

typedef struct block_t {
    _Atomic uint64_t word;
    _Atomic uint32_t turns;            /* what sleepers sleep on: how often there was something new */
    _Atomic uint32_t looks;            /* how often one of the sleepers has looked for the dead */
    uint32_t parties;                  /* never changes */
    _Atomic carom__holder_t last_dead; /* whose death was told */
} block_t;

struct carom_barrier_t {
    carom__share_t share;
    carom_barrier_action_t action;
    void *baton;
};

static block_t *block_of(const carom_barrier_t *barrier)
{
    return barrier->share.at;
}

static uint32_t round_of(uint64_t word)
{
    return (uint32_t) (word >> ROUND_AT) & ROUND_MASK;
}

/* The word of the next round, when this one ends with all, or without. */
static uint64_t next_round(uint64_t word, int all_came)
{
    uint64_t history = (word >> HISTORY_AT << 1 | (uint64_t) (all_came != 0)) & ((1u << HISTORY_BITS) - 1);

    return (uint64_t) ((round_of(word) + 1) & ROUND_MASK) << ROUND_AT | history << HISTORY_AT;
}

/* How a round ended that is over: no participant of it is in a later one that ended well, so what is long ago was a reset. */
static carom_status_t end_of(uint64_t word, uint32_t round)
{
    uint32_t ago = (round_of(word) - round) & ROUND_MASK;

    return ago <= HISTORY_BITS && word >> HISTORY_AT >> (ago - 1) & 1 ? CAROM_OK : CAROM_EBROKEN;
}

/* ---- making ---- */

carom_status_t carom_barrier_create(carom_barrier_t **barrier, carom_context_t *context, uint32_t parties)
{
    void *handle;
    carom_status_t status;

    *barrier = NULL;
    if (parties < 1 || parties > CAROM_PARTIES_MAX)
        return CAROM_EINVAL;
    status = carom__share_create(&handle, context, CAROM_BARRIER);
    if (status != CAROM_OK)
        return status;
    *barrier = handle;
    block_of(*barrier)->parties = parties;
    return CAROM_OK;
}

void carom_barrier_destroy(carom_barrier_t **barrier)
{
    carom__share_destroy(*barrier, CAROM_BARRIER);
    *barrier = NULL;
}

carom_status_t carom_barrier_action_set(carom_barrier_t *barrier, carom_barrier_action_t action, void *baton)
{
    carom_status_t status = carom__share_check(barrier, CAROM_BARRIER);

    if (status == CAROM_OK) {
        barrier->action = action;
        barrier->baton = baton;
    }
    return status;
}

/* ---- changing the word ---- */

static void wake_all(block_t *block, uint32_t index)
{
    carom__fault("barrier.changed");
    atomic_fetch_add(&block->turns, 1);
    carom__arena_unpark(index, &block->turns, 1);
}

/* 1: the round that was seen is broken now, by the caller. */
static int break_it(block_t *block, uint32_t index, uint32_t round)
{
    uint64_t seen = atomic_load(&block->word);

    do
        if (seen & BROKEN || round_of(seen) != round)
            return 0;
    while (!atomic_compare_exchange_weak(&block->word, &seen, (seen & ~(ARRIVED | ACTING)) | BROKEN));
    wake_all(block, index);
    return 1;
}

/* Whichever round it is by now. */
static void break_now(block_t *block, uint32_t index)
{
    while (!break_it(block, index, round_of(atomic_load(&block->word))))
        if (atomic_load(&block->word) & BROKEN)
            break;
}

static carom_status_t end_round(const carom_barrier_t *barrier, uint64_t acting)
{
    block_t *block = block_of(barrier);

    if (!atomic_compare_exchange_strong(&block->word, &acting, next_round(acting, 1)))
        return CAROM_EBROKEN;
    wake_all(block, barrier->share.object.index);
    return CAROM_OK;
}

/* ---- waiting ---- */

/* The actions that this thread runs, one in the other: the first ones, should there be more. */
enum { ACTIONS = 8 };

static _Thread_local struct {
    unsigned count;
    unsigned born;                     /* carom_plat_fork_count() then: what a child finds here is not its own */
    struct {
        const carom_barrier_t *barrier;
        uint32_t round;
    } of[ACTIONS];
} actions;

static unsigned begin_action(const carom_barrier_t *barrier, uint64_t acting)
{
    unsigned before = actions.born == carom_plat_fork_count() ? actions.count : 0;

    if (before < ACTIONS) {
        actions.of[before].barrier = barrier;
        actions.of[before].round = round_of(acting);
        actions.count = before + 1;
    }
    actions.born = carom_plat_fork_count();
    return before;
}

/* What this thread was to end nobody else does. */
void carom__barriers_quit(void)
{
    const carom_barrier_t *barrier;

    if (actions.born != carom_plat_fork_count())
        return;
    while (actions.count > 0) {
        barrier = actions.of[--actions.count].barrier;
        (void) break_it(block_of(barrier), barrier->share.object.index, actions.of[actions.count].round);
    }
}

/* All have come: nobody but the caller, and who breaks or resets it, changes the word. */
static carom_status_t act(const carom_barrier_t *barrier, uint64_t acting)
{
    unsigned before = begin_action(barrier, acting);
    carom_status_t status;

    carom__fault("barrier.acting");
    status = barrier->action(barrier->baton);
    actions.count = before;
    if (status == CAROM_OK)
        return end_round(barrier, acting);
    (void) break_it(block_of(barrier), barrier->share.object.index, round_of(acting));
    return status;
}

/* A participant may have died whom nobody joins.  Of those who have slept for nothing, one looks. */
static void sleep_and_look(const carom_barrier_t *barrier, uint32_t turns, int64_t deadline)
{
    block_t *block = block_of(barrier);
    uint32_t looks = atomic_load(&block->looks);

    carom__arena_park(barrier->share.object.index, &block->turns, turns, deadline);
    if (atomic_load(&block->turns) == turns && atomic_compare_exchange_strong(&block->looks, &looks, looks + 1))
        carom__slots_look();
}

static carom_status_t sleep_through(const carom_barrier_t *barrier, uint32_t round, int64_t deadline)
{
    block_t *block = block_of(barrier);
    uint32_t turns;
    uint64_t seen;

    for (;;) {
        turns = atomic_load(&block->turns);
        seen = atomic_load(&block->word);
        if (round_of(seen) != round)
            return end_of(seen, round);
        if (seen & BROKEN)
            return CAROM_EBROKEN;
        if (!carom__is_past(deadline))
            sleep_and_look(barrier, turns, deadline);
        else if (break_it(block, barrier->share.object.index, round))
            return CAROM_ETIMEOUT;
    }
}

/* The word when the last one has come who is to act. */
static uint64_t acting_in(uint64_t word)
{
    return (word & ~ACTOR) | ACTING | carom__arena_slot().index;
}

/* Comes into the round that was seen: 0 when it is another by now. */
static int come(const carom_barrier_t *barrier, uint64_t *seen, uint64_t *now)
{
    block_t *block = block_of(barrier);
    int is_last = (*seen & ARRIVED) + 1 == block->parties;

    if (is_last)
        *now = barrier->action ? acting_in(*seen) : next_round(*seen, 1);
    else
        *now = *seen + 1;
    return atomic_compare_exchange_weak(&block->word, seen, *now);
}

/* More threads than parties: the round that is being ended is not theirs, and how it ends is nothing to them. */
static carom_status_t wait_for_action(const carom_barrier_t *barrier, uint64_t *seen, int64_t deadline)
{
    carom_status_t status = sleep_through(barrier, round_of(*seen), deadline);

    *seen = atomic_load(&block_of(barrier)->word);
    return status == CAROM_ETIMEOUT ? status : CAROM_OK;
}

static carom_status_t wait(uint32_t *index, const carom_barrier_t *barrier, int64_t deadline)
{
    block_t *block = block_of(barrier);
    uint64_t seen = atomic_load(&block->word), now;
    carom_status_t status = CAROM_OK;

    do {
        while (status == CAROM_OK && (seen & (ACTING | BROKEN)) == ACTING)
            status = wait_for_action(barrier, &seen, deadline);
        if (status == CAROM_OK && seen & BROKEN)
            status = CAROM_EBROKEN;
        if (status != CAROM_OK)
            return status;
    } while (!come(barrier, &seen, &now));
    carom__fault("barrier.come");
    *index = (uint32_t) (seen & ARRIVED);
    if (now & ACTING)
        return act(barrier, now);
    if (round_of(now) == round_of(seen))
        return sleep_through(barrier, round_of(now), deadline);
    wake_all(block, barrier->share.object.index);
    return CAROM_OK;
}

carom_status_t carom_barrier_wait(uint32_t *index, carom_barrier_t *barrier, carom_duration_t timeout)
{
    carom_status_t status = carom__share_check(barrier, CAROM_BARRIER);
    uint32_t number = 0;

    if (status == CAROM_OK)
        status = wait(&number, barrier, carom__deadline(timeout));
    if (index)
        *index = status == CAROM_OK ? number : 0;
    return status;
}

/* ---- breaking and mending ---- */

carom_status_t carom_barrier_abort(carom_barrier_t *barrier)
{
    carom_status_t status = carom__share_check(barrier, CAROM_BARRIER);

    if (status == CAROM_OK)
        break_now(block_of(barrier), barrier->share.object.index);
    return status;
}

carom_status_t carom_barrier_reset(carom_barrier_t *barrier)
{
    carom_status_t status = carom__share_check(barrier, CAROM_BARRIER);
    block_t *block;
    uint64_t seen;

    if (status != CAROM_OK)
        return status;
    block = block_of(barrier);
    seen = atomic_load(&block->word);
    while (!atomic_compare_exchange_weak(&block->word, &seen, next_round(seen, 0)))
        continue;
    wake_all(block, barrier->share.object.index);
    return CAROM_OK;
}

/* ---- asking ---- */

static uint64_t word_of(const carom_barrier_t *barrier)
{
    return carom__share_check(barrier, CAROM_BARRIER) == CAROM_OK ? atomic_load(&block_of(barrier)->word) : 0;
}

uint32_t carom_barrier_parties(const carom_barrier_t *barrier)
{
    return carom__share_check(barrier, CAROM_BARRIER) == CAROM_OK ? block_of(barrier)->parties : 0;
}

uint32_t carom_barrier_waiting(const carom_barrier_t *barrier)
{
    uint64_t word = word_of(barrier);

    return word & ACTING ? block_of(barrier)->parties : (uint32_t) (word & ARRIVED);
}

int carom_barrier_is_broken(const carom_barrier_t *barrier)
{
    return (word_of(barrier) & BROKEN) != 0;
}

/* ---- a participant's death ---- */

/* Who has returned is missed by nobody, unless a thread of it was to end the round. */
static void mourn_returned(block_t *block, uint32_t index, uint32_t slot)
{
    uint64_t seen = atomic_load(&block->word);

    if (seen & ACTING && (seen & ACTOR) == slot)
        (void) break_it(block, index, round_of(seen));
}

/* Each handle tells of it, and whoever resets the barrier in between has mended it; unless who tells dies in between. */
void carom__barrier_mourn(void *block, carom__id_t object, carom__id_t dead)
{
    carom__holder_t holder = carom__holder_process(dead);
    block_t *self = block;

    if (carom__slot_has_returned(dead)) {
        mourn_returned(self, object.index, dead.index);
    } else if (atomic_load(&self->last_dead) != holder) {
        break_now(self, object.index);
        atomic_store(&self->last_dead, holder);
    }
}

const carom__share_kind_t carom__kind_barrier = {sizeof(carom_barrier_t), sizeof(block_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(barrier, CAROM_BARRIER)

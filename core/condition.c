/* Conditions: tickets for those who wait, and credits for those who are notified, guarded by the condition's lock.
 *
 * Who waits draws a ticket.  A notification of n adds n credits, and says which tickets may take one: all that were drawn by
 * then, so that nobody who comes later takes what was meant for others.  Who finds a credit takes it under the lock, which it
 * must have again anyhow.  So nobody waits for anybody's acknowledgement, and the credit of one who died asleep goes to the
 * next.  Numbers that a dead owner of the lock left between two steps count at worst one waiter too many, or the credits of one
 * notification. */

#include <carom/condition.h>

#include "core/kinds.h"
#include "core/lock.h"
#include "core/time.h"

#include "platform/fault.h"

/* Changed by the owner of the lock, read by all. */
typedef struct block_t {
    carom__id_t lock;                  /* a reference that the condition holds; never changes */
    _Atomic uint64_t drawn;            /* tickets */
    _Atomic uint64_t all;              /* those below it are notified */
    _Atomic uint64_t eligible;         /* those below it may take a credit */
    _Atomic uint64_t counts;
    _Atomic uint32_t calls;            /* what sleepers sleep on: how often somebody was notified */
} block_t;

/* Of the tickets from `all` on.  Both are in one word, with the last 16 bits of the `all` they were counted for: with others
 * they are nothing any more, since all were notified by one who died before he could say so here.  (When some 65,536 tickets
 * were drawn meanwhile, to the number, they are believed all the same.) */
typedef struct counts_t {
    uint64_t waiting;                  /* the dead count until all are notified */
    uint64_t credits;
} counts_t;

#define COUNT_BITS 24
#define COUNT_MASK ((UINT64_C(1) << COUNT_BITS) - 1)
#define ALL_AT (2 * COUNT_BITS)

struct carom_condition_t {
    carom__share_t share;
    carom_lock_t *lock;                /* owned, and lent by the condition */
};

static block_t *block_of(const carom_condition_t *condition)
{
    return condition->share.at;
}

static counts_t counts_of(const block_t *block)
{
    uint64_t all = atomic_load(&block->all), word = atomic_load(&block->counts);
    counts_t counts = {word >> COUNT_BITS & COUNT_MASK, word & COUNT_MASK};

    if (word >> ALL_AT != (all << ALL_AT) >> ALL_AT) {
        counts.waiting = atomic_load(&block->drawn) - all;
        counts.credits = 0;
    }
    return counts;
}

/* There is never a credit for nobody. */
static void count(block_t *block, uint64_t waiting, uint64_t credits)
{
    if (waiting > COUNT_MASK)
        waiting = COUNT_MASK;
    if (credits > waiting)
        credits = waiting;
    atomic_store(&block->counts, atomic_load(&block->all) << ALL_AT | waiting << COUNT_BITS | credits);
}

/* ---- making ---- */

/* The condition holds the lock, whoever has it. */
static carom_status_t set_up(carom_condition_t *condition, const carom_lock_t *lock)
{
    return carom__reference_make_until(&block_of(condition)->lock, lock->share.object,
                                       carom__holder_object(condition->share.object), carom__deadline(CAROM__ARENA_PATIENCE));
}

static carom_status_t create_with(carom_condition_t **condition, carom_context_t *context, const carom_lock_t *lock)
{
    void *handle;
    carom_status_t status = carom__share_create(&handle, context, CAROM_CONDITION);

    if (status != CAROM_OK)
        return status;
    status = set_up(handle, lock);
    if (status == CAROM_OK)
        status = carom__share_open(&handle);
    else
        carom__share_drop(handle);
    *condition = status == CAROM_OK ? handle : NULL;
    return status;
}

carom_status_t carom_condition_create(carom_condition_t **condition, carom_context_t *context, carom_lock_t *lock)
{
    carom_lock_options_t options = CAROM_LOCK_OPTIONS_INIT;
    carom_lock_t *own = NULL;
    carom_status_t status;

    *condition = NULL;
    options.recursive = 1;
    status = lock ? carom__share_check(lock, CAROM_LOCK) : carom_lock_create(&own, context, &options);
    if (status != CAROM_OK)
        return status;
    status = create_with(condition, context, lock ? lock : own);
    carom_lock_destroy(&own);
    return status;
}

static carom_status_t open_lock(carom__share_t *share)
{
    carom_condition_t *condition = (carom_condition_t *) share;
    void *handle;
    carom_status_t status = carom__share_lend(&handle, CAROM_LOCK, block_of(condition)->lock, share->object);

    condition->lock = handle;
    return status;
}

static void close_lock(carom__share_t *share)
{
    carom__share_drop(&((carom_condition_t *) share)->lock->share);
}

void carom_condition_destroy(carom_condition_t **condition)
{
    carom__share_destroy(*condition, CAROM_CONDITION);
    *condition = NULL;
}

carom_lock_t *carom_condition_lock(const carom_condition_t *condition)
{
    return carom__share_check(condition, CAROM_CONDITION) == CAROM_OK ? condition->lock : NULL;
}

/* ---- waiting ---- */

/* Whether the ticket is notified.  Without the lock it may be otherwise the next moment. */
static int is_called(block_t *block, uint64_t ticket)
{
    return ticket < atomic_load(&block->all) ||
           (ticket < atomic_load(&block->eligible) && counts_of(block).credits > 0);
}

static uint64_t draw_ticket(block_t *block)
{
    uint64_t ticket = atomic_load(&block->drawn);
    counts_t counts = counts_of(block);

    count(block, counts.waiting + 1, counts.credits);
    carom__fault("condition.waiting");
    atomic_store(&block->drawn, ticket + 1);
    return ticket;
}

/* Gives the ticket back, with a credit if it is called by one. */
static void return_ticket(block_t *block, uint64_t ticket, int called)
{
    counts_t counts = counts_of(block);

    if (ticket < atomic_load(&block->all))
        return;
    carom__fault("condition.credit");
    count(block, counts.waiting - (counts.waiting > 0), counts.credits - (called && counts.credits > 0));
}

static void sleep_until_called(const carom_condition_t *condition, uint64_t ticket, int64_t deadline)
{
    block_t *block = block_of(condition);
    uint32_t calls = atomic_load(&block->calls);

    while (!is_called(block, ticket) && !carom__is_past(deadline)) {
        carom__arena_park(condition->share.object.index, &block->calls, calls, deadline);
        calls = atomic_load(&block->calls);
    }
}

/* With the lock, at the beginning and at the end. */
static carom_status_t wait(const carom_condition_t *condition, int64_t deadline)
{
    block_t *block = block_of(condition);
    uint64_t ticket = draw_ticket(block);
    uint32_t depth;
    carom_status_t status;
    int called, is_late;

    do {
        depth = carom__lock_give_up(condition->lock);
        carom__fault("condition.asleep");
        sleep_until_called(condition, ticket, deadline);
        is_late = carom__is_past(deadline);
        status = carom__lock_take_back(condition->lock, depth);
        if (status != CAROM_OK && status != CAROM_EOWNERDEAD)
            return status;
        called = is_called(block, ticket);
    } while (!called && !is_late);
    return_ticket(block, ticket, called);
    return status == CAROM_OK && !called ? CAROM_ETIMEOUT : status;
}

static carom_status_t check(const carom_condition_t *condition)
{
    carom_status_t status = carom__share_check(condition, CAROM_CONDITION);

    return status == CAROM_OK ? carom__lock_check_owner(condition->lock) : status;
}

carom_status_t carom_condition_wait(carom_condition_t *condition, carom_duration_t timeout)
{
    carom_status_t status = check(condition);

    return status == CAROM_OK ? wait(condition, carom__deadline(timeout)) : status;
}

carom_status_t carom_condition_wait_for(carom_condition_t *condition, int (*predicate)(void *baton), void *baton,
                                        carom_duration_t timeout)
{
    carom_status_t status = check(condition), found = CAROM_OK;
    int64_t deadline;

    if (status != CAROM_OK || predicate == NULL)
        return status != CAROM_OK ? status : CAROM_EINVAL;
    deadline = carom__deadline(timeout);
    while (!predicate(baton)) {
        if (status == CAROM_ETIMEOUT || (found == CAROM_EOWNERDEAD && carom__is_past(deadline)))
            return CAROM_ETIMEOUT;
        status = wait(condition, deadline);
        if (status == CAROM_EOWNERDEAD)
            found = status;
        else if (status != CAROM_OK && status != CAROM_ETIMEOUT)
            return status;
    }
    return found;
}

/* ---- notifying ---- */

static void call(const carom_condition_t *condition, int all)
{
    carom__fault("condition.notified");
    atomic_fetch_add(&block_of(condition)->calls, 1);
    carom__arena_unpark(condition->share.object.index, &block_of(condition)->calls, all);
}

carom_status_t carom_condition_notify(carom_condition_t *condition, uint32_t most)
{
    carom_status_t status = check(condition);
    counts_t counts;
    block_t *block;

    if (status != CAROM_OK || most == 0)
        return status;
    block = block_of(condition);
    counts = counts_of(block);
    if (counts.waiting == 0)
        return CAROM_OK;
    /* The other way round a late-comer could take what was given before. */
    count(block, counts.waiting, counts.credits + most);
    carom__fault("condition.eligible");
    atomic_store(&block->eligible, atomic_load(&block->drawn));
    call(condition, most > 1);
    return CAROM_OK;
}

carom_status_t carom_condition_notify_all(carom_condition_t *condition)
{
    carom_status_t status = check(condition);
    block_t *block;

    if (status != CAROM_OK)
        return status;
    block = block_of(condition);
    if (counts_of(block).waiting == 0)
        return CAROM_OK;
    atomic_store(&block->all, atomic_load(&block->drawn));
    carom__fault("condition.all");
    count(block, 0, 0);
    call(condition, 1);
    return CAROM_OK;
}

/* Its lock may have been the dead one's. */
void carom__condition_mourn(void *block, carom__id_t object, carom__id_t dead)
{
    carom__lock_mourn_kept(((block_t *) block)->lock, object, dead);
}

const carom__share_kind_t carom__kind_condition = {sizeof(carom_condition_t), sizeof(block_t), open_lock, close_lock};

CAROM__SHARE_FUNCTIONS(condition, CAROM_CONDITION)

/* Semaphores: a word with the count, and a bit that says that somebody may sleep on it.
 *
 * A release takes the bit and wakes one.  Who has slept puts it back, since he does not know who else sleeps, and when he
 * leaves something of the count he wakes the next: so any number of releases wakes as many, one after the other. */

#include <carom/semaphore.h>

#include "core/kinds.h"
#include "core/time.h"

#include "platform/fault.h"

#define SLEEPERS ((uint32_t) 1 << 31)

typedef struct block_t {
    _Atomic uint32_t word;
    uint32_t most;                     /* never changes */
} block_t;

struct carom_semaphore_t {
    carom__share_t share;
};

static block_t *block_of(const carom_semaphore_t *semaphore)
{
    return semaphore->share.at;
}

static uint32_t count_in(uint32_t word)
{
    return word & ~SLEEPERS;
}

carom_status_t carom_semaphore_create(carom_semaphore_t **semaphore, carom_context_t *context, uint32_t count,
                                      const carom_semaphore_options_t *options)
{
    uint32_t most = options && options->most > 0 ? options->most : CAROM_SEMAPHORE_MAX;
    void *handle;
    carom_status_t status;

    *semaphore = NULL;
    if ((options && options->size != sizeof *options) || most > CAROM_SEMAPHORE_MAX || count > most)
        return CAROM_EINVAL;
    status = carom__share_create(&handle, context, CAROM_SEMAPHORE);
    if (status != CAROM_OK)
        return status;
    *semaphore = handle;
    atomic_store(&block_of(*semaphore)->word, count);
    block_of(*semaphore)->most = most;
    return CAROM_OK;
}

void carom_semaphore_destroy(carom_semaphore_t **semaphore)
{
    carom__share_destroy(*semaphore, CAROM_SEMAPHORE);
    *semaphore = NULL;
}

/* ---- acquiring ---- */

static void wake_one(const carom_semaphore_t *semaphore)
{
    carom__arena_unpark(semaphore->share.object.index, &block_of(semaphore)->word, 0);
}

/* Takes one off the count, or fails when it is 0. */
static int take(const carom_semaphore_t *semaphore, int has_slept)
{
    block_t *block = block_of(semaphore);
    uint32_t seen = atomic_load(&block->word);

    while (count_in(seen) > 0)
        if (atomic_compare_exchange_weak(&block->word, &seen, (seen - 1) | (has_slept ? SLEEPERS : 0))) {
            carom__fault("semaphore.taken");
            if (has_slept && count_in(seen) > 1)
                wake_one(semaphore);
            return 1;
        }
    return 0;
}

/* Who was woken does not know who else sleeps, and may have taken nothing. */
static void pass_on(const carom_semaphore_t *semaphore)
{
    if (count_in(atomic_fetch_or(&block_of(semaphore)->word, SLEEPERS)) > 0)
        wake_one(semaphore);
}

carom_status_t carom_semaphore_acquire(carom_semaphore_t *semaphore, carom_duration_t timeout)
{
    carom_status_t status = carom__share_check(semaphore, CAROM_SEMAPHORE);
    int64_t deadline;
    block_t *block;
    uint32_t seen;

    if (status != CAROM_OK)
        return status;
    if (take(semaphore, 0))
        return CAROM_OK;
    block = block_of(semaphore);
    deadline = carom__deadline(timeout);
    if (carom__is_past(deadline))
        return CAROM_ETIMEOUT;
    do {
        seen = 0;
        if (atomic_compare_exchange_strong(&block->word, &seen, SLEEPERS) || seen == SLEEPERS)
            carom__arena_park(semaphore->share.object.index, &block->word, SLEEPERS, deadline);
        if (take(semaphore, 1))
            return CAROM_OK;
    } while (!carom__is_past(deadline));
    pass_on(semaphore);
    return CAROM_ETIMEOUT;
}

int carom__semaphore_is_ready(void *handle)
{
    return count_in(atomic_load(&block_of(handle)->word)) > 0;
}

void carom__semaphore_doze(void *handle, int64_t deadline)
{
    const carom_semaphore_t *semaphore = handle;
    block_t *block = block_of(semaphore);
    uint32_t seen = 0;

    if (atomic_compare_exchange_strong(&block->word, &seen, SLEEPERS) || seen == SLEEPERS)
        carom__arena_park(semaphore->share.object.index, &block->word, SLEEPERS, deadline);
    pass_on(semaphore);
}

/* ---- releasing ---- */

carom_status_t carom_semaphore_release(carom_semaphore_t *semaphore, uint32_t count)
{
    carom_status_t status = carom__share_check(semaphore, CAROM_SEMAPHORE);
    block_t *block;
    uint32_t seen;

    if (status != CAROM_OK || count == 0)
        return status;
    block = block_of(semaphore);
    seen = atomic_load(&block->word);
    do
        if (count > block->most - count_in(seen))
            return CAROM_EOVERFLOW;
    while (!atomic_compare_exchange_weak(&block->word, &seen, count_in(seen) + count));
    carom__fault("semaphore.released");
    if (seen & SLEEPERS)
        wake_one(semaphore);
    return CAROM_OK;
}

uint32_t carom_semaphore_count(const carom_semaphore_t *semaphore)
{
    if (carom__share_check(semaphore, CAROM_SEMAPHORE) != CAROM_OK)
        return 0;
    return count_in(atomic_load(&block_of(semaphore)->word));
}

const carom__share_kind_t carom__kind_semaphore = {sizeof(carom_semaphore_t), sizeof(block_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(semaphore, CAROM_SEMAPHORE)

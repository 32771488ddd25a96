/* Sleeping on a word of shared memory with semaphores, one for each bucket of words.
 *
 * Who parks counts itself first and looks at the word then; who unparks has changed the word first and reads the count then.
 * So one of them sees the other.  An unpark wakes all of its bucket, because one alone might be of another word, and takes
 * the whole count: those who died asleep are forgotten with that, at the price of one early wake each. */

#include "platform/park.h"

int carom_plat_shared_possible(void)
{
    return 1;
}

/* An unpark may have taken the count already. */
static void count_out(_Atomic uint32_t *waiting)
{
    uint32_t n = atomic_load(waiting);

    while (n > 0 && !atomic_compare_exchange_weak(waiting, &n, n - 1))
        ;
}

void carom_plat_park(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, uint32_t expected, int64_t deadline)
{
    carom__lot_t *self = (carom__lot_t *) lot;
    unsigned bucket = carom__bucket_of(key);
    int64_t now = carom_plat_now(), latest = now + CAROM__PARK_MAX;

    if (deadline <= now)
        return;
    atomic_fetch_add(&self->waiting[bucket], 1);
    if (atomic_load(word) != expected || !carom__bucket_wait(self, bucket, deadline < latest ? deadline : latest))
        count_out(&self->waiting[bucket]);
}

void carom_plat_unpark(carom_plat_lot_t *lot, uint64_t key, const _Atomic uint32_t *word, int all)
{
    carom__lot_t *self = (carom__lot_t *) lot;
    unsigned bucket = carom__bucket_of(key);
    uint32_t count;

    (void) word;
    (void) all;
    /* However the caller has written the word. */
    atomic_thread_fence(memory_order_seq_cst);
    count = atomic_exchange(&self->waiting[bucket], 0);
    if (count > 0)
        carom__bucket_post(self, bucket, count);
}

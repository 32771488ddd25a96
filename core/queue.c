/* Queues: making them, sleeping and waking, their end, and counting what is done. */

#include "core/queue.h"

#include "core/kinds.h"
#include "core/time.h"
#include "core/value.h"

#include "platform/fault.h"

#define DEFAULT_BYTES ((uint64_t) 64 << 20)
#define BYTES_LEAST ((uint64_t) 64)

#define CLOSE_PATIENCE carom_seconds(5)

/* How long looking again before sleeping may take, µs: half as long after it was in vain, down to almost nothing, and longer
 * again when it was not. */
#define SPIN_MOST 50
#define SPIN_LEAST 2
#define LOOKS_A_ROUND 16
#define PAUSES_A_LOOK 4

/* ---- making ---- */

static void set_limits(carom__queue_t *block, const carom_queue_options_t *options)
{
    block->bytes = options && options->bytes > 0 ? options->bytes : DEFAULT_BYTES;
    if (options)
        block->limits = options->limits;
}

static carom_status_t check_options(uint32_t items, const carom_queue_options_t *options)
{
    if (items > CAROM_QUEUE_ITEMS_MAX || (options && options->size != sizeof *options))
        return CAROM_EINVAL;
    if (options && options->bytes > 0 && (options->bytes < BYTES_LEAST || options->bytes > CAROM_QUEUE_BYTES_MAX))
        return CAROM_EINVAL;
    return options && options->limits.depth > CAROM_DEPTH_MAX ? CAROM_EINVAL : CAROM_OK;
}

carom_status_t carom_queue_create(carom_queue_t **queue, carom_context_t *context, uint32_t items,
                                  const carom_queue_options_t *options)
{
    carom_status_t status = check_options(items, options);
    carom__queue_t *block;
    void *handle;

    *queue = NULL;
    if (status == CAROM_OK)
        status = carom__share_create(&handle, context, CAROM_QUEUE);
    if (status != CAROM_OK)
        return status;
    block = carom__queue_block(handle);
    block->capacity = items;
    block->items = items > 0 ? items : CAROM_QUEUE_ITEMS_MAX;
    set_limits(block, options);
    status = carom__queue_start(handle);
    if (status != CAROM_OK) {
        carom__share_drop(handle);
        return status;
    }
    *queue = handle;
    return CAROM_OK;
}

void carom_queue_destroy(carom_queue_t **queue)
{
    carom__share_destroy(*queue, CAROM_QUEUE);
    *queue = NULL;
}

/* ---- sleeping and waking ---- */

void carom__queue_wake(const carom_queue_t *queue, _Atomic uint32_t *sleep, _Atomic uint32_t *calls, int all)
{
    if (!atomic_exchange(sleep, 0))
        return;
    carom__fault("queue.waking");
    atomic_fetch_add(calls, 1);
    carom__arena_unpark(queue->share.object.index, calls, all);
}

void carom__queue_sleep(carom_queue_t *queue, _Atomic uint32_t *sleep, _Atomic uint32_t *calls,
                        int (*is_over)(carom_queue_t *queue, const void *what), const void *what, int64_t deadline)
{
    uint32_t seen = atomic_load(calls);

    atomic_store(sleep, 1);
    /* Loads that only acquire may come before a store on some processors. */
    atomic_thread_fence(memory_order_seq_cst);
    carom__fault("queue.asleep");
    if (is_over(queue, what))
        return;
    carom__arena_park(queue->share.object.index, calls, seen, deadline);
    atomic_store(sleep, 1);
}

static int look_for_a_round(carom_queue_t *queue, int (*is_over)(carom_queue_t *queue, const void *what), const void *what)
{
    int looks, i;

    for (looks = 0; looks < LOOKS_A_ROUND; looks++) {
        if (is_over(queue, what))
            return 1;
        for (i = 0; i < PAUSES_A_LOOK; i++)
            carom_plat_relax();
    }
    return 0;
}

int carom__queue_spin(carom_queue_t *queue, _Atomic int *spin, int (*is_over)(carom_queue_t *queue, const void *what),
                      const void *what, int64_t deadline)
{
    int length = atomic_load_explicit(spin, memory_order_relaxed), found;
    int64_t end;

    if (carom_plat_cpu_total() < 2)
        return 0;
    end = carom_plat_now() + (length > 0 ? length : SPIN_MOST);
    if (end > deadline)
        end = deadline;
    do
        found = look_for_a_round(queue, is_over, what);
    while (!found && carom_plat_now() < end);
    length = found ? length * 2 : length / 2;
    if (length > SPIN_MOST || length < SPIN_LEAST)
        length = found ? SPIN_MOST : SPIN_LEAST;
    atomic_store_explicit(spin, length, memory_order_relaxed);
    return found;
}

/* ---- the end ---- */

/* Under the latch: who has put before has put. */
static carom_status_t close_under_latch(carom_queue_t *queue, const carom__party_t *party)
{
    carom__queue_t *block = carom__queue_block(queue);
    int64_t deadline = carom__deadline(CLOSE_PATIENCE);
    carom_status_t status = carom__latch_enter(&block->putting, queue->share.object.index, party, deadline);

    if (status == CAROM_EOWNERDEAD)
        status = carom__queue_mend_putting(queue);
    if (status != CAROM_OK)
        return status;
    atomic_store(&block->closed, 1);
    carom__fault("queue.closing");
    carom__latch_leave(&block->putting);
    return CAROM_OK;
}

carom_status_t carom_queue_close(carom_queue_t *queue)
{
    carom__party_t *party;
    carom_status_t status = carom__queue_check(&party, queue);
    carom__queue_t *block;

    if (status == CAROM_OK)
        status = close_under_latch(queue, party);
    if (status != CAROM_OK)
        return status;
    block = carom__queue_block(queue);
    carom__queue_wake(queue, &block->getters_sleep, &block->getter_calls, 1);
    carom__queue_wake(queue, &block->putters_sleep, &block->putter_calls, 1);
    return CAROM_OK;
}

/* ---- what is done ---- */

/* Items that were put.  Who has got one may be faster than who put it says so. */
static uint32_t all_put(const carom__queue_t *block)
{
    uint32_t taken = carom__place_count(atomic_load(&block->taken)), written = carom__place_count(atomic_load(&block->written));

    return (int32_t) (taken - written) > 0 ? taken : written;
}

/* `done` first: who puts more before he says that one is done is not done in between. */
static uint32_t not_done(const carom__queue_t *block)
{
    uint32_t done = atomic_load(&block->done);

    return all_put(block) - done;
}

carom_status_t carom_queue_task_done(carom_queue_t *queue, uint32_t count)
{
    carom_status_t status = carom__share_check(queue, CAROM_QUEUE);
    carom__queue_t *block;
    uint32_t done;

    if (status != CAROM_OK || count == 0)
        return status;
    block = carom__queue_block(queue);
    done = atomic_load(&block->done);
    do {
        if (count > all_put(block) - done)
            return CAROM_EOVERFLOW;
    } while (!atomic_compare_exchange_weak(&block->done, &done, done + count));
    carom__fault("queue.done");
    if (not_done(block) == 0)
        carom__queue_wake(queue, &block->joiners_sleep, &block->joiner_calls, 1);
    return CAROM_OK;
}

static int is_done(carom_queue_t *queue, const void *what)
{
    const carom__queue_t *block = carom__queue_block(queue);

    return not_done(block) == 0 || atomic_load(&block->deaths) != *(const uint32_t *) what;
}

/* Joiners that come later need not be told. */
static void note_told(carom__queue_t *block, uint32_t deaths)
{
    uint32_t told = atomic_load(&block->deaths_told);

    while ((int32_t) (deaths - told) > 0 && !atomic_compare_exchange_weak(&block->deaths_told, &told, deaths))
        continue;
}

/* Nobody may join the process that died. */
static void sleep_and_look(carom_queue_t *queue, uint32_t deaths, int64_t deadline)
{
    carom__queue_t *block = carom__queue_block(queue);
    uint32_t calls = atomic_load(&block->joiner_calls);

    carom__queue_sleep(queue, &block->joiners_sleep, &block->joiner_calls, is_done, &deaths, deadline);
    if (atomic_load(&block->joiner_calls) == calls)
        carom__slots_look();
}

/* All who wait when somebody dies are told, and the first who comes later. */
carom_status_t carom_queue_join(carom_queue_t *queue, carom_duration_t timeout)
{
    carom_status_t status = carom__share_check(queue, CAROM_QUEUE);
    int64_t deadline = carom__deadline(timeout);
    carom__queue_t *block;
    uint32_t deaths, told;

    if (status != CAROM_OK)
        return status;
    block = carom__queue_block(queue);
    told = atomic_load(&block->deaths_told);
    for (;;) {
        deaths = atomic_load(&block->deaths);
        if (not_done(block) == 0 || (int32_t) (deaths - told) > 0)
            break;
        if (carom__is_past(deadline))
            return CAROM_ETIMEOUT;
        sleep_and_look(queue, told, deadline);
    }
    note_told(block, deaths);
    return not_done(block) == 0 ? CAROM_OK : CAROM_EDIED;
}

/* ---- asking ---- */

uint32_t carom_queue_size(const carom_queue_t *queue)
{
    const carom__queue_t *block;
    uint32_t taken, size;

    if (carom__share_check(queue, CAROM_QUEUE) != CAROM_OK)
        return 0;
    block = carom__queue_block(queue);
    taken = carom__place_count(atomic_load(&block->taken));
    size = all_put(block) - taken;
    return size < block->items ? size : block->items;
}

uint32_t carom_queue_unfinished(const carom_queue_t *queue)
{
    return carom__share_check(queue, CAROM_QUEUE) == CAROM_OK ? not_done(carom__queue_block(queue)) : 0;
}

uint32_t carom_queue_capacity(const carom_queue_t *queue)
{
    return carom__share_check(queue, CAROM_QUEUE) == CAROM_OK ? carom__queue_block(queue)->capacity : 0;
}

int carom_queue_is_empty(const carom_queue_t *queue)
{
    return carom__share_check(queue, CAROM_QUEUE) == CAROM_OK && carom_queue_size(queue) == 0;
}

int carom_queue_is_closed(const carom_queue_t *queue)
{
    return carom__share_check(queue, CAROM_QUEUE) == CAROM_OK && atomic_load(&carom__queue_block(queue)->closed);
}

/* ---- a death ---- */

void carom__queue_mourn(void *block, carom__id_t object, carom__id_t dead)
{
    carom__holder_t holder = carom__holder_process(dead);
    carom__queue_t *queue = block;

    carom__latch_mourn(&queue->putting, dead);
    carom__latch_mourn(&queue->getting, dead);
    /* Each handle tells of it, one after the other. */
    if (carom__slot_has_returned(dead) || atomic_load(&queue->last_dead) == holder)
        return;
    atomic_fetch_add(&queue->deaths, 1);
    carom__fault("queue.mourned");
    atomic_store(&queue->last_dead, holder);
    atomic_fetch_add(&queue->joiner_calls, 1);
    carom__arena_unpark(object.index, &queue->joiner_calls, 1);
}

const carom__share_kind_t carom__kind_queue = {sizeof(carom_queue_t), sizeof(carom__queue_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(queue, CAROM_QUEUE)

/* Events: a word with the flag, a bit that says that somebody may sleep on it, and how often the flag was set. */

#include <carom/event.h>

#include "core/kinds.h"
#include "core/time.h"

#include "platform/fault.h"

#define SET 1u
#define SLEEPERS 2u
#define ONE_TIME 4u                    /* the rest counts */

typedef struct block_t {
    _Atomic uint32_t word;
} block_t;

struct carom_event_t {
    carom__share_t share;
};

static _Atomic uint32_t *word_of(const carom_event_t *event)
{
    return &((block_t *) event->share.at)->word;
}

carom_status_t carom_event_create(carom_event_t **event, carom_context_t *context)
{
    void *handle;
    carom_status_t status = carom__share_create(&handle, context, CAROM_EVENT);

    *event = handle;
    return status;
}

void carom_event_destroy(carom_event_t **event)
{
    carom__share_destroy(*event, CAROM_EVENT);
    *event = NULL;
}

/* Nothing here waits for anybody: in a signal handler the word may change between any two steps of what was interrupted. */
carom_status_t carom_event_set(carom_event_t *event)
{
    carom_status_t status = carom__share_check(event, CAROM_EVENT);
    uint32_t seen;

    if (status != CAROM_OK)
        return status;
    seen = atomic_load(word_of(event));
    do
        if (seen & SET)
            return CAROM_OK;
    while (!atomic_compare_exchange_weak(word_of(event), &seen, ((seen + ONE_TIME) | SET) & ~SLEEPERS));
    carom__fault("event.set");
    if (seen & SLEEPERS)
        carom__arena_unpark(event->share.object.index, word_of(event), 1);
    return CAROM_OK;
}

carom_status_t carom_event_clear(carom_event_t *event)
{
    carom_status_t status = carom__share_check(event, CAROM_EVENT);

    if (status == CAROM_OK)
        atomic_fetch_and(word_of(event), ~SET);
    return status;
}

int carom_event_is_set(const carom_event_t *event)
{
    return carom__share_check(event, CAROM_EVENT) == CAROM_OK && (atomic_load(word_of(event)) & SET) != 0;
}

static int was_set_since(uint32_t before, uint32_t now)
{
    return (now & SET) != 0 || now / ONE_TIME != before / ONE_TIME;
}

carom_status_t carom_event_wait(carom_event_t *event, carom_duration_t timeout)
{
    carom_status_t status = carom__share_check(event, CAROM_EVENT);
    int64_t deadline;
    uint32_t before, seen;

    if (status != CAROM_OK)
        return status;
    deadline = carom__deadline(timeout);
    before = seen = atomic_load(word_of(event));
    while (!was_set_since(before, seen)) {
        if (carom__is_past(deadline))
            return CAROM_ETIMEOUT;
        if ((seen & SLEEPERS) || atomic_compare_exchange_strong(word_of(event), &seen, seen | SLEEPERS))
            carom__arena_park(event->share.object.index, word_of(event), seen | SLEEPERS, deadline);
        seen = atomic_load(word_of(event));
    }
    return CAROM_OK;
}

/* All who sleep are woken. */
int carom__event_is_ready(void *handle)
{
    return (atomic_load(word_of(handle)) & SET) != 0;
}

void carom__event_doze(void *handle, int64_t deadline)
{
    const carom_event_t *event = handle;
    uint32_t seen = atomic_load(word_of(event));

    if (seen & SET)
        return;
    if ((seen & SLEEPERS) || atomic_compare_exchange_strong(word_of(event), &seen, seen | SLEEPERS))
        carom__arena_park(event->share.object.index, word_of(event), seen | SLEEPERS, deadline);
}

const carom__share_kind_t carom__kind_event = {sizeof(carom_event_t), sizeof(block_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(event, CAROM_EVENT)

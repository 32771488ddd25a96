/* Receiving through a link. */

#include "core/end.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* How long looking again before sleeping may take, µs; half as long after it was in vain, down to not at all.  After short
 * sleeps it is tried again: first after some of them, then after twice as many each time that it was in vain. */
#define SPIN_MOST 50
#define SPIN_LEAST 6
#define SPIN_PAYS (4 * SPIN_MOST)
#define FIRST_TRY 16
#define LAST_TRY 1024
#define LOOKS_A_ROUND 64
#define EAGER_LOOKS 256               /* without a pause: an answer that is quick is here by then */

/* ---- looking before sleeping ---- */

static int has_record(carom__end_t *end)
{
    size_t ready;
    carom__id_t next;

    return carom__ring_look(&end->reader, &ready, &next) != CAROM_OK || ready > 0 || next.generation != 0;
}

void carom__end_expect_nothing(carom__end_t *end)
{
    end->spin = carom_plat_cpu_total() > 1 ? SPIN_MOST : 0;
    end->patience = FIRST_TRY;
}

/* The line behind that of the word is asked for together with it: an answer mostly has both. */
static int look_once(const carom__end_t *end)
{
    carom_plat_will_read(carom__ring_line_behind(&end->reader));
    return carom__ring_stirs(&end->reader);
}

static int look_eagerly(const carom__end_t *end)
{
    int looks;

    for (looks = 0; looks < EAGER_LOOKS; looks++)
        if (look_once(end))
            return 1;
    return 0;
}

static int look_for_a_round(const carom__end_t *end)
{
    int looks;

    for (looks = 0; looks < LOOKS_A_ROUND; looks++) {
        if (look_once(end))
            return 1;
        carom_plat_relax();
    }
    return 0;
}

/* At first without the clock, which takes as long as an answer may. */
static int spin(const carom__end_t *end)
{
    int64_t end_of_it;
    int found;

    if (look_eagerly(end))
        return 1;
    end_of_it = carom_plat_now() + end->spin;
    do
        found = look_for_a_round(end);
    while (!found && carom_plat_now() < end_of_it);
    return found;
}

static void learn_from_looking(carom__end_t *end, int found)
{
    int was_try = end->sleeps > 0;

    end->sleeps = 0;
    if (found) {
        end->spin = SPIN_MOST;
        end->patience = FIRST_TRY;
        return;
    }
    end->spin = was_try || end->spin / 2 < SPIN_LEAST ? 0 : end->spin / 2;
    if (was_try && end->patience < LAST_TRY)
        end->patience *= 2;
}

static void learn_from_sleeping(carom__end_t *end, int64_t slept)
{
    if (end->spin > 0 || slept > SPIN_PAYS || carom_plat_cpu_total() < 2)
        return;
    if (++end->sleeps >= end->patience)
        end->spin = SPIN_MOST;
}

/* ---- reading ---- */

static void tell_writer(carom_connection_t *self)
{
    carom__reader_t *reader = &self->end->reader;

    if (reader->total == reader->told)
        return;
    carom__ring_tell(reader);
    atomic_thread_fence(memory_order_seq_cst);
    if (atomic_load_explicit(&reader->lane->waiting, memory_order_relaxed) && atomic_exchange(&reader->lane->waiting, 0) &&
        !carom__bell_ring(self))
        atomic_store(&reader->lane->waiting, 1);
}

/* The next ring is one that this link holds, and larger, or the writer lies: so this comes to an end. */
static carom_status_t follow(carom_connection_t *self, carom__id_t next)
{
    carom__end_t *end = self->end;
    carom__holder_t keeper = carom__end_holder(end);
    carom__id_t before = end->reader.id;
    size_t size;
    unsigned char *ring = carom__object_at(next, CAROM__OBJECT_RING, &size);

    if (!carom__object_is_held(next, 0, keeper))
        return CAROM_EBADMSG;
    if (ring == NULL)
        return CAROM_ENOMEM;
    if (size <= end->reader.size)
        return CAROM_EBADMSG;
    carom_plat_memory_taken(ring);
    carom__ring_follow(&end->reader, ring, size, next);
    carom__fault("link.followed");
    if (before.generation != 0)
        carom__object_let_go(before, 0, keeper);
    return CAROM_OK;
}

static carom_status_t look_inside(carom_connection_t *self, size_t *ready)
{
    carom__id_t next;
    carom_status_t status = carom__ring_look(&self->end->reader, ready, &next);

    while (status == CAROM_OK && next.generation != 0) {
        status = follow(self, next);
        if (status == CAROM_OK)
            status = carom__ring_look(&self->end->reader, ready, &next);
    }
    /* It is there still, and is tried again. */
    if (status == CAROM_ENOMEM)
        return status;
    /* A message begins where a record does. */
    if (status == CAROM_OK && (self->head_got > 0 || self->end->reader.done == 0))
        return CAROM_OK;
    atomic_store(&self->bad_receive, CAROM_EBROKEN);
    return CAROM_EBROKEN;
}

/* Nothing will come any more but what is in the ring. */
static int is_writer_gone(const carom__end_t *end)
{
    return atomic_load(&end->deaf) || atomic_load(&end->reader.lane->writer_gone);
}

/* Says that it wants to be woken, and looks once more.  CAROM_ETIMEOUT: nothing is there; *heard is for listening. */
static carom_status_t fall_asleep(carom_connection_t *self, unsigned *heard)
{
    carom__end_t *end = self->end;
    int gone;

    tell_writer(self);
    *heard = atomic_load(&end->heard);
    atomic_store(&end->reader.lane->asleep, 1);
    /* Loads that only acquire may come before a store on some processors. */
    atomic_thread_fence(memory_order_seq_cst);
    carom__fault("link.asleep");
    gone = is_writer_gone(end);
    if (has_record(end)) {
        atomic_store(&end->reader.lane->asleep, 0);
        return CAROM_OK;
    }
    return gone ? CAROM_EEOF : CAROM_ETIMEOUT;
}

static carom_status_t wait_for_record(carom_connection_t *self, int64_t deadline)
{
    carom__end_t *end = self->end;
    int64_t before;
    unsigned heard;
    carom_status_t status, listened = CAROM_OK;

    if (carom__ring_may_tell(&end->reader))
        tell_writer(self);
    if (end->spin > 0 && !carom__is_past(deadline)) {
        int found = spin(end);

        learn_from_looking(end, found);
        if (found)
            return CAROM_OK;
    }
    before = carom_plat_now();
    for (;;) {
        status = fall_asleep(self, &heard);
        if (status != CAROM_ETIMEOUT || listened == CAROM_ETIMEOUT)
            break;
        listened = carom__bell_listen(self, heard, deadline);
        if (atomic_load(&self->gone) != CAROM_OK)
            return atomic_load(&self->gone);
    }
    if (status == CAROM_OK)
        learn_from_sleeping(end, carom_plat_now() - before);
    return status;
}

/* Waits until so many bytes of a record are ready, or what else there is to say. */
static carom_status_t wait_until_ready(carom_connection_t *self, size_t *ready, int64_t deadline)
{
    carom_status_t status = look_inside(self, ready);

    while (status == CAROM_OK && *ready == 0) {
        status = wait_for_record(self, deadline);
        if (status == CAROM_OK)
            status = look_inside(self, ready);
    }
    return status;
}

static void take_and_tell(carom_connection_t *self, void *to, size_t length)
{
    carom__reader_t *reader = &self->end->reader;

    carom__ring_take(reader, to, length);
    if (carom__ring_must_tell(reader))
        tell_writer(self);
}

carom_status_t carom__end_read(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline)
{
    size_t ready;
    carom_status_t status = wait_until_ready(self, &ready, deadline);

    *got = 0;
    if (status != CAROM_OK)
        return status;
    *got = ready < size ? ready : size;
    take_and_tell(self, to, *got);
    return CAROM_OK;
}

/* A short message of bytes is a record: it goes from the ring to the caller.  0: that is not what is there, or not yet. */
static inline int take_record(carom_connection_t *self, void *buffer, size_t size, size_t *length)
{
    carom__reader_t *reader = &self->end->reader;
    size_t record;
    const unsigned char *bytes = carom__ring_peek(reader, &record);

    if (bytes == NULL || record < CAROM__HEADER_SIZE || record - CAROM__HEADER_SIZE > size)
        return 0;
    if (!carom__header_is_of_bytes(bytes, record - CAROM__HEADER_SIZE))
        return 0;
    *length = record - CAROM__HEADER_SIZE;
    if (*length > 0)
        memcpy(buffer, bytes + CAROM__HEADER_SIZE, *length);
    carom__ring_pass(reader, record);
    if (carom__ring_must_tell(reader))
        tell_writer(self);
    return 1;
}

carom_status_t carom__end_take(carom_connection_t *self, void *buffer, size_t size, size_t *length, int *taken,
                               int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t ready = 0;

    while (!(*taken = take_record(self, buffer, size, length)) && status == CAROM_OK && ready == 0) {
        status = look_inside(self, &ready);
        if (status == CAROM_OK && ready == 0)
            status = wait_for_record(self, deadline);
    }
    return status;
}

/* That the writer went on in another ring is nothing to read yet. */
carom_status_t carom__end_wait(carom_connection_t *self, int64_t deadline)
{
    size_t ready;
    carom_status_t status = wait_until_ready(self, &ready, deadline);

    return status == CAROM_EEOF || status == CAROM_EBROKEN || status == CAROM_ENOMEM ? CAROM_OK : status;
}

/* The bell's bytes are taken, or it would go on being ready. */
int carom__end_look(carom_connection_t *self, int event)
{
    carom_status_t status;
    unsigned heard;
    size_t ready;

    if (event)
        carom__bell_listen_now(self);
    do {
        status = look_inside(self, &ready);
        if (status != CAROM_OK || ready > 0)
            return 1;
        status = fall_asleep(self, &heard);
    } while (status == CAROM_OK);
    return status != CAROM_ETIMEOUT;
}

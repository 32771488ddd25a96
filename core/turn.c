/* Turns: threads that use the same end one after the other.
 *
 * Taking a turn that is free and giving it back is an atomic step each.  Only who must wait goes to the monitor; who gives back
 * a turn that is waited for holds the monitor meanwhile, so that whoever closes the connection does not free it under him. */

#include "core/connection.h"

#include "core/time.h"

enum { FREE, TAKEN, WANTED };

carom_status_t carom__connection_check(const carom_connection_t *self)
{
    if (self == NULL || self->magic != CAROM__CONNECTION_MAGIC)
        return CAROM_EINVAL;
    return self->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

int carom__turn_try(carom__turn_t *turn)
{
    uint32_t is = FREE;

    return atomic_compare_exchange_strong(turn, &is, TAKEN);
}

void carom__turn_give(carom_connection_t *self, carom__turn_t *turn)
{
    uint32_t is = TAKEN;

    if (atomic_compare_exchange_strong(turn, &is, FREE))
        return;
    carom_plat_monitor_enter(self->monitor);
    atomic_store(turn, FREE);
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
}

/* Whoever takes it this way leaves it as wanted, which it may still be. */
static carom_status_t wait_for_turn(carom_connection_t *self, carom__turn_t *turn, int64_t deadline)
{
    carom_status_t status;

    carom_plat_monitor_enter(self->monitor);
    self->users++;
    /* Whoever closes it may have woken all already that he waits for. */
    status = atomic_load(&self->gone);
    while (status == CAROM_OK && atomic_exchange(turn, WANTED) != FREE) {
        if (carom__is_past(deadline))
            status = CAROM_ETIMEOUT;
        else
            carom_plat_monitor_wait(self->monitor, deadline);
        if (atomic_load(&self->gone) != CAROM_OK)
            status = atomic_load(&self->gone);
    }
    self->users--;
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

carom_status_t carom__turn_begin(carom_connection_t *self, carom__turn_t *turn, int able, const _Atomic carom_status_t *bad,
                                 int64_t deadline)
{
    carom_status_t status = carom__connection_check(self);

    if (status == CAROM_OK)
        status = atomic_load(&self->gone);
    if (status == CAROM_OK && !able)
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK && !carom__turn_try(turn))
        status = wait_for_turn(self, turn, deadline);
    if (status != CAROM_OK)
        return status;
    /* Again, now that who closes it would wait for us. */
    status = atomic_load(&self->gone);
    if (status == CAROM_OK)
        status = atomic_load(bad);
    if (status != CAROM_OK)
        carom__turn_give(self, turn);
    return status;
}

carom_status_t carom__turn_end(carom_connection_t *self, carom__turn_t *turn, carom_status_t status)
{
    if (turn == &self->receiving)
        atomic_store_explicit(&self->pending, self->head_got > 0, memory_order_relaxed);
    if (status != CAROM_OK && atomic_load(&self->gone) != CAROM_OK)
        status = atomic_load(&self->gone);
    carom__turn_give(self, turn);
    return status;
}

void carom__turns_take(carom_connection_t *self)
{
    carom_plat_monitor_wake(self->monitor);
    while (atomic_exchange(&self->receiving, WANTED) != FREE)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
    while (atomic_exchange(&self->sending, WANTED) != FREE)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
    while (self->users > 0)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
}

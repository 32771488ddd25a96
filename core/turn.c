/* Turns: threads that use the same end one after the other.
 *
 * Taking a turn that is free and giving it back is an atomic step each.  Only who must wait goes to the monitor; who gives back
 * a turn that is waited for holds the monitor meanwhile, so that whoever closes the connection does not free it under him. */

#include "core/connection.h"

#include "core/time.h"

void carom__turn_pass_on(carom_connection_t *self, carom__turn_t *turn)
{
    carom_plat_monitor_enter(self->monitor);
    atomic_store(turn, CAROM__TURN_FREE);
    if (turn == &self->receiving)
        carom__connection_stir(self);
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
    while (status == CAROM_OK && atomic_exchange(turn, CAROM__TURN_WANTED) != CAROM__TURN_FREE) {
        if (carom__is_past(deadline))
            status = CAROM_ETIMEOUT;
        else
            carom_plat_monitor_wait(self->monitor, deadline);
        if (atomic_load(&self->gone) != CAROM_OK)
            status = atomic_load(&self->gone);
    }
    /* A loop of the host sleeps until the turn, which is wanted now, is given back. */
    if (status == CAROM_ETIMEOUT && turn == &self->receiving && atomic_load(&self->has_loop))
        (void) carom_plat_stream_watch(self->stream);
    self->users--;
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

carom_status_t carom__turn_wait(carom_connection_t *self, carom__turn_t *turn, int able, const _Atomic carom_status_t *bad,
                                int64_t deadline)
{
    carom_status_t status = carom__connection_check(self);

    if (status == CAROM_OK)
        status = atomic_load(&self->gone);
    if (status == CAROM_OK && !able)
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK && !carom__turn_try(turn))
        status = wait_for_turn(self, turn, deadline);
    return status == CAROM_OK ? carom__turn_keep(self, turn, bad) : status;
}

void carom__turns_take(carom_connection_t *self)
{
    carom_plat_monitor_wake(self->monitor);
    while (atomic_exchange(&self->receiving, CAROM__TURN_WANTED) != CAROM__TURN_FREE)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
    while (atomic_exchange(&self->sending, CAROM__TURN_WANTED) != CAROM__TURN_FREE)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
    while (self->users > 0)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
}

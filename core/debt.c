/* What this process could not let go, because somebody who does not go on had the arena's lock. */

#include "core/arena_layout.h"
#include "core/memory.h"

/* Threads add to it; who has the lock takes all of it. */
static _Atomic(carom__debt_t *) debts;

/* Without memory it is let go with the process. */
void carom__debt_owe(carom__id_t id, int place, carom__holder_t from)
{
    carom__debt_t *debt = carom__calloc(1, sizeof *debt);

    if (debt == NULL)
        return;
    debt->id = id;
    debt->place = place;
    debt->from = from;
    debt->next = atomic_load(&debts);
    while (!atomic_compare_exchange_weak(&debts, &debt->next, debt))
        continue;
}

int carom__debts_any(void)
{
    return atomic_load(&debts) != NULL;
}

static void pay(const carom__debt_t *debt)
{
    if (debt->from == CAROM__NOBODY)
        carom__slot_end_locked(debt->id);
    else
        carom__object_let_go_locked(debt->id, debt->place, debt->from);
}

/* Oldest first: what a slot holds is let go before it ends, or others hear of a death. */
static carom__debt_t *take_all(void)
{
    carom__debt_t *debt = atomic_load(&debts) ? atomic_exchange(&debts, NULL) : NULL, *oldest = NULL, *next;

    for (; debt; debt = next) {
        next = debt->next;
        debt->next = oldest;
        oldest = debt;
    }
    return oldest;
}

static void settle(int in_full)
{
    carom__debt_t *debt, *next;

    for (debt = take_all(); debt; debt = next) {
        next = debt->next;
        if (in_full)
            pay(debt);
        carom_free(debt);
    }
}

void carom__debts_pay(void)
{
    settle(1);
}

void carom__debts_forget(void)
{
    settle(0);
}

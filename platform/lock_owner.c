/* Locks in shared memory that survive their owners, on a word that names the owner, where the system has no such lock.
 *
 * The word is 0, or the number of the owner, with a bit that says that somebody may sleep on it.  Who finds it taken asks
 * whether the owner lives, before each sleep, and none is longer than 50 ms; the word of a dead one is exchanged for one's
 * own, which one of all that try it succeeds in, and that one is told. */

#include "platform/internal.h"

/* Looks before the first sleep, where another processor may give the lock up meanwhile: about the time of a short section. */
#define LOOKS 40

#define SLEEPERS ((uint32_t) 1 << 31)

typedef struct owned_t {
    _Atomic uint32_t word;
} owned_t;

_Static_assert(sizeof(owned_t) <= sizeof(carom_plat_lock_t), "the word fits");

static _Atomic uint32_t *word_of(carom_plat_lock_t *lock)
{
    return &((owned_t *) lock)->word;
}

uint32_t carom_plat_lock_kind(void)
{
    return 0x200 + (uint32_t) sizeof(owned_t);
}

carom_status_t carom_plat_lock_init(carom_plat_lock_t *lock)
{
    atomic_init(word_of(lock), 0);
    return CAROM_OK;
}

static int swap(_Atomic uint32_t *word, uint32_t from, uint32_t to)
{
    return atomic_compare_exchange_strong_explicit(word, &from, to, memory_order_acquire, memory_order_relaxed);
}

/* Counting the processors costs system calls: once a process. */
static int has_company(void)
{
    static atomic_uint processors;
    unsigned count = atomic_load_explicit(&processors, memory_order_relaxed);

    if (count == 0) {
        count = carom_plat_cpu_count();
        atomic_store_explicit(&processors, count, memory_order_relaxed);
    }
    return count > 1;
}

/* 1: taken. */
static int look_for_a_while(_Atomic uint32_t *word, uint32_t self)
{
    int looks;

    for (looks = has_company() ? LOOKS : 0; looks > 0; looks--)
        if (atomic_load_explicit(word, memory_order_relaxed) == 0 && swap(word, 0, self))
            return 1;
    return 0;
}

/* Of one who has slept, and does not get it: the wake that came to him was for another, whom he does not know. */
static void pass_on(_Atomic uint32_t *word, const carom_plat_party_t *party)
{
    uint32_t seen = atomic_load_explicit(word, memory_order_relaxed);

    while ((seen & ~SLEEPERS) != 0 && !swap(word, seen, seen | SLEEPERS))
        seen = atomic_load_explicit(word, memory_order_relaxed);
    if ((seen & ~SLEEPERS) == 0)
        carom_plat_unpark(party->lot, party->key, word, 0);
}

/* Who has slept does not know who else does, so it takes the lock with the bit. */
static carom_status_t enter_slowly(_Atomic uint32_t *word, const carom_plat_party_t *party, int64_t deadline)
{
    int has_slept = 0;
    uint32_t seen, owner;

    for (;;) {
        seen = atomic_load_explicit(word, memory_order_relaxed);
        owner = seen & ~SLEEPERS;
        if (owner == 0 || !party->is_alive(owner)) {
            if (swap(word, seen, party->self | SLEEPERS))
                return owner == 0 ? CAROM_OK : CAROM_EOWNERDEAD;
            continue;
        }
        if (deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline)
            break;
        has_slept = 1;
        if ((seen & SLEEPERS) || swap(word, seen, seen | SLEEPERS))
            carom_plat_park(party->lot, party->key, word, seen | SLEEPERS, deadline);
    }
    if (has_slept)
        pass_on(word, party);
    return CAROM_ETIMEOUT;
}

carom_status_t carom_plat_lock_enter(carom_plat_lock_t *lock, const carom_plat_party_t *party, int64_t deadline)
{
    _Atomic uint32_t *word = word_of(lock);

    if (swap(word, 0, party->self) || look_for_a_while(word, party->self))
        return CAROM_OK;
    return enter_slowly(word, party, deadline);
}

/* Who dies between the two leaves those asleep to their 50 ms. */
void carom_plat_lock_leave(carom_plat_lock_t *lock, const carom_plat_party_t *party)
{
    _Atomic uint32_t *word = word_of(lock);

    if (atomic_exchange_explicit(word, 0, memory_order_release) & SLEEPERS)
        carom_plat_unpark(party->lot, party->key, word, 0);
}

/* Locks in shared memory that survive their owners: robust mutexes, whose owner's death the kernel tells the next one.  APR
 * makes none in memory of ours.
 *
 * Such a mutex is lost (ENOTRECOVERABLE) when somebody who was told of a death unlocks it without having declared it sound.
 * Here that is declared before anybody is told; who dies in between dies as the owner, and the next one is told in its
 * place. */

#include "platform/unix/unix.h"

#include <errno.h>

_Static_assert(sizeof(pthread_mutex_t) <= sizeof(carom_plat_lock_t), "a mutex fits");

static pthread_mutex_t *mutex_of(carom_plat_lock_t *lock)
{
    return (pthread_mutex_t *) lock;
}

/* Where libc's lock has another size it is another lock. */
uint32_t carom_plat_lock_kind(void)
{
    return 0x100 + (uint32_t) sizeof(pthread_mutex_t);
}

carom_status_t carom_plat_lock_init(carom_plat_lock_t *lock)
{
    pthread_mutexattr_t attributes;
    int error = pthread_mutexattr_init(&attributes);

    if (error)
        return carom_plat_status(error);
    error = pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
    if (!error)
        error = pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
    if (!error)
        error = pthread_mutex_init(mutex_of(lock), &attributes);
    pthread_mutexattr_destroy(&attributes);
    return error == EINVAL || error == ENOSYS ? CAROM_ENOTSUP : carom_plat_status(error);
}

/* In pieces: should a wake get lost with the process that it was for, it is a short one. */
static int wait_for(pthread_mutex_t *mutex, int64_t deadline)
{
    int64_t now = carom_plat_now(), latest;
    int error = ETIMEDOUT;

    while (error == ETIMEDOUT && now < deadline) {
        latest = now + CAROM__PARK_MAX;
        error = carom__mutex_wait(mutex, deadline < latest ? deadline : latest);
        now = carom_plat_now();
    }
    return error;
}

carom_status_t carom_plat_lock_enter(carom_plat_lock_t *lock, const carom_plat_party_t *party, int64_t deadline)
{
    int error = pthread_mutex_trylock(mutex_of(lock));

    (void) party;
    if (error == EBUSY)
        error = wait_for(mutex_of(lock), deadline);
    if (error == ETIMEDOUT)
        return CAROM_ETIMEOUT;
    if (error != EOWNERDEAD)
        return carom_plat_status(error);
    pthread_mutex_consistent(mutex_of(lock));
    return CAROM_EOWNERDEAD;
}

void carom_plat_lock_leave(carom_plat_lock_t *lock, const carom_plat_party_t *party)
{
    (void) party;
    pthread_mutex_unlock(mutex_of(lock));
}

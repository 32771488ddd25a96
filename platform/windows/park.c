/* The buckets of park_lot.c with semaphores of the kernel.  WaitOnAddress wakes threads of its own process only.
 *
 * A semaphore of another process can be had by a name alone, or by a handle from its owner, who may die.  So they have
 * names, of 128 random bits that lie in the lot; each process opens one when it first needs it, and they are gone with the
 * last process. */

#include "platform/park.h"
#include "platform/windows/windows.h"

#include <apr_general.h>

#include <stdlib.h>
#include <string.h>
#include <wchar.h>

/* The semaphores of a lot that this process has opened. */
typedef struct opened_t {
    struct opened_t *next;
    uint64_t id[2];
    HANDLE buckets[CAROM__BUCKETS];   /* NULL: not yet */
} opened_t;

/* Guards the list, and all in it. */
static SRWLOCK guard = SRWLOCK_INIT;
static opened_t *first;

carom_status_t carom_plat_lot_init(carom_plat_lot_t *lot)
{
    carom__lot_t *self = (carom__lot_t *) lot;

    return apr_generate_random_bytes((unsigned char *) self->id, sizeof self->id) == APR_SUCCESS ? CAROM_OK : CAROM_ENOTSUP;
}

static opened_t **place_of(const carom__lot_t *lot)
{
    opened_t **place = &first;

    while (*place && memcmp((*place)->id, lot->id, sizeof lot->id) != 0)
        place = &(*place)->next;
    return place;
}

void carom_plat_lot_close(carom_plat_lot_t *lot)
{
    opened_t **place, *found;
    size_t i;

    AcquireSRWLockExclusive(&guard);
    place = place_of((carom__lot_t *) lot);
    found = *place;
    if (found)
        *place = found->next;
    ReleaseSRWLockExclusive(&guard);
    for (i = 0; found && i < CAROM__BUCKETS; i++)
        carom__handle_close(&found->buckets[i]);
    free(found);
}

static HANDLE known(const carom__lot_t *lot, unsigned bucket)
{
    HANDLE semaphore;
    opened_t *opened;

    AcquireSRWLockShared(&guard);
    opened = *place_of(lot);
    semaphore = opened ? opened->buckets[bucket] : NULL;
    ReleaseSRWLockShared(&guard);
    return semaphore;
}

static HANDLE open_semaphore(const carom__lot_t *lot, unsigned bucket)
{
    wchar_t name[64];

    _snwprintf(name, sizeof name / sizeof name[0], L"Local\\carom-%016I64x%016I64x-%u", lot->id[0], lot->id[1], bucket);
    return CreateSemaphoreW(NULL, 0, LONG_MAX, name);
}

/* NULL: no memory, and callers do without. */
static HANDLE semaphore_of(const carom__lot_t *lot, unsigned bucket)
{
    HANDLE semaphore = known(lot, bucket);
    opened_t **place;

    if (semaphore)
        return semaphore;
    AcquireSRWLockExclusive(&guard);
    place = place_of(lot);
    if (*place == NULL && (*place = calloc(1, sizeof **place)) != NULL)
        memcpy((*place)->id, lot->id, sizeof lot->id);
    if (*place && (*place)->buckets[bucket] == NULL)
        (*place)->buckets[bucket] = open_semaphore(lot, bucket);
    semaphore = *place ? (*place)->buckets[bucket] : NULL;
    ReleaseSRWLockExclusive(&guard);
    return semaphore;
}

void carom_plat_lot_open(carom_plat_lot_t *lot, uint64_t key)
{
    (void) semaphore_of((const carom__lot_t *) lot, carom__bucket_of(key));
}

int carom__bucket_wait(carom__lot_t *lot, unsigned bucket, int64_t deadline)
{
    HANDLE semaphore = semaphore_of(lot, bucket);

    if (semaphore)
        return carom__wait_handle(semaphore, deadline) == CAROM_OK;
    Sleep(1);
    return 0;
}

void carom__bucket_post(carom__lot_t *lot, unsigned bucket, unsigned count)
{
    HANDLE semaphore = semaphore_of(lot, bucket);

    if (semaphore)
        ReleaseSemaphore(semaphore, (LONG) count, NULL);
}

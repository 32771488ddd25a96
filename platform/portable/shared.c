/* Memory shared by processes: not on APR alone.  An apr_shm_t needs a name in the file system, which outlives a killed
 * process, and is real from the start or not at all.  What there is instead is memory of this process, for its threads.
 *
 * A range is made when it is mapped first, and who maps it again gets the same: the object has a table of them, by where they
 * begin. */

#include "platform/portable/portable.h"

#include <stdlib.h>

/* What the system's mappings begin at, too. */
#define ALIGNMENT 4096

struct carom_plat_shared_t {
    unsigned forks;                   /* carom_plat_fork_count() when it was made */
    size_t steps;
    void *_Atomic ranges[];           /* as malloc gave them, by the step that they begin with */
};

carom_status_t carom_plat_shared_create(carom_plat_shared_t **shared, uint64_t size)
{
    uint64_t steps = size / CAROM_PLAT_SHARED_STEP;
    carom_plat_shared_t *self = NULL;

    if (steps <= (SIZE_MAX - sizeof *self) / sizeof self->ranges[0])
        self = calloc(1, sizeof *self + (size_t) steps * sizeof self->ranges[0]);
    *shared = self;
    if (self == NULL)
        return CAROM_ENOMEM;
    self->forks = carom_plat_fork_count();
    self->steps = (size_t) steps;
    return CAROM_OK;
}

static int is_parents(const carom_plat_shared_t *shared)
{
    return shared->forks != carom_plat_fork_count();
}

/* What malloc gives is as real as it gets. */
carom_status_t carom_plat_shared_commit(carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    (void) offset;
    (void) length;
    return is_parents(shared) ? CAROM_EFORKED : CAROM_OK;
}

static void *align(void *range)
{
    return (unsigned char *) range + (ALIGNMENT - (uintptr_t) range % ALIGNMENT) % ALIGNMENT;
}

carom_status_t carom_plat_shared_map(void **at, carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    void *_Atomic *place = &shared->ranges[offset / CAROM_PLAT_SHARED_STEP];
    void *range = atomic_load(place), *expected = NULL;

    *at = NULL;
    if (is_parents(shared))
        return CAROM_EFORKED;
    if (range == NULL) {
        range = length <= SIZE_MAX - ALIGNMENT ? calloc(1, length + ALIGNMENT) : NULL;
        if (range == NULL)
            return CAROM_ENOMEM;
        if (!atomic_compare_exchange_strong(place, &expected, range)) {
            free(range);
            range = expected;
        }
    }
    *at = align(range);
    return CAROM_OK;
}

/* The object keeps it: who maps it again finds what is in it. */
void carom_plat_shared_unmap(void *at, size_t length)
{
    (void) at;
    (void) length;
}

void carom_plat_shared_close(carom_plat_shared_t **shared)
{
    carom_plat_shared_t *self = *shared;
    size_t i;

    if (self == NULL)
        return;
    *shared = NULL;
    /* A child that the host forked may still look at what it has of the parent's. */
    for (i = 0; !is_parents(self) && i < self->steps; i++)
        free(atomic_load(&self->ranges[i]));
    free(self);
}

/* Who could ask is the process itself. */
carom_status_t carom_plat_shared_claim(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark)
{
    (void) number;
    if (is_parents(shared))
        return CAROM_EFORKED;
    if (atomic_exchange(&mark->stamp, 1) != 0)
        return CAROM_EBUSY;
    atomic_store(&mark->pid, (uint64_t) carom_plat_pid());
    return CAROM_OK;
}

uint64_t carom_plat_child_identity(uint64_t *space, const carom_plat_child_t *child)
{
    (void) child;
    *space = 0;
    return 0;
}

int carom_plat_identity_lives(uint64_t identity, uint64_t space)
{
    (void) identity;
    (void) space;
    return 1;
}

int carom_plat_shared_is_alive(carom_plat_shared_t *shared, unsigned number, const carom_plat_mark_t *mark)
{
    (void) shared;
    (void) number;
    (void) mark;
    return 1;
}

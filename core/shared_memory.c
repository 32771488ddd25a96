/* Shared memory with a name: what is asked for is checked, names are made up, and the tree is found that a name ends with. */

#include "core/arena.h"
#include "core/memory.h"

#include <carom/shared_memory.h>

#include <apr_general.h>

#include <stdio.h>
#include <string.h>

#define MAGIC 0x5EA3E30Bu
#define MODES 0777u
#define MODE_LEAST 0600u
#define TRIES 1000                     /* of names by lot: all are taken, or what draws them is broken */

struct carom_shared_memory_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() when it was made; these three never change */
    carom_plat_named_t named;
};

static int is_name(const char *name)
{
    size_t length = strlen(name);

    if (length == 0 || length >= CAROM_PLAT_NAME || strpbrk(name, "/\\") || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return 0;
    return strncmp(name, CAROM_PLAT_NAME_OURS, strlen(CAROM_PLAT_NAME_OURS)) != 0;
}

static int are_good(const carom_shared_memory_options_t *options)
{
    return options->size == sizeof *options && (options->mode & MODE_LEAST) == MODE_LEAST && (options->mode & ~MODES) == 0;
}

/* ---- making ---- */

static carom_status_t create(carom_plat_named_t *named, const char *name, uint64_t size,
                             const carom_shared_memory_options_t *options)
{
    return carom_plat_named_create(named, name, size, options->mode, options->untracked ? 0 : carom__slot_root_pid());
}

static carom_status_t create_by_lot(carom_plat_named_t *named, uint64_t size, const carom_shared_memory_options_t *options)
{
    carom_status_t status = CAROM_EEXIST;
    unsigned char lot[4];
    char name[16];
    int tries;

    for (tries = 0; tries < TRIES && status == CAROM_EEXIST; tries++) {
        if (apr_generate_random_bytes(lot, sizeof lot) != APR_SUCCESS)
            return CAROM_EAGAIN;
        snprintf(name, sizeof name, "%s%02x%02x%02x%02x", carom_plat_named_prefix(), lot[0], lot[1], lot[2], lot[3]);
        status = create(named, name, size, options);
    }
    return status;
}

static carom_status_t new_memory(carom_shared_memory_t **memory)
{
    carom_shared_memory_t *self;
    carom_status_t status = carom_plat_start();

    if (status != CAROM_OK)
        return status;
    self = carom__calloc(1, sizeof *self);
    if (self == NULL)
        return CAROM_ENOMEM;
    self->magic = MAGIC;
    self->born = carom_plat_fork_count();
    *memory = self;
    return CAROM_OK;
}

static carom_status_t give(carom_shared_memory_t **memory, carom_shared_memory_t *self, carom_status_t status)
{
    if (status == CAROM_OK)
        *memory = self;
    else
        carom_free(self);
    return status;
}

carom_status_t carom_shared_memory_create(carom_shared_memory_t **memory, const char *name, uint64_t size,
                                          const carom_shared_memory_options_t *options)
{
    static const carom_shared_memory_options_t defaults = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    const carom_shared_memory_options_t *wanted = options ? options : &defaults;
    carom_shared_memory_t *self;
    carom_status_t status;

    *memory = NULL;
    if (size == 0 || !are_good(wanted) || (name && !is_name(name)))
        return CAROM_EINVAL;
    status = new_memory(&self);
    if (status != CAROM_OK)
        return status;
    status = name ? create(&self->named, name, size, wanted) : create_by_lot(&self->named, size, wanted);
    return give(memory, self, status);
}

carom_status_t carom_shared_memory_attach(carom_shared_memory_t **memory, const char *name, uint64_t least)
{
    carom_shared_memory_t *self;
    carom_status_t status;

    *memory = NULL;
    if (name == NULL || !is_name(name))
        return CAROM_EINVAL;
    status = new_memory(&self);
    if (status != CAROM_OK)
        return status;
    status = carom_plat_named_attach(&self->named, name);
    if (status == CAROM_OK && self->named.size < least) {
        carom_plat_named_close(&self->named);
        status = CAROM_EBADMSG;
    }
    return give(memory, self, status);
}

/* ---- using it ---- */

static int is_memory(const carom_shared_memory_t *memory)
{
    return memory && memory->magic == MAGIC;
}

void *carom_shared_memory_address(const carom_shared_memory_t *memory)
{
    return is_memory(memory) ? memory->named.at : NULL;
}

uint64_t carom_shared_memory_size(const carom_shared_memory_t *memory)
{
    return is_memory(memory) ? memory->named.size : 0;
}

const char *carom_shared_memory_name(const carom_shared_memory_t *memory)
{
    return is_memory(memory) ? memory->named.name : NULL;
}

carom_status_t carom_shared_memory_unlink(carom_shared_memory_t *memory)
{
    if (!is_memory(memory))
        return CAROM_EINVAL;
    if (memory->born != carom_plat_fork_count())
        return CAROM_EFORKED;
    return carom_plat_named_unlink(&memory->named);
}

void carom_shared_memory_close(carom_shared_memory_t **memory)
{
    carom_shared_memory_t *self = *memory;

    if (!is_memory(self))
        return;
    *memory = NULL;
    self->magic = 0;
    carom_plat_named_close(&self->named);
    carom_free(self);
}

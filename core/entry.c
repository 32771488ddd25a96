/* The registry of entries, and in which program each can run. */

#include "core/entry.h"

#include "core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

static carom_entry_t *entries;        /* last registered first; guarded by the global lock */
static char *worker_path;             /* by carom_worker_set; guarded by the global lock */
static atomic_int has_init;

static carom_entry_t **place_of(const carom_entry_t *entry)
{
    carom_entry_t **place = &entries;

    while (*place && *place != entry)
        place = &(*place)->next;
    return place;
}

void carom_entry_register(carom_entry_t *entry)
{
    carom_plat_global_lock();
    if (*place_of(entry) == NULL) {
        entry->next = entries;
        entries = entry;
    }
    carom_plat_global_unlock();
}

void carom_entry_unregister(carom_entry_t *entry)
{
    carom_entry_t **place;

    carom_plat_global_lock();
    place = place_of(entry);
    if (*place)
        *place = entry->next;
    carom_plat_global_unlock();
}

/* The next entry of that name after `after` (NULL: from the beginning). */
static const carom_entry_t *next_named(const carom_entry_t *after, const char *name)
{
    const carom_entry_t *entry;

    carom_plat_global_lock();
    entry = after ? after->next : entries;
    while (entry && strcmp(entry->name, name) != 0)
        entry = entry->next;
    carom_plat_global_unlock();
    return entry;
}

carom_status_t carom_entry_find(const carom_entry_t **entry, const char *name)
{
    *entry = next_named(NULL, name);
    return *entry ? CAROM_OK : CAROM_ENOENTRY;
}

void carom__entry_note_init(void)
{
    atomic_store(&has_init, 1);
}

carom_status_t carom_worker_set(const char *path)
{
    char *copy = NULL;

    if (path) {
        copy = carom__alloc(strlen(path) + 1);
        if (copy == NULL)
            return CAROM_ENOMEM;
        strcpy(copy, path);
    }
    carom_plat_global_lock();
    carom_free(worker_path);
    worker_path = copy;
    carom_plat_global_unlock();
    return CAROM_OK;
}

static carom_status_t copy_path(char *to, size_t size, const char *from)
{
    if (from == NULL || strlen(from) >= size)
        return CAROM_ENOWORKER;
    strcpy(to, from);
    return CAROM_OK;
}

static carom_status_t worker(char *path, size_t size)
{
    carom_status_t status;
    const char *named;

    carom_plat_global_lock();
    named = worker_path ? worker_path : getenv("CAROM_WORKER");
    status = copy_path(path, size, named ? named : CAROM_WORKER_PATH);
    carom_plat_global_unlock();
    return status;
}

void carom__entry_object(char *object, size_t size, const carom_entry_t *entry)
{
    if (carom_plat_object_of(object, size, (const void *) (uintptr_t) entry->function) != CAROM_OK)
        object[0] = '\0';
}

carom_status_t carom__entry_home(carom__home_t *home, const carom_entry_t *entry)
{
    carom_status_t status = carom_plat_program(home->program, sizeof home->program);

    if (status != CAROM_OK)
        return atomic_load(&has_init) ? status : CAROM_ENOINIT;
    home->is_worker = 0;
    carom__entry_object(home->object, sizeof home->object, entry);
    if (atomic_load(&has_init))
        return CAROM_OK;
    if (home->object[0] == '\0')
        return CAROM_ENOINIT;
    home->is_worker = 1;
    return worker(home->program, sizeof home->program);
}

static int is_from(const carom_entry_t *entry, const char *object)
{
    char path[CAROM_PLAT_PATH];

    carom__entry_object(path, sizeof path, entry);
    return strcmp(path, object) == 0;
}

static const carom_entry_t *registered(const char *name, const char *object)
{
    const carom_entry_t *entry = NULL;

    do
        entry = next_named(entry, name);
    while (entry && !is_from(entry, object));
    return entry;
}

/* A fork has it already, and needs no loader. */
carom_status_t carom__entry_look_up(const carom_entry_t **entry, const char *name, const char *object)
{
    *entry = registered(name, object);
    if (*entry == NULL && object[0] != '\0' && carom_plat_object_load(object) == CAROM_OK)
        *entry = registered(name, object);
    return *entry ? CAROM_OK : CAROM_ENOENTRY;
}

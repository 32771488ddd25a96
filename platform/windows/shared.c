/* Memory shared by the processes of a tree: a section without a name and without a file, of which ranges are committed.
 *
 * Not APR's: apr_shm_create commits the whole, and must have a name for others to reach it.
 *
 * A claim is the number of a process and the time of its birth, which no later process of that number has, in one word of
 * the mark, so that one exchange decides between two that claim at once. */

#include "platform/windows/windows.h"

#include <stdlib.h>

/* Processes change the same words, which no lock of a library makes one step for all of them. */
_Static_assert(ATOMIC_LLONG_LOCK_FREE == 2, "no exchanges of 64 bits: configure with --disable-native");

carom_status_t carom__shared_of(carom_plat_shared_t **shared, HANDLE section)
{
    carom_plat_shared_t *self = calloc(1, sizeof *self);

    *shared = self;
    if (self == NULL) {
        carom__handle_close(&section);
        return CAROM_ENOMEM;
    }
    self->section = section;
    return CAROM_OK;
}

carom_status_t carom_plat_shared_create(carom_plat_shared_t **shared, uint64_t size)
{
    HANDLE section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE | SEC_RESERVE, (DWORD) (size >> 32),
                                        (DWORD) size, NULL);

    *shared = NULL;
    return section ? carom__shared_of(shared, section) : carom__last_status();
}

static void *view(carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    return MapViewOfFile(shared->section, FILE_MAP_READ | FILE_MAP_WRITE, (DWORD) (offset >> 32), (DWORD) offset, length);
}

/* What one view commits, all have; what is committed already stays. */
static carom_status_t commit(void *at, size_t length)
{
    return VirtualAlloc(at, length, MEM_COMMIT, PAGE_READWRITE) ? CAROM_OK : carom__last_status();
}

carom_status_t carom_plat_shared_commit(carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    void *at = view(shared, offset, length);
    carom_status_t status = at ? commit(at, length) : carom__last_status();

    carom_plat_shared_unmap(at, length);
    return status;
}

/* Wine learns only so that another view has committed the range. */
carom_status_t carom_plat_shared_map(void **at, carom_plat_shared_t *shared, uint64_t offset, size_t length)
{
    carom_status_t status;

    *at = view(shared, offset, length);
    status = *at ? commit(*at, length) : carom__last_status();
    if (status != CAROM_OK) {
        carom_plat_shared_unmap(*at, length);
        *at = NULL;
    }
    return status;
}

void carom_plat_shared_unmap(void *at, size_t length)
{
    (void) length;
    if (at != NULL)
        UnmapViewOfFile(at);
}

void carom_plat_shared_close(carom_plat_shared_t **shared)
{
    carom_plat_shared_t *self = *shared;

    if (self == NULL)
        return;
    *shared = NULL;
    carom__handle_close(&self->section);
    free(self);
}

/* ---- claims ---- */

/* The time in units of 6.6 ms, 325 days of them; 0 when it cannot be told. */
static uint64_t identity_of(HANDLE process, DWORD pid)
{
    FILETIME born, ended, kernel, user;
    uint64_t time;

    if (!GetProcessTimes(process, &born, &ended, &kernel, &user))
        return 0;
    time = (uint64_t) born.dwHighDateTime << 32 | born.dwLowDateTime;
    return time >> 16 << 32 | pid;
}

/* A process that has ended is there for as long as somebody has a handle to it.  Who cannot be asked about must not be taken
 * for dead. */
static int lives(uint64_t identity)
{
    DWORD pid = (DWORD) identity;
    HANDLE process;
    int living;

    if (identity == 0)
        return 0;
    if (pid == GetCurrentProcessId())
        return identity_of(GetCurrentProcess(), pid) == identity;
    process = OpenProcess(SYNCHRONIZE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (process == NULL)
        return GetLastError() != ERROR_INVALID_PARAMETER;
    living = identity_of(process, pid) == identity && WaitForSingleObject(process, 0) != WAIT_OBJECT_0;
    carom__handle_close(&process);
    return living;
}

uint64_t carom_plat_child_identity(uint64_t *space, const carom_plat_child_t *child)
{
    *space = 0;
    return identity_of(child->process, child->pid);
}

int carom_plat_identity_lives(uint64_t identity, uint64_t space)
{
    (void) space;
    return lives(identity);
}

carom_status_t carom_plat_shared_claim(carom_plat_shared_t *shared, unsigned number, carom_plat_mark_t *mark)
{
    uint64_t before = atomic_load(&mark->stamp), us = identity_of(GetCurrentProcess(), GetCurrentProcessId());

    (void) shared;
    (void) number;
    if (us == 0)
        return carom__last_status();
    if (lives(before) || !atomic_compare_exchange_strong(&mark->stamp, &before, us))
        return CAROM_EBUSY;
    atomic_store(&mark->pid, (uint64_t) GetCurrentProcessId());
    return CAROM_OK;
}

int carom_plat_shared_is_alive(carom_plat_shared_t *shared, unsigned number, const carom_plat_mark_t *mark)
{
    (void) shared;
    (void) number;
    return lives(atomic_load(&mark->stamp));
}

/* Memory with a name: a section, as CPython makes it here.
 *
 * Not APR's: apr_shm_create puts a "Local\" or "Global\" and a form of its own before names, and a header into the memory.
 *
 * The system counts who has a section, so that a name ends with the last of them and needs no owner.  All of it is committed
 * when it is made. */

#include "platform/windows/windows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *carom_plat_named_prefix(void)
{
    return "wnsm_";
}

/* The name of another kind of thing is taken too. */
static carom_status_t status_of(DWORD error)
{
    return error == ERROR_INVALID_HANDLE || error == ERROR_ALREADY_EXISTS ? CAROM_EEXIST : carom__status(error);
}

static carom_status_t make_section(HANDLE *section, const wchar_t *name, uint64_t size)
{
    DWORD error;

    SetLastError(0);
    *section = CreateFileMappingW(INVALID_HANDLE_VALUE, NULL, PAGE_READWRITE, (DWORD) (size >> 32), (DWORD) size, name);
    error = GetLastError();
    if (*section == NULL)
        return status_of(error);
    if (error != ERROR_ALREADY_EXISTS)
        return CAROM_OK;
    carom__handle_close(section);
    return CAROM_EEXIST;
}

static carom_status_t open_section(HANDLE *section, const wchar_t *name)
{
    *section = OpenFileMappingW(FILE_MAP_READ | FILE_MAP_WRITE, FALSE, name);
    if (*section != NULL)
        return CAROM_OK;
    /* The name of another kind of thing is no section's. */
    return GetLastError() == ERROR_INVALID_HANDLE ? CAROM_ENOENT : carom__last_status();
}

/* All of a section; the handle is the caller's until it succeeds. */
static carom_status_t map(carom_plat_named_t *named, HANDLE section, uint64_t size)
{
    MEMORY_BASIC_INFORMATION about;
    void *at = MapViewOfFile(section, FILE_MAP_READ | FILE_MAP_WRITE, 0, 0, 0);

    if (at == NULL)
        return carom__last_status();
    if (size == 0) {
        if (VirtualQuery(at, &about, sizeof about) == 0) {
            carom_status_t status = carom__last_status();

            UnmapViewOfFile(at);
            return status;
        }
        size = about.RegionSize;
    }
    named->at = at;
    named->size = size;
    named->handle = (carom_native_t) section;
    return CAROM_OK;
}

/* size 0: what is there. */
static carom_status_t begin(carom_plat_named_t *named, const char *name, uint64_t size)
{
    HANDLE section = NULL;
    wchar_t *wide;
    carom_status_t status = carom__wide(&wide, name);

    memset(named, 0, sizeof *named);
    if (status != CAROM_OK)
        return status == CAROM_EUTF8 ? CAROM_EINVAL : status;
    status = size > 0 ? make_section(&section, wide, size) : open_section(&section, wide);
    free(wide);
    if (status == CAROM_OK)
        status = map(named, section, size);
    if (status == CAROM_OK)
        snprintf(named->name, sizeof named->name, "%s", name);
    else
        carom__handle_close(&section);
    return status;
}

carom_status_t carom_plat_named_create(carom_plat_named_t *named, const char *name, uint64_t size, unsigned mode,
                                       int64_t owner)
{
    (void) mode;
    (void) owner;
    if (size <= SIZE_MAX && size <= INT64_MAX)
        return begin(named, name, size);
    memset(named, 0, sizeof *named);
    return CAROM_ENOMEM;
}

carom_status_t carom_plat_named_attach(carom_plat_named_t *named, const char *name)
{
    return begin(named, name, 0);
}

carom_status_t carom_plat_named_unlink(const carom_plat_named_t *named)
{
    (void) named;
    return CAROM_OK;
}

void carom_plat_named_close(carom_plat_named_t *named)
{
    HANDLE section = carom__handle(named->handle);

    if (named->at != NULL) {
        UnmapViewOfFile(named->at);
        carom__handle_close(&section);
    }
    memset(named, 0, sizeof *named);
}

void carom_plat_named_reclaim(void)
{
}

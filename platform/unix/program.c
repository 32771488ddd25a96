/* Which program this is, and which object an address belongs to.  APR knows neither. */

#include "platform/internal.h"

#include <dlfcn.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SELF "/proc/self/exe"
#define SELF_LINK "/proc/self"
#define DELETED " (deleted)"

/* From argv[0], where there is no /proc.  Written once, by carom_init, before there are threads that read it. */
static char hinted[CAROM_PLAT_PATH];

int64_t carom_plat_pid(void)
{
    return getpid();
}

static carom_status_t put(char *path, size_t size, const char *text)
{
    if (strlen(text) >= size)
        return CAROM_ETOOBIG;
    strcpy(path, text);
    return CAROM_OK;
}

static int ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);

    return length >= tail && strcmp(text + length - tail, end) == 0;
}

carom_status_t carom_plat_program(char *path, size_t size)
{
    char found[CAROM_PLAT_PATH];
    ssize_t n = readlink(SELF, found, sizeof found - 1);

    if (n <= 0)
        return hinted[0] ? put(path, size, hinted) : CAROM_ENOENT;
    found[n] = '\0';
    /* A program that was replaced on disk can still be run, as the same build, through the link itself. */
    return put(path, size, ends_with(found, DELETED) ? SELF : found);
}

static void hint(const char *path)
{
    char *real = realpath(path, NULL);

    if (real && strlen(real) < sizeof hinted && access(real, X_OK) == 0)
        strcpy(hinted, real);
    free(real);
}

static void hint_in_path(const char *name)
{
    const char *folder = getenv("PATH");
    char path[CAROM_PLAT_PATH];

    while (folder && *folder && !hinted[0]) {
        size_t length = strcspn(folder, ":");

        if (length + strlen(name) + 2 <= sizeof path) {
            memcpy(path, folder, length);
            path[length] = '/';
            strcpy(path + length + 1, name);
            hint(path);
        }
        folder += length + (folder[length] == ':');
    }
}

void carom_plat_program_hint(const char *argument0)
{
    struct stat ignored;

    /* Not SELF itself: to look through it the system makes a folder for this process, which costs 20 µs of its start. */
    if (argument0 == NULL || hinted[0] || lstat(SELF_LINK, &ignored) == 0)
        return;
    if (strchr(argument0, '/'))
        hint(argument0);
    else
        hint_in_path(argument0);
}

/* The first object that the loader names is the program itself. */
static int is_in_first(struct dl_phdr_info *object, size_t size, void *data)
{
    uintptr_t *address = data;
    int i;

    (void) size;
    for (i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *part = &object->dlpi_phdr[i];

        if (part->p_type == PT_LOAD && *address - (object->dlpi_addr + part->p_vaddr) < part->p_memsz)
            return 1;
    }
    return -1;
}

carom_status_t carom_plat_object_of(char *path, size_t size, const void *address)
{
    uintptr_t place = (uintptr_t) address;
    Dl_info info;
    char *real;
    carom_status_t status;

    if (dl_iterate_phdr(is_in_first, &place) == 1)
        return put(path, size, "");
    if (dladdr(address, &info) == 0 || info.dli_fname == NULL)
        return CAROM_ENOENT;
    real = realpath(info.dli_fname, NULL);
    status = real ? put(path, size, real) : CAROM_ENOENT;
    free(real);
    return status;
}

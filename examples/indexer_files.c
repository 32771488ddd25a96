/* The files to be indexed, and the slices that workers get. */

#include "indexer.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* Of a slice: large enough that starting a process for it costs little, small enough that all processors are busy to the end.
 * */
#define SLICE_BYTES ((uint64_t) 2 << 20)

/* Folders that are still to be read. */
typedef struct folder_t {
    struct folder_t *next;
    const char *path;
} folder_t;

/* ---- finding ---- */

static apr_status_t add_file(files_t *files, const char *path, apr_off_t size)
{
    size_t capacity = files->capacity ? 2 * files->capacity : 256;
    file_t file = {path, (uint64_t) size, FATE_WAITING, 0, carom_value_none()};
    file_t *larger;

    if (files->count == files->capacity) {
        larger = realloc(files->all, capacity * sizeof *larger);
        if (larger == NULL)
            return APR_ENOMEM;
        files->all = larger;
        files->capacity = capacity;
    }
    files->all[files->count++] = file;
    return APR_SUCCESS;
}

static void add_folder(folder_t **folders, const char *path, apr_pool_t *pool)
{
    folder_t *folder = apr_palloc(pool, sizeof *folder);

    folder->path = path;
    folder->next = *folders;
    *folders = folder;
}

static apr_status_t add_entry(files_t *files, folder_t **folders, const char *folder, const apr_finfo_t *entry)
{
    const char *slash = folder[strlen(folder) - 1] == '/' ? "" : "/";

    if (strcmp(entry->name, ".") == 0 || strcmp(entry->name, "..") == 0)
        return APR_SUCCESS;
    if (entry->filetype == APR_DIR)
        add_folder(folders, apr_pstrcat(files->pool, folder, slash, entry->name, NULL), files->pool);
    else if (entry->filetype == APR_REG)
        return add_file(files, apr_pstrcat(files->pool, folder, slash, entry->name, NULL), entry->size);
    return APR_SUCCESS;
}

/* APR_INCOMPLETE: an entry that went away meanwhile, or tells less than asked for. */
static apr_status_t read_folder(files_t *files, folder_t **folders, const char *path, apr_pool_t *scratch)
{
    apr_dir_t *dir;
    apr_finfo_t entry;
    apr_status_t status = apr_dir_open(&dir, path, scratch);

    if (status != APR_SUCCESS) {
        files->unreadable_folders++;
        return APR_SUCCESS;
    }
    do {
        status = apr_dir_read(&entry, APR_FINFO_TYPE | APR_FINFO_SIZE | APR_FINFO_NAME, dir);
        if (status == APR_SUCCESS)
            status = add_entry(files, folders, path, &entry);
    } while (status == APR_SUCCESS || status == APR_INCOMPLETE);
    apr_dir_close(dir);
    if (status == APR_ENOMEM)
        return status;
    files->unreadable_folders += APR_STATUS_IS_ENOENT(status) ? 0 : 1;      /* ENOENT is the end */
    return APR_SUCCESS;
}

/* One folder is open at a time, however deep they are. */
static apr_status_t walk(files_t *files, const char *path)
{
    folder_t *folders = NULL, *folder;
    apr_pool_t *scratch;
    apr_status_t status = apr_pool_create(&scratch, files->pool);

    if (status != APR_SUCCESS)
        return status;
    add_folder(&folders, path, files->pool);
    while (folders != NULL && status == APR_SUCCESS) {
        folder = folders;
        folders = folder->next;
        status = read_folder(files, &folders, folder->path, scratch);
        apr_pool_clear(scratch);
    }
    apr_pool_destroy(scratch);
    return status;
}

/* But for those that are the root's: "/", "C:/". */
static const char *without_last_slashes(const char *path, apr_pool_t *pool)
{
    size_t length = strlen(path);

    while (length > 1 && path[length - 1] == '/' && path[length - 2] != ':')
        length--;
    return apr_pstrmemdup(pool, path, length);
}

apr_status_t files_add(files_t *files, const char *path)
{
    const char *name = without_last_slashes(path, files->pool);
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, name, APR_FINFO_TYPE | APR_FINFO_SIZE, files->pool);

    if (status != APR_SUCCESS && status != APR_INCOMPLETE)
        return status;
    return info.filetype == APR_DIR ? walk(files, name) : add_file(files, name, info.size);
}

/* ---- their order ---- */

static int by_path(const void *one, const void *other)
{
    const file_t *a = one, *b = other;

    return strcmp(a->path, b->path);
}

void files_sort(files_t *files)
{
    size_t kept = 0, i;

    if (files->count > 0)
        qsort(files->all, files->count, sizeof *files->all, by_path);
    for (i = 0; i < files->count; i++)
        if (kept == 0 || strcmp(files->all[i].path, files->all[kept - 1].path) != 0)
            files->all[kept++] = files->all[i];
    files->count = kept;
}

void files_clear(files_t *files)
{
    while (files->count > 0)
        carom_value_clear(&files->all[--files->count].index);
    free(files->all);
    files->all = NULL;
    files->capacity = 0;
}

/* ---- slices ---- */

size_t files_slice(const files_t *files, size_t first)
{
    uint64_t bytes = 0;
    size_t i;

    for (i = first; i < files->count && i - first < FILES_SLICE_MAX; i++) {
        bytes += files->all[i].size;
        if (i > first && bytes > SLICE_BYTES)
            break;
    }
    return i - first;
}

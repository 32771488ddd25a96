/* Temporary folders and whole files. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <string.h>

const char *carom__h_folder_make(apr_pool_t *pool)
{
    const char *place, *path;
    apr_status_t status = APR_EEXIST;
    int i;

    if (apr_temp_dir_get(&place, pool) != APR_SUCCESS)
        return NULL;
    for (i = 0; i < 100 && APR_STATUS_IS_EEXIST(status); i++) {
        path = apr_psprintf(pool, "%s/carom-%" APR_INT64_T_FMT "-%d", place, carom_inspect_pid(), i);
        status = apr_dir_make(path, APR_FPROT_UREAD | APR_FPROT_UWRITE | APR_FPROT_UEXECUTE, pool);
    }
    return status == APR_SUCCESS ? path : NULL;
}

static void remove_contents(const char *path, apr_pool_t *pool)
{
    apr_dir_t *folder;
    apr_finfo_t info;
    apr_status_t status;

    if (apr_dir_open(&folder, path, pool) != APR_SUCCESS)
        return;
    while ((status = apr_dir_read(&info, APR_FINFO_NAME | APR_FINFO_TYPE | APR_FINFO_LINK, folder)) == APR_SUCCESS ||
           status == APR_INCOMPLETE) {
        const char *name;

        if (strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0)
            continue;
        name = apr_pstrcat(pool, path, "/", info.name, NULL);
        if (info.filetype == APR_DIR)
            carom__h_folder_remove(name, pool);
        else
            apr_file_remove(name, pool);
    }
    apr_dir_close(folder);
}

/* Windows holds on to the files of a killed process for a moment. */
void carom__h_folder_remove(const char *path, apr_pool_t *parent)
{
    apr_pool_t *pool;
    int tries;

    if (apr_pool_create(&pool, parent) != APR_SUCCESS)
        return;
    for (tries = 0; tries < 50; tries++) {
        apr_status_t status;

        remove_contents(path, pool);
        status = apr_dir_remove(path, pool);
        if (status == APR_SUCCESS || APR_STATUS_IS_ENOENT(status))
            break;
        apr_sleep(10000);
    }
    apr_pool_destroy(pool);
}

const char *carom__h_file_read(const char *path, size_t limit, apr_pool_t *pool)
{
    apr_file_t *file;
    apr_off_t length = 0, skip;
    apr_size_t got = 0;
    char *text;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, pool) != APR_SUCCESS)
        return "";
    apr_file_seek(file, APR_END, &length);
    skip = (uint64_t) length > limit ? length - (apr_off_t) limit : 0;
    apr_file_seek(file, APR_SET, &skip);
    text = apr_pcalloc(pool, (apr_size_t) (length - skip) + 1);
    apr_file_read_full(file, text, (apr_size_t) (length - skip), &got);
    apr_file_close(file);
    text[got] = '\0';
    return text;
}

/* A module with an entry of its own, as a plugin has: its host's main knows nothing of carom. */

#include <carom.h>

#include <apr_file_io.h>
#include <apr_strings.h>

#include <stdio.h>
#include <string.h>

__attribute__((visibility("default"))) int plugin_run(void);
__attribute__((visibility("default"))) int plugin_refusals(void);

CAROM_TASK(plugin_entry)
{
    char text[100];

    snprintf(text, sizeof text, "%s from the plugin", carom_arg_text(call, 0));
    return carom_return(call, (const char *) text);
}

static int check(carom_process_t *child)
{
    carom_value_t result;
    int good;

    if (carom_process_join(child, carom_seconds(20)) != CAROM_OK || carom_process_result(&result, child) != CAROM_OK)
        return 1;
    good = strcmp(carom_value_text(result), "hello from the plugin") == 0;
    carom_value_clear(&result);
    return good ? 0 : 2;
}

/* What start says of a worker that cannot be run. */
static carom_status_t start_with(carom_context_t *spawn, const char *worker)
{
    carom_process_t *child = NULL;
    carom_status_t status = carom_worker_set(worker);

    if (status == CAROM_OK)
        status = carom_process_start(&child, spawn, carom_call(plugin_entry, "hello"));
    carom_process_destroy(&child);
    return status;
}

/* A file that may be run and is no program. */
static carom_status_t start_with_text(carom_context_t *spawn)
{
    carom_status_t status = CAROM_ENOENT;
    const char *folder;
    apr_pool_t *pool;
    apr_file_t *file;
    char *path;

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS || apr_temp_dir_get(&folder, pool) != APR_SUCCESS)
        return status;
    path = apr_pstrcat(pool, folder, "/carom-no-program-XXXXXX", NULL);
    if (apr_file_mktemp(&file, path, APR_FOPEN_CREATE | APR_FOPEN_WRITE | APR_FOPEN_EXCL, pool) == APR_SUCCESS) {
        apr_file_puts("this is not a program\n", file);
        apr_file_close(file);
        apr_file_perms_set(path, APR_FPROT_UREAD | APR_FPROT_UEXECUTE);
        status = start_with(spawn, path);
        apr_file_remove(path, pool);
    }
    apr_pool_destroy(pool);
    return status;
}

static int check_statuses(carom_context_t *spawn)
{
    if (start_with(spawn, "/nonexistent/carom-worker") != CAROM_ENOWORKER)
        return 4;
    if (start_with(spawn, "/") != CAROM_EACCESS)
        return 5;
    if (start_with_text(spawn) != CAROM_ENOEXEC)
        return 6;
    return carom_worker_set(NULL) == CAROM_OK ? 0 : 7;
}

/* What the host calls: 0 when workers that cannot be run gave the statuses they should. */
int plugin_refusals(void)
{
    carom_context_t *spawn;
    int code;

    if (carom_context_create(&spawn, "spawn") != CAROM_OK)
        return 3;
    code = check_statuses(spawn);
    carom_context_destroy(&spawn);
    return code;
}

/* What the host calls: 0 when a worker in a process of its own ran our entry. */
int plugin_run(void)
{
    carom_context_t *spawn;
    carom_process_t *child = NULL;
    carom_status_t status = carom_context_create(&spawn, "spawn");
    int code;

    if (status == CAROM_OK)
        status = carom_process_start(&child, spawn, carom_call(plugin_entry, "hello"));
    if (status != CAROM_OK)
        fprintf(stderr, "plugin: %s\n", carom_status_name(status));
    code = status == CAROM_OK ? check(child) : 3;
    carom_process_destroy(&child);
    carom_context_destroy(&spawn);
    return code;
}

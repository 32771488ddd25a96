/* The names of the cases that failed the last time, one a line, for --failed. */

#include "harness/harness.h"

#include <apr_env.h>
#include <apr_file_io.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <string.h>

static const char *path_of(const carom__h_session_t *session)
{
    char *path;

    if (apr_env_get(&path, "CAROM_FAILED", session->pool) == APR_SUCCESS && *path != '\0')
        return path;
    return apr_pstrcat(session->pool, apr_filepath_name_get(session->command), ".failed", NULL);
}

apr_hash_t *carom__h_failed_read(const carom__h_session_t *session)
{
    apr_hash_t *names = apr_hash_make(session->pool);
    char *text = apr_pstrdup(session->pool, carom__h_file_read(path_of(session), (size_t) -1, session->pool)), *state, *name;

    for (name = apr_strtok(text, "\r\n", &state); name != NULL; name = apr_strtok(NULL, "\r\n", &state))
        apr_hash_set(names, name, APR_HASH_KEY_STRING, name);
    return names;
}

int carom__h_failed_has(apr_hash_t *names, const char *name)
{
    return apr_hash_get(names, name, APR_HASH_KEY_STRING) != NULL;
}

/* A case that failed in one of its runs failed. */
static void note_runs(apr_hash_t *names, const carom__h_session_t *session, int failed)
{
    int i;

    for (i = 0; i < session->runs->nelts; i++) {
        const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, i, carom__h_run_t);

        if (run->state == CAROM__H_FINISHED && (run->outcome == CAROM__H_FAILED) == failed)
            apr_hash_set(names, run->of->name, APR_HASH_KEY_STRING, failed ? run->of->name : NULL);
    }
}

static void write_names(apr_hash_t *names, const char *path, apr_pool_t *pool)
{
    apr_hash_index_t *at;
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_TRUNCATE | APR_FOPEN_BUFFERED,
                      APR_FPROT_OS_DEFAULT, pool) != APR_SUCCESS)
        return;
    for (at = apr_hash_first(pool, names); at != NULL; at = apr_hash_next(at)) {
        const void *name;

        apr_hash_this(at, &name, NULL, NULL);
        apr_file_printf(file, "%s\n", (const char *) name);
    }
    apr_file_close(file);
}

/* Where nothing can be written there is no memory of it, and that is all. */
void carom__h_failed_write(const carom__h_session_t *session)
{
    apr_hash_t *names = carom__h_failed_read(session);

    note_runs(names, session, 0);
    note_runs(names, session, 1);
    if (apr_hash_count(names) > 0)
        write_names(names, path_of(session), session->pool);
    else
        apr_file_remove(path_of(session), session->pool);
}

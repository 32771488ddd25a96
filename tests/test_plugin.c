/* Programs whose main does not call carom_init: a plugin's entry runs in carom-worker, one of the program itself nowhere
 * else. */

#include "tests/pairs.h"

#include <apr_file_info.h>
#include <apr_general.h>
#include <apr_thread_proc.h>

#include <stdlib.h>

/* Runs `program first second`, or without those that are NULL, and returns its exit code, or -1. */
static int run(const char *program, const char *first, const char *second)
{
    const char *argv[] = {program, first, second, NULL};
    apr_procattr_t *attributes;
    apr_exit_why_e why;
    apr_pool_t *pool;
    apr_proc_t process;
    int code = -1;

    CAROM_ASSERT_INT(apr_pool_create(&pool, NULL), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_procattr_create(&attributes, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_proc_create(&process, program, argv, NULL, attributes, pool), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_proc_wait(&process, &code, &why, APR_WAIT), APR_CHILD_DONE);
    apr_pool_destroy(pool);
    return code;
}

static int run_plugin(const char *function)
{
    const char *host = getenv("CAROM_PLUGIN_HOST"), *plugin = getenv("CAROM_PLUGIN");

    if (host == NULL || plugin == NULL)
        CAROM_SKIP("no-plugins");
    return run(host, plugin, function);
}

CAROM_TEST_ONCE(plugin, runs_in_carom_worker)
{
    CAROM_ASSERT_INT(run_plugin("plugin_run"), 0);
}

/* Its processes are started in spawn mode. */
CAROM_TEST_ONCE(plugin, workers_that_cannot_run)
{
    if (!tells_failed_exec())
        CAROM_SKIP("no-vfork");
    CAROM_ASSERT_INT(run_plugin("plugin_refusals"), 0);
}

CAROM_TEST_ONCE(plugin, without_init)
{
    const char *program = getenv("CAROM_NO_INIT");

    if (program == NULL)
        CAROM_SKIP("not-in-make-check");
    CAROM_ASSERT_INT(run(program, NULL, NULL), 0);
}

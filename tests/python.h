/* What tests that drive Python share: the interpreter, and whether there is one.  PYTHON names it (make test PYTHON=pypy3);
 * else it is python3. */

#ifndef CAROM_TESTS_PYTHON_H
#define CAROM_TESTS_PYTHON_H

#include "pairs.h"
#include "platform/inspect/inspect.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_thread_proc.h>
#include <stdlib.h>
#include <string.h>

/* ---- an interpreter ---- */

typedef struct python_t {
    apr_pool_t *pool;
    apr_proc_t process;
} python_t;

CAROM_UNUSED static const char *interpreter(void)
{
    const char *named = getenv("CAROM_PYTHON");

    return named && *named ? named : "python3";
}

/* Its standard input and output are pipes.  That there is no such program Windows tells here, and Unix by its exit code. */
CAROM_UNUSED static int try_python(python_t *python, const char *program)
{
    const char *arguments[] = {interpreter(), "-c", program, NULL};
    apr_procattr_t *attributes;

    CAROM_ASSERT(apr_initialize() == APR_SUCCESS);
    CAROM_ASSERT(apr_pool_create(&python->pool, NULL) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_create(&attributes, python->pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_io_set(attributes, APR_FULL_BLOCK, APR_FULL_BLOCK, APR_NO_PIPE) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_cmdtype_set(attributes, APR_PROGRAM_PATH) == APR_SUCCESS);
    return apr_proc_create(&python->process, arguments[0], arguments, NULL, attributes, python->pool) == APR_SUCCESS;
}

CAROM_UNUSED static void release_python(python_t *python)
{
    apr_pool_destroy(python->pool);
    apr_terminate();
}

CAROM_UNUSED static void start_python(python_t *python, const char *program)
{
    CAROM_ASSERT(try_python(python, program));
}

CAROM_UNUSED static void say(python_t *python, const void *bytes, size_t size)
{
    CAROM_ASSERT(apr_file_write_full(python->process.in, bytes, size, NULL) == APR_SUCCESS);
}

/* As much as was asked for, or up to the end; a 0 behind it. */
CAROM_UNUSED static size_t hear(char *bytes, size_t size, python_t *python)
{
    apr_size_t length = 0;

    (void) apr_file_read_full(python->process.out, bytes, size, &length);
    bytes[length] = '\0';
    return length;
}

/* Waits for its end; what is still open to it ends with its input. */
CAROM_UNUSED static apr_exit_why_e end_python(int *code, python_t *python)
{
    apr_exit_why_e why;

    apr_file_close(python->process.in);
    CAROM_ASSERT(APR_STATUS_IS_CHILD_DONE(apr_proc_wait(&python->process, code, &why, APR_WAIT)));
    release_python(python);
    return why;
}

CAROM_UNUSED static void end_well(python_t *python)
{
    int code;

    CAROM_ASSERT_INT(end_python(&code, python), APR_PROC_EXIT);
    CAROM_ASSERT_INT(code, 0);
}

/* ---- with and without one ---- */

CAROM_UNUSED static int python_is_there(void)
{
    python_t python;
    int code;

    if (try_python(&python, ""))
        return end_python(&code, &python) == APR_PROC_EXIT && code == 0;
    release_python(&python);
    return 0;
}

CAROM_UNUSED static int is_set_to(const char *name, const char *value)
{
    const char *is = getenv(name);

    return is && strcmp(is, value) == 0;
}

/* One that was named must be there, and in CI there is one, but for programs of Windows. */
CAROM_UNUSED static void need_python(void)
{
    const char *named = getenv("CAROM_PYTHON");

    if (python_is_there())
        return;
    CAROM_ASSERT(!(named && *named));
    CAROM_ASSERT(!is_set_to("CI", "true") || strcmp(carom_inspect_system(), "windows") == 0);
    CAROM_SKIP("no-python");
}

/* Runs an entry that drives one. */
CAROM_UNUSED static void run_driver(carom_test_t *test, const carom_entry_t *entry)
{
    carom_process_t *driver;

    need_python();
    CAROM_ASSERT_OK(carom_process_start(&driver, test->context, carom_request(entry, NULL, 0)));
    end_child(&driver, 0);
}

#endif

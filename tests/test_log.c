/* The log hook: levels, and that children inherit it. */

#include <carom-harness.h>

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_portable.h>

#include <stdio.h>
#include <string.h>

static char last_line[1200];
static char last_process[300];
static int last_level;

CAROM_LOG_HOOK(remember)
{
    last_level = level;
    snprintf(last_line, sizeof last_line, "%s", text);
    snprintf(last_process, sizeof last_process, "%s", process);
}

CAROM_TEST_ONCE(log, levels)
{
    CAROM_ASSERT_INT(carom_log_level(), CAROM_LOG_OFF);
    carom_log(CAROM_LOG_ERROR, "nobody hears %d", 1);
    CAROM_ASSERT_TEXT(last_line, "");
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_WARNING, &remember));
    CAROM_ASSERT_INT(carom_log_level(), CAROM_LOG_WARNING);
    carom_log(CAROM_LOG_INFO, "too fine");
    CAROM_ASSERT_TEXT(last_line, "");
    carom_log(CAROM_LOG_WARNING, "heard %s", "this");
    CAROM_ASSERT_TEXT(last_line, "heard this");
    CAROM_ASSERT_TEXT(last_process, "MainProcess");
    CAROM_ASSERT_INT(last_level, CAROM_LOG_WARNING);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_OFF, NULL));
    carom_log(CAROM_LOG_ERROR, "nobody again");
    CAROM_ASSERT_TEXT(last_line, "heard this");
}

CAROM_TEST_ONCE(log, long_lines_are_cut)
{
    char text[3000];

    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_INFO, &remember));
    carom_log(CAROM_LOG_INFO, "%s", text);
    CAROM_ASSERT(strlen(last_line) >= 1000 && strlen(last_line) < 1100);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_OFF, NULL));
}

static void say_nothing(carom_level_t level, const char *process, const char *text)
{
    (void) level;
    (void) process;
    (void) text;
}

CAROM_TEST_ONCE(log, unregistered_hook)
{
    static carom_log_hook_t stranger = {"stranger", say_nothing, NULL};

    CAROM_ASSERT_STATUS(carom_log_set(CAROM_LOG_INFO, &stranger), CAROM_EINVAL);
    carom_log_register(&stranger);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_INFO, &stranger));
    carom_log_unregister(&stranger);
    CAROM_ASSERT_INT(carom_log_level(), CAROM_LOG_OFF);
    carom_log(CAROM_LOG_ERROR, "to nobody");
}

CAROM_TASK(log_in_child)
{
    CAROM_ASSERT_INT(carom_log_level(), CAROM_LOG_INFO);
    carom_log(CAROM_LOG_INFO, "from the child");
    CAROM_ASSERT_TEXT(last_line, "from the child");
    CAROM_ASSERT_TEXT(last_process, "scribe");
    return 0;
}

CAROM_TEST(log, children_inherit)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.name = "scribe";
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_INFO, &remember));
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(log_in_child), &options));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_OFF, NULL));
}

CAROM_TASK(hears_nobody)
{
    CAROM_ASSERT_INT(carom_log_level(), CAROM_LOG_OFF);
    carom_log(CAROM_LOG_ERROR, "to nobody");
    CAROM_ASSERT_TEXT(last_line, "");
    return 0;
}

/* A hook that only the parent has. */
CAROM_TEST_WITH(log, unregistered_in_the_child, .modes = CAROM_TEST_SPAWN)
{
    static carom_log_hook_t only_here = {"only_here", say_nothing, NULL};
    carom_process_t *child;

    carom_log_register(&only_here);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_INFO, &only_here));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(hears_nobody)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_log_unregister(&only_here);
}

/* ---- the ready hook ---- */

CAROM_TASK(warns)
{
    carom_log(CAROM_LOG_INFO, "too fine");
    carom_log(CAROM_LOG_WARNING, "the %s is on", "kettle");
    carom_log(CAROM_LOG_ERROR, "it boils");
    return 0;
}

/* A child with that name and its stderr in the file. */
static void warn_into(apr_file_t *file, carom_context_t *context)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    apr_os_file_t native;

    CAROM_ASSERT_INT(apr_os_file_get(&native, file), APR_SUCCESS);
    options.name = "cook";
    options.standard_error.kind = CAROM_STDIO_FILE;
    options.standard_error.file = (carom_native_t) native;
    CAROM_ASSERT_OK(carom_process_start_with(&child, context, carom_call(warns), &options));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

static void expect_line(apr_file_t *file, const char *wanted)
{
    char line[200];

    CAROM_ASSERT_INT(apr_file_gets(line, sizeof line, file), APR_SUCCESS);
    line[strcspn(line, "\r\n")] = '\0';
    CAROM_ASSERT_TEXT(line, wanted);
}

CAROM_TEST_WITH(log, stderr_hook, .modes = CAROM_TEST_SPAWN)
{
    apr_off_t start = 0;
    char path[1000];
    apr_file_t *file;
    apr_pool_t *pool;

    snprintf(path, sizeof path, "%s/stderr", test->directory);
    CAROM_ASSERT_INT(apr_initialize(), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_pool_create(&pool, NULL), APR_SUCCESS);
    CAROM_ASSERT_INT(apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_DELONCLOSE,
                                   APR_FPROT_OS_DEFAULT, pool),
                     APR_SUCCESS);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_WARNING, carom_log_stderr()));
    warn_into(file, test->context);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_OFF, NULL));
    CAROM_ASSERT_INT(apr_file_seek(file, APR_SET, &start), APR_SUCCESS);
    expect_line(file, "[WARNING/cook] the kettle is on");
    expect_line(file, "[ERROR/cook] it boils");
    apr_pool_destroy(pool);
}

/* The log hook: levels, and that children inherit it. */

#include <carom-harness.h>

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

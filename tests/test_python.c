/* Python as the other runtime: an interpreter as the child of a worker, in each mode. */

#include "python.h"

/* More than a pipe holds. */
#define MUCH 300000

/* Signals, by the numbers that they have on every Unix. */
enum { ABORTED = 6, KILLED = 9, TERMINATED = 15 };

/* ---- what it says, and how it ends ---- */

CAROM_TASK(asks_the_version)
{
    char version[200];
    python_t python;

    start_python(&python, "import sys; sys.stdout.write(sys.implementation.name + ' ' + sys.version.split()[0])");
    hear(version, sizeof version - 1, &python);
    end_well(&python);
    return carom_return(call, version);
}

CAROM_TEST(python, version)
{
    carom_process_t *driver;
    carom_value_t version;

    need_python();
    CAROM_ASSERT_OK(carom_process_start(&driver, test->context, carom_call(asks_the_version)));
    CAROM_ASSERT_OK(carom_process_join(driver, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&version, driver));
    CAROM_NOTE("%s is %s", interpreter(), carom_value_text(version));
    CAROM_ASSERT(strchr(carom_value_text(version), ' ') != NULL);
    carom_value_clear(&version);
    CAROM_ASSERT_OK(carom_process_destroy(&driver));
}

CAROM_TASK(looks_at_exit_codes)
{
    python_t python;
    int code;

    start_python(&python, "import sys; sys.exit(7)");
    CAROM_ASSERT_INT(end_python(&code, &python), APR_PROC_EXIT);
    CAROM_ASSERT_INT(code, 7);
    start_python(&python, "import os; os.abort()");
    CAROM_ASSERT(end_python(&code, &python) & APR_PROC_SIGNAL);
    CAROM_ASSERT_INT(code, ABORTED);
    return 0;
}

CAROM_TEST(python, exit_codes)
{
    run_driver(test, &looks_at_exit_codes);
}

CAROM_TASK(reads_much)
{
    char *text = malloc(MUCH + 1);
    python_t python;
    size_t i;

    CAROM_ASSERT(text != NULL);
    start_python(&python, "import sys; n, s = sys.stdin.read().split(); sys.stdout.write(s * int(n))");
    say(&python, "100000 xyz", 10);
    apr_file_close(python.process.in);
    CAROM_ASSERT_INT(hear(text, MUCH, &python), MUCH);
    for (i = 0; i < MUCH && text[i] == "xyz"[i % 3]; i++)
        ;
    CAROM_ASSERT_INT(i, MUCH);
    free(text);
    end_well(&python);
    return 0;
}

CAROM_TEST(python, output)
{
    run_driver(test, &reads_much);
}

#define WAITS "import sys; sys.stdout.write('!'); sys.stdout.flush(); sys.stdin.read()"

CAROM_TASK(kills)
{
    python_t python;
    char ready[2];
    int code;

    start_python(&python, WAITS);
    CAROM_ASSERT_INT(hear(ready, 1, &python), 1);
    CAROM_ASSERT(apr_proc_kill(&python.process, KILLED) == APR_SUCCESS);
    CAROM_ASSERT_INT(end_python(&code, &python), APR_PROC_SIGNAL);
    CAROM_ASSERT_INT(code, KILLED);
    return 0;
}

CAROM_TEST(python, kill)
{
    run_driver(test, &kills);
}

CAROM_TASK(terminates)
{
    python_t python;
    char ready[2];
    int code;

    start_python(&python, WAITS);
    CAROM_ASSERT_INT(hear(ready, 1, &python), 1);
    CAROM_ASSERT(apr_proc_kill(&python.process, TERMINATED) == APR_SUCCESS);
    CAROM_ASSERT_INT(end_python(&code, &python), APR_PROC_SIGNAL);
    CAROM_ASSERT_INT(code, TERMINATED);
    return 0;
}

/* Threads of carom's block all signals, and what they start has the mask from them. */
CAROM_TEST_WITH(python, terminate, .modes = CAROM_TEST_PROCESSES)
{
    run_driver(test, &terminates);
}

/* ---- what it gets of carom ---- */

/* Which descriptors it has beyond the three that it was given. */
static void list_descriptors(char *list, size_t size)
{
    python_t python;

    start_python(&python, "import os\n"
                          "def is_open(n):\n"
                          "    try: return os.fstat(n) is not None\n"
                          "    except OSError: return False\n"
                          "print([n for n in range(3, 256) if is_open(n)])");
    hear(list, size - 1, &python);
    end_well(&python);
}

/* What the host has itself inherited it may pass on, where a worker is no program of its own. */
CAROM_TASK(looks_at_descriptors)
{
    int is_fresh = carom_arg_int(call, 0) != 0;
    char before[1500] = "[]\n", list[1500];
    pair_t pair;

    if (!is_fresh)
        list_descriptors(before, sizeof before);
    pair = make_pair();
    list_descriptors(list, sizeof list);
    CAROM_ASSERT_TEXT(list, before);
    close_pair(&pair);
    return 0;
}

CAROM_TEST(python, inherits_nothing)
{
    int is_fresh = strcmp(test->mode, "spawn") == 0 || strcmp(test->mode, "forkserver") == 0;
    carom_process_t *driver;

    need_python();
    /* On APR alone a worker has what APR lets it inherit. */
    is_fresh = is_fresh && carom_context_can(test->context, CAROM_CAN_SEND_CONNECTION);
    CAROM_ASSERT_OK(carom_process_start(&driver, test->context, carom_call(looks_at_descriptors, is_fresh)));
    end_child(&driver, 0);
}

CAROM_TASK(drives_until_killed)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    python_t python;
    char ready[2];

    start_python(&python, WAITS);
    CAROM_ASSERT_INT(hear(ready, 1, &python), 1);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_none(), PATIENCE));
    CAROM_ASSERT(hear(ready, 1, &python) == 0);
    return 1;
}

/* Its input ends with its driver, and so does it: else the harness finds it. */
CAROM_TEST_WITH(python, ends_with_its_driver, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *ours;
    carom_process_t *driver;
    carom_value_t value;

    need_python();
    driver = start_with(&ours, test, &drives_until_killed);
    CAROM_ASSERT_OK(carom_connection_receive(&value, ours, PATIENCE));
    CAROM_ASSERT_OK(carom_process_kill(driver));
    end_child(&driver, -KILLED);
    carom_connection_close(&ours);
}

/* Processes: start, end, and everything that can be asked of one. */

#include "pairs.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG carom_seconds(20)

CAROM_TASK(returns)
{
    return (int) carom_arg_int(call, 0);
}

CAROM_TASK(exits)
{
    exit((int) carom_arg_int(call, 0));
}

/* Runs until its connection closes, after saying that it runs. */
CAROM_TASK(runs_until_closed)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    CAROM_ASSERT(connection != NULL);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(1), LONG));
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, LONG), CAROM_EEOF);
    carom_connection_close(&connection);
    return 0;
}

typedef struct runner_t {
    carom_process_t *process;
    carom_connection_t *connection;
} runner_t;

/* A child that is inside its entry when this returns. */
static void start_runner(runner_t *runner, carom_test_t *test, const carom_process_options_t *options)
{
    carom_connection_t *theirs;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_pair(&runner->connection, &theirs, NULL));
    CAROM_ASSERT_OK(
        carom_process_start_with(&runner->process, test->context, carom_call(runs_until_closed, theirs), options));
    carom_connection_close(&theirs);
    CAROM_ASSERT_OK(carom_connection_receive(&value, runner->connection, LONG));
}

static void end_runner(runner_t *runner)
{
    carom_connection_close(&runner->connection);
    CAROM_ASSERT_OK(carom_process_join(runner->process, LONG));
    CAROM_ASSERT_OK(carom_process_destroy(&runner->process));
}

static void expect_code(carom_test_t *test, carom_request_t request, int code)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, request));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), code);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(child == NULL);
}

CAROM_TEST(process, exit_codes)
{
    expect_code(test, carom_call(returns, 0), 0);
    expect_code(test, carom_call(returns, 3), 3);
    expect_code(test, carom_call(returns, 255), 255);
    expect_code(test, carom_call(returns, 300), 44);
    expect_code(test, carom_call(returns, -1), 255);
}

CAROM_TEST_WITH(process, exits_of_the_program, .modes = CAROM_TEST_PROCESSES)
{
    expect_code(test, carom_call(exits, 0), 0);
    expect_code(test, carom_call(exits, 7), 7);
    expect_code(test, carom_call(exits, 300), 44);
}

CAROM_TASK(aborts)
{
    abort();
}

CAROM_TASK(crashes)
{
    volatile int *nowhere = (volatile int *) (uintptr_t) carom_arg_int(call, 0);

    *nowhere = 1;
    return 0;
}

static void expect_death(carom_test_t *test, carom_request_t request, int code)
{
    /* A sanitizer would turn the crash into an exit. */
    const char *environment[] = {"ASAN_OPTIONS=handle_segv=0:handle_abort=0", "TSAN_OPTIONS=handle_segv=0:handle_abort=0",
                                 "UBSAN_OPTIONS=handle_segv=0:handle_abort=0", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    const carom_outcome_t *outcome;
    carom_value_t result;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, request, &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    outcome = carom_process_outcome(child);
    CAROM_ASSERT_INT(outcome->exit_code, code);
    CAROM_ASSERT_STATUS(outcome->status, CAROM_EDIED);
    CAROM_ASSERT(strstr(outcome->text, "signal") != NULL);
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_EDIED);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST_WITH(process, aborts_are_signals, .modes = CAROM_TEST_PROCESSES)
{
    expect_death(test, carom_call(aborts), -6);
}

CAROM_TEST_WITH(process, crashes_are_signals, .modes = CAROM_TEST_PROCESSES)
{
    expect_death(test, carom_call(crashes, 16), -11);
}

CAROM_TEST_WITH(process, kill, .modes = CAROM_TEST_PROCESSES)
{
    runner_t runner;

    start_runner(&runner, test, NULL);
    CAROM_ASSERT_OK(carom_process_kill(runner.process));
    CAROM_ASSERT_OK(carom_process_join(runner.process, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(runner.process), -9);
    CAROM_ASSERT_OK(carom_process_kill(runner.process));
    CAROM_ASSERT_OK(carom_process_terminate(runner.process));
    end_runner(&runner);
}

CAROM_TEST_WITH(process, terminate, .modes = CAROM_TEST_PROCESSES)
{
    runner_t runner;

    start_runner(&runner, test, NULL);
    CAROM_ASSERT_OK(carom_process_terminate(runner.process));
    CAROM_ASSERT_OK(carom_process_join(runner.process, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(runner.process), -15);
    end_runner(&runner);
}

CAROM_TEST_WITH(process, interrupt, .modes = CAROM_TEST_PROCESSES)
{
    runner_t runner;

    start_runner(&runner, test, NULL);
    if (carom_context_can(test->context, CAROM_CAN_INTERRUPT)) {
        CAROM_ASSERT_OK(carom_process_interrupt(runner.process));
        CAROM_ASSERT_OK(carom_process_join(runner.process, LONG));
        CAROM_ASSERT_INT(carom_process_exit_code(runner.process), -2);
    } else {
        CAROM_ASSERT_STATUS(carom_process_interrupt(runner.process), CAROM_ENOTSUP);
    }
    end_runner(&runner);
}

CAROM_TEST_WITH(process, threads_refuse_what_they_cannot, .modes = CAROM_TEST_THREAD)
{
    const char *environment[] = {"A=b", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    runner_t runner;

    start_runner(&runner, test, NULL);
    CAROM_ASSERT_STATUS(carom_process_kill(runner.process), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_process_terminate(runner.process), CAROM_ENOTSUP);
    CAROM_ASSERT_STATUS(carom_process_interrupt(runner.process), CAROM_ENOTSUP);
    end_runner(&runner);
    options.nice = 1;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOTSUP);
    options.nice = 0;
    options.directory = test->directory;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOTSUP);
    options.directory = NULL;
    options.environment = environment;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOTSUP);
    options.environment = NULL;
    options.standard_output.kind = CAROM_STDIO_NULL;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOTSUP);
    CAROM_ASSERT(child == NULL);
}

CAROM_TEST(process, while_it_runs)
{
    runner_t runner;
    carom_value_t result;
    carom_duration_t before;

    start_runner(&runner, test, NULL);
    CAROM_ASSERT_INT(carom_process_alive(runner.process), 1);
    CAROM_ASSERT_INT(carom_process_exit_code(runner.process), CAROM_EXIT_NONE);
    CAROM_ASSERT(carom_process_outcome(runner.process) == NULL);
    CAROM_ASSERT_STATUS(carom_process_result(&result, runner.process), CAROM_EBUSY);
    CAROM_ASSERT_STATUS(carom_process_close(&runner.process), CAROM_EBUSY);
    CAROM_ASSERT(runner.process != NULL);
    before = carom_now();
    CAROM_ASSERT_STATUS(carom_process_join(runner.process, carom_milliseconds(50)), CAROM_ETIMEOUT);
    CAROM_ASSERT(carom_now() - before >= 50000);
    CAROM_ASSERT_STATUS(carom_process_join(runner.process, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_STATUS(carom_process_join(runner.process, -5), CAROM_ETIMEOUT);
    end_runner(&runner);
}

CAROM_TEST(process, after_its_end)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(returns, 9)));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_join(child, 0));
    CAROM_ASSERT_OK(carom_process_join(child, CAROM_FOREVER));
    CAROM_ASSERT_INT(carom_process_alive(child), 0);
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_EFAILED);
    CAROM_ASSERT_TEXT(carom_process_outcome(child)->text, "exit code 9");
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_process_close(&child));
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT_OK(carom_process_close(&child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(gives_a_number)
{
    return carom_return(call, 17);
}

CAROM_TEST(process, result_is_handed_out_once)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(gives_a_number)));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_OK);
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_INT(carom_value_int(result), 17);
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(process, names_and_pids)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    char too_long[300];
    carom_process_t *child;
    runner_t runner;
    carom_self_t self;

    options.name = "somebody";
    start_runner(&runner, test, &options);
    carom_self(&self);
    CAROM_ASSERT_TEXT(carom_process_name(runner.process), "somebody");
    CAROM_ASSERT_TEXT(carom_process_mode(runner.process), test->mode);
    CAROM_ASSERT_INT(carom_process_pid(runner.process) == self.pid, !carom_context_can(test->context, CAROM_CAN_KILL));
    CAROM_ASSERT_INT(carom_process_daemon(runner.process), 0);
    end_runner(&runner);
    start_runner(&runner, test, NULL);
    CAROM_ASSERT(strncmp(carom_process_name(runner.process), "Process-", 8) == 0);
    end_runner(&runner);
    memset(too_long, 'n', sizeof too_long - 1);
    too_long[sizeof too_long - 1] = '\0';
    options.name = too_long;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_EINVAL);
    options.name = NULL;
    options.size = 3;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_EINVAL);
}

/* ---- self, parent, daemons ---- */

CAROM_TASK(check_self)
{
    carom_self_t self;

    carom_self(&self);
    CAROM_ASSERT_TEXT(self.name, carom_arg_text(call, 0));
    CAROM_ASSERT_TEXT(self.mode, carom_context_mode(carom_call_context(call)));
    CAROM_ASSERT_TEXT(self.parent_name, "MainProcess");
    CAROM_ASSERT_INT(self.parent_pid, carom_arg_int(call, 1));
    CAROM_ASSERT_INT(self.daemon, carom_arg_int(call, 2));
    return 0;
}

CAROM_TEST(process, self)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    carom_self_t self;

    carom_self(&self);
    CAROM_ASSERT_TEXT(self.name, "MainProcess");
    CAROM_ASSERT_TEXT(self.mode, "main");
    CAROM_ASSERT(self.parent_name == NULL && self.parent_pid == 0);
    options.name = "me";
    options.daemon = 1;
    CAROM_ASSERT_OK(
        carom_process_start_with(&child, test->context, carom_call(check_self, "me", self.pid, 1), &options));
    CAROM_ASSERT_INT(carom_process_daemon(child), 1);
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(starts_another)
{
    carom_process_t *child;
    carom_status_t status = carom_process_start(&child, carom_call_context(call), carom_call(returns, 4));
    int code;

    if (status != CAROM_OK)
        return carom_fail(call, status, "no child");
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    code = carom_process_exit_code(child);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return carom_return(call, code);
}

CAROM_TEST(process, grandchildren)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(starts_another)));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_INT(carom_value_int(result), 4);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(process, daemons_may_not_start_others)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.daemon = 1;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(starts_another), &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_EDAEMON);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(process, active_children)
{
    carom_process_t *active[4] = {NULL};
    runner_t one, two;

    CAROM_ASSERT_INT(carom_process_active(active, 4), 0);
    start_runner(&one, test, NULL);
    start_runner(&two, test, NULL);
    CAROM_ASSERT_INT(carom_process_active(active, 4), 2);
    CAROM_ASSERT(active[0] == one.process && active[1] == two.process);
    CAROM_ASSERT_INT(carom_process_active(NULL, 0), 2);
    end_runner(&one);
    CAROM_ASSERT_INT(carom_process_active(active, 1), 1);
    CAROM_ASSERT(active[0] == two.process);
    end_runner(&two);
    CAROM_ASSERT_INT(carom_process_active(active, 4), 0);
}

CAROM_TEST(process, join_all)
{
    carom_process_t *child;
    runner_t runner;

    CAROM_ASSERT_OK(carom_process_join_all(0));
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(returns, 0)));
    CAROM_ASSERT_OK(carom_process_join_all(LONG));
    CAROM_ASSERT_INT(carom_process_alive(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    start_runner(&runner, test, NULL);
    CAROM_ASSERT_STATUS(carom_process_join_all(carom_milliseconds(20)), CAROM_ETIMEOUT);
    end_runner(&runner);
}

CAROM_TEST_WITH(process, join_all_ends_daemons, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    runner_t runner;

    options.daemon = 1;
    start_runner(&runner, test, &options);
    CAROM_ASSERT_OK(carom_process_join_all(LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(runner.process), -15);
    end_runner(&runner);
}

/* A running child of another kind delays nobody's end. */
CAROM_TEST_WITH(process, join_all_asks_daemons_first, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    runner_t plain, daemon;

    start_runner(&plain, test, NULL);
    options.daemon = 1;
    start_runner(&daemon, test, &options);
    CAROM_ASSERT_STATUS(carom_process_join_all(carom_milliseconds(300)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_process_join(daemon.process, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(daemon.process), -15);
    CAROM_ASSERT_INT(carom_process_alive(plain.process), 1);
    end_runner(&daemon);
    end_runner(&plain);
}

/* ---- destroying ---- */

CAROM_TEST_WITH(process, destroy_kills_after_the_grace, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_duration_t before;
    runner_t runner;

    options.grace = carom_milliseconds(50);
    start_runner(&runner, test, &options);
    before = carom_now();
    CAROM_ASSERT_OK(carom_process_destroy(&runner.process));
    CAROM_ASSERT(carom_now() - before >= 50000);
    CAROM_ASSERT(runner.process == NULL);
    carom_connection_close(&runner.connection);
}

CAROM_TEST_WITH(process, destroy_leaves_a_thread_that_goes_on, .modes = CAROM_TEST_THREAD)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    runner_t runner;

    options.grace = carom_milliseconds(20);
    start_runner(&runner, test, &options);
    CAROM_ASSERT_STATUS(carom_process_destroy(&runner.process), CAROM_ETIMEOUT);
    CAROM_ASSERT(runner.process == NULL);
    carom_connection_close(&runner.connection);
}

/* ---- what a child can be given ---- */

CAROM_TASK(check_environment)
{
    const char *path = getenv("PATH");

    CAROM_ASSERT_TEXT(getenv("CAROM_TEST_GIVEN"), "two");
    CAROM_ASSERT(getenv("CAROM_TEST_TAKEN") == NULL);
    CAROM_ASSERT(path != NULL);
    return 0;
}

CAROM_TEST_WITH(process, environment, .modes = CAROM_TEST_PROCESSES)
{
    const char *environment[] = {"CAROM_TEST_GIVEN=one", "CAROM_TEST_TAKEN=x", "CAROM_TEST_TAKEN", "CAROM_TEST_GIVEN=two",
                                 NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(check_environment), &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    CAROM_ASSERT(getenv("CAROM_TEST_GIVEN") == NULL);
}

CAROM_TASK(leaves_a_file_here)
{
    FILE *file = fopen("here", "w");

    CAROM_ASSERT(file != NULL);
    fclose(file);
    return 0;
}

CAROM_TEST_WITH(process, directory, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    char path[1000];

    options.directory = test->directory;
    if (!carom_context_can(test->context, CAROM_CAN_DIRECTORY)) {
        CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(leaves_a_file_here), &options),
                            CAROM_ENOTSUP);
        return;
    }
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(leaves_a_file_here), &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    snprintf(path, sizeof path, "%s/here", test->directory);
    CAROM_ASSERT_INT(remove(path), 0);
    skip_without_vfork(test);
    snprintf(path, sizeof path, "%s/nowhere", test->directory);
    options.directory = path;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOENT);
    CAROM_ASSERT(child == NULL);
}

CAROM_TEST_WITH(process, niceness, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.nice = 3;
    if (!carom_context_can(test->context, CAROM_CAN_NICE)) {
        CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_ENOTSUP);
        return;
    }
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(reads_nothing_and_writes)
{
    int got = getchar();

    fputs("to nobody\n", stdout);
    fputs("to nobody\n", stderr);
    return got == EOF ? 0 : 1;
}

CAROM_TEST_WITH(process, null_streams, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.standard_output.kind = CAROM_STDIO_NULL;
    options.standard_error.kind = CAROM_STDIO_NULL;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(reads_nothing_and_writes), &options));
    CAROM_ASSERT_OK(carom_process_join(child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    options.standard_output.kind = CAROM_STDIO_FILE;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_EINVAL);
    options.standard_output.kind = (carom_stdio_t) 9;
    CAROM_ASSERT_STATUS(carom_process_start_with(&child, test->context, carom_call(returns, 0), &options), CAROM_EINVAL);
}

/* ---- sentinels ---- */

CAROM_TEST(process, sentinel)
{
    carom_native_t sentinel;
    carom_status_t status;
    runner_t runner;

    start_runner(&runner, test, NULL);
    status = carom_process_sentinel(&sentinel, runner.process);
    if (status == CAROM_ENOTSUP) {
        end_runner(&runner);
        CAROM_SKIP("no-sentinel");
    }
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT(sentinel != CAROM_NATIVE_NONE);
    carom_connection_close(&runner.connection);
    for (int i = 0; i < 2; i++) {
        carom_wait_item_t item = carom_wait_file(sentinel);

        CAROM_ASSERT_OK(carom_wait(&item, 1, NULL, LONG));
        CAROM_ASSERT_INT(item.ready, 1);
        CAROM_ASSERT_OK(carom_process_join(runner.process, LONG));
    }
    end_runner(&runner);
}

/* ---- several at once ---- */


CAROM_TEST(process, many_at_once)
{
    enum { COUNT = 20 };
    carom_process_t *children[COUNT];
    int i;

    for (i = 0; i < COUNT; i++)
        CAROM_ASSERT_OK(carom_process_start(&children[i], test->context, carom_call(returns, i)));
    for (i = COUNT - 1; i >= 0; i--) {
        CAROM_ASSERT_OK(carom_process_join(children[i], LONG));
        CAROM_ASSERT_INT(carom_process_exit_code(children[i]), i);
        CAROM_ASSERT_OK(carom_process_destroy(&children[i]));
    }
}

/* Threads of this program join one child together: all see its end. */
static carom_process_t *shared_child;

CAROM_TASK(joins_the_shared_one)
{
    CAROM_ASSERT_OK(carom_process_join(shared_child, LONG));
    return carom_process_exit_code(shared_child);
}

CAROM_TEST_WITH(process, joined_by_many_threads, .warm_up = CAROM_TEST_THREAD)
{
    enum { COUNT = 4 };
    carom_process_t *joiners[COUNT];
    carom_context_t *threads;
    runner_t runner;
    int i;

    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    start_runner(&runner, test, NULL);
    shared_child = runner.process;
    for (i = 0; i < COUNT; i++)
        CAROM_ASSERT_OK(carom_process_start(&joiners[i], threads, carom_call(joins_the_shared_one)));
    carom_connection_close(&runner.connection);
    for (i = 0; i < COUNT; i++) {
        CAROM_ASSERT_OK(carom_process_join(joiners[i], LONG));
        CAROM_ASSERT_INT(carom_process_exit_code(joiners[i]), 0);
        CAROM_ASSERT_OK(carom_process_destroy(&joiners[i]));
    }
    end_runner(&runner);
    carom_context_destroy(&threads);
}

/* That it runs is true for itself as for anybody. */
static int look_at_myself(void)
{
    carom_wait_item_t item = carom_wait_process(shared_child);
    carom_process_t *active[2] = {NULL};
    carom_value_t result;

    CAROM_ASSERT_STATUS(carom_process_join(shared_child, 0), CAROM_ETIMEOUT);
    CAROM_ASSERT_INT(carom_process_alive(shared_child), 1);
    CAROM_ASSERT_INT(carom_process_exit_code(shared_child), CAROM_EXIT_NONE);
    CAROM_ASSERT_STATUS(carom_process_result(&result, shared_child), CAROM_EBUSY);
    CAROM_ASSERT_STATUS(carom_process_close(&shared_child), CAROM_EBUSY);
    CAROM_ASSERT_INT(carom_process_active(active, 2), 1);
    CAROM_ASSERT(active[0] == shared_child);
    CAROM_ASSERT_STATUS(carom_wait(&item, 1, NULL, 0), CAROM_ETIMEOUT);
    return 0;
}

CAROM_TASK(joins_itself)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    /* The message says that shared_child is set. */
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, LONG));
    carom_connection_close(&connection);
    CAROM_ASSERT_STATUS(carom_process_join(shared_child, LONG), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_process_join(shared_child, CAROM_FOREVER), CAROM_EINVAL);
    return look_at_myself();
}

CAROM_TEST_WITH(process, nobody_joins_itself, .modes = CAROM_TEST_THREAD)
{
    carom_connection_t *ours, *theirs;

    CAROM_ASSERT_OK(carom_connection_pair(&ours, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&shared_child, test->context, carom_call(joins_itself, theirs)));
    carom_connection_close(&theirs);
    CAROM_ASSERT_OK(carom_connection_send(ours, carom_value_none(), LONG));
    carom_connection_close(&ours);
    CAROM_ASSERT_OK(carom_process_join(shared_child, LONG));
    CAROM_ASSERT_INT(carom_process_exit_code(shared_child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&shared_child));
}

/* Planted faults, for tests/harness_faults.c: a body that a signal ends, each signal that can. */

#include <carom-harness.h>

#include <signal.h>
#include <string.h>

static const struct {
    const char *name;
    int number;
} signals[] = {
    {"SIGABRT", SIGABRT}, {"SIGALRM", SIGALRM}, {"SIGBUS", SIGBUS},   {"SIGFPE", SIGFPE},   {"SIGHUP", SIGHUP},
    {"SIGILL", SIGILL},   {"SIGINT", SIGINT},   {"SIGKILL", SIGKILL}, {"SIGPIPE", SIGPIPE}, {"SIGQUIT", SIGQUIT},
    {"SIGSEGV", SIGSEGV}, {"SIGSYS", SIGSYS},   {"SIGTERM", SIGTERM}, {"SIGTRAP", SIGTRAP}, {"SIGUSR1", SIGUSR1},
    {"SIGUSR2", SIGUSR2}, {"SIGXCPU", SIGXCPU}, {"SIGXFSZ", SIGXFSZ},
};

static const char *const names[] = {"SIGABRT", "SIGALRM", "SIGBUS",  "SIGFPE",  "SIGHUP",  "SIGILL",  "SIGINT",
                                    "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSEGV", "SIGSYS",  "SIGTERM", "SIGTRAP",
                                    "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGXFSZ", NULL};

static void end_by(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof signals / sizeof signals[0]; i++)
        if (strcmp(signals[i].name, name) == 0) {
            signal(signals[i].number, SIG_DFL);
            raise(signals[i].number);
        }
}

CAROM_TEST_WITH(signal, ends_the_body, .parameters = names)
{
    end_by(test->parameter);
}

CAROM_TASK(end_of_an_entry)
{
    end_by(carom_arg_text(call, 0));
    return 0;
}

/* A process that it ends is the body's to judge, and no fault of the case. */
CAROM_TEST_WITH(signal, ends_a_process, .modes = CAROM_TEST_PROCESSES, .parameters = names)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(end_of_an_entry, test->parameter)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(10)));
    CAROM_CHECK(carom_process_exit_code(child) < 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

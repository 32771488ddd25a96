/* The harness names the signal that ends a case, whichever it is, and goes on with the next. */

#include <carom-harness.h>

#include "tests/reports.h"

static const char *const names[] = {"SIGABRT", "SIGALRM", "SIGBUS",  "SIGFPE",  "SIGHUP",  "SIGILL",  "SIGINT",
                                    "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSEGV", "SIGSYS",  "SIGTERM", "SIGTRAP",
                                    "SIGUSR1", "SIGUSR2", "SIGXCPU", "SIGXFSZ", NULL};

#define COUNT (sizeof names / sizeof names[0] - 1)

CAROM_TEST_WITH(harness, every_signal_is_named, .timeout_ms = 60000)
{
    static report_t report;
    size_t i;

    report_create(&report, test);
    run_faults(&report, (const char *[]){apr_psprintf(report.pool, "signal[%s]/ends_the_body", test->mode), NULL});
    CAROM_CHECK(report.code == 1);
    for (i = 0; i < COUNT; i++) {
        check_has(&report, apr_psprintf(report.pool, "not ok %d - signal[%s]/ends_the_body(%s)\n", (int) i + 1, test->mode,
                                        names[i]));
        check_has(&report, apr_psprintf(report.pool, "harness_signals.c:33: crashed: %s\n", names[i]));
    }
    check_has(&report, apr_psprintf(report.pool, "\n# 0 passed, %d failed, 0 skipped in ", (int) COUNT));
    apr_pool_destroy(report.pool);
}

CAROM_TEST_WITH(harness, signals_of_started_processes, .modes = CAROM_TEST_PROCESSES, .timeout_ms = 60000)
{
    static report_t report;

    report_create(&report, test);
    run_faults(&report, (const char *[]){apr_psprintf(report.pool, "signal[%s]/ends_a_process", test->mode), NULL});
    CAROM_CHECK(report.code == 0);
    check_has(&report, apr_psprintf(report.pool, "\n# %d passed, 0 failed, 0 skipped in ", (int) COUNT));
    apr_pool_destroy(report.pool);
}

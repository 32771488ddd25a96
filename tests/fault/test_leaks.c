/* The leak gate, where only Unix has what can be left: each planted fault of tests/fault/harness_leaks.c is caught, named, and
 * charged to the case that made it. */

#include "tests/pairs.h"
#include "tests/reports.h"

#include <dirent.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- in the whole system ---- */

/* Where the system does not tell, the report says so. */
static int on_linux(void)
{
    return strcmp(carom_inspect_system(), "linux") == 0;
}

static void need_names(void)
{
    if (!on_linux())
        CAROM_SKIP("no-list-of-names");
}

/* What one of these leaves all see that run meanwhile. */
#define TEST_ALONE(name)                                                                                                       \
    CAROM_TEST_WITH(harness, name, .modes = CAROM_TEST_ONCE_ONLY, .serial = 1, .timeout_ms = 60000)

static void remove_thing(const char *kind, int id, const char *what)
{
    int failed;

    if (*what == '/')
        failed = unlink(what);
    else if (strcmp(kind, "segment") == 0)
        failed = shmctl(id, IPC_RMID, NULL);
    else if (strcmp(kind, "semaphore") == 0)
        failed = semctl(id, 0, IPC_RMID);
    else
        failed = msgctl(id, IPC_RMID, NULL);
    CAROM_CHECK(failed == 0);
}

/* Takes away what the report says is left of a kind, since this case would be charged with it; returns how many. */
static int remove_kind(const report_t *report, const char *kind)
{
    const char *next = report->text;
    char what[200];
    long long id;
    int count = 0;

    for (; (next = strstr(next, kind)) != NULL; next++)
        if (sscanf(next + strlen(kind), " %lld left behind: %199[^,\n]", &id, what) == 2) {
            remove_thing(kind, (int) id, what);
            count++;
        }
    return count;
}

static int remove_left(const report_t *report)
{
    return remove_kind(report, "segment") + remove_kind(report, "semaphore") + remove_kind(report, "queue");
}

static void expect_left(const carom_test_t *test, const char *name, int count, const char *wanted)
{
    static report_t report;

    run_beside_clean(&report, test, name, 1, (const char *[]){wanted, NULL});
    CAROM_CHECK(remove_left(&report) == count);
    apr_pool_destroy(report.pool);
}

TEST_ALONE(left_segment)
{
    need_names();
    expect_left(test, "leaks_segment", 1, " left behind: /dev/shm/carom-fault-");
    expect_left(test, "crash_leaks_segment", 1, " left behind: /dev/shm/carom-fault-");
    expect_left(test, "leaks_segment_of_system_v", 1, " left behind: System V, key 0, 4096 bytes, made by process ");
    EXPECT_PASS("leaks_no_segment");
}

TEST_ALONE(left_semaphore)
{
    need_names();
    expect_left(test, "leaks_semaphore", 1, " left behind: /dev/shm/sem.carom-fault-");
    expect_left(test, "leaks_semaphore_of_system_v", 1, ": semaphore ");
}

TEST_ALONE(left_queue)
{
    need_names();
    expect_left(test, "leaks_queue", 1, " left behind: System V, key 0\n");
}

/* What another test program of this user has locked while it runs. */
static int lock_as_another(const carom_test_t *test, char *path, size_t size)
{
    struct passwd *user = getpwuid(geteuid());
    struct flock lock = {.l_type = F_RDLCK, .l_whence = SEEK_SET};
    int file;

    CAROM_ASSERT(user != NULL);
    snprintf(path, size, "%s/carom-harness-%s.lock", test->directory, user->pw_name);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CAROM_ASSERT(file >= 0);
    /* Whichever of the two it is that APR uses. */
    CAROM_ASSERT_INT(fcntl(file, F_SETLK, &lock), 0);
    CAROM_ASSERT_INT(flock(file, LOCK_SH | LOCK_NB), 0);
    return file;
}

/* A runner that is nobody's case charges nobody while it is not the only one, and does when it is. */
TEST_ALONE(left_while_others_run)
{
    static report_t report;
    const char *json, *junit;
    char path[1000];
    int file;

    need_names();
    unsetenv("CAROM_TEST_ID");
    report_create(&report, test);
    json = apr_pstrcat(report.pool, test->directory, "/json", NULL);
    junit = apr_pstrcat(report.pool, test->directory, "/junit", NULL);
    file = lock_as_another(test, path, sizeof path);
    run_faults(&report, TEXTS("fault/leaks_segment", "--json", json, "--junit", junit));
    CAROM_CHECK(report.code == 0);
    check_has(&report, ", while other test programs ran: charged to nobody\n");
    CAROM_CHECK(strstr(read_file(report.pool, json), "\"left\": [], \"strays\": [\"segment ") != NULL);
    junit = read_file(report.pool, junit);
    CAROM_CHECK(strstr(junit, "<testsuite name=\"(session)\" tests=\"0\" failures=\"0\"") != NULL);
    CAROM_CHECK(strstr(junit, "<system-out>segment ") != NULL);
    CAROM_CHECK(remove_left(&report) == 1);
    close(file);
    run_faults(&report, TEXTS("fault/leaks_segment"));
    CAROM_CHECK(report.code == 1);
    CAROM_CHECK(remove_left(&report) == 1);
    CAROM_CHECK(access(path, F_OK) != 0);
    apr_pool_destroy(report.pool);
}

/* The name that planted faults use, for as long as this case lives. */
static const char *set_name(void)
{
    static char name[100];

    snprintf(name, sizeof(name), "/carom-held-%d", (int) getpid());
    setenv("CAROM_FAULT_NAME", name, 1);
    return name;
}

/* Unlinks what planted faults have called by this name or one that goes on after it; returns how many. */
static int unlink_named(const char *name)
{
    DIR *folder = opendir("/dev/shm");
    const struct dirent *entry;
    int count = 0;

    CAROM_ASSERT(folder != NULL);
    while ((entry = readdir(folder)) != NULL)
        if (strncmp(entry->d_name, name + 1, strlen(name + 1)) == 0)
            count += unlinkat(dirfd(folder), entry->d_name, 0) == 0;
    closedir(folder);
    return count;
}

/* What comes while a case runs may be another program's, which then holds it as a rule. */
TEST_ALONE(what_others_hold_is_not_charged)
{
    const char *name = set_name();
    int file;

    need_names();
    file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    CAROM_ASSERT(file >= 0);
    EXPECT_PASS("names_what_others_hold");
    CAROM_ASSERT_INT(unlink_named(name), 2);
    close(file);
}

/* ---- what ends with the process or lies in its folder ---- */

TEST_ALONE(left_socket)
{
    EXPECT_FAULT("leaks_socket", on_linux() ? "socket left behind: here\n" : " left behind: here\n");
}

TEST_ALONE(left_daemon)
{
    need_names();
    EXPECT_FAULT("leaks_daemon", ": process ", " outlived the case: ");
}

CAROM_TEST_ONCE(harness, changed_signals)
{
    EXPECT_FAULT("leaks_handler", ": signal disposition left changed: was SIGUSR1: default, is SIGUSR1: a handler at 0x");
    EXPECT_FAULT("leaks_ignored_signal", ": signal disposition left changed: was SIGUSR1: default, is SIGUSR1: ignored\n");
    EXPECT_FAULT("leaks_mask", ": signal mask left changed: was empty, is SIGUSR1 SIGUSR2\n");
}

/* Cases inherit what is ignored, but for qemu-user, which handles it all by itself and so hands on no more than one exec. */
CAROM_TEST_ONCE(harness, signal_that_is_ignored_no_more)
{
    if (in_qemu())
        CAROM_SKIP("no-inherited-signals");
    CAROM_ASSERT(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
    EXPECT_PASS("leaks_ignored_signal");
    EXPECT_FAULT("leaks_default_of_a_signal", ": signal disposition left changed: was SIGUSR1: ignored, is SIGUSR1: default\n");
    signal(SIGUSR1, SIG_DFL);
}

CAROM_TEST_ONCE(harness, changed_timer)
{
    EXPECT_FAULT("leaks_timer", ": timer left changed: was real time off, is real time running\n");
}

CAROM_TEST_ONCE(harness, changed_umask)
{
    mode_t before = umask(0022);

    EXPECT_FAULT("leaks_umask", ": umask left changed: was 0022, is 0031\n");
    umask(before);
}

TEST_ALONE(permitted_leaks)
{
    const char *name = set_name();

    need_names();
    EXPECT_PASS("may_leave_anything");
    CAROM_ASSERT_INT(unlink_named(name), 1);
}

/* ---- four cases at a time ---- */

static void remove_meeting(const char *path)
{
    DIR *folder = opendir(path);
    const struct dirent *entry;

    CAROM_ASSERT(folder != NULL);
    while ((entry = readdir(folder)) != NULL)
        unlinkat(dirfd(folder), entry->d_name, 0);
    closedir(folder);
    CAROM_ASSERT_INT(rmdir(path), 0);
}

/* Its reports for programs. */
static const char *meeting_junit, *meeting_json;

/* The one that leaves something, and its neighbours, which all run when it does. */
static void run_meeting(report_t *report, const carom_test_t *test, const char *name)
{
    const char *meeting, *fault, *reports;

    report_create(report, test);
    meeting = apr_pstrcat(report->pool, test->directory, "/meeting", NULL);
    fault = apr_pstrcat(report->pool, "fault[once]/", name, NULL);
    CAROM_ASSERT_INT(mkdir(meeting, 0700), 0);
    setenv("CAROM_FAULT_MEETING", meeting, 1);
    reports = apr_pstrcat(report->pool, test->directory, "/", NULL);
    run_faults(report, (const char *[]){"-j4", "--junit", reports, "--json", reports, fault, "fault[thread]/meets",
                                        "fault[spawn]/meets", "fault[fork]/meets", NULL});
    meeting_junit = read_file(report->pool, apr_pstrcat(report->pool, reports, "harness_faults.xml", NULL));
    meeting_json = read_file(report->pool, apr_pstrcat(report->pool, reports, "harness_faults.json", NULL));
    remove_meeting(meeting);
    CAROM_CHECK(report->code == 1);
}

static void expect_charged(const carom_test_t *test, const char *name, int left, const char *wanted)
{
    static report_t report;

    run_meeting(&report, test, name);
    CAROM_CHECK(remove_left(&report) == left);
    check_has(&report, apr_psprintf(report.pool, "not ok 1 - fault[once]/%s\n", name));
    check_has(&report, wanted);
    check_has(&report, "\n# 3 passed, 1 failed, 0 skipped in ");
    apr_pool_destroy(report.pool);
}

TEST_ALONE(leaks_among_neighbours)
{
    need_names();
    expect_charged(test, "meets_and_leaks_daemon", 0, " outlived the case: ");
    expect_charged(test, "meets_and_leaks_umask", 0, ": umask left changed: ");
}

/* All four could have left it.  Alone, one of them leaves another. */
TEST_ALONE(left_segment_among_neighbours)
{
    need_names();
    expect_charged(test, "meets_and_leaks_segment", 2, " left behind: /dev/shm/carom-fault-");
}

/* Alone, none of them leaves another. */
TEST_ALONE(left_segment_of_nobody)
{
    static report_t report;
    const char *name = set_name();

    need_names();
    run_meeting(&report, test, "meets_and_leaks_segment_once");
    CAROM_CHECK(unlink_named(name) == 1);
    check_has(&report, apr_psprintf(report.pool, " left behind: /dev/shm%s, by one of: "
                                    "'fault[once]/meets_and_leaks_segment_once' 'fault[thread]/meets' 'fault[spawn]/meets' "
                                    "'fault[fork]/meets'\n", name));
    check_has(&report, " -j1 'fault[once]/meets_and_leaks_segment_once' 'fault[thread]/meets' ");
    check_has(&report, "\n# 4 passed, 0 failed, 0 skipped in ");
    CAROM_CHECK(strstr(meeting_json, "\"left\": [\"segment ") != NULL);
    CAROM_CHECK(strstr(meeting_junit, "tests=\"5\" failures=\"1\"") != NULL);
    CAROM_CHECK(strstr(meeting_junit, "classname=\"(session)\" name=\"left behind #1\"><failure message=\"segment ") != NULL);
    apr_pool_destroy(report.pool);
}

/* Planted faults: each test here fails, or must not, in its own way.  tests/test_harness.c runs this program, a case at a time,
 * and checks that each fault is caught and named.  It is no part of the suite itself. */

#include <carom-harness.h>

#include "platform/inspect/inspect.h"

#include <CUnit/Basic.h>
#include <apr_file_info.h>
#include <apr_file_io.h>
#include <apr_thread_proc.h>
#include <apr_time.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FOR_LONG 60000000   /* microseconds */

/* Tells the test that the next line is the one to be named. */
#define NEXT_LINE() CAROM_NOTE("planted at line %d", __LINE__ + 1)

CAROM_TEST(fault, clean)
{
    CAROM_ASSERT(test->directory != NULL);
}

/* ---- assertions in the body ---- */

CAROM_TEST(fault, plain)
{
    NEXT_LINE();
    CAROM_CHECK(1 + 1 == 3);
    CAROM_NOTE("the body went on, with seed %llu", (unsigned long long) test->seed);
}

CAROM_TEST(fault, fatal)
{
    NEXT_LINE();
    CAROM_ASSERT(1 + 1 == 3);
    CAROM_NOTE("the body went on");
}

CAROM_TEST(fault, cunit)
{
    NEXT_LINE();
    CU_ASSERT_EQUAL(1 + 1, 3);
    CU_ASSERT_STRING_EQUAL_FATAL("one", "two");
    CAROM_NOTE("the body went on");
}

CAROM_TEST_ONCE(fault, number)
{
    CAROM_ASSERT_INT(6 * 7, 43);
}

CAROM_TEST_ONCE(fault, text)
{
    CAROM_ASSERT_TEXT("left", NULL);
}

CAROM_TEST_ONCE(fault, status)
{
    CAROM_ASSERT_OK(CAROM_ETIMEOUT);
}

/* ---- assertions in what the body starts ---- */

CAROM_TASK(returns_seven)
{
    return 7;
}

CAROM_TASK(fail_plainly)
{
    NEXT_LINE();
    CAROM_CHECK(2 + 2 == 5);
    CU_ASSERT(3 + 3 == 7);
    return 0;
}

CAROM_TASK(fail_fatally)
{
    NEXT_LINE();
    CAROM_ASSERT(2 + 2 == 5);
    CAROM_NOTE("the entry went on");
    return 0;
}

static int run_entry(const carom_test_t *test, carom_request_t request)
{
    carom_process_t *child;
    int code;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, request));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(10)));
    code = carom_process_exit_code(child);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return code;
}

CAROM_TEST(fault, entry_plain)
{
    CAROM_ASSERT_INT(run_entry(test, carom_call(fail_plainly)), 0);
}

CAROM_TEST(fault, entry_fatal)
{
    CAROM_ASSERT_INT(run_entry(test, carom_call(fail_fatally)), 1);
}

CAROM_TASK(fail_in_grandchild)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, carom_call_context(call), carom_call(fail_plainly)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(10)));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return 0;
}

CAROM_TEST(fault, grandchild)
{
    CAROM_ASSERT_INT(run_entry(test, carom_call(fail_in_grandchild)), 0);
}

static void fail_late(void)
{
    NEXT_LINE();
    CAROM_CHECK(8 + 8 == 17);
}

/* The body has come to its end, and the gate has been passed, when this fails. */
CAROM_TEST(fault, after_the_end)
{
    CAROM_ASSERT(atexit(fail_late) == 0);
}

static void *APR_THREAD_FUNC fail_in_thread(apr_thread_t *thread, void *argument)
{
    (void) thread;
    (void) argument;
    NEXT_LINE();
    CAROM_ASSERT(2 + 2 == 6);
    return NULL;
}

static void *APR_THREAD_FUNC sleep_in_thread(apr_thread_t *thread, void *argument)
{
    (void) thread;
    (void) argument;
    apr_sleep(FOR_LONG);
    return NULL;
}

static apr_pool_t *new_pool(void)
{
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    return pool;
}

/* carom did not start this thread: there is no way out of it but to end the process. */
CAROM_TEST_ONCE(fault, foreign_thread)
{
    apr_thread_t *thread;

    CAROM_ASSERT(apr_thread_create(&thread, NULL, fail_in_thread, NULL, new_pool()) == APR_SUCCESS);
    apr_sleep(FOR_LONG);
}

/* ---- ends ---- */

CAROM_TEST_ONCE(fault, abort)
{
    printf("the last words\n");
    fflush(stdout);
    abort();
}

CAROM_TEST_ONCE(fault, segv)
{
    volatile uintptr_t nowhere = 16;

    /* A sanitizer would make an exit of it. */
    signal(SIGSEGV, SIG_DFL);
    *(volatile int *) nowhere = 1;
}

/* More than is shown. */
CAROM_TEST_ONCE(fault, talks)
{
    int i;

    for (i = 1; i <= 200; i++)
        printf("line %d\n", i);
    fflush(stdout);
    CAROM_ASSERT(1 + 1 == 3);
}

/* ---- functions to be named where they hang or crash; none is the last call of its caller, which would leave the stack ---- */

__attribute__((noinline)) void body_hangs_here(void);
__attribute__((noinline)) void body_waits_here(apr_thread_t *thread);
__attribute__((noinline)) void entry_hangs_here(void);
__attribute__((noinline)) void thread_hangs_here(void);
__attribute__((noinline)) void crashes_here(void);
__attribute__((noinline)) int overflows_here(volatile int *depth);

void body_hangs_here(void)
{
    for (;;)
        apr_sleep(FOR_LONG);
}

void entry_hangs_here(void)
{
    for (;;)
        apr_sleep(FOR_LONG);
}

void thread_hangs_here(void)
{
    for (;;)
        apr_sleep(FOR_LONG);
}

void body_waits_here(apr_thread_t *thread)
{
    apr_status_t status;

    apr_thread_join(&status, thread);
    CAROM_NOTE("the thread came to its end");
}

void crashes_here(void)
{
    volatile uintptr_t nowhere = 16;

    *(volatile int *) nowhere = 1;
}

int overflows_here(volatile int *depth)
{
    volatile int here[256] = {*depth + 1};

    return here[0] < 0 ? 0 : overflows_here(here) + here[255];
}

CAROM_TEST_WITH(fault, hang, .modes = CAROM_TEST_ONCE_ONLY, .timeout_ms = 300)
{
    body_hangs_here();
}

CAROM_TASK(hangs)
{
    entry_hangs_here();
    return 0;
}

static void *APR_THREAD_FUNC hang_in_thread(apr_thread_t *thread, void *argument)
{
    (void) thread;
    thread_hangs_here();
    return argument;
}

/* Long enough for the entry to have begun. */
CAROM_TEST_WITH(fault, hang_everywhere, .timeout_ms = 2000)
{
    apr_thread_t *thread;
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(hangs)));
    CAROM_ASSERT(apr_thread_create(&thread, NULL, hang_in_thread, NULL, new_pool()) == APR_SUCCESS);
    body_waits_here(thread);
}

CAROM_TEST_ONCE(fault, crash_in_body)
{
    crashes_here();
    CAROM_NOTE("the body went on");
}

CAROM_TASK(crashes_in_entry)
{
    crashes_here();
    return 0;
}

CAROM_TEST(fault, crash_in_entry)
{
    CAROM_ASSERT_INT(run_entry(test, carom_call(crashes_in_entry)), 0);
}

static void *APR_THREAD_FUNC crash_in_thread(apr_thread_t *thread, void *argument)
{
    (void) thread;
    crashes_here();
    return argument;
}

CAROM_TEST_ONCE(fault, crash_in_foreign_thread)
{
    apr_thread_t *thread;

    CAROM_ASSERT(apr_thread_create(&thread, NULL, crash_in_thread, NULL, new_pool()) == APR_SUCCESS);
    body_waits_here(thread);
}

CAROM_TASK(overflows_in_entry)
{
    volatile int depth = 0;

    return overflows_here(&depth);
}

CAROM_TEST(fault, overflow_in_entry)
{
    CAROM_ASSERT_INT(run_entry(test, carom_call(overflows_in_entry)), 0);
}

CAROM_TEST(fault, exits)
{
    exit(0);
}

/* More than a report could hold, and at its end a line. */
CAROM_TEST(fault, floods)
{
    int i;

    for (i = 0; i < 200000; i++)
        printf("line %d of a flood that nobody wants to read\n", i);
    fflush(stdout);
    CAROM_CHECK(9 + 9 == 19);
}

CAROM_TEST_WITH(fault, crash_as_wanted, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_CRASH, .code = 6)
{
    abort();
}

CAROM_TEST_WITH(fault, no_crash, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_CRASH)
{
}

CAROM_TEST_WITH(fault, exit_as_wanted, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_EXIT, .code = 3)
{
    exit(3);
}

CAROM_TEST_WITH(fault, other_exit, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_EXIT, .code = 3)
{
    exit(4);
}

/* ---- things left behind ---- */

CAROM_TASK(sleep_long)
{
    apr_sleep(FOR_LONG);
    return 0;
}

/* A thread or a process, as the mode goes. */
CAROM_TEST(fault, leaks_worker)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(sleep_long)));
}

CAROM_TEST_ONCE(fault, leaks_thread)
{
    apr_thread_t *thread;

    CAROM_ASSERT(apr_thread_create(&thread, NULL, sleep_in_thread, NULL, new_pool()) == APR_SUCCESS);
}

CAROM_TEST_ONCE(fault, leaks_descriptor)
{
    apr_file_t *in, *out;

    CAROM_ASSERT(apr_file_pipe_create(&in, &out, new_pool()) == APR_SUCCESS);
}

static void leave_file(const carom_test_t *test, const char *name)
{
    char path[1000];
    FILE *file;

    snprintf(path, sizeof(path), "%s/%s", test->directory, name);
    file = fopen(path, "w");
    CAROM_ASSERT(file != NULL);
    fclose(file);
}

CAROM_TEST_ONCE(fault, leaks_file)
{
    leave_file(test, "forgotten");
}

CAROM_TEST_ONCE(fault, leaves_files_of_runtimes)
{
    leave_file(test, "tsan.rodata.1234");
    leave_file(test, "valgrind_proc_1234_cmdline_8922141b");
}

static void leave_directory(void)
{
    apr_pool_t *pool = new_pool();

    CAROM_ASSERT(apr_filepath_set("..", pool) == APR_SUCCESS);
    apr_pool_destroy(pool);
}

CAROM_TEST_ONCE(fault, leaks_directory)
{
    leave_directory();
}

/* On Windows the system holds a handle of the current directory: another one is another descriptor as well. */
CAROM_TEST_WITH(fault, may_leave_a_directory, .modes = CAROM_TEST_ONCE_ONLY,
                .leaves = CAROM_LEAVES_DIRECTORY | CAROM_LEAVES_DESCRIPTORS)
{
    leave_directory();
}

/* This program once more, as a child that nobody waits for. */
static void start_self(const char *option, const char *value)
{
    char program[4096];
    const char *arguments[] = {program, option, value, NULL};
    apr_procattr_t *attributes;
    apr_pool_t *pool = new_pool();
    apr_proc_t child;

    CAROM_ASSERT(carom_inspect_program(program, sizeof(program)) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_create(&attributes, pool) == APR_SUCCESS);
    CAROM_ASSERT(apr_procattr_cmdtype_set(attributes, APR_PROGRAM_ENV) == APR_SUCCESS);
    CAROM_ASSERT(apr_proc_create(&child, program, arguments, NULL, attributes, pool) == APR_SUCCESS);
}

CAROM_TEST_ONCE(fault, leaks_zombie)
{
    start_self("--list", "fault/clean");
    apr_sleep(200000);
}

/* Its own child outlives the case: the sleeping body of another runner. */
CAROM_TEST_ONCE(fault, leaks_process)
{
    start_self("--no-isolate", "fault/sleeps");
    apr_sleep(200000);
}

CAROM_TEST_WITH(fault, orphan, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_EXIT, .code = 0)
{
    start_self("--no-isolate", "fault/sleeps");
    apr_sleep(200000);
    exit(0);
}

CAROM_TEST_ONCE(fault, sleeps)
{
    apr_sleep(FOR_LONG);
}

/* ---- skips ---- */

CAROM_TEST_ONCE(fault, skips)
{
    CAROM_SKIP("there is no moon tonight");
}

/* ---- fixtures, parameters, modes ---- */

static void make_number(carom_test_t *test)
{
    CAROM_NOTE("set up");
    test->data = calloc(1, sizeof(int));
}

static void free_number(carom_test_t *test)
{
    CAROM_NOTE("torn down");
    free(test->data);
}

CAROM_TEST_WITH(fixture, is_there, .set_up = make_number, .tear_down = free_number)
{
    CAROM_ASSERT(test->data != NULL);
}

CAROM_TEST_WITH(fixture, of_a_fatal_body, .modes = CAROM_TEST_ONCE_ONLY, .set_up = make_number, .tear_down = free_number)
{
    NEXT_LINE();
    CAROM_ASSERT(test->data == NULL);
}

static void fail_to_make(carom_test_t *test)
{
    (void) test;
    NEXT_LINE();
    CAROM_ASSERT(4 + 4 == 9);
}

CAROM_TEST_WITH(fixture, fails_to_set_up, .modes = CAROM_TEST_ONCE_ONLY, .set_up = fail_to_make, .tear_down = free_number)
{
    CAROM_NOTE("the body began");
}

static void fail_to_free(carom_test_t *test)
{
    free_number(test);
    NEXT_LINE();
    CAROM_ASSERT(5 + 5 == 11);
}

CAROM_TEST_WITH(fixture, fails_to_tear_down, .modes = CAROM_TEST_ONCE_ONLY, .set_up = make_number, .tear_down = fail_to_free)
{
    CAROM_NOTE("the body ended");
}

static const char *const sizes[] = {"1", "64", "4096", NULL};

CAROM_TEST_WITH(fixture, sizes, .mode_names = "thread, spawn", .parameters = sizes)
{
    CAROM_NOTE("parameter %d is %s", test->parameter_index, test->parameter);
    CAROM_ASSERT(strcmp(test->parameter, sizes[test->parameter_index]) == 0);
    NEXT_LINE();
    CAROM_ASSERT(strcmp(test->parameter, "64") != 0);
}

static carom_status_t open_dream(carom_test_t *test)
{
    test->mode_data = calloc(1, 1);
    return carom_context_create(&test->context, "thread");
}

static void close_dream(carom_test_t *test)
{
    free(test->mode_data);
    carom_context_destroy(&test->context);
}

CAROM_TEST_MODE(dream, .open = open_dream, .close = close_dream);

static carom_status_t open_nightmare(carom_test_t *test)
{
    (void) test;
    return CAROM_ENOTSUP;
}

CAROM_TEST_MODE(nightmare, .open = open_nightmare);

CAROM_TEST_WITH(own_mode, runs, .mode_names = "dream nightmare")
{
    CAROM_ASSERT(test->mode_data != NULL);
    CAROM_ASSERT_INT(run_entry(test, carom_call(returns_seven)), 7);
}

/* ---- outcomes ---- */

CAROM_TEST_WITH(outcome, known_defect, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_FAILURE)
{
    CAROM_ASSERT(6 + 6 == 13);
}

CAROM_TEST_WITH(outcome, mended_defect, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_FAILURE)
{
}

CAROM_TEST_WITH(outcome, defect_that_crashes, .modes = CAROM_TEST_ONCE_ONLY, .expect = CAROM_EXPECT_FAILURE)
{
    CAROM_CHECK(6 + 6 == 13);
    abort();
}

/* Fails as often as the file that it is told has bytes, and takes one away each time. */
CAROM_TEST_ONCE(outcome, flaky)
{
    const char *path = getenv("CAROM_FLAKY");
    FILE *file = fopen(path, "r");
    char left[10] = "";

    CAROM_ASSERT(file != NULL);
    (void) !fgets(left, sizeof left, file);
    fclose(file);
    if (*left == '\0')
        return;
    file = fopen(path, "w");
    fputs(left + 1, file);
    fclose(file);
    CAROM_CHECK(7 + 7 == 15);
}

/* What no report may choke on. */
CAROM_TEST_WITH(outcome, strange_text, .modes = CAROM_TEST_ONCE_ONLY, .tags = "strange")
{
    static const char strange[] =
        "<&\"']]>\\ tab\t bell\a \x1b[31m \xff\xfe \xc3( \xed\xa0\x80 \xef\xbf\xbf \xf4\x90\x80\x80 \xc3\xa9";

    printf("%s\n", strange);
    fflush(stdout);
    CAROM_NOTE("%s", strange);
    CAROM_ASSERT_TEXT(strange, "\r\n");
}

CAROM_TEST_WITH(outcome, slow_one, .modes = CAROM_TEST_ONCE_ONLY, .tags = "slow, strange")
{
}

/* ---- side by side ---- */

static apr_file_t *open_seen(int how, apr_pool_t *pool)
{
    apr_file_t *file;

    CAROM_ASSERT(apr_file_open(&file, getenv("CAROM_SEEN"), how, APR_FPROT_OS_DEFAULT, pool) == APR_SUCCESS);
    return file;
}

static void be_seen(const char *as, apr_pool_t *pool)
{
    apr_file_t *file = open_seen(APR_FOPEN_WRITE | APR_FOPEN_CREATE | APR_FOPEN_APPEND, pool);

    CAROM_CHECK(apr_file_puts(as, file) == APR_SUCCESS);
    apr_file_close(file);
}

/* How many others of that name have begun, too. */
static int count_seen(apr_pool_t *pool)
{
    apr_file_t *file = open_seen(APR_FOPEN_READ, pool);
    char text[200] = "";
    apr_size_t got;
    const char *next = text;
    int count = 0;

    (void) apr_file_read_full(file, text, sizeof text - 1, &got);
    apr_file_close(file);
    for (; (next = strstr(next, "a+")) != NULL; next++)
        count++;
    return count;
}

/* There are several, which run side by side: none ends before two have begun. */
CAROM_TEST(beside, any)
{
    carom_duration_t deadline = carom_now() + carom_seconds(20);
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    be_seen("a+", pool);
    while (count_seen(pool) < 2 && carom_now() < deadline)
        apr_sleep(1000);
    be_seen("a-", pool);
    apr_pool_destroy(pool);
}

/* Stays for a moment in which another would be seen. */
CAROM_TEST_WITH(beside, serial, .modes = CAROM_TEST_ALL_MODES, .serial = 1)
{
    apr_pool_t *pool;

    CAROM_ASSERT(apr_pool_create(&pool, NULL) == APR_SUCCESS);
    be_seen("s+", pool);
    apr_sleep(100000);
    be_seen("s-", pool);
    apr_pool_destroy(pool);
}

/* ---- CUnit's own front end ---- */

static int run_by_cunit(int argc, char **argv)
{
    unsigned failed;
    int code = 99;

    if (CU_initialize_registry() != CUE_SUCCESS || !carom_harness_cunit_begin(&code, argc, argv))
        return code;
    CU_basic_set_mode(CU_BRM_VERBOSE);
    CU_basic_run_tests();
    CU_basic_run_tests();
    failed = CU_get_number_of_tests_failed();
    carom_harness_cunit_end();
    CU_cleanup_registry();
    return failed > 0;
}

int main(int argc, char **argv)
{
    if (getenv("CAROM_MODES_TWICE") != NULL)
        carom_harness_mode_register(&carom__mode_dream);
    carom_harness_prepare();
    carom_init(&argc, &argv);
    return getenv("CAROM_BY_CUNIT") != NULL ? run_by_cunit(argc, argv) : carom_harness_main(argc, argv);
}

/* The test harness: tests with one body that runs in every mode, each time in a process of its own.
 *
 *     #include <carom-harness.h>
 *
 *     CAROM_TASK(put_three) { CAROM_ASSERT_INT(carom_arg_int(call, 0), 3); return 0; }
 *
 *     CAROM_TEST(queue, put_get)                 // queue[thread]/put_get, queue[spawn]/put_get, queue[fork]/put_get, …
 *     {
 *         carom_process_t *child;
 *
 *         CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(put_three, 3)));
 *         CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(5)));
 *         CAROM_ASSERT_OK(carom_process_destroy(&child));
 *     }
 *
 *     CAROM_TEST_MAIN()                          // once in the program
 *
 * Assertions, these and all of CUnit's, count wherever they stand: in the body, in its threads, in the processes it starts.
 * A fatal one leaves the body or the entry it stands in; in a thread that carom did not start it ends the process, since there
 * is no other way out of it.  A case also fails when it crashes, hangs, ends without having reached its end, or leaves behind a
 * process, a zombie, a thread, a descriptor, a file, a segment of shared memory, a semaphore, a queue, or a signal, timer,
 * directory or umask that is not as before.  How to run the program: doc/harness.md.
 */

#ifndef CAROM_HARNESS_H
#define CAROM_HARNESS_H

#include <carom.h>

#include <CUnit/CUnit.h>

CAROM_BEGIN

/* ---- tests ---- */

/* What a body gets; all of it belongs to the harness. */
typedef struct carom_test_t {
    const char *name;              /* "queue[thread]/put_get" */
    const char *mode;              /* "thread", "spawn", … or "once" */
    carom_context_t *context;      /* of that mode; NULL, the default context, in a test that runs once */
    const char *parameter;         /* of the test's parameters the one of this case; NULL: it has none */
    int parameter_index;           /* which that is, from 0 */
    void *data;                    /* the test's own: what set_up makes for the body and tear_down */
    void *mode_data;               /* what a mode of the application's makes for its tests */
    const char *directory;         /* a new and empty directory; everything in it must be removed when the body ends */
    uint64_t seed;                 /* for whatever the test draws by lot; printed with a failure, set by --seed */
} carom_test_t;

/* The modes a test runs in, as far as the system has them.  A new mode of carom's gets a bit here and a line in the table of
 * modes.c; an application registers its own with CAROM_TEST_MODE. */
enum {
    CAROM_TEST_ALL_MODES = 0,
    CAROM_TEST_THREAD = 1,
    CAROM_TEST_SPAWN = 2,
    CAROM_TEST_FORK = 4,
    CAROM_TEST_FORKSERVER = 8,
    CAROM_TEST_PROCESSES = CAROM_TEST_SPAWN | CAROM_TEST_FORK | CAROM_TEST_FORKSERVER,
    CAROM_TEST_ONCE_ONLY = 1 << 30   /* the mode does not matter to it */
};

/* How the process of the case has to end. */
typedef enum carom_expect_t {
    CAROM_EXPECT_PASS = 0,     /* the body returns */
    CAROM_EXPECT_CRASH = 1,    /* a signal ends it: number `code`, as on Linux, or any when that is 0 */
    CAROM_EXPECT_EXIT = 2,     /* the body ends the process with exit code `code` */
    CAROM_EXPECT_FAILURE = 3   /* an assertion fails, and nothing else is wrong: a defect that is known and not mended yet.  The
                                  report says so; when none fails the case does */
} carom_expect_t;

/* What a body may leave behind. */
enum {
    CAROM_LEAVES_PROCESSES = 1,
    CAROM_LEAVES_THREADS = 2,
    CAROM_LEAVES_DESCRIPTORS = 4,
    CAROM_LEAVES_FILES = 8,          /* in its directory; also the file of a socket */
    CAROM_LEAVES_SEGMENTS = 16,      /* of shared memory, POSIX or System V */
    CAROM_LEAVES_SEMAPHORES = 32,    /* the same */
    CAROM_LEAVES_QUEUES = 64,        /* of System V messages */
    CAROM_LEAVES_SIGNALS = 128,      /* other dispositions, or another mask in the body's thread */
    CAROM_LEAVES_TIMERS = 256,       /* running or stopped, of alarm and setitimer */
    CAROM_LEAVES_DIRECTORY = 512,    /* another current one; on Windows its handle is a descriptor too */
    CAROM_LEAVES_UMASK = 1024
};

typedef struct carom_test_options_t {
    unsigned modes;            /* CAROM_TEST_THREAD | …; 0: all */
    int timeout_ms;            /* 0: 30,000.  Times the environment's CAROM_TEST_TIMEOUT_MULTIPLIER. */
    carom_expect_t expect;
    int code;
    unsigned leaves;           /* CAROM_LEAVES_THREADS | …, with a comment that says why */
    unsigned warm_up;          /* CAROM_TEST_SPAWN | …: modes that a test which runs once uses all the same; in its own mode
                                  each test is warmed up, so that what carom makes at the first start is no leak */
    int cold;                  /* 1: no warm-up; what carom makes is counted as left behind */
    int serial;                /* 1: with -j no other case runs meanwhile */
    const char *mode_names;    /* names of modes instead of `modes`, with commas or blanks: "thread, remote" */
    const char *tags;          /* words to select by (--tags, or else CAROM_TAGS), with commas or blanks: "slow,
                                  network" */
    const char *const *parameters;             /* texts, NULL after the last: a case for each, called name(text); they have no
                                                  '/' in them */
    void (*set_up)(carom_test_t *test);        /* before the body, in the process of the case; if it leaves by a fatal assertion
                                                  or a skip the body and tear_down are not called */
    void (*tear_down)(carom_test_t *test);     /* after the body, however it came back, but not when the process is gone */
} carom_test_options_t;

/* A test as registered; made by the macros. */
typedef struct carom_test_entry_t {
    const char *suite;
    const char *name;
    const char *file;
    unsigned line;
    void (*body)(carom_test_t *test);
    carom_test_options_t options;
    struct carom_test_entry_t *next;     /* private */
} carom_test_entry_t;

/* Each begins the body of a test, whose parameter is `carom_test_t *test`.  At file scope.
 * CAROM_TEST: in every mode.  CAROM_TEST_ONCE: once.  CAROM_TEST_WITH: with options, as in
 * CAROM_TEST_WITH(pool, dies, .modes = CAROM_TEST_PROCESSES, .expect = CAROM_EXPECT_CRASH, .code = 9). */
#define CAROM_TEST(suite, name) CAROM_TEST_WITH(suite, name, .modes = CAROM_TEST_ALL_MODES)
#define CAROM_TEST_ONCE(suite, name) CAROM_TEST_WITH(suite, name, .modes = CAROM_TEST_ONCE_ONLY)
#define CAROM_TEST_WITH(suite, name, ...)                                                                                      \
    static void carom__test_##suite##__##name(carom_test_t *test);                                                             \
    static carom_test_entry_t carom__entry_##suite##__##name = {                                                               \
        #suite, #name, __FILE__, __LINE__, carom__test_##suite##__##name, {__VA_ARGS__}, NULL};                                \
    CAROM__AT_LOAD(carom__register_##suite##__##name) { carom_harness_register(&carom__entry_##suite##__##name); }             \
    static void carom__test_##suite##__##name(CAROM_UNUSED carom_test_t *test)

CAROM_EXPORT void carom_harness_register(carom_test_entry_t *entry);

/* A mode of the application's.  A test that runs in every mode runs in this one as well, as suite[name]/test. */
typedef struct carom_test_mode_t {
    const char *name;
    /* In the process of each case, before set_up: makes test->context, if there is to be one, and test->mode_data.  Another
     * status than CAROM_OK fails the case.  NULL: there is nothing to make. */
    carom_status_t (*open)(carom_test_t *test);
    /* After the gate, when the case has passed: ends what open made.  NULL: destroys the context. */
    void (*close)(carom_test_t *test);
} carom_test_mode_t;

/* At file scope, as in CAROM_TEST_MODE(remote, .open = open_remote, .close = close_remote).  At most 16 of them,
 * with names that differ from each other's and carom's: else the program does nothing but say so. */
#define CAROM_TEST_MODE(name, ...)                                                                                             \
    static carom_test_mode_t carom__mode_##name = {#name, __VA_ARGS__};                                                        \
    CAROM__AT_LOAD(carom__register_mode_##name) { carom_harness_mode_register(&carom__mode_##name); }                          \
    struct carom_test_mode_t

CAROM_EXPORT void carom_harness_mode_register(carom_test_mode_t *mode);

/* The program's main.  carom_harness_prepare comes before carom_init, so that workers have the harness's guard. */
#define CAROM_TEST_MAIN()                                                                                                      \
    int main(int argc, char **argv)                                                                                            \
    {                                                                                                                          \
        carom_harness_prepare();                                                                                               \
        carom_init(&argc, &argv);                                                                                              \
        return carom_harness_main(argc, argv);                                                                                 \
    }

CAROM_EXPORT void carom_harness_prepare(void);

/* 0: all passed; 1: some failed; 77: all were skipped; 99: the harness could not do its work. */
CAROM_EXPORT int carom_harness_main(int argc, char **argv);

/* For a front end of CUnit's own instead of carom_harness_main: puts the cases that the arguments select into CUnit's registry,
 * which the caller has initialised, a suite for each suite and mode.  Each case then runs when CUnit runs its test, in a
 * process of its own, one at a time; its failures are CUnit's, one that is skipped passes.  Options that need all results
 * (reports, retries, repetitions) have no effect.
 * Returns 1 when the front end may run, and carom_harness_cunit_end is owed behind it; 0 when main is to return *code: this is
 * the process of a case, which has run by now, or a question that has been answered, or an error that has been told.
 *
 *     carom_harness_prepare();
 *     carom_init(&argc, &argv);
 *     if (CU_initialize_registry() != CUE_SUCCESS || !carom_harness_cunit_begin(&code, argc, argv))
 *         return code;
 *     CU_console_run_tests();
 *     carom_harness_cunit_end();
 *     CU_cleanup_registry();
 */
CAROM_EXPORT int carom_harness_cunit_begin(int *code, int argc, char **argv);
CAROM_EXPORT void carom_harness_cunit_end(void);

/* ---- assertions ---- */

/* Fatal: leave the body or the entry. */
#define CAROM_ASSERT(condition) ((void) carom_harness_assert(!!(condition), __LINE__, #condition, __FILE__, __func__, 1))

/* Not fatal. */
#define CAROM_CHECK(condition) ((void) carom_harness_assert(!!(condition), __LINE__, #condition, __FILE__, __func__, 0))

/* Fatal.  An expression that gives a status; a failure shows both by name. */
#define CAROM_ASSERT_STATUS(expression, wanted)                                                                                \
    carom_harness_assert_status((expression), (wanted), __LINE__, #expression, __FILE__, __func__)
#define CAROM_ASSERT_OK(expression) CAROM_ASSERT_STATUS(expression, CAROM_OK)

/* Fatal.  Integers as int64_t, texts that may be NULL; a failure shows both values. */
#define CAROM_ASSERT_INT(actual, wanted)                                                                                       \
    carom_harness_assert_int((int64_t) (actual), (int64_t) (wanted), __LINE__, #actual, __FILE__, __func__)
#define CAROM_ASSERT_TEXT(actual, wanted)                                                                                      \
    carom_harness_assert_text((actual), (wanted), __LINE__, #actual, __FILE__, __func__)

/* Leaves the test as skipped.  The reason must be listed for this test, mode and system in the file of skips. */
#define CAROM_SKIP(reason) carom_harness_skip((reason), __LINE__, __FILE__, __func__)

/* A line of the report, shown whether the test passes or fails; cut at 1,000 bytes. */
#define CAROM_NOTE(...) carom_harness_note(__VA_ARGS__)

/* What the macros call.  Any thread of the case's process, and of processes that descend from it and inherit its environment.
 * They write to the case's journal and block no longer than that write does. */
CAROM_EXPORT int carom_harness_assert(int passed, unsigned line, const char *condition, const char *file, const char *function,
                                      int fatal);
CAROM_EXPORT void carom_harness_assert_status(carom_status_t status, carom_status_t wanted, unsigned line,
                                              const char *expression, const char *file, const char *function);
CAROM_EXPORT void carom_harness_assert_int(int64_t actual, int64_t wanted, unsigned line, const char *expression,
                                           const char *file, const char *function);
CAROM_EXPORT void carom_harness_assert_text(const char *actual, const char *wanted, unsigned line, const char *expression,
                                            const char *file, const char *function);
CAROM_EXPORT void carom_harness_skip(const char *reason, unsigned line, const char *file, const char *function);
CAROM_EXPORT void carom_harness_note(const char *format, ...) CAROM_PRINTF(1, 2);

/* All of CUnit's assertions go through this one function of it, which knows neither threads nor processes. */
#define CU_assertImplementation(passed, line, condition, file, function, fatal)                                                \
    carom_harness_assert((passed), (line), (condition), (file), __func__, (fatal))

CAROM_END

#endif

/* fork: threads, templates, and what a fork must not do twice. */

#include "tests/fault/forks.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

/* ---- threads of the host ---- */

CAROM_TEST_WITH(fault, no_fork_beside_a_thread_of_the_host, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD)
{
    carom_process_t *child;
    carom_channel_t *half;
    pthread_t thread;

    keep_log();
    CAROM_ASSERT_INT(pipe(gate), 0);
    CAROM_ASSERT_INT(pthread_create(&thread, NULL, wait_at_gate, NULL), 0);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_call(fork_no_op)), CAROM_EBUSY);
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT_STATUS(carom_channel_create(&half, test->context, NULL), CAROM_EBUSY);
    CAROM_ASSERT(half == NULL);
    close(gate[1]);
    CAROM_ASSERT_INT(pthread_join(thread, NULL), 0);
    close(gate[0]);
    expect_words("threads that are not carom's");
    run_one(test->context, carom_call(fork_no_op));
}

/* ---- threads of carom ---- */

CAROM_TEST_WITH(fault, no_fork_beside_our_threads_without_a_template, .modes = CAROM_TEST_THREAD)
{
    listener_t thread;
    carom_context_t *forks;
    carom_process_t *child;

    if (!can_fork())
        CAROM_SKIP("no-fork");
    thread = start_listener(test->context);
    forks = context_of("fork");
    keep_log();
    CAROM_ASSERT_STATUS(carom_process_start(&child, forks, carom_call(fork_no_op)), CAROM_EBUSY);
    CAROM_ASSERT(child == NULL);
    end_listener(&thread);
    expect_words("threads of carom run");
    run_one(forks, carom_call(fork_no_op));
    carom_context_destroy(&forks);
}

static int64_t remembered = 1;

CAROM_TASK(recalls)
{
    return carom_return(call, remembered);
}

/* The warm-up makes the template: it has the memory of that moment.  A fork of this process has that of now. */
CAROM_TEST_WITH(fault, a_template_is_of_its_time, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD)
{
    carom_context_t *threads = context_of("thread");
    listener_t thread;

    remembered = 2;
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 2);
    thread = start_listener(threads);
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 1);
    end_listener(&thread);
    CAROM_ASSERT_INT(call_for_int(test->context, carom_call(recalls)), 2);
    carom_context_destroy(&threads);
}

/* 1,000 with ROUNDS=1000 or make soak; fewer in make check. */
static int rounds(void)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS");
    int count = wanted ? atoi(wanted) : 0;

    return count > 0 ? count : (int) for_starts(200, "fork");
}

static void start_and_end(carom_context_t *context, int number)
{
    listener_t child = start_listener(context);

    if (number % 2 == 0) {
        end_listener(&child);
        return;
    }
    CAROM_ASSERT_OK(carom_process_kill(child.process));
    end_child(&child.process, -9);
    carom_connection_close(&child.connection);
}

/* Allocates and frees, and so holds locks of the C library often: a fork of this very process would soon hang. */
static atomic_int is_over;

CAROM_TASK(keeps_busy)
{
    while (!atomic_load(&is_over))
        free(malloc((size_t) (1 + rand() % 5000)));
    return 0;
}

CAROM_TEST_WITH(fault, forks_from_a_template_beside_busy_threads, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD,
                .timeout_ms = 300000)
{
    carom_context_t *threads = context_of("thread");
    carom_process_t *busy[2];
    int count = rounds(), i;

    for (i = 0; i < 2; i++)
        CAROM_ASSERT_OK(carom_process_start(&busy[i], threads, carom_call(keeps_busy)));
    for (i = 0; i < count; i++)
        start_and_end(test->context, i);
    atomic_store(&is_over, 1);
    for (i = 0; i < 2; i++) {
        CAROM_ASSERT_OK(carom_process_join(busy[i], PATIENCE));
        CAROM_ASSERT_OK(carom_process_destroy(&busy[i]));
    }
    carom_context_destroy(&threads);
}

/* ---- as they are now ---- */

static void say(const char *text)
{
    fputs(text, stdout);
    fflush(stdout);
}

CAROM_TASK(looks_round)
{
    char here[4096];

    CAROM_ASSERT_TEXT(getenv("CAROM_TEST_NOW"), "late");
    CAROM_ASSERT(getcwd(here, sizeof here) != NULL);
    CAROM_ASSERT_TEXT(strrchr(here, '/'), "/");
    say("here I am");
    return 0;
}

/* Also by a server that was there before. */
CAROM_TEST_WITH(fault, a_child_has_what_its_parent_has_now, .modes = CAROM_TEST_PROCESSES)
{
    int before = open(".", O_RDONLY | O_CLOEXEC), out = fcntl(1, F_DUPFD_CLOEXEC, 3), ends[2];
    carom_process_t *child;
    char text[100] = "";

    CAROM_ASSERT(before >= 0 && out >= 0 && pipe(ends) == 0);
    setenv("CAROM_TEST_NOW", "late", 1);
    CAROM_ASSERT_INT(chdir("/"), 0);
    fflush(stdout);
    dup2(ends[1], 1);
    CAROM_CHECK(carom_process_start(&child, test->context, carom_call(looks_round)) == CAROM_OK);
    dup2(out, 1);
    close(ends[1]);
    end_child(&child, 0);
    CAROM_ASSERT(read(ends[0], text, sizeof text - 1) > 0);
    CAROM_ASSERT_TEXT(text, "here I am");
    CAROM_ASSERT_INT(fchdir(before), 0);
    unsetenv("CAROM_TEST_NOW");
    close(ends[0]);
    close(before);
    close(out);
}

/* ---- what must not be done twice ---- */

static void read_file(char *text, size_t size, const char *path)
{
    FILE *file = fopen(path, "r");
    size_t length;

    CAROM_ASSERT(file != NULL);
    length = fread(text, 1, size - 1, file);
    text[length] = '\0';
    fclose(file);
    CAROM_ASSERT_INT(remove(path), 0);
}

CAROM_TASK(says_its_part)
{
    (void) call;
    fputs("child ", stdout);      /* in a buffer when the entry returns */
    return 0;
}

/* What waits in the buffer of stdout is written before the fork, by the parent; other files are nobody's but the parent's. */
CAROM_TEST_WITH(fault, buffers_are_written_once, .modes = CAROM_TEST_PROCESSES)
{
    char out[1000], other[1000], text[200];
    int saved = fcntl(1, F_DUPFD_CLOEXEC, 3), file;
    FILE *stream;

    snprintf(out, sizeof out, "%s/out", test->directory);
    snprintf(other, sizeof other, "%s/other", test->directory);
    fflush(stdout);
    file = open(out, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    stream = fopen(other, "w");
    CAROM_ASSERT(saved >= 0 && file >= 0 && stream != NULL);
    dup2(file, 1);
    fputs("parent ", stdout);
    fputs("only once", stream);
    run_one(test->context, carom_call(says_its_part));
    fflush(stdout);
    dup2(saved, 1);
    close(saved);
    close(file);
    fclose(stream);
    read_file(text, sizeof text, out);
    CAROM_ASSERT(strcmp(text, strcmp(test->mode, "fork") == 0 ? "parent child " : "child parent ") == 0);
    read_file(text, sizeof text, other);
    CAROM_ASSERT_TEXT(text, "only once");
}

CAROM_TASK(reads_stdin)
{
    char line[20] = "";

    if (fgets(line, sizeof line, stdin) == NULL)
        return carom_return(call, "nothing");
    return carom_return(call, line);
}

static void expect_to_read(carom_context_t *context, carom_stdio_t kind, int file, const char *wanted)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;
    carom_value_t result;

    options.standard_input.kind = kind;
    options.standard_input.file = file;
    CAROM_ASSERT_OK(carom_process_start_with(&child, context, carom_call(reads_stdin), &options));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_TEXT(carom_value_text(result), wanted);
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* What stdin had read ahead in the parent is the parent's, who goes on where it was. */
CAROM_TEST_WITH(fault, stdin_is_read_once, .modes = CAROM_TEST_PROCESSES)
{
    char path[1000];
    int saved = fcntl(0, F_DUPFD_CLOEXEC, 3), file, ends[2];

    snprintf(path, sizeof path, "%s/in", test->directory);
    file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CAROM_ASSERT(saved >= 0 && file >= 0 && pipe(ends) == 0);
    CAROM_ASSERT_INT(write(file, "abc\n", 4), 4);
    CAROM_ASSERT_INT(write(ends[1], "from a pipe\n", 12), 12);
    CAROM_ASSERT_INT(lseek(file, 0, SEEK_SET), 0);
    dup2(file, 0);
    CAROM_ASSERT_INT(getchar(), 'a');
    expect_to_read(test->context, CAROM_STDIO_DEFAULT, -1, "nothing");
    expect_to_read(test->context, CAROM_STDIO_FILE, ends[0], "from a pipe\n");
    CAROM_ASSERT_INT(getchar(), 'b');
    CAROM_ASSERT_INT(lseek(file, 0, SEEK_CUR), 4);
    dup2(saved, 0);
    close(saved);
    close(file);
    close(ends[0]);
    close(ends[1]);
    CAROM_ASSERT_INT(remove(path), 0);
}

/* They say so in a file when they run in another process than that which asked for them. */
static char told_at[1000];
static pid_t asker;

static void tell(void)
{
    int file = told_at[0] && getpid() != asker ? open(told_at, O_WRONLY | O_CREAT, 0600) : -1;

    if (file >= 0)
        close(file);
}

__attribute__((destructor)) static void tell_at_last(void)
{
    tell();
}

CAROM_TEST_WITH(fault, a_fork_leaves_the_host_s_exit_alone, .modes = CAROM_TEST_FORK)
{
    snprintf(told_at, sizeof told_at, "%s/told", test->directory);
    asker = getpid();
    CAROM_ASSERT_INT(atexit(tell), 0);
    run_one(test->context, carom_call(fork_no_op));
    CAROM_ASSERT(access(told_at, F_OK) != 0 && errno == ENOENT);
    told_at[0] = '\0';
}

/* ---- nothing of carom's goes along ---- */

/* The other end of a pair is in the parent only, though a fork of it lives. */
CAROM_TEST_WITH(fault, a_fork_holds_no_ends_of_its_parent, .modes = CAROM_TEST_PROCESSES)
{
    carom_connection_t *one, *other;
    listener_t child;
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_pair(&one, &other, NULL));
    child = start_listener(test->context);
    carom_connection_close(&other);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, one, PATIENCE), CAROM_EEOF);
    carom_connection_close(&one);
    end_listener(&child);
}

static carom_process_t *known_process;
static carom_connection_t *known_connection;

CAROM_TASK(uses_the_parent_s)
{
    carom_value_t value;

    CAROM_ASSERT_INT(carom_process_active(NULL, 0), 0);
    CAROM_ASSERT_OK(carom_process_join_all(0));
    CAROM_ASSERT_STATUS(carom_process_join(known_process, 0), CAROM_EFORKED);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, known_connection, 0), CAROM_EFORKED);
    (void) call;
    return 0;
}

CAROM_TEST_WITH(fault, a_fork_s_family_is_empty, .modes = CAROM_TEST_FORK)
{
    listener_t child = start_listener(test->context);

    known_process = child.process;
    known_connection = child.connection;
    run_one(test->context, carom_call(uses_the_parent_s));
    end_listener(&child);
}

/* ---- each mode in each ---- */

CAROM_TASK(starts_one_in_each_mode)
{
    carom_context_t *contexts[10];
    size_t i;

    for (i = 0; carom_mode_at(i); i++)
        contexts[i] = context_of(carom_mode_at(i));
    while (i-- > 0) {
        if (strcmp(carom_mode_at(i), "fork") != 0 || can_fork())
            run_one(contexts[i], carom_call(fork_no_op));
        carom_context_destroy(&contexts[i]);
    }
    (void) call;
    return 0;
}

/* In thread mode a template of this process is made, and kept. */
CAROM_TEST_WITH(fault, each_mode_in_each, .leaves = CAROM_LEAVES_PROCESSES | CAROM_LEAVES_DESCRIPTORS)
{
    carom_context_t *forks = context_of("fork");

    run_one(test->context, carom_call(starts_one_in_each_mode));
    carom_context_destroy(&forks);
}

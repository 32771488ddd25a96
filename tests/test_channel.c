/* Channels: a start that gives a process and a connection to it, and a fork that returns in both. */

#include "pairs.h"

#include <stdio.h>
#include <string.h>

static carom_channel_t *start_channel(carom_test_t *test, carom_request_t request)
{
    carom_channel_t *channel;

    CAROM_ASSERT_OK(carom_channel_start(&channel, test->context, request));
    CAROM_ASSERT(channel != NULL);
    return channel;
}

static int64_t receive_int(carom_channel_t *channel)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, carom_channel_connection(channel), PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_INT);
    return carom_value_int(value);
}

static void expect_end(carom_channel_t *channel)
{
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_receive(&value, carom_channel_connection(channel), PATIENCE), CAROM_EEOF);
}

static void expect_outcome(carom_channel_t *channel, carom_status_t status, int code)
{
    CAROM_ASSERT_OK(carom_process_join(carom_channel_process(channel), PATIENCE));
    CAROM_ASSERT_STATUS(carom_process_outcome(carom_channel_process(channel))->status, status);
    CAROM_ASSERT_INT(carom_process_exit_code(carom_channel_process(channel)), code);
}

static void end_channel(carom_channel_t **channel, carom_status_t status, int code)
{
    expect_end(*channel);
    expect_outcome(*channel, status, code);
    CAROM_ASSERT_OK(carom_channel_destroy(channel));
    CAROM_ASSERT(*channel == NULL);
}

/* ---- start ---- */

/* echo() closes what it is given, which a channel does itself. */
static int send_back(carom_connection_t *connection)
{
    carom_status_t status;
    carom_value_t value;

    while ((status = carom_connection_receive(&value, connection, PATIENCE)) == CAROM_OK) {
        CAROM_ASSERT_OK(carom_connection_send(connection, value, PATIENCE));
        carom_value_clear(&value);
    }
    return status == CAROM_EEOF ? 0 : 1;
}

CAROM_TASK(sends_back)
{
    return send_back(carom_call_channel(call));
}

CAROM_TEST(channel, echo)
{
    carom_channel_t *channel = start_channel(test, carom_call(sends_back));
    carom_connection_t *connection = carom_channel_connection(channel);
    carom_value_t value;
    int64_t i;

    CAROM_ASSERT_INT(carom_channel_is_child(channel), 0);
    for (i = 0; i < 100; i++) {
        CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_from_int(i), PATIENCE));
        CAROM_ASSERT_INT(receive_int(channel), i);
    }
    CAROM_ASSERT_OK(carom_connection_send_bytes(connection, "bytes", 5, PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    carom_value_clear(&value);
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, connection, carom_milliseconds(10)), CAROM_ETIMEOUT);
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
    CAROM_ASSERT(channel == NULL);
}

CAROM_TASK(counts_arguments)
{
    CAROM_ASSERT_INT(carom_arg_count(call), 3);
    CAROM_ASSERT_INT(carom_arg_int(call, 0), 7);
    CAROM_ASSERT_TEXT(carom_arg_text(call, 1), "text");
    CAROM_ASSERT(carom_arg_connection(call, 2) == NULL);
    CAROM_ASSERT(carom_arg_connection(call, 3) == NULL);
    CAROM_ASSERT_INT(carom_value_type(carom_arg(call, 3)), CAROM_NONE);
    CAROM_ASSERT(carom_call_channel(call) != NULL);
    CAROM_ASSERT(carom_call_channel(call) == carom_call_channel(call));
    return 0;
}

CAROM_TEST(channel, arguments_keep_their_numbers)
{
    carom_channel_t *channel = start_channel(test, carom_call(counts_arguments, 7, "text", 1.5));

    end_channel(&channel, CAROM_OK, 0);
}

CAROM_TASK(has_no_channel)
{
    return carom_call_channel(call) == NULL ? 0 : 1;
}

CAROM_TEST(channel, none_without_one)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(has_no_channel)));
    end_child(&child, 0);
}

CAROM_TASK(connects_its_argument)
{
    carom_connection_t *other = carom_arg_connection(call, 0);
    carom_status_t status = carom_connection_send(other, carom_value_from_int(5), PATIENCE);

    carom_connection_close(&other);
    return status != CAROM_OK;
}

CAROM_TEST(channel, beside_a_connection_among_the_arguments)
{
    pair_t pair = make_pair();
    carom_channel_t *channel = start_channel(test, carom_call(connects_its_argument, pair.b));
    carom_value_t value;

    CAROM_ASSERT_STATUS(carom_connection_poll(pair.b, 0), CAROM_EMOVED);
    CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
    CAROM_ASSERT_INT(carom_value_int(value), 5);
    end_channel(&channel, CAROM_OK, 0);
    close_pair(&pair);
}

CAROM_TASK(says_its_name)
{
    carom_self_t self;

    carom_self(&self);
    return carom_connection_send(carom_call_channel(call), carom_value_from(self.name), PATIENCE) != CAROM_OK;
}

CAROM_TEST(channel, with_options)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_channel_t *channel;
    carom_value_t name;

    options.name = "somebody";
    CAROM_ASSERT_OK(carom_channel_start_with(&channel, test->context, carom_call(says_its_name), &options));
    CAROM_ASSERT_TEXT(carom_process_name(carom_channel_process(channel)), "somebody");
    CAROM_ASSERT_OK(carom_connection_receive(&name, carom_channel_connection(channel), PATIENCE));
    CAROM_ASSERT_TEXT(carom_value_text(name), "somebody");
    carom_value_clear(&name);
    end_channel(&channel, CAROM_OK, 0);
    options.size = 1;
    CAROM_ASSERT_STATUS(carom_channel_start_with(&channel, test->context, carom_call(says_its_name), &options), CAROM_EINVAL);
    CAROM_ASSERT(channel == NULL);
}

/* ---- how it ends ---- */

CAROM_TASK(sends_and_fails)
{
    CAROM_ASSERT_OK(carom_connection_send(carom_call_channel(call), carom_value_from_int(1), PATIENCE));
    return carom_fail(call, CAROM_EEXIST, "it is there");
}

CAROM_TEST(channel, failures_are_seen)
{
    carom_channel_t *channel = start_channel(test, carom_call(sends_and_fails));

    CAROM_ASSERT_INT(receive_int(channel), 1);
    expect_end(channel);
    expect_outcome(channel, CAROM_EEXIST, 1);
    CAROM_ASSERT_TEXT(carom_process_outcome(carom_channel_process(channel))->text, "it is there");
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
}

CAROM_TEST_WITH(channel, deaths_are_seen, .modes = CAROM_TEST_PROCESSES)
{
    carom_channel_t *channel = start_channel(test, carom_call(sends_back));

    CAROM_ASSERT_OK(carom_connection_send(carom_channel_connection(channel), carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_INT(receive_int(channel), 1);
    CAROM_ASSERT_OK(carom_process_kill(carom_channel_process(channel)));
    end_channel(&channel, CAROM_EDIED, -9);
}

/* The report of such a result is read by who joins; the channel ends before it. */
CAROM_TASK(returns_a_lot_after_all)
{
    char *bytes = calloc(1, MORE_THAN_FITS);
    carom_value_t value;

    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_OK(carom_connection_send(carom_call_channel(call), carom_value_from_int(1), PATIENCE));
    CAROM_ASSERT_OK(carom_value_from_bytes(&value, bytes, MORE_THAN_FITS));
    free(bytes);
    return carom_return(call, value);
}

CAROM_TEST(channel, ends_before_a_large_result)
{
    carom_channel_t *channel = start_channel(test, carom_call(returns_a_lot_after_all));
    carom_value_t result;

    CAROM_ASSERT_INT(receive_int(channel), 1);
    expect_end(channel);
    expect_outcome(channel, CAROM_OK, 0);
    CAROM_ASSERT_OK(carom_process_result(&result, carom_channel_process(channel)));
    CAROM_ASSERT_INT(carom_value_count(result), MORE_THAN_FITS);
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
}

CAROM_TASK(fills_the_channel)
{
    return fill(call, carom_call_channel(call));
}

CAROM_TEST(channel, large_messages)
{
    carom_channel_t *channel = start_channel(test, carom_call(fills_the_channel));
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_receive(&value, carom_channel_connection(channel), PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(value), MORE_THAN_FITS);
    carom_value_clear(&value);
    end_channel(&channel, CAROM_OK, 0);
}

CAROM_TASK(passes_its_channel_on)
{
    carom_connection_t *way = carom_arg_connection(call, 0);
    carom_status_t status =
        carom_connection_send(way, carom_value_from_connection(carom_call_channel(call)), PATIENCE);
    carom_value_t value;

    /* What it sent is fetched from it on Windows. */
    CAROM_ASSERT_STATUS(carom_connection_receive(&value, way, PATIENCE), CAROM_EEOF);
    carom_connection_close(&way);
    return carom_return(call, status);
}

CAROM_TEST(channel, can_be_sent_on)
{
    pair_t pair = make_pair();
    carom_channel_t *channel = start_channel(test, carom_call(passes_its_channel_on, pair.b));
    carom_connection_t *came;
    carom_value_t value;

    if (carom_context_can(test->context, CAROM_CAN_SEND_CONNECTION)) {
        CAROM_ASSERT_OK(carom_connection_receive(&value, pair.a, PATIENCE));
        CAROM_ASSERT_OK(carom_value_take_connection(&came, &value));
        close_pair(&pair);
        expect_outcome(channel, CAROM_OK, 0);
        CAROM_ASSERT_OK(carom_connection_send(came, carom_value_from_int(3), PATIENCE));
        CAROM_ASSERT_INT(receive_int(channel), 3);
        carom_connection_close(&came);
    }
    close_pair(&pair);
    end_channel(&channel, CAROM_OK, 0);
}

/* ---- refusals ---- */

static int never_run(carom_call_t *call)
{
    return carom_arg_count(call) > 0;
}

CAROM_TEST(channel, bad_arguments)
{
    carom_entry_t nameless = {NULL, 1, never_run, NULL};
    carom_channel_t *channel = NULL;
    carom_value_t text = carom_value_borrow_text("\xff");

    CAROM_ASSERT_STATUS(carom_channel_start(&channel, test->context, carom_request(NULL, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_channel_start(&channel, test->context, carom_request(&nameless, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_channel_start(&channel, test->context, carom_request(&sends_back, NULL, 2)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_channel_start(&channel, test->context, carom_request(&sends_back, &text, 1)), CAROM_EUTF8);
    CAROM_ASSERT(channel == NULL);
    CAROM_ASSERT_INT(carom_channel_is_child(NULL), 0);
    CAROM_ASSERT(carom_channel_connection(NULL) == NULL);
    CAROM_ASSERT(carom_channel_process(NULL) == NULL);
    CAROM_ASSERT_OK(carom_channel_destroy(NULL));
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
}

CAROM_TEST_ONCE(channel, what_is_none_is_not_destroyed)
{
    struct { uint64_t words[16]; } nothing = {{0}};
    carom_channel_t *channel = (carom_channel_t *) &nothing;

    CAROM_ASSERT_STATUS(carom_channel_destroy(&channel), CAROM_EINVAL);
    CAROM_ASSERT(channel != NULL);
}

CAROM_TASK(starts_from_a_daemon)
{
    carom_channel_t *channel;

    return carom_return(call, carom_channel_start(&channel, carom_call_context(call), carom_call(sends_back)));
}

CAROM_TEST(channel, daemons_start_none)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.daemon = 1;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(starts_from_a_daemon), &options));
    end_with(&child, CAROM_EDAEMON);
}

/* ---- create ---- */

/* What the child says with its exit code: assertions of its own would leave it in the middle of the test. */
static carom_status_t answer(carom_channel_t *channel)
{
    carom_connection_t *parent = carom_channel_connection(channel);
    carom_status_t status;
    carom_value_t value;

    do {
        status = carom_connection_receive(&value, parent, PATIENCE);
        if (status == CAROM_OK)
            status = carom_connection_send(parent, carom_value_from_int(carom_value_int(value) + 1), PATIENCE);
    } while (status == CAROM_OK);
    return status;
}

static int is_a_process(const carom_channel_t *channel, int64_t parent, const char *name)
{
    carom_self_t self;
    carom_process_t *none;

    carom_self(&self);
    return carom_channel_is_child(channel) && carom_channel_process(channel) == NULL && self.parent_pid == parent &&
           self.pid != parent && strcmp(self.mode, "fork") == 0 && strcmp(self.name, name) == 0 &&
           strcmp(self.parent_name, "MainProcess") == 0 && carom_process_active(&none, 1) == 0;
}

CAROM_TEST_WITH(channel, create, .modes = CAROM_TEST_FORK)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_channel_t *channel;
    carom_self_t self;
    int64_t i;

    carom_self(&self);
    options.name = "half";
    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, &options));
    if (carom_channel_is_child(channel))
        carom_channel_exit(channel, !is_a_process(channel, self.pid, "half") ? 1 : answer(channel) == CAROM_EEOF ? 42 : 2);
    CAROM_ASSERT_TEXT(carom_process_name(carom_channel_process(channel)), "half");
    CAROM_ASSERT_INT(carom_channel_is_child(channel), 0);
    for (i = 0; i < 100; i++) {
        CAROM_ASSERT_OK(carom_connection_send(carom_channel_connection(channel), carom_value_from_int(i), PATIENCE));
        CAROM_ASSERT_INT(receive_int(channel), i + 1);
    }
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
}

/* The variable goes along with the memory. */
static void exit_with(carom_test_t *test, int code, int seen)
{
    volatile int local = code;
    carom_channel_t *channel;

    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, NULL));
    if (carom_channel_is_child(channel))
        carom_channel_exit(channel, local);
    end_channel(&channel, seen == 0 ? CAROM_OK : CAROM_EFAILED, seen);
}

CAROM_TEST_WITH(channel, exit_codes, .modes = CAROM_TEST_FORK)
{
    exit_with(test, 0, 0);
    exit_with(test, 7, 7);
    exit_with(test, 300, 44);
    exit_with(test, -1, 255);
}

CAROM_TEST_WITH(channel, stdout_is_flushed_at_the_exit, .modes = CAROM_TEST_FORK)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_channel_t *channel;
    char path[512], line[64] = "";
    FILE *file;

    snprintf(path, sizeof path, "%s/out", test->directory);
    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, &options));
    if (carom_channel_is_child(channel)) {
        if (freopen(path, "w", stdout) == NULL)
            carom_channel_exit(channel, 1);
        printf("said at the end");
        carom_channel_exit(channel, 0);
    }
    end_channel(&channel, CAROM_OK, 0);
    file = fopen(path, "r");
    CAROM_ASSERT(file != NULL);
    CAROM_ASSERT(fgets(line, sizeof line, file) != NULL);
    fclose(file);
    CAROM_ASSERT_TEXT(line, "said at the end");
    CAROM_ASSERT_INT(remove(path), 0);
}

CAROM_TEST_WITH(channel, a_created_child_that_dies, .modes = CAROM_TEST_FORK)
{
    carom_channel_t *channel;

    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, NULL));
    if (carom_channel_is_child(channel))
        carom_channel_exit(channel, answer(channel) != CAROM_EEOF);
    CAROM_ASSERT_OK(carom_process_kill(carom_channel_process(channel)));
    end_channel(&channel, CAROM_EDIED, -9);
}

/* The parent's objects are not the child's, and the child may start and create by itself. */
static int starts_its_own(carom_context_t *context, carom_channel_t *ours)
{
    carom_connection_t *inherited = carom_channel_connection(ours);
    carom_channel_t *channel;
    carom_value_t value;
    int fine;

    if (carom_connection_send(inherited, carom_value_from_int(1), 0) != CAROM_EFORKED ||
        carom_process_join(carom_channel_process(ours), 0) != CAROM_EFORKED || carom_channel_destroy(&ours) != CAROM_EFORKED)
        return 1;
    if (carom_channel_start(&channel, context, carom_call(says_its_name)) != CAROM_OK)
        return 2;
    fine = carom_connection_receive(&value, carom_channel_connection(channel), PATIENCE) == CAROM_OK &&
           strcmp(carom_value_text(value), "Process-1") == 0;
    carom_value_clear(&value);
    if (!fine || carom_channel_destroy(&channel) != CAROM_OK)
        return 3;
    if (carom_channel_create(&channel, context, NULL) != CAROM_OK)
        return 4;
    if (carom_channel_is_child(channel))
        carom_channel_exit(channel, 9);
    fine = carom_process_join(carom_channel_process(channel), PATIENCE) == CAROM_OK &&
           carom_process_exit_code(carom_channel_process(channel)) == 9;
    return carom_channel_destroy(&channel) == CAROM_OK && fine ? 0 : 5;
}

CAROM_TEST_WITH(channel, a_created_child_is_a_process_of_its_own, .modes = CAROM_TEST_FORK)
{
    carom_channel_t *ours = start_channel(test, carom_call(sends_back)), *channel;

    CAROM_ASSERT_OK(carom_channel_create(&channel, test->context, NULL));
    if (carom_channel_is_child(channel)) {
        int trouble = starts_its_own(test->context, ours);

        if (trouble == 0 && (carom_channel_destroy(&channel) != CAROM_OK || channel != NULL))
            trouble = 6;
        carom_channel_exit(channel, trouble);
    }
    end_channel(&channel, CAROM_OK, 0);
    CAROM_ASSERT_OK(carom_connection_send(carom_channel_connection(ours), carom_value_from_int(4), PATIENCE));
    CAROM_ASSERT_INT(receive_int(ours), 4);
    CAROM_ASSERT_OK(carom_channel_destroy(&ours));
}

CAROM_TASK(creates_in_its_entry)
{
    carom_channel_t *channel;
    int code;

    CAROM_ASSERT_OK(carom_channel_create(&channel, carom_call_context(call), NULL));
    if (carom_channel_is_child(channel))
        carom_channel_exit(channel, 5);
    CAROM_ASSERT_OK(carom_process_join(carom_channel_process(channel), PATIENCE));
    code = carom_process_exit_code(carom_channel_process(channel));
    CAROM_ASSERT_OK(carom_channel_destroy(&channel));
    return carom_return(call, code);
}

CAROM_TEST_WITH(channel, create_in_an_entry, .modes = CAROM_TEST_FORK)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(creates_in_its_entry)));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_INT(carom_value_int(result), 5);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(channel, who_can_create)
{
    carom_channel_t *channel = NULL;

    CAROM_ASSERT_INT(carom_context_can(test->context, CAROM_CAN_CREATE), strcmp(test->mode, "fork") == 0);
    if (!carom_context_can(test->context, CAROM_CAN_CREATE))
        CAROM_ASSERT_STATUS(carom_channel_create(&channel, test->context, NULL), CAROM_ENOTSUP);
    CAROM_ASSERT(channel == NULL);
}

/* A thread of carom: what forks entries then cannot return here. */
CAROM_TEST_WITH(channel, no_create_beside_threads, .modes = CAROM_TEST_FORK, .warm_up = CAROM_TEST_THREAD)
{
    carom_channel_t *thread, *channel;
    carom_context_t *threads;

    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    CAROM_ASSERT_OK(carom_channel_start(&thread, threads, carom_call(sends_back)));
    CAROM_ASSERT_STATUS(carom_channel_create(&channel, test->context, NULL), CAROM_EBUSY);
    CAROM_ASSERT(channel == NULL);
    CAROM_ASSERT_OK(carom_channel_destroy(&thread));
    carom_context_destroy(&threads);
    exit_with(test, 3, 3);
}

CAROM_TEST_WITH(channel, create_refuses_bad_options, .modes = CAROM_TEST_FORK)
{
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_channel_t *channel;

    options.size = 1;
    CAROM_ASSERT_STATUS(carom_channel_create(&channel, test->context, &options), CAROM_EINVAL);
    options.size = sizeof options;
    options.directory = "/is/not/there";
    CAROM_ASSERT_STATUS(carom_channel_create(&channel, test->context, &options), CAROM_ENOENT);
    CAROM_ASSERT(channel == NULL);
}

/* Entries: finding them, arguments, results, and the plugin that brings its own. */

#include <carom-harness.h>

#include <stdlib.h>
#include <string.h>

CAROM_TASK(nothing)
{
    return 0;
}

CAROM_TASK_VERSION(versioned, 7)
{
    return 0;
}

static carom_value_t run(carom_test_t *test, carom_request_t request)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, request));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return result;
}

CAROM_TEST_ONCE(entry, find)
{
    const carom_entry_t *entry;

    CAROM_ASSERT_OK(carom_entry_find(&entry, "nothing"));
    CAROM_ASSERT(entry == &nothing);
    CAROM_ASSERT_OK(carom_entry_find(&entry, "versioned"));
    CAROM_ASSERT_INT(entry->version, 7);
    CAROM_ASSERT_STATUS(carom_entry_find(&entry, "nowhere"), CAROM_ENOENTRY);
    CAROM_ASSERT(entry == NULL);
}

static int late_function(carom_call_t *call)
{
    return carom_return(call, 1);
}

CAROM_TEST_ONCE(entry, register_twice_and_take_out)
{
    static carom_entry_t late = {"late", 1, late_function, NULL};
    const carom_entry_t *entry;

    carom_entry_register(&late);
    carom_entry_register(&late);
    CAROM_ASSERT_OK(carom_entry_find(&entry, "late"));
    CAROM_ASSERT(entry == &late);
    carom_entry_unregister(&late);
    carom_entry_unregister(&late);
    CAROM_ASSERT_STATUS(carom_entry_find(&entry, "late"), CAROM_ENOENTRY);
    CAROM_ASSERT_OK(carom_entry_find(&entry, "nothing"));
}

/* What the worker does not have: each failure is its own status, with the name in the text. */
static void start_stranger(carom_test_t *test, carom_entry_t *stranger, carom_status_t wanted)
{
    carom_process_t *child;
    const carom_outcome_t *outcome;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_request(stranger, NULL, 0)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    outcome = carom_process_outcome(child);
    CAROM_ASSERT(outcome != NULL);
    CAROM_ASSERT_STATUS(outcome->status, wanted);
    CAROM_ASSERT_INT(outcome->exit_code, 70);
    CAROM_ASSERT(strstr(outcome->text, stranger->name) != NULL);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST_WITH(entry, missing_in_the_worker, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORKSERVER)
{
    static carom_entry_t only_here = {"only_here", 1, late_function, NULL};

    carom_entry_register(&only_here);
    start_stranger(test, &only_here, CAROM_ENOENTRY);
    carom_entry_unregister(&only_here);
}

CAROM_TEST_WITH(entry, other_version_in_the_worker, .modes = CAROM_TEST_PROCESSES)
{
    static carom_entry_t newer;

    newer = versioned;
    newer.version = 8;
    start_stranger(test, &newer, CAROM_EVERSION);
}

CAROM_TEST(entry, bad_requests)
{
    carom_entry_t no_function = {"no_function", 1, NULL, NULL}, no_name = {NULL, 1, late_function, NULL};
    carom_process_t *child;

    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(NULL, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&no_function, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&no_name, NULL, 0)), CAROM_EINVAL);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&nothing, NULL, 2)), CAROM_EINVAL);
}

/* ---- arguments ---- */

CAROM_TASK(check_arguments)
{
    CAROM_ASSERT_INT(carom_arg_count(call), 5);
    CAROM_ASSERT_INT(carom_arg_int(call, 0), -42);
    CAROM_ASSERT(carom_arg_float(call, 1) == 2.5);
    CAROM_ASSERT_TEXT(carom_arg_text(call, 2), "gr\xc3\xbc\xc3\x9f");
    CAROM_ASSERT_INT(carom_value_type(carom_arg(call, 3)), CAROM_BOOL);
    CAROM_ASSERT_INT(carom_value_count(carom_arg(call, 4)), 3);
    CAROM_ASSERT_INT(carom_value_int(*carom_value_at(carom_arg(call, 4), 2)), 3);
    CAROM_ASSERT_INT(carom_arg_int(call, 2), 0);
    CAROM_ASSERT(carom_arg_text(call, 0) == NULL);
    CAROM_ASSERT_INT(carom_value_type(carom_arg(call, 5)), CAROM_NONE);
    CAROM_ASSERT(carom_arg_connection(call, 0) == NULL);
    CAROM_ASSERT(carom_arg_file(call, 99) == CAROM_NATIVE_NONE);
    return carom_return(call, carom_context_mode(carom_call_context(call)));
}

CAROM_TEST(entry, arguments_of_every_kind)
{
    carom_value_t list, item, result;
    _Bool truth = 1;
    int i;

    CAROM_ASSERT_OK(carom_value_list(&list));
    for (i = 1; i <= 3; i++) {
        item = carom_value_from_int(i);
        CAROM_ASSERT_OK(carom_value_append(&list, &item));
    }
    result = run(test, carom_call(check_arguments, -42, 2.5, "gr\xc3\xbc\xc3\x9f", truth, list));
    CAROM_ASSERT_TEXT(carom_value_text(result), test->mode);
    carom_value_clear(&result);
    carom_value_clear(&list);
}

CAROM_TASK(count_arguments)
{
    size_t i;

    for (i = 0; i < carom_arg_count(call); i++)
        CAROM_ASSERT_INT(carom_arg_int(call, i), (int64_t) i);
    return carom_return(call, carom_arg_count(call));
}

CAROM_TEST(entry, none_and_sixteen_arguments)
{
    CAROM_ASSERT_INT(carom_value_int(run(test, carom_call(count_arguments))), 0);
    CAROM_ASSERT_INT(carom_value_int(run(test, carom_call(count_arguments, 0))), 1);
    CAROM_ASSERT_INT(
        carom_value_int(run(test, carom_call(count_arguments, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15))), 16);
}

CAROM_TEST(entry, many_arguments_from_an_array)
{
    carom_value_t args[1000];
    size_t i;

    for (i = 0; i < 1000; i++)
        args[i] = carom_value_from_int((int64_t) i);
    CAROM_ASSERT_INT(carom_value_int(run(test, carom_request(&count_arguments, args, 1000))), 1000);
}

CAROM_TEST(entry, bad_arguments)
{
    carom_process_t *child;
    carom_value_t huge;
    void *bytes = calloc(1, ((size_t) 64 << 20) + 1);

    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_call(nothing, "\xff\xfe")), CAROM_EUTF8);
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT(bytes != NULL);
    huge = carom_value_borrow_bytes(bytes, ((size_t) 64 << 20) + 1);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_call(nothing, huge)), CAROM_ETOOBIG);
    free(bytes);
}

/* ---- results ---- */

CAROM_TASK(echo)
{
    return carom_return(call, carom_arg(call, 0));
}

CAROM_TASK(big_result)
{
    size_t size = (size_t) carom_arg_int(call, 0);
    char *bytes = malloc(size);
    carom_value_t result;

    CAROM_ASSERT(bytes != NULL);
    memset(bytes, 'r', size);
    result = carom_value_borrow_bytes(bytes, size);
    carom_return(call, result);
    free(bytes);
    return 0;
}

CAROM_TEST(entry, results)
{
    carom_value_t result = run(test, carom_call(echo, "text"));

    CAROM_ASSERT_TEXT(carom_value_text(result), "text");
    carom_value_clear(&result);
    CAROM_ASSERT(carom_value_float(run(test, carom_call(echo, 1.5))) == 1.5);
    CAROM_ASSERT_INT(carom_value_int(run(test, carom_call(echo, INT64_MIN))), INT64_MIN);
}

/* Larger than any socket buffer: the child can only end when the parent reads while it waits. */
CAROM_TEST(entry, large_result)
{
    carom_value_t result = run(test, carom_call(big_result, 5000000));

    CAROM_ASSERT_INT(carom_value_count(result), 5000000);
    CAROM_ASSERT(((const char *) carom_value_bytes(result))[4999999] == 'r');
    carom_value_clear(&result);
}

CAROM_TEST_WITH(entry, result_above_the_limit, .modes = CAROM_TEST_PROCESSES)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(big_result, ((int64_t) 64 << 20) + 1)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_ETOOBIG);
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    /* The value fits the limit, its message does not. */
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(big_result, ((int64_t) 64 << 20) - 10)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, CAROM_ETOOBIG);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(fails)
{
    return carom_fail(call, CAROM_ENOKEY, "no %s in %d places", "luck", 3);
}

CAROM_TEST(entry, failure_comes_back)
{
    carom_process_t *child;
    carom_value_t result;
    const carom_outcome_t *outcome;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(fails)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    outcome = carom_process_outcome(child);
    CAROM_ASSERT_STATUS(outcome->status, CAROM_ENOKEY);
    CAROM_ASSERT_TEXT(outcome->text, "no luck in 3 places");
    CAROM_ASSERT_INT(outcome->exit_code, 1);
    CAROM_ASSERT_INT(outcome->pid, carom_process_pid(child));
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TASK(returns_a_handle)
{
    return carom_return(call, carom_arg(call, 0));
}

CAROM_TASK(returns_no_text)
{
    return carom_return(call, "\xff");
}

/* A result that cannot be kept is the call's failure. */
static void expect_failure(carom_test_t *test, carom_request_t request, carom_status_t wanted)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, request));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_STATUS(carom_process_outcome(child)->status, wanted);
    CAROM_ASSERT_INT(carom_process_exit_code(child), 1);
    CAROM_ASSERT_STATUS(carom_process_result(&result, child), CAROM_ENOKEY);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(entry, results_that_cannot_be_kept)
{
    carom_connection_t *one, *other;

    CAROM_ASSERT_OK(carom_connection_pair(&one, &other, NULL));
    expect_failure(test, carom_call(returns_a_handle, other), CAROM_ENOTSUP);
    expect_failure(test, carom_call(returns_no_text), CAROM_EUTF8);
    carom_connection_close(&one);
    carom_connection_close(&other);
}

static void leave_early(carom_call_t *call)
{
    carom_exit(call, 23);
}

CAROM_TASK(leaves)
{
    leave_early(call);
    return 5;
}

CAROM_TEST(entry, exit_from_inside)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(leaves)));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 23);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST_ONCE(entry, worker_path)
{
    CAROM_ASSERT_OK(carom_worker_set("/a/path"));
    CAROM_ASSERT_OK(carom_worker_set(NULL));
}

/* Contexts and what modes can do. */

#include "runtime.h"

#include <string.h>

CAROM_TEST_ONCE(context, by_name)
{
    carom_context_t *context;
    size_t i;

    for (i = 0; carom_mode_at(i); i++) {
        CAROM_ASSERT_OK(carom_context_create(&context, carom_mode_at(i)));
        CAROM_ASSERT_TEXT(carom_context_mode(context), carom_mode_at(i));
        carom_context_destroy(&context);
        CAROM_ASSERT(context == NULL);
    }
    CAROM_ASSERT(i >= 2);
    CAROM_ASSERT_TEXT(carom_mode_at(0), "spawn");
    carom_context_destroy(&context);
}

CAROM_TEST_ONCE(context, bad_mode)
{
    carom_context_t *context = (carom_context_t *) test;

    CAROM_ASSERT_STATUS(carom_context_create(&context, "teleport"), CAROM_EMODE);
    CAROM_ASSERT(context == NULL);
    CAROM_ASSERT_STATUS(carom_context_create(&context, ""), CAROM_EMODE);
}

CAROM_TEST_ONCE(context, the_default_is_carom_s_own)
{
    carom_context_t *context, *again;

    CAROM_ASSERT_OK(carom_context_default(&context));
    CAROM_ASSERT_OK(carom_context_default(&again));
    CAROM_ASSERT(context == again);
    CAROM_ASSERT_TEXT(carom_context_mode(NULL), carom_context_mode(context));
    carom_context_destroy(&context);
    CAROM_ASSERT(context == NULL);
    CAROM_ASSERT_OK(carom_context_default(&again));
}

CAROM_TASK(report_default)
{
    return carom_return(call, carom_context_mode(NULL));
}

/* CAROM_START_METHOD counts in the process that has it. */
static void default_in_child(const char *setting, const char *wanted)
{
    const char *environment[] = {setting, NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_context_t *spawn;
    carom_process_t *child;
    carom_value_t result;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_context_create(&spawn, "spawn"));
    CAROM_ASSERT_OK(carom_process_start_with(&child, spawn, carom_call(report_default), &options));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_TEXT(carom_value_text(result), wanted);
    carom_value_clear(&result);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    carom_context_destroy(&spawn);
}

CAROM_TEST_WITH(context, default_from_the_environment, .modes = CAROM_TEST_ONCE_ONLY, .warm_up = CAROM_TEST_SPAWN)
{
    default_in_child("CAROM_START_METHOD=thread", "thread");
    default_in_child("CAROM_START_METHOD=", "spawn");
    default_in_child("CAROM_START_METHOD=nonsense", "none");
}

/* Where CAROM_START_METHOD names no mode there is no default, but everything else. */
static void hear_nothing(void *baton, const carom_result_t *result)
{
    (void) baton;
    (void) result;
}

#define EXPECT_CREATE(wanted, noun, ...)                                                                                       \
    do {                                                                                                                       \
        carom_##noun##_t *made;                                                                                                \
                                                                                                                               \
        CAROM_CHECK(carom_##noun##_create(&made, __VA_ARGS__) == (wanted));                                                    \
        CAROM_CHECK((made != NULL) == ((wanted) == CAROM_OK));                                                                 \
        carom_##noun##_destroy(&made);                                                                                         \
    } while (0)

static void expect_creates(carom_status_t wanted, carom_context_t *context)
{
    EXPECT_CREATE(wanted, lock, context, NULL);
    EXPECT_CREATE(wanted, semaphore, context, 1, NULL);
    EXPECT_CREATE(wanted, event, context);
    EXPECT_CREATE(wanted, condition, context, NULL);
    EXPECT_CREATE(wanted, barrier, context, 2);
    EXPECT_CREATE(wanted, queue, context, 10, NULL);
    EXPECT_CREATE(wanted, array, context, CAROM_ITEM_I64, 10, NULL);
    EXPECT_CREATE(wanted, heap, context);
}

CAROM_TASK(has_no_default)
{
    carom_exchange_options_t options = CAROM_EXCHANGE_OPTIONS_INIT;
    carom_exchange_t *exchange;
    carom_channel_t *channel;
    carom_context_t *context = (carom_context_t *) call;
    carom_process_t *child = (carom_process_t *) call;

    CAROM_ASSERT_STATUS(carom_context_default(&context), CAROM_EMODE);
    CAROM_ASSERT(context == NULL);
    CAROM_ASSERT_STATUS(carom_context_create(&context, NULL), CAROM_EMODE);
    CAROM_ASSERT(context == NULL);
    CAROM_ASSERT_STATUS(carom_process_start(&child, NULL, carom_call(report_default)), CAROM_EMODE);
    CAROM_ASSERT(child == NULL);
    CAROM_ASSERT_STATUS(carom_channel_start(&channel, NULL, carom_call(report_default)), CAROM_EMODE);
    CAROM_ASSERT(channel == NULL);
    CAROM_ASSERT_STATUS(carom_channel_create(&channel, NULL, NULL), CAROM_EMODE);
    options.on_result = hear_nothing;
    CAROM_ASSERT_STATUS(carom_exchange_create(&exchange, &options), CAROM_EMODE);
    CAROM_ASSERT(exchange == NULL);
    expect_creates(CAROM_EMODE, NULL);
    CAROM_ASSERT_INT(carom_context_can(NULL, CAROM_CAN_KILL), 0);
    CAROM_ASSERT_OK(carom_context_create(&context, "spawn"));
    carom_context_destroy(&context);
    return 0;
}

CAROM_TEST_WITH(context, no_default, .modes = CAROM_TEST_SPAWN)
{
    const char *environment[] = {"CAROM_START_METHOD=nonsense", NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_process_t *child;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_process_start_with(&child, test->context, carom_call(has_no_default), &options));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST(context, abilities)
{
    int is_process = strcmp(test->mode, "thread") != 0;

    CAROM_ASSERT_INT(carom_context_can(test->context, CAROM_CAN_KILL), is_process);
    CAROM_ASSERT_INT(carom_context_can(test->context, CAROM_CAN_TERMINATE), is_process);
    CAROM_ASSERT_INT(carom_context_can(test->context, CAROM_CAN_REDIRECT), is_process);
    CAROM_ASSERT_INT(carom_context_can(test->context, CAROM_CAN_CRASH), is_process);
    CAROM_ASSERT_INT(carom_context_can(test->context, (carom_ability_t) 99), 0);
}

CAROM_TEST_ONCE(context, cpu_count)
{
    unsigned count = carom_cpu_count();

    CAROM_ASSERT(count >= 1 && count < 100000);
}

/* ---- what is shared ---- */

/* Threads can always have them; processes where they can share memory and wait for each other at it, or they are refused. */
CAROM_TEST(context, shared_things_are_made_or_refused)
{
    carom_context_t *context = test->context;
    int can = carom_context_can(context, CAROM_CAN_SHARE);
    carom_status_t wanted = can ? CAROM_OK : CAROM_ENOTSUP;

    if (strcmp(test->mode, "thread") == 0)
        CAROM_ASSERT(can);
    else if (!on_windows())
        CAROM_ASSERT_INT(can, carom_feature("HAVE_FUTEX") || carom_feature("HAVE_SEM_TIMEDWAIT"));
    expect_creates(wanted, context);
}

CAROM_TASK(sets_the_event)
{
    return carom_event_set(carom_arg_event(call, 0)) == CAROM_OK ? 0 : 1;
}

/* What was made for threads goes to a process, too, or is refused.  It leaves the arena that these threads have. */
CAROM_TEST_WITH(context, a_process_and_what_threads_have, .modes = CAROM_TEST_PROCESSES, .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    int can = carom_context_can(test->context, CAROM_CAN_SHARE);
    carom_context_t *threads;
    carom_process_t *child;
    carom_event_t *event;
    carom_value_t argument;

    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    CAROM_ASSERT_OK(carom_event_create(&event, threads));
    argument = carom_value_from_event(event);
    CAROM_ASSERT_STATUS(carom_process_start(&child, test->context, carom_request(&sets_the_event, &argument, 1)),
                        can ? CAROM_OK : CAROM_ENOTSUP);
    CAROM_ASSERT((child != NULL) == can);
    if (can) {
        CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
        CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
        CAROM_ASSERT_OK(carom_process_destroy(&child));
    }
    CAROM_ASSERT_INT(carom_event_is_set(event), can);
    carom_event_destroy(&event);
    carom_context_destroy(&threads);
}

/* What tests of fork and forkserver share. */

#ifndef CAROM_TESTS_FORKS_H
#define CAROM_TESTS_FORKS_H

#include "tests/pairs.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

CAROM_TASK(fork_no_op)
{
    return 0;
}

/* Ends with its connection. */
CAROM_TASK(fork_listen)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 7 : 1;
}

typedef struct listener_t {
    carom_process_t *process;
    carom_connection_t *connection;
} listener_t;

CAROM_UNUSED static listener_t start_listener(carom_context_t *context)
{
    carom_connection_t *theirs;
    listener_t self;

    CAROM_ASSERT_OK(carom_connection_pair(&self.connection, &theirs, NULL));
    CAROM_ASSERT_OK(carom_process_start(&self.process, context, carom_call(fork_listen, theirs)));
    carom_connection_close(&theirs);
    return self;
}

CAROM_UNUSED static void end_listener(listener_t *self)
{
    carom_connection_close(&self->connection);
    end_child(&self->process, 7);
}

CAROM_UNUSED static carom_context_t *context_of(const char *mode)
{
    carom_context_t *context;

    CAROM_ASSERT_OK(carom_context_create(&context, mode));
    return context;
}

CAROM_UNUSED static int64_t call_for_int(carom_context_t *context, carom_request_t request)
{
    carom_process_t *child;
    carom_value_t result;

    CAROM_ASSERT_OK(carom_process_start(&child, context, request));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_result(&result, child));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
    return carom_value_int(result);
}

CAROM_UNUSED static void run_one(carom_context_t *context, carom_request_t request)
{
    carom_process_t *child;

    CAROM_ASSERT_OK(carom_process_start(&child, context, request));
    end_child(&child, 0);
}

/* ---- what the log said last of a failure ---- */

static char last_words[1000];

static void keep_words(carom_level_t level, const char *process, const char *text)
{
    (void) process;
    if (level <= CAROM_LOG_WARNING)
        snprintf(last_words, sizeof last_words, "%s", text);
}

static carom_log_hook_t keeper = {"keeper", keep_words, NULL};

CAROM_UNUSED static void keep_log(void)
{
    last_words[0] = '\0';
    carom_log_register(&keeper);
    CAROM_ASSERT_OK(carom_log_set(CAROM_LOG_WARNING, &keeper));
}

CAROM_UNUSED static void expect_words(const char *words)
{
    CAROM_NOTE("the log: %s", last_words);
    CAROM_CHECK(strstr(last_words, words) != NULL);
    carom_log_unregister(&keeper);
}

/* ---- threads of the host: they wait until the gate is closed ---- */

static int gate[2];

CAROM_UNUSED static void *wait_at_gate(void *nothing)
{
    char byte;

    (void) nothing;
    while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
        continue;
    return NULL;
}

#endif

/* A tree to be killed: workers that start workers, with connections between them, and one that is stopped.
 *
 *     tree MODE       spawn, fork, forkserver, or threads: fork with a thread, so that a template forks */

#include <carom.h>

#include <signal.h>
#include <string.h>

#define LONG carom_seconds(60)

CAROM_TASK(leaf)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;

    while (carom_connection_receive(&value, connection, LONG) == CAROM_OK) {
        if (carom_connection_send(connection, value, LONG) != CAROM_OK)
            break;
        carom_value_clear(&value);
    }
    carom_connection_close(&connection);
    return 0;
}

/* The kernel's lifeline reaches even it; a thread's cannot. */
CAROM_TASK(stopped_leaf)
{
    raise(SIGSTOP);
    return 0;
}

static int talk(carom_connection_t *connection, int64_t rounds)
{
    carom_value_t value;

    while (rounds-- > 0) {
        if (carom_connection_send(connection, carom_value_borrow_text("a few words"), LONG) != CAROM_OK ||
            carom_connection_receive(&value, connection, LONG) != CAROM_OK)
            return 1;
        carom_value_clear(&value);
    }
    return 0;
}

static int with_leaf(carom_context_t *context, int64_t rounds)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child = NULL;
    int code = 1;

    if (carom_connection_pair(&ours, &theirs, NULL) != CAROM_OK)
        return 1;
    if (carom_process_start(&child, context, carom_call(leaf, theirs)) == CAROM_OK)
        code = talk(ours, rounds);
    carom_connection_close(&theirs);
    carom_connection_close(&ours);
    carom_process_destroy(&child);
    return code;
}

CAROM_TASK(branch)
{
    int code = 0, i;

    for (i = 0; i < 3 && code == 0; i++)
        code = with_leaf(carom_call_context(call), carom_arg_int(call, 0));
    return code;
}

/* Waits for the end of its connection, which comes with that of main. */
CAROM_TASK(thread_that_is_there)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, LONG);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

typedef struct thread_t {
    carom_context_t *context;
    carom_process_t *process;
    carom_connection_t *connection;
} thread_t;

static int start_thread(thread_t *self)
{
    carom_connection_t *theirs;
    int code;

    if (carom_context_create(&self->context, "thread") != CAROM_OK ||
        carom_connection_pair(&self->connection, &theirs, NULL) != CAROM_OK)
        return 1;
    code = carom_process_start(&self->process, self->context, carom_call(thread_that_is_there, theirs)) != CAROM_OK;
    carom_connection_close(&theirs);
    return code;
}

static void end_thread(thread_t *self)
{
    carom_connection_close(&self->connection);
    carom_process_destroy(&self->process);
    carom_context_destroy(&self->context);
}

static int grow(carom_context_t *context)
{
    carom_process_t *branches[3] = {NULL}, *stopped = NULL;
    int code = 0, i;

    if (carom_feature("HAVE_SIGIO_LIFELINE") && carom_process_start(&stopped, context, carom_call(stopped_leaf)) != CAROM_OK)
        return 1;
    for (i = 0; i < 3; i++)
        if (carom_process_start(&branches[i], context, carom_call(branch, 3000)) != CAROM_OK)
            return 1;
    for (i = 0; i < 3; i++) {
        if (carom_process_join(branches[i], LONG) != CAROM_OK || carom_process_exit_code(branches[i]) != 0)
            code = 1;
        carom_process_destroy(&branches[i]);
    }
    if (stopped && carom_process_kill(stopped) != CAROM_OK)
        code = 1;
    carom_process_destroy(&stopped);
    return code;
}

int main(int argc, char **argv)
{
    thread_t thread = {NULL, NULL, NULL};
    carom_context_t *context;
    const char *mode;
    int code;

    carom_init(&argc, &argv);
    mode = argc > 1 ? argv[1] : "spawn";
    if (carom_context_create(&context, strcmp(mode, "threads") == 0 ? "fork" : mode) != CAROM_OK)
        return 1;
    code = strcmp(mode, "threads") == 0 ? start_thread(&thread) : 0;
    if (code == 0)
        code = grow(context);
    end_thread(&thread);
    carom_context_destroy(&context);
    return code;
}

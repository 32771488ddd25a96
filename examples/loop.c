/* A child that adds up the numbers its parent sends, in each mode:  loop [MODE]...
 *
 * The parent keeps one end of a connection and gives the child the other.  The child answers every number with the sum so far,
 * and returns how many there were once the parent has closed its end. */

#include <carom.h>

#include <inttypes.h>
#include <stdio.h>

#define NUMBERS 100
#define PATIENCE carom_seconds(30)

CAROM_TASK(add_up)
{
    carom_connection_t *parent = carom_arg_connection(call, 0);
    int64_t sum = 0, count = 0;
    carom_value_t number;
    carom_status_t status;

    while ((status = carom_connection_receive(&number, parent, CAROM_FOREVER)) == CAROM_OK) {
        sum += carom_value_int(number);
        count++;
        carom_value_clear(&number);
        status = carom_connection_send(parent, carom_value_from(sum), CAROM_FOREVER);
        if (status != CAROM_OK)
            break;
    }
    carom_connection_close(&parent);
    return status == CAROM_EEOF ? carom_return(call, count) : carom_fail(call, status, "the conversation broke off");
}

static carom_status_t converse(carom_connection_t *child, int64_t *sum)
{
    carom_status_t status = CAROM_OK;
    carom_value_t answer;
    int i;

    for (i = 1; i <= NUMBERS && status == CAROM_OK; i++) {
        status = carom_connection_send(child, carom_value_from(i), PATIENCE);
        if (status == CAROM_OK)
            status = carom_connection_receive(&answer, child, PATIENCE);
        if (status == CAROM_OK) {
            *sum = carom_value_int(answer);
            carom_value_clear(&answer);
        }
    }
    return status;
}

/* Closing our end is what tells the child that there is no more. */
static carom_status_t talk(carom_process_t *child, carom_connection_t **ours, const char *mode)
{
    int64_t sum = 0;
    carom_value_t count = carom_value_none();
    carom_status_t status = converse(*ours, &sum);

    carom_connection_close(ours);
    if (status == CAROM_OK)
        status = carom_process_join(child, PATIENCE);
    if (status == CAROM_OK)
        status = carom_process_result(&count, child);
    if (status == CAROM_OK)
        printf("%s: %" PRId64 " numbers, sum %" PRId64 "\n", mode, carom_value_int(count), sum);
    carom_value_clear(&count);
    return status;
}

static carom_status_t loop(carom_context_t *context)
{
    carom_connection_t *ours, *theirs;
    carom_process_t *child;
    carom_status_t status = carom_connection_pair(&ours, &theirs, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom_process_start(&child, context, carom_call(add_up, theirs));
    if (status == CAROM_OK)
        status = talk(child, &ours, carom_context_mode(context));
    carom_connection_close(&theirs);          /* it has moved; this frees what is left here */
    carom_connection_close(&ours);
    carom_process_destroy(&child);
    return status;
}

static int run(const char *mode)
{
    carom_context_t *context;
    char text[128];
    carom_status_t status = carom_context_create(&context, mode);

    if (status == CAROM_OK)
        status = loop(context);
    if (status != CAROM_OK)
        fprintf(stderr, "loop: %s: %s\n", mode, carom_status_text(status, text, sizeof text));
    carom_context_destroy(&context);
    return status == CAROM_OK ? 0 : 1;
}

int main(int argc, char **argv)
{
    int failed = 0, i;
    const char *mode;

    carom_init(&argc, &argv);
    for (i = 1; i < argc; i++)
        failed |= run(argv[i]);
    for (i = 0; argc < 2 && (mode = carom_mode_at((size_t) i)) != NULL; i++)
        failed |= run(mode);
    return failed;
}

/* A program with an entry of its own, whose main does not call carom_init: it can start threads, and no processes.  Exits with
 * 0 when that is so. */

#include <carom.h>

CAROM_TASK(no_init_entry)
{
    return carom_return(call, 5);
}

/* What start says; the thread or process is gone again. */
static carom_status_t start_in(const char *mode)
{
    carom_context_t *context;
    carom_process_t *child = NULL;
    carom_status_t status = carom_context_create(&context, mode);

    if (status == CAROM_OK)
        status = carom_process_start(&child, context, carom_call(no_init_entry));
    carom_process_destroy(&child);
    carom_context_destroy(&context);
    return status;
}

int main(void)
{
    if (start_in("spawn") != CAROM_ENOINIT)
        return 1;
    return start_in("thread") == CAROM_OK ? 0 : 2;
}

/* A function that runs in another process, and its result. */

#include <carom.h>
#include <stdio.h>

CAROM_TASK(greet)
{
    char text[64];

    snprintf(text, sizeof text, "hello, %s", carom_arg_text(call, 0));
    return carom_return(call, text);
}

int main(int argc, char **argv)
{
    carom_process_t *child;
    carom_value_t greeting;

    carom_init(&argc, &argv);                 /* does not return in the child */
    if (carom_process_start(&child, NULL, carom_call(greet, "world")) != CAROM_OK ||
        carom_process_join(child, carom_seconds(10)) != CAROM_OK || carom_process_result(&greeting, child) != CAROM_OK)
        return 1;
    puts(carom_value_text(greeting));
    carom_value_clear(&greeting);
    carom_process_destroy(&child);
    return 0;
}

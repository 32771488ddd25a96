/* A module with an entry of its own, as a plugin has: its host's main knows nothing of carom. */

#include <carom.h>

#include <stdio.h>
#include <string.h>

__attribute__((visibility("default"))) int plugin_run(void);

CAROM_TASK(plugin_entry)
{
    char text[100];

    snprintf(text, sizeof text, "%s from the plugin", carom_arg_text(call, 0));
    return carom_return(call, (const char *) text);
}

static int check(carom_process_t *child)
{
    carom_value_t result;
    int good;

    if (carom_process_join(child, carom_seconds(20)) != CAROM_OK || carom_process_result(&result, child) != CAROM_OK)
        return 1;
    good = strcmp(carom_value_text(result), "hello from the plugin") == 0;
    carom_value_clear(&result);
    return good ? 0 : 2;
}

/* What the host calls: 0 when a worker in a process of its own ran our entry. */
int plugin_run(void)
{
    carom_context_t *spawn;
    carom_process_t *child = NULL;
    carom_status_t status = carom_context_create(&spawn, "spawn");
    int code;

    if (status == CAROM_OK)
        status = carom_process_start(&child, spawn, carom_call(plugin_entry, "hello"));
    if (status != CAROM_OK)
        fprintf(stderr, "plugin: %s\n", carom_status_name(status));
    code = status == CAROM_OK ? check(child) : 3;
    carom_process_destroy(&child);
    carom_context_destroy(&spawn);
    return code;
}

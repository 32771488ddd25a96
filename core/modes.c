/* The modes there are: the one file that knows them all. */

#include "core/context.h"

#include <string.h>

static const carom__mode_t *const modes[] = {&carom__mode_spawn, &carom__mode_thread};

static carom_context_t contexts[] = {
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_spawn},
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_thread},
};

#define COUNT (sizeof modes / sizeof modes[0])

const carom__mode_t *carom__mode_at(size_t index)
{
    return index < COUNT ? modes[index] : NULL;
}

const carom__mode_t *carom__mode_named(const char *name)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        if (strcmp(modes[i]->name, name) == 0)
            return modes[i];
    return NULL;
}

carom_context_t *carom__context_of(const carom__mode_t *mode)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        if (contexts[i].mode == mode)
            return &contexts[i];
    return NULL;
}

const char *carom_mode_at(size_t index)
{
    return index < COUNT ? modes[index]->name : NULL;
}

/* The modes there are: the one file that knows them all. */

#include "core/context.h"

#include <stdatomic.h>
#include <string.h>

static const carom__mode_t *const modes[] = {
    &carom__mode_spawn,
    &carom__mode_fork,
    &carom__mode_forkserver,
    &carom__mode_thread,
};

static carom_context_t contexts[] = {
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_spawn},
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_fork},
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_forkserver},
    {CAROM__CONTEXT_MAGIC, 1, &carom__mode_thread},
};

#define COUNT (sizeof modes / sizeof modes[0])

/* Contexts of each that the user has. */
static atomic_int wanted[COUNT];

const carom__mode_t *carom__mode_at(size_t index)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        if (modes[i]->is_here() && index-- == 0)
            return modes[i];
    return NULL;
}

const carom__mode_t *carom__mode_named(const char *name)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        if (strcmp(modes[i]->name, name) == 0)
            return modes[i]->is_here() ? modes[i] : NULL;
    return NULL;
}

static size_t index_of(const carom__mode_t *mode)
{
    size_t i = 0;

    while (i < COUNT && modes[i] != mode)
        i++;
    return i;
}

carom_context_t *carom__context_of(const carom__mode_t *mode)
{
    return &contexts[index_of(mode)];
}

void carom__mode_note_context(const carom__mode_t *mode, int change)
{
    atomic_fetch_add(&wanted[index_of(mode)], change);
}

int carom__mode_is_wanted(const carom__mode_t *mode)
{
    return atomic_load(&wanted[index_of(mode)]) > 0;
}

void carom__modes_before_thread(void)
{
    size_t i;

    for (i = 0; i < COUNT; i++)
        if (modes[i]->before_thread)
            modes[i]->before_thread();
}

const char *carom_mode_at(size_t index)
{
    const carom__mode_t *mode = carom__mode_at(index);

    return mode ? mode->name : NULL;
}

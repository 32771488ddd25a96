/* Contexts: a mode, chosen by name. */

#include "core/context.h"

#include "core/memory.h"

#include <stdatomic.h>
#include <stdlib.h>

static carom_context_t *_Atomic standard;      /* set once, by the first who needs it */

carom_status_t carom_context_create(carom_context_t **context, const char *mode)
{
    carom_context_t *self, *base = NULL;
    carom_status_t status = carom_plat_start();

    *context = NULL;
    if (status == CAROM_OK && mode == NULL)
        status = carom_context_default(&base);
    if (status != CAROM_OK)
        return status;
    if (mode && carom__mode_named(mode) == NULL)
        return CAROM_EMODE;
    self = carom__alloc(sizeof *self);
    if (self == NULL)
        return CAROM_ENOMEM;
    self->magic = CAROM__CONTEXT_MAGIC;
    self->is_ours = 0;
    self->mode = base ? base->mode : carom__mode_named(mode);
    carom__mode_note_context(self->mode, 1);
    *context = self;
    return CAROM_OK;
}

void carom_context_destroy(carom_context_t **context)
{
    carom_context_t *self = *context;

    if (self == NULL || self->magic != CAROM__CONTEXT_MAGIC)
        return;
    *context = NULL;
    if (self->is_ours)
        return;
    self->magic = 0;
    carom__mode_note_context(self->mode, -1);
    carom_free(self);
}

carom_status_t carom_context_default(carom_context_t **context)
{
    const char *name = getenv("CAROM_START_METHOD");
    const carom__mode_t *mode;
    carom_context_t *expected = NULL;

    *context = atomic_load(&standard);
    if (*context)
        return CAROM_OK;
    mode = name && name[0] ? carom__mode_named(name) : carom__mode_at(0);
    if (mode == NULL)
        return CAROM_EMODE;
    if (atomic_compare_exchange_strong(&standard, &expected, carom__context_of(mode)))
        carom__mode_note_context(mode, 1);
    *context = atomic_load(&standard);
    return CAROM_OK;
}

carom_status_t carom__context_resolve(carom_context_t **context)
{
    if (*context == NULL)
        return carom_context_default(context);
    return (*context)->magic == CAROM__CONTEXT_MAGIC ? CAROM_OK : CAROM_EINVAL;
}

const char *carom_context_mode(const carom_context_t *context)
{
    carom_context_t *self = (carom_context_t *) context;

    return carom__context_resolve(&self) == CAROM_OK ? self->mode->name : "none";
}

int carom_context_can(const carom_context_t *context, carom_ability_t ability)
{
    carom_context_t *self = (carom_context_t *) context;

    return carom__context_resolve(&self) == CAROM_OK && self->mode->can(ability);
}

unsigned carom_cpu_count(void)
{
    return carom_plat_start() == CAROM_OK ? carom_plat_cpu_count() : 1;
}

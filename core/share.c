/* Shareable objects: making, opening, adopting and dropping handles, and what a death means to them. */

#include "core/share.h"

#include "core/call.h"
#include "core/context.h"
#include "core/kinds.h"
#include "core/memory.h"
#include "core/value.h"

#include "platform/fault.h"

#include <string.h>

/* ---- kinds ---- */

static const carom__share_kind_t *const kinds[] = {
    &carom__kind_lock, &carom__kind_semaphore, &carom__kind_event, &carom__kind_condition, &carom__kind_barrier,
    &carom__kind_queue, &carom__kind_array, &carom__kind_heap,
};

_Static_assert(sizeof kinds / sizeof kinds[0] == CAROM_HEAP - CAROM_LOCK + 1, "one for each type");

const carom__mourner_t carom__object_mourners[256] = {
    [CAROM_LOCK] = carom__lock_mourn,       [CAROM_CONDITION] = carom__condition_mourn,
    [CAROM_BARRIER] = carom__barrier_mourn, [CAROM_QUEUE] = carom__queue_mourn,
    [CAROM_ARRAY] = carom__array_mourn,
};

static const carom__share_kind_t *kind_of(carom_type_t type)
{
    return kinds[type - CAROM_LOCK];
}

/* ---- making ---- */

static carom__share_t *new_handle(carom_type_t type)
{
    carom__share_t *share = carom__calloc(1, kind_of(type)->handle_size);

    carom__arena_open_keys();
    if (share) {
        share->magic = CAROM__SHARE_MAGIC + (uint32_t) type;
        share->born = carom_plat_fork_count();
    }
    return share;
}

carom_status_t carom__share_create(void **handle, carom_context_t *context, carom_type_t type)
{
    carom_status_t status = carom__context_resolve(&context);
    carom__holder_t holders[CAROM__HOLDERS] = {CAROM__NOBODY, CAROM__NOBODY};
    carom__share_t *share;

    *handle = NULL;
    if (status == CAROM_OK && !carom_context_can(context, CAROM_CAN_SHARE))
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK)
        status = carom__arena_start();
    if (status != CAROM_OK)
        return status;
    share = new_handle(type);
    if (share == NULL)
        return CAROM_ENOMEM;
    holders[0] = carom__holder_self();
    status = carom__object_make(&share->object, &share->at, type, kind_of(type)->block_size, holders, CAROM__ARENA_PATIENCE);
    carom__fault("share.made");
    if (status != CAROM_OK) {
        carom_free(share);
        return status;
    }
    memset(share->at, 0, kind_of(type)->block_size);
    *handle = share;
    return CAROM_OK;
}

static void let_go(const carom__share_t *share)
{
    carom__id_t held = share->reference.generation != 0 ? share->reference : share->object;

    if (!share->is_lent)
        carom__object_let_go(held, 0, carom__holder_self());
}

carom_status_t carom__share_open(void **handle)
{
    carom__share_t *share = *handle;
    const carom__share_kind_t *kind = kind_of(carom__share_type(share));
    carom_status_t status = kind->open ? kind->open(share) : CAROM_OK;

    if (status == CAROM_OK)
        return CAROM_OK;
    let_go(share);
    carom_free(share);
    *handle = NULL;
    return status;
}

/* ---- finding ---- */

/* A handle that is not open yet, and holds nothing. */
static carom__share_t *handle_of(carom_type_t type, carom__id_t object)
{
    carom__share_t *share = new_handle(type);
    size_t size = 0;

    if (share == NULL)
        return NULL;
    share->object = object;
    share->at = carom__object_at(object, type, &size);
    if (share->at && size >= kind_of(type)->block_size)
        return share;
    carom_free(share);
    return NULL;
}

/* Of a reference that this process holds, which is let go after a failure. */
static carom_status_t open_reference(void **handle, carom_type_t type, carom__id_t object, carom__id_t reference)
{
    carom__share_t *share = handle_of(type, object);

    if (share == NULL) {
        carom__object_let_go(reference, 0, carom__holder_self());
        return CAROM_ENOMEM;
    }
    share->reference = reference;
    *handle = share;
    return carom__share_open(handle);
}

carom_status_t carom__share_find(void **handle, carom_type_t type, carom__id_t object)
{
    carom__id_t reference;
    carom_status_t status = carom__reference_make(&reference, object, carom__holder_self());

    *handle = NULL;
    return status == CAROM_OK ? open_reference(handle, type, object, reference) : status;
}

carom_status_t carom__share_lend(void **handle, carom_type_t type, carom__id_t reference, carom__id_t keeper)
{
    carom__id_t object;
    carom__share_t *share;
    int is;

    *handle = NULL;
    if (!carom__reference_target(&object, &is, reference, carom__holder_object(keeper)) || is != (int) type)
        return CAROM_EBADMSG;
    share = handle_of(type, object);
    if (share == NULL)
        return CAROM_ENOMEM;
    share->is_lent = 1;
    *handle = share;
    return carom__share_open(handle);
}

/* What a message names is not believed: it may be anything that `from` holds. */
void carom__share_refuse(carom__id_t reference, carom__holder_t from)
{
    carom__id_t object;
    int type;

    if (carom__reference_target(&object, &type, reference, from))
        carom__object_let_go(reference, 0, from);
}

carom_status_t carom__share_adopt(void **handle, carom_type_t type, carom__id_t reference, carom__holder_t from)
{
    carom__id_t object;
    carom_status_t status = CAROM_EBADMSG;
    int is;

    *handle = NULL;
    if (carom__reference_target(&object, &is, reference, from) && is == (int) type)
        status = carom__object_adopt(reference, 0, from);
    carom__fault("share.adopted");
    if (status == CAROM_OK)
        status = open_reference(handle, type, object, reference);
    else
        carom__share_refuse(reference, from);
    /* The message is received, whatever became of the object: no status that says to try again. */
    return status == CAROM_ETIMEOUT ? CAROM_EBUSY : status;
}

/* ---- the end ---- */

void carom__share_drop(carom__share_t *share)
{
    const carom__share_kind_t *kind;

    if (share == NULL)
        return;
    kind = kind_of(carom__share_type(share));
    if (share->born == carom_plat_fork_count()) {
        if (kind->close)
            kind->close(share);
        let_go(share);
    }
    share->magic = 0;
    carom_free(share);
}

void carom__share_destroy(void *handle, carom_type_t type)
{
    if (carom__share_check(handle, type) != CAROM_EINVAL)
        carom__share_drop(handle);
}

/* ---- handles and values ---- */

carom_value_t carom__share_value(void *handle, carom_type_t type)
{
    carom_value_t value = carom_value_none();

    if (handle) {
        value.type = (uint8_t) type;
        value.u.object = handle;
    }
    return value;
}

carom_value_t carom__share_own(void *handle)
{
    carom_value_t value = carom__share_value(handle, carom__share_type(handle));

    value.flags = CAROM__OWNED;
    return value;
}

void *carom__share_of(carom_value_t value, carom_type_t type)
{
    return value.type == type ? value.u.object : NULL;
}

carom_status_t carom__share_take(void **handle, carom_value_t *value, carom_type_t type)
{
    *handle = carom__share_of(*value, type);
    if (*handle == NULL)
        return CAROM_ETYPE;
    *value = carom_value_none();
    return CAROM_OK;
}

void *carom__share_argument(const carom_call_t *call, size_t index, carom_type_t type)
{
    return carom__share_of(carom_arg(call, index), type);
}

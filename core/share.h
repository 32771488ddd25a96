/* Shareable objects: what locks, semaphores, events, conditions, barriers, queues, arrays and heaps
 * have in common.
 *
 * Such an object is a block in the arena.  A process that uses it has a handle, of its own memory, which begins with a
 * carom__share_t: where the block is, and what the process holds it by.  Who made the object is in its first place; everybody
 * else holds a reference, other objects too: a condition holds its lock.  A handle in a value that is sent stays where it is,
 * and a new reference goes along, held by what it is under way in, until the receiver makes a handle of it. */

#ifndef CAROM_CORE_SHARE_H
#define CAROM_CORE_SHARE_H

#include <carom/context.h>
#include <carom/entry.h>

#include "core/arena.h"

/* The first member of every handle; nothing of it changes between making and freeing it. */
typedef struct carom__share_t {
    uint32_t magic;                    /* CAROM__SHARE_MAGIC + its carom_type_t */
    unsigned born;                     /* carom_plat_fork_count() when made */
    carom__id_t object;
    carom__id_t reference;             /* none: the process is the holder in the first place, or holds nothing of it */
    void *at;                          /* the block */
    int is_lent;                       /* held by another object, which the process has a handle of for longer */
} carom__share_t;

#define CAROM__SHARE_MAGIC 0x5AA2E000u

static inline int carom__is_share(uint8_t type)
{
    return type >= CAROM_LOCK && type <= CAROM_HEAP;
}

/* What is no handle of that type, or the parent's. */
static inline carom_status_t carom__share_check(const void *handle, carom_type_t type)
{
    const carom__share_t *share = handle;

    if (share == NULL || share->magic != CAROM__SHARE_MAGIC + (uint32_t) type)
        return CAROM_EINVAL;
    return share->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

static inline carom_type_t carom__share_type(const carom__share_t *share)
{
    return (carom_type_t) (share->magic - CAROM__SHARE_MAGIC);
}

/* What there is to know of a type; share.c has the list. */
typedef struct carom__share_kind_t {
    size_t handle_size, block_size;
    carom_status_t (*open)(carom__share_t *share);     /* when a handle is made of a block that was set up, or NULL */
    void (*close)(carom__share_t *share);              /* before a handle is freed, or NULL; not in a fork */
} carom__share_kind_t;

/* A new object for processes of the context, its block all zeros, which nobody else knows of yet; to be set up, and then
 * opened. Statuses of carom_lock_create. */
carom_status_t carom__share_create(void **handle, carom_context_t *context, carom_type_t type) CAROM_MUST_CHECK;
carom_status_t carom__share_open(void **handle) CAROM_MUST_CHECK;

/* A handle of an object that somebody holds. */
carom_status_t carom__share_find(void **handle, carom_type_t type, carom__id_t object) CAROM_MUST_CHECK;

/* A handle of what another object holds, for as long as the caller has a handle of that one: nothing of the arena is needed for
 * it.  CAROM_EBADMSG: no such reference, or to another type; CAROM_ENOMEM. */
carom_status_t carom__share_lend(void **handle, carom_type_t type, carom__id_t reference, carom__id_t keeper) CAROM_MUST_CHECK;

/* A handle of a reference that `from` holds, which is let go after a failure.  CAROM_EBADMSG: no such reference, or to another
 * type; CAROM_ENOMEM; CAROM_EBUSY: a process that does not go on has the arena's lock. */
carom_status_t carom__share_adopt(void **handle, carom_type_t type, carom__id_t reference,
                                  carom__holder_t from) CAROM_MUST_CHECK;

/* Lets go of a reference that `from` holds; of nothing else. */
void carom__share_refuse(carom__id_t reference, carom__holder_t from);

/* Frees a handle of any type and lets go; NULL is fine, and so is one of the parent's. */
void carom__share_drop(carom__share_t *share);

/* The same for a handle of that type, and nothing for what is none. */
void carom__share_destroy(void *handle, carom_type_t type);

/* ---- handles and values ---- */

carom_value_t carom__share_value(void *handle, carom_type_t type);
carom_value_t carom__share_own(void *handle);
void *carom__share_of(carom_value_t value, carom_type_t type);
carom_status_t carom__share_take(void **handle, carom_value_t *value, carom_type_t type);
void *carom__share_argument(const carom_call_t *call, size_t index, carom_type_t type);

/* The functions that every type has. */
#define CAROM__SHARE_FUNCTIONS(noun, type)                                                                                     \
    carom_value_t carom_value_from_##noun(carom_##noun##_t *noun) { return carom__share_value(noun, type); }                   \
    carom_##noun##_t *carom_value_##noun(carom_value_t value) { return carom__share_of(value, type); }                         \
    carom_##noun##_t *carom_arg_##noun(const carom_call_t *call, size_t index)                                                 \
    {                                                                                                                          \
        return carom__share_argument(call, index, type);                                                                       \
    }                                                                                                                          \
    carom_status_t carom_value_take_##noun(carom_##noun##_t **noun, carom_value_t *value)                                      \
    {                                                                                                                          \
        void *handle;                                                                                                          \
        carom_status_t status = carom__share_take(&handle, value, type);                                                       \
                                                                                                                               \
        *noun = handle;                                                                                                        \
        return status;                                                                                                         \
    }

#endif

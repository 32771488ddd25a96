/* Heaps: a block is an object of the arena, which the heap holds.  So what survives a death, and who is told of a reference
 * to what is gone, is the arena's care. */

#include <carom/heap.h>

#include "core/kinds.h"

#include "platform/fault.h"

/* The block of a heap is nothing but a name. */
typedef struct block_t {
    uint64_t nothing;
} block_t;

struct carom_heap_t {
    carom__share_t share;
};

static carom__holder_t holder_of(const carom_heap_t *heap)
{
    return carom__holder_object(heap->share.object);
}

static carom__id_t id_of(carom_heap_ref_t ref)
{
    carom__id_t id = {(uint32_t) ref, (uint32_t) (ref >> 32)};

    return id;
}

carom_status_t carom_heap_create(carom_heap_t **heap, carom_context_t *context)
{
    void *handle;
    carom_status_t status = carom__share_create(&handle, context, CAROM_HEAP);

    *heap = status == CAROM_OK ? handle : NULL;
    return status;
}

void carom_heap_destroy(carom_heap_t **heap)
{
    carom__share_destroy(*heap, CAROM_HEAP);
    *heap = NULL;
}

carom_status_t carom_heap_alloc(carom_heap_ref_t *ref, void **at, carom_heap_t *heap, size_t size)
{
    carom_status_t status = carom__share_check(heap, CAROM_HEAP);
    carom__holder_t holders[CAROM__HOLDERS] = {CAROM__NOBODY, CAROM__NOBODY};
    carom__id_t id = {0, 0};
    void *place = NULL;

    if (status == CAROM_OK && size == 0)
        status = CAROM_EINVAL;
    if (status == CAROM_OK && size > CAROM__OBJECT_SIZE_MAX)
        status = CAROM_ETOOBIG;
    if (status == CAROM_OK) {
        holders[0] = holder_of(heap);
        status = carom__object_make(&id, &place, CAROM__OBJECT_BLOCK, size, holders, CAROM__ARENA_PATIENCE);
        carom__fault("heap.made");
    }
    *ref = status == CAROM_OK ? (uint64_t) id.generation << 32 | id.index : 0;
    if (at)
        *at = place;
    return status;
}

static int is_block(const carom_heap_t *heap, carom__id_t id)
{
    return carom__object_is_held(id, 0, holder_of(heap));
}

carom_status_t carom_heap_free(carom_heap_t *heap, carom_heap_ref_t ref)
{
    carom_status_t status = carom__share_check(heap, CAROM_HEAP);

    if (status != CAROM_OK || ref == 0)
        return status;
    if (!is_block(heap, id_of(ref)))
        return CAROM_ENOKEY;
    /* Others may have freed it since; who did is told under the arena's lock. */
    status = carom__object_hand(id_of(ref), 0, holder_of(heap), CAROM__NOBODY);
    if (status == CAROM_EBADMSG)
        return CAROM_ENOKEY;
    if (status != CAROM_OK)
        carom__object_let_go(id_of(ref), 0, holder_of(heap));
    return CAROM_OK;
}

void *carom_heap_at(const carom_heap_t *heap, carom_heap_ref_t ref, size_t *size)
{
    size_t room = 0;
    void *at = NULL;

    if (carom__share_check(heap, CAROM_HEAP) == CAROM_OK && is_block(heap, id_of(ref)))
        at = carom__object_at(id_of(ref), CAROM__OBJECT_BLOCK, &room);
    if (size)
        *size = at ? room : 0;
    return at;
}

const carom__share_kind_t carom__kind_heap = {sizeof(carom_heap_t), sizeof(block_t), NULL, NULL};

CAROM__SHARE_FUNCTIONS(heap, CAROM_HEAP)

/* Arrays: items in an object of their own, which the array holds, as it does its lock. */

#include <carom/array.h>

#include "core/kinds.h"
#include "core/time.h"

#include "platform/fault.h"

#include <string.h>

/* Nothing of it changes once the array is known to others. */
typedef struct block_t {
    uint64_t count, item_size;
    carom__id_t items;                 /* CAROM__OBJECT_BLOCK, held by the array */
    carom__id_t lock;                  /* a reference that the array holds; or none */
    uint32_t type;
} block_t;

struct carom_array_t {
    carom__share_t share;
    /* as they were found: what stands in the arena is not believed twice */
    unsigned char *items;
    size_t count, item_size;
    carom_item_type_t type;

    carom_lock_t *lock;                /* owned, and lent by the array; or NULL */
};

static block_t *block_of(const carom_array_t *array)
{
    return array->share.at;
}

/* What is known of numbers. */
typedef struct number_type_t {
    size_t size;
    int is_float;
    int64_t least, most;               /* of U64 as far as an int64_t goes */
} number_type_t;

static const number_type_t types[] = {
    [CAROM_ITEM_I8] = {1, 0, INT8_MIN, INT8_MAX},   [CAROM_ITEM_U8] = {1, 0, 0, UINT8_MAX},
    [CAROM_ITEM_I16] = {2, 0, INT16_MIN, INT16_MAX}, [CAROM_ITEM_U16] = {2, 0, 0, UINT16_MAX},
    [CAROM_ITEM_I32] = {4, 0, INT32_MIN, INT32_MAX}, [CAROM_ITEM_U32] = {4, 0, 0, UINT32_MAX},
    [CAROM_ITEM_I64] = {8, 0, INT64_MIN, INT64_MAX}, [CAROM_ITEM_U64] = {8, 0, 0, INT64_MAX},
    [CAROM_ITEM_F32] = {sizeof(float), 1, 0, 0},     [CAROM_ITEM_F64] = {sizeof(double), 1, 0, 0},
};

enum { TYPES = sizeof types / sizeof types[0] };

/* ---- making ---- */

static carom_status_t check_options(carom_item_type_t type, const carom_array_options_t *options)
{
    size_t item_size = options ? options->item_size : 0;

    if (options && (options->size != sizeof *options || (options->raw && options->lock)))
        return CAROM_EINVAL;
    if ((unsigned) type >= TYPES || (type == CAROM_ITEM_STRUCT) != (item_size > 0))
        return CAROM_EINVAL;
    return options && options->lock ? carom__share_check(options->lock, CAROM_LOCK) : CAROM_OK;
}

static carom_status_t make_items(carom_array_t *array, carom_item_type_t type, size_t item_size, size_t count)
{
    carom__holder_t holders[CAROM__HOLDERS] = {carom__holder_object(array->share.object), CAROM__NOBODY};
    block_t *block = block_of(array);
    void *at;
    carom_status_t status = carom__object_make(&block->items, &at, CAROM__OBJECT_BLOCK, item_size * count, holders,
                                               CAROM__ARENA_PATIENCE);

    carom__fault("array.items");
    if (status != CAROM_OK)
        return status;
    memset(at, 0, item_size * count);
    block->type = (uint32_t) type;
    block->item_size = item_size;
    block->count = count;
    return CAROM_OK;
}

static carom_status_t make_lock(carom_array_t *array, carom_context_t *context, carom_lock_t *given)
{
    carom_lock_options_t options = CAROM_LOCK_OPTIONS_INIT;
    carom_lock_t *own = NULL;
    const carom__share_t *share;
    carom_status_t status;

    options.recursive = 1;
    status = given ? CAROM_OK : carom_lock_create(&own, context, &options);
    if (status != CAROM_OK)
        return status;
    share = (const carom__share_t *) (const void *) (given ? given : own);
    status = carom__reference_make_until(&block_of(array)->lock, share->object, carom__holder_object(array->share.object),
                                         carom__deadline(CAROM__ARENA_PATIENCE));
    carom_lock_destroy(&own);
    return status;
}

carom_status_t carom_array_create(carom_array_t **array, carom_context_t *context, carom_item_type_t type, size_t count,
                                  const carom_array_options_t *options)
{
    carom_status_t status = check_options(type, options);
    size_t item_size;
    void *handle;

    *array = NULL;
    if (status == CAROM_OK && count == 0)
        status = CAROM_EINVAL;
    if (status != CAROM_OK)
        return status;
    item_size = type == CAROM_ITEM_STRUCT ? options->item_size : types[type].size;
    if (count > CAROM__OBJECT_SIZE_MAX / item_size)
        return CAROM_ETOOBIG;
    status = carom__share_create(&handle, context, CAROM_ARRAY);
    if (status != CAROM_OK)
        return status;
    status = make_items(handle, type, item_size, count);
    if (status == CAROM_OK && !(options && options->raw))
        status = make_lock(handle, context, options ? options->lock : NULL);
    if (status == CAROM_OK)
        status = carom__share_open(&handle);
    else
        carom__share_drop(handle);
    *array = status == CAROM_OK ? handle : NULL;
    return status;
}

void carom_array_destroy(carom_array_t **array)
{
    carom__share_destroy(*array, CAROM_ARRAY);
    *array = NULL;
}

/* ---- handles ---- */

static carom_status_t open_lock(carom_array_t *array)
{
    void *handle;
    carom_status_t status;

    if (block_of(array)->lock.generation == 0)
        return CAROM_OK;
    status = carom__share_lend(&handle, CAROM_LOCK, block_of(array)->lock, array->share.object);
    array->lock = handle;
    return status;
}

static int is_sound(const carom_array_t *array, uint64_t count, size_t room)
{
    if ((unsigned) array->type >= TYPES || array->item_size == 0 || count == 0 || count > room / array->item_size)
        return 0;
    return array->type == CAROM_ITEM_STRUCT || array->item_size == types[array->type].size;
}

static carom_status_t open_array(carom__share_t *share)
{
    carom_array_t *array = (carom_array_t *) share;
    block_t block = *block_of(array);
    size_t room = 0;

    if (!carom__object_is_held(block.items, 0, carom__holder_object(share->object)))
        return CAROM_EBADMSG;
    array->items = carom__object_at(block.items, CAROM__OBJECT_BLOCK, &room);
    array->item_size = (size_t) block.item_size;
    array->type = (carom_item_type_t) block.type;
    if (array->items == NULL)
        return CAROM_ENOMEM;
    if (!is_sound(array, block.count, room))
        return CAROM_EBADMSG;
    array->count = (size_t) block.count;
    return open_lock(array);
}

static void close_array(carom__share_t *share)
{
    carom_lock_t *lock = ((carom_array_t *) share)->lock;

    if (lock)
        carom__share_drop((carom__share_t *) (void *) lock);
}

/* ---- asking ---- */

static int is_array(const carom_array_t *array)
{
    return carom__share_check(array, CAROM_ARRAY) == CAROM_OK;
}

void *carom_array_items(const carom_array_t *array)
{
    return is_array(array) ? array->items : NULL;
}

size_t carom_array_count(const carom_array_t *array)
{
    return is_array(array) ? array->count : 0;
}

size_t carom_array_item_size(const carom_array_t *array)
{
    return is_array(array) ? array->item_size : 0;
}

carom_item_type_t carom_array_type(const carom_array_t *array)
{
    return is_array(array) ? array->type : CAROM_ITEM_STRUCT;
}

carom_lock_t *carom_array_lock(const carom_array_t *array)
{
    return is_array(array) ? array->lock : NULL;
}

/* ---- items as bits ---- */

static uint64_t load(const void *at, size_t size)
{
    switch (size) {
    case 1:
        return atomic_load((const _Atomic uint8_t *) at);
    case 2:
        return atomic_load((const _Atomic uint16_t *) at);
    case 4:
        return atomic_load((const _Atomic uint32_t *) at);
    default:
        return atomic_load((const _Atomic uint64_t *) at);
    }
}

static void store(void *at, size_t size, uint64_t bits)
{
    switch (size) {
    case 1:
        atomic_store((_Atomic uint8_t *) at, (uint8_t) bits);
        break;
    case 2:
        atomic_store((_Atomic uint16_t *) at, (uint16_t) bits);
        break;
    case 4:
        atomic_store((_Atomic uint32_t *) at, (uint32_t) bits);
        break;
    default:
        atomic_store((_Atomic uint64_t *) at, bits);
    }
}

/* 1: it was `seen`, and is `bits` now. */
static int swap(void *at, size_t size, uint64_t seen, uint64_t bits)
{
    uint8_t one = (uint8_t) seen;
    uint16_t two = (uint16_t) seen;
    uint32_t four = (uint32_t) seen;

    switch (size) {
    case 1:
        return atomic_compare_exchange_strong((_Atomic uint8_t *) at, &one, (uint8_t) bits);
    case 2:
        return atomic_compare_exchange_strong((_Atomic uint16_t *) at, &two, (uint16_t) bits);
    case 4:
        return atomic_compare_exchange_strong((_Atomic uint32_t *) at, &four, (uint32_t) bits);
    default:
        return atomic_compare_exchange_strong((_Atomic uint64_t *) at, &seen, bits);
    }
}

/* ---- bits and numbers ---- */

static carom_status_t int_of(int64_t *number, const number_type_t *type, uint64_t bits)
{
    uint64_t sign = (uint64_t) 1 << (8 * type->size - 1);

    if (type->least < 0)
        bits = (bits ^ sign) - sign;
    *number = (int64_t) bits;
    return *number < type->least ? CAROM_EOVERFLOW : CAROM_OK;
}

static double float_of(const number_type_t *type, uint64_t bits)
{
    uint32_t half = (uint32_t) bits;
    float single;
    double number;

    memcpy(&single, &half, sizeof single);
    memcpy(&number, &bits, sizeof number);
    return type->size == sizeof single ? (double) single : number;
}

/* What is too large for a float is infinite, as in a conversion of C. */
static uint64_t bits_of(const number_type_t *type, double number)
{
    uint64_t bits;
    uint32_t half;
    float single;

    memcpy(&bits, &number, sizeof bits);
    if (type->size != sizeof single)
        return bits;
    single = (float) number;
    memcpy(&half, &single, sizeof half);
    return half;
}

/* ---- one number ---- */

static carom_status_t find(void **at, const number_type_t **type, const carom_array_t *array, size_t index, int is_float)
{
    carom_status_t status = carom__share_check(array, CAROM_ARRAY);

    if (status != CAROM_OK)
        return status;
    if (index >= array->count)
        return CAROM_EINVAL;
    *type = &types[array->type];
    if (array->type == CAROM_ITEM_STRUCT || (*type)->is_float != is_float)
        return CAROM_ETYPE;
    *at = array->items + index * (*type)->size;
    return CAROM_OK;
}

carom_status_t carom_array_get_int(int64_t *number, const carom_array_t *array, size_t index)
{
    const number_type_t *type;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 0);

    *number = 0;
    if (status == CAROM_OK)
        status = int_of(number, type, load(at, type->size));
    if (status != CAROM_OK)
        *number = 0;
    return status;
}

carom_status_t carom_array_set_int(carom_array_t *array, size_t index, int64_t number)
{
    const number_type_t *type;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 0);

    if (status == CAROM_OK && (number < type->least || number > type->most))
        status = CAROM_EOVERFLOW;
    if (status == CAROM_OK)
        store(at, type->size, (uint64_t) number);
    return status;
}

carom_status_t carom_array_get_float(double *number, const carom_array_t *array, size_t index)
{
    const number_type_t *type;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 1);

    *number = status == CAROM_OK ? float_of(type, load(at, type->size)) : 0;
    return status;
}

carom_status_t carom_array_set_float(carom_array_t *array, size_t index, double number)
{
    const number_type_t *type;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 1);

    if (status == CAROM_OK)
        store(at, type->size, bits_of(type, number));
    return status;
}

/* CAROM_EOVERFLOW: the sum is none of the type. */
static carom_status_t sum_of(int64_t *sum, const number_type_t *type, int64_t one, int64_t other)
{
    if (other >= 0 ? one > type->most - other : other < INT64_MIN - (one < 0 ? one : 0))
        return CAROM_EOVERFLOW;
    *sum = one + other;
    return *sum < type->least ? CAROM_EOVERFLOW : CAROM_OK;
}

static carom_status_t add_int(int64_t *sum, void *at, const number_type_t *type, int64_t number)
{
    uint64_t seen;
    int64_t before;
    carom_status_t status;

    do {
        seen = load(at, type->size);
        status = int_of(&before, type, seen);
        if (status == CAROM_OK)
            status = sum_of(sum, type, before, number);
        if (status != CAROM_OK)
            return status;
    } while (!swap(at, type->size, seen, (uint64_t) *sum));
    return CAROM_OK;
}

carom_status_t carom_array_add_int(int64_t *after, carom_array_t *array, size_t index, int64_t number)
{
    const number_type_t *type;
    int64_t sum = 0;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 0);

    if (status == CAROM_OK)
        status = add_int(&sum, at, type, number);
    if (after)
        *after = status == CAROM_OK ? sum : 0;
    return status;
}

carom_status_t carom_array_add_float(double *after, carom_array_t *array, size_t index, double number)
{
    const number_type_t *type;
    uint64_t seen, bits = 0;
    void *at;
    carom_status_t status = find(&at, &type, array, index, 1);

    if (status == CAROM_OK)
        do {
            seen = load(at, type->size);
            bits = bits_of(type, float_of(type, seen) + number);
        } while (!swap(at, type->size, seen, bits));
    if (after)
        *after = status == CAROM_OK ? float_of(type, bits) : 0;
    return status;
}

/* Its lock may have been the dead one's. */
void carom__array_mourn(void *block, carom__id_t object, carom__id_t dead)
{
    carom__lock_mourn_kept(((block_t *) block)->lock, object, dead);
}

const carom__share_kind_t carom__kind_array = {sizeof(carom_array_t), sizeof(block_t), open_array, close_array};

CAROM__SHARE_FUNCTIONS(array, CAROM_ARRAY)

/* Lists, tuples, dicts and sets.  Entries lie in one array, in the order they came; what finds keys in it is in hash.c. */

#include "core/value.h"

#include "core/memory.h"

#include <string.h>

#define FIRST_ROOM 4

/* ---- memory ---- */

static struct carom__container_t *container_of(carom_value_t value)
{
    return carom__is_container(value.type) ? value.u.container : NULL;
}

static carom_status_t make_room(struct carom__container_t *container, uint32_t size)
{
    if (size <= container->size)
        return CAROM_OK;

    carom_value_t *items = carom__realloc(container->items, (size_t) size * container->width * sizeof *items);
    if (items == NULL)
        return CAROM_ENOMEM;
    container->items = items;
    container->size = size;
    return CAROM_OK;
}

static carom_status_t make_room_for_one(struct carom__container_t *container)
{
    if (container->count < container->size)
        return CAROM_OK;
    return make_room(container, container->size == 0 ? FIRST_ROOM : container->size * 2);
}

carom_status_t carom__container_create(carom_value_t *value, carom_type_t type, uint32_t room)
{
    struct carom__container_t *container = carom__calloc(1, sizeof *container);

    *value = carom_value_none();
    if (container == NULL)
        return CAROM_ENOMEM;
    container->width = type == CAROM_DICT ? 2 : 1;
    container->keyed = type == CAROM_DICT || type == CAROM_SET || type == CAROM_FROZENSET;
    container->depth = 1;
    if (make_room(container, room) != CAROM_OK) {
        carom_free(container);
        return CAROM_ENOMEM;
    }
    value->type = (uint8_t) type;
    value->flags = CAROM__OWNED;
    value->u.container = container;
    return CAROM_OK;
}

void carom__container_free(struct carom__container_t *container)
{
    size_t values = (size_t) container->count * container->width;

    for (size_t i = 0; i < values; i++)
        carom_value_clear(&container->items[i]);
    carom_free(container->items);
    carom_free(container->slots);
    carom_free(container);
}

/* ---- what a container is inside of ---- */

/* Forgets hashes that a change has made wrong. */
static void changed(struct carom__container_t *container)
{
    while (container != NULL && container->hash != 0) {
        container->hash = 0;
        container = container->parent;
    }
}

void carom__container_adopt(struct carom__container_t *container, const carom_value_t *value)
{
    if (!carom__is_container(value->type))
        return;
    value->u.container->parent = container;
    for (unsigned depth = value->u.container->depth + 1u; container != NULL && container->depth < depth; depth++) {
        container->depth = (uint8_t) depth;
        container = container->parent;
    }
}

/* Finds the depth anew, after items were taken out. */
static unsigned measure(struct carom__container_t *container)
{
    size_t values = (size_t) container->count * container->width;
    unsigned depth = 1;

    for (size_t i = 0; i < values; i++) {
        struct carom__container_t *inner = container_of(container->items[i]);
        if (inner != NULL && inner->depth >= depth && measure(inner) >= depth)
            depth = inner->depth + 1u;
    }
    container->depth = (uint8_t) depth;
    return depth;
}

/* Whether a value can go into a container: not when it is inside of one already (it would be freed twice), nor when the
 * container is inside of it. */
static carom_status_t fits(const struct carom__container_t *container, const carom_value_t *value)
{
    struct carom__container_t *inner = container_of(*value);
    unsigned level = 0;

    if (inner == NULL)
        return CAROM_OK;
    if (inner->parent != NULL)
        return CAROM_EINVAL;
    for (; container != NULL; container = container->parent, level++)
        if (container == inner)
            return CAROM_EINVAL;
    return level + inner->depth <= CAROM_DEPTH_MAX || level + measure(inner) <= CAROM_DEPTH_MAX ? CAROM_OK : CAROM_EDEPTH;
}

/* ---- keys ---- */

static carom_value_t *find(const struct carom__container_t *container, const carom_value_t *key)
{
    uint64_t hash = carom__index_hash(container, key, 0);

    return hash == 0 ? NULL : carom__index_search(container, container->count, key, hash);
}

/* ---- for the decoder ---- */

carom_value_t *carom__container_extend(struct carom__container_t *container)
{
    carom_value_t *entry = &container->items[container->count++ * container->width];

    entry[0] = carom_value_none();
    entry[container->width - 1] = carom_value_none();
    return entry;
}

carom_status_t carom__container_know(struct carom__container_t *container)
{
    uint32_t last = container->count - 1;
    const carom_value_t *key = &container->items[last * container->width];
    carom_status_t status = carom__index_room(container, last);

    if (status != CAROM_OK)
        return status;

    uint64_t hash = carom__index_hash(container, key, 1);
    if (hash == 0)
        return CAROM_ETYPE;
    if (carom__index_search(container, last, key, hash) != NULL)
        return CAROM_EEXIST;
    carom__index_add(container, last, hash);
    return CAROM_OK;
}

/* ---- making ---- */

carom_status_t carom_value_list(carom_value_t *value)
{
    return carom__container_create(value, CAROM_LIST, 0);
}

carom_status_t carom_value_tuple(carom_value_t *value)
{
    return carom__container_create(value, CAROM_TUPLE, 0);
}

carom_status_t carom_value_dict(carom_value_t *value)
{
    return carom__container_create(value, CAROM_DICT, 0);
}

carom_status_t carom_value_set(carom_value_t *value)
{
    return carom__container_create(value, CAROM_SET, 0);
}

carom_status_t carom_value_frozenset(carom_value_t *value)
{
    return carom__container_create(value, CAROM_FROZENSET, 0);
}

/* ---- changing: the callers clear what these leave in their arguments ---- */

/* A second name for a container that is somewhere else must not be cleared. */
static carom_status_t prepare(const struct carom__container_t *container, carom_value_t *item)
{
    carom_status_t status = fits(container, item);

    if (status == CAROM_EINVAL)
        *item = carom_value_none();
    return status;
}

/* Adds an entry, of which `key` and `item` are the same in a list or set. */
static carom_status_t push(struct carom__container_t *container, carom_value_t *key, carom_value_t *item)
{
    carom_status_t status;

    if (container->count >= CAROM_COUNT_MAX)
        return CAROM_ECOUNT;
    if ((status = carom__value_own(key)) != CAROM_OK || (status = carom__value_own(item)) != CAROM_OK ||
        (status = make_room_for_one(container)) != CAROM_OK)
        return status;

    carom_value_t *entry = carom__container_extend(container);
    changed(container);
    carom__container_adopt(container, key);
    carom__container_adopt(container, item);
    entry[container->width - 1] = carom__value_move(item);
    if (container->width == 2)
        entry[0] = carom__value_move(key);
    return CAROM_OK;
}

static carom_status_t push_key(struct carom__container_t *container, carom_value_t *key, carom_value_t *item, uint64_t hash)
{
    carom_status_t status = push(container, key, item);

    if (status == CAROM_OK)
        carom__index_add(container, container->count - 1, hash);
    return status;
}

/* The equal key stays, with the new item.  What was there before is left in *item. */
static carom_status_t replace(struct carom__container_t *dict, carom_value_t *place, carom_value_t *item)
{
    carom_status_t status = carom__value_own(item);

    if (status != CAROM_OK)
        return status;
    carom__container_adopt(dict, item);
    carom_value_t old = *place;
    *place = *item;
    *item = old;
    return CAROM_OK;
}

/* In a set the key is the item. */
static carom_status_t put(struct carom__container_t *container, carom_value_t *key, carom_value_t *item)
{
    carom_status_t status = carom__index_room(container, container->count);

    if (status != CAROM_OK)
        return status;

    uint64_t hash = carom__index_hash(container, key, 1);
    if (hash == 0)
        return CAROM_ETYPE;

    carom_value_t *entry = carom__index_search(container, container->count, key, hash);
    if (entry == NULL)
        return push_key(container, key, item, hash);
    return key == item ? CAROM_OK : replace(container, entry + 1, item);
}

/* What would be none and its own container at once: it is cleared, like any item that was not put. */
static carom_status_t refuse_itself(carom_value_t *item, carom_value_t *other)
{
    carom_value_clear(item);
    carom_value_clear(other);
    return CAROM_EINVAL;
}

carom_status_t carom_value_append(carom_value_t *container, carom_value_t *item)
{
    if (container == item)
        return refuse_itself(item, NULL);

    struct carom__container_t *into = container->type == CAROM_DICT ? NULL : container_of(*container);
    carom_value_t taken = carom__value_move(item);
    carom_status_t status = into == NULL ? CAROM_ETYPE : prepare(into, &taken);

    if (status == CAROM_OK)
        status = into->keyed ? put(into, &taken, &taken) : push(into, &taken, &taken);
    carom_value_clear(&taken);
    return status;
}

/* Both are prepared whatever becomes of the first, so that the caller may clear both. */
static carom_status_t prepare_both(const struct carom__container_t *dict, carom_value_t *key, carom_value_t *item)
{
    if (carom__is_container(key->type) && carom__is_container(item->type) && key->u.container == item->u.container) {
        *item = carom_value_none();
        return CAROM_EINVAL;
    }

    carom_status_t status_of_key = prepare(dict, key), status = prepare(dict, item);
    return status_of_key != CAROM_OK ? status_of_key : status;
}

carom_status_t carom_value_put(carom_value_t *dict, carom_value_t *key, carom_value_t *item)
{
    if (dict == key || dict == item)
        return refuse_itself(key, item);

    struct carom__container_t *into = dict->type == CAROM_DICT ? dict->u.container : NULL;
    carom_value_t taken_key = carom__value_move(key), taken = carom__value_move(item);
    carom_status_t status = into == NULL ? CAROM_ETYPE : prepare_both(into, &taken_key, &taken);

    if (status == CAROM_OK)
        status = put(into, &taken_key, &taken);
    carom_value_clear(&taken_key);
    carom_value_clear(&taken);
    return status;
}

carom_status_t carom_value_put_text(carom_value_t *dict, const char *key, carom_value_t *item)
{
    carom_value_t borrowed = carom_value_borrow_text(key);

    if (key == NULL) {
        carom_value_clear(item);
        return CAROM_EINVAL;
    }
    return carom_value_put(dict, &borrowed, item);
}

carom_status_t carom_value_take(carom_value_t *item, carom_value_t *list, size_t index)
{
    *item = carom_value_none();
    if (list->type != CAROM_LIST && list->type != CAROM_TUPLE)
        return CAROM_ETYPE;

    struct carom__container_t *from = list->u.container;
    if (index >= from->count)
        return CAROM_ENOKEY;
    changed(from);
    *item = carom__value_move(&from->items[index]);
    if (carom__is_container(item->type))
        item->u.container->parent = NULL;
    return CAROM_OK;
}

static carom_status_t copy_items(struct carom__container_t *to, const struct carom__container_t *from)
{
    size_t values = (size_t) from->count * from->width;
    carom_status_t status = CAROM_OK;

    for (size_t i = 0; i < values && status == CAROM_OK; i++) {
        carom_value_t *item = i % from->width == 0 ? carom__container_extend(to) : &to->items[i];
        status = carom_value_copy(item, &from->items[i]);
        carom__container_adopt(to, item);
    }
    return status;
}

static carom_status_t copy_index(struct carom__container_t *to, const struct carom__container_t *from)
{
    if (from->slots == NULL)
        return CAROM_OK;
    to->slots = carom__alloc(from->slot_count * sizeof *to->slots);
    if (to->slots == NULL)
        return CAROM_ENOMEM;
    memcpy(to->slots, from->slots, from->slot_count * sizeof *to->slots);
    to->slot_count = from->slot_count;
    return CAROM_OK;
}

carom_status_t carom__container_copy(carom_value_t *copy, const carom_value_t *value)
{
    const struct carom__container_t *from = value->u.container;
    carom_status_t status = carom__container_create(copy, (carom_type_t) value->type, from->count);

    if (status == CAROM_OK)
        status = copy_items(copy->u.container, from);
    if (status == CAROM_OK)
        status = copy_index(copy->u.container, from);
    if (status == CAROM_OK)
        copy->u.container->hash = from->hash;
    else
        carom_value_clear(copy);
    return status;
}

/* ---- reading ---- */

const carom_value_t *carom_value_at(carom_value_t container, size_t index)
{
    const struct carom__container_t *of = container_of(container);

    return of == NULL || index >= of->count ? NULL : &of->items[index * of->width + of->width - 1];
}

const carom_value_t *carom_value_key_at(carom_value_t dict, size_t index)
{
    return dict.type != CAROM_DICT || index >= dict.u.container->count ? NULL : &dict.u.container->items[index * 2];
}

const carom_value_t *carom_value_get(carom_value_t container, carom_value_t key)
{
    const struct carom__container_t *of = container_of(container);
    const carom_value_t *entry = of == NULL || !of->keyed ? NULL : find(of, &key);

    return entry == NULL ? NULL : entry + of->width - 1;
}

const carom_value_t *carom_value_get_text(carom_value_t dict, const char *key)
{
    return key == NULL || dict.type != CAROM_DICT ? NULL : carom_value_get(dict, carom_value_borrow_text(key));
}

/* ---- equality ---- */

static int same_keys(const struct carom__container_t *one, const struct carom__container_t *other)
{
    for (uint32_t i = 0; i < one->count; i++) {
        const carom_value_t *mine = &one->items[i * one->width], *theirs = find(other, mine);
        if (theirs == NULL || (one->width == 2 && !carom__value_same(mine + 1, theirs + 1)))
            return 0;
    }
    return 1;
}

int carom__container_same(const struct carom__container_t *one, const struct carom__container_t *other)
{
    if (one == other)
        return 1;
    if (one->count != other->count || (one->hash != 0 && other->hash != 0 && one->hash != other->hash))
        return 0;
    if (one->keyed)
        return same_keys(one, other);
    for (uint32_t i = 0; i < one->count; i++)
        if (!carom__value_same(&one->items[i], &other->items[i]))
            return 0;
    return 1;
}

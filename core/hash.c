/* Hashes of values, and the index of dicts and sets.
 *
 * Keys come from outside, so that the hash must be one that nobody can aim at: SipHash-2-4 under a random key of this process.
 * APR 1 has none (apr_siphash.h is part of apr-util and of APR 2), hence the forty lines here.
 */

#include "core/value.h"

#include "core/memory.h"

#include <apr_general.h>

#include <stdatomic.h>
#include <string.h>

#define SEARCHED_FROM_END_TO_END 8

/* ---- the key ---- */

/* Each word is set once, by whichever thread comes first, and is not 0 from then on: a mix of two threads' words is as good as
 * any. */
static _Atomic uint32_t key_words[4];

/* Only where the system gives no random bytes: the address moves from run to run, and that is all there is. */
static void guess(uint32_t words[4])
{
    uintptr_t here = (uintptr_t) words;

    for (int i = 0; i < 4; i++)
        words[i] = (uint32_t) (here >> 4) * (UINT32_C(0x9E3779B9) + (uint32_t) i * 2);
}

static void make_key(void)
{
    uint32_t words[4];

    if (apr_generate_random_bytes((unsigned char *) words, sizeof words) != APR_SUCCESS)
        guess(words);
    for (int i = 0; i < 4; i++) {
        uint32_t unset = 0;
        atomic_compare_exchange_strong(&key_words[i], &unset, words[i] != 0 ? words[i] : 1);
    }
}

static uint32_t key_word(int i)
{
    uint32_t word = atomic_load_explicit(&key_words[i], memory_order_relaxed);

    if (word == 0) {
        make_key();
        word = atomic_load_explicit(&key_words[i], memory_order_relaxed);
    }
    return word;
}

/* ---- SipHash ---- */

static uint64_t rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

static void rounds(uint64_t v[4], int count)
{
    while (count-- > 0) {
        v[0] += v[1];
        v[2] += v[3];
        v[1] = rotate(v[1], 13) ^ v[0];
        v[3] = rotate(v[3], 16) ^ v[2];
        v[0] = rotate(v[0], 32);
        v[2] += v[1];
        v[0] += v[3];
        v[1] = rotate(v[1], 17) ^ v[2];
        v[3] = rotate(v[3], 21) ^ v[0];
        v[2] = rotate(v[2], 32);
    }
}

static void block(uint64_t v[4], uint64_t word)
{
    v[3] ^= word;
    rounds(v, 2);
    v[0] ^= word;
}

/* `tag` stands before the bytes.  Words are taken in the machine's byte order: a hash does not leave the process. */
static uint64_t siphash(uint64_t tag, const void *bytes, size_t length)
{
    uint64_t low = (uint64_t) key_word(0) << 32 | key_word(1), high = (uint64_t) key_word(2) << 32 | key_word(3);
    uint64_t v[4] = {low ^ UINT64_C(0x736f6d6570736575), high ^ UINT64_C(0x646f72616e646f6d),
                     low ^ UINT64_C(0x6c7967656e657261), high ^ UINT64_C(0x7465646279746573)};
    const unsigned char *at = bytes;
    uint64_t word;

    block(v, tag);
    for (size_t left = length / 8; left > 0; left--, at += 8) {
        memcpy(&word, at, 8);
        block(v, word);
    }
    word = (uint64_t) length << 56;
    for (size_t i = 0; i < length % 8; i++)
        word |= (uint64_t) at[i] << 8 * i;
    block(v, word);
    v[2] ^= 0xFF;
    rounds(v, 4);
    return v[0] ^ v[1] ^ v[2] ^ v[3];
}

static uint64_t not_zero(uint64_t hash)
{
    return hash != 0 ? hash : 1;
}

/* ---- values ---- */

/* In order: each item's hash is hashed after all before it. */
static uint64_t hash_of_tuple(const struct carom__container_t *tuple, int keep)
{
    uint64_t hash = siphash(CAROM_TUPLE, &tuple->count, sizeof tuple->count);

    for (uint32_t i = 0; i < tuple->count; i++) {
        uint64_t item = carom__value_hash(&tuple->items[i], keep);
        if (item == 0)
            return 0;
        hash = siphash(hash, &item, sizeof item);
    }
    return not_zero(hash);
}

/* In no order: a sum.  Nobody can aim at one either without knowing the key. */
static uint64_t hash_of_frozenset(const struct carom__container_t *set, int keep)
{
    uint64_t sum = set->count;

    for (uint32_t i = 0; i < set->count; i++) {
        uint64_t item = carom__value_hash(&set->items[i], keep);
        if (item == 0)
            return 0;
        sum += item;
    }
    return not_zero(siphash(CAROM_FROZENSET, &sum, sizeof sum));
}

static uint64_t hash_of_container(const carom_value_t *value, int keep)
{
    struct carom__container_t *container = value->u.container;

    if (container->hash != 0)
        return container->hash;

    uint64_t hash = value->type == CAROM_TUPLE ? hash_of_tuple(container, keep) : hash_of_frozenset(container, keep);
    if (keep)
        container->hash = hash;
    return hash;
}

uint64_t carom__value_hash(const carom_value_t *value, int keep)
{
    uint64_t tag = value->type | (uint64_t) (value->flags & CAROM__NEGATIVE) << 8;

    switch ((carom_type_t) value->type) {
    case CAROM_NONE:
        return not_zero(siphash(tag, NULL, 0));
    case CAROM_BOOL:
    case CAROM_INT:
        return not_zero(siphash(tag, &value->u.integer, sizeof value->u.integer));
    case CAROM_FLOAT:
        return not_zero(siphash(tag, value->u.number, sizeof value->u.number[0]));
    case CAROM_COMPLEX:
        return not_zero(siphash(tag, value->u.number, sizeof value->u.number));
    case CAROM_BIGINT:
    case CAROM_BYTES:
    case CAROM_TEXT:
        return not_zero(siphash(tag, value->u.data, value->length));
    case CAROM_TUPLE:
    case CAROM_FROZENSET:
        return hash_of_container(value, keep);
    default:
        return 0;
    }
}

/* ---- the index ----
 * Open addressing, at most half full.  There is no way to remove a key, and so no tombstones. */

static void insert(carom__slot_t *slots, uint32_t slot_count, carom__slot_t slot)
{
    uint32_t at = slot.hash & (slot_count - 1);

    while (slots[at].entry != 0)
        at = (at + 1) & (slot_count - 1);
    slots[at] = slot;
}

void carom__index_add(struct carom__container_t *container, uint32_t entry, uint64_t hash)
{
    carom__slot_t slot = {(uint32_t) hash, entry + 1};

    if (container->slots != NULL)
        insert(container->slots, container->slot_count, slot);
}

/* Enters the first `count` entries in new slots: from the old slots, or for the first time. */
static void fill(struct carom__container_t *container, carom__slot_t *old, uint32_t old_count, uint32_t count)
{
    for (uint32_t i = 0; i < old_count; i++)
        if (old[i].entry != 0)
            insert(container->slots, container->slot_count, old[i]);
    for (uint32_t i = 0; old == NULL && i < count; i++)
        carom__index_add(container, i, carom__value_hash(&container->items[i * container->width], 1));
}

carom_status_t carom__index_room(struct carom__container_t *container, uint32_t count)
{
    uint32_t slot_count = container->slot_count == 0 ? 4 * SEARCHED_FROM_END_TO_END : container->slot_count * 2;

    if (count < SEARCHED_FROM_END_TO_END || (container->slots != NULL && (count + 1) * 2 <= container->slot_count))
        return CAROM_OK;
    while (slot_count / 2 < container->size)      /* one that is being decoded knows its size from the first */
        slot_count *= 2;

    carom__slot_t *slots = carom__calloc(slot_count, sizeof *slots), *old = container->slots;
    if (slots == NULL)
        return CAROM_ENOMEM;
    uint32_t old_count = container->slot_count;
    container->slots = slots;
    container->slot_count = slot_count;
    fill(container, old, old_count, count);
    carom_free(old);
    return CAROM_OK;
}

/* Where nothing will look at the hash, numbers and strings are spared the work. */
uint64_t carom__index_hash(const struct carom__container_t *container, const carom_value_t *key, int keep)
{
    if (container->slots == NULL && key->type < CAROM_LIST)
        return 1;
    return carom__value_hash(key, keep);
}

/* Containers are compared by hash first.  Sets of sets would otherwise take time in a power of their size. */
static int is_key(const carom_value_t *candidate, const carom_value_t *key, uint64_t hash)
{
    if (candidate->type != key->type || (carom__is_container(key->type) && carom__value_hash(candidate, 0) != hash))
        return 0;
    return carom__value_same(candidate, key);
}

carom_value_t *carom__index_search(const struct carom__container_t *container, uint32_t count, const carom_value_t *key,
                                   uint64_t hash)
{
    if (container->slots == NULL) {
        for (uint32_t i = 0; i < count; i++)
            if (is_key(&container->items[i * container->width], key, hash))
                return &container->items[i * container->width];
        return NULL;
    }

    uint32_t mask = container->slot_count - 1;
    for (uint32_t at = (uint32_t) hash & mask; container->slots[at].entry != 0; at = (at + 1) & mask) {
        carom__slot_t slot = container->slots[at];
        carom_value_t *entry = &container->items[(slot.entry - 1) * container->width];
        if (slot.hash == (uint32_t) hash && slot.entry <= count && is_key(entry, key, hash))
            return entry;
    }
    return NULL;
}

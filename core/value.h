/* Values from inside: how they are kept, and what value.c, container.c, bigint.c, hash.c and print.c owe each other and the
 * wire. */

#ifndef CAROM_CORE_VALUE_H
#define CAROM_CORE_VALUE_H

#include <carom/value.h>

#define CAROM__OWNED 1u       /* clear frees the storage, or closes the handle */
#define CAROM__NEGATIVE 2u    /* of a bigint */

/* The longest string: one less than what marks a borrowed one as longer than can be told. */
#define CAROM__STRING_MAX (UINT32_MAX - 1)
#define CAROM__STRING_TOO_LONG UINT32_MAX

/* Where a key lies, for containers with more than a few of them.  entry is 0 in a free slot, else one more than the index. */
typedef struct carom__slot_t {
    uint32_t hash;
    uint32_t entry;
} carom__slot_t;

/* What containers have in common.  A container is in one container at most, `parent`: so that a change inside reaches the depth
 * and hash of what it is inside of, and so that no container gets into itself. */
struct carom__container_t {
    carom_value_t *items;                 /* `width` values an entry */
    carom__slot_t *slots;                 /* NULL while a search from end to end is good enough */
    struct carom__container_t *parent;
    uint64_t hash;                        /* of one that is a key, or 0; 0 in a child means 0 in its parents */
    uint32_t count;                       /* entries */
    uint32_t size;                        /* entries there is room for */
    uint32_t slot_count;                  /* a power of two */
    uint8_t width;                        /* 1; in a dict 2: the key, then the item */
    uint8_t keyed;                        /* dict, set, frozenset */
    uint8_t depth;                        /* 1 with no container inside, …; may be too large after an item was taken out */
};

static inline int carom__is_container(uint8_t type)
{
    return type >= CAROM_LIST && type <= CAROM_FROZENSET;
}

static inline int carom__is_string(uint8_t type)
{
    return type == CAROM_BYTES || type == CAROM_TEXT;
}

/* What *value was; *value is none afterwards. */
static inline carom_value_t carom__value_move(carom_value_t *value)
{
    carom_value_t moved = *value;
    *value = carom_value_none();
    return moved;
}

/* The same value, borrowed. */
static inline carom_value_t carom__value_view(carom_value_t value)
{
    value.flags &= (uint8_t) ~CAROM__OWNED;
    return value;
}

/* ---- value.c ---- */

/* A handle that the value owns: clearing it closes the handle. */
carom_value_t carom__value_own_connection(struct carom_connection_t *connection);
carom_value_t carom__value_own_file(carom_native_t file);

/* A string or bigint with a copy of the bytes, which are taken as checked, but for their length.  CAROM_ETOOBIG, CAROM_ENOMEM:
 * *value is none. */
carom_status_t carom__value_from_checked(carom_value_t *value, carom_type_t type, const void *bytes, size_t length);

/* Whether a string is one: owned ones were checked when made.  CAROM_ETOOBIG, CAROM_EUTF8. */
carom_status_t carom__value_check(const carom_value_t *value);

/* Makes a borrowed string or container an owned one; other values stay as they are.  CAROM_ETOOBIG, CAROM_EUTF8, CAROM_ENOMEM,
 * CAROM_ENOTSUP (a handle in a borrowed container): no change. */
carom_status_t carom__value_own(carom_value_t *value);

/* carom_value_equal without copying 24 bytes twice at each step. */
int carom__value_same(const carom_value_t *one, const carom_value_t *other);

/* ---- container.c ---- */

/* An empty container with room for `room` entries.  CAROM_ENOMEM; then *value is none. */
carom_status_t carom__container_create(carom_value_t *value, carom_type_t type, uint32_t room);
void carom__container_free(struct carom__container_t *container);

/* For the decoder, which fills entries where they lie, in a container made with room for them: adds an entry of nones and
 * returns its first value. */
carom_value_t *carom__container_extend(struct carom__container_t *container);

/* Its second half, when the last entry's key is there: CAROM_ETYPE: it cannot be a key; CAROM_EEXIST: an earlier one is equal;
 * CAROM_ENOMEM. */
carom_status_t carom__container_know(struct carom__container_t *container);

/* Its last step: `value` is in the container. */
void carom__container_adopt(struct carom__container_t *container, const carom_value_t *value);

int carom__container_same(const struct carom__container_t *one, const struct carom__container_t *other);

/* A deep copy, with statuses as carom_value_copy. */
carom_status_t carom__container_copy(carom_value_t *copy, const carom_value_t *value);

/* ---- hash.c ---- */

/* A hash of type and content under a key of this process, never 0 but for what cannot be a key.  keep: containers remember
 * theirs, so that keys inside keys cost no more than they are long; only when nobody else can see the value. */
uint64_t carom__value_hash(const carom_value_t *value, int keep);

/* The index of a keyed container, which comes into being with the ninth key.  In this order: */

/* Makes it ready for one more key after the first `count`.  CAROM_ENOMEM. */
carom_status_t carom__index_room(struct carom__container_t *container, uint32_t count);

/* The hash that this index wants of a key; 0 when it cannot be one. */
uint64_t carom__index_hash(const struct carom__container_t *container, const carom_value_t *key, int keep);

/* The entry, among the first `count`, that has the key; NULL when there is none. */
carom_value_t *carom__index_search(const struct carom__container_t *container, uint32_t count, const carom_value_t *key,
                                   uint64_t hash);

/* Enters a key that is not there. */
void carom__index_add(struct carom__container_t *container, uint32_t entry, uint64_t hash);

/* ---- bigint.c ---- */

/* The integer of a sign and a magnitude, least byte first, of any length: a bigint where no int will do.  CAROM_ENOMEM,
 * CAROM_ETOOBIG: *value is none. */
carom_status_t carom__bigint(carom_value_t *value, int negative, const unsigned char *magnitude, size_t length);

/* 1 when a magnitude is the shortest form of what does not fit int64_t. */
int carom__bigint_canonical(int negative, const unsigned char *magnitude, size_t length);

/* Writes the sign and decimal digits of a bigint, without a 0, to the end of `buffer`, and returns how many they are; 0 when
 * `size` is too small.  limbs: room to work in, as long as the bigint rounded up to a multiple of 4. */
size_t carom__bigint_digits(char *buffer, size_t size, const carom_value_t *value, uint32_t *limbs);

/* ---- elsewhere ---- */

/* Closes an end that came in a message and that nobody took (connection.c). */
void carom__connection_drop(struct carom_connection_t *connection);

#endif

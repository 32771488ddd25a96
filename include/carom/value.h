/* Values: what arguments, results and messages are made of.
 *
 * A carom_value_t is 24 bytes for ever, is passed and kept by value, and needs no pool.  Numbers live inside it.  Strings and
 * containers that it owns are freed by carom_value_clear(); a plain C copy of the struct is a second name for the same
 * storage, of which only one may be cleared.  A *borrowed* value (carom_value_borrow_…, and what carom_call() makes) names
 * the caller's bytes: it is good while they are, and clearing it frees nothing.
 *
 * Equality and hashing go by type and content: 1, 1.0 and true are three keys.  Floats are compared by their bits: NaN equals
 * NaN of the same bits, and 0.0 and -0.0 are two keys.
 *
 * Values are not locked: one thread at a time may use a value that somebody changes; any number may read.
 *
 * Limits: containers nest at most CAROM_DEPTH_MAX deep (an empty list is one deep), hold at most CAROM_COUNT_MAX items each,
 * and an encoded value has at most CAROM_LENGTH_MAX bytes unless a connection's options say otherwise.
 */

#ifndef CAROM_VALUE_H
#define CAROM_VALUE_H

#include <carom/status.h>

CAROM_BEGIN

#define CAROM_DEPTH_MAX 64
#define CAROM_COUNT_MAX 1000000
#define CAROM_LENGTH_MAX ((uint64_t) 64 << 20)

typedef enum carom_type_t {
    CAROM_NONE = 0,
    CAROM_BOOL = 1,
    CAROM_INT = 2,       /* int64_t */
    CAROM_BIGINT = 3,    /* an integer that does not fit int64_t */
    CAROM_FLOAT = 4,     /* double */
    CAROM_COMPLEX = 5,   /* two doubles */
    CAROM_BYTES = 6,
    CAROM_TEXT = 7,      /* UTF-8, with a length; may hold zero bytes; a 0 follows the last */
    CAROM_LIST = 8,
    CAROM_TUPLE = 9,
    CAROM_DICT = 10,     /* keeps the order of insertion */
    CAROM_SET = 11,      /* likewise */
    CAROM_FROZENSET = 12,
    CAROM_CONNECTION = 13,   /* an end of a connection: sending it moves it */
    CAROM_FILE = 14,     /* an open file, pipe or socket of the system: sending it sends a duplicate */
    CAROM_LOCK = 15,     /* a lock, and so on: whoever gets it has a handle of his own, and the sender keeps his */
    CAROM_SEMAPHORE = 16,
    CAROM_EVENT = 17,
    CAROM_CONDITION = 18,
    CAROM_BARRIER = 19,
    CAROM_QUEUE = 20,
    CAROM_ARRAY = 21,
    CAROM_HEAP = 22
} carom_type_t;

/* Private but for its size; read it through the functions below. */
typedef struct carom_value_t {
    uint8_t type;        /* a carom_type_t */
    uint8_t flags;
    uint16_t reserved;
    uint32_t length;     /* of a borrowed or owned string */
    union {
        int64_t integer;
        double number[2];
        const void *data;
        struct carom__container_t *container;
        void *object;
    } u;
} carom_value_t;

struct carom_connection_t;
struct carom_lock_t;
struct carom_semaphore_t;
struct carom_event_t;
struct carom_condition_t;
struct carom_barrier_t;
struct carom_queue_t;
struct carom_array_t;
struct carom_heap_t;

/* ---- making: numbers, cannot fail, need no clear ---- */

CAROM_API carom_value_t carom_value_none(void);
CAROM_API carom_value_t carom_value_from_bool(int truth);
CAROM_API carom_value_t carom_value_from_int(int64_t integer);
CAROM_API carom_value_t carom_value_from_float(double number);
CAROM_API carom_value_t carom_value_from_complex(double real, double imaginary);

/* As carom_value_from_int where it fits, else a bigint.  A bigint owns storage: clear it.  On CAROM_ENOMEM *value is none. */
CAROM_API carom_status_t carom_value_from_uint(carom_value_t *value, uint64_t integer) CAROM_MUST_CHECK;

/* ---- making: strings ---- */

/* Copies `length` bytes; NULL is fine when length is 0.  CAROM_ENOMEM; CAROM_ETOOBIG above 4 GiB - 2; CAROM_EINVAL for NULL
 * with a length.  After a failure *value is none. */
CAROM_API carom_status_t carom_value_from_bytes(carom_value_t *value, const void *bytes, size_t length) CAROM_MUST_CHECK;

/* Copies text that ends with a 0 (not counted).  Statuses as from_bytes, and CAROM_EUTF8 for what is not UTF-8 (surrogates and
 * overlong forms are not). */
CAROM_API carom_status_t carom_value_from_text(carom_value_t *value, const char *text) CAROM_MUST_CHECK;

/* The same with a length; zero bytes inside are kept. */
CAROM_API carom_status_t carom_value_from_text_n(carom_value_t *value, const char *text, size_t length) CAROM_MUST_CHECK;

/* Borrow instead of copying; NULL gives none.  Length and UTF-8 are checked when the value is sent or put into a container. */
CAROM_API carom_value_t carom_value_borrow_bytes(const void *bytes, size_t length);
CAROM_API carom_value_t carom_value_borrow_text(const char *text);

/* An integer from decimal digits with an optional sign, of any size up to 65,536 digits (above: CAROM_ETOOBIG); CAROM_EINVAL
 * for anything else than digits; CAROM_ENOMEM.  Gives an int where it fits.  Cost: the square of the digits. */
CAROM_API carom_status_t carom_value_from_decimal(carom_value_t *value, const char *digits) CAROM_MUST_CHECK;

/* ---- making: handles ---- */

/* Names a connection; borrowed: clearing the value does not close it.  NULL gives none. */
CAROM_API carom_value_t carom_value_from_connection(struct carom_connection_t *connection);

/* Name a lock and its like; borrowed: clearing the value does not destroy the handle.  NULL gives none. */
CAROM_API carom_value_t carom_value_from_lock(struct carom_lock_t *lock);
CAROM_API carom_value_t carom_value_from_semaphore(struct carom_semaphore_t *semaphore);
CAROM_API carom_value_t carom_value_from_event(struct carom_event_t *event);
CAROM_API carom_value_t carom_value_from_condition(struct carom_condition_t *condition);
CAROM_API carom_value_t carom_value_from_barrier(struct carom_barrier_t *barrier);
CAROM_API carom_value_t carom_value_from_queue(struct carom_queue_t *queue);
CAROM_API carom_value_t carom_value_from_array(struct carom_array_t *array);
CAROM_API carom_value_t carom_value_from_heap(struct carom_heap_t *heap);

/* Names an open descriptor, socket (not on Windows) or HANDLE of the caller; borrowed.  CAROM_NATIVE_NONE gives none. */
CAROM_API carom_value_t carom_value_from_file(carom_native_t file);

/* ---- making: containers, empty ---- */

/* CAROM_ENOMEM; after a failure *value is none.  Clear what was made. */
CAROM_API carom_status_t carom_value_list(carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_value_tuple(carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_value_dict(carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_value_set(carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_value_frozenset(carom_value_t *value) CAROM_MUST_CHECK;

/* Puts an item at the end of a list or tuple, or into a set or frozenset (an equal one that is there already stays, and the
 * item is cleared).  Takes the item over: *item is none afterwards, whether the call succeeded or not; a borrowed string is
 * copied.  A tuple or frozenset can be filled until it is itself put somewhere; the library does not stop later changes (a key
 * that was changed is not found any more).
 * CAROM_ETYPE: not a list, tuple or set, or (sets) an item that cannot be a key: list, dict, set, handle, or tuple and
 * frozenset of such.  CAROM_EINVAL: container and item are the same variable, which is cleared; or the item is a second name of
 * the container, of one around it, or of one that is in a container already: what it names stays as it is.  CAROM_EDEPTH,
 * CAROM_ECOUNT: over the limits above.  CAROM_EUTF8, and CAROM_ETOOBIG above 4 GiB - 2: a borrowed string.  CAROM_ENOMEM.
 * Amortized constant. */
CAROM_API carom_status_t carom_value_append(carom_value_t *container, carom_value_t *item) CAROM_MUST_CHECK;

/* Sets dict[key] = item; an equal key that is there keeps its place and gets the new item.  Takes both over, as append does.
 * Statuses as append. */
CAROM_API carom_status_t carom_value_put(carom_value_t *dict, carom_value_t *key, carom_value_t *item) CAROM_MUST_CHECK;

/* put with a text key that is copied.  CAROM_EINVAL also for NULL. */
CAROM_API carom_status_t carom_value_put_text(carom_value_t *dict, const char *key, carom_value_t *item) CAROM_MUST_CHECK;

/* ---- the end ---- */

/* Frees what the value owns, closes the connections and files that it owns (those that came in a message and were not
 * taken), destroys the handles of locks and their like that it owns, and makes it none.  NULL and none are fine. */
CAROM_API void carom_value_clear(carom_value_t *value);

/* A deep copy that owns all its storage.  Handles: CAROM_ENOTSUP.  CAROM_ENOMEM, CAROM_EUTF8, CAROM_ETOOBIG.  None after a
 * failure. */
CAROM_API carom_status_t carom_value_copy(carom_value_t *copy, const carom_value_t *value) CAROM_MUST_CHECK;

/* ---- reading ----
 * Reading what is not there gives 0, NULL or none; ask for the type where the difference matters. */

/* What the value is. */
CAROM_API carom_type_t carom_value_type(carom_value_t value);

/* "none", "int", "dict", …  Static storage. */
CAROM_API const char *carom_type_name(carom_type_t type);

/* The truth of a bool; an int is true unless 0; anything else is 0. */
CAROM_API int carom_value_bool(carom_value_t value);

/* An int, or a bool as 0 or 1. */
CAROM_API int64_t carom_value_int(carom_value_t value);

/* A float, or an int as the nearest double. */
CAROM_API double carom_value_float(carom_value_t value);

/* The parts of a complex; of a float or int the real part. */
CAROM_API double carom_value_real(carom_value_t value);
CAROM_API double carom_value_imaginary(carom_value_t value);

/* The text of a text value, with a 0 at its end; NULL for other types, bytes too.  The bytes of a bytes or text value; NULL for
 * other types; owned ones end with a 0 that is not counted.  Both belong to the value. */
CAROM_API const char *carom_value_text(carom_value_t value);
CAROM_API const void *carom_value_bytes(carom_value_t value);

/* Bytes of a string, items of a container; 0 for other types. */
CAROM_API size_t carom_value_count(carom_value_t value);

/* Item `index` of a list, tuple, set, frozenset, or the index-th item of a dict, in order; NULL outside.  Owned by the
 * container, good until it changes. */
CAROM_API const carom_value_t *carom_value_at(carom_value_t container, size_t index);

/* The index-th key of a dict; NULL outside. */
CAROM_API const carom_value_t *carom_value_key_at(carom_value_t dict, size_t index);

/* dict[key], or the equal item of a set; NULL when there is none. */
CAROM_API const carom_value_t *carom_value_get(carom_value_t container, carom_value_t key);
CAROM_API const carom_value_t *carom_value_get_text(carom_value_t dict, const char *key);

/* 1 for the same type and content; lists and tuples in order, dicts and sets regardless of order; handles by identity. */
CAROM_API int carom_value_equal(carom_value_t one, carom_value_t other);

/* Moves item `index` of a list or tuple out, leaving none in its place.  CAROM_ETYPE, CAROM_ENOKEY. */
CAROM_API carom_status_t carom_value_take(carom_value_t *item, carom_value_t *list, size_t index) CAROM_MUST_CHECK;

/* Takes a connection or file out of a value that came in a message or as an argument: from then on it is the caller's to
 * close, and the value is none.  CAROM_ETYPE for another type.  A value that only borrows gives what it names. */
CAROM_API carom_status_t carom_value_take_connection(struct carom_connection_t **connection,
                                                     carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_value_take_file(carom_native_t *file, carom_value_t *value) CAROM_MUST_CHECK;

/* Writes an int or bigint in decimal with its ending 0.  CAROM_ETOOBIG: `size` is too small (*needed, if not NULL, is the size
 * that does, also on success) or more than 65,536 digits (*needed is 0).  CAROM_ETYPE; CAROM_ENOMEM for a bigint.  buffer is
 * untouched after a failure; it may be NULL when size is 0.  Cost: the square of the digits. */
CAROM_API carom_status_t carom_value_to_decimal(char *buffer, size_t size, size_t *needed,
                                                carom_value_t value) CAROM_MUST_CHECK;

/* Writes the value as one line of text for people, like [1, "two", {"three": 3.0}]; cut with "..." when `size` is too small,
 * never inside a UTF-8 character.  What would break the line is escaped; bigints of more than 512 bytes are in hexadecimal.
 * Returns `buffer`, which always ends with a 0 (size ≥ 1).  Costs time for what is written, not for what is cut. */
CAROM_API const char *carom_value_print(char *buffer, size_t size, carom_value_t value);

/* ---- encoding: carom's own wire form, the same bytes on every machine (doc/wire.md) ---- */

/* What a decoder accepts at most.  0 in a field means the default. */
typedef struct carom_limits_t {
    uint64_t length;     /* bytes of a whole encoded value; CAROM_LENGTH_MAX */
    uint32_t depth;      /* nested containers; CAROM_DEPTH_MAX, which is also the most */
    uint32_t count;      /* items of the whole value, all containers together, a key and its item as one; CAROM_COUNT_MAX */
} carom_limits_t;

/* Why and where a value could not be encoded or decoded; status is CAROM_OK after a success. */
typedef struct carom_value_error_t {
    carom_status_t status;
    char place[96];      /* "[2][\"x\"]"; {2} is the third key of a dict; "" the value itself; cut with "..." at the front */
} carom_value_error_t;

/* Encodes into memory that the caller frees with carom_free().  limits and error may be NULL.  Handles: CAROM_ENOTSUP (they
 * travel only over connections and as arguments).  CAROM_ETOOBIG, CAROM_EDEPTH, CAROM_ECOUNT, CAROM_EUTF8, CAROM_ENOMEM.
 * *bytes is NULL after a failure. */
CAROM_API carom_status_t carom_value_encode(void **bytes, size_t *length, carom_value_t value, const carom_limits_t *limits,
                                            carom_value_error_t *error) CAROM_MUST_CHECK;

/* Decodes exactly `length` bytes from anybody.  CAROM_EBADMSG: not an encoded value, or bytes left over; CAROM_EVERSION: a
 * newer form; CAROM_ENOTSUP: a handle, which can only come over a connection; CAROM_ETOOBIG, CAROM_EDEPTH, CAROM_ECOUNT,
 * CAROM_EUTF8; CAROM_ENOMEM.  Takes memory in proportion to the bytes that are there.  *value is none after a failure. */
CAROM_API carom_status_t carom_value_decode(carom_value_t *value, const void *bytes, size_t length,
                                            const carom_limits_t *limits, carom_value_error_t *error) CAROM_MUST_CHECK;

/* Frees memory that carom gave (carom_value_encode, carom_connection_receive_bytes).  NULL is fine. */
CAROM_API void carom_free(void *memory);

CAROM_END

#endif

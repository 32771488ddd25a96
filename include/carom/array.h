/* Arrays in the memory that a tree shares: numbers or the program's own structs, with a lock or without.  One value is an array
 * of one.
 *
 *     carom_array_create(&totals, context, CAROM_ITEM_I64, 10, NULL);
 *     carom_process_start(&child, context, carom_call(count, totals));
 *     ...
 *     carom_array_add_int(NULL, totals, 3, 1);                   // no other add is lost, with or without the lock
 *
 *     int64_t *item = carom_array_items(totals);                 // or as memory, where all of it is to change together
 *     if (carom_lock_acquire(carom_array_lock(totals), CAROM_FOREVER) == CAROM_OK) {
 *         item[0] -= 5, item[1] += 5;
 *         carom_lock_release(carom_array_lock(totals));
 *     }
 *
 * An array may be an argument of an entry, and may be sent over connections and queues of its tree at any time; who gets it
 * has a handle of his own, and the sender keeps his.  It lives as long as anybody has a handle, whoever dies; what a process
 * that is killed had half written stays so, and its lock says so to who comes next (carom/lock.h).  It costs 128 bytes of the
 * memory that the tree shares besides its items, which are rounded up to a power of two, as much again for a lock of its own,
 * and 32 for each further handle; and no descriptor.
 */

#ifndef CAROM_ARRAY_H
#define CAROM_ARRAY_H

#include <carom/lock.h>

CAROM_BEGIN

typedef struct carom_array_t carom_array_t;

/* What the items are. */
typedef enum carom_item_type_t {
    CAROM_ITEM_STRUCT = 0,         /* of a size that the options say */
    CAROM_ITEM_I8 = 1,             /* int8_t, and so on */
    CAROM_ITEM_U8 = 2,
    CAROM_ITEM_I16 = 3,
    CAROM_ITEM_U16 = 4,
    CAROM_ITEM_I32 = 5,
    CAROM_ITEM_U32 = 6,
    CAROM_ITEM_I64 = 7,
    CAROM_ITEM_U64 = 8,
    CAROM_ITEM_F32 = 9,            /* float */
    CAROM_ITEM_F64 = 10            /* double */
} carom_item_type_t;

/* Options of an array.  NULL means the defaults. */
typedef struct carom_array_options_t {
    size_t size;                   /* of this struct */
    size_t item_size;              /* of a struct; else 0 */
    carom_lock_t *lock;            /* the array's; NULL: one of its own, recursive */
    int raw;                       /* 1: without a lock */
} carom_array_options_t;

#define CAROM_ARRAY_OPTIONS_INIT {sizeof(carom_array_options_t), 0, NULL, 0}

/* Makes an array of `count` items, at least 1, all bytes 0; at most 512 MiB in all.  Statuses as carom_lock_create(), and
 * CAROM_EINVAL for a count, a type, or an item's size that is none, or a lock that is none or with `raw`; CAROM_ETOOBIG;
 * CAROM_EFORKED: the lock's handle is the parent's. */
CAROM_API carom_status_t carom_array_create(carom_array_t **array, carom_context_t *context, carom_item_type_t type,
                                            size_t count, const carom_array_options_t *options) CAROM_MUST_CHECK;

/* Lets go of a handle, as carom_lock_destroy(): its items must not be used any more in this process, but through another.
 * Its lock stays as it is. */
CAROM_API void carom_array_destroy(carom_array_t **array);

/* The items, in the memory of this process; they begin at a multiple of 64.  Another process has them elsewhere.  NULL for
 * what is no array of this process. */
CAROM_API void *carom_array_items(const carom_array_t *array);

/* What it was made with; 0 for what is no array of this process. */
CAROM_API size_t carom_array_count(const carom_array_t *array);
CAROM_API size_t carom_array_item_size(const carom_array_t *array);
CAROM_API carom_item_type_t carom_array_type(const carom_array_t *array);

/* Its lock, which stays the array's; NULL for one without. */
CAROM_API carom_lock_t *carom_array_lock(const carom_array_t *array);

/* ---- one number: each of these is one step for all that go by them, with or without the lock.
 *
 * CAROM_EINVAL: not an array, or no such index; CAROM_ETYPE: structs, or floats where an int is asked for, or ints where a
 * float is; CAROM_EOVERFLOW: the number does not fit the item, which stays, or what is in it, of CAROM_ITEM_U64, is no int64_t;
 * CAROM_EFORKED.  *number is 0 after a failure.  A float is rounded to what the item holds. ---- */

CAROM_API carom_status_t carom_array_get_int(int64_t *number, const carom_array_t *array, size_t index) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_array_set_int(carom_array_t *array, size_t index, int64_t number) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_array_get_float(double *number, const carom_array_t *array, size_t index) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_array_set_float(carom_array_t *array, size_t index, double number) CAROM_MUST_CHECK;

/* Adds to an item.  *after, which may be NULL, is what it is then. */
CAROM_API carom_status_t carom_array_add_int(int64_t *after, carom_array_t *array, size_t index, int64_t number);
CAROM_API carom_status_t carom_array_add_float(double *after, carom_array_t *array, size_t index, double number);

/* As those of a lock (carom/lock.h). */
CAROM_API carom_array_t *carom_value_array(carom_value_t value);
CAROM_API carom_status_t carom_value_take_array(carom_array_t **array, carom_value_t *value) CAROM_MUST_CHECK;
CAROM_API carom_array_t *carom_arg_array(const carom_call_t *call, size_t index);

CAROM_END

#endif

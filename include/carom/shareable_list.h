/* Shareable lists: a list of fixed length in shared memory, the ShareableList of CPython's multiprocessing.shared_memory, byte
 * for byte.
 *
 *     carom_value_t items[] = {carom_value_from_int(42), carom_value_borrow_text("spam")};
 *
 *     carom_shareable_list_create(&list, NULL, items, 2, NULL);
 *     carom_shareable_list_set(list, 0, carom_value_from_float(2.5));
 *     printf("ShareableList(name='%s')\n", carom_shared_memory_name(carom_shareable_list_memory(list)));
 *
 * Items are none, bool, int, float, text and bytes; each can be replaced by any other for which there is room.  Numbers, bools
 * and none always fit; text and bytes fit if they are no longer than the item's room, which is 8 bytes for what was made as a
 * number, bool or none, and 8 * (length / 8 + 1) for what was made as text or bytes of that length.  (Python before it was
 * mended counts the characters of a text here, carom its bytes.)  Zero bytes at the end of text and bytes are not kept: reading
 * leaves them away, as in Python.
 *
 * Nothing is locked.  Who reads an item while another process or thread writes it may get a mixture of both, or
 * CAROM_EBADMSG.  What is found in the memory is checked whenever it is read, and nothing outside of it is ever touched,
 * whatever it says; length and places of the items are read once, when a list is attached.
 *
 * All that carom/shared_memory.h says of names, ends and Python's ways goes for the memory of a list.
 */

#ifndef CAROM_SHAREABLE_LIST_H
#define CAROM_SHAREABLE_LIST_H

#include <carom/shared_memory.h>
#include <carom/value.h>

CAROM_BEGIN

typedef struct carom_shareable_list_t carom_shareable_list_t;

/* The longest text or bytes of an item; and room for a format with its ending 0. */
#define CAROM_SHAREABLE_LENGTH_MAX 9999991
#define CAROM_SHAREABLE_FORMAT 9

/* Makes a list of `count` items, which stay the caller's, in new memory; items may be NULL when count is 0.  Name and options
 * are those of carom_shared_memory_create(), NULL the defaults, and so are its statuses.
 *
 * CAROM_ETYPE: an item of another type.  CAROM_EOVERFLOW: an integer that does not fit int64_t.  CAROM_EUTF8: text that is not.
 * CAROM_ETOOBIG: text or bytes above CAROM_SHAREABLE_LENGTH_MAX.  CAROM_ECOUNT: more than CAROM_COUNT_MAX items.  CAROM_EINVAL
 * also for NULL with a count.  *list is NULL after a failure. */
CAROM_API carom_status_t carom_shareable_list_create(carom_shareable_list_t **list, const char *name,
                                                     const carom_value_t *items, size_t count,
                                                     const carom_shared_memory_options_t *options) CAROM_MUST_CHECK;

/* The same with the items of a list or tuple; CAROM_ETYPE also for any other value. */
CAROM_API carom_status_t carom_shareable_list_copy(carom_shareable_list_t **list, const char *name, carom_value_t sequence,
                                                   const carom_shared_memory_options_t *options) CAROM_MUST_CHECK;

/* The list that has this name.  Statuses of carom_shared_memory_attach(), of which CAROM_ENOENT also says that it is just being
 * written, unless it takes whole pages: then it may be seen without its items; CAROM_EBADMSG: what is there is no list;
 * CAROM_ECOUNT: one of more than CAROM_COUNT_MAX items.  Takes 8 bytes of memory an item.  *list is NULL after a failure. */
CAROM_API carom_status_t carom_shareable_list_attach(carom_shareable_list_t **list, const char *name) CAROM_MUST_CHECK;

/* Its memory, for name, unlink and what else is asked of that; the list's.  NULL for NULL. */
CAROM_API carom_shared_memory_t *carom_shareable_list_memory(const carom_shareable_list_t *list);

/* How many items it has, which never changes; 0 for NULL. */
CAROM_API size_t carom_shareable_list_count(const carom_shareable_list_t *list);

/* A copy of an item, to be cleared.  CAROM_ENOKEY: no such item.  CAROM_EBADMSG: nothing that Python would have written is
 * there.  CAROM_EUTF8: text that is not, as Python leaves it when it cuts a text (see above).  CAROM_ENOMEM.  CAROM_EINVAL:
 * NULL.  *value is none after a failure. */
CAROM_API carom_status_t carom_shareable_list_get(carom_value_t *value, const carom_shareable_list_t *list,
                                                  size_t index) CAROM_MUST_CHECK;

/* Replaces an item by a value, which stays the caller's.  CAROM_ENOKEY: no such item.  CAROM_ETOOBIG: text or bytes longer than
 * the item's room.  CAROM_ETYPE, CAROM_EOVERFLOW, CAROM_EUTF8: as of create.  CAROM_EINVAL: NULL.  After a failure the item is
 * as it was. */
CAROM_API carom_status_t carom_shareable_list_set(carom_shareable_list_t *list, size_t index,
                                                  carom_value_t value) CAROM_MUST_CHECK;

/* The struct format of an item, as Python keeps it: "q", "d", "xxxxxxx?" (bool), "xxxxxx?x" (none), or "16s" with the room of a
 * text or bytes.  Writes at most `size` bytes with the ending 0; CAROM_SHAREABLE_FORMAT do.  CAROM_ETOOBIG: `size` is too
 * small.  CAROM_ENOKEY, CAROM_EBADMSG, CAROM_EINVAL: as of get.  The text is "" after a failure. */
CAROM_API carom_status_t carom_shareable_list_format(char *format, size_t size, const carom_shareable_list_t *list,
                                                     size_t index) CAROM_MUST_CHECK;

/* The first item that equals a value (carom_value_equal: by type and content), and how many do.  CAROM_ENOKEY, of the first:
 * there is none.  Statuses of get, about an item that had to be read.  *index and *count are 0 after a failure.  Cost: reading
 * all items. */
CAROM_API carom_status_t carom_shareable_list_find(size_t *index, const carom_shareable_list_t *list,
                                                   carom_value_t value) CAROM_MUST_CHECK;
CAROM_API carom_status_t carom_shareable_list_occurrences(size_t *count, const carom_shareable_list_t *list,
                                                          carom_value_t value) CAROM_MUST_CHECK;

/* Frees it and closes its memory; the name stays.  *list is NULL afterwards; NULL is fine. */
CAROM_API void carom_shareable_list_close(carom_shareable_list_t **list);

CAROM_END

#endif

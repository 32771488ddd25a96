/* Shareable lists, in the form of CPython's multiprocessing.shared_memory.ShareableList, numbers in the machine's order:
 *
 *     8 bytes               how many items: N
 *     8 bytes, N + 1 times  where each begins, from the end of these; of the last one, where it ends
 *     the items             each a multiple of 8: its room
 *     8 bytes, N times      the format of each, filled up with zeros
 *     1 byte, N times       what each is made of: a number or bool, text, bytes, none
 *
 * How many there are and where is read once, when a list is attached, and checked then; of an item all else is read at each
 * use, once, and checked.  So whoever writes there meanwhile can spoil what is read, and nothing else. */

#include "core/memory.h"
#include "core/utf8.h"

#include <carom/shareable_list.h>

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define MAGIC 0x5EAB1E15u
#define UNIT 8u                        /* of rooms, places and formats */
#define PAGE 4096u                     /* or a multiple of it */
#define ROOM_MAX (CAROM_SHAREABLE_LENGTH_MAX / UNIT * UNIT + UNIT)

/* The last byte of an item. */
enum { MADE_OF_NUMBER = 0, MADE_OF_TEXT = 1, MADE_OF_BYTES = 2, MADE_OF_NONE = 3 };

struct carom_shareable_list_t {
    unsigned magic;
    carom_shared_memory_t *memory;
    size_t count;
    int64_t *places;                   /* count + 1 of them, from `items` on; checked; these do not change */
    unsigned char *items;
    unsigned char *formats;
    unsigned char *makings;
};

/* What an item is to be, or was found to be. */
typedef struct item_t {
    char format[CAROM_SHAREABLE_FORMAT];
    unsigned char making;
    size_t length;                     /* of its bytes; text and bytes are filled up with zeros to it */
} item_t;

/* ---- shared bytes: each is read once ---- */

static void fetch(void *to, const unsigned char *from, size_t length)
{
    const volatile unsigned char *shared = from;
    unsigned char *own = to;
    size_t i;

    for (i = 0; i < length; i++)
        own[i] = shared[i];
}

static int64_t fetch_int(const unsigned char *from)
{
    int64_t number;

    fetch(&number, from, sizeof number);
    return number;
}

/* ---- formats ---- */

static const char format_int[] = "q", format_float[] = "d", format_bool[] = "xxxxxxx?", format_none[] = "xxxxxx?x";

static int is_string(carom_type_t type)
{
    return type == CAROM_TEXT || type == CAROM_BYTES;
}

static size_t room_for(carom_value_t value)
{
    return is_string(carom_value_type(value)) ? carom_value_count(value) / UNIT * UNIT + UNIT : UNIT;
}

static void describe_string(item_t *item, carom_type_t type, size_t room)
{
    snprintf(item->format, sizeof item->format, "%us", (unsigned) room);
    item->making = type == CAROM_TEXT ? MADE_OF_TEXT : MADE_OF_BYTES;
    item->length = room;
}

static void describe_number(item_t *item, const char *format)
{
    snprintf(item->format, sizeof item->format, "%s", format);
    item->making = format == format_none ? MADE_OF_NONE : MADE_OF_NUMBER;
    item->length = UNIT;
}

/* How a value is kept in so much room. */
static carom_status_t describe(item_t *item, carom_value_t value, size_t room)
{
    carom_type_t type = carom_value_type(value);

    memset(item, 0, sizeof *item);
    switch (type) {
    case CAROM_NONE: describe_number(item, format_none); return CAROM_OK;
    case CAROM_BOOL: describe_number(item, format_bool); return CAROM_OK;
    case CAROM_INT: describe_number(item, format_int); return CAROM_OK;
    case CAROM_FLOAT: describe_number(item, format_float); return CAROM_OK;
    case CAROM_TEXT:
    case CAROM_BYTES: break;
    case CAROM_BIGINT: return CAROM_EOVERFLOW;
    default: return CAROM_ETYPE;
    }
    if (carom_value_count(value) > room || room > ROOM_MAX)
        return CAROM_ETOOBIG;
    if (type == CAROM_TEXT && !carom__utf8_valid(carom_value_bytes(value), carom_value_count(value)))
        return CAROM_EUTF8;
    describe_string(item, type, room);
    return CAROM_OK;
}

/* "16s", as Python writes it: no sign, no zeros in front.  0 for anything else. */
static size_t length_in(const char *format)
{
    size_t length = 0;

    if (*format < '1' || *format > '9')
        return 0;
    for (; *format >= '0' && *format <= '9'; format++)
        length = length * 10 + (size_t) (*format - '0');
    return strcmp(format, "s") == 0 ? length : 0;
}

/* What an item is, found in so much room. */
static carom_status_t recognize(item_t *item, size_t room)
{
    static const char *const numbers[] = {format_int, format_float, format_bool, format_none};
    size_t i;

    item->length = UNIT;
    for (i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(item->format, numbers[i]) == 0)
            return item->making == (numbers[i] == format_none ? MADE_OF_NONE : MADE_OF_NUMBER) ? CAROM_OK : CAROM_EBADMSG;
    item->length = length_in(item->format);
    if (item->length == 0 || item->length > room)
        return CAROM_EBADMSG;
    return item->making == MADE_OF_TEXT || item->making == MADE_OF_BYTES ? CAROM_OK : CAROM_EBADMSG;
}

/* ---- places ---- */

static size_t room_of(const carom_shareable_list_t *list, size_t index)
{
    return (size_t) (list->places[index + 1] - list->places[index]);
}

static unsigned char *at(const carom_shareable_list_t *list, size_t index)
{
    return list->items + list->places[index];
}

static carom_status_t look(item_t *item, const carom_shareable_list_t *list, size_t index)
{
    memset(item, 0, sizeof *item);
    fetch(item->format, list->formats + index * UNIT, UNIT);
    fetch(&item->making, list->makings + index, 1);
    return recognize(item, room_of(list, index));
}

static void lay_out(carom_shareable_list_t *list)
{
    unsigned char *begin = carom_shared_memory_address(list->memory);

    list->items = begin + (list->count + 2) * UNIT;
    list->formats = list->items + list->places[list->count];
    list->makings = list->formats + list->count * UNIT;
}

/* ---- writing ---- */

static void write_item(carom_shareable_list_t *list, size_t index, const item_t *item, carom_value_t value)
{
    unsigned char bytes[UNIT] = {0};
    carom_type_t type = carom_value_type(value);
    int64_t integer = carom_value_int(value);
    double number = carom_value_float(value);
    size_t length = carom_value_count(value);

    memcpy(list->formats + index * UNIT, item->format, UNIT);
    list->makings[index] = item->making;
    if (is_string(type)) {
        if (length > 0)
            memcpy(at(list, index), carom_value_bytes(value), length);
        memset(at(list, index) + length, 0, item->length - length);
        return;
    }
    if (type == CAROM_INT)
        memcpy(bytes, &integer, sizeof integer);
    else if (type == CAROM_FLOAT)
        memcpy(bytes, &number, sizeof number);
    else if (type == CAROM_BOOL)
        bytes[UNIT - 1] = carom_value_bool(value) != 0;
    memcpy(at(list, index), bytes, sizeof bytes);
}

/* ---- making ---- */

static void release(carom_shareable_list_t *list)
{
    carom_shared_memory_close(&list->memory);
    carom_free(list->places);
    list->magic = 0;
    carom_free(list);
}

static carom_status_t new_list(carom_shareable_list_t **list, size_t count)
{
    carom_shareable_list_t *self = carom__calloc(1, sizeof *self);

    if (self)
        self->places = carom__calloc(count + 1, sizeof *self->places);
    if (self == NULL || self->places == NULL) {
        carom_free(self);
        return CAROM_ENOMEM;
    }
    self->magic = MAGIC;
    self->count = count;
    *list = self;
    return CAROM_OK;
}

static carom_status_t check_items(carom_shareable_list_t *list, const carom_value_t *items)
{
    carom_status_t status = CAROM_OK;
    item_t item;
    size_t i;

    for (i = 0; i < list->count && status == CAROM_OK; i++) {
        status = describe(&item, items[i], room_for(items[i]));
        list->places[i + 1] = list->places[i] + (int64_t) room_for(items[i]);
    }
    return status;
}

/* The count last: the name is known already, and until then this is memory of zeros. */
static void write_all(carom_shareable_list_t *list, const carom_value_t *items)
{
    unsigned char *begin = carom_shared_memory_address(list->memory);
    item_t item;
    size_t i;

    memcpy(begin + UNIT, list->places, (list->count + 1) * sizeof *list->places);
    for (i = 0; i < list->count; i++)
        if (describe(&item, items[i], room_of(list, i)) == CAROM_OK)
            write_item(list, i, &item, items[i]);
    atomic_store_explicit((_Atomic int64_t *) (void *) begin, (int64_t) list->count, memory_order_release);
}

/* Bytes of a list in all. */
static uint64_t size_of(size_t count, int64_t items)
{
    return (count + 2) * (uint64_t) UNIT + (uint64_t) items + count * (uint64_t) (UNIT + 1);
}

carom_status_t carom_shareable_list_create(carom_shareable_list_t **list, const char *name, const carom_value_t *items,
                                           size_t count, const carom_shared_memory_options_t *options)
{
    carom_shareable_list_t *self;
    carom_status_t status;

    *list = NULL;
    if (items == NULL && count > 0)
        return CAROM_EINVAL;
    if (count > CAROM_COUNT_MAX)
        return CAROM_ECOUNT;
    status = new_list(&self, count);
    if (status != CAROM_OK)
        return status;
    status = check_items(self, items);
    if (status == CAROM_OK)
        status = carom_shared_memory_create(&self->memory, name, size_of(count, self->places[count]), options);
    if (status != CAROM_OK) {
        release(self);
        return status;
    }
    lay_out(self);
    write_all(self, items);
    *list = self;
    return CAROM_OK;
}

carom_status_t carom_shareable_list_copy(carom_shareable_list_t **list, const char *name, carom_value_t sequence,
                                         const carom_shared_memory_options_t *options)
{
    carom_type_t type = carom_value_type(sequence);
    size_t i, count = carom_value_count(sequence);
    carom_status_t status;
    carom_value_t *items;

    *list = NULL;
    if (type != CAROM_LIST && type != CAROM_TUPLE)
        return CAROM_ETYPE;
    items = carom__calloc(count + 1, sizeof *items);
    if (items == NULL)
        return CAROM_ENOMEM;
    for (i = 0; i < count; i++)
        items[i] = *carom_value_at(sequence, i);
    status = carom_shareable_list_create(list, name, items, count, options);
    carom_free(items);
    return status;
}

/* ---- attaching ---- */

/* Whether there is more than an empty list takes.  Where sizes are those of whole pages nobody can tell. */
static int has_more(uint64_t size)
{
    return size > size_of(0, 0) && size % PAGE != 0;
}

/* How many items fit a memory of that size, at most: each takes its place, its room, its format and a byte. */
static carom_status_t check_count(size_t *count, const carom_shared_memory_t *memory)
{
    uint64_t size = carom_shared_memory_size(memory);
    int64_t found = atomic_load_explicit((_Atomic int64_t *) carom_shared_memory_address(memory), memory_order_acquire);

    if (found == 0 && has_more(size))
        return CAROM_ENOENT;
    if (found < 0 || (uint64_t) found > (size - 2 * UNIT) / (3 * UNIT + 1))
        return CAROM_EBADMSG;
    if (found > CAROM_COUNT_MAX)
        return CAROM_ECOUNT;
    *count = (size_t) found;
    return CAROM_OK;
}

static carom_status_t check_places(carom_shareable_list_t *list)
{
    const unsigned char *begin = carom_shared_memory_address(list->memory);
    uint64_t size = carom_shared_memory_size(list->memory);
    int64_t room, most = (int64_t) (size - size_of(list->count, 0));
    size_t i;

    for (i = 0; i <= list->count; i++) {
        list->places[i] = fetch_int(begin + (i + 1) * UNIT);
        if (list->places[i] < 0 || list->places[i] > most || list->places[i] % UNIT != 0)
            return CAROM_EBADMSG;
        room = i > 0 ? list->places[i] - list->places[i - 1] : 0;
        if (i == 0 ? list->places[i] != 0 : room < (int64_t) UNIT || room > (int64_t) ROOM_MAX)
            return CAROM_EBADMSG;
    }
    return CAROM_OK;
}

/* Takes the memory over when it succeeds. */
static carom_status_t read_list(carom_shareable_list_t **list, carom_shared_memory_t *memory)
{
    carom_shareable_list_t *self;
    size_t count = 0;
    carom_status_t status = check_count(&count, memory);

    if (status == CAROM_OK)
        status = new_list(&self, count);
    if (status != CAROM_OK)
        return status;
    self->memory = memory;
    status = check_places(self);
    if (status != CAROM_OK) {
        self->memory = NULL;
        release(self);
        return status;
    }
    lay_out(self);
    *list = self;
    return CAROM_OK;
}

carom_status_t carom_shareable_list_attach(carom_shareable_list_t **list, const char *name)
{
    carom_shared_memory_t *memory;
    carom_status_t status;

    *list = NULL;
    status = carom_shared_memory_attach(&memory, name, 2 * UNIT);
    if (status != CAROM_OK)
        return status;
    status = read_list(list, memory);
    if (status != CAROM_OK)
        carom_shared_memory_close(&memory);
    return status;
}

/* ---- using it ---- */

static int is_list(const carom_shareable_list_t *list)
{
    return list && list->magic == MAGIC;
}

carom_shared_memory_t *carom_shareable_list_memory(const carom_shareable_list_t *list)
{
    return is_list(list) ? list->memory : NULL;
}

size_t carom_shareable_list_count(const carom_shareable_list_t *list)
{
    return is_list(list) ? list->count : 0;
}

static carom_status_t check_index(const carom_shareable_list_t *list, size_t index)
{
    if (!is_list(list))
        return CAROM_EINVAL;
    return index < list->count ? CAROM_OK : CAROM_ENOKEY;
}

static carom_status_t read_string(carom_value_t *value, const carom_shareable_list_t *list, size_t index, const item_t *item)
{
    size_t length = item->length;
    carom_status_t status;
    char *copy = carom__alloc(length);

    if (copy == NULL)
        return CAROM_ENOMEM;
    fetch(copy, at(list, index), length);
    while (length > 0 && copy[length - 1] == '\0')
        length--;
    if (item->making == MADE_OF_TEXT)
        status = carom_value_from_text_n(value, copy, length);
    else
        status = carom_value_from_bytes(value, copy, length);
    carom_free(copy);
    return status;
}

static carom_value_t read_number(const carom_shareable_list_t *list, size_t index, const item_t *item)
{
    unsigned char bytes[UNIT];
    int64_t integer;
    double number;

    fetch(bytes, at(list, index), sizeof bytes);
    memcpy(&integer, bytes, sizeof integer);
    memcpy(&number, bytes, sizeof number);
    if (item->making == MADE_OF_NONE)
        return carom_value_none();
    if (strcmp(item->format, format_int) == 0)
        return carom_value_from_int(integer);
    if (strcmp(item->format, format_float) == 0)
        return carom_value_from_float(number);
    return carom_value_from_bool(bytes[UNIT - 1] != 0);
}

carom_status_t carom_shareable_list_get(carom_value_t *value, const carom_shareable_list_t *list, size_t index)
{
    carom_status_t status = check_index(list, index);
    item_t item;

    *value = carom_value_none();
    if (status == CAROM_OK)
        status = look(&item, list, index);
    if (status != CAROM_OK)
        return status;
    if (item.making == MADE_OF_TEXT || item.making == MADE_OF_BYTES)
        return read_string(value, list, index, &item);
    *value = read_number(list, index, &item);
    return CAROM_OK;
}

carom_status_t carom_shareable_list_set(carom_shareable_list_t *list, size_t index, carom_value_t value)
{
    carom_status_t status = check_index(list, index);
    item_t item;

    if (status == CAROM_OK)
        status = describe(&item, value, room_of(list, index));
    if (status == CAROM_OK)
        write_item(list, index, &item, value);
    return status;
}

carom_status_t carom_shareable_list_format(char *format, size_t size, const carom_shareable_list_t *list, size_t index)
{
    carom_status_t status = check_index(list, index);
    item_t item;

    if (size > 0)
        *format = '\0';
    if (status == CAROM_OK)
        status = look(&item, list, index);
    if (status == CAROM_OK && strlen(item.format) >= size)
        status = CAROM_ETOOBIG;
    if (status == CAROM_OK)
        memcpy(format, item.format, strlen(item.format) + 1);
    return status;
}

/* Whether an item equals a value. */
static carom_status_t compare(int *is_equal, const carom_shareable_list_t *list, size_t index, carom_value_t value)
{
    carom_value_t item;
    carom_status_t status = carom_shareable_list_get(&item, list, index);

    *is_equal = status == CAROM_OK && carom_value_equal(item, value);
    carom_value_clear(&item);
    return status;
}

carom_status_t carom_shareable_list_find(size_t *index, const carom_shareable_list_t *list, carom_value_t value)
{
    carom_status_t status = is_list(list) ? CAROM_OK : CAROM_EINVAL;
    int is_equal = 0;
    size_t i;

    *index = 0;
    for (i = 0; status == CAROM_OK && i < list->count; i++) {
        status = compare(&is_equal, list, i, value);
        if (is_equal) {
            *index = i;
            return CAROM_OK;
        }
    }
    return status == CAROM_OK ? CAROM_ENOKEY : status;
}

carom_status_t carom_shareable_list_occurrences(size_t *count, const carom_shareable_list_t *list, carom_value_t value)
{
    carom_status_t status = is_list(list) ? CAROM_OK : CAROM_EINVAL;
    size_t i, found = 0;
    int is_equal;

    for (i = 0; status == CAROM_OK && i < list->count; i++) {
        status = compare(&is_equal, list, i, value);
        found += (size_t) is_equal;
    }
    *count = status == CAROM_OK ? found : 0;
    return status;
}

void carom_shareable_list_close(carom_shareable_list_t **list)
{
    carom_shareable_list_t *self = *list;

    if (!is_list(self))
        return;
    *list = NULL;
    release(self);
}

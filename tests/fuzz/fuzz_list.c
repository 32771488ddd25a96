/* A libFuzzer target: memory with a name in which a shareable list is said to be, whose every item is read, looked for and
 * replaced.  Whatever stands there, what is outside of it is not touched: what lies behind is not mapped. */

#include <carom.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define ITEMS_MOST 64

static void insist(int truth)
{
    if (!truth)
        abort();
}

static int is_offered(carom_type_t type)
{
    return type == CAROM_NONE || type == CAROM_BOOL || type == CAROM_INT || type == CAROM_FLOAT || type == CAROM_TEXT ||
           type == CAROM_BYTES;
}

/* An item in front of it may be no good. */
static void look_for(const carom_shareable_list_t *list, carom_value_t value, size_t index)
{
    size_t first, count;

    if (carom_shareable_list_find(&first, list, value) == CAROM_OK)
        insist(first <= index);
    if (carom_shareable_list_occurrences(&count, list, value) == CAROM_OK)
        insist(count > 0);
}

static void read_item(const carom_shareable_list_t *list, size_t index)
{
    char format[CAROM_SHAREABLE_FORMAT];
    carom_status_t status;
    carom_value_t value;

    status = carom_shareable_list_format(format, sizeof format, list, index);
    insist(strlen(format) < sizeof format && (status == CAROM_OK) == (*format != 0));
    status = carom_shareable_list_get(&value, list, index);
    if (status == CAROM_OK) {
        insist(is_offered(carom_value_type(value)));
        if (carom_value_type(value) != CAROM_FLOAT)
            look_for(list, value, index);
    } else {
        insist(carom_value_type(value) == CAROM_NONE);
    }
    carom_value_clear(&value);
}

/* What was put there is there; for what there is no room nothing changes. */
static void replace_item(carom_shareable_list_t *list, size_t index, carom_value_t value)
{
    carom_value_t before, after;
    carom_status_t was = carom_shareable_list_get(&before, list, index);
    carom_status_t status = carom_shareable_list_set(list, index, value);

    if (status == CAROM_OK) {
        insist(carom_shareable_list_get(&after, list, index) == CAROM_OK);
        insist(carom_value_equal(after, value));
    } else {
        insist(status == CAROM_ETOOBIG && carom_value_type(value) == CAROM_TEXT);
        insist(carom_shareable_list_get(&after, list, index) == was);
        insist(was != CAROM_OK || carom_value_type(before) == CAROM_FLOAT || carom_value_equal(before, after));
    }
    carom_value_clear(&before);
    carom_value_clear(&after);
}

static void replace_items(carom_shareable_list_t *list, size_t index)
{
    replace_item(list, index, carom_value_borrow_text("a text that is longer than others"));
    replace_item(list, index, carom_value_borrow_text("text"));
    replace_item(list, index, carom_value_from_int(-5));
    replace_item(list, index, carom_value_from_float(0.5));
    replace_item(list, index, carom_value_from_bool(1));
    replace_item(list, index, carom_value_none());
}

static void use(carom_shareable_list_t *list)
{
    size_t count = carom_shareable_list_count(list), i;
    carom_value_t value;

    for (i = 0; i < count && i < ITEMS_MOST; i++)
        read_item(list, i);
    insist(carom_shareable_list_get(&value, list, count) == CAROM_ENOKEY);
    for (i = 0; i < count && i < ITEMS_MOST; i++)
        replace_items(list, i);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    carom_shared_memory_t *memory;
    carom_shareable_list_t *list;
    carom_status_t status;

    if (length == 0)
        return 0;
    options.untracked = 1;
    insist(carom_shared_memory_create(&memory, NULL, length, &options) == CAROM_OK);
    memcpy(carom_shared_memory_address(memory), bytes, length);
    status = carom_shareable_list_attach(&list, carom_shared_memory_name(memory));
    insist(carom_shared_memory_unlink(memory) == CAROM_OK);
    insist((status == CAROM_OK) == (list != NULL));
    if (list != NULL)
        use(list);
    carom_shareable_list_close(&list);
    carom_shared_memory_close(&memory);
    return 0;
}

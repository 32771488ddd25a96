/* Writes the seed corpus of fuzz_list: a few shareable lists, and some that are cut short.
 *
 *     make_lists tests/fuzz/corpus/list
 *
 * The same files every time; the folder must exist. */

#include <carom.h>

#include "corpus.h"

/* All of it but `less` bytes. */
static void write_list(const char *name, const carom_value_t *items, size_t count, size_t less)
{
    carom_shareable_list_t *list;
    carom_shared_memory_t *memory;

    insist(carom_shareable_list_create(&list, NULL, items, count, NULL) == CAROM_OK, name);
    memory = carom_shareable_list_memory(list);
    write_bytes(name, carom_shared_memory_address(memory), (size_t) carom_shared_memory_size(memory) - less);
    insist(carom_shared_memory_unlink(memory) == CAROM_OK, name);
    carom_shareable_list_close(&list);
}

int main(int argc, char **argv)
{
    carom_value_t items[] = {carom_value_from_int(-5),
                             carom_value_from_float(0.5),
                             carom_value_from_bool(1),
                             carom_value_borrow_text("\xC3\xA9 and more than eight"),
                             carom_value_borrow_bytes("\0\xFF", 2),
                             carom_value_none()};
    size_t count = sizeof items / sizeof items[0];

    insist(argc == 2, "usage: make_lists FOLDER");
    folder = argv[1];
    write_list("of-none", NULL, 0, 0);
    write_list("of-one-int", items, 1, 0);
    write_list("of-a-text", items + 3, 1, 0);
    write_list("of-all", items, count, 0);
    write_list("cut-in-makings", items, count, 2);
    write_list("cut-in-formats", items, count, 20);
    return 0;
}

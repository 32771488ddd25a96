/* Writes the seed corpora of fuzz_message and fuzz_launch.
 *
 *     make_messages tests/fuzz/corpus
 *
 * The folders message/ and launch/ must exist.  Run it again when the form of messages changes. */

#include <carom/lock.h>

#include "core/launch.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *folder;

static void insist(int truth, const char *what)
{
    if (!truth) {
        fprintf(stderr, "make_messages: %s\n", what);
        exit(1);
    }
}

static void write_file(const char *name, int first, const void *head, size_t head_length, const carom__buffer_t *body)
{
    char path[1000];
    FILE *file;

    insist(snprintf(path, sizeof path, "%s/%s", folder, name) < (int) sizeof path, "path too long");
    file = fopen(path, "wb");
    insist(file != NULL, path);
    fputc(first, file);
    fwrite(head, 1, head_length, file);
    fwrite(body->bytes, 1, body->length, file);
    insist(fclose(file) == 0, path);
}

static void write_message(const char *name, carom_value_t value)
{
    unsigned char head[CAROM__HEADER_SIZE];
    carom__parcel_t parcel;
    carom__header_t header = {CAROM_MESSAGE_VALUE, 0, 0, 0};

    carom__parcel_init(&parcel, NULL);
    parcel.to = carom__holder_self();
    insist(carom__parcel_put(&parcel, value, NULL) == CAROM_OK, name);
    insist(carom__parcel_seal(&parcel) == CAROM_OK, name);
    header.handles = parcel.count;
    header.shares = parcel.share_count;
    header.length = parcel.body.length;
    carom__header_write(head, &header);
    write_file(name, (int) parcel.count, head, sizeof head, &parcel.body);
    carom__parcel_abandon(&parcel);
}

static void write_messages(void)
{
    carom_connection_t *a, *b;
    carom_value_t list, item;
    carom_lock_t *lock;

    insist(carom_connection_pair(&a, &b, NULL) == CAROM_OK, "pair");
    write_message("message/none", carom_value_none());
    write_message("message/text", carom_value_borrow_text("a text"));
    write_message("message/connection", carom_value_from_connection(a));
    insist(carom_value_list(&list) == CAROM_OK, "list");
    item = carom_value_from_connection(a);
    insist(carom_value_append(&list, &item) == CAROM_OK, "list");
    item = carom_value_from_file(0);
    insist(carom_value_append(&list, &item) == CAROM_OK, "list");
    item = carom_value_from_connection(b);
    insist(carom_value_append(&list, &item) == CAROM_OK, "list");
    write_message("message/three_handles", list);
    carom_value_clear(&list);
    carom_connection_close(&a);
    carom_connection_close(&b);
    insist(carom_lock_create(&lock, NULL, NULL) == CAROM_OK, "lock");
    write_message("message/lock", carom_value_from_lock(lock));
    carom_lock_destroy(&lock);
}

static void write_launches(void)
{
    carom_entry_t entry = {"entry", 1, NULL, NULL};
    carom_value_t args[2] = {carom_value_from_int(1), carom_value_borrow_text("two")};
    carom__launch_t launch = {.request = {&entry, args, 2}, .object = "", .name = "Process-1", .parent_name = "MainProcess",
                              .mode = "spawn"};
    carom__report_t report = {CAROM_EFAILED, "a failure", 1, {0}};
    carom__parcel_t parcel;

    carom__parcel_init(&launch.parcel, NULL);
    insist(carom__launch_pack(&launch, NULL) == CAROM_OK, "launch");
    write_file("launch/launch", 0, NULL, 0, &launch.parcel.body);
    carom__parcel_abandon(&launch.parcel);
    carom__parcel_init(&parcel, NULL);
    report.result = carom_value_from_int(42);
    insist(carom__report_pack(&parcel, &report) == CAROM_OK, "report");
    write_file("launch/report", 1, NULL, 0, &parcel.body);
    carom__parcel_abandon(&parcel);
}

int main(int argc, char **argv)
{
    insist(argc == 2 && carom_plat_start() == CAROM_OK, "usage: make_messages FOLDER");
    folder = argv[1];
    write_messages();
    write_launches();
    return 0;
}

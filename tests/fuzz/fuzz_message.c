/* A libFuzzer target: a stream of messages as they come over a connection, headers, bodies and records of handles, with none to
 * four handles beside them, and records of shares.  Whatever comes, each handle is closed once and nothing else is lost. */

#include <carom/lock.h>

#include "core/message.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

#define HANDLES 4

static void insist(int truth)
{
    if (!truth)
        abort();
}

/* Real ones, so that a second close or a lost one shows. */
static size_t open_handles(carom_native_t files[HANDLES], size_t wanted)
{
    static carom_plat_flag_t *flag;
    size_t i;

    if (flag == NULL)
        insist(carom_plat_flag_create(&flag) == CAROM_OK);
    for (i = 0; i < wanted; i++)
        insist(carom_plat_file_duplicate(&files[i], carom_plat_flag_native(flag)) == CAROM_OK);
    return wanted;
}

static void insist_all_closed(const carom_native_t files[HANDLES], size_t count)
{
    carom_native_t copy;
    size_t i;

    for (i = 0; i < count; i++)
        insist(carom_plat_file_duplicate(&copy, files[i]) != CAROM_OK);
}

/* Shares of this arena are what is looked into; nobody guesses its tag. */
static void be_ours(carom__arrival_t *arrival)
{
    uint64_t tag = carom__arena_tag();
    size_t i;
    int at;

    for (i = 0; i < arrival->share_count; i++)
        for (at = 0; at < 8; at++)
            arrival->shares[i * CAROM__SHARE_SIZE + 8 + (size_t) at] = (unsigned char) (tag >> 8 * at);
}

static void open_body(unsigned char *body, size_t length, const carom__header_t *header, size_t came)
{
    carom_native_t files[HANDLES];
    carom__arrival_t arrival;
    carom_value_t value;
    carom_status_t status;

    came = open_handles(files, came);
    status = carom__arrival_open(&arrival, body, &length, header, files, came, carom__holder_self(), 0);
    be_ours(&arrival);
    if (status == CAROM_OK) {
        status = carom__arrival_decode(&value, &arrival, body, length, NULL, NULL);
        insist(status == CAROM_OK || carom_value_type(value) == CAROM_NONE);
        carom_value_clear(&value);
    }
    carom__arrival_clear(&arrival);
    insist_all_closed(files, came);
}

/* What is ours stays ours, whatever the messages name. */
static carom_lock_t *lock;

static void open_copy(const unsigned char *bytes, size_t length, const carom__header_t *header, size_t came)
{
    unsigned char *copy = malloc(length > 0 ? length : 1);

    insist(copy != NULL);
    memcpy(copy, bytes, length);
    open_body(copy, length, header, came);
    free(copy);
    insist(carom_lock_acquire(lock, 0) == CAROM_OK);
    insist(carom_lock_release(lock) == CAROM_OK);
}

/* The first byte says how many handles come with each message; the rest is the stream. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    carom__header_t header;
    size_t came;

    insist(carom_plat_start() == CAROM_OK);
    insist(lock != NULL || carom_lock_create(&lock, NULL, NULL) == CAROM_OK);
    if (length-- == 0)
        return 0;
    came = *bytes++ % (HANDLES + 1);
    while (length >= CAROM__HEADER_SIZE && carom__header_read(&header, bytes) == CAROM_OK) {
        size_t body = header.length < length - CAROM__HEADER_SIZE ? (size_t) header.length : length - CAROM__HEADER_SIZE;

        bytes += CAROM__HEADER_SIZE;
        length -= CAROM__HEADER_SIZE;
        if (header.kind == CAROM_MESSAGE_VALUE)
            open_copy(bytes, body, &header, came);
        bytes += body;
        length -= body;
    }
    return 0;
}

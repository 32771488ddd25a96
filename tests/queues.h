/* What tests of queues share: making them, and items whose bytes tell which item they belong to. */

#ifndef CAROM_TESTS_QUEUES_H
#define CAROM_TESTS_QUEUES_H

#include "shares.h"

#include <stdlib.h>
#include <string.h>

/* 0 for the default. */
CAROM_UNUSED static carom_queue_t *make_queue_of(const carom_test_t *test, uint32_t items, uint64_t bytes)
{
    carom_queue_options_t options = CAROM_QUEUE_OPTIONS_INIT;
    carom_queue_t *queue;

    skip_without_shares(test);
    options.bytes = bytes;
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, items, &options));
    return queue;
}

CAROM_UNUSED static carom_queue_t *make_queue(const carom_test_t *test, uint32_t items)
{
    carom_queue_t *queue;

    skip_without_shares(test);
    CAROM_ASSERT_OK(carom_queue_create(&queue, test->context, items, NULL));
    return queue;
}

/* What an item takes of a queue's bytes. */
CAROM_UNUSED static uint64_t cost_of(size_t length)
{
    return ((uint64_t) length + 8 + 63) / 64 * 64;
}

/* ---- bytes that belong to an item ---- */

static unsigned char pattern_at(uint32_t item, size_t i)
{
    return (unsigned char) (item * 37u + (uint32_t) i * 29u + (uint32_t) (i >> 8) * 11u + (uint32_t) (i >> 16) + 1);
}

CAROM_UNUSED static void paint(void *bytes, size_t length, uint32_t item)
{
    unsigned char *to = bytes;
    size_t i;

    for (i = 0; i < length; i++)
        to[i] = pattern_at(item, i);
}

CAROM_UNUSED static int is_painted(const void *bytes, size_t length, uint32_t item)
{
    const unsigned char *from = bytes;
    size_t i;

    for (i = 0; i < length; i++)
        if (from[i] != pattern_at(item, i))
            return 0;
    return 1;
}

CAROM_UNUSED static carom_status_t try_to_put(carom_queue_t *queue, size_t length, uint32_t item, carom_duration_t timeout)
{
    unsigned char *bytes = malloc(length > 0 ? length : 1);
    carom_status_t status;

    CAROM_ASSERT(bytes != NULL);
    paint(bytes, length, item);
    status = carom_queue_put_bytes(queue, bytes, length, timeout);
    free(bytes);
    return status;
}

CAROM_UNUSED static void put_item(carom_queue_t *queue, size_t length, uint32_t item)
{
    CAROM_ASSERT_OK(try_to_put(queue, length, item, 0));
}

/* Three ways to the same bytes. */
CAROM_UNUSED static void get_as_bytes(carom_queue_t *queue, size_t length, uint32_t item)
{
    void *bytes;
    size_t found;

    CAROM_ASSERT_OK(carom_queue_get_bytes(&bytes, &found, queue, 0, 0));
    CAROM_ASSERT(bytes != NULL);
    CAROM_ASSERT_INT(found, length);
    CAROM_ASSERT(is_painted(bytes, length, item));
    carom_free(bytes);
}

CAROM_UNUSED static void get_as_value(carom_queue_t *queue, size_t length, uint32_t item)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_get(&value, queue, 0));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_BYTES);
    CAROM_ASSERT_INT(carom_value_count(value), length);
    CAROM_ASSERT(is_painted(carom_value_bytes(value), length, item));
    carom_value_clear(&value);
}

CAROM_UNUSED static void get_into_buffer(carom_queue_t *queue, size_t length, uint32_t item)
{
    unsigned char *buffer = malloc(length + 1);
    size_t found;

    CAROM_ASSERT(buffer != NULL);
    buffer[length] = 77;
    CAROM_ASSERT_OK(carom_queue_get_into(buffer, length, &found, queue, 0));
    CAROM_ASSERT_INT(found, length);
    CAROM_ASSERT(is_painted(buffer, length, item));
    CAROM_ASSERT_INT(buffer[length], 77);
    free(buffer);
}

/* One after the other, by the item's number. */
CAROM_UNUSED static void get_item(carom_queue_t *queue, size_t length, uint32_t item)
{
    static void (*const ways[])(carom_queue_t *queue, size_t length, uint32_t item) = {get_as_bytes, get_as_value,
                                                                                       get_into_buffer};

    ways[item % 3](queue, length, item);
}

CAROM_UNUSED static size_t by_lot(uint64_t *lot, size_t below)
{
    *lot = *lot * 6364136223846793005u + 1442695040888963407u;
    return (size_t) (*lot >> 33) % below;
}

/* ---- numbers as items ---- */

CAROM_UNUSED static void put_number(carom_queue_t *queue, int64_t number)
{
    CAROM_ASSERT_OK(carom_queue_put(queue, carom_value_from_int(number), PATIENCE));
}

CAROM_UNUSED static int64_t get_number(carom_queue_t *queue)
{
    carom_value_t value;

    CAROM_ASSERT_OK(carom_queue_get(&value, queue, PATIENCE));
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_INT);
    return carom_value_int(value);
}

/* ---- how things stand ---- */

CAROM_UNUSED static void expect_state(const carom_queue_t *queue, uint32_t size, int is_full)
{
    CAROM_ASSERT_INT(carom_queue_size(queue), size);
    CAROM_ASSERT_INT(carom_queue_is_empty(queue), size == 0);
    CAROM_ASSERT_INT(carom_queue_is_full(queue), is_full);
}

CAROM_UNUSED static void expect_nothing(carom_queue_t *queue, carom_status_t wanted, carom_duration_t timeout)
{
    size_t length = 5, got = 5;
    char buffer[8] = "old";
    void *bytes = buffer;
    carom_value_t value = carom_value_from_int(5);

    CAROM_ASSERT_STATUS(carom_queue_get(&value, queue, timeout), wanted);
    CAROM_ASSERT_INT(carom_value_type(value), CAROM_NONE);
    CAROM_ASSERT_STATUS(carom_queue_get_bytes(&bytes, &length, queue, 0, timeout), wanted);
    CAROM_ASSERT(bytes == NULL);
    CAROM_ASSERT_STATUS(carom_queue_get_into(buffer, sizeof buffer, &length, queue, timeout), wanted);
    CAROM_ASSERT_STATUS(carom_queue_get_array(buffer, 1, sizeof buffer, &got, queue, timeout), wanted);
    CAROM_ASSERT_INT(got, 0);
    CAROM_ASSERT_TEXT(buffer, "old");
}

/* None of the ways to put. */
CAROM_UNUSED static void expect_no_room(carom_queue_t *queue, carom_status_t wanted, carom_duration_t timeout)
{
    uint32_t before = carom_queue_size(queue);
    size_t put = 5;

    CAROM_ASSERT_STATUS(carom_queue_put_bytes(queue, "x", 1, timeout), wanted);
    CAROM_ASSERT_STATUS(carom_queue_put_bytes(queue, NULL, 0, timeout), wanted);
    CAROM_ASSERT_STATUS(carom_queue_put(queue, carom_value_from_int(1), timeout), wanted);
    CAROM_ASSERT_STATUS(carom_queue_put_array(&put, queue, "xyz", 1, 3, timeout), wanted);
    CAROM_ASSERT_INT(put, 0);
    CAROM_ASSERT_INT(carom_queue_size(queue), before);
}

#endif

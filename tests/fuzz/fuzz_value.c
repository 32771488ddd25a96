/* A libFuzzer target: what carom_value_decode takes must come out of carom_value_encode as the same bytes, and print.
 *
 *     clang -fsanitize=fuzzer,address,undefined … tests/fuzz/fuzz_value.c
 *     ./fuzz_value -max_len=4096 tests/fuzz/corpus/value
 */

#include <carom.h>

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void insist(int truth)
{
    if (!truth)
        abort();
}

/* A copy is equal, encodes alike, and is freed on its own. */
static void check_copy(const carom_value_t *value, const void *bytes, size_t length)
{
    carom_value_t copy;
    void *again;
    size_t length_again;

    insist(carom_value_copy(&copy, value) == CAROM_OK);
    insist(carom_value_equal(*value, copy));
    insist(carom_value_encode(&again, &length_again, copy, NULL, NULL) == CAROM_OK);
    insist(length_again == length && memcmp(again, bytes, length) == 0);
    carom_free(again);
    carom_value_clear(&copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    carom_value_t value;
    carom_value_error_t error;
    char line[200];
    carom_status_t status = carom_value_decode(&value, bytes, length, NULL, &error);

    insist(status == error.status);
    insist(memchr(error.place, 0, sizeof error.place) != NULL);
    if (status != CAROM_OK) {
        insist(carom_value_type(value) == CAROM_NONE);
        return 0;
    }
    check_copy(&value, bytes, length);
    insist(strlen(carom_value_print(line, sizeof line, value)) < sizeof line);
    carom_value_clear(&value);
    return 0;
}

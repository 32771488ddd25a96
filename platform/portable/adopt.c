/* In a launched worker: what it inherited, from a token "apr:control:lifeline" followed by the numbers of the handles that its
 * arguments are about. */

#include "platform/portable/portable.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define NUMBERS_MAX (2 + ALLOWED_MAX)

/* An exit code where there is no signal: what a shell says of one that was killed. */
#define KILLED 137

/* The lifeline is silent: a read that ends is the end of the parent. */
static void watch(void *argument)
{
    carom_plat_stream_t *lifeline = argument;
    apr_proc_t self = {.pid = (pid_t) carom_plat_pid()};
    size_t got = 1;
    char byte;

    while (got > 0)
        carom_plat_stream_read(lifeline, &byte, 1, &got, NULL, 0, NULL, CAROM_PLAT_NEVER);
    apr_proc_kill(&self, CAROM_PLAT_KILL);
    _Exit(KILLED);
}

static carom_status_t arm(carom_native_t file)
{
    carom_plat_stream_t *lifeline;
    carom_plat_thread_t *thread;
    carom_status_t status = carom_plat_stream_adopt(&lifeline, file);

    if (status != CAROM_OK)
        return status;
    status = carom_plat_thread_start(&thread, watch, lifeline);
    if (status == CAROM_OK)
        carom_plat_thread_detach(&thread);
    else
        carom_plat_stream_close(&lifeline);
    return status;
}

/* 1: the text was ":number" once or more, and nothing else. */
static int read_numbers(carom_native_t *numbers, size_t *count, const char *text)
{
    char *end;

    *count = 0;
    while (*text == ':' && isdigit((unsigned char) text[1]) && *count < NUMBERS_MAX) {
        numbers[(*count)++] = (carom_native_t) strtoll(text + 1, &end, 10);
        text = end;
    }
    return *text == '\0';
}

static apr_status_t make_private(const carom_native_t *numbers, size_t count)
{
    apr_status_t status = APR_SUCCESS;
    apr_pool_t *scratch;
    size_t i;

    if (carom__pool_create(&scratch) != CAROM_OK)
        return APR_ENOMEM;
    for (i = 0; i < count && status == APR_SUCCESS; i++)
        status = numbers[i] < FIRST_FREE ? APR_EBADF : carom__file_make_private(numbers[i], scratch);
    apr_pool_destroy(scratch);
    return status;
}

carom_status_t carom_plat_adopt(carom_plat_stream_t **control, carom_plat_shared_t **shared, const char *token)
{
    size_t start = strlen(TOKEN_START), count, i;
    carom_native_t numbers[NUMBERS_MAX];
    carom_status_t status;

    *control = NULL;
    *shared = NULL;
    if (strncmp(token, TOKEN_START, start) != 0 || !read_numbers(numbers, &count, token + start) || count < 2)
        return CAROM_EBADMSG;
    if (make_private(numbers, count) != APR_SUCCESS)
        return CAROM_EBADMSG;
    status = arm(numbers[1]);
    if (status != CAROM_OK)
        return status;
    for (i = 2; i < count; i++)
        carom__attach_allow(numbers[i]);
    return carom_plat_stream_adopt(control, numbers[0]);
}

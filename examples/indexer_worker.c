/* A worker: reads files and makes their indexes. */

#include "indexer.h"

#include <apr_cstr.h>
#include <apr_file_io.h>
#include <stdlib.h>
#include <string.h>

#define TEXT_MAX ((apr_off_t) 256 << 20)     /* larger files are left out */
#define FIRST_LOOK ((size_t) 8 << 10)        /* most binary files show it here */

typedef struct worker_t {
    apr_pool_t *pool;                        /* of a file that is being read */
    unsigned char *text;
    size_t length, capacity;
    maker_t *maker;
} worker_t;

/* ---- reading ---- */

static int reserve_text(worker_t *self, size_t size)
{
    if (self->text == NULL || size > self->capacity) {
        free(self->text);
        self->capacity = size;
        self->text = malloc(size + 1);
    }
    return self->text != NULL;
}

static int read_more(worker_t *self, apr_file_t *file, size_t size)
{
    size_t got = 0;
    apr_status_t status = apr_file_read_full(file, self->text + self->length, size, &got);

    self->length += got;
    return status == APR_SUCCESS || APR_STATUS_IS_EOF(status);
}

static int has_zero(const worker_t *self)
{
    return memchr(self->text, 0, self->length) != NULL;
}

/* FATE_WAITING: there is no memory. */
static fate_t read_text(worker_t *self, apr_file_t *file, size_t size)
{
    size_t first = size < FIRST_LOOK ? size : FIRST_LOOK;

    self->length = 0;
    if (!reserve_text(self, size))
        return FATE_WAITING;
    if (!read_more(self, file, first))
        return FATE_UNREADABLE;
    if (has_zero(self))
        return FATE_BINARY;
    if (!read_more(self, file, size - first))
        return FATE_UNREADABLE;
    return has_zero(self) ? FATE_BINARY : FATE_INDEXED;
}

static fate_t read_file(worker_t *self, const char *path)
{
    apr_file_t *file;
    apr_finfo_t info;
    fate_t fate = FATE_UNREADABLE;

    apr_pool_clear(self->pool);
    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_BINARY, APR_FPROT_OS_DEFAULT, self->pool) != APR_SUCCESS)
        return FATE_UNREADABLE;
    if (apr_file_info_get(&info, APR_FINFO_SIZE, file) == APR_SUCCESS)
        fate = info.size > TEXT_MAX ? FATE_TOO_LARGE : read_text(self, file, (size_t) info.size);
    apr_file_close(file);
    return fate;
}

static int is_html(const char *path)
{
    static const char *const endings[] = {".html", ".htm", ".xhtml"};
    size_t length = strlen(path), i;

    for (i = 0; i < sizeof endings / sizeof endings[0]; i++)
        if (length > strlen(endings[i]) && apr_cstr_casecmp(path + length - strlen(endings[i]), endings[i]) == 0)
            return 1;
    return 0;
}

/* ---- answering ---- */

/* The index is borrowed: the next one takes its place. */
static carom_status_t index_file(carom_value_t *answer, worker_t *self, const char *path)
{
    const void *index;
    size_t length = 0;
    fate_t fate = read_file(self, path);

    if (fate == FATE_INDEXED)
        length = index_make(&index, self->maker, self->text, self->length, is_html(path));
    if (fate == FATE_WAITING || (fate == FATE_INDEXED && length == 0))
        return CAROM_ENOMEM;
    /* What does not fit into a message, which has a little more in it. */
    if (length > CAROM_LENGTH_MAX - 4096)
        fate = FATE_TOO_LARGE;
    *answer = fate == FATE_INDEXED ? carom_value_borrow_bytes(index, length) : carom_value_from(fate);
    return CAROM_OK;
}

static carom_status_t answer(worker_t *self, carom_connection_t *starter, const char *path)
{
    carom_value_t answer;
    carom_status_t status = index_file(&answer, self, path);

    return status == CAROM_OK ? carom_connection_send(starter, answer, CAROM_FOREVER) : status;
}

CAROM_TASK(index_files)
{
    worker_t self = {.maker = maker_create()};
    carom_status_t status = self.maker ? apr_pool_create(&self.pool, NULL) : CAROM_ENOMEM;
    size_t i;

    for (i = 0; i < carom_arg_count(call) && status == CAROM_OK; i++)
        status = answer(&self, carom_call_channel(call), carom_value_bytes(carom_arg(call, i)));
    if (self.pool != NULL)
        apr_pool_destroy(self.pool);
    maker_destroy(&self.maker);
    free(self.text);
    return status == CAROM_OK ? 0 : carom_fail(call, status, "a worker could not go on");
}

carom_status_t worker_start(carom_exchange_t *exchange, const carom_value_t *paths, size_t count)
{
    return carom_exchange_start(exchange, carom_request(&index_files, paths, count));
}

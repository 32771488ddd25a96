/* Names and texts of statuses, from the one table in carom/status.h. */

#include <carom/status.h>

#include <apr_errno.h>
#include <string.h>

_Static_assert(CAROM_STATUS_START > APR_OS_START_USERERR && CAROM_STATUS_START < APR_OS_START_EAIERR,
               "our statuses lie in the range that APR leaves to applications");

typedef struct row_t {
    carom_status_t status;
    const char *name;
    const char *text;
} row_t;

static const row_t rows[] = {
    {CAROM_OK, "CAROM_OK", "success"},
#define ROW(name, offset, text) {CAROM_##name, "CAROM_" #name, text},
    CAROM_STATUS_TABLE(ROW)
#undef ROW
};

static const row_t *row_of(carom_status_t status)
{
    size_t i;

    for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return &rows[i];
    return NULL;
}

const char *carom_status_name(carom_status_t status)
{
    const row_t *row = row_of(status);

    return row ? row->name : "system";
}

const char *carom_status_text(carom_status_t status, char *buffer, size_t size)
{
    const row_t *row = row_of(status);

    if (row == NULL)
        return apr_strerror(status, buffer, size);
    strncpy(buffer, row->text, size - 1);
    buffer[size - 1] = '\0';
    return buffer;
}

const char *carom_version(void)
{
    return CAROM_VERSION_STRING;
}

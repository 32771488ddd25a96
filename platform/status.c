/* The one place where statuses of the system and of APR become those that carom's headers promise. */

#include "platform/internal.h"

#include <apr_errno.h>

typedef struct mapping_t {
    int (*is)(apr_status_t status);
    carom_status_t status;
} mapping_t;

/* APR's tests are macros, which know each system's codes; a table needs functions. */
#define TEST(name) static int is_##name(apr_status_t status) { return APR_STATUS_IS_##name(status); }
TEST(TIMEUP)
TEST(EOF)
TEST(EINVAL)
TEST(ENOMEM)
TEST(EMFILE)
TEST(ENFILE)
TEST(ENOENT)
TEST(ENOTDIR)
TEST(EACCES)
TEST(EBADF)
TEST(EAGAIN)
TEST(EPIPE)
TEST(ECONNRESET)
TEST(ENOSPC)
TEST(EEXIST)
TEST(ENAMETOOLONG)
TEST(ENOTIMPL)
#undef TEST

static const mapping_t mappings[] = {
    {is_TIMEUP, CAROM_ETIMEOUT},   {is_EOF, CAROM_EEOF},         {is_EINVAL, CAROM_EINVAL},        {is_ENOMEM, CAROM_ENOMEM},
    {is_EMFILE, CAROM_EMFILE},     {is_ENFILE, CAROM_EMFILE},    {is_ENOENT, CAROM_ENOENT},        {is_ENOTDIR, CAROM_ENOENT},
    {is_EACCES, CAROM_EACCESS},    {is_EBADF, CAROM_EINVAL},     {is_EAGAIN, CAROM_EAGAIN},        {is_EPIPE, CAROM_EEOF},
    {is_ECONNRESET, CAROM_EEOF},   {is_ENOSPC, CAROM_ENOMEM},    {is_EEXIST, CAROM_EEXIST},
    {is_ENAMETOOLONG, CAROM_ETOOBIG},
    {is_ENOTIMPL, CAROM_ENOTSUP},
};

carom_status_t carom_plat_status(int system_error)
{
    size_t i;
    carom_status_t special = carom__plat_special_status(system_error);

    if (system_error == 0 || special != 0)
        return special;
    for (i = 0; i < sizeof mappings / sizeof mappings[0]; i++)
        if (mappings[i].is(system_error))
            return mappings[i].status;
    return system_error;
}

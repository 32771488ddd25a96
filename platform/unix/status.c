/* errno values that APR has no name for. */

#include "platform/internal.h"

#include <errno.h>

carom_status_t carom__plat_special_status(int system_error)
{
    switch (system_error) {
    case ENOEXEC:
    case ETXTBSY:
        return CAROM_ENOEXEC;
    case EPERM:
    case EISDIR:
        return CAROM_EACCESS;
    case ETOOMANYREFS:
        return CAROM_EMFILE;
    case ENOBUFS:
        return CAROM_ENOMEM;
    case ELOOP:
        return CAROM_ENOENT;
    case E2BIG:
        return CAROM_ETOOBIG;
    case ENOSYS:
        return CAROM_ENOTSUP;
    case ESHUTDOWN:
        return CAROM_EEOF;
    default:
        return CAROM_OK;
    }
}

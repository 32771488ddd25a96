/* errno values that APR has no name for, as far as C libraries agree on having them. */

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
    case EADDRINUSE:        /* ports of the loopback, as a stream needs one, are used up */
    case EADDRNOTAVAIL:
        return CAROM_EMFILE;
    case ENOBUFS:
        return CAROM_ENOMEM;
    case ELOOP:
        return CAROM_ENOENT;
    case E2BIG:
        return CAROM_ETOOBIG;
    case ENOSYS:
        return CAROM_ENOTSUP;
    case ENOTCONN:          /* this side was shut down, or the peer is gone */
        return CAROM_EEOF;
    default:
        return CAROM_OK;
    }
}

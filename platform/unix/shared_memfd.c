/* A file in memory that never had a name, where there is memfd_create: nobody can be killed before its name is gone. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <sys/mman.h>

/* Not in every C library.  Where a system admits no file in memory that could become a program (vm.memfd_noexec), it has to be
 * asked for; kernels before 6.3 do not know it. */
#define NO_PROGRAM 0x0008U

int carom__shared_file(int *fd)
{
    *fd = memfd_create("carom", MFD_CLOEXEC | NO_PROGRAM);
    if (*fd < 0 && errno == EINVAL)
        *fd = memfd_create("carom", MFD_CLOEXEC);
    return *fd < 0 ? errno : 0;
}

/* Where posix_spawn cannot set a working directory, we cannot: setting ours for a moment would be seen by all threads. */

#include "platform/unix/unix.h"

#include <errno.h>

int carom__spawn_chdir(posix_spawn_file_actions_t *actions, const char *directory)
{
    (void) actions;
    (void) directory;
    return ENOSYS;
}

int carom_plat_can_chdir(void)
{
    return 0;
}

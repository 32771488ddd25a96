/* A working directory of its own for a launched program, where posix_spawn can. */

#include "platform/unix/unix.h"

int carom__spawn_chdir(posix_spawn_file_actions_t *actions, const char *directory)
{
    return posix_spawn_file_actions_addchdir_np(actions, directory);
}

int carom_plat_can_chdir(void)
{
    return 1;
}

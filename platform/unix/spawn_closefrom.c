/* Closing everything else in a launched program, where posix_spawn can. */

#include "platform/unix/unix.h"

int carom__spawn_close_from(posix_spawn_file_actions_t *actions, int first)
{
    return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

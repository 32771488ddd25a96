/* The stack of the calling thread, as glibc and the BSDs show it.  Of functions that their object does not export this tells
 * the place alone: addr2line -e OBJECT +0xPLACE has the name. */

#include "inspect_posix.h"

#include <execinfo.h>

#define FRAMES_MAX 64

/* The first call loads the unwinder, which allocates. */
void carom_inspect_frames_prepare(void)
{
    void *frame;

    backtrace(&frame, 1);
}

void carom_inspect_frames_write(int file)
{
    void *frames[FRAMES_MAX];

    backtrace_symbols_fd(frames, backtrace(frames, FRAMES_MAX), file);
}

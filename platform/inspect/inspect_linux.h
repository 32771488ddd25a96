/* Between inspect_linux.c and stacks_linux.c: reading /proc. */

#ifndef CAROM_INSPECT_LINUX_H
#define CAROM_INSPECT_LINUX_H

#include "inspect_posix.h"

/* Reads at most size - 1 bytes and adds a 0.  Returns how many, or -1. */
ssize_t carom_inspect_read_proc(const char *path, char *buffer, size_t size);

/* The command line, or the short name for a process that has none, as a zombie. */
void carom_inspect_describe_process(char *text, size_t size, pid_t pid);

#endif

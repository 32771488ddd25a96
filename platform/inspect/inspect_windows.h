/* Between inspect_windows.c and the files beside it. */

#ifndef CAROM_INSPECT_WINDOWS_H
#define CAROM_INSPECT_WINDOWS_H

#include "inspect.h"

#include <windows.h>

/* Fills thing->text with the program of a process. */
void carom_inspect_name_process(carom_inspect_thing_t *thing);

/* Starts a program with the arguments and the output of `launch`, suspended; it inherits nothing else. */
apr_status_t carom_inspect_create(PROCESS_INFORMATION *made, const carom_inspect_launch_t *launch);

/* The number of the case's process. */
DWORD carom_inspect_pid_of(const carom_inspect_case_t *started);

#endif

/* Between inspect_windows.c and inspect_handles.c. */

#ifndef CAROM_INSPECT_WINDOWS_H
#define CAROM_INSPECT_WINDOWS_H

#include "inspect.h"

#include <windows.h>

/* Fills thing->text with the program of a process. */
void carom_inspect_name_process(carom_inspect_thing_t *thing);

#endif

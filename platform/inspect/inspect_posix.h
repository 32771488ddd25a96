/* Between inspect_posix.c and the file of the system beside it. */

#ifndef CAROM_INSPECT_POSIX_H
#define CAROM_INSPECT_POSIX_H

#include "inspect.h"

#include <sys/types.h>

struct carom_inspect_case_t {
    pid_t pid;                         /* also the number of its process group */
    char *tag;
    struct carom_inspect_case_t *next; /* of those that were not released */
};

/* From now on orphans among this process's descendants become its children, where the system can do that. */
void carom_inspect_adopt_orphans(void);

/* Collects those that have ended. */
void carom_inspect_collect_orphans(void);

/* 1 when the process is that of a case that was not released. */
int carom_inspect_is_case(pid_t pid);

#endif

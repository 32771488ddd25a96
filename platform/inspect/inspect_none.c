/* A Unix whose processes cannot be looked into without more than POSIX: the gate learns nothing here, and says so.
 * What a process has one of is told by inspect_state.c. */

#include "inspect_posix.h"

const char *carom_inspect_system(void)
{
    return "unix";
}

apr_status_t carom_inspect_program(char *path, size_t size)
{
    (void) path;
    (void) size;
    return APR_ENOTIMPL;
}

unsigned carom_inspect_list(carom_inspect_visit_t visit, void *argument)
{
    (void) visit;
    (void) argument;
    return 0;
}

unsigned carom_inspect_names(carom_inspect_visit_t visit, void *argument)
{
    (void) visit;
    (void) argument;
    return 0;
}

int carom_inspect_is_left(const carom_inspect_thing_t *thing)
{
    (void) thing;
    return 0;
}

void carom_inspect_become_case(void)
{
}

void carom_inspect_adopt_orphans(void)
{
}

void carom_inspect_collect_orphans(void)
{
}

/* Killing the process group has to do. */
unsigned carom_inspect_survivors(carom_inspect_case_t *started, carom_inspect_visit_t visit, void *argument)
{
    (void) started;
    (void) visit;
    (void) argument;
    return 0;
}

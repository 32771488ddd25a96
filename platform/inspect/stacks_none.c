/* A Unix that does not tell where threads stand: a process that crashes can still tell of itself. */

#include "inspect_posix.h"

int carom_inspect_tracer_find(carom_inspect_tracer_t *tracer)
{
    (void) tracer;
    return 0;
}

void carom_inspect_tracer_aim(carom_inspect_tracer_t *tracer, pid_t pid)
{
    (void) tracer;
    (void) pid;
}

void carom_inspect_tracer_admit(void)
{
}

int64_t carom_inspect_thread(void)
{
    return 0;
}

const char *carom_inspect_stack_program(void)
{
    return NULL;
}

void carom_inspect_stacks(carom_inspect_case_t *started, const char *folder, carom_inspect_say_t say, void *argument)
{
    (void) started;
    (void) folder;
    say(argument, "without stacks: the harness knows no program that shows them on this system");
}

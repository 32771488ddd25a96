/* A forked child of a peer, and a peer that goes on when its first thread has ended. */

#include "tests/seam/area.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int64_t fork_a_sleeper(void)
{
    pid_t pid = fork();

    while (pid == 0)
        pause();
    return pid;
}

/* 0 also where the system does not tell. */
static int is_first_thread_here(void)
{
    char path[64], stat[256] = "";
    const char *name_end;
    FILE *file;

    snprintf(path, sizeof path, "/proc/self/task/%ld/stat", (long) getpid());
    file = fopen(path, "r");
    if (file == NULL)
        return 0;
    if (fgets(stat, sizeof stat, file) == NULL)
        stat[0] = '\0';
    fclose(file);
    name_end = strrchr(stat, ')');
    return name_end != NULL && strncmp(name_end, ") Z", 3) != 0;
}

static int (*what_goes_on)(void);

static void *go_on(void *nothing)
{
    (void) nothing;
    while (is_first_thread_here())
        sched_yield();
    exit(what_goes_on());
}

int without_first_thread(int (*run)(void))
{
    pthread_t second;

    what_goes_on = run;
    if (pthread_create(&second, NULL, go_on, NULL) != 0)
        return 91;
    pthread_exit(NULL);
}

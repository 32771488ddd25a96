/* How fast memory is, and how much there is. */

#include "raw/raw.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double microseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double) now.tv_sec * 1e6 + (double) now.tv_nsec / 1e3;
}

static double copy(char *to, char *from, size_t block, size_t count)
{
    double begin = microseconds();
    size_t i;

    for (i = 0; i < count; i++) {
        from[i % block]++;
        memcpy(to, from, block);
        /* Keeps the compiler from leaving copies out. */
        *(volatile char *) to = to[block - 1];
    }
    return microseconds() - begin;
}

double raw_copy(size_t block, size_t count)
{
    char *from = malloc(block), *to = malloc(block);
    double taken = -1;

    if (from && to) {
        memset(from, 1, block);
        memset(to, 2, block);
        taken = copy(to, from, block, count);
    }
    free(from);
    free(to);
    return taken;
}

/* ---- how much: what the machine has, and what the control group leaves of it ---- */

/* The first number in a file, after `label` if there is one; UINT64_MAX: none. */
static uint64_t number_in(const char *path, const char *label)
{
    FILE *file = fopen(path, "r");
    char line[256];
    uint64_t number = UINT64_MAX;

    while (file && number == UINT64_MAX && fgets(line, sizeof line, file)) {
        unsigned long long found;

        if (strncmp(line, label, strlen(label)) == 0 && sscanf(line + strlen(label), "%llu", &found) == 1)
            number = found;
    }
    if (file)
        fclose(file);
    return number;
}

static uint64_t of_machine(void)
{
    uint64_t kib = number_in("/proc/meminfo", "MemAvailable:");

    return kib == UINT64_MAX ? kib : kib << 10;
}

static uint64_t of_group(void)
{
    uint64_t limit = number_in("/sys/fs/cgroup/memory.max", ""), used = number_in("/sys/fs/cgroup/memory.current", "");

    if (limit == UINT64_MAX || used == UINT64_MAX)
        return UINT64_MAX;
    return limit > used ? limit - used : 0;
}

uint64_t raw_memory_available(void)
{
    uint64_t machine = of_machine(), group = of_group();

    return machine < group ? machine : group;
}

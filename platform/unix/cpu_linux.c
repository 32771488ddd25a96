/* How many processors this process may use, on Linux: the affinity mask, and the quota of its cgroup (version 2, else 1). */

#include "platform/internal.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Masks of more than this many processors are asked for with the number of configured ones only. */
#define PROCESSORS_MAX 8192

static unsigned by_affinity(void)
{
    cpu_set_t *set = CPU_ALLOC(PROCESSORS_MAX);
    size_t size = CPU_ALLOC_SIZE(PROCESSORS_MAX);
    long count = sysconf(_SC_NPROCESSORS_ONLN);

    if (set && sched_getaffinity(0, size, set) == 0)
        count = CPU_COUNT_S(size, set);
    CPU_FREE(set);
    return count > 0 ? (unsigned) count : 1;
}

static int first_line(char *line, size_t size, const char *path)
{
    FILE *file = fopen(path, "re");
    int found = file && fgets(line, (int) size, file);

    if (file)
        fclose(file);
    return found;
}

/* "max 100000" or "150000 100000". */
static unsigned quota_of(const char *folder)
{
    char path[CAROM_PLAT_PATH], line[128];
    long long quota, period;

    if ((size_t) snprintf(path, sizeof path, "/sys/fs/cgroup%s/cpu.max", folder) >= sizeof path)
        return 0;
    if (!first_line(line, sizeof line, path) || sscanf(line, "%lld %lld", &quota, &period) != 2 || quota <= 0 || period <= 0)
        return 0;
    return (unsigned) ((quota + period - 1) / period);
}

static unsigned smaller(unsigned one, unsigned other)
{
    return one == 0 || (other != 0 && other < one) ? other : one;
}

/* A group is bound by each of its parents too. */
static unsigned quota_upwards(char *folder)
{
    unsigned least = 0;
    char *slash;

    for (;;) {
        least = smaller(least, quota_of(folder));
        slash = strrchr(folder, '/');
        if (slash == NULL)
            return least;
        *slash = '\0';
    }
}

static unsigned by_cgroup2(void)
{
    char line[CAROM_PLAT_PATH];

    if (!first_line(line, sizeof line, "/proc/self/cgroup") || strncmp(line, "0::", 3) != 0)
        return quota_upwards((char[]) {""});
    line[strcspn(line, "\n")] = '\0';
    return quota_upwards(line + 3);
}

static unsigned by_cgroup1(void)
{
    char quota[64], period[64];

    if (!first_line(quota, sizeof quota, "/sys/fs/cgroup/cpu/cpu.cfs_quota_us") ||
        !first_line(period, sizeof period, "/sys/fs/cgroup/cpu/cpu.cfs_period_us") || atoll(quota) <= 0 || atoll(period) <= 0)
        return 0;
    return (unsigned) ((atoll(quota) + atoll(period) - 1) / atoll(period));
}

unsigned carom_plat_cpu_count(void)
{
    unsigned quota = smaller(by_cgroup2(), by_cgroup1());

    return smaller(by_affinity(), quota);
}

/* How many processors this process may use: its affinity, and the rate that a job (a container is one) leaves it. */

#include "platform/windows/windows.h"

#define WHOLE_MACHINE 10000     /* a job's rate is told in hundredths of a percent of all processors */

static unsigned in_all_groups(void)
{
    DWORD count = GetActiveProcessorCount(ALL_PROCESSOR_GROUPS);

    return count > 0 ? count : 1;
}

static unsigned bits_of(DWORD_PTR mask)
{
    unsigned count = 0;

    for (; mask != 0; mask &= mask - 1)
        count++;
    return count;
}

/* Machines of more than 64 processors have groups of them, and the mask of a process in several groups is 0. */
static unsigned by_affinity(void)
{
    DWORD_PTR ours, machine;

    if (!GetProcessAffinityMask(GetCurrentProcess(), &ours, &machine) || ours == 0)
        return in_all_groups();
    return bits_of(ours);
}

static unsigned by_job(void)
{
    const DWORD capped = JOB_OBJECT_CPU_RATE_CONTROL_ENABLE | JOB_OBJECT_CPU_RATE_CONTROL_HARD_CAP;
    JOBOBJECT_CPU_RATE_CONTROL_INFORMATION rate;
    uint64_t share;

    if (!QueryInformationJobObject(NULL, JobObjectCpuRateControlInformation, &rate, sizeof rate, NULL))
        return UINT_MAX;
    if ((rate.ControlFlags & capped) != capped)
        return UINT_MAX;
    share = (uint64_t) rate.CpuRate * in_all_groups();
    return share > 0 ? (unsigned) ((share + WHOLE_MACHINE - 1) / WHOLE_MACHINE) : 1;
}

unsigned carom_plat_cpu_count(void)
{
    unsigned affinity = by_affinity(), rate = by_job();

    return affinity < rate ? affinity : rate;
}

unsigned carom_plat_cpu_total(void)
{
    return in_all_groups();
}

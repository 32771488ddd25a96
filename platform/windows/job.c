/* Ending with the parent, by the kernel, which APR has no call for: each child is in a job of its own, which dies with the last
 * handle to it.
 *
 * A job for each child, not one for all: it goes when the child does, and the process keeps no handle for later.  What a child
 * starts by other means than carom is out of the job, as on Unix it would be left alone; what it starts by carom is in a job of
 * the child's.  So the end of a process runs down the tree. */

#include "platform/windows/windows.h"

carom_status_t carom__job_create(HANDLE *job)
{
    JOBOBJECT_EXTENDED_LIMIT_INFORMATION limits = {
        .BasicLimitInformation.LimitFlags = JOB_OBJECT_LIMIT_KILL_ON_JOB_CLOSE | JOB_OBJECT_LIMIT_SILENT_BREAKAWAY_OK,
    };
    carom_status_t status = CAROM_OK;

    *job = CreateJobObjectW(NULL, NULL);
    if (*job == NULL)
        return carom__last_status();
    if (!SetInformationJobObject(*job, JobObjectExtendedLimitInformation, &limits, sizeof limits)) {
        status = carom__last_status();
        carom__handle_close(job);
    }
    return status;
}

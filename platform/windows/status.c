/* Errors of Windows that APR has no name for, or another than carom's headers promise. */

#include "platform/windows/windows.h"

#include <apr_errno.h>

/* Not in every SDK. */
#define ELEVATION_REQUIRED 740

typedef struct meaning_t {
    DWORD error;
    carom_status_t status;
} meaning_t;

static const meaning_t meanings[] = {
    {ERROR_FILE_NOT_FOUND, CAROM_ENOENT},
    {ERROR_PATH_NOT_FOUND, CAROM_ENOENT},
    {ERROR_INVALID_NAME, CAROM_ENOENT},
    {ERROR_BAD_PATHNAME, CAROM_ENOENT},
    {ERROR_DIRECTORY, CAROM_ENOENT},
    {ERROR_MOD_NOT_FOUND, CAROM_ENOENT},
    {ERROR_TOO_MANY_OPEN_FILES, CAROM_EMFILE},
    {ERROR_NO_MORE_SEARCH_HANDLES, CAROM_EMFILE},
    {ERROR_ACCESS_DENIED, CAROM_EACCESS},
    {ERROR_SHARING_VIOLATION, CAROM_EACCESS},
    {ELEVATION_REQUIRED, CAROM_EACCESS},
    {ERROR_INVALID_HANDLE, CAROM_EINVAL},
    {ERROR_INVALID_PARAMETER, CAROM_EINVAL},
    {ERROR_NOT_ENOUGH_MEMORY, CAROM_ENOMEM},
    {ERROR_OUTOFMEMORY, CAROM_ENOMEM},
    {ERROR_NO_SYSTEM_RESOURCES, CAROM_ENOMEM},
    {ERROR_WORKING_SET_QUOTA, CAROM_ENOMEM},
    {ERROR_PAGEFILE_QUOTA, CAROM_ENOMEM},
    {ERROR_COMMITMENT_LIMIT, CAROM_ENOMEM},
    {ERROR_NOT_ENOUGH_QUOTA, CAROM_ENOMEM},
    {ERROR_NO_PROC_SLOTS, CAROM_EAGAIN},
    {ERROR_INTERNAL_ERROR, CAROM_EAGAIN},
    {ERROR_MAX_THRDS_REACHED, CAROM_EAGAIN},
    {ERROR_BAD_FORMAT, CAROM_ENOEXEC},
    {ERROR_BAD_EXE_FORMAT, CAROM_ENOEXEC},
    {ERROR_EXE_MACHINE_TYPE_MISMATCH, CAROM_ENOEXEC},
    {ERROR_FILENAME_EXCED_RANGE, CAROM_ETOOBIG},
    {ERROR_INSUFFICIENT_BUFFER, CAROM_ETOOBIG},
    {ERROR_NO_UNICODE_TRANSLATION, CAROM_EUTF8},
    {ERROR_BROKEN_PIPE, CAROM_EEOF},
    {ERROR_NO_DATA, CAROM_EEOF},
    {ERROR_PIPE_NOT_CONNECTED, CAROM_EEOF},
    {ERROR_NOT_SUPPORTED, CAROM_ENOTSUP},
    {WSAENOTSOCK, CAROM_EINVAL},
};

/* GetLastError() comes as it is, or as APR passes it on. */
carom_status_t carom__plat_special_status(int system_error)
{
    DWORD error = (DWORD) (system_error >= APR_OS_START_SYSERR ? system_error - APR_OS_START_SYSERR : system_error);
    size_t i;

    for (i = 0; i < sizeof meanings / sizeof meanings[0]; i++)
        if (meanings[i].error == error)
            return meanings[i].status;
    return CAROM_OK;
}

carom_status_t carom__status(DWORD error)
{
    /* A call that failed without a reason has still failed. */
    return error ? carom_plat_status(APR_FROM_OS_ERROR(error)) : CAROM_ENOMEM;
}

carom_status_t carom__last_status(void)
{
    return carom__status(GetLastError());
}

/* Handles of the host.  APR has no duplicate of a bare handle that nobody inherits. */

#include "platform/windows/windows.h"

void carom__handle_close(HANDLE *handle)
{
    DWORD error = GetLastError();

    if (*handle != NULL)
        CloseHandle(*handle);
    *handle = NULL;
    SetLastError(error);
}

/* A socket is more than its handle: a duplicate of that alone is half dead in another process. */
static int is_socket(HANDLE handle)
{
    int type, size = sizeof type;

    return GetFileType(handle) == FILE_TYPE_PIPE &&
           getsockopt((SOCKET) handle, SOL_SOCKET, SO_TYPE, (char *) &type, &size) == 0;
}

carom_status_t carom_plat_file_duplicate(carom_native_t *copy, carom_native_t file)
{
    HANDLE us = GetCurrentProcess(), handle;

    *copy = CAROM_NATIVE_NONE;
    /* The number of none is also that of this process. */
    if (file == CAROM_NATIVE_NONE)
        return CAROM_EINVAL;
    if (is_socket(carom__handle(file)))
        return CAROM_ENOTSUP;
    if (!DuplicateHandle(us, carom__handle(file), us, &handle, 0, FALSE, DUPLICATE_SAME_ACCESS))
        return carom__last_status();
    *copy = (carom_native_t) handle;
    return CAROM_OK;
}

void carom_plat_file_close(carom_native_t file)
{
    if (file == CAROM_NATIVE_NONE)
        return;
    /* Handles on their way to a child are marked by this: see attach.c. */
    SetHandleInformation(carom__handle(file), HANDLE_FLAG_PROTECT_FROM_CLOSE, 0);
    CloseHandle(carom__handle(file));
}

/* There is no fork. */
void carom_plat_file_disown(carom_native_t file)
{
    (void) file;
}

/* Which program this is, and which object an address belongs to.  APR knows neither. */

#include "platform/windows/windows.h"

int64_t carom_plat_pid(void)
{
    return (int64_t) GetCurrentProcessId();
}

static carom_status_t path_of(char *path, size_t size, HMODULE module)
{
    /* UTF-8 is never shorter: what does not fit here would not fit there. */
    wchar_t wide[CAROM_PLAT_PATH];
    DWORD length = GetModuleFileNameW(module, wide, CAROM_PLAT_PATH);

    if (length == 0)
        return carom__last_status();
    return length < CAROM_PLAT_PATH ? carom__narrow(path, size, wide) : CAROM_ETOOBIG;
}

carom_status_t carom_plat_program(char *path, size_t size)
{
    return path_of(path, size, NULL);
}

carom_status_t carom_plat_object_of(char *path, size_t size, const void *address)
{
    DWORD how = GET_MODULE_HANDLE_EX_FLAG_FROM_ADDRESS | GET_MODULE_HANDLE_EX_FLAG_UNCHANGED_REFCOUNT;
    HMODULE module;

    if (!GetModuleHandleExW(how, (LPCWSTR) address, &module))
        return CAROM_ENOENT;
    if (module != GetModuleHandleW(NULL))
        return path_of(path, size, module);
    path[0] = '\0';
    return CAROM_OK;
}

/* The system always knows. */
void carom_plat_program_hint(const char *argument0)
{
    (void) argument0;
}

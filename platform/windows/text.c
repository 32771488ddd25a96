/* Text for Windows: carom's is UTF-8.  APR does this inside, and shows nothing of it. */

#include "platform/windows/windows.h"

#include <stdlib.h>

carom_status_t carom__wide(wchar_t **wide, const char *text)
{
    int length = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);

    *wide = NULL;
    if (length == 0)
        return carom__last_status();
    *wide = malloc((size_t) length * sizeof **wide);
    if (*wide == NULL)
        return CAROM_ENOMEM;
    MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, *wide, length);
    return CAROM_OK;
}

carom_status_t carom__narrow(char *text, size_t size, const wchar_t *wide)
{
    int room = size > INT_MAX ? INT_MAX : (int) size;

    /* Names in a file system need not be UTF-16: halves of pairs are refused rather than changed into another name. */
    if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, wide, -1, text, room, NULL, NULL) == 0)
        return carom__last_status();
    return CAROM_OK;
}

/* An environment for a child: ours with changes, as Windows wants it, in one block and in order.  APR has none to give: apr_env
 * reads and sets single variables. */

#include "platform/windows/windows.h"

#include <stdlib.h>
#include <wchar.h>

/* Changes in Windows' text, and the settings that come of it; all borrowed from block and changes. */
typedef struct merge_t {
    wchar_t *ours;                    /* each ends in 0, the last in two */
    wchar_t **changes;
    size_t change_count;
    const wchar_t **settings;
    size_t count;
} merge_t;

/* Names of Windows' own begin with '=', as in "=C:=C:\\folder". */
static int name_length(const wchar_t *setting)
{
    const wchar_t *equals = setting[0] ? wcschr(setting + 1, L'=') : NULL;

    return (int) (equals ? (size_t) (equals - setting) : wcslen(setting));
}

static int by_name(const void *left, const void *right)
{
    const wchar_t *one = *(const wchar_t *const *) left, *other = *(const wchar_t *const *) right;

    /* 1, 2, 3 for less, equal, greater. */
    return CompareStringOrdinal(one, name_length(one), other, name_length(other), TRUE) - CSTR_EQUAL;
}

static int is_changed(const merge_t *merge, const wchar_t *setting, size_t from)
{
    for (; from < merge->change_count; from++)
        if (by_name(&setting, &merge->changes[from]) == 0)
            return 1;
    return 0;
}

static carom_status_t widen_changes(merge_t *merge, const char *const *changes)
{
    carom_status_t status = CAROM_OK;
    size_t count = 0;

    while (changes[count])
        count++;
    merge->changes = calloc(count + 1, sizeof *merge->changes);
    if (merge->changes == NULL)
        return CAROM_ENOMEM;
    while (merge->change_count < count && status == CAROM_OK) {
        status = carom__wide(&merge->changes[merge->change_count], changes[merge->change_count]);
        merge->change_count += status == CAROM_OK;
    }
    return status;
}

/* Of two changes to one name the later counts. */
static carom_status_t collect(merge_t *merge)
{
    const wchar_t *setting;
    size_t i, count = 0;

    for (setting = merge->ours; *setting; setting += wcslen(setting) + 1)
        count++;
    merge->settings = calloc(count + merge->change_count + 1, sizeof *merge->settings);
    if (merge->settings == NULL)
        return CAROM_ENOMEM;
    for (setting = merge->ours; *setting; setting += wcslen(setting) + 1)
        if (!is_changed(merge, setting, 0))
            merge->settings[merge->count++] = setting;
    for (i = 0; i < merge->change_count; i++)
        if (merge->changes[i][name_length(merge->changes[i])] == L'=' && !is_changed(merge, merge->changes[i], i + 1))
            merge->settings[merge->count++] = merge->changes[i];
    qsort(merge->settings, merge->count, sizeof *merge->settings, by_name);
    return CAROM_OK;
}

static carom_status_t write_block(wchar_t **block, const merge_t *merge)
{
    size_t size = 2, i;
    wchar_t *end;

    for (i = 0; i < merge->count; i++)
        size += wcslen(merge->settings[i]) + 1;
    *block = end = calloc(size, sizeof **block);
    if (end == NULL)
        return CAROM_ENOMEM;
    for (i = 0; i < merge->count; i++) {
        wcscpy(end, merge->settings[i]);
        end += wcslen(end) + 1;
    }
    return CAROM_OK;
}

static void forget(merge_t *merge)
{
    while (merge->change_count > 0)
        free(merge->changes[--merge->change_count]);
    free(merge->changes);
    free(merge->settings);
    if (merge->ours)
        FreeEnvironmentStringsW(merge->ours);
}

carom_status_t carom__environment(wchar_t **block, const char *const *changes)
{
    merge_t merge = {.ours = GetEnvironmentStringsW()};
    carom_status_t status = merge.ours ? widen_changes(&merge, changes) : CAROM_ENOMEM;

    *block = NULL;
    if (status == CAROM_OK)
        status = collect(&merge);
    if (status == CAROM_OK)
        status = write_block(block, &merge);
    forget(&merge);
    return status;
}

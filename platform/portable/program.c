/* Which program this is: from argv[0], searched for as a shell would.  APR knows neither the program nor the object of an
 * address.
 *
 * The pid is one of the two things that this build takes from the system: APR knows those of children only. */

#include "platform/portable/portable.h"

#include <apr_env.h>
#include <apr_file_info.h>
#include <apr_lib.h>
#include <apr_strings.h>
#include <apr_tables.h>

#include <string.h>
#include <unistd.h>

/* Written once, by carom_init, before there are threads that read it. */
static char hinted[CAROM_PLAT_PATH];

int64_t carom_plat_pid(void)
{
    return getpid();
}

carom_status_t carom_plat_program(char *path, size_t size)
{
    if (hinted[0] == '\0')
        return CAROM_ENOENT;
    if (strlen(hinted) >= size)
        return CAROM_ETOOBIG;
    strcpy(path, hinted);
    return CAROM_OK;
}

carom_status_t carom_plat_object_of(char *path, size_t size, const void *address)
{
    (void) path;
    (void) size;
    (void) address;
    return CAROM_ENOENT;
}

static int is_program(const char *path, apr_pool_t *scratch)
{
    const apr_fileperms_t any = APR_FPROT_UEXECUTE | APR_FPROT_GEXECUTE | APR_FPROT_WEXECUTE;
    apr_finfo_t info;
    apr_status_t status = apr_stat(&info, path, APR_FINFO_TYPE | APR_FINFO_PROT, scratch);

    if (status != APR_SUCCESS && status != APR_INCOMPLETE)
        return 0;
    if ((info.valid & APR_FINFO_TYPE) == 0 || info.filetype != APR_REG)
        return 0;
    return (info.valid & APR_FINFO_PROT) == 0 || (info.protection & any) != 0;
}

/* Under its name or with the ending that Windows lets people leave out. */
static void try_in(const char *folder, const char *name, apr_pool_t *scratch)
{
    static const char *const endings[] = {"", ".exe"};
    char *path;
    size_t i;

    for (i = 0; i < 2 && hinted[0] == '\0'; i++)
        if (apr_filepath_merge(&path, folder, apr_pstrcat(scratch, name, endings[i], NULL), APR_FILEPATH_NATIVE,
                               scratch) == APR_SUCCESS &&
            strlen(path) < sizeof hinted && is_program(path, scratch))
            strcpy(hinted, path);
}

static void search(const char *name, apr_pool_t *scratch)
{
    apr_array_header_t *folders;
    char *list, *folder;
    int i;

    if (apr_env_get(&list, "PATH", scratch) != APR_SUCCESS ||
        apr_filepath_list_split(&folders, list, scratch) != APR_SUCCESS)
        return;
    for (i = 0; i < folders->nelts && hinted[0] == '\0'; i++)
        /* Against our own directory first: an entry of PATH may be relative. */
        if (apr_filepath_merge(&folder, NULL, APR_ARRAY_IDX(folders, i, char *), APR_FILEPATH_NATIVE, scratch) == APR_SUCCESS)
            try_in(folder, name, scratch);
}

void carom_plat_program_hint(const char *argument0)
{
    apr_pool_t *scratch;

    if (argument0 == NULL || hinted[0] != '\0' || carom_plat_start() != CAROM_OK || carom__pool_create(&scratch) != CAROM_OK)
        return;
    if (apr_filepath_name_get(argument0) != argument0)
        try_in(NULL, argument0, scratch);
    else
        search(argument0, scratch);
    apr_pool_destroy(scratch);
}

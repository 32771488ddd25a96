/* The list of permitted skips: a test that skips itself for a reason nobody agreed to is a test that fails. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <string.h>

static char *next_word(char **rest)
{
    char *word = *rest + strspn(*rest, " \t"), *end = word + strcspn(word, " \t");

    *rest = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

/* "case-glob mode system reason text" */
static int read_line(apr_array_header_t *skips, char *line)
{
    carom__h_listed_skip_t *skip;

    line[strcspn(line, "\r")] = '\0';
    line += strspn(line, " \t");
    if (*line == '\0' || *line == '#')
        return 1;
    skip = apr_array_push(skips);
    skip->pattern = next_word(&line);
    skip->mode = next_word(&line);
    skip->system = next_word(&line);
    skip->reason = line + strspn(line, " \t");
    return *skip->reason != '\0';
}

const char *carom__h_skips_read(apr_array_header_t **skips, const char *path, apr_pool_t *pool)
{
    char *line = apr_pstrdup(pool, carom__h_file_read(path, (size_t) -1, pool)), *end;
    apr_finfo_t info;
    int number;

    *skips = apr_array_make(pool, 8, sizeof(carom__h_listed_skip_t));
    if (apr_stat(&info, path, APR_FINFO_TYPE, pool) != APR_SUCCESS)
        return apr_psprintf(pool, "the list of skips cannot be read: %s", path);
    for (number = 1; *line != '\0'; number++, line = end) {
        end = line + strcspn(line, "\n");
        if (*end == '\n')
            *end++ = '\0';
        if (!read_line(*skips, line))
            return apr_psprintf(pool, "%s:%d: a line is: case mode system reason", path, number);
    }
    return NULL;
}

int carom__h_skip_listed(const apr_array_header_t *skips, const carom__h_case_t *of, const char *reason, apr_pool_t *pool)
{
    const char *name = apr_pstrcat(pool, of->entry->suite, "/", of->entry->name, NULL);
    int i;

    for (i = 0; i < skips->nelts; i++) {
        const carom__h_listed_skip_t *skip = &APR_ARRAY_IDX(skips, i, carom__h_listed_skip_t);

        if (carom__h_fits(skip->pattern, name, pool) && carom__h_fits(skip->mode, of->mode->name, pool) &&
            carom__h_fits(skip->system, carom_inspect_system(), pool) && carom__h_fits(skip->reason, reason, pool))
            return 1;
    }
    return 0;
}

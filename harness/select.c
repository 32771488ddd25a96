/* What is to be run: the cases that come of tests, modes, parameters and the command line. */

#include "harness/harness.h"

#include <apr_fnmatch.h>
#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

int carom__h_fits(const char *pattern, const char *text, apr_pool_t *pool)
{
    char *escaped = apr_palloc(pool, strlen(pattern) * 2 + 1), *to = escaped;

    for (; *pattern != '\0'; pattern++) {
        if (*pattern == '[' || *pattern == ']' || *pattern == '\\')
            *to++ = '\\';
        *to++ = *pattern;
    }
    *to = '\0';
    return apr_fnmatch(escaped, text, 0) == APR_SUCCESS;
}

/* ---- one case ---- */

static int has_word(const char *words, const char *word)
{
    size_t length = strlen(word);

    for (words += strspn(words, ", "); *words != '\0'; words += strspn(words, ", ")) {
        size_t here = strcspn(words, ", ");

        if (here == length && strncmp(words, word, length) == 0)
            return 1;
        words += here;
    }
    return 0;
}

/* One of the tags that are asked for, if any are, and none of those that are not wanted. */
static int has_tags(const carom__h_options_t *options, const carom_test_entry_t *entry)
{
    const char *tags = entry->options.tags != NULL ? entry->options.tags : "";
    int asked = 0, has = 0, i;

    for (i = 0; i < options->tags->nelts; i++) {
        const char *tag = APR_ARRAY_IDX(options->tags, i, const char *);

        if (*tag == '-' && has_word(tags, tag + 1))
            return 0;
        asked |= *tag != '-';
        has |= *tag != '-' && has_word(tags, tag);
    }
    return has || !asked;
}

/* A test fits with and without its mode and its parameter. */
static int fits_one(const carom__h_options_t *options, const carom__h_case_t *one, apr_pool_t *pool)
{
    const char *test = apr_pstrcat(pool, one->entry->suite, "/", one->entry->name, NULL);
    const char *names[] = {one->name, test, apr_pstrcat(pool, one->entry->suite, strchr(one->name, '/'), NULL),
                           apr_pstrcat(pool, one->suite, "/", one->entry->name, NULL), one->suite, one->entry->suite};
    size_t k;
    int i;

    for (i = 0; i < options->patterns->nelts; i++)
        for (k = 0; k < sizeof names / sizeof names[0]; k++)
            if (carom__h_fits(APR_ARRAY_IDX(options->patterns, i, const char *), names[k], pool))
                return 1;
    return options->patterns->nelts == 0;
}

static int wanted(const carom__h_options_t *options, const carom__h_case_t *one, apr_pool_t *pool)
{
    if (options->case_name != NULL)
        return strcmp(options->case_name, one->name) == 0;
    if (!(options->modes & one->mode->bit) || !has_tags(options, one->entry))
        return 0;
    if (options->failed_names != NULL && !carom__h_failed_has(options->failed_names, one->name))
        return 0;
    return fits_one(options, one, pool);
}

/* ---- all of them ---- */

static int runs_in(const carom_test_entry_t *entry, const carom__h_mode_t *mode)
{
    if (!carom__h_mode_is_here(mode))
        return 0;
    if (entry->options.mode_names != NULL)
        return has_word(entry->options.mode_names, mode->name);
    if (entry->options.modes == CAROM_TEST_ALL_MODES)
        return mode->bit != CAROM_TEST_ONCE_ONLY;
    return (entry->options.modes & mode->bit) != 0;
}

/* By suite, then mode, then as they stand in their file: constructors run in another order on each system. */
static int compare_cases(const void *left, const void *right)
{
    const carom__h_case_t *one = left, *other = right;
    int order = strcmp(one->entry->suite, other->entry->suite);

    if (order == 0)
        order = (one->order > other->order) - (one->order < other->order);
    if (order == 0)
        order = strcmp(one->entry->file, other->entry->file);
    if (order == 0)
        order = (one->entry->line > other->entry->line) - (one->entry->line < other->entry->line);
    return order != 0 ? order : one->parameter_index - other->parameter_index;
}

static void add_case(apr_array_header_t *cases, const carom__h_options_t *options, const carom__h_case_t *made)
{
    carom__h_case_t one = *made;

    one.suite = apr_psprintf(cases->pool, "%s[%s]", one.entry->suite, one.mode->name);
    one.name = apr_psprintf(cases->pool, "%s/%s", one.suite, one.entry->name);
    if (one.parameter != NULL)
        one.name = apr_psprintf(cases->pool, "%s(%s)", one.name, one.parameter);
    if (wanted(options, &one, cases->pool))
        *(carom__h_case_t *) apr_array_push(cases) = one;
}

static void add_cases(apr_array_header_t *cases, const carom__h_options_t *options, const carom_test_entry_t *entry,
                      size_t order)
{
    const char *const *parameters = entry->options.parameters;
    carom__h_case_t one = {.entry = entry, .mode = carom__h_mode_at(order), .order = order};

    if (!runs_in(entry, one.mode))
        return;
    if (parameters == NULL)
        add_case(cases, options, &one);
    for (; parameters != NULL && parameters[one.parameter_index] != NULL; one.parameter_index++) {
        one.parameter = parameters[one.parameter_index];
        add_case(cases, options, &one);
    }
}

apr_array_header_t *carom__h_select(const carom__h_options_t *options, apr_pool_t *pool)
{
    apr_array_header_t *cases = apr_array_make(pool, 64, sizeof(carom__h_case_t));
    const carom_test_entry_t *entry;
    size_t i;

    for (entry = carom__h_entries(); entry != NULL; entry = entry->next)
        for (i = 0; carom__h_mode_at(i) != NULL; i++)
            add_cases(cases, options, entry, i);
    qsort(cases->elts, (size_t) cases->nelts, sizeof(carom__h_case_t), compare_cases);
    return cases;
}

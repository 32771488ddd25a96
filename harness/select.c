/* What is to be run: the modes, the command line, and the cases that come of both. */

#include "harness/harness.h"

#include <apr_env.h>
#include <apr_fnmatch.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

/* A mode of carom's, and the one of tests that know none.  Cases run in this order. */
static const carom__h_mode_t modes[] = {
    {"once", CAROM_TEST_ONCE_ONLY, 0},
    {"thread", CAROM_TEST_THREAD, 1},
    {"spawn", CAROM_TEST_SPAWN, 1},
    {"fork", CAROM_TEST_FORK, 1},
    {"forkserver", CAROM_TEST_FORKSERVER, 1},
};

#define MODE_COUNT (sizeof(modes) / sizeof(modes[0]))
#define EVERY_MODE (~0u)

const carom__h_mode_t *carom__h_mode_at(size_t index)
{
    return index < MODE_COUNT ? &modes[index] : NULL;
}

/* Not every system has every mode. */
static int is_here(const carom__h_mode_t *mode)
{
    size_t i;

    for (i = 0; carom_mode_at(i) != NULL; i++)
        if (strcmp(carom_mode_at(i), mode->name) == 0)
            return 1;
    return !mode->has_context;
}

/* ---- options ---- */

enum { OPT_CASE = 256, OPT_DIRECTORY, OPT_JOURNAL, OPT_LIST, OPT_MODES, OPT_NO_ISOLATE, OPT_REPEAT, OPT_SEED };

static const apr_getopt_option_t known[] = {
    {"help", 'h', 0, NULL},
    {"jobs", 'j', 1, NULL},
    {"list", OPT_LIST, 0, NULL},
    {"modes", OPT_MODES, 1, NULL},
    {"no-isolate", OPT_NO_ISOLATE, 0, NULL},
    {"repeat", OPT_REPEAT, 1, NULL},
    {"seed", OPT_SEED, 1, NULL},
    {"carom-case", OPT_CASE, 1, NULL},
    {"directory", OPT_DIRECTORY, 1, NULL},
    {"journal", OPT_JOURNAL, 1, NULL},
    {NULL, 0, 0, NULL},
};

const char *carom__h_usage(void)
{
    return "[option]... [case]...\n"
           "\n"
           "A case is 'suite[mode]/name', 'suite/name', 'suite[mode]' or 'suite'; * and ? are wild.  Default: all.\n"
           "\n"
           "  --list              print the names of the cases\n"
           "  --modes MODE,...    only these modes (thread, spawn, fork, forkserver), and tests that\n"
           "                      run once (CAROM_MODES)\n"
           "  -j, --jobs N        run so many cases at a time (CAROM_JOBS)\n"
           "  --repeat N          run each case so often\n"
           "  --seed N            for tests that draw by lot\n"
           "  --no-isolate        run the cases in this process, for a debugger\n"
           "\n"
           "CAROM_TEST_TIMEOUT_MULTIPLIER lengthens all timeouts; CAROM_SKIPS is the list of permitted skips.\n";
}

/* Modes by name, with commas or blanks between them; none: all.  Tests that know no mode run with any selection. */
static const char *read_modes(carom__h_options_t *options, const char *list, apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, list), *state, *name;
    unsigned selected = 0;
    size_t i;

    for (name = apr_strtok(rest, ", ", &state); name != NULL; name = apr_strtok(NULL, ", ", &state)) {
        for (i = 0; i < MODE_COUNT && strcmp(modes[i].name, name) != 0; i++)
            ;
        if (i == MODE_COUNT)
            return apr_pstrcat(pool, "no such mode: ", name, NULL);
        selected |= modes[i].bit;
    }
    if (selected != 0)
        options->modes = selected | CAROM_TEST_ONCE_ONLY;
    return NULL;
}

static const char *read_count(int *count, const char *text, apr_pool_t *pool)
{
    char *end;
    long number = strtol(text, &end, 10);

    if (end == text || *end != '\0' || number < 1 || number > 1000000)
        return apr_pstrcat(pool, "not a number from 1 to 1000000: ", text, NULL);
    *count = (int) number;
    return NULL;
}

static const char *read_seed(carom__h_options_t *options, const char *text, apr_pool_t *pool)
{
    char *end;

    options->seed = strtoull(text, &end, 10);
    return end == text || *end != '\0' ? apr_pstrcat(pool, "not a seed: ", text, NULL) : NULL;
}

static const char *read_environment(carom__h_options_t *options, apr_pool_t *pool)
{
    char *value;
    const char *wrong = NULL;

    if (apr_env_get(&value, "CAROM_MODES", pool) == APR_SUCCESS)
        wrong = read_modes(options, value, pool);
    if (wrong == NULL && apr_env_get(&value, "CAROM_JOBS", pool) == APR_SUCCESS && *value != '\0')
        wrong = read_count(&options->jobs, value, pool);
    if (apr_env_get(&value, "CAROM_TEST_TIMEOUT_MULTIPLIER", pool) == APR_SUCCESS && atof(value) > 0)
        options->multiplier = atof(value);
    if (apr_env_get(&value, "CAROM_SKIPS", pool) == APR_SUCCESS && *value != '\0')
        options->skips = value;
    return wrong;
}

static const char *read_option(carom__h_options_t *options, int option, const char *value, apr_pool_t *pool)
{
    switch (option) {
    case 'h':
        options->help = 1;
        break;
    case 'j':
        return read_count(&options->jobs, value, pool);
    case OPT_LIST:
        options->list = 1;
        break;
    case OPT_MODES:
        return read_modes(options, value, pool);
    case OPT_NO_ISOLATE:
        options->isolate = 0;
        break;
    case OPT_REPEAT:
        return read_count(&options->repeat, value, pool);
    case OPT_SEED:
        return read_seed(options, value, pool);
    case OPT_CASE:
        options->case_name = value;
        break;
    case OPT_DIRECTORY:
        options->directory = value;
        break;
    case OPT_JOURNAL:
        options->journal = value;
        break;
    }
    return NULL;
}

static const char *read_arguments(carom__h_options_t *options, int argc, const char *const *argv, apr_pool_t *pool)
{
    apr_getopt_t *state;
    const char *value, *wrong = NULL;
    int option;
    apr_status_t status;

    apr_getopt_init(&state, pool, argc, argv);
    state->interleave = 1;
    state->errfn = NULL;
    while (wrong == NULL && (status = apr_getopt_long(state, known, &option, &value)) == APR_SUCCESS)
        wrong = read_option(options, option, value, pool);
    if (wrong != NULL)
        return wrong;
    if (!APR_STATUS_IS_EOF(status))
        return "an unknown option, or one without its value; --help shows them";
    for (; state->ind < argc; state->ind++)
        *(const char **) apr_array_push(options->patterns) = state->argv[state->ind];
    return NULL;
}

const char *carom__h_options_read(carom__h_options_t *options, int argc, const char *const *argv, apr_pool_t *pool)
{
    const char *wrong;

    memset(options, 0, sizeof(*options));
    options->modes = EVERY_MODE;
    options->patterns = apr_array_make(pool, 4, sizeof(const char *));
    options->seed = (uint64_t) apr_time_now() % 1000000000;
    options->repeat = 1;
    options->jobs = 1;
    options->multiplier = 1;
    options->isolate = 1;
    wrong = read_environment(options, pool);
    return wrong != NULL ? wrong : read_arguments(options, argc, argv, pool);
}

/* ---- cases ---- */

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

static int wanted(const carom__h_options_t *options, const carom__h_case_t *one, apr_pool_t *pool)
{
    const char *short_name = apr_pstrcat(pool, one->entry->suite, "/", one->entry->name, NULL);
    int i;

    if (options->case_name != NULL)
        return strcmp(options->case_name, one->name) == 0;
    if (!(options->modes & one->mode->bit))
        return 0;
    for (i = 0; i < options->patterns->nelts; i++) {
        const char *pattern = APR_ARRAY_IDX(options->patterns, i, const char *);

        if (carom__h_fits(pattern, one->name, pool) || carom__h_fits(pattern, short_name, pool) ||
            carom__h_fits(pattern, one->suite, pool) || carom__h_fits(pattern, one->entry->suite, pool))
            return 1;
    }
    return options->patterns->nelts == 0;
}

static unsigned modes_of(const carom_test_entry_t *entry)
{
    return entry->options.modes == CAROM_TEST_ALL_MODES ? ~(unsigned) CAROM_TEST_ONCE_ONLY : entry->options.modes;
}

/* By suite, then mode, then as they stand in their file: constructors run in another order on each system. */
static int compare_cases(const void *left, const void *right)
{
    const carom__h_case_t *one = left, *other = right;
    int order = strcmp(one->entry->suite, other->entry->suite);

    if (order == 0)
        order = (one->mode > other->mode) - (one->mode < other->mode);
    if (order == 0)
        order = strcmp(one->entry->file, other->entry->file);
    if (order == 0)
        order = (one->entry->line > other->entry->line) - (one->entry->line < other->entry->line);
    return order;
}

static void add_case(apr_array_header_t *cases, const carom__h_options_t *options, const carom_test_entry_t *entry,
                     const carom__h_mode_t *mode)
{
    carom__h_case_t one = {entry, mode, NULL, NULL, NULL};

    one.suite = apr_psprintf(cases->pool, "%s[%s]", entry->suite, mode->name);
    one.name = apr_psprintf(cases->pool, "%s/%s", one.suite, entry->name);
    if (wanted(options, &one, cases->pool))
        *(carom__h_case_t *) apr_array_push(cases) = one;
}

apr_array_header_t *carom__h_select(const carom__h_options_t *options, apr_pool_t *pool)
{
    apr_array_header_t *cases = apr_array_make(pool, 64, sizeof(carom__h_case_t));
    const carom_test_entry_t *entry;
    size_t i;

    for (entry = carom__h_entries(); entry != NULL; entry = entry->next)
        for (i = 0; i < MODE_COUNT; i++)
            if (modes_of(entry) & modes[i].bit && is_here(&modes[i]))
                add_case(cases, options, entry, &modes[i]);
    qsort(cases->elts, (size_t) cases->nelts, sizeof(carom__h_case_t), compare_cases);
    return cases;
}

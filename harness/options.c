/* The command line, and what of it the environment may say. */

#include "harness/harness.h"

#include <apr_env.h>
#include <apr_getopt.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <stdlib.h>
#include <string.h>

#define EVERY_MODE (~0u)

enum {
    OPT_CASE = 256, OPT_DIRECTORY, OPT_FAILED, OPT_JOURNAL, OPT_JSON, OPT_JUNIT, OPT_LIST, OPT_MODES, OPT_NO_ISOLATE,
    OPT_REPEAT, OPT_RETRIES, OPT_SEED, OPT_SHUFFLE, OPT_TAGS, OPT_UNTIL_FAIL
};

static const apr_getopt_option_t known[] = {
    {"help", 'h', 0, NULL},
    {"jobs", 'j', 1, NULL},
    {"failed", OPT_FAILED, 0, NULL},
    {"json", OPT_JSON, 1, NULL},
    {"junit", OPT_JUNIT, 1, NULL},
    {"list", OPT_LIST, 0, NULL},
    {"modes", OPT_MODES, 1, NULL},
    {"no-isolate", OPT_NO_ISOLATE, 0, NULL},
    {"repeat", OPT_REPEAT, 1, NULL},
    {"retries", OPT_RETRIES, 1, NULL},
    {"seed", OPT_SEED, 1, NULL},
    {"shuffle", OPT_SHUFFLE, 0, NULL},
    {"tags", OPT_TAGS, 1, NULL},
    {"until-fail", OPT_UNTIL_FAIL, 0, NULL},
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
           "  --modes MODE,...    only these modes, and tests that run once (CAROM_MODES)\n"
           "  --tags TAG,-TAG,... only tests with one of the tags, and none with a tag after a '-' (CAROM_TAGS)\n"
           "  --failed            only what failed the last time; see CAROM_FAILED\n"
           "  -j, --jobs N        run so many cases at a time (CAROM_JOBS)\n"
           "  --repeat N          run each case so often\n"
           "  --until-fail        run all again and again, N times at most with --repeat N, until one fails\n"
           "  --retries N         run a case that failed up to N times more; one that then passes is flaky\n"
           "  --shuffle           in an order drawn by lot, which the seed repeats\n"
           "  --seed N            for the order, and for tests that draw by lot\n"
           "  --junit FILE        also a report as JUnit's XML (CAROM_JUNIT); FILE/ is a folder\n"
           "  --json FILE         also a report as lines of JSON, each when it is known (CAROM_JSON)\n"
           "  --no-isolate        run the cases in this process, for a debugger\n"
           "\n"
           "An option takes the place of its variable, and of the same option before it.\n"
           "CAROM_TEST_TIMEOUT_MULTIPLIER lengthens all timeouts; CAROM_SKIPS is the list of permitted skips;\n"
           "CAROM_FAILED is the file that keeps the names of what failed, else PROGRAM.failed in this directory.\n";
}

/* ---- values ---- */

static const char *names_of_modes(apr_pool_t *pool)
{
    const char *names = "";
    size_t i;

    for (i = 0; carom__h_mode_at(i) != NULL; i++)
        names = apr_pstrcat(pool, names, i > 0 ? ", " : "", carom__h_mode_at(i)->name, NULL);
    return names;
}

/* Modes by name, with commas or blanks between them; none: all.  Tests that know no mode run with any selection. */
static const char *read_modes(carom__h_options_t *options, const char *list, apr_pool_t *pool)
{
    char *rest = apr_pstrdup(pool, list), *state, *name;
    unsigned selected = 0;

    for (name = apr_strtok(rest, ", ", &state); name != NULL; name = apr_strtok(NULL, ", ", &state)) {
        const carom__h_mode_t *mode = carom__h_mode_named(name);

        if (mode == NULL)
            return apr_pstrcat(pool, "no such mode: ", name, "; there are ", names_of_modes(pool), NULL);
        selected |= mode->bit;
    }
    if (selected != 0)
        options->modes = selected | CAROM_TEST_ONCE_ONLY;
    return NULL;
}

/* In the place of what was said before; none: no words. */
static void read_words(apr_array_header_t *words, const char *list)
{
    char *rest = apr_pstrdup(words->pool, list), *state, *word;

    apr_array_clear(words);
    for (word = apr_strtok(rest, ", ", &state); word != NULL; word = apr_strtok(NULL, ", ", &state))
        *(const char **) apr_array_push(words) = word;
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

/* ---- environment and arguments ---- */

/* NULL when it is not set, or empty. */
static const char *variable(const char *name, apr_pool_t *pool)
{
    char *value;

    return apr_env_get(&value, name, pool) == APR_SUCCESS && *value != '\0' ? value : NULL;
}

static const char *read_environment(carom__h_options_t *options, apr_pool_t *pool)
{
    const char *value, *wrong = NULL;

    if ((value = variable("CAROM_MODES", pool)) != NULL)
        wrong = read_modes(options, value, pool);
    if (wrong == NULL && (value = variable("CAROM_JOBS", pool)) != NULL)
        wrong = read_count(&options->jobs, value, pool);
    if ((value = variable("CAROM_TEST_TIMEOUT_MULTIPLIER", pool)) != NULL && atof(value) > 0)
        options->multiplier = atof(value);
    if ((value = variable("CAROM_TAGS", pool)) != NULL)
        read_words(options->tags, value);
    options->skips = variable("CAROM_SKIPS", pool);
    options->junit = variable("CAROM_JUNIT", pool);
    options->json = variable("CAROM_JSON", pool);
    return wrong;
}

/* Options that say yes. */
static int *flag_of(carom__h_options_t *options, int option)
{
    switch (option) {
    case 'h':
        return &options->help;
    case OPT_FAILED:
        return &options->failed;
    case OPT_LIST:
        return &options->list;
    case OPT_SHUFFLE:
        return &options->shuffle;
    case OPT_UNTIL_FAIL:
        return &options->until_fail;
    default:
        return NULL;
    }
}

/* And those that name something. */
static const char **text_of(carom__h_options_t *options, int option)
{
    switch (option) {
    case OPT_CASE:
        return &options->case_name;
    case OPT_DIRECTORY:
        return &options->directory;
    case OPT_JOURNAL:
        return &options->journal;
    case OPT_JSON:
        return &options->json;
    case OPT_JUNIT:
        return &options->junit;
    default:
        return NULL;
    }
}

static const char *read_option(carom__h_options_t *options, int option, const char *value, apr_pool_t *pool)
{
    int *flag = flag_of(options, option);
    const char **text = text_of(options, option);

    if (flag != NULL)
        *flag = 1;
    if (text != NULL)
        *text = value;
    if (option == OPT_NO_ISOLATE)
        options->isolate = 0;
    if (option == OPT_TAGS)
        read_words(options->tags, value);
    if (option == OPT_MODES)
        return read_modes(options, value, pool);
    if (option == OPT_SEED)
        return read_seed(options, value, pool);
    if (option == 'j' || option == OPT_REPEAT || option == OPT_RETRIES)
        return read_count(option == 'j' ? &options->jobs : option == OPT_REPEAT ? &options->repeat : &options->retries, value,
                          pool);
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
    options->tags = apr_array_make(pool, 4, sizeof(const char *));
    options->seed = (uint64_t) apr_time_now() % 1000000000;
    options->jobs = 1;
    options->multiplier = 1;
    options->isolate = 1;
    wrong = read_environment(options, pool);
    if (wrong == NULL)
        wrong = read_arguments(options, argc, argv, pool);
    if (wrong == NULL && options->until_fail && !options->isolate)
        wrong = "--until-fail needs a process for each case";
    return wrong;
}

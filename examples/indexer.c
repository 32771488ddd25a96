/* A text indexer: finds the words of many files in parallel, then answers which begin with a pattern, and where. */

#include "indexer.h"

#include <apr_file_io.h>
#include <apr_general.h>
#include <apr_getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define JOBS_MAX 1024

enum { EXIT_HITS = 0, EXIT_NO_HITS = 1, EXIT_TROUBLE = 2 };

typedef struct settings_t {
    team_options_t team;
    const char **queries;
    size_t query_count;
    const char *const *paths;
    size_t path_count;
    int stats;
} settings_t;

static int trouble(const char *what, const char *why)
{
    fprintf(stderr, "indexer: %s: %s\n", what, why);
    return EXIT_TROUBLE;
}

static int trouble_status(const char *what, carom_status_t status)
{
    char text[256];

    return trouble(what, carom_status_text(status, text, sizeof text));
}

/* ---- answers ---- */

static int print_hits(const files_t *files, const char *pattern, size_t *found)
{
    hits_t hits = {NULL, 0, 0};
    size_t i, j;
    int enough = 1;

    for (i = 0; i < files->count && enough; i++) {
        if (files->all[i].fate != FATE_INDEXED)
            continue;
        enough = index_search(&hits, &files->all[i], pattern, strlen(pattern));
        for (j = 0; j < hits.count; j++)
            printf("%s:%lu: %.*s\n", files->all[i].path, (unsigned long) hits.all[j].line, (int) hits.all[j].length,
                   hits.all[j].word);
        *found += hits.count;
    }
    free(hits.all);
    return enough ? 0 : trouble_status(pattern, CAROM_ENOMEM);
}

/* Until the end of standard input. */
static int converse(const files_t *files)
{
    char pattern[4096];
    size_t found;

    for (;;) {
        fputs("Pattern: ", stdout);
        fflush(stdout);
        if (fgets(pattern, sizeof pattern, stdin) == NULL)
            break;
        pattern[strcspn(pattern, "\r\n")] = 0;
        found = 0;
        if (print_hits(files, pattern, &found) != 0)
            return EXIT_TROUBLE;
        if (found == 0)
            puts("no hits");
    }
    putchar('\n');
    return EXIT_HITS;
}

static int answer(const files_t *files, const settings_t *settings)
{
    size_t found = 0, i;

    if (settings->query_count == 0)
        return converse(files);
    for (i = 0; i < settings->query_count; i++)
        if (print_hits(files, settings->queries[i], &found) != 0)
            return EXIT_TROUBLE;
    return found > 0 ? EXIT_HITS : EXIT_NO_HITS;
}

/* ---- what was done ---- */

typedef struct totals_t {
    size_t files[FATES];
    uint64_t text, words, index;       /* bytes, words, bytes */
} totals_t;

static totals_t count_all(const files_t *files)
{
    totals_t totals = {{0}, 0, 0, 0};
    const file_t *file;

    for (file = files->all; file < files->all + files->count; file++) {
        totals.files[file->fate]++;
        if (file->fate != FATE_INDEXED)
            continue;
        totals.text += file->size;
        totals.words += index_words(file);
        totals.index += carom_value_count(file->index);
    }
    return totals;
}

static void print_skipped(const char *what, size_t count, const char **before)
{
    if (count > 0) {
        fprintf(stderr, "%s%zu %s", *before, count, what);
        *before = ", ";
    }
}

static void print_summary(const files_t *files, const totals_t *totals)
{
    const char *before = "; skipped ";
    const file_t *file;

    for (file = files->all; file < files->all + files->count; file++)
        if (file->fate == FATE_WORKER_DIED)
            trouble(file->path, "skipped: workers died over it");
    fprintf(stderr, "indexed %zu files, %.1f MiB", totals->files[FATE_INDEXED], (double) totals->text / 1048576);
    print_skipped("binary", totals->files[FATE_BINARY], &before);
    print_skipped("unreadable", totals->files[FATE_UNREADABLE], &before);
    print_skipped("unreadable folders", files->unreadable_folders, &before);
    print_skipped("too large", totals->files[FATE_TOO_LARGE], &before);
    print_skipped("whose workers died", totals->files[FATE_WORKER_DIED], &before);
    fputs("\n", stderr);
}

static void print_stats(const settings_t *settings, const team_report_t *team, const totals_t *totals, carom_duration_t took)
{
    fprintf(stderr, "mode %s, workers %zu, slices %zu, seconds %.3f\n", carom_context_mode(settings->team.context), team->size,
            team->slices, (double) took / 1e6);
    fprintf(stderr, "words %llu, index %.1f MiB\n", (unsigned long long) totals->words, (double) totals->index / 1048576);
    fprintf(stderr, "workers started %u, died %u, killed %u\n", team->hired, team->died, team->shot);
}

/* ---- options ---- */

static const char usage[] =
    "indexer [option]... DIR...\n"
    "\n"
    "Indexes the words of text and HTML files below DIR..., then answers which begin with a pattern, and where.\n"
    "\n"
    "  --jobs N             so many workers (default: one for each processor)\n"
    "  --mode MODE          workers are threads (thread) or processes (spawn, the default; fork, forkserver)\n"
    "  --query WORD         answer this, then end; may be given several times\n"
    "  --kill-workers SEED  kill workers now and then, by lot, which must not change an answer\n"
    "  --stats              say on stderr what it took\n"
    "\n"
    "The exit code is 0 when there were hits, 1 when there were none, 2 when something was wrong.\n";

enum { OPTION_HELP = 'h', OPTION_JOBS = 'j', OPTION_MODE = 'm', OPTION_QUERY = 'q', OPTION_KILL = 256, OPTION_STATS };

static const apr_getopt_option_t options[] = {
    {"help", OPTION_HELP, 0, NULL},         {"jobs", OPTION_JOBS, 1, NULL},
    {"mode", OPTION_MODE, 1, NULL},         {"query", OPTION_QUERY, 1, NULL},
    {"kill-workers", OPTION_KILL, 1, NULL}, {"stats", OPTION_STATS, 0, NULL},
    {NULL, 0, 0, NULL},
};

static int read_number(uint64_t *number, const char *text, uint64_t least, uint64_t most)
{
    char *end;

    *number = strtoull(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == 0 && *number >= least && *number <= most;
}

/* 0, or the exit code. */
static int read_option(settings_t *settings, const char **mode, int option, const char *argument)
{
    uint64_t jobs;

    switch (option) {
    case OPTION_JOBS:
        if (!read_number(&jobs, argument, 1, JOBS_MAX))
            return trouble(argument, "not a number of jobs");
        settings->team.jobs = (size_t) jobs;
        break;
    case OPTION_MODE:
        *mode = argument;
        break;
    case OPTION_QUERY:
        settings->queries[settings->query_count++] = argument;
        break;
    case OPTION_KILL:
        settings->team.kill_workers = 1;
        if (!read_number(&settings->team.seed, argument, 0, UINT64_MAX))
            return trouble(argument, "not a seed");
        break;
    case OPTION_STATS:
        settings->stats = 1;
        break;
    }
    return 0;
}

static int read_mode(settings_t *settings, const char *mode)
{
    carom_status_t status = carom_context_create(&settings->team.context, mode);

    if (status != CAROM_OK)
        return trouble_status(mode ? mode : "CAROM_START_METHOD", status);
    if (settings->team.kill_workers && !carom_context_can(settings->team.context, CAROM_CAN_KILL))
        return trouble(carom_context_mode(settings->team.context), "--kill-workers needs a mode whose workers can be killed");
    return 0;
}

/* 0; an exit code; or -1, when help was all that was asked for. */
static int read_options(settings_t *settings, int argc, const char *const *argv, apr_pool_t *pool)
{
    const char *mode = NULL, *argument;
    apr_getopt_t *state;
    apr_status_t status = APR_SUCCESS;
    int option, code = 0;

    settings->team.jobs = carom_cpu_count();
    settings->queries = apr_pcalloc(pool, (size_t) argc * sizeof *settings->queries);
    apr_getopt_init(&state, pool, argc, argv);
    state->interleave = 1;
    while (code == 0 && (status = apr_getopt_long(state, options, &option, &argument)) == APR_SUCCESS) {
        if (option == OPTION_HELP) {
            fputs(usage, stdout);
            return -1;
        }
        code = read_option(settings, &mode, option, argument);
    }
    settings->paths = state->argv + state->ind;
    settings->path_count = (size_t) (argc - state->ind);
    if (code == 0 && status != APR_EOF)
        return EXIT_TROUBLE;               /* APR said why */
    if (code == 0 && settings->path_count == 0)
        return trouble("no folder to index", "see indexer --help");
    return code == 0 ? read_mode(settings, mode) : code;
}

/* ---- the program ---- */

static int find_files(files_t *files, const settings_t *settings)
{
    apr_status_t status;
    size_t i;

    for (i = 0; i < settings->path_count; i++) {
        status = files_add(files, settings->paths[i]);
        if (status != APR_SUCCESS)
            return trouble_status(settings->paths[i], status);
    }
    files_sort(files);
    return 0;
}

/* A character device: a terminal, or one that does not care. */
static int is_terminal(apr_pool_t *pool)
{
    apr_file_t *file;
    apr_finfo_t info;

    return apr_file_open_stderr(&file, pool) == APR_SUCCESS &&
           apr_file_info_get(&info, APR_FINFO_TYPE, file) == APR_SUCCESS && info.filetype == APR_CHR;
}

static int run(settings_t *settings, apr_pool_t *pool)
{
    files_t files = {.pool = pool};
    team_report_t report = {0, 0, 0, 0, 0};
    carom_duration_t start = carom_now();
    carom_status_t status;
    totals_t totals;
    int code = find_files(&files, settings);

    settings->team.shows_progress = is_terminal(pool);
    if (code == 0 && (status = team_index(&report, &files, &settings->team)) != CAROM_OK)
        code = trouble_status("the workers", status);
    totals = count_all(&files);
    if (code == 0) {
        print_summary(&files, &totals);
        if (settings->stats)
            print_stats(settings, &report, &totals, carom_now() - start);
        code = totals.files[FATE_INDEXED] > 0 ? answer(&files, settings) : trouble("the folders", "nothing to index");
    }
    if (fflush(stdout) != 0 || ferror(stdout))
        code = trouble("standard output", "could not be written");
    files_clear(&files);
    return code;
}

int main(int argc, char **argv)
{
    const char *const *arguments = (const char *const *) argv;
    settings_t settings = {.query_count = 0};
    apr_pool_t *pool;
    int code;

    apr_initialize();                          /* for workers too, which do not return from the next line */
    carom_init(&argc, &argv);
    if (apr_app_initialize(&argc, &arguments, NULL) != APR_SUCCESS || apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return EXIT_TROUBLE;
    code = read_options(&settings, argc, arguments, pool);
    if (code == 0)
        code = run(&settings, pool);
    carom_context_destroy(&settings.team.context);
    apr_pool_destroy(pool);
    return code < 0 ? 0 : code;
}

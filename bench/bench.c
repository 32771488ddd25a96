/* carom_bench: measures rows, ours and the peer in turns, and says which targets are met.
 *
 *     carom_bench [--check] [--runs N] [--filter GLOB] [--list] [--json]
 */

#include "bench.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RUNS 5
#define RUNS_MAX 1000

const char *bench_program;

typedef struct options_t {
    int check, list, json;
    size_t runs;
    const char *filter;
} options_t;

/* What came out for a row. */
typedef struct result_t {
    bench_figure_t trouble;          /* why there is no ratio; BENCH_MEASURED: there is one */
    double ours, peer, ratio;        /* medians */
} result_t;

/* ---- figures ---- */

void bench_value(bench_figure_t *figure, double value)
{
    figure->outcome = BENCH_MEASURED;
    figure->value = value;
    figure->text[0] = '\0';
}

void bench_fail(bench_figure_t *figure, const char *what, carom_status_t status)
{
    char text[100];

    bench_skip(figure, BENCH_FAILED, "%s: %s", what, carom_status_text(status, text, sizeof text));
}

void bench_skip(bench_figure_t *figure, bench_outcome_t outcome, const char *format, ...)
{
    va_list arguments;

    figure->outcome = outcome;
    figure->value = 0;
    va_start(arguments, format);
    vsnprintf(figure->text, sizeof figure->text, format, arguments);
    va_end(arguments);
}

static int compare(const void *one, const void *other)
{
    double a = *(const double *) one, b = *(const double *) other;

    return (a > b) - (a < b);
}

double bench_median(double *values, size_t count)
{
    qsort(values, count, sizeof *values, compare);
    return count % 2 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* ---- measuring ---- */

/* Medians of what was measured so far. */
typedef struct series_t {
    double ours[RUNS_MAX], peer[RUNS_MAX], ratios[RUNS_MAX];
    size_t count;
} series_t;

static void add(series_t *series, double ours, double peer, double ratio)
{
    series->ours[series->count] = ours;
    series->peer[series->count] = peer;
    series->ratios[series->count++] = ratio;
}

static void sum_up(result_t *result, series_t *series)
{
    result->ours = bench_median(series->ours, series->count);
    result->peer = bench_median(series->peer, series->count);
    result->ratio = bench_median(series->ratios, series->count);
}

/* 0: one of the two could not be measured, and result->trouble says why. */
static int take_turn(result_t *result, const bench_row_t *row, series_t *series)
{
    bench_figure_t ours;

    row->ours.measure(&result->trouble, row->ours.what);
    ours = result->trouble;
    if (ours.outcome == BENCH_MEASURED)
        row->peer.measure(&result->trouble, row->peer.what);
    if (result->trouble.outcome != BENCH_MEASURED)
        return 0;
    add(series, ours.value, result->trouble.value, ours.value / result->trouble.value);
    return 1;
}

static int run_once(result_t *result, const bench_row_t *row)
{
    series_t turns = {.count = 0};

    while (turns.count < row->turns)
        if (!take_turn(result, row, &turns))
            return 0;
    sum_up(result, &turns);
    return 1;
}

static void measure(result_t *result, const bench_row_t *row, size_t count)
{
    series_t runs = {.count = 0};

    memset(result, 0, sizeof *result);
    while (runs.count < count && run_once(result, row))
        add(&runs, result->ours, result->peer, result->ratio);
    if (row->end)
        row->end();
    if (runs.count == count)
        sum_up(result, &runs);
}

static int is_met(const bench_row_t *row, const result_t *result)
{
    return row->more_is_better ? result->ratio >= row->target : result->ratio <= row->target;
}

static const char *verdict(const bench_row_t *row, const result_t *result)
{
    static const char *const words[] = {[BENCH_ABSENT] = "absent", [BENCH_SKIPPED] = "skipped", [BENCH_FAILED] = "FAILED"};

    if (result->trouble.outcome != BENCH_MEASURED)
        return words[result->trouble.outcome];
    if (row->target == 0)
        return "-";
    return is_met(row, result) ? "MET" : "MISSED";
}

/* ---- printing ---- */

static void print_head(const options_t *options)
{
    if (options->json || options->list)
        return;
    printf("carom %s; %u processors; medians of %zu runs, ours and peer in turns; every wait is without a timeout;\n"
           "pinned where a row says one_core or two_cores, else wherever the system puts it\n",
           carom_version(), carom_cpu_count(), options->runs);
    printf("%-44s %10s %10s %-5s %7s %8s\n", "row", "ours", "peer", "unit", "ratio", "target");
}

static void print_target(char *text, size_t size, const bench_row_t *row)
{
    if (row->target == 0)
        snprintf(text, size, "-");
    else
        snprintf(text, size, "%s %.2f", row->more_is_better ? ">=" : "<=", row->target);
}

static void print_row(const bench_row_t *row, const result_t *result)
{
    char target[32];

    print_target(target, sizeof target, row);
    if (result->trouble.outcome == BENCH_MEASURED)
        printf("%-44s %10.2f %10.2f %-5s %7.2f %8s  %s\n", row->name, result->ours, result->peer, row->unit, result->ratio, target,
               verdict(row, result));
    else
        printf("%-44s %10s %10s %-5s %7s %8s  %s: %s\n", row->name, "-", "-", row->unit, "-", target, verdict(row, result),
               result->trouble.text);
    fflush(stdout);
}

static void print_json_text(const char *text)
{
    putchar('"');
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            putchar('\\');
        if ((unsigned char) *text >= ' ')
            putchar(*text);
    }
    putchar('"');
}

static void print_json(const bench_row_t *row, const result_t *result)
{
    printf("{\"row\": \"%s\", \"unit\": \"%s\"", row->name, row->unit);
    if (result->trouble.outcome == BENCH_MEASURED)
        printf(", \"ours\": %.3f, \"peer\": %.3f, \"ratio\": %.4f", result->ours, result->peer, result->ratio);
    if (row->target != 0)
        printf(", \"%s\": %.2f", row->more_is_better ? "at_least" : "at_most", row->target);
    printf(", \"verdict\": \"%s\", \"reason\": ", verdict(row, result));
    print_json_text(result->trouble.text);
    printf("}\n");
    fflush(stdout);
}

/* ---- rows ---- */

/* '*' is any text, '?' any character. */
static int matches(const char *glob, const char *text)
{
    if (*glob == '*')
        return matches(glob + 1, text) || (*text && matches(glob, text + 1));
    if (*glob == '\0' || *text == '\0')
        return *glob == *text;
    return (*glob == '?' || *glob == *text) && matches(glob + 1, text + 1);
}

/* 1: a target was missed, or a row failed. */
static int run_row(const options_t *options, const bench_row_t *row)
{
    result_t result;

    if (options->list) {
        puts(row->name);
        return 0;
    }
    measure(&result, row, options->runs);
    (options->json ? print_json : print_row)(row, &result);
    if (result.trouble.outcome != BENCH_MEASURED)
        return result.trouble.outcome == BENCH_FAILED;
    return row->target != 0 && !is_met(row, &result);
}

/* Returns how many rows the filter let through; *bad is set when one was. */
static size_t run_part(int *bad, const options_t *options, const bench_row_t *(*part)(size_t *count))
{
    size_t count, i, ran = 0;
    const bench_row_t *rows = part(&count);

    for (i = 0; i < count; i++)
        if (matches(options->filter, rows[i].name)) {
            *bad |= run_row(options, &rows[i]);
            ran++;
        }
    return ran;
}

/* ---- the program ---- */

static int usage(void)
{
    fprintf(stderr, "usage: carom_bench [--check] [--runs N] [--filter GLOB] [--list] [--json]\n"
                    "  --check   exit with 1 when a target is missed\n"
                    "  --runs    runs of a row, %d; at most %d\n"
                    "  --filter  rows to measure, as --list names them\n"
                    "  --json    one object a line\n",
            RUNS, RUNS_MAX);
    return 2;
}

static int read_options(options_t *options, char **argv)
{
    while (*++argv) {
        if (strcmp(*argv, "--check") == 0)
            options->check = 1;
        else if (strcmp(*argv, "--list") == 0)
            options->list = 1;
        else if (strcmp(*argv, "--json") == 0)
            options->json = 1;
        else if (strcmp(*argv, "--runs") == 0 && argv[1])
            options->runs = strtoul(*++argv, NULL, 10);
        else if (strcmp(*argv, "--filter") == 0 && argv[1])
            options->filter = *++argv;
        else
            return 0;
    }
    return options->runs >= 1 && options->runs <= RUNS_MAX;
}

int main(int argc, char **argv)
{
    options_t options = {.runs = RUNS, .filter = "*"};
    int bad = 0;
    size_t ran;

    /* The raw start of this program: loaded, and nothing else.  Before carom_init, so that what that costs counts as ours. */
    if (argc == 2 && strcmp(argv[1], BENCH_RETURN) == 0)
        return 0;
    carom_init(&argc, &argv);
    bench_program = argv[0];
    if (!read_options(&options, argv))
        return usage();
    print_head(&options);
    ran = run_part(&bad, &options, bench_connection_rows);
    ran += run_part(&bad, &options, bench_start_rows);
    ran += run_part(&bad, &options, bench_lock_rows);
    ran += run_part(&bad, &options, bench_peer_rows);
    if (ran == 0)
        fprintf(stderr, "carom_bench: no row is named %s\n", options.filter);
    return ran == 0 ? 2 : options.check && bad;
}

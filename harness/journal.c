/* The journal: a file to which every process of a case appends whole lines.  It survives whoever writes it, and nothing can
 * hang on it, as it could on a pipe. */

#include "harness/harness.h"

#include <apr_strings.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is appended at once is atomic up to this size. */
#define RECORD_MAX 4000

/* Of the process of the case only: others open, write and close, since a test may look at their descriptors.  Set before the
 * body begins, and not changed while it runs. */
static intptr_t kept = -1;

int carom__h_journal_open(const char *path)
{
    kept = carom_inspect_append_open(path);
    return kept == -1 ? -1 : 0;
}

void carom__h_journal_close(void)
{
    if (kept != -1)
        carom_inspect_append_close(kept);
    kept = -1;
}

/* ---- writing ---- */

typedef struct {
    char text[RECORD_MAX];
    size_t length;
} line_t;

/* Adds a field and the tab before it, at most `limit` bytes.  Bytes that would end field or line are written as \t, \n, \\. */
static void add_field(line_t *line, const char *field, size_t limit)
{
    size_t end = line->length + limit;

    line->text[line->length++] = '\t';
    for (; field != NULL && *field != '\0' && line->length + 2 < end; field++) {
        char escaped = *field == '\t' ? 't' : *field == '\n' ? 'n' : *field == '\\' ? '\\' : '\0';

        if (escaped != '\0')
            line->text[line->length++] = '\\';
        line->text[line->length++] = escaped != '\0' ? escaped : *field;
    }
}

static void format_record(line_t *line, const carom__h_record_t *record)
{
    line->length = (size_t) snprintf(line->text, RECORD_MAX, "%c\t%u\t%lld", record->kind, record->line,
                                     (long long) record->pid);
    add_field(line, record->file, 700);
    add_field(line, record->function, 200);
    add_field(line, record->role, 300);
    add_field(line, record->text, 2600);
    line->text[line->length++] = '\n';
}

static int append(const line_t *line)
{
    char path[1024];
    intptr_t file;
    int failed;

    if (kept != -1)
        return carom_inspect_append(kept, line->text, line->length);
    if (!carom_inspect_variable(CAROM__H_JOURNAL_VARIABLE, path, sizeof(path)))
        return -1;
    if ((file = carom_inspect_append_open(path)) == -1)
        return -1;
    failed = carom_inspect_append(file, line->text, line->length);
    carom_inspect_append_close(file);
    return failed;
}

void carom__h_journal_write(const carom__h_record_t *record)
{
    line_t line;

    format_record(&line, record);
    if (append(&line) == 0)
        return;
    fprintf(stderr, "carom-harness: no journal for: %.*s", (int) line.length, line.text);
    fflush(stderr);
    _Exit(CAROM__H_LOST);
}

/* ---- reading ---- */

static void unescape(char *field)
{
    char *to = field;

    for (; *field != '\0'; field++) {
        if (*field == '\\' && field[1] != '\0')
            field++, *to++ = *field == 't' ? '\t' : *field == 'n' ? '\n' : *field;
        else
            *to++ = *field;
    }
    *to = '\0';
}

static char *next_field(char **rest)
{
    char *field = *rest, *tab = strchr(field, '\t');

    *rest = tab != NULL ? tab + 1 : field + strlen(field);
    if (tab != NULL)
        *tab = '\0';
    unescape(field);
    return field;
}

static void read_line(carom__h_record_t *record, char *line)
{
    record->kind = (carom__h_kind_t) *next_field(&line);
    record->line = (unsigned) strtoul(next_field(&line), NULL, 10);
    record->pid = strtoll(next_field(&line), NULL, 10);
    record->file = next_field(&line);
    record->function = next_field(&line);
    record->role = next_field(&line);
    record->text = next_field(&line);
}

apr_array_header_t *carom__h_journal_read(const char *path, apr_pool_t *pool)
{
    apr_array_header_t *records = apr_array_make(pool, 8, sizeof(carom__h_record_t));
    char *line = apr_pstrdup(pool, carom__h_file_read(path, (size_t) -1, pool)), *end;

    for (; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        *end = '\0';
        read_line(apr_array_push(records), line);
    }
    return records;
}

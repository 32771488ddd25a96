/* Where the threads of a case stood: asked by the runner when its time is up, said by its processes when they crash. */

#include "harness/harness.h"

#include <apr_strings.h>
#include <string.h>

#define SHOWN_MAX (64 * 1024)

/* Many processes say no more than a few of them. */
#define READ_MAX (1024 * 1024)

typedef struct {
    apr_array_header_t *lines;   /* const char * */
    size_t length;
    int left_out;
} text_t;

static void add_line(void *argument, const char *line)
{
    text_t *text = argument;
    size_t length = strlen(line) + 1;

    if (text->left_out > 0 || text->length + length > SHOWN_MAX) {
        text->left_out++;
        return;
    }
    text->length += length;
    *(const char **) apr_array_push(text->lines) = apr_pstrdup(text->lines->pool, line);
}

static void begin_text(text_t *text, apr_pool_t *pool)
{
    text->lines = apr_array_make(pool, 64, sizeof(const char *));
    text->length = 0;
    text->left_out = 0;
}

static const char *end_text(text_t *text)
{
    apr_pool_t *pool = text->lines->pool;

    if (text->left_out > 0)
        *(const char **) apr_array_push(text->lines) = apr_psprintf(pool, "%d more lines are left out", text->left_out);
    return apr_array_pstrcat(pool, text->lines, '\n');
}

void carom__h_stacks_take(carom__h_session_t *session, carom__h_run_t *run)
{
    text_t text;

    begin_text(&text, session->pool);
    carom_inspect_stacks(run->process, run->folder, add_line, &text);
    run->stacks = end_text(&text);
}

static void add_lines(text_t *text, const char *lines)
{
    char *copy = apr_pstrdup(text->lines->pool, lines), *line, *rest;

    for (line = apr_strtok(copy, "\r\n", &rest); line != NULL; line = apr_strtok(NULL, "\r\n", &rest))
        add_line(text, line);
}

void carom__h_stacks_read(carom__h_session_t *session, carom__h_run_t *run)
{
    text_t text;

    begin_text(&text, session->pool);
    add_lines(&text, carom__h_file_read(run->crashes, READ_MAX, session->pool));
    if (run->stacks != NULL)
        add_lines(&text, run->stacks);
    run->stacks = end_text(&text);
}

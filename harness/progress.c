/* How far it is, on a terminal: [12/340 3 failed, 2 running] queue[thread]/put_get 4.1 s */

#include "harness/harness.h"

#include <stdio.h>

#define EVERY 100000               /* microseconds */
#define WIDTH 79

static int is_shown;

void carom__h_progress_hide(void)
{
    if (!is_shown)
        return;
    fprintf(stderr, "\r%*s\r", WIDTH, "");
    fflush(stderr);
    is_shown = 0;
}

static void describe(char *line, size_t size, const carom__h_session_t *session, carom_duration_t now)
{
    const carom__h_run_t *oldest = NULL;
    int i, finished = 0, running = 0;

    for (i = 0; i < session->runs->nelts; i++) {
        const carom__h_run_t *run = &APR_ARRAY_IDX(session->runs, i, carom__h_run_t);
        int runs = run->state == CAROM__H_RUNNING || run->state == CAROM__H_LINGERING;

        finished += run->state == CAROM__H_FINISHED;
        running += runs;
        if (runs && (oldest == NULL || run->began < oldest->began))
            oldest = run;
    }
    snprintf(line, size, "[%d/%d %d failed, %d running] %s %.1f s", finished, session->runs->nelts,
             session->counts[CAROM__H_FAILED], running, oldest != NULL ? oldest->of->name : "",
             oldest != NULL ? (double) (now - oldest->began) / 1e6 : 0.0);
}

void carom__h_progress_show(const carom__h_session_t *session)
{
    static carom_duration_t last;
    static int has_terminal = -1;
    carom_duration_t now = carom_now();
    char line[WIDTH + 1];

    if (has_terminal == -1)
        has_terminal = carom_inspect_has_terminal();
    if (!has_terminal || now - last < EVERY)
        return;
    last = now;
    describe(line, sizeof(line), session, now);
    fprintf(stderr, "\r%-*s", WIDTH, line);
    fflush(stderr);
    is_shown = 1;
}

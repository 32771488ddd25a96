/* What has a name in the whole system: it outlives every process, and does not say who made it.  So the runner looks before and
 * after each case, and what came meanwhile has as suspects the cases that ran just then: one, or with -j several.  Once all of
 * them have ended, nothing of theirs can hold it any more or take it away.  If nobody else holds it either, a single suspect is
 * charged; of several each runs once more, alone (run.c), and who then leaves such a thing again is charged.  When none does,
 * the session fails and names them all.  While other test programs run nobody is charged, and the report says what there is.  A
 * neighbour is never blamed. */

#include "harness/harness.h"

#include <apr_strings.h>
#include <stdlib.h>
#include <string.h>

/* ---- looking ---- */

static void add_suspects(carom__h_session_t *session, carom__h_find_t *found)
{
    carom__h_run_t *runs = (carom__h_run_t *) session->runs->elts;
    int i;

    found->suspects = apr_array_make(session->pool, 1, sizeof(carom__h_run_t *));
    for (i = 0; i < session->runs->nelts; i++)
        if (runs[i].state == CAROM__H_RUNNING || runs[i].state == CAROM__H_LINGERING)
            *(carom__h_run_t **) apr_array_push(found->suspects) = &runs[i];
}

void carom__h_names_look(carom__h_session_t *session)
{
    carom__h_snapshot_t now = {NULL, 0, 0};
    unsigned told;
    size_t i;

    if (!session->looked)
        carom__h_alone_begin(session);
    told = carom_inspect_names(carom__h_snapshot_add, &now);
    if (told == 0)
        carom__h_alone_end(session);
    for (i = 0; i < now.count && session->looked; i++) {
        carom__h_find_t *found;

        if (carom__h_snapshot_has(&session->names, &now.things[i]))
            continue;
        found = apr_array_push(session->finds);
        memset(found, 0, sizeof(*found));
        found->thing = now.things[i];
        add_suspects(session, found);
    }
    free(session->names.things);
    session->names = now;
    session->looked = 1;
}

void carom__h_names_close(carom__h_session_t *session)
{
    free(session->names.things);
    memset(&session->names, 0, sizeof(session->names));
    carom__h_alone_end(session);
}

/* ---- settling ---- */

static int runs_still(const carom__h_find_t *found)
{
    int i;

    for (i = 0; i < found->suspects->nelts; i++) {
        carom__h_state_t state = APR_ARRAY_IDX(found->suspects, i, const carom__h_run_t *)->state;

        if (state == CAROM__H_RUNNING || state == CAROM__H_LINGERING)
            return 1;
    }
    return 0;
}

void carom__h_names_charge(carom__h_find_t *found, carom__h_run_t *run)
{
    found->settled = 1;
    if (!(found->thing.kind & carom__h_allowed_kinds(run->of->entry->options.leaves)))
        *(carom_inspect_thing_t *) apr_array_push(run->left) = found->thing;
}

int carom__h_names_charge_new(carom__h_session_t *session, int since, carom_inspect_kind_t kind, carom__h_run_t *run)
{
    int i, count = 0;

    for (i = since; i < session->finds->nelts; i++) {
        carom__h_find_t *found = &APR_ARRAY_IDX(session->finds, i, carom__h_find_t);

        if (found->thing.kind != kind || !carom_inspect_is_left(&found->thing))
            continue;
        carom__h_names_charge(found, run);
        count++;
    }
    return count;
}

/* One that may leave such a thing is the likeliest to have left it. */
void carom__h_names_charge_nobody(carom__h_session_t *session, carom__h_find_t *found)
{
    int i;

    found->settled = 1;
    for (i = 0; i < found->suspects->nelts; i++)
        if (found->thing.kind &
            carom__h_allowed_kinds(APR_ARRAY_IDX(found->suspects, i, const carom__h_run_t *)->of->entry->options.leaves))
            return;
    *(carom__h_find_t *) apr_array_push(session->riddles) = *found;
}

/* When the first of them began. */
static carom_duration_t beginning_of(const carom__h_find_t *found)
{
    carom_duration_t first = CAROM_FOREVER;
    int i;

    for (i = 0; i < found->suspects->nelts; i++) {
        const carom__h_run_t *run = APR_ARRAY_IDX(found->suspects, i, const carom__h_run_t *);

        first = first == CAROM_FOREVER || run->began < first ? run->began : first;
    }
    return first;
}

/* The grace is for the things of other programs, which come and go. */
static void settle(carom__h_session_t *session, carom__h_find_t *found)
{
    if (found->suspects->nelts == 0 || !carom__h_snapshot_has(&session->names, &found->thing)) {
        found->settled = 1;
        return;
    }
    if (runs_still(found))
        return;
    if (found->until == 0)
        found->until = carom_now() + CAROM__H_GRACE;
    if (carom_now() < found->until)
        return;
    /* Another runner holds it for a moment when it asks the same. */
    if (!carom_inspect_is_left(&found->thing))
        found->settled = carom_now() > found->until + CAROM__H_GRACE;
    else if (!carom__h_alone_since(session, beginning_of(found))) {
        found->settled = 1;
        *(carom_inspect_thing_t *) apr_array_push(session->strays) = found->thing;
    } else if (found->suspects->nelts == 1)
        carom__h_names_charge(found, APR_ARRAY_IDX(found->suspects, 0, carom__h_run_t *));
    else
        found->doubtful = 1;
}

carom__h_find_t *carom__h_names_settle(carom__h_session_t *session)
{
    carom__h_find_t *doubt = NULL;
    int i, open = 0;

    for (i = 0; i < session->finds->nelts; i++) {
        carom__h_find_t *found = &APR_ARRAY_IDX(session->finds, i, carom__h_find_t);

        if (!found->settled && !found->doubtful)
            settle(session, found);
        if (!found->settled && found->doubtful && doubt == NULL)
            doubt = found;
        open += !found->settled;
    }
    if (open == 0)
        session->finds->nelts = 0;
    return doubt;
}

int carom__h_names_suspect(const carom__h_session_t *session, const carom__h_run_t *run)
{
    int i, k;

    for (i = 0; i < session->finds->nelts; i++) {
        const carom__h_find_t *found = &APR_ARRAY_IDX(session->finds, i, carom__h_find_t);

        for (k = 0; k < found->suspects->nelts && !found->settled; k++)
            if (APR_ARRAY_IDX(found->suspects, k, const carom__h_run_t *) == run)
                return 1;
    }
    return 0;
}

/* The team: which worker does what, and what happens when one dies.
 *
 * Each worker has a connection of its own and at most WINDOW slices of files under way.  What a worker that dies has not answered
 * another one gets: a death costs a retry, never the run. */

#include "indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WINDOW 2                       /* one to work on, one to go on with */
#define BARREN_MAX 100                 /* deaths without an answer in between: something is wrong with all workers */
#define SHOTS 16                       /* about so many a run, and half of it at least, with kill_workers */
#define PROGRESS_EVERY carom_milliseconds(100)

typedef struct member_t {
    carom_process_t *process;          /* NULL: nobody is hired */
    carom_connection_t *connection;
    slice_t *work[WINDOW];             /* in the order of sending */
    size_t work_count;
    int shot;                          /* by us */
} member_t;

typedef struct team_t {
    const team_options_t *options;
    team_report_t *report;
    files_t *files;
    slices_t slices;
    member_t *members;
    carom_wait_item_t *items;          /* of each member its connection, then its process */
    size_t size, done;                 /* members; files */
    unsigned barren;                   /* deaths since the last answer */
    size_t until_shot;                 /* answers; this and the next for kill_workers */
    uint64_t lot;
    carom_duration_t shown;            /* the last progress, when */
} team_t;

/* ---- progress, on a terminal ---- */

static void show_progress(team_t *team)
{
    if (!team->options->shows_progress || carom_now() - team->shown < PROGRESS_EVERY)
        return;
    team->shown = carom_now();
    fprintf(stderr, "\r%zu of %zu files ", team->done, team->files->count);
    fflush(stderr);
}

static void end_progress(const team_t *team)
{
    if (team->shown > 0)
        fprintf(stderr, "\r%*s\r", 60, "");
}

/* ---- killing workers, to show that it does no harm ---- */

static size_t draw(team_t *team, size_t below)
{
    team->lot ^= team->lot << 13;
    team->lot ^= team->lot >> 7;
    team->lot ^= team->lot << 17;
    return (size_t) (team->lot % below);
}

static void set_next_shot(team_t *team)
{
    team->until_shot = 1 + draw(team, 1 + 2 * team->slices.cut / SHOTS);
}

/* Somebody who is at work, begun to look for anywhere. */
static void shoot(team_t *team)
{
    size_t start = draw(team, team->size), i;
    member_t *member;

    for (i = 0; i < team->size; i++) {
        member = &team->members[(start + i) % team->size];
        if (member->work_count > 0 && !member->shot && carom_process_kill(member->process) == CAROM_OK) {
            member->shot = 1;
            team->report->shot++;
            return;
        }
    }
}

/* ---- workers come and go ---- */

static carom_status_t hire(team_t *team, member_t *member)
{
    carom_status_t status = worker_start(&member->process, &member->connection, team->options->context);

    if (status != CAROM_OK)
        return status;
    team->report->hired++;
    member->work_count = 0;
    member->shot = 0;
    return CAROM_OK;
}

static void dismiss(member_t *member)
{
    carom_connection_close(&member->connection);
    carom_process_destroy(&member->process);
}

/* Only what it was working on can have been its death: its oldest slice.  One that we shot died of that. */
static void bury(team_t *team, member_t *member)
{
    while (member->work_count > 1)
        slices_return(&team->slices, member->work[--member->work_count]);
    if (member->work_count == 1 && member->shot)
        slices_return(&team->slices, member->work[0]);
    else if (member->work_count == 1)
        slices_survive(&team->slices, member->work[0], team->files);
    member->work_count = 0;
    team->report->died++;
    team->barren++;
    dismiss(member);
}

/* ---- work ---- */

static carom_status_t send_slice(const team_t *team, carom_connection_t *connection, const slice_t *slice)
{
    carom_value_t paths, path;
    carom_status_t status = carom_value_list(&paths);
    const char *name;
    size_t i;

    for (i = slice->first; i < slice->first + slice->count && status == CAROM_OK; i++) {
        name = team->files->all[i].path;
        path = carom_value_borrow_bytes(name, strlen(name));
        status = carom_value_append(&paths, &path);
    }
    /* Does not wait: a WINDOW of slices fits into the connection. */
    if (status == CAROM_OK)
        status = carom_connection_send(connection, paths, CAROM_FOREVER);
    carom_value_clear(&paths);
    return status;
}

/* Gives a worker its next slice.  A worker that cannot be sent to has died. */
static carom_status_t employ(team_t *team, member_t *member, slice_t *slice)
{
    carom_status_t status = member->process ? CAROM_OK : hire(team, member);

    if (status == CAROM_OK)
        status = send_slice(team, member->connection, slice);
    if (status == CAROM_OK) {
        member->work[member->work_count++] = slice;
        return CAROM_OK;
    }
    slices_return(&team->slices, slice);
    if (member->process == NULL || status == CAROM_ENOMEM)
        return status;
    bury(team, member);
    return CAROM_OK;
}

/* Workers with something to do. */
static size_t busy_workers(const team_t *team)
{
    size_t busy = 0, i;

    for (i = 0; i < team->size; i++)
        busy += team->members[i].work_count > 0;
    return busy;
}

/* Everybody gets one slice before anybody gets two.  When the system has no room for another worker, those that there are do. */
static carom_status_t employ_all(team_t *team)
{
    carom_status_t status = CAROM_OK;
    slice_t *slice;
    size_t depth, i;

    for (depth = 0; depth < WINDOW; depth++)
        for (i = 0; i < team->size && status == CAROM_OK; i++)
            if (team->members[i].work_count <= depth && (slice = slices_take(&team->slices)) != NULL)
                status = employ(team, &team->members[i], slice);
    return busy_workers(team) > 0 ? CAROM_OK : status;
}

/* The answers go to their files: an index each, or the reason why there is none. */
static void take_answers(team_t *team, const slice_t *slice, carom_value_t *answers)
{
    file_t *file;
    size_t i;

    for (i = 0; i < slice->count; i++) {
        file = &team->files->all[slice->first + i];
        if (carom_value_take(&file->index, answers, i) != CAROM_OK)
            file->fate = FATE_UNREADABLE;
        else if (carom_value_type(file->index) == CAROM_BYTES)
            file->fate = FATE_INDEXED;
        else
            file->fate = (fate_t) carom_value_int(file->index);
    }
    team->done += slice->count;
}

static void finish_slice(team_t *team, member_t *member, carom_value_t *answers)
{
    take_answers(team, member->work[0], answers);
    carom_value_clear(answers);
    memmove(member->work, member->work + 1, --member->work_count * sizeof member->work[0]);
    team->slices.unfinished--;
    team->barren = 0;
    if (team->options->kill_workers && --team->until_shot == 0) {
        shoot(team);
        set_next_shot(team);
    }
    show_progress(team);
}

/* Takes what has come from a worker, and notices when no more will. */
static void attend(team_t *team, member_t *member, int has_ended)
{
    carom_value_t answers;
    carom_status_t status;

    while ((status = carom_connection_receive(&answers, member->connection, 0)) == CAROM_OK)
        finish_slice(team, member, &answers);
    if (status != CAROM_ETIMEOUT || has_ended)
        bury(team, member);
}

static void set_item(carom_wait_item_t items[2], const member_t *member)
{
    items[0].kind = items[1].kind = CAROM_WAIT_NOTHING;
    if (member->process != NULL) {
        items[0] = carom_wait_connection(member->connection);
        items[1] = carom_wait_process(member->process);
    }
}

static carom_status_t attend_all(team_t *team)
{
    carom_wait_item_t *items = team->items;
    carom_status_t status;
    size_t i;

    for (i = 0; i < team->size; i++)
        set_item(&items[2 * i], &team->members[i]);
    status = carom_wait(items, 2 * team->size, NULL, CAROM_FOREVER);
    for (i = 0; i < team->size && status == CAROM_OK; i++)
        if (items[2 * i].kind != CAROM_WAIT_NOTHING && (items[2 * i].ready || items[2 * i + 1].ready))
            attend(team, &team->members[i], items[2 * i + 1].ready);
    return status;
}

static carom_status_t work(team_t *team)
{
    carom_status_t status = CAROM_OK;

    while (team->slices.unfinished > 0 && status == CAROM_OK) {
        status = employ_all(team);
        if (status == CAROM_OK && busy_workers(team) > 0)
            status = attend_all(team);
        if (team->barren > BARREN_MAX)
            status = CAROM_EDIED;
    }
    return status;
}

/* All are told to end before the first is waited for. */
static void dismiss_all(team_t *team)
{
    size_t i;

    for (i = 0; i < team->size; i++)
        carom_connection_close(&team->members[i].connection);
    for (i = 0; i < team->size; i++)
        dismiss(&team->members[i]);
}

carom_status_t team_index(team_report_t *report, files_t *files, const team_options_t *options)
{
    team_t team = {.options = options, .report = report, .files = files, .slices.pool = files->pool};
    carom_status_t status;

    slices_cut(&team.slices, files);
    team.size = options->jobs < team.slices.cut ? options->jobs : team.slices.cut;
    team.members = calloc(team.size + 1, sizeof *team.members);
    team.items = calloc(team.size + 1, 2 * sizeof *team.items);
    team.lot = options->seed * 2 + 1;
    set_next_shot(&team);
    status = team.members && team.items ? work(&team) : CAROM_ENOMEM;
    if (team.members)
        dismiss_all(&team);
    end_progress(&team);
    report->size = team.size;
    report->slices = team.slices.cut;
    free(team.members);
    free(team.items);
    return status;
}

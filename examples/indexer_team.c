/* The team: an exchange that runs a worker for each slice of files, so many at a time.
 *
 * A worker sends a result for each file, in order: so when one dies, the first file without a result is the one it died over,
 * and another worker goes on there.  A death costs a retry, never the run. */

#include "indexer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEATHS_MAX 3                   /* over one file */
#define BARREN_MAX 100                 /* deaths without a result in between: something is wrong with all workers */
#define SHOTS 16                       /* about so many a run, and half of it at least, with kill_workers */
#define PROGRESS_EVERY carom_milliseconds(100)

/* What a worker still has to do. */
typedef struct slice_t {
    size_t first, count;               /* of files_t.all */
    int shot;                          /* by us */
} slice_t;

typedef struct team_t {
    const team_options_t *options;
    team_report_t *report;
    files_t *files;
    carom_exchange_t *exchange;
    slice_t *slices;                   /* by the number of the start */
    size_t capacity, done;             /* of slices; files */
    unsigned barren;                   /* deaths since the last result */
    carom_status_t status;             /* why it cannot go on */
    size_t until_shot;                 /* results; this and the next for kill_workers */
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
    team->until_shot = 1 + draw(team, 1 + 2 * team->files->count / SHOTS);
}

/* Who has just sent a result, and has more to do. */
static void shoot_by_lot(team_t *team, slice_t *slice, carom_channel_t *channel)
{
    if (!team->options->kill_workers)
        return;
    if (team->until_shot > 1) {
        team->until_shot--;
        return;
    }
    if (slice->count == 0)
        return;
    set_next_shot(team);
    slice->shot = carom_process_kill(carom_channel_process(channel)) == CAROM_OK;
}

/* ---- work ---- */

static int reserve_slice(team_t *team, size_t number)
{
    size_t capacity = team->capacity ? 2 * team->capacity : 64;
    slice_t *larger;

    if (number < team->capacity)
        return 1;
    larger = realloc(team->slices, capacity * sizeof *larger);
    if (larger == NULL)
        return 0;
    team->slices = larger;
    team->capacity = capacity;
    return 1;
}

static void start_slice(team_t *team, size_t first, size_t count)
{
    size_t number = (size_t) carom_exchange_started(team->exchange), i;
    carom_value_t paths[FILES_SLICE_MAX];
    const char *path;

    if (!reserve_slice(team, number)) {
        team->status = CAROM_ENOMEM;
        return;
    }
    for (i = 0; i < count; i++) {
        path = team->files->all[first + i].path;
        paths[i] = carom_value_borrow_bytes(path, strlen(path));
    }
    team->slices[number] = (slice_t) {first, count, 0};
    team->status = worker_start(team->exchange, paths, count);
}

/* An index, or the reason why there is none. */
static void take_answer(team_t *team, slice_t *slice, const carom_result_t *result)
{
    file_t *file = &team->files->all[slice->first];

    if (slice->count == 0)
        return;
    file->fate = FATE_INDEXED;
    file->index = *result->value;
    *result->value = carom_value_none();
    if (carom_value_type(file->index) != CAROM_BYTES)
        file->fate = result->status == CAROM_OK ? (fate_t) carom_value_int(file->index) : FATE_UNREADABLE;
    slice->first++;
    slice->count--;
    team->done++;
    team->barren = 0;
}

/* Who was shot died of that, and not of the file. */
static void bury(team_t *team, slice_t *slice, const carom_outcome_t *outcome)
{
    file_t *file = &team->files->all[slice->first];

    team->report->died++;
    team->report->shot += slice->shot && outcome->status == CAROM_EDIED;
    if (slice->count > 0 && !slice->shot && ++file->deaths == DEATHS_MAX) {
        file->fate = FATE_WORKER_DIED;
        slice->first++;
        slice->count--;
        team->done++;
    }
    if (++team->barren > BARREN_MAX)
        team->status = CAROM_EDIED;
    else if (slice->count > 0)
        start_slice(team, slice->first, slice->count);
}

static void take_result(void *baton, const carom_result_t *result)
{
    team_t *team = baton;
    slice_t *slice = &team->slices[result->number];

    if (team->status != CAROM_OK)
        return;
    if (!result->last) {
        take_answer(team, slice, result);
        shoot_by_lot(team, slice, result->channel);
        show_progress(team);
        return;
    }
    team->report->hired++;
    if (slice->shot && result->outcome->status != CAROM_EDIED)
        team->until_shot = 1;          /* it had done everything before the shot: the next one instead */
    if (result->status != CAROM_OK || slice->count > 0)
        bury(team, slice, result->outcome);
}

static void work(team_t *team)
{
    carom_status_t status = CAROM_OK;
    size_t first, count;

    for (first = 0; first < team->files->count && team->status == CAROM_OK; first += count) {
        count = files_slice(team->files, first);
        start_slice(team, first, count);
        team->report->slices++;
    }
    while (status == CAROM_OK && team->status == CAROM_OK)
        status = carom_exchange_store(team->exchange, CAROM_FOREVER);
    if (team->status == CAROM_OK && status != CAROM_ENOKEY)
        team->status = status;
}

carom_status_t team_index(team_report_t *report, files_t *files, const team_options_t *options)
{
    carom_exchange_options_t how = CAROM_EXCHANGE_OPTIONS_INIT;
    team_t team = {.options = options, .report = report, .files = files, .lot = options->seed * 2 + 1};

    how.context = options->context;
    how.limit = (unsigned) options->jobs;
    how.on_result = take_result;
    how.baton = &team;
    set_next_shot(&team);
    team.status = carom_exchange_create(&team.exchange, &how);
    if (team.status == CAROM_OK)
        work(&team);
    carom_exchange_destroy(&team.exchange);
    end_progress(&team);
    report->size = options->jobs < report->slices ? options->jobs : report->slices;
    free(team.slices);
    return team.status;
}

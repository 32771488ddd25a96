/* The gate behind a body: what this process has now, and had not before. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN 5000     /* microseconds */

static void add_thing(void *argument, const carom_inspect_thing_t *thing)
{
    carom__h_snapshot_t *snapshot = argument;

    if (snapshot->count == snapshot->capacity) {
        size_t capacity = snapshot->capacity * 2 + 64;
        carom_inspect_thing_t *things = realloc(snapshot->things, capacity * sizeof(*things));

        if (things == NULL)
            return;
        snapshot->things = things;
        snapshot->capacity = capacity;
    }
    snapshot->things[snapshot->count++] = *thing;
}

static void look(carom__h_snapshot_t *snapshot)
{
    snapshot->count = 0;
    snapshot->told = carom_inspect_list(add_thing, snapshot);
}

/* Twice: what the system makes for the first look is no business of the body's. */
void carom__h_gate_open(carom__h_snapshot_t *before)
{
    memset(before, 0, sizeof(*before));
    look(before);
    look(before);
}

/* A descriptor that points elsewhere than before is another one, whatever its number. */
static int was_there(const carom__h_snapshot_t *before, const carom_inspect_thing_t *thing)
{
    size_t i;

    for (i = 0; i < before->count; i++) {
        const carom_inspect_thing_t *one = &before->things[i];

        if (one->kind == thing->kind && one->id == thing->id &&
            (thing->kind != CAROM_INSPECT_DESCRIPTOR || strcmp(one->text, thing->text) == 0))
            return 1;
    }
    return 0;
}

static unsigned allowed_kinds(unsigned leaves)
{
    unsigned kinds = 0;

    if (leaves & CAROM_LEAVES_PROCESSES)
        kinds |= CAROM_INSPECT_CHILD | CAROM_INSPECT_ZOMBIE;
    if (leaves & CAROM_LEAVES_THREADS)
        kinds |= CAROM_INSPECT_THREAD;
    if (leaves & CAROM_LEAVES_DESCRIPTORS)
        kinds |= CAROM_INSPECT_DESCRIPTOR;
    return kinds;
}

/* Takes out of `after` what was there before or may be left. */
static void keep_leaks(carom__h_snapshot_t *after, const carom__h_snapshot_t *before, unsigned allowed)
{
    size_t i, kept = 0;

    for (i = 0; i < after->count; i++)
        if (!(after->things[i].kind & allowed) && !was_there(before, &after->things[i]))
            after->things[kept++] = after->things[i];
    after->count = kept;
}

static const char *kind_name(carom_inspect_kind_t kind)
{
    switch (kind) {
    case CAROM_INSPECT_CHILD:
        return "process";
    case CAROM_INSPECT_ZOMBIE:
        return "zombie";
    case CAROM_INSPECT_THREAD:
        return "thread";
    case CAROM_INSPECT_DESCRIPTOR:
        break;
    }
    return "descriptor";
}

static void write_leak(const char *text)
{
    carom__h_record_t record = {CAROM__H_LEAK, 0, carom_inspect_pid(), "", "", "body", text};

    carom__h_journal_write(&record);
}

static void write_things(const carom__h_snapshot_t *leaks)
{
    char text[400];
    size_t i;

    for (i = 0; i < leaks->count; i++) {
        const carom_inspect_thing_t *thing = &leaks->things[i];

        snprintf(text, sizeof(text), "%s %lld left behind: %s", kind_name(thing->kind), (long long) thing->id, thing->text);
        write_leak(text);
    }
}

/* A file that the thread sanitizer makes at the start of a process and unlinks at once: who is killed just then leaves it. */
static int is_of_the_runtime(const char *name)
{
    return strncmp(name, "tsan.rodata.", strlen("tsan.rodata.")) == 0;
}

/* Files in the folder of the case; `tell` says whether they become leaks of the journal. */
static unsigned count_files(const char *directory, int tell)
{
    apr_pool_t *pool;
    apr_dir_t *open;
    apr_finfo_t info;
    unsigned count = 0;
    char text[400];

    if (apr_pool_create(&pool, NULL) != APR_SUCCESS)
        return 0;
    if (apr_dir_open(&open, directory, pool) == APR_SUCCESS) {
        while (apr_dir_read(&info, APR_FINFO_NAME, open) == APR_SUCCESS) {
            if (strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0 || is_of_the_runtime(info.name))
                continue;
            snprintf(text, sizeof(text), "file left behind: %.300s", info.name);
            if (tell)
                write_leak(text);
            count++;
        }
        apr_dir_close(open);
    }
    apr_pool_destroy(pool);
    return count;
}

unsigned carom__h_gate_check(carom__h_snapshot_t *before, const char *directory, unsigned leaves)
{
    carom__h_snapshot_t after;
    carom_duration_t until = carom_now() + CAROM__H_GRACE;
    unsigned count;

    memset(&after, 0, sizeof(after));
    for (;;) {
        look(&after);
        keep_leaks(&after, before, allowed_kinds(leaves));
        if ((after.count == 0 && (leaves & CAROM_LEAVES_FILES || count_files(directory, 0) == 0)) || carom_now() > until)
            break;
        apr_sleep(LOOK_AGAIN);
    }
    write_things(&after);
    count = (unsigned) after.count;
    free(after.things);
    free(before->things);
    if (!(leaves & CAROM_LEAVES_FILES))
        count += count_files(directory, 1);
    return count;
}

static void see_nothing(void *argument, const carom_inspect_thing_t *thing)
{
    (void) argument;
    (void) thing;
}

const char *carom__h_gate_blind(void)
{
    static char text[200];
    unsigned told = carom_inspect_list(see_nothing, NULL);

    snprintf(text, sizeof(text), "the leak gate cannot see%s%s%s on this system",
             told & CAROM_INSPECT_CHILD ? "" : " processes", told & CAROM_INSPECT_THREAD ? "" : " threads",
             told & CAROM_INSPECT_DESCRIPTOR ? "" : " descriptors");
    return told & CAROM_INSPECT_CHILD && told & CAROM_INSPECT_THREAD && told & CAROM_INSPECT_DESCRIPTOR ? NULL : text;
}

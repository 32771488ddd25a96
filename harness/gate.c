/* The gate behind a body: what this process has now, and had not before. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_time.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LOOK_AGAIN 5000     /* microseconds */

/* What each kind is called, and the option that allows it. */
static const struct {
    carom_inspect_kind_t kind;
    unsigned leaves;
    const char *name;
} kinds[] = {
    {CAROM_INSPECT_CHILD, CAROM_LEAVES_PROCESSES, "process"},
    {CAROM_INSPECT_ZOMBIE, CAROM_LEAVES_PROCESSES, "zombie"},
    {CAROM_INSPECT_THREAD, CAROM_LEAVES_THREADS, "thread"},
    {CAROM_INSPECT_DESCRIPTOR, CAROM_LEAVES_DESCRIPTORS, "descriptor"},
    {CAROM_INSPECT_SEGMENT, CAROM_LEAVES_SEGMENTS, "segment"},
    {CAROM_INSPECT_SEMAPHORE, CAROM_LEAVES_SEMAPHORES, "semaphore"},
    {CAROM_INSPECT_QUEUE, CAROM_LEAVES_QUEUES, "queue"},
    {CAROM_INSPECT_DISPOSITION, CAROM_LEAVES_SIGNALS, "signal disposition"},
    {CAROM_INSPECT_MASK, CAROM_LEAVES_SIGNALS, "signal mask"},
    {CAROM_INSPECT_TIMER, CAROM_LEAVES_TIMERS, "timer"},
    {CAROM_INSPECT_DIRECTORY, CAROM_LEAVES_DIRECTORY, "current directory"},
    {CAROM_INSPECT_UMASK, CAROM_LEAVES_UMASK, "umask"},
};

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

/* Nothing is left behind of these: they are other than before. */
#define STATE                                                                                                                  \
    (CAROM_INSPECT_DISPOSITION | CAROM_INSPECT_MASK | CAROM_INSPECT_TIMER | CAROM_INSPECT_DIRECTORY | CAROM_INSPECT_UMASK)

static const char *kind_name(carom_inspect_kind_t kind)
{
    size_t i;

    for (i = 0; i < KIND_COUNT && kinds[i].kind != kind; i++)
        ;
    return i < KIND_COUNT ? kinds[i].name : "thing";
}

unsigned carom__h_allowed_kinds(unsigned leaves)
{
    unsigned allowed = 0;
    size_t i;

    for (i = 0; i < KIND_COUNT; i++)
        if (leaves & kinds[i].leaves)
            allowed |= kinds[i].kind;
    return allowed;
}

void carom__h_leak_text(char *text, size_t size, const carom_inspect_thing_t *thing)
{
    snprintf(text, size, "%s %lld left behind: %s", kind_name(thing->kind), (long long) thing->id, thing->text);
}

/* ---- snapshots ---- */

void carom__h_snapshot_add(void *argument, const carom_inspect_thing_t *thing)
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

static const carom_inspect_thing_t *find(const carom__h_snapshot_t *snapshot, carom_inspect_kind_t kind, int64_t id)
{
    size_t i;

    for (i = 0; i < snapshot->count; i++)
        if (snapshot->things[i].kind == kind && snapshot->things[i].id == id)
            return &snapshot->things[i];
    return NULL;
}

/* A process may have another command than before, and a thread another name.  A descriptor that points elsewhere than before is
 * another one, whatever its number, and so are all others. */
int carom__h_snapshot_has(const carom__h_snapshot_t *snapshot, const carom_inspect_thing_t *thing)
{
    size_t i;

    for (i = 0; i < snapshot->count; i++) {
        const carom_inspect_thing_t *one = &snapshot->things[i];

        if (one->kind == thing->kind && one->id == thing->id &&
            (thing->kind & (CAROM_INSPECT_CHILD | CAROM_INSPECT_ZOMBIE | CAROM_INSPECT_THREAD) ||
             strcmp(one->text, thing->text) == 0))
            return 1;
    }
    return 0;
}

static void see_nothing(void *argument, const carom_inspect_thing_t *thing)
{
    (void) argument;
    (void) thing;
}

static void look(carom__h_snapshot_t *snapshot)
{
    snapshot->count = 0;
    carom_inspect_list(carom__h_snapshot_add, snapshot);
    carom_inspect_state(carom__h_snapshot_add, snapshot);
}

/* Twice: what the system makes for the first look is no business of the body's. */
void carom__h_gate_open(carom__h_snapshot_t *before)
{
    memset(before, 0, sizeof(*before));
    carom_inspect_list(see_nothing, NULL);
    look(before);
}

/* Only dispositions that are not the default are shown: the others are entered here, so that what was set back is seen too. */
static void add_defaults(carom__h_snapshot_t *to, const carom__h_snapshot_t *from)
{
    size_t i;

    for (i = 0; i < from->count; i++) {
        carom_inspect_thing_t thing = from->things[i];

        if (thing.kind != CAROM_INSPECT_DISPOSITION || find(to, thing.kind, thing.id) != NULL)
            continue;
        snprintf(strchr(thing.text, ':'), sizeof(": default"), ": default");
        carom__h_snapshot_add(to, &thing);
    }
}

/* Takes out of `after` what was there before or may be left. */
static void keep_leaks(carom__h_snapshot_t *after, const carom__h_snapshot_t *before, unsigned allowed)
{
    size_t i, kept = 0;

    for (i = 0; i < after->count; i++)
        if (!(after->things[i].kind & allowed) && !carom__h_snapshot_has(before, &after->things[i]))
            after->things[kept++] = after->things[i];
    after->count = kept;
}

/* ---- what is said of it ---- */

static void write_leak(const char *text)
{
    carom__h_record_t record = {CAROM__H_LEAK, 0, carom_inspect_pid(), "", "", "body", text};

    carom__h_journal_write(&record);
}

static void write_things(const carom__h_snapshot_t *leaks, const carom__h_snapshot_t *before)
{
    char text[600];
    size_t i;

    for (i = 0; i < leaks->count; i++) {
        const carom_inspect_thing_t *thing = &leaks->things[i], *was = find(before, thing->kind, thing->id);

        if (thing->kind & STATE)
            snprintf(text, sizeof(text), "%s left changed: was %s, is %s", kind_name(thing->kind),
                     was != NULL ? was->text : "not told", thing->text);
        else
            carom__h_leak_text(text, sizeof(text), thing);
        write_leak(text);
    }
}

/* Files that the thread sanitizer and valgrind make at the start of a process and unlink at once: who is killed just then
 * leaves them. */
static int is_of_the_runtime(const char *name)
{
    return strncmp(name, "tsan.rodata.", strlen("tsan.rodata.")) == 0 ||
           strncmp(name, "valgrind_proc_", strlen("valgrind_proc_")) == 0;
}

/* The type is told where the system tells it beside the name. */
static int next_file(apr_finfo_t *info, apr_dir_t *open)
{
    apr_status_t status = apr_dir_read(info, APR_FINFO_NAME | APR_FINFO_TYPE, open);

    if (!(info->valid & APR_FINFO_TYPE))
        info->filetype = APR_UNKFILE;
    return status == APR_SUCCESS || status == APR_INCOMPLETE;
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
        while (next_file(&info, open)) {
            if (strcmp(info.name, ".") == 0 || strcmp(info.name, "..") == 0 || is_of_the_runtime(info.name))
                continue;
            snprintf(text, sizeof(text), "%s left behind: %.300s", info.filetype == APR_SOCK ? "socket" : "file", info.name);
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
        add_defaults(before, &after);
        add_defaults(&after, before);
        keep_leaks(&after, before, carom__h_allowed_kinds(leaves));
        if ((after.count == 0 && (leaves & CAROM_LEAVES_FILES || count_files(directory, 0) == 0)) || carom_now() > until)
            break;
        apr_sleep(LOOK_AGAIN);
    }
    write_things(&after, before);
    count = (unsigned) after.count;
    free(after.things);
    free(before->things);
    if (!(leaves & CAROM_LEAVES_FILES))
        count += count_files(directory, 1);
    return count;
}

/* What a system may not be able to tell. */
static const struct {
    unsigned kind;
    const char *name;
} looked_for[] = {
    {CAROM_INSPECT_CHILD, "processes"},  {CAROM_INSPECT_THREAD, "threads"},       {CAROM_INSPECT_DESCRIPTOR, "descriptors"},
    {CAROM_INSPECT_SEGMENT, "segments"}, {CAROM_INSPECT_SEMAPHORE, "semaphores"}, {CAROM_INSPECT_QUEUE, "queues"},
};

const char *carom__h_gate_blind(void)
{
    static char text[200];
    unsigned told = carom_inspect_list(see_nothing, NULL) | carom_inspect_names(see_nothing, NULL);
    size_t i, length = 0;

    for (i = 0; i < sizeof(looked_for) / sizeof(looked_for[0]); i++)
        if (!(told & looked_for[i].kind))
            length += (size_t) snprintf(text + length, sizeof(text) - length, "%s%s",
                                        length > 0 ? ", " : "the leak gate cannot see ", looked_for[i].name);
    if (length == 0)
        return NULL;
    snprintf(text + length, sizeof(text) - length, " on this system");
    return text;
}

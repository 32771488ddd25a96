/* Waiting on a mix of things: each becomes one or two sources of the platform. */

#include <carom/wait.h>

#include "core/connection.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"

#include <string.h>

#define ON_STACK 8             /* items whose sources need no memory of the heap */

/* The sources of all items, and whose each is. */
typedef struct plan_t {
    carom_plat_source_t *sources;
    size_t *owners;
    size_t count;
    size_t ready;                 /* items that were ready at once */
} plan_t;

static carom_status_t process_sources(carom_wait_item_t *item, carom_plat_source_t *sources, size_t *count)
{
    carom_process_t *process = item->process;

    if (process == NULL || process->magic != CAROM__PROCESS_MAGIC)
        return CAROM_EINVAL;
    item->ready = process->born != carom_plat_fork_count() || carom__process_wait(process, 0) != CAROM_ETIMEOUT;
    return item->ready ? CAROM_OK : process->mode->sources(process, sources, count);
}

static carom_status_t file_source(const carom_wait_item_t *item, carom_plat_source_t *source, size_t *count)
{
    if (item->file == CAROM_NATIVE_NONE)
        return CAROM_EINVAL;
    source->kind = item->kind == CAROM_WAIT_FILE ? CAROM_PLAT_SOURCE_FILE : CAROM_PLAT_SOURCE_SOCKET;
    source->file = item->file;
    *count = 1;
    return CAROM_OK;
}

/* The sources of an item, or its readiness when it can be told at once. */
static carom_status_t describe(carom_wait_item_t *item, carom_plat_source_t sources[2], size_t *count)
{
    item->ready = 0;
    *count = 0;
    memset(sources, 0, 2 * sizeof *sources);
    switch (item->kind) {
    case CAROM_WAIT_NOTHING:
        return CAROM_OK;
    case CAROM_WAIT_CONNECTION:
        if (item->connection == NULL)
            return CAROM_EINVAL;
        item->ready = carom__connection_source(item->connection, sources);
        *count = item->ready ? 0 : 1;
        return CAROM_OK;
    case CAROM_WAIT_PROCESS:
        return process_sources(item, sources, count);
    case CAROM_WAIT_FILE:
    case CAROM_WAIT_SOCKET:
        return file_source(item, sources, count);
    }
    return CAROM_EINVAL;
}

static carom_status_t describe_all(plan_t *plan, carom_wait_item_t *items, size_t count)
{
    carom_status_t status = CAROM_OK;
    size_t i, n;

    plan->count = plan->ready = 0;
    for (i = 0; i < count && status == CAROM_OK; i++) {
        status = describe(&items[i], plan->sources + plan->count, &n);
        plan->ready += (size_t) items[i].ready;
        while (n-- > 0)
            plan->owners[plan->count++] = i;
    }
    return status;
}

/* A process's source may be ready for other reasons than its end: that is looked at. */
static void judge(carom_wait_item_t *item)
{
    if (item->kind == CAROM_WAIT_PROCESS)
        item->ready = carom__process_wait(item->process, 0) != CAROM_ETIMEOUT;
    else
        item->ready = 1;
}

static size_t collect(const plan_t *plan, carom_wait_item_t *items)
{
    size_t ready = plan->ready, i;

    for (i = 0; i < plan->count; i++) {
        carom_wait_item_t *item = &items[plan->owners[i]];

        if (!plan->sources[i].ready || item->ready)
            continue;
        judge(item);
        ready += (size_t) item->ready;
    }
    return ready;
}

static carom_status_t wait_planned(plan_t *plan, carom_wait_item_t *items, size_t count, size_t *ready, int64_t deadline)
{
    carom_status_t status;

    for (;;) {
        status = describe_all(plan, items, count);
        if (status != CAROM_OK)
            return status;
        status = carom_plat_wait(plan->sources, plan->count, plan->ready > 0 ? 0 : deadline);
        if (status == CAROM_OK)
            *ready = collect(plan, items);
        else if (status == CAROM_ETIMEOUT)
            *ready = plan->ready;
        else
            return status;
        if (*ready > 0 || status == CAROM_ETIMEOUT)
            return *ready > 0 ? CAROM_OK : CAROM_ETIMEOUT;
    }
}

static int waits_for_nothing(const carom_wait_item_t *items, size_t count)
{
    while (count-- > 0)
        if (items[count].kind != CAROM_WAIT_NOTHING)
            return 0;
    return 1;
}

static carom_status_t wait_many(carom_wait_item_t *items, size_t count, size_t *ready, int64_t deadline)
{
    plan_t plan;
    carom_status_t status = CAROM_ENOMEM;

    plan.sources = carom__calloc(2 * count, sizeof *plan.sources);
    plan.owners = carom__calloc(2 * count, sizeof *plan.owners);
    if (plan.sources && plan.owners)
        status = wait_planned(&plan, items, count, ready, deadline);
    carom_free(plan.sources);
    carom_free(plan.owners);
    return status;
}

carom_status_t carom_wait(carom_wait_item_t *items, size_t count, size_t *ready_count, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_plat_source_t sources[2 * ON_STACK];
    size_t owners[2 * ON_STACK], ready = 0;
    plan_t plan = {sources, owners, 0, 0};
    carom_status_t status = carom_plat_start();

    if (status == CAROM_OK && timeout == CAROM_FOREVER && waits_for_nothing(items, count))
        status = CAROM_EINVAL;
    if (status == CAROM_OK)
        status = count <= ON_STACK ? wait_planned(&plan, items, count, &ready, deadline)
                                   : wait_many(items, count, &ready, deadline);
    if (ready_count)
        *ready_count = ready;
    return status;
}

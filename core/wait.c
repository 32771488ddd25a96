/* Waiting on a mix of things: each becomes one or two sources of the platform. */

#include <carom/wait.h>

#include "core/connection.h"
#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"

#include <string.h>

#define ON_STACK 8             /* items whose sources need no memory of the heap */

/* What `ready` of an item says during the call: 0, 1, or that we keep its object from being freed, and look at it. */
#define WATCHED (-1)

/* Another thread that receives from a watched connection may take what would have woken us; so we look by ourselves, µs. */
#define LOOK_AGAIN 1000000

/* The sources of the watched items, and whose each is. */
typedef struct plan_t {
    carom_plat_source_t *sources;
    size_t *owners;
    size_t count;
} plan_t;

/* ---- keeping what is waited on ---- */

static int is_connection(const carom_wait_item_t *item)
{
    return item->kind == CAROM_WAIT_CONNECTION || item->kind == CAROM_WAIT_MORE;
}

static carom_status_t enter_connection(carom_wait_item_t *item)
{
    if (item->connection == NULL)
        return CAROM_EINVAL;
    item->ready = carom__connection_enter(item->connection, item->kind == CAROM_WAIT_MORE) ? WATCHED : 1;
    return CAROM_OK;
}

static carom_status_t enter_process(carom_wait_item_t *item)
{
    carom_process_t *process = item->process;

    if (process == NULL || process->magic != CAROM__PROCESS_MAGIC)
        return CAROM_EINVAL;
    if (process->born != carom_plat_fork_count() || carom__process_wait(process, 0) != CAROM_ETIMEOUT) {
        item->ready = 1;
        return CAROM_OK;
    }
    carom__process_hold(process);
    item->ready = WATCHED;
    return CAROM_OK;
}

static carom_status_t enter(carom_wait_item_t *item)
{
    switch (item->kind) {
    case CAROM_WAIT_NOTHING:
        return CAROM_OK;
    case CAROM_WAIT_CONNECTION:
    case CAROM_WAIT_MORE:
        return enter_connection(item);
    case CAROM_WAIT_PROCESS:
        return enter_process(item);
    case CAROM_WAIT_FILE:
    case CAROM_WAIT_SOCKET:
        if (item->file == CAROM_NATIVE_NONE)
            return CAROM_EINVAL;
        item->ready = WATCHED;
        return CAROM_OK;
    }
    return CAROM_EINVAL;
}

static void leave(carom_wait_item_t *item, int ready)
{
    item->ready = ready;
    if (is_connection(item))
        carom__connection_leave(item->connection);
    else if (item->kind == CAROM_WAIT_PROCESS)
        carom__process_drop(item->process);
}

static carom_status_t enter_all(carom_wait_item_t *items, size_t count, size_t *ready)
{
    carom_status_t status = CAROM_OK;
    size_t i;

    for (i = 0; i < count; i++) {
        items[i].ready = 0;
        if (status == CAROM_OK)
            status = enter(&items[i]);
        *ready += items[i].ready == 1;
    }
    return status;
}

static void leave_all(carom_wait_item_t *items, size_t count)
{
    for (; count > 0; count--, items++)
        if (items->ready == WATCHED)
            leave(items, 0);
}

/* ---- sources ---- */

/* At most two for an item. */
static carom_status_t describe(const carom_wait_item_t *item, carom_plat_source_t sources[2], size_t *count)
{
    memset(sources, 0, 2 * sizeof *sources);
    *count = 1;
    switch (item->kind) {
    case CAROM_WAIT_CONNECTION:
    case CAROM_WAIT_MORE:
        carom__connection_watch(item->connection, sources);
        return CAROM_OK;
    case CAROM_WAIT_PROCESS:
        return item->process->mode->sources(item->process, sources, count);
    default:
        sources->kind = item->kind == CAROM_WAIT_FILE ? CAROM_PLAT_SOURCE_FILE : CAROM_PLAT_SOURCE_SOCKET;
        sources->file = item->file;
        return CAROM_OK;
    }
}

static carom_status_t describe_all(plan_t *plan, const carom_wait_item_t *items, size_t count)
{
    carom_status_t status = CAROM_OK;
    size_t i, n;

    plan->count = 0;
    for (i = 0; i < count && status == CAROM_OK; i++) {
        if (items[i].ready != WATCHED)
            continue;
        status = describe(&items[i], plan->sources + plan->count, &n);
        for (; status == CAROM_OK && n > 0; n--)
            plan->owners[plan->count++] = i;
    }
    return status;
}

/* A source may be ready for other reasons than its item is: that is looked at. */
static int is_ready(const carom_wait_item_t *item)
{
    switch (item->kind) {
    case CAROM_WAIT_CONNECTION:
    case CAROM_WAIT_MORE:
        return carom__connection_look(item->connection, item->kind == CAROM_WAIT_MORE);
    case CAROM_WAIT_PROCESS:
        return carom__process_wait(item->process, 0) != CAROM_ETIMEOUT;
    default:
        return 1;
    }
}

/* Its source need not tell. */
static int may_be_silent(const carom_wait_item_t *item)
{
    return is_connection(item) && carom__connection_needs_looks(item->connection);
}

static size_t collect(const plan_t *plan, carom_wait_item_t *items, int timed_out)
{
    size_t ready = 0, i;

    for (i = 0; i < plan->count; i++) {
        carom_wait_item_t *item = &items[plan->owners[i]];
        int looks = plan->sources[i].ready || (timed_out && may_be_silent(item));

        if (!looks || item->ready != WATCHED || !is_ready(item))
            continue;
        leave(item, 1);
        ready++;
    }
    return ready;
}

/* The next moment to look without having been told to. */
static int64_t next_look(const carom_wait_item_t *items, size_t count, int64_t deadline)
{
    int64_t soon = carom_plat_now() + LOOK_AGAIN;

    for (; count > 0; count--, items++)
        if (items->ready == WATCHED && may_be_silent(items))
            return soon < deadline ? soon : deadline;
    return deadline;
}

/* Looks once at least, also when some are ready already. */
static carom_status_t watch(plan_t *plan, carom_wait_item_t *items, size_t count, size_t *ready, int64_t deadline)
{
    carom_status_t status;

    do {
        int64_t until = *ready > 0 ? 0 : next_look(items, count, deadline);

        status = describe_all(plan, items, count);
        if (status == CAROM_OK)
            status = carom_plat_wait(plan->sources, plan->count, until);
        if (status == CAROM_OK || status == CAROM_ETIMEOUT)
            *ready += collect(plan, items, status == CAROM_ETIMEOUT);
        if (status == CAROM_ETIMEOUT && until < deadline)
            status = CAROM_OK;
    } while (status == CAROM_OK && *ready == 0);
    return status == CAROM_ETIMEOUT && *ready > 0 ? CAROM_OK : status;
}

static carom_status_t wait_planned(plan_t *plan, carom_wait_item_t *items, size_t count, size_t *ready, int64_t deadline)
{
    carom_status_t status = enter_all(items, count, ready);

    if (status == CAROM_OK)
        status = watch(plan, items, count, ready, deadline);
    leave_all(items, count);
    return status;
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
    plan_t plan = {sources, owners, 0};
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

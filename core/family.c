/* The process or thread we are, and the list of those we started. */

#include "core/family.h"

#include "core/memory.h"
#include "core/process.h"
#include "core/time.h"

#include <stdatomic.h>

static _Thread_local const carom_self_t *thread_self;
static const carom_self_t *process_self;       /* set before there are other threads, or never */
static atomic_uint last_number;

/* Both guarded by the global lock. */
static carom_process_t *oldest, *newest;

static const carom_self_t *self(void)
{
    static const carom_self_t main_self = {"MainProcess", "main", 0, 0, NULL, 0};

    if (thread_self)
        return thread_self;
    return process_self ? process_self : &main_self;
}

const char *carom__self_name(void)
{
    return self()->name;
}

int carom__self_daemon(void)
{
    return self()->daemon;
}

void carom__self_set_thread(const carom_self_t *new_self)
{
    thread_self = new_self;
}

void carom__self_set_process(const carom_self_t *new_self)
{
    process_self = new_self;
}

void carom_self(carom_self_t *copy)
{
    *copy = *self();
    copy->pid = carom_plat_pid();
}

unsigned carom__family_next_number(void)
{
    return atomic_fetch_add(&last_number, 1) + 1;
}

/* What the list held is the parent's, who frees it in his own memory. */
void carom__family_forget(void)
{
    carom_plat_global_lock();
    oldest = newest = NULL;
    carom_plat_global_unlock();
    thread_self = NULL;
    atomic_store(&last_number, 0);
}

/* ---- the list ---- */

void carom__family_add(carom_process_t *process)
{
    carom__process_hold(process);
    carom_plat_global_lock();
    process->in_family = 1;
    process->older = newest;
    process->newer = NULL;
    if (newest)
        newest->newer = process;
    else
        oldest = process;
    newest = process;
    carom_plat_global_unlock();
}

static int unlink_locked(carom_process_t *process)
{
    if (!process->in_family)
        return 0;
    process->in_family = 0;
    if (process->older)
        process->older->newer = process->newer;
    else
        oldest = process->newer;
    if (process->newer)
        process->newer->older = process->older;
    else
        newest = process->older;
    return 1;
}

void carom__family_remove(carom_process_t *process)
{
    int was_there;

    carom_plat_global_lock();
    was_there = unlink_locked(process);
    carom_plat_global_unlock();
    if (was_there)
        carom__process_drop(process);
}

/* All of the family, oldest first, each held; NULL-ended; NULL when there is no memory. */
static carom_process_t **snapshot(void)
{
    carom_process_t *process, **all;
    size_t count = 1, i = 0;

    carom_plat_global_lock();
    for (process = oldest; process; process = process->newer)
        count++;
    all = carom__calloc(count, sizeof *all);
    for (process = oldest; all && process; process = process->newer) {
        all[i++] = process;
        carom__process_hold(process);
    }
    carom_plat_global_unlock();
    return all;
}

static int is_running(carom_process_t *process)
{
    return process->born == carom_plat_fork_count() && carom__process_wait(process, 0) == CAROM_ETIMEOUT;
}

size_t carom_process_active(carom_process_t **processes, size_t capacity)
{
    carom_process_t **all = snapshot();
    size_t running = 0, i;

    for (i = 0; all && all[i]; i++) {
        if (is_running(all[i])) {
            if (running < capacity)
                processes[running] = all[i];
            running++;
        }
        carom__process_drop(all[i]);
    }
    carom_free(all);
    return running;
}

static int is_ours(const carom_process_t *process)
{
    return process->born == carom_plat_fork_count();
}

/* Daemonic threads cannot be asked, and are not waited for. */
static int is_left_alone(carom_process_t *process)
{
    return !is_ours(process) || (process->daemon && process->mode->signal(process, CAROM_PLAT_TERMINATE) == CAROM_ENOTSUP);
}

static int64_t earlier(int64_t one, int64_t other)
{
    return one < other ? one : other;
}

static carom_status_t end_one(carom_process_t *process, int64_t deadline)
{
    if (is_left_alone(process))
        return CAROM_OK;
    if (!process->daemon)
        return carom__process_wait(process, deadline);
    if (carom__process_wait(process, earlier(carom__deadline(process->grace), deadline)) == CAROM_OK)
        return CAROM_OK;
    process->mode->signal(process, CAROM_PLAT_KILL);
    return carom__process_wait(process, deadline);
}

carom_status_t carom_process_join_all(carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_process_t **all = snapshot();
    carom_status_t status = all ? CAROM_OK : CAROM_ENOMEM;
    int daemon;
    size_t i;

    /* All daemons are asked first, so that they end while others are waited for. */
    for (i = 0; all && all[i]; i++)
        (void) is_left_alone(all[i]);
    for (daemon = 1; daemon >= 0; daemon--)
        for (i = 0; all && all[i]; i++)
            if (all[i]->daemon == daemon && end_one(all[i], deadline) != CAROM_OK)
                status = CAROM_ETIMEOUT;
    for (i = 0; all && all[i]; i++)
        carom__process_drop(all[i]);
    carom_free(all);
    return status;
}

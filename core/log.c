/* The log hook: one function, chosen by name so that children can have the same. */

#include "core/log.h"

#include "core/family.h"
#include "core/time.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#define LINE 1024
#define NAP 1000      /* µs between looks whether the last call of a hook is over */

static void write_stderr(carom_level_t level, const char *process, const char *text)
{
    static const char *const names[] = {"OFF", "ERROR", "WARNING", "INFO", "DEBUG"};
    char line[LINE + 256];
    size_t index = level < CAROM_LOG_DEBUG ? (size_t) level / 10 : 4;
    int n = snprintf(line, sizeof line, "[%s/%s] %s\n", names[index], process, text);

    /* One write a line, so that lines of many processes stay whole. */
    fwrite(line, 1, n < (int) sizeof line ? (size_t) n : sizeof line - 1, stderr);
}

static carom_log_hook_t standard = {"stderr", write_stderr, NULL};

static carom_log_hook_t *hooks = &standard;      /* guarded by the global lock */
static const carom_log_hook_t *current;          /* guarded by the global lock */
static atomic_int current_level;                 /* written under the global lock, read by anybody */
static atomic_int calls;                         /* of hooks, under way; goes up under the global lock */
static unsigned calls_of;                        /* the fork they are of: others run in the parent; under the global lock */

/* Under the global lock. */
static void forget_the_parent_s_calls(void)
{
    if (calls_of == carom_plat_fork_count())
        return;
    calls_of = carom_plat_fork_count();
    atomic_store(&calls, 0);
}

static carom_log_hook_t **place_of(const carom_log_hook_t *hook)
{
    carom_log_hook_t **place = &hooks;

    while (*place && *place != hook)
        place = &(*place)->next;
    return place;
}

static const carom_log_hook_t *hook_named(const char *name)
{
    const carom_log_hook_t *hook = hooks;

    while (hook && strcmp(hook->name, name) != 0)
        hook = hook->next;
    return hook;
}

void carom_log_register(carom_log_hook_t *hook)
{
    carom_plat_global_lock();
    if (*place_of(hook) == NULL) {
        hook->next = hooks;
        hooks = hook;
    }
    carom_plat_global_unlock();
}

void carom_log_unregister(carom_log_hook_t *hook)
{
    carom_log_hook_t **place;

    carom_plat_global_lock();
    forget_the_parent_s_calls();
    place = place_of(hook);
    if (*place)
        *place = hook->next;
    if (current == hook) {
        current = NULL;
        atomic_store(&current_level, CAROM_LOG_OFF);
    }
    carom_plat_global_unlock();
    while (atomic_load(&calls) > 0)
        carom_plat_wait(NULL, 0, carom_plat_now() + NAP);
}

static void set_locked(carom_level_t level, const carom_log_hook_t *hook)
{
    current = level == CAROM_LOG_OFF ? NULL : hook;
    atomic_store(&current_level, current ? (int) level : CAROM_LOG_OFF);
}

carom_status_t carom_log_set(carom_level_t level, const carom_log_hook_t *hook)
{
    carom_status_t status = CAROM_OK;

    carom_plat_global_lock();
    if (hook == NULL || *place_of(hook) != NULL)
        set_locked(level, hook);
    else
        status = CAROM_EINVAL;
    carom_plat_global_unlock();
    return status;
}

const carom_log_hook_t *carom_log_stderr(void)
{
    return &standard;
}

carom_level_t carom_log_level(void)
{
    return (carom_level_t) atomic_load(&current_level);
}

carom_level_t carom__log_state(const char **hook_name)
{
    carom_level_t level;

    carom_plat_global_lock();
    *hook_name = current ? current->name : "";
    level = carom_log_level();
    carom_plat_global_unlock();
    return level;
}

void carom__log_restore(carom_level_t level, const char *hook_name)
{
    carom_plat_global_lock();
    set_locked(level, hook_named(hook_name));
    carom_plat_global_unlock();
}

static carom_log_function_t begin_call(carom_level_t level)
{
    carom_log_function_t function = NULL;

    carom_plat_global_lock();
    forget_the_parent_s_calls();
    if (current && (int) level <= atomic_load(&current_level)) {
        function = current->function;
        atomic_fetch_add(&calls, 1);
    }
    carom_plat_global_unlock();
    return function;
}

void carom_log(carom_level_t level, const char *format, ...)
{
    carom_log_function_t function;
    char line[LINE];
    va_list arguments;

    if (level <= CAROM_LOG_OFF || (int) level > atomic_load_explicit(&current_level, memory_order_relaxed))
        return;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    function = begin_call(level);
    if (function) {
        function(level, carom__self_name(), line);
        atomic_fetch_sub(&calls, 1);
    }
}

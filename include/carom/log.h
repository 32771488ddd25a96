/* The log: why things happened.  Nothing is written anywhere unless the program sets a hook. */

#ifndef CAROM_LOG_H
#define CAROM_LOG_H

#include <carom/status.h>

CAROM_BEGIN

typedef enum carom_level_t {
    CAROM_LOG_OFF = 0,
    CAROM_LOG_ERROR = 10,
    CAROM_LOG_WARNING = 20,
    CAROM_LOG_INFO = 30,
    CAROM_LOG_DEBUG = 40
} carom_level_t;

/* Gets one line without a line end.  `process` is the name of the process or thread that logs.  May be called by any
 * thread, also by several at once; must not call carom. */
typedef void (*carom_log_function_t)(carom_level_t level, const char *process, const char *text);

/* A hook has a name, so that children can find it: they inherit hook and level. */
typedef struct carom_log_hook_t {
    const char *name;
    carom_log_function_t function;
    struct carom_log_hook_t *next;     /* private; guarded by the log's lock */
} carom_log_hook_t;

/* Defines a hook and begins its function (level, process, text).  At file scope. */
#define CAROM_LOG_HOOK(hook_name)                                                                                              \
    static void carom__hook_##hook_name(carom_level_t level, const char *process, const char *text);                           \
    static carom_log_hook_t hook_name = {#hook_name, carom__hook_##hook_name, NULL};                                           \
    static void __attribute__((constructor)) carom__register_hook_##hook_name(void) { carom_log_register(&hook_name); }        \
    static void __attribute__((destructor)) carom__unregister_hook_##hook_name(void) { carom_log_unregister(&hook_name); }     \
    static void carom__hook_##hook_name(CAROM_UNUSED carom_level_t level, CAROM_UNUSED const char *process,                    \
                                        CAROM_UNUSED const char *text)

/* Makes a hook known by its name, or unknown; one that is set is unset first.  Unregistering waits for calls of hooks under
 * way. */
CAROM_API void carom_log_register(carom_log_hook_t *hook);
CAROM_API void carom_log_unregister(carom_log_hook_t *hook);

/* From now on lines up to `level` go to `hook`; NULL or CAROM_LOG_OFF: to nobody.  Children that are started later inherit it;
 * one in which no hook of that name is registered logs to nobody.  CAROM_EINVAL: the hook is not registered. */
CAROM_API carom_status_t carom_log_set(carom_level_t level, const carom_log_hook_t *hook) CAROM_MUST_CHECK;

/* A ready hook: "[WARNING/Process-1] text" on stderr, one write a line. */
CAROM_API const carom_log_hook_t *carom_log_stderr(void);

CAROM_API carom_level_t carom_log_level(void);

/* Logs a line of the program's own, cut at 1,023 bytes. */
CAROM_API void carom_log(carom_level_t level, const char *format, ...) CAROM_PRINTF(2, 3);

CAROM_END

#endif

/* The log as core uses it, and as children inherit it. */

#ifndef CAROM_CORE_LOG_H
#define CAROM_CORE_LOG_H

#include <carom/log.h>

/* Level and hook by name, for a child's launch message; "" is no hook.  The name belongs to the hook. */
carom_level_t carom__log_state(const char **hook_name);
void carom__log_restore(carom_level_t level, const char *hook_name);

#endif

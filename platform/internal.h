/* What the files of platform/ share with each other, and nobody else. */

#ifndef CAROM_PLATFORM_INTERNAL_H
#define CAROM_PLATFORM_INTERNAL_H

#include "platform/platform.h"

#include <apr_pools.h>

/* The pool all others hang below: it has an allocator and a lock of its own, so any thread may make subpools.  The first call
 * makes APR ready.  NULL: no memory.  The second for callers that hold the global lock. */
apr_pool_t *carom__plat_pool(void);
apr_pool_t *carom__plat_pool_locked(void);

/* Called once by carom_plat_start, before anything else of the platform, under the global lock. */
carom_status_t carom__plat_start_system(void);

/* Threads made by carom_plat_thread_start: how many run; the caller's last one only watches over the process, and counts as
 * none from now on; a fork has none (thread.c). */
unsigned carom__plat_threads(void);
unsigned carom__plat_watchers(void);
void carom__plat_threads_watch(void);
void carom__plat_threads_forget(void);

/* A status for errors that APR has no name for (a bad format of a program, no permission to signal), 0 for all others. */
carom_status_t carom__plat_special_status(int system_error);

/* No sleep on a word of shared memory is longer, µs: who should end it may have died before. */
#define CAROM__PARK_MAX 50000

/* A name for the environment given by "NAME=value" or "NAME": its length. */
size_t carom__plat_name_length(const char *setting);

#endif

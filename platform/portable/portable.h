/* What the files of platform/portable/ share.
 *
 * APR alone: no header of a system but for the two exceptions that program.c and launch.c name in their heads. */

#ifndef CAROM_PLATFORM_PORTABLE_H
#define CAROM_PLATFORM_PORTABLE_H

#include "platform/internal.h"

#include <apr_file_io.h>
#include <apr_network_io.h>
#include <apr_poll.h>
#include <apr_portable.h>
#include <apr_thread_proc.h>

#include <stdatomic.h>

/* Numbers below are stdin, stdout and stderr of a child: what goes along with a launch must be above them. */
#define FIRST_FREE 3

/* No wait sleeps longer at once, µs: so that a wall clock set back is noticed (clock.c). */
#define LONGEST_SLEEP 1000000

/* ---- pool.c ---- */

/* A pool of an object's own, which one thread at a time may use, and any destroy.  CAROM_ENOMEM. */
carom_status_t carom__pool_create(apr_pool_t **pool);

/* Once, from carom__plat_start_system.  CAROM_ENOMEM. */
carom_status_t carom__pools_start(void);

/* The one pool of ours in APR's tree: what is a child cleanup of it runs in the child that apr_proc_create forks.  To be used
 * between hold and release alone. */
apr_pool_t *carom__pool_seen_in_child(void);

/* Between them nobody else starts a child of ours or changes APR's tree of pools, which apr_proc_create walks in the child. */
void carom__pools_hold(void);
void carom__pools_release(void);

/* ---- stream.c ---- */

struct carom_plat_stream_t {
    apr_pool_t *pool;                 /* the next two live in it; these three do not change after the making */
    apr_socket_t *socket;             /* never blocks: reader, writer and waiters share it without a lock */
    apr_sockaddr_t *peer;
    atomic_int ended;                 /* a read or write saw the end */
};

/* A socket whose number is not below FIRST_FREE, not inheritable from birth. */
apr_status_t carom__socket_create(apr_socket_t **socket, apr_pool_t *pool);

/* ---- file.c ---- */

/* APR's socket of any handle that is open here; made in the pool, not owned by it. */
apr_socket_t *carom__socket_of(carom_native_t file, apr_pool_t *pool);

/* APR's file of an open file.  The same. */
apr_file_t *carom__file_of(carom_native_t file, apr_pool_t *pool);

/* Keeps a handle that came by inheritance from programs started by this one. */
apr_status_t carom__file_make_private(carom_native_t file, apr_pool_t *pool);

/* ---- attach.c ---- */

/* In a launched worker: this handle came with the launch, so that a ticket may name it, once.  At most ALLOWED_MAX of them. */
#define ALLOWED_MAX 64
void carom__attach_allow(carom_native_t file);

/* ---- wait.c ---- */

/* Waits until a socket can be read (APR_POLLIN) or written (APR_POLLOUT).  CAROM_OK, CAROM_ETIMEOUT, or what APR said. */
carom_status_t carom__poll_one(apr_socket_t *socket, int event, int64_t deadline);

/* ---- launch.c, child.c ---- */

#define TOKEN_START "apr"

/* A child as the parent sees it; see child.c. */
struct carom_plat_child_t {
    carom_plat_stream_t *lifeline;    /* the child ends when it is closed, and it ends when the child does */
    carom_plat_monitor_t *monitor;    /* guards the rest */
    apr_proc_t process;
    int ended;
    carom_plat_end_t end;
};

/* Looks whether the child has ended, and notes it.  1 when it has. */
int carom__child_look(carom_plat_child_t *child);

/* Kills a child of which nobody knows yet, or that nobody uses any more, and collects it. */
void carom__child_take_back(carom_plat_child_t *child);

/* ---- wait.c ---- */

struct carom_plat_flag_t {
    carom_plat_stream_t *reader;
    carom_plat_stream_t *writer;
    int is_raised;
};

#endif

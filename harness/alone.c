/* Whether other test programs of the same user run, or ran just now: what has a name in the whole system may be theirs then.
 * Each holds a lock that is shared, and who gets it for himself alone is the only one; who begins or ends says so by the time
 * of the file.  A runner that runs in a case of another one has no part in this: it is its case that is looked at. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <apr_user.h>

#define TRIES 100

static const char *path_of(apr_pool_t *pool)
{
    const char *place;
    char *name = NULL;
    apr_uid_t user;
    apr_gid_t group;

    if (apr_temp_dir_get(&place, pool) != APR_SUCCESS)
        return NULL;
    if (apr_uid_current(&user, &group, pool) == APR_SUCCESS)
        (void) apr_uid_name_get(&name, user, pool);
    return apr_psprintf(pool, "%s/carom-harness-%s.lock", place, name != NULL ? name : "user");
}

/* The last to leave removes the file, which another may have opened by then. */
static int is_the_file(apr_file_t *file, const char *path, apr_pool_t *pool)
{
    apr_finfo_t ours, there;

    return apr_file_info_get(&ours, APR_FINFO_IDENT, file) == APR_SUCCESS &&
           apr_stat(&there, path, APR_FINFO_IDENT, pool) == APR_SUCCESS && ours.inode == there.inode;
}

static void touch(const carom__h_session_t *session)
{
    apr_file_mtime_set(session->lock_path, apr_time_now(), session->pool);
}

void carom__h_alone_begin(carom__h_session_t *session)
{
    int i;

    if (*session->tag != '\0' || (session->lock_path = path_of(session->pool)) == NULL)
        return;
    for (i = 0; i < TRIES && session->lock == NULL; i++) {
        if (apr_file_open(&session->lock, session->lock_path, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE,
                          APR_FPROT_UREAD | APR_FPROT_UWRITE, session->pool) != APR_SUCCESS) {
            session->lock = NULL;
            return;
        }
        if (apr_file_lock(session->lock, APR_FLOCK_SHARED) != APR_SUCCESS ||
            !is_the_file(session->lock, session->lock_path, session->pool)) {
            apr_file_close(session->lock);
            session->lock = NULL;
        }
    }
    if (session->lock != NULL)
        touch(session);
}

/* The time of the file is of the clock on the wall. */
int carom__h_alone_since(const carom__h_session_t *session, carom_duration_t began)
{
    apr_time_t then = apr_time_now() - (carom_now() - began);
    apr_finfo_t info;
    int alone;

    if (session->lock == NULL)
        return 1;
    alone = apr_file_lock(session->lock, APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK) == APR_SUCCESS;
    (void) apr_file_lock(session->lock, APR_FLOCK_SHARED);
    return alone && apr_stat(&info, session->lock_path, APR_FINFO_MTIME, session->pool) == APR_SUCCESS && info.mtime <= then;
}

void carom__h_alone_end(carom__h_session_t *session)
{
    if (session->lock == NULL)
        return;
    touch(session);
    if (apr_file_lock(session->lock, APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK) == APR_SUCCESS)
        apr_file_remove(session->lock_path, session->pool);
    apr_file_close(session->lock);
    session->lock = NULL;
}

/* Whether other test programs of the same user run, or ran just now: what has a name in the whole system may be theirs then.
 * Each holds a lock that is shared, and who gets it for himself alone is the only one; who begins or ends says so by the time
 * of the file.  Who asks for the lock alone has none for a moment where the system takes the old one first: so there are two,
 * and only who has the first alone asks for the second, which all others hold meanwhile.  A runner that runs in a case of
 * another one has no part in this: it is its case that is looked at. */

#include "harness/harness.h"

#include <apr_file_info.h>
#include <apr_strings.h>
#include <apr_time.h>
#include <apr_user.h>

/* Whoever has the lock alone has it for a moment, unless he is stopped just then: no reason to wait for him. */
#define TRIES 100
#define FILES 3
#define LOOK_AGAIN 1000     /* microseconds */

static const char *path_of(int which, apr_pool_t *pool)
{
    const char *place;
    char *name = NULL;
    apr_uid_t user;
    apr_gid_t group;

    if (apr_temp_dir_get(&place, pool) != APR_SUCCESS)
        return NULL;
    if (apr_uid_current(&user, &group, pool) == APR_SUCCESS)
        (void) apr_uid_name_get(&name, user, pool);
    return apr_psprintf(pool, "%s/carom-harness-%s.lock%s", place, name != NULL ? name : "user", which == 0 ? "" : ".2");
}

/* The last to leave removes the file, which another may have opened by then; and what another put there instead of a file, as a
 * link, is not ours to lock. */
static int is_the_file(apr_file_t *file, const char *path, apr_pool_t *pool)
{
    apr_finfo_t ours, there;

    return apr_file_info_get(&ours, APR_FINFO_IDENT, file) == APR_SUCCESS &&
           apr_stat(&there, path, APR_FINFO_IDENT | APR_FINFO_LINK, pool) == APR_SUCCESS && ours.inode == there.inode;
}

static void touch(const carom__h_session_t *session)
{
    apr_file_mtime_set(session->lock_paths[0], apr_time_now(), session->pool);
}

/* 1 when it has the lock now, as others may. */
static int share(apr_file_t *file)
{
    int i;

    for (i = 0; i < TRIES; i++) {
        if (apr_file_lock(file, APR_FLOCK_SHARED | APR_FLOCK_NONBLOCK) == APR_SUCCESS)
            return 1;
        apr_sleep(LOOK_AGAIN);
    }
    return 0;
}

static int own(apr_file_t *file)
{
    return apr_file_lock(file, APR_FLOCK_EXCLUSIVE | APR_FLOCK_NONBLOCK) == APR_SUCCESS;
}

/* Opens the file and locks it, not alone.  NULL: not now. */
static apr_file_t *try_to_lock(const carom__h_session_t *session, const char *path)
{
    apr_file_t *file;

    if (apr_file_open(&file, path, APR_FOPEN_READ | APR_FOPEN_WRITE | APR_FOPEN_CREATE, APR_FPROT_UREAD | APR_FPROT_UWRITE,
                      session->root) != APR_SUCCESS)
        return NULL;
    if (share(file) && is_the_file(file, path, session->pool))
        return file;
    apr_file_close(file);
    return NULL;
}

static int lock_one(carom__h_session_t *session, int which)
{
    int i;

    session->lock_paths[which] = path_of(which, session->root);
    for (i = 0; i < FILES && session->lock_paths[which] != NULL && session->locks[which] == NULL; i++)
        session->locks[which] = try_to_lock(session, session->lock_paths[which]);
    return session->locks[which] != NULL;
}

static void unlock(carom__h_session_t *session)
{
    int i;

    for (i = 0; i < CAROM__H_LOCKS; i++) {
        if (session->locks[i] != NULL)
            apr_file_close(session->locks[i]);
        session->locks[i] = NULL;
    }
}

void carom__h_alone_begin(carom__h_session_t *session)
{
    if (*session->tag != '\0')
        return;
    if (lock_one(session, 0) && lock_one(session, 1))
        touch(session);
    else
        unlock(session);
}

/* The time of the file is of the clock on the wall. */
int carom__h_alone_since(const carom__h_session_t *session, carom_duration_t began)
{
    apr_time_t then = apr_time_now() - (carom_now() - began);
    apr_finfo_t info;
    int alone;

    /* Who could not get the locks does not know. */
    if (session->locks[0] == NULL)
        return session->lock_paths[0] == NULL;
    alone = own(session->locks[0]) && own(session->locks[1]);
    (void) share(session->locks[1]);
    (void) share(session->locks[0]);
    return alone && apr_stat(&info, session->lock_paths[0], APR_FINFO_MTIME, session->pool) == APR_SUCCESS &&
           info.mtime <= then;
}

void carom__h_alone_end(carom__h_session_t *session)
{
    if (session->locks[0] == NULL)
        return;
    touch(session);
    if (own(session->locks[0]) && own(session->locks[1])) {
        apr_file_remove(session->lock_paths[1], session->pool);
        apr_file_remove(session->lock_paths[0], session->pool);
    }
    unlock(session);
}

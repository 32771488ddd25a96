/* Launching a worker, by apr_proc_create, which forks; where APR cannot fork, a socket cannot reach a child, and there is
 * no launch.
 *
 * What the child gets is made inheritable in the child, by a cleanup that APR runs there before the exec: in this process
 * it never is, so that programs which the host starts at the same time get none of it.  The same place takes back the
 * host's signal handling.  That a program cannot be run, APR does not say; the child itself does, over a stream that a
 * successful exec closes.
 *
 * `environ` is the other thing that this build takes from the system: APR reads variables by name, and cannot list them. */

#include "platform/portable/portable.h"

#include <apr_signal.h>
#include <apr_strings.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>


#define NULL_DEVICE "/dev/null"

/* Signals have numbers from 1 to this or less. */
#define LAST_SIGNAL 64

/* How long a fork may take to become the program, µs, before we believe that it will. */
#define PATIENCE 5000000

#define TOKEN_SIZE (sizeof TOKEN_START + (2 + ALLOWED_MAX) * 21)

/* The pool's userdata under this name is the preparation. */
#define KEY "carom launch"

/* What one launch needs until the child runs the program. */
typedef struct preparation_t {
    apr_pool_t *pool;                 /* of all that APR makes for it */
    apr_procattr_t *attributes;
    const char *const *environment;   /* NULL: ours */
    char *token;
    carom_plat_stream_t *lifeline;    /* the child's end */
    carom_plat_stream_t *news;        /* where we hear what went wrong in the child */
    carom_plat_stream_t *teller;      /* the child's end of it */
    apr_file_t *sources[3];           /* what stdin, stdout, stderr become; NULL: as they are */
    apr_file_t *targets[3];           /* stdin, stdout, stderr */
    carom_native_t copies[3];         /* of files of the host */
    size_t copy_count;
    apr_socket_t **gifts;             /* what is inherited beside them */
    size_t gift_count;
} preparation_t;

/* ---- in the forked child: one thread, and nothing that could wait ---- */

static void send_news(preparation_t *p, apr_status_t failure)
{
    int number = failure;
    apr_size_t size = sizeof number;

    apr_socket_send(p->teller->socket, (const char *) &number, &size);
}

static void could_not_run(apr_pool_t *pool, apr_status_t failure, const char *text)
{
    void *p;

    (void) text;
    if (apr_pool_userdata_get(&p, KEY, pool) == APR_SUCCESS && p)
        send_news(p, failure);
}

static void take_back_signals(void)
{
    int number;

    for (number = 1; number <= LAST_SIGNAL; number++)
        apr_signal(number, SIG_DFL);
    for (number = 1; number <= LAST_SIGNAL; number++)
        apr_signal_unblock(number);
}

/* A source that is itself one of the three could be overwritten before its turn.  What else has such a number, in a host that
 * closed the three, the exec closes. */
static apr_status_t lift(apr_file_t **file, apr_pool_t *pool)
{
    apr_os_file_t number;
    apr_status_t status = apr_os_file_get(&number, *file);
    int copies = 0;

    while (status == APR_SUCCESS && (carom_native_t) number < FIRST_FREE) {
        if (copies++ > 0)
            carom__file_make_private((carom_native_t) number, pool);
        status = apr_file_dup(file, *file, pool);
        if (status == APR_SUCCESS)
            apr_os_file_get(&number, *file);
    }
    return status;
}

static apr_status_t redirect_all(preparation_t *p)
{
    apr_file_t *given[3];
    apr_status_t status = APR_SUCCESS;
    size_t i;

    memcpy(given, p->sources, sizeof given);
    for (i = 0; i < 3 && status == APR_SUCCESS; i++)
        if (given[i])
            status = lift(&given[i], p->pool);
    for (i = 0; i < 3 && status == APR_SUCCESS; i++)
        if (given[i])
            status = apr_file_dup2(p->targets[i], given[i], p->pool);
    for (i = 0; i < 3; i++)
        if (given[i] != p->sources[i])
            apr_file_close(given[i]);
    return status;
}

static apr_status_t give_all(preparation_t *p)
{
    apr_status_t status = APR_SUCCESS;
    size_t i;

    for (i = 0; i < p->gift_count && status == APR_SUCCESS; i++)
        status = apr_socket_inherit_set(p->gifts[i]);
    return status;
}

static apr_status_t in_child(void *data)
{
    preparation_t *p = data;
    apr_status_t status;

    take_back_signals();
    status = redirect_all(p);
    if (status == APR_SUCCESS)
        status = give_all(p);
    if (status == APR_SUCCESS)
        return APR_SUCCESS;
    send_news(p, status);
    _Exit(255);
}

/* ---- the environment: ours with changes ---- */

static int same_name(const char *one, const char *other)
{
    size_t length = carom__plat_name_length(one);

    return length == carom__plat_name_length(other) && memcmp(one, other, length) == 0;
}

static int is_changed(const char *setting, const char *const *changes)
{
    for (; *changes; changes++)
        if (same_name(setting, *changes))
            return 1;
    return 0;
}

/* The strings stay where they are; only the array is new.  Of two changes to one name the later counts. */
static const char *const *merge_environment(const char *const *changes, apr_pool_t *pool)
{
    size_t ours = 0, theirs = 0, n = 0, i;
    const char **merged;

    while (environ && environ[ours])
        ours++;
    while (changes[theirs])
        theirs++;
    merged = apr_palloc(pool, (ours + theirs + 1) * sizeof *merged);
    for (i = 0; i < ours; i++)
        if (!is_changed(environ[i], changes))
            merged[n++] = environ[i];
    for (i = 0; i < theirs; i++)
        if (strchr(changes[i], '=') && !is_changed(changes[i], changes + i + 1))
            merged[n++] = changes[i];
    merged[n] = NULL;
    return merged;
}

/* ---- preparing ---- */

/* A copy of it: what the host opened by APR, APR closes in the child before we come to it. */
static carom_status_t copy_source(preparation_t *p, carom_native_t file, int target)
{
    carom_native_t copy;
    carom_status_t status = carom_plat_file_duplicate(&copy, file);

    if (status != CAROM_OK)
        return status;
    p->copies[p->copy_count++] = copy;
    p->sources[target] = carom__file_of(copy, p->pool);
    return CAROM_OK;
}

static apr_status_t prepare_redirect(preparation_t *p, const carom_plat_redirect_t *to, int target)
{
    p->targets[target] = carom__file_of(target, p->pool);
    switch (to->kind) {
    case CAROM_PLAT_NULL:
        return apr_file_open(&p->sources[target], NULL_DEVICE, APR_FOPEN_READ | APR_FOPEN_WRITE, APR_FPROT_OS_DEFAULT, p->pool);
    case CAROM_PLAT_FILE:
        return copy_source(p, to->file, target);
    case CAROM_PLAT_INHERIT:
        break;
    }
    return APR_SUCCESS;
}

static void prepare_gift(preparation_t *p, carom_native_t file)
{
    p->gifts[p->gift_count++] = carom__socket_of(file, p->pool);
    p->token = apr_psprintf(p->pool, "%s:%" APR_INT64_T_FMT, p->token, (apr_int64_t) file);
}

static void prepare_gifts(preparation_t *p, const carom_plat_launch_t *launch)
{
    size_t i;

    p->token = apr_pstrdup(p->pool, TOKEN_START);
    p->gifts = apr_palloc(p->pool, (2 + launch->file_count) * sizeof *p->gifts);
    prepare_gift(p, carom_plat_stream_native(launch->control));
    prepare_gift(p, carom_plat_stream_native(p->lifeline));
    for (i = 0; i < launch->file_count; i++)
        prepare_gift(p, launch->files[i]);
}

static apr_status_t prepare_attributes(preparation_t *p, const carom_plat_launch_t *launch)
{
    apr_status_t status = apr_procattr_create(&p->attributes, p->pool);

    if (status == APR_SUCCESS)
        status = apr_procattr_cmdtype_set(p->attributes, launch->environment ? APR_PROGRAM : APR_PROGRAM_ENV);
    if (status == APR_SUCCESS)
        status = apr_procattr_child_errfn_set(p->attributes, could_not_run);
    if (status == APR_SUCCESS && launch->directory)
        status = apr_procattr_dir_set(p->attributes, launch->directory);
    if (status == APR_SUCCESS)
        status = apr_pool_userdata_setn(p, KEY, NULL, p->pool);
    if (launch->environment)
        p->environment = merge_environment(launch->environment, p->pool);
    return status;
}

static carom_status_t prepare(preparation_t *p, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    carom_status_t status = carom_plat_stream_pair(&child->lifeline, &p->lifeline);
    apr_status_t result = APR_SUCCESS;
    int i;

    if (status == CAROM_OK)
        status = carom_plat_stream_pair(&p->news, &p->teller);
    if (status != CAROM_OK)
        return status;
    for (i = 0; i < 3 && result == APR_SUCCESS; i++)
        result = prepare_redirect(p, &launch->standard[i], i);
    if (result == APR_SUCCESS)
        result = prepare_attributes(p, launch);
    if (result == APR_SUCCESS)
        prepare_gifts(p, launch);
    return carom_plat_status(result);
}

static void forget(preparation_t *p)
{
    while (p->copy_count > 0)
        carom_plat_file_close(p->copies[--p->copy_count]);
    carom_plat_stream_close(&p->lifeline);
    carom_plat_stream_close(&p->news);
    carom_plat_stream_close(&p->teller);
    apr_pool_destroy(p->pool);
}

/* ---- the launch ---- */

static apr_status_t create(preparation_t *p, carom_plat_child_t *child, const char *program)
{
    const char *const arguments[] = {program, CAROM_PLAT_WORKER_ARGUMENT, p->token, NULL};
    apr_status_t status;

    carom__pools_hold();
    /* Only while this child is made: it would run in those of others too. */
    apr_pool_cleanup_register(carom__pool_seen_in_child(), p, apr_pool_cleanup_null, in_child);
    status = apr_proc_create(&child->process, program, arguments, p->environment, p->attributes, p->pool);
    apr_pool_cleanup_kill(carom__pool_seen_in_child(), p, apr_pool_cleanup_null);
    carom__pools_release();
    return status;
}

/* Silence until the end of the stream is good news. */
static apr_status_t hear(preparation_t *p)
{
    int64_t deadline = carom_plat_now() + PATIENCE;
    size_t got, n = 0;
    int number = APR_SUCCESS;
    carom_status_t status = CAROM_OK;

    carom_plat_stream_close(&p->teller);
    for (got = 0; got < sizeof number && status == CAROM_OK; got += n)
        status = carom_plat_stream_read(p->news, (char *) &number + got, sizeof number - got, &n, NULL, 0, NULL, deadline);
    return got == sizeof number ? number : APR_SUCCESS;
}

static carom_status_t start(preparation_t *p, carom_plat_child_t *child, const char *program)
{
    apr_status_t status = create(p, child, program);

    if (status == APR_SUCCESS) {
        status = hear(p);
        if (status != APR_SUCCESS)
            carom__child_take_back(child);
    }
    return carom_plat_status(status);
}

static carom_status_t new_child(carom_plat_child_t **child)
{
    carom_plat_child_t *self = calloc(1, sizeof *self);
    carom_status_t status;

    *child = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    status = carom_plat_monitor_create(&self->monitor);
    if (status != CAROM_OK) {
        free(self);
        return status;
    }
    *child = self;
    return CAROM_OK;
}

static void free_child(carom_plat_child_t *child)
{
    carom_plat_stream_close(&child->lifeline);
    carom_plat_monitor_destroy(&child->monitor);
    free(child);
}

static carom_status_t launch_into(carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    preparation_t p = {.pool = NULL};
    carom_status_t status = carom__pool_create(&p.pool);

    if (status != CAROM_OK)
        return status;
    status = prepare(&p, child, launch);
    if (status == CAROM_OK)
        status = start(&p, child, launch->program);
    forget(&p);
    return status;
}

carom_status_t carom_plat_launch(carom_plat_child_t **child, const carom_plat_launch_t *launch)
{
    carom_plat_child_t *self;
    carom_status_t status;

    *child = NULL;
    if (!APR_HAS_FORK || launch->nice != 0)
        return CAROM_ENOTSUP;
    status = new_child(&self);
    if (status != CAROM_OK)
        return status;
    status = launch_into(self, launch);
    if (status == CAROM_OK)
        *child = self;
    else
        free_child(self);
    return status;
}

void carom_plat_child_close(carom_plat_child_t **child)
{
    carom_plat_child_t *self = *child;

    if (self == NULL)
        return;
    *child = NULL;
    if (!carom__child_look(self))
        carom__child_take_back(self);
    free_child(self);
}

int carom_plat_can_chdir(void)
{
    return APR_HAS_FORK;
}

int carom_plat_can_nice(void)
{
    return 0;
}

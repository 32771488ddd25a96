/* A forker's owner: asking for a worker, and what he sees of it. */

#include "platform/unix/forker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

/* What a socket holds in any case goes before the request: the worker need not wait for it. */
#define BODY_FIRST ((uint32_t) 4 << 10)

struct carom_plat_forker_t {
    int fd;
    unsigned char key[CAROM_PLAT_KEY];
};

carom_status_t carom_plat_forker_create(carom_plat_forker_t **forker, carom_native_t *theirs,
                                        const unsigned char key[CAROM_PLAT_KEY])
{
    carom_plat_forker_t *self = malloc(sizeof *self);
    int ends[2];

    *forker = NULL;
    *theirs = CAROM_NATIVE_NONE;
    if (self == NULL)
        return CAROM_ENOMEM;
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
        free(self);
        return carom_plat_status(errno);
    }
    self->fd = carom__fd_guard(ends[0]);
    *theirs = carom__fd_guard(ends[1]);
    memcpy(self->key, key, sizeof self->key);
    *forker = self;
    return CAROM_OK;
}

void carom_plat_forker_close(carom_plat_forker_t **forker)
{
    carom_plat_forker_t *self = *forker;

    if (self == NULL)
        return;
    *forker = NULL;
    carom__fd_close(&self->fd);
    free(self);
}

/* ---- a request being made ---- */

typedef struct asking_t {
    asked_t asked;
    int room;                         /* a descriptor that is held for the one that comes */
    char **environment;
    const char *directory;
} asking_t;

static void close_files(asking_t *asking)
{
    int kind;

    /* Control and the tree's memory are the caller's, the standard ones are the host's. */
    for (kind = 0; kind < FILE_STDIN; kind++)
        if (kind != FILE_CONTROL && kind != FILE_SHARED)
            carom__fd_close(&asking->asked.files[kind]);
    carom__fd_close(&asking->room);
    free(asking->environment);
}

static int make_status(asking_t *asking, carom_plat_child_t *child)
{
    int ends[2], error;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    child->status = carom__fd_guard(ends[0]);
    asking->asked.files[FILE_STATUS] = carom__fd_guard(ends[1]);
    error = carom__fd_copy(child->status, CHILD_CONTROL, &asking->room);
    if (!error)
        asking->room = carom__fd_guard(asking->room);
    return error;
}

/* Where we are now, for a forker that is where it was.  A directory that cannot be opened is not ours to complain of. */
static int find_here(asking_t *asking)
{
    int fd = carom__fd_open(".", O_RDONLY | O_DIRECTORY);

    if (fd >= 0)
        asking->asked.files[FILE_HERE] = carom__fd_guard(fd);
    return fd < 0 && (errno == EMFILE || errno == ENFILE) ? errno : 0;
}

static int describe_stream(asking_t *asking, const carom_plat_redirect_t *to, int target)
{
    int fd = to->kind == CAROM_PLAT_FILE ? (int) to->file : target;

    if (to->kind == CAROM_PLAT_NULL) {
        asking->asked.request.wants |= (uint32_t) WANT_NULL << target;
        return 0;
    }
    if (fcntl(fd, F_GETFD) >= 0)
        asking->asked.files[FILE_STDIN + target] = fd;
    return asking->asked.files[FILE_STDIN + target] < 0 && to->kind == CAROM_PLAT_FILE ? EINVAL : 0;
}

static int describe_rest(asking_t *asking, const carom_plat_launch_t *launch)
{
    static const char *const no_changes[] = {NULL};
    size_t length = 0, i;
    const char *const *changes = launch->environment ? launch->environment : no_changes;
    int nice = 0, error = carom__environment_merge(&asking->environment, changes);

    if (!error && launch->nice != 0)
        error = carom__nice_from_here(&nice, launch->nice);
    if (error)
        return error;
    for (i = 0; asking->environment[i]; i++)
        length += strlen(asking->environment[i]) + 1;
    asking->directory = launch->directory;
    if (length > FORKER_BODY_MAX || (launch->directory && strlen(launch->directory) >= CAROM_PLAT_PATH))
        return E2BIG;
    asking->asked.request.environment = (uint32_t) length;
    asking->asked.request.directory = launch->directory ? (uint32_t) strlen(launch->directory) + 1 : 0;
    asking->asked.request.nice = nice;
    asking->asked.request.wants |= launch->nice != 0 ? WANT_NICE : 0;
    asking->asked.request.wants |= launch->nice != 0 || launch->directory ? WANT_READY : 0;
    return 0;
}

static int prepare(asking_t *asking, carom_plat_child_t *child, const carom_plat_launch_t *launch)
{
    int target, kind, error = make_status(asking, child);

    if (!error)
        error = carom__fd_pipe(&asking->asked.files[FILE_LIFELINE], &child->lifeline);
    if (!error)
        error = carom__sentinel_prepare(child, &asking->asked.files[FILE_SENTINEL]);
    if (!error)
        error = find_here(asking);
    for (target = 0; target < 3 && !error; target++)
        error = describe_stream(asking, &launch->standard[target], target);
    if (!error)
        error = describe_rest(asking, launch);
    asking->asked.files[FILE_CONTROL] = launch->control->fd;
    asking->asked.files[FILE_SHARED] = launch->shared ? launch->shared->fd : -1;
    for (kind = 0; kind < FILE_KINDS; kind++)
        asking->asked.request.files |= (uint32_t) (asking->asked.files[kind] >= 0) << kind;
    return error;
}

/* ---- sending it ---- */

static carom_status_t after_failure(int error, int fd, short events, int64_t deadline)
{
    if (error == EINTR)
        return CAROM_OK;
    if (error == EAGAIN)
        return carom__poll_one(fd, events, deadline);
    return error == ENOTCONN ? CAROM_EEOF : carom_plat_status(error);
}

static carom_status_t send_request(carom_plat_forker_t *forker, asking_t *asking, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    int error;

    asking->asked.request.magic = FORKER_MAGIC;
    memcpy(asking->asked.request.key, forker->key, sizeof forker->key);
    do {
        error = carom__request_send(forker->fd, &asking->asked);
        if (error)
            status = after_failure(error, forker->fd, POLLOUT, deadline);
    } while (error && status == CAROM_OK);
    return status;
}

static carom_status_t send_bytes(int fd, const void *bytes, size_t length, int64_t deadline)
{
    const char *rest = bytes;
    carom_status_t status = CAROM_OK;

    while (length > 0 && status == CAROM_OK) {
        ssize_t n = send(fd, rest, length, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0)
            status = after_failure(errno, fd, POLLOUT, deadline);
        else {
            rest += n;
            length -= (size_t) n;
        }
    }
    return status;
}

/* In one piece, mostly: the strings lie anywhere. */
static carom_status_t send_body(int fd, const asking_t *asking, int64_t deadline)
{
    size_t total = asking->asked.request.environment + asking->asked.request.directory, length = 0, i;
    char *body = malloc(total + 1);
    carom_status_t status;

    if (body == NULL)
        return CAROM_ENOMEM;
    for (i = 0; asking->environment[i]; i++) {
        strcpy(body + length, asking->environment[i]);
        length += strlen(asking->environment[i]) + 1;
    }
    if (asking->directory)
        strcpy(body + length, asking->directory);
    status = send_bytes(fd, body, total, deadline);
    free(body);
    return status;
}

/* ---- the answer ---- */

/* One word, and the descriptor beside it or -1.  What is held for that is let go when the word is there, so that nobody else
 * takes it meanwhile. */
static carom_status_t receive_word(word_t *word, int *file, int fd, int *room, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    int came = 0;

    *file = -1;
    while (status == CAROM_OK && came <= 0) {
        status = carom__poll_one(fd, POLLIN, deadline);
        if (status != CAROM_OK)
            return status;
        carom__fd_close(room);
        came = carom__word_receive(fd, word, file);
        if (*file >= 0)
            *file = carom__fd_guard(*file);
        if (came == 0)
            return CAROM_EEOF;
        if (came < 0)
            status = after_failure(-came, fd, POLLIN, deadline);
    }
    return status;
}

static void be_born(carom_plat_child_t *child, const word_t *word, int file)
{
    child->pid = word->value;
    if (file >= 0) {
        child->sentinel = file;
        child->certain = 1;
    }
}

/* The words of forker and worker come in any order. */
static carom_status_t await(carom_plat_child_t *child, asking_t *asking, int64_t deadline)
{
    int is_ready = !(asking->asked.request.wants & WANT_READY), file;
    carom_status_t status = CAROM_OK;
    word_t word;

    while (status == CAROM_OK && (child->pid == 0 || !is_ready)) {
        status = receive_word(&word, &file, child->status, &asking->room, deadline);
        /* Who had the request is gone. */
        if (status != CAROM_OK)
            return status == CAROM_EEOF ? CAROM_EDIED : status;
        if (word.what == WORD_BORN && child->pid == 0)
            be_born(child, &word, file);
        else if (word.what == WORD_READY)
            is_ready = 1;
        else
            status = word.what == WORD_FAILED ? carom_plat_status(word.value) : CAROM_EDIED;
    }
    return status;
}

static carom_status_t ask(carom_plat_child_t *child, carom_plat_forker_t *forker, asking_t *asking, int64_t deadline)
{
    int is_short = asking->asked.request.environment + asking->asked.request.directory <= BODY_FIRST;
    carom_status_t status = is_short ? send_body(child->status, asking, deadline) : CAROM_OK;

    if (status == CAROM_OK)
        status = send_request(forker, asking, deadline);
    /* Ours alone would keep it open. */
    carom__fd_close(&asking->asked.files[FILE_STATUS]);
    if (status != CAROM_OK)
        return status;
    if (!is_short)
        status = send_body(child->status, asking, deadline);
    /* A worker that went without reading has said why. */
    if (status == CAROM_OK || status == CAROM_EEOF)
        status = await(child, asking, deadline);
    return status;
}

/* Its lifeline ends a worker that is there, and the status socket is at its end when that has gone and the forker knows: what
 * the worker took for its own can be another's then.  Who takes the request later goes no further than to say so.  Where the
 * forker has not taken it, nobody has anything, and the end does not come: not for long. */
static void end_worker(carom_plat_child_t *child)
{
    int64_t deadline = carom_plat_now() + LAST_WAIT;
    word_t word = {0};
    ssize_t n = -1;

    carom__fd_close(&child->lifeline);
    while (child->status >= 0 && n != 0 && word.what != WORD_ENDED &&
           carom__poll_one(child->status, POLLIN, deadline) == CAROM_OK)
        n = recv(child->status, &word, sizeof word, MSG_DONTWAIT);
}

carom_status_t carom_plat_forker_launch(carom_plat_child_t **child, carom_plat_forker_t *forker,
                                        const carom_plat_launch_t *launch, int64_t deadline)
{
    asking_t asking = {.asked = CAROM__ASKED_NOTHING, .room = -1};
    carom_plat_child_t *self;
    carom_status_t status = carom__child_new(&self);
    int error;

    *child = NULL;
    if (status != CAROM_OK)
        return status;
    error = prepare(&asking, self, launch);
    status = error ? carom_plat_status(error) : ask(self, forker, &asking, deadline);
    close_files(&asking);
    if (status == CAROM_OK)
        *child = self;
    else {
        end_worker(self);
        carom__child_free(self);
    }
    return status;
}

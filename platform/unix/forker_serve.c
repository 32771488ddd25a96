/* A forker: the process that forks workers for its owner.
 *
 * It has one thread and little memory, so its forks are cheap and safe however large and busy its owner is.  It may have a
 * handler of signals and wait for all of its children: the process is carom's own. */

#include "platform/unix/forker.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The exit code of a worker that could not be what it was to be. */
#define NOT_RUN 70

typedef struct worker_t {
    pid_t pid;
    int status;                       /* where the word of its end goes */
    int is_kept;                      /* the starter has only its number, which is not free before he has closed his end */
    int has_ended;
    struct worker_t *next;
} worker_t;

typedef struct forker_t {
    int fd;
    unsigned char key[CAROM_PLAT_KEY];
    worker_t *workers;
    struct pollfd *polled;            /* fd, then the status of each that is kept and has ended */
    size_t capacity;
    sigset_t mask;                    /* while it waits */
} forker_t;

/* A request with its descriptors, -1 where there is none. */
typedef struct asked_t {
    request_t request;
    int files[FILE_KINDS];
} asked_t;

static volatile sig_atomic_t children_ended;

static void note_child(int number)
{
    (void) number;
    children_ended = 1;
}

/* In a worker, its end of status; a fork of the worker has none. */
static int my_status = -1;
static unsigned my_birth;

/* ---- requests ---- */

/* In a time that tells nothing of the place where they differ. */
static int same_key(const unsigned char *one, const unsigned char *other)
{
    volatile unsigned char difference = 0;
    size_t i;

    for (i = 0; i < CAROM_PLAT_KEY; i++)
        difference |= one[i] ^ other[i];
    return difference == 0;
}

static size_t take_files(int files[FILE_KINDS], struct msghdr *message)
{
    struct cmsghdr *part;
    size_t count = 0, i, n;

    for (part = CMSG_FIRSTHDR(message); part; part = CMSG_NXTHDR(message, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS)
            continue;
        n = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (i = 0; i < n && count < FILE_KINDS; i++)
            memcpy(&files[count++], CMSG_DATA(part) + i * sizeof(int), sizeof(int));
    }
    return count;
}

/* From the order in which they came to the places of their kinds; -1 when they are not what the request says. */
static int sort_files(asked_t *asked, size_t count)
{
    int came[FILE_KINDS], kind;
    size_t next = 0;

    memcpy(came, asked->files, sizeof came);
    for (kind = 0; kind < FILE_KINDS; kind++)
        if (asked->request.files & 1u << kind && next == count)
            return -1;
        else
            asked->files[kind] = asked->request.files & 1u << kind ? came[next++] : -1;
    return next == count ? 0 : -1;
}

static int is_request(const forker_t *self, const request_t *request)
{
    const uint32_t needed = 1u << FILE_STATUS | 1u << FILE_CONTROL | 1u << FILE_LIFELINE;

    return request->magic == FORKER_MAGIC && same_key(request->key, self->key) && request->zero == 0 &&
           request->files >> FILE_KINDS == 0 && (request->files & needed) == needed &&
           (request->wants & ~(uint32_t) WANT_ALL) == 0 && request->environment <= FORKER_BODY_MAX && request->directory <= CAROM_PLAT_PATH;
}

static void close_all(int files[FILE_KINDS])
{
    int kind;

    for (kind = 0; kind < FILE_KINDS; kind++)
        if (files[kind] >= 0)
            close(files[kind]);
}

static void say(int fd, uint32_t what, int32_t value)
{
    word_t word = {what, value};
    ssize_t ignored = send(fd, &word, sizeof word, MSG_NOSIGNAL | MSG_DONTWAIT);

    (void) ignored;
}

/* 1: a request came; 0: nothing did, or what did is none; -1: the owner has closed his end. */
static int receive(forker_t *self, asked_t *asked)
{
    struct iovec where = {&asked->request, sizeof asked->request};
    ancillary_t ancillary;
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &ancillary, .msg_controllen = sizeof ancillary};
    ssize_t n = recvmsg(self->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    size_t count;

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR || errno == EMFILE || errno == ENFILE) ? 0 : -1;
    memset(asked->files, -1, sizeof asked->files);
    count = take_files(asked->files, &message);
    if (n == (ssize_t) sizeof asked->request && !(message.msg_flags & MSG_TRUNC) && is_request(self, &asked->request)) {
        if (!(message.msg_flags & MSG_CTRUNC) && sort_files(asked, count) == 0)
            return 1;
        /* There was no room for all of them here; the first is where to say so. */
        if (count > 0)
            say(asked->files[0], WORD_FAILED, EMFILE);
    }
    close_all(asked->files);
    return 0;
}

/* ---- in the worker ---- */

static int read_body(char *body, size_t length, int fd)
{
    while (length > 0) {
        ssize_t n = recv(fd, body, length, 0);

        if (n == 0)
            return EPIPE;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            body += n;
            length -= (size_t) n;
        }
    }
    return 0;
}

/* An array of the strings in a block of them; the block ends with a zero or is empty. */
static int split_environment(char ***environment, char *block, size_t length)
{
    size_t count = 0, i;
    char *next;

    if (length > 0 && block[length - 1] != '\0')
        return EINVAL;
    for (i = 0; i < length; i++)
        count += block[i] == '\0';
    *environment = malloc((count + 1) * sizeof **environment);
    if (*environment == NULL)
        return ENOMEM;
    for (i = 0, next = block; i < count; i++, next += strlen(next) + 1)
        (*environment)[i] = next;
    (*environment)[count] = NULL;
    return 0;
}

/* Environment and directory are the worker's for its whole life. */
static int read_strings(carom__setup_t *setup, const asked_t *asked)
{
    size_t environment = asked->request.environment, directory = asked->request.directory;
    char *body = malloc(environment + directory + 1);
    int error = body ? read_body(body, environment + directory, asked->files[FILE_STATUS]) : ENOMEM;

    if (error)
        return error;
    body[environment + directory] = '\0';
    setup->directory = directory > 0 ? body + environment : NULL;
    return split_environment(&setup->environment, body, environment);
}

static int find_stream(carom__setup_t *setup, const asked_t *asked, int target)
{
    int fd = asked->files[FILE_STDIN + target];

    if (fd < 0 && asked->request.wants & (uint32_t) WANT_NULL << target)
        fd = open("/dev/null", O_RDWR | O_CLOEXEC);
    else if (fd < 0)
        fd = STANDARD_CLOSED;
    setup->standard[target] = fd;
    return fd == -1 ? errno : 0;
}

static int set_up(carom__setup_t *setup, const asked_t *asked)
{
    int target, error = 0;

    setup->control = asked->files[FILE_CONTROL];
    setup->lifeline = asked->files[FILE_LIFELINE];
    setup->sentinel = asked->files[FILE_SENTINEL];
    setup->shared = asked->files[FILE_SHARED];
    setup->here = asked->files[FILE_HERE];
    setup->has_nice = (asked->request.wants & WANT_NICE) != 0;
    setup->nice = asked->request.nice;
    setup->is_clean = 1;
    for (target = 0; target < 3 && !error; target++)
        error = find_stream(setup, asked, target);
    if (!error)
        error = read_strings(setup, asked);
    return error ? error : carom__setup_apply(setup);
}

/* Memory only: the descriptors were closed by the fork. */
static void forget(forker_t *self)
{
    worker_t *worker;

    while ((worker = self->workers) != NULL) {
        self->workers = worker->next;
        free(worker);
    }
    free(self->polled);
    memset(self, 0, sizeof *self);
}

static carom_status_t begin(carom_plat_stream_t **control, carom_plat_shared_t **shared, forker_t *self, asked_t *asked)
{
    carom__setup_t setup = CAROM__SETUP_NONE;
    int error = set_up(&setup, asked);

    forget(self);
    if (!error)
        error = carom_plat_stream_adopt(control, setup.control) == CAROM_OK ? 0 : ENOMEM;
    if (!error && setup.shared >= 0)
        error = carom__shared_of(shared, carom__fd_release(setup.shared)) == CAROM_OK ? 0 : EMFILE;
    if (error)
        say(asked->files[FILE_STATUS], WORD_FAILED, error);
    else if (asked->request.wants & WANT_READY)
        say(asked->files[FILE_STATUS], WORD_READY, 0);
    if (error)
        _exit(NOT_RUN);
    my_status = carom__fd_guard(asked->files[FILE_STATUS]);
    my_birth = carom_plat_fork_count();
    return CAROM_OK;
}

void carom__forker_say_leaving(int code)
{
    if (my_status >= 0 && my_birth == carom_plat_fork_count())
        say(my_status, WORD_LEAVING, code & 255);
}

/* ---- workers ---- */

static void say_born(int fd, pid_t pid, int file)
{
    word_t word = {WORD_BORN, pid};
    struct iovec where = {&word, sizeof word};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1};
    ancillary_t ancillary;
    struct cmsghdr *part;
    ssize_t ignored;

    if (file >= 0) {
        memset(&ancillary, 0, sizeof ancillary);
        message.msg_control = &ancillary;
        message.msg_controllen = CMSG_SPACE(sizeof file);
        part = CMSG_FIRSTHDR(&message);
        part->cmsg_level = SOL_SOCKET;
        part->cmsg_type = SCM_RIGHTS;
        part->cmsg_len = CMSG_LEN(sizeof file);
        memcpy(CMSG_DATA(part), &file, sizeof file);
    }
    ignored = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
    (void) ignored;
}

static void keep_account(forker_t *self, worker_t *worker, asked_t *asked)
{
    carom_plat_child_t child = {.pid = worker->pid, .sentinel = -1};
    int nothing = -1, error = carom__sentinel_begin(&child, &nothing);

    (void) error;
    worker->status = carom__fd_guard(asked->files[FILE_STATUS]);
    asked->files[FILE_STATUS] = -1;
    worker->is_kept = child.sentinel < 0;
    worker->next = self->workers;
    self->workers = worker;
    say_born(worker->status, worker->pid, child.sentinel);
    carom__fd_close(&child.sentinel);
}

/* No signal of ours may land in the worker before our handler is gone.  *pid is 0 in the worker. */
static int split(pid_t *pid)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    *pid = fork();
    error = *pid < 0 ? errno : 0;
    if (*pid != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* 1 in the worker. */
static int fork_worker(forker_t *self, asked_t *asked)
{
    worker_t *worker = calloc(1, sizeof *worker);
    int error = worker ? split(&worker->pid) : ENOMEM;

    if (!error && worker->pid == 0) {
        free(worker);
        return 1;
    }
    if (error) {
        say(asked->files[FILE_STATUS], WORD_FAILED, error);
        free(worker);
    } else {
        keep_account(self, worker, asked);
    }
    close_all(asked->files);
    return 0;
}

/* ---- ends ---- */

/* 1: the starter knows, and nobody needs it any more. */
static int look_at(worker_t *worker)
{
    int how = WEXITED | WNOHANG | (worker->is_kept ? WNOWAIT : 0);
    siginfo_t info = {0};

    if (worker->has_ended || waitid(P_PID, (id_t) worker->pid, &info, how) != 0 || info.si_pid == 0)
        return 0;
    worker->has_ended = 1;
    say(worker->status, WORD_ENDED, carom__code_of(&info));
    return !worker->is_kept;
}

static void look_at_all(forker_t *self)
{
    worker_t **place = &self->workers, *worker;

    while ((worker = *place) != NULL) {
        if (!look_at(worker)) {
            place = &worker->next;
            continue;
        }
        *place = worker->next;
        carom__fd_close(&worker->status);
        free(worker);
    }
}

/* The starter has closed his end of one that is kept. */
static void let_go(forker_t *self, int status)
{
    worker_t **place = &self->workers, *worker;

    while (*place != NULL && (*place)->status != status)
        place = &(*place)->next;
    worker = *place;
    if (worker == NULL)
        return;
    *place = worker->next;
    waitpid(worker->pid, NULL, 0);
    carom__fd_close(&worker->status);
    free(worker);
}

/* ---- serving ---- */

/* How many there are to poll; 0: no memory. */
static size_t list_polled(forker_t *self)
{
    size_t count = 1;
    worker_t *worker;

    for (worker = self->workers; worker; worker = worker->next)
        count += (size_t) worker->has_ended;
    if (count > self->capacity) {
        struct pollfd *more = realloc(self->polled, 2 * count * sizeof *more);

        if (more == NULL)
            return 0;
        self->polled = more;
        self->capacity = 2 * count;
    }
    self->polled[0].fd = self->fd;
    self->polled[0].events = POLLIN;
    for (count = 1, worker = self->workers; worker; worker = worker->next)
        if (worker->has_ended) {
            self->polled[count].events = 0;
            self->polled[count++].fd = worker->status;
        }
    return count;
}

/* 1: a request may be there; -1: this process is out of memory. */
static int await(forker_t *self)
{
    size_t count = list_polled(self), i;

    if (count == 0)
        return -1;
    if (ppoll(self->polled, (nfds_t) count, NULL, &self->mask) < 0)
        self->polled[0].revents = 0;
    else
        for (i = 1; i < count; i++)
            if (self->polled[i].revents != 0)
                let_go(self, self->polled[i].fd);
    if (children_ended) {
        children_ended = 0;
        look_at_all(self);
    }
    return self->polled[0].revents != 0;
}

/* Descriptors that come must not be taken for streams; nor is what a template's parent had read ahead for a worker. */
static void fill_standard(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd < CHILD_CONTROL);
    if (fd >= 0)
        close(fd);
}

static void take_signals(forker_t *self)
{
    struct sigaction action = {.sa_handler = note_child};
    sigset_t child;

    carom__setup_signals();
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    sigprocmask(SIG_BLOCK, &child, &self->mask);
    sigdelset(&self->mask, SIGCHLD);
    sigaction(SIGCHLD, &action, NULL);
    /* The terminal's is for its owner, who ends it in ending. */
    action.sa_handler = SIG_IGN;
    sigaction(SIGINT, &action, NULL);
}

carom_status_t carom_plat_forker_serve(carom_plat_stream_t **control, carom_plat_shared_t **shared, carom_native_t theirs,
                                       const unsigned char key[CAROM_PLAT_KEY])
{
    forker_t self = {.fd = carom__fd_guard((int) theirs)};
    asked_t asked;
    int what;

    *control = NULL;
    *shared = NULL;
    memcpy(self.key, key, sizeof self.key);
    fill_standard();
    take_signals(&self);
    for (;;) {
        what = await(&self);
        if (what > 0)
            what = receive(&self, &asked);
        if (what < 0)
            break;
        if (what > 0 && fork_worker(&self, &asked))
            return begin(control, shared, &self, &asked);
    }
    carom__fd_close(&self.fd);
    free(self.polled);
    return CAROM_EEOF;
}

/* A forker: the process that forks workers for its owner.
 *
 * It has one thread and little memory, so its forks are cheap and safe however large and busy its owner is.  It may have a
 * handler of signals and wait for all of its children: the process is carom's own.
 *
 * What it forks is a *spare*, which waits for what it is to be; when a request was served and nobody waits, the next one is forked
 * ahead of need, so that a start need not wait for a fork.  A spare ends with its forker; a worker does
 * not, and says that it is born before it does anything else: so who heard of none may ask again. */

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

/* The exit code of a spare that was not asked for. */
#define NOT_RUN 70

typedef struct worker_t {
    pid_t pid;
    int status;                       /* where the word of its end goes; -1: it is the spare, or was and died */
    int is_kept;                      /* the starter has only its number, which is not free before he has closed his end */
    int has_ended;
    struct worker_t *next;
} worker_t;

typedef struct forker_t {
    int fd;
    pid_t pid;
    unsigned char key[CAROM_PLAT_KEY];
    worker_t *workers;
    worker_t *spare;                  /* one of them, or NULL */
    int spare_fd;                     /* where it waits for a request */
    int wants_spare;                  /* a request was served since there was one */
    struct pollfd *polled;            /* fd, then the status of each that is kept and has ended */
    size_t capacity;
    sigset_t mask;                    /* while it waits */
} forker_t;

static volatile sig_atomic_t children_ended;

static void note_child(int number)
{
    (void) number;
    children_ended = 1;
}

/* ---- workers ---- */

/* Where it can say who it is by more than its number (forker_worker.c), that need not be kept for it. */
static void open_account(worker_t *worker, asked_t *asked)
{
    carom_plat_child_t child = {.pid = worker->pid, .sentinel = -1};
    int nothing = -1, error = carom__sentinel_begin(&child, &nothing);

    worker->status = carom__fd_guard(asked->files[FILE_STATUS]);
    worker->is_kept = error != 0 || child.sentinel < 0;
    asked->files[FILE_STATUS] = -1;
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

/* ---- the spare ---- */

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

/* In the spare: until it is asked for.  Signals end it, for nobody has anything of it yet. */
static void wait_to_be_asked(forker_t *self, asked_t *asked, int fd)
{
    sigset_t all;
    int what;

    carom__lifeline_end_with(self->pid);
    carom__request_close(asked);
    sigprocmask(SIG_SETMASK, &self->mask, NULL);
    forget(self);
    do
        what = carom__request_receive(fd, asked, NULL, 0);
    while (what == 0);
    if (what < 0)
        _exit(NOT_RUN);
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    close(fd);
}

/* Its account begins when it is given a request. */
static int add_spare(forker_t *self)
{
    worker_t *spare = calloc(1, sizeof *spare);
    int error = spare ? split(&spare->pid) : ENOMEM;

    if (error || spare->pid == 0) {
        free(spare);
        return error;
    }
    spare->status = -1;
    spare->next = self->workers;
    self->workers = self->spare = spare;
    return 0;
}

/* 1 in the spare, when it has become a worker.  Without one *error says why. */
static int fork_spare(forker_t *self, asked_t *asked, int *error)
{
    int ends[2];

    self->wants_spare = 0;
    *error = socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0 ? 0 : errno;
    if (*error)
        return 0;
    self->spare_fd = carom__fd_guard(ends[0]);
    *error = add_spare(self);
    if (!*error && self->spare == NULL) {
        wait_to_be_asked(self, asked, ends[1]);
        return 1;
    }
    close(ends[1]);
    if (*error)
        carom__fd_close(&self->spare_fd);
    return 0;
}

static void forget_spare(forker_t *self)
{
    self->spare = NULL;
    carom__fd_close(&self->spare_fd);
}

/* If it died meanwhile, its end is all that the starter hears of it. */
static void give_to_spare(forker_t *self, asked_t *asked)
{
    int error = carom__request_send(self->spare_fd, asked);

    if (error && error != EPIPE && error != ECONNRESET)
        carom__word_say(asked->files[FILE_STATUS], WORD_FAILED, error);
    open_account(self->spare, asked);
    forget_spare(self);
}

static void end_spare(forker_t *self)
{
    if (self->spare == NULL)
        return;
    kill(self->spare->pid, SIGKILL);
    waitpid(self->spare->pid, NULL, 0);
    carom__fd_close(&self->spare_fd);
}

/* One that died unasked, and was not noticed yet, is none. */
static int has_spare(forker_t *self)
{
    siginfo_t info = {0};

    if (self->spare && waitid(P_PID, (id_t) self->spare->pid, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0)
        forget_spare(self);
    return self->spare != NULL;
}

/* 1 in the worker. */
static int serve(forker_t *self, asked_t *asked)
{
    int error = 0;

    if (!has_spare(self) && fork_spare(self, asked, &error))
        return 1;
    if (error)
        carom__word_say(asked->files[FILE_STATUS], WORD_FAILED, error);
    else
        give_to_spare(self, asked);
    self->wants_spare = !error;
    carom__request_close(asked);
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
    carom__word_say(worker->status, WORD_ENDED, carom__code_of(&info));
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
        if (worker == self->spare)
            forget_spare(self);
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

/* 1: a request may be there; 0: a child has ended, or nobody waits and there should be a spare; -1: no memory. */
static int await(forker_t *self)
{
    static const struct timespec no_time = {0, 0};
    size_t count = list_polled(self), i;

    if (count == 0)
        return -1;
    if (ppoll(self->polled, (nfds_t) count, self->wants_spare ? &no_time : NULL, &self->mask) < 0)
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
    forker_t self = {.fd = carom__fd_guard((int) theirs), .pid = getpid(), .spare_fd = -1};
    asked_t asked = CAROM__ASKED_NOTHING;
    int what, error;

    *control = NULL;
    *shared = NULL;
    memcpy(self.key, key, sizeof self.key);
    fill_standard();
    take_signals(&self);
    for (;;) {
        what = await(&self);
        if (what > 0)
            what = carom__request_receive(self.fd, &asked, self.key, MSG_DONTWAIT);
        else if (what == 0 && self.wants_spare && fork_spare(&self, &asked, &error))
            break;
        if (what < 0 || (what > 0 && serve(&self, &asked)))
            break;
    }
    if (what >= 0)
        return carom__forker_become(control, shared, &asked);
    end_spare(&self);
    carom__fd_close(&self.fd);
    free(self.polled);
    return CAROM_EEOF;
}

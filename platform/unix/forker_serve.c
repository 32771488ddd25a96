/* A forker: the process that forks workers for its owner.
 *
 * It has one thread and little memory, so its forks are cheap and safe however large and busy its owner is.  It may have a
 * handler of signals and wait for all of its children: the process is carom's own.
 *
 * What it forks is a *spare*, which waits for a request itself, so that a start need not wait for a fork, nor for the forker.
 * Who has taken one tells the forker, who forks the next.  A spare ends with its forker; a worker does not, and says that it
 * is born before it does anything else: so a starter who heard of none may ask again. */

#include "platform/fault.h"
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
    int status;                       /* where the word of its end goes; -1: it has no request yet */
    int is_kept;                      /* the starter has only its number, which is not free before he has closed his end */
    int has_ended;
    struct worker_t *next;
} worker_t;

enum { REQUESTS, DESK, FIRST_KEPT };

typedef struct forker_t {
    int fd;                           /* where requests come */
    int desk, theirs;                 /* where workers say that they took one, and their end of it */
    pid_t pid;
    unsigned char key[CAROM_PLAT_KEY];
    worker_t *workers;
    worker_t *spare;                  /* one of them, or NULL */
    struct pollfd *polled;            /* fd, desk, then the status of each that is kept and has ended */
    size_t capacity;
    sigset_t mask;                    /* while it waits */
} forker_t;

static volatile sig_atomic_t children_ended;

static void note_child(int number)
{
    (void) number;
    children_ended = 1;
}

/* ---- the spare ---- */

/* No signal of ours may land in the worker before our handler is gone.  *pid is 0 in the worker. */
static int split(forker_t *self, pid_t *pid)
{
    sigset_t all, before;
    int error;

    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, &before);
    carom__fd_release(self->fd);
    carom__fd_release(self->theirs);
    *pid = fork();
    error = *pid < 0 ? errno : 0;
    self->fd = carom__fd_guard(self->fd);
    self->theirs = carom__fd_guard(self->theirs);
    if (*pid != 0)
        sigprocmask(SIG_SETMASK, &before, NULL);
    return error;
}

/* Memory only: its descriptors were closed by the fork, or are still needed. */
static void forget_workers(forker_t *self)
{
    worker_t *worker;

    while ((worker = self->workers) != NULL) {
        self->workers = worker->next;
        free(worker);
    }
    free(self->polled);
}

/* Where the forker's end is not the spare's, its end of the desk tells. */
static void look_for_forker(const forker_t *self)
{
    struct pollfd both[2] = {{.fd = self->fd, .events = POLLIN}, {.fd = self->theirs}};

    while (poll(both, 2, -1) < 0 && errno == EINTR)
        continue;
    if (both[1].revents != 0)
        _exit(NOT_RUN);
}

/* In the spare.  Until it is asked for, signals may end it: nobody has anything of it yet. */
static void wait_to_be_asked(forker_t *self, asked_t *asked)
{
    int what, ends_with_it = carom__lifeline_end_with(self->pid);
    sigset_t all;

    forget_workers(self);
    sigprocmask(SIG_SETMASK, &self->mask, NULL);
    do {
        if (!ends_with_it)
            look_for_forker(self);
        what = carom__request_receive(self->fd, asked, self->key, 0);
    } while (what == 0);
    if (what < 0)
        _exit(NOT_RUN);
    carom__fault("forker.asked");
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, NULL);
    carom__fd_close(&self->fd);
}

static int add_spare(forker_t *self)
{
    worker_t *spare = calloc(1, sizeof *spare);
    int error = spare ? split(self, &spare->pid) : ENOMEM;

    if (error || spare->pid == 0) {
        free(spare);
        return error;
    }
    spare->status = -1;
    spare->next = self->workers;
    self->workers = self->spare = spare;
    return 0;
}

/* 1 in the spare, when it was asked for. */
static int fork_spare(forker_t *self, asked_t *asked)
{
    int error = add_spare(self);

    if (!error && self->spare == NULL) {
        wait_to_be_asked(self, asked);
        return 1;
    }
    /* Whoever asks now hears why; who asks later may have more luck. */
    if (error && carom__request_receive(self->fd, asked, self->key, MSG_DONTWAIT) > 0) {
        (void) carom__word_say(asked->files[FILE_STATUS], WORD_FAILED, error);
        carom__request_close(asked);
    }
    return 0;
}

static void end_spare(forker_t *self)
{
    if (self->spare == NULL)
        return;
    kill(self->spare->pid, SIGKILL);
    waitpid(self->spare->pid, NULL, 0);
}

/* ---- accounts ---- */

static void open_account(forker_t *self, const word_t *word, int status)
{
    worker_t *worker = self->workers;

    while (worker && worker->pid != word->value)
        worker = worker->next;
    if (worker == NULL) {
        carom__fd_close(&status);
        return;
    }
    worker->status = status < 0 ? -1 : carom__fd_guard(status);
    worker->is_kept = word->what == WORD_TAKEN_KEEP && status >= 0;
    if (worker == self->spare)
        self->spare = NULL;
}

/* How many workers have taken a request.  Where status found no room here, the starter will hear of the end by other ways. */
static int read_desk(forker_t *self)
{
    word_t word;
    int count = 0, status, came;

    for (;;) {
        came = carom__word_receive(self->desk, &word, &status);
        if (came != 1 && came != -EMFILE)
            return count;
        open_account(self, &word, status);
        count++;
    }
}

/* ---- ends ---- */

/* 1: the starter knows, and nobody needs it any more. */
static int look_at(forker_t *self, worker_t *worker)
{
    siginfo_t info = {0};

    carom__fault("forker.look");
    if (worker->has_ended || waitid(P_PID, (id_t) worker->pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0)
        return 0;
    /* It may have taken a request since the desk was read, and nobody else will tell its starter. */
    if (worker->status < 0)
        (void) read_desk(self);
    worker->has_ended = 1;
    (void) carom__word_say(worker->status, WORD_ENDED, carom__code_of(&info));
    if (!worker->is_kept)
        waitpid(worker->pid, NULL, 0);
    return !worker->is_kept;
}

/* A spare that is stopped takes no request, and would hold up all who ask: they will have another.  It may have taken one. */
static void look_at_spare(forker_t *self)
{
    siginfo_t info = {0};
    int how = WEXITED | WSTOPPED | WNOHANG | WNOWAIT;

    if (self->spare == NULL || waitid(P_PID, (id_t) self->spare->pid, &info, how) != 0 || info.si_pid == 0)
        return;
    (void) read_desk(self);
    if (self->spare && info.si_code == CLD_STOPPED)
        kill(self->spare->pid, SIGKILL);
}

static void look_at_all(forker_t *self)
{
    worker_t **place = &self->workers, *worker;

    look_at_spare(self);
    while ((worker = *place) != NULL) {
        if (!look_at(self, worker)) {
            place = &worker->next;
            continue;
        }
        *place = worker->next;
        carom__fd_close(&worker->status);
        if (worker == self->spare)
            self->spare = NULL;
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
    size_t count = FIRST_KEPT;
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
    self->polled[REQUESTS].fd = self->fd;
    /* Requests are the spare's. */
    self->polled[REQUESTS].events = self->spare ? 0 : POLLIN;
    self->polled[DESK].fd = self->desk;
    self->polled[DESK].events = POLLIN;
    for (count = FIRST_KEPT, worker = self->workers; worker; worker = worker->next)
        if (worker->has_ended) {
            self->polled[count].events = 0;
            self->polled[count++].fd = worker->status;
        }
    return count;
}

/* 1: there should be a spare, because there was one, or somebody asks; 0: there need not be; -1: nobody will ask any more, or
 * this process is out of memory. */
static int await(forker_t *self)
{
    size_t count = list_polled(self), i;
    int taken = 0;

    if (count == 0)
        return -1;
    if (ppoll(self->polled, (nfds_t) count, NULL, &self->mask) < 0)
        self->polled[REQUESTS].revents = self->polled[DESK].revents = 0;
    else
        for (i = FIRST_KEPT; i < count; i++)
            if (self->polled[i].revents != 0)
                let_go(self, self->polled[i].fd);
    /* Who has died may have taken one. */
    if (children_ended || self->polled[DESK].revents != 0)
        taken = read_desk(self);
    if (children_ended) {
        children_ended = 0;
        look_at_all(self);
    }
    if (self->polled[REQUESTS].revents & (POLLHUP | POLLERR))
        return -1;
    return self->spare == NULL && (taken > 0 || self->polled[REQUESTS].revents != 0);
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

static int open_desk(forker_t *self)
{
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0)
        return errno;
    self->desk = carom__fd_guard(ends[0]);
    self->theirs = carom__fd_guard(ends[1]);
    return 0;
}

static void close_all(forker_t *self)
{
    end_spare(self);
    carom__fd_close(&self->fd);
    carom__fd_close(&self->desk);
    carom__fd_close(&self->theirs);
    free(self->polled);
}

carom_status_t carom_plat_forker_serve(carom_plat_stream_t **control, carom_plat_shared_t **shared, carom_native_t theirs,
                                       const unsigned char key[CAROM_PLAT_KEY])
{
    forker_t self = {.fd = carom__fd_guard((int) theirs), .desk = -1, .theirs = -1, .pid = getpid()};
    asked_t asked = CAROM__ASKED_NOTHING;
    int what = 0, error;

    *control = NULL;
    *shared = NULL;
    memcpy(self.key, key, sizeof self.key);
    fill_standard();
    take_signals(&self);
    error = open_desk(&self);
    while (!error && what >= 0) {
        what = await(&self);
        if (what > 0 && fork_spare(&self, &asked))
            return carom__forker_become(control, shared, &asked, carom__fd_release(self.theirs));
    }
    close_all(&self);
    return error ? carom_plat_status(error) : CAROM_EEOF;
}

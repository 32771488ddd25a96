/* A socket pair between this process and a forked one, or between two threads. */

#include "raw/raw.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

struct raw_pair_t {
    int ours;
    int theirs;          /* of a partner that is a thread, else -1 */
    raw_job_t job;
    size_t size, count;
    pid_t process;       /* 0: a thread */
    pthread_t thread;
};

/* ---- messages ---- */

static int send_all(int fd, const char *bytes, size_t size)
{
    size_t sent = 0;

    while (sent < size) {
        ssize_t n = send(fd, bytes + sent, size - sent, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR)
            return errno;
        sent += n > 0 ? (size_t) n : 0;
    }
    return 0;
}

static int await(int fd)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    while (poll(&one, 1, -1) < 0)
        if (errno != EINTR)
            return errno;
    return 0;
}

/* ECONNRESET at the end of what was sent. */
static int receive_all(int fd, char *bytes, size_t size, int polled)
{
    size_t got = 0;

    while (got < size) {
        ssize_t n;
        int error = polled ? await(fd) : 0;

        if (error)
            return error;
        n = recv(fd, bytes + got, size - got, 0);
        if (n == 0)
            return ECONNRESET;
        if (n < 0 && errno != EINTR)
            return errno;
        got += n > 0 ? (size_t) n : 0;
    }
    return 0;
}

/* ---- the partner ---- */

static int echo(int fd, char *message, size_t size, int polled)
{
    int error = receive_all(fd, message, size, polled);

    return error ? error : send_all(fd, message, size);
}

static int sink(int fd, char *message, size_t size, size_t count)
{
    int error = 0;

    while (count-- > 0 && !error)
        error = receive_all(fd, message, size, 0);
    return error ? error : send_all(fd, "", 1);
}

static void serve(const raw_pair_t *pair, int fd)
{
    char *message = malloc(pair->size);
    int error = message ? 0 : ENOMEM;

    while (!error)
        error = pair->job == RAW_SINK ? sink(fd, message, pair->size, pair->count)
                                      : echo(fd, message, pair->size, pair->job == RAW_ECHO_POLLED);
    free(message);
}

static void *serve_thread(void *data)
{
    raw_pair_t *pair = data;

    serve(pair, pair->theirs);
    return NULL;
}

static int start_process(raw_pair_t *pair)
{
    pair->process = fork();
    if (pair->process < 0)
        return errno;
    if (pair->process == 0) {
        close(pair->ours);
        serve(pair, pair->theirs);
        _exit(0);
    }
    close(pair->theirs);
    pair->theirs = -1;
    return 0;
}

static int open_pair(raw_pair_t *self, raw_partner_t partner)
{
    int ends[2], error;

    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
        return errno;
    self->ours = ends[0];
    self->theirs = ends[1];
    error = partner == RAW_PROCESS ? start_process(self) : pthread_create(&self->thread, NULL, serve_thread, self);
    if (error) {
        close(ends[0]);
        close(ends[1]);
    }
    return error;
}

int raw_pair_open(raw_pair_t **pair, raw_partner_t partner, raw_job_t job, size_t size, size_t count)
{
    raw_pair_t *self = calloc(1, sizeof *self);
    int error;

    *pair = NULL;
    if (self == NULL)
        return ENOMEM;
    self->job = job;
    self->size = size;
    self->count = count;
    error = open_pair(self, partner);
    if (error)
        free(self);
    else
        *pair = self;
    return error;
}

void raw_pair_close(raw_pair_t **pair)
{
    raw_pair_t *self = *pair;

    if (self == NULL)
        return;
    *pair = NULL;
    shutdown(self->ours, SHUT_RDWR);
    if (self->process > 0) {
        while (waitpid(self->process, NULL, 0) < 0 && errno == EINTR)
            ;
    } else {
        pthread_join(self->thread, NULL);
        close(self->theirs);
    }
    close(self->ours);
    free(self);
}

/* ---- this end ---- */

int raw_pair_trip(raw_pair_t *pair, void *message)
{
    int error = send_all(pair->ours, message, pair->size);

    return error ? error : receive_all(pair->ours, message, pair->size, pair->job == RAW_ECHO_POLLED);
}

int raw_pair_send(raw_pair_t *pair, const void *message)
{
    return send_all(pair->ours, message, pair->size);
}

int raw_pair_finish(raw_pair_t *pair)
{
    char answer;

    return receive_all(pair->ours, &answer, 1, 0);
}

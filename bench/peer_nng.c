/* nng over its ipc transport between two processes: a pair socket at each end. */

#include "raw/peer.h"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

static nng_socket open_socket(const char *address, int binds)
{
    nng_socket socket;

    if (nng_pair0_open(&socket) != 0)
        peer_fail("nng_pair0_open");
    /* The other process may be later: the dialer tries again by itself. */
    if (binds ? nng_listen(socket, address, NULL, 0) : nng_dial(socket, address, NULL, NNG_FLAG_NONBLOCK))
        peer_fail("opening a socket");
    return socket;
}

static void send_message(nng_socket socket, void *message, size_t size)
{
    if (nng_send(socket, message, size, 0) != 0)
        peer_fail("nng_send");
}

static void receive_message(nng_socket socket, void *message, size_t size)
{
    if (nng_recv(socket, message, &size, 0) != 0)
        peer_fail("nng_recv");
}

/* ---- round trips ---- */

static void echo(const peer_job_t *job, nng_socket socket, char *message)
{
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        receive_message(socket, message, job->size);
        send_message(socket, message, job->size);
    }
}

static double trips(const peer_job_t *job, nng_socket socket, char *message)
{
    double begin = 0;
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        if (i == PEER_WARM_UP)
            begin = peer_now();
        send_message(socket, message, job->size);
        receive_message(socket, message, job->size);
    }
    return peer_now() - begin;
}

/* ---- streams: twice, the first time to warm up ---- */

static void sink(const peer_job_t *job, nng_socket socket, char *message)
{
    size_t round, i;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < job->count; i++)
            receive_message(socket, message, job->size);
        send_message(socket, message, 1);
    }
}

static double flood(const peer_job_t *job, nng_socket socket, char *message)
{
    double begin = 0;
    size_t round, i;

    for (round = 0; round < 2; round++) {
        begin = peer_now();
        for (i = 0; i < job->count; i++)
            send_message(socket, message, job->size);
        receive_message(socket, message, job->size);
    }
    return peer_now() - begin;
}

int main(int argc, char **argv)
{
    peer_job_t job = peer_job(argc, argv);
    char *message = calloc(1, job.size), address[64];
    nng_socket socket;
    double taken;

    if (message == NULL)
        peer_fail("calloc");
    peer_address(address, sizeof address, "abstract://", "pair");
    if (peer_split()) {
        socket = open_socket(address, 1);
        (job.is_stream ? sink : echo)(&job, socket, message);
        /* nng_close drops what was not sent: the first process closes, and that ends this wait. */
        receive_message(socket, message, job.size);
        peer_leave();
    }
    socket = open_socket(address, 0);
    taken = (job.is_stream ? flood : trips)(&job, socket, message);
    send_message(socket, message, 1);
    peer_join();
    nng_close(socket);
    peer_print(&job, taken);
    free(message);
    return 0;
}

/* ZeroMQ over ipc between two processes: REQ and REP, PUSH and PULL. */

#include "raw/peer.h"

#include <zmq.h>

static char forth[64], back[64];     /* addresses */
static void *context;

static void *open_socket(int type, const char *address, int binds)
{
    void *socket = zmq_socket(context, type);

    if (socket == NULL || (binds ? zmq_bind(socket, address) : zmq_connect(socket, address)) != 0)
        peer_fail("opening a socket");
    return socket;
}

static void send_message(void *socket, const void *message, size_t size)
{
    if (zmq_send(socket, message, size, 0) < 0)
        peer_fail("zmq_send");
}

static void receive_message(void *socket, void *message, size_t size)
{
    if (zmq_recv(socket, message, size, 0) < 0)
        peer_fail("zmq_recv");
}

static void close_socket(void *socket)
{
    zmq_close(socket);
}

/* ---- round trips ---- */

static void echo(const peer_job_t *job, char *message)
{
    void *socket = open_socket(ZMQ_REP, forth, 1);
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        receive_message(socket, message, job->size);
        send_message(socket, message, job->size);
    }
    close_socket(socket);
}

static double trips(const peer_job_t *job, char *message)
{
    void *socket = open_socket(ZMQ_REQ, forth, 0);
    double begin = 0, end;
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        if (i == PEER_WARM_UP)
            begin = peer_now();
        send_message(socket, message, job->size);
        receive_message(socket, message, job->size);
    }
    end = peer_now();
    close_socket(socket);
    return end - begin;
}

/* ---- streams: twice, the first time to warm up ---- */

static void sink(const peer_job_t *job, char *message)
{
    void *in = open_socket(ZMQ_PULL, forth, 1), *out = open_socket(ZMQ_PUSH, back, 0);
    size_t round, i;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < job->count; i++)
            receive_message(in, message, job->size);
        send_message(out, "", 1);
    }
    close_socket(in);
    close_socket(out);
}

static double flood(const peer_job_t *job, char *message)
{
    void *out = open_socket(ZMQ_PUSH, forth, 0), *in = open_socket(ZMQ_PULL, back, 1);
    double begin = 0, end;
    size_t round, i;

    for (round = 0; round < 2; round++) {
        begin = peer_now();
        for (i = 0; i < job->count; i++)
            send_message(out, message, job->size);
        receive_message(in, message, 1);
    }
    end = peer_now();
    close_socket(out);
    close_socket(in);
    return end - begin;
}

int main(int argc, char **argv)
{
    peer_job_t job = peer_job(argc, argv);
    char *message = calloc(1, job.size);
    int is_second;
    double taken;

    if (message == NULL)
        peer_fail("calloc");
    peer_address(forth, sizeof forth, "ipc://@", "forth");
    peer_address(back, sizeof back, "ipc://@", "back");
    is_second = peer_split();
    context = zmq_ctx_new();
    if (is_second) {
        (job.is_stream ? sink : echo)(&job, message);
        zmq_ctx_term(context);
        peer_leave();
    }
    taken = (job.is_stream ? flood : trips)(&job, message);
    zmq_ctx_term(context);
    peer_join();
    peer_print(&job, taken);
    free(message);
    return 0;
}

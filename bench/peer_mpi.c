/* Open MPI between two processes of mpirun -n 2: MPI_Send and MPI_Recv. */

#include "raw/peer.h"

#include <mpi.h>

static void send_message(const void *message, size_t size, int to)
{
    if (MPI_Send(message, (int) size, MPI_CHAR, to, 0, MPI_COMM_WORLD) != MPI_SUCCESS)
        peer_fail("MPI_Send");
}

static void receive_message(void *message, size_t size, int from)
{
    if (MPI_Recv(message, (int) size, MPI_CHAR, from, 0, MPI_COMM_WORLD, MPI_STATUS_IGNORE) != MPI_SUCCESS)
        peer_fail("MPI_Recv");
}

/* ---- round trips ---- */

static void echo(const peer_job_t *job, char *message)
{
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        receive_message(message, job->size, 0);
        send_message(message, job->size, 0);
    }
}

static double trips(const peer_job_t *job, char *message)
{
    double begin = 0;
    size_t i;

    for (i = 0; i < job->count + PEER_WARM_UP; i++) {
        if (i == PEER_WARM_UP)
            begin = peer_now();
        send_message(message, job->size, 1);
        receive_message(message, job->size, 1);
    }
    return peer_now() - begin;
}

/* ---- streams: twice, the first time to warm up ---- */

static void sink(const peer_job_t *job, char *message)
{
    size_t round, i;

    for (round = 0; round < 2; round++) {
        for (i = 0; i < job->count; i++)
            receive_message(message, job->size, 0);
        send_message(message, 1, 0);
    }
}

static double flood(const peer_job_t *job, char *message)
{
    double begin = 0;
    size_t round, i;

    for (round = 0; round < 2; round++) {
        begin = peer_now();
        for (i = 0; i < job->count; i++)
            send_message(message, job->size, 1);
        receive_message(message, 1, 1);
    }
    return peer_now() - begin;
}

int main(int argc, char **argv)
{
    peer_job_t job;
    char *message;
    int rank;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    job = peer_job(argc, argv);
    message = calloc(1, job.size);
    if (message == NULL)
        peer_fail("calloc");
    if (rank == 1)
        (job.is_stream ? sink : echo)(&job, message);
    if (rank == 0)
        peer_print(&job, (job.is_stream ? flood : trips)(&job, message));
    MPI_Finalize();
    free(message);
    return 0;
}

/* Streams: TCP over the loopback, the only two-way pipe that APR has everywhere.
 *
 * Anybody on this machine can connect to a port that listens.  So what was accepted counts only if it comes from the
 * address that our own connecting socket has, which is nobody else's while that lives.
 *
 * All sockets never block, and waiting is apr_poll's: APR's own timeouts are kept in the socket, which a reader and a
 * writer share.  Writing is apr_socket_sendto, because apr_socket_send has no way to keep SIGPIPE away. */

#include "platform/portable/portable.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LOOPBACK "127.0.0.1"

/* How long a connection to ourselves may take, µs; strangers that may be in its way; and how often to try. */
#define PATIENCE 1000000
#define BACKLOG 8
#define STRANGERS 64
#define TRIES 4

/* A small message goes in one piece. */
#define PIECE 4096

/* Bytes to one call: what APR counts in an int on some systems. */
#define MOST ((apr_size_t) 1 << 20)

/* Reads at most when closing; see discard_unread. */
#define DISCARDS 256

/* Where it is not known, no such signal is known either, or the host has to ignore it. */
#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0
#endif

/* ---- making ---- */

apr_status_t carom__socket_create(apr_socket_t **socket, apr_pool_t *pool)
{
    apr_os_sock_t number = 0;
    apr_status_t status;

    /* Numbers of a stdin, stdout or stderr that the host closed stay taken for as long as the pool. */
    do {
        status = apr_socket_create(socket, APR_INET, SOCK_STREAM, APR_PROTO_TCP, pool);
        if (status == APR_SUCCESS)
            apr_os_sock_get(&number, *socket);
    } while (status == APR_SUCCESS && number < FIRST_FREE);
    return status;
}

static carom_status_t new_stream(carom_plat_stream_t **stream)
{
    carom_plat_stream_t *self = calloc(1, sizeof *self);

    *stream = NULL;
    if (self == NULL)
        return CAROM_ENOMEM;
    if (carom__pool_create(&self->pool) != CAROM_OK) {
        free(self);
        return CAROM_ENOMEM;
    }
    *stream = self;
    return CAROM_OK;
}

/* Fails for what is not a connected TCP socket. */
static apr_status_t settle(carom_plat_stream_t *self)
{
    apr_status_t status = apr_socket_addr_get(&self->peer, APR_REMOTE, self->socket);

    if (status == APR_SUCCESS)
        status = apr_socket_opt_set(self->socket, APR_TCP_NODELAY, 1);
    return status == APR_SUCCESS ? apr_socket_timeout_set(self->socket, 0) : status;
}

static apr_status_t listen_at(apr_socket_t **listener, apr_port_t *port, apr_pool_t *scratch)
{
    apr_sockaddr_t *address;
    apr_status_t status = apr_sockaddr_info_get(&address, LOOPBACK, APR_INET, 0, 0, scratch);

    if (status == APR_SUCCESS)
        status = carom__socket_create(listener, scratch);
    if (status == APR_SUCCESS)
        status = apr_socket_bind(*listener, address);
    if (status == APR_SUCCESS)
        status = apr_socket_listen(*listener, BACKLOG);
    if (status == APR_SUCCESS)
        status = apr_socket_timeout_set(*listener, 0);
    if (status == APR_SUCCESS)
        status = apr_socket_addr_get(&address, APR_LOCAL, *listener);
    if (status == APR_SUCCESS)
        *port = address->port;
    return status;
}

static apr_status_t connect_to(carom_plat_stream_t *self, apr_port_t port)
{
    apr_sockaddr_t *address;
    apr_status_t status = apr_sockaddr_info_get(&address, LOOPBACK, APR_INET, port, 0, self->pool);

    if (status == APR_SUCCESS)
        status = carom__socket_create(&self->socket, self->pool);
    if (status == APR_SUCCESS)
        status = apr_socket_timeout_set(self->socket, PATIENCE);
    if (status == APR_SUCCESS)
        status = apr_socket_connect(self->socket, address);
    return status == APR_SUCCESS ? settle(self) : status;
}

static int is_from(apr_socket_t *accepted, apr_socket_t *ours)
{
    apr_sockaddr_t *from, *own;

    return apr_socket_addr_get(&from, APR_REMOTE, accepted) == APR_SUCCESS &&
           apr_socket_addr_get(&own, APR_LOCAL, ours) == APR_SUCCESS &&
           apr_sockaddr_equal(from, own) && from->port == own->port;
}

static apr_status_t accept_from(carom_plat_stream_t *self, apr_socket_t *listener, apr_socket_t *ours)
{
    int64_t deadline = carom_plat_now() + PATIENCE;
    apr_status_t status = APR_SUCCESS;
    int i;

    for (i = 0; i < STRANGERS && status == APR_SUCCESS; i++) {
        if (carom__poll_one(listener, APR_POLLIN, deadline) != CAROM_OK)
            return APR_TIMEUP;
        status = apr_socket_accept(&self->socket, listener, self->pool);
        if (status != APR_SUCCESS)
            continue;
        if (is_from(self->socket, ours))
            return settle(self);
        apr_socket_close(self->socket);
        self->socket = NULL;
    }
    return status == APR_SUCCESS ? APR_TIMEUP : status;
}

static apr_status_t join(carom_plat_stream_t *one, carom_plat_stream_t *other)
{
    apr_pool_t *scratch;
    apr_socket_t *listener;
    apr_port_t port;
    apr_status_t status;

    if (carom__pool_create(&scratch) != CAROM_OK)
        return APR_ENOMEM;
    status = listen_at(&listener, &port, scratch);
    if (status == APR_SUCCESS)
        status = connect_to(one, port);
    if (status == APR_SUCCESS)
        status = accept_from(other, listener, one->socket);
    apr_pool_destroy(scratch);
    return status;
}

static carom_status_t try_pair(carom_plat_stream_t **one, carom_plat_stream_t **other)
{
    carom_status_t status = new_stream(one);

    if (status == CAROM_OK)
        status = new_stream(other);
    if (status == CAROM_OK)
        status = carom_plat_status(join(*one, *other));
    if (status != CAROM_OK) {
        carom_plat_stream_close(one);
        carom_plat_stream_close(other);
    }
    return status;
}

carom_status_t carom_plat_stream_pair(carom_plat_stream_t **one, carom_plat_stream_t **other)
{
    carom_status_t status = CAROM_ETIMEOUT;
    int i;

    *one = *other = NULL;
    for (i = 0; i < TRIES && status == CAROM_ETIMEOUT; i++)
        status = try_pair(one, other);
    return status == CAROM_ETIMEOUT ? CAROM_EMFILE : status;
}

carom_status_t carom_plat_stream_adopt(carom_plat_stream_t **stream, carom_native_t file)
{
    carom_plat_stream_t *self;
    carom_status_t status = new_stream(&self);

    *stream = NULL;
    if (status != CAROM_OK) {
        carom_plat_file_close(file);
        return status;
    }
    self->socket = carom__socket_of(file, self->pool);
    if (settle(self) != APR_SUCCESS) {
        carom_plat_stream_close(&self);
        return CAROM_EBADMSG;
    }
    *stream = self;
    return CAROM_OK;
}

/* ---- the end ---- */

/* A TCP socket that is closed with unread bytes resets the connection, and what we wrote and the peer has not got yet is
 * lost. */
static void discard_unread(carom_plat_stream_t *self)
{
    char bin[16384];
    apr_size_t n;
    int i;

    for (i = 0; i < DISCARDS; i++) {
        n = sizeof bin;
        if (apr_socket_recv(self->socket, bin, &n) != APR_SUCCESS)
            return;
    }
}

void carom_plat_stream_close(carom_plat_stream_t **stream)
{
    carom_plat_stream_t *self = *stream;

    if (self == NULL)
        return;
    *stream = NULL;
    if (self->peer)
        discard_unread(self);
    if (self->socket)
        apr_socket_close(self->socket);
    apr_pool_destroy(self->pool);
    free(self);
}

void carom_plat_stream_end_writing(carom_plat_stream_t *stream)
{
    apr_socket_shutdown(stream->socket, APR_SHUTDOWN_WRITE);
}

void carom_plat_stream_shutdown(carom_plat_stream_t *stream)
{
    apr_socket_shutdown(stream->socket, APR_SHUTDOWN_READWRITE);
}

carom_native_t carom_plat_stream_native(const carom_plat_stream_t *stream)
{
    apr_os_sock_t number;

    apr_os_sock_get(&number, stream->socket);
    return (carom_native_t) number;
}

carom_status_t carom_plat_stream_pollable(carom_native_t *file, carom_plat_stream_t *stream)
{
    *file = carom_plat_stream_native(stream);
    return CAROM_OK;
}

int carom_plat_stream_watch(carom_plat_stream_t *stream)
{
    (void) stream;
    return 0;
}

void carom_plat_stream_stir(carom_plat_stream_t *stream)
{
    (void) stream;
}

/* ---- reading and writing ---- */

static carom_status_t after_failure(carom_plat_stream_t *stream, int event, apr_status_t failure, int64_t deadline)
{
    carom_status_t status;

    if (APR_STATUS_IS_EAGAIN(failure))
        return carom__poll_one(stream->socket, event, deadline);
    status = carom_plat_status(failure);
    if (status == CAROM_EEOF)
        atomic_store(&stream->ended, 1);
    return status;
}

carom_status_t carom_plat_stream_read(carom_plat_stream_t *stream, void *buffer, size_t size, size_t *got,
                                      carom_native_t *files, size_t capacity, size_t *count, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    apr_status_t result;
    apr_size_t n;

    (void) files;
    (void) capacity;
    (void) count;
    *got = 0;
    while (status == CAROM_OK) {
        n = size < MOST ? size : MOST;
        result = apr_socket_recv(stream->socket, buffer, &n);
        if (n > 0) {
            *got = n;
            return CAROM_OK;
        }
        status = after_failure(stream, APR_POLLIN, result, deadline);
    }
    return status;
}

/* What to send next: a span as it is, or, in `room`, the end of the first with the beginning of the second. */
static const char *next_piece(char room[PIECE], const carom_plat_span_t spans[2], size_t sent, size_t *length)
{
    size_t left, more;

    if (sent >= spans[0].length) {
        *length = spans[0].length + spans[1].length - sent;
        return (const char *) spans[1].bytes + (sent - spans[0].length);
    }
    left = spans[0].length - sent;
    if (left >= PIECE || spans[1].length == 0) {
        *length = left;
        return (const char *) spans[0].bytes + sent;
    }
    more = spans[1].length < PIECE - left ? spans[1].length : PIECE - left;
    memcpy(room, (const char *) spans[0].bytes + sent, left);
    memcpy(room + left, spans[1].bytes, more);
    *length = left + more;
    return room;
}

static apr_status_t put(carom_plat_stream_t *stream, const char *bytes, apr_size_t *length)
{
    apr_size_t whole = *length < MOST ? *length : MOST;
    apr_status_t status;

    *length = whole;
    status = apr_socket_sendto(stream->socket, stream->peer, MSG_NOSIGNAL, bytes, length);
    if (status != EISCONN)
        return status;
    /* A system that wants no address here, where the host has to ignore SIGPIPE. */
    *length = whole;
    return apr_socket_send(stream->socket, bytes, length);
}

carom_status_t carom_plat_stream_write(carom_plat_stream_t *stream, const carom_plat_span_t spans[2],
                                       const carom_native_t *files, size_t count, size_t *sent, int64_t deadline)
{
    char room[PIECE];
    carom_status_t status = CAROM_OK;
    apr_status_t result;
    apr_size_t n;

    (void) files;
    (void) count;
    *sent = 0;
    /* TCP would take one write more for a peer that is gone: streams end in both directions at once. */
    if (atomic_load(&stream->ended))
        return CAROM_EEOF;
    while (status == CAROM_OK && *sent < spans[0].length + spans[1].length) {
        const char *piece = next_piece(room, spans, *sent, &n);

        result = put(stream, piece, &n);
        if (result == APR_SUCCESS)
            *sent += n;
        else
            status = after_failure(stream, APR_POLLOUT, result, deadline);
    }
    return status;
}

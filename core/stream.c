/* The transport on a stream of the platform: for what is not shared memory, and before there is any. */

#include "core/connection.h"
#include "core/transport.h"

#include <string.h>

static carom_status_t read_stream(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline)
{
    carom_native_t came[CAROM__HANDLES_MAX];
    size_t count = 0, i;
    /* Handles come with the first bytes of a message. */
    int begins = self->head_got == 0;
    carom_status_t status = carom_plat_stream_read(self->stream, to, size, got, begins ? came : NULL, CAROM__HANDLES_MAX,
                                                   &count, deadline);

    for (i = 0; i < count; i++)
        carom__connection_keep_file(self, came[i]);
    return status;
}

/* A short message goes as one span, of the least size. */
static void join_spans(carom_plat_span_t spans[2], unsigned char head[CAROM__HEAD_SIZE])
{
    unsigned char *body = head + CAROM__HEADER_SIZE;
    size_t length = spans[1].length;

    if (length > 0)
        memcpy(body, spans[1].bytes, length);
    memset(body + length, 0, CAROM__HEAD_BODY - length);
    spans[0].length = CAROM__HEAD_SIZE;
    spans[1].length = 0;
}

static carom_status_t write_stream(carom_connection_t *self, const carom__header_t *header, const void *body,
                                   const carom_native_t *files, size_t *sent, int64_t deadline)
{
    unsigned char head[CAROM__HEAD_SIZE];
    carom_plat_span_t spans[2] = {{head, CAROM__HEADER_SIZE}, {body, (size_t) header->length}};

    carom__header_write(head, header);
    if (header->length < CAROM__HEAD_BODY)
        join_spans(spans, head);
    return carom_plat_stream_write(self->stream, spans, files, header->handles, sent, deadline);
}

static void end_writing(carom_connection_t *self)
{
    carom_plat_stream_end_writing(self->stream);
}

static void collect(carom_connection_t *self, size_t handles)
{
    (void) self;
    (void) handles;
}

static carom_status_t wait_stream(carom_connection_t *self, int64_t deadline)
{
    carom_plat_source_t source = {.kind = CAROM_PLAT_SOURCE_STREAM, .stream = self->stream};

    return carom_plat_wait(&source, 1, deadline);
}

static int look(carom_connection_t *self, int event)
{
    (void) self;
    return event;
}

static void cut(carom_connection_t *self)
{
    carom_plat_stream_shutdown(self->stream);
}

static void close_stream(carom_connection_t *self)
{
    carom_plat_stream_close(&self->stream);
}

static carom_status_t leave(carom_connection_t *self, carom__holder_t to, carom__whereabouts_t *where)
{
    (void) self;
    (void) to;
    memset(where, 0, sizeof *where);
    return CAROM_OK;
}

static int stay(carom_connection_t *self, carom__holder_t to)
{
    (void) self;
    (void) to;
    return 1;
}

const carom__transport_t carom__transport_stream = {
    .head = CAROM__HEAD_SIZE,
    .least = CAROM__HEAD_SIZE,
    .read = read_stream,
    .write = write_stream,
    .end_writing = end_writing,
    .collect = collect,
    .wait = wait_stream,
    .look = look,
    .cut = cut,
    .close = close_stream,
    .leave = leave,
    .stay = stay,
    .gone = close_stream,
};

/* Connections on streams: their life, turns for the threads of an end, sending, and moving to another process. */

#include "core/connection.h"

#include "core/memory.h"
#include "core/time.h"
#include "core/value.h"

#include <string.h>

const carom_limits_t carom__default_limits = {CAROM_LENGTH_MAX, CAROM_DEPTH_MAX, CAROM_COUNT_MAX};

/* ---- making and closing ---- */

carom_status_t carom__connection_create(carom_connection_t **connection, carom_plat_stream_t **stream,
                                        const carom__traits_t *traits)
{
    carom_connection_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status = self ? carom_plat_monitor_create(&self->monitor) : CAROM_ENOMEM;

    *connection = NULL;
    if (status != CAROM_OK) {
        carom_free(self);
        carom_plat_stream_close(stream);
        return status;
    }
    self->magic = CAROM__CONNECTION_MAGIC;
    self->born = carom_plat_fork_count();
    self->traits = *traits;
    self->carries = carom_plat_attach_possible() && carom_plat_stream_carries(*stream);
    self->stream = *stream;
    *stream = NULL;
    *connection = self;
    return CAROM_OK;
}

static void fill_limits(carom_limits_t *limits)
{
    if (limits->length == 0)
        limits->length = CAROM_LENGTH_MAX;
    if (limits->depth == 0 || limits->depth > CAROM_DEPTH_MAX)
        limits->depth = CAROM_DEPTH_MAX;
    if (limits->count == 0)
        limits->count = CAROM_COUNT_MAX;
}

carom_status_t carom_connection_pair(carom_connection_t **one, carom_connection_t **other,
                                     const carom_connection_options_t *options)
{
    static const carom_connection_options_t defaults = CAROM_CONNECTION_OPTIONS_INIT;
    const carom_connection_options_t *wanted = options ? options : &defaults;
    int duplex = wanted->direction == CAROM_DUPLEX;
    carom__traits_t first = {1, duplex, wanted->limits}, second = {duplex, 1, wanted->limits};
    carom_plat_stream_t *streams[2];
    carom_status_t status = carom_plat_start();

    *one = *other = NULL;
    if (status == CAROM_OK)
        status = carom_plat_stream_pair(&streams[0], &streams[1]);
    if (status != CAROM_OK)
        return status;
    fill_limits(&first.limits);
    fill_limits(&second.limits);
    status = carom__connection_create(one, &streams[0], &first);
    if (status == CAROM_OK)
        status = carom__connection_create(other, &streams[1], &second);
    else
        carom_plat_stream_close(&streams[1]);
    if (status != CAROM_OK)
        carom_connection_close(one);
    return status;
}

carom_status_t carom_connection_open(carom_connection_t **connection, carom_native_t file, int able,
                                     const carom_connection_options_t *options)
{
    carom__traits_t traits = {able & CAROM_RECEIVES, able & CAROM_SENDS, {0, 0, 0}};
    carom_plat_stream_t *stream;
    carom_status_t status = carom_plat_start();

    *connection = NULL;
    if (status == CAROM_OK && (able == 0 || (able & ~(CAROM_RECEIVES | CAROM_SENDS)) != 0))
        status = CAROM_EINVAL;
    if (status != CAROM_OK) {
        carom_plat_file_close(file);
        return status;
    }
    if (options)
        traits.limits = options->limits;
    fill_limits(&traits.limits);
    status = carom_plat_stream_adopt(&stream, file);
    if (status != CAROM_OK)
        return status == CAROM_EBADMSG ? CAROM_ENOTSUP : status;
    return carom__connection_create(connection, &stream, &traits);
}

void carom__connection_drop_message(carom_connection_t *self)
{
    size_t i;

    for (i = 0; i < self->file_count; i++)
        carom_plat_file_close(self->files[i]);
    self->file_count = 0;
    self->head_got = 0;
    self->skipping = 0;
    carom__buffer_release(&self->body);
}

/* Sends everybody away who uses the connection, and waits until they have left: they only have to wake up. */
static void empty(carom_connection_t *self)
{
    if (self->gone == CAROM_OK)
        self->gone = CAROM_ECLOSED;
    carom_plat_monitor_wake(self->monitor);
    if (self->users > 0 && self->stream)
        carom_plat_stream_shutdown(self->stream);
    while (self->users > 0)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
}

static void free_connection(carom_connection_t *self)
{
    self->magic = 0;
    carom__connection_drop_message(self);
    carom_plat_stream_close(&self->stream);
    carom_plat_monitor_destroy(&self->monitor);
    carom_free(self->files);
    carom_free(self);
}

void carom_connection_close(carom_connection_t **connection)
{
    carom_connection_t *self = *connection;
    int moving;

    if (self == NULL || self->magic != CAROM__CONNECTION_MAGIC)
        return;
    *connection = NULL;
    /* In a forked child its descriptor was closed by the fork, and its monitor may be locked by a thread that is not here. */
    if (self->born != carom_plat_fork_count()) {
        self->magic = 0;
        return;
    }
    carom_plat_monitor_enter(self->monitor);
    moving = self->moving;
    self->abandoned = moving;
    if (!moving)
        empty(self);
    carom_plat_monitor_leave(self->monitor);
    /* A thread that sends it may take its time: it frees what was closed meanwhile. */
    if (!moving)
        free_connection(self);
}

void carom__connection_drop(carom_connection_t *connection)
{
    carom_connection_close(&connection);
}

/* ---- who may use it ---- */

/* Before the monitor: what is no connection, or the parent's. */
static carom_status_t check(const carom_connection_t *self)
{
    if (self == NULL || self->magic != CAROM__CONNECTION_MAGIC)
        return CAROM_EINVAL;
    return self->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

/* Under the monitor. */
static carom_status_t usable(const carom_connection_t *self, int able)
{
    if (self->gone != CAROM_OK)
        return self->gone;
    return able ? CAROM_OK : CAROM_ENOTSUP;
}

carom_status_t carom__turn_begin(carom_connection_t *self, int *turn, int able, const carom_status_t *bad, int64_t deadline)
{
    carom_status_t status = check(self);

    if (status != CAROM_OK)
        return status;
    carom_plat_monitor_enter(self->monitor);
    self->users++;
    status = usable(self, able);
    while (status == CAROM_OK && *turn) {
        if (carom__is_past(deadline))
            status = CAROM_ETIMEOUT;
        else
            carom_plat_monitor_wait(self->monitor, deadline);
        if (self->gone != CAROM_OK)
            status = self->gone;
    }
    if (status == CAROM_OK)
        status = *bad;
    if (status == CAROM_OK) {
        *turn = 1;
    } else {
        self->users--;
        carom_plat_monitor_wake(self->monitor);
    }
    carom_plat_monitor_leave(self->monitor);
    return status;
}

carom_status_t carom__turn_end(carom_connection_t *self, int *turn, carom_status_t status)
{
    carom_plat_monitor_enter(self->monitor);
    *turn = 0;
    if (turn == &self->receiving)
        self->pending = self->head_got > 0;
    self->users--;
    if (status != CAROM_OK && self->gone != CAROM_OK)
        status = self->gone;
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

void carom__connection_mark_bad(carom_connection_t *self, carom_status_t *bad)
{
    carom_plat_monitor_enter(self->monitor);
    *bad = CAROM_EBROKEN;
    carom_plat_monitor_leave(self->monitor);
}

/* ---- sending ---- */

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

static carom_status_t write_message(carom_connection_t *self, const carom__header_t *header, const void *body,
                                    const carom_native_t *files, int64_t deadline)
{
    unsigned char head[CAROM__HEAD_SIZE];
    carom_plat_span_t spans[2] = {{head, CAROM__HEADER_SIZE}, {body, (size_t) header->length}};
    size_t sent;
    carom_status_t status;

    carom__header_write(head, header);
    if (header->length < CAROM__HEAD_BODY)
        join_spans(spans, head);
    status = carom_plat_stream_write(self->stream, spans, files, header->handles, &sent, deadline);
    if (status != CAROM_OK && sent > 0) {
        carom__connection_mark_bad(self, &self->bad_send);
        carom_plat_stream_end_writing(self->stream);
    }
    return status;
}

static carom_status_t send_message(carom_connection_t *self, const carom__header_t *header, const void *body,
                                   const carom_native_t *files, int64_t deadline)
{
    carom_status_t status;

    if (self == NULL)
        return CAROM_EINVAL;
    status = carom__turn_begin(self, &self->sending, self->traits.can_send, &self->bad_send, deadline);
    if (status != CAROM_OK)
        return status;
    status = write_message(self, header, body, files, deadline);
    return carom__turn_end(self, &self->sending, status);
}

carom_status_t carom_connection_send_bytes(carom_connection_t *connection, const void *bytes, size_t length,
                                           carom_duration_t timeout)
{
    carom__header_t header = {CAROM_MESSAGE_BYTES, 0, length};

    if (bytes == NULL && length > 0)
        return CAROM_EINVAL;
    if ((uint64_t) length > CAROM__BODY_MAX)
        return CAROM_ETOOBIG;
    return send_message(connection, &header, bytes, NULL, carom__deadline(timeout));
}

carom_status_t carom__connection_send_parcel(carom_connection_t *connection, carom__parcel_t *parcel, int64_t deadline)
{
    carom__header_t header = {CAROM_MESSAGE_VALUE, parcel->count, parcel->body.length};

    return send_message(connection, &header, parcel->body.bytes, parcel->files, deadline);
}

static carom_status_t pack(carom__parcel_t *parcel, carom_value_t value)
{
    carom_status_t status = carom__parcel_put(parcel, value, NULL);

    if (status == CAROM_OK && parcel->count > 0 && !parcel->carrier->carries)
        status = CAROM_ENOTSUP;
    return status == CAROM_OK ? carom__parcel_seal(parcel) : status;
}

carom_status_t carom_connection_send(carom_connection_t *connection, carom_value_t value, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom__parcel_t parcel;
    carom_status_t status;

    if (connection == NULL || connection->magic != CAROM__CONNECTION_MAGIC)
        return CAROM_EINVAL;
    carom__parcel_init(&parcel, connection);
    status = pack(&parcel, value);
    if (status == CAROM_OK)
        status = carom__connection_send_parcel(connection, &parcel, deadline);
    if (status == CAROM_OK)
        carom__parcel_sent(&parcel);
    else
        carom__parcel_abandon(&parcel);
    return status;
}

/* Registers as a user, without a turn.  CAROM_OK and *ready 0: the caller owes leave(). */
static carom_status_t look(carom_connection_t *self, int *ready)
{
    carom_status_t status = check(self);

    *ready = 0;
    if (status != CAROM_OK)
        return status;
    carom_plat_monitor_enter(self->monitor);
    status = usable(self, self->traits.can_receive);
    if (status == CAROM_OK) {
        *ready = self->pending || self->bad_receive != CAROM_OK;
        self->users += *ready ? 0 : 1;
    }
    carom_plat_monitor_leave(self->monitor);
    return status;
}

static carom_status_t leave(carom_connection_t *self, carom_status_t status)
{
    carom_plat_monitor_enter(self->monitor);
    self->users--;
    if (self->gone != CAROM_OK)
        status = self->gone;
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

carom_status_t carom_connection_poll(carom_connection_t *connection, carom_duration_t timeout)
{
    carom_plat_source_t source = {.kind = CAROM_PLAT_SOURCE_STREAM};
    int ready;
    carom_status_t status = look(connection, &ready);

    if (status != CAROM_OK || ready)
        return status;
    source.stream = connection->stream;
    return leave(connection, carom_plat_wait(&source, 1, carom__deadline(timeout)));
}

int carom__connection_enter(carom_connection_t *connection)
{
    int ready;

    return look(connection, &ready) == CAROM_OK && !ready;
}

void carom__connection_leave(carom_connection_t *connection)
{
    (void) leave(connection, CAROM_OK);
}

void carom__connection_cut(carom_connection_t *connection)
{
    carom_plat_stream_shutdown(connection->stream);
}

void carom__connection_watch(const carom_connection_t *connection, carom_plat_source_t *source)
{
    source->kind = CAROM_PLAT_SOURCE_STREAM;
    source->stream = connection->stream;
}

int carom_connection_readable(const carom_connection_t *connection)
{
    return connection->traits.can_receive;
}

int carom_connection_writable(const carom_connection_t *connection)
{
    return connection->traits.can_send;
}

/* ---- moving ---- */

static carom_status_t lock_for_move(carom_connection_t *self)
{
    carom_status_t status = usable(self, 1);

    if (status == CAROM_OK && (self->users > 0 || self->pending || self->bad_receive || self->bad_send))
        status = CAROM_EBUSY;
    return status;
}

carom_status_t carom__connection_begin_move(carom_connection_t *connection, carom_native_t *file, carom__traits_t *traits)
{
    carom_status_t status = check(connection);

    *file = CAROM_NATIVE_NONE;
    if (status != CAROM_OK)
        return status;
    carom_plat_monitor_enter(connection->monitor);
    status = lock_for_move(connection);
    if (status == CAROM_OK)
        status = carom_plat_file_duplicate(file, carom_plat_stream_native(connection->stream));
    if (status == CAROM_OK) {
        connection->gone = CAROM_EMOVED;
        connection->moving = 1;
        *traits = connection->traits;
    }
    carom_plat_monitor_leave(connection->monitor);
    return status;
}

void carom__connection_end_move(carom_connection_t *connection, int moved)
{
    int abandoned;

    carom_plat_monitor_enter(connection->monitor);
    if (moved)
        carom_plat_stream_close(&connection->stream);
    else
        connection->gone = CAROM_OK;
    connection->moving = 0;
    abandoned = connection->abandoned;
    carom_plat_monitor_leave(connection->monitor);
    if (abandoned)
        free_connection(connection);
}

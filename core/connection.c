/* Connections on streams: whole messages, with turns for the threads of an end.
 *
 * A receive that is interrupted inside a message (timed out, too big for the caller, no memory) leaves what it has in the
 * connection, and the next one goes on from there: nothing is read ahead, nothing is lost. */

#include "core/connection.h"

#include "core/memory.h"
#include "core/time.h"
#include "core/value.h"

#include <string.h>

#define MAGIC 0xC0441EC7u

/* Memory for a body is taken in steps of at most this, and of what has come already. */
#define STEP ((size_t) 64 << 10)

struct carom_connection_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() when made; this and the next two never change */
    carom__traits_t traits;
    carom_plat_monitor_t *monitor;

    /* guarded by the monitor */
    carom_plat_stream_t *stream;       /* changes only when `users` is 0 */
    size_t users;                      /* threads that may touch the stream or wait for a turn */
    int receiving, sending;            /* whose turn it is: somebody's */
    carom_status_t gone;               /* CAROM_ECLOSED, CAROM_EMOVED: why no call may begin */
    int pending;                       /* a message has begun to come: header or more is here */
    carom_status_t bad_receive, bad_send;   /* CAROM_EBROKEN from then on */

    /* of the thread whose turn it is to receive */
    unsigned char header_bytes[CAROM__HEADER_SIZE];
    size_t header_got;
    carom__header_t header;            /* when header_got is complete; its length shrinks while `skipping` */
    int skipping;                      /* the message is being dropped, which the next receive must finish first */
    carom__buffer_t body;              /* of the body, what is here */
    carom_native_t *files;             /* that came with it; NULL until there are any */
    size_t file_count;
};

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
    self->magic = MAGIC;
    self->born = carom_plat_fork_count();
    self->traits = *traits;
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

static void drop_message(carom_connection_t *self)
{
    size_t i;

    for (i = 0; i < self->file_count; i++)
        carom_plat_file_close(self->files[i]);
    self->file_count = 0;
    self->header_got = 0;
    self->skipping = 0;
    carom__buffer_release(&self->body);
}

/* Sends everybody away who uses the connection, and waits until they have left: they only have to wake up. */
static void empty(carom_connection_t *self, carom_status_t why)
{
    if (self->gone == CAROM_OK)
        self->gone = why;
    carom_plat_monitor_wake(self->monitor);
    if (self->users > 0 && self->stream)
        carom_plat_stream_shutdown(self->stream);
    while (self->users > 0)
        carom_plat_monitor_wait(self->monitor, CAROM_PLAT_NEVER);
}

void carom_connection_close(carom_connection_t **connection)
{
    carom_connection_t *self = *connection;

    if (self == NULL || self->magic != MAGIC)
        return;
    *connection = NULL;
    carom_plat_monitor_enter(self->monitor);
    empty(self, CAROM_ECLOSED);
    carom_plat_monitor_leave(self->monitor);
    self->magic = 0;
    /* In a forked child the descriptor was closed by the fork, and its number may be somebody else's by now. */
    if (self->born == carom_plat_fork_count()) {
        drop_message(self);
        carom_plat_stream_close(&self->stream);
    }
    carom_plat_monitor_destroy(&self->monitor);
    carom_free(self->files);
    carom_free(self);
}

void carom__connection_drop(carom_connection_t *connection)
{
    carom_connection_close(&connection);
}

/* ---- who may use it ---- */

/* Under the monitor. */
static carom_status_t usable(const carom_connection_t *self, int able)
{
    if (self->born != carom_plat_fork_count())
        return CAROM_EFORKED;
    if (self->gone != CAROM_OK)
        return self->gone;
    return able ? CAROM_OK : CAROM_ENOTSUP;
}

/* Waits for a turn; *turn is receiving or sending.  With CAROM_OK the caller owes end_turn. */
static carom_status_t begin_turn(carom_connection_t *self, int *turn, int able, const carom_status_t *bad, int64_t deadline)
{
    carom_status_t status;

    if (self == NULL || self->magic != MAGIC)
        return CAROM_EINVAL;
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

/* Ends a turn.  A call that close() cut off failed for that reason, whatever the stream said. */
static carom_status_t end_turn(carom_connection_t *self, int *turn, carom_status_t status)
{
    carom_plat_monitor_enter(self->monitor);
    *turn = 0;
    self->pending = self->header_got > 0;
    self->users--;
    if (status != CAROM_OK && self->gone != CAROM_OK)
        status = self->gone;
    carom_plat_monitor_wake(self->monitor);
    carom_plat_monitor_leave(self->monitor);
    return status;
}

static void mark_bad(carom_connection_t *self, carom_status_t *bad)
{
    carom_plat_monitor_enter(self->monitor);
    *bad = CAROM_EBROKEN;
    carom_plat_monitor_leave(self->monitor);
}

static carom_status_t begin_receive(carom_connection_t *self, int64_t deadline)
{
    return self ? begin_turn(self, &self->receiving, self->traits.can_receive, &self->bad_receive, deadline) : CAROM_EINVAL;
}

static carom_status_t end_receive(carom_connection_t *self, carom_status_t status)
{
    return end_turn(self, &self->receiving, status);
}

/* ---- sending ---- */

static carom_status_t write_message(carom_connection_t *self, const carom__header_t *header, const void *body,
                                    const carom_native_t *files, int64_t deadline)
{
    unsigned char bytes[CAROM__HEADER_SIZE];
    carom_plat_span_t spans[2] = {{bytes, sizeof bytes}, {body, (size_t) header->length}};
    size_t sent;
    carom_status_t status;

    carom__header_write(bytes, header);
    status = carom_plat_stream_write(self->stream, spans, files, header->handles, &sent, deadline);
    if (status != CAROM_OK && sent > 0)
        mark_bad(self, &self->bad_send);
    return status;
}

static carom_status_t send_message(carom_connection_t *self, const carom__header_t *header, const void *body,
                                   const carom_native_t *files, int64_t deadline)
{
    carom_status_t status;

    if (self == NULL)
        return CAROM_EINVAL;
    status = begin_turn(self, &self->sending, self->traits.can_send, &self->bad_send, deadline);
    if (status != CAROM_OK)
        return status;
    status = write_message(self, header, body, files, deadline);
    return end_turn(self, &self->sending, status);
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

    if (status == CAROM_OK && parcel->count > 0 && !carom_plat_attach_possible())
        status = CAROM_ENOTSUP;
    return status == CAROM_OK ? carom__parcel_seal(parcel) : status;
}

carom_status_t carom_connection_send(carom_connection_t *connection, carom_value_t value, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom__parcel_t parcel;
    carom_status_t status;

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

/* ---- receiving: the header ---- */

static carom_status_t read_some(carom_connection_t *self, void *to, size_t size, size_t *got, int64_t deadline)
{
    carom_native_t came[CAROM__HANDLES_MAX];
    size_t count = 0;
    carom_status_t status = carom_plat_stream_read(self->stream, to, size, got, came, CAROM__HANDLES_MAX, &count, deadline);
    size_t i;

    if (count > 0 && self->files == NULL)
        self->files = carom__calloc(CAROM__HANDLES_MAX, sizeof *self->files);
    for (i = 0; i < count; i++)
        if (self->files && self->file_count < CAROM__HANDLES_MAX)
            self->files[self->file_count++] = came[i];
        else
            carom_plat_file_close(came[i]);
    return status;
}

static carom_status_t read_into(carom_connection_t *self, unsigned char *to, size_t size, size_t *got, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t n;

    *got = 0;
    while (status == CAROM_OK && *got < size) {
        status = carom_plat_stream_read(self->stream, to + *got, size - *got, &n, NULL, 0, NULL, deadline);
        *got += n;
    }
    return status == CAROM_EEOF ? CAROM_ETRUNCATED : status;
}

static carom_status_t parse_header(carom_connection_t *self)
{
    carom_status_t status = carom__header_read(&self->header, self->header_bytes);

    if (status == CAROM_OK)
        return CAROM_OK;
    mark_bad(self, &self->bad_receive);
    return CAROM_EBROKEN;
}

/* ---- dropping a message ---- */

static carom_status_t skip_body(carom_connection_t *self, int64_t deadline)
{
    unsigned char bin[4096];
    carom_status_t status = CAROM_OK;
    size_t got;

    self->skipping = 1;
    while (status == CAROM_OK && self->header.length > self->body.length) {
        uint64_t missing = self->header.length - self->body.length;

        status = read_into(self, bin, missing < sizeof bin ? (size_t) missing : sizeof bin, &got, deadline);
        self->header.length -= got;
    }
    if (status == CAROM_OK)
        drop_message(self);
    return status;
}

static carom_status_t read_header(carom_connection_t *self, int64_t deadline)
{
    carom_status_t status = self->skipping ? skip_body(self, deadline) : CAROM_OK;
    size_t got;

    if (status == CAROM_OK && self->header_got == CAROM__HEADER_SIZE)
        return CAROM_OK;
    while (status == CAROM_OK && self->header_got < CAROM__HEADER_SIZE) {
        status = read_some(self, self->header_bytes + self->header_got, CAROM__HEADER_SIZE - self->header_got, &got, deadline);
        self->header_got += got;
    }
    if (status == CAROM_EEOF && self->header_got > 0)
        return CAROM_ETRUNCATED;
    return status == CAROM_OK ? parse_header(self) : status;
}

/* ---- receiving: the body ---- */

static size_t next_step(const carom_connection_t *self)
{
    uint64_t missing = self->header.length - self->body.length;
    size_t step = self->body.length > STEP ? self->body.length : STEP;

    return missing < step ? (size_t) missing : step;
}

static carom_status_t read_body(carom_connection_t *self, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t step, got;

    while (status == CAROM_OK && self->body.length < self->header.length) {
        step = next_step(self);
        status = carom__buffer_reserve(&self->body, step);
        if (status != CAROM_OK)
            break;
        status = read_into(self, self->body.bytes + self->body.length, step, &got, deadline);
        self->body.length += got;
    }
    return status;
}

static carom_status_t read_message(carom_connection_t *self, uint64_t maximum, int64_t deadline)
{
    carom_status_t status = read_header(self, deadline);

    if (status == CAROM_OK && self->header.length > maximum)
        return CAROM_ETOOBIG;
    return status == CAROM_OK ? read_body(self, deadline) : status;
}

/* ---- receiving: values ---- */

static carom_status_t open_message(carom_connection_t *self, carom__arrival_t *arrival, size_t *length)
{
    carom_status_t status;

    *length = self->body.length;
    status = carom__arrival_open(arrival, self->body.bytes, length, self->header.handles, self->files, self->file_count, 0);
    /* The system drops handles that find no room in this process. */
    if (status == CAROM_OK && self->file_count < self->header.handles && carom_plat_attach_in_bytes())
        status = CAROM_EMFILE;
    self->file_count = 0;
    return status;
}

static carom_status_t decode_message(carom_connection_t *self, carom_value_t *value)
{
    carom__arrival_t arrival;
    size_t length;
    carom_status_t status;

    if (self->header.kind == CAROM_MESSAGE_BYTES)
        return carom_value_from_bytes(value, self->body.bytes, self->body.length);
    status = open_message(self, &arrival, &length);
    if (status == CAROM_OK)
        status = carom__arrival_decode(value, &arrival, self->body.bytes, length, &self->traits.limits, NULL);
    carom__arrival_clear(&arrival);
    return status;
}

carom_status_t carom_connection_receive(carom_value_t *value, carom_connection_t *connection, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = begin_receive(connection, deadline);

    *value = carom_value_none();
    if (status != CAROM_OK)
        return status;
    status = read_message(connection, connection->traits.limits.length, deadline);
    if (status == CAROM_OK) {
        status = decode_message(connection, value);
        drop_message(connection);
    }
    return end_receive(connection, status);
}

carom_status_t carom__connection_receive_parcel(carom_connection_t *connection, carom__buffer_t *body, size_t *length,
                                                carom__arrival_t *arrival, int64_t deadline)
{
    carom_status_t status = begin_receive(connection, deadline);

    carom__buffer_init(body);
    if (status != CAROM_OK)
        return status;
    status = read_message(connection, connection->traits.limits.length, deadline);
    if (status == CAROM_OK) {
        status = open_message(connection, arrival, length);
        if (status != CAROM_OK) {
            carom__arrival_clear(arrival);
        } else {
            *body = connection->body;
            carom__buffer_init(&connection->body);
        }
        drop_message(connection);
    }
    return end_receive(connection, status);
}

/* ---- receiving: bytes ---- */

static carom_status_t read_bytes_header(carom_connection_t *self, uint64_t maximum, int64_t deadline)
{
    carom_status_t status = read_header(self, deadline);

    if (status == CAROM_OK && self->header.kind != CAROM_MESSAGE_BYTES)
        return CAROM_ETYPE;
    if (status == CAROM_OK && self->header.length > maximum)
        return CAROM_ETOOBIG;
    return status;
}

static carom_status_t take_body(carom_connection_t *self, void **bytes, size_t *length)
{
    if (self->body.bytes == NULL) {
        carom_status_t status = carom__buffer_reserve(&self->body, 1);      /* an empty message is not NULL */

        if (status != CAROM_OK)
            return status;
    }
    *bytes = self->body.bytes;
    *length = self->body.length;
    carom__buffer_init(&self->body);
    drop_message(self);
    return CAROM_OK;
}

carom_status_t carom_connection_receive_bytes(void **bytes, size_t *length, carom_connection_t *connection, size_t maximum,
                                              carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = begin_receive(connection, deadline);
    uint64_t limit;

    *bytes = NULL;
    *length = 0;
    if (status != CAROM_OK)
        return status;
    limit = connection->traits.limits.length;
    if (maximum > 0 && maximum < limit)
        limit = maximum;
    status = read_bytes_header(connection, limit, deadline);
    if (status == CAROM_OK)
        status = read_body(connection, deadline);
    if (status == CAROM_OK)
        status = take_body(connection, bytes, length);
    return end_receive(connection, status);
}

/* What a receive into the caller's buffer got before it failed is kept for the next. */
static carom_status_t keep(carom_connection_t *self, const void *bytes, size_t got, carom_status_t why)
{
    if (carom__buffer_put(&self->body, bytes, got) == CAROM_OK)
        return why;
    mark_bad(self, &self->bad_receive);
    return CAROM_ENOMEM;
}

static carom_status_t read_body_into(carom_connection_t *self, void *buffer, int64_t deadline)
{
    size_t length = (size_t) self->header.length, got;
    carom_status_t status;

    if (self->body.length > 0) {
        status = read_body(self, deadline);
        if (status == CAROM_OK)
            memcpy(buffer, self->body.bytes, length);
        return status;
    }
    status = read_into(self, buffer, length, &got, deadline);
    return status == CAROM_OK ? CAROM_OK : keep(self, buffer, got, status);
}

carom_status_t carom_connection_receive_into(void *buffer, size_t size, size_t *length, carom_connection_t *connection,
                                             carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = begin_receive(connection, deadline);

    *length = 0;
    if (status != CAROM_OK)
        return status;
    status = read_bytes_header(connection, size, deadline);
    if (status == CAROM_OK || status == CAROM_ETOOBIG)
        *length = (size_t) connection->header.length;
    if (status == CAROM_OK)
        status = read_body_into(connection, buffer, deadline);
    if (status == CAROM_OK)
        drop_message(connection);
    return end_receive(connection, status);
}

/* ---- skipping, polling ---- */

/* Handles that wait at their sender are known by the records at the end of the body. */
static carom_status_t drop_handles(carom_connection_t *self, int64_t deadline)
{
    carom__arrival_t arrival;
    size_t length;
    carom_status_t status = read_message(self, self->traits.limits.length, deadline);

    if (status == CAROM_ETOOBIG)
        return skip_body(self, deadline);
    if (status != CAROM_OK)
        return status;
    (void) open_message(self, &arrival, &length);
    carom__arrival_clear(&arrival);
    drop_message(self);
    return CAROM_OK;
}

carom_status_t carom_connection_skip(carom_connection_t *connection, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = begin_receive(connection, deadline);

    if (status != CAROM_OK)
        return status;
    if (connection->skipping)
        return end_receive(connection, skip_body(connection, deadline));
    status = read_header(connection, deadline);
    if (status == CAROM_OK)
        status = connection->header.handles > 0 ? drop_handles(connection, deadline) : skip_body(connection, deadline);
    return end_receive(connection, status);
}

/* Registers as a user, without a turn.  CAROM_OK and *ready 0: the caller owes leave(). */
static carom_status_t look(carom_connection_t *self, int *ready)
{
    carom_status_t status;

    *ready = 0;
    if (self == NULL || self->magic != MAGIC)
        return CAROM_EINVAL;
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

int carom__connection_source(carom_connection_t *connection, carom_plat_source_t *source)
{
    int ready;

    if (look(connection, &ready) != CAROM_OK || ready)
        return 1;
    source->kind = CAROM_PLAT_SOURCE_STREAM;
    source->stream = connection->stream;
    leave(connection, CAROM_OK);
    return 0;
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
    carom_status_t status;

    *file = CAROM_NATIVE_NONE;
    if (connection == NULL || connection->magic != MAGIC)
        return CAROM_EINVAL;
    carom_plat_monitor_enter(connection->monitor);
    status = lock_for_move(connection);
    if (status == CAROM_OK)
        status = carom_plat_file_duplicate(file, carom_plat_stream_native(connection->stream));
    if (status == CAROM_OK) {
        connection->gone = CAROM_EMOVED;
        *traits = connection->traits;
    }
    carom_plat_monitor_leave(connection->monitor);
    return status;
}

void carom__connection_end_move(carom_connection_t *connection, int moved)
{
    carom_plat_monitor_enter(connection->monitor);
    if (moved)
        carom_plat_stream_close(&connection->stream);
    else
        connection->gone = CAROM_OK;
    carom_plat_monitor_leave(connection->monitor);
}

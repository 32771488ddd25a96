/* Receiving: a message in as many steps as it takes.
 *
 * A receive that is interrupted inside a message (timed out, too big for the caller, no memory) leaves what it has in the
 * connection, and the next one goes on from there: nothing is read ahead, nothing is lost. */

#include "core/connection.h"

#include "core/memory.h"
#include "core/time.h"
#include "core/transport.h"

#include <string.h>

/* Memory for a body is taken in steps of at most this, and of what has come already. */
#define STEP ((size_t) 64 << 10)

#define DROPPED_AT_ONCE ((uint64_t) 1 << 20)

static inline carom_status_t begin_receive(carom_connection_t *self, int64_t deadline)
{
    return self ? carom__turn_begin(self, &self->receiving, self->traits.can_receive, &self->bad_receive, deadline)
                : CAROM_EINVAL;
}

static inline carom_status_t end_receive(carom_connection_t *self, carom_status_t status)
{
    return carom__turn_end(self, &self->receiving, status);
}

/* ---- receiving: the header ---- */

void carom__connection_keep_file(carom_connection_t *self, carom_native_t file)
{
    if (self->files == NULL)
        self->files = carom__calloc(CAROM__HANDLES_MAX, sizeof *self->files);
    if (self->files && self->file_count < CAROM__HANDLES_MAX)
        self->files[self->file_count++] = file;
    else
        carom_plat_file_close(file);
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

static carom_status_t read_into(carom_connection_t *self, unsigned char *to, size_t size, size_t *got, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t n;

    *got = 0;
    while (status == CAROM_OK && *got < size) {
        status = self->transport->read(self, to + *got, size - *got, &n, deadline);
        *got += n;
    }
    return status == CAROM_EEOF ? CAROM_ETRUNCATED : status;
}

/* What of the message is in the head when that is complete. */
static size_t head_size(const carom_connection_t *self)
{
    const carom__transport_t *transport = self->transport;
    uint64_t all = CAROM__HEADER_SIZE + self->header.length;

    if (all < transport->least)
        return transport->least;
    return all < transport->head ? (size_t) all : transport->head;
}

static carom_status_t parse_header(carom_connection_t *self)
{
    carom_status_t status = carom__header_read(&self->header, self->head);

    if (status == CAROM_OK && self->head_got <= head_size(self))
        return CAROM_OK;
    atomic_store(&self->bad_receive, CAROM_EBROKEN);
    return CAROM_EBROKEN;
}

/* The rest of the head, of which mostly nothing is left: its sender wrote it at once. */
static carom_status_t read_head(carom_connection_t *self, int64_t deadline)
{
    size_t got;
    carom_status_t status = read_into(self, self->head + self->head_got, head_size(self) - self->head_got, &got, deadline);

    self->head_got += got;
    return status;
}

/* How much of the body is in the head. */
static size_t in_head(const carom_connection_t *self)
{
    size_t room = self->transport->head - CAROM__HEADER_SIZE;

    return self->header.length < room ? (size_t) self->header.length : room;
}

/* ---- dropping a message ---- */

static uint64_t not_read(const carom_connection_t *self)
{
    size_t here = in_head(self);

    return self->header.length - (self->body.length > here ? self->body.length : here);
}

/* Nothing waits while there are bytes, and there may be no end of them: after so many it is asked whether to go on. */
static carom_status_t go_on_dropping(const carom_connection_t *self, uint64_t *dropped, int64_t deadline)
{
    if (*dropped < DROPPED_AT_ONCE)
        return CAROM_OK;
    *dropped = 0;
    if (atomic_load(&self->gone) != CAROM_OK)
        return atomic_load(&self->gone);
    return carom__is_past(deadline) ? CAROM_ETIMEOUT : CAROM_OK;
}

static carom_status_t skip_body(carom_connection_t *self, int64_t deadline)
{
    unsigned char bin[4096];
    carom_status_t status = read_head(self, deadline);
    uint64_t missing, dropped = 0;
    size_t got;

    self->skipping = 1;
    while (status == CAROM_OK && (missing = not_read(self)) > 0) {
        status = read_into(self, bin, missing < sizeof bin ? (size_t) missing : sizeof bin, &got, deadline);
        self->header.length -= got;
        dropped += got;
        if (status == CAROM_OK)
            status = go_on_dropping(self, &dropped, deadline);
    }
    if (status == CAROM_OK)
        carom__connection_drop_message(self);
    return status;
}

static carom_status_t read_header(carom_connection_t *self, int64_t deadline)
{
    carom_status_t status = self->skipping ? skip_body(self, deadline) : CAROM_OK;
    size_t got;

    if (status == CAROM_OK && self->head_got >= CAROM__HEADER_SIZE)
        return CAROM_OK;
    while (status == CAROM_OK && self->head_got < CAROM__HEADER_SIZE) {
        status = self->transport->read(self, self->head + self->head_got, self->transport->head - self->head_got, &got,
                                       deadline);
        self->head_got += got;
    }
    if (status == CAROM_EEOF && self->head_got > 0)
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

static carom_status_t begin_body(carom_connection_t *self, int64_t deadline)
{
    carom_status_t status = read_head(self, deadline);

    if (status == CAROM_OK && self->body.length == 0)
        status = carom__buffer_reserve(&self->body, next_step(self));
    if (status != CAROM_OK || self->body.length > 0)
        return status;
    return carom__buffer_put(&self->body, self->head + CAROM__HEADER_SIZE, in_head(self));
}

static carom_status_t read_body(carom_connection_t *self, int64_t deadline)
{
    carom_status_t status = begin_body(self, deadline);
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
    if (self->header.handles > 0)
        self->transport->collect(self, self->header.handles);
    status = carom__arrival_open(arrival, self->body.bytes, length, &self->header, self->files, self->file_count,
                                 self->end ? carom__connection_holder(self) : carom__holder_self(), 0);
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
        carom__connection_drop_message(connection);
        atomic_store_explicit(&connection->has_dropped, status != CAROM_OK, memory_order_relaxed);
    } else {
        atomic_store_explicit(&connection->has_dropped, 0, memory_order_relaxed);
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
        carom__connection_drop_message(connection);
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
    carom__connection_drop_message(self);
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
    atomic_store(&self->bad_receive, CAROM_EBROKEN);
    return CAROM_ENOMEM;
}

static carom_status_t read_body_into(carom_connection_t *self, void *buffer, int64_t deadline)
{
    size_t length = (size_t) self->header.length, here = in_head(self), got;
    carom_status_t status = self->body.length > 0 ? read_body(self, deadline) : read_head(self, deadline);

    if (status != CAROM_OK)
        return status;
    if (self->body.length > 0) {
        memcpy(buffer, self->body.bytes, length);
        return CAROM_OK;
    }
    if (here > 0)
        memcpy(buffer, self->head + CAROM__HEADER_SIZE, here);
    status = read_into(self, (unsigned char *) buffer + here, length - here, &got, deadline);
    return status == CAROM_OK ? CAROM_OK : keep(self, buffer, here + got, status);
}

carom_status_t carom_connection_receive_into(void *buffer, size_t size, size_t *length, carom_connection_t *connection,
                                             carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = begin_receive(connection, deadline);
    int taken = 0;

    *length = 0;
    if (status != CAROM_OK)
        return status;
    if (connection->head_got == 0 && connection->transport->take)
        status = connection->transport->take(connection, buffer, size, length, &taken, deadline);
    if (status != CAROM_OK || taken)
        return end_receive(connection, status);
    status = read_bytes_header(connection, size, deadline);
    if (status == CAROM_OK || status == CAROM_ETOOBIG)
        *length = connection->header.length < SIZE_MAX ? (size_t) connection->header.length : SIZE_MAX;
    if (status == CAROM_OK)
        status = read_body_into(connection, buffer, deadline);
    if (status == CAROM_OK)
        carom__connection_drop_message(connection);
    return end_receive(connection, status);
}

/* ---- skipping, polling ---- */

/* Handles that wait at their sender are known by the records at the end of the body. */
static carom_status_t drop_handles(carom_connection_t *self, int64_t deadline)
{
    carom__arrival_t arrival;
    size_t length;
    carom_status_t status = read_message(self, self->traits.limits.length, deadline);

    /* Or the next message would get them. */
    if (status == CAROM_ETOOBIG && self->header.handles > 0)
        self->transport->collect(self, self->header.handles);
    if (status == CAROM_ETOOBIG)
        return skip_body(self, deadline);
    if (status != CAROM_OK)
        return status;
    (void) open_message(self, &arrival, &length);
    carom__arrival_clear(&arrival);
    carom__connection_drop_message(self);
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
    if (status == CAROM_OK && connection->header.handles + connection->header.shares > 0)
        status = drop_handles(connection, deadline);
    else if (status == CAROM_OK)
        status = skip_body(connection, deadline);
    return end_receive(connection, status);
}

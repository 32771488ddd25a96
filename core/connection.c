/* Connections: their life, sending, waiting, and moving to another process. */

#include "core/connection.h"

#include "core/memory.h"
#include "core/time.h"
#include "core/transport.h"
#include "core/value.h"

#include "platform/fault.h"

#include <string.h>

const carom_limits_t carom__default_limits = {CAROM_LENGTH_MAX, CAROM_DEPTH_MAX, CAROM_COUNT_MAX};

/* ---- making and closing ---- */

static carom_status_t create(carom_connection_t **connection, carom_plat_stream_t **stream, const carom__traits_t *traits,
                             const carom__transport_t *transport)
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
    self->transport = transport;
    self->stream = *stream;
    *stream = NULL;
    *connection = self;
    return CAROM_OK;
}

carom_status_t carom__connection_create(carom_connection_t **connection, carom_plat_stream_t **stream,
                                        const carom__traits_t *traits)
{
    return create(connection, stream, traits, &carom__transport_stream);
}

carom_status_t carom__connection_create_link(carom_connection_t **connection, carom_plat_stream_t **bell,
                                             const carom__traits_t *traits, const carom__whereabouts_t *where)
{
    carom_status_t status = create(connection, bell, traits, &carom__transport_link);

    if (status != CAROM_OK)
        return status;
    status = carom__end_create(&(*connection)->end, where);
    if (status == CAROM_OK)
        return CAROM_OK;
    carom_plat_stream_close(&(*connection)->stream);
    carom_plat_monitor_destroy(&(*connection)->monitor);
    carom_free(*connection);
    *connection = NULL;
    return status;
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

/* Where processes share nothing. */
static carom_status_t make_stream_ends(carom_connection_t **ends[2], carom_plat_stream_t *streams[2],
                                       const carom__traits_t traits[2])
{
    carom_status_t status = carom__connection_create(ends[0], &streams[0], &traits[0]);

    carom__arena_do_without();
    if (status == CAROM_OK)
        status = carom__connection_create(ends[1], &streams[1], &traits[1]);
    return status;
}

/* What is not taken over by an end is let go here. */
static carom_status_t make_link_ends(carom_connection_t **ends[2], carom_plat_stream_t *streams[2],
                                     const carom__traits_t traits[2])
{
    carom__whereabouts_t where;
    carom_status_t status = carom__link_make(&where);
    int side;

    for (side = 0; side < 2 && status == CAROM_OK; side++) {
        where.side = (unsigned) side;
        status = carom__connection_create_link(ends[side], &streams[side], &traits[side], &where);
        if (status != CAROM_OK)
            for (; side < 2; side++)
                carom__link_drop(&where, (unsigned) side, carom__holder_self());
    }
    return status;
}

carom_status_t carom_connection_pair(carom_connection_t **one, carom_connection_t **other,
                                     const carom_connection_options_t *options)
{
    static const carom_connection_options_t defaults = CAROM_CONNECTION_OPTIONS_INIT;
    const carom_connection_options_t *wanted = options ? options : &defaults;
    int duplex = wanted->direction == CAROM_DUPLEX;
    carom__traits_t traits[2] = {{1, duplex, wanted->limits}, {duplex, 1, wanted->limits}};
    carom_connection_t **ends[2] = {one, other};
    carom_plat_stream_t *streams[2];
    carom_status_t status = carom_plat_start();

    *one = *other = NULL;
    if (status == CAROM_OK)
        status = carom_plat_stream_pair(&streams[0], &streams[1]);
    if (status != CAROM_OK)
        return status;
    fill_limits(&traits[0].limits);
    fill_limits(&traits[1].limits);
    status = carom_plat_shared_possible() ? make_link_ends(ends, streams, traits) : make_stream_ends(ends, streams, traits);
    if (status != CAROM_OK) {
        carom_plat_stream_close(&streams[0]);
        carom_plat_stream_close(&streams[1]);
        carom_connection_close(one);
        carom_connection_close(other);
    }
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

static void free_connection(carom_connection_t *self)
{
    self->magic = 0;
    carom__connection_drop_message(self);
    if (self->stream)
        self->transport->close(self);
    carom_plat_monitor_destroy(&self->monitor);
    carom_free(self->files);
    carom_free(self);
}

/* Sends everybody away who uses the connection, and waits until they have left: they only have to wake up. */
static void empty(carom_connection_t *self)
{
    carom_status_t none = CAROM_OK;

    (void) atomic_compare_exchange_strong(&self->gone, &none, CAROM_ECLOSED);
    if (self->stream && (self->users > 0 || atomic_load(&self->receiving) || atomic_load(&self->sending)))
        self->transport->cut(self);
    carom__turns_take(self);
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

/* ---- sending ---- */

static carom_status_t write_message(carom_connection_t *self, const carom__header_t *header, const void *body,
                                    const carom_native_t *files, int64_t deadline)
{
    size_t sent = 0;
    carom_status_t status = self->transport->write(self, header, body, files, &sent, deadline);

    if (status != CAROM_OK && sent > 0) {
        atomic_store(&self->bad_send, CAROM_EBROKEN);
        self->transport->end_writing(self);
    }
    return status;
}

static inline carom_status_t begin_send(carom_connection_t *self, int64_t deadline)
{
    return self ? carom__turn_begin(self, &self->sending, self->traits.can_send, &self->bad_send, deadline) : CAROM_EINVAL;
}

static carom_status_t write_bytes(carom_connection_t *self, const void *bytes, size_t length, int64_t deadline)
{
    carom__header_t header = {CAROM_MESSAGE_BYTES, 0, length, 0};

    return write_message(self, &header, bytes, NULL, deadline);
}

carom_status_t carom_connection_send_bytes(carom_connection_t *connection, const void *bytes, size_t length,
                                           carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status;

    if (bytes == NULL && length > 0)
        return CAROM_EINVAL;
    if ((uint64_t) length > CAROM__BODY_MAX)
        return CAROM_ETOOBIG;
    status = begin_send(connection, deadline);
    if (status != CAROM_OK)
        return status;
    if (connection->transport->put == NULL || !connection->transport->put(connection, bytes, length))
        status = write_bytes(connection, bytes, length, deadline);
    return carom__turn_end(connection, &connection->sending, status);
}

static carom_status_t write_parcel(carom_connection_t *self, const carom__parcel_t *parcel, int64_t deadline)
{
    carom__header_t header = {CAROM_MESSAGE_VALUE, parcel->count, parcel->body.length, parcel->share_count};

    return write_message(self, &header, parcel->body.bytes, parcel->files, deadline);
}

carom_status_t carom__connection_send_parcel(carom_connection_t *connection, carom__parcel_t *parcel, int64_t deadline)
{
    carom_status_t status = begin_send(connection, deadline);

    if (status != CAROM_OK)
        return status;
    status = write_parcel(connection, parcel, deadline);
    return carom__turn_end(connection, &connection->sending, status);
}

/* What is said of handles counts, too: a receiver sees that there is too much before he sees what it is. */
static carom_status_t pack(carom__parcel_t *parcel, carom_value_t value)
{
    carom_status_t status = carom__parcel_put(parcel, value, NULL);

    if (status == CAROM_OK && parcel->count > 0 && !parcel->carrier->carries)
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK)
        status = carom__parcel_seal(parcel);
    return status == CAROM_OK && parcel->body.length > parcel->carrier->traits.limits.length ? CAROM_ETOOBIG : status;
}

carom_status_t carom_connection_send(carom_connection_t *connection, carom_value_t value, carom_duration_t timeout)
{
    int64_t deadline = carom__deadline(timeout);
    carom__parcel_t parcel;
    carom_status_t status;

    if (connection == NULL || connection->magic != CAROM__CONNECTION_MAGIC)
        return CAROM_EINVAL;
    /* With the turn to the end: who closes the connection waits for it, and what was in the message is not let go with it. */
    status = begin_send(connection, deadline);
    if (status != CAROM_OK)
        return status;
    carom__parcel_init(&parcel, connection);
    status = pack(&parcel, value);
    carom__fault("parcel.send");
    if (status == CAROM_OK)
        status = write_parcel(connection, &parcel, deadline);
    carom__fault("parcel.sent");
    if (status == CAROM_OK)
        carom__parcel_sent(&parcel);
    else
        carom__parcel_abandon(&parcel);
    return carom__turn_end(connection, &connection->sending, status);
}

/* ---- waiting ---- */

/* With the turn to receive. */
static int is_ready(const carom_connection_t *self)
{
    return atomic_load(&self->pending) || atomic_load(&self->bad_receive) != CAROM_OK;
}

/* Nothing is there, so the loop of the host may sleep; and whoever gives back the turn looks again.  Not where he could not tell
 * the loop what he finds: whoever wrote it would take the reader for awake, and not ring. */
static void let_loop_sleep(carom_connection_t *self)
{
    carom_plat_monitor_enter(self->monitor);
    self->loop_sleeps = carom_plat_stream_watch(self->stream);
    carom_plat_monitor_leave(self->monitor);
}

void carom__connection_rouse(carom_connection_t *self)
{
    if (atomic_load(&self->gone) == CAROM_OK && !is_ready(self) && !self->transport->look(self, 0))
        return;
    self->loop_sleeps = 0;
    carom__connection_stir(self);
}

carom_status_t carom_connection_poll(carom_connection_t *connection, carom_duration_t timeout)
{
    static const _Atomic carom_status_t fine = CAROM_OK;
    int64_t deadline = carom__deadline(timeout);
    carom_status_t status = carom__connection_check(connection);

    if (status == CAROM_OK)
        status = carom__turn_begin(connection, &connection->receiving, connection->traits.can_receive, &fine, deadline);
    if (status != CAROM_OK)
        return status;
    if (!is_ready(connection))
        status = connection->transport->wait(connection, deadline);
    if (status == CAROM_ETIMEOUT && atomic_load(&connection->has_loop))
        let_loop_sleep(connection);
    /* What close() woke it with looks like a message. */
    if (atomic_load(&connection->gone) != CAROM_OK)
        status = atomic_load(&connection->gone);
    return carom__turn_end(connection, &connection->receiving, status);
}

/* 1: ready.  While another thread receives nobody else can say. */
static int look(carom_connection_t *self, int event, int for_more)
{
    int ready;

    if (atomic_load(&self->gone) != CAROM_OK)
        return 1;
    if (!carom__turn_try(&self->receiving))
        return 0;
    ready = for_more ? atomic_load(&self->bad_receive) != CAROM_OK : is_ready(self);
    if (!ready)
        ready = self->transport->look(self, event);
    (void) carom__turn_end(self, &self->receiving, CAROM_OK);
    return ready;
}

int carom__connection_enter(carom_connection_t *connection, int for_more)
{
    int enters;

    if (carom__connection_check(connection) != CAROM_OK || !connection->traits.can_receive)
        return 0;
    carom_plat_monitor_enter(connection->monitor);
    enters = atomic_load(&connection->gone) == CAROM_OK;
    connection->users += (size_t) enters;
    carom_plat_monitor_leave(connection->monitor);
    if (!enters || !look(connection, 0, for_more))
        return enters;
    carom__connection_leave(connection);
    return 0;
}

void carom__connection_leave(carom_connection_t *connection)
{
    carom_plat_monitor_enter(connection->monitor);
    connection->users--;
    carom_plat_monitor_wake(connection->monitor);
    carom_plat_monitor_leave(connection->monitor);
}

int carom__connection_look(carom_connection_t *connection, int for_more)
{
    return look(connection, 1, for_more);
}

int carom__connection_needs_looks(const carom_connection_t *connection)
{
    return connection->end != NULL;
}

void carom__connection_cut(carom_connection_t *connection)
{
    connection->transport->cut(connection);
}

void carom__connection_watch(const carom_connection_t *connection, carom_plat_source_t *source)
{
    source->kind = CAROM_PLAT_SOURCE_STREAM;
    source->stream = connection->stream;
}

carom_status_t carom_connection_native(carom_native_t *native, carom_connection_t *connection)
{
    carom_status_t status = carom__connection_check(connection);

    *native = CAROM_NATIVE_NONE;
    if (status == CAROM_OK && !connection->traits.can_receive)
        status = CAROM_ENOTSUP;
    if (status != CAROM_OK)
        return status;
    carom_plat_monitor_enter(connection->monitor);
    status = atomic_load(&connection->gone);
    if (status == CAROM_OK)
        status = carom_plat_stream_pollable(native, connection->stream);
    if (status == CAROM_OK) {
        atomic_store(&connection->has_loop, 1);
        /* Somebody may have heard something just now that nobody was told of. */
        carom_plat_stream_stir(connection->stream);
    }
    carom_plat_monitor_leave(connection->monitor);
    return status;
}

void carom__connection_stir(carom_connection_t *self)
{
    if (atomic_load(&self->has_loop) && self->stream)
        carom_plat_stream_stir(self->stream);
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

carom__holder_t carom__connection_holder(const carom_connection_t *connection)
{
    return connection->end ? carom__end_holder(connection->end) : CAROM__NOBODY;
}

static carom_status_t is_idle(const carom_connection_t *self)
{
    if (self->users > 0 || atomic_load(&self->pending) || atomic_load(&self->bad_receive) || atomic_load(&self->bad_send))
        return CAROM_EBUSY;
    return CAROM_OK;
}

/* With both turns: nobody is in it, and nobody will come before they are given back. */
static carom_status_t leave(carom_connection_t *self, carom__holder_t to, carom_native_t *file, carom__traits_t *traits,
                            carom__whereabouts_t *where)
{
    carom_status_t status = is_idle(self);

    if (status == CAROM_OK)
        status = carom_plat_file_duplicate(file, carom_plat_stream_native(self->stream));
    if (status != CAROM_OK)
        return status;
    status = self->transport->leave(self, to, where);
    if (status != CAROM_OK) {
        carom_plat_file_close(*file);
        *file = CAROM_NATIVE_NONE;
        return status;
    }
    *traits = self->traits;
    self->moving = 1;
    atomic_store(&self->gone, CAROM_EMOVED);
    return CAROM_OK;
}

static carom_status_t lock_and_leave(carom_connection_t *self, carom__holder_t to, carom_native_t *file,
                                     carom__traits_t *traits, carom__whereabouts_t *where)
{
    carom_status_t status = atomic_load(&self->gone);

    if (status != CAROM_OK)
        return status;
    if (!carom__turn_try(&self->receiving))
        return CAROM_EBUSY;
    status = CAROM_EBUSY;
    if (carom__turn_try(&self->sending)) {
        status = leave(self, to, file, traits, where);
        atomic_store(&self->sending, CAROM__TURN_FREE);
    }
    atomic_store(&self->receiving, CAROM__TURN_FREE);
    carom_plat_monitor_wake(self->monitor);
    return status;
}

carom_status_t carom__connection_begin_move(carom_connection_t *connection, carom__holder_t to, carom_native_t *file,
                                            carom__traits_t *traits, carom__whereabouts_t *where)
{
    carom_status_t status = carom__connection_check(connection);

    *file = CAROM_NATIVE_NONE;
    if (status != CAROM_OK)
        return status;
    carom__fault("connection.moving");
    carom_plat_monitor_enter(connection->monitor);
    status = lock_and_leave(connection, to, file, traits, where);
    carom_plat_monitor_leave(connection->monitor);
    return status;
}

void carom__connection_end_move(carom_connection_t *connection, carom__holder_t to, int moved)
{
    int abandoned;

    carom_plat_monitor_enter(connection->monitor);
    carom__fault("connection.moved");
    if (moved) {
        connection->transport->gone(connection);
    } else {
        atomic_store(&connection->gone, connection->transport->stay(connection, to) ? CAROM_OK : CAROM_EMOVED);
    }
    connection->moving = 0;
    abandoned = connection->abandoned;
    if (abandoned)
        empty(connection);
    carom_plat_monitor_leave(connection->monitor);
    if (abandoned)
        free_connection(connection);
}

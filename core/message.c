/* Messages made and opened: header, body, and the handles that come along. */

#include "core/message.h"

#include "core/connection.h"
#include "core/value.h"
#include "core/wire.h"

#include <string.h>

/* ---- numbers in bytes, least first ---- */

static void put_number(unsigned char *bytes, size_t size, uint64_t number)
{
    size_t i;

    for (i = 0; i < size; i++)
        bytes[i] = (unsigned char) (number >> (8 * i));
}

static uint64_t get_number(const unsigned char *bytes, size_t size)
{
    uint64_t number = 0;

    while (size-- > 0)
        number = number << 8 | bytes[size];
    return number;
}

/* ---- the header: mark, kind, handles (2), zero (4), length (8) ---- */

#define MARK 0xCA

void carom__header_write(unsigned char bytes[CAROM__HEADER_SIZE], const carom__header_t *header)
{
    memset(bytes, 0, CAROM__HEADER_SIZE);
    bytes[0] = MARK;
    bytes[1] = (unsigned char) header->kind;
    put_number(bytes + 2, 2, header->handles);
    put_number(bytes + 8, 8, header->length);
}

carom_status_t carom__header_read(carom__header_t *header, const unsigned char bytes[CAROM__HEADER_SIZE])
{
    if (bytes[0] != MARK || get_number(bytes + 4, 4) != 0)
        return CAROM_EBADMSG;
    if (bytes[1] != CAROM_MESSAGE_BYTES && bytes[1] != CAROM_MESSAGE_VALUE)
        return CAROM_EBADMSG;
    header->kind = (carom_kind_t) bytes[1];
    header->handles = (size_t) get_number(bytes + 2, 2);
    header->length = get_number(bytes + 8, 8);
    if (header->length > CAROM__BODY_MAX || header->handles > CAROM__HANDLES_MAX)
        return CAROM_EBADMSG;
    if (header->handles > 0 && header->kind == CAROM_MESSAGE_BYTES)
        return CAROM_EBADMSG;
    return header->handles * CAROM__RECORD_SIZE > header->length ? CAROM_EBADMSG : CAROM_OK;
}

/* ---- a record: ticket (8, 8), type (1), traits (1), zero (6), limits: length (8), depth (4), count (4) ---- */

#define CAN_RECEIVE 1
#define CAN_SEND 2

static void write_record(unsigned char *bytes, carom_native_t file, carom_type_t type, const carom__traits_t *traits)
{
    carom_plat_ticket_t ticket;

    memset(bytes, 0, CAROM__RECORD_SIZE);
    carom_plat_attach_out(&ticket, file);
    put_number(bytes, 8, ticket.first);
    put_number(bytes + 8, 8, ticket.second);
    bytes[16] = (unsigned char) type;
    bytes[17] = (unsigned char) ((traits->can_receive ? CAN_RECEIVE : 0) | (traits->can_send ? CAN_SEND : 0));
    put_number(bytes + 24, 8, traits->limits.length);
    put_number(bytes + 32, 4, traits->limits.depth);
    put_number(bytes + 36, 4, traits->limits.count);
}

static void read_record(const unsigned char *bytes, carom_plat_ticket_t *ticket, carom_type_t *type, carom__traits_t *traits)
{
    ticket->first = get_number(bytes, 8);
    ticket->second = get_number(bytes + 8, 8);
    *type = (carom_type_t) bytes[16];
    traits->can_receive = bytes[17] & CAN_RECEIVE;
    traits->can_send = bytes[17] & CAN_SEND;
    traits->limits.length = get_number(bytes + 24, 8);
    traits->limits.depth = (uint32_t) get_number(bytes + 32, 4);
    traits->limits.count = (uint32_t) get_number(bytes + 36, 4);
}

static int are_sane(const carom__traits_t *traits)
{
    return traits->limits.length > 0 && traits->limits.depth > 0 && traits->limits.depth <= CAROM_DEPTH_MAX &&
           traits->limits.count > 0;
}

/* ---- making ---- */

void carom__parcel_init(carom__parcel_t *parcel, const carom_connection_t *carrier)
{
    carom__buffer_init(&parcel->body);
    carom__buffer_init(&parcel->records);
    parcel->count = 0;
    parcel->carrier = carrier;
}

static carom_status_t give_connection(carom__parcel_t *parcel, carom_connection_t *connection, carom_native_t *file,
                                      carom__traits_t *traits)
{
    if (connection == parcel->carrier)
        return CAROM_EINVAL;
    return carom__connection_begin_move(connection, file, traits);
}

static void add_handle(carom__parcel_t *parcel, carom_native_t file, const carom__traits_t *traits,
                       carom_connection_t *moving)
{
    unsigned char *record = parcel->records.bytes + parcel->records.length;

    write_record(record, file, moving ? CAROM_CONNECTION : CAROM_FILE, traits);
    parcel->records.length += CAROM__RECORD_SIZE;
    parcel->files[parcel->count] = file;
    parcel->moving[parcel->count++] = moving;
}

static carom_status_t give_handle(void *baton, carom_value_t handle, uint32_t *index)
{
    carom__parcel_t *parcel = baton;
    carom__traits_t traits = {0, 0, {0, 0, 0}};
    carom_connection_t *moving = handle.type == CAROM_CONNECTION ? handle.u.object : NULL;
    carom_native_t file = CAROM_NATIVE_NONE;
    carom_status_t status;

    if (parcel->count == CAROM__HANDLES_MAX)
        return CAROM_ECOUNT;
    status = carom__buffer_reserve(&parcel->records, CAROM__RECORD_SIZE);
    if (status == CAROM_OK)
        status = moving ? give_connection(parcel, moving, &file, &traits)
                        : carom_plat_file_duplicate(&file, (carom_native_t) handle.u.integer);
    if (status != CAROM_OK)
        return status;
    *index = (uint32_t) parcel->count;
    add_handle(parcel, file, &traits, moving);
    return CAROM_OK;
}

carom_status_t carom__parcel_put(carom__parcel_t *parcel, carom_value_t value, carom_value_error_t *error)
{
    carom__attach_t attach = {give_handle, parcel};
    const carom_limits_t *limits = parcel->carrier ? &parcel->carrier->traits.limits : NULL;

    return carom__encode(&parcel->body, value, limits, &attach, error);
}

carom_status_t carom__parcel_put_item(carom__parcel_t *parcel, carom_value_t value, carom_value_error_t *error)
{
    static const unsigned char none[4];
    size_t before = parcel->body.length;
    carom_status_t status = carom__buffer_put(&parcel->body, none, sizeof none);

    if (status == CAROM_OK)
        status = carom__parcel_put(parcel, value, error);
    if (status == CAROM_OK)
        put_number(parcel->body.bytes + before, 4, parcel->body.length - before - 4);
    return status;
}

carom_status_t carom__parcel_seal(carom__parcel_t *parcel)
{
    return carom__buffer_put(&parcel->body, parcel->records.bytes, parcel->records.length);
}

static void end_parcel(carom__parcel_t *parcel, int moved, void (*end_file)(carom_native_t file))
{
    size_t i;

    for (i = 0; i < parcel->count; i++) {
        if (parcel->moving[i])
            carom__connection_end_move(parcel->moving[i], moved);
        if (end_file)
            end_file(parcel->files[i]);
    }
    parcel->count = 0;
    carom__buffer_release(&parcel->body);
    carom__buffer_release(&parcel->records);
}

void carom__parcel_sent(carom__parcel_t *parcel)
{
    end_parcel(parcel, 1, carom_plat_attach_sent);
}

void carom__parcel_handed_over(carom__parcel_t *parcel)
{
    end_parcel(parcel, 1, NULL);
}

void carom__parcel_abandon(carom__parcel_t *parcel)
{
    end_parcel(parcel, 0, carom_plat_file_close);
}

/* ---- opening ---- */

carom_status_t carom__arrival_open(carom__arrival_t *arrival, const unsigned char *body, size_t *length, size_t handles,
                                   const carom_native_t *files, size_t came, int in_process)
{
    size_t i, records = handles * CAROM__RECORD_SIZE;

    arrival->count = handles;
    arrival->in_process = in_process;
    for (i = 0; i < CAROM__HANDLES_MAX; i++)
        arrival->files[i] = i < came ? files[i] : CAROM_NATIVE_NONE;
    memset(arrival->claimed, 0, sizeof arrival->claimed);
    if (records > *length) {
        arrival->count = 0;
        return CAROM_EBADMSG;
    }
    *length -= records;
    arrival->records = body + *length;
    return CAROM_OK;
}

/* The handle of a record, once: a second asking finds none. */
static carom_status_t claim(carom_native_t *file, carom__arrival_t *arrival, size_t index, const carom_plat_ticket_t *ticket)
{
    carom_native_t came = arrival->files[index];

    *file = CAROM_NATIVE_NONE;
    if (arrival->claimed[index])
        return CAROM_EBADMSG;
    arrival->claimed[index] = 1;
    arrival->files[index] = CAROM_NATIVE_NONE;
    if (!arrival->in_process)
        return carom_plat_attach_in(file, ticket, came);
    *file = came;
    return CAROM_OK;
}

void carom__arrival_clear(carom__arrival_t *arrival)
{
    carom_plat_ticket_t ticket;
    carom__traits_t traits;
    carom_type_t type;
    carom_native_t file;
    size_t i;

    for (i = 0; i < arrival->count; i++) {
        read_record(arrival->records + i * CAROM__RECORD_SIZE, &ticket, &type, &traits);
        if (claim(&file, arrival, i, &ticket) == CAROM_OK)
            carom_plat_file_close(file);
    }
    /* More may have come than were announced. */
    for (i = 0; i < CAROM__HANDLES_MAX; i++)
        carom_plat_file_close(arrival->files[i]);
    arrival->count = 0;
}

static carom_status_t take_connection(carom_value_t *handle, carom_native_t file, const carom__traits_t *traits)
{
    carom_plat_stream_t *stream;
    carom_connection_t *connection;
    carom_status_t status;

    if (!are_sane(traits)) {
        carom_plat_file_close(file);
        return CAROM_EBADMSG;
    }
    status = carom_plat_stream_adopt(&stream, file);
    if (status == CAROM_OK)
        status = carom__connection_create(&connection, &stream, traits);
    if (status == CAROM_OK)
        *handle = carom__value_own_connection(connection);
    return status;
}

static carom_status_t take_handle(void *baton, uint32_t index, carom_type_t type, carom_value_t *handle)
{
    carom__arrival_t *arrival = baton;
    carom_plat_ticket_t ticket;
    carom__traits_t traits;
    carom_type_t said;
    carom_native_t file;
    carom_status_t status;

    if (index >= arrival->count)
        return CAROM_EBADMSG;
    read_record(arrival->records + (size_t) index * CAROM__RECORD_SIZE, &ticket, &said, &traits);
    if (said != type)
        return CAROM_EBADMSG;
    status = claim(&file, arrival, index, &ticket);
    if (status != CAROM_OK)
        return status;
    if (type == CAROM_CONNECTION)
        return take_connection(handle, file, &traits);
    carom_plat_file_disown(file);
    *handle = carom__value_own_file(file);
    return CAROM_OK;
}

carom_status_t carom__arrival_decode(carom_value_t *value, carom__arrival_t *arrival, const unsigned char *bytes, size_t length,
                                     const carom_limits_t *limits, carom_value_error_t *error)
{
    carom__detach_t detach = {take_handle, arrival};

    return carom__decode(value, bytes, length, limits, &detach, error);
}

carom_status_t carom__arrival_next(carom_value_t *value, carom__arrival_t *arrival, const unsigned char **bytes, size_t *length,
                                   const carom_limits_t *limits, carom_value_error_t *error)
{
    size_t item;

    *value = carom_value_none();
    if (*length < 4)
        return CAROM_EBADMSG;
    item = (size_t) get_number(*bytes, 4);
    if (item > *length - 4)
        return CAROM_EBADMSG;
    *bytes += 4 + item;
    *length -= 4 + item;
    return carom__arrival_decode(value, arrival, *bytes - item, item, limits, error);
}

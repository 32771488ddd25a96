/* Messages made and opened: header, body, and the handles that come along. */

#include "core/message.h"

#include "core/connection.h"
#include "core/link.h"
#include "core/share.h"
#include "core/value.h"
#include "core/wire.h"

#include "platform/fault.h"

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

/* ---- a record: ticket (8, 8), type (1), traits (1), side (1), zero (5), limits: length (8), depth (4), count (4); of a link:
 * tag of its arena (8), object (4, 4) ---- */

#define CAN_RECEIVE 1
#define CAN_SEND 2

typedef struct record_t {
    carom_plat_ticket_t ticket;
    carom_type_t type;
    carom__traits_t traits;
    carom__whereabouts_t where;
} record_t;

static void write_record(unsigned char *bytes, carom_native_t file, const record_t *record)
{
    carom_plat_ticket_t ticket;

    memset(bytes, 0, CAROM__RECORD_SIZE);
    carom_plat_attach_out(&ticket, file);
    put_number(bytes, 8, ticket.first);
    put_number(bytes + 8, 8, ticket.second);
    bytes[16] = (unsigned char) record->type;
    bytes[17] = (unsigned char) ((record->traits.can_receive ? CAN_RECEIVE : 0) | (record->traits.can_send ? CAN_SEND : 0));
    bytes[18] = (unsigned char) record->where.side;
    put_number(bytes + 24, 8, record->traits.limits.length);
    put_number(bytes + 32, 4, record->traits.limits.depth);
    put_number(bytes + 36, 4, record->traits.limits.count);
    put_number(bytes + 40, 8, record->where.tag);
    put_number(bytes + 48, 4, record->where.link.index);
    put_number(bytes + 52, 4, record->where.link.generation);
}

static void read_record(const unsigned char *bytes, record_t *record)
{
    record->ticket.first = get_number(bytes, 8);
    record->ticket.second = get_number(bytes + 8, 8);
    record->type = (carom_type_t) bytes[16];
    record->traits.can_receive = bytes[17] & CAN_RECEIVE;
    record->traits.can_send = bytes[17] & CAN_SEND;
    record->where.side = bytes[18];
    record->traits.limits.length = get_number(bytes + 24, 8);
    record->traits.limits.depth = (uint32_t) get_number(bytes + 32, 4);
    record->traits.limits.count = (uint32_t) get_number(bytes + 36, 4);
    record->where.tag = get_number(bytes + 40, 8);
    record->where.link.index = (uint32_t) get_number(bytes + 48, 4);
    record->where.link.generation = (uint32_t) get_number(bytes + 52, 4);
}

static int are_sane(const carom__traits_t *traits)
{
    return traits->limits.length > 0 && traits->limits.depth > 0 && traits->limits.depth <= CAROM_DEPTH_MAX &&
           traits->limits.count > 0;
}

/* ---- the record of a shareable object: type (1), zero (7), tag of its arena (8), reference (4, 4) ---- */

static void write_share(unsigned char *bytes, carom_type_t type, carom__id_t reference)
{
    put_number(bytes, 8, (uint64_t) type);
    put_number(bytes + 8, 8, carom__arena_tag());
    put_number(bytes + 16, 4, reference.index);
    put_number(bytes + 20, 4, reference.generation);
}

static carom__id_t reference_in(const unsigned char *bytes)
{
    carom__id_t reference = {(uint32_t) get_number(bytes + 16, 4), (uint32_t) get_number(bytes + 20, 4)};

    return reference;
}

/* ---- making ---- */

void carom__parcel_init(carom__parcel_t *parcel, const carom_connection_t *carrier)
{
    carom__buffer_init(&parcel->body);
    carom__buffer_init(&parcel->records);
    carom__buffer_init(&parcel->shares);
    parcel->count = 0;
    parcel->share_count = 0;
    parcel->carrier = carrier;
    parcel->to = carrier ? carom__connection_holder(carrier) : CAROM__NOBODY;
    parcel->limits = carrier ? &carrier->traits.limits : NULL;
    memset(&parcel->into, 0, sizeof parcel->into);
    parcel->deadline = 0;
    parcel->without_handles = 0;
}

static carom_status_t give_connection(carom__parcel_t *parcel, carom_connection_t *connection, carom_native_t *file,
                                      record_t *record)
{
    if (connection == parcel->carrier)
        return CAROM_EINVAL;
    return carom__connection_begin_move(connection, parcel->to, file, &record->traits, &record->where);
}

static void add_handle(carom__parcel_t *parcel, carom_native_t file, const record_t *record, carom_connection_t *moving)
{
    write_record(parcel->records.bytes + parcel->records.length, file, record);
    parcel->records.length += CAROM__RECORD_SIZE;
    carom__fault("parcel.handle");
    parcel->files[parcel->count] = file;
    parcel->moving[parcel->count++] = moving;
}

static int is_same(carom__id_t one, carom__id_t other)
{
    return one.index == other.index && one.generation == other.generation;
}

/* Whoever gets it needs a holder on the way, so it goes only where there is one: within its tree. */
static carom_status_t give_share(carom__parcel_t *parcel, const carom__share_t *share, carom_type_t type, uint32_t *index)
{
    carom__id_t reference;
    carom_status_t status = carom__share_check(share, type);

    if (status == CAROM_OK && parcel->to == CAROM__NOBODY)
        status = CAROM_ENOTSUP;
    if (status == CAROM_OK && is_same(share->object, parcel->into))
        status = CAROM_EINVAL;
    if (status == CAROM_OK && parcel->share_count == CAROM__SHARES_MAX)
        status = CAROM_ECOUNT;
    if (status == CAROM_OK)
        status = carom__buffer_reserve(&parcel->shares, CAROM__SHARE_SIZE);
    if (status == CAROM_OK)
        status = parcel->deadline ? carom__reference_make_until(&reference, share->object, parcel->to, parcel->deadline)
                                  : carom__reference_make(&reference, share->object, parcel->to);
    if (status != CAROM_OK)
        return status;
    carom__fault("parcel.share");
    write_share(parcel->shares.bytes + parcel->shares.length, type, reference);
    parcel->shares.length += CAROM__SHARE_SIZE;
    *index = (uint32_t) parcel->share_count++;
    return CAROM_OK;
}

static carom_status_t give_native(carom__parcel_t *parcel, carom_value_t handle, uint32_t *index)
{
    carom_connection_t *moving = handle.type == CAROM_CONNECTION ? handle.u.object : NULL;
    carom_native_t file = CAROM_NATIVE_NONE;
    record_t record;
    carom_status_t status;

    if (parcel->without_handles)
        return CAROM_ENOTSUP;
    if (parcel->count == CAROM__HANDLES_MAX)
        return CAROM_ECOUNT;
    memset(&record, 0, sizeof record);
    record.type = moving ? CAROM_CONNECTION : CAROM_FILE;
    status = carom__buffer_reserve(&parcel->records, CAROM__RECORD_SIZE);
    if (status == CAROM_OK)
        status = moving ? give_connection(parcel, moving, &file, &record)
                        : carom_plat_file_duplicate(&file, (carom_native_t) handle.u.integer);
    if (status != CAROM_OK)
        return status;
    *index = (uint32_t) parcel->count;
    add_handle(parcel, file, &record, moving);
    return CAROM_OK;
}

static carom_status_t give_handle(void *baton, carom_value_t handle, uint32_t *index)
{
    if (carom__is_share(handle.type))
        return give_share(baton, handle.u.object, (carom_type_t) handle.type, index);
    return give_native(baton, handle, index);
}

carom_status_t carom__parcel_put(carom__parcel_t *parcel, carom_value_t value, carom_value_error_t *error)
{
    carom__attach_t attach = {give_handle, parcel};

    return carom__encode(&parcel->body, value, parcel->limits, &attach, error);
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
    carom_status_t status = carom__buffer_put(&parcel->body, parcel->shares.bytes, parcel->shares.length);

    return status == CAROM_OK ? carom__buffer_put(&parcel->body, parcel->records.bytes, parcel->records.length) : status;
}

static void end_parcel(carom__parcel_t *parcel, int moved, void (*end_file)(carom_native_t file))
{
    size_t i;

    carom__fault("parcel.ending");
    for (i = 0; i < parcel->count; i++) {
        if (parcel->moving[i])
            carom__connection_end_move(parcel->moving[i], parcel->to, moved);
        if (end_file)
            end_file(parcel->files[i]);
    }
    parcel->count = 0;
    parcel->share_count = 0;
    carom__buffer_release(&parcel->body);
    carom__buffer_release(&parcel->records);
    carom__buffer_release(&parcel->shares);
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
    size_t i;

    for (i = 0; i < parcel->share_count; i++)
        carom__object_let_go(reference_in(parcel->shares.bytes + i * CAROM__SHARE_SIZE), 0, parcel->to);
    end_parcel(parcel, 0, carom_plat_file_close);
}

/* ---- shares alone ---- */

static const unsigned char *share_at(const unsigned char *body, size_t length, size_t count, size_t index)
{
    return body + length - (count - index) * CAROM__SHARE_SIZE;
}

void carom__shares_refuse(const unsigned char *body, size_t length, size_t count, carom__holder_t from)
{
    size_t i;

    for (i = 0; i < count && count * CAROM__SHARE_SIZE <= length; i++)
        carom__share_refuse(reference_in(share_at(body, length, count, i)), from);
}

carom_status_t carom__shares_hand(const unsigned char *body, size_t length, size_t count, carom__holder_t from,
                                  carom__holder_t to)
{
    carom_status_t status = count * CAROM__SHARE_SIZE <= length ? CAROM_OK : CAROM_EBADMSG;
    size_t handed, i;

    if (status != CAROM_OK)
        return status;
    for (i = 0; i < count && status == CAROM_OK; i++) {
        status = carom__object_hand(reference_in(share_at(body, length, count, i)), 0, from, to);
        carom__fault("shares.handed");
    }
    if (status == CAROM_OK)
        return CAROM_OK;
    handed = i - 1;
    for (i = 0; i < handed; i++) {
        carom__id_t reference = reference_in(share_at(body, length, count, i));

        if (status != CAROM_EBUSY && carom__object_hand(reference, 0, to, from) == CAROM_OK)
            continue;
        /* What cannot be taken back now is let go, later. */
        carom__object_let_go(reference, 0, to);
        status = CAROM_EBUSY;
    }
    return status;
}

/* ---- opening ---- */

carom_status_t carom__arrival_open(carom__arrival_t *arrival, unsigned char *body, size_t *length, const carom__header_t *header,
                                   const carom_native_t *files, size_t came, carom__holder_t from, int in_process)
{
    size_t i, records = header->handles * CAROM__RECORD_SIZE, shares = header->shares * CAROM__SHARE_SIZE;

    arrival->in_process = in_process;
    arrival->from = from;
    for (i = 0; i < CAROM__HANDLES_MAX; i++)
        arrival->files[i] = i < came ? files[i] : CAROM_NATIVE_NONE;
    memset(arrival->claimed, 0, sizeof arrival->claimed);
    arrival->count = arrival->share_count = 0;
    arrival->shares = NULL;
    arrival->records = NULL;
    if (records + shares == 0)
        return CAROM_OK;
    if (records + shares > *length)
        return CAROM_EBADMSG;
    *length -= records + shares;
    arrival->shares = body + *length;
    arrival->share_count = header->shares;
    arrival->records = arrival->shares + shares;
    arrival->count = header->handles;
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

static void drop_handle(carom__arrival_t *arrival, size_t index)
{
    record_t record;
    carom_native_t file;

    if (arrival->claimed[index])
        return;
    read_record(arrival->records + index * CAROM__RECORD_SIZE, &record);
    if (record.where.tag != 0)
        carom__link_drop(&record.where, record.where.side, arrival->from);
    if (claim(&file, arrival, index, &record.ticket) == CAROM_OK)
        carom_plat_file_close(file);
}

/* 1: the record is of our arena, and nobody has taken it; nobody will then. */
static int claim_share(unsigned char *record, carom_type_t *type)
{
    uint64_t number = get_number(record, 8);

    put_number(record, 8, 0);
    *type = number <= UINT8_MAX && carom__is_share((uint8_t) number) ? (carom_type_t) number : CAROM_NONE;
    return *type != CAROM_NONE && get_number(record + 8, 8) == carom__arena_tag() && carom__arena_tag() != 0;
}

static void drop_share(carom__arrival_t *arrival, size_t index)
{
    unsigned char *record = arrival->shares + index * CAROM__SHARE_SIZE;
    carom_type_t type;

    if (claim_share(record, &type))
        carom__share_refuse(reference_in(record), arrival->from);
}

void carom__arrival_clear(carom__arrival_t *arrival)
{
    size_t i;

    for (i = 0; i < arrival->count; i++)
        drop_handle(arrival, i);
    for (i = 0; i < arrival->share_count; i++)
        drop_share(arrival, i);
    /* More may have come than were announced. */
    for (i = 0; i < CAROM__HANDLES_MAX; i++)
        carom_plat_file_close(arrival->files[i]);
    arrival->count = arrival->share_count = 0;
}

/* The message is received, whatever became of the end: no status that says to try again. */
static carom_status_t give_up(const record_t *record, carom__holder_t from)
{
    carom__link_drop(&record->where, record->where.side, from);
    return CAROM_EBUSY;
}

/* Makes an end of what came.  The stream is owned from here on. */
static carom_status_t new_end(carom_connection_t **connection, carom_plat_stream_t **stream, const record_t *record,
                              carom__holder_t from)
{
    carom_status_t status;

    if (record->where.tag == 0)
        return carom__connection_create(connection, stream, &record->traits);
    status = carom__link_take(&record->where, from);
    carom__fault("link.taken");
    if (status != CAROM_OK) {
        carom_plat_stream_close(stream);
        return status == CAROM_ETIMEOUT ? give_up(record, from) : status;
    }
    status = carom__connection_create_link(connection, stream, &record->traits, &record->where);
    if (status != CAROM_OK)
        carom__link_drop(&record->where, record->where.side, carom__holder_self());
    return status;
}

static carom_status_t take_connection(carom_value_t *handle, carom_native_t file, const record_t *record, carom__holder_t from)
{
    carom_plat_stream_t *stream;
    carom_connection_t *connection;
    carom_status_t status;

    if (!are_sane(&record->traits)) {
        carom_plat_file_close(file);
        return CAROM_EBADMSG;
    }
    status = carom_plat_stream_adopt(&stream, file);
    if (status == CAROM_OK)
        status = new_end(&connection, &stream, record, from);
    if (status == CAROM_OK)
        *handle = carom__value_own_connection(connection);
    return status;
}

static carom_status_t take_share(carom__arrival_t *arrival, uint32_t index, carom_type_t type, carom_value_t *handle)
{
    unsigned char *record;
    carom_type_t is;
    void *share;
    carom_status_t status;

    if (index >= arrival->share_count)
        return CAROM_EBADMSG;
    record = arrival->shares + (size_t) index * CAROM__SHARE_SIZE;
    if (get_number(record, 8) != (uint64_t) type)
        return CAROM_EBADMSG;
    if (!claim_share(record, &is))
        return CAROM_ENOTSUP;
    status = carom__share_adopt(&share, type, reference_in(record), arrival->from);
    if (status == CAROM_OK)
        *handle = carom__share_own(share);
    return status;
}

static carom_status_t take_native(carom__arrival_t *arrival, uint32_t index, carom_type_t type, carom_value_t *handle)
{
    record_t record;
    carom_native_t file;
    carom_status_t status;

    if (index >= arrival->count)
        return CAROM_EBADMSG;
    read_record(arrival->records + (size_t) index * CAROM__RECORD_SIZE, &record);
    if (record.type != type)
        return CAROM_EBADMSG;
    if (arrival->claimed[index])
        return CAROM_EBADMSG;
    status = claim(&file, arrival, index, &record.ticket);
    if (status == CAROM_OK && type == CAROM_CONNECTION)
        status = take_connection(handle, file, &record, arrival->from);
    else if (status == CAROM_OK) {
        carom_plat_file_disown(file);
        *handle = carom__value_own_file(file);
    }
    if (status != CAROM_OK && record.where.tag != 0)
        carom__link_drop(&record.where, record.where.side, arrival->from);
    return status;
}

static carom_status_t take_handle(void *baton, uint32_t index, carom_type_t type, carom_value_t *handle)
{
    if (carom__is_share((uint8_t) type))
        return take_share(baton, index, type, handle);
    return take_native(baton, index, type, handle);
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

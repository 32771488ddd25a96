/* Launch and report as messages: a tuple about the call, then its arguments; a tuple about the end, then the result. */

#include "core/launch.h"

#include "core/log.h"
#include "core/memory.h"

#include <stdio.h>
#include <string.h>

/* The limits of what one process of a tree tells another. */
static const carom_limits_t *const limits = NULL;

/* ---- packing ---- */

enum {
    PROTOCOL, ENTRY, ENTRY_VERSION, OBJECT, NAME, PARENT_NAME, PARENT_PID, ROOT_PID, MODE, DAEMON, LOG_LEVEL, LOG_HOOK, SLOT,
    GENERATION, ARGUMENTS, HAS_CHANNEL, FIELDS
};

static carom_status_t tuple_of(carom_value_t *tuple, carom_value_t *fields, size_t count)
{
    carom_status_t status = carom_value_tuple(tuple);
    size_t i;

    for (i = 0; i < count && status == CAROM_OK; i++)
        status = carom_value_append(tuple, &fields[i]);
    if (status != CAROM_OK)
        carom_value_clear(tuple);
    return status;
}

static carom_status_t about_launch(carom_value_t *about, const carom__launch_t *launch)
{
    const char *hook;
    carom_level_t level = carom__log_state(&hook);
    carom_value_t fields[FIELDS] = {
        [PROTOCOL] = carom_value_from_int(CAROM__PROTOCOL),
        [ENTRY] = carom_value_borrow_text(launch->request.entry->name),
        [ENTRY_VERSION] = carom_value_from_int(launch->request.entry->version),
        [OBJECT] = carom_value_borrow_text(launch->object),
        [NAME] = carom_value_borrow_text(launch->name),
        [PARENT_NAME] = carom_value_borrow_text(launch->parent_name),
        [PARENT_PID] = carom_value_from_int(carom_plat_pid()),
        [ROOT_PID] = carom_value_from_int(carom__slot_root_pid()),
        [MODE] = carom_value_borrow_text(launch->mode),
        [DAEMON] = carom_value_from_int(launch->daemon),
        [LOG_LEVEL] = carom_value_from_int(level),
        [LOG_HOOK] = carom_value_borrow_text(hook),
        [SLOT] = carom_value_from_int(launch->slot.index),
        [GENERATION] = carom_value_from_int(launch->slot.generation),
        [ARGUMENTS] = carom_value_from_int((int64_t) launch->request.count + (launch->channel != NULL)),
        [HAS_CHANNEL] = carom_value_from_int(launch->channel != NULL),
    };

    return tuple_of(about, fields, FIELDS);
}

carom_status_t carom__launch_pack(carom__launch_t *launch, carom_value_error_t *error)
{
    carom_value_t about;
    carom_status_t status = about_launch(&about, launch);
    size_t i;

    if (status == CAROM_OK)
        status = carom__parcel_put_item(&launch->parcel, about, error);
    carom_value_clear(&about);
    for (i = 0; i < launch->request.count && status == CAROM_OK; i++)
        status = carom__parcel_put_item(&launch->parcel, launch->request.args[i], error);
    if (status == CAROM_OK && launch->channel)
        status = carom__parcel_put_item(&launch->parcel, carom_value_from_connection(launch->channel), error);
    if (status == CAROM_OK)
        status = carom__parcel_seal(&launch->parcel);
    return status == CAROM_OK && launch->parcel.body.length > CAROM_LENGTH_MAX ? CAROM_ETOOBIG : status;
}

/* ---- opening ---- */

static int64_t number_at(carom_value_t tuple, size_t index)
{
    const carom_value_t *item = carom_value_at(tuple, index);

    return item ? carom_value_int(*item) : 0;
}

static const char *text_at(carom_value_t tuple, size_t index)
{
    const carom_value_t *item = carom_value_at(tuple, index);
    const char *text = item && carom_value_type(*item) == CAROM_TEXT ? carom_value_text(*item) : NULL;

    return text ? text : "";
}

static carom_status_t read_about(carom__orders_t *orders)
{
    carom_value_t about = orders->about;
    int64_t count = number_at(about, ARGUMENTS);

    if (carom_value_type(about) != CAROM_TUPLE)
        return CAROM_EBADMSG;
    if (number_at(about, PROTOCOL) != CAROM__PROTOCOL || carom_value_count(about) != FIELDS)
        return CAROM_EVERSION;
    if (count < 0 || count > CAROM_COUNT_MAX)
        return CAROM_EBADMSG;
    orders->entry = text_at(about, ENTRY);
    orders->entry_version = number_at(about, ENTRY_VERSION);
    orders->object = text_at(about, OBJECT);
    orders->name = text_at(about, NAME);
    orders->parent_name = text_at(about, PARENT_NAME);
    orders->parent_pid = number_at(about, PARENT_PID);
    orders->mode = text_at(about, MODE);
    orders->daemon = number_at(about, DAEMON) != 0;
    orders->log_level = (int) number_at(about, LOG_LEVEL);
    orders->log_hook = text_at(about, LOG_HOOK);
    orders->has_channel = number_at(about, HAS_CHANNEL) != 0;
    return CAROM_OK;
}

static int ends_with_channel(const carom__orders_t *orders)
{
    return orders->count > 0 && carom_value_type(orders->args[orders->count - 1]) == CAROM_CONNECTION;
}

static carom_status_t read_arguments(carom__orders_t *orders, carom__arrival_t *arrival, const unsigned char *bytes,
                                     size_t length)
{
    size_t wanted = (size_t) number_at(orders->about, ARGUMENTS);
    carom_status_t status = CAROM_OK;

    /* An argument is more than 4 bytes: what is not there needs no memory. */
    if (wanted > length / 4)
        return CAROM_EBADMSG;
    orders->args = carom__calloc(wanted ? wanted : 1, sizeof *orders->args);
    if (orders->args == NULL)
        return CAROM_ENOMEM;
    while (status == CAROM_OK && orders->count < wanted) {
        status = carom__arrival_next(&orders->args[orders->count], arrival, &bytes, &length, limits, NULL);
        orders->count += status == CAROM_OK;
    }
    if (status == CAROM_OK && (length > 0 || (orders->has_channel && !ends_with_channel(orders))))
        status = CAROM_EBADMSG;
    return status;
}

/* What the arguments lie in.  A process whose starter has no arena, or one that no other can share, has none yet. */
static carom_status_t join_arena(carom_value_t about, carom_plat_shared_t *shared, carom__arrival_t *arrival)
{
    carom__id_t slot = {(uint32_t) number_at(about, SLOT), (uint32_t) number_at(about, GENERATION)};
    carom_status_t status = CAROM_OK;

    if (shared && slot.generation != 0)
        status = carom__arena_join(shared, slot);
    else
        carom_plat_shared_close(&shared);
    carom__slot_note_root(number_at(about, ROOT_PID));
    arrival->from = carom__holder_self();
    return status;
}

carom_status_t carom__launch_open(carom__orders_t *orders, carom_plat_shared_t *shared, const carom__buffer_t *body,
                                  size_t length, carom__arrival_t *arrival)
{
    const unsigned char *bytes = body->bytes;
    carom_status_t status;

    memset(orders, 0, sizeof *orders);
    status = carom__arrival_next(&orders->about, arrival, &bytes, &length, limits, NULL);
    if (status == CAROM_OK)
        status = read_about(orders);
    if (status == CAROM_OK)
        status = join_arena(orders->about, shared, arrival);
    else
        carom_plat_shared_close(&shared);
    if (status == CAROM_OK)
        status = read_arguments(orders, arrival, bytes, length);
    if (status != CAROM_OK)
        carom__orders_clear(orders);
    return status;
}

void carom__orders_clear(carom__orders_t *orders)
{
    while (orders->count > 0)
        carom_value_clear(&orders->args[--orders->count]);
    carom_free(orders->args);
    orders->args = NULL;
    carom_value_clear(&orders->about);
}

void carom__orders_give(carom__orders_t *orders, carom_call_t *call)
{
    call->args = orders->args;
    call->count = orders->count;
    orders->args = NULL;
    orders->count = 0;
    if (orders->has_channel && carom_value_take_connection(&call->channel, &call->args[call->count - 1]) == CAROM_OK)
        call->count--;
}

/* ---- the report ---- */

enum { FAILURE, TEXT, HAS_RESULT, REPORT_FIELDS };

carom_status_t carom__report_pack(carom__parcel_t *parcel, const carom__report_t *report)
{
    carom_value_t about, fields[REPORT_FIELDS] = {
        [FAILURE] = carom_value_from_int(report->failure),
        [TEXT] = carom_value_borrow_bytes(report->text, strlen(report->text)),
        [HAS_RESULT] = carom_value_from_int(report->has_result),
    };
    carom_status_t status = tuple_of(&about, fields, REPORT_FIELDS);

    if (status == CAROM_OK)
        status = carom__parcel_put_item(parcel, about, NULL);
    carom_value_clear(&about);
    if (status == CAROM_OK && report->has_result)
        status = carom__parcel_put_item(parcel, report->result, NULL);
    if (status == CAROM_OK)
        status = carom__parcel_seal(parcel);
    return status == CAROM_OK && parcel->body.length > CAROM_LENGTH_MAX ? CAROM_ETOOBIG : status;
}

static carom_status_t read_report(carom__report_t *report, carom_value_t about)
{
    const carom_value_t *text = carom_value_at(about, TEXT);

    if (carom_value_type(about) != CAROM_TUPLE || carom_value_count(about) != REPORT_FIELDS ||
        carom_value_type(*text) != CAROM_BYTES)
        return CAROM_EBADMSG;
    report->failure = (carom_status_t) number_at(about, FAILURE);
    report->has_result = number_at(about, HAS_RESULT) != 0;
    snprintf(report->text, sizeof report->text, "%.*s", (int) carom_value_count(*text),
             (const char *) carom_value_bytes(*text));
    return CAROM_OK;
}

carom_status_t carom__report_open(carom__report_t *report, const carom__buffer_t *body, size_t length,
                                  carom__arrival_t *arrival)
{
    const unsigned char *bytes = body->bytes;
    carom_value_t about;
    carom_status_t status = carom__arrival_next(&about, arrival, &bytes, &length, limits, NULL);

    memset(report, 0, sizeof *report);
    if (status == CAROM_OK)
        status = read_report(report, about);
    carom_value_clear(&about);
    if (status == CAROM_OK && report->has_result)
        status = carom__arrival_next(&report->result, arrival, &bytes, &length, limits, NULL);
    if (status != CAROM_OK)
        report->has_result = 0;
    return status;
}

/* The launch: what a starting process tells the started one, and what comes back.  The same message in every mode. */

#ifndef CAROM_CORE_LAUNCH_H
#define CAROM_CORE_LAUNCH_H

#include "core/call.h"
#include "core/entry.h"
#include "core/message.h"

/* Both sides of a launch have the same: raised with every change of its message. */
#define CAROM__PROTOCOL 5

/* Of a fork that returns in the child too (carom_channel_create): what the child got.  NULL and NULL in the parent. */
typedef struct carom__birth_t {
    carom_plat_stream_t *control;
    carom_plat_shared_t *shared;
} carom__birth_t;

/* The starter's side. */
typedef struct carom__launch_t {
    carom_request_t request;
    carom_connection_t *channel;       /* goes along after the arguments, which do not count it; or NULL */
    carom__birth_t *birth;             /* NULL: the started one runs the entry */
    carom__parcel_t parcel;
    const char *object;                /* to load for the entry, "" for none */
    const char *name;                  /* of the new process */
    const char *parent_name;
    const char *mode;
    int daemon;
    int orders_first;                  /* who launches fails before the process reads, or not at all */
    carom__id_t slot;                  /* of the new process in the arena; none in one that has its starter's */
} carom__launch_t;

/* Encodes a launch into its parcel and seals it.  Statuses of the arguments; error says where. */
carom_status_t carom__launch_pack(carom__launch_t *launch, carom_value_error_t *error);

/* The started side: what it was told.  Strings are owned by `values`. */
typedef struct carom__orders_t {
    carom_value_t about;               /* the tuple that the pointers below point into */
    const char *entry;
    int64_t entry_version;
    const char *object;
    const char *name;
    const char *parent_name;
    int64_t parent_pid;
    const char *mode;
    int daemon;
    int log_level;
    const char *log_hook;
    int has_channel;                   /* the last argument */
    carom_value_t *args;               /* owned */
    size_t count;
} carom__orders_t;

/* Takes over what a launch says, and the tree's arena, which is owned from then on; NULL in the process that has it already.
 * CAROM_EBADMSG, CAROM_EVERSION (another protocol, or another build's arena), CAROM_ENOMEM, CAROM_EMFILE; then *orders is
 * empty. */
carom_status_t carom__launch_open(carom__orders_t *orders, carom_plat_shared_t *shared, const carom__buffer_t *body,
                                  size_t length, carom__arrival_t *arrival);
void carom__orders_clear(carom__orders_t *orders);

/* Moves arguments and channel over to the call. */
void carom__orders_give(carom__orders_t *orders, carom_call_t *call);

/* The report of an ended call, as the body of a message; and back.  CAROM_EBADMSG, CAROM_ENOMEM. */
carom_status_t carom__report_pack(carom__parcel_t *parcel, const carom__report_t *report);
carom_status_t carom__report_open(carom__report_t *report, const carom__buffer_t *body, size_t length,
                                  carom__arrival_t *arrival);

#endif

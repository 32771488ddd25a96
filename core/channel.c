/* Channels: a pair of connections, of which the started process gets one end with its call. */

#include "core/channel.h"

#include "core/memory.h"
#include "core/process.h"
#include "core/worker.h"

static carom_status_t start(carom_channel_t *self, carom_context_t *context, carom_request_t request,
                            const carom_process_options_t *options, carom__birth_t *birth)
{
    carom__start_t how = {0, NULL, birth};
    carom_status_t status = carom_connection_pair(&self->connection, &how.channel, NULL);

    if (status != CAROM_OK)
        return status;
    status = carom__process_start(&self->process, context, request, options, &how);
    carom_connection_close(&how.channel);      /* moved, or of no use; in a child the parent's */
    if (status != CAROM_OK)
        carom_connection_close(&self->connection);
    return status;
}

static carom_status_t make(carom_channel_t **channel, carom_context_t *context, carom_request_t request,
                           const carom_process_options_t *options, carom__birth_t *birth)
{
    carom_channel_t *self = carom__calloc(1, sizeof *self);
    carom_status_t status = self ? start(self, context, request, options, birth) : CAROM_ENOMEM;

    *channel = NULL;
    if (status != CAROM_OK) {
        carom_free(self);
        return status;
    }
    self->magic = CAROM__CHANNEL_MAGIC;
    self->born = carom_plat_fork_count();
    *channel = self;
    return CAROM_OK;
}

carom_status_t carom_channel_start_with(carom_channel_t **channel, carom_context_t *context, carom_request_t request,
                                        const carom_process_options_t *options)
{
    return make(channel, context, request, options, NULL);
}

carom_status_t carom_channel_start(carom_channel_t **channel, carom_context_t *context, carom_request_t request)
{
    return make(channel, context, request, NULL, NULL);
}

/* ---- a fork that returns ---- */

/* Names in the launch what is no entry: the child goes on where the parent was. */
static int go_on(carom_call_t *call)
{
    (void) call;
    return 0;
}

static const carom_entry_t going_on = {"carom_channel_create", 1, go_on, NULL};

carom_status_t carom_channel_create(carom_channel_t **channel, carom_context_t *context, const carom_process_options_t *options)
{
    carom__birth_t birth = {NULL, NULL};
    carom_status_t status = make(channel, context, carom_request(&going_on, NULL, 0), options, &birth);

    if (status == CAROM_OK && birth.control) {
        carom_connection_close(&(*channel)->connection);       /* the parent's */
        (*channel)->connection = carom__worker_go_on(&birth);
    }
    return status;
}

int carom_channel_is_child(const carom_channel_t *channel)
{
    return channel && channel->magic == CAROM__CHANNEL_MAGIC && channel->process == NULL;
}

void carom_channel_exit(carom_channel_t *channel, int code)
{
    (void) channel;
    carom_plat_leave(code & 255);
}

/* ---- what it is, and the end ---- */

carom_connection_t *carom_channel_connection(const carom_channel_t *channel)
{
    return channel ? channel->connection : NULL;
}

carom_process_t *carom_channel_process(const carom_channel_t *channel)
{
    return channel ? channel->process : NULL;
}

carom_status_t carom__channel_check(const carom_channel_t *channel)
{
    if (channel == NULL || channel->magic != CAROM__CHANNEL_MAGIC || channel->process == NULL)
        return CAROM_EINVAL;
    return channel->born == carom_plat_fork_count() ? CAROM_OK : CAROM_EFORKED;
}

static void free_channel(carom_channel_t **channel)
{
    (*channel)->magic = 0;
    carom_connection_close(&(*channel)->connection);
    carom_free(*channel);
    *channel = NULL;
}

void carom__channel_release(carom_channel_t **channel)
{
    carom__process_release(&(*channel)->process);
    free_channel(channel);
}

carom_status_t carom_channel_destroy(carom_channel_t **channel)
{
    carom_status_t status;

    if (channel == NULL || *channel == NULL)
        return CAROM_OK;
    if ((*channel)->magic != CAROM__CHANNEL_MAGIC)
        return CAROM_EINVAL;
    carom_connection_close(&(*channel)->connection);
    status = carom_process_destroy(&(*channel)->process);
    free_channel(channel);
    return status;
}

/* Channels from inside. */

#ifndef CAROM_CORE_CHANNEL_H
#define CAROM_CORE_CHANNEL_H

#include <carom/channel.h>

#define CAROM__CHANNEL_MAGIC 0xC0C4A22Eu

/* Never changes but at its end. */
struct carom_channel_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() */
    carom_connection_t *connection;
    carom_process_t *process;          /* NULL in the child of a create */
};

/* CAROM_EINVAL: not a channel to a process; CAROM_EFORKED: the parent's. */
carom_status_t carom__channel_check(const carom_channel_t *channel);

/* Frees one whose process was ended by carom__process_end. */
void carom__channel_release(carom_channel_t **channel);

#endif

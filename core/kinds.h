/* The kinds of shareable objects, each in the file of its noun. */

#ifndef CAROM_CORE_KINDS_H
#define CAROM_CORE_KINDS_H

#include "core/share.h"

extern const carom__share_kind_t carom__kind_lock, carom__kind_semaphore, carom__kind_event, carom__kind_condition,
    carom__kind_barrier, carom__kind_queue;

/* What they do when a process that has a handle is dead: carom__mourner_t. */
void carom__lock_mourn(void *block, uint32_t index, carom__id_t dead);
void carom__barrier_mourn(void *block, uint32_t index, carom__id_t dead);
void carom__queue_mourn(void *block, uint32_t index, carom__id_t dead);

#endif

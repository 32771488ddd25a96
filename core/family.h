/* Who we are, and who was started by us. */

#ifndef CAROM_CORE_FAMILY_H
#define CAROM_CORE_FAMILY_H

#include <carom/process.h>

/* The name of the process or thread that asks. */
const char *carom__self_name(void);
int carom__self_daemon(void);

/* From now on this thread (here) or this whole process is `self`, whose strings must last; NULL ends it for the thread. */
void carom__self_set_thread(const carom_self_t *self);
void carom__self_set_process(const carom_self_t *self);

/* In a fork: nobody was started by this process yet, and no thread is anybody. */
void carom__family_forget(void);

/* The number in the next "Process-N". */
unsigned carom__family_next_number(void);

/* Puts a started process into the list of ours, and takes it out; the list holds a reference. */
void carom__family_add(carom_process_t *process);
void carom__family_remove(carom_process_t *process);

#endif

/* The owner's side of a process that forks workers: the key, and what becomes of a request. */

#ifndef CAROM_CORE_FORKER_H
#define CAROM_CORE_FORKER_H

#include "platform/platform.h"

/* How long a forker may take to answer, in microseconds: it may be a program that does other things before carom_init. */
#define CAROM__FORKER_PATIENCE 60000000

/* A forker's two ends and their key, which nobody can guess.  The caller closes *theirs once it was handed over. */
carom_status_t carom__forker_create(carom_plat_forker_t **forker, carom_native_t *theirs, unsigned char key[CAROM_PLAT_KEY]);

/* carom_plat_forker_launch, and some times more while that is CAROM_EDIED: who died had done nothing.  CAROM_EDIED: all of them
 * have, and the forker is there; CAROM_EEOF: it is not, also when it was just about to go. */
carom_status_t carom__forker_launch(carom_plat_child_t **child, carom_plat_forker_t *forker, const carom_plat_launch_t *launch,
                                    int64_t deadline);

#endif

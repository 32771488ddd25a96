/* Entries as the two sides of a launch name them. */

#ifndef CAROM_CORE_ENTRY_H
#define CAROM_CORE_ENTRY_H

#include <carom/entry.h>

#include "platform/platform.h"

#define CAROM__NAME_MAX 200

/* What a fresh process has to be to run an entry. */
typedef struct carom__home_t {
    char program[CAROM_PLAT_PATH];     /* to run */
    char object[CAROM_PLAT_PATH];      /* to load there, or "" when the entry is in the program */
    int is_worker;                     /* the program is carom-worker */
} carom__home_t;

/* CAROM_ENOINIT: only a program that did not call carom_init has it.  CAROM_ENOWORKER: no path of a worker is known. */
carom_status_t carom__entry_home(carom__home_t *home, const carom_entry_t *entry);

/* The object that holds the entry: "" for the program itself, and where the system cannot tell. */
void carom__entry_object(char *object, size_t size, const carom_entry_t *entry);

/* In the fresh process: the entry of that name and object ("" is the program), loading the object when it
 * is not there yet.  CAROM_ENOENTRY. */
carom_status_t carom__entry_look_up(const carom_entry_t **entry, const char *name, const char *object);

/* Notes that this program called carom_init. */
void carom__entry_note_init(void);

#endif

/* A running call: what an entry's `call` is. */

#ifndef CAROM_CORE_CALL_H
#define CAROM_CORE_CALL_H

#include <carom/connection.h>
#include <carom/context.h>

#define CAROM__TEXT_MAX 512

/* What an entry leaves behind besides its exit code. */
typedef struct carom__report_t {
    carom_status_t failure;            /* of carom_fail, or of setting up; CAROM_OK: none */
    char text[CAROM__TEXT_MAX];
    int has_result;
    carom_value_t result;              /* owned */
} carom__report_t;

struct carom_call_t {
    const carom_entry_t *entry;
    carom_value_t *args;               /* owned, as are the handles in them */
    size_t count;
    carom_connection_t *channel;       /* to the starter, or NULL; owned */
    carom_context_t *context;
    carom__report_t report;
    /* Ends the call with an exit code: notes or sends the report, and leaves the thread or process.  Does not return. */
    void (*finish)(carom_call_t *call, int code) CAROM_NORETURN;
    void *baton;
};

/* Runs the entry under the guard, if there is one, and finishes. */
void carom__call_run(carom_call_t *call) CAROM_NORETURN;

/* Nothing more will be said over the channel: the starter sees its end. */
void carom__call_end_channel(carom_call_t *call);

/* Frees channel, arguments and report. */
void carom__call_clear(carom_call_t *call);

/* Fills a report; the text is cut. */
void carom__report_failure(carom__report_t *report, carom_status_t status, const char *text);

#endif

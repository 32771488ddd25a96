/* Exchanges from inside: exchange.c has their life and the queue, round.c what runs. */

#ifndef CAROM_CORE_EXCHANGE_H
#define CAROM_CORE_EXCHANGE_H

#include <carom/exchange.h>
#include <carom/wait.h>

#define CAROM__EXCHANGE_MAGIC 0xC0EC4A6Eu

/* What runs. */
typedef struct carom__run_t {
    struct carom__run_t *next;
    uint64_t number;
    carom_channel_t *channel;
    int is_silent;                     /* its channel has nothing more to say */
    int is_partial;                    /* a message of it is here in part */
    int has_message, has_ended;        /* as this round found it */
    int is_over;                       /* its last call was made */
} carom__run_t;

/* What waits.  Its values are its own. */
typedef struct carom__ticket_t {
    struct carom__ticket_t *next;
    uint64_t number;
    carom_request_t request;
    carom_value_t args[];
} carom__ticket_t;

struct carom_exchange_t {
    unsigned magic;
    unsigned born;                     /* carom_plat_fork_count() */
    carom_exchange_options_t options;  /* with the limit filled in */
    carom__run_t *runs, **runs_end;
    size_t active;
    carom__ticket_t *queue, **queue_end;
    size_t waiting;
    uint64_t started;
    uint64_t handed;                   /* calls of on_result */
    int is_busy;                       /* a round or the end is under way */
    int is_closed;
    carom_wait_item_t *items;          /* two for each that runs: room for `capacity` */
    size_t capacity;
};

/* ---- round.c ---- */

/* Starts a request, or takes over a channel, that runs under that number from then on.  Statuses of carom_channel_start;
 * CAROM_ENOMEM. */
carom_status_t carom__run_start(carom_exchange_t *self, carom_request_t request, uint64_t number);
carom_status_t carom__run_add(carom_exchange_t *self, carom_channel_t *channel, uint64_t number);

/* The last call of one whose process has ended, or cannot be ended. */
void carom__run_end(carom_exchange_t *self, carom__run_t *run);

/* What has had its last call leaves the list. */
void carom__runs_sweep(carom_exchange_t *self);

/* The last call of what has no outcome of its own. */
void carom__exchange_fail(carom_exchange_t *self, uint64_t number, carom_status_t status, const char *what);

/* Waits until somebody has something to say or has ended, hears each once, and sweeps.  CAROM_ETIMEOUT, CAROM_ENOMEM,
 * CAROM_EMFILE. */
carom_status_t carom__exchange_round(carom_exchange_t *self, int64_t deadline);

#endif

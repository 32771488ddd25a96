/* Exchanges: many starts, of which so many run at a time, and a function that gets what comes of them.
 *
 *     static void take(void *baton, const carom_result_t *result)
 *     {
 *         if (!result->last)
 *             printf("%llu: %lld\n", (unsigned long long) result->number, (long long) carom_value_int(*result->value));
 *         else if (result->status != CAROM_OK)
 *             fprintf(stderr, "%llu: %s\n", (unsigned long long) result->number, result->outcome->text);
 *     }
 *     ...
 *     options.on_result = take;
 *     carom_exchange_create(&exchange, &options);
 *     for (i = 0; i < 1000; i++)
 *         carom_exchange_start(exchange, carom_call(measure, i));
 *     carom_exchange_finish(exchange, CAROM_FOREVER);
 *     carom_exchange_destroy(&exchange);
 *
 * Each start gets a channel (carom/channel.h).  Every value that its entry sends over it is one call of on_result, in the order
 * of sending; the last call for it comes when it has ended, and has its outcome and the value that the entry gave to
 * carom_return. There is exactly one last call for each start that returned CAROM_OK, also when it died, could not be started
 * from the queue, or was never run because the exchange was destroyed: nothing is lost in silence.
 *
 * An exchange has no thread: results are received, and the queue is moved on, in carom_exchange_store(), finish() and
 * destroy(). A host with a loop of its own calls store with a timeout of 0 now and then.  An exchange is used by one thread at
 * a time.
 */

#ifndef CAROM_EXCHANGE_H
#define CAROM_EXCHANGE_H

#include <carom/channel.h>

CAROM_BEGIN

typedef struct carom_exchange_t carom_exchange_t;

/* What on_result gets; good during the call. */
typedef struct carom_result_t {
    uint64_t number;                  /* of the start: 0, 1, 2, … in the order of carom_exchange_start() and add() */
    carom_status_t status;            /* CAROM_OK; of a message that is no good value, or whose value found no memory, what
                                         carom_connection_receive() says, and later ones follow; in the last call
                                         outcome->status */
    carom_value_t *value;             /* what was sent, or none.  In the last call what was returned, or none.  To keep it, copy
                                         the struct and set *value to none; else it is cleared */
    carom_channel_t *channel;         /* its sender, to be answered or killed; the exchange's.  NULL in the last call */
    const carom_outcome_t *outcome;   /* how it ended; NULL but in the last call.  Of what never ran the exit code is
                                         CAROM_EXIT_NONE and the pid 0 */
    int last;                         /* 1: no more will come of this start */
} carom_result_t;

/* May start and add; store, finish and destroy are CAROM_EBUSY in it. */
typedef void (*carom_on_result_t)(void *baton, const carom_result_t *result);

/* Options.  Set up by CAROM_EXCHANGE_OPTIONS_INIT. */
typedef struct carom_exchange_options_t {
    size_t size;                      /* of this struct */
    carom_context_t *context;         /* to start in; must outlive the exchange.  NULL: the default */
    unsigned limit;                   /* how many run at a time; 0: carom_cpu_count() */
    carom_on_result_t on_result;      /* must be set */
    void *baton;                      /* for on_result */
} carom_exchange_options_t;

#define CAROM_EXCHANGE_OPTIONS_INIT {sizeof(carom_exchange_options_t), NULL, 0, NULL, NULL}

/* CAROM_EINVAL: no options, of another size, without on_result, or whose context is none; CAROM_EMODE: CAROM_START_METHOD names
 * no mode; CAROM_ENOMEM. */
CAROM_API carom_status_t carom_exchange_create(carom_exchange_t **exchange,
                                               const carom_exchange_options_t *options) CAROM_MUST_CHECK;

/* Starts a request, when fewer than the limit run and none waits; else puts a copy of it at the end of the queue.  Returns at
 * once, as carom_process_start() does.
 * A failure means that nothing was started or queued, and no call will come.  Started: statuses as carom_channel_start().
 * Queued: CAROM_EINVAL: no entry, or a count without arguments; CAROM_EDAEMON; CAROM_EBUSY: there is a connection or file among
 * the arguments, which cannot be copied: store until fewer than the limit run, and start again; CAROM_EUTF8, CAROM_ETOOBIG:
 * a borrowed string; CAROM_ENOMEM.  What else can be wrong with a queued start its last call tells.
 * CAROM_EINVAL: not an exchange; CAROM_EFORKED; CAROM_ECLOSED: it is being destroyed. */
CAROM_API carom_status_t carom_exchange_start(carom_exchange_t *exchange, carom_request_t request) CAROM_MUST_CHECK;

/* Takes over a channel that was made elsewhere: *channel is NULL after a success.  It counts as one that runs, though it may
 * bring their number above the limit.  CAROM_EINVAL: not a channel, or that of a child to its parent; CAROM_EFORKED;
 * CAROM_ECLOSED;
 * CAROM_ENOMEM. */
CAROM_API carom_status_t carom_exchange_add(carom_exchange_t *exchange, carom_channel_t **channel) CAROM_MUST_CHECK;

/* Waits, at most `timeout`, until at least one call of on_result was made, and starts what there is room for.  Of each channel
 * that is ready it takes one message, so that none starves another.
 * CAROM_ETIMEOUT; CAROM_ENOKEY: nothing runs and nothing waits, so nothing can come; CAROM_EBUSY: in on_result; CAROM_EINVAL;
 * CAROM_EFORKED; CAROM_ENOMEM, CAROM_EMFILE: nothing is lost, and a later call goes on. */
CAROM_API carom_status_t carom_exchange_store(carom_exchange_t *exchange, carom_duration_t timeout) CAROM_MUST_CHECK;

/* Stores until nothing runs and nothing waits.  CAROM_ETIMEOUT: something does; else as store. */
CAROM_API carom_status_t carom_exchange_finish(carom_exchange_t *exchange, carom_duration_t timeout) CAROM_MUST_CHECK;

/* How many run (until their last call has returned), how many wait in the queue, and how many starts there were, which is the
 * number of the next.  0 for what is no exchange. */
CAROM_API size_t carom_exchange_active(const carom_exchange_t *exchange);
CAROM_API size_t carom_exchange_waiting(const carom_exchange_t *exchange);
CAROM_API uint64_t carom_exchange_started(const carom_exchange_t *exchange);

/* Closes all channels, waits until what runs has ended, at most the grace of each from now on, kills what has not, makes the
 * last calls, those of the queue with CAROM_ECLOSED, and frees.  *exchange is NULL afterwards; NULL is fine.  What was sent and
 * not stored is dropped.
 * CAROM_ETIMEOUT: a thread that would not end was left to itself (its last call has that status too).  CAROM_EBUSY,
 * CAROM_EINVAL: nothing happened.  CAROM_EFORKED: another process's; memory only, and no calls. */
CAROM_API carom_status_t carom_exchange_destroy(carom_exchange_t **exchange);

CAROM_END

#endif

/* What tests share that look into core: they are linked with a copy of the whole library, because the installed one hides
 * what is its own. */

#ifndef CAROM_TESTS_INSIDE_H
#define CAROM_TESTS_INSIDE_H

#include "core/arena.h"
#include "core/arena_layout.h"
#include "core/connection.h"
#include "core/end.h"
#include "core/link.h"
#include "core/queue.h"
#include "core/ring.h"

#include "platform/fault.h"

#include "tests/pairs.h"

/* The modes whose children are processes of their own, which can be killed. */
#define PROCESSES CAROM_TEST_PROCESSES

/* How often: `few` in make check, `many` in make soak, what ROUNDS says otherwise. */
int is_soak(void);
unsigned rounds_of(unsigned few, unsigned many);

/* Numbers by lot; the state is the caller's, and not 0. */
uint32_t draw(uint64_t *state);

/* Objects of the arena that somebody holds; its bytes. */
uint64_t objects_in_use(void);
uint64_t bytes_in_use(void);

/* Whether lists and counts of the arena are what its objects say: NULL, or what is wrong. */
const char *arena_trouble(void);

/* Waits until there are so many again: an end that a dead process held is let go when its starter has joined it. */
void expect_objects(uint64_t wanted);

/* A child that has the lock of the arena, from now on and until its end. */
carom_process_t *start_keeper(carom_connection_t **to, carom_context_t *context);
void end_keeper(carom_process_t **keeper, carom_connection_t **to);

/* Pairs until there are no more, or `most`; `status` is that of the one that was refused. */
enum { CROWD_MOST = 2000 };

typedef struct crowd_t {
    pair_t pairs[CROWD_MOST];
    int count;
    carom_status_t status;
} crowd_t;

extern crowd_t crowd;
void crowd_in(int most);
void crowd_out(void);

/* Messages whose length and content follow from their number: one that is lost, torn, doubled or out of order is seen. */
typedef struct lot_t {
    uint64_t seed;
    uint64_t next;             /* number of the next message */
} lot_t;

enum { LOT_MOST = 3 << 20 };

/* A copy of what is to be sent; the receiver's opinion of what came: 1 when it is the next one. */
const void *lot_send(lot_t *lot, size_t *length);
int lot_check(lot_t *lot, const void *bytes, size_t length);

#endif

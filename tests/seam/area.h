/* Memory that a test shares with the peers that it launches, and what they do to each other there. */

#ifndef CAROM_TESTS_AREA_H
#define CAROM_TESTS_AREA_H

#include "platform/platform.h"

#include <stddef.h>

#define AREA_SIZE ((size_t) 4 * CAROM_PLAT_SHARED_STEP)

/* Behind the area: for tests that make more of the object real. */
#define OBJECT_SIZE ((uint64_t) 1 << 30)

/* A process has a number, 1 for the test; a thread that takes the lock has its process's and one of its own below it. */
#define NUMBERS 4096
#define THREADS 16
#define PARTY(number, thread) ((uint32_t) (number) * THREADS + (thread))

typedef struct area_t {
    carom_plat_lot_t lot;
    carom_plat_mark_t marks[NUMBERS];

    carom_plat_lock_t lock;
    uint64_t count;                          /* guarded by the lock, as the next */
    uint32_t inside;                         /* who is in the section; what a dead one left behind */

    _Atomic uint32_t word;                   /* to park on */
    _Atomic uint32_t answer;
    _Atomic uint32_t ready;                  /* peers that have come to where they are to be */
    _Atomic uint32_t go;                     /* 1: peers may go on, or end */
    _Atomic uint32_t wanted;                 /* rounds for each thread of a peer */
    _Atomic uint32_t deaths;                 /* of owners, told by the lock */
    _Atomic uint32_t wrongs;                 /* what must not be */
    _Atomic int64_t status, moment;          /* of the last peer that had something to tell */
    char text[64];
} area_t;

_Static_assert(sizeof(area_t) <= AREA_SIZE, "the area fits");

typedef struct member_t {
    carom_plat_shared_t *shared;
    area_t *area;
    unsigned number;
} member_t;

/* Of this process; the liveness of parties is asked of it. */
extern member_t member;

/* ---- member.c: for tests and peers ---- */

/* Maps the area, and claims the number. */
carom_status_t member_join(carom_plat_shared_t *shared, unsigned number);
void member_leave(void);

carom_plat_party_t member_party(unsigned thread);

/* 0: no such number within `us` microseconds. */
int becomes(const _Atomic uint32_t *number, uint32_t wanted, int64_t us);
void sleep_for(int64_t us);

/* So often into the section and out of it; everything wrong is counted. */
void member_work(unsigned thread, uint32_t rounds);

/* ---- fork*.c ---- */

/* Leaves a forked child that sleeps until it is killed.  0: not on this system. */
int64_t fork_a_sleeper(void);

/* Runs that in a second thread, once the first one has ended; returns only when it cannot. */
int without_first_thread(int (*run)(void));

/* ---- area.c: for tests, whose assertions fail ---- */

/* The test becomes number 1 of a new object.  Skips where processes cannot share one, but for threads alone. */
void area_open(void);
void area_open_for_threads(void);
void area_close(void);

carom_plat_child_t *launch_peer(const char *role, unsigned number);

/* Kills it, or waits for it to end by itself with code 0. */
void kill_peer(carom_plat_child_t **child);
void join_peer(carom_plat_child_t **child);

/* As often as `make check ROUNDS=…` and `make soak` say. */
unsigned rounds_of(unsigned few);

#endif

/* Points where a test can have the process killed, stopped or delayed, or a call fail: in a build with
 * --enable-fault-injection alone.  In any other they are nothing.
 *
 * A point has a name, "what.step".  What is to happen there is said by the environment, or by carom__fault_set:
 *
 *     CAROM_FAULT=NAME:N:ACTION[,NAME:N:ACTION]…
 *
 * NAME may end in *; N: at which pass of this process, or 0, at each; ACTION: kill, stop, delay=MICROSECONDS, fail=STATUS. */

#ifndef CAROM_PLATFORM_FAULT_H
#define CAROM_PLATFORM_FAULT_H

#if defined(CAROM__FAULT_INJECTION)

typedef struct carom__fault_point_t {
    const char *name;
} carom__fault_point_t;

/* Comes by a point.  The status that the call there is to fail with, or 0. */
int carom__fault_pass(const carom__fault_point_t *point);

/* What is to happen from now on, in this process; passes are counted anew.  NULL or "": nothing.  -1: not understood. */
int carom__fault_set(const char *specification);

/* In a forked child that has got an environment of its own: goes by that. */
void carom__fault_begin_again(void);

/* How often something has happened since then. */
unsigned carom__fault_fired(void);

/* All points of the program, by number from 0; NULL: there are no more. */
const char *carom__fault_name(unsigned number);

/* How often it was passed, by all processes that have the same CAROM_FAULT_COUNTS in their environments: the name of a file. */
unsigned carom__fault_count(unsigned number);

/* How often something happened there, in the same processes. */
unsigned carom__fault_fired_at(unsigned number);

/* The linker makes a table of them. */
#define CAROM__FAULT_POINT(name)                                                                                               \
    __extension__({                                                                                                            \
        static const carom__fault_point_t carom__point = {name};                                                               \
        static const carom__fault_point_t *const carom__entry __attribute__((section("carom_faults"), used)) = &carom__point;  \
        carom__fault_pass(carom__entry);                                                                                       \
    })

#define carom__fault(name) ((void) CAROM__FAULT_POINT(name))
#define carom__fault_status(name) CAROM__FAULT_POINT(name)

#else

/* A point, and one where a call can be made to fail: with that status, or with CAROM_OK not. */
#define carom__fault(name) ((void) 0)
#define carom__fault_status(name) 0
#define carom__fault_begin_again() ((void) 0)

#endif

#endif

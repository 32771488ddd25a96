/* Entries: functions that can run elsewhere.
 *
 * The address of a function means nothing in another process.  What runs elsewhere is an entry: a function with a name,
 * registered before main by a macro, found by that name in a fresh process.
 *
 *     CAROM_TASK(greet)
 *     {
 *         printf("hello %s\n", carom_arg_text(call, 0));
 *         return 0;
 *     }
 *     ...
 *     carom_process_start(&child, NULL, carom_call(greet, "world"));
 *
 * Two objects (a program and its plugins) may use the same name: an entry is found by its name and the object it is in.
 */

#ifndef CAROM_ENTRY_H
#define CAROM_ENTRY_H

#include <carom/time.h>
#include <carom/value.h>

CAROM_BEGIN

struct carom_context_t;

/* A running call, as the entry sees it.  Belongs to the thread that runs the entry, until the entry returns. */
typedef struct carom_call_t carom_call_t;

/* What an entry is: reads its arguments from `call` and returns an exit code, of which the low 8 bits count; 0 is success. */
typedef int (*carom_entry_function_t)(carom_call_t *call);

/* An entry.  Made by the macros below or, at run time, filled and given to carom_entry_register(); it must outlive its
 * registration. */
typedef struct carom_entry_t {
    const char *name;                  /* at most 200 bytes */
    uint32_t version;                  /* raise it when arguments or meaning change: a worker with another one refuses */
    carom_entry_function_t function;
    struct carom_entry_t *next;        /* private; guarded by the registry's lock */
} carom_entry_t;

/* Defines an entry and begins its function, whose one parameter is `carom_call_t *call`.  At file scope. */
#define CAROM_TASK(name) CAROM_TASK_VERSION(name, 1)

#define CAROM_TASK_VERSION(name, version_number)                                                                               \
    static int carom__task_##name(carom_call_t *call);                                                                         \
    static carom_entry_t name = {#name, (version_number), carom__task_##name, NULL};                                           \
    CAROM__AT_LOAD(carom__register_##name) { carom_entry_register(&name); }                                                    \
    CAROM__AT_UNLOAD(carom__unregister_##name) { carom_entry_unregister(&name); }                                              \
    static int carom__task_##name(CAROM_UNUSED carom_call_t *call)

#define CAROM__AT_LOAD(function) static void __attribute__((constructor)) function(void)
#define CAROM__AT_UNLOAD(function) static void __attribute__((destructor)) function(void)

/* Adds an entry to the registry of this program, or takes it out.  Registering the same struct twice, and unregistering one
 * that is not there, do nothing.  Any thread; do not block. */
CAROM_API void carom_entry_register(carom_entry_t *entry);
CAROM_API void carom_entry_unregister(carom_entry_t *entry);

/* The registered entry of that name; of several the one registered last.  CAROM_ENOENTRY, *entry is NULL. */
CAROM_API carom_status_t carom_entry_find(const carom_entry_t **entry, const char *name) CAROM_MUST_CHECK;

/* ---- the program's own main ---- */

/* First thing in main.  In a worker that carom started from this program it runs the entry and does not return; elsewhere it
 * notes that the program can be its own worker, and returns at once.  It may be called again, and does nothing then.  argc and
 * argv are not changed in a program that is no worker.  A program or plugin whose main is not its own need not call it: see
 * carom-worker(1). */
CAROM_API void carom_init(int *argc, char ***argv);

/* The program that runs entries of objects whose main did not call carom_init: a path, copied; NULL for the default, which
 * is the environment's CAROM_WORKER, else the installed carom-worker.  CAROM_ENOMEM.  Any thread; before the starts it is meant
 * for. */
CAROM_API carom_status_t carom_worker_set(const char *path) CAROM_MUST_CHECK;

/* ---- inside an entry ---- */

/* How many arguments the call has, and the index-th of them: none outside.  The value is borrowed from the call. */
CAROM_API size_t carom_arg_count(const carom_call_t *call);
CAROM_API carom_value_t carom_arg(const carom_call_t *call, size_t index);

/* Shorthands: 0, 0.0 or NULL when the argument is missing or of another type.  Text and bytes belong to the call. */
CAROM_API int64_t carom_arg_int(const carom_call_t *call, size_t index);
CAROM_API double carom_arg_float(const carom_call_t *call, size_t index);
CAROM_API const char *carom_arg_text(const carom_call_t *call, size_t index);

/* The connection of an argument, taken: the entry closes it.  NULL when there is none, or at the second asking. */
CAROM_API struct carom_connection_t *carom_arg_connection(carom_call_t *call, size_t index);

/* The open file of an argument, taken: the entry closes it.  CAROM_NATIVE_NONE when there is none. */
CAROM_API carom_native_t carom_arg_file(carom_call_t *call, size_t index);

/* The context the call runs in: starting in it gives the same mode.  Belongs to carom. */
CAROM_API struct carom_context_t *carom_call_context(const carom_call_t *call);

/* Sets the result of the call, which carom_process_result() gives to the starter, and returns 0, so that `return
 * carom_return(call, value);` is the usual last line.  Takes the value over; the last result counts.  A result that cannot be
 * kept (a handle in it: CAROM_ENOTSUP, CAROM_EUTF8, CAROM_ENOMEM) is the call's failure, and 1 is returned.  carom_return's
 * argument may be what carom_value_from converts: a number, text, or a value. */
CAROM_API int carom_return_value(carom_call_t *call, carom_value_t result);
#define carom_return(call, result) carom_return_value((call), carom_value_from(result))

/* Sets a failure (status and one line of text, cut at 511 bytes) for the starter's carom_process_outcome(), and returns 1. */
CAROM_API int carom_fail(carom_call_t *call, carom_status_t status, const char *format, ...) CAROM_PRINTF(3, 4);

/* Ends the call as if its function returned `code`; does not return.  In thread mode it ends the thread, not the program.
 * Only in the thread that runs the entry. */
CAROM_API void carom_exit(carom_call_t *call, int code) CAROM_NORETURN;

/* For test harnesses and debuggers: from now on every entry of this process, in whichever thread, is run by `guard`, which
 * must call run(argument) once, and may jump out of it (the exit code is 1 then).  NULL: none.  Set it before carom_init, so
 * that it is there in workers too. */
typedef void (*carom_guard_t)(void (*run)(void *argument), void *argument);
CAROM_API void carom_guard_set(carom_guard_t guard);

/* ---- outside: what is to be called ---- */

/* An entry and its arguments, borrowed: good for the call that it stands in. */
typedef struct carom_request_t {
    const carom_entry_t *entry;
    const carom_value_t *args;
    size_t count;
} carom_request_t;

/* The same from an array, for callers that do not know the arguments when they are compiled. */
static inline carom_request_t carom_request(const carom_entry_t *entry, const carom_value_t *args, size_t count)
{
    carom_request_t request = {entry, args, count};
    return request;
}

static inline carom_value_t carom__value_itself(carom_value_t value)
{
    return value;
}

/* unsigned long long becomes an int where it fits; above INT64_MAX it is refused as a negative: use carom_value_from_uint. */
#ifndef __cplusplus

/* A value from a C expression: integers, floating point, text, a connection, a lock or its like, or a value. */
#define carom_value_from(x)                                                                                                    \
    _Generic((x),                                                                                                              \
        _Bool: carom_value_from_bool,                                                                                          \
        float: carom_value_from_float, double: carom_value_from_float,                                                         \
        char *: carom_value_borrow_text, const char *: carom_value_borrow_text,                                                \
        struct carom_connection_t *: carom_value_from_connection,                                                              \
        struct carom_lock_t *: carom_value_from_lock, struct carom_semaphore_t *: carom_value_from_semaphore,                  \
        struct carom_event_t *: carom_value_from_event, struct carom_condition_t *: carom_value_from_condition,                \
        struct carom_barrier_t *: carom_value_from_barrier, struct carom_queue_t *: carom_value_from_queue,                    \
        struct carom_array_t *: carom_value_from_array, struct carom_heap_t *: carom_value_from_heap,                          \
        carom_value_t: carom__value_itself,                                                                                    \
        default: carom_value_from_int)(x)

/* carom_call(entry), carom_call(entry, argument, …): at most 16 arguments, each as carom_value_from takes it.  Strings are
 * borrowed.  To be used as an argument of the call that it is for. */
#define carom_call(...) CAROM__PICK(__VA_ARGS__, CAROM__CALL_LIST)(__VA_ARGS__)
#define CAROM__PICK(...) CAROM__17TH(__VA_ARGS__)
#define CAROM__CALL_LIST                                                                                                       \
    CAROM__C16, CAROM__C15, CAROM__C14, CAROM__C13, CAROM__C12, CAROM__C11, CAROM__C10, CAROM__C9, CAROM__C8, CAROM__C7,       \
        CAROM__C6, CAROM__C5, CAROM__C4, CAROM__C3, CAROM__C2, CAROM__C1, CAROM__C0, 0
#define CAROM__17TH(a0, a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, pick, ...) pick

#define CAROM__V(x) carom_value_from(x)
#define CAROM__REQUEST(e, n, ...) carom_request(&(e), (const carom_value_t[n]){__VA_ARGS__}, n)
#define CAROM__C0(e) carom_request(&(e), NULL, 0)
#define CAROM__C1(e, a) CAROM__REQUEST(e, 1, CAROM__L1(a))
#define CAROM__C2(e, ...) CAROM__REQUEST(e, 2, CAROM__L2(__VA_ARGS__))
#define CAROM__C3(e, ...) CAROM__REQUEST(e, 3, CAROM__L3(__VA_ARGS__))
#define CAROM__C4(e, ...) CAROM__REQUEST(e, 4, CAROM__L4(__VA_ARGS__))
#define CAROM__C5(e, ...) CAROM__REQUEST(e, 5, CAROM__L5(__VA_ARGS__))
#define CAROM__C6(e, ...) CAROM__REQUEST(e, 6, CAROM__L6(__VA_ARGS__))
#define CAROM__C7(e, ...) CAROM__REQUEST(e, 7, CAROM__L7(__VA_ARGS__))
#define CAROM__C8(e, ...) CAROM__REQUEST(e, 8, CAROM__L8(__VA_ARGS__))
#define CAROM__C9(e, ...) CAROM__REQUEST(e, 9, CAROM__L9(__VA_ARGS__))
#define CAROM__C10(e, ...) CAROM__REQUEST(e, 10, CAROM__L10(__VA_ARGS__))
#define CAROM__C11(e, ...) CAROM__REQUEST(e, 11, CAROM__L11(__VA_ARGS__))
#define CAROM__C12(e, ...) CAROM__REQUEST(e, 12, CAROM__L12(__VA_ARGS__))
#define CAROM__C13(e, ...) CAROM__REQUEST(e, 13, CAROM__L13(__VA_ARGS__))
#define CAROM__C14(e, ...) CAROM__REQUEST(e, 14, CAROM__L14(__VA_ARGS__))
#define CAROM__C15(e, ...) CAROM__REQUEST(e, 15, CAROM__L15(__VA_ARGS__))
#define CAROM__C16(e, ...) CAROM__REQUEST(e, 16, CAROM__L16(__VA_ARGS__))
#define CAROM__L1(a) CAROM__V(a)
#define CAROM__L2(a, ...) CAROM__V(a), CAROM__L1(__VA_ARGS__)
#define CAROM__L3(a, ...) CAROM__V(a), CAROM__L2(__VA_ARGS__)
#define CAROM__L4(a, ...) CAROM__V(a), CAROM__L3(__VA_ARGS__)
#define CAROM__L5(a, ...) CAROM__V(a), CAROM__L4(__VA_ARGS__)
#define CAROM__L6(a, ...) CAROM__V(a), CAROM__L5(__VA_ARGS__)
#define CAROM__L7(a, ...) CAROM__V(a), CAROM__L6(__VA_ARGS__)
#define CAROM__L8(a, ...) CAROM__V(a), CAROM__L7(__VA_ARGS__)
#define CAROM__L9(a, ...) CAROM__V(a), CAROM__L8(__VA_ARGS__)
#define CAROM__L10(a, ...) CAROM__V(a), CAROM__L9(__VA_ARGS__)
#define CAROM__L11(a, ...) CAROM__V(a), CAROM__L10(__VA_ARGS__)
#define CAROM__L12(a, ...) CAROM__V(a), CAROM__L11(__VA_ARGS__)
#define CAROM__L13(a, ...) CAROM__V(a), CAROM__L12(__VA_ARGS__)
#define CAROM__L14(a, ...) CAROM__V(a), CAROM__L13(__VA_ARGS__)
#define CAROM__L15(a, ...) CAROM__V(a), CAROM__L14(__VA_ARGS__)
#define CAROM__L16(a, ...) CAROM__V(a), CAROM__L15(__VA_ARGS__)

#endif

CAROM_END

#ifdef __cplusplus

template <typename T> inline carom_value_t carom_value_from(T integer)
{
    return carom_value_from_int(static_cast<int64_t>(integer));
}
inline carom_value_t carom_value_from(bool truth) { return carom_value_from_bool(truth); }
inline carom_value_t carom_value_from(float number) { return carom_value_from_float(number); }
inline carom_value_t carom_value_from(double number) { return carom_value_from_float(number); }
inline carom_value_t carom_value_from(const char *text) { return carom_value_borrow_text(text); }
inline carom_value_t carom_value_from(char *text) { return carom_value_borrow_text(text); }
inline carom_value_t carom_value_from(carom_value_t value) { return value; }
inline carom_value_t carom_value_from(struct carom_connection_t *connection)
{
    return carom_value_from_connection(connection);
}
inline carom_value_t carom_value_from(struct carom_lock_t *lock) { return carom_value_from_lock(lock); }
inline carom_value_t carom_value_from(struct carom_semaphore_t *semaphore) { return carom_value_from_semaphore(semaphore); }
inline carom_value_t carom_value_from(struct carom_event_t *event) { return carom_value_from_event(event); }
inline carom_value_t carom_value_from(struct carom_condition_t *condition) { return carom_value_from_condition(condition); }
inline carom_value_t carom_value_from(struct carom_barrier_t *barrier) { return carom_value_from_barrier(barrier); }
inline carom_value_t carom_value_from(struct carom_queue_t *queue) { return carom_value_from_queue(queue); }
inline carom_value_t carom_value_from(struct carom_array_t *array) { return carom_value_from_array(array); }
inline carom_value_t carom_value_from(struct carom_heap_t *heap) { return carom_value_from_heap(heap); }

/* Holds the arguments until the end of the full expression that carom_call stands in. */
template <size_t N> struct carom__held_request_t {
    const carom_entry_t *entry;
    carom_value_t args[N + 1];
    operator carom_request_t() const { return carom_request(entry, args, N); }
};

template <typename... T> inline carom__held_request_t<sizeof...(T)> carom__hold(const carom_entry_t &entry, T... args)
{
    return carom__held_request_t<sizeof...(T)>{&entry, {carom_value_from(args)..., carom_value_none()}};
}

#define carom_call(...) carom__hold(__VA_ARGS__)

#endif

#endif

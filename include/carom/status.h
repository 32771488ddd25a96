/* Statuses: what calls return.
 *
 * A status is 0 (CAROM_OK), one of the table below, or a status of APR or of the system that no header promises.  Every status
 * that a header of carom names comes from this table, on every system.  Numbers are stable: they travel between processes and
 * are never reused; a new one goes to the end.
 */

#ifndef CAROM_STATUS_H
#define CAROM_STATUS_H

#include <carom/api.h>

CAROM_BEGIN

/* 0, a number of CAROM_STATUS_TABLE, or a status of APR: the same type and the same values as apr_status_t. */
typedef int carom_status_t;

#define CAROM_OK 0

/* Inside the range that APR leaves to applications (APR_OS_START_USERERR). */
#define CAROM_STATUS_START 177000

/*  name          offset  text  */
#define CAROM_STATUS_TABLE(X)                                                                                                  \
    X(ETIMEOUT,   1,  "timed out")                                                                                             \
    X(EEOF,       2,  "the other end was closed")                                                                              \
    X(ETRUNCATED, 3,  "the other end was closed inside a message")                                                             \
    X(ETOOBIG,    4,  "larger than the limit")                                                                                 \
    X(ECLOSED,    5,  "closed on this side")                                                                                   \
    X(EINVAL,     6,  "invalid argument")                                                                                      \
    X(ENOMEM,     7,  "out of memory")                                                                                         \
    X(EMFILE,     8,  "too many open files")                                                                                   \
    X(ENOENTRY,   9,  "no such entry in the worker")                                                                           \
    X(EVERSION,   10, "the worker has another version")                                                                        \
    X(EMODE,      11, "no such mode")                                                                                          \
    X(ENOTSUP,    12, "not possible in this mode or on this system")                                                           \
    X(EBADMSG,    13, "malformed message")                                                                                     \
    X(EDEPTH,     14, "nested too deeply")                                                                                     \
    X(ECOUNT,     15, "too many items")                                                                                        \
    X(ENOENT,     16, "no such file or directory")                                                                             \
    X(EACCESS,    17, "permission denied")                                                                                     \
    X(ENOEXEC,    18, "not a program that this system can run")                                                                \
    X(EAGAIN,     19, "no more processes or threads can be made")                                                              \
    X(EBUSY,      20, "still running or in use")                                                                               \
    X(ENOINIT,    21, "the program holds the entry and did not call carom_init")                                               \
    X(ENOWORKER,  22, "the carom-worker program was not found")                                                                \
    X(EDIED,      23, "the worker ended before its time")                                                                      \
    X(EREAPED,    24, "somebody else collected the exit status")                                                               \
    X(EBROKEN,    25, "an earlier failure left this side unusable")                                                            \
    X(ETYPE,      26, "a value of another type is needed")                                                                     \
    X(ENOKEY,     27, "no such key or item")                                                                                   \
    X(EUTF8,      28, "text that is not UTF-8")                                                                                \
    X(EDAEMON,    29, "a daemonic process may not start processes")                                                            \
    X(EOVERFLOW,  30, "a number does not fit")                                                                                 \
    X(EFORKED,    31, "belongs to the process this one was forked from")                                                       \
    X(EMOVED,     32, "was sent to another process")                                                                           \
    X(EFAILED,    33, "the entry reported a failure")                                                                          \
    X(EEXIST,     34, "exists already")                                                                                        \
    X(EOWNERDEAD, 35, "the last owner died while it held the lock; the caller has it now")      \
    X(ENOTOWNER,  36, "the caller does not own the lock")                                                                      \
    X(EDEADLOCK,  37, "the caller owns the lock already")

#define CAROM__STATUS_ENUM(name, offset, text) CAROM_##name = CAROM_STATUS_START + (offset),
enum { CAROM_STATUS_TABLE(CAROM__STATUS_ENUM) CAROM__STATUS_SENTINEL };
#undef CAROM__STATUS_ENUM

/* The name of a status: "CAROM_ETIMEOUT", "CAROM_OK"; "system" for one that is not carom's.  Never NULL; static storage. */
CAROM_API const char *carom_status_name(carom_status_t status);

/* One line of text for a status, without a final period: carom's own, or what APR and the system say.
 * Writes at most `size` bytes with the ending 0 (size ≥ 1) to `buffer` and returns `buffer`. */
CAROM_API const char *carom_status_text(carom_status_t status, char *buffer, size_t size);

CAROM_END

#endif

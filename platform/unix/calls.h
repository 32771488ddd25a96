/* The calls of the system that the seam makes, each a point of platform/fault.h by the name "call.NAME", where it can be made
 * to fail with an errno: in a build with --enable-fault-injection alone, on Linux.  In any other this is nothing.
 *
 * Comes after the headers that declare them.  A name is not expanded again within its own expansion, so each stands for the
 * call itself there. */

#ifndef CAROM_PLATFORM_UNIX_CALLS_H
#define CAROM_PLATFORM_UNIX_CALLS_H

#include "platform/fault.h"

#if defined(CAROM__FAULT_INJECTION)

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <semaphore.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <unistd.h>

#define CAROM__REFUSED(point)                                                                                                  \
    __extension__({                                                                                                            \
        int carom__error = CAROM__FAULT_POINT(point);                                                                          \
        if (carom__error)                                                                                                      \
            errno = carom__error;                                                                                              \
        carom__error;                                                                                                          \
    })

/* With errno and `failure`; or with the number itself. */
#define CAROM__CALL(name, failure, ...) (CAROM__REFUSED("call." #name) ? (failure) : name(__VA_ARGS__))
#define CAROM__CALL_NUMBER(name, ...)                                                                                          \
    __extension__({                                                                                                            \
        int carom__number = CAROM__FAULT_POINT("call." #name);                                                                 \
        carom__number ? carom__number : name(__VA_ARGS__);                                                                     \
    })

/* ---- memory ---- */

#define malloc(...) CAROM__CALL(malloc, NULL, __VA_ARGS__)
#define calloc(...) CAROM__CALL(calloc, NULL, __VA_ARGS__)
#define realloc(...) CAROM__CALL(realloc, NULL, __VA_ARGS__)
#define mmap(...) CAROM__CALL(mmap, MAP_FAILED, __VA_ARGS__)
#define memfd_create(...) CAROM__CALL(memfd_create, -1, __VA_ARGS__)
#define shm_open(...) CAROM__CALL(shm_open, -1, __VA_ARGS__)
#define posix_fallocate(...) CAROM__CALL_NUMBER(posix_fallocate, __VA_ARGS__)

/* ---- descriptors ---- */

#define fchmod(...) CAROM__CALL(fchmod, -1, __VA_ARGS__)
#define flock(...) CAROM__CALL(flock, -1, __VA_ARGS__)
#define open(...) CAROM__CALL(open, -1, __VA_ARGS__)
#define pipe(...) CAROM__CALL(pipe, -1, __VA_ARGS__)
#define pipe2(...) CAROM__CALL(pipe2, -1, __VA_ARGS__)
#define socketpair(...) CAROM__CALL(socketpair, -1, __VA_ARGS__)
#define eventfd(...) CAROM__CALL(eventfd, -1, __VA_ARGS__)
#define epoll_create1(...) CAROM__CALL(epoll_create1, -1, __VA_ARGS__)
#define epoll_ctl(...) CAROM__CALL(epoll_ctl, -1, __VA_ARGS__)
#define dup2(...) CAROM__CALL(dup2, -1, __VA_ARGS__)

/* Of its commands, the one that makes a descriptor. */
#define CAROM__IS_COPY(command, ...) ((command) == F_DUPFD_CLOEXEC)
#define fcntl(fd, ...)                                                                                                         \
    (CAROM__IS_COPY(__VA_ARGS__, 0) && CAROM__REFUSED("call.fcntl") ? -1 : (fcntl)(fd, __VA_ARGS__))

/* ---- bytes ---- */

#define pread(...) CAROM__CALL(pread, -1, __VA_ARGS__)
#define pwrite(...) CAROM__CALL(pwrite, -1, __VA_ARGS__)
#define read(...) CAROM__CALL(read, -1, __VA_ARGS__)
#define write(...) CAROM__CALL(write, -1, __VA_ARGS__)
#define recv(...) CAROM__CALL(recv, -1, __VA_ARGS__)
#define send(...) CAROM__CALL(send, -1, __VA_ARGS__)
#define recvmsg(...) CAROM__CALL(recvmsg, -1, __VA_ARGS__)
#define sendmsg(...) CAROM__CALL(sendmsg, -1, __VA_ARGS__)

/* ---- waiting ---- */

#define poll(...) CAROM__CALL(poll, -1, __VA_ARGS__)
#define ppoll(...) CAROM__CALL(ppoll, -1, __VA_ARGS__)
#define waitid(...) CAROM__CALL(waitid, -1, __VA_ARGS__)
#define waitpid(...) CAROM__CALL(waitpid, -1, __VA_ARGS__)

/* ---- processes and threads ---- */

#define fork() (CAROM__REFUSED("call.fork") ? -1 : (fork)())
#define posix_spawn(...) CAROM__CALL_NUMBER(posix_spawn, __VA_ARGS__)
#define pthread_create(...) CAROM__CALL_NUMBER(pthread_create, __VA_ARGS__)
#define pthread_mutex_init(...) CAROM__CALL_NUMBER(pthread_mutex_init, __VA_ARGS__)
#define pthread_cond_init(...) CAROM__CALL_NUMBER(pthread_cond_init, __VA_ARGS__)
#define sem_init(...) CAROM__CALL(sem_init, -1, __VA_ARGS__)
#define chdir(...) CAROM__CALL(chdir, -1, __VA_ARGS__)
#define fchdir(...) CAROM__CALL(fchdir, -1, __VA_ARGS__)

/* Of those that have numbers only: a futex that fails to wake would be a system that is broken. */
#define syscall(number, ...)                                                                                                   \
    ((number) == SYS_pidfd_open && CAROM__REFUSED("call.pidfd_open") ? -1 : (syscall)(number, __VA_ARGS__))

#endif

#endif

/* What the files of platform/windows/ share. */

#ifndef CAROM_PLATFORM_WINDOWS_H
#define CAROM_PLATFORM_WINDOWS_H

/* Windows 8, for what a job may use of the processors.  Set before any other header asks. */
#undef _WIN32_WINNT
#define _WIN32_WINNT 0x0602

#include <winsock2.h>
#include <windows.h>

#include "platform/internal.h"

#include <stdatomic.h>

static inline HANDLE carom__handle(carom_native_t file)
{
    return (HANDLE) file;
}

/* ---- status.c ---- */

/* The status for an error of Windows, and for the one that GetLastError() tells: never CAROM_OK. */
carom_status_t carom__status(DWORD error);
carom_status_t carom__last_status(void);

/* ---- text.c ---- */

/* UTF-8 as Windows wants it; the caller frees *wide, which is NULL after a failure.  CAROM_EUTF8, CAROM_ENOMEM. */
carom_status_t carom__wide(wchar_t **wide, const char *text);

/* And back.  CAROM_ETOOBIG: it does not fit. */
carom_status_t carom__narrow(char *text, size_t size, const wchar_t *wide);

/* ---- environment.c ---- */

/* This process's environment with changes as in carom_plat_launch_t, in one block; the caller frees it. */
carom_status_t carom__environment(wchar_t **block, const char *const *changes);

/* ---- file.c ---- */

/* Closes *handle, NULL is fine, and makes it NULL; keeps GetLastError(). */
void carom__handle_close(HANDLE *handle);

/* ---- handles.c ---- */

/* Milliseconds for Windows' waits until a deadline, at least 1 if any time is left. */
DWORD carom__wait_time(int64_t deadline);

/* Waits on one handle, or on any number, for the first that is signalled; signalled[i] becomes 1 for each that is, and is left
 * alone for others.  CAROM_ETIMEOUT; CAROM_EINVAL: one is not open. */
carom_status_t carom__wait_handle(HANDLE handle, int64_t deadline);
carom_status_t carom__wait_handles(const HANDLE *handles, char *signalled, size_t count, int64_t deadline);

/* ---- socket.c: sockets of the host, as things to wait on ---- */

/* 1 when a read would not wait, 0 when it would.  CAROM_EINVAL: not an open socket. */
carom_status_t carom__socket_look(int *ready, SOCKET socket);

/* Begins a read of nothing, which ends when there is something to read.  0, ERROR_IO_PENDING, or why it cannot be. */
DWORD carom__socket_begin(SOCKET socket, OVERLAPPED *io);

/* ---- stream.c ---- */

struct carom_plat_stream_t {
    HANDLE pipe;                      /* duplex, overlapped, not inheritable */
    HANDLE read_done, write_done;     /* one for each direction: a reader and a writer may be at work at once */
    _Atomic(HANDLE) readable;         /* for a loop of the host; NULL until it is asked for */
    OVERLAPPED watch;                 /* the operation that sets it; of one thread at a time, as the caller sees to */
    int is_watching;
    int is_synchronous;               /* a read of nothing on it would not return; never changes */
    atomic_int stopped;               /* no call may wait any more; set before those that wait are woken */
};

/* 1 when a read would not wait. */
int carom__stream_look(carom_plat_stream_t *stream);

/* As carom__socket_begin. */
DWORD carom__stream_begin(carom_plat_stream_t *stream, OVERLAPPED *io);

/* Called once, before there is a stream. */
void carom__stream_start(void);

/* ---- shared.c ---- */

struct carom_plat_shared_t {
    HANDLE section;
};

/* The object of a section, which it owns, also when it fails.  CAROM_ENOMEM. */
carom_status_t carom__shared_of(carom_plat_shared_t **shared, HANDLE section);

/* ---- job.c ---- */

/* A job whose processes are killed when its only handle, ours, is closed: by us, or by this process's end, however that
 * comes. */
carom_status_t carom__job_create(HANDLE *job);

/* ---- attach.c: handles that a child has of its own from birth, by inheritance ---- */

#define CAROM__INHERITED_MAX 64

/* At the parent, after the launch: the tickets for these are good without us, so attach_sent closes them. */
void carom__attach_given(const carom_native_t *files, size_t count);

/* At the child: the ticket for this number names our own. */
void carom__attach_inherited(HANDLE handle);

/* ---- launch.c, child.c ---- */

/* A child as the parent sees it; nothing changes after the launch. */
struct carom_plat_child_t {
    HANDLE process;                   /* which keeps the pid from being given away */
    HANDLE job;
    DWORD pid;
};

/* The exit code of a process that was ended as Unix's signal of that number would. */
#define CAROM__ENDED_BY(signal_number) (0xCA700000u + (signal_number))

struct carom_plat_flag_t {
    HANDLE event;
};

#endif

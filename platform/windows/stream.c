/* Streams: named pipes with both ways in one, each end overlapped.  APR's pipes go one way and are inherited, and its sockets
 * come in no pairs.
 *
 * A name is needed, but nobody can use it: it admits one client, and that was us, or the pair is thrown away. */

#include "platform/windows/windows.h"

#include <ntsecapi.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROOM 65536                    /* bytes on their way, in each direction */
#define PIECE 65536                   /* the most that is written at once */
#define JOINED 4096                   /* up to here two spans are worth a copy, to be one write */
#define TRIES 8                       /* at a name that nobody else has taken */
#define UNWATCH_STEP 10               /* ms: the end of an operation may be told before its event is set */

/* What the system's call for it tells about a pipe. */
#define LOCAL_INFORMATION 24
typedef struct local_information_t {
    ULONG type, configuration, instances_max, instances;
    ULONG inbound_quota, read_available, outbound_quota, write_available, state, end;
} local_information_t;

/* And how its handle was opened. */
#define MODE_INFORMATION 16
#define SYNCHRONOUS 0x30u

typedef LONG(NTAPI *query_t)(HANDLE file, void *outcome, void *information, ULONG size, int what);
static query_t query;                 /* written once, by carom__stream_start */

void carom__stream_start(void)
{
    query = (query_t) (void *) GetProcAddress(GetModuleHandleW(L"ntdll.dll"), "NtQueryInformationFile");
}

/* ---- making and closing ---- */

/* Ends the operation that looks after `readable`, if there is one: until then the system writes to it.  The event may be set
 * for another reason. */
static void unwatch(carom_plat_stream_t *self)
{
    HANDLE event = atomic_load(&self->readable);

    while (self->is_watching && !HasOverlappedIoCompleted(&self->watch)) {
        ResetEvent(event);
        CancelIoEx(self->pipe, &self->watch);
        WaitForSingleObject(event, UNWATCH_STEP);
    }
    self->is_watching = 0;
}

static void free_stream(carom_plat_stream_t *self)
{
    HANDLE readable = atomic_load(&self->readable);

    unwatch(self);
    carom__handle_close(&readable);
    carom__handle_close(&self->pipe);
    carom__handle_close(&self->read_done);
    carom__handle_close(&self->write_done);
    free(self);
}

/* Owns the pipe from now on. */
static carom_status_t wrap(carom_plat_stream_t **stream, HANDLE pipe)
{
    carom_plat_stream_t *self = calloc(1, sizeof *self);
    carom_status_t status = CAROM_OK;

    *stream = NULL;
    if (self == NULL) {
        CloseHandle(pipe);
        return CAROM_ENOMEM;
    }
    self->pipe = pipe;
    self->read_done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (self->read_done != NULL)
        self->write_done = CreateEventW(NULL, TRUE, FALSE, NULL);
    if (self->write_done == NULL) {
        status = carom__last_status();
        free_stream(self);
    } else {
        *stream = self;
    }
    return status;
}

static void make_name(wchar_t *name, size_t size)
{
    static atomic_uint made;
    uint64_t chance[2] = {0, 0};

    RtlGenRandom(chance, sizeof chance);
    _snwprintf(name, size, L"\\\\.\\pipe\\carom-%lu-%u-%016I64x%016I64x", GetCurrentProcessId(), atomic_fetch_add(&made, 1u),
               chance[0], chance[1]);
    name[size - 1] = L'\0';
}

static DWORD make_ends(HANDLE ends[2])
{
    DWORD access = PIPE_ACCESS_DUPLEX | FILE_FLAG_OVERLAPPED | FILE_FLAG_FIRST_PIPE_INSTANCE;
    DWORD mode = PIPE_TYPE_BYTE | PIPE_READMODE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS;
    /* Who has the other end may not act in our name. */
    DWORD flags = FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_ANONYMOUS;
    wchar_t name[100];
    DWORD error;

    make_name(name, sizeof name / sizeof name[0]);
    ends[0] = CreateNamedPipeW(name, access, mode, 1, ROOM, ROOM, 0, NULL);
    if (ends[0] == INVALID_HANDLE_VALUE)
        return GetLastError();
    ends[1] = CreateFileW(name, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING, flags, NULL);
    if (ends[1] != INVALID_HANDLE_VALUE)
        return 0;
    error = GetLastError();
    CloseHandle(ends[0]);
    return error;
}

static DWORD make_ends_at_last(HANDLE ends[2])
{
    DWORD error;
    int tries = TRIES;

    do
        error = make_ends(ends);
    while ((error == ERROR_PIPE_BUSY || error == ERROR_ACCESS_DENIED) && --tries > 0);
    return error;
}

carom_status_t carom_plat_stream_pair(carom_plat_stream_t **one, carom_plat_stream_t **other)
{
    HANDLE ends[2];
    DWORD error = make_ends_at_last(ends);
    carom_status_t status;

    *one = *other = NULL;
    if (error)
        return carom__status(error);
    status = wrap(one, ends[0]);
    if (status != CAROM_OK) {
        CloseHandle(ends[1]);
        return status;
    }
    status = wrap(other, ends[1]);
    if (status != CAROM_OK)
        carom_plat_stream_close(one);
    return status;
}

/* Asked before anybody reads, for the system waits for that. */
static int is_synchronous(HANDLE pipe)
{
    uintptr_t outcome[2];
    ULONG mode = 0;

    return query != NULL && query(pipe, outcome, &mode, sizeof mode, MODE_INFORMATION) >= 0 &&
           (mode & SYNCHRONOUS) != 0;
}

carom_status_t carom_plat_stream_adopt(carom_plat_stream_t **stream, carom_native_t file)
{
    HANDLE pipe = carom__handle(file);
    carom_status_t status;

    *stream = NULL;
    if (GetFileType(pipe) != FILE_TYPE_PIPE || !GetNamedPipeInfo(pipe, NULL, NULL, NULL, NULL)) {
        carom_plat_file_close(file);
        return CAROM_EBADMSG;
    }
    status = wrap(stream, pipe);
    if (status == CAROM_OK)
        (*stream)->is_synchronous = is_synchronous(pipe);
    return status;
}

void carom_plat_stream_close(carom_plat_stream_t **stream)
{
    carom_plat_stream_t *self = *stream;

    if (self == NULL)
        return;
    *stream = NULL;
    free_stream(self);
}

/* A pipe cannot be shut down: what waits is cancelled, and what begins to wait afterwards sees the mark and cancels itself. */
void carom_plat_stream_shutdown(carom_plat_stream_t *stream)
{
    atomic_store(&stream->stopped, 1);
    CancelIoEx(stream->pipe, NULL);
}

carom_native_t carom_plat_stream_native(const carom_plat_stream_t *stream)
{
    return (carom_native_t) stream->pipe;
}

/* ---- looking ---- */

int carom__stream_look(carom_plat_stream_t *stream)
{
    DWORD available;

    if (atomic_load(&stream->stopped) || !PeekNamedPipe(stream->pipe, NULL, 0, NULL, &available, NULL))
        return 1;
    return available > 0;
}

static DWORD begin_read(carom_plat_stream_t *stream, void *buffer, DWORD size, OVERLAPPED *io)
{
    DWORD error = ReadFile(stream->pipe, buffer, size, NULL, io) ? 0 : GetLastError();

    if (error == ERROR_IO_PENDING && atomic_load(&stream->stopped))
        CancelIoEx(stream->pipe, io);
    return error;
}

DWORD carom__stream_begin(carom_plat_stream_t *stream, OVERLAPPED *io)
{
    return begin_read(stream, NULL, 0, io);
}

/* ---- in a loop of the host ---- */

/* A pipe cannot be waited on: an event can, which a read of nothing sets that ends when something comes.  At first it is set,
 * since nobody has looked yet. */
carom_status_t carom_plat_stream_pollable(carom_native_t *file, carom_plat_stream_t *stream)
{
    *file = CAROM_NATIVE_NONE;
    if (stream->is_synchronous)
        return CAROM_ENOTSUP;
    if (atomic_load(&stream->readable) == NULL) {
        HANDLE event = CreateEventW(NULL, TRUE, TRUE, NULL);

        if (event == NULL)
            return carom__last_status();
        atomic_store(&stream->readable, event);
    }
    *file = (carom_native_t) atomic_load(&stream->readable);
    return CAROM_OK;
}

/* The event is set again by the read that it is given to, also when that fails or was taken back: then who looks sees why. */
int carom_plat_stream_watch(carom_plat_stream_t *stream)
{
    HANDLE event = atomic_load(&stream->readable);

    if (event == NULL || (stream->is_watching && WaitForSingleObject(event, 0) != WAIT_OBJECT_0))
        return event != NULL;
    unwatch(stream);
    memset(&stream->watch, 0, sizeof stream->watch);
    stream->watch.hEvent = event;
    stream->is_watching = carom__stream_begin(stream, &stream->watch) == ERROR_IO_PENDING;
    if (!stream->is_watching)
        SetEvent(event);
    return 1;
}

void carom_plat_stream_stir(carom_plat_stream_t *stream)
{
    HANDLE event = atomic_load(&stream->readable);

    if (event != NULL)
        SetEvent(event);
}

/* ---- one operation ---- */

static int is_past(int64_t deadline)
{
    return deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline;
}

/* Sees a begun operation through.  CAROM_OK with *n 0: try again. */
static carom_status_t end_operation(carom_plat_stream_t *stream, OVERLAPPED *io, DWORD error, DWORD *n, int64_t deadline)
{
    *n = 0;
    if (error == ERROR_IO_PENDING && carom__wait_handle(io->hEvent, deadline) != CAROM_OK)
        CancelIoEx(stream->pipe, io);
    /* Until the system has let go of it, whether it was cancelled or came through in the last moment. */
    if (error == 0 || error == ERROR_IO_PENDING)
        error = GetOverlappedResult(stream->pipe, io, n, TRUE) ? 0 : GetLastError();
    if (error == 0)
        return CAROM_OK;
    if (error != ERROR_OPERATION_ABORTED)
        return carom__status(error);
    if (atomic_load(&stream->stopped))
        return CAROM_ECLOSED;
    return is_past(deadline) ? CAROM_ETIMEOUT : CAROM_OK;
}

/* ---- reading ---- */

carom_status_t carom_plat_stream_read(carom_plat_stream_t *stream, void *buffer, size_t size, size_t *got,
                                      carom_native_t *files, size_t capacity, size_t *count, int64_t deadline)
{
    DWORD n = 0, wanted = size > INT_MAX ? INT_MAX : (DWORD) size;
    carom_status_t status = CAROM_OK;

    (void) files;
    (void) capacity;
    (void) count;
    *got = 0;
    /* To begin a read and take it back costs more than to look. */
    if (is_past(deadline) && !carom__stream_look(stream))
        return CAROM_ETIMEOUT;
    while (status == CAROM_OK && n == 0) {
        OVERLAPPED io = {.hEvent = stream->read_done};

        if (atomic_load(&stream->stopped))
            return CAROM_ECLOSED;
        status = end_operation(stream, &io, begin_read(stream, buffer, wanted, &io), &n, deadline);
    }
    *got = n;
    return status;
}

/* ---- writing ---- */

/* The next piece of what is left of both spans after `sent` bytes; small ones are put together in `joined`. */
static carom_plat_span_t next_piece(const carom_plat_span_t spans[2], size_t sent, char *joined)
{
    size_t first = sent < spans[0].length ? spans[0].length - sent : 0;
    size_t second = spans[0].length + spans[1].length - sent - first;
    const char *rest[2] = {(const char *) spans[0].bytes + spans[0].length - first,
                           (const char *) spans[1].bytes + spans[1].length - second};
    carom_plat_span_t piece = {first > 0 ? rest[0] : rest[1], first > 0 ? first : second};

    if (first > 0 && second > 0 && first + second <= JOINED) {
        memcpy(joined, rest[0], first);
        memcpy(joined + first, rest[1], second);
        piece.bytes = joined;
        piece.length = first + second;
    }
    if (piece.length > PIECE)
        piece.length = PIECE;
    return piece;
}

/* How much can be written without waiting, as far as the system knows: Wine does not, and says 0. */
static size_t room(const carom_plat_stream_t *stream)
{
    local_information_t information = {0};
    uintptr_t outcome[2];

    if (query == NULL || query(stream->pipe, outcome, &information, sizeof information, LOCAL_INFORMATION) < 0)
        return 0;
    return information.write_available;
}

static carom_status_t write_piece(carom_plat_stream_t *stream, const carom_plat_span_t *piece, DWORD *n, int64_t deadline)
{
    OVERLAPPED io = {.hEvent = stream->write_done};
    DWORD error;

    if (atomic_load(&stream->stopped))
        return CAROM_ECLOSED;
    error = WriteFile(stream->pipe, piece->bytes, (DWORD) piece->length, NULL, &io) ? 0 : GetLastError();
    if (error == ERROR_IO_PENDING && atomic_load(&stream->stopped))
        CancelIoEx(stream->pipe, &io);
    return end_operation(stream, &io, error, n, deadline);
}

/* Windows does not say how much of a cancelled write was read before, but of a single byte it does: that goes first when the
 * write may have to wait and the wait has an end.  So it is certain whether anything went. */
carom_status_t carom_plat_stream_write(carom_plat_stream_t *stream, const carom_plat_span_t spans[2],
                                       const carom_native_t *files, size_t count, size_t *sent, int64_t deadline)
{
    size_t total = spans[0].length + spans[1].length;
    carom_status_t status = CAROM_OK;
    char joined[JOINED];
    DWORD n;

    (void) files;
    (void) count;
    *sent = 0;
    while (status == CAROM_OK && *sent < total) {
        carom_plat_span_t piece = next_piece(spans, *sent, joined);

        if (*sent == 0 && deadline != CAROM_PLAT_NEVER && room(stream) < piece.length)
            piece.length = 1;
        status = write_piece(stream, &piece, &n, deadline);
        *sent += n;
        /* More than there was room for, after all: some of it may have been read. */
        if (status == CAROM_ETIMEOUT && n == 0 && piece.length > 1)
            *sent += *sent == 0;
    }
    return status;
}

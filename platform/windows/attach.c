/* Handles in messages, which APR has no way for: the ticket says whose handle it is and its number, and the receiver fetches it
 * from there.  One that nobody receives stays open for as long as its sender lives.
 *
 * A handle in a launch is inherited, under the same number: it ends with the child, also when the child never came to ask for
 * it.
 *
 * A process is told by its number and the time of its birth, because numbers of processes are given away again.  Who can write
 * a false ticket into one of our streams is of the same user, and could fetch and close those handles without our help. */

#include "platform/windows/windows.h"

/* The mark on a handle of which a child has its copy: a bit that each handle has, and that nothing here uses otherwise. */
#define GIVEN HANDLE_FLAG_PROTECT_FROM_CLOSE

/* The handles that this process was born with and that no message has named yet. */
static SRWLOCK lock = SRWLOCK_INIT;
static HANDLE inherited[CAROM__INHERITED_MAX];      /* guarded by the lock, as the next */
static size_t inherited_count;

void carom__attach_given(const carom_native_t *files, size_t count)
{
    while (count-- > 0)
        SetHandleInformation(carom__handle(files[count]), GIVEN, GIVEN);
}

void carom__attach_inherited(HANDLE handle)
{
    AcquireSRWLockExclusive(&lock);
    if (inherited_count < CAROM__INHERITED_MAX)
        inherited[inherited_count++] = handle;
    ReleaseSRWLockExclusive(&lock);
}

static int take_inherited(HANDLE handle)
{
    size_t i;

    AcquireSRWLockExclusive(&lock);
    for (i = 0; i < inherited_count && inherited[i] != handle; i++)
        ;
    if (i < inherited_count)
        inherited[i] = inherited[--inherited_count];
    else
        handle = NULL;
    ReleaseSRWLockExclusive(&lock);
    return handle != NULL;
}

int carom_plat_attach_possible(void)
{
    return 1;
}

int carom_plat_attach_in_bytes(void)
{
    return 0;
}

/* 0 when it cannot be told. */
static uint64_t identity(HANDLE process, DWORD pid)
{
    FILETIME born, ended, kernel, user;

    if (!GetProcessTimes(process, &born, &ended, &kernel, &user))
        return 0;
    return (uint64_t) born.dwLowDateTime << 32 | pid;
}

void carom_plat_attach_out(carom_plat_ticket_t *ticket, carom_native_t file)
{
    ticket->first = identity(GetCurrentProcess(), GetCurrentProcessId());
    ticket->second = (uint64_t) file;
}

/* What nobody has a copy of stays open for the receiver, who takes it from here. */
void carom_plat_attach_sent(carom_native_t file)
{
    DWORD flags;

    if (GetHandleInformation(carom__handle(file), &flags) && (flags & GIVEN))
        carom_plat_file_close(file);
}

static carom_status_t take_own(HANDLE *taken, HANDLE handle)
{
    DWORD flags;

    if (!GetHandleInformation(handle, &flags))
        return CAROM_EBADMSG;
    *taken = handle;
    return CAROM_OK;
}

/* Closes the sender's handle also when it fails. */
static carom_status_t take_from(HANDLE *taken, HANDLE sender, HANDLE handle)
{
    DWORD how = DUPLICATE_SAME_ACCESS | DUPLICATE_CLOSE_SOURCE;

    if (DuplicateHandle(sender, handle, GetCurrentProcess(), taken, 0, FALSE, how))
        return CAROM_OK;
    return GetLastError() == ERROR_INVALID_HANDLE ? CAROM_EBADMSG : carom__last_status();
}

static carom_status_t fetch(HANDLE *taken, uint64_t owner, HANDLE handle)
{
    DWORD pid = (DWORD) owner;
    HANDLE sender;
    carom_status_t status = CAROM_EBADMSG;

    if (pid == GetCurrentProcessId())
        return owner == identity(GetCurrentProcess(), pid) ? take_own(taken, handle) : CAROM_EBADMSG;
    sender = OpenProcess(PROCESS_DUP_HANDLE | PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);
    if (sender == NULL)
        return CAROM_EBADMSG;
    if (owner == identity(sender, pid))
        status = take_from(taken, sender, handle);
    carom__handle_close(&sender);
    return status;
}

carom_status_t carom_plat_attach_in(carom_native_t *file, const carom_plat_ticket_t *ticket, carom_native_t came)
{
    HANDLE handle = (HANDLE) (uintptr_t) ticket->second, taken;
    carom_status_t status;

    (void) came;
    *file = CAROM_NATIVE_NONE;
    /* Numbers below 0 are not handles: they stand for the process and thread that use them. */
    if (ticket->first == 0 || handle == NULL || (intptr_t) handle < 0)
        return CAROM_EBADMSG;
    taken = handle;
    status = take_inherited(handle) ? CAROM_OK : fetch(&taken, ticket->first, handle);
    if (status == CAROM_OK)
        *file = (carom_native_t) taken;
    return status;
}

int carom_plat_stream_carries(const carom_plat_stream_t *stream)
{
    (void) stream;
    return carom_plat_attach_possible();
}

/* Pipes have no half of an end. */
void carom_plat_stream_end_writing(carom_plat_stream_t *stream)
{
    (void) stream;
}

/* Waiting on any number of handles.  APR waits on its own objects only, and Windows on no more than 64 at once: for more there
 * is a thread for each 63, for as long as the call lasts. */

#include "platform/windows/windows.h"

#include <stdlib.h>
#include <string.h>

DWORD carom__wait_time(int64_t deadline)
{
    int64_t left;

    if (deadline == CAROM_PLAT_NEVER)
        return INFINITE;
    left = deadline - carom_plat_now();
    if (left <= 0)
        return 0;
    left = (left + 999) / 1000;
    return left > INT_MAX ? INT_MAX : (DWORD) left;
}

static int is_past(int64_t deadline)
{
    return deadline != CAROM_PLAT_NEVER && carom_plat_now() >= deadline;
}

/* At most 64, and none is fine.  What Windows said; its timeouts come early by up to a tick, these do not. */
static DWORD wait_until(const HANDLE *handles, size_t count, int64_t deadline)
{
    DWORD said = WAIT_TIMEOUT;

    do
        if (count == 0)
            Sleep(carom__wait_time(deadline));
        else
            said = WaitForMultipleObjects((DWORD) count, handles, FALSE, carom__wait_time(deadline));
    while (said == WAIT_TIMEOUT && !is_past(deadline));
    return said;
}

/* Which handle was meant.  The mutex of a thread that died counts as any other. */
static size_t index_of(DWORD said)
{
    return said >= WAIT_ABANDONED_0 ? said - WAIT_ABANDONED_0 : said - WAIT_OBJECT_0;
}

carom_status_t carom__wait_handle(HANDLE handle, int64_t deadline)
{
    switch (wait_until(&handle, 1, deadline)) {
    case WAIT_TIMEOUT:
        return CAROM_ETIMEOUT;
    case WAIT_FAILED:
        return carom__last_status();
    default:
        return CAROM_OK;
    }
}

/* At most 64.  A wait takes the signal from some kinds of handles, so each is waited on no more than once after it was
 * found. */
static carom_status_t wait_few(const HANDLE *handles, char *signalled, size_t count, int64_t deadline)
{
    DWORD said = wait_until(handles, count, deadline);
    size_t next = 0;

    if (said == WAIT_TIMEOUT)
        return CAROM_ETIMEOUT;
    while (said != WAIT_TIMEOUT) {
        if (said == WAIT_FAILED)
            return carom__last_status();
        next += index_of(said);
        signalled[next++] = 1;
        said = next < count ? WaitForMultipleObjects((DWORD) (count - next), handles + next, FALSE, 0) : WAIT_TIMEOUT;
    }
    return CAROM_OK;
}

/* ---- more than 64 ---- */

#define EACH (MAXIMUM_WAIT_OBJECTS - 1)

/* One thread's share. */
typedef struct share_t {
    carom_plat_thread_t *thread;
    HANDLE enough;                    /* raised by whoever sees a signal, or gives up */
    const HANDLE *handles;
    char *signalled;
    size_t count;
    carom_status_t status;
} share_t;

static void wait_for_share(void *argument)
{
    share_t *share = argument;
    HANDLE handles[MAXIMUM_WAIT_OBJECTS];
    char signalled[MAXIMUM_WAIT_OBJECTS] = {0};

    handles[0] = share->enough;
    memcpy(handles + 1, share->handles, share->count * sizeof *handles);
    share->status = wait_few(handles, signalled, share->count + 1, CAROM_PLAT_NEVER);
    memcpy(share->signalled, signalled + 1, share->count);
    SetEvent(share->enough);
}

static size_t share_out(share_t *shares, const HANDLE *handles, char *signalled, size_t count, HANDLE enough)
{
    size_t first, n = 0;

    for (first = 0; first < count; first += EACH, n++) {
        shares[n].enough = enough;
        shares[n].handles = handles + first;
        shares[n].signalled = signalled + first;
        shares[n].count = count - first < EACH ? count - first : EACH;
    }
    return n;
}

static carom_status_t wait_in_threads(share_t *shares, size_t count, HANDLE enough, int64_t deadline)
{
    carom_status_t status = CAROM_OK;
    size_t i, started = 0;

    while (started < count && status == CAROM_OK) {
        status = carom_plat_thread_start(&shares[started].thread, wait_for_share, &shares[started]);
        started += status == CAROM_OK;
    }
    if (status == CAROM_OK)
        status = carom__wait_handle(enough, deadline);
    SetEvent(enough);
    for (i = 0; i < started; i++) {
        carom_plat_thread_join(&shares[i].thread);
        if (shares[i].status != CAROM_OK)
            status = shares[i].status;
    }
    return status;
}

static int any(const char *signalled, size_t count)
{
    return memchr(signalled, 1, count) != NULL;
}

static carom_status_t look_at_many(const HANDLE *handles, char *signalled, size_t count)
{
    carom_status_t status;
    size_t first;

    for (first = 0; first < count; first += EACH) {
        status = wait_few(handles + first, signalled + first, count - first < EACH ? count - first : EACH, 0);
        if (status != CAROM_OK && status != CAROM_ETIMEOUT)
            return status;
    }
    return any(signalled, count) ? CAROM_OK : CAROM_ETIMEOUT;
}

static carom_status_t wait_many(const HANDLE *handles, char *signalled, size_t count, int64_t deadline)
{
    share_t *shares = calloc(count / EACH + 1, sizeof *shares);
    HANDLE enough = CreateEventW(NULL, TRUE, FALSE, NULL);
    carom_status_t status = CAROM_ENOMEM;

    if (shares && enough) {
        status = wait_in_threads(shares, share_out(shares, handles, signalled, count, enough), enough, deadline);
        /* The last moment counts. */
        if (status == CAROM_ETIMEOUT && any(signalled, count))
            status = CAROM_OK;
    }
    carom__handle_close(&enough);
    free(shares);
    return status;
}

carom_status_t carom__wait_handles(const HANDLE *handles, char *signalled, size_t count, int64_t deadline)
{
    carom_status_t status;

    if (count <= MAXIMUM_WAIT_OBJECTS)
        return wait_few(handles, signalled, count, deadline);
    status = look_at_many(handles, signalled, count);
    if (status != CAROM_ETIMEOUT || is_past(deadline))
        return status;
    return wait_many(handles, signalled, count, deadline);
}

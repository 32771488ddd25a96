/* Handles in messages: a stream carries bytes only, so that handles go along with a launch and nowhere else.  The child
 * inherits them under the number they have here, which is the ticket.  A number that anybody else writes into a message is
 * worth nothing: only those count that the parent named in the token. */

#include "platform/portable/portable.h"

/* Guarded by the global lock. */
static carom_native_t allowed[ALLOWED_MAX];
static size_t allowed_count;

int carom_plat_attach_possible(void)
{
    return 0;
}

int carom_plat_attach_in_bytes(void)
{
    return 0;
}

void carom_plat_attach_out(carom_plat_ticket_t *ticket, carom_native_t file)
{
    ticket->first = (uint64_t) file;
    ticket->second = 0;
}

void carom_plat_attach_sent(carom_native_t file)
{
    carom_plat_file_close(file);
}

void carom__attach_allow(carom_native_t file)
{
    carom_plat_global_lock();
    if (allowed_count < ALLOWED_MAX)
        allowed[allowed_count++] = file;
    carom_plat_global_unlock();
}

/* 1 at the first asking. */
static int take(carom_native_t file)
{
    size_t i;
    int found = 0;

    carom_plat_global_lock();
    for (i = 0; i < allowed_count && !found; i++)
        if (allowed[i] == file) {
            allowed[i] = allowed[--allowed_count];
            found = 1;
        }
    carom_plat_global_unlock();
    return found;
}

carom_status_t carom_plat_attach_in(carom_native_t *file, const carom_plat_ticket_t *ticket, carom_native_t came)
{
    carom_native_t named = (carom_native_t) ticket->first;

    (void) came;
    *file = CAROM_NATIVE_NONE;
    if ((uint64_t) named != ticket->first || !take(named))
        return CAROM_EBADMSG;
    *file = named;
    return CAROM_OK;
}

int carom_plat_stream_carries(const carom_plat_stream_t *stream)
{
    (void) stream;
    return carom_plat_attach_possible();
}

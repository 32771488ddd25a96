/* Handles in messages: on Unix they travel beside the bytes, and the ticket is empty. */

#include "platform/unix/unix.h"

#include "config.h"

int carom_plat_attach_possible(void)
{
    return HAVE_FD_TRANSFER;
}

int carom_plat_attach_in_bytes(void)
{
    return 1;
}

void carom_plat_attach_out(carom_plat_ticket_t *ticket, carom_native_t file)
{
    (void) file;
    ticket->first = ticket->second = 0;
}

void carom_plat_attach_sent(carom_native_t file)
{
    carom_plat_file_close(file);
}

carom_status_t carom_plat_attach_in(carom_native_t *file, const carom_plat_ticket_t *ticket, carom_native_t came)
{
    (void) ticket;
    *file = came;
    return came == CAROM_NATIVE_NONE ? CAROM_EBADMSG : CAROM_OK;
}

/* A stream in a loop of the host, by its own descriptor: what another thread takes from it nobody hears of. */

#include "platform/unix/unix.h"

carom_status_t carom__loop_make(carom_plat_stream_t *stream)
{
    atomic_store(&stream->loop, stream->fd);
    return CAROM_OK;
}

void carom__loop_close(carom_plat_stream_t *stream)
{
    (void) stream;
}

int carom__loop_rest(carom_plat_stream_t *stream)
{
    (void) stream;
    return 0;
}

void carom__loop_stir(carom_plat_stream_t *stream)
{
    (void) stream;
}

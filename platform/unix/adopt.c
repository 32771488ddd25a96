/* A launched worker's first moments: it takes over what it inherited. */

#include "platform/unix/unix.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

static int is_open(int fd)
{
    return fcntl(fd, F_GETFD) >= 0;
}

static void keep_private(int fd)
{
    if (fcntl(fd, F_SETFD, FD_CLOEXEC) == 0)
        carom__fd_guard(fd);
}

static carom_status_t adopt_shared(carom_plat_shared_t **shared)
{
    return is_open(CHILD_SHARED) ? carom__shared_of(shared, CHILD_SHARED) : CAROM_EBADMSG;
}

static carom_status_t adopt_rest(carom_plat_stream_t **control)
{
    int error = carom__lifeline_arm(CHILD_LIFELINE);

    return error ? carom_plat_status(error) : carom_plat_stream_adopt(control, CHILD_CONTROL);
}

carom_status_t carom_plat_adopt(carom_plat_stream_t **control, carom_plat_shared_t **shared, const char *token)
{
    int has_shared = strcmp(token, CHILD_TOKEN_SHARED) == 0;
    carom_status_t status = CAROM_OK;

    *control = NULL;
    *shared = NULL;
    if ((!has_shared && strcmp(token, CHILD_TOKEN) != 0) || !is_open(CHILD_CONTROL) || !is_open(CHILD_LIFELINE))
        return CAROM_EBADMSG;
    keep_private(CHILD_CONTROL);
    keep_private(CHILD_LIFELINE);
    if (carom__sentinel_is_inherited())
        keep_private(carom__child_sentinel(has_shared));
    if (has_shared)
        status = adopt_shared(shared);
    if (status == CAROM_OK)
        status = adopt_rest(control);
    if (status != CAROM_OK)
        carom_plat_shared_close(shared);
    return status;
}

/* The host's sockets as things to wait on, without touching them.
 *
 * WSAEventSelect would make a socket non-blocking and push the host's own selection aside; apr_poll is select, which cannot
 * wait on anything else at the same time.  A read of nothing changes nothing, takes nothing, and can be cancelled.  It works
 * for connected streams; listening sockets and those of datagrams, where it would take one, are looked at now and then. */

#include "platform/windows/windows.h"

carom_status_t carom__socket_look(int *ready, SOCKET socket)
{
    WSAPOLLFD one = {.fd = socket, .events = POLLRDNORM};
    int n = WSAPoll(&one, 1, 0);

    *ready = 0;
    if (n == SOCKET_ERROR)
        return carom__status((DWORD) WSAGetLastError());
    if (n > 0 && (one.revents & POLLNVAL))
        return CAROM_EINVAL;
    *ready = n > 0;
    return CAROM_OK;
}

static int option(SOCKET socket, int name)
{
    int value = 0, size = sizeof value;

    return getsockopt(socket, SOL_SOCKET, name, (char *) &value, &size) == 0 ? value : 0;
}

/* The socket is overlapped, as socket() makes them: one that is not would wait in here. */
DWORD carom__socket_begin(SOCKET socket, OVERLAPPED *io)
{
    WSABUF nothing = {0, NULL};
    DWORD got, flags = 0;

    if (option(socket, SO_TYPE) != SOCK_STREAM)
        return ERROR_NOT_SUPPORTED;
    return WSARecv(socket, &nothing, 1, &got, &flags, io, NULL) == 0 ? 0 : (DWORD) WSAGetLastError();
}

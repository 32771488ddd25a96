/* Requests to a forker: one message with descriptors beside it. */

#include "platform/unix/forker.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* How often a word is said, a millisecond apart, for which there is no memory. */
#define TRIES 10

/* ---- receiving ---- */

/* In a time that tells nothing of the place where they differ. */
static int same_key(const unsigned char *one, const unsigned char *other)
{
    volatile unsigned char difference = 0;
    size_t i;

    for (i = 0; i < CAROM_PLAT_KEY; i++)
        difference |= one[i] ^ other[i];
    return difference == 0;
}

/* From the order in which they came to the places of their kinds; -1 when they are not what the request says. */
static int sort_files(asked_t *asked, size_t count)
{
    int came[FILE_KINDS], kind;
    size_t next = 0;

    memcpy(came, asked->files, sizeof came);
    for (kind = 0; kind < FILE_KINDS; kind++)
        if (asked->request.files & 1u << kind && next == count)
            return -1;
        else
            asked->files[kind] = asked->request.files & 1u << kind ? came[next++] : -1;
    return next == count ? 0 : -1;
}

static int is_request(const request_t *request, const unsigned char *key)
{
    const uint32_t needed = 1u << FILE_STATUS | 1u << FILE_CONTROL | 1u << FILE_LIFELINE;

    return request->magic == FORKER_MAGIC && (key == NULL || same_key(request->key, key)) && request->zero == 0 &&
           request->files >> FILE_KINDS == 0 && (request->files & needed) == needed &&
           (request->wants & ~(uint32_t) WANT_ALL) == 0 && request->environment <= FORKER_BODY_MAX &&
           request->directory <= CAROM_PLAT_PATH;
}

void carom__request_close(asked_t *asked)
{
    int kind;

    for (kind = 0; kind < FILE_KINDS; kind++)
        if (asked->files[kind] >= 0) {
            close(asked->files[kind]);
            asked->files[kind] = -1;
        }
}

int carom__request_receive(int fd, asked_t *asked, const unsigned char *key, int flags)
{
    struct iovec where = {&asked->request, sizeof asked->request};
    carom__rights_t rights;
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | flags);
    size_t count;

    if (n <= 0)
        return n < 0 && (errno == EAGAIN || errno == EINTR || errno == EMFILE || errno == ENFILE) ? 0 : -1;
    memset(asked->files, -1, sizeof asked->files);
    count = carom__rights_take(&message, asked->files, FILE_KINDS);
    if (n == (ssize_t) sizeof asked->request && !(message.msg_flags & MSG_TRUNC) && is_request(&asked->request, key)) {
        if (!(message.msg_flags & MSG_CTRUNC) && sort_files(asked, count) == 0)
            return 1;
        /* There was no room for all of them here; the first is where to say so. */
        if (count > 0)
            (void) carom__word_say(asked->files[0], WORD_FAILED, EMFILE);
    }
    carom__request_close(asked);
    return 0;
}

/* ---- sending ---- */

int carom__request_send(int fd, const asked_t *asked)
{
    request_t request = asked->request;
    struct iovec where = {&request, sizeof request};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1};
    carom__rights_t rights;
    int files[FILE_KINDS], kind;
    size_t count = 0;

    for (kind = 0; kind < FILE_KINDS; kind++)
        if (asked->files[kind] >= 0)
            files[count++] = asked->files[kind];
    carom__rights_add(&message, &rights, files, count);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

/* ---- words ---- */

int carom__word_send(int fd, uint32_t what, int32_t value, int file)
{
    word_t word = {what, value};
    struct iovec where = {&word, sizeof word};
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1};
    carom__rights_t rights;

    carom__rights_add(&message, &rights, &file, file >= 0 ? 1 : 0);
    return sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT) < 0 ? errno : 0;
}

int carom__word_say(int fd, uint32_t what, int32_t value)
{
    int tries = TRIES, error = carom__word_send(fd, what, value, -1);

    while ((error == ENOMEM || error == ENOBUFS || error == EINTR) && --tries > 0) {
        (void) poll(NULL, 0, 1);
        error = carom__word_send(fd, what, value, -1);
    }
    return error;
}

int carom__word_receive(int fd, word_t *word, int *file)
{
    struct iovec where = {word, sizeof *word};
    carom__rights_t rights;
    struct msghdr message = {.msg_iov = &where, .msg_iovlen = 1, .msg_control = &rights, .msg_controllen = sizeof rights};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

    *file = -1;
    if (n <= 0)
        return n == 0 ? 0 : -errno;
    (void) carom__rights_take(&message, file, 1);
    if (message.msg_flags & MSG_CTRUNC)
        return -EMFILE;
    return n == (ssize_t) sizeof *word ? 1 : -EBADMSG;
}

/* The child of a forker, seen by who asked for it: its exit status comes as a word over its status socket. */

#include "platform/unix/forker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>

/* How long the word of an end may follow the end: the forker has only to be scheduled.  ms */
#define LAST_WORD 1000

static int is_ready(int fd, int milliseconds)
{
    struct pollfd one = {.fd = fd, .events = POLLIN};

    return fd >= 0 && poll(&one, 1, milliseconds) > 0;
}

/* The word is still there then; who asks for it at once should not do so without a pause. */
static int is_short_of_memory(void)
{
    int is_short = errno == ENOMEM || errno == ENOBUFS;

    if (is_short)
        (void) poll(NULL, 0, 1);
    return is_short;
}

/* 1: the word of the end came; 0: there is no word; -1: there will be none. */
static int read_end(carom_plat_child_t *child, int *code)
{
    word_t word;
    ssize_t n;

    for (;;) {
        n = recv(child->status, &word, sizeof word, MSG_DONTWAIT);
        if (n == (ssize_t) sizeof word && word.what == WORD_ENDED) {
            *code = word.value;
            return 1;
        }
        if (n == (ssize_t) sizeof word && word.what == WORD_LEAVING) {
            child->has_left = 1;
            child->left_code = word.value;
        }
        if (n < 0 && (errno == EAGAIN || is_short_of_memory()))
            return 0;
        if (n == 0 || (n < 0 && errno != EINTR))
            return -1;
    }
}

/* It has ended when its sentinel says so, or nobody has its number any more. */
static int is_gone(const carom_plat_child_t *child)
{
    return is_ready(child->sentinel, 0) || (!child->certain && kill(child->pid, 0) != 0 && errno == ESRCH);
}

static int look_without_forker(carom_plat_child_t *child, int *code, int *known)
{
    *known = carom__sentinel_collect(child, code);
    if (*known)
        return 1;
    *known = child->has_left;
    *code = child->has_left ? child->left_code : 255;
    return is_gone(child);
}

/* It said that it leaves, and has. */
static int has_gone_as_said(const carom_plat_child_t *child, int *code)
{
    *code = child->left_code;
    return child->has_left && child->certain && is_ready(child->sentinel, 0);
}

int carom__remote_look(carom_plat_child_t *child, int *code, int *known)
{
    int said = atomic_load(&child->lost) ? -1 : read_end(child, code);

    *known = 1;
    if (said > 0 || has_gone_as_said(child, code))
        return 1;
    /* It has ended since, or was ended by something else: then the forker will say what, unless it is gone, or stopped. */
    if (said == 0 && child->certain && is_ready(child->sentinel, 0)) {
        said = is_ready(child->status, LAST_WORD) ? read_end(child, code) : -1;
        if (said == 0)
            said = has_gone_as_said(child, code);
    }
    if (said >= 0)
        return said;
    atomic_store(&child->lost, 1);
    return look_without_forker(child, code, known);
}

int carom__remote_signal(carom_plat_child_t *child, int signal_number)
{
    /* While the forker lives it keeps the number for us.  After that the lifeline is the surest way. */
    if (child->certain || !atomic_load(&child->lost) || signal_number != SIGKILL)
        return carom__sentinel_signal(child, signal_number);
    carom__fd_close(&child->lifeline);
    return 0;
}

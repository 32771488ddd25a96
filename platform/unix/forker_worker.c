/* A worker of a forker: from a request to what it says. */

#include "platform/unix/forker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The exit code of a worker that could not be what it was to be. */
#define NOT_RUN 70

/* In a worker, its end of status; a fork of the worker has none. */
static int my_status = -1;
static unsigned my_birth;

static int read_body(char *body, size_t length, int fd)
{
    while (length > 0) {
        ssize_t n = recv(fd, body, length, 0);

        if (n == 0)
            return EPIPE;
        if (n < 0 && errno != EINTR)
            return errno;
        if (n > 0) {
            body += n;
            length -= (size_t) n;
        }
    }
    return 0;
}

/* An array of the strings in a block of them; the block ends with a zero or is empty. */
static int split_environment(char ***environment, char *block, size_t length)
{
    size_t count = 0, i;
    char *next;

    if (length > 0 && block[length - 1] != '\0')
        return EINVAL;
    for (i = 0; i < length; i++)
        count += block[i] == '\0';
    *environment = malloc((count + 1) * sizeof **environment);
    if (*environment == NULL)
        return ENOMEM;
    for (i = 0, next = block; i < count; i++, next += strlen(next) + 1)
        (*environment)[i] = next;
    (*environment)[count] = NULL;
    return 0;
}

/* Environment and directory are the worker's for its whole life. */
static int read_strings(carom__setup_t *setup, const asked_t *asked)
{
    size_t environment = asked->request.environment, directory = asked->request.directory;
    char *body = malloc(environment + directory + 1);
    int error = body ? read_body(body, environment + directory, asked->files[FILE_STATUS]) : ENOMEM;

    if (error)
        return error;
    body[environment + directory] = '\0';
    setup->directory = directory > 0 ? body + environment : NULL;
    return split_environment(&setup->environment, body, environment);
}

static int find_stream(carom__setup_t *setup, const asked_t *asked, int target)
{
    int fd = asked->files[FILE_STDIN + target];

    if (fd < 0 && asked->request.wants & (uint32_t) WANT_NULL << target)
        fd = carom__fd_open("/dev/null", O_RDWR);
    else if (fd < 0)
        fd = STANDARD_CLOSED;
    setup->standard[target] = fd;
    return fd == -1 ? errno : 0;
}

static int set_up(carom__setup_t *setup, const asked_t *asked)
{
    int target, error = 0;

    setup->control = asked->files[FILE_CONTROL];
    setup->lifeline = asked->files[FILE_LIFELINE];
    setup->sentinel = asked->files[FILE_SENTINEL];
    setup->shared = asked->files[FILE_SHARED];
    setup->here = asked->files[FILE_HERE];
    setup->has_nice = (asked->request.wants & WANT_NICE) != 0;
    setup->nice = asked->request.nice;
    setup->is_clean = 1;
    for (target = 0; target < 3 && !error; target++)
        error = find_stream(setup, asked, target);
    if (!error)
        error = read_strings(setup, asked);
    return error ? error : carom__setup_apply(setup);
}

/* The forker gets what it needs for its account first.  From then on the worker is on its own: its own lifeline, and not its
 * forker's end, ends it; and it names itself to its starter. */
static int be_born(const asked_t *asked, int desk)
{
    carom_plat_child_t self = {.pid = getpid(), .sentinel = -1};
    int status = asked->files[FILE_STATUS], nothing = -1, error = carom__sentinel_begin(&self, &nothing);

    if (error)
        return error;
    error = carom__word_send(desk, self.sentinel < 0 ? WORD_TAKEN_KEEP : WORD_TAKEN, (int32_t) self.pid, status);
    if (!error)
        error = carom__lifeline_arm(asked->files[FILE_LIFELINE]);
    (void) carom__lifeline_end_with(0);
    /* Who could not say so goes no further: the starter may ask again. */
    if (!error)
        error = carom__word_send(status, WORD_BORN, (int32_t) self.pid, self.sentinel);
    carom__fd_close(&self.sentinel);
    return error;
}

carom_status_t carom__forker_become(carom_plat_stream_t **control, carom_plat_shared_t **shared, const asked_t *asked,
                                    int desk)
{
    carom__setup_t setup = CAROM__SETUP_NONE;
    int error = be_born(asked, desk);

    *control = NULL;
    *shared = NULL;
    close(desk);
    if (!error)
        error = set_up(&setup, asked);
    if (!error)
        error = carom_plat_stream_adopt(control, setup.control) == CAROM_OK ? 0 : ENOMEM;
    if (!error && setup.shared >= 0)
        error = carom__shared_of(shared, carom__fd_release(setup.shared)) == CAROM_OK ? 0 : EMFILE;
    if (!error && asked->request.wants & WANT_READY)
        error = carom__word_say(asked->files[FILE_STATUS], WORD_READY, 0);
    if (error) {
        (void) carom__word_say(asked->files[FILE_STATUS], WORD_FAILED, error);
        _exit(NOT_RUN);
    }
    my_status = carom__fd_guard(asked->files[FILE_STATUS]);
    my_birth = carom_plat_fork_count();
    return CAROM_OK;
}

void carom__forker_say_leaving(int code)
{
    if (my_status >= 0 && my_birth == carom_plat_fork_count())
        (void) carom__word_say(my_status, WORD_LEAVING, code & 255);
}

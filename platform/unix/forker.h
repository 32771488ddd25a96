/* What a forker and its owner say to each other.
 *
 * A request is one message of a socket that keeps messages apart, with descriptors beside it.  Everything else about a worker
 * goes through a socket pair of its own, *status*, whose far end comes with the request: what is long (environment,
 * directory) is written there for the worker to read, and from there come the words below, from the forker and from the
 * worker. */

#ifndef CAROM_PLATFORM_UNIX_FORKER_H
#define CAROM_PLATFORM_UNIX_FORKER_H

#include "platform/unix/unix.h"

#define FORKER_MAGIC UINT64_C(0x6361726f6d2d6631)
#define FORKER_BODY_MAX ((uint32_t) 4 << 20)

/* Descriptors of a request, in this order; a bit of request_t.files for each that came. */
enum {
    FILE_STATUS, FILE_CONTROL, FILE_LIFELINE, FILE_SENTINEL, FILE_SHARED, FILE_HERE, FILE_STDIN, FILE_STDOUT, FILE_STDERR,
    FILE_KINDS
};

enum {
    WANT_READY = 1,                   /* a word when it is set up: something may fail */
    WANT_NICE = 2,                    /* request_t.nice counts */
    WANT_NULL = 4,                    /* stdin is the null device; the next two bits: stdout, stderr */
    WANT_ALL = 31
};

typedef struct request_t {
    uint64_t magic;
    unsigned char key[CAROM_PLAT_KEY];
    uint32_t files;
    uint32_t wants;
    int32_t nice;
    uint32_t environment, directory;  /* bytes of each in status, strings with their final zeros */
    uint32_t zero;
} request_t;

/* A request with its descriptors, -1 where there is none. */
typedef struct asked_t {
    request_t request;
    int files[FILE_KINDS];
} asked_t;

#define CAROM__ASKED_NOTHING {.files = {-1, -1, -1, -1, -1, -1, -1, -1, -1}}

/* From the worker: BORN, before it does anything: its pid, its descriptor beside it where there are such; READY: 0; LEAVING:
 * its exit code, its last act, which saves the starter the wait for the forker.  From the forker, ENDED: its exit code.  From
 * either, FAILED: an errno.  And from a worker to its forker, with the far end of status: TAKEN: its pid; KEEP: which has to
 * be kept until the starter closes his end, for he knows it by nothing else. */
enum { WORD_BORN = 1, WORD_READY, WORD_FAILED, WORD_ENDED, WORD_LEAVING, WORD_TAKEN, WORD_TAKEN_KEEP };

typedef struct word_t {
    uint32_t what;
    int32_t value;
} word_t;

/* ---- forker_request.c ---- */

/* Sends a request as it is, without waiting.  0 or an errno. */
int carom__request_send(int fd, const asked_t *asked);

/* Receives one.  1: it came, and its descriptors are the caller's; 0: nothing did, or what did has another key than `key`
 * (NULL: any) or makes no sense; -1: nobody has the other end any more. */
int carom__request_receive(int fd, asked_t *asked, const unsigned char *key, int flags);

/* Closes what is there; then nothing is. */
void carom__request_close(asked_t *asked);

/* A word, if there is room; 0 or an errno.  Say: tried again for some milliseconds while there is no memory for it, since who
 * waits for it hears nothing else.  Send: with a descriptor beside it, or -1. */
int carom__word_say(int fd, uint32_t what, int32_t value);
int carom__word_send(int fd, uint32_t what, int32_t value, int file);

/* One that is there, and the descriptor beside it or -1, not guarded.  1; 0: nobody will say any more; less: an errno. */
int carom__word_receive(int fd, word_t *word, int *file);

/* ---- forker_worker.c ---- */

/* In a fork of the forker, with all signals blocked: becomes the worker that is asked for, or says why not and ends.  `desk` is
 * where the forker hears of it, and is closed. */
carom_status_t carom__forker_become(carom_plat_stream_t **control, carom_plat_shared_t **shared, const asked_t *asked,
                                    int desk);

#endif

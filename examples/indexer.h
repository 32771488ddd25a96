/* A text indexer, and what its sources share:
 *
 *   indexer.c           the program: its options, questions and answers
 *   indexer_team.c      the workers, and who does what; what carom is used for is here and in the next
 *   indexer_worker.c    a worker
 *   indexer_index.c     the index of a file, which a worker makes and the program searches
 *   indexer_files.c     the files to be indexed, and the slices in which workers get them */

#ifndef INDEXER_H
#define INDEXER_H

#include <apr_pools.h>
#include <carom.h>

/* What became of a file; the numbers travel from worker to parent. */
typedef enum fate_t {
    FATE_WAITING,
    FATE_INDEXED,
    FATE_BINARY,
    FATE_UNREADABLE,
    FATE_TOO_LARGE,
    FATE_WORKER_DIED,
    FATES
} fate_t;

/* ---- files ---- */

typedef struct file_t {
    const char *path;
    uint64_t size;                 /* when it was found */
    fate_t fate;
    int deaths;                    /* workers that died over it */
    carom_value_t index;           /* bytes, when FATE_INDEXED */
} file_t;

typedef struct files_t {
    apr_pool_t *pool;
    file_t *all;                   /* in the order of their paths, each path once */
    size_t count, capacity;
    size_t unreadable_folders;
} files_t;

/* Adds a file, or all files below a folder but what symbolic links lead to.  APR's status when there is no such thing, or no
 * memory. */
apr_status_t files_add(files_t *files, const char *path);

/* Sorts, when all are there. */
void files_sort(files_t *files);

void files_clear(files_t *files);

/* How many files from `first` on a worker gets: one at least. */
#define FILES_SLICE_MAX 64
size_t files_slice(const files_t *files, size_t first);

/* ---- the index of a file ---- */

/* What is needed to make one, kept from file to file. */
typedef struct maker_t maker_t;

/* NULL when there is no memory. */
maker_t *maker_create(void);
void maker_destroy(maker_t **maker);

/* Gives the index of a text, good until the next, and its length, or 0 when there is no memory. */
size_t index_make(const void **index, maker_t *maker, const void *text, size_t length, int is_html);

typedef struct hit_t {
    uint32_t line, length;
    const char *word;              /* in the index */
} hit_t;

typedef struct hits_t {
    hit_t *all;
    size_t count, capacity;
} hits_t;

/* Sets hits to all words of an indexed file that begin with a prefix, by line, then word.  0 when there is no memory. */
int index_search(hits_t *hits, const file_t *file, const char *prefix, size_t length);

/* How many different words an indexed file has. */
size_t index_words(const file_t *file);

/* ---- workers ---- */

/* Starts one, or queues it, for files of these paths, which are bytes.  It sends a result for each: an index as bytes, or the
 * fate of the file as an int. */
carom_status_t worker_start(carom_exchange_t *exchange, const carom_value_t *paths, size_t count);

typedef struct team_options_t {
    carom_context_t *context;
    size_t jobs;
    int kill_workers;              /* now and then, by a lot that begins with */
    uint64_t seed;
    int shows_progress;            /* on stderr */
} team_options_t;

typedef struct team_report_t {
    size_t size, slices;           /* workers at a time; slices of files */
    unsigned hired, died, shot;    /* workers; shot ones are among those that died */
} team_report_t;

/* Indexes all files, each of which has its fate then.  CAROM_EDIED: whatever is tried, workers die. */
carom_status_t team_index(team_report_t *report, files_t *files, const team_options_t *options);

#endif

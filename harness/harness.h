/* What the files of the harness share.
 *
 * One program plays three parts.  The runner selects cases, starts a process for each, judges and reports: harness.c,
 * options.c, modes.c, select.c, failed.c, run.c, stacks.c, names.c, alone.c, judge.c, skips.c, report.c, junit.c, json.c,
 * text.c, progress.c, replay.c, folder.c.  The process of a case runs one body: body.c, gate.c.  And in every process and
 * thread that a body starts, assertions find their way back: assert.c, journal.c.
 */

#ifndef CAROM_HARNESS_INTERNAL_H
#define CAROM_HARNESS_INTERNAL_H

#include "harness/carom-harness.h"
#include "platform/inspect/inspect.h"

#include <apr_file_io.h>
#include <apr_hash.h>
#include <apr_pools.h>
#include <apr_tables.h>

/* How long what is ending anyway may take after the body, in microseconds: threads and processes end a little after they
 * were joined. */
#define CAROM__H_GRACE 500000

/* ---- the journal of a case: one line a record (journal.c) ---- */

typedef enum carom__h_kind_t {
    CAROM__H_FAILURE = 'F',     /* an assertion */
    CAROM__H_LEAK = 'L',        /* what the body left behind */
    CAROM__H_SKIP = 'S',
    CAROM__H_NOTE = 'N',
    CAROM__H_COUNT = 'C',       /* `line` assertions that passed */
    CAROM__H_DONE = 'D'         /* the process of the case came to its end, and goes on to exit with code `line` */
} carom__h_kind_t;

typedef struct carom__h_record_t {
    carom__h_kind_t kind;
    unsigned line;
    int64_t pid;
    const char *file, *function;
    const char *role;           /* who: "body", "spawn Process-1", … */
    const char *text;
} carom__h_record_t;

/* The variable that leads descendants of a case to its journal. */
#define CAROM__H_JOURNAL_VARIABLE "CAROM_H_JOURNAL"

/* From now on this process writes to `path`, through a descriptor it keeps: the body may use up all others.  0, or -1. */
int carom__h_journal_open(const char *path);
void carom__h_journal_close(void);

/* Adds a record.  Any thread, any process.  Where it cannot be written, the process ends with CAROM__H_LOST, so that a failure
 * never goes unseen. */
void carom__h_journal_write(const carom__h_record_t *record);

/* Reads the records of a journal; one that is not there has none. */
apr_array_header_t *carom__h_journal_read(const char *path, apr_pool_t *pool);

/* ---- assertions (assert.c) ---- */

/* Exit codes of a process whose fatal assertion had nowhere to jump, and of one that could not write to its journal. */
#define CAROM__H_NO_PAD 99
#define CAROM__H_LOST 98

typedef enum carom__h_landing_t { CAROM__H_RETURNED = 0, CAROM__H_FATAL = 1, CAROM__H_SKIPPED = 2 } carom__h_landing_t;

/* Calls function(argument) with a landing pad for the calling thread's fatal assertions; says how it came back. */
carom__h_landing_t carom__h_land(void (*function)(void *), void *argument);

/* Put round every entry, in thread and in process, by carom_guard_set. */
void carom__h_guard(void (*run)(void *), void *argument);

/* Makes the calling thread that of the body.  Failures then seen in this process: carom__h_failures. */
void carom__h_body_begins(void);
unsigned carom__h_failures(void);

/* Writes how many assertions passed in this process since the last time. */
void carom__h_count_write(void);

/* ---- the gate (gate.c) ---- */

typedef struct carom__h_snapshot_t {
    carom_inspect_thing_t *things;
    size_t count, capacity;
} carom__h_snapshot_t;

/* Adds a thing to a snapshot, which is the argument. */
void carom__h_snapshot_add(void *argument, const carom_inspect_thing_t *thing);
int carom__h_snapshot_has(const carom__h_snapshot_t *snapshot, const carom_inspect_thing_t *thing);

/* The kinds that CAROM_LEAVES_… allows, as a mask. */
unsigned carom__h_allowed_kinds(unsigned leaves);

/* "segment 7 left behind: /dev/shm/it" */
void carom__h_leak_text(char *text, size_t size, const carom_inspect_thing_t *thing);

/* Looks at what this process has, and at what it and the calling thread have one of each. */
void carom__h_gate_open(carom__h_snapshot_t *before);

/* Writes a record for each thing that is still more than before after the grace, or another than before, and for each file in
 * `directory`, but for what `leaves` allows.  In the same thread.  Returns how many.  Frees the snapshot. */
unsigned carom__h_gate_check(carom__h_snapshot_t *before, const char *directory, unsigned leaves);

/* What the gate cannot see on this system, as a line for people; NULL: nothing. */
const char *carom__h_gate_blind(void);

/* ---- modes (modes.c) ---- */

typedef struct carom__h_mode_t {
    const char *name;
    unsigned bit;
    int has_context;                 /* it is one of carom's */
    const carom_test_mode_t *own;    /* or of the application's; else NULL */
} carom__h_mode_t;

/* The modes that there are, also those this system has not; NULL after the last.  named: NULL when there is none. */
const carom__h_mode_t *carom__h_mode_at(size_t index);
const carom__h_mode_t *carom__h_mode_named(const char *name);
int carom__h_mode_is_here(const carom__h_mode_t *mode);

/* What is wrong with the modes that were registered; NULL: nothing. */
const char *carom__h_modes_wrong(void);

/* In the process of a case: makes what a body gets of its mode, and ends it. */
carom_status_t carom__h_mode_open(const carom__h_mode_t *mode, carom_test_t *test);
void carom__h_mode_close(const carom__h_mode_t *mode, carom_test_t *test);

/* ---- what is to be run (options.c, select.c) ---- */

typedef struct carom__h_case_t {
    const carom_test_entry_t *entry;
    const carom__h_mode_t *mode;
    size_t order;               /* of the mode */
    const char *parameter;      /* NULL: the test has none */
    int parameter_index;
    const char *suite;          /* "queue[thread]" */
    const char *name;           /* "queue[thread]/put_get", "queue[thread]/put_get(64)" */
    CU_pTest proxy;             /* in CUnit's registry */
} carom__h_case_t;

typedef struct carom__h_options_t {
    unsigned modes;
    apr_array_header_t *patterns;    /* const char *; none: all cases */
    apr_array_header_t *tags;        /* const char *, after '-' one that is not wanted */
    apr_hash_t *failed_names;        /* what `failed` comes to (failed.c); NULL: all */
    uint64_t seed;
    int repeat;                      /* 0: once, or with until_fail for ever */
    int jobs, retries;
    double multiplier;               /* of timeouts */
    int list, isolate, help, failed, shuffle, until_fail;
    const char *skips;               /* a path, NULL: any skip will do */
    const char *junit, *json;        /* paths of reports, NULL: none */
    const char *case_name, *journal, *directory;    /* in the process of a case */
} carom__h_options_t;

/* Reads command line and environment.  Returns NULL, or what is wrong. */
const char *carom__h_options_read(carom__h_options_t *options, int argc, const char *const *argv, apr_pool_t *pool);
const char *carom__h_usage(void);

/* The cases that the options select, as an array of carom__h_case_t, by suite, mode and order of definition. */
apr_array_header_t *carom__h_select(const carom__h_options_t *options, apr_pool_t *pool);

/* 1 when the text fits the pattern: * and ? are wild, brackets are brackets. */
int carom__h_fits(const char *pattern, const char *text, apr_pool_t *pool);

/* The registered tests, in order of definition (harness.c). */
const carom_test_entry_t *carom__h_entries(void);

/* ---- the process of a case (body.c) ---- */

/* Runs the body of a case, fixture, gate and all, with its journal open.  Returns the exit code. */
int carom__h_body_run(const carom__h_case_t *of, const char *directory, uint64_t seed);

/* The whole life of a case's process. */
int carom__h_case_main(const carom__h_options_t *options, apr_pool_t *pool);

/* ---- running (run.c) ---- */

/* A flaky one failed, and passed when it was tried again; its failures are those of the tries before. */
typedef enum carom__h_outcome_t {
    CAROM__H_PASSED,
    CAROM__H_FAILED,
    CAROM__H_SKIPPED_OVER,
    CAROM__H_FAILED_AS_EXPECTED,
    CAROM__H_FLAKY,
    CAROM__H_OUTCOMES
} carom__h_outcome_t;

typedef enum carom__h_state_t {
    CAROM__H_WAITING,
    CAROM__H_RUNNING,
    CAROM__H_LINGERING,         /* its process has ended, others that it started have not */
    CAROM__H_ENDED,             /* all have; it is judged once it is suspected of nothing */
    CAROM__H_FINISHED
} carom__h_state_t;

typedef struct carom__h_run_t {
    carom__h_case_t *of;
    int number;                 /* its place among the runs; names its folder and its processes */
    int round;                  /* of options.repeat, from 0 */
    uint64_t seed;
    carom__h_state_t state;
    const char *folder;         /* holds what follows; removed after judging */
    const char *journal, *output, *crashes, *directory;
    carom_inspect_case_t *process;
    carom_inspect_end_t end;
    carom_duration_t began, deadline, took;
    int timed_out;
    apr_array_header_t *survivors;   /* carom_inspect_thing_t: processes that outlived the case */
    apr_array_header_t *left;        /* carom_inspect_thing_t: what it left in the whole system */
    const char *trouble;        /* it could not be started */
    const char *stacks;         /* where its threads stood, of a case that failed; NULL or "": nobody said */
    /* set by carom__h_judge */
    carom__h_outcome_t outcome;
    apr_array_header_t *failures;    /* carom__h_record_t */
    apr_array_header_t *notes;       /* const char * */
    const char *skip;                /* reason; NULL when not skipped */
    uint64_t passes;                 /* assertions that passed */
    const char *last_output;         /* of a case that failed */
    int attempts;                    /* that have ended; a failed one may be followed by another */
} carom__h_run_t;

#define CAROM__H_LOCKS 2             /* see alone.c */

typedef struct carom__h_session_t {
    apr_pool_t *root;                /* for as long as the session */
    apr_pool_t *pool;                /* the same, or while there are rounds that of the round */
    carom__h_options_t options;
    apr_array_header_t *cases;       /* carom__h_case_t */
    apr_array_header_t *runs;        /* carom__h_run_t */
    apr_array_header_t *skips;       /* carom__h_listed_skip_t; NULL: any will do */
    const char *command;             /* argv[0], for people */
    const char *program;             /* for starting it again */
    const char *folder;              /* temporary, of this session */
    const char *tag;                 /* of the case this runner itself runs in, with a '.'; else "" */
    carom__h_snapshot_t names;       /* what the whole system has; once it was looked at */
    int looked;
    apr_array_header_t *finds;       /* carom__h_find_t: what came since and is not settled */
    apr_array_header_t *riddles;     /* carom__h_find_t: what was left by one of several */
    apr_array_header_t *strays;      /* carom_inspect_thing_t: what was left while other test programs ran */
    apr_file_t *locks[CAROM__H_LOCKS];       /* of the files that tell them of this one; NULL: there are none */
    const char *lock_paths[CAROM__H_LOCKS];
    int counts[CAROM__H_OUTCOMES];   /* runs by outcome */
    int told;                        /* runs of rounds before this one, which have been reported */
    int rounds;                      /* of until_fail, that have begun */
    apr_file_t *json;                /* NULL: no such report */
    carom_duration_t began;
} carom__h_session_t;

/* Runs and reports all runs.  Returns NULL, or why it had to stop. */
const char *carom__h_run_all(carom__h_session_t *session);

/* Runs one, for the first time or once more, and reports nothing. */
void carom__h_run_one(carom__h_session_t *session, carom__h_run_t *run);

/* The timeout of a case in microseconds. */
carom_duration_t carom__h_timeout(const carom__h_session_t *session, const carom__h_case_t *of);

/* ---- where threads stood (stacks.c) ---- */

/* When the time of a case is up, before its processes are killed: asks where their threads stand. */
void carom__h_stacks_take(carom__h_session_t *session, carom__h_run_t *run);

/* When a case has failed, while it has its folder: puts before that what processes of it said when they crashed. */
void carom__h_stacks_read(carom__h_session_t *session, carom__h_run_t *run);

/* ---- what cases leave in the whole system (names.c, alone.c) ---- */

typedef struct carom__h_find_t {
    carom_inspect_thing_t thing;
    apr_array_header_t *suspects;    /* carom__h_run_t *: that ran when it came; none: it came between cases */
    carom_duration_t until;          /* the end of its grace; 0: some suspect still runs */
    int doubtful;                    /* it is left, by one of several */
    int settled;
} carom__h_find_t;

/* Enters what came since the last look, with the cases that run as suspects.  To be called whenever this is about to become
 * other cases, and once nothing of a case lives any more that has ended. */
void carom__h_names_look(carom__h_session_t *session);

/* Frees what the looks need. */
void carom__h_names_close(carom__h_session_t *session);

/* While the session lasts, says to other test programs of this user that this one runs. */
void carom__h_alone_begin(carom__h_session_t *session);
void carom__h_alone_end(carom__h_session_t *session);

/* 1 when none has run since a moment of carom_now(). */
int carom__h_alone_since(const carom__h_session_t *session, carom_duration_t began);

/* Settles what can be.  Returns the first find that only running its suspects again can settle; NULL: none. */
carom__h_find_t *carom__h_names_settle(carom__h_session_t *session);

/* 1 while a find that the run is suspected of is not settled. */
int carom__h_names_suspect(const carom__h_session_t *session, const carom__h_run_t *run);

/* Settles a find: the run left it, unless it may. */
void carom__h_names_charge(carom__h_find_t *found, carom__h_run_t *run);

/* The same with all finds of this kind from number `since` on that are left.  Returns how many. */
int carom__h_names_charge_new(carom__h_session_t *session, int since, carom_inspect_kind_t kind, carom__h_run_t *run);

/* Settles a find: one of its suspects left it, and nobody knows which. */
void carom__h_names_charge_nobody(carom__h_session_t *session, carom__h_find_t *found);

/* ---- judging (judge.c) ---- */

void carom__h_judge(carom__h_session_t *session, carom__h_run_t *run);

/* Adds a failure that the runner found, at the place where the test is defined. */
void carom__h_fail(carom__h_session_t *session, carom__h_run_t *run, const char *format, ...) CAROM_PRINTF(3, 4);

/* ---- the list of skips (skips.c) ---- */

typedef struct carom__h_listed_skip_t {
    const char *pattern, *mode, *system, *reason;
} carom__h_listed_skip_t;

/* Returns NULL, or what is wrong with the file. */
const char *carom__h_skips_read(apr_array_header_t **skips, const char *path, apr_pool_t *pool);
int carom__h_skip_listed(const apr_array_header_t *skips, const carom__h_case_t *of, const char *reason, apr_pool_t *pool);

/* ---- what failed the last time (failed.c) ---- */

/* The names in the file of such, as keys; one that is not there has none. */
apr_hash_t *carom__h_failed_read(const carom__h_session_t *session);
int carom__h_failed_has(apr_hash_t *names, const char *name);

/* Takes out of that file what passed now, and puts in what failed; without names there is no file. */
void carom__h_failed_write(const carom__h_session_t *session);

/* ---- reports for programs (junit.c, json.c) ---- */

/* The path of a report: one that ends in '/' is a folder, in which the report is named after the program. */
const char *carom__h_report_path(const carom__h_session_t *session, const char *path, const char *suffix);

/* "passed", "failed", … */
const char *carom__h_outcome_name(carom__h_outcome_t outcome);

/* Where an assertion failed, and who it was, for people; of what the runner found there is no function. */
const char *carom__h_failure_place(const carom__h_session_t *session, const carom__h_run_t *run,
                                   const carom__h_record_t *failure);

/* The command that runs a case once more as it was. */
const char *carom__h_again(const carom__h_session_t *session, const carom__h_run_t *run);

/* What one of several cases left, and none of them again: the `which`th of session->riddles, in words. */
const char *carom__h_riddle_text(const carom__h_session_t *session, int which, apr_pool_t *pool);

/* What was left while other test programs ran: the `which`th of session->strays, in words. */
const char *carom__h_stray_text(const carom__h_session_t *session, int which, apr_pool_t *pool);

/* JUnit's XML, written whole in the end, of the runs that have finished.  Returns NULL, or what went wrong. */
const char *carom__h_junit_write(const carom__h_session_t *session);

/* Lines of JSON, each written when it is known.  begin returns NULL, or what went wrong; stop: `why` it came to no end. */
const char *carom__h_json_begin(carom__h_session_t *session);
void carom__h_json_run(const carom__h_session_t *session, const carom__h_run_t *run);
void carom__h_json_end(const carom__h_session_t *session, const char *why);

/* ---- progress (progress.c) ---- */

/* One line on a terminal, if stderr is one, that is written over and over: how far it is, what runs and for how long. */
void carom__h_progress_show(const carom__h_session_t *session);
void carom__h_progress_hide(void);

/* ---- reports (report.c, replay.c) ---- */

void carom__h_report_list(const carom__h_session_t *session);
void carom__h_report_head(const carom__h_session_t *session);
void carom__h_report_run(const carom__h_session_t *session, int index);
void carom__h_report_end(const carom__h_session_t *session);
void carom__h_report_stop(const carom__h_session_t *session, const char *why);

/* Prints on stdout, as it is: no line end is translated. */
void carom__h_say(const carom__h_session_t *session, const char *format, ...) CAROM_PRINTF(2, 3);

/* 1 when something could not be printed: nobody reads the report any more.  lose_report: that has been seen elsewhere. */
int carom__h_unheard(void);
void carom__h_lose_report(void);

/* Makes a test of CUnit's of each case, in the registry that there is, which runs it.  Returns NULL, or what is wrong. */
const char *carom__h_replay_lend(carom__h_session_t *session);

/* Plays the stored results through CUnit, and compares its count of failed tests with ours.  Returns NULL, or what is wrong. */
const char *carom__h_replay(carom__h_session_t *session);

/* ---- text (text.c) ---- */

/* "1.234567" */
const char *carom__h_seconds(carom_duration_t duration, apr_pool_t *pool);

/* A copy in which all that is no UTF-8, and no character that may stand in XML, is a question mark. */
const char *carom__h_printable(const char *text, apr_pool_t *pool);

/* ---- temporary folders (folder.c) ---- */

/* A new folder in the system's place for such; NULL: none could be made. */
const char *carom__h_folder_make(apr_pool_t *pool);

/* Removes a folder and all in it, as far as possible. */
void carom__h_folder_remove(const char *path, apr_pool_t *pool);

/* The contents of a file, at most its last `limit` bytes; "" when there is none. */
const char *carom__h_file_read(const char *path, size_t limit, apr_pool_t *pool);

#endif

/* Assertions, wherever they stand. */

#include "harness/harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where the calling thread's fatal assertions go: the innermost carom__h_land. */
static _Thread_local jmp_buf *landing_pad;
static _Thread_local int is_body;

static atomic_uint passes, failures;

/* The process whose body counts in the end; in others each entry does.  Set before the body begins. */
static int64_t body_pid;

carom__h_landing_t carom__h_land(void (*function)(void *), void *argument)
{
    jmp_buf pad, *outer = landing_pad;
    carom__h_landing_t landing = CAROM__H_RETURNED;

    switch (setjmp(pad)) {
    case 0:
        landing_pad = &pad;
        function(argument);
        break;
    case CAROM__H_SKIPPED:
        landing = CAROM__H_SKIPPED;
        break;
    default:
        landing = CAROM__H_FATAL;
    }
    landing_pad = outer;
    return landing;
}

/* A fork has its parent's counts and is where its parent was; those are the parent's to tell. */
static void forget_parent(void)
{
    static int64_t known_pid;

    if (known_pid == carom_inspect_pid())
        return;
    known_pid = carom_inspect_pid();
    /* Nor has it the handlers of its parent, when carom has forked it. */
    carom_inspect_crash_quietly();
    if (known_pid == body_pid)
        return;
    is_body = 0;
    atomic_store(&failures, 0);
    atomic_store(&passes, 0);
}

void carom__h_guard(void (*run)(void *), void *argument)
{
    char room[CAROM_INSPECT_CRASH_ROOM];
    int has_room;

    forget_parent();
    has_room = carom_inspect_crash_room(room);
    carom__h_land(run, argument);
    if (has_room)
        carom_inspect_crash_room(NULL);
    if (carom_inspect_pid() != body_pid)
        carom__h_count_write();
}

static void jump(void *nothing)
{
    (void) nothing;
    longjmp(*landing_pad, CAROM__H_SKIPPED);
}

/* The first jump makes handles on some systems, which the body would be blamed for. */
void carom__h_body_begins(void)
{
    carom__h_land(jump, NULL);
    is_body = 1;
    body_pid = carom_inspect_pid();
    atomic_store(&failures, 0);
    atomic_store(&passes, 0);
}

unsigned carom__h_failures(void)
{
    return atomic_load(&failures);
}

/* ---- records ---- */

static const char *role(char *text, size_t size)
{
    carom_self_t self;

    if (is_body)
        return "body";
    carom_self(&self);
    if (strcmp(self.mode, "main") == 0)
        return carom_inspect_pid() == body_pid ? "a thread of the body" : "a process that carom did not start";
    snprintf(text, size, "%s %s", self.mode, self.name);
    return text;
}

static void write_record(carom__h_kind_t kind, unsigned line, const char *file, const char *function, const char *text)
{
    char who[256];
    carom__h_record_t record = {kind, line, carom_inspect_pid(), file, function, role(who, sizeof(who)), text};

    carom__h_journal_write(&record);
}

void carom__h_count_write(void)
{
    unsigned count = atomic_exchange(&passes, 0);

    if (count > 0)
        write_record(CAROM__H_COUNT, count, "", "", "");
}

/* A thread without a pad is not one of carom's; jumping onto another thread's stack is no way out. */
static void leave(carom__h_landing_t landing)
{
    if (landing_pad != NULL)
        longjmp(*landing_pad, landing);
    fflush(NULL);
    _Exit(CAROM__H_NO_PAD);
}

/* ---- the assertions ---- */

int carom_harness_assert(int passed, unsigned line, const char *condition, const char *file, const char *function, int fatal)
{
    if (passed) {
        atomic_fetch_add_explicit(&passes, 1, memory_order_relaxed);
        return passed;
    }
    atomic_fetch_add(&failures, 1);
    write_record(CAROM__H_FAILURE, line, file, function, condition);
    if (fatal)
        leave(CAROM__H_FATAL);
    return passed;
}

static void describe_status(char *text, size_t size, carom_status_t status)
{
    char words[200];
    const char *name = carom_status_name(status);

    if (status == CAROM_OK)
        snprintf(text, size, "%s", name);
    else if (strcmp(name, "system") == 0)
        snprintf(text, size, "status %d (%s)", status, carom_status_text(status, words, sizeof(words)));
    else
        snprintf(text, size, "%s (%s)", name, carom_status_text(status, words, sizeof(words)));
}

void carom_harness_assert_status(carom_status_t status, carom_status_t wanted, unsigned line, const char *expression,
                                 const char *file, const char *function)
{
    char text[2000], is[300], should[300];

    if (status != wanted) {
        describe_status(is, sizeof(is), status);
        describe_status(should, sizeof(should), wanted);
        snprintf(text, sizeof(text), "%s gave %s, wanted %s", expression, is, should);
        expression = text;
    }
    carom_harness_assert(status == wanted, line, expression, file, function, 1);
}

void carom_harness_assert_int(int64_t actual, int64_t wanted, unsigned line, const char *expression, const char *file,
                              const char *function)
{
    char text[2000];

    if (actual != wanted) {
        snprintf(text, sizeof(text), "%s is %lld, wanted %lld", expression, (long long) actual, (long long) wanted);
        expression = text;
    }
    carom_harness_assert(actual == wanted, line, expression, file, function, 1);
}

static void quote(char *text, size_t size, const char *value)
{
    if (value == NULL)
        snprintf(text, size, "NULL");
    else
        snprintf(text, size, "\"%.800s\"", value);
}

void carom_harness_assert_text(const char *actual, const char *wanted, unsigned line, const char *expression,
                               const char *file, const char *function)
{
    char text[2400], is[820], should[820];
    int same = actual == wanted || (actual != NULL && wanted != NULL && strcmp(actual, wanted) == 0);

    if (!same) {
        quote(is, sizeof(is), actual);
        quote(should, sizeof(should), wanted);
        snprintf(text, sizeof(text), "%.700s is %s, wanted %s", expression, is, should);
        expression = text;
    }
    carom_harness_assert(same, line, expression, file, function, 1);
}

void carom_harness_skip(const char *reason, unsigned line, const char *file, const char *function)
{
    write_record(CAROM__H_SKIP, line, file, function, reason);
    leave(CAROM__H_SKIPPED);
}

void carom_harness_note(const char *format, ...)
{
    char text[1001];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    write_record(CAROM__H_NOTE, 0, "", "", text);
}

/* Linux tells all of it in /proc, but for what inspect_names.c has. */

#include "inspect_linux.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

const char *carom_inspect_system(void)
{
    return "linux";
}

apr_status_t carom_inspect_program(char *path, size_t size)
{
    ssize_t length = readlink("/proc/self/exe", path, size);

    if (length < 0)
        return errno;
    if ((size_t) length >= size)
        return APR_ENAMETOOLONG;
    path[length] = '\0';
    return APR_SUCCESS;
}

/* ---- reading /proc ---- */

ssize_t carom_inspect_read_proc(const char *path, char *buffer, size_t size)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    size_t length = 0;
    ssize_t got = 0;

    if (file < 0)
        return -1;
    while (length < size - 1 && (got = read(file, buffer + length, size - 1 - length)) > 0)
        length += (size_t) got;
    close(file);
    buffer[length] = '\0';
    return got < 0 ? -1 : (ssize_t) length;
}

/* 'R', 'S', 'Z', … or 0 for a process that is gone.  The name before it may hold anything, also parentheses. */
static char state_of(pid_t pid)
{
    char path[64], text[512], *end;

    snprintf(path, sizeof(path), "/proc/%d/stat", (int) pid);
    if (carom_inspect_read_proc(path, text, sizeof(text)) <= 0 || (end = strrchr(text, ')')) == NULL || end[1] == '\0')
        return 0;
    return end[2];
}

static void one_line(char *text)
{
    for (; *text != '\0'; text++)
        if (iscntrl((unsigned char) *text))
            *text = ' ';
}

void carom_inspect_describe_process(char *text, size_t size, pid_t pid)
{
    char path[64];
    ssize_t length, i;

    snprintf(path, sizeof(path), "/proc/%d/cmdline", (int) pid);
    length = carom_inspect_read_proc(path, text, size);
    for (i = 0; i < length - 1; i++)
        if (text[i] == '\0')
            text[i] = ' ';
    if (length <= 0) {
        snprintf(path, sizeof(path), "/proc/%d/comm", (int) pid);
        if (carom_inspect_read_proc(path, text, size) <= 0)
            snprintf(text, size, "?");
    }
    text[strcspn(text, "\n")] = '\0';
    one_line(text);
}

/* ---- children ---- */

typedef void (*on_pid_t)(void *argument, pid_t pid);

/* The children of one thread: /proc/self/task/N/children, which wants CONFIG_PROC_CHILDREN. */
static int each_child_of_thread(const char *thread, on_pid_t on_pid, void *argument)
{
    char path[320], *text, *next, *end;
    const size_t size = 64 * 1024;
    ssize_t length = -1;

    snprintf(path, sizeof(path), "/proc/self/task/%s/children", thread);
    if ((text = malloc(size)) != NULL && (length = carom_inspect_read_proc(path, text, size)) > 0)
        for (next = text;; next = end) {
            long pid = strtol(next, &end, 10);

            if (end == next)
                break;
            on_pid(argument, (pid_t) pid);
        }
    free(text);
    return length >= 0;
}

static int each_child(on_pid_t on_pid, void *argument)
{
    DIR *threads = opendir("/proc/self/task");
    struct dirent *entry;
    int told = 0;

    if (threads == NULL)
        return 0;
    while ((entry = readdir(threads)) != NULL)
        if (isdigit((unsigned char) entry->d_name[0]))
            told |= each_child_of_thread(entry->d_name, on_pid, argument);
    closedir(threads);
    return told;
}

/* ---- what this process has ---- */

static void list_child(void *argument, pid_t pid)
{
    const carom_inspect_listing_t *listing = argument;
    carom_inspect_thing_t thing;
    char state = state_of(pid);

    if (state == 0)
        return;
    thing.kind = state == 'Z' || state == 'X' ? CAROM_INSPECT_ZOMBIE : CAROM_INSPECT_CHILD;
    thing.id = pid;
    carom_inspect_describe_process(thing.text, sizeof(thing.text), pid);
    listing->visit(listing->argument, &thing);
}

static void describe_thread(carom_inspect_thing_t *thing, const char *name, int directory)
{
    char path[320];

    (void) directory;
    thing->kind = CAROM_INSPECT_THREAD;
    snprintf(path, sizeof(path), "/proc/self/task/%s/comm", name);
    if (carom_inspect_read_proc(path, thing->text, sizeof(thing->text)) <= 0)
        snprintf(thing->text, sizeof(thing->text), "?");
    thing->text[strcspn(thing->text, "\n")] = '\0';
    one_line(thing->text);
}

static void describe_descriptor(carom_inspect_thing_t *thing, const char *name, int directory)
{
    ssize_t length = readlinkat(directory, name, thing->text, sizeof(thing->text) - 1);

    thing->kind = CAROM_INSPECT_DESCRIPTOR;
    thing->text[length < 0 ? 0 : length] = '\0';
    one_line(thing->text);
}

/* Each number in a folder of /proc/self is a thing, but for the descriptor that reads the folder. */
static int list_folder(const char *path, void (*describe)(carom_inspect_thing_t *, const char *, int),
                       const carom_inspect_listing_t *listing)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    carom_inspect_thing_t thing;

    if (folder == NULL)
        return 0;
    while ((entry = readdir(folder)) != NULL) {
        if (!isdigit((unsigned char) entry->d_name[0]))
            continue;
        thing.id = strtoll(entry->d_name, NULL, 10);
        describe(&thing, entry->d_name, dirfd(folder));
        if (thing.kind != CAROM_INSPECT_DESCRIPTOR || thing.id != dirfd(folder))
            listing->visit(listing->argument, &thing);
    }
    closedir(folder);
    return 1;
}

unsigned carom_inspect_list(carom_inspect_visit_t visit, void *argument)
{
    carom_inspect_listing_t listing = {visit, argument};
    unsigned told = 0;

    if (each_child(list_child, &listing))
        told |= CAROM_INSPECT_CHILD | CAROM_INSPECT_ZOMBIE;
    if (list_folder("/proc/self/task", describe_thread, &listing))
        told |= CAROM_INSPECT_THREAD;
    if (list_folder("/proc/self/fd", describe_descriptor, &listing))
        told |= CAROM_INSPECT_DESCRIPTOR;
    return told;
}

/* ---- cases ---- */

void carom_inspect_become_case(void)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
}

/* 0 where orphans go to init all the same, as with qemu-user: then they are searched for among all processes. */
static int adopts;

void carom_inspect_adopt_orphans(void)
{
    adopts = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0;
}

/* Looks with WNOWAIT first: a case is collected when it is released.  One that waits for that hides the others for a moment. */
void carom_inspect_collect_orphans(void)
{
    siginfo_t info;

    do {
        info.si_pid = 0;
        if (waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0 || carom_inspect_is_case(info.si_pid))
            return;
    } while (waitpid(info.si_pid, NULL, WNOHANG) > 0);
}

/* 1 when the environment names this tag.  When it names none at all nobody else claims an orphan of ours, and we no other. */
static int has_tag(const char *environment, ssize_t length, const char *tag)
{
    size_t name = (size_t) (strchr(tag, '=') + 1 - tag), whole = strlen(tag);
    const char *one;

    for (one = environment; one < environment + length; one += strlen(one) + 1)
        if (strncmp(one, tag, name) == 0)
            return strncmp(one, tag, whole) == 0 && (one[whole] == '\0' || one[whole] == '.');
    return adopts;
}

static int belongs_to(pid_t pid, const char *tag)
{
    const size_t size = 256 * 1024;
    char path[64], *environment = malloc(size);
    ssize_t length;
    int belongs;

    if (environment == NULL)
        return 0;
    snprintf(path, sizeof(path), "/proc/%d/environ", (int) pid);
    length = carom_inspect_read_proc(path, environment, size);
    belongs = length < 0 ? adopts : has_tag(environment, length, tag);
    free(environment);
    return belongs;
}

typedef struct {
    carom_inspect_listing_t listing;
    const char *tag;
    unsigned count;
} search_t;

/* The runner's children that are no cases were orphans.  The dead among them are collected here, since nobody else will.  What
 * is no child is not collected, and has no environment any more. */
static void find_survivor(void *argument, pid_t pid)
{
    search_t *search = argument;
    char state;

    if (carom_inspect_is_case(pid) || (state = state_of(pid)) == 0)
        return;
    if (state == 'Z' || state == 'X') {
        waitpid(pid, NULL, WNOHANG);
        return;
    }
    if (!belongs_to(pid, search->tag))
        return;
    search->count++;
    list_child(&search->listing, pid);
}

static void each_process(on_pid_t on_pid, void *argument)
{
    DIR *processes = opendir("/proc");
    struct dirent *entry;

    if (processes == NULL)
        return;
    while ((entry = readdir(processes)) != NULL)
        if (isdigit((unsigned char) entry->d_name[0]))
            on_pid(argument, (pid_t) strtol(entry->d_name, NULL, 10));
    closedir(processes);
}

unsigned carom_inspect_survivors(carom_inspect_case_t *started, carom_inspect_visit_t visit, void *argument)
{
    search_t search = {{visit, argument}, started->tag, 0};

    if (adopts)
        each_child(find_survivor, &search);
    else
        each_process(find_survivor, &search);
    return search.count;
}

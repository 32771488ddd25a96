/* SIGKILL of the root of a tree at moments spread over its run: after 2 s no process of it is left, and no file.
 *
 *     kill_root COUNT PROGRAM [ARGUMENT …]
 *
 * runs the program three times to its end, to know how long that takes at least, then COUNT times, each time killing it a
 * little later.  A root that was faster than that tells a new length of the run for the moments to come; where no worker lived,
 * it tries another moment.  Processes of the tree are known by a variable in their environment, wherever they went.
 * Prints TAP. */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MARK "CAROM_KILL_ROOT="
#define TRIES 4
#define GRACE 2000000      /* µs */

static char mark[64];            /* "CAROM_KILL_ROOT=<pid>-<n>" of this round */
static char folder[] = "/tmp/carom-kill-root-XXXXXX";

static int64_t now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t) t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void nap(int64_t microseconds)
{
    struct timespec t = {microseconds / 1000000, microseconds % 1000000 * 1000};

    while (microseconds > 0 && nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

static pid_t start(char **argv)
{
    posix_spawn_file_actions_t actions;
    char temporary[100];
    pid_t pid;
    int error;

    snprintf(temporary, sizeof temporary, "%s", folder);
    setenv("TMPDIR", temporary, 1);
    putenv(mark);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
    error = posix_spawn(&pid, argv[0], &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        printf("Bail out! cannot run %s: %s\n", argv[0], strerror(error));
        exit(99);
    }
    return pid;
}

static int is_marked(pid_t pid)
{
    char path[64], *text;
    int fd, found = 0;
    ssize_t n;

    snprintf(path, sizeof path, "/proc/%d/environ", (int) pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    text = malloc(1 << 17);
    if (fd >= 0 && text && (n = read(fd, text, 1 << 17)) > 0)
        found = memmem(text, (size_t) n, mark, strlen(mark) + 1) != NULL;
    free(text);
    if (fd >= 0)
        close(fd);
    return found;
}

/* The marked processes, ourselves and zombies not counted. */
static int count_marked(pid_t *one)
{
    DIR *directory = opendir("/proc");
    struct dirent *entry;
    int count = 0;

    while (directory && (entry = readdir(directory)) != NULL) {
        pid_t pid = (pid_t) atoi(entry->d_name);

        if (pid > 0 && pid != getpid() && is_marked(pid)) {
            *one = pid;
            count++;
        }
    }
    if (directory)
        closedir(directory);
    return count;
}

static int count_files(void)
{
    DIR *directory = opendir(folder);
    int count = -2;

    while (directory && readdir(directory) != NULL)
        count++;
    if (directory)
        closedir(directory);
    return count;
}

static void name_round(int n)
{
    snprintf(mark, sizeof mark, MARK "%d-%d", (int) getpid(), n);
}

static int64_t measure_once(char **argv)
{
    int64_t before = now();
    pid_t pid;
    int how;

    name_round(0);
    pid = start(argv);
    while (waitpid(pid, &how, 0) < 0 && errno == EINTR)
        ;
    if (!WIFEXITED(how) || WEXITSTATUS(how) > 1) {
        printf("Bail out! %s did not end well by itself: %d\n", argv[0], how);
        exit(99);
    }
    return now() - before;
}

static int64_t measure(char **argv)
{
    int64_t least = measure_once(argv);
    int i;

    for (i = 0; i < 2; i++) {
        int64_t length = measure_once(argv);

        if (length < least)
            least = length;
    }
    return least;
}

/* 1 when everything was gone in time. */
static int is_clean(int n)
{
    int64_t before = now();
    pid_t one = 0;
    int left, files;

    while ((left = count_marked(&one)) > 0 && now() - before < GRACE)
        nap(2000);
    files = count_files();
    if (left > 0)
        printf("# round %d: %d processes left, one is %d\n", n, left, (int) one);
    if (files > 0)
        printf("# round %d: %d files left in %s\n", n, files, folder);
    return left == 0 && files == 0;
}

/* Returns whether everything was gone in time.  *lived: the root was there to be killed, and had workers. */
static int kill_at(char **argv, int64_t moment, int n, int *was_early, int *lived)
{
    pid_t root, ignored;
    int ended;

    name_round(n);
    root = start(argv);
    nap(moment);
    kill(root, SIGSTOP);
    ended = waitpid(root, NULL, WNOHANG) == root;
    *was_early = ended;
    *lived = !ended && count_marked(&ignored) > 1;
    if (!ended)
        kill(root, SIGKILL);
    while (!ended && waitpid(root, NULL, 0) < 0 && errno == EINTR)
        ;
    return is_clean(n);
}

/* On a busy machine the workers may not be there yet, or not any more: then again, nearer to the middle.  1: nothing was left,
 * whenever it was. */
static int kill_near(char **argv, int64_t *length, int64_t moment, int n, int *lived)
{
    int clean = 1, tries, was_early;

    *lived = 0;
    for (tries = 0; tries < TRIES && !*lived; tries++) {
        clean &= kill_at(argv, moment, n, &was_early, lived);
        if (was_early)
            *length = *length * 9 / 10;
        moment = (moment + *length / 2) / 2;
    }
    return clean;
}

int main(int argc, char **argv)
{
    int count = argc > 2 ? atoi(argv[1]) : 0, hits = 0, clean = 0, n, lived;
    int64_t length;

    if (count <= 0 || mkdtemp(folder) == NULL) {
        fprintf(stderr, "usage: kill_root COUNT PROGRAM [ARGUMENT ...]\n");
        return 99;
    }
    length = measure(argv + 2);
    for (n = 1; n <= count; n++) {
        clean += kill_near(argv + 2, &length, length * n / (count + 1), n, &lived);
        hits += lived;
    }
    rmdir(folder);
    printf("1..2\n# a run of %lld ms, killed %d times, %d times with living workers\n", (long long) length / 1000, count, hits);
    printf("%s 1 - kill_root/nothing_is_left (%d of %d)\n", clean == count ? "ok" : "not ok", clean, count);
    printf("%s 2 - kill_root/hit_a_living_tree (%d of %d)\n", hits * 10 >= count * 9 ? "ok" : "not ok", hits, count);
    return 0;
}

/* Names that end with their tree: other trees here are forks of this process, which carom did not start. */

#include "tests/shared.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

/* ---- another tree ---- */

typedef struct tree_t {
    pid_t root;
    int from, to;                  /* pipes: what it says, and what is said to it */
    char name[64];                 /* of what it made */
} tree_t;

static void tell(int fd, const char *text)
{
    char line[64] = {0};

    snprintf(line, sizeof line, "%s", text);
    CAROM_ASSERT_INT(write(fd, line, sizeof line), sizeof line);
}

/* 0 when nobody is there any more. */
static int listen_to(int fd, char line[64])
{
    ssize_t n = read(fd, line, 64);

    return n == 64;
}

/* Runs `live` in a tree of its own, which says one line when it is ready, a name or nothing, and then waits for one. */
static tree_t start_tree(carom_test_t *test, void (*live)(carom_test_t *test, int from, int to))
{
    int out[2], in[2];
    tree_t tree;

    CAROM_ASSERT(pipe(out) == 0 && pipe(in) == 0);
    tree.root = fork();
    CAROM_ASSERT(tree.root >= 0);
    if (tree.root == 0) {
        close(out[0]);
        close(in[1]);
        live(test, in[0], out[1]);
        _exit(9);
    }
    close(out[1]);
    close(in[0]);
    tree.from = out[0];
    tree.to = in[1];
    CAROM_ASSERT(listen_to(tree.from, tree.name));
    return tree;
}

static void end_tree(tree_t *tree, int how)
{
    int status;

    CAROM_ASSERT_INT(waitpid(tree->root, &status, 0), tree->root);
    CAROM_ASSERT_INT(WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status), how);
    close(tree->from);
    close(tree->to);
}

static void kill_tree(tree_t *tree)
{
    CAROM_ASSERT_INT(kill(tree->root, SIGKILL), 0);
    end_tree(tree, -SIGKILL);
}

/* In a tree: makes memory, says its name, and closes it. */
static void make_and_tell(int to, int untracked)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    carom_shared_memory_t *memory;

    options.untracked = untracked;
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 5000, &options));
    tell(to, carom_shared_memory_name(memory));
    carom_shared_memory_close(&memory);
}

static void live_with_a_name(carom_test_t *test, int from, int to)
{
    char line[64];

    (void) test;
    make_and_tell(to, 0);
    listen_to(from, line);
    if (*line == 'e')
        exit(0);
    _exit(0);
}

static void live_untracked(carom_test_t *test, int from, int to)
{
    char line[64];

    (void) test;
    make_and_tell(to, 1);
    listen_to(from, line);
    exit(0);
}

/* ---- what is there, asked of the system and not of carom, which would take it away ---- */

static int is_there(const char *name)
{
    char path[300];
    int fd;

    snprintf(path, sizeof path, "/%s", name);
    fd = shm_open(path, O_RDWR, 0);
    if (fd < 0)
        return 0;
    close(fd);
    return 1;
}

static int list_is_there(void)
{
    char name[64];

    snprintf(name, sizeof name, "carom-%lu-names", (unsigned long) geteuid());
    return is_there(name);
}

/* Whoever comes by: here somebody who attaches what is not there. */
static void come_by(void)
{
    expect_no_name("test-nobody-has-this");
}

static void unlink_there(const char *name)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_OK(carom_shared_memory_attach(&memory, name, 5000));
    end_memory(&memory);
}

/* ---- the ends of a tree ---- */

CAROM_TEST_ONCE(names, end_with_their_tree_by_exit)
{
    tree_t tree = start_tree(test, live_with_a_name);

    CAROM_ASSERT(is_there(tree.name) && list_is_there());
    tell(tree.to, "exit");
    end_tree(&tree, 0);
    CAROM_ASSERT(!is_there(tree.name));
}

CAROM_TEST_ONCE(names, end_with_their_tree_by_a_kill)
{
    tree_t tree = start_tree(test, live_with_a_name);

    kill_tree(&tree);
    come_by();
    CAROM_ASSERT(!is_there(tree.name));
}

/* By who makes one, and by who makes his first connection. */
CAROM_TEST_ONCE(names, end_by_whoever_makes_one)
{
    tree_t tree = start_tree(test, live_with_a_name);
    carom_shared_memory_t *memory;

    tell(tree.to, "_exit");
    end_tree(&tree, 0);
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 1, NULL));
    CAROM_ASSERT(!is_there(tree.name));
    end_memory(&memory);
}

CAROM_TEST_WITH(names, end_by_whoever_makes_an_arena, .modes = CAROM_TEST_ONCE_ONLY, .cold = 1,
                .leaves = CAROM_LEAVES_DESCRIPTORS)
{
    tree_t tree = start_tree(test, live_with_a_name);
    carom_context_t *threads;
    carom_event_t *event;

    kill_tree(&tree);
    /* Where processes share none, too. */
    CAROM_ASSERT_OK(carom_context_create(&threads, "thread"));
    CAROM_ASSERT_OK(carom_event_create(&event, threads));
    CAROM_ASSERT(!is_there(tree.name));
    carom_event_destroy(&event);
    carom_context_destroy(&threads);
}

CAROM_TEST_ONCE(names, of_a_tree_that_lives_stay)
{
    tree_t living = start_tree(test, live_with_a_name), dead = start_tree(test, live_with_a_name);

    come_by();
    CAROM_ASSERT(is_there(living.name) && is_there(dead.name));
    kill_tree(&dead);
    CAROM_ASSERT_INT(kill(living.root, SIGSTOP), 0);
    come_by();
    CAROM_ASSERT(is_there(living.name) && !is_there(dead.name));
    CAROM_ASSERT_INT(kill(living.root, SIGCONT), 0);
    unlink_there(living.name);
    CAROM_ASSERT(!is_there(living.name));
    kill_tree(&living);
}

CAROM_TEST_ONCE(names, untracked_stay)
{
    tree_t killed = start_tree(test, live_untracked), ended = start_tree(test, live_untracked);

    kill_tree(&killed);
    tell(ended.to, "exit");
    end_tree(&ended, 0);
    come_by();
    CAROM_ASSERT(is_there(killed.name) && is_there(ended.name));
    unlink_there(killed.name);
    unlink_there(ended.name);
}

/* Somebody else's by now, who took the name when it was free. */
CAROM_TEST_ONCE(names, of_others_stay)
{
    tree_t tree = start_tree(test, live_with_a_name);
    char path[80];
    int fd;

    snprintf(path, sizeof path, "/%s", tree.name);
    CAROM_ASSERT_INT(shm_unlink(path), 0);
    fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CAROM_ASSERT(fd >= 0);
    close(fd);
    kill_tree(&tree);
    come_by();
    CAROM_ASSERT(is_there(tree.name));
    CAROM_ASSERT_INT(shm_unlink(path), 0);
}

/* A program of another's that has it goes on. */
CAROM_TEST_ONCE(names, end_and_the_memory_stays)
{
    tree_t tree = start_tree(test, live_with_a_name);
    carom_shared_memory_t *memory;

    CAROM_ASSERT_OK(carom_shared_memory_attach(&memory, tree.name, 5000));
    kill_tree(&tree);
    come_by();
    CAROM_ASSERT(!is_there(tree.name));
    memset(carom_shared_memory_address(memory), 1, 5000);
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(memory), CAROM_ENOENT);
    carom_shared_memory_close(&memory);
}

/* ---- a tree with children ---- */


CAROM_TASK(names_child_says)
{
    carom_native_t to = carom_arg_file(call, 0);

    make_and_tell((int) to, 0);
    close((int) to);
    return 0;
}

/* The child that made it has ended when the tree goes on. */
static void live_with_a_child(carom_test_t *test, int from, int to)
{
    char line[64];
    carom_process_t *child;
    carom_value_t file = carom_value_from_file(to);

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_request(&names_child_says, &file, 1)));
    end_child(&child, 0);
    tell(to, "ended");
    listen_to(from, line);
    exit(0);
}

CAROM_TEST_WITH(names, that_a_child_made_end_with_the_tree, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORK)
{
    tree_t tree = start_tree(test, live_with_a_child);
    char line[64];

    CAROM_ASSERT(listen_to(tree.from, line));
    CAROM_ASSERT_TEXT(line, "ended");
    come_by();
    CAROM_ASSERT(is_there(tree.name));
    kill_tree(&tree);
    come_by();
    CAROM_ASSERT(!is_there(tree.name));
}

CAROM_TEST_WITH(names, that_a_child_made_end_by_exit, .modes = CAROM_TEST_SPAWN | CAROM_TEST_FORK)
{
    tree_t tree = start_tree(test, live_with_a_child);
    char line[64];

    CAROM_ASSERT(listen_to(tree.from, line));
    tell(tree.to, "exit");
    end_tree(&tree, 0);
    CAROM_ASSERT(!is_there(tree.name));
}

/* ---- a fork of the host's ---- */

CAROM_TEST_ONCE(names, a_fork_does_not_unlink)
{
    carom_shared_memory_t *memory;
    int status;
    pid_t child;

    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 100, NULL));
    child = fork();
    if (child == 0) {
        memcpy(carom_shared_memory_address(memory), "fork", 5);
        status = carom_shared_memory_unlink(memory) == CAROM_EFORKED && carom_shared_memory_size(memory) == 100;
        carom_shared_memory_close(&memory);
        exit(!status);
    }
    CAROM_ASSERT_INT(waitpid(child, &status, 0), child);
    CAROM_ASSERT_INT(status, 0);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(memory), "fork");
    CAROM_ASSERT(is_there(carom_shared_memory_name(memory)));
    end_memory(&memory);
}

/* ---- who may ---- */

CAROM_TEST_ONCE(names, modes)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    carom_shared_memory_t *memory;
    struct stat about;
    char path[80];
    int fd;

    options.mode = 0666;
    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, NULL, 1, &options));
    snprintf(path, sizeof path, "/%s", carom_shared_memory_name(memory));
    fd = shm_open(path, O_RDWR, 0);
    CAROM_ASSERT(fd >= 0 && fstat(fd, &about) == 0);
    CAROM_ASSERT_INT(about.st_mode & 0777, 0666);
    close(fd);
    end_memory(&memory);
}

/* An empty one has no bytes, and one of mode 0400 is not there yet. */
CAROM_TEST_ONCE(names, not_complete)
{
    carom_shared_memory_t *memory;
    char name[64], path[65];
    int fd;

    snprintf(name, sizeof name, "test-%llx-empty", (unsigned long long) carom_now());
    snprintf(path, sizeof path, "/%s", name);
    fd = shm_open(path, O_RDWR | O_CREAT | O_EXCL, 0600);
    CAROM_ASSERT(fd >= 0);
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&memory, name, 0), CAROM_EBADMSG);
    CAROM_ASSERT_INT(ftruncate(fd, 10), 0);
    CAROM_ASSERT_INT(fchmod(fd, 0400), 0);
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&memory, name, 0), CAROM_ENOENT);
    CAROM_ASSERT_INT(fchmod(fd, 0600), 0);
    CAROM_ASSERT_OK(carom_shared_memory_attach(&memory, name, 10));
    end_memory(&memory);
    close(fd);
}

/* ---- in a fork that may do less, and says by its exit code how that went ---- */

static int code_of(int (*body)(void))
{
    int status;
    pid_t child = fork();

    CAROM_ASSERT(child >= 0);
    if (child == 0)
        _exit(body());
    CAROM_ASSERT_INT(waitpid(child, &status, 0), child);
    CAROM_ASSERT(WIFEXITED(status));
    return WEXITSTATUS(status);
}

enum { CANNOT = 77 };

/* The name of the body's line that was not as it should be. */
#define EXPECT(condition)                                                                                                      \
    if (!(condition))                                                                                                          \
    return __LINE__ % 70 + 1

static carom_shared_memory_t *foreign;

static int attach_as_another(void)
{
    carom_shared_memory_t *memory;

    if (setgid(12345) != 0 || setuid(12345) != 0)
        return CANNOT;
    EXPECT(carom_shared_memory_attach(&memory, carom_shared_memory_name(foreign), 0) == CAROM_EACCESS);
    EXPECT(carom_shared_memory_unlink(foreign) == CAROM_EFORKED);
    return 0;
}

CAROM_TEST_ONCE(names, of_another_user)
{
    int code;

    CAROM_ASSERT_OK(carom_shared_memory_create(&foreign, NULL, 1, NULL));
    code = code_of(attach_as_another);
    end_memory(&foreign);
    if (code == CANNOT)
        CAROM_SKIP("not-root");
    CAROM_ASSERT_INT(code, 0);
}

/* The list's name can be anybody's: what needs no list is made all the same. */
static int make_beside_a_list_of_another(void)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;
    carom_shared_memory_t *memory;

    if (setgid(12345) != 0 || setuid(12345) != 0)
        return CANNOT;
    EXPECT(carom_shared_memory_create(&memory, NULL, 1, NULL) == CAROM_EACCESS && memory == NULL);
    options.untracked = 1;
    EXPECT(carom_shared_memory_create(&memory, NULL, 1, &options) == CAROM_OK);
    EXPECT(carom_shared_memory_unlink(memory) == CAROM_OK);
    carom_shared_memory_close(&memory);
    return 0;
}

static int make_list(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    return fd < 0 ? -1 : close(fd);
}

static int make_pipe(const char *path)
{
    return mkfifo(path, 0444);
}

static int make_link(const char *path)
{
    return symlink("nothing-is-there", path);
}

/* Whatever it is, nobody hangs. */
CAROM_TEST_ONCE(names, a_list_of_another_user)
{
    static int (*const makers[])(const char *path) = {make_list, make_pipe, make_link};
    static const char path[] = "/dev/shm/carom-12345-names";
    size_t i;
    int code;

    for (i = 0; i < sizeof makers / sizeof makers[0]; i++) {
        if (makers[i](path) != 0)
            continue;
        code = code_of(make_beside_a_list_of_another);
        CAROM_ASSERT_INT(unlink(path), 0);
        if (code == CANNOT)
        CAROM_SKIP("not-root");
    CAROM_ASSERT_INT(code, 0);
    }
}

/* Somebody put it where the name of a tree was. */
CAROM_TEST_ONCE(names, that_are_no_memory)
{
    tree_t tree = start_tree(test, live_with_a_name);
    carom_shared_memory_t *memory;
    char path[80];

    snprintf(path, sizeof path, "/dev/shm/%s", tree.name);
    if (unlink(path) == 0 && mkfifo(path, 0444) == 0) {
        CAROM_ASSERT(carom_shared_memory_attach(&memory, tree.name, 0) != CAROM_OK);
        kill_tree(&tree);
        come_by();
        CAROM_ASSERT_INT(unlink(path), 0);
    } else {
        kill_tree(&tree);
    }
}

static int make_without_descriptors(void)
{
    struct rlimit none = {3, 3};
    carom_shared_memory_t *memory;

    EXPECT(carom_shared_memory_create(&foreign, NULL, 1, NULL) == CAROM_OK);
    EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
    EXPECT(carom_shared_memory_create(&memory, NULL, 1, NULL) == CAROM_EMFILE && memory == NULL);
    EXPECT(carom_shared_memory_attach(&memory, carom_shared_memory_name(foreign), 1) == CAROM_EMFILE && memory == NULL);
    EXPECT(carom_shared_memory_unlink(foreign) == CAROM_EMFILE);
    return 0;
}

CAROM_TEST_ONCE(names, without_descriptors)
{
    CAROM_ASSERT_INT(code_of(make_without_descriptors), 0);
    come_by();
}

static int make_files_that_are_too_long(void)
{
    struct rlimit limit = {100000, 100000};
    carom_shared_memory_t *memory;

    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(carom_shared_memory_create(&memory, NULL, 100001, NULL) == CAROM_ENOMEM && memory == NULL);
    EXPECT(carom_shared_memory_create(&memory, NULL, 100000, NULL) == CAROM_OK);
    EXPECT(carom_shared_memory_unlink(memory) == CAROM_OK);
    limit.rlim_cur = 0;
    EXPECT(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    EXPECT(carom_shared_memory_create(&memory, NULL, 1, NULL) == CAROM_ENOMEM);
    EXPECT(!list_is_there());
    return 0;
}

/* ---- somebody who is stopped while he changes the list ---- */

static void live_with_the_list(carom_test_t *test, int from, int to)
{
    char name[64], line[64];
    int fd;

    (void) test;
    snprintf(name, sizeof name, "/carom-%lu-names", (unsigned long) geteuid());
    fd = shm_open(name, O_RDWR, 0);
    CAROM_ASSERT(fd >= 0);
    CAROM_ASSERT_INT(flock(fd, LOCK_EX), 0);
    tell(to, "locked");
    listen_to(from, line);
    _exit(0);
}

static int make_in_vain(void)
{
    carom_shared_memory_t *memory;

    EXPECT(carom_shared_memory_create(&memory, NULL, 1, NULL) == CAROM_ETIMEOUT && memory == NULL);
    return 0;
}

static int unlink_in_vain(void)
{
    EXPECT(carom_shared_memory_unlink(foreign) == CAROM_ETIMEOUT);
    return 0;
}

/* Both wait for 5 s at the same time; who attaches waits for nobody.  As a user of whom there are no other cases, which would
 * wait too. */
static int wait_for_the_list(void)
{
    unsigned nobody_else = 20000 + (unsigned) getpid() % 40000;
    carom_shared_memory_t *other;
    tree_t tree;
    pid_t maker;
    int status;

    if (setgid(nobody_else) != 0 || setuid(nobody_else) != 0)
        return CANNOT;
    CAROM_ASSERT_OK(carom_shared_memory_create(&foreign, NULL, 1, NULL));
    tree = start_tree(NULL, live_with_the_list);
    CAROM_ASSERT_OK(carom_shared_memory_attach(&other, carom_shared_memory_name(foreign), 1));
    carom_shared_memory_close(&other);
    maker = fork();
    CAROM_ASSERT(maker >= 0);
    if (maker == 0)
        _exit(make_in_vain());
    CAROM_ASSERT_INT(unlink_in_vain(), 0);
    CAROM_ASSERT_INT(waitpid(maker, &status, 0), maker);
    CAROM_ASSERT_INT(status, 0);
    CAROM_ASSERT(is_there(carom_shared_memory_name(foreign)));
    kill_tree(&tree);
    end_memory(&foreign);
    return 0;
}

CAROM_TEST_ONCE(names, while_somebody_has_the_list)
{
    int code = code_of(wait_for_the_list);

    if (code == CANNOT)
        CAROM_SKIP("not-root");
    CAROM_ASSERT_INT(code, 0);
}

/* ---- a file system of 1 MiB for it ---- */

static int files_in_it(void)
{
    struct statvfs about;

    return statvfs("/dev/shm", &about) == 0 ? (int) (about.f_files - about.f_ffree) : -1;
}

static int write_to(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC), is_written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t) strlen(text);

    if (fd >= 0)
        close(fd);
    return is_written;
}

/* Who has no name in a space of users can make no files there. */
static int have_own_users(void)
{
    char user[64], group[64];

    snprintf(user, sizeof user, "%lu %lu 1", (unsigned long) geteuid(), (unsigned long) geteuid());
    snprintf(group, sizeof group, "%lu %lu 1", (unsigned long) getegid(), (unsigned long) getegid());
    return unshare(CLONE_NEWUSER | CLONE_NEWNS) == 0 && write_to("/proc/self/uid_map", user) &&
           write_to("/proc/self/setgroups", "deny") && write_to("/proc/self/gid_map", group);
}

static int have_small_files(void)
{
    if (unshare(CLONE_NEWNS) != 0 && !have_own_users())
        return 0;
    return mount("none", "/dev/shm", "tmpfs", 0, "size=1m") == 0;
}

static int fill_small_files(void)
{
    carom_shared_memory_t *memory, *rest;
    int before, fd;
    char *bytes;

    if (!have_small_files())
        return CANNOT;
    before = files_in_it();
    EXPECT(carom_shared_memory_create(&memory, NULL, 2 << 20, NULL) == CAROM_ENOMEM && memory == NULL);
    EXPECT(files_in_it() == before);
    EXPECT(carom_shared_memory_create(&memory, NULL, 900 << 10, NULL) == CAROM_OK);
    EXPECT(carom_shared_memory_create(&rest, NULL, 900 << 10, NULL) == CAROM_ENOMEM && rest == NULL);
    bytes = carom_shared_memory_address(memory);
    memset(bytes, 1, 900 << 10);
    /* As Python makes it, of a length that nothing stands behind. */
    fd = shm_open("/sparse", O_RDWR | O_CREAT | O_EXCL, 0600);
    EXPECT(fd >= 0 && ftruncate(fd, 900 << 10) == 0);
    EXPECT(carom_shared_memory_attach(&rest, "sparse", 0) == CAROM_ENOMEM && rest == NULL);
    EXPECT(carom_shared_memory_unlink(memory) == CAROM_OK);
    carom_shared_memory_close(&memory);
    EXPECT(carom_shared_memory_attach(&rest, "sparse", 900 << 10) == CAROM_OK);
    memset(carom_shared_memory_address(rest), 1, 900 << 10);
    EXPECT(carom_shared_memory_unlink(rest) == CAROM_OK);
    carom_shared_memory_close(&rest);
    close(fd);
    EXPECT(files_in_it() == before);
    return make_files_that_are_too_long();
}

CAROM_TEST_ONCE(names, without_room)
{
    int code = code_of(fill_small_files);

    if (code == CANNOT)
        CAROM_SKIP("no-name-spaces");
    CAROM_ASSERT_INT(code, 0);
}

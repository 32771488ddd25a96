/* Shared memory with a name: making, attaching, unlinking, by trees of carom and by Python. */

#include "shared.h"

#include <ctype.h>

#define SIZE 70000

static carom_shared_memory_t *make(const char *name, uint64_t size)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_OK(carom_shared_memory_create(&memory, name, size, NULL));
    CAROM_ASSERT(memory != NULL);
    return memory;
}

static carom_shared_memory_t *attach(const char *name, uint64_t least)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_OK(carom_shared_memory_attach(&memory, name, least));
    CAROM_ASSERT(memory != NULL);
    return memory;
}

/* A name of this case's alone: others run at the same time. */
static const char *own_name(char name[64], const char *what)
{
    snprintf(name, 64, "test-%llx-%s", (unsigned long long) carom_now(), what);
    return name;
}

static int are_zeros(const char *bytes, size_t length)
{
    size_t i;

    for (i = 0; i < length && bytes[i] == 0; i++)
        ;
    return i == length;
}

/* ---- one process ---- */

CAROM_TEST_ONCE(shared_memory, create_and_attach)
{
    carom_shared_memory_t *one, *other;
    char name[64];

    need_named_memory();
    one = make(own_name(name, "a"), SIZE);
    CAROM_ASSERT_TEXT(carom_shared_memory_name(one), name);
    CAROM_ASSERT_INT(carom_shared_memory_size(one), SIZE);
    CAROM_ASSERT(are_zeros(carom_shared_memory_address(one), SIZE));
    other = attach(name, SIZE);
    CAROM_ASSERT(carom_shared_memory_size(other) >= SIZE && carom_shared_memory_size(other) < SIZE + 65536);
    if (!has_counted_names())
        CAROM_ASSERT_INT(carom_shared_memory_size(other), SIZE);
    memcpy(carom_shared_memory_address(one), "here", 5);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(other), "here");
    end_memory(&one);
    CAROM_ASSERT(one == NULL);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(other), "here");
    carom_shared_memory_close(&other);
    expect_no_name(name);
}

CAROM_TEST_ONCE(shared_memory, a_name_by_lot)
{
    carom_shared_memory_t *memory;
    const char *name;
    size_t i;

    need_named_memory();
    memory = make(NULL, 1);
    name = carom_shared_memory_name(memory);
    CAROM_ASSERT(strncmp(name, has_counted_names() ? "wnsm_" : "psm_", has_counted_names() ? 5 : 4) == 0);
    name = strchr(name, '_') + 1;
    CAROM_ASSERT_INT(strlen(name), 8);
    for (i = 0; i < 8; i++)
        CAROM_ASSERT(isdigit((unsigned char) name[i]) || (name[i] >= 'a' && name[i] <= 'f'));
    end_memory(&memory);
}

static void expect_no_such_name(const char *name)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_STATUS(carom_shared_memory_create(&memory, name, 1, NULL), CAROM_EINVAL);
    CAROM_ASSERT(memory == NULL);
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&memory, name, 0), CAROM_EINVAL);
    CAROM_ASSERT(memory == NULL);
}

CAROM_TEST_ONCE(shared_memory, not_a_name)
{
    static const char *const names[] = {"", "/", "/psm_1", "a/b", "a\\b", ".", "..", "carom-0", "carom-0-names"};
    carom_shared_memory_t *memory;
    char longest[256];
    size_t i;

    for (i = 0; i < sizeof names / sizeof names[0]; i++)
        expect_no_such_name(names[i]);
    memset(longest, 'n', sizeof longest);
    longest[254] = '\0';
    expect_no_such_name(longest);
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&memory, NULL, 0), CAROM_EINVAL);
    need_named_memory();
    longest[253] = '\0';
    if (strcmp(carom_inspect_system(), "linux") == 0) {
        memory = make(longest, 1);
        CAROM_ASSERT_TEXT(carom_shared_memory_name(memory), longest);
        end_memory(&memory);
    }
}

static void expect_refused(carom_status_t wanted, uint64_t size, const carom_shared_memory_options_t *options)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_STATUS(carom_shared_memory_create(&memory, NULL, size, options), wanted);
    CAROM_ASSERT(memory == NULL);
}

CAROM_TEST_ONCE(shared_memory, not_such_options)
{
    carom_shared_memory_options_t options = CAROM_SHARED_MEMORY_OPTIONS_INIT;

    expect_refused(CAROM_EINVAL, 0, NULL);
    options.mode = 0400;
    expect_refused(CAROM_EINVAL, 1, &options);
    options.mode = 01600;
    expect_refused(CAROM_EINVAL, 1, &options);
    options.mode = 0600;
    options.size--;
    expect_refused(CAROM_EINVAL, 1, &options);
}

CAROM_TEST_ONCE(shared_memory, of_nothing)
{
    carom_shared_memory_t *none = NULL;

    CAROM_ASSERT(carom_shared_memory_address(NULL) == NULL && carom_shared_memory_size(NULL) == 0);
    CAROM_ASSERT(carom_shared_memory_name(NULL) == NULL);
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(NULL), CAROM_EINVAL);
    carom_shared_memory_close(&none);
}

CAROM_TEST_ONCE(shared_memory, a_name_that_is_taken)
{
    carom_shared_memory_t *one, *other;
    char name[64];

    need_named_memory();
    one = make(own_name(name, "taken"), SIZE);
    CAROM_ASSERT_STATUS(carom_shared_memory_create(&other, name, SIZE, NULL), CAROM_EEXIST);
    CAROM_ASSERT(other == NULL);
    other = attach(name, SIZE);
    carom_shared_memory_close(&other);
    end_memory(&one);
    one = make(name, 1);
    end_memory(&one);
}

CAROM_TEST_ONCE(shared_memory, a_size_that_is_wrong)
{
    carom_shared_memory_t *one, *other;
    char name[64];

    need_named_memory();
    one = make(own_name(name, "small"), 100);
    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&other, name, 100000), CAROM_EBADMSG);
    CAROM_ASSERT(other == NULL);
    other = attach(name, 100);
    carom_shared_memory_close(&other);
    end_memory(&one);
    expect_no_name(name);
    expect_refused(CAROM_ENOMEM, (uint64_t) 1 << 46, NULL);
    expect_refused(CAROM_ENOMEM, UINT64_MAX, NULL);
}

/* Whose name is another's by now takes nothing away. */
CAROM_TEST_ONCE(shared_memory, unlink_once)
{
    carom_shared_memory_t *one, *same, *other;
    char name[64];

    need_named_memory();
    if (has_counted_names())
        return;
    one = make(own_name(name, "once"), 1);
    same = attach(name, 0);
    CAROM_ASSERT_OK(carom_shared_memory_unlink(same));
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(same), CAROM_ENOENT);
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(one), CAROM_ENOENT);
    other = make(name, 1);
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(one), CAROM_ENOENT);
    carom_shared_memory_close(&one);
    carom_shared_memory_close(&same);
    same = attach(name, 0);
    carom_shared_memory_close(&same);
    end_memory(&other);
}

/* More than one entry of the list of names, and holes in it. */
CAROM_TEST_ONCE(shared_memory, many_at_once)
{
    enum { MANY = 50 };
    carom_shared_memory_t *many[MANY], *again;
    int i;

    need_named_memory();
    for (i = 0; i < MANY; i++)
        many[i] = make(NULL, 1 + (uint64_t) i);
    for (i = 0; i < MANY; i += 2)
        end_memory(&many[i]);
    for (i = 1; i < MANY; i += 2) {
        again = attach(carom_shared_memory_name(many[i]), 1 + (uint64_t) i);
        end_memory(&again);
        carom_shared_memory_close(&many[i]);
    }
}

/* ---- a tree ---- */

CAROM_TASK(shm_answers)
{
    carom_shared_memory_t *memory = attach(carom_arg_text(call, 0), SIZE);
    char *bytes = carom_shared_memory_address(memory);

    CAROM_ASSERT_TEXT(bytes, "question");
    memcpy(bytes, "answer", 7);
    carom_shared_memory_close(&memory);
    return 0;
}

CAROM_TEST(shared_memory, a_child_attaches)
{
    carom_shared_memory_t *memory;
    carom_process_t *child;

    need_named_memory();
    memory = make(NULL, SIZE);
    memcpy(carom_shared_memory_address(memory), "question", 9);
    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(shm_answers, carom_shared_memory_name(memory))));
    end_child(&child, 0);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(memory), "answer");
    end_memory(&memory);
}

/* Leaves it to the tree. */
CAROM_TASK(shm_makes)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_shared_memory_t *memory = make(NULL, SIZE);
    carom_value_t value;

    memcpy(carom_shared_memory_address(memory), "left", 5);
    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_borrow_text(carom_shared_memory_name(memory)), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    carom_connection_close(&connection);
    carom_shared_memory_close(&memory);
    return 0;
}

/* What a child has made lives on with the tree, whoever reclaims meanwhile; where names are counted, with who has it. */
CAROM_TEST(shared_memory, a_child_makes)
{
    carom_shared_memory_t *memory;
    carom_connection_t *ours;
    carom_process_t *child;
    carom_value_t name;

    need_named_memory();
    child = start_with(&ours, test, &shm_makes);
    CAROM_ASSERT_OK(carom_connection_receive(&name, ours, PATIENCE));
    if (has_counted_names())
        memory = attach(carom_value_text(name), SIZE);
    CAROM_ASSERT_OK(carom_connection_send(ours, carom_value_none(), PATIENCE));
    end_child(&child, 0);
    carom_connection_close(&ours);
    if (!has_counted_names())
        memory = attach(carom_value_text(name), SIZE);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(memory), "left");
    end_memory(&memory);
    expect_no_name(carom_value_text(name));
    carom_value_clear(&name);
}

/* All of them at the list of names at once. */
CAROM_TASK(shm_makes_many)
{
    carom_shared_memory_t *memory, *same;
    int i;

    for (i = 0; i < (int) carom_arg_int(call, 0); i++) {
        memory = make(NULL, 100);
        same = attach(carom_shared_memory_name(memory), 100);
        end_memory(&same);
        carom_shared_memory_close(&memory);
    }
    return 0;
}

CAROM_TEST(shared_memory, many_makers)
{
    enum { MAKERS = 4 };
    carom_process_t *makers[MAKERS];
    int rounds = (int) for_sanitizers(100, 10), i;

    need_named_memory();
    for (i = 0; i < MAKERS; i++)
        CAROM_ASSERT_OK(carom_process_start(&makers[i], test->context, carom_call(shm_makes_many, rounds)));
    for (i = 0; i < MAKERS; i++)
        end_child(&makers[i], 0);
}

/* ---- Python ---- */

#define PYTHON_DOUBLES                                                                                                         \
    PYTHON_ATTACH "memory = attach(input())\n"                                                                                 \
                  "memory.buf[:3] = bytes(2 * b for b in memory.buf[:3])\n"                                                    \
                  "print(memory.name, memory.size)\n"                                                                          \
                  "memory.close()\n"

/* Who takes it back from the tracker, or from 3.13 on does not track it, leaves it: it is still there to be unlinked. */
CAROM_TASK(shm_python_attaches)
{
    carom_shared_memory_t *memory = make(NULL, SIZE);
    char *bytes = carom_shared_memory_address(memory), answer[300], wanted[300];

    memcpy(bytes, "\1\2\3\4", 4);
    ask_python(answer, sizeof answer, PYTHON_DOUBLES, carom_shared_memory_name(memory));
    snprintf(wanted, sizeof wanted, "%s %d\n", carom_shared_memory_name(memory), SIZE);
    CAROM_ASSERT_TEXT(answer, wanted);
    CAROM_ASSERT(memcmp(bytes, "\2\4\6\4", 4) == 0);
    end_memory(&memory);
    return 0;
}

CAROM_TEST(shared_memory, python_attaches)
{
    need_named_memory();
    run_driver(test, &shm_python_attaches);
}

#define PYTHON_MAKES                                                                                                           \
    PYTHON_ENDS                                                                                                                \
    "from multiprocessing.shared_memory import SharedMemory\n"                                                                 \
    "memory = SharedMemory(create=True, size=70000)\n"                                                                         \
    "memory.buf[:6] = b'python'\n"                                                                                             \
    "memory.buf[69999] = 7\n"                                                                                                  \
    "print(memory.name, flush=True)\n"                                                                                         \
    "input()\n"                                                                                                                \
    "assert bytes(memory.buf[:5]) == b'carom'\n"                                                                               \
    "memory.close()\n"                                                                                                         \
    "memory.unlink()\n"

CAROM_TASK(shm_python_makes)
{
    carom_shared_memory_t *memory;
    python_t python;
    char name[300];
    char *bytes;

    start_python(&python, PYTHON_MAKES);
    hear_line(name, sizeof name, &python);
    memory = attach(name, SIZE);
    bytes = carom_shared_memory_address(memory);
    CAROM_ASSERT_TEXT(bytes, "python");
    CAROM_ASSERT_INT(bytes[SIZE - 1], 7);
    memcpy(bytes, "carom", 5);
    say(&python, "\n", 1);
    end_well(&python);
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(memory), has_counted_names() ? CAROM_OK : CAROM_ENOENT);
    CAROM_ASSERT(memcmp(bytes, "carom", 5) == 0);
    carom_shared_memory_close(&memory);
    expect_no_name(name);
    return 0;
}

CAROM_TEST(shared_memory, python_makes)
{
    need_named_memory();
    run_driver(test, &shm_python_makes);
}

/* The warnings of its tracker are no output of ours. */
#define PYTHON_ONLY_ATTACHES                                                                                                   \
    PYTHON_ENDS                                                                                                                \
    "sys.warnoptions.append('ignore')\n"                                                                                       \
    "from multiprocessing.shared_memory import SharedMemory\n"                                                                 \
    "memory = SharedMemory(input())\n"                                                                                         \
    "memory.close()\n"                                                                                                         \
    "print('%d%02d' % sys.version_info[:2])\n"

/* Who made it and who uses it makes no difference: see gh-82300 in the header.  The tracker does it when the program has
 * ended. */
CAROM_TASK(shm_python_takes_away)
{
    carom_shared_memory_t *memory = make(NULL, SIZE), *other;
    int64_t deadline = carom_now() + PATIENCE;
    carom_status_t status;
    char version[100];

    memcpy(carom_shared_memory_address(memory), "kept", 5);
    ask_python(version, sizeof version, PYTHON_ONLY_ATTACHES, carom_shared_memory_name(memory));
    while ((status = carom_shared_memory_attach(&other, carom_shared_memory_name(memory), 0)) == CAROM_OK) {
        carom_shared_memory_close(&other);
        if (carom_now() > deadline)
            break;
    }
    CAROM_NOTE("after Python %d: %s", atoi(version), carom_status_name(status));
    CAROM_ASSERT_STATUS(status, CAROM_ENOENT);
    CAROM_ASSERT_TEXT(carom_shared_memory_address(memory), "kept");
    CAROM_ASSERT_STATUS(carom_shared_memory_unlink(memory), CAROM_ENOENT);
    carom_shared_memory_close(&memory);
    return 0;
}

CAROM_TEST(shared_memory, python_takes_away_what_it_attached)
{
    need_named_memory();
    if (!has_counted_names())
        run_driver(test, &shm_python_takes_away);
}

CAROM_TASK(shm_python_finds_none)
{
    char answer[300], wanted[300];
    carom_shared_memory_t *memory = make(NULL, 1);

    snprintf(wanted, sizeof wanted, "%s", carom_shared_memory_name(memory));
    end_memory(&memory);
    ask_python(answer, sizeof answer,
               "from multiprocessing.shared_memory import SharedMemory\n"
               "try: SharedMemory(input())\n"
               "except FileNotFoundError: print('none')\n",
               wanted);
    CAROM_ASSERT_TEXT(answer, "none\n");
    return 0;
}

CAROM_TEST(shared_memory, python_finds_none)
{
    need_named_memory();
    run_driver(test, &shm_python_finds_none);
}

/* What tests of memory with a name share: whether there is any, and Python programs about it. */

#ifndef CAROM_TESTS_SHARED_H
#define CAROM_TESTS_SHARED_H

#include "python.h"

#include <stdio.h>

CAROM_UNUSED static void need_named_memory(void)
{
    carom_shared_memory_t *memory;
    carom_status_t status = carom_shared_memory_create(&memory, NULL, 1, NULL);

    if (status == CAROM_ENOTSUP)
        CAROM_SKIP("no-named-memory");
    CAROM_ASSERT_OK(status);
    CAROM_ASSERT_OK(carom_shared_memory_unlink(memory));
    carom_shared_memory_close(&memory);
}

/* Where the system counts who has a name, and unlinking does nothing. */
CAROM_UNUSED static int has_counted_names(void)
{
    return strcmp(carom_inspect_system(), "windows") == 0;
}

/* Unlinks and closes. */
CAROM_UNUSED static void end_memory(carom_shared_memory_t **memory)
{
    CAROM_ASSERT_OK(carom_shared_memory_unlink(*memory));
    carom_shared_memory_close(memory);
}

CAROM_UNUSED static void expect_no_name(const char *name)
{
    carom_shared_memory_t *memory;

    CAROM_ASSERT_STATUS(carom_shared_memory_attach(&memory, name, 0), CAROM_ENOENT);
    CAROM_ASSERT(memory == NULL);
}

/* Its tracker ends with a Python program, and not some time later, as a process that outlives the case. */
#define PYTHON_ENDS                                                                                                            \
    "import atexit, sys\n"                                                                                                     \
    "from multiprocessing import resource_tracker, shared_memory\n"                                                            \
    "if sys.platform != 'win32': atexit.register(resource_tracker._resource_tracker._stop)\n"

/* How a Python program attaches without taking the name away when it ends; 3.13 has a way of its own. */
#define PYTHON_ATTACH                                                                                                          \
    PYTHON_ENDS                                                                                                                \
    "def keep(memory):\n"                                                                                                      \
    "    if sys.platform != 'win32': resource_tracker.unregister(memory._name, 'shared_memory')\n"                             \
    "    return memory\n"                                                                                                      \
    "def attach(name):\n"                                                                                                      \
    "    if sys.version_info >= (3, 13): return shared_memory.SharedMemory(name, track=False)\n"                               \
    "    return keep(shared_memory.SharedMemory(name))\n"                                                                      \
    "def attach_list(name):\n"                                                                                                 \
    "    found = shared_memory.ShareableList(name=name)\n"                                                                     \
    "    keep(found.shm)\n"                                                                                                    \
    "    return found\n"

/* A line, without its end. */
CAROM_UNUSED static void hear_line(char *line, size_t size, python_t *python)
{
    CAROM_ASSERT(apr_file_gets(line, (int) size, python->process.out) == APR_SUCCESS);
    line[strcspn(line, "\r\n")] = '\0';
}

/* Runs a program that reads a name, with a line's end, and hears what it says. */
CAROM_UNUSED static void ask_python(char *answer, size_t size, const char *program, const char *name)
{
    python_t python;

    start_python(&python, program);
    say(&python, name, strlen(name));
    say(&python, "\n", 1);
    hear(answer, size - 1, &python);
    end_well(&python);
}

/* A list has its numbers in the order of the machine, and the interpreter is the host's, also for who runs under qemu-user. */
CAROM_UNUSED static void need_python_of_our_order(void)
{
    static const uint16_t one = 1;
    char order[16] = "";

    need_python();
    ask_python(order, sizeof order, "import sys\nsys.stdin.readline()\nprint(sys.byteorder)", "");
    if ((strncmp(order, "little", 6) == 0) != (*(const unsigned char *) &one == 1))
        CAROM_SKIP("no-python");
}

#endif

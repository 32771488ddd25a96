/* A file system for shared memory that is too small: run by small_shm.tap, where /dev/shm has 4 MiB. */

#include "tests/inside/inside.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/statvfs.h>
#include <unistd.h>

static int files_in_it(void)
{
    DIR *directory = opendir("/dev/shm");
    int count = -2;                /* itself, and its parent */

    CAROM_ASSERT(directory != NULL);
    while (readdir(directory))
        count++;
    closedir(directory);
    return count;
}

CAROM_TASK(full_echo)
{
    return echo(carom_arg_connection(call, 0));
}

/* More than fits the smallest ring, which is all that there is. */
static void expect_to_go_on(carom_connection_t *connection)
{
    static const char bytes[100000];
    carom_value_t value;

    CAROM_ASSERT_OK(carom_connection_send(connection, carom_value_borrow_bytes(bytes, sizeof bytes), PATIENCE));
    CAROM_ASSERT_OK(carom_connection_receive(&value, connection, PATIENCE));
    CAROM_ASSERT_INT(carom_value_count(value), sizeof bytes);
    carom_value_clear(&value);
}

/* A start is refused, or works: there may be room for one more. */
static void try_to_start(carom_context_t *context)
{
    carom_process_t *child;
    carom_status_t status = carom_process_start(&child, context, carom_call(full_echo, 0));

    CAROM_NOTE("a start then: %s", carom_status_name(status));
    if (status != CAROM_OK) {
        CAROM_ASSERT_STATUS(status, CAROM_ENOMEM);
        CAROM_ASSERT(child == NULL);
        return;
    }
    CAROM_ASSERT_OK(carom_process_kill(child));
    CAROM_ASSERT_OK(carom_process_join(child, PATIENCE));
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

/* When all have left there is room again. */
CAROM_TEST_WITH(full, a_small_file_system, .modes = PROCESSES)
{
    carom_connection_t *connection, *other;
    carom_process_t *child = start_with(&connection, test, &full_echo), *late;
    uint64_t objects = objects_in_use();
    struct statvfs about;

    CAROM_ASSERT(statvfs("/dev/shm", &about) == 0 && about.f_blocks * about.f_frsize <= 4 << 20);
    crowd_in(CROWD_MOST);
    CAROM_ASSERT(crowd.status == CAROM_ENOMEM && crowd.count > 10);
    expect_to_go_on(connection);
    try_to_start(test->context);
    crowd_out();
    expect_objects(objects);
    late = start_with(&other, test, &full_echo);
    expect_to_go_on(other);
    carom_connection_close(&other);
    end_child(&late, 0);
    carom_connection_close(&connection);
    end_child(&child, 0);
    CAROM_ASSERT_INT(files_in_it(), 0);
}

/* A process that is killed while its memory has a name leaves that to the next one, which takes it away. */
CAROM_TEST_ONCE(full, a_name_that_the_dead_left)
{
    carom_plat_shared_t *shared;
    char name[40];
    int left;

    snprintf(name, sizeof name, "/dev/shm/carom-%lu", (unsigned long) geteuid());
    left = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    CAROM_ASSERT(left >= 0);
    close(left);
    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_OK(carom_plat_shared_create(&shared, 1 << 20));
    CAROM_ASSERT_INT(files_in_it(), 0);
    carom_plat_shared_close(&shared);
}

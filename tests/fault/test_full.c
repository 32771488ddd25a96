/* Where files may be no larger, and shared memory is one. */

#include "tests/inside/inside.h"

#include <sys/resource.h>

static void limit_files(rlim_t most, struct rlimit *before)
{
    struct rlimit limit;

    CAROM_ASSERT_INT(getrlimit(RLIMIT_FSIZE, before), 0);
    limit = *before;
    limit.rlim_cur = most;
    CAROM_ASSERT_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

/* Links are refused at some time, what is there goes on. */
CAROM_TEST_ONCE(full, files_of_a_limited_size)
{
    struct rlimit before;
    pair_t first;
    uint64_t objects;

    skip_without_sharing();
    first = make_pair();
    objects = objects_in_use();
    limit_files((rlim_t) bytes_in_use() + (1 << 20), &before);
    crowd_in(400);
    CAROM_CHECK(crowd.status == CAROM_ENOMEM && crowd.count > 10);
    CAROM_CHECK(carom_connection_send_bytes(first.a, &before, sizeof before, PATIENCE) == CAROM_OK);
    CAROM_CHECK(carom_connection_skip(first.b, PATIENCE) == CAROM_OK);
    CAROM_ASSERT_INT(setrlimit(RLIMIT_FSIZE, &before), 0);
    crowd_out();
    CAROM_ASSERT_INT(objects_in_use(), objects);
    close_pair(&first);
}

/* What tests share that have things happen at the points of platform/fault.h. */

#ifndef CAROM_TESTS_POINTS_H
#define CAROM_TESTS_POINTS_H

#include "tests/inside/inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- counting: `make faults` makes a table of the lines ---- */

/* All processes of the case count, in a file of it, how often they come by a point and what happened there. */
CAROM_UNUSED static void count_points(carom_test_t *test)
{
    char path[1000];

    snprintf(path, sizeof path, "%s/counts", test->directory);
    CAROM_ASSERT_INT(setenv("CAROM_FAULT_COUNTS", path, 1), 0);
    CAROM_ASSERT_INT(carom__fault_set(NULL), 0);
}

CAROM_UNUSED static void tell_points(carom_test_t *test)
{
    char path[1000];
    unsigned i;

    (void) test;
    for (i = 0; carom__fault_name(i) && getenv("CAROM_POINTS"); i++)
        CAROM_NOTE("point %s passed %u fired %u", carom__fault_name(i), carom__fault_count(i), carom__fault_fired_at(i));
    unsetenv("CAROM_FAULT_COUNTS");
    snprintf(path, sizeof path, "%s/counts", test->directory);
    CAROM_CHECK(unlink(path) == 0);
}

#define COUNTED .set_up = count_points, .tear_down = tell_points

/* ---- children ---- */

/* A child with the other end of a pair, to which something happens. */
CAROM_UNUSED static carom_status_t start_child(carom_process_t **child, carom_connection_t **ours, carom_test_t *test,
                                               const carom_entry_t *entry, const char *fault)
{
    const char *environment[] = {fault, NULL};
    carom_process_options_t options = CAROM_PROCESS_OPTIONS_INIT;
    carom_connection_t *theirs;
    carom_value_t argument;
    carom_status_t status;

    options.environment = environment;
    CAROM_ASSERT_OK(carom_connection_pair(ours, &theirs, NULL));
    argument = carom_value_from_connection(theirs);
    status = carom_process_start_with(child, test->context, carom_request(entry, &argument, 1), &options);
    carom_connection_close(&theirs);
    return status;
}

/* All that the dead held was let go, and nothing of the arena is lost. */
CAROM_UNUSED static void expect_sound(const char *fault, uint64_t objects)
{
    const char *trouble;

    expect_objects(objects);
    trouble = arena_trouble();
    if (trouble)
        CAROM_NOTE("%s: %s", fault, trouble);
    CAROM_ASSERT(trouble == NULL);
}

/* Ends with its connection. */
CAROM_TASK(points_listens)
{
    carom_connection_t *connection = carom_arg_connection(call, 0);
    carom_value_t value;
    carom_status_t status = carom_connection_receive(&value, connection, PATIENCE);

    carom_connection_close(&connection);
    return status == CAROM_EEOF ? 0 : 1;
}

#endif

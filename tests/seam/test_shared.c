/* Memory shared by the processes of a tree, and who of them is alive. */

#include "tests/seam/area.h"

#include <carom-harness.h>

#include <stdlib.h>
#include <string.h>

#define STEP CAROM_PLAT_SHARED_STEP
#define SOON 5000000

static int lives(unsigned number)
{
    return carom_plat_shared_is_alive(member.shared, number, &member.area->marks[number]);
}

static int dies(unsigned number)
{
    int64_t deadline = carom_plat_now() + SOON;

    while (lives(number) && carom_plat_now() < deadline)
        sleep_for(200);
    return !lives(number);
}

CAROM_TEST_ONCE(shared, made_real_and_mapped)
{
    carom_plat_shared_t *shared;
    void *one, *other;
    size_t i;

    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_OK(carom_plat_shared_create(&shared, OBJECT_SIZE));
    CAROM_ASSERT_OK(carom_plat_shared_commit(shared, 2 * STEP, 3 * STEP));
    CAROM_ASSERT_OK(carom_plat_shared_map(&one, shared, 2 * STEP, 3 * STEP));
    CAROM_ASSERT_OK(carom_plat_shared_map(&other, shared, 3 * STEP, STEP));
    for (i = 0; i < 3 * STEP; i++)
        if (((char *) one)[i] != 0)
            break;
    CAROM_ASSERT_INT(i, 3 * STEP);
    memset((char *) one + STEP, 'a', STEP);
    CAROM_ASSERT_INT(((char *) other)[STEP - 1], 'a');
    carom_plat_shared_unmap(one, 3 * STEP);
    /* What is real stays, also when it is made real again. */
    CAROM_ASSERT_OK(carom_plat_shared_commit(shared, 0, 8 * STEP));
    CAROM_ASSERT_INT(((char *) other)[0], 'a');
    carom_plat_shared_close(&shared);
    CAROM_ASSERT(shared == NULL);
    CAROM_ASSERT_INT(((char *) other)[STEP - 1], 'a');
    carom_plat_shared_unmap(other, STEP);
    carom_plat_shared_close(&shared);
}

CAROM_TEST_ONCE(shared, reaches_a_child)
{
    carom_plat_child_t *child;
    void *more;

    area_open();
    child = launch_peer("write", 2);
    join_peer(&child);
    CAROM_ASSERT_TEXT(member.area->text, "written by the peer");
    CAROM_ASSERT_OK(carom_plat_shared_map(&more, member.shared, AREA_SIZE, STEP));
    CAROM_ASSERT_TEXT(more, "and this");
    carom_plat_shared_unmap(more, STEP);
    area_close();
}

CAROM_TEST_ONCE(shared, not_given_not_had)
{
    const char *environment[] = {"CAROM_PEER_ROLE=stay", "CAROM_PEER_NUMBER=2", NULL};
    carom_plat_launch_t launch = {.program = getenv("CAROM_PEER"), .environment = environment};
    carom_plat_stream_t *ours;
    carom_plat_child_t *child;
    carom_plat_end_t end;

    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_OK(carom_plat_stream_pair(&ours, &launch.control));
    CAROM_ASSERT_OK(carom_plat_launch(&child, &launch));
    carom_plat_stream_close(&launch.control);
    CAROM_ASSERT_OK(carom_plat_child_wait(child, &end, carom_plat_now() + SOON));
    CAROM_ASSERT_INT(end.code, 93);
    carom_plat_child_close(&child);
    carom_plat_stream_close(&ours);
}

CAROM_TEST_ONCE(shared, claims)
{
    carom_plat_child_t *child, *asker;

    area_open();
    CAROM_ASSERT(lives(1));
    CAROM_ASSERT(!lives(2));
    CAROM_ASSERT_STATUS(carom_plat_shared_claim(member.shared, 1, &member.area->marks[1]), CAROM_EBUSY);
    CAROM_ASSERT_OK(carom_plat_shared_claim(member.shared, 3, &member.area->marks[3]));
    child = launch_peer("stay", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT(lives(2));
    CAROM_ASSERT_INT(atomic_load(&member.area->marks[2].pid), carom_plat_child_pid(child));
    CAROM_ASSERT_STATUS(carom_plat_shared_claim(member.shared, 2, &member.area->marks[2]), CAROM_EBUSY);
    asker = launch_peer("ask", 4);
    join_peer(&asker);
    CAROM_ASSERT(dies(4));
    /* Dead before anybody has collected it. */
    CAROM_ASSERT_OK(carom_plat_child_signal(child, CAROM_PLAT_KILL));
    CAROM_ASSERT(dies(2));
    CAROM_ASSERT_OK(carom_plat_shared_claim(member.shared, 2, &member.area->marks[2]));
    CAROM_ASSERT(lives(2));
    kill_peer(&child);
    CAROM_ASSERT(lives(1) && lives(2) && lives(3));
    area_close();
}

/* A launch does not cost the one that launches its claims. */
CAROM_TEST_ONCE(shared, claims_outlast_a_launch)
{
    carom_plat_child_t *child;

    area_open();
    child = launch_peer("launch", 2);
    CAROM_ASSERT(becomes(&member.area->ready, 1, SOON));
    CAROM_ASSERT(lives(2));
    CAROM_ASSERT(dies(40));
    atomic_store(&member.area->go, 1);
    join_peer(&child);
    CAROM_ASSERT(dies(2));
    area_close();
}

/* The test's side of an area. */

#include "tests/seam/area.h"

#include <carom-harness.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATIENCE 20000000

/* Windows opens something that it keeps when the first thing with a name is made: before the harness looks. */
CAROM__AT_LOAD(park_for_a_moment)
{
    static carom_plat_lot_t lot;
    static const _Atomic uint32_t word;

    if (carom_plat_lot_init(&lot) == CAROM_OK)
        carom_plat_park(&lot, 0, &word, 0, carom_plat_now() + 10);
    carom_plat_lot_close(&lot);
}

void area_open(void)
{
    if (!carom_plat_shared_possible())
        CAROM_SKIP("no-parking");
    area_open_for_threads();
}

void area_open_for_threads(void)
{
    carom_plat_shared_t *shared;

    CAROM_ASSERT_OK(carom_plat_start());
    CAROM_ASSERT_OK(carom_plat_shared_create(&shared, OBJECT_SIZE));
    CAROM_ASSERT_OK(carom_plat_shared_commit(shared, 0, AREA_SIZE));
    CAROM_ASSERT_OK(member_join(shared, 1));
    CAROM_ASSERT_OK(carom_plat_lock_init(&member.area->lock));
    carom_plat_lot_init(&member.area->lot);
}

void area_close(void)
{
    CAROM_CHECK(atomic_load(&member.area->wrongs) == 0);
    member_leave();
}

carom_plat_child_t *launch_peer(const char *role, unsigned number)
{
    char role_setting[64], number_setting[64];
    const char *environment[] = {role_setting, number_setting, NULL};
    carom_plat_launch_t launch = {.program = getenv("CAROM_PEER"), .environment = environment, .shared = member.shared};
    carom_plat_stream_t *ours;
    carom_plat_child_t *child;

    CAROM_ASSERT(launch.program != NULL);
    snprintf(role_setting, sizeof role_setting, "CAROM_PEER_ROLE=%s", role);
    snprintf(number_setting, sizeof number_setting, "CAROM_PEER_NUMBER=%u", number);
    CAROM_ASSERT_OK(carom_plat_stream_pair(&ours, &launch.control));
    CAROM_ASSERT_OK(carom_plat_launch(&child, &launch));
    carom_plat_stream_close(&ours);
    carom_plat_stream_close(&launch.control);
    return child;
}

void kill_peer(carom_plat_child_t **child)
{
    carom_plat_end_t end;

    CAROM_ASSERT_OK(carom_plat_child_signal(*child, CAROM_PLAT_KILL));
    CAROM_ASSERT_OK(carom_plat_child_wait(*child, &end, carom_plat_now() + PATIENCE));
    CAROM_ASSERT_INT(end.code, -9);
    carom_plat_child_close(child);
}

void join_peer(carom_plat_child_t **child)
{
    carom_plat_end_t end;

    CAROM_ASSERT_OK(carom_plat_child_wait(*child, &end, carom_plat_now() + PATIENCE));
    CAROM_ASSERT_INT(end.code, 0);
    carom_plat_child_close(child);
}

unsigned rounds_of(unsigned few)
{
    const char *wanted = getenv("CAROM_TEST_ROUNDS"), *soak = getenv("CAROM_SOAK");
    int rounds = wanted ? atoi(wanted) : 0;

    if (rounds > 0)
        return (unsigned) rounds;
    return soak && *soak && strcmp(soak, "0") != 0 ? 10000 : few;
}

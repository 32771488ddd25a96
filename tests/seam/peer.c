/* A program that a test launches, with the area that they share; the environment says what it is to do there. */

#include "tests/seam/area.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LONG 60000000
#define PINGS 1000

static void say_ready(void)
{
    atomic_fetch_add(&member.area->ready, 1);
}

static int stay(void)
{
    say_ready();
    return becomes(&member.area->go, 1, LONG) ? 0 : 1;
}

/* ---- memory ---- */

/* In the area, and in a range that it makes real itself. */
static int write_text(void)
{
    void *more;

    strcpy(member.area->text, "written by the peer");
    if (carom_plat_shared_commit(member.shared, AREA_SIZE, CAROM_PLAT_SHARED_STEP) != CAROM_OK)
        return 1;
    if (carom_plat_shared_map(&more, member.shared, AREA_SIZE, CAROM_PLAT_SHARED_STEP) != CAROM_OK)
        return 2;
    strcpy(more, "and this");
    carom_plat_shared_unmap(more, CAROM_PLAT_SHARED_STEP);
    return 0;
}

/* ---- claims ---- */

static int ask_about_one(void)
{
    area_t *area = member.area;

    if (carom_plat_shared_claim(member.shared, 1, &area->marks[1]) != CAROM_EBUSY)
        return 1;
    if (carom_plat_shared_claim(member.shared, member.number, &area->marks[member.number]) != CAROM_EBUSY)
        return 2;
    if (!carom_plat_shared_is_alive(member.shared, member.number, &area->marks[member.number]))
        return 3;
    return carom_plat_shared_is_alive(member.shared, 1, &area->marks[1]) ? 0 : 4;
}

static int fork_and_stay(void)
{
    atomic_store(&member.area->moment, fork_a_sleeper());
    return stay();
}

static int stay_without_first_thread(void)
{
    return without_first_thread(stay);
}

/* Passes the object on, and stays alive for as long as that one. */
static int launch_another(void)
{
    const char *environment[] = {"CAROM_PEER_ROLE=ask", "CAROM_PEER_NUMBER=40", NULL};
    carom_plat_launch_t launch = {.program = getenv("CAROM_PEER"), .environment = environment, .shared = member.shared};
    carom_plat_stream_t *ours;
    carom_plat_child_t *child;
    carom_plat_end_t end = {1, 0};

    if (carom_plat_stream_pair(&ours, &launch.control) != CAROM_OK || carom_plat_launch(&child, &launch) != CAROM_OK)
        return 1;
    if (carom_plat_child_wait(child, &end, carom_plat_now() + LONG) != CAROM_OK || end.code != 0)
        return 2;
    carom_plat_child_close(&child);
    carom_plat_stream_close(&launch.control);
    carom_plat_stream_close(&ours);
    /* Its own claim has survived that. */
    return stay();
}

/* ---- parking ---- */

static int park_once(void)
{
    area_t *area = member.area;
    int64_t before;

    say_ready();
    while (atomic_load(&area->word) == 0) {
        before = carom_plat_now();
        carom_plat_park(&area->lot, 5, &area->word, 0, CAROM_PLAT_NEVER);
        atomic_store(&area->moment, carom_plat_now() - before);
    }
    return 0;
}

/* Odd words are ours to answer. */
static int answer_pings(void)
{
    area_t *area = member.area;
    uint32_t seen;

    say_ready();
    while ((seen = atomic_load(&area->word)) < 2 * PINGS) {
        if (seen % 2 == 0) {
            carom_plat_park(&area->lot, 5, &area->word, seen, CAROM_PLAT_NEVER);
            continue;
        }
        atomic_store(&area->word, seen + 1);
        atomic_store(&area->answer, seen + 1);
        carom_plat_unpark(&area->lot, 6, &area->answer, 0);
    }
    return 0;
}

/* ---- locks ---- */

static int hold(void)
{
    carom_plat_party_t party = member_party(0);

    if (carom_plat_lock_enter(&member.area->lock, &party, CAROM_PLAT_NEVER) != CAROM_OK)
        return 1;
    member.area->inside = party.self;
    return stay();
}

static int wait_for_lock(void)
{
    carom_plat_party_t party = member_party(0);
    area_t *area = member.area;
    carom_status_t status;

    say_ready();
    status = carom_plat_lock_enter(&area->lock, &party, CAROM_PLAT_NEVER);
    atomic_store(&area->moment, carom_plat_now());
    atomic_store(&area->status, status);
    if (status == CAROM_EOWNERDEAD)
        atomic_fetch_add(&area->deaths, 1);
    carom_plat_lock_leave(&area->lock, &party);
    return 0;
}

static void work_beside(void *unused)
{
    (void) unused;
    member_work(1, atomic_load(&member.area->wanted));
}

static int work(void)
{
    carom_plat_thread_t *beside;

    if (carom_plat_thread_start(&beside, work_beside, NULL) != CAROM_OK)
        return 1;
    say_ready();
    member_work(0, atomic_load(&member.area->wanted));
    carom_plat_thread_join(&beside);
    return 0;
}

static int work_for_ever(void)
{
    say_ready();
    while (atomic_load(&member.area->go) == 0)
        member_work(0, 1000);
    return 0;
}

/* ---- */

static const struct { const char *name; int (*run)(void); } roles[] = {
    {"stay", stay}, {"write", write_text}, {"ask", ask_about_one}, {"fork", fork_and_stay}, {"launch", launch_another},
    {"stay-on", stay_without_first_thread}, {"park", park_once}, {"answer", answer_pings}, {"hold", hold},
    {"wait", wait_for_lock}, {"work", work}, {"work-for-ever", work_for_ever},
};

static int play(const char *name)
{
    size_t i;

    for (i = 0; name && i < sizeof roles / sizeof roles[0]; i++)
        if (strcmp(roles[i].name, name) == 0)
            return roles[i].run();
    return 90;
}

int main(int argc, char **argv)
{
    const char *number = getenv("CAROM_PEER_NUMBER");
    carom_plat_stream_t *control;
    carom_plat_shared_t *shared;
    int code;

    if (argc < 3 || number == NULL || carom_plat_start() != CAROM_OK)
        return 91;
    if (carom_plat_adopt(&control, &shared, argv[2]) != CAROM_OK)
        return 92;
    code = shared && member_join(shared, (unsigned) atoi(number)) == CAROM_OK ? play(getenv("CAROM_PEER_ROLE")) : 93;
    carom_plat_stream_close(&control);
    if (member.area)
        member_leave();
    return code;
}

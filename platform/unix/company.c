/* Who else is in this process.  A fork has the calling thread only: what another one held stays held in it for ever. */

#include "platform/unix/unix.h"

#include <sys/stat.h>
#include <time.h>

#define TASKS "/proc/self/task"
#define LOOK_SOON 1000000      /* ns between looks for threads that are about to end */

/* There with ThreadSanitizer, and with nobody else. */
void __tsan_init(void) __attribute__((weak));

/* It runs a thread of its own; in a fork it starts one for the fork, and another with the first thread there. */
static unsigned count_sanitizer_s(void)
{
    if (__tsan_init == NULL)
        return 0;
    return carom_plat_fork_count() > 0 ? 2 : 1;
}

int carom_plat_can_fork(void)
{
    return 1;
}

/* All threads of this process; 0 when the system does not tell.  Linux counts them as links of the folder that lists them. */
static unsigned count_all(void)
{
    struct stat about;

    return stat(TASKS, &about) == 0 && about.st_nlink > 2 ? (unsigned) about.st_nlink - 2 : 0;
}

static carom_plat_company_t look(void)
{
    unsigned all = count_all(), ours = carom__plat_threads();
    unsigned expected = 1 + ours + carom__plat_watchers() + count_sanitizer_s();

    if (all > expected)
        return CAROM_PLAT_AMONG_OTHERS;
    return ours > 0 ? CAROM_PLAT_AMONG_OURS : CAROM_PLAT_ALONE;
}

carom_plat_company_t carom_plat_company(int64_t deadline)
{
    struct timespec soon = {0, LOOK_SOON};
    carom_plat_company_t company = look();

    while (company == CAROM_PLAT_AMONG_OTHERS && carom_plat_now() < deadline) {
        nanosleep(&soon, NULL);
        company = look();
    }
    return company;
}

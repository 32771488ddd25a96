/* What happens at the points of platform/fault.h, in a build that has them. */

#include "platform/fault.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { ORDERS_MAX = 8, POINTS_MAX = 1024, NAME_MAX_LENGTH = 63 };

typedef enum action_t { KILL, STOP, DELAY, FAIL } action_t;

typedef struct order_t {
    char name[NAME_MAX_LENGTH + 1];
    unsigned pass;
    action_t action;
    int value;
    atomic_uint passes;
} order_t;

/* Set before other threads come by, or while none does. */
static order_t orders[ORDERS_MAX];
static _Atomic unsigned order_count, fired;

typedef struct count_t {
    atomic_uint passes;
    atomic_uint fired;
} count_t;

/* In a file, for all processes; NULL: nobody counts. */
static count_t *counts;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* ---- the table that the linker made ---- */

extern const carom__fault_point_t *const __start_carom_faults[] __attribute__((visibility("hidden")));
extern const carom__fault_point_t *const __stop_carom_faults[] __attribute__((visibility("hidden")));

static unsigned point_count(void)
{
    size_t n = (size_t) (__stop_carom_faults - __start_carom_faults);

    return n < POINTS_MAX ? (unsigned) n : POINTS_MAX;
}

const char *carom__fault_name(unsigned number)
{
    return number < point_count() ? __start_carom_faults[number]->name : NULL;
}

/* ---- what is to happen ---- */

static int parse_action(order_t *order, const char *text)
{
    static const struct { const char *name; action_t action; } actions[] = {
        {"kill", KILL}, {"stop", STOP}, {"delay=", DELAY}, {"fail=", FAIL},
    };
    size_t i;

    for (i = 0; i < sizeof actions / sizeof actions[0]; i++)
        if (strncmp(text, actions[i].name, strlen(actions[i].name)) == 0) {
            order->action = actions[i].action;
            order->value = atoi(text + strlen(actions[i].name));
            return 0;
        }
    return -1;
}

static int parse_order(order_t *order, const char *text)
{
    const char *pass = strchr(text, ':'), *action = pass ? strchr(pass + 1, ':') : NULL;

    if (action == NULL || pass - text > NAME_MAX_LENGTH)
        return -1;
    memcpy(order->name, text, (size_t) (pass - text));
    order->name[pass - text] = '\0';
    order->pass = (unsigned) atoi(pass + 1);
    atomic_store(&order->passes, 0);
    return parse_action(order, action + 1);
}

static int parse(const char *specification)
{
    unsigned n = 0;

    atomic_store(&order_count, 0);
    while (specification && *specification) {
        if (n == ORDERS_MAX || parse_order(&orders[n], specification) != 0)
            return -1;
        n++;
        specification = strchr(specification, ',');
        specification += specification != NULL;
    }
    atomic_store(&order_count, n);
    return 0;
}

static void map_counts(const char *path)
{
    size_t size = POINTS_MAX * sizeof *counts;
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *at;

    if (fd < 0)
        return;
    at = ftruncate(fd, (off_t) size) == 0 ? mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) : MAP_FAILED;
    close(fd);
    counts = at == MAP_FAILED ? NULL : at;
}

static void find_counts(void)
{
    const char *file = getenv("CAROM_FAULT_COUNTS");

    if (counts == NULL && file && *file)
        map_counts(file);
}

static void begin(void)
{
    find_counts();
    if (parse(getenv("CAROM_FAULT")) != 0)
        fprintf(stderr, "CAROM_FAULT is not understood\n");
}

void carom__fault_begin_again(void)
{
    pthread_once(&once, begin);
    find_counts();
    (void) parse(getenv("CAROM_FAULT"));
}

int carom__fault_set(const char *specification)
{
    pthread_once(&once, begin);
    find_counts();
    atomic_store(&fired, 0);
    return parse(specification);
}

unsigned carom__fault_fired(void)
{
    return atomic_load(&fired);
}

unsigned carom__fault_count(unsigned number)
{
    pthread_once(&once, begin);
    return counts && number < point_count() ? atomic_load(&counts[number].passes) : 0;
}

unsigned carom__fault_fired_at(unsigned number)
{
    pthread_once(&once, begin);
    return counts && number < point_count() ? atomic_load(&counts[number].fired) : 0;
}

/* ---- coming by ---- */

static int is_meant(const order_t *order, const char *name)
{
    size_t length = strlen(order->name);

    if (length > 0 && order->name[length - 1] == '*')
        return strncmp(order->name, name, length - 1) == 0;
    return strcmp(order->name, name) == 0;
}

static int is_time(order_t *order)
{
    return atomic_fetch_add(&order->passes, 1) + 1 == order->pass || order->pass == 0;
}

static int obey(const order_t *order)
{
    struct timespec t = {order->value / 1000000, (long) (order->value % 1000000) * 1000};

    switch (order->action) {
    case KILL:
        for (;;)
            kill(getpid(), SIGKILL);
    case STOP:
        kill(getpid(), SIGSTOP);
        break;
    case DELAY:
        while (nanosleep(&t, &t) != 0 && errno == EINTR)
            ;
        break;
    case FAIL:
        return order->value;
    }
    return 0;
}

/* Its own counts, or NULL. */
static count_t *count_of(const carom__fault_point_t *point)
{
    unsigned i;

    for (i = 0; counts && i < point_count(); i++)
        if (__start_carom_faults[i] == point)
            return &counts[i];
    return NULL;
}

int carom__fault_pass(const carom__fault_point_t *point)
{
    count_t *count;
    unsigned n, i;
    int status = 0, saved = errno;

    pthread_once(&once, begin);
    n = atomic_load(&order_count);
    count = count_of(point);
    if (count)
        atomic_fetch_add(&count->passes, 1);
    for (i = 0; i < n; i++)
        if (is_meant(&orders[i], point->name) && is_time(&orders[i])) {
            atomic_fetch_add(&fired, 1);
            if (count)
                atomic_fetch_add(&count->fired, 1);
            status = obey(&orders[i]);
        }
    errno = saved;
    return status;
}

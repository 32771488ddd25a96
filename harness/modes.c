/* The modes: carom's, the one of tests that know none, and those of the application. */

#include "harness/harness.h"

#include <string.h>

/* Cases run in this order. */
static const carom__h_mode_t ours[] = {
    {"once", CAROM_TEST_ONCE_ONLY, 0, NULL},
    {"thread", CAROM_TEST_THREAD, 1, NULL},
    {"spawn", CAROM_TEST_SPAWN, 1, NULL},
    {"fork", CAROM_TEST_FORK, 1, NULL},
    {"forkserver", CAROM_TEST_FORKSERVER, 1, NULL},
};

#define OURS (sizeof(ours) / sizeof(ours[0]))
#define FIRST_BIT 8
#define MOST 16

static carom__h_mode_t theirs[MOST];
static size_t count;
static const char *wrong;

/* By name, since constructors run in another order on each system. */
void carom_harness_mode_register(carom_test_mode_t *mode)
{
    size_t at, i;

    if (count == MOST)
        wrong = "the program has more modes than 16";
    if (carom__h_mode_named(mode->name) != NULL)
        wrong = "two modes of the program have the same name, or one that carom has";
    if (wrong != NULL)
        return;
    for (at = 0; at < count && strcmp(theirs[at].name, mode->name) < 0; at++)
        ;
    memmove(&theirs[at + 1], &theirs[at], (count - at) * sizeof(theirs[0]));
    theirs[at].name = mode->name;
    theirs[at].has_context = 0;
    theirs[at].own = mode;
    count++;
    for (i = 0; i < count; i++)
        theirs[i].bit = 1u << (FIRST_BIT + i);
}

const carom__h_mode_t *carom__h_mode_at(size_t index)
{
    if (index < OURS)
        return &ours[index];
    return index - OURS < count ? &theirs[index - OURS] : NULL;
}

const carom__h_mode_t *carom__h_mode_named(const char *name)
{
    const carom__h_mode_t *mode;
    size_t i;

    for (i = 0; (mode = carom__h_mode_at(i)) != NULL; i++)
        if (strcmp(mode->name, name) == 0)
            return mode;
    return NULL;
}

const char *carom__h_modes_wrong(void)
{
    return wrong;
}

/* Not every system has every mode. */
int carom__h_mode_is_here(const carom__h_mode_t *mode)
{
    size_t i;

    for (i = 0; carom_mode_at(i) != NULL; i++)
        if (strcmp(carom_mode_at(i), mode->name) == 0)
            return 1;
    return !mode->has_context;
}

carom_status_t carom__h_mode_open(const carom__h_mode_t *mode, carom_test_t *test)
{
    if (mode->has_context)
        return carom_context_create(&test->context, mode->name);
    return mode->own != NULL && mode->own->open != NULL ? mode->own->open(test) : CAROM_OK;
}

void carom__h_mode_close(const carom__h_mode_t *mode, carom_test_t *test)
{
    if (mode->own != NULL && mode->own->close != NULL)
        mode->own->close(test);
    else
        carom_context_destroy(&test->context);
}

/* The environment of a child: ours with changes. */

#include "platform/unix/unix.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int same_name(const char *one, const char *other)
{
    size_t length = carom__plat_name_length(one);

    return length == carom__plat_name_length(other) && memcmp(one, other, length) == 0;
}

static int is_changed(const char *setting, const char *const *changes)
{
    for (; *changes; changes++)
        if (same_name(setting, *changes))
            return 1;
    return 0;
}

/* The strings stay where they are; only the array is new.  Of two changes to one name the later counts. */
int carom__environment_merge(char ***environment, const char *const *changes)
{
    size_t ours = 0, theirs = 0, n = 0, i;
    char **merged;

    while (environ && environ[ours])
        ours++;
    while (changes[theirs])
        theirs++;
    merged = malloc((ours + theirs + 1) * sizeof *merged);
    *environment = merged;
    if (merged == NULL)
        return ENOMEM;
    for (i = 0; i < ours; i++)
        if (!is_changed(environ[i], changes))
            merged[n++] = environ[i];
    for (i = 0; i < theirs; i++)
        if (strchr(changes[i], '=') && !is_changed(changes[i], changes + i + 1))
            merged[n++] = (char *) changes[i];
    merged[n] = NULL;
    return 0;
}

/* What this build of carom found on its system: the macros of the old multiprocessing package, seen at run time. */

#ifndef CAROM_FEATURES_H
#define CAROM_FEATURES_H

#include <carom/api.h>

CAROM_BEGIN

/* One fact of configure.  Each can be forced off: ./configure --disable-NAME, as `option` says. */
typedef struct carom_feature_t {
    const char *name;        /* "HAVE_SEM_OPEN" */
    int value;               /* 0 or 1 */
    const char *option;      /* "sem-open" */
    const char *meaning;     /* one line */
} carom_feature_t;

/* All features, ended by one whose name is NULL; the same in parent and child.  Static storage. */
CAROM_API const carom_feature_t *carom_features(void);

/* The value of a feature by name; -1 for one that is not known. */
CAROM_API int carom_feature(const char *name);

CAROM_END

#endif

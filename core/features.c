/* What configure found, seen at run time. */

#include "config.h"

#include <carom/features.h>

#include <string.h>

static const carom_feature_t features[] = {
#define FEATURE(name, value, option, meaning) {#name, value, option, meaning},
    CAROM_FEATURES_TABLE(FEATURE)
#undef FEATURE
    {NULL, 0, NULL, NULL},
};

const carom_feature_t *carom_features(void)
{
    return features;
}

int carom_feature(const char *name)
{
    const carom_feature_t *feature;

    for (feature = features; feature->name; feature++)
        if (strcmp(feature->name, name) == 0)
            return feature->value;
    return -1;
}

/* What configure found, the same in parent and child. */

#include <carom-harness.h>

#include <string.h>

/* All names and values as one text, so that two processes can compare. */
static const char *summary(char *text, size_t size)
{
    const carom_feature_t *feature;
    size_t used = 0;

    for (feature = carom_features(); feature->name && used + strlen(feature->name) + 3 < size; feature++) {
        strcpy(text + used, feature->name);
        used += strlen(feature->name);
        text[used++] = feature->value ? '1' : '0';
        text[used++] = ' ';
    }
    text[used] = '\0';
    return text;
}

CAROM_TASK(compare_features)
{
    char mine[2000];

    CAROM_ASSERT_TEXT(summary(mine, sizeof mine), carom_arg_text(call, 0));
    return 0;
}

CAROM_TEST(features, same_in_the_child)
{
    carom_process_t *child;
    char mine[2000];

    CAROM_ASSERT_OK(carom_process_start(&child, test->context, carom_call(compare_features, summary(mine, sizeof mine))));
    CAROM_ASSERT_OK(carom_process_join(child, carom_seconds(20)));
    CAROM_ASSERT_INT(carom_process_exit_code(child), 0);
    CAROM_ASSERT_OK(carom_process_destroy(&child));
}

CAROM_TEST_ONCE(features, known_and_unknown)
{
    static const char *const classic[] = {"HAVE_SEM_OPEN", "HAVE_SEM_TIMEDWAIT", "HAVE_FD_TRANSFER",
                                          "HAVE_BROKEN_SEM_GETVALUE", "HAVE_BROKEN_SEM_UNLINK"};
    const carom_feature_t *feature;
    size_t i;

    for (i = 0; i < sizeof classic / sizeof classic[0]; i++)
        CAROM_ASSERT(carom_feature(classic[i]) == 0 || carom_feature(classic[i]) == 1);
    CAROM_ASSERT_INT(carom_feature("HAVE_A_PONY"), -1);
    for (feature = carom_features(); feature->name; feature++) {
        CAROM_ASSERT_INT(feature->value, carom_feature(feature->name));
        CAROM_ASSERT(strlen(feature->meaning) > 3 && strlen(feature->option) > 0);
    }
}

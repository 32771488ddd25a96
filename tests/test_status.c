/* Statuses: one table, stable numbers, a text for each. */

#include <carom-harness.h>

#include <string.h>

CAROM_TEST_ONCE(status, numbers_are_stable)
{
    CAROM_ASSERT_INT(CAROM_OK, 0);
    CAROM_ASSERT_INT(CAROM_ETIMEOUT, 177001);
    CAROM_ASSERT_INT(CAROM_ETOOBIG, 177004);
    CAROM_ASSERT_INT(CAROM_ENOENTRY, 177009);
    CAROM_ASSERT_INT(CAROM_EREAPED, 177024);
    CAROM_ASSERT_INT(CAROM_EEXIST, 177034);
}

CAROM_TEST_ONCE(status, names)
{
    CAROM_ASSERT_TEXT(carom_status_name(CAROM_OK), "CAROM_OK");
    CAROM_ASSERT_TEXT(carom_status_name(CAROM_EBADMSG), "CAROM_EBADMSG");
    CAROM_ASSERT_TEXT(carom_status_name(12345), "system");
}

CAROM_TEST_ONCE(status, texts)
{
    static const carom_status_t all[] = {
#define NUMBER(name, offset, text) CAROM_##name,
        CAROM_STATUS_TABLE(NUMBER)
#undef NUMBER
    };
    char text[100];
    size_t i;

    for (i = 0; i < sizeof all / sizeof all[0]; i++) {
        carom_status_text(all[i], text, sizeof text);
        CAROM_ASSERT(strlen(text) > 5 && text[strlen(text) - 1] != '.');
        CAROM_ASSERT(strncmp(carom_status_name(all[i]), "CAROM_E", 7) == 0);
    }
    CAROM_ASSERT_TEXT(carom_status_text(CAROM_ETIMEOUT, text, sizeof text), "timed out");
    CAROM_ASSERT_TEXT(carom_status_text(CAROM_ETIMEOUT, text, 6), "timed");
    CAROM_ASSERT_TEXT(carom_status_text(CAROM_ETIMEOUT, text, 1), "");
    CAROM_ASSERT(strlen(carom_status_text(2, text, sizeof text)) > 0);
}

CAROM_TEST_ONCE(status, version)
{
    CAROM_ASSERT_TEXT(carom_version(), CAROM_VERSION_STRING);
}

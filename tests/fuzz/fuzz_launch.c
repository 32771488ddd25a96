/* A libFuzzer target: what a fresh worker is told, and what it reports back. */

#include "core/launch.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void insist(int truth)
{
    if (!truth)
        abort();
}

static void open_launch(const carom__buffer_t *body, size_t length, carom__arrival_t *arrival)
{
    carom__orders_t orders;
    carom_status_t status = carom__launch_open(&orders, NULL, body, length, arrival);

    if (status != CAROM_OK)
        return;
    insist(strlen(orders.entry) < length && strlen(orders.object) < length && strlen(orders.name) < length);
    insist(orders.count <= length / 4);
    carom__orders_clear(&orders);
}

static void open_report(const carom__buffer_t *body, size_t length, carom__arrival_t *arrival)
{
    carom__report_t report;

    if (carom__report_open(&report, body, length, arrival) == CAROM_OK)
        insist(memchr(report.text, 0, sizeof report.text) != NULL);
    carom_value_clear(&report.result);
}

/* The first byte chooses: a launch or a report, and how many records of handles are at the end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    carom__arrival_t arrival;
    carom__buffer_t body = {(unsigned char *) bytes + 1, length - 1, length - 1};
    size_t left = length - 1;

    if (length == 0)
        return 0;
    insist(carom_plat_start() == CAROM_OK);
    if (carom__arrival_open(&arrival, body.bytes, &left, (bytes[0] >> 1) % 4, NULL, 0, CAROM__NOBODY, 0) == CAROM_OK) {
        if (bytes[0] & 1)
            open_report(&body, left, &arrival);
        else
            open_launch(&body, left, &arrival);
    }
    carom__arrival_clear(&arrival);
    return 0;
}

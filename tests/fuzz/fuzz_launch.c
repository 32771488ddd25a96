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

static void open_either(carom__buffer_t *body, int is_report, const carom__header_t *header)
{
    carom__arrival_t arrival;
    size_t left = body->length;

    if (carom__arrival_open(&arrival, body->bytes, &left, header, NULL, 0, CAROM__NOBODY, 0) == CAROM_OK) {
        if (is_report)
            open_report(body, left, &arrival);
        else
            open_launch(body, left, &arrival);
    }
    carom__arrival_clear(&arrival);
}

/* The first byte chooses: a launch or a report, and how many records of handles and of shares are at the end. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
    carom__header_t header = {CAROM_MESSAGE_VALUE, 0, 0, 0};
    carom__buffer_t body;

    if (length == 0)
        return 0;
    insist(carom_plat_start() == CAROM_OK);
    carom__buffer_init(&body);
    insist(carom__buffer_put(&body, bytes + 1, length - 1) == CAROM_OK);
    header.handles = (bytes[0] >> 1) % 4;
    header.shares = (bytes[0] >> 3) % 4;
    open_either(&body, bytes[0] & 1, &header);
    carom__buffer_release(&body);
    return 0;
}

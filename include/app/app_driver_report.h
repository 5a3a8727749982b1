/* How the drivers' reports are witnessed: late, by a clock ahead, without proof, without a scan. A manager's
 * report. */
#ifndef CANARY_APP_DRIVER_REPORT_H
#define CANARY_APP_DRIVER_REPORT_H

#include "store/store_driver_report.h"

struct driver_query {
    int64_t from, to;    /* dates of the deliveries, both inclusive */
    struct id driver_id; /* no id: all */
};
extern const struct shape driver_report_query_shape;

struct driver_report {
    int64_t from, to;
    struct list rows; /* struct driver_counts, by driver */
    const struct driver_counts *total;
};
extern const struct shape driver_report_shape;

/* ERR_INVALID at ?to for a period that ends before it starts or is longer than LIMIT_REPORT_DAYS. */
MUST enum err app_driver_report(struct ctx *c, const struct driver_query *query,
                                struct driver_report *report_out);

#endif

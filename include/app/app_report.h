/* The delivery-errors report: reads commitment rows and nothing else for its figures. */
#ifndef CANARY_APP_REPORT_H
#define CANARY_APP_REPORT_H

#include "base/ctx.h"
#include "domain/report.h"

struct report_query {
    int64_t from, to;      /* dates, both inclusive */
    const char *group_by;  /* "customer", "customer,month", "product", "kind"; NULL: customer */
    struct id customer_id; /* no id: all (a customer's staff: always their own) */
    int64_t basis;         /* enum kpi_basis; NONE: commitment */
    int64_t as_of;         /* instant not after now; NONE: now */
};
extern const struct shape report_query_shape;

/* ERR_INVALID for a period that ends before it starts or is longer than LIMIT_REPORT_DAYS, an as_of in the
 * future, an unknown group or a mix of families ("report.mixed-groups"). *groups_out: bits of enum
 * report_group. */
MUST enum err app_report(struct ctx *c, const struct report_query *query, struct report *report_out,
                         unsigned *groups_out);
/* Any report's rows, records of `shape`, and its total likewise. */
MUST enum err app_rows_csv(struct ctx *c, const struct shape *shape, struct list rows, const void *total,
                           const char **csv_out);
/* The report's rows as RFC 4180 text: JSON member names, nested ones joined by _, rates as otif_rate, otif_n,
 * otif_low, otif_high; the total last, with its first group member "total". */
MUST enum err app_report_csv(struct ctx *c, const struct report *report, unsigned groups,
                             const char **csv_out);

#endif

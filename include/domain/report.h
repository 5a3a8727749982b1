/* The delivery-errors report as it is answered: rows of one family of groups, with every figure of section 5.
 */
#ifndef CANARY_DOMAIN_REPORT_H
#define CANARY_DOMAIN_REPORT_H

#include "base/shape.h"
#include "domain/kpi.h"

/* How a report may be cut. customer, month, depot and driver partition the commitments and may be combined;
 * product carries line and unit figures only; kind counts discrepancies. */
enum report_group {
    GROUP_CUSTOMER,
    GROUP_MONTH,
    GROUP_DEPOT,
    GROUP_DRIVER,
    GROUP_PRODUCT,
    GROUP_KIND,
    GROUP_COUNT
};
extern const struct names report_group_names;
#define GROUP_BIT(group) (1u << (group))
#define GROUPS_PARTITION \
    (GROUP_BIT(GROUP_CUSTOMER) | GROUP_BIT(GROUP_MONTH) | GROUP_BIT(GROUP_DEPOT) | GROUP_BIT(GROUP_DRIVER))

struct report_rate {
    double value, low, high; /* NAN: null */
    int64_t n;
};

struct report_rates {
    const struct report_rate *on_time, *early, *late, *missed, *in_full, *otif, *perfect, *inaccurate,
        *line_fill, *unit_fill;
};

struct report_excluded {
    int64_t cancelled, skipped, paused, ended, admitted, overridden, not_stated;
};

struct report_net {
    int64_t due, on_time, early, late, missed, in_full, otif, perfect, inaccurate;
    const struct report_rates *rates; /* of those figures */
};

struct report_experienced {
    int64_t on_time, in_full, otif, perfect;
};

struct report_row {
    /* group members: only those of the groups asked for are answered */
    struct id customer_id;
    const char *customer_code, *customer, *month;
    struct id depot_id;
    const char *depot_code, *depot;
    struct id driver_id;
    const char *driver;
    struct id product_id;
    const char *product_code, *product;
    int64_t kind; /* enum discrepancy_kind */

    int64_t due, on_time, early, late, missed, pending;
    int64_t in_full, otif, perfect, inaccurate; /* NONE: the source does not state what was handed over */
    int64_t lines, lines_right, units_authorised, units_accepted, recoveries, reversals;
    const struct report_excluded *excluded;
    const struct report_rates *rates;
    const struct report_net *net;
    const struct report_experienced *experienced, *canary_gap; /* gap: recorded - experienced */

    int64_t n, open, resolved, voided; /* of kind */
};

/* A commitment of the period whose facts arrived after it: what the report said then and says now. */
struct report_restated {
    struct id order_id, customer_id;
    int64_t due_on, was, is; /* date; enum timeliness at the period's end and now */
    int64_t known_from;      /* when the facts arrived */
};

struct report {
    int64_t as_of, from, to, basis; /* instant, dates, enum kpi_basis */
    const char *group_by;
    const char *definitions; /* JSON */
    struct list rows;        /* struct report_row */
    const struct report_row *total;
    struct list restated; /* struct report_restated */
};

/* The shape of rows grouped by these groups (bits), made in the arena; of the whole report with such rows.
 * NULL when the arena is full. */
struct arena;
const struct shape *report_row_shape(struct arena *arena, unsigned groups);
const struct shape *report_shape(struct arena *arena, unsigned groups);
/* All members that any grouping may answer: for the OpenAPI document. */
extern const struct shape report_any_shape;

/* The definitions of the figures, one sentence each, as a JSON object. */
extern const char report_definitions[];

/* Fills a row's figures from its counts. small_n: rates below it carry an interval. false when the arena is
 * full. */
bool report_fill(struct arena *arena, const struct kpi *kpi, int64_t small_n, struct report_row *row);

#endif

/* What the report needs beside the commitment rows: names, lines per product, counts per kind. */
#ifndef CANARY_STORE_REPORT_H
#define CANARY_STORE_REPORT_H

#include "base/ctx.h"

enum report_name { NAME_CUSTOMER, NAME_DEPOT, NAME_DRIVER, NAME_PRODUCT };
struct report_named {
    const char *code, *name; /* code NULL for a driver */
};
MUST enum err store_report_name(struct ctx *c, enum report_name of, struct id id,
                                struct report_named *named_out);

/* A frozen line with what the commitment's own deliveries brought of it by `as_of`. */
struct report_line {
    struct id product_id;
    int64_t authorised, accepted;
};
MUST enum err store_report_lines(struct ctx *c, struct id order_id, int64_t as_of, struct list *lines_out);

struct report_kind {
    int64_t kind, n, open, resolved, voided;
};
/* Discrepancies detected by `as_of` of the orders whose commitment's due_on is in from … to, by kind. */
MUST enum err store_report_kinds(struct ctx *c, int64_t from, int64_t to, struct id customer_id,
                                 int64_t as_of, struct list *kinds_out);

#endif

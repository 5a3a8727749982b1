/* What an independent pass reads to count an order's units again: its lines, its commitment, and what its
 * deliveries have stated, a page of orders at a time. */
#ifndef CANARY_STORE_VERIFY_UNITS_H
#define CANARY_STORE_VERIFY_UNITS_H

#include "base/ctx.h"

/* An order, and what its current commitment counts: zeros where there is none. */
struct verify_order {
    struct id order_id;
    int64_t is_closed;  /* skipped or cancelled: what it got all the same is no order's */
    int64_t is_history; /* brought in from a spreadsheet: nobody stated its lines */
    int64_t is_handed_over, is_completed;
    int64_t lines, lines_right, units_authorised, units_accepted;
};
/* In the order of their ids, those greater than `after`; ids of zeros: from the first. */
MUST enum err store_verify_orders(struct ctx *c, struct id after, int64_t limit, struct list *orders_out);

/* The lines of the orders from `after` (left out) to `last`; by order, as store_verify_orders has them. */
struct verify_order_line {
    struct id order_id, product_id;
    int64_t authorised, accepted;
};
MUST enum err store_verify_order_lines(struct ctx *c, struct id after, struct id last,
                                       struct list *lines_out);

/* Units stated ok of a product, by the statements that stand and complete something; likewise. */
struct verify_stated {
    struct id order_id, product_id;
    int64_t units; /* by all deliveries of the order */
    int64_t own;   /* by those that are no recovery */
};
MUST enum err store_verify_stated(struct ctx *c, struct id after, struct id last, struct list *stated_out);

#endif

/* Deliveries, their lines, promises and the capacity they hold. */
#ifndef CANARY_STORE_DELIVERY_H
#define CANARY_STORE_DELIVERY_H

#include "base/ctx.h"
#include "domain/delivery.h"
#include "domain/order.h"

MUST enum err store_delivery_get(struct ctx *c, struct id id, struct delivery_row *delivery_out);
/* All attempts of an order, first to last (struct delivery_row). */
/* The same when it is, or was, a stop of a run of this driver; ERR_NOT_FOUND, too, when it is not. */
MUST enum err store_delivery_get_drivers(struct ctx *c, struct id id, struct id driver_id,
                                         struct delivery_row *delivery_out);
MUST enum err store_delivery_of_order(struct ctx *c, struct id order_id, struct list *deliveries_out);
/* The stops of a run, in driving order. */
MUST enum err store_delivery_of_run(struct ctx *c, struct id run_id, struct list *deliveries_out);
MUST enum err store_delivery_add(struct ctx *c, const struct delivery_row *delivery);
/* Writes every column that may change, with version + 1 (also in *delivery). */
MUST enum err store_delivery_set(struct ctx *c, struct delivery_row *delivery);
/* The same of what an outcome changes (state, closed_by, reason, holds, event_id, completed_at): the indexes
 * of date and run need not be written. */
MUST enum err store_delivery_state_set(struct ctx *c, struct delivery_row *delivery);

/* What a delivery brings of each product of its order that it brings any of: what is authorised, unless a row
 * of its own says otherwise. In a statement about `delivery d`. */
#define DELIVERY_LINES                              \
    "JOIN order_line o ON o.order_id = d.order_id " \
    "LEFT JOIN delivery_line l ON l.delivery_id = d.id AND l.product_id = o.product_id "
#define DELIVERY_BRINGS "COALESCE(l.authorised, o.authorised)"
/* By product (struct delivery_line_row). */
MUST enum err store_delivery_lines(struct ctx *c, struct id delivery_id, struct list *lines_out);
/* The same where the lines of its order are at hand, in their order. */
MUST enum err store_delivery_lines_of(struct ctx *c, struct id delivery_id, const struct order_line_row *line,
                                      size_t n, struct list *lines_out);
/* It brings another number of units than the order authorises. */
MUST enum err store_delivery_line_set(struct ctx *c, const struct delivery_line_row *line);

MUST enum err store_promise_add(struct ctx *c, const struct promise_row *promise);
/* With their reasons, first to last (struct promise_row). */
MUST enum err store_promises(struct ctx *c, struct id delivery_id, struct list *promises_out);

/* Takes one stop of a window and `weight_g` of its day, if both are left: taken_out false and nothing changed
 * when not. In one unit this is atomic on both databases (conditional updates, not read-then-write). */
MUST enum err store_slot_take(struct ctx *c, struct id zone_id, int64_t date, int64_t from_min,
                              int64_t to_min, int64_t weight_g, int64_t stops_max, int64_t weight_max_g,
                              bool *taken_out);
/* Gives both back. ERR_CORRUPT when less was taken than is given back. */
MUST enum err store_slot_give(struct ctx *c, struct id zone_id, int64_t date, int64_t from_min,
                              int64_t to_min, int64_t weight_g);

struct delivery_filter {
    int64_t date, state, timeliness; /* NONE: any */
    struct id customer_id, run_id, driver_id;
    int64_t no_run, displaced, reused; /* 1: only those */
    int64_t after_date;                /* cursor */
    struct id after_id;
    int64_t limit;
};
/* One page by (date, id) of the rows that the filter's members other than timeliness let through. */
MUST enum err store_delivery_list(struct ctx *c, const struct delivery_filter *filter, struct list *rows_out);

#endif

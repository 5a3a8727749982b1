/* Orders and their frozen lines. All functions run on c->db, inside the caller's unit. */
#ifndef CANARY_STORE_ORDER_H
#define CANARY_STORE_ORDER_H

#include "base/ctx.h"
#include "domain/order.h"

/* ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_order_get(struct ctx *c, struct id id, struct order_row *order_out);
/* Units accepted of line l of order o. As a rule an order comes as it was authorised, line by line: then its
 * state says so and nothing is noted in the lines, which are 0 and 0 as before the drop. */
#define ORDER_LINE_ACCEPTED                                                                        \
    "CASE WHEN o.state = 'delivered' AND l.accepted = 0 AND l.refused = 0 THEN l.authorised ELSE " \
    "l.accepted END"
MUST enum err store_order_lines(struct ctx *c, struct id order_id,
                                struct list *lines_out); /* struct order_line_row */
/* added_out false: the same (patient, due date, kind) exists already. */
MUST enum err store_order_add(struct ctx *c, const struct order_row *order, bool *added_out);
/* Writes every column of the row that may change, with version + 1 (also in *order). */
MUST enum err store_order_set(struct ctx *c, struct order_row *order);
MUST enum err store_order_line_add(struct ctx *c, const struct order_line_row *line);
/* Notes the line's accepted and refused units. */
MUST enum err store_order_line_set(struct ctx *c, const struct order_line_row *line);

struct order_filter {
    int64_t state;                     /* enum order_state; NONE: any */
    struct id patient_id, customer_id; /* no id: any */
    int64_t due_from, due_to;          /* dates, both inclusive; NONE: open */
    int64_t after_date;                /* cursor */
    struct id after_id;
    int64_t limit;
};
/* One page by (due date, id) (struct order_row). */
MUST enum err store_order_list(struct ctx *c, const struct order_filter *filter, struct list *orders_out);

/* What an open order is ranked by. */
struct open_order {
    struct id id, depot_id, zone_id;
    int64_t due_date, attempts;
    int64_t cover_until; /* date, of the patient; NONE: nothing was counted */
};
extern const struct shape open_order_shape;
/* Open orders to be called about by `date`, of one depot or all (no id), behind (call_due, id), through one
 * record. */
MUST enum err store_order_open(struct ctx *c, int64_t date, struct id depot_id, int64_t after_due,
                               struct id after_id,
                               enum err (*row)(struct ctx *c, void *open_order, void *user), void *user);

#endif

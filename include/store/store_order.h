/* Orders and their frozen lines. All functions run on c->db, inside the caller's unit. */
#ifndef CANARY_STORE_ORDER_H
#define CANARY_STORE_ORDER_H

#include "base/ctx.h"
#include "domain/order.h"

/* ERR_NOT_FOUND without a fault when there is none. */
MUST enum err store_order_get(struct ctx *c, struct id id, struct order_row *order_out);
MUST enum err store_order_lines(struct ctx *c, struct id order_id,
                                struct list *lines_out); /* struct order_line_row */
/* added_out false: the same (patient, due date, kind) exists already. */
MUST enum err store_order_add(struct ctx *c, const struct order_row *order, bool *added_out);
/* Writes every column of the row that may change, with version + 1 (also in *order). */
MUST enum err store_order_set(struct ctx *c, struct order_row *order);
MUST enum err store_order_line_add(struct ctx *c, const struct order_line_row *line);
/* Sets accepted and refused to the line's values. */
MUST enum err store_order_line_set(struct ctx *c, const struct order_line_row *line);

#endif

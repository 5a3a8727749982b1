/* Discrepancies. */
#ifndef CANARY_STORE_DISCREPANCY_H
#define CANARY_STORE_DISCREPANCY_H

#include "base/ctx.h"
#include "domain/discrepancy.h"

MUST enum err store_discrepancy_get(struct ctx *c, struct id id, struct discrepancy *row_out);
MUST enum err store_discrepancy_add(struct ctx *c, const struct discrepancy *row);
/* Writes state, responsibility, cause, reason, closed_at, superseded_by, severity with version + 1. */
MUST enum err store_discrepancy_set(struct ctx *c, struct discrepancy *row);
MUST enum err store_discrepancy_of_order(struct ctx *c, struct id order_id, struct list *rows_out);
MUST enum err store_discrepancy_of_delivery(struct ctx *c, struct id delivery_id, struct list *rows_out);
/* Those that the event's verdict gave: what a recall or the clock found in it later is not among them. Of a
 * confirmation and all its amendments: also what a recall found. */
MUST enum err store_discrepancy_of_event(struct ctx *c, struct id event_id, struct list *rows_out);
MUST enum err store_discrepancy_of_statement(struct ctx *c, struct id confirmation_id, struct list *rows_out);

/* What the sweep found of a confirmation whose images did not arrive. */
MUST enum err store_discrepancy_no_proof(struct ctx *c, struct id confirmation_id, struct list *rows_out);

/* Lists: newest first by (detected_at, id); each filter may be NONE or no id; customer scope in
 * `customer_id`. */
struct discrepancy_filter {
    struct id customer_id;
    int64_t kind, state, severity;
    int64_t from, to;  /* instants, of whole seconds, inclusive and exclusive; NONE: open */
    int64_t before_at; /* cursor: NONE for the first page */
    struct id before_id;
    int64_t limit;
};
MUST enum err store_discrepancy_list(struct ctx *c, const struct discrepancy_filter *filter,
                                     struct list *rows_out);
/* Ids of the order's recovery deliveries (struct id). */
MUST enum err store_discrepancy_recoveries(struct ctx *c, struct id order_id, struct list *ids_out);

#endif

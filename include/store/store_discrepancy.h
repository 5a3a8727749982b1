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
MUST enum err store_discrepancy_of_event(struct ctx *c, struct id event_id, struct list *rows_out);

#endif

/* The open orders whose day to call has come, by their patient's cover (table to_call): those up to a place
 * in the order of (call_due, id). Kept by the writers of orders and of cover, and moved on by the clock. */
#ifndef CANARY_STORE_TO_CALL_H
#define CANARY_STORE_TO_CALL_H

#include "base/ctx.h"
#include "domain/order.h"
#include "store/store_order.h"

struct to_call {
    struct id order_id, patient_id, depot_id;
    int64_t call_due, due_date;
    int64_t cover_until; /* NO_COVER: nothing was counted */
};
#define NO_COVER 0 /* before every date of a count */

/* Up to where orders are kept; call_due NONE: none is. */
struct to_call_place {
    int64_t call_due;
    struct id order_id;
};
MUST enum err store_to_call_through(struct ctx *c, struct to_call_place *place_out);
MUST enum err store_to_call_through_set(struct ctx *c, const struct to_call_place *place);
/* The next open orders behind the place, to be called about by `date` (struct to_call), and one of them kept.
 */
MUST enum err store_to_call_next(struct ctx *c, const struct to_call_place *place, int64_t date,
                                 int64_t limit, struct list *rows_out);
MUST enum err store_to_call_add(struct ctx *c, const struct to_call *row);

/* What the other stores call: an order was added, is not open any more; a patient's cover (NONE: unknown) is
 * another. */
MUST enum err store_to_call_opened(struct ctx *c, const struct order_row *order);
MUST enum err store_to_call_closed(struct ctx *c, struct id order_id);
MUST enum err store_to_call_cover(struct ctx *c, struct id patient_id, int64_t cover_until);

/* Of the kept ones to be called about by `date`, of one depot or all (no id), the next behind (cover, due
 * date, id), in that order, through one record. */
MUST enum err store_to_call_part(struct ctx *c, int64_t date, struct id depot_id, const struct to_call *after,
                                 int64_t limit, enum err (*row)(struct ctx *c, void *open_order, void *user),
                                 void *user);

#endif

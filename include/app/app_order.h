/* Orders: called about, counted, confirmed, skipped, cancelled; and orders outside the cycle. */
#ifndef CANARY_APP_ORDER_H
#define CANARY_APP_ORDER_H

#include "app/app_delivery.h"
#include "domain/order_view.h"

/* The order, or ERR_NOT_FOUND "not-found". */
MUST enum err app_order_get(struct ctx *c, struct id id, struct order_row *order_out);
/* With everything that belongs to it, by c->now. Notes of contacts are for those who call and for the
 * customer's own staff: null for a dispatcher. */
MUST enum err app_order_view(struct ctx *c, const struct order_row *order, struct order_view *view_out);

/* An order outside the cycle. ERR_INVALID for an unknown patient or zone, or a due date that is over or more
 * than LIMIT_PLAN_DAYS ahead; ERR_STATE "order.exists" (same patient, date and kind), "order.patient-ended".
 */
MUST enum err app_order_add(struct ctx *c, const struct order_in *in, struct order_row *order_out);

/* Keeps the contact; the same id and content again: *replay_out true and the same answer; other content:
 * ERR_CONFLICT "event.id-reused"; somebody else's id: ERR_NOT_FOUND. last_delivery_ok false becomes a
 * contest, of the same id, on the last delivery that was handed over (or else tried); ERR_STATE
 * "contact.no-delivery" when there was none. ERR_STATE "order.no-patient" for imported history. */
MUST enum err app_contact_add(struct ctx *c, struct order_row *order, const struct contact_in *in,
                              struct contact *contact_out, bool *replay_out);

/* Keeps a count of the patient's stock; every open order is suggested from it from now on. ERR_STATE
 * "count.identity-first" until a contact about this order has reached the patient and checked who it was,
 * "order.closed" when it is delivered, skipped or cancelled; ERR_INVALID for unknown or repeated products. */
MUST enum err app_count_put(struct ctx *c, const struct order_row *order, const struct count_in *in);

/* Freezes the quantities with the product facts of this moment. What the lines leave out is not ordered: that
 * too is judged against what was suggested. ERR_STATE "order.not-open", "order.no-count" (the stock was never
 * counted; also for orders outside the cycle); ERR_DENIED "confirm.needs-manager" and ERR_INVALID at /reason
 * for quantities far from suggested; ERR_INVALID for unknown, repeated or inactive products, authorised above
 * ordered, and nothing ordered at all. */
MUST enum err app_order_confirm(struct ctx *c, struct order_row *order, const struct confirm_in *in);

/* From open or confirmed. Idempotent. ERR_STATE "order.not-withdrawable". */
MUST enum err app_order_skip(struct ctx *c, struct order_row *order, const struct withdrawal *in);
/* From open, confirmed or scheduled, whose open delivery is cancelled with it, by that delivery's rules.
 * Idempotent. ERR_STATE "order.not-withdrawable": also when a part was handed over already. */
MUST enum err app_order_cancel(struct ctx *c, struct order_row *order, const struct withdrawal *in);

#endif

#include "app/app_audit.h"
#include "app/app_order.h"
#include "store/store_commitment.h"
#include "store/store_order.h"

MUST static enum err refuse(struct ctx *c) {
    return FAIL(
        c, ERR_STATE, "order.not-withdrawable",
        "what is scheduled is cancelled, not skipped, and what was handed over stays: cancel its open "
        "delivery instead");
}

/* The open attempt of a scheduled order is cancelled with it, by its own rules; what is left must not be the
 * rest of something handed over. */
MUST static enum err cancel_delivery(struct ctx *c, struct order_row *order, const struct withdrawal *in) {
    struct list attempts;
    TRY(store_delivery_of_order(c, order->id, &attempts));
    for (size_t i = 0; i < attempts.n; i++) {
        struct delivery_row delivery = ((const struct delivery_row *)attempts.at)[i];
        if (delivery_is_open(delivery.state)) TRY(app_delivery_cancel(c, &delivery, in));
    }
    return store_order_get(c, order->id, order);
}

MUST static enum err close_order(struct ctx *c, struct order_row *order, const struct order_row *before,
                                 const struct withdrawal *in, int64_t state, int64_t why,
                                 const char *action) {
    struct commitment row;
    order->state = state;
    order->closed_by = in->requested_by;
    order->reason = in->reason;
    TRY(store_order_set(c, order));
    TRY(store_commitment_get(c, order->id, &row));
    commitment_withdraw(&row, why, in->requested_by, c->now);
    TRY(store_commitment_set(c, &row));
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "order",
                                        .id = order->id,
                                        .version = order->version,
                                        .reason = in->reason,
                                        .change = app_change(c, &order_row_shape, before, order)});
}

static bool is_free(int64_t state) {
    return state == ORDER_OPEN || state == ORDER_CONFIRMED;
}

enum err app_order_skip(struct ctx *c, struct order_row *order, const struct withdrawal *in) {
    const struct order_row before = *order;
    if (order->state == ORDER_SKIPPED) return OK;
    if (!is_free(order->state)) return refuse(c);
    return close_order(c, order, &before, in, ORDER_SKIPPED, EXCLUDED_SKIPPED, "order.skip");
}

enum err app_order_cancel(struct ctx *c, struct order_row *order, const struct withdrawal *in) {
    const struct order_row before = *order;
    if (order->state == ORDER_CANCELLED) return OK;
    if (order->state == ORDER_SCHEDULED) TRY(cancel_delivery(c, order, in));
    if (!is_free(order->state)) return refuse(c);
    return close_order(c, order, &before, in, ORDER_CANCELLED, EXCLUDED_CANCELLED, "order.cancel");
}

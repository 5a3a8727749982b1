#include "order_open.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_order.h"

void order_fill(const struct ctx *c, struct order_row *order, int64_t kind, int64_t due_date,
                int64_t next_due) {
    shape_clear(&order_row_shape, order);
    order->id = id_new(c->now);
    order->kind = kind;
    order->due_date = due_date;
    order->next_due = next_due;
    order->call_due = due_date - c->rules->call_lead_days;
    order->state = ORDER_OPEN;
    order->attempts = order->deliveries = 0;
    order->created_at = c->now;
    order->version = 1;
}

MUST static enum err commit(struct ctx *c, const struct order_row *order, const char *timezone) {
    struct commitment row;
    commitment_begin(&row, c->rules, timezone, order->due_date);
    row.order_id = order->id;
    row.kind = order->kind;
    row.patient_id = order->patient_id;
    row.customer_id = order->customer_id;
    row.depot_id = order->depot_id;
    return store_commitment_add(c, &row);
}

enum err order_open(struct ctx *c, const struct order_row *order, const char *timezone, const char *action,
                    bool *added_out) {
    TRY(store_order_add(c, order, added_out));
    if (!*added_out) return OK;
    TRY(commit(c, order, timezone));
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "order",
                                        .id = order->id,
                                        .version = order->version,
                                        .reason = order->reason,
                                        .change = app_change(c, &order_row_shape, NULL, order)});
}

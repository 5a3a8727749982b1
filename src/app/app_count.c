#include "app/app_audit.h"
#include "app/app_order.h"
#include "app/app_stock.h"
#include "base/id.h"
#include "order_facts.h"
#include "product_once.h"
#include "store/store_contact.h"
#include "store/store_patient.h"
#include "store/store_stock.h"

static bool is_over(int64_t state) {
    return state == ORDER_DELIVERED || state == ORDER_SKIPPED || state == ORDER_CANCELLED;
}

MUST static enum err may_count(struct ctx *c, const struct order_row *order) {
    int64_t identified;
    if (is_over(order->state) || id_is_none(order->patient_id))
        return FAIL(c, ERR_STATE, "order.closed", "this order is over: count for the patient's next one");
    TRY(store_contact_identified(c, order->id, &identified));
    if (identified) return OK;
    return FAIL(c, ERR_STATE, "count.identity-first",
                "record the contact in which the patient was reached and identified, then discuss the stock");
}

MUST static enum err check_lines(struct ctx *c, const struct count_in *in) {
    const struct stock_count_line *line = in->lines.at;
    struct product product;
    bool known;
    for (size_t i = 0; i < in->lines.n; i++)
        TRY(product_once(c, line, sizeof *line, i, &product, &known));
    return ctx_faults(c);
}

/* Of two counts in one millisecond the second is the later one. */
MUST static enum err instant_of(struct ctx *c, struct id patient_id, int64_t *at_out) {
    int64_t last;
    TRY(store_stock_counted_at(c, patient_id, &last));
    *at_out = last >= c->now ? last + 1 : c->now;
    return OK;
}

enum err app_count_put(struct ctx *c, const struct order_row *order, const struct count_in *in) {
    struct stock_count count = {.id = id_new(c->now),
                                .patient_id = order->patient_id,
                                .order_id = order->id,
                                .by_id = c->actor.user_id,
                                .lines = in->lines};
    TRY(check_lines(c, in));
    TRY(may_count(c, order));
    TRY(order_today(c, order, &count.date));
    TRY(instant_of(c, order->patient_id, &count.at));
    TRY(store_stock_count_add(c, &count));
    TRY(app_stock_refresh(c, order->patient_id));
    return app_audit(c, &(struct audit){.action = "order.count",
                                        .entity = "order",
                                        .id = order->id,
                                        .version = order->version,
                                        .change = app_change(c, &stock_count_shape, NULL, &count)});
}

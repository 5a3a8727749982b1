#include "app/app_audit.h"
#include "app/app_order.h"
#include "base/id.h"
#include "base/text.h"
#include "domain/suggest.h"
#include "order_facts.h"
#include "product_once.h"
#include "store/store_commitment.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "store/store_stock.h"

/* The order as it is about to be frozen. */
struct freezing {
    struct order_facts facts;
    struct order_line_row *line; /* those with something ordered */
    size_t n;
    bool unusual; /* some quantity is far from suggested */
};

MUST static enum err not_open(struct ctx *c) {
    return FAIL(c, ERR_STATE, "order.not-open", "only an open order can be confirmed");
}

MUST static enum err may_confirm(struct ctx *c, const struct order_row *order) {
    int64_t counted_at;
    if (order->state != ORDER_OPEN) return not_open(c);
    TRY(store_stock_counted_at(c, order->patient_id, &counted_at));
    if (counted_at != NONE) return OK;
    return FAIL(c, ERR_STATE, "order.no-count",
                "this patient's stock was never counted: count it first, then confirm");
}

static void note_unusual(const struct ctx *c, const struct order_line_row *line, struct freezing *f) {
    const struct rules *rules = c->rules;
    f->unusual |= suggest_unusual(line->suggested, line->ordered, line->units_per_box,
                                  rules->confirm_permille, rules->confirm_boxes);
}

/* ---- the lines of the body ---- */

static void judge_line(struct ctx *c, const struct confirm_line *in, const struct product *product,
                       size_t i) {
    if (in->ordered > 0 && !product->active)
        ctx_fault_item(c, arena_printf(c->arena, "/lines/%zu/product_id", i),
                       "is a product that is no longer active");
    if (in->authorised != NONE && in->authorised > in->ordered)
        ctx_fault_item(c, arena_printf(c->arena, "/lines/%zu/authorised", i),
                       "must be at most what is ordered");
}

MUST static enum err one_line(struct ctx *c, const struct order_row *order, const struct confirm_in *in,
                              size_t i, struct freezing *f) {
    const struct confirm_line *stated = (const struct confirm_line *)in->lines.at + i;
    struct order_line_row *line = &f->line[f->n];
    struct product product;
    bool ok;
    TRY(product_once(c, in->lines.at, sizeof *stated, i, &product, &ok));
    if (!ok) return OK;
    judge_line(c, stated, &product, i);
    order_facts_line(&f->facts, order, &product, line);
    line->ordered = stated->ordered;
    line->authorised = stated->authorised == NONE ? stated->ordered : stated->authorised;
    note_unusual(c, line, f);
    f->n += line->ordered > 0;
    return OK;
}

MUST static enum err stated_lines(struct ctx *c, const struct order_row *order, const struct confirm_in *in,
                                  struct freezing *f) {
    f->line = arena_array(c->arena, in->lines.n + 1, sizeof *f->line);
    if (!f->line) return FAIL(c, ERR_LIMIT, "request.too-large", "The request is too large.");
    for (size_t i = 0; i < in->lines.n; i++)
        TRY(one_line(c, order, in, i, f));
    if (f->n == 0 && !c->fault.first)
        ctx_fault_item(c, "/lines", "order something; an order of nothing is a skip");
    return ctx_faults(c);
}

static bool is_stated(const struct confirm_in *in, struct id product_id) {
    const struct confirm_line *line = in->lines.at;
    for (size_t i = 0; i < in->lines.n; i++)
        if (id_equal(line[i].product_id, product_id)) return true;
    return false;
}

/* A product that was suggested and left out is ordered 0. */
MUST static enum err left_out(struct ctx *c, const struct order_row *order, const struct confirm_in *in,
                              struct freezing *f) {
    struct list lines;
    TRY(order_facts_lines(c, &f->facts, order, &lines));
    for (size_t i = 0; i < lines.n; i++) {
        const struct order_line_row *line = (const struct order_line_row *)lines.at + i;
        if (!is_stated(in, line->product_id)) note_unusual(c, line, f);
    }
    return OK;
}

static bool has_reason(struct ctx *c, const struct confirm_in *in) {
    const char *folded = text_fold(c->arena, in->reason);
    return folded && *folded;
}

MUST static enum err allowed(struct ctx *c, const struct confirm_in *in, const struct freezing *f) {
    if (!f->unusual) return OK;
    if (c->actor.role != ROLE_MANAGER)
        return FAIL(c, ERR_DENIED, "confirm.needs-manager",
                    "a quantity is more than 20 %% and one box away from what is suggested: ask a manager");
    if (!has_reason(c, in))
        ctx_fault_item(c, "/reason", "is needed: a quantity is far from what is suggested");
    return ctx_faults(c);
}

/* ---- writing ---- */

MUST static enum err write_lines(struct ctx *c, const struct freezing *f, struct commitment *row) {
    row->lines = (int64_t)f->n;
    row->lines_right = row->units_authorised = 0;
    for (size_t i = 0; i < f->n; i++) {
        TRY(store_order_line_add(c, &f->line[i]));
        row->units_authorised += f->line[i].authorised;
        row->lines_right += f->line[i].authorised == 0; /* nothing is to come of it, and nothing came */
    }
    return OK;
}

/* How many lines: they stand frozen in rows of their own. */
static const char *change(struct ctx *c, const struct freezing *f) {
    return arena_printf(c->arena, "{\"state\":\"confirmed\",\"lines\":%zu}", f->n);
}

enum err app_order_confirm(struct ctx *c, struct order_row *order, const struct confirm_in *in) {
    struct freezing f = {0};
    struct patient patient;
    struct commitment row;
    if (id_is_none(order->patient_id)) return not_open(c); /* imported history */
    TRY(store_patient_get(c, order->patient_id, &patient));
    TRY(order_facts_load(c, order, &patient, &f.facts));
    TRY(stated_lines(c, order, in, &f));
    TRY(may_confirm(c, order));
    TRY(left_out(c, order, in, &f));
    TRY(allowed(c, in, &f));
    order->state = ORDER_CONFIRMED;
    order->confirmed_at = c->now;
    TRY(store_order_set(c, order));
    TRY(store_commitment_get(c, order->id, &row));
    TRY(write_lines(c, &f, &row));
    TRY(store_commitment_set(c, &row));
    return app_audit(c, &(struct audit){.action = "order.confirm",
                                        .entity = "order",
                                        .id = order->id,
                                        .version = order->version,
                                        .reason = in->reason,
                                        .change = change(c, &f)});
}

#include "app/app_recall.h"
#include "app/app_audit.h"
#include "app/app_discrepancy.h"
#include "app/app_stock.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "domain/reconcile.h"
#include "store/store_catalogue.h"
#include "store/store_recall.h"
#include "store/store_stock.h"

MUST static enum err full(struct ctx *c) {
    return FAIL(c, ERR_LIMIT, "request.too-large", "Ask for a smaller page.");
}

/* ---- the recall ---- */

MUST static enum err check(struct ctx *c, const struct recall_in *in) {
    struct product product;
    struct recall first;
    char id[ID_TEXT_SIZE], day[DATE_TEXT_SIZE];
    enum err err = store_product_get(c, in->product_id, &product);
    if (err != OK && err != ERR_NOT_FOUND) return err;
    if (err == ERR_NOT_FOUND) ctx_fault_item(c, "/product_id", "there is no such product");
    TRY(ctx_faults(c));
    err = store_recall_of_lot(c, in->product_id, in->lot, &first);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    return FAIL(c, ERR_STATE, "recall.exists",
                "this lot is under recall since %s, by recall %s: ask that one for who is affected",
                date_format(first.at / DAY_MS, day), id_format(first.id, id));
}

MUST static enum err open_one(struct ctx *c, const struct recall *recall, const struct recall_unopened *of) {
    struct discrepancy found;
    char id[ID_TEXT_SIZE];
    shape_clear(&discrepancy_shape, &found);
    found.delivery_id = of->delivery_id;
    found.driver_id = of->driver_id;
    found.event_id = of->event_id;
    found.kind = KIND_WRONG_LOT;
    found.severity = severity_of(KIND_WRONG_LOT, false, false);
    found.source = SOURCE_RECALL;
    found.product_id = recall->product_id;
    found.lot = recall->lot;
    found.expected = 0;
    found.actual = of->units;
    TRY(app_discrepancy_open_for(c, of->order_id, &found));
    return app_audit(c, &(struct audit){.action = "delivery.recall",
                                        .entity = "delivery",
                                        .id = of->delivery_id,
                                        .version = of->version,
                                        .change = arena_printf(c->arena, "{\"recall_id\":\"%s\"}",
                                                               id_format(recall->id, id))});
}

/* At most a group of the left_out. Drops that came meanwhile have theirs: fewer than a group are all. */
MUST static enum err open_group(struct ctx *c, struct recall *recall, int64_t *opened_out) {
    struct list rows;
    TRY(store_recall_unopened(c, recall, LIMIT_RECALL_GROUP, &rows));
    for (size_t i = 0; i < rows.n; i++)
        TRY(open_one(c, recall, (const struct recall_unopened *)rows.at + i));
    int64_t opened = *opened_out = (int64_t)rows.n;
    bool more = opened == LIMIT_RECALL_GROUP && recall->left_out > opened;
    recall->left_out = more ? recall->left_out - opened : 0;
    return OK;
}

enum err app_recall_add(struct ctx *c, const struct recall_in *in, struct recall *recall_out) {
    struct recall recall;
    int64_t opened;
    TRY(check(c, in));
    shape_clear(&recall_shape, &recall);
    recall.id = id_new(c->now);
    recall.product_id = in->product_id;
    recall.lot = in->lot;
    recall.reason = in->reason;
    recall.at = c->now;
    recall.by_id = c->actor.user_id;
    recall.version = 1;
    TRY(app_personal(c, recall.id, "recall", in->reason, &recall.private_digest, NULL));
    TRY(store_recall_unopened_count(c, &recall, &recall.left_out));
    TRY(open_group(c, &recall, &opened));
    TRY(store_recall_add(c, &recall));
    TRY(app_audit(c, &(struct audit){.action = "recall.add",
                                     .entity = "recall",
                                     .id = recall.id,
                                     .version = recall.version,
                                     .reason = in->reason,
                                     .change = app_change(c, &recall_shape, NULL, &recall)}));
    return store_recall_get(c, recall.id, recall_out);
}

enum err app_recall_open(struct ctx *c, int64_t *opened_out, int64_t *left_out) {
    struct recall recall;
    *opened_out = *left_out = 0;
    enum err err = store_recall_next(c, &recall);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    struct recall before = recall;
    TRY(open_group(c, &recall, opened_out));
    TRY(store_recall_set(c, &recall));
    *left_out = recall.left_out > 0;
    return app_audit(c, &(struct audit){.action = "recall.open",
                                        .entity = "recall",
                                        .id = recall.id,
                                        .version = recall.version,
                                        .change = app_change(c, &recall_shape, &before, &recall)});
}

/* ---- who has it ---- */

enum err app_recall_get(struct ctx *c, struct id id, struct recall *recall_out) {
    enum err err = store_recall_get(c, id, recall_out);
    if (err != ERR_NOT_FOUND) return err;
    return FAIL(c, err, "not-found", "There is nothing here that you may see.");
}

/* Use ends where the patient's supply at home did. */
static int64_t used_until(const struct ctx *c, const struct recall_home *home) {
    int64_t today = zone_date(home->timezone, c->now);
    bool stopped = home->status != NONE && home->status != PATIENT_ACTIVE && home->status_from < today;
    return stopped ? home->status_from : today;
}

/* What was counted of the product at that home, came since and was used since. */
MUST static enum err add_stock(struct ctx *c, const struct recall *recall, struct recall_home *home,
                               struct recall_facts *facts) {
    struct stock_now now;
    if (id_is_none(home->patient_id)) return OK;
    enum err err = app_stock_now(c, home->patient_id, home->stock, recall->product_id, &now);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    home->counted_at = facts->counted_at = now.at;
    facts->counted = now.counted;
    facts->units_then = now.units;
    return app_stock_used(c, home->patient_id, &now, used_until(c, home), &facts->used_milli);
}

MUST static enum err fill(struct ctx *c, const struct recall *recall, struct recall_home *home) {
    struct recall_facts facts = {.units = home->units, .came_at = home->handed_at, .counted_at = NONE};
    struct work_patient *patient = arena_alloc(c->arena, sizeof *patient);
    if (!patient) return full(c);
    *patient = (struct work_patient){home->patient_id, home->patient_code, home->name, home->phone};
    home->patient = patient;
    home->date = zone_date(home->timezone, home->handed_at);
    TRY(add_stock(c, recall, home, &facts));
    home->at_most = recall_at_most(&facts);
    home->likely_left = recall_likely_left(&facts);
    return OK;
}

enum err app_recall_affected(struct ctx *c, const struct recall *recall, struct id after, int64_t limit,
                             struct list *homes_out) {
    TRY(store_recall_homes(c, recall, after, limit, homes_out));
    struct recall_home *home = (struct recall_home *)(uintptr_t)homes_out->at;
    for (size_t i = 0; i < homes_out->n; i++)
        TRY(fill(c, recall, &home[i]));
    return OK;
}

/* Orders kept by cover, so that the worklist need not look up every patient: whatever was kept, and whatever
 * happened since, it says what it says without. */
#include "app/app_audit.h"
#include "app/app_plan.h"
#include "app/app_verify.h"
#include "app/app_worklist.h"
#include "base/date.h"
#include "base/id.h"
#include "store/store_order.h"
#include "store/store_stock.h"
#include "world_call.h"

static uint32_t dice_state = 20261126;

static int64_t dice(int64_t n) {
    dice_state = dice_state * 1664525 + 1013904223;
    return (int64_t)(dice_state >> 8) % n;
}

/* All pages, in words. */
static const char *list_of(struct world *w, struct worklist_filter filter) {
    const char *all = "";
    bool more = true;
    filter.after_rank = NONE;
    while (more) {
        struct list items;
        CHECK_OK(w->c, app_worklist(w->c, &filter, &items, &filter.after_rank, &more));
        const struct work_item *item = items.at;
        for (size_t i = 0; i < items.n; i++)
            all = arena_printf(w->c->arena, "%s%s:%lld:%lld:%lld ", all, item[i].patient->code,
                               (long long)item[i].due_date, (long long)item[i].cover_days,
                               (long long)item[i].need_by);
        if (items.n > 0) filter.after_id = item[items.n - 1].id;
    }
    return all;
}

static enum err keep(struct ctx *c, void *most) {
    int64_t left;
    return app_to_call(c, *(int64_t *)most, &left);
}

static enum err forget(struct ctx *c, void *unused) {
    static const struct db_stmt ALL[] = {{"test.forget", "DELETE FROM to_call", NULL},
                                         {"test.forget-through", "DELETE FROM to_call_through", NULL}};
    (void)unused;
    TRY(db_exec(c, &ALL[0], NO_ARGS, NULL));
    return db_exec(c, &ALL[1], NO_ARGS, NULL);
}

struct cover {
    struct id patient_id;
    int64_t until;
};

static enum err set_cover(struct ctx *c, void *user) {
    const struct cover *cover = user;
    struct stock_kept kept = {.patient_id = cover->patient_id, .cover_until = cover->until};
    TRY(store_stock_keep(c, &kept));
    return app_audit(
        c, &(struct audit){
               .action = "patient.change", .entity = "patient", .id = kept.patient_id, .version = 1});
}

static void happens(struct world *w) {
    int64_t most = 1 + dice(4);
    struct cover cover = {w->patient[dice(4)], dice(4) ? 20510 + dice(50) : NONE};
    if (dice(3) == 0) CHECK_OK(w->c, db_unit(w->c, keep, &most));
    CHECK_OK(w->c, db_unit(w->c, set_cover, &cover));
}

static int64_t contradictions(struct world *w) {
    struct verify_result result;
    world_settle(w);
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    return result.findings;
}

/* The list with what is kept, and then without: as it is when the clock has not come to it. */
static void check_same(struct world *w) {
    struct worklist_filter filter = {
        .date = date_parse("2026-03-09") + dice(50), .after_rank = NONE, .limit = 1 + dice(5)};
    if (dice(3) == 0) filter.depot_id = w->depot[dice(2)];
    const char *with = list_of(w, filter);
    if (dice(8) == 0) CHECK_OK(w->c, db_unit(w->c, forget, NULL));
    filter.limit = 50;
    const char *at_once = list_of(w, filter);
    CHECK_STR(with, at_once);
    CHECK_OK(w->c, db_unit(w->c, forget, NULL));
    CHECK_STR(with, list_of(w, filter));
}

TEST(ord_to_call_lists_what_is_there_without) {
    struct world *w = world_planned("2026-05-20");
    for (int i = 0; i < 60; i++) {
        int64_t most = 1 + dice(9);
        world_at(w, i < 30 ? "2026-03-12T00:00:00Z" : "2026-04-12T00:00:00Z");
        CHECK_OK(w->c, db_unit(w->c, keep, &most));
        for (int64_t n = dice(4); n > 0; n--)
            happens(w);
        check_same(w);
    }
}

TEST(ord_to_call_follows_orders_and_cover) {
    int64_t most = 50, left;
    struct plan_receipt planned;
    struct world *w = world_planned("2026-03-20");
    world_at(w, "2026-03-12T00:00:00Z");
    CHECK_OK(w->c, app_to_call(w->c, most, &left));
    CHECK_INT(left, 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM to_call WHERE cover_until = 0"), 4);
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM to_call WHERE cover_until = 0"), 3);
    CHECK_INT(contradictions(w), 0);
    order.state = ORDER_SKIPPED;
    order.closed_by = PARTY_PATIENT;
    CHECK_OK(w->c, store_order_set(w->c, &order));
    world_settle(w);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM to_call"), 3);
    struct cover cover = {w->patient[1], 20530};
    CHECK_OK(w->c, db_unit(w->c, set_cover, &cover));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM to_call WHERE cover_until = 20530"), 1);
    /* one that comes late, of a day that is kept */
    world_run(w, "UPDATE to_call_through SET call_due = call_due + 40");
    CHECK_OK(w->c, app_plan(w->c, date_parse("2026-04-20"), INT64_MAX, &planned));
    CHECK(planned.opened > 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM to_call"),
              world_count(w, "SELECT COUNT(*) FROM patient_order WHERE state = 'open'"));
}

TEST(ord_to_call_is_verified) {
    static const char *const EDITS[] = {
        "DELETE FROM to_call WHERE order_id = (SELECT order_id FROM to_call ORDER BY order_id LIMIT 1)",
        "UPDATE to_call SET cover_until = cover_until + 1",
        "UPDATE to_call SET due_date = due_date + 1",
        "UPDATE to_call SET call_due = call_due + 1",
        "UPDATE to_call SET depot_id = patient_id",
        "UPDATE to_call_through SET call_due = call_due + 40"};
    for (size_t i = 0; i < COUNT(EDITS); i++) {
        int64_t left;
        struct world *w = world_planned("2026-04-20");
        world_at(w, "2026-03-12T00:00:00Z");
        CHECK_OK(w->c, app_to_call(w->c, 50, &left));
        CHECK_INT(contradictions(w), 0);
        world_run(w, EDITS[i]);
        CHECK(contradictions(w) > 0);
    }
}

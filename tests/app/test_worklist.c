/* Whom a rep calls first, and what happened to a patient. */
#include "app/app_order.h"
#include "app/app_timeline.h"
#include "app/app_worklist.h"
#include "base/date.h"
#include "base/id.h"
#include "world_call.h"

/* ---- the worklist ---- */

static struct list worklist(struct world *w, const char *date, int64_t limit) {
    struct worklist_filter filter = {.date = date_parse(date), .after_rank = NONE, .limit = limit};
    struct list items;
    int64_t rank;
    bool more;
    CHECK_OK(w->c, app_worklist(w->c, &filter, &items, &rank, &more));
    return items;
}

static const char *codes(struct world *w, struct list items) {
    const char *all = "";
    for (size_t i = 0; i < items.n; i++)
        all = arena_printf(w->c->arena, "%s%s ", all, ((const struct work_item *)items.at)[i].patient->code);
    return all;
}

TEST(ord_worklist_from_the_day_of_the_call) {
    struct world *w = world_planned("2026-04-20");
    CHECK_INT(worklist(w, "2026-03-08", 50).n, 0);
    CHECK_INT(worklist(w, "2026-03-09", 50).n, 4);
    CHECK_INT(worklist(w, "2026-04-09", 50).n, 8);
    world_run(w, "UPDATE patient_order SET state = 'confirmed' WHERE due_date = 20528");
    CHECK_INT(worklist(w, "2026-04-09", 50).n, 4);
}

TEST(ord_worklist_most_urgent_first) {
    struct world *w = world_planned("2026-03-20");
    world_run(w, "UPDATE patient SET cover_until = 20524 WHERE code = 'P-0'"); /* 12 March */
    world_run(w, "UPDATE patient SET cover_until = 20523 WHERE code = 'P-1'"); /* 11 March */
    world_run(w, "UPDATE patient SET cover_until = 20530 WHERE code = 'P-3'");
    struct list items = worklist(w, "2026-03-09", 50);
    CHECK_STR(codes(w, items), "P-2 P-1 P-0 P-3 "); /* P-2 was never counted */
    const struct work_item *item = items.at;
    CHECK_INT(item[0].cover_days, NONE);
    CHECK_INT(item[0].need_by, date_parse("2026-03-16"));
    CHECK_INT(item[1].cover_days, 2);
    CHECK_INT(item[1].need_by, date_parse("2026-03-11"));
    CHECK_STR(item[1].patient->phone, "0400 000 001");
    CHECK_INT(item[1].call_due, date_parse("2026-03-09"));
    CHECK_INT(item[1].last_outcome, NONE);
}

/* Unknown cover ranks like none: need_by decides. */
TEST(ord_worklist_unknown_is_like_none) {
    struct world *w = world_planned("2026-03-20");
    world_run(
        w, "UPDATE patient SET cover_until = 20519 WHERE code = 'P-0'"); /* ran out on the 7th, a Saturday */
    world_run(w, "UPDATE patient SET cover_until = 20521 WHERE code = 'P-1'"); /* runs out today */
    world_run(w, "UPDATE patient SET cover_until = 20522 WHERE code = 'P-3'");
    CHECK_STR(codes(w, worklist(w, "2026-03-09", 50)), "P-0 P-1 P-2 P-3 ");
}

TEST(ord_worklist_need_by_then_fewest_attempts) {
    struct world *w = world_planned("2026-03-20");
    world_run(w, "UPDATE patient_order SET attempts = 3 WHERE patient_id = (SELECT id FROM patient WHERE "
                 "code = 'P-0')");
    world_run(w, "UPDATE patient_order SET attempts = 1 WHERE patient_id = (SELECT id FROM patient WHERE "
                 "code = 'P-1')");
    world_run(w, "UPDATE patient_order SET attempts = 2 WHERE patient_id = (SELECT id FROM patient WHERE "
                 "code = 'P-2')");
    world_run(w, "UPDATE patient_order SET due_date = 20527, attempts = 9 WHERE patient_id = "
                 "(SELECT id FROM patient WHERE code = 'P-3')");
    CHECK_STR(codes(w, worklist(w, "2026-03-09", 50)), "P-3 P-1 P-2 P-0 ");
}

TEST(ord_worklist_pages) {
    struct world *w = world_planned("2026-04-20");
    struct worklist_filter filter = {.date = date_parse("2026-04-09"), .after_rank = NONE, .limit = 3};
    struct list items;
    int64_t seen = 0;
    bool more = true;
    const char *first = "";
    while (more) {
        CHECK_OK(w->c, app_worklist(w->c, &filter, &items, &filter.after_rank, &more));
        filter.after_id = ((const struct work_item *)items.at)[items.n - 1].id;
        seen += (int64_t)items.n;
        first = arena_printf(w->c->arena, "%s%s", first, codes(w, items));
    }
    CHECK_INT(seen, 8);
    CHECK_STR(first, codes(w, worklist(w, "2026-04-09", 50)));
}

TEST(ord_worklist_of_a_depot) {
    struct world *w = world_planned("2026-03-20");
    struct worklist_filter filter = {
        .date = date_parse("2026-03-09"), .depot_id = w->depot[PERTH], .after_rank = NONE, .limit = 50};
    struct list items;
    int64_t rank;
    bool more;
    CHECK_OK(w->c, app_worklist(w->c, &filter, &items, &rank, &more));
    CHECK_STR(codes(w, items), "P-3 ");
    CHECK(!more);
}

/* ---- the timeline ---- */

TEST(ord_timeline_of_everything) {
    struct world *w = world_planned("2026-03-20");
    world_at(w, "2026-03-02T01:00:00Z");
    struct order_row order = world_confirmed(w, 0, "2026-03-16");
    world_at(w, "2026-03-02T02:00:00Z");
    struct delivery_row delivery = world_booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    world_drop_by_phone(w, &delivery);
    struct list items;
    bool more;
    CHECK_OK(w->c, app_timeline(w->c, w->patient[0], NONE, (struct id){{0}}, 50, &items, &more));
    CHECK(!more);
    int64_t n[7] = {0}, last = INT64_MAX;
    for (size_t i = 0; i < items.n; i++) {
        const struct timeline_item *item = (const struct timeline_item *)items.at + i;
        CHECK(item->at <= last);
        CHECK(id_equal(item->order_id, order.id));
        last = item->at;
        n[item->type]++;
        if (item->type == TIMELINE_COUNT) CHECK_INT(item->count->lines.n, 3);
        if (item->type == TIMELINE_DROP) CHECK_INT(item->drop->lines.n, 3);
        if (item->type == TIMELINE_PROMISE) CHECK_INT(item->promise->window->from_min, 480);
        if (item->type == TIMELINE_ORDER) CHECK_INT(item->order->state, ORDER_PART_DELIVERED);
        if (item->type == TIMELINE_CONTACT) CHECK_INT(item->contact->outcome, CONTACT_REACHED);
    }
    CHECK_INT(n[TIMELINE_ORDER], 1);
    CHECK_INT(n[TIMELINE_CONTACT], 1);
    CHECK_INT(n[TIMELINE_COUNT], 1);
    CHECK_INT(n[TIMELINE_PROMISE], 1);
    CHECK_INT(n[TIMELINE_DROP], 1);
    CHECK_INT(n[TIMELINE_FAILURE], 0);
    CHECK(n[TIMELINE_DISCREPANCY] >= 1); /* early and damaged */
    CHECK_OK(w->c, app_timeline(w->c, w->patient[1], NONE, (struct id){{0}}, 50, &items, &more));
    CHECK_INT(items.n, 1); /* his order, and nothing of anybody else's */
}

TEST(ord_timeline_pages_without_loss) {
    struct world *w = world_planned("2026-08-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16");
    struct delivery_row delivery = world_booked(w, &order, "2026-03-13");
    static const struct span MORNING = {480, 720};
    for (int i = 0; i < 3; i++) /* four promises of one delivery at one instant */
        CHECK_OK(w->c, app_delivery_reschedule(
                           w->c, &delivery,
                           &(struct reschedule){date_parse("2026-03-13"), &MORNING, PARTY_US, "x"}));
    struct id after = {{0}};
    int64_t at = NONE, seen = 0, promises = 0;
    for (bool more = true; more;) {
        struct list items;
        CHECK_OK(w->c, app_timeline(w->c, w->patient[0], at, after, 1, &items, &more));
        for (size_t i = 0; i < items.n; i++)
            promises += ((const struct timeline_item *)items.at)[i].type == TIMELINE_PROMISE;
        seen += (int64_t)items.n;
        at = ((const struct timeline_item *)items.at)[items.n - 1].at;
        after = ((const struct timeline_item *)items.at)[items.n - 1].id;
    }
    CHECK_INT(promises, 4);
    CHECK_INT(seen, 6 + 1 + 1 + 4); /* orders, contact, count, promises */
}

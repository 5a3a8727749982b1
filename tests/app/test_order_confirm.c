/* What is frozen when an order is confirmed, and what a skip or a cancellation leaves of it. */
#include "app/app_order.h"
#include "app/app_patient.h"
#include "base/date.h"
#include "world_call.h"

/* ---- confirming ---- */

TEST(ord_confirm_freezes) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, world_confirm(w, &order, QTY(140, 80, NONE, NONE), NULL));
    struct commitment row = world_commitment(w, order.id);
    CHECK_INT(row.lines, 2);
    CHECK_INT(row.lines_right, 0);
    CHECK_INT(row.units_authorised, 220);
    order = world_order_row(w, order.id);
    CHECK_INT(order.state, ORDER_CONFIRMED);
    CHECK_INT(order.confirmed_at, w->c->now);
    /* F14, F15: product, pack and prescription change afterwards */
    world_run(
        w, "UPDATE product SET units_per_box = 7, box_weight_g = 1, critical = 0, shelf_life_min_days = 1");
    struct prescription_line line[] = {{w->product[3], 9000}};
    struct prescription_in in = {date_parse("2026-01-02"), {line, 1}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    CHECK_INT(world_order_view(w, &order).lines.n, 2);
    struct order_line_view frozen = world_order_line(w, &order, 0);
    CHECK_INT(frozen.prescribed, 125);
    CHECK_INT(frozen.on_hand, 100);
    CHECK_INT(frozen.suggested, 140);
    CHECK_INT(frozen.ordered, 140);
    CHECK_INT(frozen.authorised, 140);
    CHECK_INT(frozen.accepted, 0);
    CHECK_INT(frozen.outstanding, 140);
    CHECK_INT(
        world_count(w, "SELECT units_per_box * 1000000 + box_weight_g * 10 + critical FROM order_line WHERE "
                       "ordered = 140"),
        5120001);
    CHECK_INT(world_confirm(w, &order, QTY(140, NONE, NONE, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-open");
}

TEST(ord_confirm_unusual_needs_a_manager_and_a_reason) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    /* 140 suggested: 168 is 20 %, 169 more than that; the box is 5 */
    CHECK_INT(world_confirm(w, &order, QTY(169, 80, NONE, NONE), "holiday"), ERR_DENIED);
    CHECK_STR(w->c->fault.slug, "confirm.needs-manager");
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_INT(world_confirm(w, &order, QTY(169, 80, NONE, NONE), " \n"), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/reason");
    CHECK_INT(world_order_row(w, order.id).state, ORDER_OPEN);
    CHECK_OK(w->c, world_confirm(w, &order, QTY(169, 80, NONE, NONE), "Marker on holiday"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM personal_value WHERE value = 'Marker on holiday'"), 1);
}

TEST(ord_confirm_twenty_percent_is_usual) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, world_confirm(w, &order, QTY(168, 64, NONE, NONE), NULL));
}

/* 4 a box: one box away is usual however many percent that is. */
TEST(ord_confirm_one_box_is_usual) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, world_put_count(w, &order, 100, 81, 300)); /* bags of 2500: 88.5 − 81 = 7.5 → 8 */
    CHECK_INT(world_order_line(w, &order, 1).suggested, 8);
    CHECK_OK(w->c, world_confirm(w, &order, QTY(140, 12, NONE, NONE), NULL));
}

TEST(ord_confirm_left_out_is_judged_too) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_INT(world_confirm(w, &order, QTY(140, NONE, NONE, NONE), NULL), ERR_DENIED);
    CHECK_INT(world_confirm(w, &order, QTY(140, 0, NONE, NONE), NULL), ERR_DENIED);
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_OK(w->c, world_confirm(w, &order, QTY(140, 0, NONE, NONE), "has them"));
    CHECK_INT(world_order_view(w, &order).lines.n, 1);
    CHECK_INT(world_commitment(w, order.id).lines, 1);
}

TEST(ord_confirm_what_is_not_prescribed) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_INT(world_confirm(w, &order, QTY(140, 80, NONE, 30), NULL), ERR_DENIED);
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_OK(w->c, world_confirm(w, &order, QTY(140, 80, NONE, 30), "new set"));
    CHECK_INT(world_order_line(w, &order, 3).ordered, 30);
    CHECK_INT(world_order_line(w, &order, 3).suggested, NONE);
    CHECK_INT(world_order_line(w, &order, 3).prescribed, 0);
}

TEST(ord_confirm_lines_are_judged_all_at_once) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    world_run(w, "UPDATE product SET active = 0 WHERE code = 'CAP'");
    struct confirm_line line[] = {{w->product[0], 140, 141},
                                  {w->product[0], 1, NONE},
                                  {w->zone[0], 1, NONE},
                                  {w->product[2], 60, NONE}};
    struct confirm_in in = {.lines = {line, COUNT(line)}};
    static const char *const POINTER[] = {"/lines/0/authorised", "/lines/1/product_id", "/lines/2/product_id",
                                          "/lines/3/product_id"};
    CHECK_INT(app_order_confirm(w->c, &order, &in), ERR_INVALID);
    const struct fault_item *item = w->c->fault.first;
    for (size_t i = 0; i < COUNT(POINTER); i++, item = item->next)
        CHECK_STR(item->pointer, POINTER[i]);
    CHECK(!item);
    CHECK_INT(world_confirm(w, &order, QTY(0, 0, NONE, NONE), NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/lines");
}

/* A shortage: less is authorised than ordered, and that is not what "short" means. */
TEST(ord_confirm_authorised_below_ordered) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    struct confirm_line line[] = {{w->product[0], 140, 100}, {w->product[1], 80, 0}};
    struct confirm_in in = {.lines = {line, COUNT(line)}};
    CHECK_OK(w->c, app_order_confirm(w->c, &order, &in));
    CHECK_INT(world_order_line(w, &order, 0).outstanding, 100);
    CHECK_INT(world_order_line(w, &order, 1).outstanding, 0);
    struct commitment row = world_commitment(w, order.id);
    CHECK_INT(row.units_authorised, 100);
    CHECK_INT(row.lines, 2);
    CHECK_INT(row.lines_right, 1);
}

/* ---- skip and cancel ---- */

TEST(ord_skip_by_patient_is_not_due) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "Marker has enough"}));
    CHECK_INT(world_commitment(w, order.id).excluded, EXCLUDED_SKIPPED);
    order = world_order_row(w, order.id);
    CHECK_INT(order.state, ORDER_SKIPPED);
    CHECK_INT(order.closed_by, PARTY_PATIENT);
    struct order_view view = world_order_view(w, &order);
    CHECK_INT(view.timeliness, NONE);
    CHECK_INT(view.excluded, EXCLUDED_SKIPPED);
    CHECK_INT(view.need_by, NONE);
    int64_t version = order.version;
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_US, "again"}));
    CHECK_INT(world_order_row(w, order.id).version, version);
    CHECK_INT(app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_US, "x"}), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-withdrawable");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%'"), 0);
}

/* A skip by us counts the same as nobody booking. */
TEST(ord_skip_by_us_stays_due) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_US, "no stock"}));
    CHECK_INT(world_commitment(w, order.id).excluded, NONE);
    world_at(w, "2026-03-17T13:00:00.001Z"); /* 24 h after the day's end */
    CHECK_INT(world_order_view(w, &order).timeliness, TIMELINESS_MISSED);
}

TEST(ord_cancel_takes_the_delivery_with_it) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16");
    world_booked(w, &order, "2026-03-13");
    CHECK_INT(order.state, ORDER_SCHEDULED);
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 1);
    CHECK_INT(app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "x"}), ERR_STATE);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    CHECK_INT(world_order_row(w, order.id).state, ORDER_CANCELLED);
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 0);
    CHECK_INT(world_count(w, "SELECT SUM(weight_g) FROM day_use"), 0);
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM delivery WHERE state = 'cancelled' AND closed_by = 'patient'"),
        1);
    CHECK_INT(world_commitment(w, order.id).excluded, EXCLUDED_CANCELLED);
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"})); /* F25 */
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 0);
}

/* F30: after the cut-off no wish erases the promise. */
TEST(ord_cancel_after_the_cutoff_stays_due) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16");
    world_booked(w, &order, "2026-03-13");
    world_at(w, "2026-03-12T07:00:00Z"); /* 18:00 in Sydney */
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    struct commitment row = world_commitment(w, order.id);
    CHECK_INT(row.excluded, NONE);
    CHECK_INT(row.date, date_parse("2026-03-13"));
}

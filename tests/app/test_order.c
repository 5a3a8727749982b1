/* What is suggested for an order, orders outside the cycle, and that each write is whole or nothing. */
#include "app/app_order.h"
#include "app/app_patient.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/stock.h"
#include "world_call.h"

/* ---- what is suggested (section 2.3) ---- */

TEST(ord_order_without_a_count) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    struct order_view view = world_order_view(w, &order);
    CHECK_INT(view.cover_days, NONE);
    CHECK_INT(view.need_by, date_parse("2026-03-16"));
    CHECK_INT(view.call_due, date_parse("2026-03-09"));
    CHECK_INT(view.next_due, date_parse("2026-04-16"));
    CHECK_INT(view.timeliness, TIMELINESS_PENDING);
    CHECK_INT(view.excluded, NONE);
    CHECK_INT(view.commitment->cause, CAUSE_NOT_SCHEDULED);
    CHECK_INT(view.commitment->date, date_parse("2026-03-16"));
    CHECK_INT(view.commitment->window->to_min, 1440);
    CHECK_INT(view.lines.n, 3);
    struct order_line_view line = world_order_line(w, &order, 0);
    CHECK_INT(line.suggested, NONE);
    CHECK_INT(line.on_hand, NONE);
    CHECK_INT(line.prescribed, 125); /* 4 × 31 = 124, 5 a box */
    CHECK_INT(line.ordered, NONE);
    CHECK_INT(world_confirm(w, &order, QTY(125, 48, 180, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.no-count");
}

TEST(ord_order_suggestion) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16"); /* 14 + 31 + 14 = 59 days */
    struct order_line_view line = world_order_line(w, &order, 0);
    CHECK_INT(line.on_hand, 100);
    CHECK_INT(line.suggested, 140); /* 236 − 100 = 136 */
    line = world_order_line(w, &order, 1);
    CHECK_INT(line.prescribed, 48); /* 46.5 → 47 */
    CHECK_INT(line.suggested, 80);  /* 88.5 − 10 = 78.5 → 79 */
    line = world_order_line(w, &order, 2);
    CHECK_INT(line.prescribed, 180);
    CHECK_INT(line.suggested, 0); /* 295 − 300 */
    struct order_view view = world_order_view(w, &order);
    CHECK_INT(world_cover(w, 0), date_parse("2026-03-08")); /* 10 / 1.5 = 6.7 days from the 2nd */
    CHECK_INT(view.cover_days, 6);
    CHECK_INT(view.need_by, date_parse("2026-03-06")); /* the 8th is a Sunday */
    CHECK_INT(view.attempts, 1);
    CHECK_INT(view.last_outcome, CONTACT_REACHED);
    CHECK_INT(view.contacts.n, 1);
}

TEST(ord_order_need_by_passes_over_closures) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    world_run(
        w,
        "INSERT INTO closure (id, depot_id, date, reason, version) SELECT randomblob(16), id, 20518, 'x', 1 "
        "FROM depot"); /* Friday, 2026-03-06 */
    struct order_view view = world_order_view(w, &order);
    CHECK_INT(view.need_by, date_parse("2026-03-05"));
    world_run(w, "UPDATE zone SET weekdays = 0");
    view = world_order_view(w, &order);
    CHECK_INT(view.need_by, NONE);
}

TEST(ord_order_count_is_the_depots_day) {
    struct world *w = world_planned("2026-03-20");
    world_at(w, "2026-03-02T14:30:00Z"); /* the 3rd in Sydney, the 2nd in Perth */
    world_counted(w, 0, "2026-03-16");
    world_counted(w, 3, "2026-03-16");
    CHECK_INT(world_cover(w, 0), date_parse("2026-03-09"));
    CHECK_INT(world_cover(w, 3), date_parse("2026-03-08"));
}

/* A count is the patient's: every open order is suggested from it. */
TEST(ord_order_count_updates_all_open_orders) {
    struct world *w = world_planned("2026-04-20");
    struct order_row march = world_counted(w, 0, "2026-03-16"), april = world_order_due(w, 0, "2026-04-16");
    CHECK_INT(world_order_line(w, &april, 0).on_hand, 100);
    CHECK_INT(world_order_line(w, &april, 0).suggested, 260); /* 4 × (45 + 30 + 14) = 356 − 100 = 256 */
    CHECK_OK(w->c, world_confirm(w, &march, QTY(140, 80, NONE, NONE), NULL));
    CHECK_INT(world_order_line(w, &april, 0).suggested, 120); /* 140 are on order: 116 */
    CHECK_INT(world_order_line(w, &april, 1).suggested, 44);  /* 133.5 − 10 − 80 = 43.5 → 44 */
}

TEST(ord_order_zero_and_missing_use) {
    struct world *w = world_planned("2026-03-20");
    struct prescription_line line[] = {{w->product[0], 0}, {w->product[3], 1000}};
    struct prescription_in in = {date_parse("2026-01-02"), {line, COUNT(line)}};
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    struct order_view view = world_order_view(w, &order);
    CHECK_INT(view.lines.n, 2);
    CHECK_INT(world_order_line(w, &order, 0).suggested, NONE); /* not used */
    CHECK_INT(world_order_line(w, &order, 0).prescribed, 0);
    CHECK_INT(world_order_line(w, &order, 3).suggested, NONE); /* used and never counted */
    CHECK_INT(world_cover(w, 0), NONE);
}

TEST(ord_order_takes_the_prescription_of_its_due_date) {
    struct world *w = world_planned("2026-04-20");
    struct order_row march = world_counted(w, 0, "2026-03-16"), april = world_order_due(w, 0, "2026-04-16");
    struct prescription_line line[] = {{w->product[0], 8000}};
    struct prescription_in in = {date_parse("2026-04-16"), {line, 1}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    CHECK_INT(world_order_line(w, &march, 0).prescribed, 125);
    CHECK_INT(world_order_line(w, &april, 0).prescribed, 240); /* 8 × 30 */
    CHECK_INT(world_order_view(w, &april).lines.n, 1);
}

/* ---- cover ---- */

TEST(ord_cover_day_by_day) {
    struct world *w = world_planned("2026-03-20");
    world_counted(w, 0, "2026-03-16");
    struct prescription_line line[] = {{w->product[0], 50000}, {w->product[1], 500}};
    struct prescription_in in = {date_parse("2026-03-04"), {line, 2}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    /* bags of 2000: 100 − 2 × 4 = 92 on the 4th, then 50 a day: the 4th is covered, the 5th is not */
    CHECK_INT(world_cover(w, 0), date_parse("2026-03-05"));
}

TEST(ord_cover_takes_the_last_count_of_each_product) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    struct stock_count_line line = {w->product[1], 150};
    struct count_in in = {{&line, 1}};
    world_at(w, "2026-03-03T00:00:00Z");
    CHECK_OK(w->c, app_count_put(w->c, &order, &in));
    CHECK_INT(world_order_line(w, &order, 0).on_hand, 100);
    CHECK_INT(world_order_line(w, &order, 1).on_hand, 150);
    CHECK_INT(world_cover(w, 0),
              date_parse("2026-03-27")); /* 100 / 4 from the 2nd; 150 / 1.5 from the 3rd is later */
}

/* ---- outside the cycle ---- */

static struct order_in emergency(struct world *w, const char *due) {
    return (struct order_in){
        .patient_id = w->patient[0], .due_date = date_parse(due), .kind = 0, .reason = "Marker spilt a box"};
}

TEST(ord_add_emergency) {
    struct world *w = world_planned("2026-03-20");
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(order.kind, ORDER_EMERGENCY);
    CHECK_INT(order.next_due, date_parse("2026-03-16"));
    CHECK_INT(order.call_due, date_parse("2026-02-25"));
    CHECK_INT(world_commitment(w, order.id).kind, ORDER_EMERGENCY);
    CHECK_INT(world_commitment(w, order.id).ends_at, instant_parse("2026-03-04T13:00:00Z"));
    CHECK(id_equal(world_order_row(w, order.id).depot_id, w->depot[SYDNEY]));
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.exists");
    ctx_fault_clear(w->c);
    in.kind = 1; /* another kind on the same day */
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    in.due_date = date_parse("2026-03-16"); /* beside the cycle's own */
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(order.next_due, date_parse("2026-04-16"));
    CHECK_INT(world_count(w,
                          "SELECT COUNT(*) FROM audit_event WHERE action = 'order.add' AND change NOT LIKE "
                          "'%Marker%' AND reason_digest IS NOT NULL"),
              3);
}

/* The zone's depot and clock apply. */
TEST(ord_add_travel_to_another_depot) {
    struct world *w = world_planned("2026-03-20");
    struct location place = {-319500000, 1158600000};
    struct deliver_to to = {"Hotel Marker", &place, w->zone[PERTH]};
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    in.kind = 1;
    in.deliver_to = &to;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(order.kind, ORDER_TRAVEL);
    CHECK(id_equal(order.depot_id, w->depot[PERTH]));
    CHECK_INT(world_commitment(w, order.id).ends_at, instant_parse("2026-03-04T16:00:00Z"));
    struct order_view view = world_order_view(w, &order);
    CHECK_STR(view.deliver_to->address, "Hotel Marker");
    CHECK_INT(view.deliver_to->location->lat, place.lat);
    CHECK(id_equal(view.deliver_to->zone_id, w->zone[PERTH]));
}

TEST(ord_add_is_judged) {
    struct world *w = world_planned("2026-03-20");
    struct deliver_to to = {"x", NULL, w->depot[0]};
    struct order_in in = emergency(w, "2026-03-01");
    struct order_row order;
    world_at(w, "2026-03-02T14:00:00Z"); /* the 3rd in Sydney */
    in.due_date = date_parse("2026-03-02");
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/due_date");
    ctx_fault_clear(w->c);
    in.due_date = date_parse("2026-03-03") + LIMIT_PLAN_DAYS + 1;
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_INVALID);
    ctx_fault_clear(w->c);
    in = emergency(w, "2026-03-03");
    in.deliver_to = &to;
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/deliver_to/zone_id");
    ctx_fault_clear(w->c);
    in = emergency(w, "2026-03-03");
    in.patient_id = w->zone[0];
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/patient_id");
    ctx_fault_clear(w->c);
    world_run(w, "UPDATE patient SET status = 'ended', status_from = 20515");
    in = emergency(w, "2026-03-03");
    CHECK_INT(app_order_add(w->c, &in, &order), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.patient-ended");
}

TEST(ord_emergency_needs_a_count_too) {
    struct world *w = world_planned("2026-03-20");
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(world_confirm(w, &order, QTY(5, NONE, NONE, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.no-count");
}

/* ---- all or nothing ---- */

static struct id fail_order;

static enum err load(struct ctx *c, struct order_row *order) {
    return app_order_get(c, fail_order, order);
}

static enum err fail_contact(struct ctx *c, void *user) {
    struct order_row order;
    struct contact contact;
    bool replay;
    TRY(load(c, &order));
    return app_contact_add(c, &order, user, &contact, &replay);
}

static enum err fail_count(struct ctx *c, void *user) {
    struct order_row order;
    TRY(load(c, &order));
    return app_count_put(c, &order, user);
}

static enum err fail_confirm(struct ctx *c, void *user) {
    struct order_row order;
    TRY(load(c, &order));
    return app_order_confirm(c, &order, user);
}

static enum err fail_cancel(struct ctx *c, void *user) {
    struct order_row order;
    TRY(load(c, &order));
    return app_order_cancel(c, &order, user);
}

static enum err fail_add(struct ctx *c, void *user) {
    struct order_row order;
    return app_order_add(c, user, &order);
}

TEST(ord_order_writes_all_or_nothing) {
    struct world *w = world_planned("2026-04-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    struct stock_count_line count[] = {{w->product[0], 100}, {w->product[1], 10}, {w->product[2], 300}};
    struct confirm_line line[] = {{w->product[0], 140, NONE}, {w->product[1], 80, NONE}};
    struct contact_in contact = world_reached(w), no = world_reached(w);
    struct order_in extra = emergency(w, "2026-03-04");
    contact.note = "x";
    fail_order = order.id;
    world_fails_at_every_call(w, fail_add, &extra);
    world_fails_at_every_call(w, fail_contact, &contact);
    world_fails_at_every_call(w, fail_count, &(struct count_in){{count, COUNT(count)}});
    world_fails_at_every_call(w, fail_confirm, &(struct confirm_in){{line, COUNT(line)}, NULL});
    order = world_order_row(w, order.id);
    struct delivery_row delivery = world_booked(w, &order, "2026-03-06");
    world_fails_at_every_call(w, fail_cancel, &(struct withdrawal){PARTY_PATIENT, "x"});
    struct order_row april = world_counted(w, 0, "2026-04-16");
    CHECK_OK(w->c, world_confirm(w, &april, QTY(260, 124, 180, NONE), NULL));
    delivery = world_booked(w, &april, "2026-03-06");
    world_drop_by_phone(w, &delivery);
    no.last_delivery_ok = 0;
    no.what = KIND_COUNT;
    world_fails_at_every_call(w, fail_contact, &no);
}

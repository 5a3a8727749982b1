/* Calls, counts, and what a drop changes for the next of both. */
#include "app/app_order.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/stock.h"
#include "world_call.h"

/* ---- contacts ---- */

TEST(ord_contact_judges) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    struct contact_in in = world_reached(w);
    in.outcome = CONTACT_VOICEMAIL;
    in.last_delivery_ok = 1;
    CHECK_INT(world_contact(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/identity_checked");
    CHECK_STR(w->c->fault.last->pointer, "/last_delivery_ok");
    in = world_reached(w);
    in.last_delivery_ok = 0;
    CHECK_INT(world_contact(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/what");
    in.last_delivery_ok = 1;
    in.what = KIND_SHORT;
    CHECK_INT(world_contact(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/what");
    CHECK_INT(world_order_row(w, order.id).attempts, 0);
}

TEST(ord_contact_counts_attempts) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    struct contact_in in = world_reached(w);
    in.outcome = CONTACT_NO_ANSWER;
    in.identity_checked = NONE;
    CHECK_OK(w->c, world_contact(w, &order, in, NULL));
    in.id = id_new(w->c->now);
    in.outcome = CONTACT_VOICEMAIL;
    CHECK_OK(w->c, world_contact(w, &order, in, NULL));
    order = world_order_row(w, order.id);
    CHECK_INT(order.attempts, 2);
    CHECK_INT(order.last_outcome, CONTACT_VOICEMAIL);
    CHECK_INT(order.version, 3);
}

TEST(ord_contact_once) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16"), other = world_order_due(w, 1, "2026-03-16");
    struct contact_in in = world_reached(w);
    bool replay;
    in.note = "Marker rings back";
    CHECK_OK(w->c, world_contact(w, &order, in, &replay));
    CHECK(!replay);
    CHECK_OK(w->c, world_contact(w, &order, in, &replay));
    CHECK(replay);
    CHECK_INT(world_order_row(w, order.id).attempts, 1);
    in.note = "Marker does not";
    CHECK_INT(world_contact(w, &order, in, NULL), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "event.id-reused");
    in.note = "Marker rings back";
    CHECK_INT(world_contact(w, &other, in, NULL), ERR_CONFLICT); /* the same id for another order */
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_INT(world_contact(w, &order, in, NULL), ERR_NOT_FOUND); /* somebody else's id */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM contact"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%'"), 0);
}

TEST(ord_contact_notes_are_not_for_dispatchers) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16");
    struct contact_in in = world_reached(w);
    in.note = "says who";
    CHECK_OK(w->c, world_contact(w, &order, in, NULL));
    CHECK_STR(((const struct contact *)world_order_view(w, &order).contacts.at)->note, "says who");
    world_act(w, ROLE_DISPATCHER, w->dispatcher);
    CHECK(!((const struct contact *)world_order_view(w, &order).contacts.at)->note);
}

/* ---- counts ---- */

TEST(ord_count_identity_first) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_order_due(w, 0, "2026-03-16"), other = world_order_due(w, 1, "2026-03-16");
    struct contact_in in = world_reached(w);
    CHECK_INT(world_put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "count.identity-first");
    in.identity_checked = NONE;
    CHECK_OK(w->c, world_contact(w, &order, in, NULL));
    CHECK_INT(world_put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_OK(w->c,
             world_contact(w, &other, world_reached(w), NULL)); /* another patient's call says nothing */
    CHECK_INT(world_put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_OK(w->c, world_contact(w, &order, world_reached(w), NULL));
    CHECK_OK(w->c, world_put_count(w, &order, 1, 1, 1));
}

TEST(ord_count_lines_are_judged) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    struct stock_count_line line[] = {{w->product[0], 1}, {w->product[0], 2}, {w->zone[0], 3}};
    struct count_in in = {{line, COUNT(line)}};
    CHECK_INT(app_count_put(w->c, &order, &in), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/lines/1/product_id");
    CHECK_STR(w->c->fault.last->pointer, "/lines/2/product_id");
}

TEST(ord_count_not_for_what_is_over) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    CHECK_INT(world_put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.closed");
}

/* ---- drops ---- */

/* What came since the count makes the cover longer, and moves no suggestion. */
TEST(ord_stock_after_a_drop) {
    struct world *w = world_planned("2026-04-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16"), april = world_order_due(w, 0, "2026-04-16");
    struct delivery_row delivery = world_booked(w, &order, "2026-03-06");
    CHECK_INT(world_order_line(w, &april, 0).suggested, 120);
    CHECK_INT(world_order_line(w, &april, 1).suggested, 44);
    world_at(w, "2026-03-06T00:00:00Z");
    world_drop_by_phone(w, &delivery);
    /* 70 bags of 2500 last 46.7 days from the 2nd: 17 April; 240 of 2000: 60 days; 300 caps: 60 */
    CHECK_INT(world_cover(w, 0), date_parse("2026-04-17"));
    CHECK_INT(world_order_line(w, &april, 0).suggested, 120);
    CHECK_INT(world_order_line(w, &april, 1).suggested, 44); /* 20 are still to come */
    CHECK_INT(world_order_row(w, order.id).state, ORDER_PART_DELIVERED);
    world_at(w, "2026-03-07T00:00:00Z");
    CHECK_OK(w->c, world_contact(w, &april, world_reached(w), NULL));
    CHECK_OK(w->c, world_put_count(w, &april, 220, 62, 280)); /* after the drop: nothing is added twice */
    CHECK_INT(world_cover(w, 0), date_parse("2026-04-17"));   /* 62 / 1.5 = 41.3 from the 7th */
    CHECK_INT(world_order_line(w, &april, 0).suggested, 120); /* 4 × (40 + 30 + 14) = 336 − 220 = 116 */
}

TEST(ord_contact_no_becomes_a_contest) {
    struct world *w = world_planned("2026-04-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16"), april = world_order_due(w, 0, "2026-04-16");
    struct contact_in in = world_reached(w);
    in.last_delivery_ok = 0;
    in.what = KIND_SHORT;
    in.note = "Marker says one box";
    CHECK_INT(world_contact(w, &april, in, NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "contact.no-delivery");
    ctx_fault_clear(w->c);
    struct delivery_row delivery = world_booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    world_drop_by_phone(w, &delivery);
    in.id = id_new(w->c->now);
    bool replay;
    CHECK_OK(w->c, world_contact(w, &april, in, &replay));
    CHECK_OK(w->c, world_contact(w, &april, in, &replay));
    CHECK(replay);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM contest WHERE what = 'short'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'contested' AND cause = 'short'"),
              1);
    CHECK_INT(world_commitment(w, order.id).contested, KIND_SHORT);
    struct order_view view = world_order_view(w, &april);
    const struct contact *contact = view.contacts.at;
    CHECK(id_equal(contact[view.contacts.n - 1].contest_id, in.id));
}

TEST(ord_cancel_of_the_rest_is_refused) {
    struct world *w = world_planned("2026-03-20");
    struct order_row order = world_confirmed(w, 0, "2026-03-16");
    struct delivery_row delivery = world_booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    world_drop_by_phone(w, &delivery);
    order = world_order_row(w, order.id);
    world_booked(w, &order, "2026-03-10");
    CHECK_INT(app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_US, "x"}), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-withdrawable");
}

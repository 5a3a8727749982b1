#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_patient.h"
#include "app/app_plan.h"
#include "app/app_stock.h"
#include "app/app_timeline.h"
#include "app/app_worklist.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/stock.h"
#include "store/store_commitment.h"
#include "store/store_contact.h"
#include "store/store_order.h"
#include "store/store_patient.h"
#include "world.h"

/* ---- what every test begins with ---- */

static struct world *planned(const char *through) {
    struct world *w = world_make();
    struct plan_receipt receipt;
    CHECK_OK(w->c, app_plan(w->c, date_parse(through), INT64_MAX, &receipt));
    world_act(w, ROLE_REP, w->rep);
    return w;
}

static struct order_row order_of(struct world *w, int patient, const char *due) {
    struct order_filter filter = {.state = NONE,
                                  .patient_id = w->patient[patient],
                                  .due_from = date_parse(due),
                                  .due_to = date_parse(due),
                                  .after_date = NONE,
                                  .limit = 1};
    struct list rows;
    CHECK_OK(w->c, store_order_list(w->c, &filter, &rows));
    CHECK_INT(rows.n, 1);
    return *(const struct order_row *)rows.at;
}

static struct order_row again(struct world *w, const struct order_row *order) {
    struct order_row now;
    CHECK_OK(w->c, app_order_get(w->c, order->id, &now));
    return now;
}

static struct contact_in reached(struct world *w) {
    return (struct contact_in){.id = id_new(w->c->now),
                               .at = w->c->now,
                               .channel = CONTACT_CALL,
                               .outcome = CONTACT_REACHED,
                               .identity_checked = 1,
                               .last_delivery_ok = NONE,
                               .what = NONE};
}

static enum err call(struct world *w, struct order_row *order, struct contact_in in, bool *replay_out) {
    struct contact contact;
    bool replay;
    ctx_fault_clear(w->c);
    return app_contact_add(w->c, order, &in, &contact, replay_out ? replay_out : &replay);
}

static enum err put_count(struct world *w, const struct order_row *order, int64_t a, int64_t b, int64_t c_) {
    struct stock_count_line line[] = {{w->product[0], a}, {w->product[1], b}, {w->product[2], c_}};
    struct count_in in = {{line, COUNT(line)}};
    ctx_fault_clear(w->c);
    return app_count_put(w->c, order, &in);
}

/* Reached, identified, counted: 100 bags of 2000, 10 of 2500, 300 caps. */
static struct order_row counted(struct world *w, int patient, const char *due) {
    struct order_row order = order_of(w, patient, due);
    CHECK_OK(w->c, call(w, &order, reached(w), NULL));
    CHECK_OK(w->c, put_count(w, &order, 100, 10, 300));
    return again(w, &order);
}

static struct order_view view_of(struct world *w, const struct order_row *order) {
    struct order_view view;
    struct order_row now = again(w, order);
    CHECK_OK(w->c, app_order_view(w->c, &now, &view));
    return view;
}

static struct order_line_view line_of(struct world *w, const struct order_row *order, int product) {
    struct order_view view = view_of(w, order);
    for (size_t i = 0; i < view.lines.n; i++) {
        const struct order_line_view *line = (const struct order_line_view *)view.lines.at + i;
        if (id_equal(line->product_id, w->product[product])) return *line;
    }
    return (struct order_line_view){.prescribed = NONE, .suggested = NONE, .on_hand = NONE, .ordered = NONE};
}

static enum err confirm(struct world *w, struct order_row *order, const int64_t ordered[4],
                        const char *reason) {
    struct confirm_line line[4];
    struct confirm_in in = {.lines = {line, 0}, .reason = reason};
    for (int i = 0; i < 4; i++)
        if (ordered[i] != NONE) line[in.lines.n++] = (struct confirm_line){w->product[i], ordered[i], NONE};
    ctx_fault_clear(w->c);
    return app_order_confirm(w->c, order, &in);
}
#define QTY(...) ((const int64_t[4]){__VA_ARGS__})

static struct commitment commitment_of(struct world *w, const struct order_row *order) {
    struct commitment row;
    CHECK_OK(w->c, store_commitment_get(w->c, order->id, &row));
    return row;
}

static int64_t cover(struct world *w, int patient) {
    struct patient row;
    CHECK_OK(w->c, store_patient_get(w->c, w->patient[patient], &row));
    return row.cover_until;
}

/* ---- what is suggested (section 2.3) ---- */

TEST(ord_order_without_a_count) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    struct order_view view = view_of(w, &order);
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
    struct order_line_view line = line_of(w, &order, 0);
    CHECK_INT(line.suggested, NONE);
    CHECK_INT(line.on_hand, NONE);
    CHECK_INT(line.prescribed, 125); /* 4 × 31 = 124, 5 a box */
    CHECK_INT(line.ordered, NONE);
    CHECK_INT(confirm(w, &order, QTY(125, 48, 180, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.no-count");
}

TEST(ord_order_suggestion) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16"); /* 14 + 31 + 14 = 59 days */
    struct order_line_view line = line_of(w, &order, 0);
    CHECK_INT(line.on_hand, 100);
    CHECK_INT(line.suggested, 140); /* 236 − 100 = 136 */
    line = line_of(w, &order, 1);
    CHECK_INT(line.prescribed, 48); /* 46.5 → 47 */
    CHECK_INT(line.suggested, 80);  /* 88.5 − 10 = 78.5 → 79 */
    line = line_of(w, &order, 2);
    CHECK_INT(line.prescribed, 180);
    CHECK_INT(line.suggested, 0); /* 295 − 300 */
    struct order_view view = view_of(w, &order);
    CHECK_INT(cover(w, 0), date_parse("2026-03-08")); /* 10 / 1.5 = 6.7 days from the 2nd */
    CHECK_INT(view.cover_days, 6);
    CHECK_INT(view.need_by, date_parse("2026-03-06")); /* the 8th is a Sunday */
    CHECK_INT(view.attempts, 1);
    CHECK_INT(view.last_outcome, CONTACT_REACHED);
    CHECK_INT(view.contacts.n, 1);
}

TEST(ord_order_need_by_passes_over_closures) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    world_run(
        w,
        "INSERT INTO closure (id, depot_id, date, reason, version) SELECT randomblob(16), id, 20518, 'x', 1 "
        "FROM depot"); /* Friday, 2026-03-06 */
    struct order_view view = view_of(w, &order);
    CHECK_INT(view.need_by, date_parse("2026-03-05"));
    world_run(w, "UPDATE zone SET weekdays = 0");
    view = view_of(w, &order);
    CHECK_INT(view.need_by, NONE);
}

TEST(ord_order_count_is_the_depots_day) {
    struct world *w = planned("2026-03-20");
    world_at(w, "2026-03-02T14:30:00Z"); /* the 3rd in Sydney, the 2nd in Perth */
    counted(w, 0, "2026-03-16");
    counted(w, 3, "2026-03-16");
    CHECK_INT(cover(w, 0), date_parse("2026-03-09"));
    CHECK_INT(cover(w, 3), date_parse("2026-03-08"));
}

/* A count is the patient's: every open order is suggested from it. */
TEST(ord_order_count_updates_all_open_orders) {
    struct world *w = planned("2026-04-20");
    struct order_row march = counted(w, 0, "2026-03-16"), april = order_of(w, 0, "2026-04-16");
    CHECK_INT(line_of(w, &april, 0).on_hand, 100);
    CHECK_INT(line_of(w, &april, 0).suggested, 260); /* 4 × (45 + 30 + 14) = 356 − 100 = 256 */
    CHECK_OK(w->c, confirm(w, &march, QTY(140, 80, NONE, NONE), NULL));
    CHECK_INT(line_of(w, &april, 0).suggested, 120); /* 140 are on order: 116 */
    CHECK_INT(line_of(w, &april, 1).suggested, 44);  /* 133.5 − 10 − 80 = 43.5 → 44 */
}

TEST(ord_order_zero_and_missing_use) {
    struct world *w = planned("2026-03-20");
    struct prescription_line line[] = {{w->product[0], 0}, {w->product[3], 1000}};
    struct prescription_in in = {date_parse("2026-01-02"), {line, COUNT(line)}};
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    struct order_view view = view_of(w, &order);
    CHECK_INT(view.lines.n, 2);
    CHECK_INT(line_of(w, &order, 0).suggested, NONE); /* not used */
    CHECK_INT(line_of(w, &order, 0).prescribed, 0);
    CHECK_INT(line_of(w, &order, 3).suggested, NONE); /* used and never counted */
    CHECK_INT(cover(w, 0), NONE);
}

TEST(ord_order_takes_the_prescription_of_its_due_date) {
    struct world *w = planned("2026-04-20");
    struct order_row march = counted(w, 0, "2026-03-16"), april = order_of(w, 0, "2026-04-16");
    struct prescription_line line[] = {{w->product[0], 8000}};
    struct prescription_in in = {date_parse("2026-04-16"), {line, 1}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    CHECK_INT(line_of(w, &march, 0).prescribed, 125);
    CHECK_INT(line_of(w, &april, 0).prescribed, 240); /* 8 × 30 */
    CHECK_INT(view_of(w, &april).lines.n, 1);
}

/* ---- cover ---- */

TEST(ord_cover_day_by_day) {
    struct world *w = planned("2026-03-20");
    counted(w, 0, "2026-03-16");
    struct prescription_line line[] = {{w->product[0], 50000}, {w->product[1], 500}};
    struct prescription_in in = {date_parse("2026-03-04"), {line, 2}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    /* bags of 2000: 100 − 2 × 4 = 92 on the 4th, then 50 a day: the 4th is covered, the 5th is not */
    CHECK_INT(cover(w, 0), date_parse("2026-03-05"));
}

TEST(ord_cover_takes_the_last_count_of_each_product) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    struct stock_count_line line = {w->product[1], 150};
    struct count_in in = {{&line, 1}};
    world_at(w, "2026-03-03T00:00:00Z");
    CHECK_OK(w->c, app_count_put(w->c, &order, &in));
    CHECK_INT(line_of(w, &order, 0).on_hand, 100);
    CHECK_INT(line_of(w, &order, 1).on_hand, 150);
    CHECK_INT(cover(w, 0),
              date_parse("2026-03-27")); /* 100 / 4 from the 2nd; 150 / 1.5 from the 3rd is later */
}

/* ---- contacts ---- */

TEST(ord_contact_judges) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    struct contact_in in = reached(w);
    in.outcome = CONTACT_VOICEMAIL;
    in.last_delivery_ok = 1;
    CHECK_INT(call(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/identity_checked");
    CHECK_STR(w->c->fault.last->pointer, "/last_delivery_ok");
    in = reached(w);
    in.last_delivery_ok = 0;
    CHECK_INT(call(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/what");
    in.last_delivery_ok = 1;
    in.what = KIND_SHORT;
    CHECK_INT(call(w, &order, in, NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/what");
    CHECK_INT(again(w, &order).attempts, 0);
}

TEST(ord_contact_counts_attempts) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    struct contact_in in = reached(w);
    in.outcome = CONTACT_NO_ANSWER;
    in.identity_checked = NONE;
    CHECK_OK(w->c, call(w, &order, in, NULL));
    in.id = id_new(w->c->now);
    in.outcome = CONTACT_VOICEMAIL;
    CHECK_OK(w->c, call(w, &order, in, NULL));
    order = again(w, &order);
    CHECK_INT(order.attempts, 2);
    CHECK_INT(order.last_outcome, CONTACT_VOICEMAIL);
    CHECK_INT(order.version, 3);
}

TEST(ord_contact_once) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16"), other = order_of(w, 1, "2026-03-16");
    struct contact_in in = reached(w);
    bool replay;
    in.note = "Marker rings back";
    CHECK_OK(w->c, call(w, &order, in, &replay));
    CHECK(!replay);
    CHECK_OK(w->c, call(w, &order, in, &replay));
    CHECK(replay);
    CHECK_INT(again(w, &order).attempts, 1);
    in.note = "Marker does not";
    CHECK_INT(call(w, &order, in, NULL), ERR_CONFLICT);
    CHECK_STR(w->c->fault.slug, "event.id-reused");
    in.note = "Marker rings back";
    CHECK_INT(call(w, &other, in, NULL), ERR_CONFLICT); /* the same id for another order */
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_INT(call(w, &order, in, NULL), ERR_NOT_FOUND); /* somebody else's id */
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM contact"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%'"), 0);
}

TEST(ord_contact_notes_are_not_for_dispatchers) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    struct contact_in in = reached(w);
    in.note = "says who";
    CHECK_OK(w->c, call(w, &order, in, NULL));
    CHECK_STR(((const struct contact *)view_of(w, &order).contacts.at)->note, "says who");
    world_act(w, ROLE_DISPATCHER, w->dispatcher);
    CHECK(!((const struct contact *)view_of(w, &order).contacts.at)->note);
}

/* ---- counts ---- */

TEST(ord_count_identity_first) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16"), other = order_of(w, 1, "2026-03-16");
    struct contact_in in = reached(w);
    CHECK_INT(put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "count.identity-first");
    in.identity_checked = NONE;
    CHECK_OK(w->c, call(w, &order, in, NULL));
    CHECK_INT(put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_OK(w->c, call(w, &other, reached(w), NULL)); /* another patient's call says nothing */
    CHECK_INT(put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_OK(w->c, call(w, &order, reached(w), NULL));
    CHECK_OK(w->c, put_count(w, &order, 1, 1, 1));
}

TEST(ord_count_lines_are_judged) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    struct stock_count_line line[] = {{w->product[0], 1}, {w->product[0], 2}, {w->zone[0], 3}};
    struct count_in in = {{line, COUNT(line)}};
    CHECK_INT(app_count_put(w->c, &order, &in), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/lines/1/product_id");
    CHECK_STR(w->c->fault.last->pointer, "/lines/2/product_id");
}

TEST(ord_count_not_for_what_is_over) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    CHECK_INT(put_count(w, &order, 1, 1, 1), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.closed");
}

/* ---- confirming ---- */

TEST(ord_confirm_freezes) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, confirm(w, &order, QTY(140, 80, NONE, NONE), NULL));
    struct commitment row = commitment_of(w, &order);
    CHECK_INT(row.lines, 2);
    CHECK_INT(row.lines_right, 0);
    CHECK_INT(row.units_authorised, 220);
    order = again(w, &order);
    CHECK_INT(order.state, ORDER_CONFIRMED);
    CHECK_INT(order.confirmed_at, w->c->now);
    /* F14, F15: product, pack and prescription change afterwards */
    world_run(
        w, "UPDATE product SET units_per_box = 7, box_weight_g = 1, critical = 0, shelf_life_min_days = 1");
    struct prescription_line line[] = {{w->product[3], 9000}};
    struct prescription_in in = {date_parse("2026-01-02"), {line, 1}};
    CHECK_OK(w->c, app_prescription_put(w->c, w->patient[0], &in, NULL));
    CHECK_INT(view_of(w, &order).lines.n, 2);
    struct order_line_view frozen = line_of(w, &order, 0);
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
    CHECK_INT(confirm(w, &order, QTY(140, NONE, NONE, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-open");
}

TEST(ord_confirm_unusual_needs_a_manager_and_a_reason) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    /* 140 suggested: 168 is 20 %, 169 more than that; the box is 5 */
    CHECK_INT(confirm(w, &order, QTY(169, 80, NONE, NONE), "holiday"), ERR_DENIED);
    CHECK_STR(w->c->fault.slug, "confirm.needs-manager");
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_INT(confirm(w, &order, QTY(169, 80, NONE, NONE), " \n"), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/reason");
    CHECK_INT(again(w, &order).state, ORDER_OPEN);
    CHECK_OK(w->c, confirm(w, &order, QTY(169, 80, NONE, NONE), "Marker on holiday"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM personal_value WHERE value = 'Marker on holiday'"), 1);
}

TEST(ord_confirm_twenty_percent_is_usual) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, confirm(w, &order, QTY(168, 64, NONE, NONE), NULL));
}

/* 4 a box: one box away is usual however many percent that is. */
TEST(ord_confirm_one_box_is_usual) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_OK(w->c, put_count(w, &order, 100, 81, 300)); /* bags of 2500: 88.5 − 81 = 7.5 → 8 */
    CHECK_INT(line_of(w, &order, 1).suggested, 8);
    CHECK_OK(w->c, confirm(w, &order, QTY(140, 12, NONE, NONE), NULL));
}

TEST(ord_confirm_left_out_is_judged_too) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_INT(confirm(w, &order, QTY(140, NONE, NONE, NONE), NULL), ERR_DENIED);
    CHECK_INT(confirm(w, &order, QTY(140, 0, NONE, NONE), NULL), ERR_DENIED);
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_OK(w->c, confirm(w, &order, QTY(140, 0, NONE, NONE), "has them"));
    CHECK_INT(view_of(w, &order).lines.n, 1);
    CHECK_INT(commitment_of(w, &order).lines, 1);
}

TEST(ord_confirm_what_is_not_prescribed) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    CHECK_INT(confirm(w, &order, QTY(140, 80, NONE, 30), NULL), ERR_DENIED);
    world_act(w, ROLE_MANAGER, w->manager);
    CHECK_OK(w->c, confirm(w, &order, QTY(140, 80, NONE, 30), "new set"));
    CHECK_INT(line_of(w, &order, 3).ordered, 30);
    CHECK_INT(line_of(w, &order, 3).suggested, NONE);
    CHECK_INT(line_of(w, &order, 3).prescribed, 0);
}

TEST(ord_confirm_lines_are_judged_all_at_once) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
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
    CHECK_INT(confirm(w, &order, QTY(0, 0, NONE, NONE), NULL), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/lines");
}

/* A shortage: less is authorised than ordered, and that is not what "short" means. */
TEST(ord_confirm_authorised_below_ordered) {
    struct world *w = planned("2026-03-20");
    struct order_row order = counted(w, 0, "2026-03-16");
    struct confirm_line line[] = {{w->product[0], 140, 100}, {w->product[1], 80, 0}};
    struct confirm_in in = {.lines = {line, COUNT(line)}};
    CHECK_OK(w->c, app_order_confirm(w->c, &order, &in));
    CHECK_INT(line_of(w, &order, 0).outstanding, 100);
    CHECK_INT(line_of(w, &order, 1).outstanding, 0);
    struct commitment row = commitment_of(w, &order);
    CHECK_INT(row.units_authorised, 100);
    CHECK_INT(row.lines, 2);
    CHECK_INT(row.lines_right, 1);
}

/* ---- skip and cancel ---- */

TEST(ord_skip_by_patient_is_not_due) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "Marker has enough"}));
    CHECK_INT(commitment_of(w, &order).excluded, EXCLUDED_SKIPPED);
    order = again(w, &order);
    CHECK_INT(order.state, ORDER_SKIPPED);
    CHECK_INT(order.closed_by, PARTY_PATIENT);
    struct order_view view = view_of(w, &order);
    CHECK_INT(view.timeliness, NONE);
    CHECK_INT(view.excluded, EXCLUDED_SKIPPED);
    CHECK_INT(view.need_by, NONE);
    int64_t version = order.version;
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_US, "again"}));
    CHECK_INT(again(w, &order).version, version);
    CHECK_INT(app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_US, "x"}), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-withdrawable");
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%Marker%'"), 0);
}

/* A skip by us counts the same as nobody booking. */
TEST(ord_skip_by_us_stays_due) {
    struct world *w = planned("2026-03-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    CHECK_OK(w->c, app_order_skip(w->c, &order, &(struct withdrawal){PARTY_US, "no stock"}));
    CHECK_INT(commitment_of(w, &order).excluded, NONE);
    world_at(w, "2026-03-17T13:00:00.001Z"); /* 24 h after the day's end */
    CHECK_INT(view_of(w, &order).timeliness, TIMELINESS_MISSED);
}

static struct delivery_row booked(struct world *w, struct order_row *order, const char *date) {
    static const struct span MORNING = {480, 720};
    struct booking in = {
        .order_id = order->id, .date = date_parse(date), .window = &MORNING, .requested_by = NONE};
    struct delivery_row delivery;
    CHECK_OK(w->c, app_delivery_book(w->c, order, &in, &delivery));
    return delivery;
}

static struct order_row confirmed(struct world *w, int patient, const char *due) {
    struct order_row order = counted(w, patient, due);
    CHECK_OK(w->c, confirm(w, &order, QTY(140, 80, NONE, NONE), NULL));
    return order;
}

TEST(ord_cancel_takes_the_delivery_with_it) {
    struct world *w = planned("2026-03-20");
    struct order_row order = confirmed(w, 0, "2026-03-16");
    booked(w, &order, "2026-03-13");
    CHECK_INT(order.state, ORDER_SCHEDULED);
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 1);
    CHECK_INT(app_order_skip(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "x"}), ERR_STATE);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    CHECK_INT(again(w, &order).state, ORDER_CANCELLED);
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 0);
    CHECK_INT(world_count(w, "SELECT SUM(weight_g) FROM day_use"), 0);
    CHECK_INT(
        world_count(w, "SELECT COUNT(*) FROM delivery WHERE state = 'cancelled' AND closed_by = 'patient'"),
        1);
    CHECK_INT(commitment_of(w, &order).excluded, EXCLUDED_CANCELLED);
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"})); /* F25 */
    CHECK_INT(world_count(w, "SELECT SUM(stops) FROM slot_use"), 0);
}

/* F30: after the cut-off no wish erases the promise. */
TEST(ord_cancel_after_the_cutoff_stays_due) {
    struct world *w = planned("2026-03-20");
    struct order_row order = confirmed(w, 0, "2026-03-16");
    booked(w, &order, "2026-03-13");
    world_at(w, "2026-03-12T07:00:00Z"); /* 18:00 in Sydney */
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_PATIENT, "enough"}));
    struct commitment row = commitment_of(w, &order);
    CHECK_INT(row.excluded, NONE);
    CHECK_INT(row.date, date_parse("2026-03-13"));
}

/* ---- drops ---- */

/* All of the first product, none of the second. */
static void drop(struct world *w, const struct delivery_row *delivery) {
    struct drop_line line[] = {{.product_id = w->product[0],
                                .qty = 140,
                                .lot = "L1",
                                .expiry = NONE,
                                .condition = CONDITION_OK,
                                .scanned = 1},
                               {.product_id = w->product[1],
                                .qty = 60,
                                .lot = "L2",
                                .expiry = NONE,
                                .condition = CONDITION_OK,
                                .scanned = 1},
                               {.product_id = w->product[1],
                                .qty = 20,
                                .expiry = NONE,
                                .condition = CONDITION_DAMAGED,
                                .scanned = 0}};
    struct receiver receiver = {"Zoë Marker P-0", "patient"};
    struct drop_in in = {.id = id_new(w->c->now),
                         .at = w->c->now,
                         .received_by = &receiver,
                         .lines = {line, COUNT(line)},
                         .bypass = BYPASS_DEVICE_FAILED,
                         .on_behalf_of = w->driver[0],
                         .reason = "by phone"};
    struct drop_answer answer;
    world_act(w, ROLE_DISPATCHER, w->dispatcher);
    CHECK_OK(w->c, app_drop_confirm(w->c, delivery, &in, &answer));
    world_act(w, ROLE_REP, w->rep);
}

/* What came since the count makes the cover longer, and moves no suggestion. */
TEST(ord_stock_after_a_drop) {
    struct world *w = planned("2026-04-20");
    struct order_row order = confirmed(w, 0, "2026-03-16"), april = order_of(w, 0, "2026-04-16");
    struct delivery_row delivery = booked(w, &order, "2026-03-06");
    CHECK_INT(line_of(w, &april, 0).suggested, 120);
    CHECK_INT(line_of(w, &april, 1).suggested, 44);
    world_at(w, "2026-03-06T00:00:00Z");
    drop(w, &delivery);
    /* 70 bags of 2500 last 46.7 days from the 2nd: 17 April; 240 of 2000: 60 days; 300 caps: 60 */
    CHECK_INT(cover(w, 0), date_parse("2026-04-17"));
    CHECK_INT(line_of(w, &april, 0).suggested, 120);
    CHECK_INT(line_of(w, &april, 1).suggested, 44); /* 20 are still to come */
    CHECK_INT(again(w, &order).state, ORDER_PART_DELIVERED);
    world_at(w, "2026-03-07T00:00:00Z");
    CHECK_OK(w->c, call(w, &april, reached(w), NULL));
    CHECK_OK(w->c, put_count(w, &april, 220, 62, 280)); /* after the drop: nothing is added twice */
    CHECK_INT(cover(w, 0), date_parse("2026-04-17"));   /* 62 / 1.5 = 41.3 from the 7th */
    CHECK_INT(line_of(w, &april, 0).suggested, 120);    /* 4 × (40 + 30 + 14) = 336 − 220 = 116 */
}

TEST(ord_contact_no_becomes_a_contest) {
    struct world *w = planned("2026-04-20");
    struct order_row order = confirmed(w, 0, "2026-03-16"), april = order_of(w, 0, "2026-04-16");
    struct contact_in in = reached(w);
    in.last_delivery_ok = 0;
    in.what = KIND_SHORT;
    in.note = "Marker says one box";
    CHECK_INT(call(w, &april, in, NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "contact.no-delivery");
    ctx_fault_clear(w->c);
    struct delivery_row delivery = booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    drop(w, &delivery);
    in.id = id_new(w->c->now);
    bool replay;
    CHECK_OK(w->c, call(w, &april, in, &replay));
    CHECK_OK(w->c, call(w, &april, in, &replay));
    CHECK(replay);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM contest WHERE what = 'short'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'contested' AND cause = 'short'"),
              1);
    CHECK_INT(commitment_of(w, &order).contested, KIND_SHORT);
    struct order_view view = view_of(w, &april);
    const struct contact *contact = view.contacts.at;
    CHECK(id_equal(contact[view.contacts.n - 1].contest_id, in.id));
}

TEST(ord_cancel_of_the_rest_is_refused) {
    struct world *w = planned("2026-03-20");
    struct order_row order = confirmed(w, 0, "2026-03-16");
    struct delivery_row delivery = booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    drop(w, &delivery);
    order = again(w, &order);
    booked(w, &order, "2026-03-10");
    CHECK_INT(app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_US, "x"}), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-withdrawable");
}

/* ---- outside the cycle ---- */

static struct order_in emergency(struct world *w, const char *due) {
    return (struct order_in){
        .patient_id = w->patient[0], .due_date = date_parse(due), .kind = 0, .reason = "Marker spilt a box"};
}

TEST(ord_add_emergency) {
    struct world *w = planned("2026-03-20");
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(order.kind, ORDER_EMERGENCY);
    CHECK_INT(order.next_due, date_parse("2026-03-16"));
    CHECK_INT(order.call_due, date_parse("2026-02-25"));
    CHECK_INT(commitment_of(w, &order).kind, ORDER_EMERGENCY);
    CHECK_INT(commitment_of(w, &order).ends_at, instant_parse("2026-03-04T13:00:00Z"));
    CHECK(id_equal(again(w, &order).depot_id, w->depot[SYDNEY]));
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
    struct world *w = planned("2026-03-20");
    struct location place = {-319500000, 1158600000};
    struct deliver_to to = {"Hotel Marker", &place, w->zone[PERTH]};
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    in.kind = 1;
    in.deliver_to = &to;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(order.kind, ORDER_TRAVEL);
    CHECK(id_equal(order.depot_id, w->depot[PERTH]));
    CHECK_INT(commitment_of(w, &order).ends_at, instant_parse("2026-03-04T16:00:00Z"));
    struct order_view view = view_of(w, &order);
    CHECK_STR(view.deliver_to->address, "Hotel Marker");
    CHECK_INT(view.deliver_to->location->lat, place.lat);
    CHECK(id_equal(view.deliver_to->zone_id, w->zone[PERTH]));
}

TEST(ord_add_is_judged) {
    struct world *w = planned("2026-03-20");
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
    struct world *w = planned("2026-03-20");
    struct order_in in = emergency(w, "2026-03-04");
    struct order_row order;
    CHECK_OK(w->c, app_order_add(w->c, &in, &order));
    CHECK_INT(confirm(w, &order, QTY(5, NONE, NONE, NONE), NULL), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.no-count");
}

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
    struct world *w = planned("2026-04-20");
    CHECK_INT(worklist(w, "2026-03-08", 50).n, 0);
    CHECK_INT(worklist(w, "2026-03-09", 50).n, 4);
    CHECK_INT(worklist(w, "2026-04-09", 50).n, 8);
    world_run(w, "UPDATE patient_order SET state = 'confirmed' WHERE due_date = 20528");
    CHECK_INT(worklist(w, "2026-04-09", 50).n, 4);
}

TEST(ord_worklist_most_urgent_first) {
    struct world *w = planned("2026-03-20");
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
    struct world *w = planned("2026-03-20");
    world_run(
        w, "UPDATE patient SET cover_until = 20519 WHERE code = 'P-0'"); /* ran out on the 7th, a Saturday */
    world_run(w, "UPDATE patient SET cover_until = 20521 WHERE code = 'P-1'"); /* runs out today */
    world_run(w, "UPDATE patient SET cover_until = 20522 WHERE code = 'P-3'");
    CHECK_STR(codes(w, worklist(w, "2026-03-09", 50)), "P-0 P-1 P-2 P-3 ");
}

TEST(ord_worklist_need_by_then_fewest_attempts) {
    struct world *w = planned("2026-03-20");
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
    struct world *w = planned("2026-04-20");
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
    struct world *w = planned("2026-03-20");
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
    struct world *w = planned("2026-03-20");
    world_at(w, "2026-03-02T01:00:00Z");
    struct order_row order = confirmed(w, 0, "2026-03-16");
    world_at(w, "2026-03-02T02:00:00Z");
    struct delivery_row delivery = booked(w, &order, "2026-03-06");
    world_at(w, "2026-03-06T00:00:00Z");
    drop(w, &delivery);
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
    struct world *w = planned("2026-08-20");
    struct order_row order = confirmed(w, 0, "2026-03-16");
    struct delivery_row delivery = booked(w, &order, "2026-03-13");
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
    struct world *w = planned("2026-04-20");
    struct order_row order = order_of(w, 0, "2026-03-16");
    struct stock_count_line count[] = {{w->product[0], 100}, {w->product[1], 10}, {w->product[2], 300}};
    struct confirm_line line[] = {{w->product[0], 140, NONE}, {w->product[1], 80, NONE}};
    struct contact_in contact = reached(w), no = reached(w);
    struct order_in extra = emergency(w, "2026-03-04");
    contact.note = "x";
    fail_order = order.id;
    world_fails_at_every_call(w, fail_add, &extra);
    world_fails_at_every_call(w, fail_contact, &contact);
    world_fails_at_every_call(w, fail_count, &(struct count_in){{count, COUNT(count)}});
    world_fails_at_every_call(w, fail_confirm, &(struct confirm_in){{line, COUNT(line)}, NULL});
    order = again(w, &order);
    struct delivery_row delivery = booked(w, &order, "2026-03-06");
    world_fails_at_every_call(w, fail_cancel, &(struct withdrawal){PARTY_PATIENT, "x"});
    struct order_row april = counted(w, 0, "2026-04-16");
    CHECK_OK(w->c, confirm(w, &april, QTY(260, 124, 180, NONE), NULL));
    delivery = booked(w, &april, "2026-03-06");
    drop(w, &delivery);
    no.last_delivery_ok = 0;
    no.what = KIND_COUNT;
    world_fails_at_every_call(w, fail_contact, &no);
}

/* Bookings, reschedules, cancellations, runs: capacity taken once and given back once, promises kept apart.
 */
#include "app/app_delivery.h"
#include "app/app_drop.h"
#include "app/app_run.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "domain/reconcile.h"
#include "store/store_commitment.h"
#include "store/store_delivery.h"
#include "world_order.h"

static const int64_t SIX[] = {120, 45, 150};

static int64_t stops(struct world *w) {
    return world_count(w, "SELECT COALESCE(SUM(stops), 0) FROM slot_use");
}

static int64_t weight(struct world *w) {
    return world_count(w, "SELECT COALESCE(SUM(weight_g), 0) FROM day_use");
}

static enum err reschedule(struct world *w, struct id id, const char *date, int64_t by) {
    static const struct span MORNING = {480, 720};
    struct delivery_row row = world_delivery(w, id);
    const struct reschedule in = {date_parse(date), &MORNING, by, "a reason"};
    ctx_fault_clear(w->c);
    return app_delivery_reschedule(w->c, &row, &in);
}

static enum err cancel(struct world *w, struct id id, int64_t by) {
    struct delivery_row row = world_delivery(w, id);
    const struct withdrawal in = {by, "a reason"};
    ctx_fault_clear(w->c);
    return app_delivery_cancel(w->c, &row, &in);
}

TEST(delivery_books_the_rest_of_an_order) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 3);
    struct id id = world_book(w, order, "2026-03-12", "08:00", "12:00");
    struct delivery_row row = world_delivery(w, id);
    CHECK_INT(row.state, DELIVERY_SCHEDULED);
    CHECK_INT(row.kind, DELIVERY_FIRST);
    CHECK_INT(row.attempt, 1);
    CHECK_INT(row.starts_at, instant_parse("2026-03-11T21:00:00Z")); /* 08:00 in Sydney, summer time */
    CHECK_INT(row.weight_g, 24 * 12000 + 12 * 11000 + 3 * 500);
    CHECK_INT(world_order_row(w, order).state, ORDER_SCHEDULED);
    CHECK_INT(world_commitment(w, order).date, date_parse("2026-03-12"));
    CHECK_INT(world_commitment(w, order).cause, CAUSE_PROMISED);
    CHECK_INT(stops(w), 1);
    CHECK_INT(weight(w), row.weight_g);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM promise"), 1);
}

TEST(delivery_slot_faults) {
    static const struct {
        const char *date;
        int64_t from, to;
        const char *slug;
    } CASES[] = {
        {"2026-03-14", 480, 720, "slot.not-served"}, /* a Saturday */
        {"2026-03-12", 480, 780, "slot.not-served"}, /* no such window */
        {"2026-03-13", 480, 720, "slot.closed"},     {"2026-02-27", 480, 720, "slot.past"},
        {"2026-03-12", 720, 480, "request.invalid"}, /* ends before it starts */
    };
    struct world *w = world_make();
    struct id order_id = world_order(w, 0, "2026-03-16", SIX, 3);
    struct order_row order = world_order_row(w, order_id);
    world_run(w, "INSERT INTO closure (id, depot_id, date, reason, version) SELECT "
                 "x'000102030405060708090a0b0c0d0e0f', "
                 "id, 20525, 'test', 1 FROM depot WHERE code = 'SYD'"); /* 2026-03-13 */
    for (size_t i = 0; i < COUNT(CASES); i++) {
        const struct span span = {CASES[i].from, CASES[i].to};
        const struct booking in = {
            .order_id = order_id, .date = date_parse(CASES[i].date), .window = &span, .requested_by = NONE};
        struct delivery_row row;
        ctx_fault_clear(w->c);
        CHECK_INT(app_delivery_book(w->c, &order, &in, &row), ERR_INVALID);
        CHECK_STR(w->c->fault.slug, CASES[i].slug);
    }
    CHECK_INT(stops(w), 0);
}

TEST(delivery_slots_offer_what_is_left) {
    struct world *w = world_make();
    struct list slots;
    for (int i = 0; i < 4; i++) {
        struct id other = world_order(w, i % 3, arena_printf(w->c->arena, "2026-03-%02d", 20 + i), SIX, 1);
        world_book(w, other, "2026-03-12", "08:00", "12:00");
    }
    struct order_row order = world_order_row(w, world_order(w, 0, "2026-03-16", SIX, 3));
    CHECK_OK(w->c, app_slot_list(w->c, &order, date_parse("2026-03-12"), date_parse("2026-03-13"), &slots));
    const struct slot *slot = slots.at;
    CHECK_INT(slots.n, 3); /* the full morning of the 12th is gone */
    CHECK_INT(slot[0].window->from_min, 720);
    CHECK_INT(slot[0].stops_left, 4);
    CHECK_INT(slot[0].weight_left_g, 2000000 - 4 * 24 * 12000);
}

TEST(delivery_weight_of_a_day_is_a_limit) {
    struct world *w = world_make();
    static const int64_t HEAVY[] = {400}; /* 80 boxes, 960 kg */
    for (int i = 0; i < 2; i++)
        world_book(w, world_order(w, i, "2026-03-16", HEAVY, 1), "2026-03-12", "08:00", "12:00");
    struct order_row order = world_order_row(w, world_order(w, 2, "2026-03-16", HEAVY, 1));
    static const struct span NOON = {720, 960};
    const struct booking in = {
        .order_id = order.id, .date = date_parse("2026-03-12"), .window = &NOON, .requested_by = NONE};
    struct delivery_row row;
    CHECK_INT(app_delivery_book(w->c, &order, &in, &row), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "slot.full");
    CHECK_INT(weight(w), 2 * 960000);
    CHECK_INT(stops(w), 2); /* the stop taken before the weight was given back */
}

/* F25 */
TEST(f25_cancel_is_idempotent_and_gives_back_once) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 3);
    struct id id = world_book(w, order, "2026-03-12", "08:00", "12:00");
    for (int i = 0; i < 3; i++)
        CHECK_OK(w->c, cancel(w, id, PARTY_US));
    CHECK_INT(stops(w), 0);
    CHECK_INT(weight(w), 0);
    CHECK_INT(world_order_row(w, order).state, ORDER_CONFIRMED);
    CHECK_INT(world_delivery(w, id).state, DELIVERY_CANCELLED);
}

/* F2 */
TEST(f2_rescheduled_by_us_three_times_is_missed_against_the_commitment) {
    struct world *w = world_make();
    struct drop_answer answer;
    struct sweep_receipt swept;
    const struct id fresh = {{0}};
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    struct id id = world_book(w, order, "2026-03-10", "08:00", "12:00");
    CHECK_OK(w->c, reschedule(w, id, "2026-03-11", PARTY_US));
    CHECK_OK(w->c, reschedule(w, id, "2026-03-12", PARTY_US));
    CHECK_OK(w->c, reschedule(w, id, "2026-03-13", PARTY_US));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM promise"), 4);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery"), 1);
    CHECK_INT(stops(w), 1);
    world_dispatch(w, id, 0);
    world_at(w, "2026-03-12T22:00:00Z"); /* 09:00 on the 13th: inside the last window */
    CHECK_OK(w->c, app_sweep(w->c, 100, &swept));
    CHECK_INT(swept.missed, 1);
    static const struct stated ALL[] = {{0, 120, CONDITION_OK, NULL, NULL}};
    CHECK_OK(w->c, world_drop(w, fresh, id, 0, "2026-03-12T22:00:00Z", ALL, 1, &answer));
    struct commitment row = world_commitment(w, order);
    CHECK_INT(commitment_timeliness(&row, w->c->now), TIMELINESS_MISSED);
    CHECK_INT(commitment_timeliness_now(&row, w->c->now), TIMELINESS_ON_TIME);
    CHECK_INT(commitment_recovered_at(&row), w->c->now);
    CHECK_INT(world_found(w, order, "missed"), 1);
    CHECK_INT(answer.delivery->timeliness, TIMELINESS_MISSED);
}

TEST(f20_rescheduling_makes_no_second_job) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    struct id id = world_book(w, order, "2026-03-10", "08:00", "12:00");
    for (int day = 11; day <= 13; day++)
        CHECK_OK(w->c, reschedule(w, id, arena_printf(w->c->arena, "2026-03-%d", day), PARTY_CUSTOMER));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery"), 1);
    CHECK_INT(world_count(w, "SELECT MAX(attempt) FROM delivery"), 1);
    const struct db_stmt *again = world_statement(
        w->c,
        "INSERT INTO delivery SELECT randomblob(16), order_id, attempt, kind, "
        "patient_id, customer_id, depot_id, zone_id, date, from_min, to_min, starts_at, ends_at, 'failed', "
        "closed_by, reason, "
        "run_id, stop, promises, weight_g, holds, event_id, completed_at, booked_at, version, salt FROM "
        "delivery");
    CHECK_INT(db_exec(w->c, again, NO_ARGS, NULL), ERR_CONFLICT); /* unique (order, attempt) */
}

/* F24: civil dates of the depot; the windows of both clock-change days, in Sydney, while Perth has none. */
TEST(f24_windows_keep_their_wall_clock_across_clock_changes) {
    static const struct {
        int patient;
        const char *now, *due, *date, *starts, *ends;
    } CASES[] = {{0, "2026-03-30T00:00:00Z", "2026-04-06", "2026-04-04", "2026-04-03T21:00:00Z",
                  "2026-04-04T01:00:00Z"},
                 {0, "2026-03-30T00:00:00Z", "2026-04-07", "2026-04-05", "2026-04-04T22:00:00Z",
                  "2026-04-05T02:00:00Z"},
                 {0, "2026-09-28T00:00:00Z", "2026-10-05", "2026-10-03", "2026-10-02T22:00:00Z",
                  "2026-10-03T02:00:00Z"},
                 {0, "2026-09-28T00:00:00Z", "2026-10-06", "2026-10-04", "2026-10-03T21:00:00Z",
                  "2026-10-04T01:00:00Z"},
                 {3, "2026-03-30T00:00:00Z", "2026-04-06", "2026-04-05", "2026-04-05T00:00:00Z",
                  "2026-04-05T04:00:00Z"},
                 {3, "2026-09-28T00:00:00Z", "2026-10-06", "2026-10-04", "2026-10-04T00:00:00Z",
                  "2026-10-04T04:00:00Z"}};
    struct world *w = world_make();
    world_run(w, "UPDATE zone SET weekdays = 127");
    for (size_t i = 0; i < COUNT(CASES); i++) {
        world_at(w, CASES[i].now);
        struct id order = world_order(w, CASES[i].patient, CASES[i].due, SIX, 1);
        struct delivery_row row = world_delivery(w, world_book(w, order, CASES[i].date, "08:00", "12:00"));
        CHECK_INT(row.date, date_parse(CASES[i].date));
        CHECK_INT(row.starts_at, instant_parse(CASES[i].starts));
        CHECK_INT(row.ends_at, instant_parse(CASES[i].ends));
        CHECK_INT(world_commitment(w, order).due_on, row.date);
    }
}

/* F30 */
TEST(f30_a_late_wish_moves_no_commitment) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    struct id id = world_book(w, order, "2026-03-12", "08:00", "12:00");
    world_at(w, "2026-03-11T06:59:59.999Z"); /* 17:59:59.999 the day before */
    CHECK_OK(w->c, reschedule(w, id, "2026-03-13", PARTY_PATIENT));
    CHECK_INT(world_commitment(w, order).date, date_parse("2026-03-13"));
    world_at(w, "2026-03-12T07:00:00.001Z"); /* after 18:00 before the new date */
    CHECK_OK(w->c, reschedule(w, id, "2026-03-16", PARTY_PATIENT));
    CHECK_INT(world_commitment(w, order).date, date_parse("2026-03-13"));
    CHECK_INT(world_delivery(w, id).date, date_parse("2026-03-16"));
}

TEST(delivery_cancel_and_rebook_by_wish_and_by_us) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    struct id first = world_book(w, order, "2026-03-12", "08:00", "12:00");
    CHECK_OK(w->c, cancel(w, first, PARTY_US));
    struct id second = world_book(w, order, "2026-03-13", "08:00", "12:00");
    CHECK_INT(world_commitment(w, order).date, date_parse("2026-03-12")); /* by us: it stays */
    CHECK_INT(world_delivery(w, second).attempt, 2);
    CHECK_OK(w->c, cancel(w, second, PARTY_PATIENT));
    CHECK_INT(world_commitment(w, order).cause, CAUSE_NOT_SCHEDULED);
    world_book(w, order, "2026-03-17", "08:00", "12:00");
    CHECK_INT(world_commitment(w, order).date, date_parse("2026-03-17"));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM delivery"), 3);
}

TEST(delivery_booked_inside_a_pause_counts_after_all) {
    struct world *w = world_make();
    struct sweep_receipt swept;
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    struct commitment row = world_commitment(w, order);
    commitment_withdraw(&row, EXCLUDED_PAUSED, PARTY_PATIENT, w->c->now);
    CHECK_OK(w->c, store_commitment_set(w->c, &row));
    CHECK_INT(world_commitment(w, order).excluded, EXCLUDED_PAUSED);
    world_book(w, order, "2026-03-12", "08:00", "12:00");
    CHECK_INT(world_commitment(w, order).excluded, NONE);
    world_at(w, "2026-03-20T00:00:00Z");
    CHECK_OK(w->c, app_sweep(w->c, 100, &swept));
    CHECK_INT(world_found(w, order, "missed"), 1);
}

TEST(delivery_booked_into_an_absence_is_not_due) {
    struct world *w = world_make();
    struct id order = world_order(w, 0, "2026-03-16", SIX, 1);
    world_run(w, "UPDATE patient SET status = 'admitted', status_from = 20520"); /* 2026-03-08 */
    world_book(w, order, "2026-03-12", "08:00", "12:00");
    CHECK_INT(world_commitment(w, order).excluded, EXCLUDED_ADMITTED);
}

TEST(delivery_order_must_be_bookable) {
    struct world *w = world_make();
    struct id order_id = world_order(w, 0, "2026-03-16", SIX, 1);
    world_book(w, order_id, "2026-03-12", "08:00", "12:00");
    struct order_row order = world_order_row(w, order_id);
    static const struct span NOON = {720, 960};
    const struct booking in = {
        .order_id = order_id, .date = date_parse("2026-03-12"), .window = &NOON, .requested_by = NONE};
    struct delivery_row row;
    CHECK_INT(app_delivery_book(w->c, &order, &in, &row), ERR_STATE);
    CHECK_STR(w->c->fault.slug, "order.not-bookable");
}

TEST(delivery_run_takes_and_gives_up_stops) {
    struct world *w = world_make();
    struct id a = world_book(w, world_order(w, 0, "2026-03-16", SIX, 3), "2026-03-12", "08:00", "12:00");
    struct id b = world_book(w, world_order(w, 1, "2026-03-16", SIX, 3), "2026-03-12", "08:00", "12:00");
    struct id other_day =
        world_book(w, world_order(w, 2, "2026-03-16", SIX, 3), "2026-03-13", "08:00", "12:00");
    struct run_row run = {.depot_id = w->depot[SYDNEY],
                          .date = date_parse("2026-03-12"),
                          .driver_id = w->driver[0],
                          .vehicle = "Van"};
    struct run_row rival = run;
    struct run_view view;
    CHECK_OK(w->c, app_run_add(w->c, &run));
    CHECK_OK(w->c, app_run_add(w->c, &rival));
    const struct id both[] = {b, a}, wrong[] = {other_day};
    CHECK_OK(w->c, app_run_set_stops(w->c, &run, &(struct stops_in){{both, 2}}));
    CHECK_INT(app_run_set_stops(w->c, &rival, &(struct stops_in){{both, 1}}),
              ERR_INVALID); /* on an open run */
    ctx_fault_clear(w->c);
    CHECK_INT(app_run_set_stops(w->c, &rival, &(struct stops_in){{wrong, 1}}), ERR_INVALID);
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_run_view(w->c, &run, &view));
    CHECK_INT(view.stops.n, 2);
    const struct load_line *load = view.load.at;
    CHECK_INT(load[0].units, 240);
    CHECK_INT(load[0].boxes, 48);
    CHECK_OK(w->c, app_run_dispatch(w->c, &run));
    CHECK_INT(world_delivery(w, a).state, DELIVERY_DISPATCHED);
    CHECK_OK(w->c, app_run_set_stops(w->c, &run, &(struct stops_in){{both, 1}}));
    CHECK_INT(world_delivery(w, a).state, DELIVERY_SCHEDULED);
    CHECK(id_is_none(world_delivery(w, a).run_id));
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'run.stop-remove'"), 1);
    CHECK_INT(app_run_dispatch(w->c, &run), ERR_STATE);
}

TEST(delivery_a_run_closes_itself) {
    struct world *w = world_make();
    struct sweep_receipt swept;
    struct id id = world_book(w, world_order(w, 0, "2026-03-16", SIX, 1), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, id, 0);
    world_at(w, "2026-03-13T01:00:00Z"); /* exactly the end + 24 h */
    CHECK_OK(w->c, app_sweep(w->c, 100, &swept));
    CHECK_INT(swept.runs_closed, 0);
    world_at(w, "2026-03-13T01:00:00.001Z");
    CHECK_OK(w->c, app_sweep(w->c, 100, &swept));
    CHECK_INT(swept.runs_closed, 1);
}

TEST(delivery_displaced_by_a_closure_are_listed) {
    struct world *w = world_make();
    struct list rows;
    world_book(w, world_order(w, 0, "2026-03-16", SIX, 1), "2026-03-13", "08:00", "12:00");
    world_run(w, "INSERT INTO closure (id, depot_id, date, reason, version) SELECT "
                 "x'000102030405060708090a0b0c0d0e0f', "
                 "id, 20525, 'test', 1 FROM depot WHERE code = 'SYD'");
    struct delivery_filter filter = {
        .date = NONE, .state = NONE, .timeliness = NONE, .displaced = 1, .after_date = NONE, .limit = 10};
    CHECK_OK(w->c, app_delivery_list(w->c, &filter, &rows));
    CHECK_INT(rows.n, 1);
    filter.displaced = 0;
    filter.timeliness = TIMELINESS_MISSED;
    CHECK_OK(w->c, app_delivery_list(w->c, &filter, &rows));
    CHECK_INT(rows.n, 0);
}

/* ---- the failing driver through every use case ---- */

struct one {
    struct id id;
};

static enum err book_unit(struct ctx *c, void *user) {
    static const struct span MORNING = {480, 720};
    struct order_row order = *(const struct order_row *)user;
    const struct booking in = {.order_id = order.id,
                               .date = date_parse("2026-03-12"),
                               .window = &MORNING,
                               .requested_by = NONE,
                               .reason = "why"};
    struct delivery_row row;
    return app_delivery_book(c, &order, &in, &row);
}

static enum err reschedule_unit(struct ctx *c, void *user) {
    static const struct span NOON = {720, 960};
    struct delivery_row row;
    const struct reschedule in = {date_parse("2026-03-13"), &NOON, PARTY_PATIENT, "why"};
    TRY(store_delivery_get(c, ((const struct one *)user)->id, &row));
    return app_delivery_reschedule(c, &row, &in);
}

static enum err cancel_unit(struct ctx *c, void *user) {
    struct delivery_row row;
    const struct withdrawal in = {PARTY_PATIENT, "why"};
    TRY(store_delivery_get(c, ((const struct one *)user)->id, &row));
    return app_delivery_cancel(c, &row, &in);
}

static enum err sweep_unit(struct ctx *c, void *user) {
    struct sweep_receipt receipt;
    (void)user;
    return app_sweep(c, 100, &receipt);
}

TEST(delivery_nothing_is_half_written) {
    struct world *w = world_make();
    struct order_row order = world_order_row(w, world_order(w, 0, "2026-03-16", SIX, 3));
    world_fails_at_every_call(w, book_unit, &order);
    struct one booked = {
        world_book(w, world_order(w, 1, "2026-03-16", SIX, 3), "2026-03-12", "08:00", "12:00")};
    world_fails_at_every_call(w, reschedule_unit, &booked);
    world_fails_at_every_call(w, cancel_unit, &booked);
    world_at(w, "2026-03-20T00:00:00Z");
    world_fails_at_every_call(w, sweep_unit, NULL);
}

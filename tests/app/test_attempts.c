/* Several attempts of one order: which one the commitment goes with, what a report for an old one may change.
 */
#include "app/app_contest.h"
#include "app/app_delivery.h"
#include "app/app_discrepancy.h"
#include "app/app_delivery_view.h"
#include "app/app_drop.h"
#include "app/app_order.h"
#include "app/app_report.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "store/store_delivery.h"
#include "world_order.h"

static const int64_t TEN[] = {120};
static const struct id FRESH = {{0}};
static const struct stated ALL[] = {{0, 120, CONDITION_OK, NULL, NULL}};
static const struct stated PART[] = {{0, 100, CONDITION_OK, NULL, NULL}};
static const struct stated REST[] = {{0, 20, CONDITION_OK, NULL, NULL}};
static const struct stated LESS[] = {{0, 10, CONDITION_OK, NULL, NULL}};
static const struct stated REFUSED[] = {{0, 120, CONDITION_REFUSED, NULL, NULL}};

/* Two attempts of one order: the first failed with driver 0, the second is booked for the day after. */
struct attempts {
    struct world *w;
    struct id order, first, second;
};

static void fail(struct world *w, struct id delivery, int driver) {
    struct failure_in in;
    struct failure_answer answer;
    struct delivery_row row = world_delivery(w, delivery);
    struct actor before = w->c->actor;
    shape_clear(&failure_in_shape, &in);
    in.id = id_new(w->c->now);
    in.at = w->c->now;
    in.reason = FAILURE_NOBODY_HOME;
    world_act(w, ROLE_DRIVER, w->driver[driver]);
    CHECK_OK(w->c, app_drop_fail(w->c, &row, &in, &answer));
    w->c->actor = before;
}

static struct attempts failed_once(void) {
    struct attempts a = {.w = world_make()};
    a.order = world_order(a.w, 0, "2026-03-16", TEN, 1);
    a.first = world_book(a.w, a.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(a.w, a.first, 0);
    world_at(a.w, "2026-03-11T22:00:00Z");
    fail(a.w, a.first, 0);
    a.second = world_book(a.w, a.order, "2026-03-13", "08:00", "12:00");
    return a;
}

static void drop(struct world *w, struct id delivery, int driver, const char *at,
                 const struct stated *stated) {
    struct drop_answer answer;
    CHECK_OK(w->c, world_drop(w, FRESH, delivery, driver, at, stated, 1, &answer));
}

static void cancel(struct world *w, struct id delivery) {
    struct delivery_row row = world_delivery(w, delivery);
    CHECK_OK(w->c, app_delivery_cancel(w->c, &row, &(struct withdrawal){PARTY_US, "vehicle"}));
}

/* Refused units are not outstanding: the retry has nothing left, and nothing is scheduled any more. */
TEST(attempts_an_old_one_refused_leaves_nothing_scheduled) {
    struct attempts a = failed_once();
    drop(a.w, a.first, 0, "2026-03-11T22:00:00Z", REFUSED);
    CHECK_INT(world_delivery(a.w, a.first).state, DELIVERY_FAILED);
    CHECK_INT(world_delivery(a.w, a.second).state, DELIVERY_CANCELLED);
    CHECK_INT(world_order_row(a.w, a.order).state, ORDER_CONFIRMED);
}

/* What a driver stated can be read, also when it completed nothing. */
TEST(attempts_a_statement_that_completed_nothing_is_shown) {
    struct attempts a = failed_once();
    struct drop_answer answer;
    struct delivery_view view;
    CHECK_OK(a.w->c, world_drop(a.w, FRESH, a.first, 0, "2026-03-11T22:00:00Z", REFUSED, 1, &answer));
    CHECK(answer.delivery->confirmation != NULL);
    struct delivery_row row = world_delivery(a.w, a.first);
    CHECK_OK(a.w->c, app_delivery_view(a.w->c, &row, a.w->c->now, &view));
    CHECK(view.confirmation && id_equal(view.confirmation->id, answer.confirmation->id));
    CHECK_INT(view.confirmation ? view.confirmation->completed_at : 0, NONE);
    CHECK_INT(view.failures.n, 1);
    row = world_delivery(a.w, a.second);
    CHECK_OK(a.w->c, app_delivery_view(a.w->c, &row, a.w->c->now, &view));
    CHECK(view.confirmation == NULL);
}

/* The latest attempt stays the latest: its driver and its discrepancies are the commitment's. */
TEST(attempts_a_report_that_completes_nothing_takes_no_commitment) {
    static const struct stated DAMAGED[] = {{0, 120, CONDITION_DAMAGED, NULL, NULL}};
    struct attempts a = failed_once();
    drop(a.w, a.first, 0, "2026-03-11T22:00:00Z", DAMAGED);
    CHECK(id_equal(world_commitment(a.w, a.order).delivery_id, a.second));
    world_dispatch(a.w, a.second, 1);
    CHECK(id_equal(world_commitment(a.w, a.order).driver_id, a.w->driver[1]));
}

TEST(attempts_delivered_twice_goes_with_the_latest) {
    struct attempts a = failed_once();
    world_dispatch(a.w, a.second, 1);
    world_at(a.w, "2026-03-12T22:00:00Z");
    drop(a.w, a.second, 1, "2026-03-12T22:00:00Z", ALL);
    drop(a.w, a.first, 0, "2026-03-11T22:30:00Z", ALL);
    struct commitment row = world_commitment(a.w, a.order);
    CHECK(id_equal(row.delivery_id, a.second));
    CHECK(id_equal(row.driver_id, a.w->driver[1]));
    CHECK_INT(row.completed_at, instant_parse("2026-03-11T22:30:00Z"));
    CHECK_INT(world_found(a.w, a.order, "over"), 1);
    CHECK_INT(row.units_accepted, 120);
    CHECK_INT(row.lines_right, 0);
}

/* The retry never happened: the attempt that did is the last one. */
TEST(attempts_a_retry_cancelled_as_delivered_takes_no_commitment) {
    struct attempts a = failed_once();
    drop(a.w, a.first, 0, "2026-03-11T22:00:00Z", ALL);
    struct commitment row = world_commitment(a.w, a.order);
    CHECK(id_equal(row.delivery_id, a.first));
    CHECK(id_equal(row.driver_id, a.w->driver[0]));
}

/* ---- recoveries that were cancelled and came all the same ---- */

static struct attempts recovering(void) {
    struct attempts a = {.w = world_make()};
    a.order = world_order(a.w, 0, "2026-03-16", TEN, 1);
    a.first = world_book(a.w, a.order, "2026-03-12", "08:00", "12:00");
    world_dispatch(a.w, a.first, 0);
    world_at(a.w, "2026-03-11T22:00:00Z");
    drop(a.w, a.first, 0, "2026-03-11T22:00:00Z", PART);
    a.second = world_book(a.w, a.order, "2026-03-16", "08:00", "12:00");
    world_dispatch(a.w, a.second, 0);
    world_at(a.w, "2026-03-15T22:00:00Z");
    return a;
}

static void contest(struct world *w, struct id delivery) {
    struct contest_in in = {.id = id_new(w->c->now), .at = w->c->now, .what = KIND_LATE};
    struct contest_row row;
    struct delivery_row found = world_delivery(w, delivery);
    bool replay;
    CHECK_OK(w->c, app_contest_add(w->c, &found, &in, &row, &replay));
}

TEST(attempts_a_cancelled_recovery_that_came_is_counted_as_one) {
    struct attempts a = recovering();
    cancel(a.w, a.second);
    CHECK_INT(world_commitment(a.w, a.order).recoveries, 0);
    drop(a.w, a.second, 0, "2026-03-15T22:00:00Z", REST);
    CHECK_INT(world_order_row(a.w, a.order).state, ORDER_DELIVERED);
    CHECK_INT(world_commitment(a.w, a.order).recoveries, 1);
}

TEST(attempts_what_a_recovery_got_wrong_is_never_the_commitments) {
    struct attempts a = recovering();
    cancel(a.w, a.second);
    drop(a.w, a.second, 0, "2026-03-15T22:00:00Z", LESS);
    CHECK_INT(world_found(a.w, a.order, "short"), 2);
    contest(a.w, a.first); /* everything is counted again */
    CHECK_INT(world_commitment(a.w, a.order).faults, 1);
    struct attempts b = recovering();
    cancel(b.w, b.second);
    contest(b.w, b.second);
    CHECK_INT(world_commitment(b.w, b.order).contested, NONE);
}

/* ---- runs ---- */

TEST(attempts_a_cancelled_last_stop_closes_the_run) {
    struct world *w = world_make();
    struct id id = world_book(w, world_order(w, 0, "2026-03-16", TEN, 1), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, id, 0);
    cancel(w, id);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM run WHERE state = 'closed'"), 1);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'run.close'"), 1);
}

TEST(attempts_a_last_stop_moved_away_closes_the_run) {
    static const struct span MORNING = {8 * 60, 12 * 60};
    struct world *w = world_make();
    struct id id = world_book(w, world_order(w, 0, "2026-03-16", TEN, 1), "2026-03-12", "08:00", "12:00");
    world_dispatch(w, id, 0);
    struct delivery_row row = world_delivery(w, id);
    const struct reschedule in = {date_parse("2026-03-13"), &MORNING, PARTY_US, "vehicle"};
    CHECK_OK(w->c, app_delivery_reschedule(w->c, &row, &in));
    CHECK_INT(world_delivery(w, id).state, DELIVERY_SCHEDULED);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM run WHERE state = 'closed'"), 1);
}

TEST(attempts_a_retry_with_nothing_left_closes_its_run) {
    struct attempts a = failed_once();
    world_dispatch(a.w, a.second, 1);
    drop(a.w, a.first, 0, "2026-03-11T22:00:00Z", ALL);
    CHECK_INT(world_delivery(a.w, a.second).state, DELIVERY_CANCELLED);
    CHECK_INT(world_count(a.w, "SELECT COUNT(*) FROM run WHERE state = 'closed'"), 2);
}

/* ---- the report ---- */

static const struct report_row *total_of(struct world *w, const char *group_by) {
    static struct report report;
    struct report_query query;
    unsigned groups;
    shape_clear(&report_query_shape, &query);
    query.from = date_parse("2026-03-01");
    query.to = date_parse("2026-03-31");
    query.group_by = group_by;
    CHECK_OK(w->c, app_report(w->c, &query, &report, &groups));
    return report.total;
}

/* What was dropped for an order that was cancelled was wanted by nobody, in every family of figures. */
TEST(attempts_products_and_commitments_count_the_same_units) {
    struct world *w = world_make();
    struct id id = world_order(w, 0, "2026-03-16", TEN, 1);
    struct id delivery = world_book(w, id, "2026-03-12", "08:00", "12:00");
    struct order_row order = world_order_row(w, id);
    world_dispatch(w, delivery, 0);
    CHECK_OK(w->c, app_order_cancel(w->c, &order, &(struct withdrawal){PARTY_US, "vehicle"}));
    world_at(w, "2026-03-11T22:00:00Z");
    drop(w, delivery, 0, "2026-03-11T22:00:00Z", ALL);
    world_at(w, "2026-04-02T00:00:00Z");
    CHECK_INT(total_of(w, "customer")->units_authorised, 120);
    CHECK_INT(total_of(w, "customer")->units_accepted, 0);
    CHECK_INT(total_of(w, "product")->units_accepted, 0);
    CHECK_INT(total_of(w, "product")->lines_right, 0);
}

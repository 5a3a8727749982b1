/* Recalls: every home that has the lot, what is likely left there, and no quiet acceptance later. */
#include "app/app_recall.h"
#include "app/app_drop.h"
#include "app/app_run.h"
#include "app/app_stock.h"
#include "app/app_sweep.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "json/json.h"
#include "store/store_commitment.h"
#include "store/store_discrepancy.h"
#include "store/store_recall.h"
#include "store/store_stock.h"
#include "world_order.h"

static const int64_t UNITS[] = {120, 45, 150};
static const struct id FRESH = {{0}};

struct road {
    struct world *w;
    struct id order[WORLD_PATIENTS], delivery[WORLD_PATIENTS];
};

/* Patients 0 to 2 of Sydney are on the road on Thursday 2026-03-12, 08:00 to 12:00 (21:00Z to 01:00Z). */
static struct road on_road(void) {
    struct road r = {.w = world_make()};
    for (int i = 0; i < 3; i++) {
        r.order[i] = world_order(r.w, i, "2026-03-16", UNITS, 3);
        r.delivery[i] = world_book(r.w, r.order[i], "2026-03-12", "08:00", "12:00");
        world_dispatch(r.w, r.delivery[i], 0);
    }
    world_at(r.w, "2026-03-11T22:00:00Z");
    return r;
}

static void drop(struct road *r, int i, const char *lot, int64_t qty, struct drop_answer *answer_out) {
    const struct stated lines[] = {{0, qty, CONDITION_OK, lot, "2027-05-31"},
                                   {1, 45, CONDITION_OK, "OTHER", NULL},
                                   {2, 150, CONDITION_OK, NULL, NULL}};
    CHECK_OK(r->w->c,
             world_drop(r->w, FRESH, r->delivery[i], 0, "2026-03-11T22:00:00Z", lines, 3, answer_out));
}

static enum err recall_lot(struct world *w, int product, const char *lot, struct recall *recall_out) {
    const struct recall_in in = {w->product[product], lot, "the ports leak"};
    ctx_fault_clear(w->c);
    return app_recall_add(w->c, &in, recall_out);
}

static const struct recall_home *affected(struct world *w, const struct recall *recall, size_t n) {
    struct list homes;
    CHECK_OK(w->c, app_recall_affected(w->c, recall, FRESH, 100, &homes));
    CHECK_INT(homes.n, n);
    return homes.at;
}

/* A count of products 0 and 1, said on the line. */
static void count(struct road *r, int i, int64_t bags) {
    const struct stock_count_line lines[] = {{r->w->product[0], bags}, {r->w->product[1], 10}};
    struct stock_count row;
    shape_clear(&stock_count_shape, &row);
    row.id = id_new(r->w->c->now);
    row.patient_id = r->w->patient[i];
    row.order_id = r->order[i];
    row.date = r->w->c->now / DAY_MS;
    row.at = r->w->c->now;
    row.lines = (struct list){lines, 2};
    CHECK_OK(r->w->c, store_stock_count_add(r->w->c, &row));
}

TEST(recall_opens_one_for_each_delivery_that_brought_the_lot) {
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    struct list found;
    drop(&r, 0, "24K11", 120, &answer);
    drop(&r, 1, "24K11", 100, &answer);
    drop(&r, 2, "24K12", 120, &answer);
    world_at(r.w, "2026-03-20T00:00:00Z");
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    CHECK_INT(recall.deliveries, 2);
    CHECK_INT(recall.homes, 2);
    CHECK_INT(recall.units, 220);
    CHECK_INT(recall.left_out, 0);
    CHECK_STR(recall.reason, "the ports leak");
    CHECK_OK(r.w->c, store_discrepancy_of_delivery(r.w->c, r.delivery[0], &found));
    CHECK_INT(found.n, 1);
    const struct discrepancy *one = found.at;
    CHECK_INT(one->kind, KIND_WRONG_LOT);
    CHECK_INT(one->severity, S1);
    CHECK_INT(one->source, SOURCE_RECALL);
    CHECK_INT(one->expected, 0);
    CHECK_INT(one->actual, 120);
    CHECK_STR(one->lot, "24K11");
    CHECK(id_equal(one->driver_id, r.w->driver[0]));
    struct commitment row = world_commitment(r.w, r.order[0]);
    CHECK_INT(row.faults_line, 1);
    CHECK_INT(row.version, 2); /* its window was over: what was reported before is still to be found */
    CHECK_INT(world_found(r.w, r.order[2], ""), 0);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM audit_event WHERE action = 'delivery.recall'"), 2);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM audit_event WHERE action = 'recall.add'"), 1);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM audit_event WHERE change LIKE '%leak%'"), 0);
}

/* Typed by hand it is the same lot. */
TEST(recall_finds_the_lot_however_it_was_typed) {
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall, again;
    drop(&r, 0, "24k 11g", 120, &answer);
    drop(&r, 1, "24K11G ", 120, &answer);
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11G", &recall));
    CHECK_INT(recall.deliveries, 2);
    CHECK_INT(world_found(r.w, r.order[0], "wrong_lot"), 1);
    drop(&r, 2, "24K11g", 120, &answer);
    CHECK_INT(world_found(r.w, r.order[2], "wrong_lot"), 1);
    CHECK_INT(recall_lot(r.w, 0, "24 k11g", &again), ERR_STATE);
    CHECK_STR(r.w->c->fault.slug, "recall.exists");
    char id[ID_TEXT_SIZE];
    CHECK(strstr(r.w->c->fault.detail, id_format(recall.id, id)));
    CHECK_OK(r.w->c, recall_lot(r.w, 1, "24K11G", &again)); /* of another product it is another lot */
    CHECK_INT(again.deliveries, 0);
}

/* Kept, never refused: and never quietly. */
TEST(recall_stops_the_lot_from_being_accepted_quietly) {
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    world_at(r.w, "2026-03-11T22:30:00Z");
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    drop(&r, 0, "24K11", 120, &answer); /* made at 22:00, before the recall; the phone was off */
    CHECK_INT(answer.discrepancies.n, 1);
    const struct discrepancy *one = answer.discrepancies.at;
    CHECK_INT(one->kind, KIND_WRONG_LOT);
    CHECK_INT(one->severity, S1);
    CHECK_INT(one->source, SOURCE_RECONCILIATION);
    CHECK_INT(answer.delivery->state, DELIVERY_DELIVERED);
    CHECK_INT(answer.confirmation->lines.n, 3);
    struct sweep_receipt swept;
    CHECK_OK(r.w->c, app_sweep(r.w->c, 100, &swept));
    CHECK_INT(world_found(r.w, r.order[0], "wrong_lot"), 1); /* one is enough */
    CHECK(id_equal(affected(r.w, &recall, 1)->discrepancy_id, one->id));
}

TEST(recall_leaves_the_verdict_as_first_given_to_a_copy) {
    struct road r = on_road();
    struct drop_answer first, copy;
    struct recall recall;
    struct text a = text_in(r.w->c->arena), b = text_in(r.w->c->arena);
    const struct stated lines[] = {{0, 120, CONDITION_OK, "24K11", NULL}};
    struct id id = id_new(r.w->c->now);
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery[0], 0, "2026-03-11T22:00:00Z", lines, 1, &first));
    json_object(&a, &drop_answer_shape, &first);
    world_at(r.w, "2026-03-11T23:00:00Z");
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    CHECK_INT(world_found(r.w, r.order[0], "wrong_lot"), 1);
    CHECK_OK(r.w->c, world_drop(r.w, id, r.delivery[0], 0, "2026-03-11T22:00:00Z", lines, 1, &copy));
    json_object(&b, &drop_answer_shape, &copy);
    CHECK_STR(b.at, a.at);
}

/* What was handed over is at home, whether it was ordered, known, or of an order that was cancelled. */
TEST(recall_finds_what_no_order_wanted) {
    static const struct stated UNKNOWN[] = {{-1, 7, CONDITION_OK, "24K11", NULL},
                                            {0, 120, CONDITION_OK, "24K12", NULL}};
    static const struct stated MIXED[] = {{0, 20, CONDITION_OK, "24K11", NULL},
                                          {0, 15, CONDITION_DAMAGED, "24K11", NULL},
                                          {0, 0, CONDITION_OK, "24K11", NULL},
                                          {0, 5, CONDITION_OK, "24K11", NULL}};
    static const struct stated REFUSED[] = {{0, 120, CONDITION_REFUSED, "24K11", NULL}};
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    const char *at = "2026-03-11T22:00:00Z";
    world_run(r.w, "UPDATE patient_order SET state = 'cancelled', closed_by = 'patient' WHERE id = "
                   "(SELECT id FROM patient_order ORDER BY id LIMIT 1)");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery[0], 0, at, MIXED, 4, &answer));
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery[1], 0, at, UNKNOWN, 2, &answer));
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery[2], 0, at, REFUSED, 1, &answer));
    CHECK_INT(world_delivery(r.w, r.delivery[0]).state, DELIVERY_FAILED);
    world_run(r.w, "UPDATE product SET code = 'NO-SUCH-CODE' WHERE code = 'BAG2000'");
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    const struct recall_home *home = affected(r.w, &recall, 2);
    CHECK_INT(home[0].units, 25);
    CHECK_INT(home[1].units, 7);
    CHECK(id_equal(home[1].patient->id, r.w->patient[1]));
    CHECK_INT(world_found(r.w, r.order[2], "wrong_lot"), 0);
}

TEST(recall_of_an_unknown_product_is_refused) {
    struct road r = on_road();
    struct recall recall;
    const struct recall_in in = {r.order[0], "24K11", "because"};
    CHECK_INT(app_recall_add(r.w->c, &in, &recall), ERR_INVALID);
    CHECK_STR(r.w->c->fault.first->pointer, "/product_id");
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM recall"), 0);
}

/* Never counted: nothing is known but what came. Counted before: the count and what came since, less use.
 * Counted after: that too is an upper bound of the lot. */
TEST(recall_says_how_much_is_likely_left) {
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    world_at(r.w, "2026-03-02T00:00:00Z");
    count(&r, 1, 30);
    world_at(r.w, "2026-03-11T22:00:00Z");
    for (int i = 0; i < 3; i++)
        drop(&r, i, "24K11", 120, &answer);
    world_at(r.w, "2026-03-14T00:00:00Z");
    count(&r, 2, 50);
    world_at(r.w, "2026-03-20T00:00:00Z");
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    const struct recall_home *home = affected(r.w, &recall, 3);
    CHECK_INT(home[0].likely_left, NONE);
    CHECK_INT(home[0].at_most, 120);
    CHECK_INT(home[0].counted_at, NONE);
    CHECK_INT(home[0].date, date_parse("2026-03-12"));
    CHECK_STR(home[0].patient->code, "P-0");
    CHECK_STR(home[0].customer_code, "C-0");
    CHECK_INT(home[1].likely_left, 30 + 120 - 18 * 4); /* 2 to 20 March */
    CHECK_INT(home[1].at_most, 120);
    CHECK_INT(home[2].likely_left, 50 - 6 * 4);
    CHECK_INT(home[2].at_most, 50);
    world_run(r.w, "UPDATE patient SET status = 'admitted', status_from = 20526"); /* 2026-03-14 */
    home = affected(r.w, &recall, 3);
    CHECK_INT(home[1].likely_left, 30 + 120 - 12 * 4); /* in hospital nothing at home is used */
    CHECK_INT(home[2].likely_left, 50);
    world_at(r.w, "2026-05-20T00:00:00Z");
    world_run(r.w, "UPDATE patient SET status = 'active'");
    home = affected(r.w, &recall, 3);
    CHECK_INT(home[1].likely_left, 0);
    CHECK_INT(home[1].at_most, 120);
    CHECK_INT(home[0].likely_left, NONE);
}

TEST(recall_of_a_half_used_bag_rounds_up) {
    const struct recall_facts facts = {
        .units = 45, .came_at = 10, .counted_at = 5, .counted = 3, .units_then = 48, .used_milli = 4500};
    struct recall_facts other = facts;
    CHECK_INT(recall_likely_left(&facts), 44); /* 43.5 */
    other.used_milli = 2000;
    CHECK_INT(recall_likely_left(&other), 45); /* never more than came of it */
    other.used_milli = INT64_C(1000000000);
    CHECK_INT(recall_likely_left(&other), 0);
    other.counted_at = 10; /* at the very moment it came: it was counted */
    CHECK_INT(recall_at_most(&other), 3);
    other.counted_at = NONE;
    CHECK_INT(recall_at_most(&other), 45);
    CHECK_INT(recall_likely_left(&other), NONE);
}

/* A recovery's discrepancies are listed, but its order is not judged by them. */
TEST(recall_of_a_recovery_moves_no_commitment) {
    static const struct stated SHORT[] = {{0, 100, CONDITION_OK, "24K10", NULL},
                                          {1, 45, CONDITION_OK, NULL, NULL},
                                          {2, 150, CONDITION_OK, NULL, NULL}};
    static const struct stated REST[] = {{0, 20, CONDITION_OK, "24K11", NULL}};
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, r.delivery[0], 0, "2026-03-11T22:00:00Z", SHORT, 3, &answer));
    struct id recovery = world_book(r.w, r.order[0], "2026-03-16", "08:00", "12:00");
    world_dispatch(r.w, recovery, 0);
    world_at(r.w, "2026-03-15T22:00:00Z");
    CHECK_OK(r.w->c, world_drop(r.w, FRESH, recovery, 0, "2026-03-15T22:00:00Z", REST, 1, &answer));
    int64_t faults = world_commitment(r.w, r.order[0]).faults;
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    CHECK_INT(world_found(r.w, r.order[0], "wrong_lot"), 1);
    CHECK_INT(world_commitment(r.w, r.order[0]).faults, faults);
}

TEST(recall_is_on_the_sheet_of_every_run_that_brings_the_product) {
    struct road r = on_road();
    struct recall recall;
    struct run_row run;
    struct run_view view;
    struct list runs;
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    CHECK_OK(r.w->c, recall_lot(r.w, 3, "S1", &recall)); /* not on any run */
    CHECK_OK(r.w->c, store_run_get(r.w->c, world_delivery(r.w, r.delivery[0]).run_id, &run));
    CHECK_OK(r.w->c, app_run_view(r.w->c, &run, &view));
    CHECK_INT(view.recalled_lots.n, 1);
    world_act(r.w, ROLE_DRIVER, r.w->driver[0]);
    CHECK_OK(r.w->c, app_run_of_driver(r.w->c, date_parse("2026-03-12"), &runs));
    CHECK_INT(runs.n, 3);
    const struct driver_run *own = runs.at;
    CHECK_INT(own->recalled_lots.n, 1);
    const struct recalled_lot *lot = own->recalled_lots.at;
    CHECK_STR(lot->code, "BAG2000");
    CHECK_STR(lot->lot, "24K11");
}

TEST(recall_rows_stay_as_they_were_said) {
    static const struct db_stmt S[] = {{"test", "UPDATE recall SET lot = 'X'", NULL},
                                       {"test", "UPDATE recall SET at = 0", NULL},
                                       {"test", "DELETE FROM recall", NULL}};
    struct road r = on_road();
    struct recall recall;
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    for (size_t i = 0; i < COUNT(S); i++) {
        ctx_fault_clear(r.w->c);
        CHECK_INT(db_exec(r.w->c, &S[i], NO_ARGS, NULL), ERR_CONFLICT);
    }
}

/* ---- at size ---- */

/* n copies of the delivered order of patient 0, each an order, delivery, drop and commitment of its own. */
static void multiply(struct road *r, int64_t n) {
    static const char *const SQL[] = {
        "INSERT INTO patient_order (id, kind, patient_id, customer_id, depot_id, zone_id, due_date, "
        "next_due, "
        "call_due, state, attempts, deliveries, created_at, version) SELECT k.o, s.kind, s.patient_id, "
        "s.customer_id, s.depot_id, s.zone_id, s.due_date + i, s.next_due + i, s.call_due, s.state, 0, 1, "
        "s.created_at, 1 FROM copies k JOIN patient_order s ON s.id = (SELECT order_id FROM delivery ORDER "
        "BY 1 LIMIT 1)",
        "INSERT INTO delivery (id, order_id, attempt, kind, patient_id, customer_id, depot_id, zone_id, "
        "date, "
        "from_min, to_min, starts_at, ends_at, state, promises, weight_g, holds, event_id, completed_at, "
        "booked_at, version) SELECT k.d, k.o, 1, s.kind, s.patient_id, s.customer_id, s.depot_id, s.zone_id, "
        "s.date, s.from_min, s.to_min, s.starts_at, s.ends_at, s.state, 1, 1, 0, k.e, s.completed_at, "
        "s.booked_at, s.version FROM copies k JOIN delivery s ON s.state = 'delivered'",
        "INSERT INTO field_event (id, own_id, kind, delivery_id, driver_id, at, received_at, completed_at, "
        "synced_late, clock_skew_s, receiver_known, place, outcome, delivery_version, fingerprint, stands) "
        "SELECT "
        "k.e, k.e, s.kind, k.d, s.driver_id, s.at, s.received_at, s.completed_at, 0, 0, 1, s.place, "
        "s.outcome, "
        "s.delivery_version, s.fingerprint, 1 FROM copies k JOIN (SELECT * FROM field_event LIMIT 1) s ON "
        "TRUE",
        ("INSERT INTO field_event_line (own_id, position, product_id, qty, lot, condition, scanned) SELECT "
         "k.e, s.position, s.product_id, s.qty, s.lot, s.condition, 1 FROM copies k CROSS JOIN "
         "field_event_line s"),
    };
    world_run(r->w, arena_printf(r->w->c->arena,
                                 "CREATE TEMP TABLE copies AS WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL "
                                 "SELECT i + 1 FROM n WHERE i < %lld) SELECT i, randomblob(16) AS o, "
                                 "randomblob(16) AS d, randomblob(16) AS e FROM n",
                                 (long long)n));
    for (size_t i = 0; i < COUNT(SQL); i++)
        world_run(r->w, SQL[i]);
    struct commitment row = world_commitment(r->w, r->order[0]);
    struct list copies;
    static const struct field FIELDS[] = {{.name = "o", .kind = K_ID}};
    static const struct shape shape = {"copy", sizeof(struct id), FIELDS, 1};
    static const struct db_stmt ALL = {"test.copies", "SELECT o FROM copies", NULL};
    CHECK_OK(r->w->c, db_all(r->w->c, &ALL, NO_ARGS, &shape, &copies));
    for (size_t i = 0; i < copies.n; i++) {
        row.order_id = ((const struct id *)copies.at)[i];
        row.version = 1;
        CHECK_OK(r->w->c, store_commitment_add(r->w->c, &row));
    }
    world_run(r->w, "DROP TABLE copies");
}

/* Drops do not wait for a large recall: the clock opens it in groups; who is affected is known at once. */
TEST(recall_of_many_is_opened_in_groups) {
    struct road r = on_road();
    struct drop_answer answer;
    struct recall recall;
    struct sweep_receipt swept;
    struct list page, rest;
    drop(&r, 0, "24K11", 120, &answer);
    world_at(r.w, "2026-03-20T00:00:00Z");
    multiply(&r, 5 * LIMIT_RECALL_GROUP + 50);
    CHECK_OK(r.w->c, recall_lot(r.w, 0, "24K11", &recall));
    CHECK_INT(recall.deliveries, 5 * LIMIT_RECALL_GROUP + 51);
    CHECK_INT(recall.homes, 1);
    CHECK_INT(recall.left_out, 4 * LIMIT_RECALL_GROUP + 51);
    CHECK_OK(r.w->c, app_recall_affected(r.w->c, &recall, FRESH, LIMIT_PAGE, &page));
    CHECK_INT(page.n, LIMIT_PAGE);
    const struct recall_home *last = (const struct recall_home *)page.at + page.n - 1;
    CHECK_OK(r.w->c, app_recall_affected(r.w->c, &recall, last->delivery_id, 10000, &rest));
    CHECK_INT(rest.n, 5 * LIMIT_RECALL_GROUP + 51 - LIMIT_PAGE);
    for (int group = 2; group <= 5; group++) {
        CHECK_OK(r.w->c, app_sweep(r.w->c, 10000, &swept));
        CHECK_INT(swept.recalled, LIMIT_RECALL_GROUP);
        CHECK_INT(swept.more, 1);
    }
    CHECK_OK(r.w->c, app_sweep(r.w->c, 10000, &swept));
    CHECK_INT(swept.recalled, 51);
    CHECK_INT(swept.more, 0);
    CHECK_OK(r.w->c, app_recall_get(r.w->c, recall.id, &recall));
    CHECK_INT(recall.left_out, 0);
    CHECK_INT(recall.version, 6);
    CHECK_INT(world_count(r.w, "SELECT COUNT(*) FROM discrepancy WHERE kind = 'wrong_lot'"),
              5 * LIMIT_RECALL_GROUP + 51);
    CHECK_INT(
        world_count(r.w, "SELECT COUNT(DISTINCT delivery_id) FROM discrepancy WHERE kind = 'wrong_lot'"),
        5 * LIMIT_RECALL_GROUP + 51);
    CHECK_OK(r.w->c, app_sweep(r.w->c, 10000, &swept));
    CHECK_INT(swept.recalled, 0);
}

/* ---- nothing is half written ---- */

static enum err recall_unit(struct ctx *c, void *user) {
    struct road *r = user;
    struct recall recall;
    (void)c;
    return recall_lot(r->w, 0, "24K11", &recall);
}

static enum err open_unit(struct ctx *c, void *user) {
    int64_t opened, left;
    (void)user;
    return app_recall_open(c, &opened, &left);
}

TEST(recall_nothing_is_half_written) {
    struct road r = on_road();
    struct drop_answer answer;
    drop(&r, 0, "24K11", 120, &answer);
    drop(&r, 1, "24K11", 120, &answer);
    world_fails_at_every_call(r.w, recall_unit, &r);
    CHECK_INT(world_found(r.w, r.order[1], "wrong_lot"), 1);
    world_run(r.w, "UPDATE recall SET left_out = 1");
    drop(&r, 2, "24K11", 120, &answer);
    world_fails_at_every_call(r.w, open_unit, &r);
    CHECK_INT(world_count(r.w, "SELECT left_out FROM recall"), 0);
}

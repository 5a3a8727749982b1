#include "app/app_plan.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "domain/commitment.h"
#include "domain/order.h"
#include "domain/plan.h"
#include "store/store_commitment.h"
#include "store/store_order.h"
#include "world.h"
#include <semaphore.h>

static struct plan_receipt plan(struct world *w, const char *through) {
    struct plan_receipt receipt;
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_plan(w->c, date_parse(through), INT64_MAX, &receipt));
    CHECK_INT(receipt.due,
              receipt.opened + receipt.existing + receipt.skipped + receipt.paused + receipt.missing);
    return receipt;
}

static void only_patient(struct world *w, const char *sql) {
    world_run(w, "UPDATE patient SET status = 'ended' WHERE code <> 'P-0'");
    world_run(w, sql);
}

/* Is there a cycle order of patient 0 on exactly these dates? */
static void check_dates(struct world *w, const char *const *want, size_t n) {
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), (int64_t)n);
    for (size_t i = 0; i < n; i++) {
        const char *sql =
            arena_printf(w->c->arena,
                         "SELECT COUNT(*) FROM patient_order o JOIN patient p ON p.id = o.patient_id WHERE "
                         "p.code = 'P-0' AND o.kind = 'cycle' AND o.state = 'open' AND o.due_date = %lld",
                         (long long)date_parse(want[i]));
        if (world_count(w, sql) != 1) check_fail(__FILE__, __LINE__, "no order on %s", want[i]);
    }
}
#define DATES(...) \
    (const char *const[]){__VA_ARGS__}, sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *)

TEST(ord_plan_opens_each_pair_once) {
    struct world *w = world_make();
    struct plan_receipt receipt = plan(w, "2026-04-20");
    CHECK_INT(receipt.due, 8); /* four patients, March and April */
    CHECK_INT(receipt.opened, 8);
    CHECK_INT(receipt.active, 4);
    CHECK_INT(receipt.none_due, 0);
    CHECK_INT(receipt.through, date_parse("2026-04-20"));
    CHECK_INT(receipt.at, w->c->now);
    receipt = plan(w, "2026-04-20");
    CHECK_INT(receipt.opened, 0);
    CHECK_INT(receipt.existing, 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM commitment"), 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'order.plan'"), 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM audit_event WHERE action = 'plan.run'"), 2);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM plan_receipt"), 2);
}

TEST(ord_plan_includes_its_last_day_and_not_the_next) {
    struct world *w = world_make();
    struct plan_receipt receipt = plan(w, "2026-03-15");
    CHECK_INT(receipt.due, 0);
    CHECK_INT(receipt.active, 4);
    CHECK_INT(receipt.none_due, 4);
    CHECK_INT(plan(w, "2026-03-16").opened, 4);
    CHECK_INT(plan(w, "2026-04-15").opened, 0);
    CHECK_INT(plan(w, "2026-04-16").opened, 4);
}

/* F11: three silent days (and months) are filled, what was removed by accident comes back, nothing doubles.
 */
TEST(ord_plan_fills_gaps) {
    struct world *w = world_make();
    plan(w, "2026-06-30");
    world_run(
        w, "DELETE FROM commitment WHERE order_id IN (SELECT id FROM patient_order WHERE due_date = 20559)");
    world_run(w, "DELETE FROM patient_order WHERE due_date = 20559"); /* 2026-04-16 */
    world_at(w, "2026-05-20T00:00:00Z");
    struct plan_receipt receipt = plan(w, "2026-06-30");
    CHECK_INT(receipt.opened, 4);
    CHECK_INT(receipt.existing, 12);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE due_date = 20559"), 4);
    world_at(w, "2026-05-23T00:00:00Z"); /* nobody planned for three days */
    CHECK_INT(plan(w, "2026-07-16").opened, 4);
}

TEST(ord_plan_never_reopens) {
    struct world *w = world_make();
    plan(w, "2026-03-20");
    world_run(w, "UPDATE patient_order SET state = 'skipped', closed_by = 'patient' WHERE patient_id = "
                 "(SELECT id FROM patient WHERE code = 'P-0')");
    world_run(w, "UPDATE patient_order SET state = 'cancelled', closed_by = 'us' WHERE patient_id = "
                 "(SELECT id FROM patient WHERE code = 'P-1')");
    struct plan_receipt receipt = plan(w, "2026-03-20");
    CHECK_INT(receipt.skipped, 1);
    CHECK_INT(receipt.existing, 3);
    CHECK_INT(receipt.opened, 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE state = 'open'"), 2);
}

TEST(ord_plan_pauses_include_both_days) {
    struct world *w = world_make();
    static const struct {
        const char *code;
        int64_t from, to;
    } P[] = {{"P-0", 20528, 20528}, {"P-1", 20500, 20527}, {"P-2", 20529, 20600}, {"P-3", 20500, 20528}};
    for (size_t i = 0; i < COUNT(P); i++) /* 20528: 2026-03-16 */
        world_run(
            w, arena_printf(w->c->arena,
                            "INSERT INTO pause (id, patient_id, from_date, to_date, reason, version) SELECT "
                            "randomblob(16), id, %lld, %lld, 'x', 1 FROM patient WHERE code = '%s'",
                            (long long)P[i].from, (long long)P[i].to, P[i].code));
    struct plan_receipt receipt = plan(w, "2026-03-20");
    CHECK_INT(receipt.paused, 2);
    CHECK_INT(receipt.opened, 2);
    world_run(w, "UPDATE pause SET removed_at = 1");
    receipt = plan(w, "2026-03-20");
    CHECK_INT(receipt.opened, 2);
    CHECK_INT(receipt.existing, 2);
}

/* An order that stands inside a pause is an order. */
TEST(ord_plan_order_before_pause_exists) {
    struct world *w = world_make();
    plan(w, "2026-03-20");
    world_run(
        w, "INSERT INTO pause (id, patient_id, from_date, to_date, reason, version) SELECT randomblob(16), "
           "id, 20500, 20600, 'x', 1 FROM patient");
    CHECK_INT(plan(w, "2026-03-20").existing, 4);
}

TEST(ord_plan_activation_and_anchor) {
    struct world *w = world_make();
    only_patient(w, "UPDATE patient SET cycle_anchor = 20440, active_from = 20513 WHERE code = 'P-0'");
    plan(w, "2026-05-01"); /* anchor 2025-12-18, active from 2026-03-01 */
    check_dates(w, DATES("2026-03-18", "2026-04-18"));
}

TEST(ord_plan_ended_patients_have_no_orders) {
    struct world *w = world_make();
    world_run(w, "UPDATE patient SET status = 'ended', status_from = 20500 WHERE code = 'P-0'");
    world_run(w, "UPDATE patient SET status = 'admitted', status_from = 20514 WHERE code = 'P-1'");
    struct plan_receipt receipt = plan(w, "2026-03-20");
    CHECK_INT(receipt.active, 2);
    CHECK_INT(receipt.opened, 2);
}

/* Told today that they will be admitted in April: March is still theirs. */
TEST(ord_plan_until_the_day_before_an_announced_end) {
    struct world *w = world_make();
    only_patient(w, "UPDATE patient SET status = 'admitted', status_from = 20559 WHERE code = 'P-0'");
    CHECK_INT(plan(w, "2026-06-30").opened, 1); /* from 2026-04-16 on */
    check_dates(w, DATES("2026-03-16"));
    world_run(w, "UPDATE patient SET status_from = 20560 WHERE code = 'P-0'");
    CHECK_INT(plan(w, "2026-06-30").opened, 1);
    check_dates(w, DATES("2026-03-16", "2026-04-16"));
}

TEST(ord_plan_month_ends_and_leap_day) {
    struct world *w = world_make();
    world_at(w, "2028-01-01T00:00:00Z");
    only_patient(w, "UPDATE patient SET cycle_anchor = 21214, active_from = 21214 WHERE code = 'P-0'");
    plan(w, "2028-05-31"); /* anchor 2028-01-31 */
    check_dates(w, DATES("2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30", "2028-05-31"));
    CHECK_INT(world_count(w, "SELECT next_due FROM patient_order WHERE due_date = 21243"),
              date_parse("2028-03-31"));
}

TEST(ord_plan_clamps_in_common_years) {
    struct world *w = world_make();
    only_patient(w, "UPDATE patient SET cycle_anchor = 20484, active_from = 20484 WHERE code = 'P-0'");
    plan(w, "2026-04-30"); /* anchor 2026-01-31 */
    check_dates(w, DATES("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"));
}

TEST(ord_plan_leap_day_anchor) {
    struct world *w = world_make();
    world_at(w, "2029-01-01T00:00:00Z");
    only_patient(w, "UPDATE patient SET cycle_every = 12, cycle_anchor = 21243, active_from = 21243 "
                    "WHERE code = 'P-0'");
    plan(w, "2029-12-31"); /* yearly from 2028-02-29 */
    check_dates(w, DATES("2028-02-29", "2029-02-28"));
}

TEST(ord_plan_days_across_the_year) {
    struct world *w = world_make();
    only_patient(w, "UPDATE patient SET cycle_unit = 'day', cycle_every = 14, cycle_anchor = 20431, "
                    "active_from = 20431 WHERE code = 'P-0'");
    plan(w, "2026-01-20"); /* 2025-12-09 */
    check_dates(w, DATES("2025-12-09", "2025-12-23", "2026-01-06", "2026-01-20"));
}

TEST(ord_plan_four_weeks) {
    struct world *w = world_make();
    only_patient(w, "UPDATE patient SET cycle_unit = 'day', cycle_every = 28 WHERE code = 'P-0'");
    plan(w, "2026-05-11");
    check_dates(w, DATES("2026-03-16", "2026-04-13", "2026-05-11"));
}

/* Closures and unserved days never move a due date: 2026-05-16 is a Saturday. */
TEST(ord_plan_closed_days_move_nothing) {
    struct world *w = world_make();
    only_patient(
        w, "INSERT INTO closure (id, depot_id, date, reason, version) SELECT randomblob(16), id, 20559, "
           "'holiday', 1 FROM depot");
    plan(w, "2026-05-20");
    check_dates(w, DATES("2026-03-16", "2026-04-16", "2026-05-16"));
}

/* F24: the due date is the depot's day, with its own bounds: Sydney's 16 April ends at 14:00 UTC, Perth's
 * 16:00. */
TEST(ord_plan_commitments_are_the_depots_days) {
    struct world *w = world_make();
    plan(w, "2026-04-20");
    CHECK_INT(world_count(w,
                          "SELECT COUNT(*) FROM commitment WHERE cause = 'not_scheduled' AND lines = 0 AND "
                          "from_min = 0 AND to_min = 1440 AND excluded IS NULL"),
              8);
    CHECK_INT(world_count(w, "SELECT k.ends_at FROM commitment k JOIN patient p ON p.id = k.patient_id WHERE "
                             "p.code = 'P-0' AND k.due_on = 20559"),
              instant_parse("2026-04-16T14:00:00Z"));
    CHECK_INT(world_count(w,
                          "SELECT k.starts_at FROM commitment k JOIN patient p ON p.id = k.patient_id WHERE "
                          "p.code = 'P-0' AND k.due_on = 20528"),
              instant_parse("2026-03-15T13:00:00Z"));
    CHECK_INT(world_count(w, "SELECT k.ends_at FROM commitment k JOIN patient p ON p.id = k.patient_id WHERE "
                             "p.code = 'P-3' AND k.due_on = 20559"),
              instant_parse("2026-04-16T16:00:00Z"));
}

TEST(ord_plan_needs_no_prescription) {
    struct world *w = world_make();
    world_run(
        w, "INSERT INTO patient (id, code, customer_id, zone_id, name, cycle_every, cycle_unit, "
           "cycle_anchor, safety_days, status, status_from, status_recorded_at, active_from, version) "
           "SELECT randomblob(16), 'P-9', customer_id, zone_id, 'x', 1, 'month', 20528, 14, 'active', 20528, "
           "0, 20528, 1 FROM patient WHERE code = 'P-0'");
    CHECK_INT(plan(w, "2026-03-20").opened, 5);
}

TEST(ord_plan_has_a_limit_ahead) {
    struct world *w = world_make();
    struct plan_receipt receipt;
    int64_t today;
    CHECK_OK(w->c, app_plan_today(w->c, &today));
    CHECK_INT(today, date_parse("2026-03-02"));
    CHECK_INT(app_plan(w->c, today + LIMIT_PLAN_DAYS + 1, INT64_MAX, &receipt), ERR_INVALID);
    CHECK_STR(w->c->fault.first->pointer, "/through");
    ctx_fault_clear(w->c);
    CHECK_OK(w->c, app_plan(w->c, today + LIMIT_PLAN_DAYS, INT64_MAX, &receipt));
    CHECK_INT(receipt.opened, 4 * 13);
}

TEST(ord_plan_today_is_the_latest_depots) {
    struct world *w = world_make();
    int64_t today;
    world_at(w, "2026-03-02T14:00:00Z"); /* the 3rd in Sydney, the 2nd in Perth */
    CHECK_OK(w->c, app_plan_today(w->c, &today));
    CHECK_INT(today, date_parse("2026-03-03"));
}

/* What one unit does not open is missing, and the next opens it. */
TEST(ord_plan_opens_at_most) {
    struct world *w = world_make();
    struct plan_receipt receipt;
    CHECK_OK(w->c, app_plan(w->c, date_parse("2026-04-20"), 3, &receipt));
    CHECK_INT(receipt.opened, 3);
    CHECK_INT(receipt.missing, 5);
    CHECK_INT(receipt.due, 8);
    CHECK_OK(w->c, app_plan(w->c, date_parse("2026-04-20"), 3, &receipt));
    CHECK_INT(receipt.opened, 3);
    CHECK_INT(receipt.existing, 3);
    receipt = plan(w, "2026-04-20");
    CHECK_INT(receipt.opened, 2);
    CHECK_INT(receipt.missing, 0);
}

/* The parts of a plan, and how many there were. */
static int in_parts(struct world *w, struct plan_part *part, int64_t most) {
    int parts = 0;
    for (; !part->done && parts < 100; parts++)
        CHECK_OK(w->c, app_plan_part(w->c, part, most));
    CHECK(part->done);
    return parts;
}

TEST(ord_plan_in_parts) {
    struct world *w = world_make();
    struct plan_part part = {.through = date_parse("2026-04-20")}, again = part;
    CHECK(in_parts(w, &part, 3) > 2);
    CHECK_INT(part.count.opened, 8);
    CHECK_INT(part.count.due, 8);
    CHECK_INT(part.count.missing, 0);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM plan_receipt"), 1);
    CHECK_INT(in_parts(w, &again, 3), 1);
    CHECK_INT(again.count.opened, 0);
    CHECK_INT(again.count.existing, 8);
    struct plan_receipt receipt = plan(w, "2026-04-20");
    CHECK_INT(receipt.active, again.count.active);
    CHECK_INT(receipt.none_due, again.count.none_due);
}

/* More patients than one part looks at: each exactly once. */
TEST(ord_plan_in_parts_of_many) {
    struct world *w = world_make();
    world_run(w, "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1200) "
                 "INSERT INTO patient (id, code, customer_id, zone_id, name, cycle_every, cycle_unit, "
                 "cycle_anchor, safety_days, status, status_from, status_recorded_at, active_from, version) "
                 "SELECT randomblob(16), 'M-' || i, p.customer_id, p.zone_id, 'Many', 30, 'day', "
                 "p.cycle_anchor, 14, 'active', p.status_from, p.status_recorded_at, p.active_from, 1 "
                 "FROM n, patient p WHERE p.code = 'P-0'");
    struct plan_part part = {.through = date_parse("2026-04-20")};
    CHECK(in_parts(w, &part, INT64_MAX) >= 3);
    int64_t active = world_count(w, "SELECT COUNT(*) FROM patient WHERE status = 'active'");
    CHECK_INT(part.count.active, active);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), part.count.opened);
    struct plan_receipt receipt = plan(w, "2026-04-20");
    CHECK_INT(receipt.opened, 0);
    CHECK_INT(receipt.existing, part.count.opened);
}

/* The group of a part can fail when it is committed: what was opened is not there, and is opened again. */
TEST(ord_plan_part_undone) {
    struct world *w = world_make();
    struct plan_part part = {.through = date_parse("2026-04-20")};
    CHECK_OK(w->c, db_begin(w->c));
    CHECK_OK(w->c, app_plan_part(w->c, &part, 3));
    db_rollback(w->c);
    CHECK(part.count.opened >= 3);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 0);
    in_parts(w, &part, 3);
    CHECK_INT(part.count.opened, 8);
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 8);
}

TEST(ord_plan_unknown_clock_is_missing) {
    struct world *w = world_make();
    world_run(w, "UPDATE depot SET timezone = 'Mars/Olympus' WHERE code = 'PER'");
    struct plan_receipt receipt = plan(w, "2026-03-20");
    CHECK_INT(receipt.opened, 3);
    CHECK_INT(receipt.missing, 1);
}

/* ---- any cycle ---- */

static uint32_t dice_state = 20260302;

static int64_t dice(int64_t n) {
    dice_state = dice_state * 1664525 + 1013904223;
    return (int64_t)(dice_state >> 8) % n;
}

/* Due dates up to `through`, counted the slow way: without the pauses. */
static int64_t expected(const struct cycle *cycle, int64_t active_from, int64_t through,
                        const struct plan_span *pause, int64_t *paused_out) {
    int64_t n = 0;
    *paused_out = 0;
    for (int64_t day = active_from; day <= through; day++) {
        bool due = false, paused = false;
        for (int64_t i = 0; cycle_date(cycle, i) <= day; i++)
            due |= cycle_date(cycle, i) == day;
        for (size_t i = 0; i < 2; i++)
            paused |= pause[i].from <= day && day <= pause[i].to;
        n += due && !paused;
        *paused_out += due && paused;
    }
    return n;
}

/* Planned bit by bit, with days of silence, twice, and with what was made by accident gone: one order for
 * each pair. */
TEST(ord_plan_of_any_cycle) {
    struct world *w = world_make();
    int64_t base = date_parse("2026-03-02"), paused;
    world_run(w, "UPDATE patient SET status = 'ended', status_from = 20000 WHERE code <> 'P-0'");
    for (int round = 0; round < 25; round++) {
        const struct cycle cycle = {1 + dice(3) + dice(2) * 25, dice(2), base - dice(700)};
        int64_t active_from = base - dice(300), through = base + dice(200);
        struct plan_span pause[2];
        struct plan_receipt receipt;
        world_run(w, "DELETE FROM commitment");
        world_run(w, "DELETE FROM patient_order");
        world_run(w, "DELETE FROM pause");
        world_run(
            w, arena_printf(w->c->arena,
                            "UPDATE patient SET cycle_every = %lld, cycle_unit = '%s', cycle_anchor = %lld, "
                            "active_from = %lld WHERE code = 'P-0'",
                            (long long)cycle.every, cycle.unit == CYCLE_DAY ? "day" : "month",
                            (long long)cycle.anchor, (long long)active_from));
        for (size_t i = 0; i < 2; i++) {
            pause[i].from = base - 200 + dice(300);
            pause[i].to = pause[i].from + dice(60);
            world_run(w, arena_printf(
                             w->c->arena,
                             "INSERT INTO pause (id, patient_id, from_date, to_date, reason, version) "
                             "SELECT randomblob(16), id, %lld, %lld, 'x', 1 FROM patient WHERE code = 'P-0'",
                             (long long)pause[i].from, (long long)pause[i].to));
        }
        for (int64_t to = base - 50; to < through; to += 1 + dice(90))
            CHECK_OK(w->c, app_plan(w->c, to, 1 + dice(5), &receipt));
        CHECK_OK(w->c, app_plan(w->c, through, INT64_MAX, &receipt));
        int64_t n = expected(&cycle, active_from, through, pause, &paused);
        CHECK_INT(receipt.opened + receipt.existing, n);
        CHECK_INT(receipt.paused, paused);
        CHECK_INT(receipt.due, n + paused);
        CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), n);
        CHECK_INT(world_count(w, "SELECT COUNT(*) FROM commitment"), n);
    }
}

/* ---- many at once ---- */

#define PLANS 8

struct planner {
    struct db_job job;
    struct ctx c;
    struct plan_receipt receipt;
    enum err err;
    sem_t *done;
};

static enum err run_planner(struct db_job *job, struct db *db) {
    struct planner *planner = (struct planner *)job;
    planner->c.db = db;
    return app_plan(&planner->c, date_parse("2026-06-30"), INT64_MAX, &planner->receipt);
}

static void planner_done(struct db_job *job, enum err err) {
    struct planner *planner = (struct planner *)job;
    planner->err = err;
    sem_post(planner->done);
}

/* F11: plans in one group of the writer, each in a savepoint of its own. */
TEST(ord_plan_in_parallel) {
    struct world *w = world_make_file();
    static struct planner planner[PLANS];
    struct db_writer *writer = world_start_writer(w);
    sem_t done;
    int64_t opened = 0;
    sem_init(&done, 0, 0);
    for (size_t i = 0; i < PLANS; i++) {
        planner[i] =
            (struct planner){.job = {.run = run_planner, .done = planner_done}, .c = *w->c, .done = &done};
        planner[i].c.arena = arena_create(LIMIT_ARENA);
        CHECK(db_writer_submit(writer, &planner[i].job));
    }
    for (size_t i = 0; i < PLANS; i++)
        sem_wait(&done);
    for (size_t i = 0; i < PLANS; i++) {
        CHECK_INT(planner[i].err, OK);
        CHECK_INT(planner[i].receipt.due, 16);
        CHECK_INT(planner[i].receipt.opened + planner[i].receipt.existing, 16);
        opened += planner[i].receipt.opened;
        arena_destroy(&planner[i].c.arena);
    }
    CHECK_INT(opened, 16);
    struct completeness report;
    CHECK_OK(w->c, app_completeness(w->c, date_parse("2026-03-01"), date_parse("2026-06-30"), &report));
    CHECK_INT(report.existing, 16);
    CHECK_INT(report.missing, 0);
}

static enum err fail_plan(struct ctx *c, void *user) {
    struct plan_receipt receipt;
    return app_plan(c, *(int64_t *)user, INT64_MAX, &receipt);
}

TEST(ord_plan_writes_all_or_nothing) {
    struct world *w = world_make();
    int64_t through = date_parse("2026-03-20");
    world_fails_at_every_call(w, fail_plan, &through);
}

/* ---- completeness ---- */

TEST(ord_completeness_names_what_is_missing) {
    struct world *w = world_make();
    struct completeness report;
    plan(w, "2026-04-20");
    world_run(w, "UPDATE patient_order SET state = 'skipped', closed_by = 'us' WHERE due_date = 20559 AND "
                 "patient_id = (SELECT id FROM patient WHERE code = 'P-0')");
    world_run(
        w, "INSERT INTO pause (id, patient_id, from_date, to_date, reason, version) SELECT randomblob(16), "
           "id, 20580, 20600, 'x', 1 FROM patient WHERE code = 'P-1'");
    CHECK_OK(w->c, app_completeness(w->c, date_parse("2026-04-01"), date_parse("2026-05-31"), &report));
    CHECK_INT(report.due, 8);
    CHECK_INT(report.opened, 0);
    CHECK_INT(report.existing, 3);
    CHECK_INT(report.skipped, 1);
    CHECK_INT(report.paused, 1);
    CHECK_INT(report.missing, 3);
    CHECK_INT(report.active, 4);
    CHECK_INT(report.none_due, 0);
    CHECK_INT(report.missing_pairs.n, 3);
    const struct plan_pair *pair = report.missing_pairs.at;
    for (size_t i = 0; i < 3; i++) {
        CHECK_INT(pair[i].due_date, date_parse("2026-05-16"));
        CHECK(!id_equal(pair[i].patient_id, w->patient[1]));
    }
    CHECK_INT(world_count(w, "SELECT COUNT(*) FROM patient_order"), 8); /* it opens nothing */
}

TEST(ord_completeness_of_a_day) {
    struct world *w = world_make();
    struct completeness report;
    int64_t day = date_parse("2026-03-16");
    CHECK_OK(w->c, app_completeness(w->c, day, day, &report));
    CHECK_INT(report.missing, 4);
    CHECK_OK(w->c, app_completeness(w->c, day + 1, day + 20, &report));
    CHECK_INT(report.due, 0);
    CHECK_INT(report.none_due, 4);
    CHECK_INT(app_completeness(w->c, day, day - 1, &report), ERR_INVALID);
    ctx_fault_clear(w->c);
    CHECK_INT(app_completeness(w->c, day, day + LIMIT_REPORT_DAYS + 1, &report), ERR_INVALID);
}

/* More missing pairs than the first room for them. */
TEST(ord_completeness_of_years) {
    struct world *w = world_make();
    struct completeness report;
    CHECK_OK(w->c, app_completeness(w->c, date_parse("2026-01-01"), date_parse("2035-12-31"), &report));
    CHECK_INT(report.missing, 4 * 118);
    CHECK_INT(report.missing_pairs.n, 4 * 118);
}

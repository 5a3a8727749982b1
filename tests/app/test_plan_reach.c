/* What the plan remembers of each patient: the clock's plan, which believes it, finds what a plan that looks
 * at every due date finds, whatever was changed between. */
#include "app/app_patient.h"
#include "app/app_plan.h"
#include "app/app_verify.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "world.h"

static uint32_t dice_state = 20261126;

static int64_t dice(int64_t n) {
    dice_state = dice_state * 1664525 + 1013904223;
    return (int64_t)(dice_state >> 8) % n;
}

static struct plan_receipt clock_plans(struct world *w, int64_t through) {
    struct plan_part part = {.through = through};
    ctx_fault_clear(w->c);
    for (int parts = 0; !part.done && parts < 1000; parts++)
        CHECK_OK(w->c, app_plan_part(w->c, &part, 1 + dice(4)));
    CHECK(part.done);
    return part.count;
}

/* Completeness remembers nothing. */
static void check_as_counted(struct world *w, int64_t through) {
    struct plan_receipt found = clock_plans(w, through);
    struct completeness counted;
    CHECK_OK(w->c, app_completeness(w->c, through - LIMIT_REPORT_DAYS + 1, through, &counted));
    CHECK_INT(found.due, counted.due);
    CHECK_INT(found.opened + found.existing, counted.existing);
    CHECK_INT(found.skipped, counted.skipped);
    CHECK_INT(found.paused, counted.paused);
    CHECK_INT(found.missing, counted.missing);
    CHECK_INT(found.active, counted.active);
    CHECK_INT(found.none_due, counted.none_due);
    CHECK_INT(counted.missing, 0);
}

static int64_t contradictions(struct world *w) {
    struct verify_result result;
    world_settle(w);
    CHECK_OK(w->c, app_verify(w->c, NULL, NULL, NULL, &result));
    return result.findings;
}

/* ---- what may happen between two plans ---- */

static struct id any_patient(const struct world *w) {
    return w->patient[dice(4)];
}

static void change_patient(struct world *w, int64_t today) {
    const char *set[] = {
        arena_printf(w->c->arena, "cycle_every = %lld, cycle_unit = 'day'", (long long)(5 + dice(30))),
        arena_printf(w->c->arena, "cycle_every = %lld, cycle_unit = 'month'", (long long)(1 + dice(2))),
        arena_printf(w->c->arena, "cycle_anchor = %lld", (long long)(today - 200 + dice(200))),
        arena_printf(w->c->arena, "active_from = %lld", (long long)(today - 100 + dice(130))),
        arena_printf(w->c->arena, "status = 'ended', status_from = %lld", (long long)(today - 10 + dice(60))),
        "status = 'active'",
    };
    world_run(w, arena_printf(w->c->arena, "UPDATE patient SET %s WHERE code = 'P-%lld'",
                              set[dice(COUNT(set))], (long long)dice(4)));
}

static void change_pauses(struct world *w, int64_t today) {
    struct id patient_id = any_patient(w);
    struct pause pause = {.from_date = today - 60 + dice(110), .reason = "away"};
    struct list pauses;
    pause.to_date = pause.from_date + dice(60);
    CHECK_OK(w->c, app_pause_list(w->c, patient_id, &pauses));
    if (pauses.n < 3) {
        CHECK_OK(w->c, app_pause_add(w->c, patient_id, &pause));
        return;
    }
    const struct pause *standing = pauses.at;
    CHECK_OK(w->c, app_pause_remove(w->c, patient_id, standing[dice((int64_t)pauses.n)].id));
}

static void skip_one(struct world *w) {
    world_run(
        w, arena_printf(w->c->arena,
                        "UPDATE patient_order SET state = 'skipped', closed_by = 'us' WHERE id = (SELECT id "
                        "FROM patient_order WHERE state = 'open' ORDER BY due_date, id LIMIT 1)"));
}

TEST(ord_plan_remembers_what_it_would_count) {
    struct world *w = world_make();
    int64_t today = date_parse("2026-03-02");
    for (int day = 0; day < 120; day++, today += 1 + dice(3)) {
        w->c->now = today * DAY_MS + 3600000;
        for (int64_t i = dice(3); i > 0; i--)
            change_patient(w, today);
        if (dice(2)) change_pauses(w, today);
        if (dice(2)) skip_one(w);
        check_as_counted(w, today + 35);
    }
    CHECK(world_count(w, "SELECT COUNT(*) FROM plan_reach") == 4);
    CHECK(world_count(w, "SELECT COUNT(*) FROM patient_order WHERE state = 'skipped'") > 10);
}

/* A shorter plan, and the same day again: nothing is opened twice, and nothing is forgotten. */
TEST(ord_plan_reach_outlives_a_shorter_plan) {
    struct world *w = world_make();
    int64_t through = date_parse("2026-04-20");
    CHECK_INT(clock_plans(w, through).opened, 8);
    struct plan_receipt receipt = clock_plans(w, through - 30);
    CHECK_INT(receipt.existing, 4);
    CHECK_INT(receipt.due, 4);
    CHECK_INT(world_count(w, arena_printf(w->c->arena, "SELECT COUNT(*) FROM plan_reach WHERE through > %lld",
                                          (long long)(through - 30))),
              4);
    CHECK_INT(clock_plans(w, through).existing, 8);
}

/* Asked for, a plan looks at every due date: what was removed by accident comes back, and is known again. */
TEST(ord_plan_heals_what_it_remembers) {
    struct world *w = world_make();
    struct plan_receipt receipt;
    int64_t through = date_parse("2026-04-20");
    clock_plans(w, through);
    world_run(w, "UPDATE plan_reach SET paused = 1");
    CHECK_INT(clock_plans(w, through).paused, 4);
    CHECK_OK(w->c, app_plan(w->c, through, INT64_MAX, &receipt));
    CHECK_INT(receipt.existing, 8);
    CHECK_INT(clock_plans(w, through).paused, 0);
}

TEST(verify_counts_again_what_the_plan_remembers) {
    static const char *const TAMPERS[] = {
        "UPDATE plan_reach SET paused = paused + 1",
        "UPDATE plan_reach SET through = through + 31",
        "UPDATE plan_reach SET through = through + 1",
    };
    struct world *w = world_make();
    clock_plans(w, date_parse("2026-04-20"));
    int64_t before = contradictions(w);
    CHECK_INT(before, 0);
    for (size_t i = 0; i < COUNT(TAMPERS); i++) {
        world_tamper(w, TAMPERS[i]);
        CHECK_INT(contradictions(w), 4);
        world_run(w, "DELETE FROM plan_reach");
        clock_plans(w, date_parse("2026-04-20"));
        CHECK_INT(contradictions(w), 0);
    }
}

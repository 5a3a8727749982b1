#include "app/app_plan.h"
#include "app/app_audit.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "domain/plan.h"
#include "order_open.h"
#include "plan_walk.h"

static const struct field IN_FIELDS[] = {
    FIELD(struct plan_in, K_DATE, through, .flags = F_REQUIRED, .doc = "the last due date to plan",
          .example = "\"2026-04-06\""),
};
const struct shape plan_in_shape = SHAPE("plan_new", struct plan_in, IN_FIELDS);

enum err app_plan_today(struct ctx *c, int64_t *date_out) {
    struct list zones;
    TRY(store_plan_timezones(c, &zones));
    *date_out = NONE;
    for (size_t i = 0; i < zones.n; i++) {
        int64_t date = zone_date(((const struct timezone_row *)zones.at)[i].timezone, c->now);
        if (date > *date_out) *date_out = date;
    }
    if (*date_out == NONE) *date_out = zone_date("Etc/UTC", c->now);
    return OK;
}

/* Another plan may have opened it between our look and our write: then it exists. */
MUST static enum err open_one(struct ctx *c, const struct plan_patient *patient, int64_t due_date,
                              struct plan_receipt *count, void *user) {
    const struct cycle cycle = {patient->cycle_every, patient->cycle_unit, patient->cycle_anchor};
    const int64_t *most = user;
    struct order_row order;
    bool added;
    if (count->opened >= *most || !zone_known(patient->timezone)) {
        count->missing++;
        return OK;
    }
    order_fill(c, &order, ORDER_CYCLE, due_date, cycle_next(&cycle, due_date));
    order.patient_id = patient->id;
    order.customer_id = patient->customer_id;
    order.depot_id = patient->depot_id;
    order.zone_id = patient->zone_id;
    TRY(order_open(c, &order, patient->timezone, "order.plan", &added));
    count->opened += added;
    count->existing += !added;
    return OK;
}

MUST static enum err check_through(struct ctx *c, int64_t through) {
    int64_t today;
    TRY(app_plan_today(c, &today));
    if (through > today + LIMIT_PLAN_DAYS)
        ctx_fault_item(c, "/through", "must be at most %d days ahead", LIMIT_PLAN_DAYS);
    return ctx_faults(c);
}

enum err app_plan(struct ctx *c, int64_t through, int64_t most, struct plan_receipt *receipt_out) {
    struct plan_walk walk = {.from = NONE, .through = through, .lacking = open_one, .user = &most};
    TRY(check_through(c, through));
    TRY(plan_walk(c, &walk));
    *receipt_out = walk.count;
    receipt_out->id = id_new(c->now);
    receipt_out->through = through;
    receipt_out->at = c->now;
    TRY(store_plan_receipt_add(c, receipt_out));
    return app_audit(c, &(struct audit){.action = "plan.run",
                                        .entity = "plan",
                                        .id = receipt_out->id,
                                        .version = 1,
                                        .change = app_change(c, &plan_receipt_shape, NULL, receipt_out)});
}

#include "app/app_plan.h"
#include "app/app_audit.h"
#include "base/date.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "domain/plan.h"
#include "order_open.h"
#include "plan_walk.h"
#include "store/store_order.h"

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

struct opening {
    int64_t most;   /* orders; what is over is missing */
    struct id last; /* that was opened */
};

/* Another plan may have opened it between our look and our write: then it exists. */
MUST static enum err open_one(struct ctx *c, const struct plan_patient *patient, int64_t due_date,
                              struct plan_receipt *count, void *user) {
    const struct cycle cycle = {patient->cycle_every, patient->cycle_unit, patient->cycle_anchor};
    struct opening *opening = user;
    struct order_row order;
    bool added;
    if (count->opened >= opening->most || !zone_known(patient->timezone)) {
        count->missing++;
        return OK;
    }
    order_fill(c, &order, ORDER_CYCLE, due_date, cycle_next(&cycle, due_date));
    order.patient_id = patient->id;
    order.customer_id = patient->customer_id;
    order.depot_id = patient->depot_id;
    order.zone_id = patient->zone_id;
    TRY(order_open(c, &order, patient->timezone, "order.plan", &added));
    if (added) opening->last = order.id;
    count->opened += added;
    count->existing += !added;
    return OK;
}

MUST static enum err remember(struct ctx *c, const struct plan_patient *found, void *user) {
    (void)user;
    return found->reach == NONE ? store_plan_forget(c, found->id) : store_plan_reached(c, found);
}

MUST static enum err check_through(struct ctx *c, int64_t through) {
    int64_t today;
    TRY(app_plan_today(c, &today));
    if (through > today + LIMIT_PLAN_DAYS)
        ctx_fault_item(c, "/through", "must be at most %d days ahead", LIMIT_PLAN_DAYS);
    return ctx_faults(c);
}

MUST static enum err keep_receipt(struct ctx *c, int64_t through, struct plan_receipt *receipt) {
    receipt->id = id_new(c->now);
    receipt->through = through;
    receipt->at = c->now;
    TRY(store_plan_receipt_add(c, receipt));
    return app_audit(c, &(struct audit){.action = "plan.run",
                                        .entity = "plan",
                                        .id = receipt->id,
                                        .version = 1,
                                        .change = app_change(c, &plan_receipt_shape, NULL, receipt)});
}

enum err app_plan(struct ctx *c, int64_t through, int64_t most, struct plan_receipt *receipt_out) {
    struct opening opening = {.most = most};
    struct plan_walk walk = {.from = NONE,
                             .through = through,
                             .patients = INT64_MAX,
                             .most = INT64_MAX,
                             .lacking = open_one,
                             .reached = remember,
                             .user = &opening};
    TRY(check_through(c, through));
    TRY(plan_walk(c, &walk));
    *receipt_out = walk.count;
    return keep_receipt(c, through, receipt_out);
}

/* ---- in parts ---- */

/* The unit of the last part may have been undone when its group was committed. */
MUST static enum err is_undone(struct ctx *c, const struct plan_part *part, bool *undone_out) {
    struct order_row order;
    *undone_out = false;
    if (id_is_none(part->opened)) return OK;
    enum err err = store_order_get(c, part->opened, &order);
    *undone_out = err == ERR_NOT_FOUND;
    return err == ERR_NOT_FOUND ? OK : err;
}

/* A part that may open few looks at few. */
static int64_t patients_of(int64_t most) {
    return most < LIMIT_PLAN_PATIENTS / 10 ? 10 * most : LIMIT_PLAN_PATIENTS;
}

enum err app_plan_part(struct ctx *c, struct plan_part *part, int64_t most) {
    struct plan_part next = *part;
    struct opening opening = {.most = INT64_MAX, .last = part->opened};
    bool undone;
    TRY(is_undone(c, part, &undone));
    if (undone) next = (struct plan_part){.through = part->through};
    int64_t before = next.count.opened;
    struct plan_walk walk = {.from = NONE,
                             .through = next.through,
                             .after = next.after,
                             .patients = patients_of(most),
                             .most = most,
                             .lacking = open_one,
                             .believes = true,
                             .reached = remember,
                             .user = &opening,
                             .count = next.count};
    TRY(check_through(c, next.through));
    TRY(plan_walk(c, &walk));
    next.after = walk.after;
    next.count = walk.count;
    next.opened = opening.last;
    next.done = walk.patients < patients_of(most) && walk.count.opened - before < most;
    if (next.done) TRY(keep_receipt(c, next.through, &next.count));
    *part = next;
    return OK;
}

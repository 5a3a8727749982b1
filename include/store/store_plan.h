/* What the plan walks over: patients, their orders and pauses; and what it leaves: receipts. */
#ifndef CANARY_STORE_PLAN_H
#define CANARY_STORE_PLAN_H

#include "base/ctx.h"
#include "base/shape.h"
#include "domain/plan.h"

struct plan_patient {
    struct id id, customer_id, zone_id, depot_id;
    const char *timezone; /* of the depot */
    int64_t cycle_every, cycle_unit, cycle_anchor;
    int64_t status, status_from, active_from;
    int64_t
        reach; /* every due date up to this one has an order, as far as is remembered; NONE: nothing is … */
    int64_t paused; /* … but for so many, which were paused */
    int64_t skips;  /* cycle orders of the patient that were skipped, of any date and any cycle */
};
/* Every patient who is active on `today` (also when something else was recorded for a later day), by id, at
 * most `limit` after the one of `after` (no id: from the first), through one record. */
MUST enum err store_plan_patients(struct ctx *c, int64_t today, struct id after, int64_t limit,
                                  enum err (*row)(struct ctx *c, void *plan_patient, void *user), void *user);

struct plan_order {
    int64_t due_date, state;
};
/* The patient's cycle orders due in from … to, by date (struct plan_order). */
MUST enum err store_plan_orders(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                                struct list *orders_out);

/* Those of them that were skipped. */
MUST enum err store_plan_skips(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                               struct list *orders_out);

/* Remembers `reach` and `paused` for the cycle that the patient has; what changes an order that is there, or
 * a cycle, need not care. */
MUST enum err store_plan_reached(struct ctx *c, const struct plan_patient *patient);
/* Where a due date that is behind may be without order from now on: a pause ends. */
MUST enum err store_plan_forget(struct ctx *c, struct id patient_id);

/* The patient's pauses that stand and touch from … to (struct plan_span). */
MUST enum err store_plan_pauses(struct ctx *c, struct id patient_id, int64_t from, int64_t to,
                                struct list *pauses_out);

struct timezone_row {
    const char *timezone;
};
/* The zones of time that depots are in. */
MUST enum err store_plan_timezones(struct ctx *c, struct list *timezones_out);

/* due = opened + existing + skipped + paused + missing. */
struct plan_receipt {
    struct id id;
    int64_t through, at;
    int64_t due, opened, existing, skipped, paused, missing; /* pairs of patient and due date */
    int64_t active, none_due;                                /* patients */
};
extern const struct shape plan_receipt_shape;

MUST enum err store_plan_receipt_add(struct ctx *c, const struct plan_receipt *receipt);
/* The newest first, before (before_at, before_id); NONE: from the start. */
MUST enum err store_plan_receipts(struct ctx *c, int64_t before_at, struct id before_id, int64_t limit,
                                  struct list *receipts_out);

#endif

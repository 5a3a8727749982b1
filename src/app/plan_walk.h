/* Every active patient × every due date, once, in order: what the plan and the report of completeness
 * share. */
#ifndef CANARY_APP_PLAN_WALK_H
#define CANARY_APP_PLAN_WALK_H

#include "store/store_plan.h"

struct plan_walk {
    int64_t from, through; /* due dates, both inclusive; from NONE: since each patient's activation */
    struct id after;  /* the patients after this one, by id (no id: from the first); out: the last of them */
    int64_t patients; /* at most so many; out: that were looked at */
    int64_t most;     /* no other patient is looked at once so many orders were opened */
    /* A pair without order or pause: fills opened, existing or missing of `count`. `c` is freed patient by
     * patient: what stays goes elsewhere. */
    enum err (*lacking)(struct ctx *c, const struct plan_patient *patient, int64_t due_date,
                        struct plan_receipt *count, void *user);
    /* From NONE alone. believes: what is remembered of a patient (reach, paused, skips) is counted, and only
     * due dates behind it are looked at. checks: only those that it tells of are. */
    bool believes, checks;
    /* Of a patient of whom something else was found than is remembered; NULL: nobody asks. reach NONE: the
     * first due date lacks. */
    enum err (*reached)(struct ctx *c, const struct plan_patient *found, void *user);
    void *user;
    struct plan_receipt count; /* out: the pairs and the patients */
};
MUST enum err plan_walk(struct ctx *c, struct plan_walk *walk);

#endif

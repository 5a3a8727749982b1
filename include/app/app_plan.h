/* The plan: every active patient × every due date gives exactly one order, skip or pause. */
#ifndef CANARY_APP_PLAN_H
#define CANARY_APP_PLAN_H

#include "store/store_plan.h"

/* Opens what lacks, from the later of each patient's anchor and activation up to `through` (at most
 * LIMIT_PLAN_DAYS ahead: ERR_INVALID at /through), with its commitment; existing orders are never touched.
 * Twice or in parallel: the same orders. An order needs no prescription: without one it is opened all the
 * same, so that somebody calls. At most `most` orders are opened in this unit (drops wait meanwhile): the
 * rest is counted as missing, and planning again opens it. Missing is also what a depot's unknown zone of
 * time forbids. The receipt is kept. */
MUST enum err app_plan(struct ctx *c, int64_t through, int64_t most, struct plan_receipt *receipt_out);

/* The same for a writer whose drops wait meanwhile, in parts, each a unit: it looks at ten
 * patients for each of `most`, at most LIMIT_PLAN_PATIENTS, from where the last part ended, and at no other
 * patient once `most` orders were opened. Begins as
 * {.through = date}. The last part keeps the receipt of all, and nothing that could be opened is missing in
 * it. It believes what is remembered of patients (schema/0021_walk.sql), so it costs what is due next, not
 * what lies behind. When a part was undone after it had ended well, the next begins from the first patient.
 */
struct plan_part {
    int64_t through;
    bool done;
    struct id after;  /* the patient that was looked at last */
    struct id opened; /* the order that was opened last; no id: none */
    struct plan_receipt count;
};
MUST enum err app_plan_part(struct ctx *c, struct plan_part *part, int64_t most);

/* Today's civil date where it is latest: at the depot farthest east. */
MUST enum err app_plan_today(struct ctx *c, int64_t *date_out);

struct plan_in {
    int64_t through;
};
extern const struct shape plan_in_shape;

/* A due date of a patient that has no order. */
struct plan_pair {
    struct id patient_id;
    int64_t due_date;
};

/* The receipt's equation over the due dates from … to, with nothing opened, and every missing pair named. */
struct completeness {
    int64_t from, to;
    int64_t due, opened, existing, skipped, paused, missing;
    int64_t active, none_due;
    struct list missing_pairs; /* struct plan_pair, by patient and date */
};
extern const struct shape completeness_shape;

/* ERR_INVALID at ?to when it is before `from` or more than LIMIT_REPORT_DAYS after it. */
MUST enum err app_completeness(struct ctx *c, int64_t from, int64_t to, struct completeness *report_out);

#endif

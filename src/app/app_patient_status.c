/* A patient who was admitted or has ended is not due: what a status does to the commitments. */
#include "app/app_audit.h"
#include "app/app_patient.h"
#include "base/text.h"
#include "store/store_commitment.h"
#include "store/store_patient.h"

typedef enum err visit_fn(struct ctx *c, const struct patient *after, const struct commitment *row,
                          void *user);

static bool stands(const struct patient *before, const struct patient *after) {
    return before->status == after->status && before->status_from == after->status_from;
}

/* The first day the change can speak of. */
static int64_t first_day(const struct patient *before, const struct patient *after) {
    bool corrected = before->status == after->status && before->status_from < after->status_from;
    return corrected ? before->status_from : after->status_from;
}

static enum err each_commitment(struct ctx *c, const struct patient *before, const struct patient *after,
                                visit_fn *visit, void *user) {
    struct list orders;
    struct commitment row;
    if (stands(before, after)) return OK;
    TRY(store_patient_commitments(c, after->id, first_day(before, after), &orders));
    for (size_t i = 0; i < orders.n; i++) {
        TRY(store_commitment_get(c, ((const struct id *)orders.at)[i], &row));
        TRY(visit(c, after, &row, user));
    }
    return OK;
}

/* ---- judging ---- */

static enum err count_late(struct ctx *c, const struct patient *after, const struct commitment *row,
                           void *user) {
    struct commitment then = *row;
    commitment_patient_status(&then, after->status, after->status_from, true, c->now);
    if (then.excluded == EXCLUDED_OVERRIDDEN && row->excluded != EXCLUDED_OVERRIDDEN) ++*(int64_t *)user;
    return OK;
}

static bool has_reason(struct ctx *c, const struct patient *patient) {
    const char *folded = text_fold(c->arena, patient->reason);
    return folded && *folded;
}

enum err app_patient_status_judge(struct ctx *c, const struct patient *before, const struct patient *after) {
    int64_t late = 0;
    TRY(each_commitment(c, before, after, count_late, &late));
    if (!late) return OK;
    if (c->actor.role != ROLE_MANAGER)
        return FAIL(c, ERR_DENIED, "patient.late-status-needs-manager",
                    "This status takes out a delivery whose window has already ended: ask a manager.");
    if (has_reason(c, after)) return OK;
    ctx_fault_item(c, "/reason", "is needed: the status takes out a delivery whose window has already ended");
    return FAIL(c, ERR_INVALID, "patient.late-status-needs-reason",
                "Say in `reason` why the status was recorded after the window had ended.");
}

/* ---- applying ---- */

static enum err apply(struct ctx *c, const struct patient *after, const struct commitment *row, void *user) {
    struct commitment then = *row;
    (void)user;
    commitment_patient_status(&then, after->status, after->status_from, has_reason(c, after), c->now);
    if (then.excluded == row->excluded) return OK;
    TRY(store_commitment_set(c, &then));
    struct audit event = {.action = "commitment.status",
                          .entity = "order",
                          .id = row->order_id,
                          .version = then.version,
                          .change = app_change(c, &commitment_shape, row, &then)};
    return app_audit(c, &event);
}

enum err app_patient_status_apply(struct ctx *c, const struct patient *before, const struct patient *after) {
    return each_commitment(c, before, after, apply, NULL);
}

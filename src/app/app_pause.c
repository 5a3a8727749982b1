#include "app/app_audit.h"
#include "app/app_erase.h"
#include "app/app_patient.h"
#include "base/id.h"
#include "store/store_commitment.h"
#include "store/store_patient.h"
#include "store/store_plan.h"

static enum err audit_pause(struct ctx *c, const char *action, const struct pause *pause) {
    struct audit event = {.action = action,
                          .entity = "pause",
                          .id = pause->id,
                          .version = pause->version,
                          .change = app_change(c, &pause_row_shape, NULL, pause),
                          .reason = pause->reason};
    return app_audit(c, &event);
}

static enum err set_excluded(struct ctx *c, const struct commitment *was, struct commitment *row) {
    if (was->excluded == row->excluded) return OK;
    TRY(store_commitment_set(c, row));
    struct audit event = {.action = "commitment.pause",
                          .entity = "order",
                          .id = row->order_id,
                          .version = row->version,
                          .change = app_change(c, &commitment_shape, was, row)};
    return app_audit(c, &event);
}

static enum err exclude(struct ctx *c, struct id order_id) {
    struct commitment was, row;
    TRY(store_commitment_get(c, order_id, &was));
    row = was;
    commitment_withdraw(&row, EXCLUDED_PAUSED, PARTY_PATIENT, c->now);
    return set_excluded(c, &was, &row);
}

/* What the pause kept out of due while it stood stays out, once its day is over. */
static enum err include(struct ctx *c, struct id order_id) {
    struct commitment was, row;
    TRY(store_commitment_get(c, order_id, &was));
    row = was;
    if (row.excluded == EXCLUDED_PAUSED && c->now < row.ends_at) row.excluded = NONE;
    return set_excluded(c, &was, &row);
}

static enum err each_unbooked(struct ctx *c, const struct pause *pause,
                              enum err (*visit)(struct ctx *c, struct id order_id)) {
    struct list orders;
    TRY(store_patient_unbooked(c, pause->patient_id, pause->from_date, pause->to_date, &orders));
    for (size_t i = 0; i < orders.n; i++)
        TRY(visit(c, ((const struct id *)orders.at)[i]));
    return OK;
}

enum err app_pause_add(struct ctx *c, struct id patient_id, struct pause *pause) {
    struct patient patient;
    TRY(app_patient_get(c, patient_id, &patient));
    TRY(app_patient_not_erased(c, &patient));
    if (pause->to_date < pause->from_date) ctx_fault_item(c, "/to", "must not be before the first day");
    TRY(ctx_faults(c));
    pause->id = id_new(c->now);
    pause->patient_id = patient_id;
    pause->removed_at = NONE;
    pause->version = 1;
    TRY(store_pause_add(c, pause));
    TRY(each_unbooked(c, pause, exclude));
    return audit_pause(c, "pause.add", pause);
}

/* Days that another pause still covers stay paused. */
static enum err exclude_standing(struct ctx *c, struct id patient_id) {
    struct list pauses;
    TRY(store_pause_list(c, patient_id, &pauses));
    for (size_t i = 0; i < pauses.n; i++)
        TRY(each_unbooked(c, &((const struct pause *)pauses.at)[i], exclude));
    return OK;
}

enum err app_pause_remove(struct ctx *c, struct id patient_id, struct id id) {
    struct pause pause;
    enum err err = store_pause_get(c, patient_id, id, &pause);
    if (err == ERR_NOT_FOUND) return FAIL(c, err, "not-found", "There is nothing here that you may see.");
    TRY(err);
    pause.version++;
    pause.removed_at = c->now;
    TRY(store_pause_remove(c, id, pause.version));
    TRY(store_plan_forget(c, patient_id));
    TRY(each_unbooked(c, &pause, include));
    TRY(exclude_standing(c, patient_id));
    return audit_pause(c, "pause.remove", &pause);
}

enum err app_pause_list(struct ctx *c, struct id patient_id, struct list *pauses_out) {
    struct patient patient;
    TRY(app_patient_get(c, patient_id, &patient));
    return store_pause_list(c, patient_id, pauses_out);
}

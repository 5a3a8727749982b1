#include "app/app_erase.h"
#include "app/app_audit.h"
#include "app/app_patient.h"
#include "base/date.h"
#include "base/id.h"
#include "db/db.h"
#include "store/store_erasure.h"
#include "store/store_idempotency.h"
#include "store/store_personal.h"

#define OBSTACLES_TOLD 50 /* of a patient who was planned for years and never looked at */
#define CLEANED_AT_ONCE 500

/* ---- may it be ---- */

MUST static enum err told_obstacles(struct ctx *c, struct id patient_id) {
    struct list rows;
    TRY(store_erasure_obstacles(c, patient_id, OBSTACLES_TOLD, &rows));
    for (size_t i = 0; i < rows.n; i++) {
        const struct obstacle *row = (const struct obstacle *)rows.at + i;
        char id[ID_TEXT_SIZE], date[DATE_TEXT_SIZE] = "";
        const char *pointer = arena_printf(c->arena, "/%s/%s", names_word(&obstacle_kind_names, row->kind),
                                           id_format(row->id, id));
        if (row->date == NONE)
            ctx_fault_item(c, pointer, "is disputed: settle it first");
        else
            ctx_fault_item(c, pointer, "of %s is not over: close it first", date_format(row->date, date));
    }
    return OK;
}

MUST static enum err told_retention(struct ctx *c, const struct patient *patient, int64_t today) {
    char last[DATE_TEXT_SIZE], until[DATE_TEXT_SIZE];
    int64_t date;
    TRY(store_erasure_last_delivery(c, patient->id, &date));
    if (date == NONE || date + c->rules->retention_days <= today) return OK;
    ctx_fault_item(c, "/retention", "the last delivery was on %s: its records are kept until %s",
                   date_format(date, last), date_format(date + c->rules->retention_days, until));
    return OK;
}

enum err app_patient_erase_check(struct ctx *c, const struct patient *patient) {
    int64_t today;
    TRY(app_patient_today(c, patient->zone_id, &today));
    if (patient->status != PATIENT_ENDED || patient->status_from > today)
        ctx_fault_item(c, "/status", "is not ended yet: end the patient first");
    TRY(told_obstacles(c, patient->id));
    TRY(told_retention(c, patient, today));
    if (!c->fault.first) return OK;
    return FAIL(c, ERR_STATE, "patient.retained",
                "This patient cannot be erased yet: errors names each reason.");
}

enum err app_patient_not_erased(struct ctx *c, const struct patient *patient) {
    if (patient->erased_at == NONE) return OK;
    return FAIL(c, ERR_STATE, "patient.erased",
                "This patient was erased: a person who comes back is a new patient.");
}

/* ---- the erasure ---- */

enum err app_patient_erase(struct ctx *c, const struct patient *patient, const struct erasure_in *in,
                           struct erasure *erasure_out) {
    struct erasure erasure = {.id = id_new(c->now),
                              .patient_id = patient->id,
                              .at = c->now,
                              .reason = in->reason,
                              .by_id = c->actor.user_id,
                              .cleaned_at = NONE,
                              .version = 1};
    int64_t answers, version;
    TRY(app_patient_erase_check(c, patient));
    TRY(store_personal_erase(c, patient->id, &erasure.erased));
    TRY(store_idempotency_erase(c, patient->id, &answers));
    erasure.erased += answers;
    TRY(store_erasure_add(c, &erasure));
    TRY(store_erasure_patient_version(c, patient->id, &version));
    db_ask_rewrite(c->db);
    *erasure_out = erasure;
    return app_audit(c, &(struct audit){.action = "patient.erase",
                                        .entity = "patient",
                                        .id = patient->id,
                                        .version = version,
                                        .change = app_change(c, &erasure_shape, NULL, &erasure)});
}

/* ---- the file ---- */

MUST static enum err told_clean(struct ctx *c, struct erasure *erasure) {
    struct erasure before = *erasure;
    erasure->cleaned_at = c->now;
    TRY(store_erasure_set(c, erasure));
    return app_audit(c, &(struct audit){.action = "erasure.clean",
                                        .entity = "erasure",
                                        .id = erasure->id,
                                        .version = erasure->version,
                                        .change = app_change(c, &erasure_shape, &before, erasure)});
}

enum err app_erase_clean(struct ctx *c) {
    struct list rows;
    TRY(store_erasure_unclean(c, CLEANED_AT_ONCE, &rows));
    if (rows.n > 0 && db_rewrite_state(c->db) == DB_REWRITE_NOT_ASKED) db_ask_rewrite(c->db);
    if (db_rewrite_state(c->db) != DB_REWRITE_DONE) return OK;
    struct erasure *erasure = (struct erasure *)(uintptr_t)rows.at;
    for (size_t i = 0; i < rows.n; i++)
        TRY(told_clean(c, &erasure[i]));
    return OK;
}

#include "app/app_patient.h"
#include "app/app_erase.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/zone.h"
#include "store/store_patient.h"

MUST static enum err not_found(struct ctx *c) {
    return FAIL(c, ERR_NOT_FOUND, "not-found", "There is nothing here that you may see.");
}

enum err app_patient_get(struct ctx *c, struct id id, struct patient *patient_out) {
    enum err err = store_patient_get(c, id, patient_out);
    return err == ERR_NOT_FOUND ? not_found(c) : err;
}

enum err app_patient_today(struct ctx *c, struct id zone_id, int64_t *date_out) {
    struct depot depot;
    enum err err = store_zone_depot(c, zone_id, &depot);
    if (err == ERR_NOT_FOUND) return not_found(c);
    TRY(err);
    *date_out = zone_date(depot.timezone, c->now);
    return OK;
}

enum err app_patient_search(struct ctx *c, const struct patient_search *search, struct list *briefs_out) {
    struct list words;
    TRY(patient_question(c, search->q, &words));
    return store_patient_search(c, words, search->limit == NONE ? LIMIT_PAGE_DEFAULT : search->limit,
                                briefs_out);
}

/* ---- the row of the catalogue's way ---- */

static enum err get(struct ctx *c, struct id id, void *record_out) {
    return store_patient_get(c, id, record_out);
}

static enum err same(struct ctx *c, const void *record, void *found_out) {
    return store_patient_by_code(c, ((const struct patient *)record)->code, found_out);
}

/* Both homes of the patient must exist; *today_out is the depot's date, NONE without a zone. */
static enum err check_homes(struct ctx *c, const struct patient *patient, int64_t *today_out) {
    struct depot depot;
    struct customer customer;
    *today_out = NONE;
    enum err err = store_customer_get(c, patient->customer_id, &customer);
    if (err == ERR_NOT_FOUND)
        ctx_fault_item(c, "/customer_id", "is no customer of ours");
    else
        TRY(err);
    err = store_zone_depot(c, patient->zone_id, &depot);
    if (err == ERR_NOT_FOUND)
        ctx_fault_item(c, "/zone_id", "is no zone of ours");
    else
        TRY(err);
    if (err == OK) *today_out = zone_date(depot.timezone, c->now);
    return ctx_faults(c);
}

static void keep(int64_t *member, int64_t before) {
    if (*member == NONE) *member = before;
}

/* Members whose absence means "as before", and parts of the cycle that were left out. */
static enum err keep_unstated(struct ctx *c, const struct patient *before, struct patient *after) {
    keep(&after->status, before->status);
    if (after->status == before->status) keep(&after->status_from, before->status_from);
    keep(&after->safety_days, before->safety_days);
    if (!after->cycle) after->cycle = before->cycle;
    struct cycle *cycle = (struct cycle *)(void *)arena_memdup(c->arena, after->cycle, sizeof *cycle);
    if (!cycle)
        return FAIL(c, ERR_LIMIT, "request.too-large", "The request needs more memory than one may have.");
    keep(&cycle->every, before->cycle_every);
    keep(&cycle->unit, before->cycle_unit);
    keep(&cycle->anchor, before->cycle_anchor);
    after->cycle = cycle;
    return OK;
}

/* When a status was recorded decides whether a commitment was due; activation is where the plan begins. */
static void stamp_status(const struct ctx *c, const struct patient *before, struct patient *after) {
    bool stands = before && before->status == after->status && before->status_from == after->status_from;
    bool begins = !before || (!stands && after->status == PATIENT_ACTIVE);
    after->status_recorded_at = stands ? before->status_recorded_at : c->now;
    after->active_from = begins ? after->status_from : before->active_from;
}

static enum err check_code(struct ctx *c, const struct patient *patient) {
    struct patient other;
    enum err err = store_patient_by_code(c, patient->code, &other);
    if (err == ERR_NOT_FOUND) return OK;
    TRY(err);
    if (id_equal(other.id, patient->id)) return OK;
    ctx_fault_item(c, "/code", "is taken by another one");
    return FAIL(c, ERR_CONFLICT, "code.taken", "There is one already: change that one, or choose another.");
}

static enum err check(struct ctx *c, const void *before, void *record) {
    struct patient *patient = record;
    int64_t today;
    if (before) TRY(app_patient_not_erased(c, before));
    TRY(check_homes(c, patient, &today));
    if (before) TRY(keep_unstated(c, before, patient));
    patient_judge(c, patient, today);
    TRY(ctx_faults(c));
    TRY(check_code(c, patient));
    stamp_status(c, before, patient);
    return before ? app_patient_status_judge(c, before, patient) : OK;
}

static enum err put(struct ctx *c, const void *before, const void *record) {
    if (!before) return store_patient_add(c, record);
    TRY(store_patient_set(c, record));
    return app_patient_status_apply(c, before, record);
}

const struct noun noun_patient = {.name = "patient",
                                  .shape = &patient_shape,
                                  .get = get,
                                  .list = store_patient_list,
                                  .check = check,
                                  .put = put,
                                  .same = same};

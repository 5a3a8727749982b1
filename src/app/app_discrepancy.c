#include "app/app_discrepancy.h"
#include "app/app_audit.h"
#include "base/id.h"
#include "base/limits.h"
#include "base/text.h"
#include "domain/kpi.h"
#include "domain/reconcile.h"
#include "store/store_commitment.h"
#include "store/store_discrepancy.h"
#include "store/store_drop.h"
#include "store/store_evidence.h"

static const struct field CHANGE_FIELDS[] = {
    FIELD(struct discrepancy_change, K_ENUM, state, .names = &discrepancy_state_names,
          .doc = "open, acknowledged or disputed; to resolve or void it call …/resolve or …/void"),
    FIELD(struct discrepancy_change, K_ENUM, responsibility, .names = &responsibility_names),
    FIELD(struct discrepancy_change, K_TEXT, cause, .max = LIMIT_CODE,
          .doc = "a code of the operation's own list", .example = "\"load_error\""),
};
const struct shape discrepancy_change_shape =
    SHAPE("discrepancy_change", struct discrepancy_change, CHANGE_FIELDS);

static const struct field REASON_FIELDS[] = {
    FIELD(struct discrepancy_reason, K_TEXT, reason, .flags = F_REQUIRED | F_PERSONAL, .max = LIMIT_NOTE),
};
const struct shape discrepancy_reason_shape = SHAPE("reason", struct discrepancy_reason, REASON_FIELDS);

enum err app_discrepancy_open(struct ctx *c, const struct commitment *row, struct discrepancy *found) {
    found->id = id_new(c->now);
    found->order_id = row->order_id;
    if (id_is_none(found->delivery_id)) found->delivery_id = row->delivery_id;
    found->patient_id = row->patient_id;
    found->customer_id = row->customer_id;
    found->depot_id = row->depot_id;
    if (id_is_none(found->driver_id)) found->driver_id = row->driver_id;
    if (found->responsibility == NONE) found->responsibility = BY_UNDETERMINED;
    found->state = DISCREPANCY_OPEN;
    found->detected_at = c->now;
    found->closed_at = NONE;
    found->rule_version = RECONCILE_RULE_VERSION;
    found->version = 1;
    return store_discrepancy_add(c, found);
}

static bool is_timing(int64_t kind) {
    return kind == KIND_MISSED || kind == KIND_LATE || kind == KIND_EARLY;
}

static bool is_outside(int64_t responsibility) {
    return responsibility == BY_PATIENT || responsibility == BY_CUSTOMER ||
           responsibility == BY_FORCE_MAJEURE;
}

/* What was told stands in the contest: the cause of its discrepancy is a manager's code. */
MUST static enum err tally_contest(struct ctx *c, struct commitment *row, const struct discrepancy *found) {
    struct contest_row contest;
    TRY(store_contest_get(c, found->contest_id, &contest));
    row->contested = kpi_contest_join(row->contested, contest.what);
    return OK;
}

void app_discrepancy_tally_one(struct commitment *row, const struct discrepancy *found) {
    bool outside = is_outside(found->responsibility);
    row->faults++;
    row->faults_outside += outside;
    row->faults_line += kind_is_line(found->kind);
    row->faults_damage += found->kind == KIND_DAMAGED;
    row->faults_place += found->kind == KIND_WRONG_PLACE || found->kind == KIND_WRONG_RECIPIENT;
    row->faults_proof += found->kind == KIND_NO_PROOF;
    if (is_timing(found->kind)) row->timing_outside = outside;
}

/* A recovery's own discrepancies are listed, but its order's commitment is not judged by them. */
static bool counts(const struct discrepancy *found, const struct list *recoveries) {
    if (found->state == DISCREPANCY_VOID) return false;
    for (size_t i = 0; i < recoveries->n; i++)
        if (id_equal(found->delivery_id, ((const struct id *)recoveries->at)[i])) return false;
    return true;
}

/* Figures follow facts: once an image is here, there is proof, whatever became of the finding. */
MUST static enum err proven_since(struct ctx *c, const struct discrepancy *found, bool *is_out) {
    *is_out = false;
    if (found->kind != KIND_NO_PROOF || found->source != SOURCE_SWEEP) return OK;
    return store_evidence_proven(c, found->event_id, is_out);
}

static bool all_of_one_delivery(const struct commitment *row, const struct list *found) {
    for (size_t i = 0; i < found->n; i++)
        if (!id_equal(((const struct discrepancy *)found->at)[i].delivery_id, row->delivery_id)) return false;
    return true;
}

enum err app_discrepancy_tally(struct ctx *c, struct commitment *row) {
    struct list rows, recoveries = {0};
    TRY(store_discrepancy_of_order(c, row->order_id, &rows));
    if (!all_of_one_delivery(row, &rows)) /* the commitment's is no recovery; cancelled ones are */
        TRY(store_discrepancy_recoveries(c, row->order_id, &recoveries));
    row->faults = row->faults_outside = row->faults_line = row->faults_damage = 0;
    row->faults_place = row->faults_proof = row->timing_outside = 0;
    row->contested = NONE;
    for (size_t i = 0; i < rows.n; i++) {
        const struct discrepancy *found = (const struct discrepancy *)rows.at + i;
        bool proven;
        if (!counts(found, &recoveries)) continue;
        TRY(proven_since(c, found, &proven));
        if (proven) continue;
        if (found->kind == KIND_CONTESTED)
            TRY(tally_contest(c, row, found));
        else
            app_discrepancy_tally_one(row, found);
    }
    return OK;
}

enum err app_discrepancy_recount(struct ctx *c, struct id order_id) {
    struct commitment row;
    TRY(store_commitment_get(c, order_id, &row));
    TRY(app_discrepancy_tally(c, &row));
    return store_commitment_set(c, &row);
}

enum err app_discrepancy_open_for(struct ctx *c, struct id order_id, struct discrepancy *found) {
    struct commitment row;
    TRY(store_commitment_get(c, order_id, &row));
    TRY(app_discrepancy_open(c, &row, found));
    TRY(app_discrepancy_tally(c, &row));
    return store_commitment_set(c, &row);
}

/* ---- what managers do ---- */

MUST static enum err write_change(struct ctx *c, struct discrepancy *found, const struct discrepancy *before,
                                  const char *action, const char *reason) {
    TRY(store_discrepancy_set(c, found));
    TRY(app_discrepancy_recount(c, found->order_id));
    return app_audit(c, &(struct audit){.action = action,
                                        .entity = "discrepancy",
                                        .id = found->id,
                                        .version = found->version,
                                        .reason = reason,
                                        .change = app_change(c, &discrepancy_shape, before, found)});
}

MUST static enum err still_open(struct ctx *c, const struct discrepancy *found) {
    if (found->state != DISCREPANCY_VOID) return OK;
    return FAIL(c, ERR_STATE, "discrepancy.closed", "this discrepancy is void; it stays as it is");
}

enum err app_discrepancy_change(struct ctx *c, struct discrepancy *found,
                                const struct discrepancy_change *change) {
    struct discrepancy before = *found;
    TRY(still_open(c, found));
    if (change->state != before.state &&
        (change->state == DISCREPANCY_RESOLVED || change->state == DISCREPANCY_VOID))
        ctx_fault_item(c, "/state",
                       "to resolve or void a discrepancy, call …/resolve or …/void with a reason");
    if (change->state == NONE) ctx_fault_item(c, "/state", "must be one of: open, acknowledged, disputed");
    if (change->responsibility == NONE)
        ctx_fault_item(c, "/responsibility", "must be stated; undetermined is a word too");
    TRY(ctx_faults(c));
    found->state = change->state;
    found->responsibility = change->responsibility;
    found->cause = change->cause;
    found->closed_at = change->state == DISCREPANCY_RESOLVED ? before.closed_at : NONE;
    return write_change(c, found, &before, "discrepancy.change", NULL);
}

enum err app_discrepancy_resolve(struct ctx *c, struct discrepancy *found, const char *reason) {
    struct discrepancy before = *found;
    TRY(still_open(c, found));
    if (found->state == DISCREPANCY_RESOLVED)
        return FAIL(c, ERR_STATE, "discrepancy.closed", "this discrepancy is resolved already");
    found->state = DISCREPANCY_RESOLVED;
    found->reason = reason;
    found->closed_at = c->now;
    return write_change(c, found, &before, "discrepancy.resolve", reason);
}

enum err app_discrepancy_void(struct ctx *c, struct discrepancy *found, const char *reason) {
    struct discrepancy before = *found;
    TRY(still_open(c, found));
    found->state = DISCREPANCY_VOID;
    found->reason = reason;
    found->closed_at = c->now;
    return write_change(c, found, &before, "discrepancy.void", reason);
}

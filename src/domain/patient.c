#include "domain/patient.h"
#include "base/limits.h"

#define RECEIVER(...) FIELD(struct patient_receiver, K_TEXT, __VA_ARGS__)
static const struct field RECEIVER_FIELDS[] = {
    RECEIVER(name, .flags = F_REQUIRED | F_PERSONAL, .doc = "who may receive", .example = "\"R. Receiver\""),
    RECEIVER(relation, .flags = F_REQUIRED, .max = LIMIT_CODE, .doc = "to the patient",
             .example = "\"partner\""),
};
const struct shape patient_receiver_shape =
    SHAPE("patient_receiver", struct patient_receiver, RECEIVER_FIELDS);

#define CYCLE(kind_, ...) FIELD(struct cycle, kind_, __VA_ARGS__)
static const struct field CYCLE_FIELDS[] = {
    CYCLE(K_INT, every, .min = 1, .max = 366, .doc = "how many units apart; 1 unless told", .example = "1"),
    CYCLE(K_ENUM, unit, .names = &cycle_unit_names, .doc = "month unless told", .example = "\"month\""),
    CYCLE(K_DATE, anchor, .doc = "the first due date; status_from unless told", .example = "\"2026-03-16\""),
};
static const struct shape cycle_shape = SHAPE("cycle", struct cycle, CYCLE_FIELDS);

#define PATIENT(kind_, ...) FIELD(struct patient, kind_, __VA_ARGS__)
static const struct field PATIENT_FIELDS[] = {
    PATIENT(K_ID, id, .flags = F_READONLY, .doc = "made by the service"),
    PATIENT(K_TEXT, code, .flags = F_REQUIRED, .max = LIMIT_CODE, .doc = "unique; no name in it",
            .example = "\"P-1001\""),
    PATIENT(K_ID, customer_id, .flags = F_REQUIRED, .doc = "the clinic that answers for the patient"),
    PATIENT(K_ID, zone_id, .flags = F_REQUIRED, .doc = "the delivery area of the home"),
    PATIENT(K_TEXT, name, .flags = F_REQUIRED | F_PERSONAL, .doc = "as spoken to",
            .example = "\"P. Patient\""),
    PATIENT(K_TEXT, phone, .flags = F_PERSONAL, .max = 40, .doc = "number to call",
            .example = "\"0400 000 001\""),
    PATIENT(K_TEXT, address, .flags = F_PERSONAL, .max = 400, .doc = "of the home",
            .example = "\"1 Example Street\""),
    PATIENT(K_OBJ, location, .flags = F_PERSONAL, .sub = &location_shape,
            .doc = "of the home; without it a drop's place is not judged"),
    PATIENT(K_DEG, lat, .flags = F_HIDDEN | F_PERSONAL, .min = -900000000, .max = 900000000),
    PATIENT(K_DEG, lon, .flags = F_HIDDEN | F_PERSONAL),
    PATIENT(K_TEXT, access_notes, .flags = F_PERSONAL, .max = LIMIT_NOTE, .doc = "how the driver gets in",
            .example = "\"Side gate\""),
    PATIENT(K_LIST, receivers, .flags = F_PERSONAL, .sub = &patient_receiver_shape, .max = 20,
            .doc = "who may receive besides the patient"),
    PATIENT(K_OBJ, cycle, .sub = &cycle_shape, .doc = "how often supplied; monthly unless told"),
    PATIENT(K_INT, cycle_every, .flags = F_HIDDEN, .min = 1, .max = 366),
    PATIENT(K_ENUM, cycle_unit, .flags = F_HIDDEN, .names = &cycle_unit_names),
    PATIENT(K_DATE, cycle_anchor, .flags = F_HIDDEN),
    PATIENT(K_INT, safety_days, .max = 366, .doc = "days of stock kept in reserve; 14 unless told",
            .example = "14"),
    PATIENT(K_ENUM, status, .names = &patient_status_names, .doc = "active unless told",
            .example = "\"active\""),
    PATIENT(K_DATE, status_from, .doc = "since when the status holds; the depot's today unless told",
            .example = "\"2026-03-01\""),
    PATIENT(K_INSTANT, status_recorded_at, .flags = F_READONLY, .doc = "when the status was recorded"),
    PATIENT(K_DATE, active_from, .flags = F_READONLY, .doc = "no due date before this one is planned"),
    PATIENT(K_DATE, cover_until, .flags = F_HIDDEN),
    PATIENT(K_TEXT, reason, .flags = F_INPUT, .max = LIMIT_NOTE,
            .doc = "a manager's, when a status takes out a delivery window that has already ended",
            .example = "\"Admitted on Friday, told on Monday\""),
    PATIENT(K_INSTANT, erased_at, .flags = F_READONLY,
            .doc = "when name, places and notes were erased; null: they were not"),
    PATIENT(K_INT, version, .flags = F_READONLY, .doc = "counts changes; the ETag"),
};
const struct shape patient_shape = SHAPE("patient", struct patient, PATIENT_FIELDS);

#define BRIEF(kind_, ...) FIELD(struct patient_brief, kind_, __VA_ARGS__)
static const struct field BRIEF_FIELDS[] = {
    BRIEF(K_ID, id, .doc = "of the patient"),
    BRIEF(K_TEXT, code, .doc = "of the patient", .example = "\"P-1001\""),
    BRIEF(K_TEXT, name, .doc = "as spoken to", .example = "\"P. Patient\""),
    BRIEF(K_TEXT, phone, .doc = "number to call", .example = "\"0400 000 001\""),
    BRIEF(K_TEXT, address, .doc = "of the home", .example = "\"1 Example Street\""),
    BRIEF(K_ID, customer_id, .doc = "the clinic that answers for the patient"),
    BRIEF(K_ID, zone_id, .doc = "the delivery area of the home"),
    BRIEF(K_ENUM, status, .names = &patient_status_names, .doc = "of the patient"),
    BRIEF(K_DATE, status_from, .doc = "since when"),
};
const struct shape patient_brief_shape = SHAPE("patient_brief", struct patient_brief, BRIEF_FIELDS);

#define SEARCH(kind_, ...) FIELD(struct patient_search, kind_, __VA_ARGS__)
static const struct field SEARCH_FIELDS[] = {
    SEARCH(K_TEXT, q, .flags = F_REQUIRED,
           .doc = "beginnings of words of code, name or phone; all must be found", .example = "\"ang 0400\""),
    SEARCH(K_INT, limit, .min = 1, .max = LIMIT_PAGE, .doc = "items in the answer, 50 unless told"),
};
const struct shape patient_search_shape = SHAPE("patient_search", struct patient_search, SEARCH_FIELDS);

static void fill(int64_t *member, int64_t value) {
    if (*member == NONE) *member = value;
}

void patient_judge(struct ctx *c, struct patient *patient, int64_t today) {
    fill(&patient->safety_days, PATIENT_SAFETY_DAYS);
    fill(&patient->status, PATIENT_ACTIVE);
    fill(&patient->status_from, today);
    struct cycle *cycle = arena_alloc(c->arena, sizeof *cycle);
    if (!cycle) {
        ctx_fault_item(c, "/cycle", "needs more memory than one request may have");
        return;
    }
    *cycle = patient->cycle ? *patient->cycle : (struct cycle){NONE, NONE, NONE};
    fill(&cycle->every, 1);
    fill(&cycle->unit, CYCLE_MONTH);
    fill(&cycle->anchor, patient->status_from);
    patient->cycle = cycle;
    if (!patient->receivers.at) patient->receivers.at = &patient_receiver_shape; /* stated, and empty */
}
